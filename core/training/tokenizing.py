"""What a tokenizer makes of a batch of examples: what a transformer learns from, and what caches
hold. A batch that has been through it already stays as it is.
"""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor

from core.models.tokenizers import Tokenizer
from core.pixels import as_video
from core.training.loading import Batch, Examples


class Cacheable(Examples, Protocol):
    """Examples that can be tokenized once and used many times.

    Attributes:
        together: how many of them belong into one batch, because they share their task.
        made: all that an example depends on beside the footage, as JSON values.
    """

    @property
    def together(self) -> int: ...

    @property
    def made(self) -> dict[str, Any]: ...

    def redrawn(self, step: int, index: int) -> Batch:
        """What is cheap and drawn afresh whenever example `index` of a step is used again."""
        ...


@torch.no_grad()
def tokenize_tasks(tokenizer: Tokenizer, batch: Batch) -> Batch:
    """For a masked transformer: "tokens" and "condition_tokens" int64 (b, t, h, w), of the whole
    and of the filled clips, beside "given", "task" and "label"."""
    if "tokens" in batch:
        return batch
    both = torch.cat([as_video(batch["frames"]), as_video(batch["filled"])])
    both = both.contiguous(memory_format=torch.channels_last_3d)
    tokens, condition_tokens = tokenizer.encode(both).chunk(2)
    kept = {name: batch[name] for name in ("given", "task", "label")}
    return kept | {"tokens": tokens, "condition_tokens": condition_tokens}


@torch.no_grad()
def tokenize_clips(tokenizer: Tokenizer, batch: Batch, classes: int, context_frames: int) -> Batch:
    """For a causal transformer: "tokens" int64 (b, t, h, w) and "label", which is `classes` where
    it is kept from the model; with a model that looks at first frames also those, uint8 "first"
    (b, n, H, W, 3), and "blind"."""
    if "tokens" in batch:
        return batch
    prepared = {
        "tokens": tokenizer.encode(as_video(batch["frames"])),
        "label": batch["label"].masked_fill(batch["unlabelled"], classes),
    }
    if context_frames:
        prepared |= {"first": batch["frames"][:, :context_frames], "blind": batch["blind"]}
    return prepared


def used_codes(tokens: Tensor, size: int) -> Tensor:
    """Share of a codebook of that size which tokens use, a scalar in [0, 1]."""
    return torch.bincount(tokens.flatten(), minlength=size).count_nonzero() / size
