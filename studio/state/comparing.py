"""Two pictures of the frame that is shown, compared: which two, and how they are seen.

Both are of the frame at the playhead, so they stay in step however the clip moves.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from PySide6.QtCore import QObject, QTimer

from core.comparison import difference, signed_difference
from core.compositing import composite
from core.requests import GenerationRequest, RoundTripRequest
from core.window import Window
from studio.observable import Field, Observable, watch
from studio.state.blank import BlankClip
from studio.state.framing import Framing
from studio.state.generation import Generation
from studio.state.recipe import Recipe
from studio.state.result import Result
from studio.state.result_clips import ResultClips, composited
from studio.state.round_trips import RoundTrips
from studio.state.session import Picture, Session
from studio.state.stage import Stage

Mode = Literal["off", "wipe", "beside", "difference", "flicker"]
Side = Literal["original", "round_trip", "result", "step"]
Layout = Literal["wipe", "beside", "whole"]

SIDES: dict[Side, str] = {
    "original": "Original",
    "round_trip": "Tokenizer round trip",
    "result": "Result",
    "step": "Held step",
}
LEAST_GAIN, MOST_GAIN = 1, 32
SLOWEST, FASTEST = 0.5, 6.0
"""Changes a second of the flicker: two are a flash, and more than three flashes a second can harm
people with photosensitive epilepsy (WCAG 2.3.1)."""


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
class Shown:
    """What the canvas shows in place of the frame.

    Attributes:
        halves: two, or the only one of a `whole`.
    """

    layout: Layout
    halves: tuple[Half, ...]


@dataclass(frozen=True, eq=False)
class Held:
    """A decode step that was put aside, of this generation or one before."""

    title: str
    request: GenerationRequest
    clips: ResultClips
    variation: int


class Comparing(Observable):
    """Attributes:
    mode: how both sides are seen; left, right: what they are.
    position: of the wipe's line, 0..1 of the picture; upright: whether it moves sideways.
    gain: by which differences are amplified; signed: whether brighter and darker are told apart.
    rate: changes a second of the flicker.
    peeking: whether the left side alone is seen, for as long as a key is held.
    held: the decode step that can be a side.
    entries: everything that a side can be: name → (text, why it cannot be now or "").
    shown: what all this comes to; None when nothing is compared.
    """

    mode: Field[Mode] = Field("off")
    left: Field[Side] = Field("original")
    right: Field[Side] = Field("result")
    position = Field(0.5)
    upright = Field(True)
    gain = Field(4)
    signed = Field(False)
    rate = Field(2.0)
    peeking = Field(False)
    held: Field[Held | None] = Field(None, same=operator.is_)
    entries: Field[Mapping[str, tuple[str, str]]] = Field({})
    shown: Field[Shown | None] = Field(None, same=operator.is_)

    def __init__(
        self,
        stage: Stage,
        session: Session,
        framing: Framing,
        recipe: Recipe,
        generation: Generation,
        result: Result,
        round_trips: RoundTrips,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._stage, self._session, self._framing = stage, session, framing
        self._recipe, self._generation, self._result = recipe, generation, result
        self._trips = round_trips
        # The round trip of the frame that is shown is put into it once, from these.
        self._put_of: tuple[tuple[object, ...], tuple[object, ...]] = ((None, None), ())
        self._put: Picture = np.zeros((1, 1, 3), np.uint8)
        self._on_right = True  # which side the flicker shows
        self._clock = QTimer(self)
        self._clock.timeout.connect(self._change_side)
        session.changed("clip").connect(lambda _clip: self._forget())
        watch(self, "mode rate", self._set_clock)
        stage.seen.connect(self._show)
        watch(self, "mode left right gain signed peeking held", self._show)
        watch(framing, "window", self._show)
        watch(recipe, "bundle", self._show)
        watch(generation, "request phase steps chosen", self._show)
        watch(round_trips, "frames failure", self._show)

    def toggle(self, mode: Mode) -> None:
        """Compare in that way, or no more when it is so already."""
        self.mode = "off" if self.mode == mode else mode

    def swap(self) -> None:
        self.left, self.right = self.right, self.left

    def choose(self, end: Literal["left", "right"], side: Side) -> None:
        """Make something a side; of the decode steps the one that is looked at is held."""
        if side == "step":
            self.hold()
        setattr(self, end, side)

    def hold(self) -> None:
        """Put the step that is looked at aside, to compare others with it."""
        request, clips = self._generation.request, self._result.clips
        if request is not None and clips is not None:
            title = f"Held: {self._name_of_result()}"
            self.held = Held(title, request, clips, self._result.shown)

    def compare_with_held(self) -> None:
        """Hold the step that is looked at, and compare what comes with it."""
        self.hold()
        self.left, self.right = "step", "result"
        if self.mode == "off":
            self.mode = "wipe"

    def to_json(self) -> dict[str, Any]:
        """What is remembered: how it is compared, not whether."""
        return {name: getattr(self, name) for name in ("upright", "gain", "signed", "rate")} | {
            "left": "original" if self.left == "step" else self.left,
            "right": "result" if self.right == "step" else self.right,
        }

    def recall(self, saved: Mapping[str, Any]) -> None:
        """Take over what `to_json` gave; what does not fit is left out."""
        for end in ("left", "right"):
            if saved.get(end) in get_args(Side)[:-1]:
                setattr(self, end, saved[end])
        for name in ("upright", "signed"):
            if isinstance(saved.get(name), bool):
                setattr(self, name, saved[name])
        if isinstance(saved.get("gain"), int):
            self.gain = min(max(LEAST_GAIN, saved["gain"]), MOST_GAIN)
        if isinstance(saved.get("rate"), float):
            self.rate = min(max(SLOWEST, saved["rate"]), FASTEST)

    async def end(self) -> None:
        """Stop what moves and what is made."""
        self.mode = "off"
        self._trips.forget()
        await self._trips.ended()

    # Internals

    def _forget(self) -> None:
        self._trips.forget()
        self.held = None
        for end, side in (("left", "original"), ("right", "result")):
            if getattr(self, end) == "step":
                setattr(self, end, side)

    def _set_clock(self) -> None:
        self._on_right = True
        self._clock.setInterval(round(1000 / self.rate))
        if self.mode == "flicker":
            self._clock.start()
        else:
            self._clock.stop()

    def _change_side(self) -> None:
        self._on_right = not self._on_right
        self._show()

    def _show(self) -> None:
        self.entries = self._listed()
        idle = self.mode == "off" and not self.peeking
        self.shown = None if idle or self._stage.picture is None else self._made()

    def _listed(self) -> dict[str, tuple[str, str]]:
        obstacles = {"round_trip": self._obstacle_to_round_trip(), "step": self._obstacle_to_hold()}
        return {name: (text, obstacles.get(name, "")) for name, text in SIDES.items()}

    def _made(self) -> Shown:
        if self.peeking:
            return Shown("whole", (self._half(self.left),))
        if self.mode == "flicker":
            return Shown("whole", (self._half(self.right if self._on_right else self.left),))
        halves = (self._half(self.left), self._half(self.right))
        match self.mode:
            case "beside":
                return Shown("beside", halves)
            case "difference":
                return Shown("whole", (self._difference(*halves),))
        return Shown("wipe", halves)

    def _difference(self, left: Half, right: Half) -> Half:
        for half in (left, right):
            if half.picture is None:
                return half
        assert left.picture is not None
        assert right.picture is not None
        how = signed_difference if self.signed else difference
        title = f"{left.title} – {right.title}: difference × {self.gain}"
        picture = how(left.picture, right.picture, self.gain)
        return Half(picture, title, left.live or right.live)

    def _half(self, side: Side) -> Half:
        match side:
            case "original":
                return Half(self._stage.original, self._title_of_original())
            case "result":
                return Half(self._stage.picture, self._title_of_result(), live=True)
            case "round_trip":
                return self._round_trip()
        return self._of_held()

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

    def _of_held(self) -> Half:
        held, original = self.held, self._stage.original
        if held is None or original is None:
            return Half(None, "No decode step is held.")
        if self._stage.number not in held.request.covered.range:
            return Half(original, "Nothing is generated on this frame")
        number, clips = self._stage.number, held.clips
        return Half(composited(original, number, held.request, clips, held.variation), held.title)

    def _obstacle_to_hold(self) -> str:
        return "" if self.held or self._result.clips is not None else "Nothing is generated yet."

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
            return RoundTripRequest(request.bundle, request.clip, request.covered)
        if window is None:
            return None
        return RoundTripRequest(self._recipe.bundle, str(clip.path), window)

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
