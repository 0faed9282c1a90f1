"""Marks on tokens, told apart by their pattern: to be decided again, kept, or chosen and kept."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from core.token_edits import AGAIN, FREE, KEPT

AGAIN_COLOUR, KEPT_COLOUR = QColor("#ff8f6b"), QColor("#ffffff")
_UNDER = QColor(0, 0, 0, 150)
_INSET = 1.5  # view points between a mark and the edge of its cell
_HATCH = 6.0  # view points between two lines
_SIGNS_FROM = 14.0  # view points of a cell: smaller ones are hatched or framed alone


def paint_marks(painter: QPainter, rect: QRectF, marks: np.ndarray) -> None:
    """Draws the marks of a grid (h, w) over `rect`."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    size = QPointF(rect.width() / marks.shape[1], rect.height() / marks.shape[0])
    for row, column in np.argwhere(marks != FREE):
        left, top = rect.left() + column * size.x(), rect.top() + row * size.y()
        paint_mark(painter, QRectF(left, top, size.x(), size.y()), int(marks[row, column]))


def paint_mark(painter: QPainter, cell: QRectF, mark: int) -> None:
    """Draws one mark: hatched = again; framed = kept, with a dot, or a diamond when chosen."""
    inside = cell.adjusted(_INSET, _INSET, -_INSET, -_INSET)
    if mark == AGAIN:
        _hatch(painter, inside)
        return
    for colour, width in ((_UNDER, 4.0), (KEPT_COLOUR, 2.0)):
        painter.setPen(QPen(colour, width))
        painter.drawRect(inside.adjusted(1, 1, -1, -1))
    if min(cell.width(), cell.height()) >= _SIGNS_FROM:
        _sign(painter, inside, mark)


def _hatch(painter: QPainter, cell: QRectF) -> None:
    """Slanted lines, light on dark, so that they are seen on any picture."""
    painter.save()
    painter.setClipRect(cell, Qt.ClipOperation.IntersectClip)
    painter.fillRect(cell, _UNDER)
    reach = cell.width() + cell.height()
    starts = np.arange(_HATCH / 2, reach, _HATCH)
    lines = [
        QLineF(cell.left() + x, cell.top(), cell.left() + x - cell.height(), cell.bottom())
        for x in starts
    ]
    painter.setPen(QPen(AGAIN_COLOUR, 1.6))
    painter.drawLines(lines)
    painter.restore()


def _sign(painter: QPainter, cell: QRectF, mark: int) -> None:
    radius = min(cell.width(), cell.height()) * (0.13 if mark == KEPT else 0.27)
    painter.save()
    painter.setPen(QPen(_UNDER, 1.5))
    painter.setBrush(KEPT_COLOUR)
    middle = cell.center()
    if mark == KEPT:
        painter.drawEllipse(middle, radius, radius)
    else:
        ways = ((0, -1), (1, 0), (0, 1), (-1, 0))
        painter.drawPolygon(QPolygonF([middle + QPointF(x, y) * radius for x, y in ways]))
    painter.restore()
