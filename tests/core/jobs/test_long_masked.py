"""Results of a masked model that are longer than its clips: windows that carry over and fade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.bundle import load_bundle
from core.compositing import composited_clip
from core.errors import UserError
from core.jobs import generate
from core.jobs.windows import Windows, cross_faded, window_seeds
from core.margins import Margins
from core.masks import MaskTrack
from core.media.reading import open_clip
from core.pixels import to_frames
from core.requests import (
    GenerationFinished,
    GenerationGrown,
    GenerationRequest,
    GenerationStarted,
    GenerationStepped,
    GenerationUpdate,
)
from core.window import Window
from tests.bundles import GRID, tiny_bundle
from tests.clips import write_lossless

SIZE, FRAMES = (48, 32), 14
WINDOW = Window(8, 0, 32, 32, 1, *GRID)
STEPS, OVERLAP, LENGTH, WINDOWS = 3, 2, 9, 4

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds the bundle `tiny` and the clip `clip.mkv`."""
    folder = tmp_path_factory.mktemp("long")
    tiny_bundle(folder / "tiny")
    write_lossless(folder / "clip.mkv", FRAMES, SIZE)
    return folder


@pytest.fixture
def painting(folder: Path) -> GenerationRequest:
    """A box that is painted on every frame and lies further right from frame 6 on."""
    boxes = np.zeros((2, *SIZE[::-1]), bool)
    boxes[0, 8:24, 12:28] = boxes[1, 8:24, 20:36] = True
    painted = MaskTrack(*SIZE).painted(0, boxes[0]).painted(6, boxes[1])
    return GenerationRequest(
        str(folder / "tiny"),
        "paint",
        str(folder / "clip.mkv"),
        WINDOW,
        painted,
        options={"steps": STEPS},
        seed=5,
        length=LENGTH,
    )


def updates(request: GenerationRequest) -> list[GenerationUpdate]:
    return list(generate.run(request, watched=False))


def brought(told: Sequence[GenerationUpdate]) -> list[tuple[int, np.ndarray]]:
    """What changes no more, in order: the first frame's number and (count, n, H, W, 3)."""
    kinds = GenerationGrown | GenerationFinished
    return [(update.first, update.clips) for update in told if isinstance(update, kinds)]


def video(told: Sequence[GenerationUpdate]) -> np.ndarray:
    """The whole result, (count, T, H, W, 3)."""
    return np.concatenate([clips for _, clips in brought(told)], axis=1)


def steps(told: Sequence[GenerationUpdate]) -> list[GenerationStepped]:
    return [update for update in told if isinstance(update, GenerationStepped)]


def decoded(request: GenerationRequest, told: Sequence[GenerationUpdate]) -> list[np.ndarray]:
    """Each window alone, without a fade: its last tokens as pixels (T, H, W, 3)."""
    tokenizer = load_bundle(Path(request.bundle)).tokenizer
    last = [step.tokens for step in steps(told) if not step.masked.any()]
    with torch.inference_mode():
        return [to_frames(tokenizer.decode(torch.from_numpy(t).long()))[0] for t in last]


def test_frames_go_out_as_soon_as_no_window_changes_them_any_more(
    painting: GenerationRequest,
) -> None:
    told = updates(painting)

    firsts = [first for first, _ in brought(told)]
    assert firsts == [0, 2, 4, 6]
    assert [clips.shape[1] for _, clips in brought(told)] == [2, 2, 2, 3]
    assert video(told).shape == (1, LENGTH, *GRID[1:], 3)
    started = [update for update in told if isinstance(update, GenerationStarted)]
    assert [update.first for update in started] == firsts
    assert {update.total for update in started} == {WINDOWS * STEPS}
    assert [step.step for step in steps(told)] == list(range(WINDOWS * STEPS))


def test_windows_fade_into_each_other(painting: GenerationRequest) -> None:
    told = updates(painting)

    expected = cross_faded(decoded(painting, told), OVERLAP)[:LENGTH]

    np.testing.assert_array_equal(video(told)[0], expected)


def test_last_step_of_each_window_shows_what_will_stay(painting: GenerationRequest) -> None:
    told = updates(painting)
    whole = video(told)

    for step in (step for step in steps(told) if step.preview is not None):
        end = min(step.first + GRID[0] - OVERLAP, LENGTH)
        assert step.preview is not None
        np.testing.assert_array_equal(
            step.preview[:, : end - step.first], whole[:, step.first : end]
        )


def test_a_window_knows_what_the_one_before_has_generated(painting: GenerationRequest) -> None:
    told = updates(painting)
    windows = decoded(painting, told)
    started = [update for update in told if isinstance(update, GenerationStarted)]
    with open_clip(str(painting.clip)) as reader:
        clip = [WINDOW.to_model(reader.frame(number)) for number in range(len(reader))]
    painted = painting.painted
    assert painted is not None

    for number in range(1, WINDOWS):
        assert started[number].given[0].all()
        assert not started[number].given[1].all()
        for frame in range(OVERLAP):
            shown = started[number].first + frame
            unknown = WINDOW.mask_to_model(painted.at(WINDOW.first + shown))
            expected = np.where(
                unknown[..., None], windows[number - 1][-OVERLAP + frame], clip[1 + shown]
            )
            np.testing.assert_array_equal(started[number].condition[frame], expected)


def test_masks_of_later_windows_are_those_of_their_own_frames(painting: GenerationRequest) -> None:
    started = [update for update in updates(painting) if isinstance(update, GenerationStarted)]
    painted = painting.painted
    assert painted is not None

    for window in started:
        first = WINDOW.first + window.first
        masks = [WINDOW.mask_to_model(painted.at(first + frame)) for frame in range(GRID[0])]
        known = ~np.stack(masks)
        known[: OVERLAP if window.first else 0] = True
        tokens = known.reshape(2, 2, 8, 2, 8, 2).any(axis=(1, 3, 5))
        np.testing.assert_array_equal(window.given, tokens)


