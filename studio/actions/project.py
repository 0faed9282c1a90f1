"""The project: rows of the File menu, and those of the Clip menu for the clips in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.actions.row import Row

if TYPE_CHECKING:
    from studio.panels.main_window import MainWindow


def _busy(window: MainWindow) -> str:
    return window.studio.project_file.busy


def _not_movable(window: MainWindow) -> str:
    return window.studio.project_file.obstacle_to_move


def _not_packable(window: MainWindow) -> str:
    return window.studio.packing.obstacle


def _no_folder(window: MainWindow) -> str:
    return "" if window.studio.project.folder else "The project is empty."


def _nothing_lost(window: MainWindow) -> str:
    return "" if window.studio.recovery.found else "All projects were closed properly."


def _no_clip(window: MainWindow) -> str:
    return "" if window.studio.project.open_clip else "No clip of the project is open."


def _no_other_clip(window: MainWindow) -> str:
    return "" if len(window.studio.project.clips) > 1 else "There is no other clip in the project."


def _first(window: MainWindow) -> str:
    return _no_clip(window) or ("" if window.studio.clips.place else "It is the first clip.")


def _last(window: MainWindow) -> str:
    last = len(window.studio.project.clips) - 1
    return _no_clip(window) or ("" if window.studio.clips.place < last else "It is the last clip.")


def _none_missing(window: MainWindow) -> str:
    return "" if window.studio.footage.missing else "The files of all clips are there."


def _none_removed(window: MainWindow) -> str:
    return "" if window.studio.clips.removed else "No clip was removed."


PROJECT = (
    Row(
        "new_project",
        "New project",
        "Ctrl+Shift+N",
        lambda w: w.studio.project_file.new(),
        obstacle=_busy,
        help="The project that is open is kept.",
    ),
    Row(
        "open_project",
        "Open project…",
        "Ctrl+Alt+O",
        lambda w: w.projects.ask_open(),
        obstacle=_busy,
        help="A folder that ends with .maskreel, or a packed project.",
    ),
    Row(
        "save_project",
        "Save project",
        "Ctrl+S",
        lambda w: w.projects.save(),
        "save",
        _busy,
        help="Everything is saved as you work. This gives a new project a place, or keeps an "
        "older copy of one that has its place.",
    ),
    Row(
        "save_project_as",
        "Save project as…",
        "Ctrl+Shift+S",
        lambda w: w.projects.ask_save_as(),
        obstacle=_not_movable,
    ),
    Row(
        "pack_project",
        "Pack project to zip…",
        "",
        lambda w: w.projects.ask_pack(),
        obstacle=_not_packable,
        help="One file with everything, to be given away; with the clips' files or without.",
    ),
    Row("show_project", "Show project folder", "", lambda w: w.projects.show_folder(),
        obstacle=_no_folder),
    Row(
        "recover",
        "Recover projects…",
        "",
        lambda w: w.projects.show_recovery(),
        obstacle=_nothing_lost,
        help="Projects whose window was ended by a crash.",
    ),
)  # fmt: skip

CLIPS = (
    Row(
        "next_clip",
        "Next clip",
        "Ctrl+PgDown",
        lambda w: w.studio.clips.step(1),
        obstacle=_no_other_clip,
        help="Of the project; masks, marks and results of this one stay as they are.",
    ),
    Row(
        "previous_clip",
        "Previous clip",
        "Ctrl+PgUp",
        lambda w: w.studio.clips.step(-1),
        obstacle=_no_other_clip,
    ),
    Row("rename_clip", "Rename clip…", "", lambda w: w.projects.ask_name(), obstacle=_no_clip),
    Row("clip_up", "Move clip up", "", lambda w: w.studio.clips.shift(-1), "up", _first),
    Row("clip_down", "Move clip down", "", lambda w: w.studio.clips.shift(1), "down", _last),
    Row(
        "locate_clip",
        "Locate missing clip…",
        "",
        lambda w: w.projects.ask_where(w.studio.footage.missing[0].id),
        obstacle=_none_missing,
        help="Says where the file of a clip has been moved to.",
    ),
    Row(
        "remove_clip",
        "Remove clip from the project",
        "",
        lambda w: w.studio.clips.remove(w.studio.project.open_id),
        "trash",
        _no_clip,
        help="With its masks and results; its file stays, and it can be brought back.",
    ),
    Row(
        "bring_back_clip",
        "Bring back the removed clip",
        "",
        lambda w: w.studio.clips.bring_back(),
        obstacle=_none_removed,
    ),
)
