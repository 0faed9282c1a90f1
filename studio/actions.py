"""Everything that the user can do, in one table: menus, shortcuts, tooltips and the list of keys.

A row says what is done (`run`) and why it cannot be done now (`obstacle`: a sentence, or "").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence

from core import mask_shapes
from core.masks import Kind, Mask
from studio.settings import Look
from studio.state.comparing import Mode
from studio.state.generation import Phase
from studio.state.tools import LENS_MODES, LensMode, Tool

if TYPE_CHECKING:
    from studio.panels.main_window import MainWindow

Obstacle = Callable[["MainWindow"], str]
Change = Callable[["MainWindow", Mask], Mask]


def _nothing(_window: MainWindow) -> str:
    return ""


def _no_clip(window: MainWindow) -> str:
    return "" if window.studio.session.clip else "Open a clip first."


def _no_key_here(window: MainWindow) -> str:
    track = window.studio.masks.track
    here = track is not None and window.studio.stage.number in track.keyframes
    return "" if here else "This frame has no mask of its own."


def _nothing_here(window: MainWindow) -> str:
    track, number = window.studio.masks.track, window.studio.stage.number
    blank = track is None or track.blank(number)
    return "Nothing is painted on this frame." if blank else ""


def _key_here(window: MainWindow) -> str:
    return _not_painted(window) or ("" if _no_key_here(window) else "It is a key frame already.")


def _cannot_track(window: MainWindow) -> str:
    return window.studio.tracking.obstacle


def _nothing_tracked(window: MainWindow) -> str:
    return "" if window.studio.tracking.running else "No mask is being tracked."


def _not_painted(window: MainWindow) -> str:
    track = window.studio.masks.track
    return "" if track is not None and track.keyframes else "Nothing is painted."


def _no_undo(window: MainWindow) -> str:
    return "" if window.studio.masks.undoable else "There is nothing to undo."


def _no_redo(window: MainWindow) -> str:
    return "" if window.studio.masks.redoable else "There is nothing to redo."


def _no_result(window: MainWindow) -> str:
    return "" if window.studio.result.clips is not None else "Nothing is generated yet."


def _no_steps(window: MainWindow) -> str:
    return "" if window.studio.generation.steps else "Nothing is generated yet."


def _nothing_compared(window: MainWindow) -> str:
    return "Nothing is compared." if window.studio.comparing.mode == "off" else ""


def _not_wiping(window: MainWindow) -> str:
    return "" if window.studio.comparing.mode == "wipe" else "There is no wipe."


def _cannot_pause(window: MainWindow) -> str:
    generation = window.studio.generation
    if generation.phase in (Phase.PREPARING, Phase.DECODING) or generation.resumable:
        return ""
    return "Nothing is being generated."


def _cannot_stop(window: MainWindow) -> str:
    generation = window.studio.generation
    stoppable = generation.phase in (Phase.PREPARING, Phase.DECODING, Phase.PAUSED)
    return "" if stoppable else "Nothing is being generated."


def _continued_here(window: MainWindow) -> str:
    studio = window.studio
    if not studio.recipe.chosen_task.continues:
        return "The task does not continue the clip."
    if studio.framing.last_kept == studio.session.nearest(studio.playback.position):
        return "It is continued here already."
    return ""


def _no_new_clip(window: MainWindow) -> str:
    return "" if window.studio.recipe.card else "No model is installed."


@dataclass(frozen=True)
class Row:
    """One action.

    Attributes:
        name: by which panels ask for it.
        keys: shortcuts with spaces between; the first one is shown.
        icon: a file of assets/icons, or "".
        checked: for an action that is on or off, whether it is on.
        group: actions of which one is on at a time.
        help: one sentence; the tooltip where the text does not say all.
        held: whether it is over when the key is let go; the window sees to that.
    """

    name: str
    text: str
    keys: str
    run: Callable[[MainWindow], object]
    icon: str = ""
    obstacle: Obstacle = _nothing
    checked: Callable[[MainWindow], bool] | None = None
    group: str = ""
    help: str = ""
    held: bool = False

    @property
    def shortcuts(self) -> list[QKeySequence]:
        return [QKeySequence(key) for key in self.keys.split()]


LINE = None
"""A separating line in a menu."""


def _tool(name: Tool, text: str, key: str, icon: str, help: str) -> Row:
    return Row(
        name,
        text,
        key,
        lambda w: setattr(w.studio.tools, "tool", name),
        icon,
        checked=lambda w: w.studio.tools.tool == name,
        group="tool",
        help=help,
    )


def _kind(kind: Kind, text: str, help: str) -> Row:
    """What the masks do from the key frame before the playhead to the next one."""
    return Row(
        f"kind_{kind}",
        text,
        "",
        lambda w: w.set_mask_kind(kind),
        obstacle=_not_painted,
        checked=lambda w: w.mask_kind() == kind,
        group="kind",
        help=help,
    )


def _change(name: str, text: str, keys: str, word: str, how: Change, help: str = "") -> Row:
    """An edit of the mask of the frame that is shown; `word` says it in the list of edits."""
    return Row(
        name,
        text,
        keys,
        lambda w: w.studio.masks.change(w.studio.stage.number, word, partial(how, w)),
        obstacle=_nothing_here,
        help=help,
    )


def _border_step(window: MainWindow) -> int:
    """Pixels by which a border is moved: a two hundredth of the clip's height."""
    track = window.studio.masks.track
    return max(1, round(track.height / 200)) if track else 1


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


