"""What is seen of the seams of a long result: of windows that know nothing of each other or carry
over what was generated, cut or cross-faded, with one seed or with seeds of their own.

Only generated pixels count, at the model's size, in grey levels of 255. The clips are those of
`../shared/clips`, the model is the one that came along.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.assets import asset
from core.bundle import ModelBundle, load_bundle
from core.jobs import generate
from core.jobs.windows import Windows, cross_faded, window_seeds
from core.masks import MaskTrack
from core.media.reading import ClipReader, open_clip
from core.pixels import to_frames
from core.requests import GenerationRequest, GenerationStepped
from core.window import Window, whole

CLIPS = ("brook_boulders", "cars_gate_topdown", "dog_soccer_lawn", "tea_pour")
REGIONS = {"middle": (0.25, 0.25, 0.75, 0.75), "right third": (0.67, 0.0, 1.0, 1.0)}
"""What is painted on every frame: left, top, right, bottom as shares of the window."""
SEEDS = {
    "same": lambda _windows, given, _number: tuple(given),
    "derived": lambda _windows, given, number: window_seeds(given, number),
}
FIRST, LENGTH, STEPS, SEED = 8, 48, 12, 3
WHOLE = Windows(16, 8, LENGTH, faded=True)

Video = NDArray[np.uint8]


@dataclass(frozen=True)
class Case:
    """A clip with a region; `known` is its part of the window, bool (H, W)."""

    request: GenerationRequest
    region: NDArray[np.bool_]
    clip: Video


@dataclass(frozen=True)
class Row:
    """Measures of one way to join windows; see the table's head."""

    jump: float
    change: float
    sharp: float
    apart: float
    psnr: float


@pytest.fixture(scope="module")
def bundle() -> ModelBundle:
    return load_bundle(asset("models") / "maskreel-first")


@pytest.fixture(scope="module")
def cases(shared: Path, bundle: ModelBundle) -> list[Case]:
    return [
        case(shared / "clips" / f"{name}.mp4", box, bundle)
        for name in CLIPS
        for box in REGIONS.values()
    ]


def case(path: Path, box: tuple[float, float, float, float], bundle: ModelBundle) -> Case:
    card = bundle.card
    with open_clip(path) as reader:
        window = whole(reader.size, (card.frames, card.height, card.width), first=FIRST)
        mask = np.zeros(reader.size[::-1], bool)
        left, right = (round(window.left + share * window.width) for share in box[::2])
        top, bottom = (round(window.top + share * window.height) for share in box[1::2])
        mask[top:bottom, left:right] = True
        request = GenerationRequest(
            str(asset("models") / card.name),
            "paint",
            str(path),
            window,
            MaskTrack(*reader.size).painted(0, mask),
            options={"steps": STEPS},
            seed=SEED,
            length=LENGTH,
        )
        return Case(request, window.mask_to_model(mask), seen(reader, window))


def seen(reader: ClipReader, window: Window) -> Video:
    """The clip itself as the model sees it, over the whole result."""
    return np.stack([window.to_model(reader.frame(FIRST + frame)) for frame in range(LENGTH)])


# ── windows, each alone ────────────────────────────────────────────────────────────────────────


def carried(case: Case, bundle: ModelBundle, overlap: int) -> list[Video]:
    """As `core.jobs.generate` makes them: each knows what the one before has generated."""
    return list(decoded(replace(case.request, overlap=overlap), bundle))


