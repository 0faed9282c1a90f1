"""Where one begins: open something, go on with what was opened last, try a sample."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeyEvent, QPixmap, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.tasks import TASKS
from studio import theme
from studio.observable import bind, watch
from studio.panels.recipe import heading
from studio.panels.window_actions import Actions, button_tooltip
from studio.samples import SAMPLES, Sample
from studio.state.projects.recent import RecentFile
from studio.state.studio import Studio
from studio.widgets.columns import Columns
from studio.widgets.flow_layout import FlowLayout
from studio.widgets.pictures import image_of
from studio.widgets.sample_picture import sample_picture
from studio.widgets.tile import Tile

BUTTONS = ("open", "open_folder", "new_clip", "tour")
LINKS = ("open_project", "keys", "find")
"""Names of actions: large, and as links."""
_SIDE, _ROW_WIDTH, _WIDEST = 24, 300, 1120


class WelcomePage(QScrollArea):
    """Lies over the canvas while no clip is open, and when it is asked for.

    Attributes:
        buttons: ways to begin, by the names of their actions.
        samples: the tiles, by the titles of their samples.
        files: the rows of what was opened last, by path.
        back: returns to the clip that is open.

    Args:
        open_file: opens a file or folder that was opened before.
    """

    def __init__(
        self, studio: Studio, actions: Actions, open_file: Callable[[Path], object]
    ) -> None:
        super().__init__()
        self._studio, self._open_file = studio, open_file
        self.buttons = {name: _button(actions[name]) for name in BUTTONS}
        self.buttons["open"].setProperty("primary", True)
        theme.set_icon_of(self.buttons["open"], actions["open"], "accent")
        self.links = {name: _link(actions[name]) for name in LINKS}
        self.back = QPushButton("Back to the clip")
        self.back.clicked.connect(self._close)
        self.samples = {sample.title: self._sample(sample) for sample in SAMPLES}
        self.files: dict[Path, FileRow] = {}
        self._sample_grid, self._file_grid = Columns(), Columns(stretched=True)
        self._no_files = QLabel("What you open will be listed here.")
        self._lay_out()
        bind(studio.welcome, "files", self._show_files)
        watch(studio.welcome, "pictures", self._show_pictures)
        watch(studio.models, "bundles", self._show_obstacles)
        watch(studio.welcome, "wanted", self._show)
        watch(studio.session, "clip opening", self._show)

    def _lay_out(self) -> None:
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Welcome page")
        page = QWidget()
        page.setObjectName("welcome")
        self._column = column = QVBoxLayout(page)
        column.setSpacing(theme.GAP_PX)
        column.addLayout(self._begin())
        column.addSpacing(2 * theme.GAP_PX)
        column.addWidget(heading("Try a sample: it opens ready for “Generate”"))
        self._sample_grid.show_widgets(list(self.samples.values()))
        column.addWidget(self._sample_grid)
        column.addSpacing(2 * theme.GAP_PX)
        column.addWidget(heading("Opened last"))
        self._no_files.setProperty("role", "dim")
        column.addWidget(self._no_files)
        column.addWidget(self._file_grid)
        column.addStretch(1)
        self.setWidget(page)

    def _begin(self) -> QVBoxLayout:
        title = QLabel("What would you like to do?")
        title.setFont(theme.font(20, bold=True))
        hint = QLabel("Or drop clips, masks, models, projects or exports anywhere here.")
        hint.setProperty("role", "dim")
        hint.setWordWrap(True)
        buttons = FlowLayout(theme.GAP_PX)
        for button in self.buttons.values():
            buttons.addWidget(button)
        below = QHBoxLayout()
        below.setSpacing(0)
        below.addWidget(hint, 1)
        for link in self.links.values():
            below.addWidget(link)
        above = QHBoxLayout()
        above.addWidget(title, 1)
        above.addWidget(self.back)
        column = QVBoxLayout()
        column.setSpacing(theme.GAP_PX + 2)
        for part in (above, buttons, below):
            column.addLayout(part)
        return column

    def _sample(self, sample: Sample) -> Tile:
        tile = Tile(sample.title, sample.words)
        tile.clicked.connect(lambda: self._studio.trying.open(sample))
        return tile

    def _show(self) -> None:
        studio = self._studio
        nothing = studio.session.clip is None and not studio.session.opening
        self.back.setVisible(studio.session.clip is not None)
        self.setVisible(nothing or studio.welcome.wanted)

    def _close(self) -> None:
        self._studio.welcome.wanted = False

    def _show_files(self, files: Sequence[RecentFile]) -> None:
        """Rows that are there already are kept, and with them the keyboard's focus."""
        rows = {file.path: self.files.get(file.path) or self._row(file) for file in files}
        for path, row in self.files.items():
            if path not in rows:
                row.deleteLater()
        self.files = rows
        for file in files:
            rows[file.path].show_file(file)
        self._no_files.setVisible(not files)
        self._file_grid.show_widgets(list(rows.values()))
        self._file_grid.fit(self._file_grid.width())

    def _row(self, file: RecentFile) -> FileRow:
        row = FileRow(file)
        row.tile.clicked.connect(partial(self._open_file, file.path))
        row.remove.clicked.connect(partial(self._studio.welcome.remove, file.path))
        return row

    def _show_pictures(self) -> None:
        pictures = self._studio.welcome.pictures
        for sample in SAMPLES:
            task, frame = TASKS[sample.task], pictures.get(sample.title)
            widened = bool(sample.canvas)
            drawn = sample_picture(task, frame, sample.painted, sample.label, widened=widened)
            self.samples[sample.title].setPicture(drawn)

    def _show_obstacles(self) -> None:
        for sample in SAMPLES:
            tile, obstacle = self.samples[sample.title], self._studio.trying.obstacle(sample)
            tile.setEnabled(not obstacle)
            tile.setToolTip(obstacle)
            tile.setWords(obstacle or sample.words)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width = self.viewport().width()
        side = max(_SIDE, (width - _WIDEST) // 2)
        self._column.setContentsMargins(side, _SIDE, side, _SIDE)
        for grid in (self._sample_grid, self._file_grid):
            grid.fit(width - 2 * side)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._studio.welcome.look()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._studio.session.clip is not None:
            self._close()
        else:
            super().keyPressEvent(event)


class FileRow(QWidget):
    """A file that was opened before. Attributes: tile opens it, remove takes it from the list."""

    def __init__(self, file: RecentFile) -> None:
        super().__init__()
        self.tile = Tile(file.name, file.place, row=True)
        self.remove = QToolButton()
        self.remove.setAccessibleName(f"Take {file.name} from the list")
        self.remove.setToolTip("Take it from this list; the file stays where it is.")
        theme.set_icon(self.remove, "close")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        self.setMinimumWidth(_ROW_WIDTH)
        row.addWidget(self.tile, 1)
        row.addWidget(self.remove)

    def show_file(self, file: RecentFile) -> None:
        self.tile.setEnabled(not file.obstacle)
        self.tile.setToolTip(file.obstacle or str(file.path))
        self.tile.setWords(file.obstacle or file.place)
        if file.thumbnail is not None:
            self.tile.setPicture(QPixmap.fromImage(image_of(file.thumbnail)))


def _button(action: QAction) -> QPushButton:
    """A way to begin, enabled when its action is."""
    button = QPushButton(action.text())
    theme.set_icon_of(button, action, "plain")
    button.setProperty("large", True)
    button.clicked.connect(action.trigger)
    action.changed.connect(lambda: button.setEnabled(action.isEnabled()))
    button.setEnabled(action.isEnabled())
    button_tooltip(button, action)
    return button


def _link(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setText(action.text().rstrip("…"))
    button.setProperty("link", True)
    button.setAccessibleName(action.text().rstrip("…"))
    button.clicked.connect(action.trigger)
    button_tooltip(button, action)
    return button
