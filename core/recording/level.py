"""Where a player can walk in a level of Doom, and the way from here to there.

The plan is a grid of cells of 8 map units. A cell is free when a player, a box of 32 units, fits
there. Ways keep away from walls where there is room.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from core.recording.game import Thing

UNIT = 8
"""Map units of a cell's side."""
PLAYER = 16
"""Half a player's width in map units."""
STEP, ROOM = 24, 56
"""The highest step that is walked up; the least height that a player fits under. Map units."""
SOLID = {"Decoration", "Vegetation", "LightSource", "Hazard"}
"""Categories of things that stand in the way."""
TRUNK = 16
"""Half the width of such a thing in map units."""
HUG, KNOCK = 4.0, 10.0
"""How much dearer a cell is beside a wall, and one in front of a gate, than one in the open."""
MARGIN = 2
"""Cells around the level that are never free, so that each free cell has all its neighbours."""
SPOT = 8
"""Cells of the side of a block that counts as one place to visit."""
GATE = 7
"""Cells around a gate from which it is opened."""


_Ends = Sequence[float]
"""x1, y1, x2, y2 of a line, map units."""


class Cell(NamedTuple):
    row: int
    column: int


@dataclass(frozen=True)
class Route:
    """A way through free cells, first to last, and what it costs: cells, more beside walls."""

    cells: tuple[Cell, ...]
    cost: float


