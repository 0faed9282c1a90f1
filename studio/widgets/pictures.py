"""Pictures and painted regions as QImages, made so that a repaint costs little."""

from __future__ import annotations

import cv2
import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, QSize
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QPolygonF

from studio import theme
from studio.widgets.mask_painter import Dirty
from studio.widgets.view_transform import ViewTransform

_NEAREST_FROM = 4.0  # device pixels per picture pixel: from here on pixels are shown as squares
_TINT_ALPHA, _EDGE_ALPHA = 96, 235


def image_of(picture: np.ndarray) -> QImage:
    """A QImage of its own pixels from uint8 (H, W, 3) RGB."""
    height, width, _ = picture.shape
    image = QImage(width, height, QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.bits(), np.uint8).reshape(height, width, 4)
    cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2BGRA, dst=pixels)
    return image


class Picture:
    """One picture, drawn sharp at any zoom.

    A reduced picture is resampled once and then copied, which makes a repaint of any part cheap.

    Attributes:
        size: in pixels. rgb: the picture itself, uint8 (H, W, 3).

    Args:
        picture: uint8 (H, W, 3) RGB; kept, so it must not change.
    """

    def __init__(self, picture: np.ndarray) -> None:
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
            raise ValueError(f"a picture is uint8 (H, W, 3), not {picture.dtype} {picture.shape}")
        self.size = QSize(picture.shape[1], picture.shape[0])
        self.rgb = np.ascontiguousarray(picture)
        self._drawn: QImage | None = None  # in its own size or reduced, as last drawn

    def paint(self, painter: QPainter, place: ViewTransform, scale: float) -> None:
        """Draws the picture; `scale` is device pixels per picture pixel."""
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, 1 < scale < _NEAREST_FROM)
        target = place.rect_to_view(QRectF(QPointF(0, 0), self.size.toSizeF()))
        painter.drawImage(target, self._resampled(min(scale, 1.0)))

    def _resampled(self, scale: float) -> QImage:
        size = (self.size.toSizeF() * scale).toSize().expandedTo(QSize(1, 1))
        if self._drawn is None or self._drawn.size() != size:
            # Below a half, bilinear sampling would miss pixels.
            how = cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR
            reduced = self.rgb
            if size != self.size:
                reduced = cv2.resize(self.rgb, size.toTuple(), interpolation=how)
            self._drawn = image_of(reduced)
        return self._drawn


