"""`python -m tests.metric_check DATA --networks FOLDER`: does the Frechet distance see what it
should? Real footage against the other half of it, as it is, and blurred, shuffled and noisy.

One line per change with the distance to the other half and to its own unchanged clips. With
--i3d FILE the same of FVD. Exit code 0 when every kind grows with its strength, and a mild blur, a
full shuffle and strong noise stand in that order.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import torch

from core.clip import Frames
from core.metrics.catalogue import Metrics
from core.metrics.files import NetworkFiles
from core.metrics.metric import SetMetric
from core.training.data import Cut, load_footage
from core.training.recipe import sources_of

FRAMES, AT_ONCE = 16, 8
IN_ORDER = (("blur", 1.0), ("shuffle", 16), ("noise", 20))
"""Changes of which each next one has to be farther away."""


def blurred(clip: Frames, sigma: float) -> Frames:
    """Sigma in pixels."""
    return np.stack([cv2.GaussianBlur(frame, (0, 0), sigma) for frame in clip])


def shuffled(clip: Frames, window: float) -> Frames:
    """Frames change places within windows of so many."""
    rng, size = np.random.default_rng(2), int(window)
    order = [
        begin + rng.permutation(min(size, len(clip) - begin)) for begin in range(0, len(clip), size)
    ]
    return clip[np.concatenate(order)]


def noisy(clip: Frames, deviation: float) -> Frames:
    """Deviation in levels of 255."""
    noise = np.random.default_rng(1).normal(0, deviation, clip.shape)
    return np.clip(clip + noise, 0, 255).astype(np.uint8)


CHANGES: dict[str, tuple[Callable[[Frames, float], Frames], tuple[float, ...]]] = {
    "blur": (blurred, (0.5, 1.0, 2.0, 4.0)),
    "shuffle": (shuffled, (2, 4, 8, 16)),
    "noise": (noisy, (5, 10, 20, 40)),
}

Distances = dict[tuple[str, float], tuple[float, float]]
"""(change, strength) → distance to the other half, and to the same clips unchanged."""


def halves(data: Path, clips: int, size: int) -> tuple[Frames, Frames]:
    """Two times so many real clips, drawn in turn."""
    folder = data.parent if data.is_file() else Path()
    footage = load_footage(sources_of(data), folder, split="val")
    cut = Cut(FRAMES, size, strides=1, zoom=1.0)
    drawn = [footage.draw(np.random.default_rng((0, n)), cut).frames for n in range(2 * clips)]
    return np.stack(drawn[::2]), np.stack(drawn[1::2])


def distances(metric: SetMetric, other: Frames, half: Frames) -> Iterator[tuple[str, Distances]]:
    """A line as soon as it is known, and what is known so far."""
    found: Distances = {}
    reference, own = summary(metric, other), summary(metric, half)
    cases = [("as it is", 0.0)] + [
        (k, s) for k, (_, strengths) in CHANGES.items() for s in strengths
    ]
    for kind, strength in cases:
        changed = half
        if kind in CHANGES:
            changed = np.stack([CHANGES[kind][0](clip, strength) for clip in half])
        made = summary(metric, changed)
        found[kind, strength] = metric.value(made, reference), metric.value(made, own)
        far, near = found[kind, strength]
        yield (
            f"{kind:9} {strength:5g}  to the other half {far:10.1f}  to itself {near:10.1f}",
            found,
        )


def summary(metric: SetMetric, clips: Frames) -> object:
    batches = range(0, len(clips), AT_ONCE)
    features = [metric.features(clips[begin : begin + AT_ONCE]) for begin in batches]
    return metric.summary(np.concatenate(features))


def problems(found: Distances) -> list[str]:
    """Sentences on what should not be. Growth is judged on the same clips, which leaves chance out;
    the order of the kinds on the other half, as a model would be."""
    said = []
    for kind, (_, strengths) in CHANGES.items():
        for weak, strong in pairwise(strengths):
            if found[kind, strong][1] <= found[kind, weak][1]:
                said.append(f"{kind} {strong:g} is not farther than {kind} {weak:g}")
        if found[kind, strengths[-1]][0] <= found["as it is", 0.0][0]:
            said.append(f"{kind} {strengths[-1]:g} is not farther than the half as it is")
    for weaker, stronger in pairwise(IN_ORDER):
        if found[stronger][0] <= found[weaker][0]:
            said.append(f"{stronger} is not farther than {weaker}")
    return said


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.metric_check", description=__doc__)
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--networks", type=Path, metavar="FOLDER")
    parser.add_argument("--i3d", type=Path, metavar="FILE")
    parser.add_argument("--clips", type=int, default=64, help="of each half; default: 64")
    parser.add_argument("--size", type=int, default=64, help="of the clips in pixels; default: 64")
    chosen = parser.parse_args(arguments)
    other, half = halves(chosen.data, chosen.clips, chosen.size)
    files = NetworkFiles(chosen.networks, chosen.i3d)
    said: list[str] = []
    compared = [m for m in Metrics.open(files, torch.device("cpu")).sets if m.compares]
    for metric in compared:
        print(f"{metric.label}, {chosen.clips} + {chosen.clips} clips of {chosen.size} pixels")
        for line, found in distances(metric, other, half):  # noqa: B007 - the last is read
            print(line, flush=True)
        said += [f"{metric.label}: {sentence}" for sentence in problems(found)]
    print("\n".join(said) or "grows as it should")
    return 1 if said or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
