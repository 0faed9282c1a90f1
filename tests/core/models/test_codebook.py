"""The codebook finds the nearest code, and follows what is assigned to its codes."""

from __future__ import annotations

import pytest
import torch

from core.models.codebook import DECAY, Codebook, perplexity


def features(b: int = 2, d: int = 6, t: int = 2, h: int = 3, w: int = 4) -> torch.Tensor:
    return torch.randn(b, d, t, h, w, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("tables", [1, 2, 3])
def test_each_table_codes_its_own_channels_with_its_nearest_code(tables: int) -> None:
    codebook = Codebook(5, 6, tables)
    z = features()

    tokens = codebook(z)

    assert tokens.shape == (2, 2, 3, 4 * tables)
    share = 6 // tables
    for table in range(tables):
        own = z[:, table * share : (table + 1) * share].movedim(1, -1).reshape(-1, share)
        codes = codebook.codes[table * 5 : (table + 1) * 5]
        assert tokens[..., table::tables].flatten().equal(torch.cdist(own, codes).argmin(1))


@pytest.mark.parametrize("tables", [1, 2, 3])
def test_looking_up_the_tokens_of_codes_gives_the_codes_back(tables: int) -> None:
    codebook = Codebook(5, 6, tables)
    tokens = torch.randint(0, 5, (2, 2, 3, 4 * tables))

    codes = codebook.lookup(tokens)

    assert codes.shape == (2, 6, 2, 3, 4)
    assert codebook(codes).equal(tokens)


def test_a_new_codebook_is_put_on_features_and_a_loaded_one_stays() -> None:
    codebook, loaded = Codebook(4, 6), Codebook(4, 6)
    rows = torch.randn(10, 6)

    assert not codebook.initialised
    codebook.initialise(codebook.spares(rows))
    loaded.load_state_dict(codebook.state_dict())

    assert all(any(code.equal(row) for row in rows) for code in codebook.codes)
    assert len(codebook.codes.unique(dim=0)) == 4
    assert loaded.initialised


def test_too_few_features_are_repeated_a_little_apart() -> None:
    codebook = Codebook(8, 6)
    rows = torch.randn(3, 6)

    codebook.initialise(codebook.spares(rows))

    assert len(codebook.codes.unique(dim=0)) == 8
    assert torch.cdist(codebook.codes, rows).min(1).values.max() < 0.05


def test_a_code_moves_to_the_mean_of_what_chose_it() -> None:
    codebook = Codebook(2, 6)
    codebook.initialise(codebook.spares(torch.stack([torch.zeros(6), torch.ones(6)])))
    rows = torch.full((200, 6), 0.25)
    near = codebook.assign(rows[:1]).item()

    for _ in range(300):
        codebook.follow(*codebook.tally(rows, codebook.assign(rows)), codebook.spares(rows))

    assert torch.allclose(codebook.codes[near], rows[0], atol=1e-3)


def test_a_code_that_nothing_chooses_is_put_on_a_feature_and_its_averages_stay() -> None:
    codebook = Codebook(2, 6)
    codebook.initialise(codebook.spares(torch.stack([torch.zeros(6), torch.full((6,), 9.0)])))
    far = int(codebook.codes[:, 0].argmax())
    rows, sums = torch.full((50, 6), 0.1), codebook.sums.clone()

    codebook.follow(*codebook.tally(rows, codebook.assign(rows)), codebook.spares(rows))

    assert codebook.codes[far].equal(rows[0])
    assert codebook.counts[far] == pytest.approx(DECAY)
    assert codebook.sums[far].allclose(DECAY * sums[far])


@pytest.mark.parametrize(("tokens", "expected"), [([3, 3, 3], 1.0), ([0, 1, 2, 3], 4.0)])
def test_perplexity_counts_the_codes_that_are_used(tokens: list[int], expected: float) -> None:
    assert float(perplexity(torch.tensor(tokens), 8)) == pytest.approx(expected, rel=1e-4)
