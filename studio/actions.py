"""Everything that the user can do, in one table: menus, shortcuts, tooltips and the list of keys.

A row says what is done (`run`) and why it cannot be done now (`obstacle`: a sentence, or "").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from studio import theme
from studio.observable import Observable, watch
from studio.state.generation import Phase

if TYPE_CHECKING:
    from studio.panels.main_window import MainWindow

Obstacle = Callable[["MainWindow"], str]


def _nothing(_window: MainWindow) -> str:
    return ""


def _no_clip(window: MainWindow) -> str:
    return "" if window.studio.session.clip else "Open a clip first."


def _no_key_here(window: MainWindow) -> str:
    track = window.studio.masks.track
    here = track is not None and window.studio.playback.position in track.keyframes
    return "" if here else "This frame has no mask of its own."


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


def _cannot_generate(window: MainWindow) -> str:
    return window.studio.obstacle


def _cannot_pause(window: MainWindow) -> str:
    generation = window.studio.generation
    if generation.phase in (Phase.PREPARING, Phase.DECODING) or generation.resumable:
        return ""
    return "Nothing is being generated."


def _cannot_stop(window: MainWindow) -> str:
    generation = window.studio.generation
    stoppable = generation.phase in (Phase.PREPARING, Phase.DECODING, Phase.PAUSED)
    return "" if stoppable else "Nothing is being generated."


@dataclass(frozen=True)
class Row:
    """One action.

    Attributes:
        name: by which panels ask for it.
        menu: where it stands; "" for none. `after_line`: a separating line comes before it.
        keys: shortcuts, the first of which is shown.
        icon: a file of assets/icons, or "".
        checked: for an action that is on or off, whether it is on.
        group: actions of which one is on at a time.
        help: one sentence; the tooltip where the text does not say all.
    """

    name: str
    menu: str
    text: str
    run: Callable[[MainWindow], object]
    keys: tuple[str, ...] = ()
    icon: str = ""
    obstacle: Obstacle = _nothing
    checked: Callable[[MainWindow], bool] | None = None
    group: str = ""
    help: str = ""
    after_line: bool = False


def _tool(name: str, text: str, key: str, icon: str, help: str, line: bool = False) -> Row:
    return Row(
        name,
        "Edit",
        text,
        lambda w: setattr(w.studio.tools, "tool", name),
        (key,),
        icon,
        checked=lambda w: w.studio.tools.tool == name,
        group="tool",
        help=help,
        after_line=line,
    )


def _lens_mode(mode: str, text: str, line: bool = False) -> Row:
    return Row(
        f"lens_{mode}",
        "View",
        text,
        lambda w: setattr(w.studio.tools, "lens_mode", mode),
        checked=lambda w: w.studio.tools.lens_mode == mode,
        group="lens",
        after_line=line,
    )


TABLE: tuple[Row, ...] = (
    Row("open", "File", "Open clip…", lambda w: w.ask_for_clip(), ("Ctrl+O",), "open"),
    Row("open_folder", "File", "Open folder of frames…", lambda w: w.ask_for_folder()),
    Row("open_sample", "File", "Open the sample clip", lambda w: w.open_sample()),
    Row(
        "export",
        "File",
        "Export…",
        lambda w: w.ask_for_export(),
        ("Ctrl+E",),
        "export",
        _no_clip,
        after_line=True,
    ),
    Row("quit", "File", "Quit", lambda w: w.close(), ("Ctrl+Q",), after_line=True),
    # ── edit ──
    Row(
        "undo",
        "Edit",
        "Undo",
        lambda w: w.studio.masks.history.undo(),
        ("Ctrl+Z",),
        "undo",
        _no_undo,
    ),
    Row(
        "redo",
        "Edit",
        "Redo",
        lambda w: w.studio.masks.history.redo(),
        ("Ctrl+Shift+Z", "Ctrl+Y"),
        "redo",
        _no_redo,
    ),
    _tool("brush", "Brush", "B", "brush", "Paint what shall be generated.", line=True),
    _tool("eraser", "Eraser", "E", "eraser", "Take away from what is painted."),
    _tool("pan", "Hand", "H", "hand", "Move the picture; hold Space for the same."),
    _tool("window", "Working window", "R", "window", "Choose the part that the model works on."),
    Row("smaller", "Edit", "Smaller brush", lambda w: w.studio.tools.grow_brush(-1), ("[",)),
    Row("larger", "Edit", "Larger brush", lambda w: w.studio.tools.grow_brush(1), ("]",)),
    Row(
        "previous_key",
        "Edit",
        "Previous painted frame",
        lambda w: w.go_to_key(-1),
        ("PgUp",),
        obstacle=_not_painted,
        after_line=True,
    ),
    Row(
        "next_key",
        "Edit",
        "Next painted frame",
        lambda w: w.go_to_key(1),
        ("PgDown",),
        obstacle=_not_painted,
    ),
    Row(
        "remove_key",
        "Edit",
        "Remove this frame's mask",
        lambda w: w.studio.masks.remove_key(w.studio.playback.position),
        ("Ctrl+Del",),
        obstacle=_no_key_here,
        help="The mask of the painted frame before it holds on.",
    ),
    Row(
        "clear_frame",
        "Edit",
        "Paint nothing from this frame on",
        lambda w: w.studio.masks.clear_frame(w.studio.playback.position),
        ("Del",),
        obstacle=_not_painted,
    ),
    Row(
        "invert",
        "Edit",
        "Invert the mask",
        lambda w: w.studio.masks.invert(w.studio.playback.position),
        ("Ctrl+I",),
        obstacle=_no_clip,
    ),
    Row(
        "clear_masks",
        "Edit",
        "Clear all masks",
        lambda w: w.studio.masks.clear(w.studio.playback.position),
        ("Shift+Del",),
        "trash",
        _not_painted,
    ),
    # ── view ──
    Row(
        "zoom_in",
        "View",
        "Zoom in",
        lambda w: w.canvas.view.zoomIn(),
        ("Ctrl++", "Ctrl+="),
        "zoom-in",
    ),
    Row("zoom_out", "View", "Zoom out", lambda w: w.canvas.view.zoomOut(), ("Ctrl+-",), "zoom-out"),
    Row("fit", "View", "Fit in view", lambda w: w.canvas.view.fit(), ("F", "Ctrl+0"), "fit"),
    Row(
        "actual_size",
        "View",
        "Actual size",
        lambda w: w.canvas.view.actualSize(),
        ("Ctrl+1",),
        "actual-size",
    ),
    Row(
        "mask_shown",
        "View",
        "Show the mask",
        lambda w: w.studio.tools.flip("mask_shown"),
        ("M",),
        "eye",
        checked=lambda w: w.studio.tools.mask_shown,
        after_line=True,
    ),
    Row(
        "wipe",
        "View",
        "Compare with the original",
        lambda w: w.studio.tools.toggle_wipe(),
        ("W",),
        "wipe",
        checked=lambda w: w.studio.tools.wipe is not None,
        help="Left of the line the original, right of it the result. Drag the line.",
    ),
    Row(
        "lens",
        "View",
        "Token lens",
        lambda w: w.studio.tools.flip("lens"),
        ("L",),
        "lens",
        checked=lambda w: w.studio.tools.lens,
        help="The grid of tokens over the working window: what is given, decided and still open.",
    ),
    _lens_mode("state", "Lens: given, kept, open", line=True),
    _lens_mode("confidence", "Lens: confidence"),
    _lens_mode("kept", "Lens: step at which it was kept"),
    Row(
        "full_screen",
        "View",
        "Full screen",
        lambda w: w.toggle_full_screen(),
        ("F11",),
        checked=lambda w: w.isFullScreen(),
        after_line=True,
    ),
    # ── clip ──
    Row(
        "play",
        "Clip",
        "Play or pause",
        lambda w: w.studio.playback.toggle(),
        ("Space", "K"),
        "play",
        _no_clip,
    ),
    Row("back", "Clip", "One frame back", lambda w: w.studio.playback.step(-1), ("Left", ",")),
    Row("on", "Clip", "One frame on", lambda w: w.studio.playback.step(1), ("Right", ".")),
    Row(
        "back_10", "Clip", "Ten frames back", lambda w: w.studio.playback.step(-10), ("Shift+Left",)
    ),
    Row("on_10", "Clip", "Ten frames on", lambda w: w.studio.playback.step(10), ("Shift+Right",)),
    Row("first", "Clip", "First frame", lambda w: w.studio.playback.go(0), ("Home",)),
    Row(
        "last",
        "Clip",
        "Last frame",
        lambda w: w.studio.playback.go(w.studio.playback.length - 1),
        ("End",),
    ),
    Row(
        "loop",
        "Clip",
        "Loop",
        lambda w: w.studio.playback.flip("loop"),
        ("Ctrl+L",),
        "loop",
        checked=lambda w: w.studio.playback.loop,
    ),
    Row(
        "mark_in",
        "Clip",
        "Begin here (in mark)",
        lambda w: w.studio.playback.mark_in(),
        ("I",),
        "in",
        _no_clip,
        help="The working window begins at the in mark.",
        after_line=True,
    ),
    Row(
        "mark_out",
        "Clip",
        "End here (out mark)",
        lambda w: w.studio.playback.mark_out(),
        ("O",),
        "out",
        _no_clip,
    ),
    Row(
        "clear_marks",
        "Clip",
        "Clear the marks",
        lambda w: w.studio.playback.mark(None, None),
        ("Alt+X",),
        obstacle=_no_clip,
    ),
    # ── generate ──
    Row(
        "generate",
        "Generate",
        "Generate",
        lambda w: w.studio.generate(),
        ("Ctrl+Return", "Ctrl+Enter"),
        "generate",
        _cannot_generate,
    ),
    Row(
        "pause",
        "Generate",
        "Pause or resume",
        lambda w: w.studio.pause_or_resume(),
        ("P",),
        "pause",
        _cannot_pause,
        help="Nothing is lost: the result is the same as without a pause.",
    ),
    Row(
        "stop",
        "Generate",
        "Stop",
        lambda w: w.studio.generation.stop(),
        ("Esc",),
        "stop",
        _cannot_stop,
        help="What was decoded stays.",
    ),
    Row(
        "previous_step",
        "Generate",
        "Look at the step before",
        lambda w: w.studio.generation.look_beside(-1),
        ("Ctrl+Left",),
        obstacle=_no_steps,
        after_line=True,
    ),
    Row(
        "next_step",
        "Generate",
        "Look at the next step",
        lambda w: w.studio.generation.look_beside(1),
        ("Ctrl+Right",),
        obstacle=_no_steps,
    ),
    Row(
        "continue",
        "Generate",
        "Decode again from this step",
        lambda w: w.studio.generation.continue_from_chosen(),
        ("Ctrl+Shift+Return",),
        "refresh",
        lambda w: w.studio.generation.obstacle_to_continue,
    ),
    Row(
        "discard",
        "Generate",
        "Discard the result",
        lambda w: w.studio.generation.forget(),
        obstacle=_no_result,
    ),
    Row(
        "dice",
        "Generate",
        "New seed",
        lambda w: w.studio.recipe.throw_dice(),
        ("Ctrl+D",),
        "dice",
        help="Another seed gives another result.",
        after_line=True,
    ),
    Row(
        "fit_window",
        "Generate",
        "Fit the working window",
        lambda w: w.studio.framing.fit(),
        ("Shift+R",),
        "fit",
        _no_clip,
        help="Around what is painted, with room to see around it.",
    ),
    # ── help ──
    Row("keys", "Help", "Keyboard shortcuts", lambda w: w.show_keys(), ("F1",)),
    Row("about", "Help", "About Maskreel", lambda w: w.show_about(), icon="info"),
)

MENUS = tuple(dict.fromkeys(row.menu for row in TABLE if row.menu))


class Actions:
    """The table as QActions of a window, kept up to date.

    Attributes:
        menus: by name, once the menu bar is filled.
    """

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self.menus: dict[str, QMenu] = {}
        self._groups: dict[str, QActionGroup] = {}
        self._actions = {row.name: self._made(row) for row in TABLE}
        window.addActions(list(self._actions.values()))

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def follow(self, states: Iterable[tuple[Observable, str]]) -> None:
        """Look again at what can be done whenever one of these fields changes."""
        for state, names in states:
            watch(state, names, self.refresh)

    def fill(self, bar: QMenuBar) -> None:
        """Give the menu bar its menus."""
        self.menus = {name: bar.addMenu(f"&{name}") for name in MENUS}
        for row in TABLE:
            if row.menu:
                if row.after_line:
                    self.menus[row.menu].addSeparator()
                self.menus[row.menu].addAction(self._actions[row.name])

    def refresh(self) -> None:
        for row in TABLE:
            action, obstacle = self._actions[row.name], row.obstacle(self._window)
            action.setEnabled(not obstacle)
            action.setToolTip(_tooltip(row, obstacle))
            if row.checked is not None:
                action.setChecked(row.checked(self._window))

    def _made(self, row: Row) -> QAction:
        action = QAction(row.text, self._window)
        action.setObjectName(row.name)
        action.setShortcuts([QKeySequence(key) for key in row.keys])
        if row.icon:
            action.setIcon(theme.icon(row.icon))
        action.setIconVisibleInMenu(False)
        action.setCheckable(row.checked is not None)
        if row.group:
            group = self._groups.setdefault(row.group, QActionGroup(self._window))
            action.setActionGroup(group)
        action.triggered.connect(lambda: row.run(self._window))
        return action


def _tooltip(row: Row, obstacle: str) -> str:
    text = row.text.rstrip("…")
    keys = f" ({_shown(row.keys[0])})" if row.keys else ""
    more = obstacle or row.help
    return f"{text}{keys}\n{more}" if more else f"{text}{keys}"


def _shown(key: str) -> str:
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)


def key_list() -> list[tuple[str, str, str]]:
    """(menu, text, keys) of every action with a shortcut, for the list of keys."""
    return [
        (row.menu, row.text.rstrip("…"), "  ".join(_shown(key) for key in row.keys))
        for row in TABLE
        if row.keys
    ]


def button_tooltip(widget: QWidget, action: QAction) -> None:
    """Let a button show an action's tooltip, also while it is disabled."""
    action.changed.connect(lambda: widget.setToolTip(action.toolTip()))
    widget.setToolTip(action.toolTip())
