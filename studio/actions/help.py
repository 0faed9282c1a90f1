"""The Help menu."""

from __future__ import annotations

from studio.actions.row import LINE, Row

HELP = (
    Row(
        "find",
        "Find an action…",
        "Ctrl+K Ctrl+Shift+P",
        lambda w: w.find_action(),
        help="By a few letters of its name; what cannot be done now says why.",
    ),
    Row("welcome", "Welcome page", "Shift+F2", lambda w: w.show_welcome()),
    Row(
        "tour",
        "Take the tour",
        "",
        lambda w: w.take_tour(),
        "tour",
        help="Two minutes that do a whole job on a sample, from opening to export.",
    ),
    Row("keys", "Keyboard shortcuts…", "F1", lambda w: w.show_keys()),
    LINE,
    Row(
        "log",
        "Show the log…",
        "Shift+F1",
        lambda w: w.show_log(),
        help="What the program, its engine and Qt have said.",
    ),
    Row(
        "report",
        "Save report…",
        "",
        lambda w: w.show_report(),
        help="What helps to find an error, in a zip file, without names and private folders.",
    ),
    Row("about", "About Maskreel", "", lambda w: w.show_about()),
)
