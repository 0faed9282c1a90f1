"""The loop from a recipe to a bundle, and a run that goes on as if never stopped."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from core.bundle import load_bundle
from core.errors import UserError
from core.jobs import train
from core.jobs.train import TrainRequest
from core.tasks import MASKED_TASKS
from core.training import loop
from core.training.checkpoints import load_checkpoint, save_checkpoint
from core.training.data import Footage
from core.training.learner import Learner
from core.training.loading import Batch
from core.training.loop import Plan
from core.training.phases import Losses
from core.training.report import SPEED
from tests.core.training.conftest import footage_of


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def request_(recipe_file: Path) -> TrainRequest:
    return TrainRequest(recipe_file, recipe_file.parent / "run", recipe_file.parent / "models")


def final_states(run: Path) -> list[dict[str, Tensor]]:
    found = [load_checkpoint(run / phase) for phase in ("tokenizer", "transformer")]
    return [checkpoint.state for checkpoint in found]


def test_a_recipe_becomes_a_bundle(request_: TrainRequest) -> None:
    *_, last = train.run(request_)

    bundle = load_bundle(last.bundle)
    lines = (request_.run / "metrics.jsonl").read_text().splitlines()
    assert bundle.card.classes == ("green", "red")
    assert bundle.card.steps == {"tokenizer": 8, "transformer": 12}
    assert bundle.tokenizer.encode(torch.rand(1, 3, 4, 16, 16)).shape == (1, 2, 8, 8)
    assert {json.loads(line)["phase"] for line in lines} == {"tokenizer", "transformer"}


def test_a_stopped_run_goes_on_as_if_it_never_had(
    request_: TrainRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "REPORT_EVERY", 1)
    other = TrainRequest(request_.recipe, request_.run.with_name("other"), request_.models)
    list(train.run(request_))

    for steps in (3, 4, 6, 2):  # stops in both phases, and not where checkpoints are due
        updates = train.run(other)
        list(islice(updates, steps))
        updates.close()
    list(train.run(other))

    for straight, stopped in zip(final_states(request_.run), final_states(other.run), strict=True):
        for name, tensor in straight.items():
            assert torch.equal(tensor, stopped[name]), name


PLAN = Plan(save_every=100)


@dataclass(frozen=True)
class Numbers:
    """Examples that say which they are."""

    def count(self, step: int) -> int:  # noqa: ARG002 - the same at any step
        return 2

    def __call__(self, footage: Footage, step: int, index: int) -> Batch:  # noqa: ARG002
        return {"number": torch.tensor(2.0 * step + index)}


class CountingPhase:
    """Adds up what it sees; asks the process to stop at one step."""

    name, steps, stream, examples = "counting", 10, 1, Numbers()

    def __init__(self, stop_at: int = -1) -> None:
        self.learners: dict[str, Learner] = {}
        self.seen, self._stop_at = torch.tensor(0.0), stop_at

    def losses(self, batch: Batch, step: int) -> Losses:
        self.seen = self.seen + batch["number"].sum()
        return Losses({"none": {"loss": torch.tensor(float(step), requires_grad=True)}})

    def after(self, step: int) -> None:
        if step == self._stop_at:
            os.kill(os.getpid(), signal.SIGTERM)

    def state(self) -> dict[str, Tensor]:
        return {"seen": self.seen}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        self.seen = state["seen"]


@pytest.fixture
def footage() -> Footage:
    return footage_of(np.zeros((1, 2, 2, 3), np.uint8))


def test_a_signal_ends_the_step_and_saves_it(tmp_path: Path, footage: Footage) -> None:
    with pytest.raises(KeyboardInterrupt):
        list(loop.run_phase(CountingPhase(stop_at=6), footage, tmp_path, PLAN))

    found = load_checkpoint(tmp_path / "counting")
    assert (found.done, int(found.state["phase.seen"])) == (7, sum(range(14)))


def test_a_finished_phase_does_nothing_more(tmp_path: Path, footage: Footage) -> None:
    list(loop.run_phase(CountingPhase(), footage, tmp_path, PLAN))
    again = CountingPhase()

    assert list(loop.run_phase(again, footage, tmp_path, PLAN)) == []
    assert again.seen == sum(range(20))


def test_only_the_last_checkpoints_are_kept(tmp_path: Path) -> None:
    for step in (1, 2, 3):
        save_checkpoint(tmp_path, step, {"x": torch.tensor(step)})

    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["step-0000002.safetensors", "step-0000003.safetensors"]


def test_a_bundle_is_made_of_a_run_that_is_not_done(request_: TrainRequest) -> None:
    with pytest.raises(UserError, match="no checkpoint of its tokenizer yet"):
        train.bundle_now(request_)
    updates = train.run(request_)
    next(updates)
    half = load_bundle(train.bundle_now(request_))
    for _ in updates:
        pass
    whole = load_bundle(train.bundle_now(request_, best=True))

    assert half.transformer is None
    assert half.card.steps == {"tokenizer": 4}  # that are done
    assert whole.card.tasks == MASKED_TASKS
    best = load_checkpoint(request_.run / "transformer", best=True)
    bias = best.state["transformer.average.head_bias"]
    assert whole.transformer.head_bias.allclose(bias, atol=1e-3)


def test_a_run_shows_and_keeps_what_it_does(
    request_: TrainRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "REPORT_EVERY", 3)
    updates = list(train.run(request_))

    shown = [path for update in updates for path in update.samples]
    assert {path.name for path in shown} == {
        f"{name}{suffix}"
        for name in ("tokenizer-0000008", "transformer-0000012")
        for suffix in (".png", ".mp4")
    }
    assert all(path.stat().st_size for path in shown)
    assert all(0 <= update.waiting <= 1 and update.memory > 0 for update in updates[:-1])
    assert [u.step for u in updates if u.phase == "tokenizer"] == [3, 4, 6, 8]
    events = (request_.run / "tensorboard").glob("*/events*")
    assert {path.parent.name for path in events} == {"tokenizer", "transformer"}
    held_out = [update.figures.get("held_out_loss") for update in updates]
    assert [loss is not None for loss in held_out[:4]] == [False, True, False, True]


def test_a_report_spans_a_stop(tmp_path: Path, footage: Footage) -> None:
    list(loop.run_phase(CountingPhase(), footage, tmp_path / "straight", PLAN))
    with pytest.raises(KeyboardInterrupt):
        list(loop.run_phase(CountingPhase(stop_at=6), footage, tmp_path / "stopped", PLAN))
    list(loop.run_phase(CountingPhase(), footage, tmp_path / "stopped", PLAN))

    lines = [
        json.loads((tmp_path / run / "metrics.jsonl").read_text())
        for run in ("straight", "stopped")
    ]
    for name in SPEED:
        assert [line.pop(name) >= 0 for line in lines] == [True, True], name
    assert lines[0] == lines[1]
    assert lines[0]["loss"] == pytest.approx(sum(range(10)) / 10)
