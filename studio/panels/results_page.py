"""The results: every take with its variations, found by words, played under the cursor."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, QSize, Qt, QTimer
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio import theme
from studio.observable import bind, watch
from studio.panels.result_details import ResultDetails
from studio.panels.result_model import ResultModel
from studio.panels.window_actions import Actions
from studio.state.studio import Studio
from studio.state.takes.gallery import WHICH, Pick
from studio.state.takes.results import Film
from studio.widgets.tile_view import TileView

_CONTEXT = (
    "result_show", "result_enlarge", "result_settings", "result_compare", "result_refine",
    "result_export", "", "result_star", "result_note", "", "result_delete",
)  # fmt: skip
_NONE_YET = "Everything that you generate is kept here: each take with all its variations."
_NONE_FOUND = "No result is like that."


class ResultsPage(QWidget):
    """Attributes:
    search: words to find takes by. starred, here, which: what else is listed.
    view: the gallery. details: name and note of the one that is chosen.
    show_all: lists everything again; there when nothing is found.
    """

    def __init__(self, studio: Studio, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._actions = studio, actions
        self.search = QLineEdit()
        self.starred = _switch("star", "Only favourites")
        self.here = _switch("film", "Only of the open clip")
        self.which = QComboBox()
        self.count = QLabel()
        self.model = ResultModel(studio, self)
        self.view = TileView(self._film)
        self.view.setModel(self.model)
        self.view.setAccessibleName("Results")
        self.details = ResultDetails(studio, actions)
        self.empty, self.show_all = QLabel(), QPushButton("Show all")
        self._lay_out()
        self._bind()

    def _lay_out(self) -> None:
        self.search.setPlaceholderText("Find by task, seed, note, date")
        self.search.setAccessibleName("Find results")
        self.search.setClearButtonEnabled(True)
        self.which.setAccessibleName("Which results are listed")
        for name, words in WHICH.items():
            self.which.addItem(words, name)
        self.count.setProperty("role", "small")
        self.count.setFont(theme.font(theme.SMALL_PX, tabular=True))
        row = QHBoxLayout()
        row.setSpacing(2)
        for part in (self.starred, self.here):
            row.addWidget(part)
        row.addSpacing(4)
        row.addWidget(self.which)
        row.addStretch(1)
        row.addWidget(self.count)
        head = QVBoxLayout()
        head.setContentsMargins(8, 8, 8, 6)
        head.setSpacing(6)
        head.addWidget(self.search)
        head.addLayout(row)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        self._stack = QStackedLayout()
        column.addLayout(self._stack, 1)  # at once: without a parent its page would be a window
        self._stack.addWidget(self._with_margin(self.view))
        self._stack.addWidget(self._empty_page())
        column.addWidget(self.details)

    def _with_margin(self, view: TileView) -> QWidget:
        """The tiles line up with the search field."""
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(4, 0, 0, 0)
        row.addWidget(view)
        return page

    def _empty_page(self) -> QWidget:
        page = QWidget()
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setProperty("role", "dim")
        column = QVBoxLayout(page)
        column.setContentsMargins(24, 24, 24, 24)
        column.addStretch(1)
        column.addWidget(self.empty)
        column.addWidget(self.show_all, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)
        return page

    def _bind(self) -> None:
        gallery, actions = self._studio.gallery, self._actions
        bind(gallery, "query", self._show_query, self.search.textChanged)
        bind(gallery, "starred", self.starred.setChecked, self.starred.toggled)
        bind(gallery, "here", self.here.setChecked, self.here.toggled)
        bind(gallery, "which", lambda name: self.which.setCurrentIndex(self.which.findData(name)))
        self.which.activated.connect(lambda: setattr(gallery, "which", self.which.currentData()))
        self.show_all.clicked.connect(gallery.show_all)
        self.view.selectionModel().selectionChanged.connect(lambda *_: self._choose())
        self.model.modelAboutToBeReset.connect(self._note_place)
        self.model.modelReset.connect(self._restore)
        self.view.shown.connect(lambda _index: actions["result_show"].trigger())
        self.view.enlarged.connect(lambda _index: actions["result_enlarge"].trigger())
        self.view.starred.connect(self._star)
        self.view.dismissed.connect(actions["result_delete"].trigger)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.customContextMenuRequested.connect(self._ask)
        watch(gallery, "shown", self._show_count)
        watch(self._studio.history, "entries", self._show_count)

    def choose(self, pick: Pick) -> None:
        """Make a result the chosen one, and bring it into view."""
        self.view.setCurrentIndex(self.model.index_of(pick))

    def _film(self, index: QModelIndex) -> Film | None:
        pick = self.model.pick(index)
        return None if pick is None else self._studio.results.film(pick)

    def _show_query(self, query: str) -> None:
        if self.search.text() != query:  # else the cursor would jump to the end
            self.search.setText(query)

    def _show_count(self) -> None:
        gallery, entries = self._studio.gallery, self._studio.history.entries
        shown = len({pick.entry for pick in gallery.shown})
        narrowed = gallery.narrowed
        takes = f"{shown:,} of {len(entries):,}" if narrowed else f"{len(entries):,}"
        self.count.setText(f"{takes} take{'s' * (len(entries) != 1)}" if entries else "")
        self.empty.setText(_NONE_FOUND if entries else _NONE_YET)
        self.show_all.setVisible(bool(entries))
        self._stack.setCurrentIndex(0 if gallery.shown else 1)

    def _choose(self) -> None:
        indices = sorted(self.view.selectedIndexes(), key=lambda index: index.row())
        picks = (self.model.pick(index) for index in indices)
        self._studio.gallery.chosen = tuple(pick for pick in picks if pick is not None)
        # What is written of it takes room below the gallery, which is known a little later.
        QTimer.singleShot(0, lambda: self.view.scrollTo(self.view.currentIndex()))

    def _note_place(self) -> None:
        self._place = self.view.verticalScrollBar().value()

    def _restore(self) -> None:
        """What was chosen and where the list stood, after takes came or went."""
        select = QItemSelectionModel.SelectionFlag.Select
        indices = [self.model.index_of(pick) for pick in self._studio.gallery.chosen]
        for index in indices:
            self.view.selectionModel().select(index, select)
        if len(indices) == 1:
            self.view.selectionModel().setCurrentIndex(indices[0], select)
        self.view.doItemsLayout()
        self.view.verticalScrollBar().setValue(self._place)

    def _star(self, index: QModelIndex) -> None:
        pick = self.model.pick(index)
        if pick is not None:
            pick.entry.star(pick.variation)

    def _ask(self, place: QPoint) -> None:
        if not self._studio.gallery.chosen:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for name in _CONTEXT:
            menu.addAction(self._actions[name]) if name else menu.addSeparator()
        menu.popup(self.view.viewport().mapToGlobal(place))


def _switch(icon: str, words: str) -> QToolButton:
    button = QToolButton()
    theme.set_icon(button, icon)
    button.setIconSize(QSize(16, 16))
    button.setCheckable(True)
    button.setToolTip(words)
    button.setAccessibleName(words)
    return button
