"""The generation job with a tiny random model: real in every part but its pictures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.decoders.state import DecodeState
from core.errors import OutOfMemory, UserError
from core.jobs import generate, previews
from core.masks import MaskTrack
from core.requests import (
    GenerationFinished,
    GenerationRequest,
    GenerationStarted,
    GenerationStepped,
    GenerationUpdate,
)
from core.tasks import MASKED_TASKS, TASKS
from core.window import Window
from tests.bundles import GRID, tiny_bundle
from tests.clips import write_lossless

SIZE = 48, 32
STEPS = 4
WINDOW = Window(8, 0, 32, 32, 1, *GRID)

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds the bundle `tiny` and the clip `clip.mkv` of 6 frames."""
    folder = tmp_path_factory.mktemp("generate")
    tiny_bundle(folder / "tiny")
    write_lossless(folder / "clip.mkv", 6, SIZE)
    return folder


@pytest.fixture
def painting(folder: Path) -> GenerationRequest:
    """A box painted into the middle of the window, on its second and third frame."""
    mask = np.zeros(SIZE[::-1], bool)
    painted = MaskTrack(*SIZE).painted(1, mask)
    mask[8:24, 16:32] = True
    painted = painted.painted(2, mask).painted(4, np.zeros_like(mask))
    return GenerationRequest(
        str(folder / "tiny"),
        "paint",
        str(folder / "clip.mkv"),
        WINDOW,
        painted,
        options={"steps": STEPS},
        seed=5,
    )


def updates(request: GenerationRequest) -> list[GenerationUpdate]:
    return list(generate.run(request))


def result(request: GenerationRequest) -> np.ndarray:
    last = updates(request)[-1]
    assert isinstance(last, GenerationFinished)
    return last.clips


def steps(request: GenerationRequest) -> list[GenerationStepped]:
    return [update for update in updates(request) if isinstance(update, GenerationStepped)]


def test_updates_are_started_then_each_step_then_finished(painting: GenerationRequest) -> None:
    started, *stepped, finished = updates(painting)

    assert isinstance(started, GenerationStarted)
    assert [update.step for update in stepped] == list(range(STEPS))  # type: ignore[union-attr]
    assert isinstance(finished, GenerationFinished)
    assert finished.clips.shape == (1, *GRID, 3)
    assert finished.clips.dtype == np.uint8


def test_last_step_leaves_nothing_masked_and_shows_the_result(painting: GenerationRequest) -> None:
    *_, last, finished = updates(painting)

    assert isinstance(last, GenerationStepped)
    assert isinstance(finished, GenerationFinished)
    assert not last.masked.any()
    assert last.preview is not None
    assert np.array_equal(last.preview, finished.clips)


def test_equal_requests_give_equal_clips_and_other_seeds_others(
    painting: GenerationRequest,
) -> None:
    once = result(painting)

    assert np.array_equal(once, result(painting))
    assert not np.array_equal(once, result(replace(painting, seed=6)))


def test_variation_n_is_what_its_own_seed_gives(painting: GenerationRequest) -> None:
    three = result(replace(painting, count=3))

    assert np.array_equal(three[2], result(replace(painting, seed=7))[0])


@pytest.mark.parametrize("decoder", ["commit", "maskgit"])
def test_resumed_from_any_step_the_outcome_is_the_same(
    painting: GenerationRequest, decoder: str
) -> None:
    request = replace(painting, decoder=decoder, count=2)
    whole = steps(request)

    for done, step in enumerate(whole, 1):
        resumed = replace(request, resume=step.state)
        rest = steps(resumed)
        assert [update.step for update in rest] == list(range(done, STEPS))
        assert np.array_equal(result(resumed), whole[-1].preview)
        if rest:
            assert np.array_equal(rest[-1].tokens, whole[-1].tokens)


def test_state_is_a_few_kilobytes(painting: GenerationRequest) -> None:
    assert max(len(step.state) for step in steps(painting)) < 8_000


