"""Our VideoGPT computes what its authors' does: the golden vectors agree."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.parity.__main__ import compare
from tests.parity.report import Report

GOLDEN = Path(__file__).parents[1] / "golden" / "videogpt"

pytestmark = pytest.mark.usefixtures("one_thread")


def test_the_golden_vectors_of_the_repository_agree() -> None:
    report = Report()

    compare(GOLDEN, report)

    assert report.failed == 0
    assert report.passed > 100


@pytest.mark.slow
def test_all_golden_vectors_agree(shared: Path) -> None:
    report = Report()

    compare(shared / "golden" / "videogpt", report)

    assert report.failed == 0
    assert report.passed > 300


def test_a_checkpoint_that_does_not_open_does_not_hide_the_others(tmp_path: Path) -> None:
    for name in ("manifest.json", "vqvae_apr2021.ckpt"):
        shutil.copy(GOLDEN / name, tmp_path)
    torn = (GOLDEN / "vqvae_apr2021.ckpt").read_bytes()[:-100]
    (tmp_path / "gpt_torn.ckpt").write_bytes(torn)
    with np.load(GOLDEN / "preprocess.npz") as file:
        arrays = dict(file)
    arrays["case2_out_CTHW"] = arrays["case2_out_CTHW"] + 0.01
    np.savez(tmp_path / "preprocess.npz", **arrays)
    report = Report()

    compare(tmp_path, report)

    assert report.failed == 2


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="neither"):
        compare(tmp_path, Report())
