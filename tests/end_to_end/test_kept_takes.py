"""Takes on the disk survive a kill of the window, and of the engine, with the same outcome."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from core.engine.client import Engine
from core.media.writing import write_clip
from core.takes.contents import CONTENTS
from studio.state.takes.take import Phase
from tests.bundles import tiny_bundle
from tests.studio.window import drag, opened, run, until

ROOT = Path(__file__).resolve().parents[2]
STROKE = [(30.0, 30.0), (48.0, 34.0), (60.0, 30.0)]
STEPS = 48
MANY = 192  # steps that are not over before a signal arrives
PATIENCE_S = 60

PROGRAM = f"""
import asyncio
import sys
from pathlib import Path
from core.engine.client import Engine
from core.requests import GenerationStepped
from studio.state.takes import keeper
from tests.studio.window import drag, opened, run, until

keeper.EVERY_MS = 20

class Held(Engine):
    '''Goes no further than a step in the middle, however fast the machine is.'''

    async def run(self, request):
        async for update in super().run(request):
            yield update
            if isinstance(update, GenerationStepped) and update.step == {STEPS // 2}:
                await asyncio.Event().wait()

async def scenario():
    clip, models, takes = map(Path, sys.argv[1:])
    async with opened(Held(), clip, models=(models,)) as window:
        studio = window.studio
        studio.history.open(takes)
        await until(lambda: not studio.history.opening)
        studio.recipe.options = {{"steps": {STEPS}}}
        drag(window.canvas.view, {STROKE})
        studio.asking.generate()
        studio.recipe.seed = 1
        studio.asking.generate()
        await until(lambda: False)

if __name__ == "__main__":
    run(scenario())
"""


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A lossless clip in which every frame differs."""
    frames = np.random.default_rng(0).integers(0, 256, (12, 64, 96, 3), dtype=np.uint8)
    target = tmp_path / "noise.mkv"
    for _count in write_clip(frames, target, writer="ffv1", rate=Fraction(25)):
        pass
    return target


@pytest.fixture
def models(tmp_path: Path) -> Path:
    (tmp_path / "models").mkdir()
    tiny_bundle(tmp_path / "models" / "tiny")
    return tmp_path / "models"


def steps_on_disk(takes: Path) -> int:
    """How many steps of the take that runs are in its folder."""
    counts = [len(json.loads(path.read_text())["steps"]) for path in takes.glob(f"*/{CONTENTS}")]
    return max(counts, default=0)


def killed(clip: Path, models: Path, takes: Path) -> None:
    """Runs the program until some steps are on the disk, and kills it."""
    script = clip.with_name("program.py")
    script.write_text(PROGRAM)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(script), str(clip), str(models), str(takes)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as program:
        end = time.monotonic() + PATIENCE_S
        while steps_on_disk(takes) < 3 and time.monotonic() < end:
            try:
                _, said = program.communicate(timeout=0.05)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError(said)  # it ended by itself
        program.kill()


def test_killed_window_leaves_takes_that_go_on_with_the_same_outcome(
    clip: Path, models: Path, tmp_path: Path
) -> None:
    takes = tmp_path / "takes"
    killed(clip, models, takes)
    before = steps_on_disk(takes)
    assert 3 <= before < STEPS

    async def scenario() -> None:
        engine = Engine()
        async with opened(engine, clip, models=(models,)) as window:
            studio = window.studio
            studio.history.open(takes)
            await until(lambda: not studio.history.opening)
            waiting, interrupted = studio.history.entries
            assert (interrupted.phase, interrupted.card.cause) == (Phase.FAILED, "ended")
            assert interrupted.card.done >= before
            assert (waiting.phase, studio.queue.held) == (Phase.WAITING, True)

            studio.jobs.offers(interrupted)[0].act()
            studio.queue.release()
            await studio.queue.all_ended()
            assert {entry.phase for entry in studio.history.entries} == {Phase.FINISHED}

            for entry in (waiting, interrupted):
                take = studio.history.take(entry)
                assert [step.step for step in take.steps] == list(range(STEPS))
                kept = np.array(take.finished.clips)
                straight = studio.generation.begin(take.request)
                await studio.queue.all_ended()
                assert np.array_equal(kept, straight.finished.clips)
        await engine.stop()

    run(scenario(), 120)


def test_killed_engine_leaves_a_card_that_goes_on(clip: Path, models: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        engine = Engine()
        async with opened(engine, clip, models=(models,)) as window:
            studio = window.studio
            studio.history.open(tmp_path / "takes")
            await until(lambda: not studio.history.opening)
            studio.tools.side = "queue"
            studio.recipe.options = {"steps": MANY}
            drag(window.canvas.view, STROKE)
            studio.asking.generate()
            await until(lambda: len(studio.generation.steps) >= 3)
            assert engine.pid is not None
            os.kill(engine.pid, signal.SIGKILL)
            await studio.queue.all_ended()

            page = window.side.page("queue")
            (card,) = page.halted
            assert card.heading.text() == "Not enough memory"
            done = studio.generation.done
            assert [button.text() for button in card.offers] == [f"Go on from step {done}"]
            card.offers[0].click()
            await studio.queue.all_ended()
            assert page.halted == []
            assert [step.step for step in studio.generation.steps] == list(range(MANY))
        await engine.stop()

    run(scenario(), 120)
