"""The middle of the window: the canvas, and a thin bar with what lies over the picture."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.margins import NONE
from core.window import Window
from studio import theme
from studio.observable import bind, watch
from studio.panels.candidates import CandidatesPopover
from studio.panels.compare_bar import CompareBar, CompareButton
from studio.panels.key_bar import KeyBar
from studio.panels.lens_bar import LensBar
from studio.panels.welcome import WelcomePage
from studio.panels.window_actions import Actions, tool_button
from studio.state.compare.compared import Half
from studio.state.compare.comparing import Shown
from studio.state.notices import Notice as Told
from studio.state.studio import Studio
from studio.state.takes.result import Veil
from studio.state.tools import LARGEST_BRUSH, SMALLEST_BRUSH, WITH_TIP
from studio.widgets.clip_view import ClipView
from studio.widgets.comparison import Comparison, Side
from studio.widgets.notice import Notice
from studio.widgets.pictures import Picture
from studio.widgets.size_slider import SizeSlider
from studio.widgets.tight_bar import TightBar
from studio.widgets.veil import VeilPicture

_NUMBER_PX = 78
_LEAST_PX, _ROOMY_PX = 600, 700  # of the bar: below the latter it has no labels


class Canvas(QWidget):
    """Attributes:
    view: the canvas itself. notice: the sentence that lies over its top edge.
    brush_size, hardness, tolerance, contiguous: of the tool in hand, each there while it has one.
    lens_button, compare_button: in the bar above it.
    compare: which two pictures are compared; there while they are.
    lens_bar: what the lens shows, and the tokens; there while it is on.
    candidates: what a token could be, beside it.
    keys: what the keys do while one draws by keyboard.
    welcome: where one begins; over the canvas while there is no clip.
    """

    def __init__(self, studio: Studio, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.view: ClipView = ClipView()
        self.notice = Notice()
        self.brush_size = SizeSlider("Size", SMALLEST_BRUSH, LARGEST_BRUSH)
        self.hardness = _number("Hardness", 100, " %")
        self.tolerance = _number("Tolerance", 255, "")
        self.contiguous = QCheckBox("Connected only")
        self.lens_button: QToolButton = tool_button(actions["lens"])
        self.compare_button: CompareButton = CompareButton(studio, actions)
        self.compare = CompareBar(studio, actions)
        self._drawn: list[Picture] = []  # the last two of a comparison
        self.lens_bar: LensBar = LensBar(studio, actions, self.view)
        self.candidates = CandidatesPopover(studio, self.view, self)
        self.keys = KeyBar(studio.tools, self.view)
        self.zoom = QLabel()
        self.welcome = WelcomePage(studio, actions, lambda path: studio.opening.open([path]))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._bar(actions))
        column.addLayout(self._picture(), 1)
        self._bind_view()
        self._bind_bar()
        self._bind_notice()

    def _bar(self, actions: Actions) -> QWidget:
        self.zoom.setFont(theme.font(theme.SMALL_PX, tabular=True))
        self.zoom.setProperty("role", "dim")
        self.zoom.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.zoom.setMinimumWidth(44)
        self.zoom.setAccessibleName("Zoom")
        self.brush_size.setMaximumWidth(210)
        self.brush_size.setContentsMargins(0, 0, theme.GAP_PX, 0)
        hardness, tolerance = _label(self.hardness), _label(self.tolerance)
        self._hardness_row = _row(hardness, self.hardness)
        self._tolerance_row = _row(tolerance, self.tolerance)
        self.contiguous.setToolTip("Otherwise everything that has the colour.")
        bar = TightBar(_LEAST_PX, _ROOMY_PX)
        bar.spare(self.brush_size.label, hardness, tolerance)
        row = QHBoxLayout(bar)
        row.setContentsMargins(theme.GAP_PX, 3, theme.GAP_PX, 3)
        row.setSpacing(2)
        row.addWidget(self.brush_size)
        for part in (self._hardness_row, self._tolerance_row, self.contiguous):
            row.addWidget(part)
        row.addStretch(1)
        for button in (
            tool_button(actions["mask_shown"]),
            tool_button(actions["onion"]),
            self.lens_button,
            self.compare_button,
        ):
            row.addWidget(button)
        row.addSpacing(2 * theme.GAP_PX)
        row.addWidget(tool_button(actions["zoom_out"]))
        row.addWidget(self.zoom)
        for name in ("zoom_in", "fit", "actual_size"):
            row.addWidget(tool_button(actions[name]))
        return bar

    def _picture(self) -> QGridLayout:
        """The notice lies over the picture, so that nothing moves when it comes and goes."""
        layers = QGridLayout()
        layers.addWidget(self.view, 0, 0)
        layers.addWidget(self.welcome, 0, 0)
        layers.addWidget(self.notice, 0, 0, Qt.AlignmentFlag.AlignTop)
        below = QVBoxLayout()
        below.setSpacing(0)
        for bar in (self.keys, self.compare, self.lens_bar):
            below.addWidget(bar, 0, Qt.AlignmentFlag.AlignHCenter)
        layers.addLayout(below, 0, 0, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignHCenter)
        return layers

    def _bind_view(self) -> None:
        studio, view = self._studio, self.view
        bind(studio.stage, "picture", view.setFrame)
        bind(studio.comparing, "shown", self._show_comparison)
        watch(studio.comparing, "position upright", self._show_divider)
        view.wiped.connect(lambda position: setattr(studio.comparing, "position", position))
        bind(studio.stage, "mask", view.setMask)
        watch(studio.stage, "window", self._show_window)
        watch(studio.comparing, "mode", self._show_window)
        watch(studio.tools, "tool", self._show_window)
        bind(studio.stage, "veil", self._show_veil)
        watch(studio.tools, "tool brush_size hardness", self._show_brush)
        watch(studio.tools, "tolerance contiguous", self._show_wand)
        bind(studio.tools, "by_keyboard", view.setKeyCursor)
        view.keyCursorLeft.connect(lambda: setattr(studio.tools, "by_keyboard", False))
        bind(studio.stage, "onion", lambda masks: view.setOnion(*masks))
        view.selectRequested.connect(self._select)
        view.hardnessRequested.connect(studio.tools.harden_brush)
        view.toleranceChanged.connect(lambda value: setattr(studio.tools, "tolerance", value))
        view.strokeStarted.connect(studio.playback.pause)
        view.strokeFinished.connect(self._paint)
        view.windowEditFinished.connect(lambda rect: studio.framing.drag(*rect.getRect()))
        watch(studio.session, "clip", self._show_edges)
        watch(studio.recipe, "bundle", self._show_edges)
        view.canvasEdited.connect(studio.growing.extend)
        view.spaceTapped.connect(studio.playback.toggle)
        view.brushSizeRequested.connect(studio.tools.resize_brush)

    def _bind_bar(self) -> None:
        studio = self._studio
        bind(studio.tools, "brush_size", self.brush_size.setValue, self.brush_size.valueChanged)
        bind(studio.tools, "hardness", self.hardness.setValue, self.hardness.valueChanged)
        bind(studio.tools, "tolerance", self.tolerance.setValue, self.tolerance.valueChanged)
        bind(studio.tools, "contiguous", self.contiguous.setChecked, self.contiguous.toggled)
        watch(studio.tools, "tool", self._show_options)
        self.view.zoomed.connect(lambda scale: self.zoom.setText(f"{scale:.0%}"))

    def _bind_notice(self) -> None:
        notices = self._studio.notices
        bind(notices, "current", self._show_notice)
        self.notice.actionTriggered.connect(notices.act)
        self.notice.closed.connect(notices.dismiss)

    def _show_notice(self, told: Told | None) -> None:
        if told is None:
            self.notice.clear()
        else:
            self.notice.post(told.text, told.kind, told.action)
            self.notice.raise_()

    def _paint(self, mask: np.ndarray) -> None:
        session, number = self._studio.session, self._studio.stage.number
        self._studio.masks.paint(session.nearest(number), mask)

    def _select(self, scribble: np.ndarray, painted: bool) -> None:
        studio = self._studio
        picture, number = studio.stage.picture, studio.session.nearest(studio.stage.number)
        if picture is not None:
            studio.playback.pause()
            studio.selecting.select(number, picture, scribble, painted=painted)

    def _show_options(self) -> None:
        tool = self._studio.tools.tool
        shown = {
            self.brush_size: tool in WITH_TIP,
            self._hardness_row: tool in ("brush", "eraser"),
            self._tolerance_row: tool == "wand",
            self.contiguous: tool == "wand",
        }
        # First what goes: all of them together would make the window wider.
        for part in sorted(shown, key=shown.__getitem__):
            part.setVisible(shown[part])

    def _show_comparison(self, shown: Shown | None) -> None:
        if shown is None:
            self._drawn = []
            self.view.setComparison(None)
            return
        sides = [Side(self._drawable(half), half.title, half.live) for half in shown.halves]
        self._drawn = [*(side.picture for side in sides if side.picture), *self._drawn][:2]
        self.view.setComparison(Comparison(shown.layout, tuple(sides)))

    def _drawable(self, half: Half) -> Picture | None:
        """The same one for the same pixels: what it is reduced to for the screen stays."""
        if half.picture is None:
            return None
        known = [picture for picture in self._drawn if picture.rgb is half.picture]
        return known[0] if known else Picture(half.picture)

    def _show_divider(self) -> None:
        comparing = self._studio.comparing
        self.view.setDivider(comparing.position, upright=comparing.upright)

    def _show_window(self) -> None:
        """Its dark surroundings would lie over what is compared."""
        window, tool = self._studio.stage.window, self._studio.tools.tool
        if window is None or (self._studio.comparing.mode != "off" and tool != "window"):
            self.view.setWindow(None)
        else:
            self.view.setWindow(_rect(window), window.model_width / window.model_height)

    def _show_edges(self) -> None:
        clip, growing = self._studio.session.clip, self._studio.growing
        self.view.edges.set(clip.margins if clip else NONE, growable=not growing.obstacle)

    def _show_veil(self, veil: Veil | None) -> None:
        if veil is None:
            self.view.setVeil(None)
        else:
            self.view.setVeil(VeilPicture(veil.dark, veil.undecided), _rect(veil.window))

    def _show_brush(self) -> None:
        tools = self._studio.tools
        self.view.setBrush(tools.tool, tools.brush_size, tools.hardness / 100)
        self.view.setWindowEditable(tools.tool == "window")

    def _show_wand(self) -> None:
        tools = self._studio.tools
        self.view.setWand(tools.tolerance, contiguous=tools.contiguous)


def _number(name: str, most: int, unit: str) -> QSpinBox:
    number = QSpinBox()
    number.setRange(0, most)
    number.setSuffix(unit)
    number.setAccessibleName(name)
    number.lineEdit().setTextMargins(theme.FIELD_MARGIN_PX, 0, 0, 0)
    number.setFixedWidth(_NUMBER_PX)
    return number


def _label(number: QSpinBox) -> QLabel:
    name = QLabel(number.accessibleName())
    name.setProperty("role", "dim")
    name.setBuddy(number)
    number.setToolTip(number.accessibleName())
    return name


def _row(*parts: QWidget) -> QWidget:
    """A number with its name before it."""
    whole = QWidget()
    row = QHBoxLayout(whole)
    row.setContentsMargins(0, 0, theme.GAP_PX, 0)
    row.setSpacing(theme.GAP_PX)
    for part in parts:
        row.addWidget(part)
    return whole


def _rect(window: Window) -> QRect:
    return QRect(window.left, window.top, window.width, window.height)
