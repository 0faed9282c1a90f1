"""The sample clips that come with Maskreel."""

from __future__ import annotations

from pathlib import Path

from core.assets import asset

_FIRST = "corridor"  # it has sound
_SUFFIXES = (".mp4", ".mkv", ".webm", ".gif")


def sample_clip() -> Path | None:
    """The clip that is shown first, or None when none came along."""
    samples = [path for path in asset("samples").iterdir() if path.suffix.lower() in _SUFFIXES]
    return min(samples, key=lambda path: (path.stem != _FIRST, path.name), default=None)


def is_sample(path: Path) -> bool:
    """Whether a clip is one of those that came along."""
    return asset("samples") in path.resolve().parents
