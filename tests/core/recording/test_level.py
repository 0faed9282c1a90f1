"""The plan of a level: what is free, ways through it, what is blocked."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pytest

from core.recording.game import Thing
from core.recording.level import PLAYER, UNIT, Cell, Level


@dataclass(frozen=True)
class Line:
    x1: float
    y1: float
    x2: float
    y2: float
    is_blocking: bool = True


@dataclass(frozen=True)
class Sector:
    """As ViZDoom describes one."""

    lines: list[Line] = field(default_factory=list)
    floor_height: float = 0.0
    ceiling_height: float = 128.0


def _two_rooms(floor: float = 0.0, ceiling: float = 128.0) -> Level:
    """Two rooms of 512 x 512 map units beside each other, the right one with other heights; between
    them a wall with a gap of 128 in its middle."""
    gap = Line(512, 192, 512, 320, is_blocking=False)
    wall = [Line(512, 0, 512, 192), Line(512, 320, 512, 512)]
    left = [Line(0, 0, 512, 0), Line(0, 0, 0, 512), Line(0, 512, 512, 512)]
    right = [Line(512, 0, 1024, 0), Line(1024, 0, 1024, 512), Line(512, 512, 1024, 512)]
    rooms = [Sector([*left, *wall, gap]), Sector([*right, *wall, gap], floor, ceiling)]
    return Level(rooms, [])


def test_a_player_keeps_half_its_width_from_walls() -> None:
    level = _two_rooms()

    assert level.free[level.cell(PLAYER + UNIT, 256)]
    assert not level.free[level.cell(PLAYER - UNIT, 256)]
    assert level.place(level.cell(256, 264)) == (256, 264)


def test_a_way_leads_through_the_gap() -> None:
    level = _two_rooms()
    start, goal = level.cell(100, 100), level.cell(900, 100)

    (route,) = level.routes(start, [goal], 3, {})

    assert (route.cells[0], route.cells[-1]) == (start, goal)
    assert all(level.free[cell] for cell in route.cells)
    assert all(
        max(abs(a.row - b.row), abs(a.column - b.column)) == 1
        for a, b in zip(route.cells, route.cells[1:], strict=False)
    )
    ys = [level.place(cell)[1] for cell in route.cells if abs(level.place(cell)[0] - 512) < UNIT]
    assert ys
    assert all(192 < y < 320 for y in ys)
    assert not level.is_straight(start, goal)
    assert level.is_straight(level.cell(100, 256), level.cell(900, 256))


def test_nearer_goals_come_first() -> None:
    level = _two_rooms()
    goals = [level.cell(900, 400), level.cell(200, 100), level.cell(400, 100)]

    routes = level.routes(level.cell(100, 100), goals, 2, {})

    assert [route.cells[-1] for route in routes] == goals[1:]
    assert routes[0].cost < routes[1].cost


def test_dear_cells_are_walked_around() -> None:
    level = _two_rooms()
    start, goal = level.cell(100, 256), level.cell(400, 256)
    dear = {Cell(row, level.cell(256, 0).column): 50.0 for row in range(10, 45)}

    (route,) = level.routes(start, [goal], 1, dear)

    assert not dear.keys() & set(route.cells)


@pytest.mark.parametrize(
    ("heights", "passable", "gate"),
    [((24, 128), True, False), ((32, 160), False, False), ((0, 48), False, False),
     ((0, 0), True, True)],
    ids=["step", "ledge", "low", "door"],
)  # fmt: skip
def test_heights_decide_whether_one_gets_through(
    heights: tuple[float, float], passable: bool, gate: bool
) -> None:
    level = _two_rooms(*heights)
    routes = level.routes(level.cell(100, 256), [level.cell(900, 256)], 1, {})

    assert bool(routes) == passable
    assert bool(level.gates[level.cell(500, 256)]) == gate


def test_solid_things_stand_in_the_way() -> None:
    sectors = [Sector([Line(0, 0, 512, 512, False), Line(0, 512, 512, 0, False)])]
    level = Level(sectors, [Thing("TechPillar", "Decoration", 256, 256),
                            Thing("Clip", "Ammo", 128, 256)])  # fmt: skip

    assert not level.free[level.cell(256, 256)]
    assert level.free[level.cell(128, 256)]


def test_what_does_not_open_is_given_up_as_a_whole_and_forgiven() -> None:
    level = _two_rooms()
    start, goal = level.cell(100, 256), level.cell(900, 256)

    level.block(level.cell(520, 256))
    assert not level.routes(start, [goal], 1, {})

    level.forgive()
    assert level.routes(start, [goal], 1, {})


def test_spots_are_spread_over_what_can_be_reached() -> None:
    level = _two_rooms(floor=64)
    spots = level.spots(level.cell(100, 100))
    places = [level.place(spot) for spot in spots]

    assert all(level.free[spot] for spot in spots)
    assert all(x < 512 for x, _ in places)
    assert len(spots) >= (512 / 64 - 1) ** 2
    assert level.nearest_free(level.cell(0, 0)) != level.cell(0, 0)
    assert math.dist(level.nearest_free(level.cell(0, 0)), level.cell(0, 0)) < 6
