"""From the [[data]] sections of a recipe to a list of videos: layout, split, licences, lengths."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import UserError
from core.training.lengths import count_frames
from core.training.readers import Layout, Listed, Place, find_layout
from core.training.readers.tree import SPLITS, Tree, tree_of
from core.training.recipe import DataSource

HELD_OUT = 0.1
"""Share of the videos that is held out where a data set itself does not say which."""

_STANDS_IN = {"val": "test", "test": "val"}


@dataclass(frozen=True)
class Entry:
    """A video that clips are drawn from.

    Attributes:
        name: for reports, with the data set's folder in front.
        label: name of its class; "" when it has none.
        weight: its chance to be drawn, against all others.
        flip: mirror half of the clips.
    """

    layout: Layout
    listed: Listed
    name: str
    label: str
    weight: float
    flip: bool


@dataclass(frozen=True)
class Found:
    """What a source has.

    Attributes:
        entries: its videos; their weights add up to the source's.
        labels: names of classes, of all splits.
        skipped: why a video cannot be used, by name.
    """

    entries: tuple[Entry, ...]
    labels: frozenset[str]
    skipped: dict[str, str]


def find_videos(source: DataSource, folder: Path, split: str) -> Found:
    """The videos of one split of a source; its weight is shared by length.

    Raises:
        UserError: there is no such folder, or no video that can be used.
    """
    root = (folder / source.folder).resolve()
    if not root.exists():
        raise UserError(f"The data folder {root} does not exist.")
    tree = tree_of(root)
    labels = (folder / source.labels).resolve() if source.labels else None
    place = Place(tree, labels, source.fold)
    layout = find_layout(source.layout, place)
    listed = _licensed(root, layout.listed(place), source.licences)
    chosen = of_split(source, root, listed, split)
    frames, skipped = count_frames(root, layout, chosen)
    usable = [video for video in chosen if video.name in frames]
    if not usable:
        raise UserError(_nothing(root, tree, split, skipped))
    total = sum(frames.values())
    entries = tuple(
        Entry(
            layout,
            video,
            f"{tree.root.name}/{video.name}",
            source.label or video.label,
            source.weight * frames[video.name] / total,
            source.flip,
        )
        for video in usable
    )
    names = {source.label or video.label for video in listed} - {""}
    reasons = {f"{tree.root.name}/{name}": why for name, why in skipped.items()}
    return Found(entries, frozenset(names), reasons)


def of_split(source: DataSource, root: Path, videos: list[Listed], asked: str) -> list[Listed]:
    """The videos of the split that the source names, or else the one that is asked for.

    A data set that names no held-out part is split by file; one in a folder that is itself
    called train, val or test was chosen by hand and is used whole.
    """
    wanted = asked if source.split in ("auto", "declared") else source.split
    if wanted == "all":
        return videos
    names = {video.split for video in videos}
    if "train" in names and names & _STANDS_IN.keys():
        part = wanted if wanted in names else _STANDS_IN.get(wanted, wanted)
        return [video for video in videos if video.split == part]
    by_hand = source.split == "declared" or root.name.lower() in SPLITS
    if by_hand or len(videos) <= 1:
        return videos
    held_out = _held_out(videos)
    return [video for video in videos if (video.name in held_out) != (wanted == "train")]


def _held_out(videos: Sequence[Listed]) -> set[str]:
    """Names of about `HELD_OUT` of the videos, at least one; each is chosen by its own name."""
    places = {video.name: _place(video.name) for video in videos}
    return {name for name, place in places.items() if place < HELD_OUT} or {
        min(places, key=lambda name: places[name])
    }


def _place(name: str) -> float:
    """A number in [0, 1) that follows from the name alone."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:6], "big") / 2**48


def _licensed(root: Path, videos: list[Listed], licences: Sequence[str]) -> list[Listed]:
    """Videos whose `licence_class` is allowed by the nearest manifest.json."""
    if not licences:
        return videos
    for place in (root, root.parent):
        manifest = place / "manifest.json"
        if manifest.is_file():
            items = json.loads(manifest.read_text(encoding="utf-8"))["items"]
            allowed = {Path(i["file"]).name for i in items if i["licence_class"] in licences}
            return [video for video in videos if video.path.name in allowed]
    raise UserError(f"{root} has no manifest.json that states the licences of its files.")


def _nothing(root: Path, tree: Tree, split: str, skipped: dict[str, str]) -> str:
    if (root / "cache.json").is_file():
        return (
            f"{root} holds tokens, not videos. Name it with the key tokens of the transformer's "
            "section of the recipe, not under [[data]]."
        )
    if skipped:
        reasons = "\n".join(list(skipped.values())[:5])
        return f"None of the {len(skipped)} videos in {root} can be used:\n{reasons}"
    if not tree.files:
        return f"The data folder {root} is empty."
    return f"The data folder {root} holds no video that may be used for {split}."
