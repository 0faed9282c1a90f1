"""What the user has chosen about the program itself; each change is kept at once."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.observable import Field, Observable
from studio.settings import FRAMES_MB, NOTHING_CHOSEN, UNDO_MB, Chosen, Look, Settings, Start

NAMES = ("look", "at_start", "shortcuts", "undo_mb", "frames_mb", "models_folder", "tour_taken")
UNDO_RANGE, FRAMES_RANGE = (16, 2048), (64, 8192)  # MiB


class Preferences(Observable):
    """Attributes:
    look: dark, light, or as the system is.
    at_start: what the program begins with: what was open last, or the welcome page.
    shortcuts: those that the user has chosen.
    undo_mb, frames_mb: MiB for edits that can be undone, and for frames that stay decoded.
    models_folder: looked at for models besides the usual ones, or "".
    tour_taken: whether the tour was taken, or put away.

    Signals:
        edited(): one of them has changed.
    """

    look: Field[Look] = Field("dark")
    at_start: Field[Start] = Field("last")
    shortcuts: Field[Chosen] = Field(NOTHING_CHOSEN)
    undo_mb = Field(UNDO_MB)
    frames_mb = Field(FRAMES_MB)
    models_folder = Field("")
    tour_taken = Field(False)

    edited = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        for name in NAMES:
            self.changed(name).connect(lambda _value: self.edited.emit())

    def recall(self, settings: Settings) -> None:
        """Take what was chosen before."""
        for name in NAMES:
            setattr(self, name, getattr(settings, name))
        self.undo_mb = _within(self.undo_mb, UNDO_RANGE)
        self.frames_mb = _within(self.frames_mb, FRAMES_RANGE)

    def chosen(self) -> dict[str, Any]:
        """As the settings name them."""
        return {name: getattr(self, name) for name in NAMES}


def _within(value: int, limits: tuple[int, int]) -> int:
    return min(max(value, limits[0]), limits[1])
