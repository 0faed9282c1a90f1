"""A cursor on the canvas for people without a mouse: arrows move it, it presses as a mouse does.

Space is the mouse's button: a tap is a click, and while it is held the tool draws. Enter holds the
button down without a finger on it, and lets it go. So every tool can be used, the working window
moved and its corners dragged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QColor,
    QKeyEvent,
    QPainter,
    QPen,
)

from studio.widgets.view_transform import ViewTransform

if TYPE_CHECKING:
    from studio.widgets.clip_view import ClipView

_WAYS = {
    Qt.Key.Key_Left: QPointF(-1, 0),
    Qt.Key.Key_Right: QPointF(1, 0),
    Qt.Key.Key_Up: QPointF(0, -1),
    Qt.Key.Key_Down: QPointF(0, 1),
}
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_STEP = 8.0  # view points of a step at first
_FASTER, _FASTEST = 1.12, 6.0  # of each further step while a key is held, and of all of them
_ARM, _GAP = 15.0, 4.0  # of the cross, in view points
_MARGIN = 24.0  # view points between the cursor and the view's edge
_MOVING = ("pan", "window")  # tools whose drags move the picture in the view
_AROUND = 0.5  # of the picture's size, that the cursor may leave it where that has a use


class KeyCursor:
    """Attributes:
    on: whether it is used. point: where it is, in picture pixels.
    down: whether it holds the button.
    """

    def __init__(self, view: ClipView) -> None:
        self._view = view
        self.on, self.down = False, False
        self.point = QPointF()
        self._held_at: ViewTransform | None = None
        self._held: set[int] = set()
        self._pace = 1.0

    @property
    def place(self) -> QPointF:
        """Where it is, in view points.

        What is dragged may move the picture; the cursor is meanwhile as far as it was moved itself.
        """
        return (self._held_at or self._view.place).to_view(self.point)

    @property
    def rect(self) -> QRectF:
        """What it covers of the view."""
        reach = _ARM + 3
        return QRectF(-reach, -reach, 2 * reach, 2 * reach).translated(self.place)

    def begin(self) -> None:
        """Where it was last, or in the middle."""
        self.on = True
        inside = self._view.place.rect_to_view(self._room()).contains(self.place)
        if not inside or self.point.isNull():
            self.point = QRectF(QPointF(), self._view.pictureSize().toSizeF()).center()
        self._move_to(self.point)

    def end(self) -> None:
        """What was being drawn is drawn."""
        self.let_go()
        self.on = False

    def let_go(self) -> None:
        """No key is held any more, for all that is known."""
        self._held.clear()
        if self.down:
            self._lift()

    def wants(self, event: QKeyEvent) -> bool:
        """Whether a key is meant for it, and not for a shortcut."""
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if event.key() in _ENTER or event.key() == Qt.Key.Key_Escape:
            return held == Qt.KeyboardModifier.NoModifier
        return event.key() in _WAYS or event.key() == Qt.Key.Key_Space

    def press(self, event: QKeyEvent) -> None:
        """A key that it wants goes down."""
        self._view.modifiers = event.modifiers()
        if event.key() in _WAYS:
            self._step(event)
        elif event.key() == Qt.Key.Key_Escape:
            self._view.keyCursorLeft.emit()
        elif not event.isAutoRepeat():
            if self.down:
                self._lift()
            else:
                self._press()

    def release(self, event: QKeyEvent) -> None:
        """A key that it wants is let go."""
        if event.isAutoRepeat():
            return
        if event.key() in _WAYS:
            self._held.discard(event.key())
            self._pace = 1.0
            self.say(self._words())
        elif event.key() == Qt.Key.Key_Space and self.down:
            self._lift()

    def say(self, words: str) -> None:
        """Tell a screen reader."""
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self._view, words))
        self._view.announced.emit(words)

    def paint(self, painter: QPainter) -> None:
        """A cross that is seen on any picture."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for colour, width in ((QColor(0, 0, 0, 230), 4.5), (QColor(255, 255, 255), 1.8)):
            painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            for way in _WAYS.values():
                painter.drawLine(self.place + way * _GAP, self.place + way * _ARM)
            if self.down:
                painter.drawPoint(self.place)

    def _step(self, event: QKeyEvent) -> None:
        """One picture pixel with Ctrl; else further, and ever faster while the key is held."""
        self._held.add(event.key())
        self._pace = min(self._pace * _FASTER, _FASTEST) if event.isAutoRepeat() else 1.0
        fine = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        far = 1.0 if fine else max(1.0, round(_STEP * self._pace / self._view.place.ratio))
        way = QPointF()
        for key in self._held:
            way += _WAYS[Qt.Key(key)]
        self._move_to(self.point + way * far)

    def _move_to(self, point: QPointF) -> None:
        room = self._room()
        self._repaint()
        middle = _pixel(point)
        self.point = QPointF(
            min(max(middle.x(), room.left() + 0.5), room.right() - 0.5),
            min(max(middle.y(), room.top() + 0.5), room.bottom() - 0.5),
        )
        if self._held_at is None:
            self._follow()
        self._view.pointer.move(self.place)
        self._repaint()

    def _room(self) -> QRectF:
        """Where it may go: around the picture only where something is dragged there."""
        size = self._view.pictureSize().toSizeF()
        spare = size * _AROUND if self._view.tool == "window" else size * 0.0
        whole = QRectF(QPointF(), size)
        return whole.adjusted(-spare.width(), -spare.height(), spare.width(), spare.height())

    def _follow(self) -> None:
        """The picture moves so that the cursor is seen."""
        shown = QRectF(self._view.rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        by = QPointF(
            max(0.0, shown.left() - self.place.x()) - max(0.0, self.place.x() - shown.right()),
            max(0.0, shown.top() - self.place.y()) - max(0.0, self.place.y() - shown.bottom()),
        )
        if not by.isNull():
            self._view.camera.pan(by)

    def _press(self) -> None:
        self.down = True
        self._held_at = self._view.place if self._view.tool in _MOVING else None
        self._view.pointer.press(self.place, Qt.MouseButton.LeftButton)
        self.say(f"Pressed at {self._words()}")
        self._repaint()

    def _lift(self) -> None:
        self.down = False
        place, self._held_at = self.place, None
        self._view.pointer.release()
        self.point = _pixel(self._view.place.to_picture(place))
        self.say(f"Let go at {self._words()}")
        self._repaint()

    def _repaint(self) -> None:
        self._view.camera.repaint(self.rect.toAlignedRect())

    def _words(self) -> str:
        return f"{int(self.point.x() // 1)}, {int(self.point.y() // 1)}"


def _pixel(point: QPointF) -> QPointF:
    """The middle of the pixel that a point is in."""
    return QPointF(point.x() // 1 + 0.5, point.y() // 1 + 0.5)