def test_first_window_is_the_one_of_a_short_result(painting: GenerationRequest) -> None:
    short = updates(replace(painting, length=0))
    told = updates(painting)

    np.testing.assert_array_equal(steps(short)[-1].tokens, steps(told)[STEPS - 1].tokens)


@pytest.mark.parametrize("decoder", ["commit", "maskgit"])
def test_resumed_from_any_step_of_any_window_the_result_is_the_same(
    painting: GenerationRequest, decoder: str
) -> None:
    request = replace(painting, decoder=decoder, count=2, length=5)
    told = updates(request)
    whole = video(told)

    for step in steps(told):
        rest = updates(replace(request, resume=step.state))
        assert brought(rest)[0][0] == step.first
        np.testing.assert_array_equal(video(rest), whole[:, step.first :])
        assert [again.step for again in steps(rest)] == list(range(step.step + 1, 2 * STEPS))


def test_variations_carry_over_each_their_own(painting: GenerationRequest) -> None:
    three = video(updates(replace(painting, count=3)))

    alone = video(updates(replace(painting, seed=7)))
    np.testing.assert_array_equal(three[2], alone[0])
    assert not np.array_equal(three[0], three[2])


def test_stride_is_kept_by_all_windows(painting: GenerationRequest) -> None:
    request = replace(painting, window=replace(WINDOW, first=0, stride=2), length=7)
    started = [update for update in updates(request) if isinstance(update, GenerationStarted)]
    with open_clip(str(painting.clip)) as reader:
        clip = [WINDOW.to_model(reader.frame(number)) for number in range(len(reader))]

    assert [window.first for window in started] == [0, 2, 4]
    last = started[2]
    unpainted = (slice(0, 2), slice(None))  # rows above the boxes
    for frame in range(OVERLAP, GRID[0]):
        source = clip[min(2 * (last.first + frame), FRAMES - 1)]
        np.testing.assert_array_equal(last.condition[frame][unpainted], source[unpainted])


def test_spatial_tasks_last_as_well(painting: GenerationRequest) -> None:
    request = replace(painting, task="OPV", painted=None)
    told = updates(request)

    assert video(told).shape == (1, LENGTH, *GRID[1:], 3)
    with open_clip(str(request.clip)) as reader:
        frames = list(composited_clip(reader, request, video(told)[0]))
        original = [reader.frame(number) for number in range(len(reader))]
    assert len(frames) == FRAMES
    known = np.zeros(SIZE[::-1], bool)
    known[:, :16] = known[:, 16:32] = known[:, 40:] = True
    known[:, 8:16] = known[:, 32:40] = False
    for number, (frame, before) in enumerate(zip(frames, original, strict=True)):
        np.testing.assert_array_equal(frame[known], before[known])
        assert (frame != before).any() is np.bool_(1 <= number < 1 + LENGTH)


def test_a_grown_canvas_is_generated_around_untouched_pictures(painting: GenerationRequest) -> None:
    margins = Margins(left=0, top=0, right=16, bottom=0)
    track = MaskTrack(*SIZE).on_canvas(margins)
    request = replace(painting, window=replace(WINDOW, left=32), painted=track, margins=margins)
    result = video(updates(request))[0]

    with open_clip(str(request.clip), margins) as grown, open_clip(str(request.clip)) as bare:
        assert grown.size == (64, 32)
        for number, frame in enumerate(composited_clip(grown, request, result)):
            np.testing.assert_array_equal(margins.inside(frame), bare.frame(number))
            changed = (frame[:, 48:] != grown.frame(number)[:, 48:]).any()
            assert changed == (1 <= number < 1 + LENGTH)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"length": 3}, "at least the 4 frames"),
        ({"overlap": 3}, "multiple of 2 from 2 to 2 frames, not 3"),
        ({"task": "OPD", "painted": None}, "choose a task that lasts"),
        ({"refine": b"", "decoder": "refine"}, "cannot be read"),
        ({"margins": Margins(right=200)}, "too large for pictures of 48x32"),
        ({"margins": Margins(right=2)}, "The painting is 48x32, but clip.mkv is 50x32"),
    ],
)
def test_request_that_cannot_be_met_is_refused(
    painting: GenerationRequest, changes: dict, sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        updates(replace(painting, **changes))


def test_long_results_are_not_refined(painting: GenerationRequest) -> None:
    state = steps(updates(painting))[-1].state

    with pytest.raises(UserError, match="several windows cannot be refined"):
        updates(painting.refined(state, 2))


def test_a_region_painted_only_later_is_generated(painting: GenerationRequest) -> None:
    mask = np.zeros(SIZE[::-1], bool)
    later = MaskTrack(*SIZE).painted(0, mask)
    mask[8:24, 12:28] = True
    later = later.painted(7, mask)

    assert video(updates(replace(painting, painted=later))).shape[1] == LENGTH
    with pytest.raises(UserError, match="Nothing is painted inside the working window"):
        updates(replace(painting, painted=later, length=5))


def test_all_windows_have_the_noise_of_the_requests_seed(
    painting: GenerationRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = video(updates(painting))
    monkeypatch.setattr(Windows, "seeds", lambda _self, given, number: window_seeds(given, number))

    derived = video(updates(painting))

    step = GRID[0] - OVERLAP
    np.testing.assert_array_equal(ours[:, :step], derived[:, :step])
    assert not np.array_equal(ours, derived)
