"""What the canvas shows, and how it is drawn: frame or comparison, mask, veil, lens, working
window."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QTransform

from studio.widgets import window_frame
from studio.widgets.comparison import Comparison, Side, paint_titles
from studio.widgets.mask_painter import Dirty, bounds
from studio.widgets.pictures import MaskOverlay, Picture
from studio.widgets.token_lens import LensPicture, paint_lens
from studio.widgets.veil import VeilPicture, paint_veil
from studio.widgets.view_transform import ViewTransform
from studio.widgets.wipe import Divider

_NOTHING = Dirty(0, 0, 1, 1)
_SCRIBBLE = QColor(76, 155, 232, 150)


@dataclass
class Scene:
    """The layers of the canvas, all in picture pixels.

    Attributes:
        frame: the current frame; without one nothing is drawn.
        comparison: what is seen in place of the frame, or None.
        divider: between the two sides of a wipe.
        mask: bool (H, W), the painted region; change it through `set_mask` and `repaint_mask`.
        window, window_aspect, window_editable: the working window and its width over height;
            window_dragged: whether its numbers are shown.
        lens, lens_rect: the token grid and the pixels that it covers.
        veil, veil_rect: what is not decoded yet, and the pixels that its tokens cover.
        sketch, sketch_width: a shape that is being drawn, and how wide its line is in pixels of
            the picture; 0 = thin.
        onion: outlines of the masks of other frames, with a colour each.
    """

    frame: Picture | None = None
    comparison: Comparison | None = None
    divider: Divider = field(default_factory=Divider)
    mask: np.ndarray | None = None
    window: QRect | None = None
    window_aspect: float = 1.0
    window_editable: bool = False
    window_dragged: bool = False
    lens: LensPicture | None = None
    lens_rect: QRect = field(default_factory=QRect)
    veil: VeilPicture | None = None
    veil_rect: QRect = field(default_factory=QRect)
    sketch: QPainterPath | None = None
    sketch_width: float = 0.0
    onion: tuple[tuple[QPainterPath, QColor], ...] = ()
    _overlay: MaskOverlay | None = None

    def begin(self, frame: Picture | None) -> None:
        """Shows a frame of another size: nothing that lay over the last one fits it."""
        self.frame = frame
        self.comparison = self.mask = self._overlay = self.window = None
        self.lens = self.veil = self.sketch = None
        self.lens_rect, self.veil_rect = QRect(), QRect()
        self.window_dragged, self.onion = False, ()

    @property
    def size(self) -> QSize:
        """The frame's size; empty without a frame."""
        return QSize() if self.frame is None else self.frame.size

    @property
    def wiping(self) -> bool:
        return self.comparison is not None and self.comparison.layout == "wipe"

    def place_rect(self, place: ViewTransform) -> QRectF:
        """Where the frame stands in the view."""
        return place.rect_to_view(QRectF(QPointF(0, 0), self.size.toSizeF()))

    def set_mask(self, mask: np.ndarray | None, scale: float) -> None:
        """Takes over a mask of the frame's size, bool (H, W).

        Raises:
            ValueError: it has another type or size.
        """
        if mask is None:
            self.mask = self._overlay = None
            return
        shape = (self.size.height(), self.size.width())
        if mask.dtype != np.bool_ or mask.shape != shape:
            raise ValueError(f"the mask is {mask.dtype} {mask.shape}, the frame {shape}")
        last, self.mask = bounds(self.mask), mask
        if self._overlay is None:
            self._overlay = MaskOverlay(shape)
            self._overlay.set_scale(scale)
        self._overlay.update(mask, (bounds(mask) or _NOTHING).united(last))

    def repaint_mask(self, dirty: Dirty) -> Dirty:
        """After `mask` changed inside `dirty`; returns what looks different now."""
        assert self.mask is not None
        assert self._overlay is not None
        return self._overlay.update(self.mask, dirty)

    def set_scale(self, scale: float) -> None:
        """The zoom changed: the mask's edge keeps its width on the screen."""
        if self._overlay is not None and self.mask is not None and self._overlay.set_scale(scale):
            self._overlay.update(self.mask, Dirty(0, 0, self.size.width(), self.size.height()))

    def paint(
        self,
        painter: QPainter,
        place: ViewTransform,
        scale: float,
        view: QRectF,
        shown: QRectF,
        pane: int = 0,
    ) -> None:
        """Draws all layers.

        Args:
            scale: device pixels per picture pixel.
            view: the whole pane; shown: the part of it that must be drawn.
            pane: which of the views beside each other it is.
        """
        if self.frame is None:
            return
        picture, parts = self.place_rect(place), self._parts(place, view, pane)
        for side, part in parts:
            with _clipped(painter, part):
                side.paint(painter, place, scale, picture)
        if self._overlay is not None:
            self._overlay.paint(painter, place, scale, shown)
        self._paint_lines(painter, place)
        for side, part in parts:
            if side.live:
                with _clipped(painter, part):
                    self._paint_tokens(painter, place)
        if self.window is not None:
            window_frame.paint(painter, self.window, place, picture, editable=self.window_editable)
            if self.window_dragged:
                window_frame.paint_numbers(painter, self.window, place, view)
        visible = picture.intersected(view)
        if self.wiping:
            self.divider.paint(painter, picture, visible)
        if self.comparison is not None:
            paint_titles(painter, visible, parts, upright=self.divider.upright)

    def _parts(self, place: ViewTransform, view: QRectF, pane: int) -> list[tuple[Side, QRectF]]:
        """What is seen of a pane, and in which part of it."""
        if self.comparison is None:
            return [(Side(self.frame, "", live=True), view)]
        return self.comparison.parts(pane, self.place_rect(place), view, self.divider)

    def _paint_tokens(self, painter: QPainter, place: ViewTransform) -> None:
        if self.veil is not None:
            paint_veil(painter, place.rect_to_view(QRectF(self.veil_rect)), self.veil)
        if self.lens is not None:
            paint_lens(painter, place.rect_to_view(QRectF(self.lens_rect)), self.lens)

    def _paint_lines(self, painter: QPainter, place: ViewTransform) -> None:
        """Outlines in picture pixels, drawn with lines of the view."""
        to_view = QTransform(place.ratio, 0, 0, place.ratio, place.origin.x(), place.origin.y())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for path, colour in self.onion:
            painter.setPen(QPen(colour, 1.5, Qt.PenStyle.DashLine))
            painter.drawPath(to_view.map(path))
        if self.sketch is None:
            return
        drawn = to_view.map(self.sketch)
        if self.sketch_width:
            wide = QPen(_SCRIBBLE, self.sketch_width * place.ratio)
            wide.setCapStyle(Qt.PenCapStyle.RoundCap)
            wide.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(wide)
            painter.drawPath(drawn)
            return
        for colour, width, style in (
            (QColor(0, 0, 0, 190), 2.6, Qt.PenStyle.SolidLine),
            (QColor(255, 255, 255), 1.2, Qt.PenStyle.DashLine),
        ):
            painter.setPen(QPen(colour, width, style))
            painter.drawPath(drawn)


@contextmanager
def _clipped(painter: QPainter, part: QRectF) -> Iterator[None]:
    """Nothing is drawn outside of a part of the view."""
    painter.save()
    painter.setClipRect(part, Qt.ClipOperation.IntersectClip)
    yield
    painter.restore()
