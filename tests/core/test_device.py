"""Choice of device and number format."""

from __future__ import annotations

import sys

import pytest
import torch

from core.device import best_device, device_name, fast_dtype, free_memory


def test_the_format_is_measured_once_and_named() -> None:
    cpu = torch.device("cpu")

    assert fast_dtype(cpu) in (torch.float32, torch.bfloat16)
    assert fast_dtype(cpu) is fast_dtype(cpu)
    assert fast_dtype.cache_info().misses == 1 or best_device() != cpu
    assert device_name(cpu).startswith("CPU, ")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not say")
def test_the_free_memory_is_part_of_all_memory() -> None:
    free = free_memory()

    assert free is not None
    assert 2**20 < free < 2**45
