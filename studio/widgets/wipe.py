"""The before/after divider: where it stands, how it is drawn, when the cursor is on it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from studio import theme

_GRAB = 8.0  # view points
_KNOB = 13.0
_SHADE = QColor(0, 0, 0, 150)


def divider(picture: QRectF, position: float) -> float:
    """The divider's x in the view; `picture` is where the picture stands there."""
    return picture.left() + picture.width() * position


def position_at(picture: QRectF, cursor: QPointF) -> float:
    """The wipe position in [0, 1] for a cursor in the view."""
    return min(max((cursor.x() - picture.left()) / picture.width(), 0.0), 1.0)


def grabbed(picture: QRectF, position: float, cursor: QPointF) -> bool:
    inside = picture.top() <= cursor.y() <= picture.bottom()
    return inside and abs(cursor.x() - divider(picture, position)) <= _GRAB


def paint(painter: QPainter, picture: QRectF, visible: QRectF, position: float) -> None:
    """Draws divider, knob and labels; `visible` is the part of `picture` inside the view."""
    x = divider(picture, position)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    for colour, width in ((_SHADE, 3.0), (theme.TEXT, 1.0)):
        painter.setPen(QPen(colour, width))
        painter.drawLine(QPointF(x, visible.top()), QPointF(x, visible.bottom()))
    _paint_knob(painter, QPointF(x, visible.center().y()))
    _paint_label(painter, "Before", visible, x, before=True)
    _paint_label(painter, "After", visible, x, before=False)


def _paint_knob(painter: QPainter, centre: QPointF) -> None:
    painter.setPen(QPen(_SHADE, 1.5))
    painter.setBrush(theme.TEXT)
    painter.drawEllipse(centre, _KNOB, _KNOB)
    painter.setPen(
        QPen(theme.BACKGROUND, 1.8, c=Qt.PenCapStyle.RoundCap, j=Qt.PenJoinStyle.RoundJoin)
    )
    for side in (-1, 1):
        tip = centre + QPointF(8 * side, 0)
        painter.drawPolyline([tip + QPointF(-4 * side, -4), tip, tip + QPointF(-4 * side, 4)])


def _paint_label(painter: QPainter, text: str, visible: QRectF, x: float, *, before: bool) -> None:
    """The word in the top corner of its side, cut off by the divider like the side itself."""
    painter.save()
    side = QRectF(visible)
    side.setRight(x) if before else side.setLeft(x)
    painter.setClipRect(side, Qt.ClipOperation.IntersectClip)
    painter.setFont(theme.font(theme.SMALL_PX, bold=True))
    width = painter.fontMetrics().horizontalAdvance(text) + 16
    left = visible.left() + 10 if before else visible.right() - 10 - width
    badge = QRectF(left, visible.top() + 10, width, 22)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 160))
    painter.drawRoundedRect(badge, theme.RADIUS_PX, theme.RADIUS_PX)
    painter.setPen(theme.TEXT)
    painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()
