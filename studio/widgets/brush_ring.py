"""The ring around the cursor that shows the brush at its true size, and how soft its edge is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from studio.widgets.scene import Scene

if TYPE_CHECKING:
    from studio.widgets.clip_view import ClipView

_PEN = 3  # view points that the ring's pen takes on either side
_PAINTING = ("brush", "eraser", "select", "repaint", "pin")  # with a round tip


class BrushRing:
    def __init__(self, view: ClipView, scene: Scene) -> None:
        self._view, self._scene = view, scene

    def rect(self) -> QRectF | None:
        """The brush's outline in the view; None while no brush is over the canvas."""
        cursor, hand = self._view.pointer.cursor, self._view.hand
        if cursor is None or self._scene.frame is None or hand.tool not in _PAINTING:
            return None
        radius = hand.size / 2 * self._view.place.ratio
        return QRectF(cursor.x() - radius, cursor.y() - radius, 2 * radius, 2 * radius)

    def repaint(self) -> None:
        """Called before and after it moves or changes."""
        ring = self.rect()
        if ring is not None:
            self._view.camera.repaint(ring.adjusted(-_PEN, -_PEN, _PEN, _PEN).toAlignedRect())

    def paint(self, painter: QPainter) -> None:
        ring, hand = self.rect(), self._view.hand
        if ring is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((QColor(0, 0, 0, 170), 3.0), (QColor(255, 255, 255), 1.2)):
            painter.setPen(QPen(colour, width))
            painter.drawEllipse(ring)
        if hand.hardness < 1 and hand.tool != "select":
            soft = ring.width() / 2 * (1 - hand.hardness)
            painter.setPen(QPen(QColor(255, 255, 255, 150), 1, Qt.PenStyle.DotLine))
            painter.drawEllipse(ring.adjusted(soft, soft, -soft, -soft))
