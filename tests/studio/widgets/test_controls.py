"""Timeline, transport, step strip, forms, progress, notices and icons under real input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QIcon
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from core.errors import UserError
from core.options import Option
from studio import theme
from studio.widgets.notice import Notice
from studio.widgets.option_form import OptionForm
from studio.widgets.progress import JobProgress
from studio.widgets.size_slider import SizeSlider
from studio.widgets.step_strip import StepStrip
from studio.widgets.timeline import Timeline
from studio.widgets.token_legend import LensLegend
from studio.widgets.token_lens import MODES, LensPicture, _colours
from studio.widgets.transport import Transport, time_code

LEFT = Qt.MouseButton.LeftButton
SCHEMA = (
    Option("steps", "Steps", "int", 12, 1, 64, 1),
    Option("seed", "Seed", "int", 0, 0, 2**48),
    Option("temperature", "Temperature", "float", 4.5, 0.0, 20.0, 0.1),
    Option("schedule", "Schedule", "choice", "cosine", choices=("cosine", "linear")),
    Option("take", "Take", "text", "one"),
    Option("remask", "Remask", "bool", False, advanced=True),
)


def shown(qtbot, widget: QWidget, width: int = 620) -> QWidget:
    qtbot.addWidget(widget)
    widget.resize(width, widget.sizeHint().height())
    widget.show()
    qtbot.waitExposed(widget)
    return widget


@pytest.fixture
def timeline(qtbot) -> Timeline:
    made = Timeline()
    made.setLength(100, 25)
    return shown(qtbot, made)


@pytest.mark.parametrize("frame", [0, 1, 42, 99])
def test_a_click_on_the_timeline_asks_for_the_frame_there(timeline, qtbot, frame):
    timeline.setPosition(50)

    with qtbot.waitSignal(timeline.positionRequested) as asked:
        QTest.mouseClick(timeline, LEFT, pos=QPoint(round(timeline.xOf(frame + 0.5)), 8))

    assert asked.args == [frame]


def test_a_drag_beyond_the_end_stops_at_the_last_frame(timeline):
    asked: list[int] = []
    timeline.positionRequested.connect(asked.append)

    QTest.mousePress(timeline, LEFT, pos=QPoint(300, 8))
    QTest.mouseMove(timeline, QPoint(5000, 8))
    QTest.mouseRelease(timeline, LEFT, pos=QPoint(5000, 8))

    assert asked[-1] == 99


@pytest.mark.parametrize(
    ("key", "frame"),
    [("Left", 49), ("Right", 51), ("Home", 0), ("End", 99), ("PageUp", 40), ("PageDown", 60)],
)
def test_keys_step_through_the_timeline(timeline, qtbot, key, frame):
    timeline.setPosition(50)

    with qtbot.waitSignal(timeline.positionRequested) as asked:
        QTest.keyClick(timeline, getattr(Qt.Key, f"Key_{key}"))

    assert asked.args == [frame]


def test_the_out_mark_is_dragged_and_never_passes_the_in_mark(timeline):
    timeline.setMarks(20, 79)
    edits: list[tuple[int, int]] = []
    timeline.marksEdited.connect(lambda first, last: edits.append((first, last)))
    grip = QPoint(round(timeline.xOf(80)), 50)

    QTest.mousePress(timeline, LEFT, pos=grip)
    QTest.mouseMove(timeline, QPoint(round(timeline.xOf(60)), 50))
    QTest.mouseMove(timeline, QPoint(0, 50))
    QTest.mouseRelease(timeline, LEFT, pos=QPoint(0, 50))

    assert edits == [(20, 59), (20, 20)]


def test_missing_thumbnails_are_asked_for_once_and_drawn_when_they_come(timeline, qtbot):
    asked: list[list[int]] = []
    timeline.thumbnailsWanted.connect(asked.append)
    timeline.clearThumbnails()
    qtbot.waitUntil(lambda: bool(asked))

    timeline.setThumbnail(asked[0][0], np.full((90, 160, 3), 200, np.uint8))
    seen = timeline.grab().toImage().pixelColor(round(timeline.xOf(0)) + 30, 50)

    assert seen.red() == 200
    frames = [frame for wanted in asked for frame in wanted]
    assert len(frames) == len(set(frames))


def test_thumbnails_come_from_the_source_when_there_is_one(timeline, qtbot):
    seen: list[tuple[int, int]] = []

    def source(index: int, height: int) -> np.ndarray:
        seen.append((index, height))
        return np.zeros((height, 2 * height, 3), np.uint8)

    with qtbot.assertNotEmitted(timeline.thumbnailsWanted):
        timeline.setThumbnails(source)
        timeline.grab()

    assert len(seen) >= 5


@given(frames=st.integers(1, 20000), width=st.integers(200, 2000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_every_frame_is_found_where_it_is_drawn(qtbot, frames, width):
    timeline = Timeline()
    qtbot.addWidget(timeline)
    timeline.setLength(frames, 24)
    timeline.resize(width, 84)

    for frame in {0, frames // 3, frames - 1}:
        assert timeline.frameAt(timeline.xOf(frame + 0.5)) == frame


@pytest.mark.parametrize(
    ("frame", "rate", "written"),
    [(0, 24, "00:00:00"), (49, 24, "00:02:01"), (30, 29.97, "00:01:00"), (90000, 25, "1:00:00:00")],
)
def test_time_codes(frame, rate, written):
    assert time_code(frame, rate) == written


def test_the_transport_tells_what_is_pressed(qtbot):
    transport = shown(qtbot, Transport())
    transport.setLength(240, 24)

    with qtbot.waitSignal(transport.stepRequested) as stepped:
        QTest.mouseClick(transport.back, LEFT)
    with qtbot.waitSignal(transport.playToggled) as played:
        QTest.mouseClick(transport.play, LEFT)

    assert stepped.args == [-1]
    assert played.args == [True]
    assert transport.play.accessibleName().startswith("Pause")


def test_setting_the_transport_emits_nothing(qtbot):
    transport = shown(qtbot, Transport())

    with qtbot.assertNotEmitted(transport.playToggled), qtbot.assertNotEmitted(
        transport.loopToggled
    ):  # fmt: skip
        transport.setPlaying(True)
        transport.setLoop(True)


def test_without_a_clip_the_transport_is_off(qtbot):
    transport = shown(qtbot, Transport())
    assert not transport.play.isEnabled()

    transport.setLength(5, 24)
    assert transport.play.isEnabled()


@pytest.fixture
def strip(qtbot) -> StepStrip:
    made = shown(qtbot, StepStrip())
    made.clear(range(12))
    for index in range(3):
        made.addStep(index, np.full((64, 64, 3), 60 * index, np.uint8), index / 12)
    return made


def test_a_click_chooses_a_step_that_is_there(strip, qtbot):
    with qtbot.waitSignal(strip.stepChosen) as chosen:
        QTest.mouseClick(strip.cells, LEFT, pos=strip.cells.cell(1).center())

    assert chosen.args == [1]


def test_a_step_to_come_cannot_be_chosen(strip, qtbot):
    with qtbot.assertNotEmitted(strip.stepChosen):
        QTest.mouseClick(strip.cells, LEFT, pos=strip.cells.cell(5).center())


def test_arrow_keys_walk_through_the_steps(strip, qtbot):
    strip.setCurrent(1)

    with qtbot.waitSignal(strip.stepChosen) as chosen:
        QTest.keyClick(strip.cells, Qt.Key.Key_Right)

    assert chosen.args == [2]


def test_the_current_step_is_scrolled_into_view(strip):
    strip.clear(range(64))
    strip.addStep(50, None, 0.8)

    strip.setCurrent(50)

    assert strip.horizontalScrollBar().value() > 0


values = st.fixed_dictionaries(
    {
        "steps": st.integers(1, 64),
        "seed": st.integers(0, 2**48),
        "temperature": st.integers(0, 20_000_000).map(lambda n: n / 1_000_000),
        "schedule": st.sampled_from(["cosine", "linear"]),
        "take": st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=20),
        "remask": st.booleans(),
    }
)


@given(wanted=values)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_a_form_gives_back_what_it_was_given(qtbot, wanted):
    form = OptionForm(SCHEMA)
    qtbot.addWidget(form)

    form.setValues(wanted)

    assert form.values() == wanted
    assert [type(v) for v in form.values().values()] == [int, int, float, str, str, bool]


def test_a_form_starts_at_the_defaults(qtbot):
    form = shown(qtbot, OptionForm(SCHEMA))

    assert form.values() == {option.name: option.default for option in SCHEMA}


def test_typing_into_a_form_is_told_and_setting_it_is_not(qtbot):
    form = shown(qtbot, OptionForm(SCHEMA))

    with qtbot.assertNotEmitted(form.changed):
        form.setValues({"steps": 20, "of another decoder": 3})
    with qtbot.waitSignal(form.changed):
        QTest.keyClick(form.controls["steps"], Qt.Key.Key_Up)

    assert form.values()["steps"] == 21


def test_advanced_options_unfold(qtbot):
    form = shown(qtbot, OptionForm(SCHEMA))
    assert not form.controls["remask"].isVisible()

    QTest.mouseClick(form.unfold, LEFT)

    assert form.controls["remask"].isVisible()


def test_another_schema_replaces_the_rows(qtbot):
    form = shown(qtbot, OptionForm(SCHEMA))

    form.setSchema(SCHEMA[:2])

    assert form.values() == {"steps": 12, "seed": 0}
    assert not form.unfold.isVisible()


@pytest.mark.parametrize(
    ("done", "eta", "words"),
    [
        (5, 3.14, "Step 5 of 12  ·  3.1 s left"),
        (5, 75.0, "Step 5 of 12  ·  1 min 15 s left"),
        (5, None, "Step 5 of 12"),
        (12, 0.0, "Step 12 of 12"),
    ],
)
def test_progress_in_words(qtbot, done, eta, words):
    progress = shown(qtbot, JobProgress())

    progress.setProgress(done, 12, eta)

    assert progress.text.text() == words
    assert progress.bar.value() == done


def test_a_notice_offers_its_action_and_can_be_put_away(qtbot):
    notice = shown(qtbot, Notice())

    notice.post("The engine stopped.", "error", "Start again")
    with qtbot.waitSignal(notice.actionTriggered):
        QTest.mouseClick(notice.action, LEFT)
    with qtbot.waitSignal(notice.closed):
        QTest.mouseClick(notice.close_button, LEFT)

    assert not notice.isVisible()


def test_slider_and_number_agree(qtbot):
    size = shown(qtbot, SizeSlider(minimum=1, maximum=400))
    size.setValue(37)
    told: list[int] = []
    size.valueChanged.connect(told.append)

    QTest.keyClick(size.slider, Qt.Key.Key_Right)

    assert size.value() > 37
    assert told == [size.value()]


@pytest.mark.parametrize("mode", MODES)
def test_the_legend_names_its_colours(qtbot, mode):
    legend = shown(qtbot, LensLegend(mode))

    assert "Legend" in legend.accessibleName()
    assert legend.sizeHint().width() > 80


def test_a_lens_of_unequal_arrays_is_refused():
    some, other = np.zeros((2, 2)), np.zeros((3, 3))
    with pytest.raises(ValueError, match="one shape"):
        LensPicture(some.astype(bool), some.astype(bool), other, some)


def test_icons_are_drawn_sharp_for_both_screens():
    made: QIcon = theme.icon("play")

    assert made.pixmap(20, 20).width() == 20
    assert made.pixmap(made.availableSizes()[0], 2.0).width() == 32


def test_an_unknown_icon_is_named():
    with pytest.raises(UserError, match="nothing-like-it"):
        theme.icon("nothing-like-it")


@pytest.mark.parametrize("widget", [Timeline, Transport, StepStrip, Notice, SizeSlider])
def test_every_control_has_an_accessible_name(qtbot, widget):
    made = shown(qtbot, widget())
    if isinstance(made, Notice):
        made.post("Here.", "info", "Go on")

    for part in [made, *made.findChildren(QWidget)]:
        if part.focusPolicy() & Qt.FocusPolicy.TabFocus and not part.objectName().startswith("qt_"):
            assert part.accessibleName() or getattr(part, "text", str)(), type(part)


@pytest.fixture
def grown(qtbot) -> Timeline:
    """A clip of 50 frames, and a result that begins in it and adds 50 more."""
    made = Timeline()
    made.setLength(50, 25)
    made.setReach(100)
    made.setMarks(0, 99)
    made.setResult((40, 99), 20)
    return shown(qtbot, made)


def colours(timeline: Timeline, y: int) -> list[str]:
    """What is seen in the middle of each frame, in one row of points."""
    image = timeline.grab().toImage()
    return [image.pixelColor(round(timeline.xOf(k + 0.5)), y).name() for k in range(100)]


def test_frames_beyond_the_clip_s_end_can_be_reached(grown, qtbot):
    with qtbot.waitSignal(grown.positionRequested) as asked:
        QTest.mouseClick(grown, LEFT, pos=QPoint(round(grown.xOf(90.5)), 8))

    assert asked.args == [90]


def test_decided_frames_of_the_result_fill_its_band(grown):
    band = colours(grown, grown.height() - 4)

    assert set(band[41:59]) == {theme.KEPT.name()}
    assert theme.KEPT.name() not in band[:40]
    assert theme.KEPT.name() not in band[60:]
    assert band[30] != band[80]  # the rest of the range is seen as well


def test_new_frames_are_marked_as_such(grown):
    top_of_film = grown._film().top()

    marked = colours(grown, top_of_film)

    assert set(marked[52:98]) == {theme.KEPT.name()}
    assert theme.KEPT.name() not in marked[:49]


def test_new_frames_are_asked_for_again_when_they_are_there(grown):
    grown.clearThumbnails()
    asked: list[int] = []
    grown.thumbnailsWanted.connect(asked.extend)
    grown.grab()
    new = [frame for frame in asked if frame >= 50]
    assert new
    assert 50 in new  # the film begins anew at the clip's end

    asked.clear()
    grown.refresh(range(50, 60))
    grown.grab()

    assert asked == [frame for frame in new if frame < 60]


def test_another_clip_forgets_the_result_s_frames(grown):
    grown.setLength(50, 25)

    assert grown.frameAt(grown.width()) == 49


@pytest.fixture
def tokens(qtbot) -> StepStrip:
    """Steps that are tokens: only some of many have a place."""
    made = shown(qtbot, StepStrip())
    for number in (255, 383, 511, 1023):
        made.addStep(number, np.full((64, 64, 3), 90, np.uint8), (number + 1) / 8192)
    return made


def test_steps_with_numbers_left_out_stand_side_by_side(tokens, qtbot):
    assert tokens.cells.cell(383).left() < tokens.cells.cell(511).left() < 300

    with qtbot.waitSignal(tokens.stepChosen) as chosen:
        QTest.mouseClick(tokens.cells, LEFT, pos=tokens.cells.cell(1023).center())

    assert chosen.args == [1023]


def test_arrow_keys_skip_what_is_left_out(tokens, qtbot):
    tokens.setCurrent(511)

    for key, number in (("Left", 383), ("Home", 255), ("End", 1023)):
        with qtbot.waitSignal(tokens.stepChosen) as chosen:
            QTest.keyClick(tokens.cells, getattr(Qt.Key, f"Key_{key}"))
        assert chosen.args == [number]


def test_steps_that_are_let_go_leave_no_gap(tokens):
    first = tokens.cells.cell(255)

    tokens.keepSteps([511, 1023])

    assert tokens.cells.cell(511) == first


@pytest.mark.parametrize(
    ("pace", "eta", "words"),
    [
        (412.3, 1.55, "Token 384 of 1,024  ·  412 tokens/s  ·  1.6 s left"),
        (9.876, 64.0, "Token 384 of 1,024  ·  9.88 tokens/s  ·  1 min 04 s left"),
        (4321.0, 0.15, "Token 384 of 1,024  ·  4,321 tokens/s  ·  0.1 s left"),
        (None, None, "Token 384 of 1,024"),
    ],
)
def test_progress_of_tokens_in_words(qtbot, pace, eta, words):
    progress = shown(qtbot, JobProgress())

    progress.setProgress(384, 1024, eta, unit="token", pace=pace)

    assert progress.text.text() == words


def test_lens_takes_more_steps_than_16_bits_hold():
    tokens = np.array([[False, True]])
    late = np.array([[100_000, -1]], np.int32)

    lens = LensPicture(np.zeros_like(tokens), tokens, late, np.zeros((1, 2)), "kept")

    assert (
        _colours(lens)[0, 0].tolist()
        == _colours(
            LensPicture(np.zeros_like(tokens), tokens, late // 100_000, np.zeros((1, 2)), "kept")
        )[0, 0].tolist()
    )


def test_token_that_was_never_drawn_has_no_confidence_to_show():
    masked, from_the_user = np.array([[False, True]]), np.zeros((1, 2), np.bool_)
    kept, confidence = np.array([[3, -1]]), np.array([[0.7, 0]])

    colours = _colours(LensPicture(from_the_user, masked, kept, confidence, "confidence"))

    assert colours[0, 0].any()
    assert not colours[0, 1].any()
