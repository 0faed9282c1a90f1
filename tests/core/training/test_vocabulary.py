"""New classes: the old ones keep their numbers and what the model says of them, to the last bit."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from core.bundle import load_bundle
from core.errors import UserError
from core.models.transformers.autoregressive import (
    AutoregressiveConfig,
    AutoregressiveTransformer,
)
from core.tokens import Condition
from core.training.vocabulary import with_classes
from tests.bundles import CLASSES, tiny_bundle, tiny_videogpt_bundle

pytestmark = pytest.mark.usefixtures("one_thread")
MAKERS = {"masked": tiny_bundle, "causal": tiny_videogpt_bundle}


def asked(label: int) -> tuple[torch.Tensor, Condition]:
    tokens = torch.arange(128).view(1, 2, 8, 8) % 32
    given, labels = torch.zeros_like(tokens, dtype=torch.bool), torch.tensor([label])
    return tokens, Condition(tokens, given, torch.tensor([-3]), labels)


def logits(transformer: torch.nn.Module, label: int) -> torch.Tensor:
    tokens, condition = asked(label)
    say = getattr(transformer, "logits", transformer)
    return say(tokens, condition)


@pytest.mark.parametrize("family", MAKERS)
def test_old_classes_keep_their_outputs(family: str, tmp_path: Path) -> None:
    old = load_bundle(MAKERS[family](tmp_path / "tiny")).transformer
    new = with_classes(old, 3, "Tiny")

    for label in range(len(CLASSES)):
        assert logits(new, label).equal(logits(old, label))
    assert logits(new, len(CLASSES) + 3).equal(logits(old, len(CLASSES)))  # no class at all
    assert new.config.classes == len(CLASSES) + 3


def test_a_new_class_of_a_masked_model_begins_like_none(tmp_path: Path) -> None:
    old = load_bundle(tiny_bundle(tmp_path / "tiny")).transformer
    new = with_classes(old, 2, "Tiny")

    assert logits(new, len(CLASSES) + 1).equal(logits(old, len(CLASSES)))


def test_a_new_class_of_a_causal_model_begins_between_the_others(tmp_path: Path) -> None:
    old = load_bundle(tiny_videogpt_bundle(tmp_path / "tiny")).transformer
    new = with_classes(old, 1, "Tiny")

    scale = new.norm.class_scale.weight
    assert scale[:, -1].allclose(scale[:, : len(CLASSES)].mean(1))


def test_a_causal_model_without_classes_gets_none(tmp_path: Path) -> None:
    bundle = load_bundle(tiny_videogpt_bundle(tmp_path / "tiny", classes=()))

    with pytest.raises(UserError, match="“Tiny” was trained without classes"):
        with_classes(bundle.transformer, 1, "Tiny")


def test_the_autoregressive_baseline_learns_classes_too() -> None:
    config = AutoregressiveConfig(
        codebook_size=32, classes=2, grid=(2, 8, 8), layers=1, hidden=16, mlp=16, heads=2
    )
    old = AutoregressiveTransformer(config).eval()

    new = with_classes(old, 1, "Raster")

    for before, after in ((0, 0), (1, 1), (2, 3)):
        assert logits(new, after).allclose(logits(old, before), atol=1e-6)
    assert logits(new, 2).equal(logits(new, 3))  # a new class begins as none
