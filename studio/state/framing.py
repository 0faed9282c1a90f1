"""The working window: fitted around what is painted until the user takes hold of it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject

from core.masks import MaskTrack
from core.window import Window, fitted
from studio.observable import Field, Observable, watch
from studio.state.masks import Masks
from studio.state.playback import Playback
from studio.state.recipe import Recipe
from studio.state.session import Session


class Framing(Observable):
    """Attributes:
    window: the part of the clip that the model works on; None without a clip or a model.
    custom: whether the user has placed the rectangle; it stays then until `fit`.
    """

    window: Field[Window | None] = Field(None)
    custom = Field(False)

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
        watch(playback, "in_mark", self._place)
        watch(recipe, "bundle task", self._place)

    def open(self) -> None:
        """Start over for another clip."""
        self._looked_at = 0
        self.fit()

    def fit(self) -> None:
        """Around what is painted; for the other tasks, and without painting, the whole picture."""
        self.custom = False
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
        """The clip's frames that a generation replaces: the window's, up to the out mark."""
        if self.window is None:
            return range(0)
        return range(self.window.first, min(self.window.range.stop, self._playback.last + 1))

    def _follow_painting(self, frame: int) -> None:
        self._looked_at = frame
        self._place()

    def _place(self) -> None:
        clip, grid = self._session.clip, self._recipe.grid
        if clip is None or grid is None:
            self.window = None
            return
        track = self._masks.track if self._recipe.chosen_task.painted else None
        window = fitted(
            clip.size,
            len(clip),
            grid,
            track or MaskTrack(*clip.size),
            frame=self._looked_at,
        )
        if self._playback.in_mark is not None:
            window = replace(window, first=self._playback.in_mark)
        if self.custom and self.window is not None and self.window.grid[1:] == window.grid[1:]:
            held = self.window
            window = replace(
                window, left=held.left, top=held.top, width=held.width, height=held.height
            )
        self.window = window
