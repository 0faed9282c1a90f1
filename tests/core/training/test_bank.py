"""The bank keeps the newest examples and survives a checkpoint."""

from __future__ import annotations

import numpy as np
import torch

from core.training.bank import Bank, Examples, join

GRID = (1, 2, 2)


def examples(*values: int) -> Examples:
    numbers = torch.tensor(values)
    tokens = numbers[:, None, None, None].expand(-1, *GRID)
    return Examples(tokens, tokens + 100, tokens > 0, -numbers, numbers)


def drawn_labels(bank: Bank) -> set[int]:
    return set(bank.draw(np.random.default_rng(0), 200).labels.tolist())


def test_the_oldest_make_room() -> None:
    bank = Bank(3, GRID)

    bank.add(examples(1, 2))
    assert drawn_labels(bank) == {1, 2}

    bank.add(examples(3, 4))
    assert drawn_labels(bank) == {2, 3, 4}


def test_all_parts_of_an_example_stay_together() -> None:
    bank = Bank(4, GRID)
    bank.add(join(examples(5), examples(6, 7)))

    drawn = bank.draw(np.random.default_rng(1), 20)

    assert torch.equal(drawn.tokens[:, 0, 0, 0], drawn.labels)
    assert torch.equal(drawn.condition_tokens, drawn.tokens + 100)
    assert torch.equal(drawn.task_tokens, -drawn.labels)


def test_a_bank_continues_from_its_state() -> None:
    bank, other = Bank(3, GRID), Bank(3, GRID)
    bank.add(examples(1, 2, 3, 4))

    other.load_state(bank.state())
    for each in (bank, other):
        each.add(examples(5))

    assert drawn_labels(other) == drawn_labels(bank) == {3, 4, 5}
