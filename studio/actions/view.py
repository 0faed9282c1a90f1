"""The View menu: zoom, overlays, comparing and looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.actions.row import LINE, Row, no_clip, no_result, no_steps
from studio.settings import Look
from studio.state.compare.comparing import Mode
from studio.state.tools import LENS_MODES, LensMode, SidePage

if TYPE_CHECKING:
    from studio.panels.main_window import MainWindow


def _nothing_compared(window: MainWindow) -> str:
    return "Nothing is compared." if window.studio.comparing.mode == "off" else ""


def _not_wiping(window: MainWindow) -> str:
    return "" if window.studio.comparing.mode == "wipe" else "There is no wipe."


def _lens_mode(mode: LensMode) -> Row:
    return Row(
        f"lens_{mode}",
        f"Lens: {LENS_MODES[mode].lower()}",
        "",
        lambda w: setattr(w.studio.tools, "lens_mode", mode),
        checked=lambda w: w.studio.tools.lens_mode == mode,
        group="lens",
    )


def _comparison(mode: Mode, text: str, keys: str, icon: str, help: str) -> Row:
    return Row(
        "compare_off" if mode == "off" else mode,
        text,
        keys,
        lambda w: w.studio.comparing.toggle(mode),
        icon,
        checked=lambda w: w.studio.comparing.mode == mode,
        group="comparison",
        help=help,
    )


def _side(page: SidePage, text: str, key: str, icon: str, help: str) -> Row:
    return Row(
        f"side_{page}",
        text,
        key,
        lambda w: w.studio.tools.toggle_side(page),
        icon,
        checked=lambda w: w.studio.tools.side == page,
        help=help,
    )


def _look(look: Look, text: str) -> Row:
    return Row(
        f"look_{look}",
        text,
        "",
        lambda w: setattr(w.studio.preferences, "look", look),
        checked=lambda w: w.studio.preferences.look == look,
        group="look",
    )


VIEW = (
    Row("zoom_in", "Zoom in", "Ctrl++ Ctrl+=", lambda w: w.canvas.view.zoomIn(), "zoom-in"),
    Row("zoom_out", "Zoom out", "Ctrl+-", lambda w: w.canvas.view.zoomOut(), "zoom-out"),
    Row("fit", "Fit in view", "F Ctrl+0", lambda w: w.canvas.view.fit(), "fit"),
    Row(
        "actual_size", "Actual size", "Ctrl+1", lambda w: w.canvas.view.actualSize(), "actual-size"
    ),
    LINE,
    Row(
        "mask_shown",
        "Show the mask",
        "M",
        lambda w: w.studio.tools.flip("mask_shown"),
        "eye",
        checked=lambda w: w.studio.tools.mask_shown,
    ),
    Row(
        "onion",
        "Onion skin",
        "Shift+O",
        lambda w: w.studio.tools.flip("onion"),
        "onion",
        checked=lambda w: w.studio.tools.onion,
        help="Outlines of the key frames before (amber) and after (green).",
    ),
    Row(
        "lens",
        "Token lens",
        "T",
        lambda w: w.studio.tools.flip("lens"),
        "lens",
        checked=lambda w: w.studio.tools.lens,
        help="The grid of tokens over the working window: what is given, decided and still open.",
    ),
    LINE,
    *(_lens_mode(mode) for mode in LENS_MODES),
    Row(
        "pick_token",
        "Look at a token",
        "Alt+T",
        lambda w: w.canvas.lens_bar.pick(),
        obstacle=no_steps,
        help="Arrow keys go from token to token, Enter shows what one could be, Esc ends it.",
    ),
    LINE,
    _comparison("off", "Compare: off", "Shift+X", "", "Only the picture itself."),
    _comparison(
        "wipe",
        "Compare: wipe",
        "Shift+W",
        "wipe",
        "One picture on each side of a line that is dragged.",
    ),
    _comparison(
        "beside",
        "Compare: side by side",
        "Shift+S",
        "beside",
        "Two pictures with one zoom and one position.",
    ),
    _comparison(
        "difference",
        "Compare: difference",
        "Shift+D",
        "difference",
        "Where, and how far, two pictures differ.",
    ),
    _comparison(
        "flicker", "Compare: flicker", "Shift+K", "flicker", "One picture, then the other."
    ),
    Row(
        "peek",
        "See the left side alone (hold the key)",
        "A",
        lambda w: w.studio.comparing.flip("peeking"),
        obstacle=no_clip,
        checked=lambda w: w.studio.comparing.peeking,
        held=True,
        help="The original, when nothing else is chosen; letting go shows what was seen before.",
    ),
    Row(
        "swap_sides",
        "Swap the sides",
        "X",
        lambda w: w.studio.comparing.swap(),
        "swap",
        _nothing_compared,
    ),
    Row(
        "wipe_turn",
        "Turn the wipe's line",
        "Alt+W",
        lambda w: w.studio.comparing.flip("upright"),
        "turn",
        _not_wiping,
    ),
    Row(
        "compare_step",
        "Compare with this step",
        "Shift+H",
        lambda w: w.studio.comparing.compare_with_held(),
        obstacle=no_result,
        help="What is seen of the decode now is held as the left side.",
    ),
    LINE,
    _side("clips", "Clips", "F2", "film", "The clips of this project."),
    _side("results", "Results", "F3", "results", "Everything that was generated."),
    _side("queue", "Queue", "F4", "queue", "What runs, and what waits for its turn."),
    LINE,
    _look("dark", "Dark look"),
    _look("light", "Light look"),
    _look("system", "Look of the system"),
    LINE,
    Row(
        "full_screen",
        "Full screen",
        "F11",
        lambda w: w.toggle_full_screen(),
        checked=lambda w: w.isFullScreen(),
    ),
)
