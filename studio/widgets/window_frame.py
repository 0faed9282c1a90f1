"""The working window's rectangle on the picture: moved, and resized with its aspect locked to the
model's until Shift frees it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from studio import theme
from studio.widgets.readout import paint_readout
from studio.widgets.view_transform import ViewTransform

MIN_WIDTH = 16  # picture pixels
_HANDLE = 9.0  # view points
_GRAB = 10.0  # how near a handle the cursor must be, in view points
_DIM = QColor(0, 0, 0, 95)

# The corners as (x, y) in units of the rectangle; also the names of the handles.
Corner = tuple[int, int]
CORNERS: tuple[Corner, ...] = ((0, 0), (1, 0), (0, 1), (1, 1))


def moved(rect: QRect, by: QPointF, picture: QSize) -> QRect:
    """The rectangle shifted by `by` picture pixels, kept inside the picture."""
    x = round(rect.x() + by.x())
    y = round(rect.y() + by.y())
    x = min(max(x, 0), picture.width() - rect.width())
    y = min(max(y, 0), picture.height() - rect.height())
    return QRect(x, y, rect.width(), rect.height())


def resized(rect: QRect, corner: Corner, to: QPointF, aspect: float, picture: QSize) -> QRect:
    """The rectangle with `corner` dragged to `to`; the opposite corner stays.

    Args:
        aspect: width over height, kept to the nearest pixel.
        picture: the rectangle stays inside it.
    """
    fixed_x = rect.x() + rect.width() * (1 - corner[0])
    fixed_y = rect.y() + rect.height() * (1 - corner[1])
    room_x = picture.width() - fixed_x if corner[0] else fixed_x
    room_y = picture.height() - fixed_y if corner[1] else fixed_y
    # How far the cursor is from the fixed corner, in the direction of the dragged one.
    reach_x = (to.x() - fixed_x) * (1 if corner[0] else -1)
    reach_y = (to.y() - fixed_y) * (1 if corner[1] else -1)
    most = int(min(room_x, room_y * aspect))
    width = min(max(round(max(reach_x, reach_y * aspect)), MIN_WIDTH), most)
    height = min(max(round(width / aspect), 1), room_y)
    x = fixed_x if corner[0] else fixed_x - width
    y = fixed_y if corner[1] else fixed_y - height
    return QRect(x, y, width, height)


def freed(rect: QRect, corner: Corner, to: QPointF, picture: QSize) -> QRect:
    """As `resized`, but of any aspect: the corner goes where it is dragged to."""
    fixed_x = rect.x() + rect.width() * (1 - corner[0])
    fixed_y = rect.y() + rect.height() * (1 - corner[1])
    room_x = picture.width() - fixed_x if corner[0] else fixed_x
    room_y = picture.height() - fixed_y if corner[1] else fixed_y
    reach_x = (to.x() - fixed_x) * (1 if corner[0] else -1)
    reach_y = (to.y() - fixed_y) * (1 if corner[1] else -1)
    width = min(max(round(reach_x), MIN_WIDTH), room_x)
    height = min(max(round(reach_y), MIN_WIDTH), room_y)
    x = fixed_x if corner[0] else fixed_x - width
    y = fixed_y if corner[1] else fixed_y - height
    return QRect(x, y, width, height)


def corner_at(rect: QRect, place: ViewTransform, cursor: QPointF) -> Corner | None:
    """The corner whose handle lies under `cursor` (in the view)."""
    shown = place.rect_to_view(QRectF(rect))
    for corner in CORNERS:
        distance = cursor - _corner_point(shown, corner)
        if max(abs(distance.x()), abs(distance.y())) <= _GRAB:
            return corner
    return None


def contains(rect: QRect, place: ViewTransform, cursor: QPointF) -> bool:
    """Whether `cursor` (in the view) is inside the rectangle."""
    return place.rect_to_view(QRectF(rect)).contains(cursor)


def cursor_shape(corner: Corner | None) -> Qt.CursorShape:
    """The mouse cursor over a corner, or over the inside (None)."""
    if corner is None:
        return Qt.CursorShape.SizeAllCursor
    falling = corner[0] == corner[1]
    return Qt.CursorShape.SizeFDiagCursor if falling else Qt.CursorShape.SizeBDiagCursor


def paint(
    painter: QPainter, rect: QRect, place: ViewTransform, picture: QRectF, *, editable: bool
) -> None:
    """Draws the rectangle and dims the rest of `picture` (its place in the view)."""
    shown = place.rect_to_view(QRectF(rect))
    outside = QPainterPath()
    outside.addRect(picture)
    outside.addRect(shown)  # odd-even filling leaves the inside clear
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.fillPath(outside, _DIM)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(_pen(QColor(0, 0, 0, 150), 3))
    painter.drawRect(shown)
    painter.setPen(_pen(theme.ON_PICTURE, 1))
    painter.drawRect(shown)
    if editable:
        painter.setBrush(theme.ON_PICTURE)
        painter.setPen(_pen(QColor(0, 0, 0, 150), 1))
        for corner in CORNERS:
            painter.drawRect(_handle(_corner_point(shown, corner)))


def paint_numbers(painter: QPainter, rect: QRect, place: ViewTransform, view: QRectF) -> None:
    """Size and place of the rectangle while it is dragged."""
    size = f"{rect.width()} × {rect.height()}  at  {rect.x()}, {rect.y()}"
    middle = place.rect_to_view(QRectF(rect)).center()
    paint_readout(painter, [size, "Shift frees the shape"], middle, view)


def _corner_point(shown: QRectF, corner: Corner) -> QPointF:
    return QPointF(
        shown.left() + shown.width() * corner[0], shown.top() + shown.height() * corner[1]
    )


def _handle(centre: QPointF) -> QRectF:
    return QRectF(centre.x() - _HANDLE / 2, centre.y() - _HANDLE / 2, _HANDLE, _HANDLE)


def _pen(colour: QColor, width: int) -> QPen:
    pen = QPen(colour, width)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    return pen
