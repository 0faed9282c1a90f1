"""How long what is chosen will take and whether it fits, from what was measured on this device."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Generator
from contextlib import aclosing
from pathlib import Path

from PySide6.QtCore import QObject

from core.assets import asset
from core.errors import UserError
from core.estimates.lowering import Lower, lower
from core.estimates.prediction import Estimate, Memory, estimate
from core.estimates.probes import plain, probes, task_of
from core.estimates.table import Table, load, measured, save, table_file
from core.estimates.words import NOT_MEASURED, gigabytes, spoken
from core.estimates.work import Work, work
from core.machine import free_memory, resident_memory
from core.options import Value
from core.requests import GenerationFinished, GenerationRequest
from core.window import whole
from studio.observable import Field, Observable, watch
from studio.state.background import Background
from studio.state.models.models import Models
from studio.state.notices import Notices
from studio.state.recipe import Recipe
from studio.state.takes.queue import Queue
from studio.state.takes.take import Phase, Runs, Take

SAMPLE = "samples/maze.mp4"
BUNDLES_KEPT = 2
"""So many models stay in the engine's memory."""

log = logging.getLogger(__name__)


class Estimates(Observable):
    """Attributes:
    estimate: of what is chosen now; None while nothing like it was measured.
    table: what was measured on this device; each generation that ends adds to it.
    measuring: folder of the model that is being measured, or "".
    """

    estimate: Field[Estimate | None] = Field(None)
    table: Field[Table] = Field(Table(""))
    measuring = Field("")

    def __init__(
        self,
        engine: Runs,
        models: Models,
        recipe: Recipe,
        queue: Queue,
        notices: Notices,
        folder: Path | None,
        process: Callable[[], int | None],
        parent: QObject | None = None,
    ) -> None:
        """`folder` is where tables are kept, None for nowhere; `process` the number of the
        engine's process."""
        super().__init__(parent)
        self._engine, self._models, self._recipe, self._queue = engine, models, recipe, queue
        self._notices, self._folder, self._process = notices, folder, process
        self._loaded: deque[str] = deque(maxlen=BUNDLES_KEPT)
        self._saving = Background("measured", self)
        self._job: asyncio.Task[None] | None = None
        queue.ended.connect(self._note)
        watch(models, "device", self._look_up)
        watch(models, "bundles decoders memory", self._reckon)
        watch(recipe, "bundle decoder options count kept length overlap task", self._reckon)
        watch(self, "table", self._reckon)

    def of(self, request: GenerationRequest) -> Estimate | None:
        """What a request takes; None while nothing like it was measured."""
        asked, card = self._work(request), self._models.card(request.bundle)
        if asked is None or card is None:
            return None
        loaded = request.bundle in self._loaded
        return estimate(self.table, asked, card, self._memory(), loaded=loaded)

    def lower(self, request: GenerationRequest) -> Lower | None:
        """The next lower setting that fits, as far as anybody knows; None where none is lower."""
        card = self._models.card(request.bundle)
        if card is None:
            return None

        def fits(lowered: GenerationRequest) -> bool:
            found = self.of(lowered)
            return found is None or found.fits

        return lower(request, card, self._usual(request.decoder), fits)

    @property
    def request(self) -> GenerationRequest | None:
        """What is chosen, as far as it matters here: of no particular clip."""
        grid = self._recipe.grid
        if grid is None:
            return None
        return self._recipe.request(None, whole((grid[2], grid[1]), grid), None)

    def speed(self, folder: str) -> str:
        """What a model takes on this device, in words."""
        if folder == self.measuring:
            return "Is being measured…"
        card = self._models.card(folder)
        request = plain(Path(folder), card) if card else None
        found = self.of(request) if request else None
        if found is None:
            return NOT_MEASURED
        taken = f"{spoken(found.seconds)} and {gigabytes(found.memory)} of memory"
        return f"About {taken} for a whole clip with the usual settings"

    @property
    def lower_choice(self) -> Lower | None:
        """What to choose instead where the choice does not fit."""
        request = self.request
        if request is None or self.estimate is None or self.estimate.fits:
            return None
        return self.lower(request)

    def choose_lower(self) -> None:
        """Choose the next lower setting."""
        chosen = self.lower_choice
        if chosen is not None:
            self._recipe.count = chosen.request.count
            self._recipe.options = chosen.request.options
            self._recipe.length = chosen.request.length

    # Measuring

    def obstacle_to_measure(self, folder: str) -> str:
        """Why a model cannot be measured now, or ""."""
        card = self._models.card(folder)
        if card is None:
            return "It generates nothing."
        if self.measuring:
            return "A model is being measured."
        if not self._models.device:
            return "The engine is starting."
        if self._queue.running is not None:
            return "A generation is running, so that the times would be wrong."
        if not task_of(card):
            return "It knows no task that needs nothing painted."
        return ""

    def measure(self, folder: str) -> None:
        """Run a few short generations, so that others can be estimated."""
        if not self.obstacle_to_measure(folder):
            self.measuring = folder
            self._job = asyncio.ensure_future(self._measure(folder))
            self._job.add_done_callback(lambda _job: setattr(self, "measuring", ""))

    async def ended(self) -> None:
        """Returns when nothing is measured any more."""
        if self._job is not None:
            await asyncio.wait([self._job])

    async def end(self) -> None:
        """Stop measuring."""
        if self._job is not None:
            self._job.cancel()
        await self.ended()

    async def _measure(self, folder: str) -> None:
        card = self._models.card(folder)
        assert card is not None
        try:
            short = await asyncio.to_thread(probes, Path(folder), card, asset(SAMPLE))
            for number, request in enumerate(short):
                async with aclosing(self._engine.run(request)) as updates:
                    async for update in updates:
                        if isinstance(update, GenerationFinished) and number:  # the first warms up
                            self._add(request, update)
        except UserError as error:
            self._notices.tell("error", str(error))
        except Exception as error:
            log.exception("a model could not be measured")
            self._notices.tell("error", f"Measuring failed: {error}. The log has the details.")

    # What was measured

    def _note(self, take: Take) -> None:
        """A take has ended."""
        if take.phase is Phase.FAILED:
            self._loaded.clear()  # the engine may be another one now
        elif take.request.bundle not in self._loaded:
            self._loaded.append(take.request.bundle)
        if take.phase is Phase.FINISHED and take.finished is not None and take.finished.whole:
            self._add(take.request, take.finished)
        self._reckon()

    def _add(self, request: GenerationRequest, finished: GenerationFinished) -> None:
        asked = self._work(request)
        if asked is None or not finished.memory or finished.device != self.table.device:
            return
        self.table = self.table.with_point(measured(request, asked, finished))
        if self._folder is not None:
            table, path = self.table, table_file(self.table.device, self._folder)
            self._saving.start(lambda: _saved(table, path))

    def _look_up(self) -> None:
        device = self._models.device
        if device and device != self.table.device:
            known = load(device, table_file(device, self._folder)) if self._folder else None
            self.table = known or Table(device)

    def _reckon(self) -> None:
        request = self.request
        self.estimate = None if request is None else self.of(request)

    # Parts of it

    def _work(self, request: GenerationRequest) -> Work | None:
        card = self._models.card(request.bundle)
        if card is None or request.decoder not in self._models.decoders:
            return None
        if request.device and not self._models.device.lower().startswith(request.device):
            return None  # what was measured here is of the better device
        return work(request, card, self._usual(request.decoder))

    def _usual(self, decoder: str) -> dict[str, Value]:
        entry = self._models.decoders.get(decoder)
        return {option.name: option.default for option in entry.options} if entry else {}

    def _memory(self) -> Memory:
        """What the device has; of a CPU also what is free, with what the engine has already."""
        free = free_memory() if self._models.device.startswith("CPU") else None
        process = self._process()
        if free is not None and process is not None:
            free += resident_memory(process)
        return Memory(self._models.memory, free)


def _saved(table: Table, path: Path) -> Generator[None, None, None]:
    save(table, path)
    yield
