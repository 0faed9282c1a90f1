"""A checkpoint of VideoGPT's authors becomes a model; what its file does not say is answered."""

from __future__ import annotations

import asyncio
import logging
import operator
import shutil
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject

from core.errors import UserError
from core.requests import Imported, ImportRequest
from studio.observable import Field, Observable
from studio.state.models.models import Models
from studio.state.recipe import Recipe
from studio.state.takes.take import Runs

ANSWERS = {
    "--heads": "“Attention heads”",
    "--classes": "“Class names”",
    "--tokenizer": "“Its VQ-VAE”",
}
"""Options of the command line that the engine names, and what answers them in the window."""

log = logging.getLogger(__name__)


class Import(Observable):
    """Attributes:
    running: whether a checkpoint is being read.
    request: what was asked last, or None.
    imported: the model that came of it, which is then chosen; or None.
    problem: why none came, or "".
    """

    running = Field(False)
    request: Field[ImportRequest | None] = Field(None)
    imported: Field[Imported | None] = Field(None, same=operator.is_)
    problem = Field("")

    def __init__(
        self,
        engine: Runs,
        models: Models,
        recipe: Recipe,
        folder: Path,
        parent: QObject | None = None,
    ) -> None:
        """`folder` is where models are written to."""
        super().__init__(parent)
        self._engine, self._models, self._recipe = engine, models, recipe
        self._folder = folder
        self._job: asyncio.Task[None] | None = None

    def start(self, checkpoint: Path) -> None:
        """Read a checkpoint; the model is called after it."""
        self.imported = None
        self._run(ImportRequest(str(checkpoint), str(self._folder), self._free_name(checkpoint)))

    def again(
        self, heads: int | None, classes: tuple[str, ...] = (), tokenizer: str | None = None
    ) -> None:
        """The same checkpoint with what its file does not say; the model takes the place of the
        one that came of it before."""
        if self.request is not None and not self.running:
            self._run(
                replace(self.request, heads=heads, classes=classes, tokenizer=tokenizer or None)
            )

    def cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()

    async def ended(self) -> None:
        """Returns when nothing is being imported any more."""
        while self._job is not None:
            await asyncio.wait([self._job])

    @property
    def asked(self) -> frozenset[str]:
        """Those of `ANSWERS` that the engine has asked for."""
        said = [self.problem, *(self.imported.assumed if self.imported else ())]
        return frozenset(option for option in ANSWERS if any(option in line for line in said))

    def _free_name(self, checkpoint: Path) -> str:
        stem = checkpoint.stem.lstrip(".") or "model"
        names = (stem, *(f"{stem}-{number}" for number in range(2, 1000)))
        return next(name for name in names if not (self._folder / name).exists())

    def _run(self, request: ImportRequest) -> None:
        self.request, self.problem, self.running = request, "", True
        self._job = asyncio.ensure_future(self._imported(request))
        self._job.add_done_callback(self._note_end)

    def _note_end(self, job: asyncio.Task[None]) -> None:
        self._job, self.running = None, False
        if not job.cancelled() and (error := job.exception()) is not None:
            log.error("an import failed", exc_info=error)
            self.problem = (
                f"The checkpoint could not be imported: {error}. The log has the details."
            )

    async def _imported(self, request: ImportRequest) -> None:
        try:
            with _put_aside(self._folder / (request.name or "")):
                async with aclosing(self._engine.run(request)) as updates:
                    async for imported in updates:
                        self.imported = imported
        except UserError as error:
            self.problem = str(error)
            return
        await self._models.ask()
        if self.imported is not None and self._models.card(self.imported.bundle) is not None:
            self._recipe.bundle = self.imported.bundle


@contextmanager
def _put_aside(folder: Path) -> Iterator[None]:
    """A model of that folder is out of the way meanwhile, and comes back if no other takes its
    place."""
    aside = folder.with_name(f".{folder.name}.before")
    if folder.exists():
        folder.rename(aside)
    try:
        yield
    finally:
        if not folder.exists() and aside.exists():
            aside.rename(folder)
        shutil.rmtree(aside, ignore_errors=True)