def test_tokens_of_frames_without_painting_are_given(painting: GenerationRequest) -> None:
    started = updates(painting)[0]

    assert isinstance(started, GenerationStarted)
    assert started.given[1].all()  # frames 3 and 4: the latter bears no painting
    assert started.stride == (2, 2, 2)
    painted = replace(painting, painted=_everywhere())
    assert not updates(painted)[0].given.any()  # type: ignore[union-attr]


def test_condition_shows_the_clip_where_it_is_known(painting: GenerationRequest) -> None:
    started = updates(painting)[0]

    assert isinstance(started, GenerationStarted)
    assert started.condition.shape == (*GRID, 3)
    assert started.condition[0].std() > 10


def test_previews_come_at_most_ten_a_second(
    painting: GenerationRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "EVERY_S", 3600.0)

    shown = [step.preview is not None for step in steps(painting)]

    assert shown == [True, *[False] * (STEPS - 2), True]


@pytest.mark.parametrize("task", [name for name in MASKED_TASKS if name != "paint"])
def test_every_task_runs(painting: GenerationRequest, task: str) -> None:
    label = "left" if TASKS[task].needs_label else None

    clips = result(replace(painting, task=task, painted=None, label=label))

    assert clips.shape == (1, *GRID, 3)


def test_class_changes_the_result_and_needs_no_clip(painting: GenerationRequest) -> None:
    request = replace(painting, task="CG", painted=None, clip=None)

    left, right = (result(replace(request, label=label)) for label in ("left", "right"))

    assert not np.array_equal(left, right)


def _everywhere() -> MaskTrack:
    return MaskTrack(*SIZE).painted(0, np.ones(SIZE[::-1], bool))


