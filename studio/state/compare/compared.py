"""What can be compared: the original, the tokenizer's round trip, the result, a held decode step.

Each is a picture of the frame that the stage shows, or a sentence why there is none.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.compositing import composite
from core.requests import GenerationRequest, RoundTripRequest
from core.window import Window
from studio.state.clip.blank import BlankClip
from studio.state.clip.framing import Framing
from studio.state.clip.session import Picture, Session
from studio.state.clip.stage import Stage
from studio.state.compare.round_trips import RoundTrips
from studio.state.recipe import Recipe
from studio.state.takes.generation import Generation
from studio.state.takes.result import Result
from studio.state.takes.result_clips import ResultClips, composited

Side = Literal["original", "round_trip", "result", "step"]

SIDES: dict[Side, str] = {
    "original": "Original",
    "round_trip": "Tokenizer round trip",
    "result": "Result",
    "step": "Held step",
}


@dataclass(frozen=True, eq=False)
class Half:
    """One of the pictures that are compared.

    Attributes:
        picture: uint8 (H, W, 3) of the clip's size; None = not there, and `title` says why.
        title: what it is.
        live: whether it shows the result as far as it is decoded.
    """

    picture: Picture | None
    title: str
    live: bool = False


@dataclass(frozen=True, eq=False)
class Held:
    """A decode step that was put aside, of this generation or one before."""

    title: str
    request: GenerationRequest
    clips: ResultClips
    variation: int


class Sides:
    """Looks at the states; it changes none but the round trips, of which it wants one."""

    def __init__(
        self,
        stage: Stage,
        session: Session,
        framing: Framing,
        recipe: Recipe,
        generation: Generation,
        result: Result,
        round_trips: RoundTrips,
    ) -> None:
        self._stage, self._session, self._framing = stage, session, framing
        self._recipe, self._generation, self._result = recipe, generation, result
        self._trips = round_trips
        # The round trip of the frame that is shown is put into it once, from these.
        self._put_of: tuple[tuple[object, ...], tuple[object, ...]] = ((None, None), ())
        self._put: Picture = np.zeros((1, 1, 3), np.uint8)

    def entries(self, held: Held | None) -> Mapping[str, tuple[str, str]]:
        """Everything that a side can be: name → (text, why it cannot be now or "")."""
        obstacles = {
            "round_trip": self._obstacle_to_round_trip(),
            "step": self._obstacle_to_hold(held),
        }
        return {name: (text, obstacles.get(name, "")) for name, text in SIDES.items()}

    def to_hold(self) -> Held | None:
        """The step that is looked at, or None before there is one."""
        request, clips = self._generation.request, self._result.clips
        if request is None or clips is None:
            return None
        title = f"Held: {self._name_of_result()}"
        return Held(title, request, clips, self._result.shown)

    def half(self, side: Side, held: Held | None) -> Half:
        """A side as it is now."""
        match side:
            case "original":
                return Half(self._stage.original, self._title_of_original())
            case "result":
                return Half(self._stage.picture, self._title_of_result(), live=True)
            case "round_trip":
                return self._round_trip()
        return self._of_held(held)

    def _title_of_original(self) -> str:
        clip = self._session.clip
        past_end = clip is not None and self._stage.number >= len(clip)
        return "Original: its last frame" if past_end else SIDES["original"]

    def _title_of_result(self) -> str:
        if self._result.clips is None:
            return "Nothing is generated yet"
        if self._stage.number not in self._result.frames:
            return "Nothing is generated on this frame"
        return self._name_of_result()

    def _name_of_result(self) -> str:
        """The step that is looked at, while it is not the end."""
        job = self._generation
        if job.finished is not None and job.chosen is None:
            return SIDES["result"]
        if not job.steps:
            return "Before the first step"
        step = job.steps[job.looked_at]
        return f"{job.unit.capitalize()} {step.step + 1:,} of {step.total:,}"

    def _of_held(self, held: Held | None) -> Half:
        original = self._stage.original
        if held is None or original is None:
            return Half(None, "No decode step is held.")
        if self._stage.number not in held.request.covered.range:
            return Half(original, "Nothing is generated on this frame")
        number, clips = self._stage.number, held.clips
        return Half(composited(original, number, held.request, clips, held.variation), held.title)

    def _obstacle_to_hold(self, held: Held | None) -> str:
        return "" if held or self._result.clips is not None else "Nothing is generated yet."

    def _obstacle_to_round_trip(self) -> str:
        request, clip = self._generation.request, self._session.clip
        if clip is None:
            return "Open a clip first."
        if isinstance(clip, BlankClip) or (request is not None and request.clip is None):
            return "A blank clip has no pixels for the tokenizer."
        if request is None and (self._recipe.card is None or self._framing.window is None):
            return "No model is installed."
        return ""

    def _round_trip_request(self) -> RoundTripRequest | None:
        """Of the result's window and model, or of those that are chosen while there is none."""
        request, clip, window = self._generation.request, self._session.clip, self._framing.window
        if self._obstacle_to_round_trip() or clip is None:
            return None
        if request is not None and request.clip is not None:
            return RoundTripRequest(request.bundle, request.clip, request.covered, request.margins)
        if window is None:
            return None
        return RoundTripRequest(self._recipe.bundle, str(clip.path), window, clip.margins)

    def _round_trip(self) -> Half:
        request, original = self._round_trip_request(), self._stage.original
        if request is None or original is None:
            return Half(None, self._obstacle_to_round_trip())
        self._trips.want(request)
        number = request.window.model_frame(self._stage.number)
        if number is None:
            return Half(original, "No round trip: outside of its frames")
        frames = self._trips.frames
        if frames is None or number >= len(frames):
            return Half(None, self._why_no_round_trip(request))
        return Half(self._put_back(frames[number], original, request.window), SIDES["round_trip"])

    def _put_back(self, frame: Picture, original: Picture, window: Window) -> Picture:
        """A frame of the tokenizer in the clip's; the same array as long as nothing changes."""
        arrays, place = (self._trips.frames, original), (window, self._stage.number)
        known, known_place = self._put_of
        if place != known_place or not all(map(operator.is_, arrays, known)):
            everywhere = np.ones((window.height, window.width), bool)
            self._put = composite(original, frame, window, everywhere, 0)
            self._put_of = arrays, place
        return self._put

    def _why_no_round_trip(self, request: RoundTripRequest) -> str:
        if self._trips.failure:
            return f"There is no round trip. {self._trips.failure}"
        if self._generation.running:
            return "The tokenizer round trip is made when the generation has ended."
        done = 0 if self._trips.frames is None else len(self._trips.frames)
        return f"The tokenizer round trip is being made: {done} of {request.window.frames} frames."
