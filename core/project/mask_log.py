"""The masks of a clip as a file of changes, one to a line; the first ones are from nothing.

An edit appends what it changes, however much is painted already. A line that a crash has cut off
is left out when the file is read: what came before it is whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from core.margins import Margins
from core.masks import MaskTrack, Runs, Tracked

MOST_MASKS = 16
"""In one line: the window's thread never waits long for one to be made."""

MOST_LINES = 400
"""Of a file, beside one for each mask that was tracked."""

_ALL_OF = ("width", "height", "feather", "margins", "kinds")


@dataclass(frozen=True)
class Logged:
    """What a file of changes says.

    Attributes:
        track: the masks, or None when not even the first change can be read.
        lines: how many changes there are. cut: whether the last one was cut off.
        damage: why the changes after `lines` cannot be read, or "".
    """

    track: MaskTrack | None
    lines: int
    cut: bool = False
    damage: str = ""


def lines_of(before: MaskTrack | None, after: MaskTrack) -> Iterator[bytes]:
    """The lines that make `after` of `before`; after each of them there is a track."""
    first = {
        name: _plain(getattr(after, name))
        for name in _ALL_OF
        if before is None or getattr(before, name) != getattr(after, name)
    }
    keys = dict(_changes(before.keyframes if before else {}, after.keyframes))
    tracked = dict(_changes(before.tracked if before else {}, after.tracked))
    yield _line({**first, "keys": {key: _runs(runs) for key, runs in keys.items()}})
    found = list(tracked.items())
    for start in range(0, len(found), MOST_MASKS):
        some = found[start : start + MOST_MASKS]
        known = before.tracked if before else {}
        yield _line({"tracked": {n: _tracked(known.get(n), mask) for n, mask in some}})


def crowded(lines: int, track: MaskTrack | None) -> bool:
    """Whether a file has so many lines that it is better written anew, as what is left of them."""
    return lines > MOST_LINES + (len(track.tracked) if track else 0)


def read_log(path: Path) -> Logged:
    """What a file says.

    Raises:
        OSError: it cannot be read.
    """
    track, count = None, 0
    *whole, rest = path.read_bytes().split(b"\n")
    for line in whole:
        try:
            track = _after(track, json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return Logged(track, count, damage=f"line {count + 1}: {error}")
        count += 1
    return Logged(track, count, cut=bool(rest))


def _after(before: MaskTrack | None, change: Mapping[str, Any]) -> MaskTrack:
    """The track after a change."""
    if before is None:
        before = MaskTrack(change["width"], change["height"])
    said = {name: change[name] for name in ("width", "height", "feather") if name in change}
    if "margins" in change:
        said["margins"] = Margins(**change["margins"])
    if "kinds" in change:
        said["kinds"] = {int(key): kind for key, kind in change["kinds"].items()}
    keys: dict[int, Runs] = dict(before.keyframes)
    for key, lengths in change.get("keys", {}).items():
        _put(keys, int(key), None if lengths is None else Runs.of_lengths(lengths))
    tracked: dict[int, Tracked] = dict(before.tracked)
    for number, found in change.get("tracked", {}).items():
        _put(tracked, int(number), found and _found(tracked.get(int(number)), found))
    return replace(before, keyframes=keys, tracked=tracked, **said)


def _put(masks: dict[int, Any], frame: int, mask: object) -> None:
    if mask is None:
        masks.pop(frame, None)
    else:
        masks[frame] = mask


def _found(before: Tracked | None, found: Mapping[str, Any]) -> Tracked:
    if "runs" in found:
        return Tracked(Runs.of_lengths(found["runs"]), found["confidence"])
    if before is None:
        raise ValueError("a confidence without a mask")
    return replace(before, confidence=found["confidence"])


def _changes(before: Mapping[int, Any], after: Mapping[int, Any]) -> Iterator[tuple[int, Any]]:
    """What is another mask than before; None for what is gone."""
    for frame, mask in after.items():
        known = before.get(frame)
        if known is not mask and known != mask:
            yield frame, mask
    for frame in before:
        if frame not in after:
            yield frame, None


def _runs(runs: Runs | None) -> list[int] | None:
    return None if runs is None else runs.lengths.tolist()


def _tracked(before: Tracked | None, found: Tracked | None) -> dict[str, Any] | None:
    """Without the mask where only the confidence is another."""
    if found is None:
        return None
    same = before is not None and before.runs == found.runs
    return {"confidence": found.confidence, **({} if same else {"runs": _runs(found.runs)})}


def _plain(value: Any) -> Any:
    if isinstance(value, Margins):
        return asdict(value)
    return value if isinstance(value, int) else dict(value)


def _line(change: Mapping[str, Any]) -> bytes:
    return json.dumps(change, separators=(",", ":")).encode() + b"\n"
