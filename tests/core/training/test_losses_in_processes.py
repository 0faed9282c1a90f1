"""Losses and codebooks that are not linear in their clips: two halves of a batch are the whole."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from core.models.codebook import Codebook
from core.training.losses import LogitAverages, entropy_loss
from core.training.processes import all_mean, all_sum, count, from_first
from tests.processes import in_two_processes

ROWS, CODES, DIM = 24, 6, 4


def rows() -> Tensor:
    return torch.randn(ROWS, DIM, generator=torch.Generator().manual_seed(0))


def share(values: Tensor, rank: int | None) -> Tensor:
    return values if rank is None else values.chunk(2)[rank]


def learnt(rank: int | None) -> dict[str, Tensor]:
    """What a process computes from its share; all of it when `rank` is None."""
    own = share(rows(), rank).requires_grad_()
    codes = rows()[:CODES] + 0.1
    entropy = entropy_loss((own.unsqueeze(1) - codes).square().sum(2), 0.5)
    logits = share(rows()[:, 0], rank), share(rows()[:, 1], rank)
    averages = LogitAverages.zero()
    lecam = averages.penalty(own[:, 0], own[:, 1])
    (entropy + lecam).backward()
    assert own.grad is not None
    after = averages.followed(*logits)
    return {
        "entropy": entropy.detach(),
        "lecam": lecam.detach(),
        "gradient": own.grad,
        "average": after.real,
        "codes": followed(rank),
    }


def followed(rank: int | None) -> Tensor:
    """The codes after two steps of the moving average."""
    codebook = Codebook(CODES, DIM)
    codebook.codes.copy_(rows()[:CODES])
    codebook.sums.copy_(codebook.codes * 30)
    codebook.counts.fill_(30)
    for _ in range(2):
        own = share(rows(), rank)
        counts, sums = codebook.tally(own, codebook.assign(own))
        codebook.follow(all_sum(counts), all_sum(sums), from_first(codebook.spares(own)))
    return codebook.codes.clone()


def numbers(rank: int) -> dict[str, Tensor]:
    torch.manual_seed(rank)
    fresh = Codebook(CODES, DIM)
    fresh.initialise(from_first(fresh.spares(share(rows(), rank))))
    mine = torch.tensor([1.0, 10.0])[rank]
    return learnt(rank) | {
        "sum": all_sum(mine),
        "mean": all_mean(mine),
        "first": from_first(mine),
        "count": torch.tensor(count()),
        "fresh": fresh.codes,
    }


def test_two_processes_learn_what_one_learns_from_all(tmp_path: Path) -> None:
    first, second = in_two_processes(numbers, tmp_path)

    for result in (first, second):
        assert float(result["sum"]) == 11
        assert float(result["mean"]) == 5.5
        assert float(result["first"]) == 1
        assert int(result["count"]) == 2
    assert first["fresh"].equal(second["fresh"])
    alone = learnt(None)
    for name in ("entropy", "lecam"):  # of two halves the mean is the whole's
        assert torch.stack([first[name], second[name]]).mean().allclose(alone[name], atol=1e-5)
    # Each process's gradient counts half, as their mean is what learns.
    gradient = torch.cat([first["gradient"], second["gradient"]]) / 2
    assert gradient.allclose(alone["gradient"], atol=1e-6)
    for name in ("average", "codes"):
        assert first[name].equal(second[name]), name
        assert first[name].allclose(alone[name], atol=1e-5), name


def test_one_process_gives_back_what_it_gets() -> None:
    value = torch.ones(2, requires_grad=True)

    assert count() == 1
    assert all_mean(value) is value
    assert all_sum(value) is value
    assert from_first(value) is value
