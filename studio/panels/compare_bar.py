"""The button that compares two pictures, and over the canvas which two, and how they are seen."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QFrame,
    QHBoxLayout,
    QMenu,
    QSpinBox,
    QToolButton,
    QWidget,
)

from studio import theme
from studio.observable import bind, watch
from studio.panels.window_actions import Actions, tool_button
from studio.state.compare.comparing import FASTEST, LEAST_GAIN, MOST_GAIN, SLOWEST
from studio.state.studio import Studio
from studio.widgets.choice_box import ChoiceBox
from studio.widgets.difference_legend import DifferenceLegend

_MODES = ("compare_off", "wipe", "beside", "difference", "flicker")


class CompareButton(QToolButton):
    """How two pictures are compared, as a menu behind the icon of the way that is chosen."""

    def __init__(self, studio: Studio, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._comparing = studio.comparing
        self.setText("Compare")
        self.setAccessibleName("Compare two pictures")
        self.setToolTip("Compare two pictures: the original, the result, a decode step …")
        self.setIconSize(QSize(theme.ICON_PX, theme.ICON_PX))
        self.setAutoRaise(True)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        for name in _MODES:
            menu.addAction(actions[name])
        menu.addSeparator()
        menu.addAction(actions["compare_step"])
        self.setMenu(menu)
        watch(self._comparing, "mode", self._show_mode)
        self.clicked.connect(self._show_mode)  # a click opens the menu; it checks nothing

    def _show_mode(self) -> None:
        mode = self._comparing.mode
        theme.set_icon(self, "wipe" if mode == "off" else mode)
        self.setChecked(mode != "off")


class CompareBar(QFrame):
    """Attributes:
    left, right: what the sides are.
    gain, signed, legend: of a difference, rate: of the flicker; each there while it is of use.
    """

    def __init__(self, studio: Studio, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.left, self.right = ChoiceBox("Left side"), ChoiceBox("Right side")
        self.gain, self.rate = QSpinBox(), QDoubleSpinBox()
        self.signed = QCheckBox("Signed")
        self.legend = DifferenceLegend()
        self.turn = tool_button(actions["wipe_turn"])
        self._name()
        self.setProperty("floating", True)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.GAP_PX, 4, 4, 4)
        row.addWidget(self.left)
        row.addWidget(tool_button(actions["swap_sides"]))
        row.addWidget(self.right)
        for part in (self.turn, self.gain, self.signed, self.legend, self.rate):
            row.addWidget(part)
        self._bind()

    def _name(self) -> None:
        self.gain.setRange(LEAST_GAIN, MOST_GAIN)
        self.gain.setPrefix("× ")
        self.gain.setAccessibleName("Gain")
        self.gain.setToolTip("Differences are multiplied by this.")
        self.signed.setToolTip("Tells apart where the right side is brighter and where darker.")
        self.rate.setRange(SLOWEST, FASTEST)
        self.rate.setSingleStep(0.5)
        self.rate.setDecimals(1)
        self.rate.setSuffix(" / s")
        self.rate.setAccessibleName("Changes a second")
        self.rate.setToolTip("How often a second the side changes.")
        for number in (self.gain, self.rate):
            number.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            number.lineEdit().setTextMargins(theme.FIELD_MARGIN_PX, 0, 0, 0)

    def _bind(self) -> None:
        comparing = self._studio.comparing
        self.left.chosen.connect(lambda side: comparing.choose("left", side))
        self.right.chosen.connect(lambda side: comparing.choose("right", side))
        watch(comparing, "left right entries", self._show_sides)
        bind(comparing, "gain", self.gain.setValue, self.gain.valueChanged)
        bind(comparing, "signed", self.signed.setChecked, self.signed.toggled)
        bind(comparing, "rate", self.rate.setValue, self.rate.valueChanged)
        watch(comparing, "gain signed", self._show_legend)
        watch(comparing, "mode", self._show_mode)

    def _show_sides(self) -> None:
        comparing = self._studio.comparing
        self.left.show_entries(comparing.entries, comparing.left)
        self.right.show_entries(comparing.entries, comparing.right)

    def _show_legend(self) -> None:
        comparing = self._studio.comparing
        self.legend.setDifference(comparing.gain, signed=comparing.signed)

    def _show_mode(self) -> None:
        mode = self._studio.comparing.mode
        for part in (self.gain, self.signed, self.legend):
            part.setVisible(mode == "difference")
        self.turn.setVisible(mode == "wipe")
        self.rate.setVisible(mode == "flicker")
        self.setVisible(mode != "off")
