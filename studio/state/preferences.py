"""What the user has chosen about the program itself; each change is kept at once."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from studio.observable import Field, Observable
from studio.settings import Look


class Preferences(Observable):
    """Attributes:
    look: dark, light, or as the system is.

    Signals:
        edited(): one of them has changed.
    """

    look: Field[Look] = Field("dark")

    edited = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.changed("look").connect(lambda _value: self.edited.emit())
