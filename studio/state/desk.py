"""What follows when another clip is opened, or when a take is looked at: where things begin, and
to which clip takes belong."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from PySide6.QtCore import QObject

from core.compositing import composited_length
from core.requests import GenerationRequest
from core.takes.card import TakeCard
from core.tasks import TASKS
from studio.observable import watch
from studio.samples import is_sample
from studio.state.clip.blank import BlankClip
from studio.state.clip.framing import Framing
from studio.state.clip.playback import Playback
from studio.state.clip.session import Session
from studio.state.clip.stage import Stage
from studio.state.projects.project import Project
from studio.state.recipe import Recipe
from studio.state.takes.generation import Generation
from studio.state.takes.history import History
from studio.state.takes.result import Result
from studio.state.tools import PAINTING, Tools


class Desk(QObject):
    """Binds between states that know nothing of each other."""

    def __init__(
        self,
        session: Session,
        playback: Playback,
        tools: Tools,
        framing: Framing,
        recipe: Recipe,
        generation: Generation,
        history: History,
        result: Result,
        stage: Stage,
        project: Project,
        opened: Callable[[Path], None],
        parent: QObject | None = None,
    ) -> None:
        """`opened` is told of each clip of the user's that is opened."""
        super().__init__(parent)
        self._session, self._playback, self._tools = session, playback, tools
        self._framing, self._recipe = framing, recipe
        self._generation, self._history, self._result = generation, history, result
        self._stage, self._project, self._opened = stage, project, opened
        history.changed("opening").connect(lambda _listing: self._look_at_take_again())
        watch(playback, "out_mark", self._end_result_at_mark)
        watch(generation, "request", self._make_room)
        watch(recipe, "bundle", self._put_brush_away)
        watch(generation, "phase", self._play_what_is_decided)
        watch(result, "clips last", self._play_what_is_decided)

    def start_over(self) -> None:
        """Another clip is open, or none; a canvas that was extended starts nothing over."""
        clip = self._session.clip
        if self._session.grown:
            return
        self._stage.clear()
        self._project.leave()
        self._generation.show(None)
        if clip is None:
            self._project.exit()
            self._playback.open(0, self._playback.rate)
            self._framing.open()
            return
        self._playback.open(len(clip), clip.rate)
        entry = self._project.enter(clip)
        self._framing.open()
        self._project.resume(entry)
        self._look_at_take_again()
        if not is_sample(clip.path) and not isinstance(clip, BlankClip):
            self._opened(clip.path)

    def is_of_open_clip(self, card: TakeCard) -> bool:
        clip, owner = self._session.clip, self._project.owner(card.id)
        if clip is not None and owner:
            return owner == self._project.open_id
        if clip is None or isinstance(clip, BlankClip):
            return clip is not None and card.request.clip is None
        return str(clip.path) == card.request.clip

    def open_clip_of(self, card: TakeCard) -> None:
        """Open the clip that a take was made of, or a blank one of its size."""
        request, owner = card.request, self._project.owner(card.id)
        if self._project.clip(owner) is not None:
            self._project.switch(owner)
            return
        if request.clip is not None:
            self._session.open(Path(request.clip), request.margins)
            return
        window = request.window
        size = (window.left + window.width, window.top + window.height)
        rate = Fraction(card.rate).limit_denominator(1001)
        self._session.take(BlankClip(size, window.frames, rate))

    def _look_at_take_again(self) -> None:
        """The take that was looked at when the clip was left, also before the last start."""
        clip, known = self._project.open_clip, self._history.entries
        if clip is not None and clip.take and self._generation.take is None:
            entry = next((entry for entry in known if entry.card.id == clip.take), None)
            if entry is not None:
                self._generation.show(self._history.take(entry))

    def _end_result_at_mark(self) -> None:
        self._result.last = self._playback.out_mark

    def _make_room(self) -> None:
        """A result may go on past the clip's end; another seed continues at the same place."""
        clip, request = self._session.clip, self._generation.request
        if clip is not None:
            length = len(clip) if request is None else composited_length(request, len(clip))
            self._playback.reach(length)
        self._framing.held = _continues(request)

    def _put_brush_away(self) -> None:
        """A model that continues clips has no use for what is painted."""
        if self._recipe.causal and self._tools.tool in PAINTING:
            self._tools.tool = "pan"

    def _play_what_is_decided(self) -> None:
        by_token = self._generation.unit == "token" and self._generation.running
        self._playback.ready = self._result.decided if by_token and self._result.frames else None


def _continues(request: GenerationRequest | None) -> bool:
    return request is not None and TASKS[request.task].continues
