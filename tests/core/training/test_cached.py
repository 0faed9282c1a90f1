"""Training from tokens on the disk sees what training from footage sees."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from core.jobs import tokenize, train
from core.jobs.tokenize import TokenizeRequest
from core.requests import TrainRequest
from core.training.cache import Contents, TokenCache
from core.training.cached import TOKENS, CachedExamples
from core.training.data import Footage
from core.training.loading import Batch
from core.training.run_folder import METRICS
from tests.core.training.conftest import RECIPE, footage_of
from tests.core.training.test_videogpt import RECIPE as VIDEOGPT

FOOTAGE = footage_of(np.zeros((1, 8, 8, 3), np.uint8))
RECIPES = {"transformer": RECIPE, "prior": VIDEOGPT.replace("PRECISION", "")}


@dataclass(frozen=True)
class Numbers:
    """Examples that say their step and index."""

    batch: int

    made: dict[str, Any] | None = None

    @property
    def together(self) -> int:
        return self.batch

    def count(self, step: int) -> int:  # noqa: ARG002
        return self.batch

    def __call__(self, footage: Footage, step: int, index: int) -> Batch:  # noqa: ARG002
        return {"label": torch.tensor(step * self.batch + index)} | self.redrawn(step, index)

    def redrawn(self, step: int, index: int) -> Batch:
        return {"score": torch.tensor(100 * step + index)}


class InMemory(TokenCache):
    """A cache of numbers."""

    def __init__(self, count: int, together: int) -> None:
        self.contents = Contents("bidirectional", "", (), count, together)

    def __getitem__(self, number: int) -> Batch:
        return {"label": torch.tensor(number)}


@given(st.integers(1, 4), st.integers(1, 3), st.integers(0, 5))
def test_every_turn_uses_all_examples_and_keeps_batches_together(
    units: int, together: int, seed: int
) -> None:
    cache = InMemory(units * together, together)
    examples = CachedExamples(Numbers(together), cache, seed, classes=10**6)

    for turn in range(3):
        steps = range(turn * units, (turn + 1) * units)
        made = [[examples(FOOTAGE, step, k) for k in range(together)] for step in steps]
        batches = [[int(one["label"]) for one in batch] for batch in made]
        assert Counter(chain.from_iterable(batches)) == Counter(range(units * together))
        assert all(batch[0] % together == 0 for batch in batches)
        assert all(np.diff(batch).tolist() == [1] * (together - 1) for batch in batches)
        assert turn or list(chain.from_iterable(batches)) == list(range(len(cache)))
        assert [int(one["score"]) - 100 * steps[0] for one in made[0]] == list(range(together))


def test_a_class_that_the_model_does_not_learn_is_unknown() -> None:
    examples = CachedExamples(Numbers(4), InMemory(4, 1), seed=0, classes=2)

    assert [int(examples(FOOTAGE, 0, index)["label"]) for index in range(4)] == [0, 1, 2, 2]


def losses(run: Path, phase: str) -> list[float]:
    """Of all reports but that before the first step, which has none."""
    lines = map(json.loads, (run / METRICS).read_text().splitlines())
    return [line["loss"] for line in lines if line["phase"] == phase and line["step"]]


def trained(recipe_file: Path, text: str, name: str) -> TrainRequest:
    recipe_file.write_text(text)
    folder = recipe_file.parent
    request = TrainRequest(recipe_file, folder / name, folder / "models")
    list(train.run(request))
    return request


@pytest.mark.parametrize("section", ["transformer", "prior"])
def test_tokens_of_the_run_give_the_losses_of_its_clips(
    recipe_file: Path, section: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.training.loop.REPORT_EVERY", 1)
    text = RECIPES[section]
    cached = text.replace(f"[{section}]\n", f"[{section}]\ncached = 72\n")

    one = trained(recipe_file, text, "plain")
    other = trained(recipe_file, cached, "cached")

    assert len(TokenCache(other.run / TOKENS)) == 72
    assert len(losses(one.run, section)) >= 6
    assert losses(one.run, section) == losses(other.run, section)


def test_a_run_that_is_stopped_while_it_tokenizes_goes_on(recipe_file: Path) -> None:
    recipe_file.write_text(RECIPE.replace("[transformer]\n", "[transformer]\ncached = 20\n"))
    folder = recipe_file.parent
    whole, cut = (TrainRequest(recipe_file, folder / name, folder) for name in ("whole", "cut"))
    list(train.run(whole))

    for phase in (TOKENS, "transformer"):
        updates = train.run(cut)
        assert any(update.phase == phase for update in updates)
        updates.close()
    list(train.run(cut))

    assert losses(cut.run, "transformer") == losses(whole.run, "transformer")
    assert (cut.run / TOKENS / "shard-00000.safetensors").read_bytes() == (
        whole.run / TOKENS / "shard-00000.safetensors"
    ).read_bytes()


def without_legs(text: str) -> str:
    """A recipe that trains no tokenizer."""
    text = re.sub(r"\[\[\w+\.legs\]\]\n([a-z]+ = .*\n)+", "", text)
    if "[vqvae.model]" in text:
        return text.replace("[vqvae.model]", "[vqvae]\nlegs = []\n[vqvae.model]")
    return text.replace("[tokenizer]\n", "[tokenizer]\nlegs = []\n")


@pytest.mark.parametrize("section", ["transformer", "prior"])
def test_a_folder_of_tokens_trains_a_bundle_of_its_tokenizer(
    recipe_file: Path, section: str
) -> None:
    folder, text = recipe_file.parent, RECIPES[section]
    trained(recipe_file, text, "first")
    (bundle,) = (folder / "models").iterdir()
    request = TokenizeRequest(bundle, folder / "videos", folder / "tokens", clips=10)
    *_, last = tokenize.run(request)
    assert last.done == last.total == 10

    again = without_legs(text).replace('name = "', f'start = "{bundle}"\nname = "again-', 1)
    from_tokens = again.replace(f"[{section}]\n", f'[{section}]\ntokens = "tokens"\n')
    done = trained(recipe_file, from_tokens, "second")

    assert losses(done.run, section)
    spoilt = json.loads((folder / "tokens" / "cache.json").read_text()) | {"tokenizer": "other"}
    (folder / "tokens" / "cache.json").write_text(json.dumps(spoilt))
    with pytest.raises(UserError, match="another tokenizer"):
        trained(recipe_file, from_tokens, "third")
