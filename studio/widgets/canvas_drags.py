"""What the mouse does on the canvas while a button is held: one small class per gesture. Here are
those of the hand and of the brush.

A drag is made when the button goes down, told of every move, and told when the button goes up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QPointF

from studio.widgets.mask_painter import MaskPainter

if TYPE_CHECKING:
    from studio.widgets.clip_view import ClipView


_SLIP = 4  # view points by which a click may move


class Drag(Protocol):
    """A gesture; `cursor` is in view points."""

    def move(self, cursor: QPointF) -> None: ...

    def finish(self) -> None: ...


class Pan:
    """Moves the picture; a click that moves nothing may pick the token under it."""

    def __init__(self, view: ClipView, cursor: QPointF, *, picks: bool = False) -> None:
        self._view, self._first, self._last = view, cursor, cursor
        self._click = picks

    def move(self, cursor: QPointF) -> None:
        self._click = self._click and (cursor - self._first).manhattanLength() < _SLIP
        if not self._click:
            self._view.camera.pan(cursor - self._last)
            self._last = cursor

    def finish(self) -> None:
        if self._click:
            self._view.tokens.pick(self._first)


class Stroke:
    """Paints on the view's own mask; the owner gets the result when the button goes up."""

    def __init__(
        self, view: ClipView, cursor: QPointF, size: float, hardness: float, *, painted: bool
    ) -> None:
        self._view, self._size, self._painted = view, size, painted
        self._painter = MaskPainter(view.painting.mask(), hardness)
        self._last = view.place.to_picture(cursor)
        view.strokeStarted.emit()
        self.move(cursor)

    def move(self, cursor: QPointF) -> None:
        point = self._view.place.to_picture(cursor)
        dirty = self._painter.segment(
            self._last.toTuple(),
            point.toTuple(),
            self._size * self._view.pressure,
            painted=self._painted,
        )
        self._last = point
        if dirty is not None:
            self._view.painting.show(dirty)

    def finish(self) -> None:
        self._view.strokeFinished.emit(self._painter.mask.copy())
