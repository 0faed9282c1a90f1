"""Steps and results come back from the disk as they were, and take no room twice."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.requests import GenerationFinished, GenerationStarted, GenerationStepped, Timings
from core.takes import contents as module
from core.takes.contents import CONTENTS, SETTLED, Contents, ContentsFile, read_contents

GRID, CLIP = (2, 4, 4), (4, 16, 16, 3)
RNG = np.random.default_rng(0)


def started() -> GenerationStarted:
    return GenerationStarted(
        8, RNG.random(GRID) < 0.5, (2, 4, 4), RNG.integers(0, 256, CLIP, np.uint8)
    )


def stepped(number: int) -> GenerationStepped:
    return GenerationStepped(
        step=number,
        total=8,
        tokens=RNG.integers(0, 1024, (2, *GRID), np.int32),
        masked=RNG.random((2, *GRID)) < 0.5,
        confidence=RNG.random((2, *GRID)).astype(np.float16),
        preview=RNG.integers(0, 256, (2, *CLIP), np.uint8),
        state=RNG.bytes(101),
    )


def finished() -> GenerationFinished:
    clips = RNG.integers(0, 256, (2, *CLIP), np.uint8)
    return GenerationFinished(clips, Timings(0.1, 0.2, 0.3, 0.4), "CPU")


def same(left: object, right: object) -> bool:
    """Whether two reports say the same, array for array."""
    if left is None or right is None:
        return left is right
    pairs = [(getattr(left, f.name), getattr(right, f.name)) for f in fields(left)]  # type: ignore[arg-type]
    return all(
        np.array_equal(one, other) and one.dtype == other.dtype
        if isinstance(one, np.ndarray)
        else one == other
        for one, other in pairs
    )


def test_everything_comes_back_as_it_was(tmp_path: Path) -> None:
    steps = tuple(map(stepped, range(3)))
    written = Contents(started(), steps, steps[-1], finished=finished())

    ContentsFile(tmp_path).write(written)
    read = read_contents(tmp_path)

    assert same(read.started, written.started)
    assert same(read.finished, written.finished)
    assert [same(*pair) for pair in zip(read.steps, steps, strict=True)] == [True] * 3
    assert read.last is read.steps[-1]
    assert isinstance(read.finished.clips, np.memmap)


def test_last_step_of_a_window_that_is_over_comes_back_without_its_pixels(tmp_path: Path) -> None:
    last = stepped(7)

    ContentsFile(tmp_path).write(Contents(started(), (), last))

    assert same(read_contents(tmp_path).last, replace(last, preview=None))


def test_frames_that_settled_are_read_from_their_own_file(tmp_path: Path) -> None:
    frames = RNG.integers(0, 256, (5, 2, 4, 4, 3), np.uint8)
    (tmp_path / SETTLED).write_bytes(frames.tobytes())

    ContentsFile(tmp_path).write(Contents(settled=frames[:3], settled_before=2))
    read = read_contents(tmp_path)

    assert np.array_equal(read.settled, frames[:3])
    assert read.settled_before == 2


def test_what_is_there_is_not_written_again(tmp_path: Path) -> None:
    first, second = stepped(0), stepped(1)
    file = ContentsFile(tmp_path)
    file.write(Contents(None, (first,), first))
    (data,) = tmp_path.glob("contents-*.bin")
    alone = data.stat().st_size

    file.write(Contents(None, (first, second), second))

    assert data.stat().st_size < 2.1 * alone


def test_steps_that_were_let_go_of_make_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_WASTE", 10_000)
    file = ContentsFile(tmp_path)
    steps = tuple(map(stepped, range(8)))
    file.write(Contents(None, steps, steps[-1]))
    before = read_contents(tmp_path)
    file.write(Contents(None, steps[:1], steps[0]))  # what came later is waste now
    file.write(Contents(None, steps[:1], steps[0]))

    (data,) = tmp_path.glob("contents-*.bin")
    assert data.stat().st_size < 20_000
    assert same(read_contents(tmp_path).last, steps[0])
    assert same(before.last, steps[-1])  # who looked at it can go on


def test_previews_have_a_limit_and_the_newest_is_always_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = stepped(0).preview.nbytes
    monkeypatch.setattr(module, "MOST_PREVIEW_BYTES", 3 * size)
    file = ContentsFile(tmp_path)
    steps = tuple(map(stepped, range(8)))
    for count in range(1, 9):
        file.write(Contents(None, steps[:count], steps[count - 1]))

    read = read_contents(tmp_path).steps

    assert [step.step for step in read if step.preview is not None] == [0, 4, 7]
    assert same(replace(read[3], preview=steps[3].preview), steps[3])


def test_take_that_is_read_again_goes_on_in_a_file_of_its_own(tmp_path: Path) -> None:
    steps = tuple(map(stepped, range(2)))
    ContentsFile(tmp_path).write(Contents(None, steps, steps[-1]))
    read = read_contents(tmp_path)
    more = (*read.steps, stepped(2))

    ContentsFile(tmp_path).write(Contents(None, more, more[-1]))

    assert len(list(tmp_path.glob("contents-*.bin"))) == 1
    assert [same(*pair) for pair in zip(read_contents(tmp_path).steps, more, strict=True)] == [
        True
    ] * 3


def test_nothing_is_there_before_anything_was_written(tmp_path: Path) -> None:
    assert read_contents(tmp_path).steps == ()


@pytest.mark.parametrize("damage", ["cut", "missing", "no JSON"])
def test_damaged_files_are_named(tmp_path: Path, damage: str) -> None:
    ContentsFile(tmp_path).write(Contents(started(), (stepped(0),), None))
    (data,) = tmp_path.glob("contents-*.bin")
    match damage:
        case "cut":
            data.write_bytes(data.read_bytes()[:100])
        case "missing":
            data.unlink()
        case "no JSON":
            (tmp_path / CONTENTS).write_text('{"file": ')

    with pytest.raises(UserError, match="cannot be read"):
        read_contents(tmp_path)


def test_file_of_a_crash_in_the_middle_is_passed_over(tmp_path: Path) -> None:
    """What was appended but never listed is nothing."""
    steps = (stepped(0),)
    ContentsFile(tmp_path).write(Contents(None, steps, steps[0]))
    (data,) = tmp_path.glob("contents-*.bin")
    with data.open("ab") as file:
        file.write(bytes(1000))
    (tmp_path / f".{CONTENTS}.partial").write_text(json.dumps({})[:1])

    assert same(read_contents(tmp_path).last, steps[0])
