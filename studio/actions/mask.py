"""The Mask menu: edits of the painted region, tracking and key frames."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from core import mask_shapes
from core.masks import Kind, Mask
from studio.actions.row import LINE, Row, no_clip, not_painted

if TYPE_CHECKING:
    from studio.panels.main_window import MainWindow

Change = Callable[["MainWindow", Mask], Mask]


def _no_key_here(window: MainWindow) -> str:
    track = window.studio.masks.track
    here = track is not None and window.studio.stage.number in track.keyframes
    return "" if here else "This frame has no mask of its own."


def _nothing_here(window: MainWindow) -> str:
    track, number = window.studio.masks.track, window.studio.stage.number
    blank = track is None or track.blank(number)
    return "Nothing is painted on this frame." if blank else ""


def _key_here(window: MainWindow) -> str:
    return not_painted(window) or ("" if _no_key_here(window) else "It is a key frame already.")


def _cannot_track(window: MainWindow) -> str:
    return window.studio.tracking.obstacle


def _nothing_tracked(window: MainWindow) -> str:
    return "" if window.studio.tracking.running else "No mask is being tracked."


def _kind(kind: Kind, text: str, help: str) -> Row:
    """What the masks do from the key frame before the playhead to the next one."""
    return Row(
        f"kind_{kind}",
        text,
        "",
        lambda w: w.set_mask_kind(kind),
        obstacle=not_painted,
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
        obstacle=no_clip,
    ),
    Row(
        "feather",
        "Feather…",
        "Shift+F",
        lambda w: w.ask_for_feather(),
        obstacle=no_clip,
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
        not_painted,
    ),
    Row("next_key", "Next key frame", "PgDown", lambda w: w.go_to_key(1), "key-next", not_painted),
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
        not_painted,
    ),
)
