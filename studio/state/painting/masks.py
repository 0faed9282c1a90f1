"""What is painted on the open clip, with one undo history for all frames; clips that are left keep
theirs."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QUndoStack

from core.margins import Margins
from core.masks import Kind, Mask, MaskTrack, Tracked
from studio.commands import EditMasks
from studio.observable import Field, Observable
from studio.settings import UNDO_MB


class Masks(Observable):
    """The painted masks of the open clip.

    Attributes:
        track: masks over time, or None without a clip.
        history: the undo stack; undoable, redoable: whether it can go back or on.

    Signals:
        edited: the frame that an edit, an undo or a redo has changed.
        corrected: a frame beside which what was tracked is not to be trusted any more.
        reverted: the frame that an undo or a redo has changed; after `edited`.
    """

    track: Field[MaskTrack | None] = Field(None, same=operator.is_)
    undoable = Field(False)
    redoable = Field(False)
    edited = Signal(int)
    corrected = Signal(int)
    reverted = Signal(int)

    def __init__(self, parent: QObject | None = None, history_bytes: int = UNDO_MB << 20) -> None:
        super().__init__(parent)
        self._most, self._pushing = history_bytes, False
        self._clip = ""
        self._left: dict[str, tuple[MaskTrack, QUndoStack]] = {}  # those left last are the last
        self.history = self._new_history()

    def open(
        self, size: tuple[int, int] | None, clip: str = "", track: MaskTrack | None = None
    ) -> None:
        """Show the masks of another clip, as they were left, with all that can be undone.

        Args:
            size: of the clip (width, height), or None for no clip.
            clip: by which its masks are known when it is left; "" = they are let go of then.
            track: what is painted on a clip that was not shown before, or nothing.
        """
        if self._clip and self.track is not None:
            self._left[self._clip] = self.track, self.history
        else:
            self.history.deleteLater()
        known = self._left.pop(clip, None)
        self._clip = clip
        self.history = known[1] if known else self._new_history()
        self.track = known[0] if known else track or (MaskTrack(*size) if size else None)
        self._note_history()

    def forget(self, clip: str) -> None:
        """Let go of the masks of a clip that is not shown."""
        _track, history = self._left.pop(clip, (None, None))
        if history is not None:
            history.deleteLater()

    @property
    def tracks(self) -> dict[str, MaskTrack]:
        """Of all clips that were shown, by what they are known by."""
        shown = {self._clip: self.track} if self._clip and self.track is not None else {}
        return {clip: track for clip, (track, _history) in self._left.items()} | shown

    def remember(self, most: int) -> None:
        """Hold on to `most` bytes of edits; those longest ago are forgotten first."""
        self._most = most
        self._forget()

    def at(self, frame: int) -> Mask | None:
        """The mask of a frame, bool (H, W); None where nothing is painted."""
        if self.track is None or not self.track.stamp(frame):
            return None
        return self.track.at(frame)

    # Masks

    def paint(self, frame: int, mask: Mask, text: str = "Paint") -> None:
        """Make `mask` the key frame at `frame`."""
        track = self._open_track()
        if not np.array_equal(track.at(frame), mask):
            self._edit(f"{text} frame {frame + 1}", frame, track.painted(frame, mask))

    def change(self, frame: int, text: str, how: Callable[[Mask], Mask]) -> None:
        """Paint what becomes of a frame's mask."""
        self.paint(frame, how(self._open_track().at(frame)), text)

    def clear_frame(self, frame: int) -> None:
        """Nothing is painted from this frame to the next key frame."""
        track = self._open_track()
        if track.at(frame).any():
            empty = np.zeros((track.height, track.width), bool)
            cleared = track.painted(frame, empty).of_kind(frame, "hold")
            self._edit(f"Clear frame {frame + 1}", frame, cleared)

    def clear(self, frame: int) -> None:
        """Nothing is painted on any frame; `frame` is the one being looked at."""
        track = self._open_track()
        if track.keyframes:
            cleared = replace(track, keyframes={}, kinds={}, tracked={})
            self._edit("Clear all masks", frame, cleared)

    def take(self, track: MaskTrack, frame: int) -> None:
        """Masks from a file, of the canvas's size, in the place of all."""
        margins = self._open_track().margins
        if track.margins != margins:
            track = replace(track.flat, margins=margins)
        self._edit("Import masks", frame, track)

    def extend(self, margins: Margins, frame: int) -> None:
        """Make the canvas larger or smaller: what lies beyond the pictures is painted."""
        track = self._open_track()
        if margins != track.margins:
            text = "Extend the canvas" if margins else "Canvas as the clip"
            self._push(EditMasks(text, frame, track, track.on_canvas(margins), self._show))

    def feather(self, pixels: int, frame: int) -> None:
        """The painted region fades in over so many pixels."""
        track = self._open_track()
        if pixels != track.feather:
            self._edit(f"Feather by {pixels} px", frame, replace(track, feather=pixels))

    # Key frames and what is between them

    def set_key(self, frame: int) -> None:
        """Make a frame that shows a mask a key frame with that mask."""
        track = self._open_track()
        if track.keyframes and frame not in track.keyframes:
            self._edit(f"Set mask key {frame + 1}", frame, track.painted(frame, track.at(frame)))

    def remove_key(self, frame: int) -> None:
        """Take away the key frame at `frame`: the span before it goes on."""
        track = self._open_track()
        if frame in track.keyframes:
            self._edit(f"Remove mask key {frame + 1}", frame, track.without(frame))

    def move_key(self, key: int, frame: int) -> None:
        """Put a key frame on another frame."""
        track = self._open_track()
        if key in track.keyframes and key != frame:
            self._edit(f"Move mask key {key + 1} to {frame + 1}", frame, track.moved(key, frame))

    def set_kind(self, start: int, kind: Kind, frame: int) -> None:
        """What the masks do after a key frame, or before all of them (`LEAD`); `frame` is the
        one being looked at."""
        track = self._open_track()
        if track.kinds.get(start, "hold") != kind:
            self._edit(f"{kind.capitalize()} masks", frame, track.of_kind(start, kind))

    def key_beside(self, frame: int, direction: int) -> int | None:
        """The nearest key frame after (1) or before (-1) a frame."""
        keys = self.track.keyframes if self.track else {}
        if direction > 0:
            return min((key for key in keys if key > frame), default=None)
        return max((key for key in keys if key < frame), default=None)

    # Tracking

    def show_tracked(self, found: Mapping[int, Tracked]) -> None:
        """Show what tracking has found so far, before it is an edit."""
        if self.track is not None:
            self.track = self.track.with_tracked(found)

    def keep_tracked(self, before: MaskTrack, *, frame: int, follows: bool) -> None:
        """Make an edit of what tracking has found since `before`.

        Args:
            follows: whether it belongs to the edit before it, and is undone with it.
        """
        track = self._open_track()
        if track is not before:
            text = f"Track from frame {frame + 1}"
            self._push(EditMasks(text, frame, before, track, self._restore, follows=follows))

    # Internals

    def _new_history(self) -> QUndoStack:
        history = QUndoStack(self)
        history.indexChanged.connect(self._note_history)
        return history

    @Slot()
    def _note_history(self) -> None:
        index = self.history.index()
        self.undoable = index > 0 and not self.history.command(index - 1).isObsolete()
        self.redoable = self.history.canRedo()

    def _open_track(self) -> MaskTrack:
        if self.track is None:
            raise ValueError("no clip is open")
        return self.track

    def _edit(self, text: str, frame: int, after: MaskTrack) -> None:
        self._push(EditMasks(text, frame, self._open_track(), after, self._show))
        if any(span.kind == "track" for span in (after.span_of(frame), after.span_of(frame - 1))):
            self.corrected.emit(frame)

    def _push(self, command: EditMasks) -> None:
        self._pushing = True
        self.history.push(command)
        self._pushing = False
        self._forget()

    def _forget(self) -> None:
        """Let go of the oldest edits until the others fit; those of other clips come first."""
        histories = [*(history for _track, history in self._left.values()), self.history]
        held = [stack.command(k) for stack in histories for k in range(stack.index())]
        edits = [edit for edit in held if isinstance(edit, EditMasks)]
        total = sum(edit.size for edit in edits)
        for edit in edits[:-1]:
            if total <= self._most:
                break
            total -= edit.size
            edit.forget()
        self._note_history()

    def _show(self, track: MaskTrack, frame: int) -> None:
        self.track = track
        self.edited.emit(frame)
        if not self._pushing:
            self.reverted.emit(frame)

    def _restore(self, track: MaskTrack, frame: int) -> None:
        """As `_show`, but what is on the screen already moves nothing."""
        if track is not self.track:
            self._show(track, frame)
