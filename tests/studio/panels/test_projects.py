"""Projects in the window: clips page, recent files, recovery, packing, by mouse and keyboard."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox

from core.project.folder import read_project
from core.project.lock import OPEN, left_open
from core.project.snapshots import snapshots
from studio.panels.clips_page import ClipsPage, facts
from studio.panels.main_window import MainWindow
from studio.panels.pack_dialog import PackDialog
from studio.panels.recent_menu import RecentMenu
from studio.panels.recovery_dialog import RecoveryDialog
from studio.settings import Settings
from tests.studio.clips import write_numbered
from tests.studio.fakes import ReplayingEngine
from tests.studio.state.projects.test_project_file import kept, open_in, saved_as
from tests.studio.window import drag, opened, run, until

pytestmark = pytest.mark.usefixtures("qapp")
STROKE = [(20.0, 20.0), (30.0, 24.0)]


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def clips(tmp_path: Path) -> list[Path]:
    return [write_numbered(tmp_path / f"{name}.mkv", frames=6) for name in ("one", "two", "three")]


async def page_of(window: MainWindow, count: int) -> ClipsPage:
    """The clips page with so many clips, opened by its key."""
    QTest.keyClick(window, Qt.Key.Key_F2)
    page = window.side.page("clips")
    assert isinstance(page, ClipsPage)
    await until(lambda: page.list.count() == count)
    return page


def shown(page: ClipsPage) -> list[str]:
    role = Qt.ItemDataRole.AccessibleTextRole
    return [page.list.item(row).data(role).split(",")[0] for row in range(page.list.count())]


def middle(page: ClipsPage, row: int) -> QPoint:
    return page.list.visualItemRect(page.list.item(row)).center()


def test_clips_are_opened_by_click_and_by_enter(clips: list[Path]) -> None:
    async def scenario() -> None:
        async with kept(*clips) as window:
            studio = window.studio
            page = await page_of(window, 3)
            assert shown(page) == ["one.mkv", "two.mkv", "three.mkv"]
            QTest.mouseClick(page.list.viewport(), Qt.MouseButton.LeftButton, pos=middle(page, 1))
            await until(lambda: studio.session.clip.path == clips[1])
            words = page.list.item(1).data(Qt.ItemDataRole.AccessibleTextRole)
            assert words.startswith("two.mkv, open, 64 × 48")

            QTest.keyClick(page.list, Qt.Key.Key_Down)
            assert studio.session.clip.path == clips[1]
            QTest.keyClick(page.list, Qt.Key.Key_Return)
            await until(lambda: studio.session.clip.path == clips[2])

    run(scenario())


def test_clips_are_ordered_and_removed_by_keyboard(clips: list[Path]) -> None:
    async def scenario() -> None:
        async with kept(*clips) as window:
            page = await page_of(window, 3)
            page.list.setFocus()
            alt = Qt.KeyboardModifier.AltModifier
            QTest.keyClick(page.list, Qt.Key.Key_Down, alt)
            await until(lambda: shown(page) == ["two.mkv", "one.mkv", "three.mkv"])
            QTest.keyClick(page.list, Qt.Key.Key_Down, alt)
            await until(lambda: shown(page) == ["two.mkv", "three.mkv", "one.mkv"])
            QTest.keyClick(page.list, Qt.Key.Key_Delete)
            await until(lambda: shown(page) == ["two.mkv", "three.mkv"])
            await until(lambda: window.studio.session.clip.path == clips[2])
            window.studio.notices.act()
            await until(lambda: shown(page) == ["two.mkv", "three.mkv", "one.mkv"])

    run(scenario())


def test_a_clip_that_is_dragged_stays_where_it_was_dropped(clips: list[Path]) -> None:
    async def scenario() -> None:
        async with kept(*clips) as window:
            page = await page_of(window, 3)
            model = page.list.model()
            model.moveRow(model.index(0, 0).parent(), 0, model.index(0, 0).parent(), 3)
            await until(
                lambda: (
                    [clip.name for clip in window.studio.project.clips]
                    == ["two.mkv", "three.mkv", "one.mkv"]
                )
            )
            assert shown(page) == ["two.mkv", "three.mkv", "one.mkv"]

    run(scenario())


def test_a_missing_clip_is_marked_and_its_file_asked_for(
    clips: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def scenario() -> None:
        async with kept(*clips) as window:
            studio = window.studio
            page = await page_of(window, 3)
            assert not page.trouble.isVisible()
            os.unlink(clips[1])
            studio.footage.look_again()
            await until(lambda: studio.footage.missing)
            words = page.list.item(1).data(Qt.ItemDataRole.AccessibleTextRole)
            assert "moved, renamed or deleted" in words
            QTest.mouseClick(page.list.viewport(), Qt.MouseButton.LeftButton, pos=middle(page, 1))
            assert page.trouble.isVisible()
            assert studio.session.clip.path == clips[0]
            monkeypatch.setattr(window.projects, "ask_where", asked.append)
            page.trouble.action.click()
            assert asked == [studio.project.clips[1].id]

    run(scenario())


def test_a_clip_is_described_in_two_short_lines(clips: list[Path]) -> None:
    async def scenario() -> None:
        async with kept(clips[0]) as window:
            assert facts(window.studio.project.clips[0]) == "64 × 48   25 fps\n0.2 s   6 frames"

    run(scenario())


def test_what_is_missing_among_the_recent_ones_says_so(clips: list[Path], tmp_path: Path) -> None:
    settings = Settings(
        recent=(str(clips[0]), str(tmp_path / "gone.mp4")),
        recent_projects=(str(tmp_path / "lost.maskreel"),),
    )

    async def scenario() -> None:
        async with opened(ReplayingEngine(), settings=settings) as window:
            menu = RecentMenu(window.studio, window)
            menu.list_again()
            entries = {action.text(): action for action in menu.actions() if action.text()}
            assert set(entries) == {"one.mkv", "gone.mp4  (missing)", "lost  (missing)"}
            assert not entries["lost  (missing)"].isEnabled()
            assert "moved, renamed or deleted" in entries["gone.mp4  (missing)"].toolTip()
            entries["one.mkv"].trigger()
            await until(lambda: window.studio.session.clip is not None)

    run(scenario())


async def crashed(clip: Path, folder: Path) -> Path:
    """A project whose window has died after two strokes, with a snapshot after the first."""
    async with kept(clip) as window:
        await saved_as(window, folder)
        drag(window.canvas.view, STROKE)
        window.studio.project_file.snapshot()
        await window.studio.project_file.written()
        place = window.studio.project.folder
        await until(lambda: snapshots(place))
        window.studio.playback.go(3)
        await until(lambda: window.studio.stage.number == 3)
        drag(window.canvas.view, [(40.0, 30.0), (44.0, 34.0)])
    (place / OPEN).write_text("{")
    return place


def recovery_of(window: MainWindow) -> RecoveryDialog:
    (dialog,) = window.findChildren(RecoveryDialog)
    return dialog


def test_what_a_crash_has_left_is_offered_and_opened(clips: list[Path], tmp_path: Path) -> None:
    async def scenario() -> None:
        folder = await crashed(clips[0], tmp_path / "holiday")
        settings = Settings(recent_projects=(str(folder),))
        async with opened(ReplayingEngine(), settings=settings) as window:
            window.studio.project_file.start()
            assert not window.actions_["recover"].isEnabled()
            await window.studio.recovery.look()
            (card,) = recovery_of(window).cards
            assert recovery_of(window).isVisible()
            assert not recovery_of(window).isModal()
            assert card.project.title == "holiday"
            assert card.project.painted == 2
            assert card.versions.count() == 2
            card.open.click()
            await window.studio.project_file.ended()
            await until(lambda: window.studio.stage.picture is not None)
            assert set(window.studio.masks.track.keyframes) == {0, 3}
            assert window.studio.recovery.found == ()

    run(scenario())


def test_it_is_opened_as_it_was_before(clips: list[Path], tmp_path: Path) -> None:
    async def scenario() -> None:
        folder = await crashed(clips[0], tmp_path / "holiday")
        settings = Settings(recent_projects=(str(folder),))
        async with opened(ReplayingEngine(), settings=settings) as window:
            window.studio.project_file.start()
            await window.studio.recovery.look()
            (card,) = recovery_of(window).cards
            card.versions.setCurrentIndex(1)
            card.open.click()
            await window.studio.project_file.ended()
            await until(lambda: window.studio.stage.picture is not None)
            assert set(window.studio.masks.track.keyframes) == {0}
            newest = read_project(folder, snapshots(folder)[0].folder).contents
            assert newest.painted == 2  # how it was at the end can be had again

    run(scenario())


def test_what_is_kept_for_later_does_not_come_up_again_by_itself(
    clips: list[Path], tmp_path: Path
) -> None:
    async def scenario() -> None:
        folder = await crashed(clips[0], tmp_path / "holiday")
        settings = Settings(recent_projects=(str(folder),))
        async with opened(ReplayingEngine(), settings=settings) as window:
            await window.studio.recovery.look()
            recovery_of(window).later.click()
        async with opened(ReplayingEngine(), settings=settings) as window:
            await window.studio.recovery.look()
            assert not window.findChildren(RecoveryDialog)
            window.actions_["recover"].trigger()
            (card,) = recovery_of(window).cards
            card.delete.click()
            (box,) = recovery_of(window).findChildren(QMessageBox)
            assert "for good" in box.text()
            next(b for b in box.buttons() if b.text() == "Delete").click()
            await until(lambda: not folder.exists())
            assert not window.actions_["recover"].isEnabled()
        assert left_open(folder) is None

    run(scenario())


def test_a_packed_project_is_offered_and_opens_on_another_path(
    clips: list[Path], tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with kept(*clips) as window:
            studio = window.studio
            drag(window.canvas.view, STROKE)
            track = studio.masks.track
            window.actions_["pack_project"].trigger()
            (dialog,) = window.findChildren(PackDialog)
            dialog.pack_to(tmp_path / "trip.maskreel.zip")
            await studio.packing.ended()
            assert "is packed into “trip.maskreel.zip”" in studio.notices.current.text
        for clip in clips:
            clip.unlink()

        async with kept() as window:
            studio = window.studio
            studio.opening.open([tmp_path / "trip.maskreel.zip"])
            assert studio.notices.current.action == "Unpack…"
            (tmp_path / "there").mkdir()
            studio.packing.unpack(tmp_path / "trip.maskreel.zip", tmp_path / "there")
            await studio.packing.ended()
            await studio.project_file.ended()
            await until(lambda: studio.stage.picture is not None)
            assert studio.project.folder == tmp_path / "there" / "trip.maskreel"
            assert studio.session.clip.path.is_relative_to(studio.project.folder)
            assert studio.masks.track == track
            assert not studio.footage.missing

    run(scenario())


def test_packing_can_be_cancelled(clips: list[Path], tmp_path: Path) -> None:
    async def scenario() -> None:
        async with kept(*clips) as window:
            window.actions_["pack_project"].trigger()
            (dialog,) = window.findChildren(PackDialog)
            dialog.pack_to(tmp_path / "trip.zip")
            assert window.studio.packing.running
            assert not window.actions_["pack_project"].isEnabled()
            dialog.cancel.click()
            await window.studio.packing.ended()
            assert not list(tmp_path.glob("*trip*"))

    run(scenario())


def test_saving_a_draft_asks_for_a_place_and_later_only_confirms(
    clips: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with kept(clips[0]) as window:
            asked: list[bool] = []
            monkeypatch.setattr(window.projects, "ask_save_as", lambda: asked.append(True))
            window.actions_["save_project"].trigger()
            assert asked
            folder = await saved_as(window, tmp_path / "holiday")
            assert window.windowTitle() == "holiday – one.mkv – Maskreel"
            assert window.studio.settings.recent_projects == (str(folder),)
            window.actions_["save_project"].trigger()
            assert "Everything is saved" in window.studio.notices.current.text

        shutil.move(folder, tmp_path / "moved.maskreel")
        async with kept() as window:
            await open_in(window, tmp_path / "moved.maskreel")
            assert window.windowTitle() == "moved – one.mkv – Maskreel"

    run(scenario())
