"""The thing under a scribble becomes painted; it is looked for beside the window's own work."""

from __future__ import annotations

import asyncio

import numpy as np
from PySide6.QtCore import QObject

from core.mask_shapes import selected
from core.masks import Mask
from studio.observable import Field, Observable
from studio.state.clip.session import Picture
from studio.state.painting.masks import Masks


class Selecting(Observable):
    """Attributes:
    running: whether a thing is being looked for.
    """

    running = Field(False)

    def __init__(self, masks: Masks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._masks = masks
        self._search: asyncio.Future[None] | None = None

    def select(self, frame: int, picture: Picture, scribble: Mask, *, painted: bool) -> None:
        """Paint the thing that a scribble lies on, or wipe it out; a scribble after it goes first.

        Args:
            picture: uint8 (H, W, 3), what is seen of the frame. scribble: bool (H, W).
        """
        if self._search is not None:
            self._search.cancel()
        self.running = True
        self._search = asyncio.ensure_future(self._select(frame, picture, scribble, painted))
        self._search.add_done_callback(self._note_end)

    async def ended(self) -> None:
        """Returns when nothing is looked for any more."""
        while self._search is not None:
            await asyncio.wait([self._search])

    async def _select(self, frame: int, picture: Picture, scribble: Mask, painted: bool) -> None:
        track = self._masks.track
        found = await asyncio.to_thread(selected, picture, scribble)
        if track is None or self._masks.track is not track:
            return  # another clip, or another edit meanwhile: nobody waits for it any more
        mask = track.at(frame)
        self._masks.paint(frame, np.asarray(mask | found if painted else mask & ~found), "Select")

    def _note_end(self, search: asyncio.Future[None]) -> None:
        if search is self._search:
            self._search, self.running = None, False
        if not search.cancelled():
            search.result()
