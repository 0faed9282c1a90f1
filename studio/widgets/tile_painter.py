"""How the tiles and headings of a gallery are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from studio import theme
from studio.widgets.pictures import image_of

if TYPE_CHECKING:
    from studio.widgets.tile_view import TileView

THING, SHAPE = int(Qt.ItemDataRole.UserRole), int(Qt.ItemDataRole.UserRole) + 1
"""Roles of an item: the `Tile` or `Heading` that is drawn, and its `Shape`, which costs nothing."""
_MARGIN, _CORNER = 4, 4
_ICON, _BAR = 16, 4
_SHADE = QColor(20, 20, 22, 175)  # under words and signs that lie on a picture


@dataclass(frozen=True)
class Tile:
    """A picture of the gallery.

    Attributes:
        picture: or None while there is none; `label` says then what is to come.
        label: a word on the picture, e.g. "Paused", or "".
        starred, noted: whether it has a star, or a note.
        progress: 0 to 1 while it is being made; None else.
        current: whether it is the one on the canvas.
    """

    picture: QImage | None = None
    label: str = ""
    starred: bool = False
    noted: bool = False
    progress: float | None = None
    current: bool = False


@dataclass(frozen=True)
class Heading:
    """What is said of tiles: a title, and lines below it."""

    title: str
    lines: tuple[str, ...] = ()


class Shape(Enum):
    """A tile; a heading above several of them; one beside a single tile, which comes first."""

    TILE = 0
    ABOVE = 1
    BESIDE = 2


class TilePainter(QStyledItemDelegate):
    """Draws into the room that the view gives an item."""

    def __init__(self, view: TileView) -> None:
        super().__init__(view)
        self._view = view
        self._font, self._bold = theme.font(theme.SMALL_PX, tabular=True), theme.font(12, bold=True)

    def star(self, room: QRect) -> QRect:
        """Where the star of a tile is."""
        corner = room.topRight() + QPoint(-_MARGIN - _ICON - 3, _MARGIN + 4)
        return QRect(corner, QSize(_ICON, _ICON))

    def sizeHint(
        self, _option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return self._view.size_of(index.data(SHAPE))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        thing: Tile | Heading = index.data(THING)
        painter.save()
        painter.setRenderHints(
            QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
        )
        if isinstance(thing, Heading):
            self._paint_heading(painter, option.rect, thing, index.data(SHAPE))
        else:
            self._paint_tile(painter, option, thing, index)
        painter.restore()

    def _paint_heading(
        self, painter: QPainter, room: QRect, heading: Heading, shape: Shape
    ) -> None:
        room = room.adjusted(_MARGIN + 2, _MARGIN + 3, -_MARGIN, -_MARGIN)
        painter.setFont(self._bold)
        painter.setPen(theme.TEXT)
        if shape is Shape.BESIDE:
            room.setTop(self._wrapped(painter, room, heading.title).bottom() + 3)
        else:
            self._line(painter, room, heading.title)
        painter.setFont(self._font)
        painter.setPen(theme.TEXT_DIM)
        for line in heading.lines:
            self._line(painter, room, line)

    def _wrapped(self, painter: QPainter, room: QRect, text: str) -> QRect:
        """Where a text of up to two lines stands, which is drawn."""
        words = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft
        two = QRect(room.topLeft(), QSize(room.width(), 2 * painter.fontMetrics().lineSpacing()))
        painter.save()
        painter.setClipRect(two)
        painter.drawText(two, words, text)
        painter.restore()
        return painter.boundingRect(two, words, text) & two

    def _line(self, painter: QPainter, room: QRect, text: str) -> None:
        """Draw a line at the top of a room, which becomes what is left of it."""
        metrics = painter.fontMetrics()
        short = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft, short)
        room.setTop(room.top() + metrics.height() + 2)

    def _paint_tile(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        tile: Tile,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        place = option.rect.adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        painter.save()
        outline = QPainterPath()
        outline.addRoundedRect(QRectF(place), _CORNER, _CORNER)
        painter.setClipPath(outline)
        painter.fillRect(place, theme.CANVAS)
        played = self._view.played
        playing = played is not None and played[0] == index
        picture = image_of(played[1]) if played is not None and playing else tile.picture
        if picture is not None:
            size = picture.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
            target = QRect(QPoint(), size)
            target.moveCenter(place.center())
            painter.drawImage(target, picture)
        if tile.label and not playing:
            self._paint_label(painter, place, tile)
        share = played[2] if played is not None and playing else tile.progress
        if share is not None:
            self._paint_bar(painter, place, share, theme.ON_PICTURE if playing else theme.KEPT)
        painter.restore()
        self._paint_signs(painter, option.rect, tile, hovered=hovered)
        self._paint_frame(painter, place, chosen=chosen, current=tile.current, hovered=hovered)

    def _paint_label(self, painter: QPainter, place: QRect, tile: Tile) -> None:
        painter.setFont(self._font)
        if tile.picture is None:
            painter.setPen(theme.TEXT_DIM)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, tile.label)
            return
        height = painter.fontMetrics().height() + 4
        strip = QRect(place.left(), place.bottom() - height + 1, place.width(), height)
        if tile.progress is not None:
            strip.translate(0, -_BAR)
        painter.fillRect(strip, _SHADE)
        painter.setPen(theme.ON_PICTURE)
        painter.drawText(
            strip.adjusted(6, 0, -6, 0),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
            tile.label,
        )

    def _paint_bar(self, painter: QPainter, place: QRect, share: float, colour: QColor) -> None:
        bar = QRectF(place.left(), place.bottom() - _BAR + 1, place.width(), _BAR)
        painter.fillRect(bar, _SHADE)
        bar.setWidth(bar.width() * min(max(share, 0.0), 1.0))
        painter.fillRect(bar, colour)

    def _paint_signs(self, painter: QPainter, room: QRect, tile: Tile, *, hovered: bool) -> None:
        """Star and note, at the top right."""
        place = self.star(room)
        for name, shown in (
            ("star-full" if tile.starred else "star", tile.starred or hovered),
            ("note", tile.noted),
        ):
            if shown:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(_SHADE)
                painter.drawEllipse(place.adjusted(-3, -3, 3, 3))
                colour = theme.KEPT if name == "star-full" else theme.ON_PICTURE
                scale = self._view.devicePixelRatioF()
                painter.drawPixmap(place, theme.icon_pixmap(name, colour, _ICON, scale))
            place.translate(-_ICON - 8, 0)

    def _paint_frame(
        self, painter: QPainter, place: QRect, *, chosen: bool, current: bool, hovered: bool
    ) -> None:
        focused = chosen and self._view.hasFocus()
        colour = theme.ACCENT if chosen else theme.TEXT_DIM if current or hovered else theme.LINE
        width = 3 if focused else 2 if chosen or current else 1
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, width))
        inset = width / 2
        frame = QRectF(place).adjusted(inset, inset, -inset, -inset)
        painter.drawRoundedRect(frame, _CORNER, _CORNER)
