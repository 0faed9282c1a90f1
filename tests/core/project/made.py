"""Tracks and projects out of nothing, for hypothesis and for tests."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from core.margins import Margins
from core.masks import KINDS, LEAD, MaskTrack, Runs, Tracked
from core.project.contents import ClipEntry, Contents, MediaFile
from core.project.fingerprints import Fingerprint

WIDTH, HEIGHT = 6, 4

NAMES = st.text("abcé ü", min_size=1, max_size=8).filter(lambda text: text.strip() == text)


def runs(number: int) -> Runs:
    """A mask for each number."""
    bits = np.array([number >> k & 1 for k in range(WIDTH * HEIGHT)], bool)
    return Runs.of(bits.reshape(HEIGHT, WIDTH))


ANY_RUNS = st.integers(0, 2 ** (WIDTH * HEIGHT) - 1).map(runs)
FRAMES = st.integers(0, 60)


@st.composite
def tracks(draw: st.DrawFn) -> MaskTrack:
    keys = draw(st.dictionaries(FRAMES, ANY_RUNS, max_size=4))
    found = st.builds(Tracked, ANY_RUNS, st.sampled_from([0.0, 0.5, 1.0]))
    tracked = draw(st.dictionaries(FRAMES, found, max_size=40))
    starts = st.sampled_from([LEAD, *keys])
    return MaskTrack(
        WIDTH,
        HEIGHT,
        keys,
        draw(st.dictionaries(starts, st.sampled_from(KINDS), max_size=3)),
        {frame: mask for frame, mask in tracked.items() if frame not in keys},
        draw(st.integers(0, 9)),
        draw(st.sampled_from([Margins(), Margins(1, 0, 2, 0)])),
    )


def entry(path: Path | None = None, name: str = "clip", **more: object) -> ClipEntry:
    file = None if path is None else MediaFile(path, Fingerprint(1, "00"))
    return ClipEntry(name, file, WIDTH, HEIGHT, 61, Fraction(25), **more)  # type: ignore[arg-type]


def painted(*numbers: int) -> MaskTrack:
    """Frame k has the mask of the k-th number."""
    return MaskTrack(WIDTH, HEIGHT, {k: runs(number) for k, number in enumerate(numbers)})


@st.composite
def projects(draw: st.DrawFn, folder: Path = Path("/home/someone/films")) -> Contents:
    paths = st.one_of(st.none(), NAMES.map(lambda name: folder / f"{name}.mp4"))
    marks = st.one_of(st.none(), FRAMES)
    clips = draw(
        st.lists(
            st.builds(
                ClipEntry,
                name=NAMES,
                file=paths.map(lambda path: path and MediaFile(path, Fingerprint(3, "ab"))),
                width=st.just(WIDTH),
                height=st.just(HEIGHT),
                frames=st.integers(1, 100),
                rate=st.sampled_from([Fraction(25), Fraction(30000, 1001)]),
                sound=st.booleans(),
                position=FRAMES,
                in_mark=marks,
                out_mark=marks,
                window=st.one_of(st.none(), st.just((1, 0, 5, 4))),
            ),
            max_size=3,
        )
    )
    masks = {clip.id: draw(tracks()) for clip in clips if draw(st.booleans())}
    opened = draw(st.sampled_from(["", *(clip.id for clip in clips)]))
    recipe = draw(st.dictionaries(st.sampled_from(["task", "seed"]), st.integers(0, 9)))
    takes = {f"take of {clip.id}": clip.id for clip in clips}
    return Contents(tuple(clips), opened, recipe, masks, takes)
