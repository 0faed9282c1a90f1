"""Painted masks over time: True where the user wants new pixels.

A `MaskTrack` is immutable; painting makes a new one, so undo keeps the old one, and a request that
carries one cannot change under the engine. Masks are stored as run lengths.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any, Literal, get_args

import numpy as np

from core.margins import NONE, Margins
from core.morphing import Morph
from core.run_lengths import Box, Mask, Runs

Kind = Literal["hold", "interpolate", "track"]
"""What becomes of a mask after its key frame, until the next one."""
KINDS: tuple[Kind, ...] = get_args(Kind)

LEAD = -1
"""Stands for a key frame in `MaskTrack.kinds`: the span before the first one."""

FEATHER_PX = 6
"""Width of the seam in pixels of the clip, all of it on the generated side."""


@dataclass(frozen=True)
class Tracked:
    """A mask that was carried to its frame by tracking.

    Attributes:
        runs: the mask.
        confidence: 0..1; 0 also after a key frame that it came from was painted anew.
    """

    runs: Runs
    confidence: float


@dataclass(frozen=True)
class Span:
    """The frames from one key frame to the next.

    Attributes:
        before, after: the key frames at its ends; None before the first and after the last.
        kind: of the masks between them.
    """

    before: int | None
    after: int | None
    kind: Kind

    @property
    def start(self) -> int:
        """By what `MaskTrack.kinds` knows it."""
        return LEAD if self.before is None else self.before

    def frames(self, length: int) -> range:
        """Its frames in a clip of so many, without the key frames."""
        return range(self.start + 1, length if self.after is None else self.after)


@dataclass(frozen=True)
class MaskTrack:
    """Keyframed masks of a clip.

    Between two key frames a mask holds, changes into the next, or is tracked. Before the first
    key frame the first mask holds or is tracked backward. A frame of a tracked span that was not
    reached holds the mask of the nearest one that was, towards the span's key frame.

    Attributes:
        width, height: size of the clip in pixels.
        keyframes: clip frame → runs.
        kinds: key frame, or `LEAD` → the kind of the span after it; "hold" where none is given.
        tracked: clip frame → what tracking found; never on a key frame.
        feather: over so many pixels inside its border the painted region fades in.
        margins: of the canvas around the clip's pictures. They are painted on every frame,
            whatever the key frames say; `width` and `height` are those of the canvas.
    """

    width: int
    height: int
    keyframes: Mapping[int, Runs] = field(default_factory=dict)
    kinds: Mapping[int, Kind] = field(default_factory=dict)
    tracked: Mapping[int, Tracked] = field(default_factory=dict)
    feather: int = FEATHER_PX
    margins: Margins = NONE

    # What stands on a frame

    def at(self, frame: int) -> Mask:
        """The mask of a frame, bool (H, W); all False when nothing was painted at all."""
        mask = self.by_hand(frame)
        return mask | self.margins.beyond(self.size) if self.margins else mask

    def by_hand(self, frame: int) -> Mask:
        """The mask of a frame without the margins."""
        source = self.source(frame)
        if source is None:
            return np.zeros((self.height, self.width), dtype=bool)
        known = self.keyframes.get(source)
        if known is None and source in self.tracked:
            known = self.tracked[source].runs
        return self._between(source) if known is None else known.mask(self.width, self.height)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.width, self.height

    def source(self, frame: int) -> int | None:
        """The frame whose mask stands on `frame`; frames of one source have the same mask.

        `frame` itself when it is a key frame, tracked, or between two masks that change into each
        other. None when nothing was painted at all.
        """
        if not self.keyframes:
            return None
        span = self.span_of(frame)
        if span.before == frame or frame in self.tracked or self._changing(span):
            return frame
        if span.before is None:
            return self._known[bisect_left(self._known, frame)]
        return self._known[bisect_right(self._known, frame) - 1]

    def blank(self, frame: int) -> bool:
        """True when nothing is painted on a frame."""
        if self.margins:
            return False
        source = self.source(frame)
        known = source in self.keyframes or source in self.tracked
        return source is None or (known and self._runs(source).empty)

    def stamp(self, frame: int) -> tuple[object, ...]:
        """What a frame's mask is made of: equal stamps, also of two tracks, are equal masks."""
        beyond = (self.size, self.margins) if self.margins else ()
        source = self.source(frame)
        if source is None:
            return beyond
        span = self.span_of(source)
        if source in self.keyframes or source in self.tracked or span.before is None:
            return (self._runs(source), *beyond)
        assert span.after is not None
        share = (source - span.before) / (span.after - span.before)
        return self.keyframes[span.before], self.keyframes[span.after], share, *beyond

    def key_of(self, frame: int) -> int | None:
        """The last key frame up to `frame`, else the first one; None when there is none at all."""
        if not self.keyframes:
            return None
        return self._keys[max(0, bisect_right(self._keys, frame) - 1)]

    def span_of(self, frame: int) -> Span:
        """The span that a frame is in; a key frame begins its own."""
        after = bisect_right(self._keys, frame)
        before = self._keys[after - 1] if after else None
        kind = self.kinds.get(LEAD if before is None else before, "hold")
        return Span(before, self._keys[after] if after < len(self._keys) else None, kind)

    @property
    def spans(self) -> tuple[Span, ...]:
        """All spans from the one before the first key frame on."""
        return tuple(self.span_of(start) for start in (LEAD, *self._keys)) if self._keys else ()

    @property
    def own_span(self) -> range:
        """The frames from the first to the last that has a mask of its own; one on which nothing is
        painted any more is not among them."""
        if not self.keyframes:
            return range(0)
        last = self._known[-1]
        return range(self._known[0], last + 1 - self._runs(last).empty)

    def box(self, frames: Iterable[int]) -> Box | None:
        """The smallest box around what is painted on these frames, or None."""
        sources = {self.source(frame) for frame in frames} - {None}
        boxes = [box for source in sources if source is not None for box in self._boxes(source)]
        boxes += self._strips
        if not boxes:
            return None
        left, top, right, bottom = zip(*boxes, strict=True)
        return min(left), min(top), max(right), max(bottom)

    @property
    def empty(self) -> bool:
        """True when no frame has a painted pixel."""
        return not self.margins and self.untouched

    @property
    def untouched(self) -> bool:
        """True when no frame has a pixel that was painted by hand."""
        tracked = all(found.runs.empty for found in self.tracked.values())
        return tracked and all(runs.empty for runs in self.keyframes.values())

    # Edits

    def painted(self, frame: int, mask: Mask) -> MaskTrack:
        """This track with `mask` as the key frame at `frame`.

        A new key frame divides its span into two of the same kind. What was tracked on either
        side stays, but is not trusted any more.

        Raises:
            ValueError: the mask's size is not the track's.
        """
        if mask.shape != (self.height, self.width):
            raise ValueError(f"a mask of {mask.shape} on a {self.width}x{self.height} clip")
        by_hand = mask & ~self.margins.beyond(self.size) if self.margins else mask
        return self._keyed(frame, Runs.of(by_hand))

    def without(self, frame: int) -> MaskTrack:
        """This track without the key frame at `frame`; the span before it goes on."""
        if frame not in self.keyframes:
            return self
        rest = {key: runs for key, runs in self.keyframes.items() if key != frame}
        kinds = {key: kind for key, kind in self.kinds.items() if key != frame and rest}
        without = replace(self, keyframes=rest, kinds=kinds)
        kind = without.span_of(frame).kind
        tracked = without._doubted(frame) if rest and kind == "track" else without._untracked(frame)
        return replace(without, tracked=tracked)

    def moved(self, key: int, frame: int) -> MaskTrack:
        """This track with the key frame `key` on another frame, over a key frame that is there."""
        if key == frame or key not in self.keyframes:
            return self
        runs, kind = self.keyframes[key], self.kinds.get(key, "hold")
        moved = self.without(key)._keyed(frame, runs)
        return replace(moved, kinds={**moved.kinds, frame: kind})._without_strays()

    def of_kind(self, start: int, kind: Kind) -> MaskTrack:
        """This track with another kind of the span after a key frame, or before all (`LEAD`)."""
        return replace(self, kinds={**self.kinds, start: kind})._without_strays()

    def with_tracked(self, found: Mapping[int, Tracked]) -> MaskTrack:
        """This track with what tracking found; nothing replaces a key frame."""
        new = {frame: mask for frame, mask in found.items() if frame not in self.keyframes}
        return replace(self, tracked={**self.tracked, **new})

    def baked(self, frames: Iterable[int]) -> MaskTrack:
        """The same masks on these frames, as key frames that hold."""
        keys: dict[int, Runs] = {}
        last: object = ()
        for frame in frames:
            source = self.source(frame)
            if source is not None and source != last:
                keys[frame] = self._runs(source)
            last = source
        return replace(self, keyframes=keys, kinds={}, tracked={})

    def on_canvas(self, margins: Margins) -> MaskTrack:
        """The same masks on a canvas with other margins; what lay beyond it is gone."""
        if margins == self.margins:
            return self
        canvas = margins.canvas(self.margins.pictures(self.size))
        left, top = margins.left - self.margins.left, margins.top - self.margins.top

        def placed(runs: Runs) -> Runs:
            return runs.placed(self.width, left, top, canvas)

        keyframes = {key: placed(runs) for key, runs in self.keyframes.items()}
        tracked = {
            frame: replace(found, runs=placed(found.runs)) for frame, found in self.tracked.items()
        }
        width, height = canvas
        return replace(
            self,
            width=width,
            height=height,
            keyframes=keyframes,
            tracked=tracked,
            margins=margins,
        )

    @property
    def flat(self) -> MaskTrack:
        """The same masks on pictures of the canvas's size: the margins as if painted by hand."""
        if not self.margins:
            return self
        keyframes = {key: Runs.of(self.at(key)) for key in self.keyframes or (0,)}
        tracked = {
            frame: replace(found, runs=Runs.of(self.at(frame)))
            for frame, found in self.tracked.items()
        }
        return replace(self, keyframes=keyframes, tracked=tracked, margins=NONE)

    # JSON

    def to_json(self) -> dict[str, Any]:
        keyframes = {str(key): runs.lengths.tolist() for key, runs in self.keyframes.items()}
        return {
            "width": self.width,
            "height": self.height,
            "keyframes": keyframes,
            "kinds": {str(key): kind for key, kind in self.kinds.items()},
            "tracked": {
                str(frame): {"confidence": found.confidence, "runs": found.runs.lengths.tolist()}
                for frame, found in self.tracked.items()
            },
            "feather": self.feather,
            "margins": asdict(self.margins),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> MaskTrack:
        """The track of `to_json`; what came after the key frames may be missing."""
        return cls(
            data["width"],
            data["height"],
            {int(key): Runs.of_lengths(lengths) for key, lengths in data["keyframes"].items()},
            {int(key): kind for key, kind in data.get("kinds", {}).items()},
            {
                int(frame): Tracked(Runs.of_lengths(found["runs"]), found["confidence"])
                for frame, found in data.get("tracked", {}).items()
            },
            data.get("feather", FEATHER_PX),
            Margins(**data.get("margins", {})),
        )

    # Internals

    @cached_property
    def _keys(self) -> list[int]:
        return sorted(self.keyframes)

    @cached_property
    def _known(self) -> list[int]:
        return sorted({*self.keyframes, *self.tracked})

    def _changing(self, span: Span) -> bool:
        """Whether the masks between its key frames differ from both: an empty one only holds."""
        if span.kind != "interpolate" or span.before is None or span.after is None:
            return False
        return not (self.keyframes[span.before].empty or self.keyframes[span.after].empty)

    def _between(self, frame: int) -> Mask:
        span = self.span_of(frame)
        assert span.before is not None
        assert span.after is not None
        start, end = self.keyframes[span.before], self.keyframes[span.after]
        share = (frame - span.before) / (span.after - span.before)
        return _morph(start, end, self.width, self.height).at(share)

    def _runs(self, source: int) -> Runs:
        if source in self.keyframes:
            return self.keyframes[source]
        return (
            self.tracked[source].runs if source in self.tracked else Runs.of(self.by_hand(source))
        )

    @property
    def _strips(self) -> list[Box]:
        """The margins, one box per side."""
        margins, width, height = self.margins, self.width, self.height
        strips = (
            (0, 0, margins.left, height),
            (0, 0, width, margins.top),
            (width - margins.right, 0, width, height),
            (0, height - margins.bottom, width, height),
        )
        return [box for box in strips if box[0] < box[2] and box[1] < box[3]]

    def _boxes(self, source: int) -> list[Box]:
        """Around the mask of a source; around both key frames where it lies between two."""
        span = self.span_of(source)
        if source in self.keyframes or not self._changing(span):
            found = [self._runs(source)]
        else:
            found = [self.keyframes[key] for key in (span.before, span.after) if key is not None]
        return [box for runs in found if (box := runs.box(self.width)) is not None]

    def _keyed(self, frame: int, runs: Runs) -> MaskTrack:
        kind = self.span_of(frame).kind if self.keyframes else "hold"
        keyed = replace(
            self,
            keyframes={**self.keyframes, frame: runs},
            kinds={**self.kinds, frame: self.kinds.get(frame, kind)},
        )
        return replace(keyed, tracked=keyed._doubted(frame))

    def _doubted(self, frame: int) -> dict[int, Tracked]:
        """What is tracked, without `frame`, and without trust in the spans beside it."""
        beside = (self.span_of(frame), self.span_of(frame - 1))
        return {
            number: replace(found, confidence=0.0)
            if any(span == self.span_of(number) for span in beside)
            else found
            for number, found in self.tracked.items()
            if number != frame
        }

    def _untracked(self, frame: int) -> dict[int, Tracked]:
        """What is tracked outside of the span that a frame is in."""
        span = self.span_of(frame) if self.keyframes else None
        return {
            number: found
            for number, found in self.tracked.items()
            if span is not None and self.span_of(number) != span
        }

    def _without_strays(self) -> MaskTrack:
        """Without what is tracked in spans of another kind."""
        kept = {
            frame: found
            for frame, found in self.tracked.items()
            if self.span_of(frame).kind == "track"
        }
        return replace(self, tracked=kept)


@lru_cache(maxsize=8)
def _morph(start: Runs, end: Runs, width: int, height: int) -> Morph:
    return Morph(start.mask(width, height), end.mask(width, height))
