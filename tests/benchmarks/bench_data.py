"""How fast clips come, in how much memory, and how long a training step waits for them."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from statistics import median

import cv2
import numpy as np
import pytest

from core.clip import Clip
from core.training.data import Cut, Footage, load_footage
from core.training.loading import Batch, Loader
from core.training.recipe import DataSource, MagvitRecipe, load_recipe
from core.training.steps import take_step
from core.training.tokenizer import TokenizerPhase
from tests.core.training.conftest import write_video

RECIPE = Path(__file__).resolve().parents[2] / "recipes" / "small" / "magvit.toml"
CUT = Cut(frames=16, size=64)
DEVICE_STEP_S = 0.1
"""Of a stand-in for a device: it takes no time of the CPU."""


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
        whole = frames * width * height * 3  # only a small video is decoded as a whole
        assert (kept > 0) == (whole <= held // 8)


def test_share_of_a_step_that_waits(tmp_path: Path) -> None:
    """On this CPU, where workers take time from the step, and beside a device of its own."""
    recipe = load_recipe(RECIPE)
    assert isinstance(recipe, MagvitRecipe)
    phase = TokenizerPhase(replace(recipe, precision="float32"))

    def on_this_cpu(parts: list[Batch], step: int) -> None:
        take_step(phase, parts, step)

    def on_a_device(parts: list[Batch], step: int) -> None:  # noqa: ARG001
        time.sleep(DEVICE_STEP_S)

    kept = footage(tmp_path / "64", 6, 100, 64, 64, 512 << 20)
    decoded = footage(tmp_path / "320", 6, 100, 320, 240, 0)
    for label, videos, compute, steps in (
        ("64x64 kept, step on this CPU", kept, on_this_cpu, 12),
        ("64x64 kept, step on a device", kept, on_a_device, 40),
        ("320x240 decoded, step on a device", decoded, on_a_device, 40),
    ):
        for workers in (0, 1, 2):
            loader = Loader(videos, phase.examples, range(steps), workers=workers)
            first, wait, step = waiting(loader, compute, steps // 2)
            print(
                f"\n{label}, {workers} workers: {wait / (wait + step):.1%} of a step waits for "
                f"clips ({wait * 1000:.0f} ms beside {step * 1000:.0f} ms); the first waits "
                f"{first:.1f} s",
                end="",
            )


def waiting(
    loader: Loader, compute: Callable[[list[Batch], int], None], warm: int
) -> tuple[float, float, float]:
    """Seconds that the first step waits; medians of waiting and computing after `warm` steps."""
    waits, steps, before = [], [], 0.0
    for step, parts in enumerate(loader):
        waits.append(loader.waited_s - before)
        before, begin = loader.waited_s, time.perf_counter()
        compute(parts, step)
        steps.append(time.perf_counter() - begin)
    return waits[0], median(waits[warm:]), median(steps[warm:])
