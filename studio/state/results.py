"""What is done with a result of the history: shown, compared, its settings chosen again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QMetaObject, QObject

from core.errors import UserError
from core.requests import GenerationRequest
from core.takes.card import TakeCard
from core.takes.contents import read_contents
from core.takes.files import read_request
from studio.state.comparing import Comparing
from studio.state.gallery import Gallery, Pick
from studio.state.generation import Generation
from studio.state.history import History
from studio.state.keeper import newest_clips
from studio.state.notices import Notices
from studio.state.playback import Playback
from studio.state.result import Result
from studio.state.result_clips import Picture, ResultClips
from studio.state.reuse import Reuse
from studio.state.session import Session
from studio.state.tools import Tools

Step = Callable[[], object]


@dataclass(frozen=True, eq=False)
class Film:
    """One variation of a result, or of what there is of it, to be played.

    Attributes:
        rate: frames a second.
    """

    clips: ResultClips
    variation: int
    rate: float

    def __len__(self) -> int:
        return self.clips.first + self.clips.live.shape[1]

    def frame(self, number: int) -> Picture:
        """A frame at the model's size, uint8 (H, W, 3)."""
        frame = self.clips.frame(number, self.variation)
        return self.clips.live[self.variation, 0] if frame is None else frame


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
        request = self.request(pick)
        if request is not None:
            again = replace(request, seed=request.seed + pick.variation, count=1)
            self._on_its_clip(pick.entry.card, lambda: self._reuse.choose(again))

    # What is known of one

    def request(self, pick: Pick) -> GenerationRequest | None:
        """The full request, from the disk if need be; a notice tells when it is damaged."""
        entry = pick.entry
        if entry.take is not None or entry.folder is None:
            return entry.take.request if entry.take else entry.card.request
        try:
            return read_request(entry.folder)
        except UserError as error:
            self._notices.tell("error", str(error))
            return None

    def film(self, pick: Pick) -> Film | None:
        """None before there is a picture, or where it cannot be read. Of a take that is not in
        memory, only what is looked at is read."""
        entry = pick.entry
        try:
            if entry.take is not None:
                contents = entry.take.contents
            elif entry.folder is not None:
                contents = read_contents(entry.folder)
            else:
                return None
        except UserError:
            return None  # whoever opens it is told
        clips = newest_clips(contents)
        begun = contents.finished or contents.started
        if clips is None or begun is None or pick.variation >= len(clips):
            return None
        whole = ResultClips(clips, begun.first, contents.settled)
        return Film(whole, pick.variation, entry.card.rate)

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
