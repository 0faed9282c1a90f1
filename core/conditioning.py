"""From a task, clips and a painted region to the condition of a decode.

The tokenizer reads the clip with its unknown pixels filled; its tokens are the condition tokens
(MAGVIT, arXiv 2212.05199, section 3.3: z̃).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from core.models.tokenizers import Tokenizer
from core.tasks import Fill, Known, Task, fill_unknown, known_regions
from core.tokens import Condition


@torch.no_grad()
def condition(
    task: Task,
    clips: Tensor,
    tokenizer: Tokenizer,
    *,
    painted: Known | None = None,
    labels: Sequence[int] | None = None,
    classes: int = 0,
    kept: int = 0,
    known_frames: int = 1,
    context_frames: int = 0,
    carried: int = 0,
) -> Condition:
    """What is given of the clips, as tokens.

    Args:
        clips: float (b, 3, T, H, W) in [0, 1]; unknown pixels are not read.
        painted: bool (T, H, W), True = to be generated; for painted tasks alone.
        labels: one class index per clip; None means unconditional.
        classes: number of classes that the transformer knows.
        kept: number of known first frames; for tasks that continue a clip alone.
        known_frames: number of known first (and last) frames, for tasks that count them.
        context_frames: how many first frames the transformer looks at; not more than are kept.
        carried: number of first frames, of whole tokens, that are known besides.

    Raises:
        ValueError: the grid does not divide by the stride, or the region is missing or too much.
    """
    b, _, length, height, width = clips.shape
    shape = (length, height, width)
    pixels, tokens_known = known_regions(
        task, shape, tokenizer.stride, painted, kept, frames=known_frames, carried=carried
    )
    given = torch.from_numpy(tokens_known).to(clips.device).expand(b, *tokens_known.shape)
    tokens = torch.zeros(given.shape, dtype=torch.int64, device=clips.device)
    if tokens_known.any():
        tokens = tokenizer.encode(fill_clips(clips, pixels, task.fill))
    frames = clips[:, :, :context_frames] if kept and context_frames else None
    return _condition(task, tokens, given, labels, classes, frames)


def continuation(
    task: Task,
    before: Tensor,
    count: int,
    *,
    labels: Sequence[int] | None = None,
    classes: int = 0,
    frames: Tensor | None = None,
) -> Condition:
    """What is given of a window that goes on from another one: its last tokens as they are.

    Args:
        before: int64 (b, t, h, w): tokens of the other window.
        count: so many of its last token frames are the first of this one.
        labels, classes: as in `condition`.
        frames: float (b, 3, n, H, W) in [0, 1]: what a transformer looks at of this window's first
            frames.
    """
    tokens, given = torch.zeros_like(before), torch.zeros_like(before, dtype=torch.bool)
    tokens[:, :count], given[:, :count] = before[:, -count:], True
    return _condition(task, tokens, given, labels, classes, frames)


def _condition(
    task: Task,
    tokens: Tensor,
    given: Tensor,
    labels: Sequence[int] | None,
    classes: int,
    frames: Tensor | None,
) -> Condition:
    b, device = len(tokens), tokens.device
    return Condition(
        tokens=tokens,
        given=given,
        task_tokens=torch.full((b,), int(task.token), device=device),
        labels=torch.tensor(labels if labels is not None else [classes] * b, device=device),
        frames=frames,
    )


def fill_clips(clips: Tensor, known: Known, fill: Fill) -> Tensor:
    """Float (b, 3, T, H, W) → the same with the unknown pixels filled; one region for all."""
    frames = clips.detach().float().cpu().permute(0, 2, 3, 4, 1).numpy()
    filled = np.stack([fill_unknown(clip, known, fill) for clip in frames])
    return torch.from_numpy(filled).permute(0, 4, 1, 2, 3).to(clips)
