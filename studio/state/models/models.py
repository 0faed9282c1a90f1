"""Which models and decoders there are: at once from the cards on disk, then from the engine."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from pathlib import Path

from PySide6.QtCore import QObject

from core.cards import ModelCard, list_bundles
from core.errors import UserError
from core.requests import (
    REFINER,
    BundleEntry,
    Capabilities,
    CapabilitiesRequest,
    DecoderEntry,
)
from studio.observable import Field, Observable
from studio.state.notices import Notices
from studio.state.takes.take import Runs

KINDS = {
    "": "A tokenizer alone: it generates nothing",
    "bidirectional": "Masked: all tokens are decided together, in a few steps",
    "causal": "Causal: one token after the other, so it can continue a clip",
    "autoregressive": "Causal: one token after the other, so it can continue a clip",
}
"""Transformer → what kind of model it makes, in words; the first word says it shortly."""

log = logging.getLogger(__name__)


def obstacle(entry: BundleEntry) -> str:
    """Why a bundle cannot be chosen, or ""."""
    if entry.card is None:
        return entry.problem or "It cannot be read."
    if not entry.card.family:
        return f"“{entry.card.title}” is a tokenizer alone: it has no transformer to generate with."
    return ""


class Models(Observable):
    """Attributes:
    bundles: what was found, usable or not.
    device: where the engine computes, for people; "" until it has answered.
    memory: bytes that the device has; 0 until the engine has answered.
    decoders: by name; empty until the engine has answered.
    """

    bundles: Field[tuple[BundleEntry, ...]] = Field(())
    device = Field("")
    memory = Field(0)
    decoders: Field[dict[str, DecoderEntry]] = Field({})

    def __init__(
        self,
        engine: Runs,
        notices: Notices,
        folders: tuple[Path, ...],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._engine, self._notices = engine, notices
        self._asking: asyncio.Task[None] | None = None
        self.look_in(folders)

    def look_in(self, folders: tuple[Path, ...]) -> None:
        """Look for bundles in other folders."""
        self._folders = folders
        self.bundles = tuple(
            BundleEntry(str(path), card, None)
            if isinstance(card, ModelCard)
            else BundleEntry(str(path), None, str(card))
            for folder in folders
            for path, card in list_bundles(folder)
        )

    def look_again(self) -> None:
        """Models were added or deleted."""
        self.look_in(self._folders)

    def card(self, folder: str) -> ModelCard | None:
        """The card of a bundle, or None when there is no such bundle or it cannot be chosen."""
        usable = (entry for entry in self.bundles if not obstacle(entry))
        return next((entry.card for entry in usable if entry.folder == folder), None)

    def decoders_of(self, card: ModelCard | None) -> dict[str, DecoderEntry]:
        """The decoders that can generate with a model, by name."""
        return {name: row for name, row in self._fitting(card).items() if not row.refines}

    def refines(self, card: ModelCard | None) -> bool:
        """Whether a finished result of a model can be given more steps."""
        return REFINER in self._fitting(card)

    def _fitting(self, card: ModelCard | None) -> dict[str, DecoderEntry]:
        if card is None:
            return {}
        return {name: row for name, row in self.decoders.items() if card.family in row.transformers}

    async def ask(self) -> None:
        """Ask the engine what it can do; a notice tells when it does not answer."""
        request = CapabilitiesRequest(tuple(str(folder) for folder in self._folders))
        try:
            async with aclosing(self._engine.run(request)) as answers:
                async for answer in answers:
                    self._take(answer)
        except UserError as error:
            self._tell(str(error))
        except Exception as error:
            log.exception("the engine does not say what it can do")
            self._tell(f"The engine does not work: {error}.")

    def ask_again(self) -> None:
        self._asking = asyncio.ensure_future(self.ask())

    def _tell(self, problem: str) -> None:
        self._notices.tell("error", problem, "Try again", self.ask_again)

    def _take(self, answer: Capabilities) -> None:
        self.decoders = dict(answer.decoders)
        self.bundles = answer.bundles
        self.memory = answer.memory
        self.device = answer.device
