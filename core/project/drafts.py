"""Projects that the user has not given a place: where they are, and what a project is called."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import platformdirs

SUFFIX = ".maskreel"
UNTITLED = "Untitled"


def drafts_folder() -> Path:
    """Where they are."""
    return Path(platformdirs.user_data_dir("maskreel", appauthor=False)) / "drafts"


def is_draft(folder: Path) -> bool:
    return folder.parent == drafts_folder()


def title(folder: Path) -> str:
    """A project's name as a person sees it."""
    return UNTITLED if is_draft(folder) else folder.stem


def new_draft() -> Path:
    """An empty folder for a project without a place.

    Raises:
        OSError: it cannot be made.
    """
    folder = drafts_folder() / f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%S-%f}{SUFFIX}"
    folder.mkdir(parents=True)
    return folder
