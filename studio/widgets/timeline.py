"""The timeline: ruler, thumbnails, marks, working window and result of one clip.

Thumbnails are asked for when they are first seen, and drawn when they arrive.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio import theme
from studio.widgets.film import Film, ThumbnailSource, paint_empty, paint_end
from studio.widgets.frame_axis import SIDE, FrameAxis
from studio.widgets.transport import time_code

Span = tuple[int, int]  # first and last frame, both included

_RULER, _WINDOW, _FILM, _RESULT = 20, 5, 46, 6  # heights of the rows, from top to bottom
_GRAB = 6  # how near a mark the cursor must be
_MIN_TICK = 64  # view points between two written times
_OPEN = QColor("#6b5635")  # frames of the result that are not decided yet
_PAGE = 10  # frames per PageUp and PageDown


class Timeline(QWidget):
    """Where one is in the clip, and what is known of each frame.

    Signals:
        positionRequested(int): a click, a drag, the wheel or an arrow key asks for a frame.
        marksEdited(int, int): the in or out mark was dragged.
        thumbnailsWanted(list): indices of frames whose thumbnails are seen for the first time;
            answer each with `setThumbnail`.
    """

    positionRequested = Signal(int)
    marksEdited = Signal(int, int)
    thumbnailsWanted = Signal(list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Timeline")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFont(theme.font(theme.SMALL_PX, tabular=True))

        self._length = 0  # of the clip and of what a result adds
        self._clip_length = 0
        self._rate = 24.0
        self._position = 0
        self._marks: Span = (0, 0)
        self._range: Span | None = None
        self._result: Span | None = None
        self._decided = 0  # frames of the result
        self._thumbnails = Film()
        self._held: str | None = None  # "in", "out" or "position" while the button is down

    def setLength(self, frames: int, rate: float | Fraction) -> None:
        """Another clip of `frames` frames; forgets marks and thumbnails."""
        self._length = self._clip_length = frames
        self._rate, self._position = float(rate), 0
        self._marks = (0, max(0, frames - 1))
        self._range = self._result = None
        self.clearThumbnails()

    def setReach(self, frames: int) -> None:
        """So many frames are shown: those after the clip's end are added by a result."""
        self._length = max(frames, self._clip_length)
        self.update()

    def setPosition(self, frame: int) -> None:
        if frame != self._position:
            self._update_playhead()
            self._position = frame
            self._update_playhead()

    def setMarks(self, first: int, last: int) -> None:
        """The in and out marks; both frames belong to the marked range."""
        self._marks = (first, last)
        self.update()

    def setRange(self, first: int, last: int) -> None:
        """The frames of the working window."""
        self._range = (first, last)
        self.update()

    def clearRange(self) -> None:
        self._range = None
        self.update()

    def setResult(self, span: Span | None, decided: int | None = None) -> None:
        """The first and last generated frame, or None; `decided` of them are there, or all."""
        self._result = span
        whole = 0 if span is None else span[1] + 1 - span[0]
        self._decided = whole if decided is None else min(decided, whole)
        self.update()

    def setThumbnails(self, source: ThumbnailSource | None) -> None:
        """Where thumbnails come from; None: only through `setThumbnail`."""
        self._thumbnails.source = source
        self.clearThumbnails()

    def setThumbnail(self, index: int, picture: np.ndarray) -> None:
        """The picture of a frame, uint8 (h, w, 3) RGB."""
        self._thumbnails.keep(index, picture)
        self.update(self._film())

    def refresh(self, frames: Iterable[int]) -> None:
        """Asks for these frames again."""
        self._thumbnails.forget(frames)
        self.update(self._film())

    def clearThumbnails(self) -> None:
        self._thumbnails.forget()
        self.update()

    # Frames and places

    @property
    def _axis(self) -> FrameAxis:
        return FrameAxis(self.width(), self._length)

    def xOf(self, frame: float) -> float:
        """Where a frame begins, in the widget's points."""
        return self._axis.x_of(frame)

    def frameAt(self, x: float) -> int:
        """The frame at a place; the nearest one beyond the ends."""
        return self._axis.frame_at(x)

    def _film(self) -> QRect:
        return QRect(SIDE, _RULER + _WINDOW, self.width() - 2 * SIDE, _FILM)

    def _span(self, span: Span, top: float, height: float) -> QRectF:
        left = self.xOf(span[0])
        return QRectF(left, top, self.xOf(span[1] + 1) - left, height)

    def _middle(self, frame: int) -> float:
        return self.xOf(frame + 0.5)

    @property
    def _decided_to(self) -> float:
        """Where the decided frames of the result end."""
        return 0.0 if self._result is None else self.xOf(self._result[0] + self._decided)

    def _added(self) -> QRectF:
        """Where the frames stand that a result adds after the clip's end; it may be empty."""
        film = self._film()
        left = self.xOf(self._clip_length)
        return QRectF(left, film.top(), film.right() + 1 - left, film.height())

    # Painting

    def _update_playhead(self) -> None:
        x = self._middle(self._position)
        slot = (self.xOf(1) - self.xOf(0)) / 2 + 9
        self.update(QRectF(x - slot, 0, 2 * slot, self.height()).toAlignedRect())

    def _paint_ruler(self, painter: QPainter) -> None:
        painter.setPen(theme.TEXT_DIM)
        step = self._tick_step()
        for frame in range(0, self._length, step):
            x = round(self.xOf(frame))
            painter.drawLine(x, _RULER - 6, x, _RULER - 1)
            label = QRect(x + 4, 0, _MIN_TICK, _RULER - 2)
            if label.left() + 48 < self.width():
                painter.drawText(label, Qt.AlignmentFlag.AlignVCenter, self._tick_label(frame))

    def _tick_step(self) -> int:
        """Frames between two written times: a round number of frames or seconds."""
        room = max(1, (self.width() - 2 * SIDE) // _MIN_TICK)
        second = max(1, round(self._rate))
        steps = [n for n in (1, 2, 5, 10) if n < second]
        steps += [second * n for n in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)]
        return next((s for s in steps if self._length / s <= room), steps[-1])

    def _tick_label(self, frame: int) -> str:
        return time_code(frame, self._rate)

    def _paint_film(self, painter: QPainter) -> list[int]:
        """Draws the thumbnails that are there and returns the frames of those to ask for."""
        film, added = QRectF(self._film()), self._added()
        painter.fillRect(film, theme.CANVAS)
        scale = self.devicePixelRatioF()
        of_clip = film.adjusted(0, 0, -added.width(), 0)
        missing = self._thumbnails.paint(painter, of_clip, self.frameAt, scale)
        if self._length > self._clip_length:
            paint_empty(painter, added)
            decided = QRectF(added)
            decided.setRight(min(added.right(), max(added.left(), self._decided_to)))
            missing += self._thumbnails.paint(painter, decided, self.frameAt, scale)
            paint_end(painter, added)
        return missing

    def _paint_marks(self, painter: QPainter) -> None:
        film = self._film()
        first, last = self.xOf(self._marks[0]), self.xOf(self._marks[1] + 1)
        shade = QColor(theme.CANVAS)
        shade.setAlpha(190)
        painter.fillRect(QRectF(film.left(), film.top(), first - film.left(), _FILM), shade)
        painter.fillRect(QRectF(last, film.top(), film.right() + 1 - last, _FILM), shade)
        painter.setPen(QPen(theme.TEXT, 2))
        for x, inward in ((first + 1, 5), (last - 1, -5)):
            painter.drawPolyline(
                [
                    QPointF(x + inward, film.top() + 1),
                    QPointF(x, film.top() + 1),
                    QPointF(x, film.bottom()),
                    QPointF(x + inward, film.bottom()),
                ]
            )

    def _paint_range(self, painter: QPainter) -> None:
        if self._range is not None:
            first, last = self._range
            place = self._span((first, min(last, self._length - 1)), _RULER + _WINDOW - 4, 3)
            painter.fillRect(place, theme.GIVEN)

    def _paint_result(self, painter: QPainter) -> None:
        top = self._film().bottom() + 3
        painter.fillRect(QRectF(SIDE, top, self._film().width(), 3), theme.CANVAS)
        if self._result is not None:
            first, last = self._result
            painter.fillRect(self._span(self._result, top, 3), _OPEN)
            if self._decided:
                decided = (first, min(last, first + self._decided - 1))
                painter.fillRect(self._span(decided, top, 3), theme.KEPT)

    def _paint_playhead(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = self._span((self._position, self._position), _RULER + _WINDOW, _FILM)
        if frame.width() > 4:
            painter.fillRect(frame, QColor(76, 155, 232, 50))
        x = round(self._middle(self._position)) + 0.5
        painter.setPen(QPen(theme.ACCENT, 1.5))
        painter.drawLine(QPointF(x, 8), QPointF(x, self.height()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.ACCENT)
        outline = ((-5, 2), (5, 2), (5, 8), (0, 13), (-5, 8))
        painter.drawPolygon(QPolygonF([QPointF(x + dx, dy) for dx, dy in outline]))

    # Mouse

    def _grabbed(self, position: QPointF) -> str:
        """What a press would hold: a mark near the cursor on the film, else the playhead."""
        if self._film().top() <= position.y() <= self._film().bottom():
            distances = {
                "in": abs(position.x() - self.xOf(self._marks[0])),
                "out": abs(position.x() - self.xOf(self._marks[1] + 1)),
            }
            nearest = min(distances, key=distances.__getitem__)
            if distances[nearest] <= _GRAB:
                return nearest
        return "position"

    def _drag_to(self, x: float) -> None:
        first, last = self._marks
        if self._held == "in":
            self._edit_marks(min(self._axis.edge_at(x), last), last)
        elif self._held == "out":
            self._edit_marks(first, max(self._axis.edge_at(x) - 1, first))
        else:
            self._request(self.frameAt(x))

    def _edit_marks(self, first: int, last: int) -> None:
        marks = (min(first, self._length - 1), min(last, self._length - 1))
        if marks != self._marks:
            self._marks = marks
            self.update()
            self.marksEdited.emit(*marks)

    def _request(self, frame: int) -> None:
        frame = min(max(frame, 0), self._length - 1)
        if frame != self._position:
            self.setPosition(frame)
            self.positionRequested.emit(frame)

    # Qt overrides

    def sizeHint(self) -> QSize:
        return QSize(600, _RULER + _WINDOW + _FILM + _RESULT)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.PANEL)
        missing = self._paint_film(painter) if self._length else []
        if self._length:
            self._paint_ruler(painter)
            self._paint_range(painter)
            self._paint_result(painter)
            self._paint_marks(painter)
            self._paint_playhead(painter)
        else:
            painter.fillRect(self._film(), theme.CANVAS)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(theme.ACCENT)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        if missing:
            self.thumbnailsWanted.emit(missing)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._length:
            self._held = self._grabbed(event.position())
            self._drag_to(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held is not None:
            self._drag_to(event.position().x())
        elif self._length and self._grabbed(event.position()) != "position":
            self.setCursor(Qt.CursorShape.SplitHCursor)
        else:
            self.unsetCursor()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._held = None

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._length and event.angleDelta().y():
            self._request(self._position + (-1 if event.angleDelta().y() > 0 else 1))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: self._position - 1,
            Qt.Key.Key_Right: self._position + 1,
            Qt.Key.Key_PageUp: self._position - _PAGE,
            Qt.Key.Key_PageDown: self._position + _PAGE,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: self._length - 1,
        }
        if self._length and event.key() in steps:
            self._request(steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)
