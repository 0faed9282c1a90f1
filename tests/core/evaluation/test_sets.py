"""Scores of sets are those of all clips together, however they lie in chunks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.evaluation.request import EvaluateRequest
from core.evaluation.sets import LEAST_OF_A_CLASS, Sets
from core.evaluation.store import Store
from core.metrics.fvd import FVD
from core.metrics.inception import InceptionScore
from tests.bundles import tiny_bundle

CLIPS, SAMPLES, WINDOWS, SIZE = 40, 2, 3, 5
LABELS = np.where(np.arange(CLIPS) % 2 == 0, 0, 2)  # the second class never, others unknown
FOLDS = np.arange(CLIPS) * 4 // CLIPS


@pytest.fixture
def request_(tmp_path: Path) -> EvaluateRequest:
    bundle = tiny_bundle(tmp_path / "tiny")
    return EvaluateRequest(bundle, tmp_path, clips=CLIPS, batch=7, out=tmp_path / "out")


@pytest.fixture
def features() -> dict[str, np.ndarray]:
    """Of two metrics, by name."""
    rng = np.random.default_rng(0)
    shapes = {"FP/model": SAMPLES, "real/clips": 1, "real/windows": WINDOWS}
    found = {f"set/fvd/{k}": rng.normal(size=(CLIPS, s, SIZE)) for k, s in shapes.items()}
    chances = rng.dirichlet(np.ones(SIZE), size=(CLIPS, SAMPLES))
    return found | {
        "set/inception/FP/model": chances,
        "set/inception/real/clips": chances[:, :1],
        "set/inception/real/windows": chances,
    }


def stored(request: EvaluateRequest, features: dict[str, np.ndarray]) -> Sets:
    assert request.out is not None
    store = Store(request.out, request)
    for number, clips in enumerate(request.chunks):
        store.write(number, {k: v[clips.start : clips.stop] for k, v in features.items()})
    return Sets(store, FOLDS, LABELS, ("left", "right"))


def rows(features: np.ndarray) -> np.ndarray:
    return features.reshape(-1, SIZE)


def test_distances_are_those_of_all_clips(
    request_: EvaluateRequest, features: dict[str, np.ndarray]
) -> None:
    score = stored(request_, features).scores()["FP"]["model"]["fvd"]

    made, real, windows = (
        features[f"set/fvd/{x}"] for x in ("FP/model", "real/clips", "real/windows")
    )
    every = FVD.summary(np.vstack([rows(real), rows(windows)]))
    folds = [
        FVD.value(FVD.summary(rows(made[f == FOLDS])), FVD.summary(rows(real[f == FOLDS])))
        for f in range(4)
    ]
    left = [FVD.summary(rows(x[LABELS == 0])) for x in (made, real)]
    assert score["full"] == pytest.approx(
        FVD.value(FVD.summary(rows(made)), FVD.summary(rows(real)))
    )
    assert score["debiased"] == pytest.approx(FVD.value(FVD.summary(rows(made)), every))
    assert score["folds"] == pytest.approx(np.mean(folds))
    assert score["deviation"] == pytest.approx(np.std(folds, ddof=1))
    assert (LABELS == 0).sum() >= LEAST_OF_A_CLASS
    assert score["classes"] == {"left": pytest.approx(FVD.value(*left))}


def test_a_score_of_results_alone_has_no_debiased_one(
    request_: EvaluateRequest, features: dict[str, np.ndarray]
) -> None:
    score = stored(request_, features).scores()["FP"]["model"]["inception"]

    summary = InceptionScore.summary(rows(features["set/inception/FP/model"]))
    assert score["full"] == pytest.approx(InceptionScore.value(summary, summary))
    assert 1 < score["full"] < SIZE
    assert "debiased" not in score


def test_order_and_size_of_the_chunks_do_not_matter(
    request_: EvaluateRequest, features: dict[str, np.ndarray], tmp_path: Path
) -> None:
    one = stored(request_, features).scores()["FP"]["model"]["fvd"]
    whole = replace(request_, batch=CLIPS, out=tmp_path / "whole")
    other = stored(whole, features).scores()["FP"]["model"]["fvd"]

    assert one["full"] == pytest.approx(other["full"], rel=1e-9)


def test_a_damaged_chunk_is_named(
    request_: EvaluateRequest, features: dict[str, np.ndarray]
) -> None:
    sets = stored(request_, features)
    path = sets.store.folder / "chunks" / "00001.npz"
    path.write_bytes(path.read_bytes()[:100])

    with pytest.raises(UserError, match=r"00001\.npz is damaged"):
        sets.scores()
