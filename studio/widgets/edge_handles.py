"""The edges of the canvas under the mouse: grips to drag, what a drag adds, its size in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from core.margins import NONE, Margins, aspect_of
from studio import theme
from studio.widgets import canvas_edges
from studio.widgets.canvas_edges import EDGES, Edge
from studio.widgets.readout import paint_readout
from studio.widgets.scene import Scene
from studio.widgets.view_transform import ViewTransform

if TYPE_CHECKING:
    from studio.widgets.clip_view import ClipView

_DARK, _NEW, _GONE = QColor(0, 0, 0, 150), QColor(76, 155, 232, 80), QColor(0, 0, 0, 170)
HINT = "Alt moves both sides, Esc leaves it"


class EdgeHandles:
    """Attributes:
    margins: of the canvas that is shown.
    growable: whether its edges can be dragged.
    target: what a drag makes of the margins; None while there is none.
    """

    def __init__(self, view: ClipView, scene: Scene) -> None:
        self._view, self._scene = view, scene
        self.margins, self.growable = NONE, False
        self.target: Margins | None = None
        self._seen = False

    def set(self, margins: Margins, *, growable: bool) -> None:
        self.margins, self.growable, self.target = margins, growable, None
        self.follow(None)

    def under(self, cursor: QPointF | None) -> Edge | None:
        """The edge that a press at a point of the view grabs; a corner of the working window that
        lies there comes first."""
        if cursor is None or not self._free or self._on_window_corner(cursor):
            return None
        anywhere = self._view.tool == "window"
        return canvas_edges.edge_at(self._view.pictureRect(), cursor, anywhere=anywhere)

    def follow(self, cursor: QPointF | None) -> None:
        """The grips are seen with the tool for windows, and near an edge with any other."""
        near = cursor is not None and canvas_edges.near_edge(self._view.pictureRect(), cursor)
        seen = self._free and (near or self._view.tool == "window")
        if seen != self._seen:
            self._seen = seen
            self._view.update()

    def _on_window_corner(self, cursor: QPointF) -> bool:
        return self._view.working_window.corner(cursor) is not None

    @property
    def _free(self) -> bool:
        return self.growable and self.target is None and self._scene.comparison is None

    def drag(self, edge: Edge, cursor: QPointF) -> ExtendCanvas:
        """The gesture that a press begins on an edge."""
        return ExtendCanvas(self._view, self, edge, cursor)

    def show(self, target: Margins, place: ViewTransform) -> None:
        """Show all of what other margins would make of the canvas, with its picture at a place of
        the view where that does."""
        self.target = target
        canvas = QRectF(QPointF(0, 0), self._view.pictureSize().toSizeF())
        self._view.camera.show_all(canvas_edges.grown(canvas, self.margins, target), place)

    def put_back(self, place: ViewTransform) -> Margins | None:
        """The drag is over; what it would have made of the canvas."""
        target, self.target = self.target, None
        self._view.camera.go(place)
        return target

    def paint(self, painter: QPainter, view: QRectF) -> None:
        canvas = self._view.pictureRect()
        if self.target is not None:
            self._paint_drag(painter, canvas, self.target, view)
        elif self._seen:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(_DARK, 1))
            painter.setBrush(theme.ON_PICTURE)
            for edge in EDGES:
                painter.drawRoundedRect(canvas_edges.grip(canvas, edge), 3, 3)

    def _paint_drag(self, painter: QPainter, canvas: QRectF, target: Margins, view: QRectF) -> None:
        size, place = self._view.pictureSize(), self._view.place
        pixels = QRectF(QPointF(0, 0), size.toSizeF())
        after = place.rect_to_view(canvas_edges.grown(pixels, self.margins, target))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.fillPath(_apart(after, canvas), _NEW)
        painter.fillPath(_apart(canvas, after), _GONE)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((_DARK, 3), (theme.ON_PICTURE, 1)):
            painter.setPen(QPen(colour, width))
            painter.drawRect(after)
        before = size.width(), size.height()
        now = target.canvas(self.margins.pictures(before))
        numbers = f"{before[0]} × {before[1]}  →  {now[0]} × {now[1]}   {aspect_of(now)}"
        paint_readout(painter, [numbers.rstrip(), HINT], after.center(), view)


class ExtendCanvas:
    """Measured at the zoom that it began with: the view may shrink to show all of the canvas."""

    def __init__(self, view: ClipView, edges: EdgeHandles, edge: Edge, cursor: QPointF) -> None:
        self._view, self._edges, self._edge, self._start = view, edges, edge, cursor
        self._place = view.place

    def move(self, cursor: QPointF) -> None:
        ratio = self._place.ratio
        by = canvas_edges.outwards(self._edge, cursor - self._start) / ratio
        both = bool(self._view.modifiers & Qt.KeyboardModifier.AltModifier)
        margins, size = self._edges.margins, self._view.pictureSize()
        snap = canvas_edges.SNAP / ratio
        target = canvas_edges.dragged(margins, size, self._edge, by, snap, both=both)
        self._edges.show(target, self._place)

    def finish(self) -> None:
        target = self._edges.put_back(self._place)
        if target is not None and target != self._edges.margins:
            self._view.canvasEdited.emit(target)

    def abandon(self) -> None:
        self._edges.put_back(self._place)


def _apart(one: QRectF, other: QRectF) -> QPainterPath:
    """What of one rectangle does not lie in another."""
    whole, taken = QPainterPath(), QPainterPath()
    whole.addRect(one)
    taken.addRect(other)
    return whole.subtracted(taken)
