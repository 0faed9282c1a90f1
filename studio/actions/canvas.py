"""The Canvas menu: its shape, and the working window on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.margins import ASPECTS, aspect_of
from studio.actions.row import LINE, Row, no_clip

if TYPE_CHECKING:
    from studio.panels.main_window import MainWindow


def _cannot_grow(window: MainWindow) -> str:
    return window.studio.growing.obstacle


def _as_the_clip(window: MainWindow) -> str:
    clip = window.studio.session.clip
    return "" if clip is not None and clip.margins else "The canvas is as large as the clip."


def _shaped(window: MainWindow, name: str) -> bool:
    clip = window.studio.session.clip
    return clip is not None and aspect_of(clip.size) == name


def _shape(name: str) -> Row:
    """Extend to a shape; what is new is shared out to both sides."""
    return Row(
        f"canvas_{name}",
        f"Extend to {name}",
        "",
        lambda w: w.studio.growing.extend_to(name),
        obstacle=_cannot_grow,
        checked=lambda w: _shaped(w, name),
        group="canvas",
        help="What lies beyond the picture is painted, to be generated on every frame.",
    )


CANVAS = (
    *(_shape(name) for name in ASPECTS),
    LINE,
    Row(
        "canvas_reset",
        "As large as the clip",
        "",
        lambda w: w.studio.growing.reset(),
        obstacle=_as_the_clip,
        help="Nothing beyond the picture is generated.",
    ),
    LINE,
    Row(
        "fit_window",
        "Fit the working window",
        "Shift+V",
        lambda w: w.studio.framing.fit(),
        "fit",
        no_clip,
        help="Around what is painted on all frames, with room to see around it.",
    ),
)
