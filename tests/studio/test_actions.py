"""The table of actions is sound."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtGui import QKeySequence

from core.assets import asset
from studio.actions import MENUS, ROWS

pytestmark = pytest.mark.usefixtures("qapp")


def test_no_key_does_two_things() -> None:
    keys = Counter(key.toString() for row in ROWS for key in row.shortcuts)

    assert [key for key, count in keys.items() if count > 1] == []


def test_every_key_is_one_that_qt_knows() -> None:
    unknown = [key for row in ROWS for key in row.keys.split() if QKeySequence(key).isEmpty()]

    assert unknown == []


def test_names_are_unique_and_icons_are_there() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert all(asset(f"icons/{row.icon}.svg") for row in ROWS if row.icon)


def test_menus_stand_in_the_usual_order() -> None:
    usual = [
        "File",
        "Edit",
        "Tools",
        "Mask",
        "View",
        "Canvas",
        "Clip",
        "Generate",
        "Results",
        "Help",
    ]

    assert list(MENUS) == usual
