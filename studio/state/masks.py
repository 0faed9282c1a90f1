"""What is painted on the open clip, with one undo history for all frames."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from core.masks import Mask, MaskTrack
from studio.commands import EditMasks
from studio.observable import Field, Observable


class Masks(Observable):
    """The painted masks of the open clip.

    Attributes:
        track: masks over time, or None without a clip.
        history: the undo stack; undoable, redoable: whether it can go back or on.

    Signals:
        edited: the frame that an edit, an undo or a redo has changed.
    """

    track: Field[MaskTrack | None] = Field(None)
    undoable = Field(False)
    redoable = Field(False)
    edited = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.history = QUndoStack(self)
        self.history.indexChanged.connect(self._note_history)

    def open(self, size: tuple[int, int] | None) -> None:
        """Start over for a clip of `size` (width, height), or for none."""
        self.history.clear()
        self.track = MaskTrack(*size) if size else None

    def at(self, frame: int) -> Mask | None:
        """The mask of a frame, bool (H, W); None where nothing is painted."""
        if self.track is None or self.track.key_of(frame) is None:
            return None
        return self.track.at(frame)

    def paint(self, frame: int, mask: Mask) -> None:
        """Make `mask` the key frame at `frame`."""
        track = self._open_track()
        if not np.array_equal(track.at(frame), mask):
            self._edit(f"Paint frame {frame + 1}", frame, track.painted(frame, mask))

    def clear_frame(self, frame: int) -> None:
        """Nothing is painted from this frame to the next key frame."""
        track = self._open_track()
        if track.at(frame).any():
            empty = np.zeros((track.height, track.width), bool)
            self._edit(f"Clear frame {frame + 1}", frame, track.painted(frame, empty))

    def remove_key(self, frame: int) -> None:
        """Take away the key frame at `frame`: the one before it holds on."""
        track = self._open_track()
        if frame in track.keyframes:
            self._edit(f"Remove mask key {frame + 1}", frame, track.without(frame))

    def invert(self, frame: int) -> None:
        track = self._open_track()
        self._edit(f"Invert frame {frame + 1}", frame, track.painted(frame, ~track.at(frame)))

    def clear(self, frame: int) -> None:
        """Nothing is painted on any frame; `frame` is the one being looked at."""
        track = self._open_track()
        if track.keyframes:
            self._edit("Clear all masks", frame, MaskTrack(track.width, track.height))

    def key_beside(self, frame: int, direction: int) -> int | None:
        """The nearest key frame after (1) or before (-1) a frame."""
        keys = self.track.keyframes if self.track else {}
        if direction > 0:
            return min((key for key in keys if key > frame), default=None)
        return max((key for key in keys if key < frame), default=None)

    def _note_history(self, _index: int) -> None:
        self.undoable, self.redoable = self.history.canUndo(), self.history.canRedo()

    def _open_track(self) -> MaskTrack:
        if self.track is None:
            raise ValueError("no clip is open")
        return self.track

    def _edit(self, text: str, frame: int, after: MaskTrack) -> None:
        self.history.push(EditMasks(text, frame, self._open_track(), after, self._show))

    def _show(self, track: MaskTrack, frame: int) -> None:
        self.track = track
        self.edited.emit(frame)
