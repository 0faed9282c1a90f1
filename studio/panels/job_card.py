"""A card of the queue: the job that runs, and one that needs a decision."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from studio import theme
from studio.observable import watch
from studio.panels.recipe import small_text
from studio.panels.take_words import seeds_of, title_of, when
from studio.state.studio import Studio
from studio.state.takes.entry import Entry
from studio.state.takes.failures import HEADINGS
from studio.state.takes.gallery import Pick
from studio.state.takes.take import Phase, Take
from studio.widgets.film_player import FilmPlayer
from studio.widgets.flow_layout import FlowLayout
from studio.widgets.progress import JobProgress

_PICTURE_PX = 64


class RunningCard(QFrame):
    """The job that the engine works on; there while there is one.

    Attributes:
        picture: the newest one. title, about: what it is. progress: how far it is.
        pause, stop, show_it: buttons.
    """

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._take: Take | None = None
        self.setProperty("job", "running")
        self.picture, self.progress = FilmPlayer(), JobProgress()
        self.title, self.about = _title(), small_text()
        self.pause, self.stop = QPushButton("Pause"), QPushButton("Stop")
        self.show_it = QPushButton("Show")
        self._lay_out()
        self.pause.clicked.connect(lambda: self._halt(studio.queue.pause))
        self.stop.clicked.connect(lambda: self._halt(studio.queue.stop))
        self.show_it.clicked.connect(self._put_on_canvas)
        watch(studio.jobs, "running", self._follow)
        watch(studio.generation, "take", self._show_whether_seen)

    def _lay_out(self) -> None:
        self.picture.setFixedSize(_PICTURE_PX, _PICTURE_PX)
        self.show_it.setToolTip("Look at it on the canvas")
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.title)
        words.addWidget(self.about)
        words.addStretch(1)
        head = QHBoxLayout()
        head.setSpacing(theme.GAP_PX)
        head.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(words, 1)
        row = QHBoxLayout()
        row.setSpacing(4)
        for button in (self.pause, self.stop, self.show_it):
            row.addWidget(button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self.progress)
        column.addLayout(row)

    def _follow(self) -> None:
        entry = self._studio.jobs.running
        take = None if entry is None else entry.take
        if take is not self._take:
            for name in ("phase", "steps", "eta"):
                if self._take is not None:
                    self._take.changed(name).disconnect(self._show)
                if take is not None:
                    take.changed(name).connect(self._show)
            self._take = take
        self.setVisible(take is not None)
        if entry is not None:
            self.title.setText(title_of(entry.card))
            self.about.setText(f"{entry.card.model}\n{seeds_of(entry.card)}")
            self._show(None)
            self._show_whether_seen()

    def _show(self, _value: object) -> None:
        entry, take = self._studio.jobs.running, self._take
        if entry is None or take is None:
            return
        self.picture.show_picture(self._studio.results.picture(Pick(entry, 0)))
        if take.phase is Phase.DECODING:
            self.progress.setProgress(take.done, take.total, take.eta, unit=take.unit)
        else:
            self.progress.setBusy(take.phase.value)

    def _show_whether_seen(self) -> None:
        self.show_it.setVisible(self._take is not self._studio.generation.take)

    def _halt(self, how: Callable[[Take], object]) -> None:
        if self._take is not None:
            how(self._take)

    def _put_on_canvas(self) -> None:
        entry = self._studio.jobs.running
        if entry is not None:
            self._studio.results.show(Pick(entry, 0))


class HaltedCard(QFrame):
    """A job that was interrupted or paused: why, and what can be done.

    Attributes:
        heading: the cause. why: the sentence. offers: the buttons. dismiss: lets go of it.
    """

    def __init__(self, studio: Studio, entry: Entry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("job", "paused" if entry.phase is Phase.PAUSED else "failed")
        card = entry.card
        self.heading, self.title, self.why = QLabel(_cause(entry)), _title(), small_text()
        self.heading.setProperty("role", "small" if entry.phase is Phase.PAUSED else "error")
        self.title.setText(title_of(card))
        done = f", after {card.unit} {card.done:,} of {card.total:,}" if card.done else ""
        about = f"{card.model}, {seeds_of(card).lower()}, {when(card.made).lower()}{done}"
        self.why.setText(f"{card.failure}\n{about}" if card.failure else about)
        self.offers = [self._button(offer.words, offer.act) for offer in studio.jobs.offers(entry)]
        self.offers[0].setProperty("primary", entry.phase is Phase.FAILED)
        self.dismiss = self._button("Dismiss", lambda: studio.jobs.remove(entry))
        self.dismiss.setToolTip("It stays among the results.")
        ways = QWidget()
        row = FlowLayout(4)
        for button in (*self.offers, self.dismiss):
            row.addWidget(button)
        ways.setLayout(row)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 8, 8)
        column.setSpacing(4)
        for part in (self.heading, self.title, self.why, ways):
            column.addWidget(part)

    def _button(self, words: str, act: Callable[[], object]) -> QPushButton:
        button = QPushButton(words)
        button.clicked.connect(lambda: act())
        return button


def _title() -> QLabel:
    label = QLabel()
    label.setFont(theme.font(12, bold=True))
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def _cause(entry: Entry) -> str:
    if entry.phase is Phase.PAUSED:
        return "Paused"
    causes: dict[str, str] = {str(cause): words for cause, words in HEADINGS.items()}
    return causes.get(entry.card.cause, causes[""])
