"""Differences of figures that are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.jobs.comparison import FIGURES, Clip, Comparison, Difference, Trial, difference

STEPS = (4, 8, 16)


def comparison(*, frechet: bool = False) -> Comparison:
    """The first line takes k / 4 seconds, and its PSNR grows by 1 dB when k is doubled; the other
    takes twice as long and is 2 dB better, give or take half a dB."""
    trials = tuple(Trial(line, steps) for line in ("first", "other") for steps in STEPS)
    clips = []
    for number in range(4):
        clip = Clip(real=[0.0, float(number)] if frechet else [])
        for trial in trials:
            other = trial.line == "other"
            psnr = 20 + number + np.log2(trial.steps) + other * (2 + (-1) ** number / 2)
            seconds = trial.steps / 4 * (1 + other)
            features = [2.0 * other, float(number)] if frechet else []
            clip.add(trial, {"seconds": seconds, "psnr": psnr, "ssim": psnr / 100}, features)
        clips.append(clip)
    return Comparison(trials, tuple(clips), "Known figures.")


def test_differences_are_taken_clip_by_clip() -> None:
    result = comparison()

    steps = difference(result.at_equal_steps(Trial("other", 8), "psnr"))

    assert steps.mean == pytest.approx(2)
    assert steps.error == pytest.approx(0.5 * np.sqrt(4 / 3) / 2)


def test_at_equal_time_the_first_line_has_made_more_steps() -> None:
    result = comparison()

    at_8, at_16 = (result.at_equal_time(Trial("other", k), "psnr") for k in (8, 16))

    assert at_8.mean() == pytest.approx(1)  # in its 4 seconds the first line makes 16 steps
    assert at_16.mean() == pytest.approx(2)  # and no more than 16 were measured


def test_between_two_numbers_of_steps_quality_is_interpolated_over_the_logarithm_of_time() -> None:
    result = comparison()
    for clip in result.clips:
        clip.figures[str(Trial("other", 4))]["seconds"] = np.sqrt(2)
        clip.figures[str(Trial("other", 8))]["seconds"] = 0.5

    assert result.at_equal_time(Trial("other", 4), "psnr").mean() == pytest.approx(2 - 0.5)
    assert np.isnan(result.at_equal_time(Trial("other", 8), "psnr")).all()  # nobody is as quick


def test_over_all_steps_only_those_count_that_can_be_compared() -> None:
    result = comparison()
    for clip in result.clips:
        clip.figures[str(Trial("other", 4))]["seconds"] = 0.5

    mean = result.over_all_steps("other", "psnr", result.at_equal_time)

    assert mean.mean == pytest.approx((1 + 2) / 2)
    assert mean.error == pytest.approx(0.5 * np.sqrt(4 / 3) / 2)


def test_a_decoder_that_refines_has_no_equal_number_of_steps() -> None:
    result = comparison()

    assert np.isnan(result.at_equal_steps(Trial("other", 8, before=12), "psnr")).all()


def test_figures_where_there_is_nothing_to_measure_do_not_count() -> None:
    result = comparison()
    trial = Trial("other", 4)
    result.clips[0].figures[str(trial)]["ssim"] = float("nan")

    assert result.mean(trial, "ssim") == pytest.approx(result.of(trial, "ssim")[1:].mean())
    assert not np.isnan(difference(result.at_equal_steps(trial, "ssim")).mean)


def test_the_frechet_distance_is_one_of_all_clips_together() -> None:
    result = comparison(frechet=True)

    assert result.mean(Trial("first", 4), "frechet") == pytest.approx(0, abs=1e-9)
    assert result.mean(Trial("other", 4), "frechet") == pytest.approx(4)


@given(mean=st.floats(-3, 3), error=st.floats(0.01, 2), name=st.sampled_from(sorted(FIGURES)))
def test_what_may_be_chance_is_not_called_better(mean: float, error: float, name: str) -> None:
    gain = mean if FIGURES[name].rises else -mean

    assert Difference(mean, error).better(FIGURES[name]) == (gain > 2 * error)


def test_of_one_clip_nothing_is_sure() -> None:
    one = difference(np.array([3.0]))

    assert one.mean == 3
    assert not one.better(FIGURES["psnr"])
