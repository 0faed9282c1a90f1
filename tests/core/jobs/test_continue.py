"""The generation job with a tiny causal model: generate, continue, results of many windows."""

from __future__ import annotations

import gc
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.bundle import load_bundle
from core.decoders.state import DecodeState
from core.errors import UserError
from core.jobs import generate, preview_pace, previews
from core.requests import (
    GenerationFinished,
    GenerationGrown,
    GenerationRequest,
    GenerationStarted,
    GenerationStepped,
    GenerationUpdate,
)
from core.window import Window
from tests.bundles import GRID, tiny_bundle, tiny_videogpt_bundle
from tests.clips import write_lossless

SIZE = 48, 32
TOKENS = 2 * 8 * 8
WINDOW = Window(8, 0, 32, 32, 1, *GRID)
LENGTH = 9
"""Frames of a result of four windows: each goes on from two frames of the one before."""

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds `clip.mkv` of 6 frames, the bundle `plain`, and `looking`, which sees one frame."""
    folder = tmp_path_factory.mktemp("continue")
    tiny_videogpt_bundle(folder / "plain")
    tiny_videogpt_bundle(folder / "looking", context_frames=1)
    write_lossless(folder / "clip.mkv", 6, SIZE)
    return folder


@pytest.fixture(params=["plain", "looking"])
def request_(request: pytest.FixtureRequest, folder: Path) -> GenerationRequest:
    """Continue two frames of the clip; the model's own length."""
    return GenerationRequest(
        str(folder / request.param),
        "continue",
        str(folder / "clip.mkv"),
        WINDOW,
        decoder="autoregressive",
        seed=5,
        kept=2,
    )


@pytest.fixture
def long(request_: GenerationRequest) -> GenerationRequest:
    return replace(request_, length=LENGTH, count=2)


def updates(request: GenerationRequest) -> list[GenerationUpdate]:
    return list(generate.run(request))


def steps(of: list[GenerationUpdate]) -> list[GenerationStepped]:
    return [update for update in of if isinstance(update, GenerationStepped)]


def pieces(of: list[GenerationUpdate]) -> list[tuple[int, np.ndarray]]:
    """First frame and clips of each part of the result."""
    return [
        (update.first, update.clips)
        for update in of
        if isinstance(update, GenerationGrown | GenerationFinished)
    ]


def result(request: GenerationRequest) -> np.ndarray:
    return np.concatenate([clips for _, clips in pieces(updates(request))], axis=1)


# ── one window ─────────────────────────────────────────────────────────────────────────────────


def test_each_step_decides_tokens_in_raster_order(request_: GenerationRequest) -> None:
    started, *stepped, finished = updates(request_)

    assert isinstance(started, GenerationStarted)
    assert isinstance(finished, GenerationFinished)
    assert started.total == TOKENS
    assert started.given.reshape(-1).tolist() == [True] * 64 + [False] * 64
    for step in steps(stepped):
        undecided = np.arange(TOKENS) > max(step.step, 63)
        assert np.array_equal(step.masked.reshape(-1), undecided)
    assert steps(stepped)[-1].step == TOKENS - 1
    assert finished.clips.shape == (1, *GRID, 3)
    assert finished.first == 0


def test_kept_frames_stay_as_their_own_tokens(request_: GenerationRequest) -> None:
    of = updates(request_)
    started, last = of[0], steps(of)[-1]
    assert isinstance(started, GenerationStarted)

    tokenizer = load_bundle(Path(request_.bundle)).tokenizer
    seen = torch.from_numpy(started.condition[None]).permute(0, 4, 1, 2, 3) / 255
    assert torch.equal(tokenizer.encode(seen)[0, 0], torch.from_numpy(last.tokens[0, 0]).long())
    assert np.array_equal(started.condition[2], started.condition[1])  # the last kept one stands


def test_what_follows_depends_on_the_kept_frames(request_: GenerationRequest) -> None:
    other = replace(request_, window=replace(WINDOW, first=3, left=0))

    first, second = (steps(updates(each))[-1].tokens[0, 1] for each in (request_, other))

    assert not np.array_equal(first, second)


def test_frames_beyond_the_kept_ones_are_not_looked_at(folder: Path, tmp_path: Path) -> None:
    write_lossless(tmp_path / "short.mkv", 3, SIZE)  # ends with the kept frames
    request = GenerationRequest(
        str(folder / "looking"),
        "continue",
        str(folder / "clip.mkv"),
        WINDOW,
        decoder="autoregressive",
        kept=2,
    )

    short = replace(request, clip=str(tmp_path / "short.mkv"))
    assert np.array_equal(result(request), result(short))


