"""Episodes of ViZDoom repeat from their seed, at a true speed; the agent goes through the level."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.recording.agent import Agent
from core.recording.episode import (
    ACTIONS,
    STATES,
    Episode,
    MakePlayer,
    Player,
    _somewhere,
    record_episode,
    square,
    tics_before,
)
from core.recording.game import RUN, Action, Game, View
from core.recording.level import SPOT, Level
from core.recording.scenarios import SCENARIOS, Scenario
from core.recording.strokes import Manner, StrokePlayer

MAZE = SCENARIOS["health_gathering_supreme"]


@given(st.integers(0, 100_000))
def test_frames_are_two_or_three_tics_apart_and_never_drift(frame: int) -> None:
    assert tics_before(frame + 1) - tics_before(frame) in (2, 3)
    assert abs(16 * tics_before(frame) - 35 * frame) <= 8  # half a tic


def test_square_is_the_middle_and_not_squashed() -> None:
    picture = np.zeros((256, 320, 3), np.uint8)
    picture[96:160, 128:192] = 255

    small = square(picture, 64)

    assert small.shape == (64, 64, 3)
    assert (small > 0).any(2).sum(0).max() == (small > 0).any(2).sum(1).max() == 16
    assert small[24:40, 24:40].min() == 255


class Noise:
    """Another action every frame."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def act(self, view: View) -> Action:  # noqa: ARG002
        forward, strafe = self._rng.uniform(-RUN, RUN, 2)
        return Action(forward, strafe, self._rng.uniform(-6, 6))


def _strokes(scenario: Scenario, level: Level, rng: np.random.Generator) -> Player:  # noqa: ARG001
    return StrokePlayer(Manner(shooting=0.0), rng)


def _noise(scenario: Scenario, level: Level, rng: np.random.Generator) -> Player:  # noqa: ARG001
    return Noise(rng)


def _play(
    scenario: Scenario, frames: int, make_player: MakePlayer = Agent, seed: int = 1
) -> tuple[Episode, float]:
    """An episode, and the share of the level's blocks that was walked through."""
    levels = []

    def make(scenario: Scenario, level: Level, rng: np.random.Generator) -> Player:
        levels.append(level)
        return make_player(scenario, level, rng)

    episode = record_episode(scenario, (seed, 0, 0), frames, (64,), make)
    level = levels[-1]
    level.forgive()
    cells = [level.cell(x, y) for x, y in episode.states[:, :2]]
    blocks = {(row // SPOT, column // SPOT) for row, column in level.spots(cells[0])}
    return episode, len(blocks & {(row // SPOT, column // SPOT) for row, column in cells}) / len(
        blocks
    )


class TestViZDoom:
    @pytest.fixture(autouse=True)
    def _installed(self) -> None:
        pytest.importorskip("vizdoom", reason="recording needs the optional package vizdoom")

    def test_same_seed_same_frames_and_actions(self) -> None:
        first, second = (record_episode(MAZE, (4, 0, 0), 20, (64, 128)) for _ in range(2))

        assert first.frames[64].shape == (20, 64, 64, 3)
        assert first.frames[128].shape == (20, 128, 128, 3)
        assert first.actions.shape == (20, len(ACTIONS))
        assert first.states.shape == (20, len(STATES))
        for size in (64, 128):
            assert np.array_equal(first.frames[size], second.frames[size])
        assert np.array_equal(first.actions, second.actions)
        assert np.array_equal(first.states, second.states)
        assert (first.frames[64][0] != first.frames[64][-1]).mean() > 0.3

    def test_other_seed_other_episode(self) -> None:
        first, second = (record_episode(MAZE, (seed, 0, 0), 5, (64,)) for seed in (1, 2))

        assert not np.array_equal(first.frames[64], second.frames[64])
        assert not np.array_equal(first.states, second.states)

    def test_actions_tell_what_happens_until_the_next_frame(self) -> None:
        episode = record_episode(MAZE, (4, 0, 0), 60, (64,))

        turn = episode.actions[:-1, list(ACTIONS).index("turn")]
        angle = episode.states[:, list(STATES).index("angle")]
        turned = (np.diff(angle) + 180) % 360 - 180
        assert np.abs(turn).max() > 5
        assert turned == pytest.approx(-turn, abs=0.1)

    def test_the_agent_sees_more_of_the_level_than_strokes_and_noise(self) -> None:
        scenario = SCENARIOS["my_way_home"]

        (agent, seen), (strokes, by_strokes), (noise, by_noise) = (
            _play(scenario, 200, make_player) for make_player in (Agent, _strokes, _noise)
        )

        assert len(agent) == len(strokes) == len(noise) == 200
        assert seen > 1.5 * max(by_strokes, by_noise)
        assert _walked(agent) > 1.5 * max(_walked(strokes), _walked(noise))

    def test_the_agent_gathers_medkits_and_lives_where_others_die(self) -> None:
        agent, _ = _play(MAZE, 300)
        noise, _ = _play(MAZE, 300, _noise)

        health = agent.states[:, list(STATES).index("health")]
        assert len(agent) == 300
        assert (np.diff(health) > 5).sum() >= 5
        assert len(noise) < 300

    def test_nobody_begins_inside_a_monster(self) -> None:
        with Game(SCENARIOS["basic"], 1, "320X256", weapon=False, knows_level=True) as game:
            view = game.look()
            level = Level(game.sectors, view.things)
        (monster,) = (each for each in view.things if each.category == "Monster")
        places = [_somewhere(view, level, np.random.default_rng(seed)) for seed in range(40)]

        assert len(set(places)) > 10
        assert min(math.dist(place, (monster.x, monster.y)) for place in places) > 64

    def test_the_agent_shoots_at_monsters(self) -> None:
        episode, _ = _play(SCENARIOS["defend_the_line"], 120)

        assert 0.02 < episode.actions[:, list(ACTIONS).index("attack")].mean() < 0.9


def _walked(episode: Episode) -> float:
    return float(np.hypot(*np.diff(episode.states[:, :2], axis=0).T).sum())
