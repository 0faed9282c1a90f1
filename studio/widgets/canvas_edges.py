"""Where the edges of the canvas are grabbed, and what a drag makes of its margins.

Dragged outwards the canvas grows, inwards it shrinks down to its pictures. Near a usual shape a
drag snaps to it, and near the pictures' own edge to that.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Literal, get_args

from PySide6.QtCore import QMarginsF, QPointF, QRectF, QSize, Qt

from core.margins import ASPECTS, MOST, Margins

Edge = Literal["left", "top", "right", "bottom"]
EDGES: tuple[Edge, ...] = get_args(Edge)
_OPPOSITE: dict[Edge, Edge] = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}

SNAP = 9.0  # view points within which a drag snaps
_NEAR = 48.0  # view points from an edge at which its grip is seen
_THICK, _LONG = 6.0, 44.0  # size of a grip, view points
_REACH = (2.0, 15.0)  # view points beyond an edge between which it is grabbed


def dragged(
    margins: Margins, canvas: QSize, edge: Edge, by: float, snap: float, *, both: bool = False
) -> Margins:
    """The margins after an edge of the canvas was dragged.

    Args:
        margins: before; canvas: its size then.
        by: pixels of the picture outwards.
        snap: pixels within which it snaps.
        both: whether the opposite edge goes as far.
    """
    upright = is_upright(edge)
    width, height = margins.pictures((canvas.width(), canvas.height()))
    own, across = (width, canvas.height()) if upright else (height, canvas.width())
    fixed = 0 if both else getattr(margins, _OPPOSITE[edge])
    wanted = (getattr(margins, edge) + by) * (2 if both else 1)
    length = _snapped(own + fixed + wanted, own + fixed, across, snap, upright=upright)
    more = max(0, min(length, own * MOST) - own - fixed)
    if both:
        return replace(margins, **{edge: more - more // 2, _OPPOSITE[edge]: more // 2})
    return replace(margins, **{edge: more})


def _snapped(length: float, least: int, across: int, snap: float, *, upright: bool) -> int:
    """The length of a side: of a usual shape, or the least, when it is near; else an even one."""
    if length - least < snap:
        return least
    shapes = (across * shape if upright else across / shape for shape in ASPECTS.values())
    usual = [even for shape in shapes if (even := _even(shape)) > least]
    near = min(usual, key=lambda side: abs(side - length), default=0)
    return near if abs(near - length) <= snap else _even(Fraction(length))


def _even(length: Fraction) -> int:
    return 2 * round(length / 2)


def outwards(edge: Edge, by: QPointF) -> float:
    """How far a move leads out of the canvas over that edge."""
    return {"left": -by.x(), "right": by.x(), "top": -by.y(), "bottom": by.y()}[edge]


def grown(canvas: QRectF, before: Margins, after: Margins) -> QRectF:
    """The canvas with other margins, in pixels of the one before."""
    return canvas.marginsAdded(
        QMarginsF(
            after.left - before.left,
            after.top - before.top,
            after.right - before.right,
            after.bottom - before.bottom,
        )
    )


def edge_at(canvas: QRectF, cursor: QPointF, *, anywhere: bool) -> Edge | None:
    """The edge that is grabbed by a press at `cursor`; both in the view.

    Args:
        anywhere: whether along its whole length, or only by its grip.
    """
    for edge in EDGES:
        band = _band(canvas, edge)
        if (band if anywhere else _middle(band, edge, _LONG + 8)).contains(cursor):
            return edge
    return None


def near_edge(canvas: QRectF, cursor: QPointF) -> bool:
    """Whether the cursor is so near an edge that the grips are worth showing."""
    around = QMarginsF(_NEAR, _NEAR, _NEAR, _NEAR)
    within = canvas.marginsRemoved(around)
    return canvas.marginsAdded(around).contains(cursor) and not within.contains(cursor)


def cursor_shape(edge: Edge) -> Qt.CursorShape:
    return Qt.CursorShape.SizeHorCursor if is_upright(edge) else Qt.CursorShape.SizeVerCursor


def grip(canvas: QRectF, edge: Edge) -> QRectF:
    """A bar just beyond the middle of an edge, in the view."""
    bar = _middle(_band(canvas, edge), edge, _LONG)
    middle = bar.center()
    if is_upright(edge):
        bar.setWidth(_THICK)
    else:
        bar.setHeight(_THICK)
    bar.moveCenter(middle)
    return bar


def is_upright(edge: Edge) -> bool:
    return edge in ("left", "right")


def _band(canvas: QRectF, edge: Edge) -> QRectF:
    """Where an edge is grabbed, along its whole length."""
    near, far = _REACH
    match edge:
        case "left":
            return QRectF(canvas.left() - far, canvas.top(), far - near, canvas.height())
        case "right":
            return QRectF(canvas.right() + near, canvas.top(), far - near, canvas.height())
        case "top":
            return QRectF(canvas.left(), canvas.top() - far, canvas.width(), far - near)
    return QRectF(canvas.left(), canvas.bottom() + near, canvas.width(), far - near)


def _middle(band: QRectF, edge: Edge, length: float) -> QRectF:
    """So much of the middle of a band."""
    short, middle = QRectF(band), band.center()
    if is_upright(edge):
        short.setHeight(min(length, band.height()))
    else:
        short.setWidth(min(length, band.width()))
    short.moveCenter(middle)
    return short
