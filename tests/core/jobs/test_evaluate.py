"""Evaluation measures what it says, the same each time, and puts it into the card."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from core.cards import ModelCard
from core.jobs import evaluate, train
from core.jobs.evaluate import EvaluateRequest, as_table, write_metrics
from core.jobs.train import TrainRequest
from core.metrics.baselines import BASELINES
from tests.core.training.conftest import recipe_file as recipe_file


@pytest.fixture
def request_(recipe_file: Path) -> EvaluateRequest:
    threads = torch.get_num_threads()
    recipe_file.write_text(recipe_file.read_text().replace("steps = 12", "steps = 1"))
    home = recipe_file.parent
    *_, last = train.run(TrainRequest(recipe_file, home / "run", home / "models"))
    torch.set_num_threads(threads)
    return EvaluateRequest(last.bundle, recipe_file, clips=3, batch=2)


def test_figures_repeat_and_reach_the_card(request_: EvaluateRequest) -> None:
    *_, first = evaluate.run(request_)
    *_, second = evaluate.run(request_)
    write_metrics(request_.bundle, first.metrics)

    metrics = first.metrics
    assert first == second
    assert 5 < metrics["tokenizer_psnr"] < 60
    assert 0 < metrics["codebook_usage"] <= 1
    assert {f"IPC_psnr_{way}" for way in ("model", *BASELINES)} <= metrics.keys()
    assert ModelCard.read(request_.bundle).metrics["tokenizer_psnr"] == pytest.approx(
        metrics["tokenizer_psnr"], abs=1e-4
    )
    assert "| paint SSIM |" in as_table(metrics)
