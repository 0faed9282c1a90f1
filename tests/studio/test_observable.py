"""Fields announce changes; binds carry them to widgets and back."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QSpinBox
from shiboken6 import isValid

from studio.observable import Field, Observable, bind, watch


class Brush(Observable):
    size = Field(24)
    tool = Field("brush")


def test_change_is_announced_once() -> None:
    brush, heard = Brush(), []
    brush.changed("size").connect(heard.append)

    brush.size = 30
    brush.size = 30

    assert heard == [30]


def test_two_objects_do_not_share_values() -> None:
    first, second = Brush(), Brush()

    first.size = 1

    assert second.size == 24


def test_unknown_field_is_named() -> None:
    with pytest.raises(AttributeError, match="no field “colour”"):
        Brush().changed("colour")


def test_bound_spin_box_shows_and_edits(qtbot) -> None:
    brush, spin = Brush(), QSpinBox()
    qtbot.addWidget(spin)
    bind(brush, "size", spin.setValue, spin.valueChanged)

    assert spin.value() == 24
    spin.setValue(40)
    assert brush.size == 40
    brush.size = 50
    assert spin.value() == 50


def test_watch_calls_now_and_for_each_named_field() -> None:
    brush, calls = Brush(), []
    watch(brush, "size tool", lambda: calls.append((brush.size, brush.tool)))

    brush.size = 3
    brush.tool = "eraser"

    assert calls == [(24, "brush"), (3, "brush"), (3, "eraser")]


def test_bind_ends_with_the_widget(qtbot) -> None:
    brush, spin = Brush(), QSpinBox()
    bind(brush, "size", spin.setValue)
    spin.deleteLater()
    qtbot.waitUntil(lambda: not isValid(spin))

    brush.size = 50

    assert brush.size == 50
