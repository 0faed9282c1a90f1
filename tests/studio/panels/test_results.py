"""The results page: tiles that play under the cursor, stars, words, search, and what is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.requests import GenerationFinished, GenerationRequest, Timings
from core.takes.card import TakeCard, light
from core.takes.contents import Contents, ContentsFile
from core.takes.files import begin
from core.takes.film import write_films
from core.window import whole
from studio.panels.enlarged import EnlargedResult
from studio.panels.main_window import MainWindow
from studio.panels.result_model import ResultModel
from studio.panels.results_page import ResultsPage
from studio.state.takes import keeper
from studio.state.takes.entry import Entry
from studio.state.takes.take import Phase
from studio.widgets.tile_painter import SHAPE, THING, Shape, Tile
from tests.studio.clips import write_numbered
from tests.studio.fakes import (
    CAUSAL_BUNDLE,
    CAUSAL_FRAMES,
    CAUSAL_TOTAL,
    SIDE,
    ReplayingEngine,
    both_families,
)
from tests.studio.window import opened, run, until

Scenario = Callable[[MainWindow, ReplayingEngine], Coroutine[Any, Any, None]]


@pytest.fixture(autouse=True)
def written_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "EVERY_MS", 0)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_numbered(tmp_path / "clip.mkv", width=SIDE, height=SIDE)


def play(scenario: Scenario, clip: Path, takes: Path) -> None:
    """Runs a scenario in a window whose results page is open."""

    async def whole_of_it() -> None:
        engine = ReplayingEngine(both_families())
        async with opened(engine, clip) as window:
            window.studio.history.open(takes)
            await until(lambda: not window.studio.history.opening)
            window.studio.tools.side = "results"
            await scenario(window, engine)

    run(whole_of_it(), 60)


def asked(clip: Path, **fields: Any) -> GenerationRequest:
    window = whole((SIDE, SIDE), (CAUSAL_FRAMES, SIDE, SIDE))
    request = GenerationRequest(
        CAUSAL_BUNDLE, "continue", str(clip), window, decoder="autoregressive", kept=2
    )
    return replace(request, **fields)


async def generated(window: MainWindow, clip: Path, **fields: Any) -> Entry:
    window.studio.generation.begin(asked(clip, **fields), "token")
    await window.studio.queue.all_ended()
    return window.studio.history.entries[0]


def tiles(page: ResultsPage) -> list[Tile]:
    indices = (page.model.index(row, 0) for row in range(page.model.rowCount()))
    return [index.data(THING) for index in indices if index.data(SHAPE) is Shape.TILE]


def place_of(page: ResultsPage, tile: int) -> QPoint:
    rows = [
        row
        for row in range(page.model.rowCount())
        if page.model.index(row, 0).data(SHAPE) is Shape.TILE
    ]
    return page.view.visualRect(page.model.index(rows[tile], 0)).center()


def click(page: ResultsPage, tile: int, *, ctrl: bool = False) -> None:
    held = Qt.KeyboardModifier.ControlModifier if ctrl else Qt.KeyboardModifier.NoModifier
    place = place_of(page, tile)
    QTest.mouseClick(page.view.viewport(), Qt.MouseButton.LeftButton, held, place)


def press(page: ResultsPage, key: Qt.Key) -> None:
    page.view.setFocus()
    QTest.keyClick(page.view, key)


def grey(image: QImage | None) -> int:
    assert image is not None
    return image.pixelColor(image.width() // 2, image.height() // 2).red()


def test_every_variation_is_a_tile_that_is_live_while_it_decodes(
    clip: Path, tmp_path: Path
) -> None:
    async def scenario(window: MainWindow, engine: ReplayingEngine) -> None:
        page = window.results
        engine.hold_after = CAUSAL_TOTAL // 2 - 1
        window.studio.generation.begin(asked(clip, count=3), "token")
        await until(lambda: window.studio.generation.steps)
        live = tiles(page)
        assert [tile.picture is not None for tile in live] == [True] * 3
        assert 0 < live[0].progress < 1
        assert [tile.current for tile in live] == [True, False, False]
        engine.hold_after = None
        window.studio.generation.pause()
        await window.studio.queue.all_ended()
        assert all(tile.label.startswith("Paused") for tile in tiles(page))
        window.studio.generation.resume()
        await window.studio.queue.all_ended()
        assert [(tile.label, tile.progress) for tile in tiles(page)] == [("", None)] * 3
        window.studio.generation.show(None)
        await until(lambda: window.studio.history.entries[0].take is None)
        greys = [grey(tile.picture) for tile in tiles(page)]
        assert np.abs(np.diff(greys) - 50).max() < 6  # variations differ by 50 levels

    play(scenario, clip, tmp_path / "takes")


def test_tile_under_the_cursor_plays(clip: Path, tmp_path: Path) -> None:
    async def scenario(window: MainWindow, _engine: ReplayingEngine) -> None:
        page = window.results
        await generated(window, clip, count=2)
        window.studio.generation.show(None)
        await until(lambda: window.studio.history.entries[0].take is None)
        seen = set()
        QTest.mouseMove(page.view.viewport(), QPoint(2, 2))
        QTest.mouseMove(page.view.viewport(), place_of(page, 1))

        def all_frames_were_seen() -> bool:
            if page.view.played is not None:
                index, frame, _share = page.view.played
                assert index.row() == 2
                seen.add(round(int(frame[SIDE // 2, SIDE // 2, 0]), -1))
            return len(seen) >= 2

        await until(all_frames_were_seen)
        QTest.mouseMove(page.view.viewport(), QPoint(20, 12))  # on the heading
        await until(lambda: page.view.played is None)

    play(scenario, clip, tmp_path / "takes")


def test_stars_are_given_by_key_and_click_and_found_again(clip: Path, tmp_path: Path) -> None:
    async def scenario(window: MainWindow, _engine: ReplayingEngine) -> None:
        page = window.results
        fitted: list[bool] = []
        window.actions_["fit"].triggered.connect(fitted.append)
        entry = await generated(window, clip, count=3)
        click(page, 1)
        press(page, Qt.Key.Key_F)
        assert entry.card.favourites == (1,)
        star = page.view.painter.star(page.view.visualRect(page.model.index(3, 0))).center()
        QTest.mouseClick(page.view.viewport(), Qt.MouseButton.LeftButton, pos=star)
        assert entry.card.favourites == (1, 2)
        assert [pick.variation for pick in window.studio.gallery.chosen] == [1]
        page.starred.click()
        assert [pick.variation for pick in window.studio.gallery.shown] == [1, 2]
        press(page, Qt.Key.Key_F)
        assert [pick.variation for pick in window.studio.gallery.shown] == [2]
        assert fitted == []  # F is another key here

    play(scenario, clip, tmp_path / "takes")


def test_words_and_filters_narrow_the_list(clip: Path, tmp_path: Path) -> None:
    async def scenario(window: MainWindow, engine: ReplayingEngine) -> None:
        page, gallery = window.results, window.studio.gallery
        for seed in (7, 8):
            await generated(window, clip, seed=seed)
        engine.fail_after = CAUSAL_TOTAL // 2 - 1
        await generated(window, clip, seed=9)
        assert page.count.text() == "3 takes"
        QTest.keyClicks(page.search, "seed 8")
        assert [pick.entry.card.request.seed for pick in gallery.shown] == [8]
        assert page.count.text() == "1 of 3 takes"
        page.search.clear()
        page.which.setCurrentIndex(2)
        page.which.activated.emit(2)
        assert [pick.entry.card.request.seed for pick in gallery.shown] == [9]
        QTest.keyClicks(page.search, "tomorrow")
        assert (gallery.shown, page.show_all.isVisible()) == ((), True)
        page.show_all.click()
        assert (len(gallery.shown), page.search.text()) == (3, "")

    play(scenario, clip, tmp_path / "takes")


def test_name_and_note_are_written_below_the_gallery(clip: Path, tmp_path: Path) -> None:
    async def scenario(window: MainWindow, _engine: ReplayingEngine) -> None:
        page = window.results
        entry = await generated(window, clip)
        assert not page.details.isVisible()
        click(page, 0)
        window.actions_["result_note"].trigger()
        QTest.keyClicks(page.details.name, "Calm")
        QTest.keyClicks(page.details.note, "no flicker at all")
        await until(lambda: entry.card.note)
        assert (entry.card.name, entry.card.note) == ("Calm", "no flicker at all")
        assert tiles(page)[0].noted
        QTest.keyClicks(page.search, "flicker")
        assert len(window.studio.gallery.shown) == 1

    play(scenario, clip, tmp_path / "takes")


def test_result_is_shown_on_its_clip_which_is_opened_first(clip: Path, tmp_path: Path) -> None:
    other = write_numbered(tmp_path / "other.mkv", width=SIDE, height=SIDE)

    async def scenario(window: MainWindow, _engine: ReplayingEngine) -> None:
        studio, page = window.studio, window.results
        entry = await generated(window, clip, count=2)
        studio.session.open(other)
        await until(lambda: studio.session.clip.path == other)
        assert studio.generation.take is None
        click(page, 1)
        press(page, Qt.Key.Key_Return)
        await until(lambda: studio.generation.take is not None)
        assert studio.session.clip.path == clip
        assert studio.generation.take is entry.take
        assert (studio.result.variation, studio.result.count) == (1, 2)
        assert tiles(page)[1].current
        page.here.click()
        assert len(studio.gallery.shown) == 2
        studio.session.open(other)
        await until(lambda: studio.gallery.shown == ())

    play(scenario, clip, tmp_path / "takes")


def test_settings_of_a_variation_are_used_again(clip: Path, tmp_path: Path) -> None:
    async def scenario(window: MainWindow, _engine: ReplayingEngine) -> None:
        recipe, page = window.studio.recipe, window.results
        await generated(window, clip, seed=40, count=3, kept=4)
        click(page, 2)
        window.actions_["result_settings"].trigger()
        assert (recipe.bundle, recipe.task, recipe.keeps) == (CAUSAL_BUNDLE, "continue", 4)
        assert (recipe.seed, recipe.count) == (42, 1)

    play(scenario, clip, tmp_path / "takes")


def test_two_results_are_compared(clip: Path, tmp_path: Path) -> None:
    async def scenario(window: MainWindow, _engine: ReplayingEngine) -> None:
        studio, page = window.studio, window.results
        compare = window.actions_["result_compare"]
        await generated(window, clip, count=2)
        click(page, 0)
        assert not compare.isEnabled()
        click(page, 1, ctrl=True)
        compare.trigger()
        assert (studio.comparing.mode, studio.comparing.left) == ("wipe", "step")
        assert studio.comparing.held.variation == 0
        assert studio.result.variation == 1

    play(scenario, clip, tmp_path / "takes")


def test_deleted_take_is_put_back(clip: Path, tmp_path: Path) -> None:
    async def scenario(window: MainWindow, _engine: ReplayingEngine) -> None:
        studio, page = window.studio, window.results
        await generated(window, clip, count=2)
        click(page, 0)
        press(page, Qt.Key.Key_Delete)
        assert (studio.history.entries, page.details.isVisible()) == ((), False)
        window.actions_["result_put_back"].trigger()
        assert len(tiles(page)) == 2

    play(scenario, clip, tmp_path / "takes")


def test_arrow_keys_go_from_tile_to_tile(clip: Path, tmp_path: Path) -> None:
    async def scenario(window: MainWindow, _engine: ReplayingEngine) -> None:
        gallery, page = window.studio.gallery, window.results
        await generated(window, clip, seed=1, count=3)
        await generated(window, clip, seed=5)
        click(page, 0)

        def after(key: Qt.Key) -> tuple[int, int]:
            press(page, key)
            pick = gallery.current
            assert pick is not None
            return pick.entry.card.request.seed, pick.variation

        assert after(Qt.Key.Key_Down) == (1, 0)
        assert after(Qt.Key.Key_Right) == (1, 1)
        assert after(Qt.Key.Key_Down) == (1, 2)
        assert after(Qt.Key.Key_Up) == (1, 0)
        assert after(Qt.Key.Key_Left) == (5, 0)
        assert after(Qt.Key.Key_End) == (1, 2)
        assert after(Qt.Key.Key_Home) == (5, 0)

    play(scenario, clip, tmp_path / "takes")


def test_space_enlarges_and_the_arrows_go_on(clip: Path, tmp_path: Path) -> None:
    async def scenario(window: MainWindow, _engine: ReplayingEngine) -> None:
        page = window.results
        await generated(window, clip, seed=3, count=2)
        click(page, 0)
        press(page, Qt.Key.Key_Space)
        (large,) = [w for w in QApplication.topLevelWidgets() if isinstance(w, EnlargedResult)]
        assert "Variation 1 of 2" in large.details.text()
        await until(lambda: large.player.number > 0)
        QTest.keyClick(large, Qt.Key.Key_Right)
        assert "Variation 2 of 2" in large.details.text()
        QTest.keyClick(large, Qt.Key.Key_F)
        assert window.studio.history.entries[0].card.favourites == (1,)
        QTest.keyClick(large, Qt.Key.Key_Space)
        assert not large.isVisible()

    play(scenario, clip, tmp_path / "takes")


def test_window_with_the_page_fits_a_small_screen(clip: Path, tmp_path: Path) -> None:
    async def scenario(window: MainWindow, _engine: ReplayingEngine) -> None:
        window.resize(1280, 800)
        assert (window.width(), window.height()) == (1280, 800)
        assert not window.canvas.brush_size.label.isVisible()
        window.resize(1600, 900)
        await until(window.canvas.brush_size.label.isVisible)

    play(scenario, clip, tmp_path / "takes")


# ── many takes ─────────────────────────────────────────────────────────────────────────────────


def many(takes: Path, count: int) -> None:
    """Finished takes of two variations, each with a note."""
    now = datetime.now().astimezone()
    clips = np.zeros((2, CAUSAL_FRAMES, SIDE, SIDE, 3), np.uint8)
    finished = GenerationFinished(clips, Timings(0, 0, 0, 0), "CPU")
    for number in range(count):
        request = replace(asked(Path("gone.mkv")), clip=None, seed=number, count=2)
        made = now - timedelta(minutes=number)
        card = TakeCard(
            f"t{number}", made, light(request), "token", "Causal", 25.0, "finished",
            done=64, total=64, note=f"number {number}",
        )  # fmt: skip
        begin(takes / card.id, card, request)
        contents = Contents(finished=finished)
        ContentsFile(takes / card.id).write(contents)
        if number < 20:
            write_films(takes / card.id, request, contents)


def test_hundreds_of_takes_cost_little(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(tmp_path / "few", 30)
    many(tmp_path / "many", 300)
    drawn: list[int] = []
    tile = ResultModel._tile
    monkeypatch.setattr(
        ResultModel, "_tile", lambda model, pick: drawn.append(1) or tile(model, pick)
    )

    async def scenario(window: MainWindow, _engine: ReplayingEngine) -> None:
        studio, page = window.studio, window.results

        async def seconds_to_open(takes: Path) -> float:
            start = time.perf_counter()
            studio.history.open(takes)
            await until(lambda: not studio.history.opening)
            return time.perf_counter() - start

        few = min([await seconds_to_open(tmp_path / "few") for _ in range(3)])
        drawn.clear()
        many = min([await seconds_to_open(tmp_path / "many") for _ in range(3)])
        assert many < 40 * few  # about as many times as there are more takes, and not its square
        assert page.count.text() == "300 takes"
        assert [entry for entry in studio.history.entries if entry.take is not None] == []
        drawn.clear()
        page.view.viewport().repaint()
        assert 2 <= len(drawn) <= 16  # of 600
        page.view.verticalScrollBar().setValue(4000)
        drawn.clear()
        page.view.viewport().repaint()
        assert 2 <= len(drawn) <= 16
        QTest.keyClicks(page.search, "seed 300")
        assert len(studio.gallery.shown) == 2

    play(scenario, clip, tmp_path / "none")


def test_results_of_a_take_that_never_began_are_one_tile(clip: Path, tmp_path: Path) -> None:
    async def scenario(window: MainWindow, _engine: ReplayingEngine) -> None:
        page = window.results
        window.studio.queue.held = True
        window.studio.generation.begin(asked(clip, count=4), "token")
        assert [tile.label for tile in tiles(page)] == ["Waiting"]
        window.studio.queue.release()
        await window.studio.queue.all_ended()
        assert len(tiles(page)) == 4
        assert window.studio.history.entries[0].phase is Phase.FINISHED

    play(scenario, clip, tmp_path / "takes")
