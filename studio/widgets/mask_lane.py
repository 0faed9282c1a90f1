"""The lane of the masks below the timeline: key frames as diamonds, and what is between them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from core.masks import Kind, Span
from studio import theme
from studio.widgets.frame_axis import SIDE, FrameAxis

_HEIGHT, _BAR = 24, 10
_DIAMOND, _GRAB = 5.5, 7.0  # half a key frame's height; how near the cursor must be to grab it
_HOLD = QColor(theme.PAINTED.red(), theme.PAINTED.green(), theme.PAINTED.blue(), 70)
_CHANGE = QColor(theme.PAINTED.red(), theme.PAINTED.green(), theme.PAINTED.blue(), 150)
_TRUST = ((0.0, QColor("#d9483b")), (0.5, QColor("#e8b04a")), (1.0, QColor("#4fb39a")))

_KEYS = (
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown,
    Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Delete,
)  # fmt: skip

WORDS: dict[Kind, str] = {
    "hold": "holds",
    "interpolate": "changes into the next",
    "track": "not tracked yet",
}


@dataclass(frozen=True)
class MaskSpans:
    """What the lane shows.

    Attributes:
        keys: key frames; empty: those of them on which nothing is painted.
        spans: what is between them.
        confidence: of each tracked frame.
    """

    keys: Collection[int] = ()
    empty: Collection[int] = ()
    spans: Collection[Span] = ()
    confidence: Mapping[int, float] = field(default_factory=dict)


class MaskLane(QWidget):
    """Signals:
    positionRequested(int): a click or key asks for a frame.
    keyMoved(int, int): a key frame was dragged to another frame.
    keyRemoved(int): Del on a key frame.
    menuRequested(int, QPoint): the menu of a frame, at a place on the screen.
    """

    positionRequested = Signal(int)
    keyMoved = Signal(int, int)
    keyRemoved = Signal(int)
    menuRequested = Signal(int, QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Mask key frames")
        self.setAccessibleDescription(
            "Page Up and Page Down go from key frame to key frame, Delete removes one, "
            "the menu key says what masks do between them."
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._length, self._clip_length, self._position = 0, 0, 0
        self._shown = MaskSpans()
        self._key: int | None = None  # that is held by the mouse
        self._target = 0  # where it would go
        self._scrubbing = False

    def setLength(self, frames: int) -> None:
        """Another clip of `frames` frames."""
        self._length = self._clip_length = frames
        self._position, self._key = 0, None
        self.setSpans(MaskSpans())

    def setReach(self, frames: int) -> None:
        """So many frames are shown: those after the clip's end are added by a result."""
        self._length = max(frames, self._clip_length)
        self.update()

    def setPosition(self, frame: int) -> None:
        self._position = frame
        self.update()

    def setSpans(self, shown: MaskSpans) -> None:
        self._shown = shown
        self.update()

    def keyAt(self, place: QPointF) -> int | None:
        """The key frame at a place of the lane."""
        axis = self._axis
        near = [key for key in self._shown.keys if abs(axis.middle(key) - place.x()) <= _GRAB]
        return min(near, key=lambda key: abs(axis.middle(key) - place.x()), default=None)

    @property
    def _axis(self) -> FrameAxis:
        return FrameAxis(self.width(), self._length)

    # Painting

    def _bar(self, first: float, stop: float) -> QRectF:
        left, top = self._axis.x_of(first), (_HEIGHT - _BAR) / 2
        return QRectF(left, top, self._axis.x_of(stop) - left, _BAR)

    def _paint_span(self, painter: QPainter, span: Span) -> None:
        frames = span.frames(self._clip_length)
        if not frames:
            return
        first = frames.start if span.before is None else span.before + 0.5
        bar = self._bar(first, frames.stop if span.after is None else span.after + 0.5)
        closed = span.before is not None and span.after is not None
        if span.kind == "hold" or (span.kind == "interpolate" and not closed):
            painter.fillRect(bar.adjusted(0, _BAR / 2 - 1, 0, 1 - _BAR / 2), _HOLD)
        elif span.kind == "interpolate":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(_CHANGE)
            middle = bar.center().y()
            corners = (bar.bottomLeft(), QPointF(bar.left(), middle), bar.topRight())
            painter.drawPolygon(QPolygonF([*corners, QPointF(bar.right(), middle)]))
        else:
            painter.setPen(QPen(_HOLD, 1, Qt.PenStyle.DashLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(bar.adjusted(0.5, 0.5, -0.5, -0.5))
            self._paint_confidence(painter, frames)

    def _paint_confidence(self, painter: QPainter, frames: range) -> None:
        """A column per tracked frame, the taller and greener the surer."""
        for frame in frames:
            trust = self._shown.confidence.get(frame)
            if trust is not None:
                bar = self._bar(frame, frame + 1)
                bar.setTop(bar.bottom() - _BAR * (0.25 + 0.75 * trust))
                painter.fillRect(bar, trust_colour(trust))

    def _paint_key(self, painter: QPainter, key: int) -> None:
        x, y = self._axis.middle(self._target if key == self._key else key), _HEIGHT / 2
        way = ((0, -_DIAMOND), (_DIAMOND, 0), (0, _DIAMOND), (-_DIAMOND, 0))
        here = key == self._position
        painter.setPen(QPen(theme.TEXT if here else theme.PANEL, 1.5))
        painter.setBrush(theme.PANEL if key in self._shown.empty else theme.PAINTED)
        if key in self._shown.empty:
            painter.setPen(QPen(theme.TEXT if here else theme.PAINTED, 1.5))
        painter.drawPolygon(QPolygonF([QPointF(x + dx, y + dy) for dx, dy in way]))

    # Qt overrides

    def sizeHint(self) -> QSize:
        return QSize(600, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.PANEL)
        painter.fillRect(QRectF(SIDE, 5, self.width() - 2 * SIDE, _HEIGHT - 10), theme.CANVAS)
        if self._length:
            for span in self._shown.spans:
                self._paint_span(painter, span)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for key in sorted(self._shown.keys, key=lambda key: key == self._position):
                self._paint_key(painter, key)
            x = round(self._axis.middle(self._position)) + 0.5
            painter.setPen(QPen(theme.ACCENT, 1.5))
            painter.drawLine(QPointF(x, 0), QPointF(x, 5))
            painter.drawLine(QPointF(x, _HEIGHT - 5), QPointF(x, _HEIGHT))
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(theme.ACCENT)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or not self._length:
            return
        self._key = self.keyAt(event.position())
        if self._key is None:
            self._scrubbing = True
            self.positionRequested.emit(self._axis.frame_at(event.position().x()))
        else:
            self._target = self._key
            self.positionRequested.emit(self._key)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        frame = self._axis.frame_at(event.position().x())
        if self._key is not None:
            self._target = min(frame, self._clip_length - 1)
            self.update()
        elif self._scrubbing:
            self.positionRequested.emit(frame)
        elif self.keyAt(event.position()) is not None:
            self.setCursor(Qt.CursorShape.SizeHorCursor)
        else:
            self.unsetCursor()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        key, self._key, self._scrubbing = self._key, None, False
        if key is not None and self._target != key:
            self.keyMoved.emit(key, self._target)
        self.update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if not self._length:
            return
        frame, place = self._position, self.mapToGlobal(QPoint(0, 0))
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            key = self.keyAt(QPointF(event.pos()))
            frame = self._axis.frame_at(event.pos().x()) if key is None else key
            place = event.globalPos()
        else:
            place += QPoint(round(self._axis.middle(frame)), _HEIGHT)
        self.menuRequested.emit(frame, place)

    def event(self, event: QEvent) -> bool:
        # Window-wide shortcuts on the same keys would else take them from the lane.
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            event.setAccepted(event.key() in _KEYS and not event.modifiers())
            return True
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and self._length:
            QToolTip.showText(event.globalPos(), self.words(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def words(self, place: QPointF) -> str:
        """What is known of the frame at a place."""
        key = self.keyAt(place)
        frame = self._axis.frame_at(place.x()) if key is None else key
        if not self._shown.keys:
            return "Painted frames show here as key frames."
        if key is not None:
            return f"Frame {key + 1}: key frame. Drag to move it, right click for what follows it."
        if frame in self._shown.confidence:
            return f"Frame {frame + 1}: tracked, confidence {self._shown.confidence[frame]:.0%}"
        kinds = [span.kind for span in self._shown.spans if frame in span.frames(self._length)]
        return f"Frame {frame + 1}: the mask {WORDS[kinds[0]]}" if kinds else ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = sorted(self._shown.keys)
        wanted: dict[int, list[int]] = {
            Qt.Key.Key_Left: [self._position - 1],
            Qt.Key.Key_Right: [self._position + 1],
            Qt.Key.Key_PageUp: [key for key in reversed(keys) if key < self._position],
            Qt.Key.Key_PageDown: [key for key in keys if key > self._position],
            Qt.Key.Key_Home: keys[:1],
            Qt.Key.Key_End: keys[-1:],
        }
        if event.key() == Qt.Key.Key_Delete and self._position in self._shown.keys:
            self.keyRemoved.emit(self._position)
        elif event.key() not in wanted:
            super().keyPressEvent(event)
        elif wanted[event.key()]:
            frame = min(max(wanted[event.key()][0], 0), self._length - 1)
            self.positionRequested.emit(frame)


def trust_colour(trust: float) -> QColor:
    """From red over amber to green."""
    low, high = (_TRUST[0], _TRUST[1]) if trust < 0.5 else (_TRUST[1], _TRUST[2])
    share = (trust - low[0]) / (high[0] - low[0])
    parts = zip(_parts(low[1]), _parts(high[1]), strict=True)
    red, green, blue = (round(a + share * (b - a)) for a, b in parts)
    return QColor(red, green, blue)


def _parts(colour: QColor) -> tuple[int, int, int]:
    return colour.red(), colour.green(), colour.blue()