def _corner() -> MaskTrack:
    mask = np.zeros(SIZE[::-1], bool)
    mask[0, 0] = True
    return MaskTrack(*SIZE).painted(0, mask)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"bundle": "/nowhere"}, "model in /nowhere is incomplete"),
        ({"clip": "/nowhere.mp4"}, "nowhere.mp4"),
        ({"clip": None}, "needs a clip"),
        ({"task": "XYZ"}, "no task “XYZ”"),
        ({"task": "CG", "painted": None}, "needs a class.*left, right"),
        ({"label": "up"}, "no class “up”"),
        ({"painted": None}, "Nothing is painted yet"),
        ({"painted": MaskTrack(*SIZE)}, "Nothing is painted yet"),
        ({"painted": _corner()}, "Nothing is painted inside"),
        ({"painted": MaskTrack(8, 8).painted(0, np.ones((8, 8), bool))}, "painting is 8x8"),
        ({"decoder": "magic"}, "no decoder called “magic”"),
        ({"options": {"steps": 0}}, "Steps is at least 1"),
        ({"options": {"schedule": "zigzag"}}, "Schedule is one of"),
        ({"count": 0}, "number of variations"),
        ({"seed": -1}, "seed is at least 0"),
        ({"window": replace(WINDOW, frames=8)}, "Fit the window"),
        ({"window": replace(WINDOW, left=40)}, "reaches outside"),
        ({"window": replace(WINDOW, first=6)}, "begins at frame 6"),
        ({"resume": b"nonsense"}, "saved state"),
    ],
)
def test_request_that_cannot_be_met_is_refused_before_the_model_is_loaded(
    painting: GenerationRequest,
    changes: dict,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(generate, "bundle_in", _never)

    with pytest.raises(UserError, match=sentence):
        updates(replace(painting, **changes))


def test_task_that_the_model_was_not_trained_for_is_refused(
    painting: GenerationRequest, tmp_path: Path
) -> None:
    bundle = tiny_bundle(tmp_path / "narrow", tasks=("FP",))

    with pytest.raises(UserError, match="not trained for task paint"):
        updates(replace(painting, bundle=str(bundle)))


def test_state_of_another_generation_is_refused(painting: GenerationRequest) -> None:
    state = steps(painting)[1].state

    with pytest.raises(UserError, match="belongs to another generation"):
        updates(replace(painting, seed=99, resume=state))


def finished_state(request: GenerationRequest) -> bytes:
    return steps(request)[-1].state


def test_a_finished_result_is_refined_in_more_steps(painting: GenerationRequest) -> None:
    request = replace(painting, count=2)
    before = result(request)
    asked = request.refined(finished_state(request), 5)

    stepped = steps(asked)
    after = result(asked)

    assert len(stepped) == 5
    assert stepped[0].masked.any()  # something is taken back
    assert not stepped[-1].masked.any()
    assert not np.array_equal(before, after)
    assert np.array_equal(result(asked), after)
    assert np.array_equal(result(replace(asked, resume=stepped[2].state)), after)


def test_a_refined_result_can_be_refined_again(painting: GenerationRequest) -> None:
    once = painting.refined(finished_state(painting), 3)
    twice = once.refined(finished_state(once), 3)

    assert steps(twice)[-1].tokens.shape == steps(once)[-1].tokens.shape
    assert not np.array_equal(result(twice), result(once))


def test_one_of_several_variations_is_refined_alone(painting: GenerationRequest) -> None:
    both = replace(painting, count=2)
    asked = both.refined(finished_state(both), 3)

    second = replace(asked, seed=asked.seed + 1, count=1)

    assert np.array_equal(steps(second)[-1].tokens[0], steps(asked)[-1].tokens[1])


def test_only_a_finished_result_of_the_same_generation_is_refined(
    painting: GenerationRequest,
) -> None:
    asked = painting.refined(finished_state(painting), 3)
    unfinished = painting.refined(steps(painting)[1].state, 3)

    for wrong in (replace(asked, seed=9), replace(asked, count=2), replace(asked, seed=6)):
        with pytest.raises(UserError, match="another generation"):
            updates(wrong)
    with pytest.raises(UserError, match="let this generation end"):
        updates(unfinished)
    state = DecodeState.from_bytes(finished_state(painting))
    foreign = replace(state, tokens=state.tokens + 32).to_bytes()
    with pytest.raises(UserError, match="does not know"):
        updates(replace(asked, refine=foreign))
    with pytest.raises(UserError, match="there is none"):
        updates(replace(asked, refine=None))
    with pytest.raises(UserError, match="begins from nothing"):
        updates(replace(asked, decoder="commit"))


def test_state_beyond_the_last_step_is_refused(painting: GenerationRequest) -> None:
    state = replace(DecodeState.from_bytes(steps(painting)[1].state), done=STEPS + 1)

    with pytest.raises(UserError, match="belongs to another generation"):
        updates(replace(painting, resume=state.to_bytes()))


def test_running_out_of_memory_is_explained(
    painting: GenerationRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decode(self: object, tokens: torch.Tensor) -> torch.Tensor:  # noqa: ARG001
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("core.models.tokenizers.vqgan3d.VQGAN3D.decode", decode)

    with pytest.raises(OutOfMemory, match="not enough memory"):
        updates(painting)


def test_job_computes_on_the_device_that_it_asks_for(painting: GenerationRequest) -> None:
    finished = updates(replace(painting, device="cpu"))[-1]

    assert finished.device.startswith("CPU")
    with pytest.raises(UserError, match="“abacus”"):
        updates(replace(painting, device="abacus"))


def test_changed_bundle_is_loaded_again(painting: GenerationRequest, tmp_path: Path) -> None:
    bundle = tiny_bundle(tmp_path / "own")
    request = replace(painting, bundle=str(bundle))
    before = result(request)
    card = bundle / "card.json"
    card.write_text(card.read_text("utf-8").replace('"paint"', '"other"'), "utf-8")

    with pytest.raises(UserError, match="not trained"):
        updates(request)
    card.write_text(card.read_text("utf-8").replace('"other"', '"paint"'), "utf-8")

    assert np.array_equal(before, result(request))


def test_inference_mode_ends_with_each_update(painting: GenerationRequest) -> None:
    running = generate.run(painting)

    next(running)

    assert not torch.is_inference_mode_enabled()
    running.close()


def _never(*_: object) -> None:
    raise AssertionError("the model was loaded although the request is wrong")
