"""ViZDoom without a screen: a game that is looked at and acted in, tic by tic.

The package is optional; it brings the free Freedoom assets.
"""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.clip import Frames
from core.errors import UserError
from core.recording.scenarios import Scenario

TICS_PER_SECOND = 35
FRAMES_PER_SECOND = 16
"""Of a recorded episode; ViZDoom counts tics."""
RUN = 50.0
"""Speed of a run, as ViZDoom counts it: 16.7 map units a tic; a walk is half of it."""


@dataclass(frozen=True)
class Thing:
    """Something in the level: its name and category in ViZDoom's words, its place in map units."""

    name: str
    category: str
    x: float
    y: float


@dataclass(frozen=True, eq=False)
class View:
    """What is known at one moment.

    Attributes:
        picture: uint8 (H, W, 3), what the player sees.
        x, y: the player's place in map units; a player is 32 wide.
        angle: where the player looks, degrees, counter-clockwise from east.
        health: 100 at the start of most scenarios.
        ammo: shots left in the weapon in hand.
        things: everything in the level, whether in sight or not.
        monsters: the living ones that are in sight.
    """

    picture: Frames
    x: float
    y: float
    angle: float
    health: float
    ammo: float
    things: tuple[Thing, ...]
    monsters: tuple[Thing, ...]


@dataclass(frozen=True)
class Action:
    """What a player does during some tics.

    Attributes:
        forward, strafe: speed ahead and to the right, -RUN to RUN.
        turn: to the right, degrees per tic.
        attack, use: whether the button is held.
    """

    forward: float = 0.0
    strafe: float = 0.0
    turn: float = 0.0
    attack: bool = False
    use: bool = False


class Game:
    """One episode of a scenario; a context manager. Equal seeds and actions give equal pictures.

    Args:
        resolution: one that ViZDoom has, as "320X240".
        weapon: whether the player's weapon is in the picture.
        knows_level: whether the level's geometry, its things and monsters are reported.

    Raises:
        UserError: the package vizdoom is not installed, or does not start.
    """

    def __init__(
        self, scenario: Scenario, seed: int, resolution: str, *, weapon: bool, knows_level: bool
    ) -> None:
        vizdoom = _vizdoom()
        # What other games leave behind, or are writing now, must not reach this one.
        self._folder = tempfile.TemporaryDirectory(prefix="maskreel-vizdoom-")
        game = self._game = vizdoom.DoomGame()
        game.load_config(str(Path(vizdoom.scenarios_path) / scenario.config))
        if scenario.map:
            game.set_doom_map(scenario.map)
        game.set_doom_skill(scenario.skill)
        game.set_seed(seed)
        game.set_mode(vizdoom.Mode.PLAYER)
        game.set_episode_timeout(0)
        game.set_doom_config_path(str(Path(self._folder.name) / "vizdoom.ini"))
        game.add_game_args("-nosound")  # its sound library aborts where there is no sound device
        _set_picture(game, vizdoom, resolution, weapon)
        _set_controls(game, vizdoom)
        game.set_labels_buffer_enabled(knows_level)
        game.set_objects_info_enabled(knows_level)
        game.set_sectors_info_enabled(knows_level)
        try:
            with contextlib.chdir(self._folder.name):  # where the game leaves its caches
                game.init()
        except (
            vizdoom.FileDoesNotExistException,
            vizdoom.SharedMemoryException,
            vizdoom.ViZDoomErrorException,
            vizdoom.ViZDoomUnexpectedExitException,
        ) as error:
            raise UserError(
                f"ViZDoom did not start the scenario “{scenario.name}”: {error} "
                "Installing it anew may help: pip install --force-reinstall vizdoom"
            ) from error

    def __enter__(self) -> Game:
        return self

    def __exit__(self, *_: object) -> None:
        self._game.close()
        self._folder.cleanup()

    @property
    def over(self) -> bool:
        """The player died, or the scenario's own end was reached."""
        return bool(self._game.is_episode_finished())

    @property
    def sectors(self) -> list[Any]:
        """ViZDoom's sectors: floor and ceiling heights, and lines (x1, y1, x2, y2, is_blocking)."""
        return list(self._game.get_state().sectors)

    def look(self) -> View:
        """What is to be seen now; not after the end."""
        state = self._game.get_state()
        x, y, angle, health, ammo = state.game_variables
        things = (_thing(each) for each in state.objects or ())
        monsters = (
            Thing(each.object_name, "Monster", each.object_position_x, each.object_position_y)
            for each in state.labels or ()
            if each.object_category == "Monster"
        )
        picture = np.array(state.screen_buffer)
        return View(picture, x, y, angle, health, ammo, tuple(things), tuple(monsters))

    def act(self, action: Action, tics: int) -> None:
        """The same for some tics."""
        self._game.make_action(
            [action.forward, action.strafe, action.turn, action.attack, action.use], tics
        )

    def warp(self, x: float, y: float) -> None:
        """Puts the player elsewhere in the level, from the next tic on."""
        self._game.send_game_command(f"warp {x:.0f} {y:.0f}")


def _set_picture(game: Any, vizdoom: Any, resolution: str, weapon: bool) -> None:
    """Nothing but the level and perhaps the weapon."""
    game.set_window_visible(False)
    game.set_screen_resolution(getattr(vizdoom.ScreenResolution, f"RES_{resolution}"))
    game.set_screen_format(vizdoom.ScreenFormat.RGB24)
    game.set_render_hud(False)
    game.set_render_crosshair(False)
    game.set_render_messages(False)
    game.set_render_weapon(weapon)


def _set_controls(game: Any, vizdoom: Any) -> None:
    """The order in which `Game.act` gives values, and `Game.look` takes them."""
    button, variable = vizdoom.Button, vizdoom.GameVariable
    game.set_available_buttons(
        [
            button.MOVE_FORWARD_BACKWARD_DELTA,
            button.MOVE_LEFT_RIGHT_DELTA,
            button.TURN_LEFT_RIGHT_DELTA,
            button.ATTACK,
            button.USE,
        ]
    )
    game.set_available_game_variables(
        [
            variable.POSITION_X,
            variable.POSITION_Y,
            variable.ANGLE,
            variable.HEALTH,
            variable.SELECTED_WEAPON_AMMO,
        ]
    )


def _thing(item: Any) -> Thing:
    return Thing(item.name, item.category, item.position_x, item.position_y)


def _vizdoom() -> Any:
    try:
        import vizdoom
    except ImportError as error:
        raise UserError(
            "Recording needs the package “vizdoom”, which is not installed. "
            "Install it with: pip install 'maskreel[record]', or: pip install vizdoom"
        ) from error
    return vizdoom


def vizdoom_version() -> str:
    """Of the installed package.

    Raises:
        UserError: it is not installed.
    """
    return str(_vizdoom().__version__)
