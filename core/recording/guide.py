"""Where to go: the things to gather, or else places of the level that were not visited yet.

Goals that cannot be reached are given up; when everything was visited, it starts again.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection

import numpy as np

from core.recording.game import Thing, View
from core.recording.level import PLAYER, UNIT, Cell, Level, Route
from core.recording.scenarios import Scenario

SEEN = 128
"""Map units around the player that count as visited."""
AHEAD = 24
"""Cells of the way that are looked along, to walk straight where it is free."""
ARRIVED = 3
"""Cells around a goal where it counts as reached."""
THINGS, SPOTS = 4, 16
"""Cheapest goals among which the next one is chosen: things to be gathered, places not visited."""
BEHIND = 40.0
"""A goal behind the player is chosen as if its way cost so much more."""
PATIENCE = 160
"""Frames until a goal that was not reached is given up."""
STILL, STUCK, WAITING = 16, 14, 48
"""Less than so many map units in so many frames is being stuck; the last: in front of a door."""
FEAR, FEAR_COST = 40, 40.0
"""Map units around a thing to be avoided that are dear, and what each cell costs on top."""


class Guide:
    """Knows the level, what was visited, and the way to the present goal.

    Args:
        level: its plan; what turns out to be impassable is marked there.
        rng: chooses among goals.
    """

    def __init__(self, scenario: Scenario, level: Level, rng: np.random.Generator) -> None:
        self._scenario, self._level, self._rng = scenario, level, rng
        self._unseen: set[Cell] = set()
        self._way: deque[Cell] = deque()
        self._gathers = False  # the way leads to something to be gathered
        self._left = 0  # frames until the goal is given up
        self._trail: deque[tuple[float, float]] = deque(maxlen=WAITING)

    def heading(self, view: View) -> float | None:
        """Where to walk now: degrees counter-clockwise from east; None when there is no way at all.

        To be asked once a frame.
        """
        here = self._level.nearest_free(self._level.cell(view.x, view.y))
        self._mark_seen(here)
        self._left -= 1
        if self._way and self._is_stuck(view, here):
            self._level.block(self._next_to(here))
            self._way.clear()
        if not self._way or self._left < 0 or self._is_reached(here) or self._is_gone(view):
            self._choose(here, view)
        if not self._way:
            return None
        x, y = self._level.place(self._ahead(here))
        return math.degrees(math.atan2(y - view.y, x - view.x))

    def at_gate(self, view: View) -> bool:
        """Whether a door, or the like, is near that was closed at the beginning."""
        return bool(self._level.gates[self._level.cell(view.x, view.y)])

    def _mark_seen(self, here: Cell) -> None:
        self._unseen -= {
            spot
            for spot in self._unseen
            if math.dist(spot, here) * UNIT < SEEN and self._level.is_straight(here, spot)
        }

    def _is_stuck(self, view: View, here: Cell) -> bool:
        self._trail.append((view.x, view.y))
        frames = WAITING if self._level.gates[here] else STUCK
        if len(self._trail) < frames or math.dist(self._trail[-frames], self._trail[-1]) > STILL:
            return False
        self._trail.clear()
        return True

    def _next_to(self, here: Cell) -> Cell:
        """The cell that a player who is stuck does not get into."""
        ahead = self._ahead(here)
        length = max(math.dist(here, ahead), 1.0)
        reach = (PLAYER / UNIT) / length
        return Cell(
            round(here.row + reach * (ahead.row - here.row)),
            round(here.column + reach * (ahead.column - here.column)),
        )

    def _is_reached(self, here: Cell) -> bool:
        return math.dist(self._way[-1], here) <= ARRIVED

    def _is_gone(self, view: View) -> bool:
        """The goal is something to be gathered, and somebody has it."""
        return self._gathers and self._way[-1] not in self._gathered(view)

    def _gathered(self, view: View) -> set[Cell]:
        """Where to stand to have each; a thing is broad enough to be reached from beside a wall."""
        wanted = (thing for thing in view.things if self._is_wanted(thing))
        cells = (self._level.cell(thing.x, thing.y) for thing in wanted)
        return {self._level.nearest_free(cell) for cell in cells}

    def _is_wanted(self, thing: Thing) -> bool:
        scenario = self._scenario
        return thing.category in scenario.gathers and thing.name not in scenario.avoids

    def _choose(self, here: Cell, view: View) -> None:
        dear = self._dear(view)
        routes = self._level.routes(here, self._gathered(view), THINGS, dear)
        self._gathers = bool(routes)
        routes = routes or self._level.routes(here, self._unseen - dear.keys(), SPOTS, dear)
        if not routes:
            self._level.forgive()
            self._unseen = set(self._level.spots(here))
            routes = self._level.routes(here, self._unseen - dear.keys(), SPOTS, dear)
        self._way = deque(self._best(routes, view).cells if routes else ())
        self._left = PATIENCE

    def _best(self, routes: Collection[Route], view: View) -> Route:
        def price(route: Route) -> float:
            x, y = self._level.place(route.cells[-1])
            bearing = math.degrees(math.atan2(y - view.y, x - view.x))
            behind = abs(turned(bearing - view.angle)) / 180
            return route.cost * self._rng.uniform(1, 1.5) + BEHIND * behind

        return min(routes, key=price)

    def _dear(self, view: View) -> dict[Cell, float]:
        reach = FEAR // UNIT
        feared = (thing for thing in view.things if thing.name in self._scenario.avoids)
        middles = [self._level.cell(thing.x, thing.y) for thing in feared]
        return {
            Cell(middle.row + row, middle.column + column): FEAR_COST
            for middle in middles
            for row in range(-reach, reach + 1)
            for column in range(-reach, reach + 1)
        }

    def _ahead(self, here: Cell) -> Cell:
        """The farthest cell of the way, not too far, to which one can walk straight; what lies
        before it is done."""
        window = list(self._way)[:AHEAD]
        straight = [i for i, cell in enumerate(window) if self._level.is_straight(here, cell)]
        nearest = min(range(len(window)), key=lambda i: math.dist(window[i], here))
        for _ in range(straight[-1] if straight else nearest):
            self._way.popleft()
        return self._way[0]


def turned(degrees: float) -> float:
    """The same turn as -180 to 180 degrees."""
    return (degrees + 180) % 360 - 180
