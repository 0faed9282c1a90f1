"""What is done with a result of the history: shown, compared, its settings chosen again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QMetaObject, QObject

from core.takes.card import TakeCard
from core.takes.film import first_of, newest_clips, read_film
from studio.state.clip.playback import Playback
from studio.state.clip.session import Session
from studio.state.compare.comparing import Comparing
from studio.state.notices import Notices
from studio.state.takes.gallery import Gallery, Pick
from studio.state.takes.generation import Generation
from studio.state.takes.history import History
from studio.state.takes.result import Result
from studio.state.takes.reuse import Reuse
from studio.state.tools import Tools

Step = Callable[[], object]


@dataclass(frozen=True, eq=False)
class Film:
    """A result to be played.

    Attributes:
        frames: uint8 (n, H, W, 3). rate: of them, a second.
    """

    frames: NDArray[np.uint8]
    rate: float

    def __len__(self) -> int:
        return len(self.frames)

    def frame(self, number: int) -> NDArray[np.uint8]:
        return np.asarray(self.frames[number])


class Results(QObject):
    """Opens the clip of a result first, when another one is open.

    Args:
        is_here: whether a take is of the open clip; open_clip: opens the clip that one is of.
    """

    def __init__(
        self,
        history: History,
        gallery: Gallery,
        session: Session,
        playback: Playback,
        tools: Tools,
        generation: Generation,
        result: Result,
        comparing: Comparing,
        reuse: Reuse,
        notices: Notices,
        is_here: Callable[[TakeCard], bool],
        open_clip: Callable[[TakeCard], object],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._history, self._gallery, self._session = history, gallery, session
        self._playback, self._tools = playback, tools
        self._generation, self._result = generation, result
        self._comparing, self._reuse, self._notices = comparing, reuse, notices
        self._is_here, self._open_clip = is_here, open_clip
        self._awaited: list[QMetaObject.Connection] = []

    # What stands in the way

    @property
    def obstacle_to_show(self) -> str:
        """Why the chosen result cannot be shown, or ""."""
        if not self._gallery.chosen:
            return "Choose a result first."
        return "" if self._gallery.current else "Choose one result only."

    @property
    def obstacle_to_compare(self) -> str:
        """Why the chosen results cannot be compared, or ""."""
        if len(self._gallery.chosen) != 2:
            return "Choose two results: click one, then another with Ctrl held."
        left, right = (pick.entry for pick in self._gallery.chosen)
        if left.card.request.clip != right.card.request.clip:
            return "The two results are of different clips."
        if not (left.card.done and right.card.done):
            return "One of them has no pictures yet."
        return ""

    # What is done

    def show(self, pick: Pick, then: Step | None = None) -> None:
        """Put a result on the canvas; the playhead goes to it unless it is there."""

        def put() -> None:
            take = self._history.take(pick.entry)
            if take is None:
                return
            self._generation.show(take)
            self._result.variation = pick.variation
            self._tools.mask_shown = False
            request = self._generation.request
            covered = request.covered.range if request else range(0)
            if self._playback.position not in covered and covered:
                self._playback.go(covered.start)
            if then is not None:
                then()

        self._on_its_clip(pick.entry.card, put)

    def compare(self, left: Pick, right: Pick) -> None:
        """Put two results on the two sides of a comparison."""

        def hold() -> None:
            self._comparing.hold()
            self.show(right, self._compare_with_held)

        self.show(left, hold)

    def use_settings(self, pick: Pick) -> None:
        """Choose again all that one variation was made with: recipe, masks, window and seed."""
        request = self._history.request(pick.entry)
        if request is not None:
            again = replace(request, seed=request.seed + pick.variation, count=1)
            self._on_its_clip(pick.entry.card, lambda: self._reuse.choose(again))

    # What is known of one

    def film(self, pick: Pick) -> Film | None:
        """A result in its place on the clip, small; None before there is one."""
        entry = pick.entry
        if entry.running:
            return None
        frames = read_film(entry.folder, pick.variation) if entry.folder is not None else None
        if frames is None and entry.take is not None:
            clips = newest_clips(entry.take.contents)
            frames = None if clips is None else clips[pick.variation]
        return None if frames is None else Film(frames, entry.card.rate)

    def picture(self, pick: Pick) -> NDArray[np.uint8] | None:
        """The newest picture of a take that is in memory, uint8 (H, W, 3); None before the first,
        and of a take that is only on the disk."""
        take, backdrop = pick.entry.take, pick.entry.backdrop
        contents = None if take is None else take.contents
        clips = None if contents is None else newest_clips(contents)
        if contents is None or clips is None or pick.variation >= len(clips):
            return None
        place = clips.shape[1] // 2
        picture = np.asarray(clips[pick.variation, place])
        if backdrop is not None and backdrop[0] == first_of(contents) + place:
            return backdrop[1].under(picture)
        return picture

    # Internals

    def _compare_with_held(self) -> None:
        self._comparing.left, self._comparing.right = "step", "result"
        if self._comparing.mode == "off":
            self._comparing.mode = "wipe"

    def _on_its_clip(self, card: TakeCard, do: Step) -> None:
        """Do it when the clip of a take is open."""
        self._wait_no_more()
        if self._is_here(card):
            do()
            return

        def look(_clip: object) -> None:
            if self._session.clip is not None and self._is_here(card):
                self._wait_no_more()
                do()

        # After all others that hear of the clip: they begin anew with it.
        self._awaited = [
            self._session.changed("clip").connect(look),
            self._session.refused.connect(lambda _path, _why: self._wait_no_more()),
        ]
        self._open_clip(card)

    def _wait_no_more(self) -> None:
        awaited, self._awaited = self._awaited, []
        for connection in awaited:
            QObject.disconnect(connection)
