"""Adapters begin at nothing, learn alone, and are merged before a network ships."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.bundle import load_bundle
from core.training.learner import Learner
from core.training.recipe import Optimiser
from tests.bundles import tiny_bundle, tiny_videogpt_bundle
from tests.core.training.test_vocabulary import logits

pytestmark = pytest.mark.usefixtures("one_thread")
MAKERS = {"masked": tiny_bundle, "causal": tiny_videogpt_bundle}
RATE = Optimiser(rate=1e-2, warmup=0, decay=0)


@pytest.mark.parametrize("family", MAKERS)
def test_adapters_learn_and_ship_merged(family: str, tmp_path: Path) -> None:
    folder = MAKERS[family](tmp_path / "tiny")
    before = load_bundle(folder).transformer
    learner = Learner(load_bundle(folder).transformer, RATE, 3, ema=0.0, low_rank=2)
    assert logits(learner.average, 0).equal(logits(before, 0))

    for step in range(3):
        logits(learner.copy.model, 0).square().mean().backward()
        learner.update(step)
    shipped = learner.shipped()

    assert shipped.state_dict().keys() == before.state_dict().keys()
    assert logits(shipped, 0).allclose(logits(learner.average, 0), atol=1e-4)
    assert not logits(shipped, 0).allclose(logits(before, 0), atol=1e-2)


def test_rows_of_new_classes_learn_beside_adapters(tmp_path: Path) -> None:
    network = load_bundle(tiny_bundle(tmp_path / "tiny")).transformer
    before = network.words.weight.detach().clone()
    rows = slice(33, 34)  # the second class
    learner = Learner(network, RATE, 2, ema=0.0, low_rank=2, rows={"words.weight": rows})
    for step in range(2):
        logits(learner.copy.model, 1).square().mean().backward()
        learner.update(step)

    moved = (learner.shipped().words.weight != before).any(1).nonzero().flatten().tolist()
    assert moved == [33]
