"""A real training in a real engine process: its updates, a cancel, and going on from there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from core.cards import ModelCard
from core.engine.client import Engine
from core.requests import TrainRequest, TrainUpdate
from core.training.checkpoints import load_checkpoint
from tests.core.engine.conftest import Run
from tests.core.training.conftest import RECIPE, moving_circle, write_video


@pytest.fixture
def engine(run: Run) -> Iterator[Engine]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("OMP_NUM_THREADS", "1")
        engine = Engine()
        yield engine
        run(engine.stop())


@pytest.fixture
def request_(tmp_path: Path) -> TrainRequest:
    for number in range(2):
        clip = moving_circle((220, 30 + 90 * number, 30))
        write_video(clip, tmp_path / "videos" / f"{number}.mp4")
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(RECIPE)
    return TrainRequest(recipe, tmp_path / "run", tmp_path / "models")


async def some(engine: Engine, request: TrainRequest, count: int) -> list[TrainUpdate]:
    """The first updates; then the job is cancelled."""
    async with aclosing(engine.run(request)) as updates:
        found: list[TrainUpdate] = []
        async for update in updates:
            found.append(update)
            if len(found) == count:
                break
        return found


def test_a_training_is_cancelled_and_goes_on_to_its_bundle(
    engine: Engine, run: Run, request_: TrainRequest
) -> None:
    (first,) = run(some(engine, request_, 1))
    saved = load_checkpoint(request_.run / "tokenizer")
    updates = run(some(engine, request_, 1000))

    assert first.phase == "tokenizer"
    assert saved is not None
    assert saved.done >= first.step
    assert updates[0].step > saved.done or updates[0].phase == "transformer"
    assert ModelCard.read(updates[-1].bundle).steps == {"tokenizer": 8, "transformer": 12}
