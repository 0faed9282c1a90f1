"""What cannot be used says why, in the menus, in the window and in its dialogs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QWidget,
)

from studio.actions import ROWS
from studio.panels.main_window import MainWindow
from tests.studio.clips import write_numbered
from tests.studio.fakes import ReplayingEngine
from tests.studio.panels.test_accessible import (
    OPENING,
    as_it_begins,
    opened_by,
    with_a_result,
    with_clips,
    with_queue,
    with_results,
)
from tests.studio.window import opened, run

pytestmark = pytest.mark.usefixtures("qapp")
CONTROLS = (QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_numbered(tmp_path / "clip.mkv")


def nothing(_window: MainWindow) -> None:
    """The window as it opens."""


def paint(window: MainWindow) -> None:
    window.studio.masks.paint(0, np.ones((48, 64), np.bool_))


def silent(top: QWidget) -> list[str]:
    """Controls that are there, cannot be used, and whose tooltip does not end in a sentence."""
    return [
        f"{type(control).__name__} {control.accessibleName()}: {control.toolTip()}"
        for control in top.findChildren(QWidget)
        if isinstance(control, CONTROLS)
        and control.isVisibleTo(top)
        and not control.isEnabled()
        and not control.toolTip().endswith(".")
    ]


@pytest.mark.parametrize("before", [nothing, paint])
def test_every_disabled_action_names_its_obstacle(
    clip: Path, before: Callable[[MainWindow], None]
) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            before(window)
            disabled = [row for row in ROWS if not window.actions_[row.name].isEnabled()]

            assert disabled
            for row in disabled:
                obstacle = row.obstacle(window)
                assert obstacle.endswith("."), row.name
                assert window.actions_[row.name].toolTip().endswith(obstacle)
            assert silent(window) == []

    run(scenario())


def test_without_a_clip_and_without_a_model_every_control_says_why() -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), None) as window:
            window.studio.models.bundles = ()

            assert not window.bottom.transport.first.isEnabled()
            assert window.bottom.transport.first.toolTip().endswith("Open a clip first.")
            assert not window.inspector.recipe.decoder.isEnabled()
            assert silent(window) == []

    run(scenario())


def test_tooltip_follows_when_the_obstacle_goes(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            undo = window.tools.buttons["undo"]
            assert undo.toolTip().endswith("There is nothing to undo.")
            paint(window)

            assert undo.isEnabled()
            assert undo.toolTip() == "Undo (Ctrl+Z)"

    run(scenario())


def test_controls_of_the_window_say_why_in_all_its_states(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            for state in (with_clips, with_a_result, with_results, with_queue, as_it_begins):
                await state(window)

                assert silent(window) == [], state

    run(scenario())


def test_controls_of_all_dialogs_say_why(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            for row in OPENING:
                dialog = opened_by(window, row.name)
                if dialog is not None:
                    assert silent(dialog) == [], row.name
                    dialog.close()

    run(scenario())
