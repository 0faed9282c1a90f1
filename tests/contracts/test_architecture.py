"""ARCHITECTURE.md and the READMEs of large folders list every source file once, with its purpose,
and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "ARCHITECTURE.md"
LISTED_FOLDERS = ("core", "studio", "packaging")
LONGEST = 150  # lines, so that it is read


def tree_of(document: Path) -> list[tuple[str, str]]:
    """Paths and purposes: two spaces of indent per folder, then a name or several. The paths in a
    folder's README are relative to that folder."""
    start = document.parent.relative_to(ROOT).as_posix()
    folders = [] if start == "." else [f"{start}/"]
    outer = len(folders)
    files: list[tuple[str, str]] = []
    for line in document.read_text("utf-8").split("```")[1].strip("\n").splitlines():
        indent, names, purpose = re.match(r"((?:  )*)(\S+(?: · \S+)*) *(.*)", line).groups()
        del folders[outer + len(indent) // 2 :]
        if names.endswith("/"):
            folders.append(names)
        else:
            files += [("".join(folders) + name, purpose) for name in names.split(" · ")]
    return files


def listed() -> list[tuple[str, str]]:
    maps = [path for folder in LISTED_FOLDERS for path in (ROOT / folder).rglob("README.md")]
    return [file for document in (DOCUMENT, *maps) for file in tree_of(document)]


def sources() -> set[str]:
    """Every Python file of the listed folders that says more than what a package is."""
    return {
        path.relative_to(ROOT).as_posix()
        for folder in LISTED_FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        if path.name != "__init__.py"
    }


def test_every_source_file_is_listed_once() -> None:
    paths = [path for path, _ in listed()]
    assert sorted(sources() - set(paths)) == []
    assert sorted(path for path in paths if paths.count(path) > 1) == []


def test_every_listed_file_exists() -> None:
    assert [path for path, _ in listed() if not (ROOT / path).exists()] == []


def test_every_listed_file_has_a_purpose() -> None:
    assert [path for path, purpose in listed() if not purpose] == []


def test_architecture_is_short_enough_to_be_read() -> None:
    assert len(DOCUMENT.read_text("utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("folder", LISTED_FOLDERS)
def test_listed_folder_is_not_empty(folder: str) -> None:
    assert any(path.startswith(f"{folder}/") for path, _ in listed())
