"""Our arithmetic is the authors': the golden vectors agree, and a wrong one is noticed."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.parity.__main__ import compare
from tests.parity.report import Report

GOLDEN = Path(__file__).parents[1] / "golden" / "magvit"


def test_the_golden_vectors_of_the_repository_agree() -> None:
    report = Report()

    compare(GOLDEN, report)

    assert report.failed == 0
    assert report.passed > 275


@pytest.mark.slow
def test_all_golden_vectors_agree(shared: Path) -> None:
    report = Report()

    compare(shared / "golden" / "magvit", report)

    assert report.failed == 0
    assert report.passed > 1000


def test_a_wrong_array_fails_and_a_broken_file_does_not_hide_the_others(tmp_path: Path) -> None:
    shutil.copy(GOLDEN / "config.json", tmp_path)
    with np.load(GOLDEN / "schedules.npz") as file:
        arrays = dict(file)
    arrays["cosine_12_floorN1024"] = arrays["cosine_12_floorN1024"] + 1
    np.savez(tmp_path / "schedules.npz", **arrays)
    np.savez(tmp_path / "bert_io.npz", ids=np.zeros((1, 4)))
    report = Report()

    compare(tmp_path, report)

    assert report.failed == 2
    assert report.passed == len(arrays) - 1


@pytest.mark.parametrize("value", [np.nan, np.inf, 1.1])
def test_numbers_that_are_off_fail(value: float) -> None:
    report = Report()

    report.close("pi", [value, 2.0], [1.0, 2.0], 1e-3)

    assert report.failed == 1
