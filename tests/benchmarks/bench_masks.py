"""How well a tracked mask stays on its object, beside one that is held still; and what it costs.

The clips with a mask of an object on every frame are those of `../shared/clips`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.mask_files import read_masks
from core.mask_shapes import ellipse
from core.masks import Mask, MaskTrack
from core.media.reading import ClipReader, open_clip
from core.tracking import Tracker, follow

FRAMES = 16
MOVING = 0.9  # a mask that held still would overlap less than this with the object


@pytest.fixture(scope="module")
def pairs(shared: Path) -> list[tuple[str, ClipReader, MaskTrack]]:
    """Name, clip and masks of each clip with object masks."""
    folder = shared / "clips"
    items = json.loads((folder / "manifest.json").read_text())["items"]
    found = []
    for item in items:
        if item["kind"] == "clip+mask":
            clip = open_clip(folder / item["file"])
            masks = read_masks(folder / item["masks_dir"], clip.size, len(clip))
            found.append((item["masks_dir"].split("/")[0], clip, masks))
    return found


def overlap(one: Mask, other: Mask) -> float:
    """Intersection over union."""
    either = np.count_nonzero(one | other)
    return np.count_nonzero(one & other) / either if either else 1.0


def followed(clip: ClipReader, masks: MaskTrack, first: int) -> list[tuple[Mask, float]]:
    tracker = Tracker(clip.frame(first), masks.at(first))
    return [tracker.step(clip.frame(first + k)) for k in range(1, FRAMES + 1)]


def scores(masks: MaskTrack, first: int, found: list[Mask]) -> list[float]:
    return [overlap(mask, masks.at(first + k)) for k, mask in enumerate(found, 1)]


def test_tracking_beats_holding_still(pairs: list[tuple[str, ClipReader, MaskTrack]]) -> None:
    print(f"\n{'mean IoU over 16 frames':24} {'held':>6} {'tracked':>8} {'trust':>6}   all starts")
    rows, trusts, right = [], [], []
    for name, clip, masks in pairs:
        held, tracked, trust, everywhere = [], [], [], []
        for first in range(0, len(clip) - FRAMES, FRAMES):
            if not masks.at(first).any():
                continue
            found = followed(clip, masks, first)
            of_tracked = scores(masks, first, [mask for mask, _ in found])
            of_held = scores(masks, first, [masks.at(first)] * FRAMES)
            held.append(np.mean(of_held))
            tracked.append(np.mean(of_tracked))
            trust.append(np.mean([confidence for _, confidence in found]))
            everywhere.append((np.mean(of_held), np.mean(of_tracked)))
            trusts += [confidence for _, confidence in found]
            right += of_tracked
        means = np.mean(everywhere, 0)
        print(
            f"{name:24} {held[0]:6.3f} {tracked[0]:8.3f} {trust[0]:6.2f}"
            f"   {means[0]:.3f} → {means[1]:.3f}"
        )
        rows.append((held[0], tracked[0]))
    still, moved = np.mean(rows, 0)
    print(f"{'mean':24} {still:6.3f} {moved:8.3f}")
    print(f"rank correlation of trust and IoU: {_ranked(trusts, right):.2f}")
    assert all(tracked > held for held, tracked in rows if held < MOVING)
    assert moved > 0.6
    assert _ranked(trusts, right) > 0.6


def test_a_correction_brings_the_mask_back(
    pairs: list[tuple[str, ClipReader, MaskTrack]],
) -> None:
    """One corrected frame in the middle of sixteen: the track flows again from there."""
    print(f"\n{'one frame corrected':24} {'before':>6} {'after':>8}")
    for name, clip, masks in pairs:
        reader: Callable[[int], NDArray[np.uint8]] = clip.frame
        track = MaskTrack(*clip.size).painted(0, masks.at(0)).of_kind(0, "track")
        track = track.with_tracked(
            dict(follow(track, track.span_of(0), range(1, FRAMES + 1), reader))
        )
        before = np.mean(scores(masks, 0, [track.at(k) for k in range(1, FRAMES + 1)]))
        track = track.painted(FRAMES // 2, masks.at(FRAMES // 2))
        for span in track.spans[1:]:
            track = track.with_tracked(dict(follow(track, span, span.frames(FRAMES + 1), reader)))
        after = np.mean(scores(masks, 0, [track.at(k) for k in range(1, FRAMES + 1)]))
        print(f"{name:24} {before:6.3f} {after:8.3f}")
        assert after > before


@pytest.mark.parametrize("size", [(854, 480), (1280, 720), (1920, 1080)])
def test_time_of_a_frame(size: tuple[int, int]) -> None:
    """An object of a third of the frame's height over a camera that pans."""
    frames = list(_panned(size, 9))
    middle, third = (size[0] / 2, size[1] / 2), size[1] / 3
    corners = [(middle[0] + s * third / 2, middle[1] + s * third / 2) for s in (-1, 1)]
    tracker = Tracker(frames[0], ellipse(size, corners[0], corners[1]))
    wall, cpu = [], []
    for _, after in pairwise(frames):
        start = time.perf_counter(), time.process_time()
        tracker.step(after)
        wall.append(time.perf_counter() - start[0])
        cpu.append(time.process_time() - start[1])
    a_frame, of_cpu = 1000 * float(np.median(wall)), 1000 * float(np.median(cpu))
    print(f"\ntracking at {size[0]}x{size[1]}: {a_frame:.0f} ms a frame, {of_cpu:.0f} of CPU time")


def _panned(size: tuple[int, int], count: int) -> Iterator[NDArray[np.uint8]]:
    noise = np.random.default_rng(0).integers(0, 256, (size[1] // 8, size[0] // 6, 3), np.uint8)
    wide = cv2.resize(noise, (size[0] + 8 * count, size[1]), interpolation=cv2.INTER_CUBIC)
    for number in range(count):
        yield np.ascontiguousarray(wide[:, 8 * number : 8 * number + size[0]])


def _ranked(one: list[float], other: list[float]) -> float:
    ranks = [np.argsort(np.argsort(values)) for values in (one, other)]
    return float(np.corrcoef(*ranks)[0, 1])
