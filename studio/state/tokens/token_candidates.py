"""The token that is looked at, and what else it could be: asked of the engine."""

from __future__ import annotations

import asyncio
import logging
import operator
from contextlib import aclosing
from dataclasses import replace

from PySide6.QtCore import QObject

from core.errors import UserError
from core.requests import Candidates, CandidatesRequest, Pixels
from core.token_edits import FREE, Place
from studio.observable import Field, Observable, watch
from studio.state.takes.generation import Generation
from studio.state.takes.queue import Queue
from studio.state.takes.take import Runs
from studio.state.tokens.branching import Branching
from studio.state.tokens.token_marks import TokenMarks

Pictures = dict[int, Pixels]
COUNT = 6
"""How many candidates are asked for."""

log = logging.getLogger(__name__)


class TokenCandidates(Observable):
    """Attributes:
    place: of the token, or None.
    asked: whether its candidates are wanted.
    found: what came back, or None. pictures: of each candidate by its number, as they arrive.
    waiting: why there is no answer yet, a sentence; failure: why there is none; or "".
    """

    place: Field[Place | None] = Field(None)
    asked = Field(False)
    found: Field[Candidates | None] = Field(None)
    pictures: Field[Pictures] = Field({}, same=operator.is_)
    waiting = Field("")
    failure = Field("")

    def __init__(
        self,
        engine: Runs,
        generation: Generation,
        queue: Queue,
        marks: TokenMarks,
        branching: Branching,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._engine, self._generation, self._queue = engine, generation, queue
        self._marks, self._branching = marks, branching
        self._jobs: set[asyncio.Task[None]] = set()  # at most one that is not being cancelled
        watch(generation, "take chosen", self.leave)
        watch(generation, "steps", self._let_go)
        watch(queue, "running", self._explain)

    def look_at(self, place: Place | None) -> None:
        """Look at a token without asking for candidates."""
        if place != self.place:
            self.leave()
            self.place = place

    def ask(self, place: Place) -> None:
        """Look at a token and ask what it could be."""
        self.look_at(place)
        request = self._generation.request
        if request is None or self._branching.obstacle:
            return
        branch, edits = self._branching.branch(request), self._marks.edits
        if edits is not None:
            edits = edits.marked(edits.again, FREE)  # all others count as they stand now
        self.leave()
        self.asked = True
        asked = CandidatesRequest(replace(branch, edits=edits), place, COUNT)
        job = asyncio.ensure_future(self._ask(asked))
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)
        self._explain()

    def leave(self) -> None:
        """Candidates are not wanted any more."""
        for job in self._jobs:
            job.cancel()
        self.asked, self.found, self.pictures = False, None, {}
        self.waiting = self.failure = ""

    async def ended(self) -> None:
        """Returns when nothing is being asked."""
        if self._jobs:
            await asyncio.wait(self._jobs)

    async def _ask(self, request: CandidatesRequest) -> None:
        try:
            async with aclosing(self._engine.run(request)) as answers:
                async for answer in answers:
                    self._take(answer)
        except UserError as error:
            self.failure = str(error)
        except Exception as error:
            log.exception("candidates of a token failed")
            self.failure = f"There is no answer: {error}. The log has the details."
        self.waiting = ""

    def _take(self, answer: object) -> None:
        match answer:
            case Candidates():
                self.found, self.waiting = answer, ""
            case Pixels():
                self.pictures = {**self.pictures, answer.number: answer}

    def _explain(self) -> None:
        """Why the answer takes long: the engine does one thing at a time."""
        if not self.asked or self.found is not None or self.failure:
            return
        busy = self._queue.running is not None
        self.waiting = (
            "The engine is decoding. The answer comes when that ends or is paused."
            if busy
            else "Asking the model…"
        )

    def _let_go(self) -> None:
        """Without a step there is no token. While it decodes, an answer stays what was asked."""
        if not self._generation.steps:
            self.look_at(None)
