"""A form built from the options of a decoder, a writer or a job."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QToolButton,
    QWidget,
)

from core.options import Option, Value
from studio import theme

# Whole numbers that a double spin box still shows exactly; a plain one ends at 2**31.
_MOST = float(2**53)
_DECIMALS = 6


class OptionForm(QWidget):
    """One row per option; advanced ones are folded away.

    Attributes:
        controls: the control of each option, by the option's name.

    Signals:
        changed(): the user changed a value. `setValues` does not emit it.
    """

    changed = Signal()

    def __init__(self, schema: tuple[Option, ...] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.controls: dict[str, QWidget] = {}
        self._schema: tuple[Option, ...] = ()
        self._labels: dict[str, QLabel] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.GAP_PX)
        self._grid.setVerticalSpacing(theme.GAP_PX - 2)
        self._grid.setColumnStretch(1, 1)
        self.unfold = QToolButton()
        self.unfold.setText("Advanced")
        self.unfold.setAccessibleName("Show advanced options")
        self.unfold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.unfold.setCheckable(True)
        self.unfold.setProperty("fold", True)
        self.unfold.toggled.connect(self._show_advanced)
        self.changed.connect(self._show_what_counts)
        self.setSchema(schema)

    def setLabelWidth(self, width: int) -> None:
        """Makes the labels so wide at least, to align the form with what is around it."""
        self._grid.setColumnMinimumWidth(0, width)

    def setSchema(self, schema: tuple[Option, ...]) -> None:
        """Shows other options, at their defaults."""
        self._clear()
        self._schema = schema
        plain = [option for option in schema if not option.advanced]
        advanced = [option for option in schema if option.advanced]
        for row, option in enumerate(plain):
            self._add_row(row, option)
        self._grid.addWidget(self.unfold, len(plain), 0, 1, 2)
        for row, option in enumerate(advanced, len(plain) + 1):
            self._add_row(row, option)
        self.unfold.setVisible(bool(advanced))
        self._order_tabs(*([self.controls[o.name] for o in part] for part in (plain, advanced)))
        self._show_advanced(self.unfold.isChecked())

    def values(self) -> dict[str, Value]:
        """The value of every option, by name."""
        return {option.name: _read(self.controls[option.name], option) for option in self._schema}

    def setValues(self, values: Mapping[str, Value]) -> None:
        """Shows these values; options that are not named keep theirs, unknown names are passed
        over, so a form may be filled from the request of another decoder."""
        for option in self._schema:
            if option.name in values:
                control = self.controls[option.name]
                blocked = control.blockSignals(True)
                _write(control, values[option.name])
                control.blockSignals(blocked)
        self._show_what_counts()

    def _control(self, option: Option) -> QWidget:
        control = _made(option)
        _write(control, option.default)
        control.setToolTip(option.help)
        control.setAccessibleName(option.label)
        control.setAccessibleDescription(option.help)
        _changed_signal(control).connect(lambda *_: self.changed.emit())
        return control

    def _add_row(self, row: int, option: Option) -> None:
        label = QLabel(option.label)
        label.setProperty("role", "dim")
        label.setToolTip(option.help)
        control = self._control(option)
        label.setBuddy(control)
        self._labels[option.name], self.controls[option.name] = label, control
        self._grid.addWidget(label, row, 0)
        self._grid.addWidget(control, row, 1)

    def _order_tabs(self, plain: list[QWidget], advanced: list[QWidget]) -> None:
        """Controls that are made anew come in their place of the window, and not at its end.

        What was there before is the button between them: they follow it, and then it goes on.
        """
        for before, after in pairwise([self.unfold, *plain]):
            QWidget.setTabOrder(before, after)
        for before, after in pairwise([*plain[-1:], self.unfold, *advanced]):
            QWidget.setTabOrder(before, after)

    def _clear(self) -> None:
        for widget in (*self._labels.values(), *self.controls.values()):
            self._grid.removeWidget(widget)
            widget.setParent(None)
            widget.deleteLater()
        self._labels.clear()
        self.controls.clear()
        self._grid.removeWidget(self.unfold)

    def _show_advanced(self, shown: bool) -> None:
        theme.set_icon(self.unfold, "chevron-down" if shown else "chevron-right", "plain")
        self._show_what_counts()

    def _show_what_counts(self) -> None:
        """Hides what is folded away, and what has no effect beside the other values."""
        for option in self._schema:
            shown = self.unfold.isChecked() or not option.advanced
            if option.when is not None:
                name, value = option.when
                shown = shown and self.values()[name] == value
            self._labels[option.name].setVisible(shown)
            self.controls[option.name].setVisible(shown)


class NumberBox(QDoubleSpinBox):
    """A spin box that writes numbers without idle zeros and leaves the wheel to the panel.

    A wheel over a form scrolls it; it must not change a value in passing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setKeyboardTracking(False)
        self.lineEdit().setTextMargins(theme.FIELD_MARGIN_PX, 0, 0, 0)

    def textFromValue(self, value: float) -> str:
        text = f"{value:.{self.decimals()}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return text.replace(".", self.locale().decimalPoint())

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def _made(option: Option) -> QWidget:
    if option.kind == "bool":
        return QCheckBox()
    if option.kind == "text":
        return QLineEdit()
    if option.kind == "choice":
        box = QComboBox()
        box.addItems(option.choices)
        return box
    number = NumberBox()
    number.setDecimals(0 if option.kind == "int" else _DECIMALS)
    number.setRange(
        -_MOST if option.minimum is None else option.minimum,
        _MOST if option.maximum is None else option.maximum,
    )
    number.setSingleStep(option.step or (1 if option.kind == "int" else 0.1))
    return number


def _read(control: QWidget, option: Option) -> Value:
    match control:
        case QCheckBox():
            return control.isChecked()
        case QLineEdit():
            return control.text()
        case QComboBox():
            return control.currentText()
        case QDoubleSpinBox():
            return round(control.value()) if option.kind == "int" else control.value()
    raise TypeError(f"no way to read {type(control).__name__}")


def _write(control: QWidget, value: Value) -> None:
    match control:
        case QCheckBox():
            control.setChecked(bool(value))
        case QLineEdit():
            control.setText(str(value))
        case QComboBox():
            control.setCurrentText(str(value))
        case QDoubleSpinBox():
            control.setValue(float(value))


def _changed_signal(control: QWidget) -> SignalInstance:
    match control:
        case QCheckBox():
            return control.toggled
        case QLineEdit():
            return control.textChanged
        case QComboBox():
            return control.currentTextChanged
        case QDoubleSpinBox():
            return control.valueChanged
    raise TypeError(f"no signal known for {type(control).__name__}")