def test_one_looked_at_frame_is_enough_to_go_on_from_and_gives_no_token(folder: Path) -> None:
    request = GenerationRequest(
        str(folder / "looking"),
        "continue",
        str(folder / "clip.mkv"),
        WINDOW,
        decoder="autoregressive",
        kept=1,
    )
    started = updates(request)[0]

    assert isinstance(started, GenerationStarted)
    assert not started.given.any()
    other = replace(request, window=replace(WINDOW, first=3, left=0))
    assert not np.array_equal(result(request), result(other))


@pytest.mark.parametrize(("task", "label"), [("generate", None), ("CG", "left")])
def test_whole_clips_need_no_clip(folder: Path, task: str, label: str | None) -> None:
    request = GenerationRequest(
        str(folder / "plain"),
        task,
        None,
        WINDOW,
        label=label,
        decoder="autoregressive",
        length=6,
    )
    clips = result(request)

    assert clips.shape == (1, 6, *GRID[1:], 3)
    assert not np.array_equal(clips, result(replace(request, seed=1)))


def test_class_changes_how_a_clip_goes_on(request_: GenerationRequest) -> None:
    request = replace(request_, task="continue-class")

    left, right = (result(replace(request, label=label)) for label in ("left", "right"))

    assert not np.array_equal(left, right)


def test_previews_begin_with_the_first_whole_frame(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "EVERY_S", 0.0)
    monkeypatch.setattr(preview_pace, "CAUSAL_SHARE", 1.0)
    request = GenerationRequest(
        str(folder / "plain"), "generate", None, WINDOW, decoder="autoregressive"
    )

    for step in steps(updates(request)):
        assert (step.preview is None) == bool(step.masked[0, 0].any())
        if step.preview is not None and step.masked[0, 1].all():
            assert (step.preview[0, 2:] == step.preview[0, 1]).all()


# ── many windows ───────────────────────────────────────────────────────────────────────────────


def test_frames_come_as_soon_as_their_window_is_done(long: GenerationRequest) -> None:
    of = updates(long)

    told = [
        (type(update), update.first) for update in of if not isinstance(update, GenerationStepped)
    ]
    assert told == [
        (GenerationStarted, 0),
        (GenerationGrown, 0),
        (GenerationStarted, 2),
        (GenerationGrown, 4),
        (GenerationStarted, 4),
        (GenerationGrown, 6),
        (GenerationStarted, 6),
        (GenerationFinished, 8),
    ]
    assert [clips.shape[1] for _, clips in pieces(of)] == [4, 2, 2, 1]


