"""What is kept and how long the result is: numbers to set, and words that say what comes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.window import Window
from studio.panels.lengths import in_words
from studio.panels.main_window import MainWindow
from studio.panels.recipe import squeezed
from tests.studio.clips import write_numbered
from tests.studio.fakes import CAUSAL_BUNDLE, ReplayingEngine, both_families
from tests.studio.window import opened, run

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_numbered(tmp_path / "clip.mkv", frames=60)


@pytest.mark.parametrize(
    ("covered", "kept", "windows", "words"),
    [
        (range(40, 92), 4, 7, "Keeps frames 41 to 44, invents 45 to 92 (7 windows)"),
        (range(43, 59), 1, 1, "Keeps frame 44, invents 45 to 59"),
        (range(0, 5), 4, 1, "Keeps frames 1 to 4, invents 5"),
        (range(0, 48), 0, 3, "Invents frames 1 to 48 (3 windows)"),
        (range(10, 12), 4, 1, "Keeps frames 11 to 12: the out mark leaves none to invent"),
        (range(0), 4, 1, ""),
    ],
)
def test_range_in_words(covered: range, kept: int, windows: int, words: str) -> None:
    assert in_words(covered, kept, windows) == words


def test_frames_of_a_clip_that_are_worked_on_are_not_invented() -> None:
    assert in_words(range(4, 36), 0, 3, invented=False) == "Works on frames 5 to 36 (3 windows)"


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ((480, 480), ""),
        ((481, 480), ""),
        ((854, 480), "\nThe model sees it at 56% of its width"),
        ((240, 480), "\nThe model sees it at 50% of its height"),
    ],
)
def test_a_window_of_another_shape_is_said_to_be_squeezed(
    size: tuple[int, int], words: str
) -> None:
    assert squeezed(Window(0, 0, *size, 0, 16, 64, 64)) == words


def choose(window: MainWindow, bundle: str) -> None:
    models = window.inspector.recipe.bundle
    row = models.findData(bundle)
    models.setCurrentIndex(row)
    models.activated.emit(row)


def test_lengths_are_there_where_the_result_may_be_long(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(both_families()), clip) as window:
            lengths = window.inspector.recipe.lengths
            assert list(lengths.form.controls) == ["length"]
            window.studio.recipe.task = "FP"
            assert lengths.isHidden()
            choose(window, CAUSAL_BUNDLE)
            assert not lengths.isHidden()
            assert list(lengths.form.controls) == ["kept", "length", "overlap"]
            assert not lengths.form.controls["overlap"].isVisible()  # folded away

    run(scenario())


def test_words_follow_the_playhead_and_the_numbers(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(both_families()), clip) as window:
            choose(window, CAUSAL_BUNDLE)
            lengths = window.inspector.recipe.lengths
            window.studio.playback.go(43)
            assert lengths.words.text() == "Keeps frames 41 to 44, invents 45 to 48"

            lengths.form.controls["kept"].setValue(2)
            lengths.form.controls["length"].setValue(50)

            assert lengths.words.text() == "Keeps frames 43 to 44, invents 45 to 92 (12 windows)"

    run(scenario())


def test_a_masked_result_is_as_long_as_the_marks_ask_for_and_ends_with_the_clip(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(both_families()), clip) as window:
            lengths, studio = window.inspector.recipe.lengths, window.studio
            assert lengths.words.text() == "Works on frames 1 to 4"
            studio.playback.mark(9, 40)
            assert lengths.form.values()["length"] == 32
            assert lengths.words.text() == "Works on frames 10 to 41 (15 windows)"

            studio.playback.mark(9, None)
            lengths.form.controls["length"].setValue(500)
            assert lengths.form.values()["length"] == 51
            assert studio.framing.covered == range(9, 60)
            window.actions_["fit_window"].trigger()
            assert lengths.form.values()["length"] == 4

    run(scenario())


def test_overlap_is_put_right_to_whole_tokens(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(both_families()), clip) as window:
            choose(window, CAUSAL_BUNDLE)
            lengths = window.inspector.recipe.lengths

            lengths.form.controls["overlap"].setValue(3)

            assert lengths.form.values()["overlap"] == 2

    run(scenario())


def test_list_of_tasks_is_that_of_the_family(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(both_families()), clip) as window:
            tasks = window.inspector.recipe.task
            choose(window, CAUSAL_BUNDLE)
            assert [tasks.itemText(row) for row in range(tasks.count())] == [
                "Generate a clip", "Generate from a class", "Continue the clip",
                "Continue the clip as a class",
            ]  # fmt: skip
            assert tasks.currentText() == "Continue the clip"
            decoder = window.inspector.recipe.decoder
            assert [decoder.itemText(row) for row in range(decoder.count())] == ["Token by token"]
            choose(window, "/models/tiny")
            assert tasks.count() == 11
            assert [decoder.itemText(row) for row in range(decoder.count())] == [
                "COMMIT", "MaskGIT"
            ]  # fmt: skip

    run(scenario())


def test_continuing_from_the_playhead_is_offered_when_it_stands_elsewhere(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(both_families()), clip) as window:
            choose(window, CAUSAL_BUNDLE)
            here, studio = window.actions_["continue_here"], window.studio
            studio.playback.go(20)
            assert not here.isEnabled()
            window.inspector.job.generate.click()
            await studio.generation.ended()
            window.bottom.timeline.positionRequested.emit(40)
            window.actions_.refresh()
            assert here.isEnabled()
            here.trigger()
            assert studio.framing.last_kept == 40

    run(scenario())
