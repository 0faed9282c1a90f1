"""Short wide clips of ViZDoom, played in strokes: the footage of the bundled samples.

One stroke is 8 to 30 steps of walking, turning, strafing or shooting, with no plan. Training sets
are recorded by `agent.py`, which knows where it goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from core.clip import Clip, Frames
from core.recording.game import TICS_PER_SECOND, Action, Game, View
from core.recording.scenarios import Scenario

STEP = 2
"""Tics between two frames."""


@dataclass(frozen=True)
class Manner:
    """How a scenario is played.

    Attributes:
        walking: share of strokes that walk; the rest turns on the spot or strafes.
        shooting: share of strokes that shoot.
    """

    walking: float = 0.7
    shooting: float = 0.3


class StrokePlayer:
    """Decides once a frame; it sees nothing but how far it got."""

    def __init__(self, manner: Manner, rng: np.random.Generator) -> None:
        self._manner, self._rng = manner, rng
        self._left, self._turn, self._aim = 0, 0.0, 0.0
        self._forward = self._strafe = self._attack = 0.0
        self._place: tuple[float, float] | None = None

    def act(self, view: View) -> Action:
        """What to do until the next frame."""
        moved = np.hypot(view.x - self._place[0], view.y - self._place[1]) if self._place else 1.0
        self._place = (view.x, view.y)
        if self._left and self._forward > 0 and moved < 0.5:
            self._begin_stroke(blocked=True)
        elif not self._left:
            self._begin_stroke(blocked=False)
        self._left -= 1
        self._turn += 0.25 * (self._aim - self._turn)
        return Action(self._forward, self._strafe, self._turn, bool(self._attack))

    def _begin_stroke(self, *, blocked: bool) -> None:
        rng, manner = self._rng, self._manner
        self._left = int(rng.integers(8, 31))
        walking = not blocked and rng.random() < manner.walking
        self._forward = 12.0 if walking else 0.0
        self._strafe = 0.0 if walking or blocked else rng.choice([-10.0, 0.0, 10.0])
        fast = 3.5 if blocked or not walking else 1.5
        self._aim = rng.choice([-1, 1]) * rng.uniform(0.3, 1.0) * fast
        self._attack = float(rng.random() < manner.shooting)


def play_strokes(scenario: Scenario, manner: Manner, seed: int, frames: int) -> Clip:
    """At most `frames` frames of 320x240, 17.5 a second; fewer if the player dies.

    Raises:
        UserError: the package vizdoom is not installed.
    """
    player = StrokePlayer(manner, np.random.default_rng(seed))
    pictures: list[Frames] = []
    with Game(scenario, seed, "320X240", weapon=True, knows_level=False) as game:
        while len(pictures) < frames and not game.over:
            view = game.look()
            pictures.append(view.picture)
            game.act(player.act(view), STEP)
    return Clip(np.stack(pictures), Fraction(TICS_PER_SECOND, STEP))
