"""Two processes that train together, for tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.multiprocessing as multiprocessing


def in_two_processes(work: Callable[[int], dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """What `work(rank)`, a function of a module, gives back in each of two gloo processes."""
    multiprocessing.spawn(_begin, args=(work, folder), nprocs=2)
    return [torch.load(folder / f"result-{rank}.pt", weights_only=True) for rank in range(2)]


def _begin(rank: int, work: Callable[[int], dict[str, Any]], folder: Path) -> None:
    torch.set_num_threads(1)
    meeting = f"file://{folder / 'meeting'}"
    dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=2)
    torch.save(work(rank), folder / f"result-{rank}.pt")
    dist.destroy_process_group()
