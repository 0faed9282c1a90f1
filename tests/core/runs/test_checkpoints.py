"""Going back to a checkpoint: it is the newest one then, and what came after it is kept aside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from core.errors import UserError
from core.runs.checkpoints import find_checkpoints, go_back
from core.runs.reading import RunReader
from core.training.checkpoints import load_checkpoint, save_checkpoint

PHASES = ("tokenizer", "transformer")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Checkpoints of both phases, of which the third is the best; reports and samples."""
    lines = []
    (tmp_path / "samples").mkdir()
    for phase in PHASES:
        for step, loss in ((2, 0.5), (4, 0.7), (6, 0.3), (8, 0.4)):
            tensors = {"x": torch.tensor(step)}
            save_checkpoint(tmp_path / phase, step, tensors, best=loss <= 0.3, kept=9)
            lines.append(json.dumps({"phase": phase, "step": step, "held_out_loss": loss}) + "\n")
            (tmp_path / "samples" / f"{phase}-{step:07}.png").write_bytes(b"")
    (tmp_path / "metrics.jsonl").write_text("".join(lines))
    return tmp_path


def steps(run: Path, phase: str) -> list[tuple[int, bool]]:
    return [(kept.step, kept.best) for kept in find_checkpoints(run, [phase])]


def test_what_came_later_is_set_aside_and_the_best_of_the_rest_found(run: Path) -> None:
    aside = go_back(run, PHASES, "transformer", 4)

    assert steps(run, "transformer") == [(2, True), (4, False)]
    assert steps(aside, "transformer") == [(6, True), (8, False)]
    assert load_checkpoint(run / "transformer").done == 4
    assert load_checkpoint(run / "transformer", best=True).done == 2
    assert len(steps(run, "tokenizer")) == 4
    assert [line.step for line in RunReader(run).look().lines] == [2, 4, 6, 8, 2, 4]
    assert sorted(p.name for p in (aside / "samples").iterdir()) == [
        "transformer-0000006.png",
        "transformer-0000008.png",
    ]


def test_a_later_phase_is_set_aside_as_a_whole(run: Path) -> None:
    aside = go_back(run, PHASES, "tokenizer", 6)

    assert steps(run, "tokenizer") == [(2, False), (4, False), (6, True)]
    assert not (run / "transformer").exists()
    assert len(steps(aside, "transformer")) == 4
    assert {line.phase for line in RunReader(run).look().lines} == {"tokenizer"}
    assert len((aside / "metrics.jsonl").read_text().splitlines()) == 5


def test_nothing_is_overwritten_by_going_back_twice(run: Path) -> None:
    first, second = (go_back(run, PHASES, "transformer", step) for step in (6, 2))

    assert first != second
    assert [step for step, _ in steps(second, "transformer")] == [4, 6]


def test_a_checkpoint_that_is_not_there_changes_nothing(run: Path) -> None:
    with pytest.raises(UserError, match="no checkpoint of its transformer at step 5"):
        go_back(run, PHASES, "transformer", 5)

    assert len(steps(run, "transformer")) == 4
    assert not list(run.glob("set-aside*"))
