"""How the user works on the canvas: tool, brush size, overlays."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QObject

from studio.observable import Field, Observable

Tool = Literal[
    "brush", "eraser", "rectangle", "ellipse", "lasso", "polygon", "wand", "fill", "select",
    "pan", "window", "repaint", "pin",
]  # fmt: skip
SidePage = Literal["", "clips", "results", "queue"]
LensMode = Literal["state", "confidence", "kept", "condition"]
LENS_MODES: dict[LensMode, str] = {
    "state": "State",
    "confidence": "Confidence",
    "kept": "When kept",
    "condition": "Condition",
}

SMALLEST_BRUSH, LARGEST_BRUSH = 1, 500
PAINTING: tuple[Tool, ...] = (
    "brush", "eraser", "rectangle", "ellipse", "lasso", "polygon", "wand", "fill", "select",
)  # fmt: skip
MARKING: tuple[Tool, ...] = ("repaint", "pin")
"""Tools that mark tokens; they need the lens."""
WITH_TIP: tuple[Tool, ...] = ("brush", "eraser", "select", "repaint", "pin")
"""Tools that draw with a round tip of `Tools.brush_size`."""


class Tools(Observable):
    """The chosen tool and what lies over the picture. Whoever paints sees the mask.

    Attributes:
        tool: what the left mouse button does.
        brush_size: diameter in pixels of the clip; hardness: percent of it that covers fully.
        tolerance: colour levels by which the wand lets a pixel differ; contiguous: whether it
            takes only what is connected.
        onion: whether the outlines of the key frames before and after are shown.
        mask_shown: whether the painted region is tinted.
        by_keyboard: whether arrow keys move a cursor on the canvas, to draw without a mouse.
        side: the page of the side bar that is open, or "".
        lens: whether the token grid lies over the working window; `lens_mode` what it shows.
        through_time: whether marks on tokens go to all frames, and not to the shown one alone.
    """

    tool: Field[Tool] = Field("brush")
    brush_size = Field(48)
    hardness = Field(100)
    tolerance = Field(24)
    contiguous = Field(True)
    onion = Field(False)
    mask_shown = Field(True)
    by_keyboard = Field(False)
    side: Field[SidePage] = Field("")
    lens = Field(False)
    lens_mode: Field[LensMode] = Field("state")
    through_time = Field(False)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.changed("tool").connect(self._show_mask_to_painter)
        self.changed("mask_shown").connect(self._put_brush_away)
        self.changed("lens").connect(self._put_marks_away)

    def toggle_side(self, page: SidePage) -> None:
        """Open a page of the side bar, or close the bar when it is open already."""
        self.side = "" if self.side == page else page

    def resize_brush(self, size: int) -> None:
        self.brush_size = min(max(SMALLEST_BRUSH, size), LARGEST_BRUSH)

    def grow_brush(self, direction: int) -> None:
        """One step larger (1) or smaller (-1): about a fifth, at least one pixel."""
        self.resize_brush(self.brush_size + direction * max(1, round(self.brush_size / 5)))

    def harden_brush(self, direction: int) -> None:
        """A tenth harder (1) or softer (-1)."""
        self.hardness = min(max(0, self.hardness + 10 * direction), 100)

    def _show_mask_to_painter(self, tool: Tool) -> None:
        if tool in PAINTING:
            self.mask_shown = True
        if tool in MARKING:
            self.lens = True

    def _put_brush_away(self, mask_shown: bool) -> None:
        if not mask_shown and self.tool in PAINTING:
            self.tool = "pan"

    def _put_marks_away(self, lens: bool) -> None:
        if not lens and self.tool in MARKING:
            self.tool = "pan"
