"""A labelled slider with a number, for sizes: fine at the small end, coarse at the large one."""

from __future__ import annotations

from math import exp, log

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QSpinBox, QWidget

from studio import theme

_TICKS = 200


class SizeSlider(QWidget):
    """A size in pixels.

    Attributes:
        slider, number: the two controls; they always agree.

    Signals:
        valueChanged(int): by hand or through `setValue`, whenever the value is another.
    """

    valueChanged = Signal(int)

    def __init__(
        self,
        label: str = "Size",
        minimum: int = 1,
        maximum: int = 400,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._low, self._high = minimum, maximum
        self.number = QSpinBox()
        self.number.setRange(minimum, maximum)
        self.number.setSuffix(" px")
        self.number.lineEdit().setTextMargins(theme.FIELD_MARGIN_PX, 0, 0, 0)
        self.number.setAccessibleName(label)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, _TICKS)
        self.slider.setMinimumWidth(40)
        self.slider.setAccessibleName(f"{label} slider")
        self.label = QLabel(label)
        self.label.setProperty("role", "dim")
        self.label.setBuddy(self.number)

        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP_PX)
        row.addWidget(self.label)
        row.addWidget(self.slider, 1)
        row.addWidget(self.number)
        self.slider.valueChanged.connect(lambda tick: self.number.setValue(self._size_at(tick)))
        self.number.valueChanged.connect(self._follow)

    def value(self) -> int:
        return self.number.value()

    def setValue(self, value: int) -> None:
        self.number.setValue(value)

    def _follow(self, value: int) -> None:
        blocked = self.slider.blockSignals(True)
        self.slider.setValue(self._tick_at(value))
        self.slider.blockSignals(blocked)
        self.valueChanged.emit(value)

    def _size_at(self, tick: int) -> int:
        """Equal ways of the slider multiply the size equally."""
        return round(exp(log(self._low) + log(self._high / self._low) * tick / _TICKS))

    def _tick_at(self, size: int) -> int:
        return round(_TICKS * log(size / self._low) / log(self._high / self._low))

    def sizeHint(self) -> QSize:
        return QSize(220, theme.CONTROL_PX)
