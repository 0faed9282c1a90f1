"""Episodes of ViZDoom with its free Freedoom assets, played by a scripted agent, without a screen.

One scenario, one seed → always the same frames. The agent walks, turns, strafes and shoots in
strokes that last a while, and turns away from walls, so that the footage moves as a player's does.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.clip import Clip
from core.errors import UserError

TICS_PER_SECOND = 35
FRAME_SKIP = 2


@dataclass(frozen=True)
class Scenario:
    """One kind of place to record; its name is the class that a model learns.

    Attributes:
        config: the scenario's file among those that the vizdoom package brings.
        map: another map of the same file, e.g. "MAP07"; None keeps the configured one.
        walking: share of strokes that walk; the rest turns on the spot or strafes.
        shooting: share of strokes that shoot.
    """

    name: str
    config: str
    map: str | None = None
    walking: float = 0.7
    shooting: float = 0.3


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("basic", "basic.cfg", walking=0.5),
        Scenario("corridor", "deadly_corridor.cfg", shooting=0.5),
        Scenario("arena", "defend_the_center.cfg", walking=0.2, shooting=0.5),
        Scenario("line", "defend_the_line.cfg", walking=0.2, shooting=0.5),
        Scenario("acid", "health_gathering.cfg", shooting=0.0),
        Scenario("maze", "health_gathering_supreme.cfg", shooting=0.0),
        Scenario("rooms", "my_way_home.cfg", shooting=0.1),
        Scenario("ledge", "predict_position.cfg", walking=0.4),
        Scenario("fireballs", "take_cover.cfg", walking=0.2, shooting=0.1),
        Scenario("base", "freedoom1.cfg", "E1M1"),
        Scenario("city", "freedoom2.cfg", "MAP01"),
        Scenario("courtyard", "freedoom2.cfg", "MAP12"),
    )
}


class Agent:
    """Strokes of 8 to 30 steps: how fast to turn, where to go, whether to shoot."""

    def __init__(self, scenario: Scenario, rng: np.random.Generator) -> None:
        self._scenario, self._rng = scenario, rng
        self._left, self._turn, self._aim = 0, 0.0, 0.0
        self._forward = self._strafe = self._attack = 0.0

    def act(self, moved: float) -> list[float]:
        """Values for forward, strafe, attack, turn; `moved` is the way gone in the last step."""
        if self._left and self._forward > 0 and moved < 0.5:
            self._left = 0  # a wall
            self._begin_stroke(blocked=True)
        elif not self._left:
            self._begin_stroke(blocked=False)
        self._left -= 1
        self._turn += 0.25 * (self._aim - self._turn)  # an eased turn, in degrees per tic
        return [self._forward, self._strafe, self._attack, self._turn]

    def _begin_stroke(self, *, blocked: bool) -> None:
        rng, scenario = self._rng, self._scenario
        self._left = int(rng.integers(8, 31))
        walking = not blocked and rng.random() < scenario.walking
        self._forward = 12.0 if walking else 0.0
        self._strafe = 0.0 if walking or blocked else rng.choice([-10.0, 0.0, 10.0])
        fast = 3.5 if blocked or not walking else 1.5
        self._aim = rng.choice([-1, 1]) * rng.uniform(0.3, 1.0) * fast
        self._attack = float(rng.random() < scenario.shooting)


def record_episode(scenario: Scenario, seed: int, frames: int, *, wide: bool = False) -> Clip:
    """At most `frames` frames, 17.5 a second, 160x120 or `wide` 320x240; fewer if the player dies.

    Raises:
        UserError: the package vizdoom is not installed.
    """
    game = _start(scenario, seed, wide=wide)
    try:
        return _play(game, Agent(scenario, np.random.default_rng(seed)), frames)
    finally:
        game.close()


def _start(scenario: Scenario, seed: int, *, wide: bool) -> Any:
    try:
        import vizdoom
    except ImportError as error:
        raise UserError(
            "Recording needs the package “vizdoom”, which is not installed. "
            "Install it with: pip install vizdoom"
        ) from error
    game = vizdoom.DoomGame()
    game.load_config(str(Path(vizdoom.scenarios_path) / scenario.config))
    if scenario.map:
        game.set_doom_map(scenario.map)
    button = vizdoom.Button
    game.set_available_buttons(
        [
            button.MOVE_FORWARD_BACKWARD_DELTA,
            button.MOVE_LEFT_RIGHT_DELTA,
            button.ATTACK,
            button.TURN_LEFT_RIGHT_DELTA,
        ]
    )
    variable = vizdoom.GameVariable
    game.set_available_game_variables([variable.POSITION_X, variable.POSITION_Y])
    resolution = vizdoom.ScreenResolution
    game.set_screen_resolution(resolution.RES_320X240 if wide else resolution.RES_160X120)
    game.set_screen_format(vizdoom.ScreenFormat.RGB24)
    game.set_render_hud(False)
    game.set_render_crosshair(False)
    game.set_render_weapon(True)
    game.set_window_visible(False)
    game.set_mode(vizdoom.Mode.PLAYER)
    game.set_episode_timeout(0)
    game.set_doom_skill(2)
    game.set_seed(seed)
    game.set_doom_config_path(os.path.join(tempfile.gettempdir(), "maskreel-vizdoom.ini"))
    game.add_game_args("-nosound")  # its sound library aborts where there is no sound device
    game.init()
    return game


def _play(game: Any, agent: Agent, frames: int) -> Clip:
    pictures: list[NDArray[np.uint8]] = []
    last = np.zeros(2)
    while len(pictures) < frames and not game.is_episode_finished():
        state = game.get_state()
        place = np.asarray(state.game_variables)
        moved = float(np.hypot(*(place - last))) if pictures else 1.0
        pictures.append(np.array(state.screen_buffer))
        last = place
        game.make_action(agent.act(moved), FRAME_SKIP)
    return Clip(np.stack(pictures), Fraction(TICS_PER_SECOND, FRAME_SKIP))
