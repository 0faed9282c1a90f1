"""Tables and plots of figures that are known."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.jobs.comparison import FIGURES, Clip, Comparison, Difference, Trial

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

    steps = result.at_equal_steps(Trial("other", 8), "psnr")

    assert steps.mean == pytest.approx(2)
    assert steps.error == pytest.approx(0.5 * np.sqrt(4 / 3) / 2)


def test_at_equal_time_the_first_line_has_made_more_steps() -> None:
    result = comparison()

    at_8, at_16 = (result.at_equal_time(Trial("other", k), "psnr") for k in (8, 16))

    assert at_8.mean == pytest.approx(1)  # in its 4 seconds the first line makes 16 steps
    assert at_16.mean == pytest.approx(2)  # and no more than 16 were measured


def test_between_two_numbers_of_steps_quality_is_interpolated_over_the_logarithm_of_time() -> None:
    result = comparison()
    for clip in result.clips:
        clip.figures[str(Trial("other", 4))]["seconds"] = np.sqrt(2)
        clip.figures[str(Trial("other", 8))]["seconds"] = 0.5

    assert result.at_equal_time(Trial("other", 4), "psnr").mean == pytest.approx(2 - 0.5)
    assert np.isnan(result.at_equal_time(Trial("other", 8), "psnr").mean)  # nobody is as quick


def test_figures_where_there_is_nothing_to_measure_do_not_count() -> None:
    result = comparison()
    trial = Trial("other", 4)
    result.clips[0].figures[str(trial)]["ssim"] = float("nan")

    assert result.mean(trial, "ssim") == pytest.approx(result.of(trial, "ssim")[1:].mean())
    assert not np.isnan(result.at_equal_steps(trial, "ssim").mean)


def test_the_frechet_distance_is_one_of_all_clips_together() -> None:
    result = comparison(frechet=True)

    assert result.mean(Trial("first", 4), "frechet") == pytest.approx(0, abs=1e-9)
    assert result.mean(Trial("other", 4), "frechet") == pytest.approx(4)


@given(mean=st.floats(-3, 3), error=st.floats(0.01, 2), name=st.sampled_from(sorted(FIGURES)))
def test_what_may_be_chance_is_not_called_better(mean: float, error: float, name: str) -> None:
    figure, difference = FIGURES[name], Difference(mean, error)
    gain = mean if figure.rises else -mean

    assert difference.better(figure) == (gain > 2 * error)
    assert difference.shown(figure).startswith("**") == (gain > 2 * error)


def test_tables_and_plot_are_written(tmp_path: Path) -> None:
    result = comparison(frechet=True)

    result.write(tmp_path)

    table = (tmp_path / "table.md").read_text()
    assert "| other | 8 | 4.00 | 26.50 |" in table
    assert "**+2.00 ± 0.29**" in table
    data = json.loads((tmp_path / "table.json").read_text())
    assert len(data["rows"]) == 6
    assert data["rows"][4]["at_equal_steps"]["psnr"][0] == pytest.approx(2)
    picture = cv2.imread(str(tmp_path / "plot.png"))
    assert picture.shape[1] > 3 * 400
    assert picture.std() > 5


def test_of_one_clip_nothing_is_sure(tmp_path: Path) -> None:
    whole = comparison()
    one = Comparison(whole.trials, whole.clips[:1], "One clip.")

    one.write(tmp_path)

    assert "**" not in (tmp_path / "table.md").read_text()
    json.loads((tmp_path / "table.json").read_text(), parse_constant=pytest.fail)
