"""What is compared, in place of the canvas's frame: two pictures parted by a line or beside each
other, or one of them alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle

from studio import theme
from studio.widgets.pictures import Picture
from studio.widgets.view_transform import ViewTransform
from studio.widgets.wipe import Divider

Layout = Literal["wipe", "beside", "whole"]

GAP = 6  # view points between two panes
_MARGIN, _BADGE, _PADDING = 10.0, 22.0, 8.0
GROUND = QColor(0, 0, 0, 170)


@dataclass(frozen=True, eq=False)
class Side:
    """Attributes:
    picture: of the frame's size; None = not there.
    title: what it is, or why it is not there.
    live: whether veil and lens lie over it.
    """

    picture: Picture | None
    title: str
    live: bool = False

    def paint(self, painter: QPainter, place: ViewTransform, scale: float, picture: QRectF) -> None:
        """Draws the picture, or the ground where it will stand, `picture` in the view."""
        if self.picture is None:
            painter.fillRect(picture, theme.UNDER_PICTURE)
        else:
            self.picture.paint(painter, place, scale)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Attributes:
    sides: two; of a "whole" one.
    """

    layout: Layout
    sides: tuple[Side, ...]

    def parts(
        self, pane: int, picture: QRectF, view: QRectF, divider: Divider
    ) -> list[tuple[Side, QRectF]]:
        """The sides of a pane, and the parts of its view where each is seen."""
        if self.layout == "wipe":
            return list(zip(self.sides, divider.sides(picture, view), strict=True))
        return [(self.sides[pane], view)]


def panes(view: QRect, comparison: Comparison | None) -> list[QRect]:
    """The parts of a view that each show the whole picture, all of one size."""
    if comparison is None or comparison.layout != "beside":
        return [view]
    width = (view.width() - GAP) // 2
    size = (width, view.height())
    return [
        QRect(view.left(), view.top(), *size),
        QRect(view.left() + width + GAP, view.top(), *size),
    ]


def paint_titles(
    painter: QPainter, visible: QRectF, parts: list[tuple[Side, QRectF]], *, upright: bool
) -> None:
    """What the sides are, in the corners of `visible`, a picture's part inside the view.

    Args:
        upright: whether the second of two parts is right of the first; else it is below.
    """
    for number, (side, part) in enumerate(parts):
        shown = visible.intersected(part)
        painter.save()
        painter.setClipRect(shown, Qt.ClipOperation.IntersectClip)
        if side.picture is None:
            _paint_reason(painter, side.title, shown)
        else:
            corner = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
            if number and upright:
                corner = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
            elif number:
                corner = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom
            _paint_badge(painter, side.title, visible, corner)
        painter.restore()


def _paint_badge(painter: QPainter, text: str, visible: QRectF, corner: Qt.AlignmentFlag) -> None:
    """A title in a corner of the picture."""
    painter.setFont(theme.font(theme.SMALL_PX, bold=True))
    width = painter.fontMetrics().horizontalAdvance(text) + 2 * _PADDING
    room = visible.adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN).toAlignedRect()
    size = QSizeF(width, _BADGE).toSize()
    badge = QStyle.alignedRect(Qt.LayoutDirection.LeftToRight, corner, size, room)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(GROUND)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.drawRoundedRect(badge, theme.RADIUS_PX, theme.RADIUS_PX)
    painter.setPen(theme.ON_PICTURE)
    painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, text)


def _paint_reason(painter: QPainter, text: str, part: QRectF) -> None:
    """A sentence in the middle of its part."""
    painter.setFont(theme.font(theme.FONT_PX))
    painter.setPen(theme.ON_PICTURE)
    room = part.adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
    painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)
