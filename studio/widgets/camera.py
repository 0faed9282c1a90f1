"""What is seen of the picture: fitted, zoomed and moved, in one pane or in two beside each other.

Two pictures side by side stand in two *panes* of one size: the same `place` holds in both, so zoom
and pan are locked, and view points are those of the first pane, wherever the cursor is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF, QSizeF

from studio.widgets.comparison import Comparison, panes
from studio.widgets.scene import Scene
from studio.widgets.view_transform import MAX_SCALE, MIN_SCALE, ViewTransform

if TYPE_CHECKING:
    from studio.widgets.clip_view import ClipView

_MARGIN = 16.0  # view points around a fitted picture


class Camera:
    """Attributes:
    place: where the picture stands in the view.
    """

    def __init__(self, view: ClipView, scene: Scene) -> None:
        self._view, self._scene = view, scene
        self.place = ViewTransform()
        self._fitting = True  # follows the view's size until the user zooms or pans
        self._pane = 0  # that the cursor is in, or that a gesture began in

    @property
    def scale(self) -> float:
        """Device pixels per picture pixel; 1.0 is 100 %."""
        return self.place.ratio * self._view.devicePixelRatioF()

    @property
    def panes(self) -> list[QRect]:
        """The parts of the view that each show the picture."""
        return panes(self._view.rect(), self._scene.comparison)

    def fit(self) -> None:
        """Shows the whole picture, and keeps doing so when the view's size changes."""
        self._fitting = True
        if not self._scene.size.isEmpty():
            self.go(ViewTransform.fitted(*self._sizes(), _MARGIN))

    def zoom_to(self, scale: float, about: QPointF | None = None) -> None:
        """Zooms about a view point, else about the middle of the view."""
        if self._scene.frame is None:
            return
        self._fitting = False
        ratio = min(max(scale, MIN_SCALE), MAX_SCALE) / self._view.devicePixelRatioF()
        place = self.place.zoomed(ratio, self._view_of_pane().center() if about is None else about)
        if ratio <= ViewTransform.fitted(*self._sizes(), _MARGIN).ratio:
            place = place.centred(*self._sizes())
        self.go(place.held(*self._sizes()))

    def pan(self, by: QPointF) -> None:
        """Moves the picture by view points."""
        self._fitting = False
        self.go(self.place.moved(by).held(*self._sizes()))

    def show_all(self, part: QRectF, place: ViewTransform) -> None:
        """Shows all of a part of the picture and of what lies beyond it, in picture pixels: at a
        place of the picture if that does, else smaller."""
        view = self._view_of_pane()
        seen = view.contains(place.rect_to_view(part))
        self.go(place if seen else ViewTransform.showing(part, view, _MARGIN))

    def compare(self, comparison: Comparison | None) -> None:
        """What was in the middle stays there when there are more panes, or fewer."""
        before = self._view_of_pane().center()
        self._scene.comparison = comparison
        moved = self._view_of_pane().center() - before
        if moved.isNull():
            return
        if self._fitting:
            self.fit()
        elif self._scene.frame is not None:
            self.go(self.place.moved(moved).held(*self._sizes()))

    def resized(self) -> None:
        """The view has another size."""
        if self._fitting:
            self.fit()
        elif self._scene.frame is not None:
            self.go(self.place.held(*self._sizes()))

    def go(self, place: ViewTransform) -> None:
        """Shows the picture at a place of the view."""
        changed = place.ratio != self.place.ratio
        # On whole device pixels, so that a reduced picture is copied pixel for pixel.
        pixel = self._view.devicePixelRatioF()
        self.place = ViewTransform(place.ratio, (place.origin * pixel).toPoint().toPointF() / pixel)
        self._scene.set_scale(self.scale)
        self._view.update()
        if changed:
            self._view.zoomed.emit(self.scale)

    def in_first_pane(self, cursor: QPointF, *, held: bool) -> QPointF:
        """The same place of the picture in the first pane.

        Args:
            held: a gesture is under way, which stays in the pane that it began in.
        """
        found = self.panes
        if not held or self._pane >= len(found):
            inside = [k for k, pane in enumerate(found) if cursor.x() >= pane.left()]
            self._pane = inside[-1] if inside else 0
        return cursor - found[self._pane].topLeft().toPointF()

    def repaint(self, rect: QRect) -> None:
        """Draws a part of the view again, in every pane."""
        for pane in self.panes:
            self._view.update(rect.translated(pane.topLeft()).intersected(pane))

    def _view_of_pane(self) -> QRectF:
        return QRectF(self.panes[0])

    def _sizes(self) -> tuple[QSizeF, QSizeF]:
        return self._scene.size.toSizeF(), self._view_of_pane().size()
