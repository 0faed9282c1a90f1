"""The tour in two minutes: a table of stops, each at a part of the window, that do a whole job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from studio.samples import SAMPLES
from studio.widgets.coach_mark import Spot

if TYPE_CHECKING:
    from studio.panels.main_window import MainWindow

SAMPLE = SAMPLES[0]


@dataclass(frozen=True)
class Stop:
    """One stop.

    Attributes:
        title, words: what is said there.
        where: what it points at; what else stays bright comes after that.
        act: what the button says that does it for the user; `run` is what it does.
        obstacle: why that cannot be done now, or "".
        done: whether it is done, by whomever.
    """

    title: str
    words: str
    where: Callable[[MainWindow], tuple[Spot, ...]]
    act: str = ""
    run: Callable[[MainWindow], object] = lambda _window: None
    done: Callable[[MainWindow], bool] = lambda _window: False
    obstacle: Callable[[MainWindow], str] = lambda _window: ""


def _file_menu(window: MainWindow) -> tuple[Spot, ...]:
    bar = window.menuBar()
    return ((bar, bar.actionGeometry(window.actions_.menus["File"].menuAction())),)


def _can_paint(window: MainWindow) -> bool:
    """A clip is open, and what is chosen is to be painted on it."""
    return window.studio.session.clip is not None and window.studio.recipe.chosen_task.painted


def _paint(window: MainWindow) -> None:
    window.studio.playback.go(SAMPLE.frame)
    window.studio.trying.paint(SAMPLE)


def _painted(window: MainWindow) -> bool:
    track = window.studio.masks.track
    return track is not None and not track.empty


def _show_lens(window: MainWindow) -> None:
    window.studio.tools.lens = True


def _wipe(window: MainWindow) -> None:
    window.studio.tools.lens = False
    window.studio.comparing.mode = "wipe"


STOPS = (
    Stop(
        "A clip to work on",
        "Clips are seen here. For this tour a sample is opened; you can do all of it on a clip "
        "of your own later.",
        lambda w: ((w.canvas, None),),
        "Open the sample",
        lambda w: w.studio.trying.open(replace(SAMPLE, painted=None)),
        _can_paint,
    ),
    Stop(
        "Paint what shall change",
        "Paint over a thing with the brush. What you paint is generated anew, all else stays as "
        "it is. The white frame is the part that the model sees.",
        lambda w: ((w.canvas.view, None),),
        "Paint it for me",
        _paint,
        _painted,
        lambda w: "" if _can_paint(w) else "Open the sample first.",
    ),
    Stop(
        "Generate",
        "The model fills in what you painted. When this button cannot be pressed, its tooltip "
        "says why; so do all others.",
        lambda w: ((w.inspector.job.generate, None), (w.canvas.view, None)),
        "Generate",
        lambda w: w.actions_["generate"].trigger(),
        lambda w: bool(w.studio.generation.steps) or w.studio.generation.running,
        lambda w: w.studio.asking.obstacle,
    ),
    Stop(
        "Look while it decodes",
        "Every step gives the whole clip. Play it or drag along the timeline, while the model is "
        "still at work; the strip above keeps every step to look back at.",
        lambda w: ((w.bottom, None), (w.canvas.view, None)),
        "Play",
        lambda w: w.studio.playback.play(),
        lambda w: w.studio.playback.playing or w.studio.generation.chosen is not None,
    ),
    Stop(
        "The token lens",
        "A model sees a clip as tokens. The lens shows which were given, which are decided, when, "
        "and how sure the model was of each.",
        lambda w: ((w.canvas.lens_button, None), (w.canvas.view, None)),
        "Show the lens",
        _show_lens,
        lambda w: w.studio.tools.lens,
    ),
    Stop(
        "Compare",
        "Original and result, with a line between them that you drag; or side by side, as a "
        "difference, or one after the other.",
        lambda w: ((w.canvas.compare_button, None), (w.canvas.view, None)),
        "Compare with a wipe",
        _wipe,
        lambda w: w.studio.comparing.mode != "off",
    ),
    Stop(
        "Export",
        "“Export” in this menu writes a video with the size, rate and sound of the clip. It "
        "remembers how it was made: dropped on this window, the settings come back.",
        _file_menu,
        "Open the export dialog",
        lambda w: w.actions_["export"].trigger(),
        obstacle=lambda w: "" if w.studio.session.clip else "Open a clip first.",
    ),
    Stop(
        "That is all",
        "In the Help menu, “Find an action” does anything by a few letters of its name, and "
        "“Keyboard shortcuts” lists all keys. This tour is there as well.",
        lambda _w: (),
    ),
)
"""In their order; the last one ends the tour."""
