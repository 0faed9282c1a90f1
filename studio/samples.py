"""The sample clips that come with Maskreel."""

from __future__ import annotations

from pathlib import Path

from core.assets import asset

_SUFFIXES = (".mp4", ".mkv", ".webm", ".gif")


def sample_clip() -> Path | None:
    """The clip that comes with Maskreel, or None when there is none."""
    samples = sorted(
        path for path in asset("samples").iterdir() if path.suffix.lower() in _SUFFIXES
    )
    return samples[0] if samples else None
