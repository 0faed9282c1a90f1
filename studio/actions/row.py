"""One row of the table of actions, and what stands in the way of many of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence

if TYPE_CHECKING:
    from studio.panels.main_window import MainWindow

Obstacle = Callable[["MainWindow"], str]


def nothing(_window: MainWindow) -> str:
    return ""


def no_clip(window: MainWindow) -> str:
    return "" if window.studio.session.clip else "Open a clip first."


def not_painted(window: MainWindow) -> str:
    track = window.studio.masks.track
    return "" if track is not None and track.keyframes else "Nothing is painted."


def no_result(window: MainWindow) -> str:
    return "" if window.studio.result.clips is not None else "Nothing is generated yet."


def no_steps(window: MainWindow) -> str:
    return "" if window.studio.generation.steps else "Nothing is generated yet."


@dataclass(frozen=True)
class Row:
    """One action.

    Attributes:
        name: by which panels ask for it.
        keys: shortcuts with spaces between; the first one is shown.
        icon: a file of assets/icons, or "".
        checked: for an action that is on or off, whether it is on.
        group: actions of which one is on at a time.
        help: one sentence; the tooltip where the text does not say all.
        held: whether it is over when the key is let go; the window sees to that.
    """

    name: str
    text: str
    keys: str
    run: Callable[[MainWindow], object]
    icon: str = ""
    obstacle: Obstacle = nothing
    checked: Callable[[MainWindow], bool] | None = None
    group: str = ""
    help: str = ""
    held: bool = False

    @property
    def shortcuts(self) -> list[QKeySequence]:
        return [QKeySequence(key) for key in self.keys.split()]


LINE = None
"""A separating line in a menu."""


def shown(key: QKeySequence) -> str:
    """A key as this system writes it."""
    return key.toString(QKeySequence.SequenceFormat.NativeText)
