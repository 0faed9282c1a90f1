"""What a sample is, as one picture: what is there in it, and as tokens what will be made."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPixmap

from core.tasks import Task
from studio import theme
from studio.widgets.pictures import image_of

SIZE = QSize(392, 224)
_GRID = (4, 8, 14)  # tokens over time, height and width
_SIDES = 2  # columns of tokens on either side that a canvas is wider
_LATER, _STEP = 2, QPointF(64, 20)  # pictures behind each other, and how far apart
_SHARE = 0.66  # of the width, that each of them takes


def sample_picture(
    task: Task,
    frame: np.ndarray | None,
    painted: tuple[float, float, float, float] | None = None,
    label: str = "",
    *,
    widened: bool = False,
) -> QPixmap:
    """A picture of `SIZE`.

    Args:
        frame: of the clip, uint8 (H, W, 3), if there is one.
        painted: an ellipse: left, top, width, height as shares of the frame.
        label: the class that is made.
        widened: the canvas is wider than the frame.
    """
    drawn = QPixmap(SIZE)
    drawn.fill(theme.UNDER_PICTURE)
    whole = QRectF(drawn.rect())
    painter = QPainter(drawn)
    painter.setRenderHints(
        QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
    )
    image = None if frame is None else image_of(frame)
    if task.continues:
        _paint_later(painter, whole, image)
    else:
        known = np.ones(_GRID[1:], np.bool_) if task.painted else task.region(_GRID)[-1]
        if widened:
            known[:, :_SIDES] = known[:, -_SIDES:] = False
        _paint_frame(painter, whole, image, known)
    if painted is not None and image is not None:
        _paint_ellipse(painter, whole, image, painted)
    if label:
        _paint_label(painter, whole, label)
    painter.end()
    return drawn


def _paint_frame(painter: QPainter, place: QRectF, image: QImage | None, known: np.ndarray) -> None:
    """A frame, with tokens where nothing of it is known."""
    if image is not None:
        painter.drawImage(place, image, _cut(image, place))
    rows, columns = known.shape
    wide, high = place.width() / columns, place.height() / rows
    strength = np.random.default_rng(0).integers(25, 190, known.shape)
    for row, column in np.argwhere(~known):
        cell = QRectF(place.left() + column * wide, place.top() + row * high, wide, high)
        painter.fillRect(cell.adjusted(-0.5, -0.5, 0.5, 0.5), theme.UNDER_PICTURE)
        colour = QColor(theme.KEPT)
        colour.setAlpha(int(strength[row, column]))
        painter.fillRect(cell.adjusted(1.5, 1.5, -1.5, -1.5), colour)


def _paint_later(painter: QPainter, whole: QRectF, image: QImage | None) -> None:
    """The frame that is there, and behind it those that come after it."""
    share = whole.size() * _SHARE
    for number in range(_LATER, -1, -1):
        place = QRectF(QPointF(6, 6) + _STEP * number, share)
        known = np.full(_GRID[1:], number == 0)
        _paint_frame(painter, place, image if number == 0 else None, known)
        painter.setPen(QPen(theme.UNDER_PICTURE, 3))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(place)


def _paint_ellipse(
    painter: QPainter,
    whole: QRectF,
    image: QImage,
    painted: tuple[float, float, float, float],
) -> None:
    cut = _cut(image, whole)
    left, top, width, height = painted
    scale = whole.width() / cut.width()
    x, y = left * image.width() - cut.left(), top * image.height() - cut.top()
    shape = QRectF(
        x * scale, y * scale, width * image.width() * scale, height * image.height() * scale
    )
    tint = QColor(theme.PAINTED)
    painter.setPen(QPen(tint, 3))
    tint.setAlpha(120)
    painter.setBrush(tint)
    painter.drawEllipse(shape)


def _paint_label(painter: QPainter, whole: QRectF, label: str) -> None:
    painter.setFont(theme.font(30, bold=True))
    words = f"“{label}”"
    room = painter.fontMetrics().boundingRect(words).adjusted(-16, -8, 16, 8)
    place = QRectF(room)
    place.moveCenter(whole.center())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.UNDER_PICTURE)
    painter.drawRoundedRect(place, 6, 6)
    painter.setPen(theme.ON_PICTURE)
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)


def _cut(image: QImage, place: QRectF) -> QRectF:
    """The largest part of an image that has a place's shape, about its middle."""
    size = place.size().scaled(image.size().toSizeF(), Qt.AspectRatioMode.KeepAspectRatio)
    return QRectF(
        QPointF((image.width() - size.width()) / 2, (image.height() - size.height()) / 2), size
    )
