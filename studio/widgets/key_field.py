"""A field that takes the next key which is pressed in it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit, QWidget

_MODIFIERS = (
    Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr,
    Qt.Key.Key_unknown,
)  # fmt: skip


class KeyField(QLineEdit):
    """Signals:
    keyPressed(str): a key with what was held, as portable text. left(): Esc was pressed.

    Tab goes on to the next control, as everywhere: the keyboard is never caught.
    """

    keyPressed = Signal(str)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)

    def event(self, event: QEvent) -> bool:
        """No shortcut of the window is called by a key that is meant for this field."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif event.key() not in _MODIFIERS:
            self.keyPressed.emit(key_text(event))


def key_text(event: QKeyEvent) -> str:
    """What was pressed, as a shortcut is written. Shift counts where it does not make the sign:
    it is part of Shift+A and Shift+F3, but "{" is "{" wherever the keyboard has it."""
    held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    sign = event.text()
    if sign.isprintable() and sign and not sign.isalnum() and not sign.isspace():
        held &= ~Qt.KeyboardModifier.ShiftModifier
    keys = QKeySequence(held.value | event.key())
    return keys.toString(QKeySequence.SequenceFormat.PortableText)
