"""The Clip menu: where the clip stands, and the other clips of the project."""

from __future__ import annotations

from studio.actions.project import CLIPS
from studio.actions.row import LINE, Row, no_clip

CLIP = (
    Row("play", "Play or pause", "Space K", lambda w: w.studio.playback.toggle(), "play", no_clip),
    Row("back", "One frame back", "Left ,", lambda w: w.studio.playback.step(-1), obstacle=no_clip),
    Row("on", "One frame on", "Right .", lambda w: w.studio.playback.step(1), obstacle=no_clip),
    Row(
        "back_10",
        "Ten frames back",
        "Shift+Left",
        lambda w: w.studio.playback.step(-10),
        obstacle=no_clip,
    ),
    Row(
        "on_10",
        "Ten frames on",
        "Shift+Right",
        lambda w: w.studio.playback.step(10),
        obstacle=no_clip,
    ),
    Row("first", "First frame", "Home", lambda w: w.studio.playback.go(0), obstacle=no_clip),
    Row("last", "Last frame", "End", lambda w: w.studio.playback.go_to_end(), obstacle=no_clip),
    Row(
        "loop",
        "Loop",
        "Ctrl+L",
        lambda w: w.studio.playback.flip("loop"),
        "loop",
        no_clip,
        checked=lambda w: w.studio.playback.loop,
    ),
    LINE,
    Row(
        "mark_in",
        "Begin here (in mark)",
        "I",
        lambda w: w.studio.playback.mark_in(),
        "in",
        no_clip,
        help="The working window begins at the in mark.",
    ),
    Row(
        "mark_out",
        "End here (out mark)",
        "O",
        lambda w: w.studio.playback.mark_out(),
        "out",
        no_clip,
    ),
    Row(
        "clear_marks",
        "Clear the marks",
        "Alt+X",
        lambda w: w.studio.playback.mark(None, None),
        obstacle=no_clip,
    ),
    LINE,
    *CLIPS,
)
