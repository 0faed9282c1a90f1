"""Our VideoGPT computes what its authors' does: the golden vectors agree."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.parity.__main__ import compare
from tests.parity.report import Report

pytestmark = pytest.mark.usefixtures("one_thread")


def some_of(shared: Path, folder: Path, *names: str) -> Path:
    """A folder with these files of the shared golden vectors."""
    for name in ("manifest.json", *names):
        shutil.copy(shared / "golden" / "videogpt" / name, folder)
    return folder


def test_a_tokenizer_in_the_older_layout_and_the_preprocessing_agree(
    shared: Path, tmp_path: Path
) -> None:
    names = ("vqvae_apr2021.ckpt", "vqvae_apr2021.npz", "preprocess.npz", "sparse_layouts.npz")
    report = Report()

    compare(some_of(shared, tmp_path, *names), report)

    assert report.failed == 0
    assert report.passed > 60


@pytest.mark.slow
def test_all_golden_vectors_agree(shared: Path) -> None:
    report = Report()

    compare(shared / "golden" / "videogpt", report)

    assert report.failed == 0
    assert report.passed > 300


def test_a_checkpoint_that_does_not_open_does_not_hide_the_others(
    shared: Path, tmp_path: Path
) -> None:
    folder = some_of(shared, tmp_path, "vqvae_b.ckpt", "preprocess.npz")
    (folder / "gpt_torn.ckpt").write_bytes((folder / "vqvae_b.ckpt").read_bytes()[:-100])
    with np.load(folder / "preprocess.npz") as file:
        arrays = dict(file)
    arrays["case2_out_CTHW"] = arrays["case2_out_CTHW"] + 0.01
    np.savez(folder / "preprocess.npz", **arrays)
    report = Report()

    compare(folder, report)

    assert report.failed == 2


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="neither"):
        compare(tmp_path, Report())