def _look(look: Look, text: str) -> Row:
    return Row(
        f"look_{look}",
        text,
        "",
        lambda w: setattr(w.studio.preferences, "look", look),
        checked=lambda w: w.studio.preferences.look == look,
        group="look",
    )


FILE = (
    Row("open", "Open clip…", "Ctrl+O", lambda w: w.ask_for_clip(), "open"),
    Row("open_folder", "Open folder of frames…", "Ctrl+Shift+O", lambda w: w.ask_for_folder()),
    Row("open_sample", "Open the sample clip", "", lambda w: w.open_sample()),
    Row(
        "new_clip",
        "New blank clip",
        "Ctrl+N",
        lambda w: w.studio.new_clip(),
        "add",
        _no_new_clip,
        help="Of the model's size and rate, for what is generated without a clip.",
    ),
    LINE,
    Row("import", "Import a VideoGPT checkpoint…", "", lambda w: w.ask_for_checkpoint()),
    LINE,
    Row(
        "import_mask",
        "Import mask…",
        "Ctrl+Shift+M",
        lambda w: w.ask_for_mask(),
        obstacle=_no_clip,
        help="A picture, a video, or what “Export mask” has written; white is painted.",
    ),
    Row(
        "import_mask_folder",
        "Import folder of masks…",
        "",
        lambda w: w.ask_for_mask_folder(),
        obstacle=_no_clip,
        help="A picture per frame; white is painted.",
    ),
    Row(
        "export_mask",
        "Export mask…",
        "",
        lambda w: w.ask_for_mask_export(),
        obstacle=_not_painted,
        help="Key frames, a picture per frame, a video, or a picture of this frame's mask.",
    ),
    LINE,
    Row("export", "Export…", "Ctrl+E", lambda w: w.ask_for_export(), "export", _no_clip),
    LINE,
    Row("settings", "Settings…", "Ctrl+,", lambda w: w.show_settings(), "settings"),
    Row("quit", "Quit", "Ctrl+Q", lambda w: w.close()),
)

EDIT = (
    Row("undo", "Undo", "Ctrl+Z", lambda w: w.studio.masks.history.undo(), "undo", _no_undo),
    Row(
        "redo",
        "Redo",
        "Ctrl+Shift+Z Ctrl+Y",
        lambda w: w.studio.masks.history.redo(),
        "redo",
        _no_redo,
    ),
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
    LINE,
    Row("smaller", "Smaller brush", "[", lambda w: w.studio.tools.grow_brush(-1)),
    Row("larger", "Larger brush", "]", lambda w: w.studio.tools.grow_brush(1)),
    Row("softer", "Softer brush", "Shift+[ {", lambda w: w.studio.tools.harden_brush(-1)),
    Row("harder", "Harder brush", "Shift+] }", lambda w: w.studio.tools.harden_brush(1)),
)

