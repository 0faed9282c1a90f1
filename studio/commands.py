"""Edits that can be undone."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QUndoCommand

from core.masks import MaskTrack, Runs
from core.token_edits import TokenEdits

_MASKS = 1  # commands of one id may be merged
_ENTRY_BYTES = 120  # of a mapping, about


class EditMasks(QUndoCommand):
    """One track of masks instead of another. Both share the runs of all untouched frames.

    Attributes:
        size: bytes that the edit holds on to, about.
    """

    def __init__(
        self,
        text: str,
        frame: int,
        before: MaskTrack,
        after: MaskTrack,
        show: Callable[[MaskTrack, int], None],
        *,
        follows: bool = False,
    ) -> None:
        """
        Args:
            show: `show(track, frame)` makes a track the current one and brings the frame into
                view.
            follows: whether this belongs to the edit before it, and is undone with it.
        """
        super().__init__(text)
        self._frame, self._before, self._after, self._show = frame, before, after, show
        self.follows = follows
        self.size = _added(before, after)

    def redo(self) -> None:
        self._show(self._after, self._frame)

    def undo(self) -> None:
        self._show(self._before, self._frame)

    def id(self) -> int:
        return _MASKS

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, EditMasks) or not other.follows:
            return False
        self._after = other._after
        self.size = _added(self._before, self._after)
        return True

    def forget(self) -> None:
        """Let go of the tracks: this edit is too long ago to be undone."""
        self._before = self._after = MaskTrack(self._after.width, self._after.height)
        self.size = 0
        self.setObsolete(True)


class EditMarks(QUndoCommand):
    """Marks on the tokens of a step instead of those before; None = it had none of its own.

    Args:
        show: makes marks those of the step, and brings it into view.
    """

    def __init__(
        self,
        text: str,
        before: TokenEdits | None,
        after: TokenEdits,
        show: Callable[[TokenEdits | None], None],
    ) -> None:
        super().__init__(text)
        self._before, self._after, self._show = before, after, show

    def redo(self) -> None:
        self._show(self._after)

    def undo(self) -> None:
        self._show(self._before)


def _added(before: MaskTrack, after: MaskTrack) -> int:
    """Bytes of what `after` does not share with `before`."""
    known = {id(runs) for runs in _runs(before)}
    new = sum(len(runs.data) for runs in _runs(after) if id(runs) not in known)
    return new + _ENTRY_BYTES * (len(after.keyframes) + len(after.tracked))


def _runs(track: MaskTrack) -> list[Runs]:
    return [*track.keyframes.values(), *(found.runs for found in track.tracked.values())]
