"""Beside a token: what else it could be, and what shall become of it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.requests import Candidates
from core.token_edits import AGAIN, FREE, KEPT
from studio import theme
from studio.observable import bind, watch
from studio.state.studio import Studio
from studio.state.tokens.token_candidates import COUNT, Pictures
from studio.state.tokens.token_frame import described
from studio.widgets.candidate_list import CandidateList, Row
from studio.widgets.clip_view import ClipView

_WIDTH, _BESIDE, _MARGIN = 288, 10, 8
_MARKS = {AGAIN: "Decide again", KEPT: "Pin", FREE: "Unmark"}


class CandidatesPopover(QFrame):
    """Over the canvas, next to the token; there while its candidates are asked for.

    Attributes:
        list: the candidates. marks: buttons that mark the token, by their mark.
        said: how sure the model is, or why there is no answer.
    """

    def __init__(self, studio: Studio, view: ClipView, parent: QWidget) -> None:
        super().__init__(parent)
        self._studio, self._view, self._over = studio, view, parent
        self.list, self.said = CandidateList(COUNT), QLabel()
        self.title, self.close_ = QLabel(), QToolButton()
        self._about = QLabel()
        self.marks = {mark: QPushButton(words) for mark, words in _MARKS.items()}
        self.setProperty("floating", True)
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)
        self.setAccessibleName("Candidates of a token")
        self.setFixedWidth(_WIDTH)
        self.hide()
        self._lay_out()
        self._bind()

    def _lay_out(self) -> None:
        self.title.setFont(theme.font(theme.FONT_PX, bold=True, tabular=True))
        for label in (self._about, self.said):
            label.setFont(theme.font(theme.SMALL_PX))
            label.setProperty("role", "dim")
            label.setWordWrap(True)
        theme.set_icon(self.close_, "close")
        self.close_.setAutoRaise(True)
        self.close_.setAccessibleName("Close")
        self.close_.setToolTip("Close (Esc)")
        self.close_.clicked.connect(self._leave)
        top, below = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(self.close_)
        below.setSpacing(4)
        for mark, button in self.marks.items():
            button.clicked.connect(partial(self._mark, mark))
            below.addWidget(button, 1)
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN, 4, _MARGIN, _MARGIN)
        column.setSpacing(4)
        column.addLayout(top)
        for part in (self._about, self.list, self.said):
            column.addWidget(part)
        column.addLayout(below)

    def _bind(self) -> None:
        candidates, marks = self._studio.candidates, self._studio.token_marks
        bind(candidates, "found", self._show_found)
        bind(candidates, "pictures", self._show_pictures)
        watch(candidates, "waiting failure found", self._say)
        watch(candidates, "asked place", self._appear)
        watch(marks, "edits", self._show_marks)
        self.list.chosen.connect(self._use)
        self._view.zoomed.connect(lambda _scale: self._move_beside())
        self._view.installEventFilter(self)

    def _appear(self) -> None:
        candidates = self._studio.candidates
        if not candidates.asked or candidates.place is None:
            if self.isVisible() and self.isAncestorOf(self.focusWidget() or self):
                self._view.setFocus()
            self.hide()
            return
        self._describe()
        self._show_marks()
        self.show()
        self.raise_()
        self._fit()
        if self._view.tokens.by_keyboard:
            self.close_.setFocus()

    def _describe(self) -> None:
        shown, place = self._studio.stage.tokens, self._studio.candidates.place
        if shown is None or place is None:
            return
        words = described(shown[0], place[1], place[2], self._studio.generation.unit)
        first, *rest = words.split("  ·  ")
        self.title.setText(first)
        where = f"Row {place[1] + 1}, column {place[2] + 1}"
        self._about.setText("  ·  ".join([*rest, where]))

    def _show_found(self, found: Candidates | None) -> None:
        present = found.present if found else None
        listed = found.likeliest if found else ()
        self.list.setRows(
            [Row(c.token, c.probability, present is not None and c.token == present.token)
             for c in listed]
        )  # fmt: skip
        keyboard = self._view.tokens.by_keyboard
        if found is not None and self.isVisible() and keyboard:
            self.list.rows[0].setFocus()
        self._fit()

    def _show_pictures(self, pictures: Pictures) -> None:
        for number, pixels in pictures.items():
            self.list.setPicture(number, pixels.frames)

    def _say(self) -> None:
        candidates = self._studio.candidates
        found = candidates.found
        words = candidates.failure or candidates.waiting
        if found is not None and not words:
            listed = any(c.token == found.present.token for c in found.likeliest)
            choices = max(1, round(2**found.entropy))
            words = f"{found.entropy:.1f} bits of doubt, as among {choices:,} equal choices."
            if not listed:
                words += f" Now {found.present.token:,}, {found.present.probability:.2%}."
        self.said.setText(words)
        self.list.setVisible(not candidates.failure)
        self._fit()

    def _show_marks(self) -> None:
        """What cannot be done says why; the mark that the token has is pressed."""
        marks, place = self._studio.token_marks, self._studio.candidates.place
        if place is None or marks.edits is None:
            return
        now = int(marks.edits.marks[place])
        for mark, button in self.marks.items():
            obstacle = marks.obstacle_to(mark, place)
            if not obstacle and (mark == now or (mark == KEPT and now >= 0)):
                obstacle = (
                    "The token is not marked." if mark == FREE else "It is marked so already."
                )
            button.setEnabled(not obstacle)
            button.setToolTip(obstacle)

    def _use(self, token: int) -> None:
        found = self._studio.candidates.found
        present = found is not None and found.present.token == token
        self._mark(KEPT if present else token)

    def _mark(self, mark: int) -> None:
        place = self._studio.candidates.place
        if place is not None:
            self._studio.token_marks.mark_one(place, mark)

    def _leave(self) -> None:
        self._studio.candidates.leave()
        self._view.setFocus()

    def _fit(self) -> None:
        self._column.activate()
        self.resize(_WIDTH, self._column.totalHeightForWidth(_WIDTH))
        self._move_beside()

    def _move_beside(self) -> None:
        """Beside the grid where there is room, else beside the token, inside the view."""
        if not self.isVisible():
            return
        view, token = self._view, self._view.tokens.rect(self._view.tokens.chosen).toRect()
        room = view.rect().adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        lefts = [
            left
            for thing in (view.lensRect().toRect(), token)
            for left in (thing.right() + _BESIDE, thing.left() - _BESIDE - self.width())
        ]
        last = room.right() - self.width() + 1
        fitting = (left for left in lefts if room.left() <= left <= last)
        left = next(fitting, max(room.left(), last))
        top = max(room.top(), min(token.top(), room.bottom() - self.height() + 1))
        self.move(view.mapTo(self._over, QPoint(left, top)))

    # Qt overrides

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._view and event.type() == QEvent.Type.Resize and self.isVisible():
            self._move_beside()
        return False

    def event(self, event: QEvent) -> bool:
        # A window-wide shortcut on Esc (stop) would else take the key.
        if event.type() == QEvent.Type.ShortcutOverride and _is_escape(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if _is_escape(event):
            self._leave()
        else:
            super().keyPressEvent(event)


def _is_escape(event: QEvent) -> bool:
    return isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
