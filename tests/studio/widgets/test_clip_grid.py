"""Clips in columns: where they are drawn, and that they move together."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QWidget

from studio.widgets.clip_grid import ClipColumn, ClipGrid

pytestmark = pytest.mark.usefixtures("qapp")


def clip(*levels: int) -> np.ndarray:
    return np.stack([np.full((8, 8, 3), level, np.uint8) for level in levels])


def grid_of(*columns: ClipColumn) -> ClipGrid:
    grid = ClipGrid()
    grid.resize(404, 420)
    grid.setColumns(columns, 50.0)
    grid.show()
    return grid


def level(widget: QWidget, x: int, y: int) -> int:
    return widget.grab().toImage().pixelColor(x, y).red()


def test_columns_stand_side_by_side_and_move_together(qtbot) -> None:
    grid = grid_of(
        ClipColumn("Before", [clip(50, 60), clip(70, 70)]), ClipColumn("After", [clip(90, 91)])
    )
    qtbot.addWidget(grid)

    assert grid.names() == ["Before", "After"]
    assert "Before, After" in grid.accessibleName()
    assert level(grid, 100, 300) == 70
    qtbot.waitUntil(lambda: (level(grid, 100, 120), level(grid, 300, 120)) == (60, 91))
    qtbot.waitUntil(lambda: (level(grid, 100, 120), level(grid, 300, 120)) == (50, 90))


def test_what_is_hidden_does_not_move(qtbot) -> None:
    grid = grid_of(ClipColumn("Before", [clip(50, 60)]))
    qtbot.addWidget(grid)
    qtbot.waitUntil(lambda: grid._clock.isActive())
    grid.hide()

    assert not grid._clock.isActive()
