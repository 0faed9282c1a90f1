"""How fast clips come, in how much memory, and how long a training step waits for them."""

from __future__ import annotations

import time
import tracemalloc
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from core.clip import Clip
from core.training.data import Cut, Footage, load_footage
from core.training.loading import Loader
from core.training.loop import take_step
from core.training.recipe import DataSource, MagvitRecipe, load_recipe
from core.training.tokenizer import TokenizerPhase
from tests.core.training.conftest import write_video

RECIPE = Path(__file__).resolve().parents[2] / "recipes" / "small" / "magvit.toml"
CUT = Cut(frames=16, size=64)
STEPS = 8


def moving_shapes(frames: int, width: int, height: int, seed: int) -> Clip:
    """Circles that move over noise which moves as well, so that coding is not too easy."""
    rng = np.random.default_rng(seed)
    ground = cv2.resize(
        rng.integers(0, 256, (height // 4, width // 2, 3), np.uint8), None, None, 4, 4
    )
    pictures = np.empty((frames, height, width, 3), np.uint8)
    for number, picture in enumerate(pictures):
        shift = number % width
        picture[:] = ground[:height, shift : shift + width]
        place = (int(width * (0.5 + 0.4 * np.sin(number / 9))), height // 2)
        cv2.circle(picture, place, height // 5, (220, 60, 30), -1)
    return Clip(pictures, Fraction(16))


def footage(folder: Path, count: int, frames: int, width: int, height: int, held: int) -> Footage:
    folder.mkdir(exist_ok=True)
    for number in range(count):
        path = folder / f"{number}.mp4"
        if not path.exists():
            write_video(moving_shapes(frames, width, height, number), path)
    return load_footage([DataSource(".", split="all")], folder, held_bytes=held)


def measured(videos: Footage, draws: int) -> str:
    """How fast the first draws and the next ones are, by the clock and by this thread's work."""
    texts = []
    for turn in range(2):
        clock, work = time.perf_counter(), time.thread_time()
        for seed in range(draws):
            videos.draw(np.random.default_rng((turn, seed)), CUT)
        rates = draws / (time.perf_counter() - clock), draws / (time.thread_time() - work)
        texts.append("{:.0f} ({:.0f})".format(*rates))
    return " then ".join(texts)


@pytest.mark.parametrize(
    ("width", "height", "count", "frames"),
    [(64, 64, 20, 200), (320, 240, 4, 200), (1280, 720, 2, 60)],
)
def test_clips_a_second(tmp_path: Path, width: int, height: int, count: int, frames: int) -> None:
    for label, held in (("kept decoded", 512 << 20), ("decoded at each draw", 0)):
        videos = footage(tmp_path, count, frames, width, height, held)
        speed, kept = measured(videos, 40), videos.videos.held_bytes
        tracemalloc.start()
        videos.draw(np.random.default_rng(0), CUT)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        print(
            f"\n{width}x{height}, {label}: {speed} clips/s of 16 frames by the clock (of work), "
            f"{kept / 2**20:.0f} MiB kept, {peak / 2**20:.1f} MiB for a clip",
            end="",
        )
        assert (kept > 0) == (held > 0)


def test_share_of_a_step_that_waits(tmp_path: Path) -> None:
    recipe = load_recipe(RECIPE)
    assert isinstance(recipe, MagvitRecipe)
    for name, size, held in (("64x64 kept", (64, 64), 512), ("320x240 decoded", (320, 240), 0)):
        videos = footage(tmp_path / name, 12, 150, *size, held << 20)
        for workers in (0, 1, 2):
            share, step_s = waiting(recipe, videos, workers)
            print(
                f"\n{name}, {workers} workers: {share:.1%} of a step of {step_s * 1000:.0f} ms "
                f"waits for clips ({torch.get_num_threads()} threads)",
                end="",
            )
            assert share < 0.9


def waiting(recipe: MagvitRecipe, videos: Footage, workers: int) -> tuple[float, float]:
    """Share of the time that waits, and seconds a step; without the first steps, in which workers
    start and footage is decoded for the first time."""
    phase = TokenizerPhase(replace(recipe, precision="float32"))
    loader = Loader(videos, phase.examples, range(2 * STEPS), workers=workers)
    begin = waited = 0.0
    for step, parts in enumerate(loader):
        if step == STEPS:
            begin, waited = time.perf_counter(), loader.waited_s
        take_step(phase, parts, step)
    whole = time.perf_counter() - begin
    return (loader.waited_s - waited) / whole, whole / STEPS
