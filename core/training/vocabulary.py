"""More classes for a trained transformer; the old ones keep their numbers and all that is said."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import nn

from core.errors import UserError
from core.models.transformers.autoregressive import AutoregressiveTransformer
from core.models.transformers.bidirectional import BidirectionalTransformer
from core.models.transformers.causal import CausalTransformer, Norm

WORD_TABLES = {"words.weight", "head_bias", "out.weight", "out.bias"}
"""Parameters with a row per word of the vocabulary, in the one network or the other."""


def with_classes(transformer: nn.Module, count: int, title: str) -> nn.Module:
    """A transformer with `count` classes more, numbered behind the old ones.

    Raises:
        UserError: it knows no classes, and none can be added to it.
    """
    if isinstance(transformer, BidirectionalTransformer | AutoregressiveTransformer):
        return _with_words(transformer, count)
    assert isinstance(transformer, CausalTransformer)
    if not transformer.config.classes:
        raise UserError(
            f"“{title}” was trained without classes: its norms have none to add to. Train without "
            "new classes, or train a prior of its own on its tokenizer."
        )
    return _causal_with_classes(transformer, count)


@torch.no_grad()
def _with_words(
    old: BidirectionalTransformer | AutoregressiveTransformer, count: int
) -> BidirectionalTransformer | AutoregressiveTransformer:
    """New rows in the tables of words, before the one that stands for no class. They begin as that
    one: a new class is at first like none."""
    new = type(old)(replace(old.config, classes=old.config.classes + count))  # type: ignore[arg-type]
    state = old.state_dict()
    place = old.config.codebook_size + old.config.classes
    for name in WORD_TABLES & state.keys():
        table = state[name]
        rows = table[place : place + 1].expand(count, *table.shape[1:])
        state[name] = torch.cat([table[:place], rows, table[place:]])
    new.load_state_dict(state)
    return new.train(old.training)


@torch.no_grad()
def _causal_with_classes(old: CausalTransformer, count: int) -> CausalTransformer:
    """New columns of gains and shifts in every norm; they begin as the mean of the old ones."""
    new = CausalTransformer(replace(old.config, classes=old.config.classes + count))
    state = old.state_dict()
    for name, part in old.named_modules():
        if isinstance(part, Norm):
            for table in (f"{name}.class_scale.weight", f"{name}.class_shift.weight"):
                known = state[table]
                mean = known.mean(1, keepdim=True).expand(-1, count)
                state[table] = torch.cat([known, mean], dim=1)
    new.load_state_dict(state)
    return new.train(old.training)
