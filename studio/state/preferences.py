"""What the user has chosen about the program itself; each change is kept at once."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from studio.observable import Field, Observable
from studio.settings import NOTHING_CHOSEN, Chosen, Look


class Preferences(Observable):
    """Attributes:
    look: dark, light, or as the system is.
    shortcuts: those that the user has chosen.

    Signals:
        edited(): one of them has changed.
    """

    look: Field[Look] = Field("dark")
    shortcuts: Field[Chosen] = Field(NOTHING_CHOSEN)

    edited = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        for name in ("look", "shortcuts"):
            self.changed(name).connect(lambda _value: self.edited.emit())
