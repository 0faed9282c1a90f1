"""Choice of device and number format."""

from __future__ import annotations

import torch

from core.device import best_device, device_name, fast_dtype


def test_the_format_is_measured_once_and_named() -> None:
    cpu = torch.device("cpu")

    assert fast_dtype(cpu) in (torch.float32, torch.bfloat16)
    assert fast_dtype(cpu) is fast_dtype(cpu)
    assert fast_dtype.cache_info().misses == 1 or best_device() != cpu
    assert device_name(cpu).startswith("CPU, ")
