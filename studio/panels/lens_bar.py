"""The token lens over the picture: what it shows, the token under the cursor, marks on many."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from core.token_edits import FREE, Place
from studio import theme
from studio.observable import bind, watch
from studio.panels.window_actions import Actions, button_tooltip, tool_button
from studio.state.studio import Studio
from studio.state.tokens.token_frame import TokenFrame, described
from studio.state.tools import LENS_MODES, MARKING, LensMode
from studio.widgets.clip_view import ClipView
from studio.widgets.token_legend import LensLegend
from studio.widgets.token_lens import LensPicture
from studio.widgets.token_picker import NOWHERE, Cell

_READOUT_PX = 215  # for the longest that is said of a token
_HINT = "Click a token to see what it could be"


class LensBar(QFrame):
    """Two lines over the picture's lower edge; there while the lens is on.

    Attributes:
        legend: what the colours mean. mode: what is shown.
        readout: the token that is pointed at or looked at, in words.
        through_time: whether marks go to all frames. clear, go_on: of the marks that there are.
    """

    def __init__(
        self, studio: Studio, actions: Actions, view: ClipView, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._studio, self._view, self._cell = studio, view, NOWHERE
        self.legend, self.mode, self.readout = LensLegend(), QComboBox(), QLabel()
        self.through_time = QCheckBox("All frames")
        self.clear = _button(actions["unmark_tokens"], "Clear")
        self.go_on = _button(actions["repaint_tokens"], "Continue")
        self._lay_out(actions)
        self._bind_lens()
        self._bind_marks()

    def pick(self) -> None:
        """Look at a token from the keyboard: the one that was looked at, or the middle one."""
        self._studio.playback.pause()
        self._studio.tools.lens = True
        tokens, pick = self._tokens, self._view.tokens
        if tokens is not None:
            height, width = tokens.given.shape
            if pick.chosen == NOWHERE:
                pick.choose((height // 2, width // 2))
            self._view.setFocus()

    def _lay_out(self, actions: Actions) -> None:
        self.setProperty("floating", True)
        self.mode.setAccessibleName("What the lens shows")
        for mode, words in LENS_MODES.items():
            self.mode.addItem(words, mode)
        self.readout.setFont(theme.font(theme.SMALL_PX, tabular=True))
        self.readout.setMinimumWidth(_READOUT_PX)
        self.readout.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.readout.setAccessibleName("Token")
        self.through_time.setToolTip("Marks go to the tokens of all frames at the same place.")
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP_PX, 4, 4, 4)
        column.setSpacing(2)
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.legend)
        first.addStretch(1)
        first.addSpacing(theme.GAP_PX)
        first.addWidget(self.mode)
        second.addWidget(self.readout, 1)
        for name in MARKING:
            second.addWidget(tool_button(actions[name]))
        for part in (self.through_time, self.clear, self.go_on):
            second.addWidget(part)
        column.addLayout(first)
        column.addLayout(second)

    def _bind_lens(self) -> None:
        studio, view = self._studio, self._view
        bind(studio.tools, "lens", self.setVisible)
        bind(studio.tools, "lens_mode", self._choose_mode)
        self.mode.activated.connect(
            lambda row: setattr(studio.tools, "lens_mode", self.mode.itemData(row))
        )
        watch(studio.stage, "tokens", self._show)
        watch(studio.tools, "lens_mode", self._show)
        watch(studio.token_marks, "edits", self._show)
        view.tokenPointed.connect(self._point)
        view.tokenChosen.connect(self._choose)
        view.tokenAsked.connect(lambda *cell: studio.candidates.ask(self._place(cell)))
        watch(studio.candidates, "place", self._follow_place)

    def _bind_marks(self) -> None:
        tools = self._studio.tools
        bind(tools, "through_time", self.through_time.setChecked, self.through_time.toggled)
        watch(tools, "tool", self._show_marking)
        watch(self._studio.token_marks, "edits", self._show_marking)
        self._view.tokensMarked.connect(self._mark)

    @property
    def _tokens(self) -> TokenFrame | None:
        shown = self._studio.stage.tokens
        return None if shown is None else shown[0]

    def _place(self, cell: Cell) -> Place:
        tokens = self._tokens
        return (tokens.number if tokens else 0, *cell)

    def _choose_mode(self, mode: LensMode) -> None:
        self.mode.setCurrentIndex(self.mode.findData(mode))
        self.legend.setMode(mode)

    def _show(self) -> None:
        shown, edits = self._studio.stage.tokens, self._studio.token_marks.edits
        if shown is None:
            self._view.setLens(None)
        else:
            tokens, window = shown
            marks = None if edits is None else edits.marks[tokens.number]
            picture = LensPicture(
                tokens.given,
                tokens.masked,
                tokens.kept_at,
                tokens.confidence,
                self._studio.tools.lens_mode,
                tokens.step,
                marks,
            )
            rect = QRect(window.left, window.top, window.width, window.height)
            self._view.setLens(picture, rect)
            self.legend.setMarks([] if marks is None else np.unique(marks[marks != FREE]).tolist())
        self._read()

    def _point(self, row: int, column: int) -> None:
        """Off the grid, the token that is looked at is read again."""
        cell = row, column
        self._cell = self._view.tokens.chosen if cell == NOWHERE else cell
        self._read()

    def _read(self) -> None:
        """The token that was pointed at or gone to last."""
        tokens, cell = self._tokens, self._cell
        inside = tokens is not None and cell != NOWHERE and cell[0] < len(tokens.given)
        words = described(tokens, *cell, self._studio.generation.unit) if tokens and inside else ""
        self.readout.setText(words or _HINT)
        self.readout.setToolTip(words)

    def _choose(self, row: int, column: int) -> None:
        cell = row, column
        self._studio.candidates.look_at(None if cell == NOWHERE else self._place(cell))
        self._cell = self._view.tokens.pointed if cell == NOWHERE else cell
        self._read()
        if cell != NOWHERE:
            self._view.keys.say(self.readout.text())

    def _follow_place(self) -> None:
        """A token of another frame is looked at no more."""
        place = self._studio.candidates.place
        if place is None:
            self._view.tokens.choose(NOWHERE)

    def _mark(self, places: np.ndarray, mark: int) -> None:
        studio, tokens = self._studio, self._tokens
        edits = studio.token_marks.edits
        if tokens is None or edits is None:
            return
        everywhere = np.zeros(edits.grid, bool)
        frames = slice(None) if studio.tools.through_time else tokens.number
        everywhere[frames] = places
        studio.token_marks.mark(everywhere, mark)
        self._show()  # what was shown while it was drawn may not be what counts

    def _show_marking(self) -> None:
        edits = self._studio.token_marks.edits
        count = 0 if edits is None else int((edits.marks != FREE).sum())
        self.go_on.setText(f"Continue with {count:,}" if count else "Continue")
        for part in (self.clear, self.go_on):
            part.setVisible(bool(count))
        self.through_time.setVisible(self._studio.tools.tool in MARKING)


def _button(action: QAction, text: str) -> QPushButton:
    """A small button with a shorter text than its action."""
    button = QPushButton(text)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.clicked.connect(action.trigger)
    action.changed.connect(lambda: button.setEnabled(action.isEnabled()))
    button.setEnabled(action.isEnabled())
    button_tooltip(button, action)
    return button
