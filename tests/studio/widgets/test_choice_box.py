"""A list with reasons, and forms that show what counts."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from core.media.shaping import ShapeOptions
from core.options import schema
from studio.widgets.choice_box import ChoiceBox
from studio.widgets.option_form import OptionForm

ENTRIES = {"a": ("First", ""), "b": ("Second", "Not today."), "c": ("Third", "")}


def test_entries_that_cannot_be_chosen_say_why(qtbot) -> None:
    box, told = ChoiceBox("Things"), []
    qtbot.addWidget(box)
    box.chosen.connect(told.append)

    box.show_entries(ENTRIES, "a")
    box.choose("b")
    box.choose("c")

    assert told == ["c"]
    assert box.name == "c"
    assert box.obstacle("b") == "Not today."
    index = box.model().index(1, 0)
    assert box.model().data(index, Qt.ItemDataRole.ToolTipRole) == "Not today."
    assert not box.model().flags(index) & Qt.ItemFlag.ItemIsEnabled


def test_showing_is_no_choice_and_the_reason_of_the_shown_one_is_its_tooltip(qtbot) -> None:
    box, told = ChoiceBox("Things"), []
    qtbot.addWidget(box)
    box.chosen.connect(told.append)

    box.show_entries(ENTRIES, "b")

    assert told == []
    assert box.toolTip() == "Not today."
    box.show_entries({name: (text, "No.") for name, (text, _) in ENTRIES.items()}, "a")
    assert not box.isEnabled()


def test_arrow_keys_pass_over_what_cannot_be_chosen(qtbot) -> None:
    box = ChoiceBox("Things")
    qtbot.addWidget(box)
    box.show_entries(ENTRIES, "a")

    qtbot.keyClick(box, Qt.Key.Key_Down)

    assert box.name == "c"


def test_wheel_in_passing_changes_nothing(qtbot) -> None:
    box = ChoiceBox("Things")
    qtbot.addWidget(box)
    box.show_entries(ENTRIES, "a")
    point, none = QPointF(5, 5), Qt.KeyboardModifier.NoModifier
    wheel = QWheelEvent(
        point, point, QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton, none,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip

    QApplication.sendEvent(box, wheel)

    assert box.name == "a"


def test_form_shows_what_has_an_effect(qtbot) -> None:
    form = OptionForm(schema(ShapeOptions))
    qtbot.addWidget(form)
    form.show()

    def shown() -> set[str]:
        return {name for name, control in form.controls.items() if control.isVisible()}

    assert shown() == {"size", "rate"}
    form.controls["size"].setCurrentText("custom")
    assert shown() == {"size", "rate", "width", "height", "fit"}
    form.unfold.click()
    assert "multiple" in shown()
    form.setValues({"size": "720p"})
    assert shown() == {"size", "rate", "multiple"}
