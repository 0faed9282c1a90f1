"""What gestures do to the mask of the canvas while they last, before the project knows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF
from PySide6.QtGui import QPainterPath

from core.mask_shapes import poured
from studio.widgets.mask_painter import Dirty, bounds
from studio.widgets.scene import Scene

if TYPE_CHECKING:
    from studio.widgets.clip_view import ClipView


class Painting:
    def __init__(self, view: ClipView, scene: Scene) -> None:
        self._view, self._scene = view, scene

    def mask(self) -> np.ndarray:
        """The view's own mask, bool (H, W), made empty when there was none, to be painted on."""
        if self._scene.mask is None:
            shape = (self._scene.size.height(), self._scene.size.width())
            self._scene.set_mask(np.zeros(shape, np.bool_), self._view.scale)
        assert self._scene.mask is not None
        return self._scene.mask

    def show(self, dirty: Dirty) -> None:
        """Redraws what the brush touched, and nothing else."""
        self._view.camera.repaint(self._view_rect(self._scene.repaint_mask(dirty)))
        self._view.stroked.emit(QRect(*dirty))

    def finish_shape(self, shape: np.ndarray, *, painted: bool) -> None:
        """Paints a shape, bool (H, W), on the mask, or wipes it out."""
        mask = self.mask()
        dirty = bounds(shape & (mask != painted))
        if dirty is not None:
            self._view.strokeStarted.emit()
            mask[dirty.slices][shape[dirty.slices]] = painted
            self.show(dirty)
            self._view.strokeFinished.emit(mask.copy())

    def pour(self, cursor: QPointF, *, painted: bool) -> None:
        """Fills what is closed around a view point, or empties it."""
        mask, point = self.mask(), self._view.place.to_picture(cursor).toTuple()
        self.finish_shape(poured(mask, point, painted=painted) != mask, painted=painted)

    def sketch(self, path: QPainterPath | None, width: float = 0.0) -> None:
        """The outline of a shape that is being drawn, and its width, in picture pixels."""
        place = self._view.place
        for shown in (self._scene.sketch, path):
            if shown is not None:
                spare = 4 + width * place.ratio
                where = place.rect_to_view(shown.boundingRect())
                self._view.camera.repaint(
                    where.adjusted(-spare, -spare, spare, spare).toAlignedRect()
                )
        self._scene.sketch, self._scene.sketch_width = path, width

    def _view_rect(self, dirty: Dirty) -> QRect:
        """The view's pixels that show `dirty`, with room for smoothing."""
        place = self._view.place
        spare = place.ratio + 1
        shown = place.rect_to_view(QRectF(*dirty))
        return shown.adjusted(-spare, -spare, spare, spare).toAlignedRect()
