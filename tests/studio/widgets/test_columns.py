"""Widgets stand in as many columns as there is room for."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from studio import theme
from studio.widgets.columns import Columns
from studio.widgets.tile import Tile


@pytest.mark.parametrize(("room", "columns"), [(0.5, 1), (1, 1), (2, 2), (2.9, 2), (4, 4), (9, 4)])
def test_columns_follow_the_room(qtbot: QtBot, room: float, columns: int) -> None:
    tiles = [Tile(f"Tile {number}", "words") for number in range(4)]
    grid = Columns()
    qtbot.addWidget(grid)
    grid.show_widgets(list(tiles))
    width = tiles[0].minimumSizeHint().width() + theme.GAP_PX

    grid.fit(round(width * room))
    grid.resize(round(width * max(room, 1)), 900)
    grid.show()

    assert len({tile.x() for tile in tiles}) == columns
    assert len({tile.y() for tile in tiles}) == -(-len(tiles) // columns)


def test_one_that_is_taken_away_makes_room(qtbot: QtBot) -> None:
    tiles = [Tile(f"Tile {number}", "words", row=True) for number in range(3)]
    grid = Columns(stretched=True)
    qtbot.addWidget(grid)
    grid.show_widgets(list(tiles))
    grid.fit(2000)
    grid.resize(1200, 300)
    grid.show()
    before = tiles[1].x()
    tiles[0].setParent(None)
    grid.show_widgets(tiles[1:])

    qtbot.waitUntil(lambda: tiles[1].x() < before)
