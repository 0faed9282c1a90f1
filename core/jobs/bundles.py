"""Bundles that stay loaded between jobs, so that going on after a pause is immediate."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import torch

from core.bundle import ModelBundle, load_bundle
from core.device import fast_dtype

BUNDLES_KEPT = 2


def bundle_in(folder: Path, device: torch.device) -> ModelBundle:
    """The bundle of a folder, ready for generation; the last ones stay loaded.

    The transformer computes in the device's fast format, the tokenizer in float32: a token is an
    argmin, which a coarser format would move.
    """
    changed = tuple(sorted((file.name, file.stat().st_mtime_ns) for file in folder.iterdir()))
    return _kept_bundle(folder.resolve(), changed, device)


@lru_cache(maxsize=BUNDLES_KEPT)
def _kept_bundle(
    folder: Path,
    changed: tuple[tuple[str, int], ...],  # noqa: ARG001 - a changed file is another bundle
    device: torch.device,
) -> ModelBundle:
    settle_numerics(device)
    bundle = load_bundle(folder, device)
    bundle.tokenizer.to(memory_format=torch.channels_last_3d)
    bundle.transformer.to(fast_dtype(device))
    return bundle


def settle_numerics(device: torch.device) -> None:
    """The same request gives the same bytes: no kernel is chosen by chance or by a race."""
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = False
        torch.backends.cudnn.deterministic = True


def release() -> None:
    """Let go of the bundles that are kept, and of the memory that was set aside for them."""
    _kept_bundle.cache_clear()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
