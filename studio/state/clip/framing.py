"""The working window: fitted around what is painted until the user takes hold of it; for a task
that continues the clip, it keeps the frames up to the playhead."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject

from core.masks import MaskTrack
from core.media.reading import ClipReader
from core.window import Window, beginning, fitted, whole
from studio.observable import Field, Observable, watch
from studio.state.clip.playback import Playback
from studio.state.clip.session import Session
from studio.state.painting.masks import Masks
from studio.state.recipe import Recipe


class Framing(Observable):
    """Attributes:
    window: the part of the clip that the model works on; None without a clip or a model.
    custom: whether the user has placed the rectangle; it stays then until `fit`.
    last_kept: the clip's frame after which a task that continues it goes on. It is the one at the
        playhead, save while the clip plays, and while it is `held` because there is a result:
        another seed then continues at the same place, wherever the user looks.
    """

    window: Field[Window | None] = Field(None)
    custom = Field(False)
    last_kept = Field(0)
    held = Field(False)

    def __init__(
        self,
        session: Session,
        masks: Masks,
        playback: Playback,
        recipe: Recipe,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._masks = session, masks
        self._playback, self._recipe = playback, recipe
        self._looked_at = 0
        masks.edited.connect(self._follow_painting)
        watch(masks, "track", self._place)  # while masks are tracked
        watch(playback, "in_mark", self._place)
        watch(playback, "out_mark", self._place)
        watch(recipe, "bundle task kept length overlap", self._place)
        watch(playback, "position playing", self._follow_playhead)
        watch(self, "held", self._follow_playhead)
        session.changed("clip").connect(lambda _clip: self._follow_canvas())

    def open(self) -> None:
        """Start over for another clip."""
        self._looked_at = self.last_kept = 0
        self.fit()

    def fit(self) -> None:
        """Around what is painted, on all its frames; for the other tasks, and without painting, the
        whole picture."""
        self.custom = False
        if not self._recipe.causal:
            self._recipe.length = 0
        self._place()

    def continue_here(self) -> None:
        """Continue the clip after the frame at the playhead."""
        clip = self._session.clip
        if clip is not None:
            self.last_kept = min(self._playback.position, len(clip) - 1)
            self._place()

    def drag(self, left: int, top: int, width: int, height: int) -> None:
        """The user has placed the rectangle; it is pushed inside the picture."""
        clip = self._session.clip
        if self.window is None or clip is None:
            return
        width, height = min(max(1, width), clip.size[0]), min(max(1, height), clip.size[1])
        left = min(max(0, left), clip.size[0] - width)
        top = min(max(0, top), clip.size[1] - height)
        self.custom = True
        self.window = replace(self.window, left=left, top=top, width=width, height=height)

    @property
    def covered(self) -> range:
        """The frames that a generation brings, up to the out mark.

        A clip that is continued may grow beyond its end.
        """
        window, windows, clip = self.window, self._recipe.windows, self._session.clip
        if window is None or windows is None or clip is None:
            return range(0)
        stop = window.first + windows.length * window.stride
        if not self._recipe.causal:
            stop = min(stop, len(clip))
        if self._playback.out_mark is not None:
            stop = min(stop, self._playback.out_mark + 1)
        return range(window.first, max(window.first, stop))

    def _follow_canvas(self) -> None:
        """What is new of the canvas shall be seen by the model."""
        if self._session.grown:
            self.custom = False
            self._place()

    def _follow_painting(self, frame: int) -> None:
        self._looked_at = frame
        self._place()

    def _follow_playhead(self) -> None:
        if not self.held and not self._playback.playing:
            self.continue_here()

    def _place(self) -> None:
        clip, grid = self._session.clip, self._recipe.grid
        if clip is None or grid is None:
            self.window = None
            return
        if self._recipe.chosen_task.continues:
            first = max(0, self.last_kept + 1 - self._recipe.keeps)
            window = whole(clip.size, grid, first=first)
        else:
            window = self._fitted(clip, grid)
        if self.custom and self.window is not None and self.window.grid[1:] == window.grid[1:]:
            held = self.window
            window = replace(
                window, left=held.left, top=held.top, width=held.width, height=held.height
            )
        self.window = window

    def _fitted(self, clip: ClipReader, grid: tuple[int, int, int]) -> Window:
        """Around what is painted on the frames of the result."""
        track = self._masks.track if self._recipe.chosen_task.painted else None
        painted = track or MaskTrack(*clip.size)
        span = self._asked(painted, len(clip))
        frames = max(grid[0], self._recipe.length or len(span))
        first = self._playback.in_mark
        if first is None:
            # A frame on which nothing is painted any more need not be among them.
            seen = span.start if span and painted.blank(self._looked_at) else self._looked_at
            first = beginning(span.start, seen, frames, len(clip))
        self._recipe.asked, self._recipe.room = max(0, span.stop - first), len(clip) - first
        windows = self._recipe.windows
        length = windows.length if windows is not None else grid[0]
        return fitted(clip.size, grid, painted, range(first, first + length))

    def _asked(self, painted: MaskTrack, clip_frames: int) -> range:
        """The frames between the marks; else the whole clip if its canvas is larger, or those from
        the first to the last with a mask of its own: one that only holds asks for no more."""
        begin, end = self._playback.in_mark, self._playback.out_mark
        here = range(self._looked_at, self._looked_at)
        span = range(clip_frames) if painted.margins else painted.own_span or here
        start = begin if begin is not None else span.start
        return range(start, max(start, span.stop if end is None else end + 1))
