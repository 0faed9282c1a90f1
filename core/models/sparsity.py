"""Which blocks of tokens a position of the sparse causal transformer looks at.

VideoGPT (arXiv 2104.10157), section 3.2: local blocks and strided ones. A token grid (t, h, w) in
raster order is cut into blocks of 32 tokens; the blocks form a grid of their own.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod

import torch
from torch import Tensor

BLOCK = 32
"""Tokens per block."""
LOCAL_BLOCKS = 4
"""So many blocks before a block are seen from it, besides itself."""


def block_grid(grid: tuple[int, ...]) -> tuple[int, ...]:
    """The grid of blocks: the last axes are merged until their product exceeds a block.

    Where the authors' code refuses a product that does not divide into blocks, one more axis is
    merged.

    Raises:
        ValueError: the number of tokens is no multiple of 32.
    """
    if prod(grid) % BLOCK:
        raise ValueError(
            f"sparse attention needs a multiple of {BLOCK} tokens, "
            f"{'x'.join(map(str, grid))} are {prod(grid)}"
        )
    for axis in reversed(range(len(grid))):
        merged = prod(grid[axis:])
        if merged > BLOCK and merged % BLOCK == 0:
            return (*grid[:axis], merged // BLOCK)
    return (1,)


@lru_cache(maxsize=8)
@torch.inference_mode(mode=False)  # what is kept may be asked for again in training
def layout(grid: tuple[int, ...]) -> Tensor:
    """Which blocks are seen from which: bool (blocks, blocks), row sees column.

    A block sees itself and the four before it in raster order, and the earlier blocks at the same
    place along every axis of the block grid but the last. Every head sees the same.

    Raises:
        ValueError: the number of tokens is no multiple of 32.
    """
    shape = block_grid(grid)
    number = torch.arange(prod(shape))
    back = number[:, None] - number
    seen = (back >= 0) & (back <= LOCAL_BLOCKS)
    place = torch.stack(torch.unravel_index(number, shape))
    same = place[:, :, None] == place[:, None]
    for axis in range(len(shape) - 1):
        elsewhere = [other for other in range(len(shape)) if other != axis]
        seen |= same[elsewhere].all(0) & (back >= 0)
    return seen


@lru_cache(maxsize=2)  # a large grid's mask takes tens of megabytes
@torch.inference_mode(mode=False)
def dense_mask(grid: tuple[int, ...], device: torch.device | None = None) -> Tensor:
    """Which tokens are seen from which: bool (length, length), in raster order, causal.

    Raises:
        ValueError: the number of tokens is no multiple of 32.
    """
    seen = layout(grid).repeat_interleave(BLOCK, 0).repeat_interleave(BLOCK, 1)
    return seen.tril_().to(device)
