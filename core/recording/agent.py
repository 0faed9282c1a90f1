"""A scripted player that goes through a level as a person would.

It walks in smooth turns where its guide sends it, opens doors on the way, and shoots at monsters
in sight while it walks on.
"""

from __future__ import annotations

import math

import numpy as np

from core.recording.game import FRAMES_PER_SECOND, RUN, Action, Thing, View
from core.recording.guide import Guide, turned
from core.recording.level import Level
from core.recording.scenarios import Scenario

PACE = 0.4, 0.75
"""Slowest and fastest episode, as a share of a run; a walk is 0.5."""
FIGHTING = 0.4
"""Share of the pace while a monster is in sight."""
QUICK, FASTEST, EASE = 0.12, 6.0, 0.4
"""Turns: share of the angle that is left per tic, most degrees per tic, share of the wanted change
of speed that happens from frame to frame."""
AIMED = 6.0
"""Degrees off the middle within which a shot is fired."""
RANGE = 1024
"""Map units from which monsters are shot at."""
DOOR_FRAMES = 24
"""Between two tries at a door: a second one in between would close it again."""
DOOR_ANGLE, STOPPED = 30.0, 1.0
"""A door is tried when the way leads straight on, within so many degrees, and something stopped the
player: less than so many map units from the frame before."""


class Agent:
    """Decides once a frame, from what is known at that moment.

    Args:
        level: its plan; the agent marks in it what turns out to be impassable.
        rng: differs from episode to episode: how fast, when the first shot falls, which goals.
    """

    def __init__(self, scenario: Scenario, level: Level, rng: np.random.Generator) -> None:
        self._guide = Guide(scenario, level, rng)
        self._shoots = scenario.shoots
        self._peace = round(scenario.peace_s * FRAMES_PER_SECOND * rng.uniform(0.5, 1))
        self._pace = RUN * rng.uniform(*PACE)
        self._turn = 0.0
        self._place = (math.inf, math.inf)
        self._frame = self._next_use = 0

    def act(self, view: View) -> Action:
        """What to do until the next frame."""
        self._frame += 1
        heading = self._guide.heading(view)
        prey = self._prey(view)
        way = turned(heading - view.angle) if heading is not None else 0.0
        look = turned(_bearing(view, prey) - view.angle) if prey else way
        self._ease(look)
        pace = self._pace if heading is not None else 0.0
        # A fight is slow; who looks where he walks slows down in a sharp turn.
        pace *= FIGHTING if prey else max(math.cos(math.radians(way)), 0.0)
        return Action(
            forward=pace * math.cos(math.radians(way)),
            strafe=-pace * math.sin(math.radians(way)),
            turn=-self._turn,
            attack=prey is not None and abs(look) < AIMED,
            use=self._tries_door(view, way),
        )

    def _prey(self, view: View) -> Thing | None:
        """The nearest monster that is worth a shot."""
        if not self._shoots or self._frame <= self._peace or view.ammo <= 0:
            return None
        away = {each: math.dist((each.x, each.y), (view.x, view.y)) for each in view.monsters}
        nearest = min(away, key=away.__getitem__, default=None)
        return nearest if nearest and away[nearest] < RANGE else None

    def _ease(self, degrees: float) -> None:
        """Turns a little more towards what lies `degrees` to the left."""
        wanted = min(max(QUICK * degrees, -FASTEST), FASTEST)
        self._turn += EASE * (wanted - self._turn)

    def _tries_door(self, view: View, way: float) -> bool:
        before, self._place = self._place, (view.x, view.y)
        stopped = math.dist(before, self._place) < STOPPED and abs(way) < DOOR_ANGLE
        if not stopped or self._frame < self._next_use or not self._guide.at_gate(view):
            return False
        self._next_use = self._frame + DOOR_FRAMES
        return True


def _bearing(view: View, thing: Thing) -> float:
    return math.degrees(math.atan2(thing.y - view.y, thing.x - view.x))
