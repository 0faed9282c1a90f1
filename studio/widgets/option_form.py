"""A form built from the options of a decoder, a writer or a job."""

from __future__ import annotations

from collections.abc import Mapping

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
    QVBoxLayout,
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
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.GAP_PX)
        self.unfold = QToolButton()
        self.unfold.setText("Advanced")
        self.unfold.setAccessibleName("Show advanced options")
        self.unfold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.unfold.setCheckable(True)
        self.unfold.setProperty("fold", True)
        self.unfold.toggled.connect(self._show_advanced)
        self._plain, self._advanced = QWidget(), QWidget()
        for part in (self._plain, self.unfold, self._advanced):
            self._column.addWidget(part)
        self.setSchema(schema)

    def setSchema(self, schema: tuple[Option, ...]) -> None:
        """Shows other options, at their defaults."""
        self._schema = schema
        self.controls = {option.name: self._control(option) for option in schema}
        self._plain = self._replaced(self._plain, [o for o in schema if not o.advanced])
        self._advanced = self._replaced(self._advanced, [o for o in schema if o.advanced])
        self.unfold.setVisible(any(o.advanced for o in schema))
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

    def _control(self, option: Option) -> QWidget:
        control = _made(option)
        _write(control, option.default)
        control.setToolTip(option.help)
        control.setAccessibleName(option.label)
        control.setAccessibleDescription(option.help)
        _changed_signal(control).connect(lambda *_: self.changed.emit())
        return control

    def _replaced(self, old: QWidget, options: list[Option]) -> QWidget:
        part = QWidget()
        part.setVisible(False)
        grid = QGridLayout(part)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.GAP_PX)
        grid.setVerticalSpacing(theme.GAP_PX - 2)
        grid.setColumnStretch(0, 2)
        grid.setColumnStretch(1, 3)
        for row, option in enumerate(options):
            label = QLabel(option.label)
            label.setProperty("role", "dim")
            label.setToolTip(option.help)
            label.setBuddy(self.controls[option.name])
            grid.addWidget(label, row, 0)
            grid.addWidget(self.controls[option.name], row, 1)
        self._column.replaceWidget(old, part)
        old.setParent(None)
        old.deleteLater()
        part.setVisible(bool(options))
        return part

    def _show_advanced(self, shown: bool) -> None:
        self.unfold.setIcon(theme.icon("chevron-down" if shown else "chevron-right"))
        self._advanced.setVisible(shown and any(o.advanced for o in self._schema))


class NumberBox(QDoubleSpinBox):
    """A spin box that writes numbers without idle zeros and leaves the wheel to the panel.

    A wheel over a form scrolls it; it must not change a value in passing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setKeyboardTracking(False)

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
