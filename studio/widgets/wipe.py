"""The line between two pictures of which each is seen on its side: where it is, how it is drawn,
when the cursor is on it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QTransform

from studio import theme

_GRAB = 8.0  # view points
_KNOB = 13.0
_SHADE = QColor(0, 0, 0, 150)


@dataclass(frozen=True)
class Divider:
    """Attributes:
    position: as a share of the picture's width, or of its height, 0..1.
    upright: whether the line stands and moves sideways; else it lies.
    """

    position: float = 0.5
    upright: bool = True

    def place(self, picture: QRectF) -> float:
        """The line's x, or y, in the view; `picture` is where the picture stands there."""
        if self.upright:
            return picture.left() + picture.width() * self.position
        return picture.top() + picture.height() * self.position

    def moved(self, picture: QRectF, cursor: QPointF) -> Divider:
        """The line under a cursor in the view."""
        if self.upright:
            share = (cursor.x() - picture.left()) / picture.width()
        else:
            share = (cursor.y() - picture.top()) / picture.height()
        return replace(self, position=min(max(share, 0.0), 1.0))

    def grabbed(self, picture: QRectF, cursor: QPointF) -> bool:
        along = cursor.x() if self.upright else cursor.y()
        return picture.contains(self._on_line(picture, cursor)) and (
            abs(along - self.place(picture)) <= _GRAB
        )

    def sides(self, picture: QRectF, view: QRectF) -> tuple[QRectF, QRectF]:
        """The parts of the view before and after the line."""
        before, after, place = QRectF(view), QRectF(view), self.place(picture)
        if self.upright:
            before.setRight(place)
            after.setLeft(place)
        else:
            before.setBottom(place)
            after.setTop(place)
        return before, after

    def paint(self, painter: QPainter, picture: QRectF, visible: QRectF) -> None:
        """Draws line and knob; `visible` is the part of `picture` inside the view."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        ends = [self._on_line(picture, end) for end in (visible.topLeft(), visible.bottomRight())]
        for colour, width in ((_SHADE, 3.0), (theme.ON_PICTURE, 1.0)):
            painter.setPen(QPen(colour, width))
            painter.drawLine(*ends)
        _paint_knob(painter, self._on_line(picture, visible.center()), upright=self.upright)

    def _on_line(self, picture: QRectF, point: QPointF) -> QPointF:
        place = self.place(picture)
        return QPointF(place, point.y()) if self.upright else QPointF(point.x(), place)


def _paint_knob(painter: QPainter, centre: QPointF, *, upright: bool) -> None:
    painter.setPen(QPen(_SHADE, 1.5))
    painter.setBrush(theme.ON_PICTURE)
    painter.drawEllipse(centre, _KNOB, _KNOB)
    painter.setPen(
        QPen(theme.UNDER_PICTURE, 1.8, c=Qt.PenCapStyle.RoundCap, j=Qt.PenJoinStyle.RoundJoin)
    )
    turned = QTransform().translate(centre.x(), centre.y()).rotate(0 if upright else 90)
    for side in (-1, 1):
        arrow = [QPointF(4 * side, -4), QPointF(8 * side, 0), QPointF(4 * side, 4)]
        painter.drawPolyline([turned.map(point) for point in arrow])
