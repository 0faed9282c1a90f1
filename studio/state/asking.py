"""What is chosen becomes a take: generated, refined, discarded; and what stands in the way."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

from PySide6.QtCore import QObject

from core.requests import GenerationRequest
from core.tasks import nothing
from core.window import Window
from studio.state.clip.blank import BlankClip
from studio.state.clip.framing import Framing
from studio.state.clip.playback import Playback
from studio.state.clip.session import Session
from studio.state.models.models import Models
from studio.state.notices import Notices
from studio.state.painting.masks import Masks
from studio.state.painting.tracking import Tracking
from studio.state.recipe import Recipe
from studio.state.takes.generation import Generation
from studio.state.takes.history import History
from studio.state.takes.pace import Unit
from studio.state.takes.queue import Queue
from studio.state.takes.result import Result
from studio.state.takes.take import Phase
from studio.state.tools import Tools

REFINING_STEPS = 4
"""Of one refinement; it can be repeated."""


class Asking(QObject):
    """What the Generate menu does."""

    def __init__(
        self,
        session: Session,
        playback: Playback,
        masks: Masks,
        tracking: Tracking,
        tools: Tools,
        models: Models,
        recipe: Recipe,
        framing: Framing,
        queue: Queue,
        generation: Generation,
        history: History,
        result: Result,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._playback, self._masks = session, playback, masks
        self._tracking, self._tools = tracking, tools
        self._models, self._recipe, self._framing = models, recipe, framing
        self._queue, self._generation, self._history = queue, generation, history
        self._result, self._notices = result, notices

    @property
    def obstacle(self) -> str:
        """Why nothing can be generated now, or ""."""
        recipe = self._recipe
        if recipe.card is None:
            return "No model is installed. Add one: File, then Models."
        if obstacle := recipe.obstacle(recipe.chosen_task):
            return obstacle
        if obstacle := self._obstacle_of_clip:
            return obstacle
        if not self._models.decoders:
            return "The engine is starting."
        if recipe.decoder not in recipe.decoders:
            return f"No decoder can decode “{recipe.card.title}”."
        return ""

    @property
    def _obstacle_of_clip(self) -> str:
        """What the open clip lacks for the chosen task, or ""."""
        clip, task, track = self._session.clip, self._recipe.chosen_task, self._masks.track
        if clip is None or isinstance(clip, BlankClip):
            return "" if task.region is nothing else "Open a clip first."
        if len(clip) < self._recipe.keeps:
            return f"{self._recipe.keeps} frames are kept, but the clip has only {len(clip)}."
        if task.painted and (track is None or track.empty):
            return "Paint over what shall be generated first."
        if task.painted and self._tracking.running:
            return "Masks are being tracked."
        return ""

    def new_clip(self) -> None:
        """Open a blank clip of the model's size and rate."""
        card = self._recipe.card
        if card is not None:
            rate = Fraction(card.rate).limit_denominator(1001)
            self._session.take(BlankClip((card.width, card.height), card.frames, rate))

    def request(self) -> GenerationRequest | None:
        """What is chosen; why there is nothing is told."""
        window = self._framing.window
        if self.obstacle or self._session.clip is None or window is None:
            self._notices.tell("warning", self.obstacle or "Open a clip first.")
            return None
        return self._chosen(window)

    def generate(self, *, first: bool = False) -> None:
        """Run what is chosen, and put the mask aside so that the result is seen; or queue it,
        before all others if it shall be the `first`."""
        if self.obstacle:
            return
        if self._session.clip is None:
            self.new_clip()
        window = self._framing.window
        if window is None:
            return
        self._notices.dismiss()
        self._result.last = self._playback.out_mark
        request = self._chosen(window)
        unit: Unit = "token" if self._recipe.causal else "step"
        take = self._generation.begin(request, unit, first=first)
        if not take.running:
            self._tell_queued()
        if take is self._generation.take:
            self._show_what_comes(request)

    def _chosen(self, window: Window) -> GenerationRequest:
        clip = self._session.clip
        assert clip is not None
        path = None if isinstance(clip, BlankClip) else str(clip.path)
        return self._recipe.request(path, window, self._masks.track, clip.margins)

    def _show_what_comes(self, request: GenerationRequest) -> None:
        self._tools.mask_shown = False
        if request.kept or self._playback.position not in request.covered.range:
            self._playback.go(request.window.first + request.kept * request.window.stride)

    def _tell_queued(self) -> None:
        if self._queue.held:
            self._notices.tell(
                "info", "Added to the queue, which is held.", "Go on", self._queue.release
            )
            return
        count = len(self._queue.waiting)
        words = "It is next" if count == 1 else f"{count} wait"
        show = partial(setattr, self._tools, "side", "queue")
        self._notices.tell("info", f"Added to the queue. {words}.", "Show the queue", show)

    @property
    def obstacle_to_refine(self) -> str:
        """Why the result cannot be given more steps now, or ""."""
        request = self._generation.request
        if self._generation.running:
            return "A generation is running."
        if request is None or self._generation.final_state is None:
            return "Nothing is generated to its end yet."
        card = self._models.card(request.bundle)
        if not self._models.refines(card):
            title = card.title if card else request.bundle
            return f"Results of “{title}” cannot be refined."
        if request.length > request.window.frames:
            return "A result of several windows cannot be refined."
        return ""

    def refine(self) -> None:
        """Give the finished result more steps, in which what the model doubts is drawn again."""
        request, state = self._generation.request, self._generation.final_state
        if self.obstacle_to_refine or request is None or state is None:
            return
        self._notices.dismiss()
        self._generation.begin(request.refined(state, REFINING_STEPS))

    def discard(self) -> None:
        """Put the take on the canvas into the trash."""
        entry = self._history.entry(self._generation.take)
        if entry is not None:
            self._history.delete([entry])

    def pause_or_resume(self) -> None:
        if self._generation.phase in (Phase.PREPARING, Phase.DECODING):
            self._generation.pause()
        else:
            self._notices.dismiss()
            self._generation.resume()
