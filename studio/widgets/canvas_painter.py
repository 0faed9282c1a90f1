"""How the canvas is drawn: in every pane the scene, and over it what follows the cursor; without a
frame the invitation to open a clip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter

from studio import theme
from studio.widgets.scene import Scene

if TYPE_CHECKING:
    from studio.widgets.clip_view import ClipView

EMPTY_TEXT = "Drop a clip here, or open one"
_FILM = 44  # size of the icon above the invitation


class CanvasPainter:
    def __init__(self, view: ClipView, scene: Scene) -> None:
        self._view, self._scene = view, scene

    def paint(self, painter: QPainter, dirty: QRect, *, focused: bool) -> None:
        """Draws what lies inside `dirty` (view points).

        Args:
            focused: whether a ring tells that the keys go to the canvas.
        """
        painter.fillRect(dirty, theme.CANVAS)
        if self._scene.frame is None:
            self._paint_invitation(painter)
        else:
            for number, pane in enumerate(self._view.camera.panes):
                self._paint_pane(painter, number, pane, dirty.intersected(pane))
        if focused:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(theme.ACCENT)
            painter.drawRect(self._view.rect().adjusted(0, 0, -1, -1))

    def _paint_pane(self, painter: QPainter, number: int, pane: QRect, dirty: QRect) -> None:
        if dirty.isEmpty():
            return
        view = self._view
        painter.save()
        painter.setClipRect(pane, Qt.ClipOperation.IntersectClip)
        painter.translate(pane.topLeft())
        whole = QRectF(pane.translated(-pane.topLeft()))
        shown = QRectF(dirty.translated(-pane.topLeft()))
        self._scene.paint(painter, view.place, view.scale, whole, shown, number)
        view.ring.paint(painter)
        view.tokens.paint(painter)
        view.edges.paint(painter, whole)
        if view.keys.on:
            view.keys.paint(painter)
        painter.restore()

    def _paint_invitation(self, painter: QPainter) -> None:
        middle = self._view.rect().center()
        ratio = self._view.devicePixelRatioF()
        film = theme.icon_pixmap("film", theme.TEXT_OFF, _FILM, ratio)
        painter.drawPixmap(middle.x() - _FILM // 2, middle.y() - _FILM - 6, film)
        painter.setFont(theme.font(15))
        painter.setPen(theme.TEXT_DIM)
        below = self._view.rect().adjusted(0, 54, 0, 0)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, EMPTY_TEXT)
