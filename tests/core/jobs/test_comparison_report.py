"""Tables and plots of figures that are known."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest

from core.jobs.comparison import Comparison
from core.jobs.comparison_report import as_data, as_table, write
from tests.core.jobs.test_comparison import comparison


def test_tables_and_plot_are_written(tmp_path: Path) -> None:
    write(comparison(frechet=True), tmp_path)

    table = (tmp_path / "table.md").read_text()
    assert "| other | 8 | 4.00 | 26.50 |" in table
    assert "| other | **+2.00 ± 0.29** |" in table
    picture = cv2.imread(str(tmp_path / "plot.png"))
    assert picture.shape[1] > 3 * 400
    assert picture.std() > 5


def test_the_same_for_programs() -> None:
    data = json.loads(json.dumps(as_data(comparison()), allow_nan=False))

    assert data["compared_with"] == "first"
    assert len(data["rows"]) == 6
    assert data["rows"][4]["at_equal_steps"]["psnr"][0] == pytest.approx(2)
    assert data["over_all_steps"]["other"]["at_equal_time"]["psnr"][0] == pytest.approx(4 / 3)


def test_of_one_clip_nothing_is_in_bold(tmp_path: Path) -> None:
    whole = comparison()
    one = Comparison(whole.trials, whole.clips[:1], "One clip.")

    write(one, tmp_path)

    assert "**" not in as_table(one)
