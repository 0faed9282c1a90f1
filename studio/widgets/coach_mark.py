"""A coach mark: the window goes dark but for some places, and a card says what they are for.

The dark lets every click through: whatever is said, the program can be used as always.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QColor,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from studio import theme

_WIDTH = 340
_AROUND, _APART = 6, 14  # of what is shown: room around it, and from it to the card
_DARK = QColor(0, 0, 0, 150)

Spot = tuple[QWidget, QRect | None]
"""A widget, or a part of it."""


class CoachMark(QObject):
    """Darkens a window but for some places, and keeps up with them when anything is moved.

    Attributes:
        card: says what the places are for. holes: they, in the window's coordinates.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._spots: tuple[Spot, ...] = ()
        self._veil = _Veil(window)
        self.card = Card(window)
        window.installEventFilter(self)

    @property
    def holes(self) -> tuple[QRect, ...]:
        return self._veil.holes

    def show_at(self, *spots: Spot) -> None:
        """Point at the first of these places, and leave the others bright as well."""
        self._let_go()
        self._spots = spots
        for widget, _part in spots:
            widget.installEventFilter(self)
        for widget in (self._veil, self.card):
            widget.show()
            widget.raise_()
        self.follow()

    def end(self) -> None:
        """The window is as it was."""
        self._window.removeEventFilter(self)
        self._let_go()
        for widget in (self._veil, self.card):
            widget.hide()
            widget.deleteLater()
        self.deleteLater()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        moved = (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.Hide)
        if event.type() in moved:
            self.follow()
        return False

    def _let_go(self) -> None:
        for widget, _part in self._spots:
            widget.removeEventFilter(self)

    def follow(self) -> None:
        """Bring everything to where it belongs now."""
        window = self._window
        holes = tuple(self._hole(*spot) for spot in self._spots if spot[0].isVisible())
        self._veil.setGeometry(window.rect())
        self._veil.show_holes(holes)
        self.card.adjustSize()
        self.card.move(_beside(next(iter(holes), QRect()), self.card.rect(), window.rect()))

    def _hole(self, widget: QWidget, part: QRect | None) -> QRect:
        shown = widget.rect() if part is None else part
        hole = QRect(widget.mapTo(self._window, shown.topLeft()), shown.size())
        around = hole.adjusted(-_AROUND, -_AROUND, _AROUND, _AROUND)
        return around.intersected(self._window.rect())


class Card(QFrame):
    """Attributes:
    title, words, place: what is said, and which of how many it is.
    trouble: why it cannot be done for the user now; there while it cannot.
    act, back, on, leave: the buttons; `act` does for the user what is spoken of.

    Signals:
        left(): Esc was pressed.
    """

    left = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("overlay", True)
        self.setFixedWidth(_WIDTH)
        self.title, self.words, self.place = QLabel(), QLabel(), QLabel()
        self.title.setFont(theme.font(15, bold=True))
        self.words.setWordWrap(True)
        self.trouble = QLabel()
        self.trouble.setWordWrap(True)
        for label in (self.place, self.trouble):
            label.setProperty("role", "small")
        self.act, self.back = QPushButton(), QPushButton("Back")
        self.on, self.leave = QPushButton("Next"), QPushButton("Skip the tour")
        above, below = QHBoxLayout(), QHBoxLayout()
        above.addWidget(self.title, 1)
        above.addWidget(self.place)
        below.setSpacing(theme.GAP_PX)
        below.addWidget(self.leave)
        below.addStretch(1)
        below.addWidget(self.back)
        below.addWidget(self.on)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(theme.GAP_PX + 2)
        column.addLayout(above)
        column.addWidget(self.words)
        column.addWidget(self.act)
        column.addWidget(self.trouble)
        column.addLayout(below)

    def say(self, title: str, words: str, place: str, act: str) -> None:
        """Show a card; `act` is what the button says that does it for the user, or ""."""
        for label, text in ((self.title, title), (self.words, words), (self.place, place)):
            label.setText(text)
        self.act.setText(act)
        self.act.setVisible(bool(act))
        self.setAccessibleName(title)
        self.setAccessibleDescription(words)
        spoken = QAccessibleAnnouncementEvent(self, f"{title}. {words}")
        QAccessible.updateAccessibility(spoken)

    def hinder(self, obstacle: str) -> None:
        """Why it cannot be done for the user now, or ""."""
        self.act.setEnabled(not obstacle)
        self.act.setToolTip(obstacle)
        self.trouble.setText(obstacle)
        self.trouble.setVisible(bool(obstacle))

    def prefer(self, button: QPushButton, *, focus: bool = True) -> None:
        """Make a button the one that Enter presses; with `focus` at once."""
        for one in (self.act, self.on):
            one.setProperty("primary", one is button)
            one.style().unpolish(one)
            one.style().polish(one)
        if focus:
            button.setFocus()

    def event(self, event: QEvent) -> bool:
        """Esc leaves; it is not meant for a shortcut of the window."""
        is_key = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
        if is_key and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Escape:
                self.left.emit()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                focused = self.focusWidget()
                if isinstance(focused, QPushButton):
                    focused.click()
            case _:
                super().keyPressEvent(event)


class _Veil(QWidget):
    """Dark, with holes; the mouse does not notice it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.holes: tuple[QRect, ...] = ()

    def show_holes(self, holes: tuple[QRect, ...]) -> None:
        """The first one is outlined."""
        self.holes = holes
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        dark = QPainterPath()
        dark.addRect(QRectF(self.rect()))
        outlines = []
        for hole in self.holes:
            outlines.append(QPainterPath())
            outlines[-1].addRoundedRect(QRectF(hole).adjusted(1, 1, -1, -1), 6, 6)
            dark = dark.subtracted(outlines[-1])
        painter.fillPath(dark, _DARK)
        painter.setPen(QPen(theme.ACCENT, 2))
        for outline in outlines[:1]:
            painter.drawPath(outline)


def _beside(hole: QRect, card: QRect, window: QRect) -> QPoint:
    """Beside the hole where there is room for the card, else over its lower left corner."""
    middle = QRect(card)
    middle.moveCenter(window.center())
    if hole.isEmpty():
        return middle.topLeft()
    wide = hole.width() > 2 * card.width()
    x = hole.left() + _APART if wide else hole.center().x() - card.width() // 2
    y = hole.center().y() - card.height() // 2
    places = (
        QPoint(x, hole.bottom() + _APART),
        QPoint(x, hole.top() - _APART - card.height()),
        QPoint(hole.left() - _APART - card.width(), y),
        QPoint(hole.right() + _APART, y),
    )
    for place in places:
        inside = _held(place, card, window)
        if not QRect(inside, card.size()).intersects(hole):
            return inside
    corner = hole.bottomLeft() + QPoint(_APART, -card.height() - _APART)
    return _held(corner, card, window)


def _held(place: QPoint, card: QRect, window: QRect) -> QPoint:
    """Moved just enough that all of the card is in the window."""
    room = window.adjusted(_AROUND, _AROUND, -_AROUND - card.width(), -_AROUND - card.height())
    return QPoint(
        min(max(place.x(), room.left()), max(room.left(), room.right())),
        min(max(place.y(), room.top()), max(room.top(), room.bottom())),
    )
