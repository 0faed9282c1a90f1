"""The Tools menu: what the pointer does on the canvas."""

from __future__ import annotations

from studio.actions.row import LINE, Obstacle, Row, no_clip, no_steps, nothing
from studio.state.tools import Tool


def _tool(
    name: Tool, text: str, key: str, icon: str, help: str, obstacle: Obstacle = nothing
) -> Row:
    return Row(
        name,
        text,
        key,
        lambda w: setattr(w.studio.tools, "tool", name),
        icon,
        obstacle,
        checked=lambda w: w.studio.tools.tool == name,
        group="tool",
        help=help,
    )


TOOLS = (
    _tool("brush", "Brush", "B", "brush", "Paint what shall be generated; Ctrl takes away."),
    _tool("eraser", "Eraser", "E", "eraser", "Take away from what is painted."),
    _tool("select", "Smart select", "S", "select", "Scribble over a thing to paint all of it."),
    _tool(
        "wand",
        "Magic wand",
        "W",
        "wand",
        "Paint what has the colour under the cursor; drag sideways for more or less.",
    ),
    _tool("fill", "Fill", "G", "fill", "Paint inside a closed outline; Ctrl empties it."),
    _tool("rectangle", "Rectangle", "R", "rectangle", "Shift for a square, Ctrl takes away."),
    _tool("ellipse", "Ellipse", "U", "ellipse", "Shift for a circle, Ctrl takes away."),
    _tool("lasso", "Lasso", "L", "lasso", "Draw around it."),
    _tool("polygon", "Polygon", "P", "polygon", "Click corner by corner; Enter closes it."),
    _tool("pan", "Hand", "H", "hand", "Move the picture; hold Space for the same."),
    _tool("window", "Working window", "V", "window", "Choose the part that the model works on."),
    _tool(
        "repaint",
        "Repaint tokens",
        "Shift+R",
        "repaint",
        "Brush over tokens that shall be decided again; Ctrl takes marks away.",
        no_steps,
    ),
    _tool(
        "pin",
        "Pin tokens",
        "Shift+I",
        "pin",
        "Brush over tokens that shall stay whatever comes; Ctrl takes marks away.",
        no_steps,
    ),
    LINE,
    Row(
        "by_keyboard",
        "Draw by keyboard",
        "D",
        lambda w: w.studio.tools.flip("by_keyboard"),
        obstacle=no_clip,
        checked=lambda w: w.studio.tools.by_keyboard,
        help="Arrow keys move a cursor on the canvas, Space presses it like the mouse's button.",
    ),
    LINE,
    Row("smaller", "Smaller brush", "[", lambda w: w.studio.tools.grow_brush(-1)),
    Row("larger", "Larger brush", "]", lambda w: w.studio.tools.grow_brush(1)),
    Row("softer", "Softer brush", "Shift+[ {", lambda w: w.studio.tools.harden_brush(-1)),
    Row("harder", "Harder brush", "Shift+] }", lambda w: w.studio.tools.harden_brush(1)),
)
