"""The data that comes with Maskreel: icons, sample clips, starter models."""

from __future__ import annotations

from pathlib import Path

import platformdirs

import assets
from core.errors import UserError

_FOLDER = Path(assets.__file__).parent


def asset(path: str) -> Path:
    """The file or folder `path` of `assets/`, in a checkout and in an installed wheel alike.

    Args:
        path: relative to `assets/`, with forward slashes, e.g. "samples/corridor.mp4".

    Raises:
        UserError: it is not there, so the installation is incomplete.
    """
    found = _FOLDER / path
    if not found.exists():
        raise UserError(
            f"“{path}” is missing from {_FOLDER}. "
            "It comes with Maskreel, so please install Maskreel again."
        )
    return found


def model_folders() -> tuple[Path, ...]:
    """Where bundles are looked for: those that came with Maskreel, then the user's own.

    Either folder may be absent.
    """
    own = Path(platformdirs.user_data_dir("maskreel", appauthor=False)) / "models"
    return _FOLDER / "models", own
