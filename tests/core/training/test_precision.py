"""The bf16 working copy, and its own group norm against torch's."""

from __future__ import annotations

import torch
from torch import nn

from core.training.precision import FastGroupNorm, WorkingCopy


def test_fast_group_norm_has_the_gradients_of_torch() -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 8, 3, 4, 5, dtype=torch.float64)
    plain, fast = nn.GroupNorm(4, 8).double(), FastGroupNorm(4, 8).double()
    with torch.no_grad():
        plain.weight.normal_()
    fast.load_state_dict(plain.state_dict())
    wanted = torch.randn_like(x)

    gradients = []
    for norm in (plain, fast):
        given = x.clone().requires_grad_()
        norm(given).backward(wanted)
        gradients.append((given.grad, norm.weight.grad, norm.bias.grad))

    for ours, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)


def test_gradients_reach_the_exact_weights() -> None:
    master = nn.Linear(3, 1)
    working = WorkingCopy(master, "bf16")

    working.model(torch.ones(2, 3, dtype=torch.bfloat16)).sum().backward()
    working.hand_over_gradients()

    assert master.weight.grad.tolist() == [[2.0, 2.0, 2.0]]
    assert master.weight.dtype == torch.float32


def test_the_copy_follows_its_master() -> None:
    master = nn.Linear(2, 2)
    working = WorkingCopy(master, "bf16")

    nn.init.constant_(master.weight, 0.5)
    working.load_weights()

    assert working.model.weight.eq(0.5).all()


def test_in_float32_there_is_no_copy() -> None:
    master = nn.Linear(2, 2)

    assert WorkingCopy(master, "float32").model is master
