"""The table of actions is sound."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtGui import QKeySequence

from core.assets import asset
from studio.actions import MENUS, TABLE, key_list

pytestmark = pytest.mark.usefixtures("qapp")


def test_no_key_does_two_things() -> None:
    keys = Counter(QKeySequence(key).toString() for row in TABLE for key in row.keys)

    assert [key for key, count in keys.items() if count > 1] == []


def test_every_key_is_one_that_qt_knows() -> None:
    unknown = [key for row in TABLE for key in row.keys if QKeySequence(key).isEmpty()]

    assert unknown == []


def test_names_are_unique_and_icons_are_there() -> None:
    assert len({row.name for row in TABLE}) == len(TABLE)
    assert all(asset(f"icons/{row.icon}.svg") for row in TABLE if row.icon)


def test_menus_stand_in_the_usual_order() -> None:
    assert MENUS == ("File", "Edit", "View", "Clip", "Generate", "Help")


def test_list_of_keys_names_every_shortcut() -> None:
    assert len(key_list()) == sum(1 for row in TABLE if row.keys)
