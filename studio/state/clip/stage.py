"""What stands on the canvas: the frame with its result, the mask, the window, the tokens."""

from __future__ import annotations

import operator

from PySide6.QtCore import QObject, Signal

from core.masks import Mask
from core.requests import GenerationRequest, GenerationStarted
from core.window import Window
from studio.observable import Field, Observable, watch
from studio.state.clip.framing import Framing
from studio.state.clip.playback import Playback
from studio.state.clip.session import Picture, Session
from studio.state.painting.masks import Masks
from studio.state.takes.generation import Generation
from studio.state.takes.result import Result, Veil
from studio.state.tokens.token_frame import TokenFrame, token_frame
from studio.state.tools import Tools


class Stage(Observable):
    """Everything is of one frame: the one at the playback's position as soon as it is decoded.

    While playing faster than frames are decoded, the newest one that is there stands in.

    Attributes:
        number: of the frame that is shown.
        picture: the frame as it shall be seen, `original` as it is in the clip; None without one.
        mask: what is painted on it, or None when nothing is or it is hidden.
        onion: the masks of the key frames before and after it; None where there is none, or they
            are not shown.
        window: the working window; None while a result is only looked at.
        tokens: what the lens shows, with the window of the job that it belongs to; or None.
        veil: what is not decided of the frame; None when all is.

    Signals:
        seen(): `number`, `original` and `picture` are of one frame again, and one of them is new.
    """

    seen = Signal()
    number = Field(0)
    picture: Field[Picture | None] = Field(None, same=operator.is_)
    original: Field[Picture | None] = Field(None, same=operator.is_)
    mask: Field[Mask | None] = Field(None, same=operator.is_)
    onion: Field[tuple[Mask | None, Mask | None]] = Field((None, None), same=operator.is_)
    window: Field[Window | None] = Field(None)
    tokens: Field[tuple[TokenFrame, Window] | None] = Field(None, same=operator.is_)
    veil: Field[Veil | None] = Field(None, same=operator.is_)

    def __init__(
        self,
        session: Session,
        playback: Playback,
        masks: Masks,
        tools: Tools,
        framing: Framing,
        generation: Generation,
        result: Result,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._playback, self._masks = session, playback, masks
        self._tools, self._framing = tools, framing
        self._generation, self._result = generation, result
        self._mask_stamp: tuple[object, ...] = ()
        self._stamped: Mask | None = None
        session.changed("clip").connect(lambda _clip: self._start_over())
        session.frame_arrived.connect(self._take)
        watch(playback, "position", self._follow)
        watch(result, "clips variation last", self._show_result)
        watch(generation, "steps chosen", self._show_veil)
        watch(masks, "track", self._show_mask)
        watch(tools, "mask_shown", self._show_mask)
        watch(masks, "track", self._show_onion)
        watch(tools, "onion mask_shown", self._show_onion)
        watch(framing, "window", self._show_window)
        watch(tools, "tool lens", self._show_window)
        watch(generation, "phase", self._show_window)
        watch(generation, "started steps chosen finished request", self._show_tokens)
        watch(tools, "lens", self._show_tokens)
        watch(result, "variation", self._show_tokens)

    def clear(self) -> None:
        """Show nothing: what comes next is of another clip."""
        self.picture = self.original = self.mask = self.window = None
        self.tokens = self.veil = None
        self.seen.emit()

    def _start_over(self) -> None:
        self.clear()
        self._follow()

    def _follow(self) -> None:
        position = self._playback.position
        original = self._session.frame(position)
        if original is not None:  # else the frame before stays until this one is decoded
            self._show(position, original)

    def _take(self, number: int, original: Picture) -> None:
        position = self._playback.position
        late = self._playback.playing and self.number < number < position
        if number == self._session.nearest(position):
            self._show(position, original)
        elif late:
            self._show(number, original)

    def _show(self, number: int, original: Picture) -> None:
        self.number, self.original = number, original
        self._show_result()
        self._show_mask()
        self._show_onion()
        self._show_window()
        self._show_tokens()

    def _show_result(self) -> None:
        if self.original is not None:
            self.picture = self._result.picture(self.number, self.original)
            self._show_veil()
            self.seen.emit()

    def _show_veil(self) -> None:
        self.veil = self._result.veil(self.number)

    def _show_mask(self) -> None:
        if self.picture is not None:
            self.mask = self._current_mask() if self._tools.mask_shown else None

    def _current_mask(self) -> Mask | None:
        """The mask of the position; the same array as long as it is the same mask."""
        track = self._masks.track
        stamp = track.stamp(self.number) if track else ()
        if stamp != self._mask_stamp:
            self._mask_stamp, self._stamped = stamp, self._masks.at(self.number)
        return self._stamped if stamp else None

    def _show_onion(self) -> None:
        shown = self._tools.onion and self._tools.mask_shown and self.picture is not None
        beside = [self._masks.key_beside(self.number, way) if shown else None for way in (-1, 1)]
        before, after = (None if key is None else self._masks.at(key) for key in beside)
        if any(mask is not None for mask in (before, after, *self.onion)):
            self.onion = (before, after)

    def _show_window(self) -> None:
        if self.picture is not None:
            self.window = None if self._only_looked_at() else self._framing.window

    def _only_looked_at(self) -> bool:
        """Whether there is a result that no frame around it shall darken."""
        idle = not self._generation.running and self._generation.request is not None
        return idle and self._tools.tool == "pan" and not self._tools.lens

    def _show_tokens(self) -> None:
        job, started = self._generation, self._generation.started
        if not self._tools.lens or started is None or job.request is None or self.picture is None:
            self.tokens = None
            return
        number = self._number_in_window(job.request, started)
        if number is None:
            self.tokens = None
            return
        steps = job.steps[: job.looked_at + 1]
        variation = min(self._result.variation, job.request.count - 1)
        tokens = token_frame(
            started,
            steps,
            variation=variation,
            model_frame=number,
            hints=job.unit == "step",
            branch=job.request.branch is not None,
        )
        self.tokens = (tokens, job.request.window)

    def _number_in_window(
        self, request: GenerationRequest, started: GenerationStarted
    ) -> int | None:
        """The model frame that is shown, in the window that is decoded; None outside of it."""
        number = request.covered.model_frame(self.number)
        if number is None or not 0 <= number - started.first < request.window.frames:
            return None
        return number - started.first
