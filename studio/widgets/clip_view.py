"""The canvas: one frame with zoom and pan, painted region, working window, lens and comparison.

Points come in two systems: *view* points are the widget's own coordinates, *picture* points are
pixels of the frame, (0, 0) being the corner of the first pixel. `place` maps between them. Two
pictures side by side stand in two *panes* of one size: the same `place` holds in both, so zoom and
pan are locked, and view points are those of the first pane, wherever the cursor is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.mask_shapes import ellipse, poured, rectangle
from core.token_edits import AGAIN, FREE, KEPT
from studio import theme
from studio.widgets import canvas_edges, window_frame
from studio.widgets.canvas_drags import Drag, MoveWindow, Pan, ResizeWindow, Stroke, Wipe
from studio.widgets.comparison import Comparison, panes
from studio.widgets.edge_handles import EdgeHandles, ExtendCanvas
from studio.widgets.key_cursor import KeyCursor
from studio.widgets.mask_painter import Dirty, bounds
from studio.widgets.pictures import Picture, outline_path
from studio.widgets.scene import Scene
from studio.widgets.shape_drags import BoxDrag, LassoDrag, PolygonClicks, Scribble, WandDrag
from studio.widgets.token_lens import LensPicture
from studio.widgets.token_picker import TokenPicker, TokenStroke
from studio.widgets.veil import VeilPicture
from studio.widgets.view_transform import MAX_SCALE, MIN_SCALE, ViewTransform
from studio.widgets.wipe import Divider

Tool = Literal[
    "brush", "eraser", "rectangle", "ellipse", "lasso", "polygon", "wand", "fill", "select",
    "pan", "window", "repaint", "pin",
]  # fmt: skip

EMPTY_TEXT = "Drop a clip here, or open one"
_MARGIN = 16.0  # view points around a fitted picture
_WHEEL_STEP = 1.2  # zoom per notch
_BUTTON_STEP = 1.5  # zoom per press of zoom in or out
_FILM = 44  # size of the icon above the invitation
_PEN = 3  # view points that the size ring's pen takes on either side
_PAINTING = ("brush", "eraser", "select", "repaint", "pin")  # with a round tip
_MARKS = {"repaint": AGAIN, "pin": KEPT}  # of tools that mark tokens
_CAN_BE_ABANDONED = BoxDrag | LassoDrag | PolygonClicks | WandDrag | Scribble | ExtendCanvas
_LEAST_PRESSURE = 0.1
_LEAVING = (  # for good, and not for a menu or a dialog
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.MouseFocusReason,
)


class ClipView(QWidget):
    """Shows a frame and turns mouse and keys into edits; it never changes the project itself.

    Attributes:
        place: where the picture stands in the view.
        scale: device pixels per picture pixel; 1.0 is 100 %.
        pressure: of the pen, up to 1; 1 of the mouse. modifiers: the keys held with it.
        keys: the cursor that is moved by arrow keys, while it is on.
        tokens: which token of the lens is pointed at, and which is looked at.

    Signals:
        strokeStarted, stroked(QRect), strokeFinished(mask): something is painted or wiped out;
            the rectangle is in picture pixels, the mask a bool (H, W) of the whole frame.
        selectRequested(scribble, painted): the thing under a scribble, bool (H, W), is to be
            painted, or wiped out.
        toleranceChanged(int): a wand is dragged.
        windowEdited(QRect): while the working window is dragged. windowEditFinished(QRect): let go.
        canvasEdited(Margins): an edge of the canvas was dragged and let go.
        wiped(float): the divider of a wipe was dragged, position in [0, 1].
        hovered(int, int): the picture pixel under the cursor; (-1, -1) outside.
        zoomed(float): the new scale.
        brushSizeRequested(int): Ctrl+wheel asks for another brush size.
        hardnessRequested(int): Ctrl+Shift+wheel asks for a harder (1) or softer (-1) brush.
        spaceTapped(): Space was pressed and released without dragging.
        announced(str): what the keyboard's cursor has done, for who does not see it.
        keyCursorLeft(): the keyboard's cursor is not wanted any more.
        tokenPointed(int, int): row and column of the token under the cursor; (-1, -1) for none.
        tokenChosen(int, int): another one is looked at. tokenAsked(int, int): it was clicked.
        tokensMarked(places, mark): the tokens places, bool (h, w), get a mark of
            `core.token_edits`.
    """

    strokeStarted = Signal()
    stroked = Signal(QRect)
    strokeFinished = Signal(object)
    windowEdited = Signal(QRect)
    windowEditFinished = Signal(QRect)
    canvasEdited = Signal(object)
    wiped = Signal(float)
    hovered = Signal(int, int)
    zoomed = Signal(float)
    brushSizeRequested = Signal(int)
    hardnessRequested = Signal(int)
    selectRequested = Signal(object, bool)
    toleranceChanged = Signal(int)
    spaceTapped = Signal()
    announced = Signal(str)
    keyCursorLeft = Signal()
    tokenPointed = Signal(int, int)
    tokenChosen = Signal(int, int)
    tokenAsked = Signal(int, int)
    tokensMarked = Signal(object, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Canvas")
        self.setAccessibleDescription("The current frame. Paint with the brush; the wheel zooms.")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(240, 160)

        self.place = ViewTransform()
        self._scene = Scene()
        self._fitting = True  # follows the view's size until the user zooms or pans
        self._tool: Tool = "pan"
        self._brush_size, self._hardness = 40, 1.0
        self._tolerance, self._near = 24, True
        self.keys = KeyCursor(self)
        self.tokens = TokenPicker(self)
        self.edges = EdgeHandles(self)
        self.pressure = 1.0
        self.modifiers = Qt.KeyboardModifier.NoModifier
        self._cursor: QPointF | None = None
        self._drag: Drag | None = None
        self._drag_button = Qt.MouseButton.NoButton
        self._pane = 0  # that the cursor is in, or that the drag began in
        self._space_held = False
        self._reached_by_keyboard = False  # the mouse needs no ring to be found
        self._space_dragged = False

    # What is shown

    def setFrame(self, picture: np.ndarray | None) -> None:
        """Shows uint8 (H, W, 3) RGB, or the invitation to open a clip (None).

        A frame of another size than the last one drops mask, window, lens and comparison, and
        is fitted.
        """
        frame = None if picture is None else Picture(picture)
        if (frame.size if frame else QSize()) == self._scene.size:
            self._scene.frame = frame
        else:
            self._drag = None
            self._scene = Scene(
                frame, divider=self._scene.divider, window_editable=self._scene.window_editable
            )
            self.fit()
        self._update_cursor_shape()
        self.update()

    def setComparison(self, comparison: Comparison | None) -> None:
        """What is seen in place of the frame, of its size; None shows the frame again."""
        before, self._scene.comparison = self._panes()[0], comparison
        moved = QRectF(self._panes()[0]).center() - QRectF(before).center()
        if self._fitting and not moved.isNull():
            self.fit()
        elif not moved.isNull() and self._scene.frame is not None:
            self._set_place(self.place.moved(moved).held(*self._sizes()))
        self._update_cursor_shape()
        self.update()

    def setDivider(self, position: float, *, upright: bool) -> None:
        """Where the line of a wipe is, as a share of the picture, and whether it stands."""
        self._scene.divider = Divider(position, upright)
        self.update()

    def setMask(self, mask: np.ndarray | None) -> None:  # type: ignore[override]
        """The painted region, bool (H, W); None shows nothing. The array is copied.

        A stroke under way ends without a result: what is set here counts. (It takes the place of
        QWidget's own setMask, the widget's shape, which a canvas has no use for.)
        """
        if isinstance(self._drag, Stroke | WandDrag):
            self._drag = None
        self._scene.set_mask(None if mask is None else mask.copy(), self.scale)
        self.update()

    def setWindow(self, rect: QRect | None, aspect: float = 0.0) -> None:
        """The working window in picture pixels; drags keep `aspect` (width over height).

        An aspect of 0 takes the rectangle's own.
        """
        self._scene.window = None if rect is None else QRect(rect)
        if rect is not None:
            self._scene.window_aspect = aspect or rect.width() / rect.height()
        self.update()

    def setWindowEditable(self, editable: bool) -> None:
        """Shows handles; they work while the tool is "window"."""
        self._scene.window_editable = editable
        self._update_cursor_shape()
        self.update()

    def setBrush(self, tool: Tool, size_px: int, hardness: float = 1.0) -> None:
        """The tool in hand, the brush's diameter in picture pixels and its hardness, 0..1."""
        self._update_ring()
        if tool != self._tool and isinstance(self._drag, PolygonClicks):
            self._abandon()
        self._tool, self._brush_size, self._hardness = tool, size_px, hardness
        self._update_ring()
        self._update_cursor_shape()
        self.edges.follow(self._cursor)

    def setWand(self, tolerance: int, *, contiguous: bool) -> None:
        """The colour levels that a wand tolerates at first, and whether it takes only what is
        connected with the point."""
        self._tolerance, self._near = tolerance, contiguous

    def setOnion(self, before: np.ndarray | None, after: np.ndarray | None) -> None:
        """The masks of the key frames before and after, whose outlines are shown; or None."""
        outlines = ((before, theme.KEPT), (after, theme.GIVEN))
        self._scene.onion = tuple(
            (outline_path(mask), colour) for mask, colour in outlines if mask is not None
        )
        self.update()

    def setKeyCursor(self, on: bool) -> None:
        """Shows the cursor that is moved by arrow keys, which the canvas then takes."""
        if on and self._scene.frame is not None:
            self.setFocus(Qt.FocusReason.OtherFocusReason)
            self.keys.begin()
        else:
            self.keys.end()
        self.update()

    def setLens(self, lens: LensPicture | None, rect: QRect | None = None) -> None:
        """The token grid over `rect` (picture pixels), or nothing."""
        self._scene.lens = lens
        self._scene.lens_rect = QRect(rect) if rect is not None else QRect()
        self.tokens.settle()
        self.update()

    def setVeil(self, veil: VeilPicture | None, rect: QRect | None = None) -> None:
        """What is not decoded yet of the tokens over `rect` (picture pixels), or nothing."""
        self._scene.veil = veil
        self._scene.veil_rect = QRect(rect) if rect is not None else QRect()
        self.update()

    # Zoom

    @property
    def scale(self) -> float:
        return self.place.ratio * self.devicePixelRatioF()

    def zoomIn(self) -> None:
        self._zoom_to(self.scale * _BUTTON_STEP, self._middle())

    def zoomOut(self) -> None:
        self._zoom_to(self.scale / _BUTTON_STEP, self._middle())

    def fit(self) -> None:
        """Shows the whole picture, and keeps doing so when the view's size changes."""
        self._fitting = True
        if not self._scene.size.isEmpty():
            self._set_place(ViewTransform.fitted(*self._sizes(), _MARGIN))

    def actualSize(self) -> None:
        """One device pixel per picture pixel, about the middle of the view."""
        self._zoom_to(1.0, self._middle())

    @property
    def tool(self) -> Tool:
        return self._tool

    def pictureSize(self) -> QSize:
        """The frame's size in pixels; empty without a frame."""
        return QSize(self._scene.size)

    def pictureRect(self) -> QRectF:
        """Where the frame stands in the view."""
        return self._scene.place_rect(self.place)

    @property
    def lens(self) -> LensPicture | None:
        return self._scene.lens

    def lensRect(self) -> QRectF:
        """Where the tokens of the lens stand in the view."""
        return self.place.rect_to_view(QRectF(self._scene.lens_rect))

    # What the drags do (canvas_drags)

    def strokeMask(self) -> np.ndarray:
        """The view's own mask, made empty when there was none, to be painted on."""
        if self._scene.mask is None:
            shape = (self._scene.size.height(), self._scene.size.width())
            self._scene.set_mask(np.zeros(shape, np.bool_), self.scale)
        assert self._scene.mask is not None
        return self._scene.mask

    def showStroke(self, dirty: Dirty) -> None:
        """Redraws what the brush touched, and nothing else."""
        self._repaint(self._view_rect(self._scene.repaint_mask(dirty)))
        self.stroked.emit(QRect(*dirty))

    def finishShape(self, shape: np.ndarray, *, painted: bool) -> None:
        """Paints a shape, bool (H, W), on the view's own mask, or wipes it out."""
        mask = self.strokeMask()
        dirty = bounds(shape & (mask != painted))
        if dirty is not None:
            self.strokeStarted.emit()
            mask[dirty.slices][shape[dirty.slices]] = painted
            self.showStroke(dirty)
            self.strokeFinished.emit(mask.copy())

    def setSketch(self, path: QPainterPath | None, width: float = 0.0) -> None:
        """The outline of a shape that is being drawn, in picture pixels."""
        for shown in (self._scene.sketch, path):
            if shown is not None:
                spare = 4 + width * self.place.ratio
                where = self.place.rect_to_view(shown.boundingRect())
                self._repaint(where.adjusted(-spare, -spare, spare, spare).toAlignedRect())
        self._scene.sketch, self._scene.sketch_width = path, width

    def showTokenMarks(self, places: np.ndarray, mark: int) -> None:
        """Tokens (h, w) that are being marked, before whoever keeps the marks knows of it."""
        lens = self._scene.lens
        if lens is not None and lens.given.shape == places.shape:
            before = np.full(places.shape, FREE) if lens.marks is None else lens.marks
            self._scene.lens = replace(lens, marks=np.where(places, mark, before))
            self.update()

    def dragWindow(self, rect: QRect) -> None:
        self._scene.window_dragged = True
        if rect != self._scene.window:
            self._scene.window = rect
            self.update()
            self.windowEdited.emit(rect)

    def finishWindow(self) -> None:
        self._scene.window_dragged = False
        self.update()
        self.windowEditFinished.emit(self._scene.window)

    @property
    def comparing(self) -> bool:
        return self._scene.comparison is not None

    def showAll(self, part: QRectF, place: ViewTransform) -> None:
        """Shows all of a part of the picture and of what lies beyond it, in picture pixels: at a
        place of the picture if that does, else smaller."""
        view = QRectF(self._panes()[0])
        seen = view.contains(place.rect_to_view(part))
        self._set_place(place if seen else ViewTransform.showing(part, view, _MARGIN))

    def showAgain(self, place: ViewTransform) -> None:
        """Shows the picture where it was."""
        self._set_place(place)

    def dragDivider(self, cursor: QPointF) -> None:
        divider = self._scene.divider.moved(self.pictureRect(), cursor)
        if divider != self._scene.divider:
            self._scene.divider = divider
            self.update()
            self.wiped.emit(divider.position)

    def pan(self, by: QPointF) -> None:
        """Moves the picture by view points."""
        self._fitting = False
        self._set_place(self.place.moved(by).held(*self._sizes()))

    # What the keyboard's cursor does (key_cursor); places are view points

    def pressAt(self, place: QPointF) -> None:
        self._press(place, Qt.MouseButton.LeftButton)

    def moveTo(self, place: QPointF) -> None:
        self._move_cursor(place)
        if self._drag is not None:
            self._drag.move(place)

    def letGo(self) -> None:
        if not isinstance(self._drag, PolygonClicks):
            self._finish()

    def repaintKeyCursor(self) -> None:
        self._repaint(self.keys.rect.toAlignedRect())

    def repaintToken(self, rect: QRect) -> None:
        self._repaint(rect)

    # Internals

    def _panes(self) -> list[QRect]:
        return panes(self.rect(), self._scene.comparison)

    def _middle(self) -> QPointF:
        return QRectF(self._panes()[0]).center()

    def _sizes(self) -> tuple[QSizeF, QSizeF]:
        return self._scene.size.toSizeF(), QSizeF(self._panes()[0].size())

    def _in_first_pane(self, cursor: QPointF) -> QPointF:
        """The same place of the picture in the first pane; a drag stays in the pane it began in."""
        found, free = self._panes(), isinstance(self._drag, PolygonClicks | None)
        if free or self._pane >= len(found):
            inside = [k for k, pane in enumerate(found) if cursor.x() >= pane.left()]
            self._pane = inside[-1] if inside else 0
        return cursor - found[self._pane].topLeft().toPointF()

    def _repaint(self, rect: QRect) -> None:
        """Draws a part of the view again, in every pane."""
        for pane in self._panes():
            self.update(rect.translated(pane.topLeft()).intersected(pane))

    def _zoom_to(self, scale: float, about: QPointF) -> None:
        if self._scene.frame is None:
            return
        self._fitting = False
        ratio = min(max(scale, MIN_SCALE), MAX_SCALE) / self.devicePixelRatioF()
        place = self.place.zoomed(ratio, about)
        if ratio <= ViewTransform.fitted(*self._sizes(), _MARGIN).ratio:
            place = place.centred(*self._sizes())
        self._set_place(place.held(*self._sizes()))

    def _set_place(self, place: ViewTransform) -> None:
        changed = place.ratio != self.place.ratio
        # On whole device pixels, so that a reduced picture is copied pixel for pixel.
        pixel = self.devicePixelRatioF()
        self.place = ViewTransform(place.ratio, (place.origin * pixel).toPoint().toPointF() / pixel)
        self._scene.set_scale(self.scale)
        self.update()
        if changed:
            self.zoomed.emit(self.scale)

    def _view_rect(self, dirty: Dirty) -> QRect:
        """The view's pixels that show `dirty`, with room for smoothing."""
        spare = self.place.ratio + 1
        shown = self.place.rect_to_view(QRectF(*dirty))
        return shown.adjusted(-spare, -spare, spare, spare).toAlignedRect()

    def _ring(self) -> QRectF | None:
        """The brush's outline in the view, at its true size."""
        if self._cursor is None or self._scene.frame is None or self._tool not in _PAINTING:
            return None
        radius = self._brush_size / 2 * self.place.ratio
        x, y = self._cursor.toTuple()
        return QRectF(x - radius, y - radius, 2 * radius, 2 * radius)

    def _update_ring(self) -> None:
        ring = self._ring()
        if ring is not None:
            self._repaint(ring.adjusted(-_PEN, -_PEN, _PEN, _PEN).toAlignedRect())

    def _move_cursor(self, cursor: QPointF | None) -> None:
        self._update_ring()
        self._cursor = cursor
        self._update_ring()
        self._update_cursor_shape()
        self.edges.follow(cursor)
        self.tokens.point(cursor)
        if cursor is not None and self.pictureRect().contains(cursor):
            point = self.place.to_picture(cursor)
            self.hovered.emit(int(point.x()), int(point.y()))
        else:
            self.hovered.emit(-1, -1)

    def _update_cursor_shape(self) -> None:
        if isinstance(self._drag, Pan):
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._scene.frame is None:
            self.unsetCursor()
        elif not self._space_held and self._cursor is not None and self._on_divider(self._cursor):
            upright = self._scene.divider.upright
            self.setCursor(Qt.CursorShape.SplitHCursor if upright else Qt.CursorShape.SplitVCursor)
        elif not self._space_held and (edge := self.edges.under(self._cursor)) is not None:
            self.setCursor(canvas_edges.cursor_shape(edge))
        elif self._space_held or self._tool == "pan":
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        elif self._tool == "window":
            self.setCursor(self._window_cursor())
        else:
            self.setCursor(Qt.CursorShape.CrossCursor)

    def _window_cursor(self) -> Qt.CursorShape:
        window = self._editable_window()
        if window is None or self._cursor is None:
            return Qt.CursorShape.ArrowCursor
        corner = window_frame.corner_at(window, self.place, self._cursor)
        if corner is None and not window_frame.contains(window, self.place, self._cursor):
            return Qt.CursorShape.ArrowCursor
        return window_frame.cursor_shape(corner)

    def onWindowCorner(self, cursor: QPointF) -> bool:
        """Whether a press there takes hold of the working window by a corner."""
        window = self._editable_window()
        if window is None:
            return False
        return window_frame.corner_at(window, self.place, cursor) is not None

    def _editable_window(self) -> QRect | None:
        return self._scene.window if self._scene.window_editable else None

    def _on_divider(self, cursor: QPointF) -> bool:
        return self._scene.wiping and self._scene.divider.grabbed(self.pictureRect(), cursor)

    def _drag_for(self, cursor: QPointF, button: Qt.MouseButton) -> Drag | None:
        """The gesture that a press begins, if any."""
        left = button == Qt.MouseButton.LeftButton
        if left and not self._space_held and self._on_divider(cursor):
            return Wipe(self)
        if left and not self._space_held and (edge := self.edges.under(cursor)) is not None:
            return self.edges.drag(edge, cursor)
        if button == Qt.MouseButton.MiddleButton or (left and self._space_held):
            return Pan(self, cursor)
        return self._tool_drag(cursor) if left else None

    def _tool_drag(self, cursor: QPointF) -> Drag | None:
        taking = bool(self.modifiers & Qt.KeyboardModifier.ControlModifier)
        match self._tool:
            case "pan" | "repaint" | "pin":
                return self._token_drag(cursor, taking=taking)
            case "brush" | "eraser":
                painted = self._tool == "brush" and not taking
                return Stroke(self, cursor, self._brush_size, self._hardness, painted=painted)
            case "rectangle":
                return BoxDrag(self, cursor, rectangle)
            case "ellipse":
                return BoxDrag(self, cursor, ellipse)
            case "lasso":
                return LassoDrag(self, cursor)
            case "polygon":
                return PolygonClicks(self, cursor)
            case "select":
                return Scribble(self, cursor, self._brush_size)
            case "wand":
                return self._wand_drag(cursor)
            case "fill":
                self._pour(cursor, painted=not taking)
                return None
        return self._window_drag(cursor)

    def _token_drag(self, cursor: QPointF, *, taking: bool) -> Drag:
        """The hand marks tokens too while Shift is held; a click of it picks one."""
        shift = bool(self.modifiers & Qt.KeyboardModifier.ShiftModifier)
        if self._scene.lens is None or (self._tool == "pan" and not shift):
            return Pan(self, cursor, picks=True)
        mark = FREE if taking else _MARKS.get(self._tool, AGAIN)
        return TokenStroke(self, cursor, self._brush_size, mark)

    def _wand_drag(self, cursor: QPointF) -> Drag | None:
        if self._scene.frame is None or not self.pictureRect().contains(cursor):
            return None
        self.strokeStarted.emit()
        return WandDrag(self, cursor, self._scene.frame.rgb, self._tolerance, self._near)

    def _pour(self, cursor: QPointF, *, painted: bool) -> None:
        mask, point = self.strokeMask(), self.place.to_picture(cursor).toTuple()
        self.finishShape(poured(mask, point, painted=painted) != mask, painted=painted)

    def _abandon(self) -> None:
        """Ends a gesture without a result, where it can be."""
        if isinstance(self._drag, _CAN_BE_ABANDONED):
            drag, self._drag = self._drag, None
            drag.abandon()
            self._update_cursor_shape()

    def _finish(self) -> None:
        drag, self._drag = self._drag, None
        if drag is not None:
            drag.finish()
        self._update_cursor_shape()

    def _edit_polygon(self, key: int) -> bool:
        """Keys of a polygon that is being drawn, and Esc of any shape; whether it was one."""
        if key == Qt.Key.Key_Escape:
            self._abandon()
        elif not isinstance(self._drag, PolygonClicks):
            return False
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._finish()
        elif key != Qt.Key.Key_Backspace:
            return False
        elif not self._drag.back():
            self._drag = None
        return True

    def _window_drag(self, cursor: QPointF) -> Drag | None:
        window = self._editable_window()
        if window is None:
            return None
        corner = window_frame.corner_at(window, self.place, cursor)
        if corner is not None:
            return ResizeWindow(self, QRect(window), corner, self._scene.window_aspect)
        if window_frame.contains(window, self.place, cursor):
            return MoveWindow(self, cursor, QRect(window))
        return None

    def _paint_pane(self, painter: QPainter, number: int, pane: QRect, dirty: QRect) -> None:
        if dirty.isEmpty():
            return
        painter.save()
        painter.setClipRect(pane, Qt.ClipOperation.IntersectClip)
        painter.translate(pane.topLeft())
        whole = QRectF(pane.translated(-pane.topLeft()))
        shown = QRectF(dirty.translated(-pane.topLeft()))
        self._scene.paint(painter, self.place, self.scale, whole, shown, number)
        self._paint_ring(painter)
        self.tokens.paint(painter)
        self.edges.paint(painter, whole)
        if self.keys.on:
            self.keys.paint(painter)
        painter.restore()

    def _paint_ring(self, painter: QPainter) -> None:
        ring = self._ring()
        if ring is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        soft = ring.width() / 2 * (1 - self._hardness)
        core = ring.adjusted(soft, soft, -soft, -soft)
        for colour, width in ((QColor(0, 0, 0, 170), 3.0), (QColor(255, 255, 255), 1.2)):
            painter.setPen(QPen(colour, width))
            painter.drawEllipse(ring)
        if self._hardness < 1 and self._tool != "select":
            painter.setPen(QPen(QColor(255, 255, 255, 150), 1, Qt.PenStyle.DotLine))
            painter.drawEllipse(core)

    def _paint_invitation(self, painter: QPainter) -> None:
        middle = self.rect().center()
        film = theme.icon_pixmap("film", theme.TEXT_OFF, _FILM, self.devicePixelRatioF())
        painter.drawPixmap(middle.x() - _FILM // 2, middle.y() - _FILM - 6, film)
        painter.setFont(theme.font(15))
        painter.setPen(theme.TEXT_DIM)
        below = self.rect().adjusted(0, 54, 0, 0)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, EMPTY_TEXT)

    # Qt overrides

    def sizeHint(self) -> QSize:
        return QSize(800, 500)

    def event(self, event: QEvent) -> bool:
        # A window-wide shortcut on Space (play) would else take the key from Space-drag, and one
        # on Esc (stop) from a shape that is being drawn; those on arrows from the key cursor.
        if event.type() == QEvent.Type.ShortcutOverride and (
            _is_space(event)
            or (self._drag is not None and _ends_shape(event))
            or (isinstance(event, QKeyEvent) and self._takes(event))
        ):
            event.accept()
            return True
        return super().event(event)

    def _takes(self, event: QKeyEvent) -> bool:
        """Whether a cursor that keys move wants one of them."""
        return self.keys.wants(event) if self.keys.on else self.tokens.wants(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.CANVAS)
        if self._scene.frame is None:
            self._paint_invitation(painter)
        else:
            for number, pane in enumerate(self._panes()):
                self._paint_pane(painter, number, pane, event.rect().intersected(pane))
        if self._reached_by_keyboard:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(theme.ACCENT)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def resizeEvent(self, _event: QResizeEvent) -> None:
        if self._fitting:
            self.fit()
        elif self._scene.frame is not None:
            self._set_place(self.place.held(*self._sizes()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.modifiers = event.modifiers()
        self._press(self._in_first_pane(event.position()), event.button())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.modifiers = event.modifiers()
        cursor = self._in_first_pane(event.position())
        self._move_cursor(cursor)
        if self._drag is not None:
            self._drag.move(cursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == self._drag_button and not isinstance(self._drag, PolygonClicks):
            self._finish()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if isinstance(self._drag, PolygonClicks):
            self._finish()
        else:
            self.mousePressEvent(event)

    def tabletEvent(self, event: QTabletEvent) -> None:
        """A pen paints as the mouse does, the wider the harder it is pressed."""
        self.pressure = max(event.pressure(), _LEAST_PRESSURE)
        self.modifiers = event.modifiers()
        cursor = self._in_first_pane(event.position())
        match event.type():
            case QEvent.Type.TabletPress:
                self._press(cursor, event.button())
            case QEvent.Type.TabletMove:
                self._move_cursor(cursor)
                if self._drag is not None:
                    self._drag.move(cursor)
            case QEvent.Type.TabletRelease if not isinstance(self._drag, PolygonClicks):
                self._finish()
        self.pressure = 1.0
        event.accept()

    def _press(self, cursor: QPointF, button: Qt.MouseButton) -> None:
        if self._scene.frame is None:
            return
        self._move_cursor(cursor)
        if isinstance(self._drag, PolygonClicks):
            if button == Qt.MouseButton.LeftButton and self._drag.press(cursor):
                self._finish()
        elif self._drag is None:
            self._drag = self._drag_for(cursor, button)
            self._drag_button = button
            self._space_dragged = True
            self._update_cursor_shape()

    def leaveEvent(self, _event: QEvent) -> None:
        self._move_cursor(None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120
        held = event.modifiers()
        if held & Qt.KeyboardModifier.ControlModifier and held & Qt.KeyboardModifier.ShiftModifier:
            self.hardnessRequested.emit(1 if notches > 0 else -1)
        elif held & Qt.KeyboardModifier.ControlModifier:
            step = max(1, round(self._brush_size * 0.1)) * (1 if notches > 0 else -1)
            self.brushSizeRequested.emit(max(1, self._brush_size + step))
        elif notches:
            self._zoom_to(self.scale * _WHEEL_STEP**notches, self._in_first_pane(event.position()))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._drag is not None and self._edit_polygon(event.key()):
            self.keys.let_go()
        elif self.keys.on and self.keys.wants(event):
            self.keys.press(event)
        elif not self.keys.on and self.tokens.wants(event):
            self.tokens.press(event)
        elif not _is_space(event):
            super().keyPressEvent(event)
        elif not event.isAutoRepeat():
            self._space_held, self._space_dragged = True, False
            self._update_cursor_shape()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if self.keys.on and self.keys.wants(event):
            self.keys.release(event)
        elif not _is_space(event):
            super().keyReleaseEvent(event)
        elif not event.isAutoRepeat() and self._space_held:
            self._space_held = False
            self._update_cursor_shape()
            if not self._space_dragged:
                self.spaceTapped.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        keys = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self._reached_by_keyboard = event.reason() in keys
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._space_held = self._reached_by_keyboard = False
        self._update_cursor_shape()
        self.keys.let_go()
        if self.keys.on and event.reason() in _LEAVING:
            self.keyCursorLeft.emit()
        super().focusOutEvent(event)


def _ends_shape(event: QEvent) -> bool:
    keys = (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Backspace)
    return isinstance(event, QKeyEvent) and event.key() in keys


def _is_space(event: QEvent) -> bool:
    return isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Space