MASK = (
    _change("grow", "Grow", "Alt+]", "Grow", lambda w, m: mask_shapes.grown(m, _border_step(w))),
    _change(
        "shrink", "Shrink", "Alt+[", "Shrink", lambda w, m: mask_shapes.grown(m, -_border_step(w))
    ),
    _change(
        "smooth",
        "Smooth",
        "Alt+S",
        "Smooth",
        lambda w, m: mask_shapes.smoothed(m, 2 * _border_step(w)),
        "A rounder border, without specks.",
    ),
    _change(
        "fill_holes",
        "Fill holes",
        "Shift+G",
        "Fill holes of",
        lambda _w, m: mask_shapes.without_holes(m),
    ),
    Row(
        "invert",
        "Invert",
        "Ctrl+I",
        lambda w: w.studio.masks.change(w.studio.stage.number, "Invert", lambda mask: ~mask),
        obstacle=_no_clip,
    ),
    Row(
        "feather",
        "Feather…",
        "Shift+F",
        lambda w: w.ask_for_feather(),
        obstacle=_no_clip,
        help="Over how many pixels the result fades in inside the border.",
    ),
    LINE,
    Row(
        "track_forward",
        "Track forward",
        "Ctrl+T",
        lambda w: w.studio.tracking.forward(w.studio.stage.number),
        "track",
        _cannot_track,
        help="The mask follows the picture to the next key frame or the out mark.",
    ),
    Row(
        "track_backward",
        "Track backward",
        "Ctrl+Shift+T",
        lambda w: w.studio.tracking.backward(w.studio.stage.number),
        "track-back",
        _cannot_track,
        help="The mask follows the picture to the key frame before it or the in mark.",
    ),
    Row(
        "track_both",
        "Track both ways",
        "Shift+T",
        lambda w: w.studio.tracking.both(w.studio.stage.number),
        obstacle=_cannot_track,
    ),
    Row(
        "track_stop",
        "Stop tracking",
        "",
        lambda w: w.studio.tracking.stop(),
        "stop",
        _nothing_tracked,
        help="What was found so far stays.",
    ),
    LINE,
    _kind("hold", "Hold to the next key frame", "The mask stands still."),
    _kind("interpolate", "Change into the next key frame", "The shape changes evenly."),
    _kind("track", "Track to the next key frame", "The mask follows the picture."),
    LINE,
    Row(
        "previous_key",
        "Previous key frame",
        "PgUp",
        lambda w: w.go_to_key(-1),
        "key-previous",
        _not_painted,
    ),
    Row("next_key", "Next key frame", "PgDown", lambda w: w.go_to_key(1), "key-next", _not_painted),
    Row(
        "set_key",
        "Set a key frame here",
        "N",
        lambda w: w.studio.masks.set_key(w.studio.stage.number),
        "key",
        _key_here,
        help="With the mask that this frame shows.",
    ),
    Row(
        "remove_key",
        "Remove this key frame",
        "Ctrl+Del",
        lambda w: w.studio.masks.remove_key(w.studio.stage.number),
        obstacle=_no_key_here,
        help="The masks of the key frame before it go on.",
    ),
    Row(
        "clear_frame",
        "Paint nothing from this frame on",
        "Del",
        lambda w: w.studio.masks.clear_frame(w.studio.stage.number),
        obstacle=_nothing_here,
    ),
    Row(
        "clear_masks",
        "Clear all masks",
        "Shift+Del",
        lambda w: w.studio.masks.clear(w.studio.stage.number),
        "trash",
        _not_painted,
    ),
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
        obstacle=_no_clip,
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
        obstacle=_no_result,
        help="What is seen of the decode now is held as the left side.",
    ),
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

