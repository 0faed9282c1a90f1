"""Pixels of steps and of a round trip, with tiny random models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.cards import ModelCard
from core.jobs import generate
from core.jobs.tokenizer_pixels import run_round_trip, run_steps
from core.margins import Margins
from core.requests import (
    GenerationFinished,
    GenerationRequest,
    GenerationStepped,
    RoundTripRequest,
    StepsRequest,
)
from core.window import Window
from tests.bundles import GRID, tiny_bundle, tiny_videogpt_bundle
from tests.clips import write_lossless

SIZE = 48, 32

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pixels")
    tiny_bundle(folder / "tiny")
    write_lossless(folder / "clip.mkv", 6, SIZE)
    return folder


def test_last_step_has_the_pixels_of_the_result(folder: Path) -> None:
    request = GenerationRequest(
        str(folder / "tiny"), "FP", str(folder / "clip.mkv"), Window(8, 0, 32, 32, 0, *GRID)
    )
    updates = list(generate.run(request, watched=False))
    steps = [update for update in updates if isinstance(update, GenerationStepped)]
    assert all(step.preview is None for step in steps[:-1])

    found = list(
        run_steps(
            StepsRequest(
                request.bundle,
                np.stack([step.tokens[0] for step in steps]),
                np.stack([step.masked[0] for step in steps]),
            )
        )
    )

    assert [pixels.number for pixels in found] == list(range(len(steps)))
    assert {pixels.frames.shape for pixels in found} == {(*GRID, 3)}
    assert isinstance(updates[-1], GenerationFinished)
    assert np.array_equal(found[-1].frames, updates[-1].clips[0])
    assert not np.array_equal(found[0].frames, found[-1].frames)


def test_frames_that_a_causal_step_has_not_begun_stand_still(tmp_path: Path) -> None:
    bundle = tiny_videogpt_bundle(tmp_path / "causal")
    card = ModelCard.read(bundle)
    grid = tuple(
        side // stride
        for side, stride in zip((card.frames, card.height, card.width), card.stride, strict=True)
    )
    tokens = np.random.default_rng(0).integers(0, 8, (2, *grid)).astype(np.int32)
    masked = np.ones((2, *grid), bool)
    masked[0, 0] = False

    begun, untouched = list(run_steps(StepsRequest(str(bundle), tokens, masked)))

    assert begun.frames.shape == untouched.frames.shape == (card.frames, card.height, card.width, 3)
    still = begun.frames[card.stride[0] - 1 :]
    assert (still == still[0]).all()


@pytest.mark.parametrize("frames", [GRID[0], 2 * GRID[0] + 1])
def test_round_trip_brings_every_frame_of_the_window(folder: Path, frames: int) -> None:
    window = Window(8, 0, 32, 32, 1, frames, *GRID[1:])

    parts = list(
        run_round_trip(RoundTripRequest(str(folder / "tiny"), str(folder / "clip.mkv"), window))
    )

    assert [part.number for part in parts] == list(range(0, frames, GRID[0]))
    assert sum(len(part.frames) for part in parts) == frames
    assert {part.frames.shape[1:] for part in parts} == {(*GRID[1:], 3)}


def test_round_trip_of_a_window_that_lies_beyond_the_pictures(folder: Path) -> None:
    bundle, clip = str(folder / "tiny"), str(folder / "clip.mkv")
    margins = Margins(left=7, top=3)
    window = Window(8, 0, 32, 32, 1, *GRID)

    (bare,) = run_round_trip(RoundTripRequest(bundle, clip, window))
    (moved,) = run_round_trip(RoundTripRequest(bundle, clip, window.moved(7, 3), margins))
    (beyond,) = run_round_trip(RoundTripRequest(bundle, clip, window.moved(0, 3), margins))

    assert np.array_equal(moved.frames, bare.frames)
    assert not np.array_equal(beyond.frames, bare.frames)
