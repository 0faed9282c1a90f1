"""Lists of labels beside videos: read as text, and matched with the files on disk."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.errors import UserError
from core.training.readers.tree import Tree

_LONGEST_HEADER = 1 << 16


def find_files(tree: Tree, suffixes: Sequence[str]) -> dict[str, Path]:
    """Paths by file name without suffix."""
    return {file.stem: tree.root / file for file in tree.ending(*suffixes)}


def read_text(path: Path) -> str:
    """Raises UserError when the file cannot be read as text."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(f"The list {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UserError(f"The list {path} is not text in UTF-8.") from error


def read_lines(path: Path) -> list[str]:
    """Lines that hold something."""
    return [line.strip() for line in read_text(path).splitlines() if line.strip()]


def read_table(path: Path, columns: Sequence[str], delimiter: str = ",") -> list[dict[str, str]]:
    """Rows of a table with a header, by column.

    Raises:
        UserError: it cannot be read, or one of `columns` is missing.
    """
    reader = csv.DictReader(read_text(path).splitlines(), delimiter=delimiter)
    missing = [column for column in columns if column not in (reader.fieldnames or ())]
    if missing:
        raise UserError(
            f"{path} has no column “{missing[0]}”. Its first line must name the columns "
            f"{', '.join(columns)}."
        )
    return [{key: value or "" for key, value in row.items() if key} for row in reader]


def has_columns(path: Path, columns: Sequence[str]) -> bool:
    """Whether the first line of a file names these columns of a table."""
    with path.open("rb") as file:
        first = file.readline(_LONGEST_HEADER).decode("utf-8-sig", "replace")
    return set(columns) <= {name.strip() for name in first.split(",")}


def read_json(path: Path) -> Any:
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise UserError(f"{path} is not valid JSON: {error}.") from error
