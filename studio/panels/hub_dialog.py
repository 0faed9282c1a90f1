"""A model from Hugging Face: what the repository offers is seen before anything is downloaded."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core.hub.repository import Offer
from core.weights import left_out
from studio import theme
from studio.observable import watch
from studio.panels.recipe import heading, small_text
from studio.state.models.models import KINDS
from studio.state.places import in_bytes
from studio.state.studio import Studio
from studio.widgets.notice import Notice
from studio.widgets.progress import JobProgress

_WIDTH, _FILES_PX = 600, 138
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class HubDialog(QDialog):
    """Attributes:
    place: the repository; look: asks what it offers.
    problem: what went wrong, or what is left out. files: those of the offer.
    progress: how far the download is. download, cancel: the buttons.
    go_on, throw_away: what can be done with a download that broke off.
    """

    def __init__(self, studio: Studio, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Add a model from Hugging Face")
        self.setFixedWidth(_WIDTH)
        self._fetching = studio.fetching
        self._fetching.forget()
        self.place, self.look = QLineEdit(), QPushButton("Look")
        self.problem, self.note, self.progress = Notice(), Notice(), JobProgress()
        self.title, self._about, self.files = QLabel(), small_text(), QTreeWidget()
        self.licence, self.kind, self.clips = QLabel(), QLabel(), QLabel()
        self.go_on, self.throw_away = QPushButton("Go on"), QPushButton("Throw away")
        self.download, self.cancel = QPushButton("Download"), QPushButton("Close")
        self._broken, self._offer, self._hint = QWidget(), QWidget(), small_text()
        self._about_broken, self._column = QLabel(), QVBoxLayout(self)
        self._lay_out()
        self._bind()
        self.place.setFocus()

    def reject(self) -> None:
        """Close; what runs is stopped, and what has arrived stays."""
        self._fetching.forget()
        super().reject()

    def _lay_out(self) -> None:
        self.place.setPlaceholderText("owner/name, or its page's address")
        self.place.setAccessibleName("Repository on Hugging Face")
        self._hint.setText(
            "Nothing is downloaded before you have seen what there is. Weights come as "
            "safetensors, which hold numbers alone; pickles, which can run programs, are left out."
        )
        ask = QHBoxLayout()
        ask.setSpacing(theme.GAP_PX)
        ask.addWidget(self.place, 1)
        ask.addWidget(self.look)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GAP_PX)
        buttons.addStretch(1)
        buttons.addWidget(self.download)
        buttons.addWidget(self.cancel)
        self.download.setProperty("primary", True)
        for button in (self.look, self.go_on, self.throw_away, self.download, self.cancel):
            button.setAutoDefault(False)
        for notice in (self.problem, self.note):
            notice.close_button.hide()
        self._lay_out_broken()
        self._lay_out_offer()
        column = self._column
        column.setContentsMargins(20, 20, 20, 16)
        column.setSpacing(theme.GAP_PX)
        column.addLayout(ask)
        for part in (self._hint, self._broken, self.problem, self._offer, self.progress):
            column.addWidget(part)
        column.addSpacing(theme.GAP_PX)
        column.addLayout(buttons)

    def _lay_out_broken(self) -> None:
        row = QHBoxLayout(self._broken)
        row.setContentsMargins(0, 4, 0, 4)
        row.setSpacing(theme.GAP_PX)
        self._about_broken.setTextFormat(Qt.TextFormat.PlainText)
        row.addWidget(self._about_broken, 1)
        row.addWidget(self.go_on)
        row.addWidget(self.throw_away)

    def _lay_out_offer(self) -> None:
        self.title.setFont(theme.font(theme.FONT_PX + 2, bold=True))
        for label in (self.title, self.licence, self.kind, self.clips):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        self.files.setAccessibleName("Files that are downloaded")
        self.files.setHeaderLabels(["File", "Size"])
        self.files.setRootIsDecorated(False)
        self.files.setFixedHeight(_FILES_PX)
        self.files.headerItem().setTextAlignment(1, _RIGHT)
        self.files.header().setStretchLastSection(False)
        self.files.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(6)
        for name, label in (
            ("Licence", self.licence),
            ("Kind", self.kind),
            ("Clips", self.clips),
        ):
            dim = QLabel(name)
            dim.setProperty("role", "dim")
            form.addRow(dim, label)
        column = QVBoxLayout(self._offer)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(theme.GAP_PX)
        for part in (self.title, self._about):
            column.addWidget(part)
        column.addLayout(form)
        column.addWidget(heading("Files"))
        column.addWidget(self.files)
        column.addWidget(self.note)

    def _bind(self) -> None:
        fetching = self._fetching
        self.look.clicked.connect(self._look)
        self.place.returnPressed.connect(self._look)
        self.download.clicked.connect(fetching.download)
        self.cancel.clicked.connect(self._stop_or_close)
        self.go_on.clicked.connect(self._go_on)
        self.throw_away.clicked.connect(self._throw_away)
        fetching.added.connect(self._end)
        watch(fetching, "looking offer adding problem unfinished", self._show)
        watch(fetching, "offer", self._show_offer)

    def _look(self) -> None:
        if not self._fetching.running:
            self._fetching.look(self.place.text())

    def _end(self, _folder: str) -> None:
        """The model is there."""
        self.accept()

    def _stop_or_close(self) -> None:
        if self._fetching.running:
            self._fetching.cancel()
        else:
            self.reject()

    def _show(self) -> None:
        fetching, offer = self._fetching, self._fetching.offer
        running = fetching.running
        if fetching.problem:
            self.problem.post(fetching.problem, "error")
        else:
            self.problem.clear()
        self.look.setEnabled(not running)
        self.place.setReadOnly(running)
        self.download.setEnabled(offer is not None and not running)
        self.download.setToolTip("" if offer else "Look at a repository first.")
        self.download.setText(_offered(offer))
        self.cancel.setText("Stop" if running else "Close")
        self._offer.setVisible(offer is not None)
        self._hint.setVisible(offer is None)
        self._show_progress()
        self._show_broken()
        self._column.activate()
        self.setFixedHeight(self._column.totalHeightForWidth(_WIDTH))

    def _show_progress(self) -> None:
        adding = self._fetching.adding
        self.progress.setVisible(self._fetching.running)
        if self._fetching.looking is not None:
            self.progress.setBusy(f"Looking at {self._fetching.looking}")
        elif adding is not None:
            self.progress.bar.setRange(0, 1000)
            self.progress.bar.setValue(round(1000 * adding.done / max(adding.total, 1)))
            done = f"{in_bytes(adding.done)} of {in_bytes(adding.total)}"
            self.progress.setText(f"{done}  ·  {adding.file}" if adding.file else done)

    def _show_broken(self) -> None:
        """The download that broke off last, while nothing else is going on."""
        fetching = self._fetching
        idle = fetching.offer is None and not fetching.running
        self._broken.setVisible(idle and bool(fetching.unfinished))
        if not fetching.unfinished:
            return
        repository, here, total = fetching.unfinished[-1]
        self._about_broken.setText(
            f"{repository.name} is not finished: {in_bytes(here)} of {in_bytes(total)} are here."
        )

    def _go_on(self) -> None:
        self.place.setText(str(self._fetching.unfinished[-1][0]))
        self._look()

    def _throw_away(self) -> None:
        self._fetching.throw_away(self._fetching.unfinished[-1][0])

    def _show_offer(self) -> None:
        offer = self._fetching.offer
        if offer is None:
            return
        card = offer.card
        self.title.setText(card.title)
        self._about.setText(card.description)
        self.licence.setText(offer.licence or "not stated")
        self.kind.setText(KINDS.get(card.family, card.family))
        self.clips.setText(
            f"{card.frames} frames of {card.width} × {card.height} pixels at {card.rate:g} a second"
        )
        self.files.clear()
        for file in offer.files:
            item = QTreeWidgetItem(self.files, [file.path, in_bytes(file.size)])
            item.setTextAlignment(1, _RIGHT)
        self.download.setFocus()
        if words := left_out(offer.left_out):
            self.note.post(words, "warning")
        else:
            self.note.clear()


def _offered(offer: Offer | None) -> str:
    """What the button says."""
    if offer is None:
        return "Download"
    if offer.here:
        return f"Download the other {in_bytes(offer.total - offer.here)}"
    return f"Download {in_bytes(offer.total)}"