def test_steps_are_counted_over_all_windows(long: GenerationRequest) -> None:
    stepped = steps(updates(long))

    assert {step.total for step in stepped} == {4 * TOKENS}
    assert [step.step for step in stepped] == sorted({step.step for step in stepped})
    assert stepped[-1].step == 4 * TOKENS - 1
    for step in stepped:
        assert step.first == 2 * (step.step // TOKENS)


def test_each_window_begins_with_the_tokens_that_the_one_before_ended_with(
    long: GenerationRequest,
) -> None:
    stepped = steps(updates(long))

    last = {step.first: step.tokens for step in stepped}
    for first in (2, 4, 6):
        assert np.array_equal(last[first][:, 0], last[first - 2][:, 1])
        assert not np.array_equal(last[first][:, 1], last[first - 2][:, 1])


def test_first_window_is_what_the_request_gives_without_a_length(long: GenerationRequest) -> None:
    assert np.array_equal(result(long)[:, : GRID[0]], result(replace(long, length=0)))


def test_equal_long_requests_give_equal_clips_and_variations_their_own(
    long: GenerationRequest,
) -> None:
    once = result(long)

    assert np.array_equal(once, result(long))
    assert np.array_equal(once[1:], result(replace(long, seed=long.seed + 1, count=1)))
    assert not np.array_equal(once[0], once[1])


def test_windows_draw_other_noise(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = []
    noise = generate.SeededNoise
    monkeypatch.setattr(
        generate, "SeededNoise", lambda given, device: seeds.append(given) or noise(given, device)
    )
    updates(
        GenerationRequest(
            str(folder / "plain"), "generate", None, WINDOW, decoder="autoregressive", length=8
        )
    )

    assert len(set(seeds)) == 3


def test_resumed_from_any_window_the_rest_is_the_same_and_nothing_comes_twice(
    long: GenerationRequest,
) -> None:
    whole = updates(long)
    clips = np.concatenate([clips for _, clips in pieces(whole)], axis=1)

    for step in steps(whole)[::29] + steps(whole)[-1:]:
        rest = updates(replace(long, resume=step.state))
        first, _ = pieces(rest)[0]
        assert first == (step.first + 2 if step.first else 0)
        assert np.array_equal(
            np.concatenate([c for _, c in pieces(rest)], axis=1), clips[:, first:]
        )
        assert all(later.step >= step.step for later in steps(rest))


def test_state_in_a_further_window_is_a_few_kilobytes(long: GenerationRequest) -> None:
    assert max(len(step.state) for step in steps(updates(long))) < 4_000


def test_memory_does_not_grow_with_the_length(request_: GenerationRequest) -> None:
    held = []
    tracemalloc.start()
    for update in generate.run(replace(request_, length=34), watched=False):
        if isinstance(update, GenerationGrown):
            held.append(_array_bytes() + _tensor_bytes())
    tracemalloc.stop()

    brought = 2 * GRID[1] * GRID[2] * 3  # bytes of the new frames of a window
    assert len(held) == 15
    assert held[14] < held[6] + brought


def _array_bytes() -> int:
    """Of all numpy arrays that were made since tracemalloc began."""
    arrays = tracemalloc.DomainFilter(True, np.lib.tracemalloc_domain)
    traces = tracemalloc.take_snapshot().filter_traces((arrays,)).traces
    return sum(trace.size for trace in traces)


def _tensor_bytes() -> int:
    gc.collect()
    return sum(value.nbytes for value in gc.get_objects() if type(value) is torch.Tensor)


# ── requests that cannot be met ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"kept": 0}, "from . to 3 kept frames, not from 0"),
        ({"kept": 4}, "kept frames, not from 4"),
        ({"kept": 2, "window": replace(WINDOW, first=5)}, "clip.mkv ends before"),
        ({"task": "generate"}, "keeps no first frames"),
        ({"task": "FP"}, "not trained for task FP"),
        ({"task": "continue-class"}, "needs a class"),
        ({"decoder": "commit"}, "cannot decode.*Choose autoregressive"),
        ({"length": 3}, "at least the 4 frames"),
        ({"length": 8, "overlap": 1}, "multiple of 2 from 2 to 2 frames, not 1"),
        ({"length": 8, "overlap": 4}, "multiple of 2 from 2 to 2 frames, not 4"),
        ({"clip": None}, "needs a clip"),
    ],
)
def test_request_that_cannot_be_met_is_refused_before_the_model_is_loaded(
    request_: GenerationRequest,
    changes: dict,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(generate, "bundle_in", _never)

    with pytest.raises(UserError, match=sentence):
        updates(replace(request_, **changes))


def test_too_few_kept_frames_are_explained_by_what_the_model_reads(folder: Path) -> None:
    request = GenerationRequest(
        str(folder / "plain"),
        "continue",
        str(folder / "clip.mkv"),
        WINDOW,
        decoder="autoregressive",
        kept=1,
    )

    with pytest.raises(UserError, match="tokens of 2 frames each, and only whole ones count"):
        updates(request)


def test_masked_models_have_no_length_in_tasks_that_do_not_last(
    folder: Path, tmp_path: Path
) -> None:
    bundle = tiny_bundle(tmp_path / "masked")
    request = GenerationRequest(str(bundle), "FP", str(folder / "clip.mkv"), WINDOW, length=8)

    with pytest.raises(UserError, match="decides at once: neither another length"):
        updates(request)


def test_autoregressive_decoding_of_a_masked_model_is_refused(folder: Path, tmp_path: Path) -> None:
    request = GenerationRequest(
        str(tiny_bundle(tmp_path / "masked")),
        "FP",
        str(folder / "clip.mkv"),
        WINDOW,
        decoder="autoregressive",
    )

    with pytest.raises(UserError, match="Choose commit or halton or maskgit"):
        updates(request)


def test_state_that_does_not_go_on_from_its_window_before_is_refused(
    long: GenerationRequest,
) -> None:
    state = DecodeState.from_bytes(steps(updates(long))[-1].state)
    assert state.before is not None
    torn = [
        replace(state, before=None),
        replace(state, before=state.before[:, ::-1]),
        replace(state, window=state.window - 1),
        replace(state, window=9),
    ]

    for other in torn:
        with pytest.raises(UserError, match="belongs to another generation"):
            updates(replace(long, resume=other.to_bytes()))


def _never(*_: object) -> None:
    raise AssertionError("the model was loaded although the request is wrong")
