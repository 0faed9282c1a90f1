"""Export: what is shown, format, picture, sound and place; then progress, and the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from core.comparison import CONTENTS
from core.media.shaping import ShapeOptions
from core.media.writing import WRITERS
from core.options import Value, schema
from studio import theme
from studio.observable import bind, watch
from studio.panels.export_presets import ExportPresets
from studio.panels.recipe import heading, small_text
from studio.state.export.export_choice import ALPHAS
from studio.state.export.export_limits import Span
from studio.state.places import in_bytes, open_outside, show_in_folder
from studio.state.studio import Studio
from studio.widgets.choice_box import ChoiceBox
from studio.widgets.notice import Notice
from studio.widgets.option_form import OptionForm
from studio.widgets.progress import JobProgress

SIZE = QSize(780, 700)
LABEL_PX = 132
_SCREEN_SHARE = 0.92
_PAUSE_MS = 350
"""So long nothing must change before the size of the file is found out."""


class ExportDialog(QDialog):
    """Attributes:
    presets: the list at the left.
    content, details, range: what is shown. writer, options: the format.
    shape, alpha, audio, path: picture, sound and place.
    facts: size, length and bytes of what will be written. notice: what stands in the way.
    progress: how far it is. view, reveal: what can be done with the file afterwards.
    start, cancel: the buttons; `cancel` stops a running export, else it closes the dialog.
    """

    def __init__(self, studio: Studio, parent: QWidget) -> None:
        super().__init__(parent)
        self._studio, self._export = studio, studio.export
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Export")
        self.presets = ExportPresets(self._export)
        self.content, self.details = ChoiceBox("What is shown"), OptionForm()
        self.range = ChoiceBox("Frames")
        self.writer, self.options = ChoiceBox("Format"), OptionForm()
        self.shape, self.alpha = OptionForm(), ChoiceBox("Transparent")
        self.audio = QCheckBox("Keep the clip's sound")
        self.path, self.browse = QLineEdit(), QPushButton("Choose…")
        self.facts, self.notice, self.progress = small_text(), Notice(), JobProgress()
        self.view, self.reveal = QPushButton("Open"), QPushButton("Show in folder")
        self.start, self.cancel = QPushButton("Export"), QPushButton("Cancel")
        self._about_content, self._about_writer = small_text(), small_text()
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._form = QWidget()
        self._lay_out()
        self._bind()
        screen = self.screen() or QGuiApplication.primaryScreen()
        self.resize(SIZE.boundedTo(screen.availableSize() * _SCREEN_SHARE))
        self.writer.setFocus()

    # Layout

    def _lay_out(self) -> None:
        right = QVBoxLayout()
        right.setContentsMargins(20, 16, 20, 16)
        right.setSpacing(theme.GAP_PX)
        right.addWidget(self._scrolled(), 1)
        right.addLayout(self._place())
        right.addWidget(self.notice)
        right.addWidget(self.progress)
        right.addLayout(self._buttons())
        line = QFrame()
        line.setFixedWidth(1)
        line.setProperty("role", "line")
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.presets)
        whole.addWidget(line)
        whole.addLayout(right, 1)
        self.notice.close_button.hide()

    def _scrolled(self) -> QScrollArea:
        grid = QGridLayout(self._form)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.GAP_PX)
        grid.setVerticalSpacing(theme.GAP_PX - 2)
        grid.setColumnMinimumWidth(0, LABEL_PX)
        grid.setColumnStretch(1, 1)
        self._fill(grid)
        grid.setRowStretch(grid.rowCount(), 1)
        for form in (self.details, self.options, self.shape):
            form.setLabelWidth(LABEL_PX)
        area = QScrollArea()
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it scrolls along
        area.setWidget(self._form)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.viewport().setAutoFillBackground(False)
        self._form.setAutoFillBackground(False)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        return area

    def _fill(self, grid: QGridLayout) -> None:
        _section(grid, "What")
        _row(grid, "Shows", self.content)
        grid.addWidget(self._about_content, grid.rowCount(), 1)
        grid.addWidget(self.details, grid.rowCount(), 0, 1, 2)
        _row(grid, "Frames", self.range)
        _section(grid, "Format")
        _row(grid, "Format", self.writer)
        grid.addWidget(self._about_writer, grid.rowCount(), 1)
        grid.addWidget(self.options, grid.rowCount(), 0, 1, 2)
        _section(grid, "Picture and sound")
        grid.addWidget(self.shape, grid.rowCount(), 0, 1, 2)
        _row(grid, "Transparent", self.alpha)
        _row(grid, "Sound", self.audio)

    def _place(self) -> QGridLayout:
        """It stays in sight while what is above is scrolled."""
        label = QLabel("Save as")
        label.setProperty("role", "dim")
        label.setBuddy(self.path)
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.GAP_PX)
        grid.setVerticalSpacing(4)
        grid.setColumnMinimumWidth(0, LABEL_PX)
        grid.setColumnStretch(1, 1)
        grid.addWidget(label, 0, 0)
        grid.addWidget(self.path, 0, 1)
        grid.addWidget(self.browse, 0, 2)
        grid.addWidget(self.facts, 1, 1, 1, 2)
        self.path.setAccessibleName("Save as")
        self.facts.setAccessibleName("What will be written")
        self.audio.setAccessibleName("Keep the clip's sound")
        self.browse.setAccessibleName("Choose the file")
        self.browse.setAutoDefault(False)
        return grid

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.GAP_PX)
        row.addWidget(self.view)
        row.addWidget(self.reveal)
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.start)
        for button in (self.view, self.reveal, self.cancel):
            button.setAutoDefault(False)
        self.start.setProperty("primary", True)
        self.start.setDefault(True)
        return row

    # Binds

    def _bind(self) -> None:
        export = self._export
        self.path.setText(str(export.suggested()))
        self.content.chosen.connect(lambda name: export.choose(content=name))
        self.details.changed.connect(lambda: export.choose(details=self.details.values()))
        self.range.chosen.connect(lambda span: setattr(export, "span", span))
        self.writer.chosen.connect(lambda name: export.choose(writer=name))
        self.options.changed.connect(lambda: export.choose(options=self.options.values()))
        self.shape.changed.connect(lambda: export.choose(shape=self.shape.values()))
        self.alpha.chosen.connect(lambda kind: export.choose(alpha=kind))
        self.audio.toggled.connect(lambda kept: export.choose(audio=kept))
        self._pause.timeout.connect(export.reckon)
        self.path.textChanged.connect(lambda _text: self._show_state())
        self.browse.clicked.connect(self._ask_for_place)
        self.start.clicked.connect(lambda: export.start(self._target))
        self.cancel.clicked.connect(self.reject)
        self.view.clicked.connect(lambda: self._with_file(open_outside))
        self.reveal.clicked.connect(lambda: self._with_file(show_in_folder))
        if export.limits.of_span(export.choice, export.span):
            export.span = "whole"
        export.finished = None
        watch(export, "choice span", self._show_choice)
        watch(export.size, "size asking", self._show_facts)
        watch(export, "running finished failure", self._show_facts)
        watch(export, "done total eta", self._show_progress)
        bind(export, "finished", self._offer_file)

    @property
    def _target(self) -> Path:
        return Path(self.path.text().strip()).expanduser()

    def _show_choice(self) -> None:
        export, choice, limits = self._export, self._export.choice, self._export.limits
        self.content.show_entries(
            {
                name: (row.label, limits.of_content(choice.changed(content=name)))
                for name, row in CONTENTS.items()
            },
            choice.content,
        )
        self._about_content.setText(choice.shows.description)
        _show_form(self.details, choice.shows.options, choice.details)
        self._show_spans()
        self.writer.show_entries(
            {name: (row.label, row.obstacle) for name, row in WRITERS.items()}, choice.writer
        )
        self._about_writer.setText(choice.row.description)
        _show_form(self.options, choice.row.options, choice.options)
        _show_form(self.shape, ShapeOptions, choice.shape)
        self.alpha.show_entries(
            {kind: (words, limits.of_alpha(choice, kind)) for kind, words in ALPHAS.items()},
            choice.transparency,
        )
        self._show_audio()
        self.path.setText(str(export.with_suffix(self._target)))
        self._show_facts()
        self._show_state()
        self._pause.start()

    def _show_spans(self) -> None:
        export = self._export
        marked, made = export.frames_of("marks"), export.frames_of("generated")
        words: dict[Span, str] = {
            "whole": f"The whole clip, {export.whole_length:,} frames",
            "marks": f"Between the marks, {marked.start + 1:,} to {marked.stop:,}",
            "generated": f"The generated part, {made.start + 1:,} to {made.stop:,}",
        }
        spans: dict[str, tuple[str, str]] = {
            span: (text, export.limits.of_span(export.choice, span)) for span, text in words.items()
        }
        shown = "generated" if spans[export.span][1] else export.span
        self.range.show_entries(spans, shown)

    def _show_audio(self) -> None:
        obstacle = self._export.limits.of_audio(self._export.choice)
        self.audio.blockSignals(True)
        self.audio.setChecked(self._export.choice.audio and not obstacle)
        self.audio.blockSignals(False)
        self.audio.setEnabled(not obstacle)
        self.audio.setToolTip(obstacle or "The sound of the clip, where its frames are.")

    def _show_facts(self) -> None:
        self.facts.setText("  ·  ".join(self._facts()))
        self._show_state()

    def _facts(self) -> list[str]:
        """What will be written, in words."""
        export = self._export
        if export.obstacle:
            return []
        (width, height), count, rate = export.picture_size, export.frame_count, export.rate
        facts = [f"{width} × {height}", f"{count:,} frames", f"{rate:.5g} fps"]
        return [*facts, f"{count / rate:.1f} s", *filter(None, [self._bytes()])]

    def _bytes(self) -> str:
        size = self._export.size.size
        if self._export.running or self._export.finished:
            return ""
        if size is None:
            return "estimating the size …" if self._export.size.asking else "size not known yet"
        least, most = in_bytes(size.least), in_bytes(size.most)
        if size.least == size.most:
            return least
        if least == most:
            return f"about {least}"
        number, unit = least.split()
        return f"about {number if most.endswith(unit) else least} to {most}"

    def _show_state(self) -> None:
        export, target = self._export, self._target
        problem = (
            ""
            if export.running
            else export.obstacle or export.limits.of_path(export.choice, target)
        )
        warning = "" if export.running or problem else export.warning_of(target)
        self.start.setEnabled(not export.running and not problem)
        self.start.setToolTip(problem or ("The export is running." if export.running else ""))
        self.cancel.setText("Stop" if export.running else "Close" if export.finished else "Cancel")
        for part in (self._form, self.path, self.browse):
            part.setEnabled(not export.running)
        self.presets.setEnabled(not export.running)
        self.progress.setVisible(export.running)
        if export.finished is None:
            self._tell(problem or export.failure, warning)

    def _tell(self, problem: str, warning: str) -> None:
        if problem or warning:
            self.notice.post(problem or warning, "error" if problem else "warning")
        else:
            self.notice.clear()

    def _show_progress(self) -> None:
        export = self._export
        if export.running and not export.done:
            self.progress.setBusy("Preparing …")
        else:
            self.progress.setProgress(export.done, export.total, export.eta, unit="frame")

    def _offer_file(self, path: Path | None) -> None:
        """What can be done with what was written."""
        self.view.setVisible(path is not None)
        self.reveal.setVisible(path is not None)
        if path is not None:
            self.notice.post(f"Exported to {path}  ({in_bytes(_bytes_of(path))})", "info")
            self.reveal.setFocus()

    def _with_file(self, act: Callable[[Path], None]) -> None:
        if self._export.finished is not None:
            act(self._export.finished)

    def _ask_for_place(self) -> None:
        dialog = QFileDialog(self, "Export to", self.path.text())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.fileSelected.connect(
            lambda path: self.path.setText(str(self._export.with_suffix(Path(path))))
        )
        dialog.open()

    def reject(self) -> None:
        """Stop a running export and stay; else close."""
        if self._export.running:
            self._export.cancel()
        else:
            super().reject()


def _section(grid: QGridLayout, title: str) -> None:
    row = grid.rowCount()
    if row > 1:
        grid.setRowMinimumHeight(row, theme.GAP_PX)
    grid.addWidget(heading(title), row + 1, 0, 1, 2)


def _row(grid: QGridLayout, text: str, control: QWidget) -> None:
    label, row = QLabel(text), grid.rowCount()
    label.setProperty("role", "dim")
    label.setBuddy(control)
    grid.addWidget(label, row, 0)
    grid.addWidget(control, row, 1)


def _show_form(form: OptionForm, options: type, values: Mapping[str, Value]) -> None:
    """The options at these values; a form that shows them already keeps the focus."""
    wanted = schema(options)
    if tuple(form.controls) != tuple(option.name for option in wanted):
        form.setSchema(wanted)
    form.setValues({option.name: option.default for option in wanted} | dict(values))
    form.setVisible(bool(wanted))


def _bytes_of(path: Path) -> int:
    if path.is_dir():
        return sum(file.stat().st_size for file in path.iterdir())
    return path.stat().st_size
