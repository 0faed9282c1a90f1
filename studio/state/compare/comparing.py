"""Two pictures of the frame that is shown, compared: which two, and how they are seen.

Both are of the frame at the playhead, so they stay in step however the clip moves.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from PySide6.QtCore import QObject, QTimer

from core.comparison import difference, signed_difference
from studio.observable import Field, Observable, watch
from studio.state.clip.framing import Framing
from studio.state.clip.session import Session
from studio.state.clip.stage import Stage
from studio.state.compare.compared import Half, Held, Side, Sides
from studio.state.compare.round_trips import RoundTrips
from studio.state.recipe import Recipe
from studio.state.takes.generation import Generation
from studio.state.takes.result import Result

Mode = Literal["off", "wipe", "beside", "difference", "flicker"]
Layout = Literal["wipe", "beside", "whole"]

LEAST_GAIN, MOST_GAIN = 1, 32
SLOWEST, FASTEST = 0.5, 6.0
"""Changes a second of the flicker: two are a flash, and more than three flashes a second can harm
people with photosensitive epilepsy (WCAG 2.3.1)."""


@dataclass(frozen=True, eq=False)
class Shown:
    """What the canvas shows in place of the frame.

    Attributes:
        halves: two, or the only one of a `whole`.
    """

    layout: Layout
    halves: tuple[Half, ...]


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
        self._sides = Sides(stage, session, framing, recipe, generation, result, round_trips)
        self._stage, self._trips = stage, round_trips
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
        self.held = self._sides.to_hold() or self.held

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
        self.entries = self._sides.entries(self.held)
        idle = self.mode == "off" and not self.peeking
        self.shown = None if idle or self._stage.picture is None else self._made()

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
        return self._sides.half(side, self.held)