CLIP = (
    Row("play", "Play or pause", "Space K", lambda w: w.studio.playback.toggle(), "play", _no_clip),
    Row(
        "back", "One frame back", "Left ,", lambda w: w.studio.playback.step(-1), obstacle=_no_clip
    ),
    Row("on", "One frame on", "Right .", lambda w: w.studio.playback.step(1), obstacle=_no_clip),
    Row(
        "back_10",
        "Ten frames back",
        "Shift+Left",
        lambda w: w.studio.playback.step(-10),
        obstacle=_no_clip,
    ),
    Row(
        "on_10",
        "Ten frames on",
        "Shift+Right",
        lambda w: w.studio.playback.step(10),
        obstacle=_no_clip,
    ),
    Row("first", "First frame", "Home", lambda w: w.studio.playback.go(0), obstacle=_no_clip),
    Row("last", "Last frame", "End", lambda w: w.studio.playback.go_to_end(), obstacle=_no_clip),
    Row(
        "loop",
        "Loop",
        "Ctrl+L",
        lambda w: w.studio.playback.flip("loop"),
        "loop",
        _no_clip,
        checked=lambda w: w.studio.playback.loop,
    ),
    LINE,
    Row(
        "mark_in",
        "Begin here (in mark)",
        "I",
        lambda w: w.studio.playback.mark_in(),
        "in",
        _no_clip,
        help="The working window begins at the in mark.",
    ),
    Row(
        "mark_out",
        "End here (out mark)",
        "O",
        lambda w: w.studio.playback.mark_out(),
        "out",
        _no_clip,
    ),
    Row(
        "clear_marks",
        "Clear the marks",
        "Alt+X",
        lambda w: w.studio.playback.mark(None, None),
        obstacle=_no_clip,
    ),
)

GENERATE = (
    Row(
        "generate",
        "Generate",
        "Ctrl+Return Ctrl+Enter",
        lambda w: w.studio.generate(),
        "generate",
        lambda w: w.studio.obstacle,
    ),
    Row(
        "pause",
        "Pause or resume",
        "Shift+P",
        lambda w: w.studio.pause_or_resume(),
        "pause",
        _cannot_pause,
        help="Nothing is lost: the result is the same as without a pause.",
    ),
    Row(
        "stop",
        "Stop",
        "Esc",
        lambda w: w.studio.generation.stop(),
        "stop",
        _cannot_stop,
        help="What was decoded stays.",
    ),
    LINE,
    Row(
        "previous_step",
        "Look at the step before",
        "Ctrl+Left",
        lambda w: w.studio.generation.look_beside(-1),
        obstacle=_no_steps,
    ),
    Row(
        "next_step",
        "Look at the next step",
        "Ctrl+Right",
        lambda w: w.studio.generation.look_beside(1),
        obstacle=_no_steps,
    ),
    Row(
        "continue",
        "Decode again from this step",
        "Ctrl+Shift+Return",
        lambda w: w.studio.generation.continue_from_chosen(),
        "refresh",
        lambda w: w.studio.generation.obstacle_to_continue,
    ),
    Row(
        "refine",
        "Refine the result",
        "Ctrl+R",
        lambda w: w.studio.refine(),
        "refresh",
        lambda w: w.studio.obstacle_to_refine,
        help="More steps for the finished result: what the model doubts is drawn again.",
    ),
    Row(
        "discard",
        "Discard the result",
        "",
        lambda w: w.studio.generation.forget(),
        obstacle=_no_result,
    ),
    LINE,
    Row(
        "dice",
        "New seed",
        "Ctrl+D",
        lambda w: w.studio.recipe.throw_dice(),
        "dice",
        help="Another seed gives another result.",
    ),
    Row(
        "fit_window",
        "Fit the working window",
        "Shift+V",
        lambda w: w.studio.framing.fit(),
        "fit",
        _no_clip,
        help="Around what is painted, with room to see around it.",
    ),
    Row(
        "continue_here",
        "Continue from the playhead",
        "C",
        lambda w: w.studio.framing.continue_here(),
        "in",
        _continued_here,
        help="The frame at the playhead becomes the last one that is kept.",
    ),
)

HELP = (
    Row(
        "find",
        "Find an action…",
        "Ctrl+K Ctrl+Shift+P",
        lambda w: w.find_action(),
        help="By a few letters of its name; what cannot be done now says why.",
    ),
    Row("keys", "Keyboard shortcuts…", "F1", lambda w: w.show_keys()),
    Row("about", "About Maskreel", "", lambda w: w.show_about()),
)

MENUS: dict[str, tuple[Row | None, ...]] = {
    "File": FILE,
    "Edit": EDIT,
    "Tools": TOOLS,
    "Mask": MASK,
    "View": VIEW,
    "Clip": CLIP,
    "Generate": GENERATE,
    "Help": HELP,
}

ROWS = tuple(row for rows in MENUS.values() for row in rows if row is not None)


def shown(key: QKeySequence) -> str:
    """A key as this system writes it."""
    return key.toString(QKeySequence.SequenceFormat.NativeText)
