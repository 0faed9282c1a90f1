"""One episode: the pictures at exactly 16 a second, what was done between them, where it happened.

ViZDoom counts 35 tics a second. Frame n shows tic round(35 n / 16), so that two or three tics lie
between two frames and speed is true over any span. An action is held between two frames.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from core.clip import Frames
from core.errors import UserError
from core.recording.agent import Agent
from core.recording.game import FRAMES_PER_SECOND, TICS_PER_SECOND, Action, Game, View
from core.recording.level import Level
from core.recording.scenarios import Scenario

RESOLUTION = "320X256"
"""Rendered with square pixels; its middle, 256x256, is what is kept."""
SETTLED = 20
"""Tics before the first frame: the weapon is raised, things fall to the floor."""
SHORTEST = 48
"""Frames; an episode that ends before is tried again from another seed."""
TRIES = 20
CROWDED = 96
"""Map units around a monster in which nobody fits, whatever its size, or wants to begin."""

ACTIONS = {
    "forward": "speed ahead, -50 to 50; 25 is a walk of 8.3 map units a tic",
    "strafe": "speed to the right, in the same unit",
    "turn": "degrees to the right, in all, until the next frame",
    "attack": "1 while the weapon is fired",
    "use": "1 while a door or switch is tried",
}
"""Columns of the actions: what is done from a frame to the next one."""
STATES = {
    "x": "place in map units, to the east; a player is 32 wide",
    "y": "place in map units, to the north",
    "angle": "degrees counter-clockwise from east",
    "health": "100 is the usual start",
}
"""Columns of the states: where the player is at a frame."""


@dataclass(frozen=True, eq=False)
class Episode:
    """Attributes:
    frames: by size: uint8 (T, size, size, 3).
    actions: float32 (T, 5), columns of `ACTIONS`.
    states: float32 (T, 4), columns of `STATES`.
    """

    frames: dict[int, Frames]
    actions: NDArray[np.float32]
    states: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.actions)


def tics_before(frame: int) -> int:
    """Tics from the first frame to frame number `frame`."""
    return (2 * frame * TICS_PER_SECOND + FRAMES_PER_SECOND) // (2 * FRAMES_PER_SECOND)


class Player(Protocol):
    """Who plays: asked once a frame."""

    def act(self, view: View) -> Action: ...


MakePlayer = Callable[[Scenario, Level, np.random.Generator], Player]


def record_episode(
    scenario: Scenario,
    seed: Sequence[int],
    frames: int,
    sizes: Sequence[int],
    make_player: MakePlayer = Agent,
) -> Episode:
    """At most `frames` frames; fewer when the player dies or reaches the scenario's end.

    Args:
        seed: whole numbers; equal ones give equal episodes.
        sizes: sides of the pictures.
        make_player: of the level's plan and a generator, once per episode.

    Raises:
        UserError: the package vizdoom is not installed; every try ended at once.
    """
    name = zlib.crc32(scenario.name.encode())
    for attempt in range(TRIES):
        rng = np.random.default_rng((*seed, name, attempt))
        episode = _play(scenario, rng, frames, sizes, make_player)
        if len(episode) >= min(SHORTEST, frames):
            return episode
    raise UserError(
        f"Each of {TRIES} episodes of “{scenario.name}” ended within {SHORTEST} frames. "
        "Leave this scenario out, or take another seed."
    )


def _play(
    scenario: Scenario,
    rng: np.random.Generator,
    frames: int,
    sizes: Sequence[int],
    make_player: MakePlayer,
) -> Episode:
    game_seed = int(rng.integers(2**31))
    pictures: dict[int, list[Frames]] = {size: [] for size in sizes}
    actions: list[tuple[float, ...]] = []
    states: list[tuple[float, ...]] = []
    with Game(scenario, game_seed, RESOLUTION, weapon=scenario.shoots, knows_level=True) as game:
        level = Level(game.sectors, game.look().things)
        player = make_player(scenario, level, rng)
        _begin(game, level, scenario, rng)
        while len(actions) < frames and not game.over:
            view = game.look()
            action = player.act(view)
            tics = tics_before(len(actions) + 1) - tics_before(len(actions))
            for size, kept in pictures.items():
                kept.append(square(view.picture, size))
            actions.append(_row(action, tics))
            states.append((view.x, view.y, view.angle, view.health))
            game.act(action, tics)
    return Episode(
        {size: np.array(kept, np.uint8) for size, kept in pictures.items()},
        np.array(actions, np.float32).reshape(-1, len(ACTIONS)),
        np.array(states, np.float32).reshape(-1, len(STATES)),
    )


def _begin(game: Game, level: Level, scenario: Scenario, rng: np.random.Generator) -> None:
    """Puts the player somewhere, looking anywhere."""
    if scenario.scattered:
        game.warp(*_somewhere(game.look(), level, rng))
        game.act(Action(turn=rng.uniform(-180, 180)), 1)
    game.act(Action(), SETTLED)


def _somewhere(view: View, level: Level, rng: np.random.Generator) -> tuple[float, float]:
    """A place that can be reached from here, and where no monster stands."""
    spots = level.spots(level.cell(view.x, view.y))
    monsters = [(thing.x, thing.y) for thing in view.things if thing.category == "Monster"]
    for _ in range(TRIES):
        place = level.place(spots[int(rng.integers(len(spots)))])
        if all(math.dist(place, monster) > CROWDED for monster in monsters):
            break
    return place


def square(picture: Frames, size: int) -> Frames:
    """The middle of a picture (H, W, 3) as (size, size, 3)."""
    side = min(picture.shape[:2])
    top, left = ((length - side) // 2 for length in picture.shape[:2])
    middle = picture[top : top + side, left : left + side]
    return np.asarray(cv2.resize(middle, (size, size), interpolation=cv2.INTER_AREA), np.uint8)


def _row(action: Action, tics: int) -> tuple[float, ...]:
    return action.forward, action.strafe, action.turn * tics, action.attack, action.use
