"""The pictures of the README are there, and the script that makes them knows each."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import screenshots

ROOT = Path(__file__).resolve().parents[2]
MOST_BYTES = 1_500_000  # of all pictures; everybody who clones fetches them
SHOWN = re.compile(r"\]\(assets/screenshots/([^)]+)\)|src=\"assets/screenshots/([^\"]+)\"")

made = {f"{scene.name}.png" for scene in screenshots.SCENES}


def test_readme_shows_pictures_that_the_script_makes() -> None:
    found = SHOWN.findall((ROOT / "README.md").read_text("utf-8"))
    shown = {name for names in found for name in names if name}

    assert shown
    assert shown <= made
    assert [name for name in shown if not (screenshots.FOLDER / name).exists()] == []


def test_every_picture_is_made_by_the_script_in_one_size_and_small() -> None:
    kept = list(screenshots.FOLDER.glob("*"))

    assert {path.name for path in kept} == made
    assert {cv2.imread(str(path)).shape for path in kept} == {(*screenshots.SIZE[::-1], 3)}
    assert sum(path.stat().st_size for path in kept) < MOST_BYTES
