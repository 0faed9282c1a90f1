"""The tour does a whole job on the sample, by hand or for the user, and never stands in the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from core.requests import BundleEntry
from studio.app import keep_preferences
from studio.panels.export_dialog import ExportDialog
from studio.panels.main_window import MainWindow
from studio.panels.tour import Tour
from studio.settings import load
from studio.state.takes.take import Phase
from studio.tour import SAMPLE, STOPS
from tests.studio.fakes import TINY, ReplayingEngine, capabilities
from tests.studio.window import drag, opened, run, until

pytestmark = pytest.mark.usefixtures("qapp")
TITLES = [stop.title for stop in STOPS]


@asynccontextmanager
async def toured() -> AsyncIterator[tuple[MainWindow, Tour]]:
    """A window whose tour has begun, with the sample's model."""
    bundle = BundleEntry(f"/models/{SAMPLE.model}", TINY)
    async with opened(ReplayingEngine(replace(capabilities(), bundles=(bundle,)))) as window:
        window.activateWindow()
        window.canvas.welcome.buttons["tour"].click()
        assert window.tour is not None
        yield window, window.tour


def enter() -> None:
    """What Enter presses now."""
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)


def test_enter_alone_goes_through_the_whole_job(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with toured() as (window, tour):
            studio = window.studio
            keep_preferences(window, tmp_path / "settings.json")
            enter()
            await until(lambda: studio.stage.picture is not None)
            enter()
            assert tour.stop.title == "Paint what shall change"
            enter()
            assert not studio.masks.track.empty
            enter()
            enter()
            await until(lambda: studio.generation.phase is Phase.FINISHED)
            enter()
            assert tour.stop.title == "Look while it decodes"
            enter()
            assert studio.playback.playing
            enter()
            enter()
            assert studio.tools.lens
            enter()
            enter()
            assert studio.comparing.mode == "wipe"
            enter()
            assert tour.stop.title == "Export"
            enter()
            dialog = QApplication.activeModalWidget()
            assert isinstance(dialog, ExportDialog)
            dialog.close()
            window.activateWindow()
            tour.card.on.click()
            assert tour.card.on.text() == "Finish"
            tour.card.on.click()

            assert window.tour is None
            assert load(tmp_path / "settings.json").tour_taken

    run(scenario())


def test_doing_it_oneself_counts_too() -> None:
    async def scenario() -> None:
        async with toured() as (window, tour):
            card, studio = tour.card, window.studio
            window.open_sample()
            await until(lambda: studio.stage.picture is not None)
            assert card.on.property("primary")
            card.on.click()
            assert card.act.property("primary")
            window.canvas.view.setFocus()
            drag(window.canvas.view, [(100.0, 40.0), (140.0, 60.0)])

            assert window.canvas.view.hasFocus()
            assert card.on.property("primary")
            assert not card.act.property("primary")

    run(scenario())


def test_what_cannot_be_done_yet_says_why_and_can_be_done_later() -> None:
    async def scenario() -> None:
        async with toured() as (window, tour):
            card, models = tour.card, window.studio.models
            tour.go(TITLES.index("Paint what shall change"))
            assert not card.act.isEnabled()
            assert card.trouble.text() == "Open the sample first."

            window.studio.trying.open(SAMPLE)
            await until(lambda: window.studio.stage.picture is not None)
            known, models.decoders = models.decoders, {}
            tour.go(TITLES.index("Generate"))
            assert card.trouble.text() == "The engine is starting."
            models.decoders = known
            assert card.act.isEnabled()
            assert card.act.property("primary")
            assert card.trouble.isHidden()

    run(scenario())


def test_every_stop_points_at_what_it_speaks_of_and_its_card_is_seen() -> None:
    async def scenario() -> None:
        async with toured() as (window, tour):
            window.open_sample()
            await until(lambda: window.studio.stage.picture is not None)
            for size in ((1280, 800), (1600, 1000)):
                window.resize(*size)
                for number, stop in enumerate(STOPS):
                    tour.go(number)
                    mark, spots = tour._mark, stop.where(window)
                    assert window.rect().contains(tour.card.geometry()), stop.title
                    assert len(mark.holes) == len(spots)
                    for hole, (widget, part) in zip(mark.holes, spots, strict=True):
                        place = widget.rect() if part is None else part
                        assert hole.contains(widget.mapTo(window, place.center()))
                    if spots and spots[0][0] is not window.canvas and "Paint" not in stop.title:
                        assert not mark.holes[0].intersects(tour.card.geometry()), stop.title

    run(scenario())


def test_mark_follows_when_the_window_changes() -> None:
    async def scenario() -> None:
        async with toured() as (window, tour):
            tour.go(TITLES.index("Generate"))
            before = tour._mark.holes[0]
            window.resize(window.width() + 200, window.height() + 100)
            await until(lambda: tour._mark.holes[0] != before)

            button = window.inspector.job.generate
            assert tour._mark.holes[0].contains(button.mapTo(window, button.rect().center()))

    run(scenario())


def test_the_dark_lets_the_mouse_through() -> None:
    async def scenario() -> None:
        async with toured() as (window, tour):
            tour.go(TITLES.index("Generate"))
            button = window.tools.buttons["eraser"]
            under = window.childAt(button.mapTo(window, button.rect().center()))
            assert under is button
            corner = tour.card.geometry().topLeft() + QPoint(4, 4)
            assert window.childAt(corner) is tour.card

    run(scenario())


def test_back_goes_back_and_escape_or_skip_leaves() -> None:
    async def scenario() -> None:
        async with toured() as (window, tour):
            assert tour.card.back.isHidden()
            tour.card.on.click()
            tour.card.back.click()
            assert tour.number == 0
            QTest.keyClick(tour.card, Qt.Key.Key_Escape)
            assert window.tour is None
            assert window.studio.preferences.tour_taken

            window.actions_["tour"].trigger()
            assert isinstance(window.tour, Tour)
            window.tour.card.leave.click()
            assert window.tour is None
            await until(lambda: not window.findChildren(Tour))

    run(scenario())


def test_card_is_read_aloud_and_used_by_keys() -> None:
    async def scenario() -> None:
        async with toured() as (_window, tour):
            card = tour.card
            assert card.accessibleName() == TITLES[0]
            assert card.accessibleDescription() == STOPS[0].words
            reached = set()
            for _ in range(6):
                focused = QApplication.focusWidget()
                reached.add(focused)
                QTest.keyClick(focused, Qt.Key.Key_Tab)
            buttons = {b for b in card.findChildren(QPushButton) if b.isVisible()}
            assert buttons <= reached

    run(scenario())
