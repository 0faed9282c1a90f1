"""Gestures that paint a shape: drawn between two corners, along a line, by colour, by a scribble.

With Ctrl a shape takes away instead; with Shift a box is a square and an ellipse a circle. What
is not finished is only a sketch over the picture: Esc leaves the mask as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainterPath

from core import mask_shapes
from core.mask_shapes import Point
from core.masks import Mask
from studio.widgets.mask_painter import MaskPainter, bounds

if TYPE_CHECKING:
    from studio.widgets.clip_view import ClipView

Shape = Callable[[tuple[int, int], Point, Point], Mask]

_CLOSE_PX = 9.0  # view points around a polygon's first corner where a click closes it
_TOLERANCE_PER_PX = 0.5  # colour levels per view point that a wand is dragged
_LEAST_PX = 1.5  # view points: a shorter drag is a click and draws no box


class BoxDrag:
    """A rectangle or ellipse between where the button went down and where it goes up."""

    def __init__(self, view: ClipView, cursor: QPointF, shape: Shape) -> None:
        self._view, self._shape, self._painted = view, shape, not _taking(view)
        self._start = self._end = view.place.to_picture(cursor)

    def move(self, cursor: QPointF) -> None:
        end = self._view.place.to_picture(cursor)
        if self._view.modifiers & Qt.KeyboardModifier.ShiftModifier:
            end = _squared(self._start, end)
        self._end = end
        path = QPainterPath()
        if self._shape is mask_shapes.ellipse:
            path.addEllipse(_rect(self._start, end))
        else:
            path.addRect(_rect(self._start, end))
        self._view.painting.sketch(path)

    def finish(self) -> None:
        way = (self._end - self._start) * self._view.place.ratio
        if max(abs(way.x()), abs(way.y())) >= _LEAST_PX:
            size = self._view.pictureSize().toTuple()
            shape = self._shape(size, self._start.toTuple(), self._end.toTuple())
            self._view.painting.finish_shape(shape, painted=self._painted)
        self._view.painting.sketch(None)

    def abandon(self) -> None:
        self._view.painting.sketch(None)


class LassoDrag:
    """A free line, closed when the button goes up."""

    def __init__(self, view: ClipView, cursor: QPointF) -> None:
        self._view, self._painted = view, not _taking(view)
        self._points = [view.place.to_picture(cursor)]

    def move(self, cursor: QPointF) -> None:
        self._points.append(self._view.place.to_picture(cursor))
        self._view.painting.sketch(_line(self._points))

    def finish(self) -> None:
        points = [point.toTuple() for point in self._points]
        shape = mask_shapes.polygon(self._view.pictureSize().toTuple(), points)
        self._view.painting.finish_shape(shape, painted=self._painted)
        self._view.painting.sketch(None)

    def abandon(self) -> None:
        self._view.painting.sketch(None)


class PolygonClicks:
    """Corner by corner, with a click each, until the first corner, Enter or a double click."""

    def __init__(self, view: ClipView, cursor: QPointF) -> None:
        self._view, self._painted = view, not _taking(view)
        self._points = [view.place.to_picture(cursor)]

    def press(self, cursor: QPointF) -> bool:
        """Adds a corner; True when the polygon is closed by it."""
        first = self._view.place.to_view(self._points[0])
        if len(self._points) >= 3 and (cursor - first).manhattanLength() <= _CLOSE_PX:
            return True
        self._points.append(self._view.place.to_picture(cursor))
        self.move(cursor)
        return False

    def move(self, cursor: QPointF) -> None:
        self._view.painting.sketch(_line([*self._points, self._view.place.to_picture(cursor)]))

    def back(self) -> bool:
        """Takes the last corner away; False when there was no other."""
        self._points.pop()
        self._view.painting.sketch(_line(self._points) if self._points else None)
        return bool(self._points)

    def finish(self) -> None:
        points = [point.toTuple() for point in self._points]
        shape = mask_shapes.polygon(self._view.pictureSize().toTuple(), points)
        self._view.painting.finish_shape(shape, painted=self._painted)
        self._view.painting.sketch(None)

    def abandon(self) -> None:
        self._view.painting.sketch(None)


class WandDrag:
    """What has the colour under the cursor; dragging to the right tolerates more, to the left
    less."""

    def __init__(
        self, view: ClipView, cursor: QPointF, picture: np.ndarray, tolerance: int, near: bool
    ) -> None:
        self._view, self._picture, self._near = view, picture, near
        self._painted, self._cursor, self._first = not _taking(view), cursor, tolerance
        self._before = view.painting.mask().copy()
        self._tolerance = -1
        self.move(cursor)

    def move(self, cursor: QPointF) -> None:
        dragged = _TOLERANCE_PER_PX * (cursor.x() - self._cursor.x())
        tolerance = min(max(round(self._first + dragged), 0), 255)
        if tolerance == self._tolerance:
            return
        self._tolerance = tolerance
        point = self._view.place.to_picture(self._cursor).toTuple()
        found = mask_shapes.wand(self._picture, point, tolerance, contiguous=self._near)
        self._show(self._before | found if self._painted else self._before & ~found)
        self._view.toleranceChanged.emit(tolerance)

    def finish(self) -> None:
        self._view.strokeFinished.emit(self._view.painting.mask().copy())

    def abandon(self) -> None:
        self._show(self._before)

    def _show(self, after: Mask) -> None:
        mask = self._view.painting.mask()
        dirty = bounds(mask != after)
        if dirty is not None:
            mask[dirty.slices] = after[dirty.slices]
            self._view.painting.show(dirty)


class Scribble:
    """A line over a thing, from which the thing is found when the button goes up."""

    def __init__(self, view: ClipView, cursor: QPointF, size: float) -> None:
        self._view, self._size, self._painted = view, size, not _taking(view)
        self._points = [view.place.to_picture(cursor)]

    def move(self, cursor: QPointF) -> None:
        self._points.append(self._view.place.to_picture(cursor))
        self._view.painting.sketch(_line(self._points), self._size)

    def finish(self) -> None:
        size = self._view.pictureSize()
        painter = MaskPainter(np.zeros((size.height(), size.width()), np.bool_))
        last = self._points[0]
        for point in self._points:
            painter.segment(last.toTuple(), point.toTuple(), self._size, painted=True)
            last = point
        self._view.painting.sketch(None)
        self._view.selectRequested.emit(painter.mask, self._painted)

    def abandon(self) -> None:
        self._view.painting.sketch(None)


def _taking(view: ClipView) -> bool:
    return bool(view.modifiers & Qt.KeyboardModifier.ControlModifier)


def _line(points: list[QPointF]) -> QPainterPath:
    path = QPainterPath(points[0])
    for point in points[1:]:
        path.lineTo(point)
    return path


def _rect(corner: QPointF, opposite: QPointF) -> QRectF:
    return QRectF(corner, opposite).normalized()


def _squared(start: QPointF, end: QPointF) -> QPointF:
    """The corner that makes a square, in the direction of the cursor."""
    way = end - start
    side = max(abs(way.x()), abs(way.y()))
    return start + QPointF(side if way.x() >= 0 else -side, side if way.y() >= 0 else -side)
