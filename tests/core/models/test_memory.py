"""Keys and values of a decode: what is read is what was stored, and only what is seen."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.models.memory import Memory, Sizes, SparseMemory, View
from core.models.sparsity import dense_mask, layout

FULL = Sizes(layers=2, batch=3, heads=2, head_width=5, grid=(2, 6, 4))
SPARSE = Sizes(layers=2, batch=1, heads=2, head_width=3, grid=(8, 4, 16))
pytestmark = pytest.mark.usefixtures("one_thread")


def store(view: View, sizes: Sizes, positions: torch.Tensor) -> None:
    """Keys are the positions' numbers and values their negatives, in layer 1 halves more."""
    keys = positions.expand(sizes.batch, sizes.heads, sizes.head_width, -1)
    for layer, put in enumerate(view.store):
        put(torch.stack([keys, -keys]) + layer / 2)


def in_passes(memory: Memory, sizes: Sizes, data: st.DataObject) -> None:
    """Stores and reads back and forth; exactly what the dense mask shows must be seen."""
    sparse = isinstance(memory, SparseMemory)
    mask = dense_mask(sizes.grid) if sparse else torch.ones(2 * [sizes.length]).tril() > 0
    known = 0
    for _ in range(12):
        first = data.draw(st.integers(max(0, known - 50), min(known, sizes.length - 1)))
        count = data.draw(st.integers(1, min(32, sizes.length - first)))
        positions = torch.arange(first, first + count)
        view = memory.view(memory.turn_to(first, count), positions)
        store(view, sizes, positions)
        for layer in range(sizes.layers):
            assert seen(view, layer, sizes.length).equal(mask[positions])
        known = first + count


def seen(view: View, layer: int, length: int) -> torch.Tensor:
    """Bool (m, length): whose keys the m positions see."""
    keys = view.keys[layer][0, 0] - layer / 2
    assert torch.equal(view.values[layer][0, :, 0] - layer / 2, -keys)
    hidden = torch.zeros(1, len(keys)) if view.hidden is None else view.hidden
    shown = torch.zeros(len(hidden), length, dtype=torch.bool)
    for row, visible in zip(shown, hidden == 0, strict=True):
        numbers = keys[visible].long()
        assert len(numbers) == len(set(numbers.tolist()))
        row[numbers] = True
    return shown


@settings(deadline=None, max_examples=10)
@given(data=st.data())
def test_full_memory_shows_all_earlier_positions(data: st.DataObject) -> None:
    in_passes(Memory(FULL, torch.empty(0)), FULL, data)


@settings(deadline=None, max_examples=10)
@given(data=st.data())
def test_sparse_memory_shows_the_blocks_that_are_seen(data: st.DataObject) -> None:
    in_passes(SparseMemory(SPARSE, torch.empty(0)), SPARSE, data)


def test_sparse_memory_reads_no_more_than_what_is_seen() -> None:
    memory = SparseMemory(SPARSE, torch.empty(0))

    for first in range(SPARSE.length):
        position = torch.tensor([first])
        view = memory.view(memory.turn_to(first, 1), position)
        assert view.hidden is None
        assert view.keys[0].shape[-1] == dense_mask(SPARSE.grid)[first].sum()


def test_memory_takes_what_the_formula_says() -> None:
    per_position = 2 * FULL.layers * FULL.batch * FULL.heads * FULL.head_width

    for dtype in (torch.float32, torch.bfloat16):
        memory = Memory(FULL, torch.empty(0, dtype=dtype))
        assert memory.bytes == per_position * FULL.length * dtype.itemsize


def test_sparse_memory_takes_the_blocks_at_hand_besides() -> None:
    memory = SparseMemory(SPARSE, torch.empty(0))
    per_position = 2 * SPARSE.layers * SPARSE.heads * SPARSE.head_width * 4
    rows = layout(SPARSE.grid)
    most = max(int((a | b).sum()) for a, b in zip(rows, [*rows[1:], rows[-1]], strict=True))

    assert memory.bytes == per_position * (SPARSE.length + most * 32)
