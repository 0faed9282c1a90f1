"""The Results menu: what is done with what was generated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.actions.row import LINE, Row

if TYPE_CHECKING:
    from studio.panels.main_window import MainWindow
    from studio.state.takes.gallery import Pick


def _none_chosen(window: MainWindow) -> str:
    return "" if window.studio.gallery.chosen else "Choose a result first."


def _not_one(window: MainWindow) -> str:
    return window.studio.results.obstacle_to_show


def _nothing_to_put_back(window: MainWindow) -> str:
    return "" if window.studio.history.trash else "Nothing was deleted."


def _unfinished(window: MainWindow) -> str:
    chosen = window.studio.gallery.current
    if chosen is None:
        return window.studio.results.obstacle_to_show
    return "" if chosen.entry.card.phase == "finished" else "It is not finished."


def _one(window: MainWindow) -> Pick:
    chosen = window.studio.gallery.current
    if chosen is None:
        raise ValueError("not one result is chosen")
    return chosen


def _delete(window: MainWindow) -> None:
    studio = window.studio
    studio.history.delete(list({pick.entry: None for pick in studio.gallery.chosen}))


def _star(window: MainWindow) -> None:
    for pick in window.studio.gallery.chosen:
        pick.entry.star(pick.variation)


def _all_starred(window: MainWindow) -> bool:
    chosen = window.studio.gallery.chosen
    return bool(chosen) and all(pick.starred for pick in chosen)


RESULT = (
    Row(
        "result_show",
        "Show on the canvas",
        "",
        lambda w: w.studio.results.show(_one(w)),
        "eye",
        _not_one,
        help="Its clip is opened first, when it is another one.",
    ),
    Row(
        "result_enlarge",
        "Enlarge",
        "",
        lambda w: w.enlarge_result(),
        "zoom-in",
        _not_one,
    ),
    Row(
        "result_settings",
        "Use these settings again",
        "",
        lambda w: w.studio.results.use_settings(_one(w)),
        "settings",
        _not_one,
        help="Model, task, class, masks, working window, decoder and seed.",
    ),
    Row(
        "result_compare",
        "Compare these two",
        "",
        lambda w: w.studio.results.compare(*w.studio.gallery.chosen),
        "wipe",
        lambda w: w.studio.results.obstacle_to_compare,
    ),
    Row(
        "result_refine",
        "Refine this result",
        "",
        lambda w: w.studio.results.show(_one(w), w.studio.asking.refine),
        "refresh",
        _unfinished,
        help="More steps: what the model doubts is drawn again.",
    ),
    Row(
        "result_export",
        "Export this result…",
        "",
        lambda w: w.studio.results.show(_one(w), w.ask_for_export),
        "export",
        _not_one,
    ),
    LINE,
    Row(
        "result_star",
        "Favourite",
        "",
        _star,
        "star",
        _none_chosen,
        _all_starred,
        help="A star, by which it is found again.",
    ),
    Row(
        "result_note",
        "Name and note",
        "",
        lambda w: w.note_result(),
        "note",
        _not_one,
    ),
    Row(
        "result_delete",
        "Delete the take",
        "",
        _delete,
        "trash",
        _none_chosen,
        help="With all its variations. It can be put back until the project is closed.",
    ),
    Row(
        "result_put_back",
        "Put back what was deleted",
        "",
        lambda w: w.studio.history.put_back(),
        "undo",
        _nothing_to_put_back,
    ),
)
