"""The Edit menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.actions.row import Row

if TYPE_CHECKING:
    from studio.panels.main_window import MainWindow


def _no_undo(window: MainWindow) -> str:
    return "" if window.studio.masks.undoable else "There is nothing to undo."


def _no_redo(window: MainWindow) -> str:
    return "" if window.studio.masks.redoable else "There is nothing to redo."


EDIT = (
    Row("undo", "Undo", "Ctrl+Z", lambda w: w.studio.masks.history.undo(), "undo", _no_undo),
    Row(
        "redo",
        "Redo",
        "Ctrl+Shift+Z Ctrl+Y",
        lambda w: w.studio.masks.history.redo(),
        "redo",
        _no_redo,
    ),
)
