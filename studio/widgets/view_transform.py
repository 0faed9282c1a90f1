"""Where the picture stands in the view: zoom and pan as one immutable value."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from PySide6.QtCore import QPointF, QRectF, QSizeF

MIN_SCALE, MAX_SCALE = 0.02, 64.0


@dataclass(frozen=True)
class ViewTransform:
    """Picture pixels to view points: view = picture * ratio + origin.

    Attributes:
        ratio: view points (logical pixels) per picture pixel.
        origin: where the picture's top left corner stands in the view.
    """

    ratio: float = 1.0
    origin: QPointF = field(default_factory=QPointF)

    def to_view(self, point: QPointF) -> QPointF:
        return point * self.ratio + self.origin

    def to_picture(self, point: QPointF) -> QPointF:
        return (point - self.origin) / self.ratio

    def rect_to_view(self, rect: QRectF) -> QRectF:
        return QRectF(self.to_view(rect.topLeft()), rect.size() * self.ratio)

    def zoomed(self, ratio: float, about: QPointF) -> ViewTransform:
        """Another zoom; the picture point under `about` (in the view) stays where it is."""
        return ViewTransform(ratio, about - self.to_picture(about) * ratio)

    def moved(self, by: QPointF) -> ViewTransform:
        return replace(self, origin=self.origin + by)

    def held(self, picture: QSizeF, view: QSizeF) -> ViewTransform:
        """Moved just enough that the picture still reaches the middle of the view."""
        return replace(
            self,
            origin=QPointF(
                _held(self.origin.x(), picture.width() * self.ratio, view.width()),
                _held(self.origin.y(), picture.height() * self.ratio, view.height()),
            ),
        )

    def centred(self, picture: QSizeF, view: QSizeF) -> ViewTransform:
        shown = picture * self.ratio
        x = (view.width() - shown.width()) / 2
        return replace(self, origin=QPointF(x, (view.height() - shown.height()) / 2))

    @staticmethod
    def fitted(picture: QSizeF, view: QSizeF, margin: float) -> ViewTransform:
        """The whole picture, centred, as large as the view allows."""
        ratio = min(
            max(view.width() - 2 * margin, 1.0) / picture.width(),
            max(view.height() - 2 * margin, 1.0) / picture.height(),
        )
        return ViewTransform(ratio).centred(picture, view)

    @staticmethod
    def showing(part: QRectF, view: QRectF, margin: float) -> ViewTransform:
        """A part of the picture, or more than it, centred and as large as the view allows."""
        fitted = ViewTransform.fitted(part.size(), view.size(), margin)
        return replace(fitted, origin=fitted.origin - part.topLeft() * fitted.ratio)


def _held(origin: float, shown: float, space: float) -> float:
    return min(max(origin, space / 2 - shown), space / 2)
