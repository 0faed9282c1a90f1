"""The film of the timeline: thumbnails edge to edge, asked for when they are first seen."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from studio import theme
from studio.widgets.pictures import image_of

ThumbnailSource = Callable[[int, int], "np.ndarray | None"]  # index, height -> (h, w, 3) RGB

_KEPT_THUMBNAILS = 400
_NARROWEST = 24.0
_GAP = 7  # view points between two lines of the hatching
_NEW = "NEW"
LABEL_GROUND = QColor(19, 19, 21, 200)


class Film:
    """Thumbnails of frames, as far as they are there.

    Attributes:
        source: where they come from; None: only through `keep`.
    """

    def __init__(self) -> None:
        self.source: ThumbnailSource | None = None
        self._images: OrderedDict[int, QImage] = OrderedDict()
        self._asked: set[int] = set()
        self._aspect = 16 / 9

    def keep(self, index: int, picture: np.ndarray) -> QImage:
        """The picture of a frame, uint8 (h, w, 3) RGB."""
        image = image_of(picture)
        if not self._images:
            self._aspect = image.width() / image.height()
        self._images[index] = image
        while len(self._images) > _KEPT_THUMBNAILS:
            dropped, _ = self._images.popitem(last=False)
            self._asked.discard(dropped)
        return image

    def forget(self, frames: Iterable[int] | None = None) -> None:
        """Ask again for these frames, or for all."""
        for index in [*self._images, *self._asked] if frames is None else frames:
            self._images.pop(index, None)
            self._asked.discard(index)

    def paint(
        self, painter: QPainter, place: QRectF, frame_at: Callable[[float], int], scale: float
    ) -> list[int]:
        """Draws the thumbnails of a part of the film and returns the frames of those to ask for.

        Args:
            frame_at: from a view point to the frame there.
            scale: device pixels per view point.
        """
        painter.save()
        painter.setClipRect(place)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        missing = []
        for slot in self._slots(place) if place.width() > 0 else ():
            frame = frame_at(slot.left() + 0.5)
            image = self._image(frame, round(place.height() * scale))
            if image is not None:
                painter.drawImage(slot, image)
            elif frame not in self._asked:
                self._asked.add(frame)
                missing.append(frame)
            painter.setPen(QColor(0, 0, 0, 120))
            painter.drawLine(slot.topRight(), slot.bottomRight())
        painter.restore()
        return missing

    def _slots(self, place: QRectF) -> Iterator[QRectF]:
        width = max(_NARROWEST, place.height() * self._aspect)
        for number in range(max(1, int(place.width() / width + 0.999))):
            yield QRectF(place.left() + number * width, place.top(), width, place.height())

    def _image(self, index: int, height: int) -> QImage | None:
        if index in self._images:
            self._images.move_to_end(index)
            return self._images[index]
        if self.source is None or index in self._asked:
            return None
        picture = self.source(index, height)
        return None if picture is None else self.keep(index, picture)


def paint_empty(painter: QPainter, place: QRectF) -> None:
    """The ground under frames that a result adds: hatched where there is no picture yet."""
    painter.save()
    painter.setClipRect(place)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.LINE, 1))
    height = place.height()
    for x in np.arange(place.left() - height, place.right(), _GAP):
        painter.drawLine(QLineF(x, place.bottom(), x + height, place.top()))
    painter.restore()


def paint_end(painter: QPainter, place: QRectF) -> None:
    """Where the clip ends and the frames begin that a result adds; `place` is theirs."""
    painter.fillRect(QRectF(place.left(), place.top(), place.width(), 2), theme.KEPT)
    painter.fillRect(QRectF(place.left() - 1, place.top() - 4, 2, place.height() + 4), theme.KEPT)
    label = QRectF(place.left() + 1, place.top() + 2, 32, 14)
    if place.width() < label.width() + 4:
        return
    painter.fillRect(label, LABEL_GROUND)
    painter.setPen(theme.KEPT)
    painter.drawText(label, Qt.AlignmentFlag.AlignCenter, _NEW)
