"""What was found in a checkpoint, what was assumed, and another try with better answers."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studio import theme
from studio.observable import watch
from studio.panels.recipe import heading
from studio.state.models.importing import ANSWERS
from studio.state.studio import Studio
from studio.widgets.notice import Notice
from studio.widgets.option_form import NumberBox
from studio.widgets.progress import JobProgress

CHECKPOINT_FILTER = "Checkpoints (*.ckpt *.pt *.pth);;All files (*)"
MOST_HEADS = 256
_WIDTH = 540


class ImportDialog(QDialog):
    """Attributes:
    found, assumed: the sentences. problem: why nothing was imported.
    heads, classes, tokenizer: the answers, each there when it was asked for.
    again, close_button: the buttons; closing stops an import that runs.
    """

    def __init__(self, studio: Studio, parent: QWidget) -> None:
        super().__init__(parent)
        self._studio, self._import = studio, studio.importing
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Import a VideoGPT checkpoint")
        self.setFixedWidth(_WIDTH)
        self._file, self.progress, self.problem = QLabel(), JobProgress(), Notice()
        self._found_title, self.found = heading("Found"), _sentences()
        self._assumed_title, self.assumed = heading("Assumed"), _sentences()
        self.heads, self.classes, self.tokenizer = NumberBox(), QLineEdit(), QLineEdit()
        self.again, self.close_button = QPushButton("Import again"), QPushButton("Close")
        self._choose = QPushButton("Choose…")
        self._form = QFormLayout()
        self._column = QVBoxLayout(self)
        self._lay_out()
        self.again.clicked.connect(self._import_again)
        self.close_button.clicked.connect(self.reject)
        self._choose.clicked.connect(self._ask_for_tokenizer)
        watch(self._import, "running request imported problem", self._show)

    def _lay_out(self) -> None:
        self._file.setFont(theme.font(theme.FONT_PX, bold=True))
        self._file.setTextFormat(Qt.TextFormat.PlainText)
        self._file.setWordWrap(True)
        self.problem.close_button.hide()
        self._lay_out_answers()
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GAP_PX)
        buttons.addStretch(1)
        buttons.addWidget(self.again)
        buttons.addWidget(self.close_button)
        self.close_button.setDefault(True)
        column = self._column
        column.setContentsMargins(20, 20, 20, 16)
        column.setSpacing(theme.GAP_PX)
        for part in (
            self._file, self.progress, self.problem,
            self._found_title, self.found, self._assumed_title, self.assumed,
        ):  # fmt: skip
            column.addWidget(part)
        column.addLayout(self._form)
        column.addSpacing(theme.GAP_PX)
        column.addLayout(buttons)

    def _lay_out_answers(self) -> None:
        self.heads.setDecimals(0)
        self.heads.setRange(1, MOST_HEADS)
        self.heads.setAccessibleName("Attention heads")
        self.classes.setPlaceholderText("cat, dog, …")
        self.classes.setAccessibleName("Class names")
        self.classes.setToolTip("In the order of their labels, with commas between.")
        self.tokenizer.setPlaceholderText("its checkpoint")
        self.tokenizer.setAccessibleName("Checkpoint of its VQ-VAE")
        place = QHBoxLayout()
        place.setSpacing(theme.GAP_PX)
        place.addWidget(self.tokenizer, 1)
        place.addWidget(self._choose)
        self._form.setHorizontalSpacing(16)
        self._form.setVerticalSpacing(theme.GAP_PX)
        self._form.setContentsMargins(0, theme.GAP_PX, 0, 0)
        self._form.addRow("Attention heads", self.heads)
        self._form.addRow("Class names", self.classes)
        self._form.addRow("Its VQ-VAE", place)

    def _show(self) -> None:
        running, imported = self._import.running, self._import.imported
        request = self._import.request
        self._file.setText(Path(request.checkpoint).name if request else "")
        self.progress.setVisible(running)
        self.progress.setBusy("Reading the checkpoint")
        if self._import.problem:
            self.problem.post(_answerable(self._import.problem), "error")
        else:
            self.problem.clear()
        shown = imported is not None and not running
        for title, sentences, lines in (
            (self._found_title, self.found, imported.found if imported else ()),
            (self._assumed_title, self.assumed, imported.assumed if imported else ()),
        ):
            title.setVisible(shown and bool(lines))
            sentences.setVisible(shown and bool(lines))
            sentences.setText(_listed(map(_answerable, lines)))
        self._show_answers(frozenset() if running else self._import.asked)
        self.close_button.setText("Stop" if running else "Close")
        self._column.activate()
        self.setFixedHeight(self._column.totalHeightForWidth(_WIDTH))

    def _show_answers(self, asked: frozenset[str]) -> None:
        for row, option in enumerate(ANSWERS):
            self._form.setRowVisible(row, option in asked)
        self.again.setVisible(bool(asked))
        imported = self._import.imported
        card = self._studio.models.card(imported.bundle) if imported else None
        if card is not None and card.transformer is not None:
            self.heads.setValue(int(card.transformer.config.get("heads", 1)))

    def _import_again(self) -> None:
        names = tuple(name.strip() for name in self.classes.text().split(",") if name.strip())
        # What was answered before holds on, also when its row is gone: nobody asks any more.
        heads = round(self.heads.value()) if self._answers("--heads") else None
        self._import.again(heads, names, self.tokenizer.text().strip())

    def _answers(self, option: str) -> bool:
        request = self._import.request
        given = option == "--heads" and request is not None and request.heads is not None
        return given or option in self._import.asked

    def _ask_for_tokenizer(self) -> None:
        folder = Path(self._import.request.checkpoint).parent if self._import.request else Path()
        dialog = QFileDialog(self, "Checkpoint of the VQ-VAE", str(folder))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setNameFilter(CHECKPOINT_FILTER)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.tokenizer.setText)
        dialog.open()

    def reject(self) -> None:
        """Close, and stop an import that runs."""
        self._import.cancel()
        super().reject()


def _sentences() -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _listed(lines: Iterable[str]) -> str:
    """Sentences as rich text, each with a dot before it."""
    style = "margin: 0 0 4px 16px; text-indent: -16px"
    return "".join(f"<p style='{style}'>•&nbsp;&nbsp;{escape(line)}</p>" for line in lines)


def _answerable(sentence: str) -> str:
    """A sentence of the engine with the window's fields for options of the command line."""
    for option, field in ANSWERS.items():
        sentence = sentence.replace(option, field)
    return sentence