class MaskOverlay:
    """The painted region as a tint with a solid edge, kept up to date rectangle by rectangle.

    Args:
        shape: (H, W) of the mask.
    """

    def __init__(self, shape: tuple[int, int], colour: QColor = theme.PAINTED) -> None:
        self._colour = colour
        self._tint = _premultiplied(colour, _TINT_ALPHA)
        self._edge = _premultiplied(colour, _EDGE_ALPHA)
        self._pixels = np.zeros(shape, np.uint32)
        self._image = _wrapped(self._pixels, QImage.Format.Format_ARGB32_Premultiplied)
        self._edge_width = 1
        self._mask = np.zeros(shape, np.bool_)

    def update(self, mask: np.ndarray, dirty: Dirty) -> Dirty:
        """Redraws what a change of `mask` inside `dirty` touches, and returns that rectangle.

        The mask is kept by reference: the sharp outline of large pixels is drawn from it.
        """
        self._mask = mask
        height, width = mask.shape
        reach = self._edge_width
        touched = _grown(dirty, reach, width, height)
        around = _grown(touched, reach, width, height)
        inside = cv2.erode(
            mask[around.slices].view(np.uint8),
            np.ones((2 * reach + 1, 2 * reach + 1), np.uint8),
            borderType=cv2.BORDER_CONSTANT,
            borderValue=1,
        )
        y, x = touched.y - around.y, touched.x - around.x
        inside = inside[y : y + touched.height, x : x + touched.width]
        colours = np.array([0, self._edge, self._tint], np.uint32)
        layers = mask[touched.slices].view(np.uint8) + inside
        self._pixels[touched.slices] = colours.take(layers, mode="clip")
        return touched

    def set_scale(self, scale: float) -> bool:
        """Keeps the edge about one device pixel wide; True when it must be drawn again.

        The edge is part of the tint, save where pixels are large: there it is a line of its own.
        """
        width = 0 if scale >= _NEAREST_FROM else max(1, min(16, round(1 / scale)))
        changed = width != self._edge_width
        self._edge_width = width
        return changed

    def paint(self, painter: QPainter, place: ViewTransform, scale: float, shown: QRectF) -> None:
        """Draws tint and edge; nothing outside `shown`, a part of the view, is needed."""
        size = self._image.size().toSizeF()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < _NEAREST_FROM)
        painter.drawImage(place.rect_to_view(QRectF(QPointF(0, 0), size)), self._image)
        if self._edge_width == 0:
            self._paint_outline(painter, place, shown)

    def _paint_outline(self, painter: QPainter, place: ViewTransform, shown: QRectF) -> None:
        """Lines between painted and other pixels, in the part `shown` of the view."""
        height, width = self._mask.shape
        wanted = QRectF(place.to_picture(shown.topLeft()), shown.size() / place.ratio)
        seen = wanted.toAlignedRect().adjusted(-1, -1, 1, 1).intersected(QRect(0, 0, width, height))
        if seen.isEmpty():
            return
        part = self._mask[seen.top() : seen.bottom() + 1, seen.left() : seen.right() + 1]
        corner = place.to_view(seen.topLeft().toPointF())
        painter.setPen(QPen(self._colour, 1.5))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        lines = [
            QLineF(corner + QPointF(x0, y0) * place.ratio, corner + QPointF(x1, y1) * place.ratio)
            for x0, y0, x1, y1 in outline(part)
        ]
        painter.drawLines(lines)


def outline_path(mask: np.ndarray) -> QPainterPath:
    """The outline of a mask, bool (H, W), as one path in picture pixels."""
    found, _ = cv2.findContours(mask.view(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    path = QPainterPath()
    for contour in found:
        points = (contour.reshape(-1, 2) + 0.5).tolist()
        path.addPolygon(QPolygonF([QPointF(x, y) for x, y in (*points, points[0])]))
    return path


def outline(mask: np.ndarray) -> list[tuple[int, int, int, int]]:
    """The borders between painted and other pixels as straight runs (x0, y0, x1, y1).

    The picture's own border is none: a region that reaches it is open there.
    """
    across = [(x, y0, x, y1) for x, y0, y1 in _runs((mask[:, 1:] != mask[:, :-1]).T)]
    down = [(x0, y, x1, y) for y, x0, x1 in _runs(mask[1:] != mask[:-1])]
    return across + down


def _runs(borders: np.ndarray) -> list[tuple[int, int, int]]:
    """Runs of True along the rows: (row + 1, first column, column after the last)."""
    padded = np.zeros((borders.shape[0], borders.shape[1] + 2), np.int8)
    padded[:, 1:-1] = borders
    change = np.diff(padded, axis=1)
    rows, starts = np.nonzero(change == 1)
    ends = np.nonzero(change == -1)[1]
    return list(zip((rows + 1).tolist(), starts.tolist(), ends.tolist(), strict=True))


def _wrapped(pixels: np.ndarray, kind: QImage.Format) -> QImage:
    """A QImage over the memory of `pixels`, which must outlive it."""
    height, width = pixels.shape[:2]
    return QImage(pixels.data, width, height, pixels.strides[0], kind)


def _premultiplied(colour: QColor, alpha: int) -> int:
    red, green, blue = (c * alpha // 255 for c in (colour.red(), colour.green(), colour.blue()))
    return alpha << 24 | red << 16 | green << 8 | blue


def _grown(dirty: Dirty, by: int, width: int, height: int) -> Dirty:
    left, top = max(0, dirty.x - by), max(0, dirty.y - by)
    right = min(width, dirty.x + dirty.width + by)
    bottom = min(height, dirty.y + dirty.height + by)
    return Dirty(left, top, right - left, bottom - top)
