"""The Help menu."""

from __future__ import annotations

from studio.actions.row import Row

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
