"""Where to compute, and in which number format that is fast."""

from __future__ import annotations

import time
from functools import cache

import torch

WORTH_IT = 1.3
"""bfloat16 is used on a CPU only when it is at least this much faster than float32."""


def best_device() -> torch.device:
    """CUDA, else Apple's MPS, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def device_of(name: str) -> torch.device:
    """A device by its name; the best one for ""."""
    return torch.device(name) if name else best_device()


@cache
def fast_dtype(device: torch.device) -> torch.dtype:
    """The fastest format that is exact enough for a transformer; measured once on a CPU."""
    if device.type == "cuda":
        exact = torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.bfloat16 if exact else torch.float16
    if device.type == "cpu":
        faster = matmul_seconds(torch.float32) > WORTH_IT * matmul_seconds(torch.bfloat16)
        return torch.bfloat16 if faster else torch.float32
    return torch.float32


def device_name(device: torch.device) -> str:
    """For people: "NVIDIA H200, bfloat16"."""
    names = {"cpu": "CPU", "mps": "Apple GPU"}
    name = names.get(device.type) or torch.cuda.get_device_name(device)
    return f"{name}, {str(fast_dtype(device)).removeprefix('torch.')}"


@torch.inference_mode()
def matmul_seconds(dtype: torch.dtype) -> float:
    """Best of five products of the size of a transformer layer; the first one warms up."""
    x, weight = torch.ones(1024, 768, dtype=dtype), torch.ones(768, 768, dtype=dtype)
    seconds = []
    for _ in range(6):
        start = time.perf_counter()
        torch.nn.functional.linear(x, weight)
        seconds.append(time.perf_counter() - start)
    return min(seconds[1:])
