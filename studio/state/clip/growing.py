"""The canvas beyond the clip's pictures: extended by hand or to a shape, and generated there.

How large it is the masks say (`MaskTrack.margins`), because what is new is painted. So extending
is an edit of masks, and undo takes both back.
"""

from __future__ import annotations

from PySide6.QtCore import QObject

from core.errors import UserError
from core.margins import ASPECTS, NONE, Margins, in_aspect
from core.tasks import TASKS
from studio.observable import Observable
from studio.state.clip.blank import BlankClip
from studio.state.clip.playback import Playback
from studio.state.clip.session import Session
from studio.state.notices import Notices
from studio.state.painting.masks import Masks
from studio.state.recipe import Recipe
from studio.state.takes.generation import Generation

TASK = "paint"
"""What generates beyond the pictures."""


class Growing(Observable):
    """Extends the canvas, and brings clip and result onto it.

    It must hear of the masks before all that draws them: their size is the canvas's.
    """

    def __init__(
        self,
        session: Session,
        masks: Masks,
        playback: Playback,
        recipe: Recipe,
        generation: Generation,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._masks, self._playback = session, masks, playback
        self._recipe, self._generation, self._notices = recipe, generation, notices
        masks.changed("track").connect(lambda _track: self._follow())
        session.changed("clip").connect(lambda _clip: self._begin())
        generation.changed("request").connect(lambda _request: self._make_room())

    @property
    def obstacle(self) -> str:
        """Why the canvas cannot be extended now, or ""."""
        clip, card = self._session.clip, self._recipe.card
        if clip is None:
            return "Open a clip first."
        if isinstance(clip, BlankClip):
            return "A blank clip has no picture to go on from."
        if card is None:
            return "No model is installed."
        if self._recipe.causal or self._recipe.obstacle(TASKS[TASK]):
            return f"“{card.title}” cannot paint. Choose a model that fills what is painted."
        return ""

    @property
    def pictures(self) -> tuple[int, int]:
        """Width and height of the clip's pictures; 0, 0 without a clip."""
        clip = self._session.clip
        return (0, 0) if clip is None else clip.margins.pictures(clip.size)

    def extend(self, margins: Margins) -> None:
        """Make the canvas larger or smaller; what lies beyond the pictures is to be generated."""
        if self.obstacle:
            return
        try:
            margins.check(self.pictures)
        except UserError as error:
            self._notices.tell("warning", str(error))
            return
        if margins:
            self._recipe.task = TASK
        self._masks.extend(margins, self._playback.position)

    def extend_to(self, name: str) -> None:
        """The smallest canvas of a shape, by its name in `ASPECTS`."""
        self.extend(in_aspect(self.pictures, ASPECTS[name]))

    def reset(self) -> None:
        """The canvas as large as the pictures."""
        self.extend(NONE)

    def _begin(self) -> None:
        """Another clip has a canvas of its own."""
        clip = self._session.clip
        if clip is not None and not self._session.grown:
            self._generation.lay_on(clip.margins)

    def _follow(self) -> None:
        """Bring clip and result onto the canvas that the masks are of; a result that has no room on
        it is looked at no longer."""
        clip, track, take = self._session.clip, self._masks.track, self._generation.take
        if clip is None or track is None or track.margins == clip.margins:
            return
        if take is not None and not take.request.on_canvas(track.margins).window.fits(track.size):
            self._generation.show(None)
        self._generation.lay_on(track.margins)
        self._session.lay_on(track.margins, self._playback.position)

    def _make_room(self) -> None:
        """A take that is looked at again brings its canvas along, if it has no room on this one."""
        track, take = self._masks.track, self._generation.take
        request = self._generation.request
        if track is None or take is None or request is None or request.window.fits(track.size):
            return
        self._masks.extend(take.request.margins, self._playback.position)
