"""COMMIT masking against the authors' arrays, and its promises."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from core.tokens import MASK
from core.training.masking import WeightMode, commit_inputs, mask_ratio

NAMES = {
    "masked_inputs": "inputs",
    "uncond_masked_inputs": "unconditional_inputs",
    "targets": "targets",
    "weights": "weights",
    "segment_ids": "segments",
}


def golden_cases(archive: np.lib.npyio.NpzFile) -> list[str]:
    """Keys "task|condition mode|weight mode|ratio" of a golden archive."""
    return sorted({key.rsplit("|", 1)[0] for key in archive if "|" in key})


def test_same_masks_as_the_authors(shared: Path) -> None:
    golden = np.load(shared / "golden/magvit/commit_masks.npz")
    tokens, hints = (torch.from_numpy(golden[k]).long() for k in ("inputs", "cond_inputs"))
    nothing = np.zeros(tokens.shape, bool)
    cases = golden_cases(golden)

    for case in cases:
        task, mode, weights, ratio = case.split("|")
        given = golden[f"{task}_cond_mask"] if mode != "None" else nothing
        ours = commit_inputs(
            tokens,
            hints,
            torch.from_numpy(given),
            torch.from_numpy(golden[f"{case}|score"]),
            float(ratio),
            mode=mode.lower(),
            weights=weights,
        )
        for theirs, name in NAMES.items():
            np.testing.assert_array_equal(
                getattr(ours, name), golden[f"{case}|{theirs}"], err_msg=f"{case} {name}"
            )
    assert len(cases) > 100


def test_each_sample_has_its_own_ratio() -> None:
    tokens = torch.ones(2, 2, 4, 4, dtype=torch.int64)
    nothing = torch.zeros_like(tokens, dtype=torch.bool)
    score = torch.rand(tokens.shape, generator=torch.Generator().manual_seed(0))

    commit = commit_inputs(tokens, tokens, nothing, score, torch.tensor([0.25, 1.0]))

    assert (commit.inputs == MASK).flatten(1).sum(1).tolist() == [8, 32]


def test_a_given_token_becomes_a_hint_and_never_mask() -> None:
    tokens, hints = torch.zeros(1, 1, 2, 2).long(), torch.full((1, 1, 2, 2), 5)
    given = torch.tensor([[[[True, False], [True, False]]]])

    commit = commit_inputs(tokens, hints, given, torch.rand(1, 1, 2, 2), 1.0)

    assert commit.inputs.flatten().tolist() == [5, MASK, 5, MASK]
    assert commit.targets.eq(0).all()


def test_ratios_follow_the_cosine() -> None:
    ratios = mask_ratio(torch.tensor([0.0, 0.5, 1.0]))

    assert ratios.tolist() == pytest.approx([1.0, 0.5**0.5, 1e-6], abs=1e-6)


@pytest.mark.parametrize(
    ("weights", "counted"),
    [
        ("mask+refine+recons", [1, 1, 1, 1]),
        ("mask+refine", [1, 0, 1, 0]),
        ("mask+recons", [0, 1, 1, 1]),
        ("mask", [0, 0, 1, 0]),
    ],
)
def test_the_parts_of_the_loss_that_count(weights: WeightMode, counted: list[int]) -> None:
    tokens = torch.zeros(1, 1, 2, 2).long()
    given = torch.tensor([[[[True, True], [False, False]]]])
    score = torch.tensor([[[[0.1, 0.9], [0.2, 0.8]]]])  # one given and one other is selected

    commit = commit_inputs(tokens, tokens + 5, given, score, 0.5, weights=weights)

    assert commit.inputs.flatten().tolist() == [5, 0, MASK, 0]
    assert commit.weights.flatten().tolist() == counted


def test_a_prefix_leaves_the_tokens_without_hints() -> None:
    tokens = torch.zeros(1, 1, 2, 2).long()
    given = torch.ones_like(tokens, dtype=torch.bool)

    commit = commit_inputs(tokens, tokens + 5, given, torch.rand(1, 1, 2, 2), 1.0, mode="prefix")

    assert commit.inputs.eq(MASK).all()
    assert commit.weights.all()


def test_where_all_is_given_and_stays_nothing_is_selected() -> None:
    tokens = torch.zeros(1, 1, 2, 2).long()
    given = torch.ones_like(tokens, dtype=torch.bool)

    commit = commit_inputs(tokens, tokens, given, torch.rand(1, 1, 2, 2), 1.0, mode="input->input")

    assert commit.inputs.eq(0).all()
    assert not commit.weights.any()
