"""Everything has a name for a screen reader, is reached by Tab, and shows that it has the focus.

Of the window in all its states, and of every dialog that an action opens.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QFileDialog,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QWidget,
)

from studio.actions import ROWS
from studio.panels.main_window import MainWindow
from tests.studio.clips import write_numbered
from tests.studio.fakes import ReplayingEngine
from tests.studio.window import drag, opened, run

pytestmark = pytest.mark.usefixtures("qapp")
INTERACTIVE = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
)
PARTS = (QAbstractSpinBox, QComboBox, QLineEdit, QAbstractItemView)
"""What is in these is read along with them."""
OPENING = [row for row in ROWS if row.text.endswith("…")]
TABS = 200


@pytest.fixture
def clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return write_numbered(tmp_path / "clip.mkv")


def interactive(top: QWidget) -> Iterator[QWidget]:
    """What can be used of a window as it is now."""
    for widget in top.findChildren(QWidget):
        parent = widget.parentWidget()
        if not widget.isVisibleTo(top) or isinstance(widget, QScrollBar | QHeaderView):
            continue
        if isinstance(parent, PARTS) or isinstance(parent.parentWidget(), PARTS):
            continue
        if isinstance(widget, INTERACTIVE) or widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            yield widget


def name_of(widget: QWidget) -> str:
    """What a screen reader calls it."""
    if isinstance(widget, QComboBox):  # Linux reads a list's entry in place of its name
        return widget.accessibleName() or widget.accessibleDescription()
    spoken = QAccessible.queryAccessibleInterface(widget)
    return spoken.text(QAccessible.Text.Name)


def nameless(top: QWidget) -> list[str]:
    return [
        f"{type(widget).__name__} in {type(widget.parentWidget()).__name__}"
        for widget in interactive(top)
        if not name_of(widget).strip()
    ]


def tabbed(top: QWidget) -> list[QWidget]:
    """What has the focus, Tab by Tab, once around."""
    found: list[QWidget] = []
    for _ in range(TABS):
        QTest.keyClick(top.focusWidget() or top, Qt.Key.Key_Tab)
        focused = top.focusWidget()
        if focused is None or focused in found:
            break
        found.append(focused)
    return found


def unreached(top: QWidget) -> list[str]:
    """What can be used, but not reached by Tab. Of buttons that exclude each other Tab reaches
    one, and arrow keys the others."""
    reached = set(tabbed(top))
    missed = []
    for widget in interactive(top):
        tab = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        exclusive = isinstance(widget, QAbstractButton) and widget.group() is not None
        found = widget in reached or widget.focusProxy() in reached
        if tab and widget.isEnabled() and not found and not exclusive:
            missed.append(f"{type(widget).__name__} “{name_of(widget)}”")
    return missed


def same_with_focus(widgets: list[QWidget]) -> list[str]:
    """What looks the same with and without the focus."""
    found = []
    for widget in widgets:
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        focused = widget.grab().toImage()
        widget.clearFocus()
        if widget.grab().toImage() == focused:
            found.append(f"{type(widget).__name__} “{name_of(widget)}”")
    return found


async def as_it_begins(window: MainWindow) -> None:
    """The welcome page, over all else."""
    window.show_welcome()


async def with_a_result(window: MainWindow) -> None:
    """A result with its steps, the token lens, a comparison, and drawing by keyboard."""
    studio = window.studio
    studio.tools.resize_brush(24)
    drag(window.canvas.view, [(20.0, 20.0), (30.0, 24.0)])
    window.actions_["generate"].trigger()
    await studio.generation.ended()
    studio.tools.lens, studio.comparing.mode = True, "wipe"


async def with_clips(window: MainWindow) -> None:
    window.studio.tools.side = "clips"


async def with_results(window: MainWindow) -> None:
    window.studio.tools.side = "results"


async def with_queue(window: MainWindow) -> None:
    window.studio.tools.side = "queue"


def test_window_is_read_aloud_and_used_by_keys_in_all_its_states(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            window.activateWindow()
            for state in (with_clips, with_a_result, with_results, with_queue, as_it_begins):
                await state(window)
                await asyncio.sleep(0)
                window.activateWindow()
                window.setFocus()

                assert nameless(window) == [], state
                assert unreached(window) == [], state
                assert same_with_focus(tabbed(window)) == [], state

    run(scenario())


def test_tab_goes_through_the_window_from_left_to_right(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            window.activateWindow()
            window.setFocus()
            window.studio.tools.side = "clips"
            window.setFocus()
            parts = (window.tools, window.side, window.canvas, window.bottom, window.inspector)
            order = [
                next(number for number, part in enumerate(parts) if part.isAncestorOf(widget))
                for widget in tabbed(window)
            ]
            recipe = window.inspector.recipe
            below = [
                widget.mapTo(recipe, widget.rect().topLeft()).y() // 12
                for widget in tabbed(window)
                if recipe.isAncestorOf(widget)
            ]

            assert order == sorted(order)
            assert below == sorted(below)

    run(scenario())


def test_every_dialog_is_read_aloud_and_used_by_keys(clip: Path) -> None:
    async def scenario() -> None:
        seen = []
        async with opened(ReplayingEngine(), clip) as window:
            drag(window.canvas.view, [(20.0, 20.0), (30.0, 24.0)])
            for row in OPENING:
                dialog = opened_by(window, row.name)
                if dialog is None:
                    continue
                seen.append(row.name)
                assert nameless(dialog) == [], row.name
                assert unreached(dialog) == [], row.name
                assert dialog.windowTitle(), row.name
                QTest.keyClick(dialog, Qt.Key.Key_Escape)
                assert not dialog.isVisible(), row.name
        assert {"settings", "keys", "export", "models", "find", "log", "report"} <= {*seen}

    run(scenario())


def opened_by(window: MainWindow, action: str) -> QDialog | None:
    """The dialog that an action opens; None where it cannot be done now, or asks the system."""
    before = QApplication.topLevelWidgets()
    window.actions_[action].trigger()
    new = [w for w in QApplication.topLevelWidgets() if w not in before and w.isVisible()]
    dialogs = [widget for widget in new if isinstance(widget, QDialog)]
    for dialog in dialogs:
        if isinstance(dialog, QFileDialog):
            dialog.close()
            return None
    return dialogs[0] if dialogs else None


def test_what_can_be_read_only_with_the_eyes_has_words(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            pictures = (window.canvas.view, window.bottom.timeline, window.bottom.lane)

            for widget in pictures:
                assert widget.accessibleName()
            for label in window.findChildren(QLabel):
                shown = label.isVisibleTo(window) and not label.pixmap().isNull()
                assert not shown or label.accessibleName() or not label.buddy(), label

    run(scenario())
