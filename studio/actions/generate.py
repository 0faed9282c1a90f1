"""The Generate menu: the job and its steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.actions.row import LINE, Row, no_result, no_steps
from studio.state.takes.take import Phase

if TYPE_CHECKING:
    from studio.panels.main_window import MainWindow


def _cannot_pause(window: MainWindow) -> str:
    generation = window.studio.generation
    if generation.phase in (Phase.PREPARING, Phase.DECODING) or generation.resumable:
        return ""
    return "Nothing is being generated."


def _cannot_stop(window: MainWindow) -> str:
    generation = window.studio.generation
    stoppable = generation.phase in (
        Phase.WAITING, Phase.PREPARING, Phase.DECODING, Phase.PAUSED,
    )  # fmt: skip
    return "" if stoppable else "Nothing is being generated."


def _hold_or_release(window: MainWindow) -> None:
    queue = window.studio.queue
    if queue.held:
        queue.release()
    else:
        queue.hold()


def _continued_here(window: MainWindow) -> str:
    studio = window.studio
    if not studio.recipe.chosen_task.continues:
        return "The task does not continue the clip."
    if studio.framing.last_kept == studio.session.nearest(studio.playback.position):
        return "It is continued here already."
    return ""


def _nothing_marked(window: MainWindow) -> str:
    edits = window.studio.token_marks.edits
    return "No token is marked." if edits is None or edits.empty else ""


GENERATE = (
    Row(
        "generate",
        "Generate",
        "Ctrl+Return Ctrl+Enter",
        lambda w: w.studio.asking.generate(),
        "generate",
        lambda w: w.studio.asking.obstacle,
        help="While another generation runs, it waits in the queue.",
    ),
    Row(
        "generate_next",
        "Generate next",
        "Ctrl+Alt+Return",
        lambda w: w.studio.asking.generate(first=True),
        "generate",
        lambda w: w.studio.asking.obstacle,
        help="Before all others that wait.",
    ),
    Row(
        "pause",
        "Pause or resume",
        "Shift+P",
        lambda w: w.studio.asking.pause_or_resume(),
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
    Row(
        "queue_hold",
        "Hold the queue",
        "Alt+P",
        _hold_or_release,
        "pause",
        checked=lambda w: w.studio.queue.held,
        help="What runs is paused, and nothing begins until the queue goes on.",
    ),
    Row(
        "queue_cancel",
        "Cancel all jobs",
        "",
        lambda w: w.studio.queue.stop_all(),
        "stop",
        lambda w: "" if w.studio.queue.order else "Nothing runs, and nothing waits.",
        help="What was decoded stays among the results.",
    ),
    LINE,
    Row(
        "previous_step",
        "Look at the step before",
        "Ctrl+Left",
        lambda w: w.studio.generation.look_beside(-1),
        obstacle=no_steps,
    ),
    Row(
        "next_step",
        "Look at the next step",
        "Ctrl+Right",
        lambda w: w.studio.generation.look_beside(1),
        obstacle=no_steps,
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
        "repaint_tokens",
        "Continue with the marked tokens",
        "Ctrl+Shift+R",
        lambda w: w.studio.branching.repaint(),
        "repaint",
        lambda w: w.studio.branching.obstacle_to_repaint,
        help="A new take: what is marked is decided again with new noise, what is pinned stays.",
    ),
    Row(
        "unmark_tokens",
        "Remove the marks of this step",
        "Shift+U",
        lambda w: w.studio.token_marks.clear(),
        obstacle=_nothing_marked,
    ),
    Row(
        "branch",
        "Branch from this step…",
        "Ctrl+B",
        lambda w: w.ask_for_branch(),
        "branch",
        lambda w: w.studio.branching.obstacle,
        help="A new take goes on from here with another seed, temperature, schedule or class; "
        "this one stays.",
    ),
    Row(
        "refine",
        "Refine the result",
        "Ctrl+R",
        lambda w: w.studio.asking.refine(),
        "refresh",
        lambda w: w.studio.asking.obstacle_to_refine,
        help="More steps for the finished result: what the model doubts is drawn again.",
    ),
    Row(
        "put_away",
        "Take the result off the canvas",
        "",
        lambda w: w.studio.generation.show(None),
        obstacle=no_result,
        help="It stays among the results.",
    ),
    Row(
        "discard",
        "Delete the result",
        "",
        lambda w: w.studio.asking.discard(),
        obstacle=no_result,
        help="It can be put back until the project is closed.",
    ),
    LINE,
    Row(
        "finetune",
        "Fine-tune a model…",
        "Ctrl+Shift+F",
        lambda w: w.show_trainings(),
        help="Train a model further on your own clips, and see how trainings go.",
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
        "continue_here",
        "Continue from the playhead",
        "C",
        lambda w: w.studio.framing.continue_here(),
        "in",
        _continued_here,
        help="The frame at the playhead becomes the last one that is kept.",
    ),
)
