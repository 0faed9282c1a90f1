"""Learnt positions: a table per axis, side by side."""

from __future__ import annotations

import torch

from core.models.positions import Positions


def test_each_axis_has_its_own_channels_in_the_order_t_h_w() -> None:
    positions = Positions((2, 3, 4), 9)

    table = positions()

    assert table.shape == (2, 3, 4, 9)
    for t, h, w in ((0, 0, 0), (1, 2, 3), (1, 0, 2)):
        expected = torch.cat([positions.t[t], positions.h[h], positions.w[w]])
        assert torch.equal(table[t, h, w], expected)


def test_a_width_that_does_not_divide_by_three_widens_the_first_tables() -> None:
    positions = Positions((2, 3, 4), 11)

    assert [len(table[0]) for table in (positions.t, positions.h, positions.w)] == [4, 4, 3]
    assert positions().shape == (2, 3, 4, 11)
