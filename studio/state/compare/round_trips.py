"""Windows of the clip through the tokenizer alone: asked of the engine once each, and kept."""

from __future__ import annotations

import asyncio
import logging
import operator
from contextlib import aclosing

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from core.errors import UserError
from core.requests import RoundTripRequest
from studio.observable import Field, Observable
from studio.state.notices import Notices
from studio.state.takes.take import Runs

Frames = NDArray[np.uint8]

MOST_KEPT = 8
"""How many windows are kept; the one that was asked for first makes room."""

log = logging.getLogger(__name__)


class RoundTrips(Observable):
    """One is wanted at a time; it comes in parts, as the engine makes them.

    Attributes:
        frames: of the window that is wanted, as many as there are: uint8 (n, H, W, 3) at the
            model's size; None before the first.
        failure: why there are no more of them, one sentence, or "".
    """

    frames: Field[Frames | None] = Field(None, same=operator.is_)
    failure = Field("")

    def __init__(self, engine: Runs, notices: Notices, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine, self._notices = engine, notices
        self._kept: dict[RoundTripRequest, Frames] = {}
        self._wanted: RoundTripRequest | None = None
        self._jobs: set[asyncio.Task[None]] = set()  # at most one that is not being cancelled

    def want(self, request: RoundTripRequest) -> None:
        """Show that window; one that is not kept is made, in place of what is being made."""
        if request == self._wanted:
            return
        self._cancel()
        self._wanted = request  # first: who is told of the rest may ask for it again
        self.frames, self.failure = self._kept.get(request), ""
        if self.frames is None:
            job = asyncio.ensure_future(self._make(request))
            self._jobs.add(job)
            job.add_done_callback(self._jobs.discard)

    def again(self) -> None:
        """Make once more what failed."""
        request, self._wanted = self._wanted, None
        if request is not None:
            self.want(request)

    def forget(self) -> None:
        """Stop, and let go of all: the clip is another one."""
        self._cancel()
        self._kept.clear()
        self._wanted, self.frames, self.failure = None, None, ""

    async def ended(self) -> None:
        """Returns when none is being made any more."""
        if self._jobs:
            await asyncio.wait(self._jobs)

    def _cancel(self) -> None:
        for job in self._jobs:
            job.cancel()

    async def _make(self, request: RoundTripRequest) -> None:
        try:
            async with aclosing(self._engine.run(request)) as answers:
                async for pixels in answers:
                    before = [] if self.frames is None else [self.frames]
                    self.frames = np.concatenate([*before, pixels.frames])
        except UserError as error:
            self._fail(str(error))
        except Exception as error:
            log.exception("a round trip failed")
            self._fail(f"The tokenizer round trip failed: {error}. The log has the details.")
        else:
            self._keep(request)

    def _keep(self, request: RoundTripRequest) -> None:
        if self.frames is not None:
            self._kept[request] = self.frames
        while len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]

    def _fail(self, sentence: str) -> None:
        self.failure = sentence
        self._notices.tell("error", sentence, "Try again", self.again)
