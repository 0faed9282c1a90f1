"""Projects that a crash has left: what they hold, older copies, and what becomes of them."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from core.project.rescue import Summary
from core.project.snapshots import Snapshot, snapshots
from studio import theme
from studio.observable import bind
from studio.state.studio import Studio

SIZE = QSize(620, 420)
_PICTURE = QSize(160, 90)


class RecoveryDialog(QDialog):
    """Stands beside the window, which can be used meanwhile.

    Attributes:
        cards: one per project, the newest first. later: leaves all as they are.
    """

    def __init__(self, studio: Studio, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Recover projects")
        self._recovery = studio.recovery
        self.cards: list[RecoveryCard] = []
        self.later = QPushButton("Keep all for later")
        self.later.setToolTip("They stay in File › Recover projects.")
        self.later.clicked.connect(self.close)
        self._column = QVBoxLayout()
        self._lay_out()
        self.resize(SIZE)
        bind(self._recovery, "found", self._show_found)

    def done(self, result: int) -> None:
        self._recovery.keep_all()
        super().done(result)

    def _lay_out(self) -> None:
        words = QLabel(
            "Maskreel was ended while these projects were open. All finished strokes and edits "
            "are in them."
        )
        words.setWordWrap(True)
        page = QWidget()
        page.setLayout(self._column)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.GAP_PX)
        self._column.addStretch(1)
        scroll = QScrollArea()
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it scrolls along
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(page)
        scroll.viewport().setAutoFillBackground(False)
        page.setAutoFillBackground(False)  # a scroll area turns it on
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.later)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 14)
        column.setSpacing(12)
        column.addWidget(words)
        column.addWidget(scroll, 1)
        column.addLayout(buttons)

    def _show_found(self, found: tuple[Summary, ...]) -> None:
        for card in self.cards:
            card.deleteLater()
        self.cards = [RecoveryCard(project) for project in found]
        for place, card in enumerate(self.cards):
            self._column.insertWidget(place, card)
            card.open.clicked.connect(lambda _on=False, card=card: self._open(card))
            card.delete.clicked.connect(lambda _on=False, card=card: self._ask_delete(card))
        if not found and self.isVisible():
            self.close()

    def _open(self, card: RecoveryCard) -> None:
        self._recovery.open(card.project, card.chosen)
        self.close()

    def _ask_delete(self, card: RecoveryCard) -> None:
        project = card.project
        box = QMessageBox(self)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setText(f"Delete “{project.title}” for good?")
        box.setInformativeText(f"{_held(project)} The clips' own files stay. {project.folder}")
        delete = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        delete.clicked.connect(lambda: self._recovery.delete(project))
        box.open()


class RecoveryCard(QFrame):
    """A project. Attributes: project, versions (as it was, the newest first), open, delete."""

    def __init__(self, project: Summary) -> None:
        super().__init__()
        self.project = project
        self.versions, self.open, self.delete = QComboBox(), QPushButton("Open"), QPushButton()
        self.open.setProperty("primary", True)
        self.open.setAccessibleName(f"Open {project.title}")
        self.delete.setText("Delete…")
        self.delete.setAccessibleName(f"Delete {project.title}")
        self.versions.setAccessibleName("Which version")
        self.versions.setMinimumContentsLength(12)
        self.versions.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self._snapshots = snapshots(project.folder)
        if not project.problem:
            self.versions.addItem(f"At the end ({_clock(project.time)})", None)
        for snapshot in self._snapshots:
            self.versions.addItem(f"At {_clock(snapshot.time)}", snapshot)
        self.versions.currentIndexChanged.connect(lambda _row: self._show_picture())
        self._picture = QLabel()
        self._picture.setFixedSize(_PICTURE)
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._picture.setProperty("role", "picture")
        self._lay_out()
        self._show_picture()

    @property
    def chosen(self) -> Snapshot | None:
        """The older copy that is chosen; None for the project as it was at the end."""
        found = self.versions.currentData()
        return found if isinstance(found, Snapshot) else None

    def _lay_out(self) -> None:
        self.setProperty("role", "card")
        title = QLabel(self.project.title)
        title.setFont(theme.font(theme.FONT_PX, bold=True))
        about = QLabel(f"{_date(self.project.time)}. {self.project.problem or _held(self.project)}")
        about.setProperty("role", "dim")
        about.setWordWrap(True)
        about.setToolTip("\n".join((*self.project.clips, str(self.project.folder))))
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GAP_PX)
        buttons.addWidget(self.versions, 1)
        buttons.addWidget(self.delete)
        buttons.addWidget(self.open)
        text = QVBoxLayout()
        text.setSpacing(4)
        text.addWidget(title)
        text.addWidget(about)
        text.addStretch(1)
        text.addLayout(buttons)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 10, 10, 10)
        row.setSpacing(12)
        row.addWidget(self._picture)
        row.addLayout(text, 1)

    def _show_picture(self) -> None:
        path = self.chosen.picture if self.chosen else self.project.picture
        pixmap = QPixmap(str(path)) if path is not None else QPixmap()
        ratio = self.devicePixelRatioF()
        if not pixmap.isNull():
            fitted = pixmap.scaled(
                _PICTURE * ratio,
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            fitted.setDevicePixelRatio(ratio)
            pixmap = fitted
        self._picture.setPixmap(pixmap)


def _held(project: Summary) -> str:
    """What is in a project, as a sentence."""
    counted = (
        (len(project.clips), "clip"),
        (project.painted, "mask key frame"),
        (project.takes, "take"),
    )
    words = [f"{count} {what}{'s' if count > 1 else ''}" for count, what in counted if count]
    return f"{', '.join(words)}." if words else "It is empty."


def _clock(time: datetime) -> str:
    return f"{time:%H:%M:%S}"


def _date(time: datetime) -> str:
    return f"{time.day} {time:%B %Y, %H:%M}"