def independent(case: Case, bundle: ModelBundle, overlap: int) -> list[Video]:
    """Each as if it were the only one; seeds as in a long result."""
    request, windows = case.request, []
    step = request.window.frames - overlap
    for number in range(1 + -(-(LENGTH - request.window.frames) // step)):
        window = replace(request.window, first=FIRST + number * step)
        seed = Windows.seeds(WHOLE, (request.seed,), number)[0]
        alone = replace(request, window=window, length=0, seed=seed)
        windows += decoded(alone, bundle)
    return windows


def decoded(request: GenerationRequest, bundle: ModelBundle) -> Iterator[Video]:
    for update in generate.run(request, watched=False):
        if isinstance(update, GenerationStepped) and not update.masked.any():
            with torch.inference_mode():
                tokens = torch.from_numpy(update.tokens).long()
                yield to_frames(bundle.tokenizer.decode(tokens))[0]


def cut(windows: list[Video], overlap: int) -> Video:
    """The later window from the middle of the overlap on."""
    early, late = overlap // 2, overlap - overlap // 2
    last = len(windows) - 1
    parts = [
        window[late if number else 0 : len(window) - (early if number < last else 0)]
        for number, window in enumerate(windows)
    ]
    return np.concatenate(parts)


# ── measures ───────────────────────────────────────────────────────────────────────────────────


def changes(video: Video, region: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Mean absolute difference of each frame to the next."""
    levels = video[:, region].astype(np.float64)
    return np.abs(np.diff(levels, axis=0)).mean((1, 2))


def sharpness(video: Video, region: NDArray[np.bool_]) -> float:
    """Mean absolute Laplacian: a cross-fade of two pictures is duller than either."""
    greys = (cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in video)
    return float(np.mean([np.abs(cv2.Laplacian(g, cv2.CV_32F))[region].mean() for g in greys]))


def row(case: Case, windows: list[Video], joined: Video, overlap: int) -> Row:
    region, frames = case.region, len(windows[0])
    step = frames - overlap
    seams = [number * step for number in range(1, len(windows))]
    zones = [changes(joined[s - 1 : s + overlap + 1], region) for s in seams]
    usual = np.concatenate([changes(window, region) for window in windows])
    stretch = len(zones[0])  # as many differences, but of one window
    largest = np.lib.stride_tricks.sliding_window_view(usual.reshape(len(windows), -1), stretch, 1)
    shared = np.concatenate([joined[s : s + overlap] for s in seams])
    inside = np.concatenate(windows)
    apart = [
        np.abs(a[step:][:, region].astype(float) - b[:overlap][:, region]).mean()
        for a, b in pairwise(windows)
    ]
    error = (joined[:LENGTH][:, region].astype(float) - case.clip[:, region]) ** 2
    return Row(
        float(np.mean([zone.max() for zone in zones]) / largest.max(-1).mean()),
        float(np.concatenate(zones).mean() / usual.mean()),
        sharpness(shared, region) / sharpness(inside, region),
        float(np.mean(apart)),
        float(10 * np.log10(255**2 / error.mean())),
    )


def test_seams(cases: list[Case], bundle: ModelBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    print(f"\n{len(cases)} results of {LENGTH} frames, {STEPS} steps, model {bundle.card.name}")
    print(f"{'windows':12} {'overlap':>7} {'seeds':>8} {'joined':>7}", end="")
    print(f" {'jump':>6} {'change':>7} {'sharp':>6} {'apart':>6} {'PSNR':>6}")
    found: dict[tuple[object, ...], Row] = {}
    for overlap in (4, 8):
        for made in (independent, carried):
            for seeds in ("same", "derived"):
                monkeypatch.setattr(Windows, "seeds", SEEDS[seeds])
                parts = [made(case, bundle, overlap) for case in cases]
                for join in (cut, cross_faded):
                    rows = [
                        row(case, windows, join(windows, overlap), overlap)
                        for case, windows in zip(cases, parts, strict=True)
                    ]
                    mean = Row(*np.mean([list(vars(r).values()) for r in rows], axis=0))
                    found[made.__name__, overlap, seeds, join.__name__] = mean
                    print(
                        f"{made.__name__:12} {overlap:7} {seeds:>8} "
                        f"{'cut' if join is cut else 'faded':>7} {mean.jump:6.2f} "
                        f"{mean.change:7.2f} {mean.sharp:6.2f} {mean.apart:6.1f} {mean.psnr:6.2f}",
                        flush=True,
                    )
    default = found["carried", 8, "same", "cross_faded"]
    assert default.jump < found["independent", 8, "derived", "cut"].jump
    assert default.apart < found["independent", 8, "derived", "cut"].apart
