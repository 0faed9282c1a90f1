"""The canvas: one frame with zoom and pan, painted region, working window, lens and comparison.

The view is what the rest of the window knows: it takes what is shown and tells what was done. The
work is done by its parts: the `Camera` knows where the picture stands, the `Hand` which tool is
held, the `Pointer` which gesture is under way. `EdgeHandles`, `WindowHandles` and `WipeHandle` can
be taken hold of, `Painting` is what gestures change of the mask. `CanvasMouse` and `CanvasKeys`
pass on the events, `CanvasPainter` draws.

Points come in two systems: *view* points are the widget's own coordinates, *picture* points are
pixels of the frame, (0, 0) being the corner of the first pixel. `place` maps between them.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio import theme
from studio.widgets.brush_ring import BrushRing
from studio.widgets.camera import Camera
from studio.widgets.canvas_drags import Stroke
from studio.widgets.canvas_keys import CanvasKeys
from studio.widgets.canvas_mouse import CanvasMouse
from studio.widgets.canvas_painter import CanvasPainter
from studio.widgets.comparison import Comparison
from studio.widgets.edge_handles import EdgeHandles
from studio.widgets.hand import Hand, Tool
from studio.widgets.key_cursor import KeyCursor
from studio.widgets.painting import Painting
from studio.widgets.pictures import Picture, outline_path
from studio.widgets.pointer import Pointer
from studio.widgets.scene import Scene
from studio.widgets.shape_drags import PolygonClicks, WandDrag
from studio.widgets.token_lens import LensPicture
from studio.widgets.token_picker import TokenPicker
from studio.widgets.veil import VeilPicture
from studio.widgets.view_transform import ViewTransform
from studio.widgets.window_handles import WindowHandles
from studio.widgets.wipe import Divider
from studio.widgets.wipe_handle import WipeHandle

_BUTTON_STEP = 1.5  # zoom per press of zoom in or out


class ClipView(QWidget):
    """Shows a frame and turns mouse and keys into edits; it never changes the project itself.

    Attributes:
        pressure: of the pen, up to 1; 1 of the mouse. modifiers: the keys held with it.
        keys: the cursor that is moved by arrow keys, while it is on.
        tokens: which token of the lens is pointed at, and which is looked at.
        edges: those of the canvas, which can be dragged.

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

        self._scene = scene = Scene()
        self.camera = Camera(self, scene)
        self.hand = Hand(self, scene)
        self.pointer = Pointer(self, scene)
        self.ring = BrushRing(self, scene)
        self.painting = Painting(self, scene)
        self.working_window = WindowHandles(self, scene)
        self.wipe = WipeHandle(self, scene)
        self.edges = EdgeHandles(self, scene)
        self.keys = KeyCursor(self)
        self.tokens = TokenPicker(self, scene)
        self.pressure = 1.0
        self.modifiers = Qt.KeyboardModifier.NoModifier
        self._painter = CanvasPainter(self, scene)
        self._mouse = CanvasMouse(self)
        self._keyboard = CanvasKeys(self)

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
            self.pointer.drag = None
            self._scene.begin(frame)
            self.fit()
        self.pointer.update_cursor_shape()
        self.update()

    def setComparison(self, comparison: Comparison | None) -> None:
        """What is seen in place of the frame, of its size; None shows the frame again."""
        self.camera.compare(comparison)
        self.pointer.update_cursor_shape()
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
        if isinstance(self.pointer.drag, Stroke | WandDrag):
            self.pointer.drag = None
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
        self.pointer.update_cursor_shape()
        self.update()

    def setBrush(self, tool: Tool, size_px: int, hardness: float = 1.0) -> None:
        """The tool in hand, the brush's diameter in picture pixels and its hardness, 0..1."""
        self.ring.repaint()
        if tool != self.tool and isinstance(self.pointer.drag, PolygonClicks):
            self.pointer.abandon()
        self.hand.tool, self.hand.size, self.hand.hardness = tool, size_px, hardness
        self.ring.repaint()
        self.pointer.update_cursor_shape()
        self.edges.follow(self.pointer.cursor)

    def setWand(self, tolerance: int, *, contiguous: bool) -> None:
        """The colour levels that a wand tolerates at first, and whether it takes only what is
        connected with the point."""
        self.hand.tolerance, self.hand.contiguous = tolerance, contiguous

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
    def place(self) -> ViewTransform:
        """Where the picture stands in the view."""
        return self.camera.place

    @property
    def scale(self) -> float:
        """Device pixels per picture pixel; 1.0 is 100 %."""
        return self.camera.scale

    def zoomIn(self) -> None:
        self.camera.zoom_to(self.scale * _BUTTON_STEP)

    def zoomOut(self) -> None:
        self.camera.zoom_to(self.scale / _BUTTON_STEP)

    def fit(self) -> None:
        """Shows the whole picture, and keeps doing so when the view's size changes."""
        self.camera.fit()

    def actualSize(self) -> None:
        """One device pixel per picture pixel, about the middle of the view."""
        self.camera.zoom_to(1.0)

    # What is there to be asked about

    @property
    def tool(self) -> Tool:
        return self.hand.tool

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

    # Qt overrides

    def sizeHint(self) -> QSize:
        return QSize(800, 500)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        focused = self._keyboard.reached_the_canvas
        self._painter.paint(painter, event.rect(), focused=focused)

    def resizeEvent(self, _event: QResizeEvent) -> None:
        self.camera.resized()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._mouse.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._mouse.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._mouse.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._mouse.double_click(event)

    def tabletEvent(self, event: QTabletEvent) -> None:
        self._mouse.pen(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._mouse.wheel(event)

    def leaveEvent(self, _event: QEvent) -> None:
        self.pointer.hover(None)

    def event(self, event: QEvent) -> bool:
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and self._keyboard.wants(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._keyboard.press(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not self._keyboard.release(event):
            super().keyReleaseEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._keyboard.come(event.reason())
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._keyboard.leave(event.reason())
        super().focusOutEvent(event)
