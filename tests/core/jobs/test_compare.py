"""The comparison job with a tiny random model, on two tiny videos."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.jobs import bench, compare
from core.jobs.compare import CompareRequest, Line
from core.jobs.comparison import Comparison, Trial
from core.models.transformers.bidirectional import BidirectionalTransformer
from tests.bundles import tiny_bundle, tiny_videogpt_bundle
from tests.clips import write_lossless

pytestmark = pytest.mark.usefixtures("one_thread")
COMMIT, HALTON = Line("commit", "commit"), Line("halton:order=2d", "halton", {"order": "2d"})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds the bundle `tiny` and two videos in `val`."""
    folder = tmp_path_factory.mktemp("compare")
    tiny_bundle(folder / "tiny")
    (folder / "val").mkdir()
    for name in ("a", "b"):
        write_lossless(folder / "val" / f"{name}.mkv", 6, (24, 20))
    return folder


@pytest.fixture
def request_(folder: Path, tmp_path: Path) -> CompareRequest:
    return CompareRequest(
        folder / "tiny",
        folder / "val",
        tmp_path / "out",
        (COMMIT, HALTON),
        (1, 3),
        tasks=("IPC", "paint"),
        clips=3,
        seed=4,
    )


def compared(request: CompareRequest) -> tuple[list[str], Comparison]:
    """What was measured, in that order, and the result."""
    *updates, last = compare.run(request)
    assert all(update.result is None for update in updates)
    assert [u.fraction for u in updates] == sorted(u.fraction for u in updates)
    assert last.fraction == 1
    assert last.result is not None
    return [update.text for update in updates], last.result


def test_every_decoder_runs_at_every_number_of_steps_on_the_same_clips(
    request_: CompareRequest,
) -> None:
    measured, result = compared(request_)

    assert len(measured) == len(set(measured)) == 4 * 3
    assert result.trials == tuple(
        Trial(n, k) for n in ("commit", "halton:order=2d") for k in (1, 3)
    )
    for trial in result.trials:
        assert np.isfinite(result.of(trial, "psnr")).all()
        assert (result.of(trial, "seconds") > 0).all()
    assert len({clip.digest for clip in result.clips}) == 3
    # In one step all tokens are drawn at once, whatever the order.
    assert (result.of(Trial("commit", 1), "psnr") == result.of(result.trials[2], "psnr")).all()


def test_figures_depend_on_the_request_alone_and_not_on_the_turns(
    request_: CompareRequest, tmp_path: Path
) -> None:
    _, result = compared(request_)
    _, alone = compared(replace(request_, lines=(HALTON,), out=tmp_path / "alone"))

    for trial in alone.trials:
        assert (alone.of(trial, "psnr") == result.of(trial, "psnr")).all()


def test_what_was_measured_is_not_measured_again(request_: CompareRequest) -> None:
    stopped = compare.run(request_)
    for _ in range(6):
        next(stopped)
    stopped.close()
    first = json.loads((request_.out / "clips" / "0000.json").read_text())

    measured, result = compared(request_)
    more, extended = compared(replace(request_, steps=(1, 2, 3)))

    assert len(measured) == 8  # a clip is kept when all of it is there
    assert result.clips[0].figures == first["figures"]
    assert len(more) == 2 * 3
    assert all("· 2" in text for text in more)
    assert (
        extended.of(Trial("commit", 3), "seconds") == result.of(Trial("commit", 3), "seconds")
    ).all()


def test_a_decoder_that_refines_is_given_a_result_and_its_time_counts(
    request_: CompareRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    logits, passes = BidirectionalTransformer.logits, []
    monkeypatch.setattr(
        BidirectionalTransformer, "logits", lambda *asked: (passes.append(1), logits(*asked))[1]
    )
    monkeypatch.setattr(bench.time, "perf_counter", lambda: float(len(passes)))
    lines = (COMMIT, Line("refine", "refine", {"share": 0.0}))

    _, result = compared(replace(request_, lines=lines, steps=(12,)))

    refined, plain = Trial("refine", 12, before=12), Trial("commit", 12)
    assert (result.of(refined, "psnr") == result.of(plain, "psnr")).all()  # it takes nothing back
    assert (result.seconds(plain), result.seconds(refined)) == (12, 24)


def test_a_folder_with_a_comparison_on_other_clips_is_refused(
    request_: CompareRequest, tmp_path: Path
) -> None:
    videos = tmp_path / "videos"
    videos.mkdir()
    write_lossless(videos / "a.mkv", 6, (24, 20))
    request = replace(request_, data=videos, clips=1)
    compared(request)

    with pytest.raises(UserError, match="Choose another folder"):
        compared(replace(request, seed=5))
    write_lossless(videos / "a.mkv", 8, (30, 22))
    with pytest.raises(UserError, match="footage has changed"):
        compared(replace(request, steps=(5,)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lines": (Line("x", "nonsense"),)}, "nonsense"),
        ({"lines": (Line("x", "commit", {"order": "2d"}),)}, "order"),
        ({"steps": (0,)}, "at least 1"),
        ({"clips": 0}, "one clip at least"),
        ({"tasks": ("CG",)}, "Choose among"),
        ({"tasks": ("continue",)}, "Choose among"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_anything_is_written(
    request_: CompareRequest, change: dict, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        compared(replace(request_, **change))
    assert not request_.out.exists()


def test_a_model_that_goes_token_by_token_has_no_steps_to_compare(
    request_: CompareRequest, tmp_path: Path
) -> None:
    bundle = tiny_videogpt_bundle(tmp_path / "causal")

    with pytest.raises(UserError, match="Masked decoders are compared"):
        compared(replace(request_, bundle=bundle))


def test_with_networks_there_are_lpips_and_a_frechet_distance(
    request_: CompareRequest, shared: Path
) -> None:
    request = replace(request_, networks=shared / "metrics", steps=(1,), lines=(COMMIT,))

    _, result = compared(request)

    assert list(result.figures) == ["psnr", "ssim", "lpips", "frechet"]
    assert result.mean(Trial("commit", 1), "frechet") > 0
    assert (result.of(Trial("commit", 1), "lpips") > 0).all()
