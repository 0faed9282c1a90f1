"""The veil: over the places of a frame that are not there yet, dark and finely hatched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from studio import theme

_DARK = QColor(19, 19, 21, 205)
_HATCH = QColor(163, 167, 175, 60)
_HATCH_GAP = 9  # view points between two lines
_WORDS = "Not decoded yet"
_ROOM = QRectF(0, 0, 130, 40)  # view points that the words need


@dataclass(frozen=True)
class VeilPicture:
    """What is missing of one frame; both arrays are bool (h, w), one entry per token.

    Attributes:
        dark: there are no pixels yet.
        hatched: nothing is decided yet.
    """

    dark: np.ndarray
    hatched: np.ndarray


def paint_veil(painter: QPainter, rect: QRectF, veil: VeilPicture) -> None:
    """Draws the veil of a frame whose tokens stand in `rect`, with words when nothing is there."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for place in places(veil.dark, rect):
        painter.fillRect(place, _DARK)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for place in places(veil.hatched, rect):
        _hatch(painter, place, rect)
    if veil.dark.all() and veil.hatched.all():
        _write(painter, rect)
    painter.restore()


def places(tokens: np.ndarray, rect: QRectF) -> Iterator[QRectF]:
    """Where the True ones of tokens (h, w) stand in `rect`, in few rectangles.

    They begin and end on whole points, so that neighbours neither overlap nor leave a gap.
    """
    height, width = tokens.shape
    across = np.rint(rect.left() + rect.width() * np.arange(width + 1) / width)
    down = np.rint(rect.top() + rect.height() * np.arange(height + 1) / height)
    for top, bottom in _alike(tokens):
        for left, right in _runs(tokens[top]):
            corner = QPointF(across[left], down[top])
            yield QRectF(corner, QPointF(across[right], down[bottom]))


def _alike(tokens: np.ndarray) -> Iterator[tuple[int, int]]:
    """Runs of equal rows that hold any True, (first, last + 1)."""
    change = np.flatnonzero((tokens[1:] != tokens[:-1]).any(axis=1)) + 1
    edges = [0, *change.tolist(), len(tokens)]
    for top, bottom in pairwise(edges):
        if tokens[top].any():
            yield top, bottom


def _runs(row: np.ndarray) -> Iterator[tuple[int, int]]:
    """Runs of True, (first, last + 1)."""
    change = np.diff(np.concatenate([[0], row.astype(np.int8), [0]]))
    return zip(
        np.flatnonzero(change == 1).tolist(), np.flatnonzero(change == -1).tolist(), strict=True
    )


def _hatch(painter: QPainter, place: QRectF, rect: QRectF) -> None:
    """Diagonal lines through `place`, all on one raster that `rect` fixes."""
    painter.save()
    painter.setClipRect(place, Qt.ClipOperation.IntersectClip)
    painter.setPen(QPen(_HATCH, 1))
    # A line is where x + y is a multiple of the gap, counted from the corner of `rect`.
    origin = rect.left() + rect.top()
    low = place.left() + place.top() - origin
    high = place.right() + place.bottom() - origin
    first = np.ceil(low / _HATCH_GAP) * _HATCH_GAP
    for total in np.arange(first, high, _HATCH_GAP) + origin:
        painter.drawLine(
            QPointF(total - place.bottom(), place.bottom()),
            QPointF(total - place.top(), place.top()),
        )
    painter.restore()


def _write(painter: QPainter, rect: QRectF) -> None:
    if rect.width() < _ROOM.width() or rect.height() < _ROOM.height():
        return
    painter.setFont(theme.font(theme.FONT_PX))
    width = painter.fontMetrics().horizontalAdvance(_WORDS) + 24
    pill = QRectF(0, 0, width, 26)
    pill.moveCenter(rect.center())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.CANVAS)
    painter.drawRoundedRect(pill, 13, 13)
    painter.setPen(theme.TEXT_DIM)
    painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, _WORDS)
