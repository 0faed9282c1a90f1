"""Tokens on the disk: the same bytes however they came about, and the same examples again."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import UserError
from core.training import cache
from core.training.cache import Contents, TokenCache, fingerprint, write_cache
from core.training.data import Footage
from core.training.loading import Batch
from tests.core.training.conftest import footage_of

CONTENTS = Contents("bidirectional", "abc", ("all",), count=27, made={"seed": 3})
FOOTAGE = footage_of(np.zeros((1, 8, 8, 3), np.uint8))


@dataclass(frozen=True)
class Numbers:
    """Examples that say their step and index."""

    batch: int = 5

    def count(self, step: int) -> int:  # noqa: ARG002
        return self.batch

    def __call__(self, footage: Footage, step: int, index: int) -> Batch:  # noqa: ARG002
        return {"number": torch.tensor(step * self.batch + index)} | self.redrawn(step, index)

    def redrawn(self, step: int, index: int) -> Batch:
        return {"score": torch.tensor(float(step) + index / 10)}


def tokenized(batch: Batch) -> Batch:
    """What a tokenizer might say."""
    number = batch["number"]
    tokens = number.view(-1, 1, 1, 1) * 2000 + torch.arange(8).view(1, 2, 2, 2)
    return {"tokens": tokens, "given": tokens % 2 == 0, "label": -number}


@pytest.fixture(autouse=True)
def _small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "SHARD", 16)
    monkeypatch.setattr(cache, "AT_ONCE", 4)


def write(folder: Path, contents: Contents = CONTENTS, **more: int) -> list[int]:
    return list(write_cache(folder, contents, FOOTAGE, Numbers(), tokenized, **more))


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_examples_come_back_one_by_one(tmp_path: Path) -> None:
    assert write(tmp_path) == [0, 4, 8, 12, 16, 20, 24, 27]

    read = pickle.loads(pickle.dumps(TokenCache(tmp_path)))

    assert len(read) == 27
    for number in (0, 15, 16, 26):
        expected = tokenized({"number": torch.tensor([number])})
        assert read[number].keys() == expected.keys()
        for name, value in read[number].items():
            assert value.dtype == expected[name].dtype
            assert torch.equal(value, expected[name][0])


def test_tokens_are_stored_small(tmp_path: Path) -> None:
    write(tmp_path)

    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}

    assert sizes["shard-00000.safetensors"] < 16 * (8 * 2 + 8 + 4) + 400


@pytest.mark.parametrize("stop", [1, 3, 5, 7])
def test_an_interrupted_cache_goes_on_to_the_same_bytes(tmp_path: Path, stop: int) -> None:
    write(tmp_path / "whole")
    making = write_cache(tmp_path / "cut", CONTENTS, FOOTAGE, Numbers(), tokenized)
    list(islice(making, stop))
    making.close()
    with pytest.raises(UserError, match="files are missing"):
        TokenCache(tmp_path / "cut")

    first = write(tmp_path / "cut")[0]

    assert first == (stop - 1) // 4 * 16
    assert files(tmp_path / "cut") == files(tmp_path / "whole")
    assert write(tmp_path / "cut") == [27]


def test_processes_share_the_work(tmp_path: Path) -> None:
    write(tmp_path / "alone")

    for rank in (1, 0):
        write(tmp_path / "shared", rank=rank, world=2)

    assert files(tmp_path / "shared") == files(tmp_path / "alone")


def test_other_tokens_are_never_mixed_in(tmp_path: Path) -> None:
    write(tmp_path)

    for other in (replace(CONTENTS, tokenizer="other"), replace(CONTENTS, made={"seed": 4})):
        with pytest.raises(UserError, match="made in another way"):
            write(tmp_path, other)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (("causal", "abc", ("all",)), "for a bidirectional, not a causal"),
        (("bidirectional", "other", ("all",)), "another tokenizer"),
        (("bidirectional", "abc", ("some",)), "classes all; the recipe's footage has some"),
    ],
)
def test_tokens_of_something_else_are_refused(
    tmp_path: Path, asked: tuple[str, str, tuple[str, ...]], message: str
) -> None:
    write(tmp_path)
    read = TokenCache(tmp_path)

    read.verify("bidirectional", "abc", ("all",))
    with pytest.raises(UserError, match=message):
        read.verify(*asked)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 99}', '{"format": 1, "count": 2}'])
def test_a_damaged_cache_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError, match="maskreel tokenize"):
        TokenCache(tmp_path)

    write(tmp_path)
    (tmp_path / "shard-00001.safetensors").write_bytes(b"spoilt")
    with pytest.raises(UserError, match="shard-00001"):
        TokenCache(tmp_path)[20]

    (tmp_path / cache.CONTENTS_FILE).write_text(text)
    with pytest.raises(UserError, match=r"cache\.json"):
        TokenCache(tmp_path)


def test_any_weight_changes_the_fingerprint() -> None:
    network = torch.nn.Linear(2, 2)
    before = fingerprint(network)
    assert fingerprint(network) == before

    with torch.no_grad():
        network.bias[1] += 1e-3

    assert fingerprint(network) != before
