"""The results that are listed, as a model of tiles and headings."""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from itertools import groupby
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QImage

from core.takes.film import poster_file
from studio.panels.take_words import label_of, pace_of, seeds_of, spoken, title_of, tooltip, when
from studio.state.studio import Studio
from studio.state.takes.entry import Entry
from studio.state.takes.gallery import Pick
from studio.state.takes.take import RUNNING, Take
from studio.widgets.pictures import image_of
from studio.widgets.tile_painter import SHAPE, THING, Heading, Shape, Tile

POSTERS_KEPT = 160
"""How many pictures from the disk stay in memory."""

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class ResultModel(QAbstractListModel):
    """Each take is a heading and a tile for each variation that is listed: the heading above them,
    or beside a single one."""

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._rows: list[Pick | Entry] = []
        self._alone: set[Entry] = set()  # takes of which one variation is listed
        self._posters: OrderedDict[tuple[object, ...], QImage] = OrderedDict()
        self._followed: set[Entry] = set()
        self._running: Take | None = None
        self._list()
        studio.gallery.changed("shown").connect(self._list)
        studio.queue.changed("running").connect(self._follow_running)
        studio.generation.changed("take").connect(self._renew)
        studio.result.changed("variation").connect(self._renew)
        self._follow_running(studio.queue.running)

    def pick(self, index: Index) -> Pick | None:
        """The variation at an index; None for a heading."""
        row = self._rows[index.row()] if index.isValid() else None
        return row if isinstance(row, Pick) else None

    def index_of(self, pick: Pick) -> QModelIndex:
        return self.index(self._rows.index(pick), 0) if pick in self._rows else QModelIndex()

    # What the view asks for

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if self.pick(index) is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows[index.row()] if index.isValid() else None
        if row is None:
            return None
        if role == SHAPE:
            return self._shape(row)
        if role == THING:
            return self._tile(row) if isinstance(row, Pick) else self._heading(row)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return spoken(row) if isinstance(row, Pick) else title_of(row.card)
        if role == Qt.ItemDataRole.ToolTipRole and isinstance(row, Pick):
            return tooltip(row)
        return None

    def _shape(self, row: Pick | Entry) -> Shape:
        if isinstance(row, Pick):
            return Shape.TILE
        return Shape.BESIDE if row in self._alone else Shape.ABOVE

    def _heading(self, entry: Entry) -> Heading:
        beside, card = entry in self._alone, entry.card
        if beside:
            lines = (card.model, seeds_of(card), *pace_of(card), when(card.made))
        else:
            lines = (" · ".join((card.model, seeds_of(card), *pace_of(card, " · "))),)
        return Heading(title_of(card), lines)

    def _tile(self, pick: Pick) -> Tile:
        entry, phase = pick.entry, pick.entry.phase
        take = entry.take
        picture = self._picture(pick)
        progress = take.done / take.total if take and take.total and phase in RUNNING else None
        on_canvas = take is not None and take is self._studio.generation.take
        return Tile(
            picture,
            label_of(entry, pictured=picture is not None),
            pick.starred,
            bool(entry.card.note) and pick.variation == 0,
            progress,
            on_canvas and self._studio.result.variation == pick.variation,
        )

    def _picture(self, pick: Pick) -> QImage | None:
        """Its poster, which is kept in memory for a while; while it is made, the newest picture."""
        entry = pick.entry
        if entry.folder is not None and not entry.running:
            path = poster_file(entry.folder, pick.variation)
            key = (path, entry.pictures)
            image = self._posters.get(key) or QImage(str(path))
            if not image.isNull():
                self._posters[key] = image
                self._posters.move_to_end(key)
                if len(self._posters) > POSTERS_KEPT:
                    self._posters.popitem(last=False)
                return image
        picture = self._studio.results.picture(pick)
        return None if picture is None else image_of(picture)

    # What changes

    def _list(self) -> None:
        self.beginResetModel()
        self._rows.clear()
        self._alone.clear()
        for entry, group in groupby(self._studio.gallery.shown, key=lambda pick: pick.entry):
            picks = list(group)
            if len(picks) == 1:
                self._alone.add(entry)
                self._rows += [*picks, entry]
            else:
                self._rows += [entry, *picks]
            if entry not in self._followed:
                self._followed.add(entry)
                renew = partial(self._renew_take, entry.card.id)
                for name in ("card", "take", "pictures"):
                    entry.changed(name).connect(renew)
        self._followed &= {*self._studio.history.entries}
        self.endResetModel()

    def _follow_running(self, take: Take | None) -> None:
        for name in ("steps", "phase", "finished"):
            if self._running is not None:
                self._running.changed(name).disconnect(self._renew_running)
            if take is not None:
                take.changed(name).connect(self._renew_running)
        self._running = take

    def _renew_running(self, _value: object) -> None:
        if self._running is not None:
            self._renew_take(self._running.id)

    def _renew_take(self, take: str, _value: object = None) -> None:
        for number, row in enumerate(self._rows):
            entry = row.entry if isinstance(row, Pick) else row
            if entry.card.id == take:
                index = self.index(number, 0)
                self.dataChanged.emit(index, index)

    def _renew(self, _value: object) -> None:
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, 0))
