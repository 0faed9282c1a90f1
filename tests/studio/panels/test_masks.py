"""Masks in the window: tools, operations, key frames, tracking and files, as a person uses them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QInputDialog, QMenu, QWidget

from core.mask_files import MASK_FORMATS
from core.media.writing import write_clip
from studio.panels.main_window import MainWindow
from studio.state.tools import PAINTING
from tests.studio.clips import write_numbered
from tests.studio.fakes import ReplayingEngine
from tests.studio.window import drag, in_view, opened, run, until

pytestmark = pytest.mark.usefixtures("qapp")
SIZE, FRAMES = (96, 64), 8
TOOL_KEYS = {
    "brush": "B", "eraser": "E", "select": "S", "wand": "W", "fill": "G", "rectangle": "R",
    "ellipse": "U", "lasso": "L", "polygon": "P", "pan": "H", "window": "V",
}  # fmt: skip


def thing(number: int) -> np.ndarray:
    mask = np.zeros(SIZE[::-1], bool)
    mask[20:44, 10 + 3 * number : 34 + 3 * number] = True
    return mask


def pictures() -> Iterator[np.ndarray]:
    """A bright thing that moves 3 pixels a frame over a dark ground."""
    rng = np.random.default_rng(1)
    ground = cv2.resize(rng.integers(0, 60, (16, 24, 3), np.uint8), SIZE)
    colours = cv2.resize(rng.integers(160, 255, (8, 8, 3), np.uint8), (24, 24))
    for number in range(FRAMES):
        picture = ground.copy()
        picture[thing(number)] = colours.reshape(-1, 3)
        yield picture


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "moving.mkv"
    for _ in write_clip(pictures(), path, writer="ffv1", rate=Fraction(25)):
        pass
    return path


@pytest.fixture
def engine() -> ReplayingEngine:
    return ReplayingEngine()


def press(window: QWidget, keys: str) -> None:
    stroke = QKeySequence(keys)[0]
    QTest.keyClick(window, stroke.key(), stroke.keyboardModifiers())


def child(window: MainWindow, kind: type) -> QWidget:
    """The dialog of a kind that is open."""
    found = [part for part in window.findChildren(kind) if part.isVisible()]
    assert len(found) == 1
    return found[0]


def test_every_tool_has_a_key_and_a_button(engine: ReplayingEngine, clip: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            for tool, key in TOOL_KEYS.items():
                press(window, key)
                assert window.studio.tools.tool == tool
                assert window.tools.buttons[tool].isChecked()
                assert window.tools.buttons[tool].accessibleName()
            assert set(PAINTING) < set(TOOL_KEYS)

    run(scenario())


def test_options_are_those_of_the_tool(engine: ReplayingEngine, clip: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            canvas = window.canvas
            press(window, "B")
            assert canvas.brush_size.isVisible()
            assert canvas.hardness.isVisible()
            assert not canvas.tolerance.isVisible()
            press(window, "W")
            assert not canvas.brush_size.isVisible()
            assert canvas.tolerance.isVisible()
            assert canvas.contiguous.isVisible()
            press(window, "L")
            assert not canvas.hardness.isVisible()
            assert not canvas.tolerance.isVisible()

    run(scenario())


def test_brackets_change_size_and_hardness(engine: ReplayingEngine, clip: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            tools = window.studio.tools
            tools.resize_brush(20)
            press(window, "]")
            assert tools.brush_size == 24
            press(window, "[")
            press(window, "[")
            assert tools.brush_size == 15
            press(window, "Shift+[")
            press(window, "Shift+[")
            assert tools.hardness == window.canvas.hardness.value() == 80
            press(window, "Shift+]")
            assert tools.hardness == 90

    run(scenario())


@pytest.mark.parametrize(
    ("tool", "way"),
    [
        ("rectangle", [(20, 20), (60, 50)]),
        ("ellipse", [(20, 20), (60, 50)]),
        ("lasso", [(20, 20), (60, 22), (60, 50), (22, 50)]),
    ],
)
def test_shape_is_painted_and_undone(
    engine: ReplayingEngine, clip: Path, tool: str, way: list[tuple[float, float]]
) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            studio = window.studio
            studio.tools.tool = tool
            drag(window.canvas.view, way)

            mask = studio.masks.at(0)
            assert mask is not None
            assert mask[35, 40]
            assert not mask[60, 90]
            press(window, "Ctrl+Z")
            assert studio.masks.track.empty

    run(scenario())


def test_wand_paints_the_thing_and_its_tolerance_is_remembered(
    engine: ReplayingEngine, clip: Path
) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            studio, view = window.studio, window.canvas.view
            studio.tools.tool, studio.tools.tolerance = "wand", 60
            start = in_view(view, 22, 32)
            QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
            QTest.mouseMove(view, start + QPoint(60, 0))
            QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=start + QPoint(60, 0))

            mask = studio.masks.at(0)
            assert (mask & thing(0)).sum() > 0.9 * thing(0).sum()
            assert not mask[:, 60:].any()
            assert studio.tools.tolerance == window.canvas.tolerance.value() == 90

    run(scenario())


def test_scribble_selects_the_thing(engine: ReplayingEngine, clip: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            studio = window.studio
            studio.tools.tool = "select"
            studio.tools.resize_brush(4)
            drag(window.canvas.view, [(16, 26), (22, 32), (28, 38)])
            await until(lambda: studio.masks.undoable)

            mask = studio.masks.at(0)
            assert (mask & thing(0)).sum() / (mask | thing(0)).sum() > 0.85
            await until(lambda: not studio.selecting.running)

    run(scenario())


def test_operations_change_the_mask(engine: ReplayingEngine, clip: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            masks, actions = window.studio.masks, window.actions_
            assert not actions["grow"].isEnabled()
            assert "Nothing is painted" in actions["grow"].toolTip()
            masks.paint(0, thing(0))
            actions["grow"].trigger()
            assert masks.at(0).sum() > thing(0).sum()
            actions["shrink"].trigger()
            assert masks.at(0).sum() == pytest.approx(thing(0).sum(), rel=0.05)
            press(window, "Ctrl+I")
            assert not masks.at(0)[30, 20]
            actions["fill_holes"].trigger()
            assert masks.at(0).all()

    run(scenario())


def test_feather_is_asked_for_and_goes_into_the_request(
    engine: ReplayingEngine, clip: Path
) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            window.studio.masks.paint(0, thing(0))
            window.actions_["feather"].trigger()
            dialog = child(window, QInputDialog)
            dialog.setIntValue(17)
            dialog.accept()
            window.inspector.job.generate.click()
            await window.studio.generation.ended()

            assert window.studio.generation.request.painted.feather == 17

    run(scenario())


def test_mask_is_tracked_from_the_menu_while_the_window_lives(
    engine: ReplayingEngine, clip: Path
) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            studio, actions = window.studio, window.actions_
            assert not actions["track_forward"].isEnabled()
            studio.masks.paint(0, thing(0))
            around_the_first = studio.framing.window.width
            actions["track_forward"].trigger()

            assert window.status.tracking.isVisible()
            assert actions["track_stop"].isEnabled()
            assert not window.inspector.job.generate.isEnabled()
            assert studio.asking.obstacle == "Masks are being tracked."
            await until(lambda: not studio.tracking.running)

            assert not window.status.tracking.isVisible()
            assert window.inspector.job.generate.isEnabled()
            assert set(studio.masks.track.tracked) == set(range(1, FRAMES))
            assert set(window.bottom.lane._shown.confidence) == set(range(1, FRAMES))
            assert studio.framing.window.width > around_the_first
            studio.playback.go(6)
            await until(lambda: studio.stage.number == 6)
            mask = studio.stage.mask
            assert (mask & thing(6)).sum() / (mask | thing(6)).sum() > 0.6

    run(scenario())


def test_stroke_on_a_tracked_frame_flows_again(engine: ReplayingEngine, clip: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            studio = window.studio
            studio.masks.paint(0, thing(0))
            window.actions_["track_forward"].trigger()
            await until(lambda: not studio.tracking.running)
            studio.playback.go(4)
            await until(lambda: studio.stage.number == 4)
            before = studio.masks.track

            studio.tools.tool = "rectangle"
            drag(window.canvas.view, [(60, 5), (80, 15)])
            assert studio.tracking.running
            await until(lambda: not studio.tracking.running)

            assert studio.masks.at(6)[8, 70] or studio.masks.at(5)[8, 70]
            assert 4 in studio.masks.track.keyframes
            press(window, "Ctrl+Z")
            assert studio.masks.track == before

    run(scenario())


def test_key_frames_are_moved_removed_and_jumped_to_on_the_lane(
    engine: ReplayingEngine, clip: Path
) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            studio, lane = window.studio, window.bottom.lane
            for frame in (0, 5):
                studio.masks.paint(frame, thing(frame))

            def place(frame: int) -> QPoint:
                return QPoint(round(lane._axis.middle(frame)), lane.height() // 2)

            QTest.mousePress(lane, Qt.MouseButton.LeftButton, pos=place(5))
            QTest.mouseMove(lane, place(7))
            QTest.mouseRelease(lane, Qt.MouseButton.LeftButton, pos=place(7))
            assert set(studio.masks.track.keyframes) == {0, 7}
            studio.playback.go(3)
            press(window, "PgDown")
            assert studio.playback.position == 7
            press(window, "PgUp")
            assert studio.playback.position == 0
            await until(lambda: studio.stage.number == 0)
            lane.setFocus()
            QTest.keyClick(lane, Qt.Key.Key_Delete)
            assert set(studio.masks.track.keyframes) == {7}

    run(scenario())


def test_context_menu_chooses_what_masks_do(engine: ReplayingEngine, clip: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            studio, lane = window.studio, window.bottom.lane
            for frame in (0, 6):
                studio.masks.paint(frame, thing(frame))
            where = QPoint(round(lane._axis.middle(3)), 12)
            event = QContextMenuEvent(
                QContextMenuEvent.Reason.Mouse, where, lane.mapToGlobal(where)
            )
            QApplication.sendEvent(lane, event)
            menu = child(window, QMenu)
            words = {action.text(): action for action in menu.actions()}
            assert words["Hold from here"].isChecked()
            words["Change into the next key frame"].trigger()
            menu.close()

            assert studio.masks.track.span_of(3).kind == "interpolate"
            assert np.array_equal(studio.masks.at(3), thing(3))
            await until(lambda: studio.stage.number == 3)
            assert window.actions_["kind_interpolate"].isChecked()
            window.actions_["kind_hold"].trigger()
            assert np.array_equal(studio.masks.at(3), thing(0))

    run(scenario())


def test_onion_skin_shows_the_key_frames_beside(engine: ReplayingEngine, clip: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            studio = window.studio
            for frame in (0, 6):
                studio.masks.paint(frame, thing(frame))
            studio.playback.go(3)
            await until(lambda: studio.stage.number == 3)
            assert window.canvas.view._scene.onion == ()

            press(window, "Shift+O")
            before, after = studio.stage.onion
            assert np.array_equal(before, thing(0))
            assert np.array_equal(after, thing(6))
            assert len(window.canvas.view._scene.onion) == 2
            press(window, "Shift+O")
            assert window.canvas.view._scene.onion == ()

    run(scenario())


@pytest.mark.parametrize("form", ["json", "png", "video"])
def test_masks_are_exported_and_come_back(
    engine: ReplayingEngine, clip: Path, tmp_path: Path, form: str
) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            studio = window.studio
            for frame in (0, 6):
                studio.masks.paint(frame, thing(frame))
            before = studio.masks.track
            window.actions_["export_mask"].trigger()
            dialog = child(window, QFileDialog)
            title = MASK_FORMATS[form].title
            dialog.selectNameFilter(next(f for f in dialog.nameFilters() if f.startswith(title)))
            dialog.fileSelected.emit(str(tmp_path / "kept"))
            dialog.close()
            await studio.mask_files.ended()
            assert studio.notices.current.kind == "info"

            studio.masks.clear(0)
            path = tmp_path / f"kept{MASK_FORMATS[form].suffix}"
            name = "import_mask_folder" if path.is_dir() else "import_mask"
            window.actions_[name].trigger()
            dialog = child(window, QFileDialog)
            dialog.fileSelected.emit(str(path))
            dialog.close()
            await studio.mask_files.ended()

            assert studio.masks.track.keyframes == before.keyframes
            window.actions_["undo"].trigger()
            assert studio.masks.track.empty

    run(scenario())


def test_export_that_is_given_up_leaves_nothing(
    engine: ReplayingEngine, clip: Path, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            studio = window.studio
            studio.masks.paint(0, thing(0))
            studio.mask_files.write(tmp_path / "kept.mkv", "video")
            studio.mask_files.stop()
            await studio.mask_files.ended()

            assert [path.name for path in tmp_path.iterdir()] == [clip.name]
            assert not studio.mask_files.running

    run(scenario())


def test_file_without_masks_is_told(engine: ReplayingEngine, clip: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            notices, files = window.studio.notices, window.studio.mask_files
            broken = tmp_path / "broken.json"
            broken.write_text("{")
            files.read(broken)
            await files.ended()
            assert "no JSON" in notices.current.text

            files.read(write_numbered(tmp_path / "dark.mkv", 3, *SIZE))
            await files.ended()
            assert "no painted pixel" in notices.current.text
            assert notices.current.kind == "error"
            assert window.studio.masks.track.empty

    run(scenario())


def test_window_keeps_its_size_whatever_tool_is_in_hand(
    engine: ReplayingEngine, clip: Path
) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            window.resize(1280, 720)
            window.studio.tools.lens = True
            window.studio.masks.paint(0, thing(0))
            window.inspector.job.generate.click()
            await window.studio.generation.ended()
            for key in (*TOOL_KEYS.values(), "B", "W", "B"):
                press(window, key)
                QApplication.processEvents()
                assert (window.width(), window.height()) == (1280, 720)
            hint = window.minimumSizeHint()
            assert hint.width() <= 1180
            assert hint.height() <= 700

    run(scenario())
