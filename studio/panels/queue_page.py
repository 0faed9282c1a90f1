"""The queue: what runs, what waits in which order and for how long, what needs a decision."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from studio import theme
from studio.observable import watch
from studio.panels.job_card import HaltedCard, RunningCard
from studio.panels.recipe import heading
from studio.panels.take_words import seeds_of, title_of
from studio.panels.window_actions import Actions, button_tooltip
from studio.state.studio import Studio
from studio.state.takes.entry import Entry
from studio.state.takes.gallery import Pick
from studio.widgets.progress import spoken
from studio.widgets.waiting_list import WaitingList, WaitingRow

_EMPTY = "Jobs that you generate while another one runs wait here for their turn."
_EVERY_MS = 500
"""How often it is said again when waiting jobs begin."""


class QueuePage(QWidget):
    """Attributes:
    hold, cancel: buttons for the whole queue. running: the card of what runs.
    waiting: the list of what waits. halted: the cards of what needs a decision.
    """

    def __init__(self, studio: Studio, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.hold, self.cancel = QPushButton(), QPushButton("Cancel all")
        for button, name in ((self.hold, "queue_hold"), (self.cancel, "queue_cancel")):
            _follow(button, actions, name)
        self.running = RunningCard(studio)
        self.waiting = WaitingList()
        self.halted: list[HaltedCard] = []
        self._empty, self._held = QLabel(_EMPTY), QLabel()
        self._waiting_heading, self._halted_heading = heading("Waiting"), heading("To decide")
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self._show_waiting)
        self._lay_out()
        self._bind()

    def _lay_out(self) -> None:
        self.setAccessibleName("Queue")
        for label in (self._empty, self._held):
            label.setWordWrap(True)
            label.setProperty("role", "dim")
        inner = QWidget()
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(8, 0, 8, 8)
        self._column.setSpacing(6)
        for part in (self._empty, self._held, self.running, self._waiting_heading, self.waiting):
            self._column.addWidget(part)
        self._column.addWidget(self._halted_heading)
        self._column.addStretch(1)
        scroll = QScrollArea()
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it scrolls along
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        top = QHBoxLayout()
        top.setContentsMargins(8, 8, 8, 6)
        top.setSpacing(4)
        top.addWidget(heading("Queue"), 1)
        top.addWidget(self.hold)
        top.addWidget(self.cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(scroll, 1)

    def _bind(self) -> None:
        studio, jobs = self._studio, self._studio.jobs
        watch(studio.queue, "held running waiting", self._show_state)
        watch(jobs, "waiting running", self._show_waiting)
        watch(jobs, "halted", self._show_halted)
        watch(studio.models, "device", self._show_halted)
        studio.estimates.changed("table").connect(lambda _table: self._show_waiting())
        moved = Qt.ConnectionType.QueuedConnection  # the list is still moving its row
        self.waiting.moved.connect(self._move, moved)
        self.waiting.removed.connect(self._remove)
        self.waiting.shown.connect(self._put_on_canvas)

    def _show_state(self) -> None:
        queue = self._studio.queue
        self.hold.setText("Go on" if queue.held else "Hold")
        theme.set_icon(self.hold, "play" if queue.held else "pause", "plain")
        self._held.setVisible(queue.held)
        self._held.setText("The queue is held: nothing begins until you let it go on.")

    def _show_waiting(self) -> None:
        jobs = self._studio.jobs
        self.waiting.show_rows([self._row(entry) for entry in jobs.waiting])
        there = bool(jobs.waiting)
        self.waiting.setVisible(there)
        self._waiting_heading.setVisible(there)
        self._show_emptiness()
        if there and jobs.running is not None:
            self._timer.start()
        else:
            self._timer.stop()

    def _row(self, entry: Entry) -> WaitingRow:
        jobs, card = self._studio.jobs, entry.card
        expected, begins = jobs.expected(entry), jobs.begins_in(entry)
        lines = [expected.words, f"{card.model} · {seeds_of(card)}"]
        if card.done:
            lines.append(f"Goes on after {card.unit} {card.done:,} of {card.total:,}")
        if begins is not None and begins >= 1:
            lines.append(f"Begins in about {spoken(begins)}")
        return WaitingRow(card.id, title_of(card), tuple(lines), not expected.fits)

    def _show_halted(self) -> None:
        for card in self.halted:
            card.hide()
            card.deleteLater()
        self.halted = [HaltedCard(self._studio, entry) for entry in self._studio.jobs.halted]
        place = self._column.indexOf(self._halted_heading) + 1
        for number, card in enumerate(self.halted):
            self._column.insertWidget(place + number, card)
        self._halted_heading.setVisible(bool(self.halted))
        self._show_emptiness()

    def _show_emptiness(self) -> None:
        jobs = self._studio.jobs
        self._empty.setVisible(not (jobs.running or jobs.waiting or jobs.halted))

    def _entry(self, take: str) -> Entry | None:
        entries = self._studio.jobs.waiting
        return next((entry for entry in entries if entry.card.id == take), None)

    def _move(self, take: str, place: int) -> None:
        entry = self._entry(take)
        if entry is not None:
            self._studio.jobs.move(entry, place)
            self._show_waiting()  # also when it may not go there

    def _remove(self, take: str) -> None:
        entry = self._entry(take)
        if entry is not None:
            self._studio.jobs.remove(entry)

    def _put_on_canvas(self, take: str) -> None:
        entry = self._entry(take)
        if entry is not None:
            self._studio.results.show(Pick(entry, 0))


def _follow(button: QPushButton, actions: Actions, name: str) -> None:
    """Let a button do what an action does."""
    action = actions[name]
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.clicked.connect(action.trigger)
    action.changed.connect(lambda: button.setEnabled(action.isEnabled()))
    button.setEnabled(action.isEnabled())
    button_tooltip(button, action)
    theme.set_icon_of(button, action, "plain")