class Level:
    """The plan of a level.

    Attributes:
        free: bool (H, W), where a player can stand; ledges and low gaps count as walls.
        gates: int (H, W), the number of the door, closed at the beginning, that is close; 0
            elsewhere.
    """

    def __init__(self, sectors: Sequence[Any], things: Sequence[Thing]) -> None:
        """`sectors` as ViZDoom reports them."""
        around: dict[tuple[float, ...], list[Any]] = defaultdict(list)
        blocking: set[tuple[float, ...]] = set()
        for sector in sectors:
            for border in sector.lines:
                ends = (border.x1, border.y1, border.x2, border.y2)
                around[ends].append(sector)
                if border.is_blocking:
                    blocking.add(ends)
        corners = np.array(list(around)).reshape(-1, 2)
        self._origin = corners.min(0) - MARGIN * UNIT
        width, height = ((corners.max(0) - self._origin) // UNIT + 1 + MARGIN).astype(int)
        walls, gates = (np.zeros((height, width), np.uint8) for _ in range(2))
        crossed = []
        for line, neighbours in around.items():
            if line not in blocking and _is_door(neighbours):
                self._draw(gates, line)
            elif line in blocking or not _is_passable(neighbours):
                self._draw(walls, line)
            else:
                crossed.append(line)
        for thing in things:
            if thing.category in SOLID:
                self._draw(walls, (thing.x - TRUNK, thing.y, thing.x + TRUNK, thing.y))
                self._draw(walls, (thing.x, thing.y - TRUNK, thing.x, thing.y + TRUNK))
        self._crossed = np.array(crossed).reshape(-1, 2, 2)
        _, self.gates = cv2.connectedComponents((~_far_from(gates, GATE)).astype(np.uint8))
        self._as_built = _far_from(walls, PLAYER // UNIT)
        self._as_built[:MARGIN] = self._as_built[-MARGIN:] = False
        self._as_built[:, :MARGIN] = self._as_built[:, -MARGIN:] = False
        self._clearance = cv2.distanceTransform(self._as_built.astype(np.uint8), cv2.DIST_L2, 3)
        self.forgive()

    def _draw(self, plan: NDArray[np.uint8], ends: _Ends) -> None:
        first, second = (np.array(ends).reshape(2, 2) - self._origin) / UNIT
        cv2.line(plan, np.rint(first).astype(int), np.rint(second).astype(int), (1,))

    def cell(self, x: float, y: float) -> Cell:
        """The cell of a place; the nearest one of the plan when it is outside."""
        column, row = np.rint((np.array([x, y]) - self._origin) / UNIT)
        height, width = self.free.shape
        return Cell(int(np.clip(row, 0, height - 1)), int(np.clip(column, 0, width - 1)))

    def place(self, cell: Cell) -> tuple[float, float]:
        """Map units of a cell's middle."""
        x, y = np.array([cell.column, cell.row]) * UNIT + self._origin
        return float(x), float(y)

    def nearest_free(self, cell: Cell) -> Cell:
        """The cell itself when it is free."""
        if self.free[cell]:
            return cell
        cells = np.argwhere(self.free)
        return Cell(*map(int, cells[((cells - cell) ** 2).sum(1).argmin()]))

    def spots(self, start: Cell) -> list[Cell]:
        """Places to visit that can be reached from `start`: of each block of 64 map units the cell
        that is farthest from the walls."""
        _, parts = cv2.connectedComponents(self.free.astype(np.uint8), connectivity=4)
        room = np.where(parts == parts[self.nearest_free(start)], self._clearance, 0)
        height, width = room.shape
        found = []
        for top in range(0, height, SPOT):
            for left in range(0, width, SPOT):
                block = room[top : top + SPOT, left : left + SPOT]
                row, column = np.unravel_index(block.argmax(), block.shape)
                if block[row, column] > 0:
                    found.append(Cell(top + int(row), left + int(column)))
        return found

    def block(self, cell: Cell) -> None:
        """Nobody gets through there, whatever the plan says: not across the line that is close,
        nor through the gate."""
        place = np.array(self.place(cell))
        shut = np.zeros(self.free.shape, np.uint8)
        shut[cell] = 1
        away = _distances(place, self._crossed)
        if len(away) and away.min() < PLAYER + UNIT:
            self._draw(shut, self._crossed[away.argmin()].ravel().tolist())
        self.free &= _far_from(shut, PLAYER // UNIT)
        if gate := self.gates[cell]:
            self.free &= self.gates != gate
        self._price()

    def forgive(self) -> None:
        """Forgets what was blocked."""
        self.free = self._as_built.copy()
        self._price()

    def _price(self) -> None:
        costs = 1 + HUG / np.maximum(self._clearance, 1) + KNOCK * (self.gates > 0)
        costs[~self.free] = math.inf
        self._costs: list[float] = costs.ravel().tolist()

    def is_straight(self, first: Cell, second: Cell) -> bool:
        """Whether every cell between the two is free."""
        steps = 2 * max(abs(first.row - second.row), abs(first.column - second.column)) + 1
        rows = np.rint(np.linspace(first.row, second.row, steps)).astype(int)
        columns = np.rint(np.linspace(first.column, second.column, steps)).astype(int)
        return bool(self.free[rows, columns].all())

    def routes(
        self, start: Cell, goals: Collection[Cell], count: int, dear: Mapping[Cell, float]
    ) -> list[Route]:
        """Cheapest ways from `start` to the `count` cheapest of the goals, cheapest first.

        Args:
            start: a free cell.
            dear: what some cells cost on top.
        """
        width = self.free.shape[1]
        wanted = {goal.row * width + goal.column for goal in goals}
        extra = {cell.row * width + cell.column: price for cell, price in dear.items()}
        steps = [(step, 1.0) for step in (-width, -1, 1, width)]
        steps += [(step, math.sqrt(2)) for step in (-width - 1, -width + 1, width - 1, width + 1)]
        first = start.row * width + start.column
        best, before = {first: 0.0}, {first: first}
        found: list[int] = []
        queue = [(0.0, first)] if wanted else []
        while queue and len(found) < min(count, len(wanted)):
            cost, here = heapq.heappop(queue)
            if cost > best[here]:
                continue
            if here in wanted:
                found.append(here)
            for step, length in steps:
                there = here + step
                total = cost + length * (self._costs[there] + extra.get(there, 0.0))
                if total < best.get(there, math.inf):
                    best[there], before[there] = total, here
                    heapq.heappush(queue, (total, there))
        return [Route(_back(before, goal, width), best[goal]) for goal in found]


def _back(before: Mapping[int, int], goal: int, width: int) -> tuple[Cell, ...]:
    cells = [goal]
    while before[cells[-1]] != cells[-1]:
        cells.append(before[cells[-1]])
    return tuple(Cell(*divmod(cell, width)) for cell in reversed(cells))


def _far_from(drawn: NDArray[np.uint8], cells: int) -> NDArray[np.bool_]:
    side = 2 * cells + 1
    near: NDArray[np.bool_] = cv2.dilate(drawn, np.ones((side, side), np.uint8)) > 0
    return ~near


def _distances(place: NDArray[np.float64], lines: NDArray[np.float64]) -> NDArray[np.float64]:
    """From a place (2,) to straight lines (n, 2, 2)."""
    begin, along = lines[:, 0], lines[:, 1] - lines[:, 0]
    share = ((place - begin) * along).sum(1) / np.maximum((along**2).sum(1), 1e-9)
    nearest = begin + np.clip(share, 0, 1)[:, None] * along
    return np.asarray(np.hypot(*(place - nearest).T))


def _is_door(around: Sequence[Any]) -> bool:
    return any(sector.ceiling_height <= sector.floor_height for sector in around)


def _is_passable(around: Sequence[Any]) -> bool:
    floors = [sector.floor_height for sector in around]
    room = min(sector.ceiling_height for sector in around) - max(floors)
    return room >= ROOM and max(floors) - min(floors) <= STEP
