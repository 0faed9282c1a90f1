"""`python -m tests.parity DIR`: compare with the golden vectors in DIR.

DIR holds .npz files, beside config.json as MAGVIT's golden vectors, or beside manifest.json and
checkpoints as VideoGPT's. One line per check; the last line is "N passed, M failed"; the exit code
is 0 only when nothing failed and something passed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import torch

from tests.parity.baselines import (
    check_autoregressive,
    check_cross_fade,
    check_discriminator,
    check_inflation,
)
from tests.parity.decoding import check_decoding
from tests.parity.folder import Arrays, MagvitFolder
from tests.parity.metrics import check_metrics
from tests.parity.networks import check_sequences, check_tokenizer, check_transformer
from tests.parity.prior import check_prior, check_sparse_layouts
from tests.parity.report import Report
from tests.parity.tasks import check_fills, check_fullsize_masks, check_masks, check_schedules
from tests.parity.training import check_masking, check_tokenizer_losses
from tests.parity.videogpt import VideoGPTFolder, check_preprocessing
from tests.parity.vqvae import check_vqvae

Check = Callable[[Any, Arrays, Report], None]

MAGVIT: dict[str, Check] = {
    "schedules.npz": check_schedules,
    "tasks_masks.npz": check_masks,
    "tasks_masks_fullsize.npz": check_fullsize_masks,
    "tasks_cond_video_*.npz": check_fills,
    "vq_io.npz": check_tokenizer,
    "bert_io.npz": check_transformer,
    "sequence_layout.npz": check_sequences,
    "decode_[0-9]*.npz": check_decoding,
    "commit_masks.npz": check_masking,
    "vq_train.npz": check_tokenizer_losses,
    "disc_io.npz": check_discriminator,
    "inflation.npz": check_inflation,
    "ar_lm.npz": check_autoregressive,
    "overlap_pool.npz": check_cross_fade,
    "metrics.npz": check_metrics,
}
VIDEOGPT: dict[str, Check] = {
    "vqvae_*.npz": check_vqvae,
    "gpt_*.npz": check_prior,
    "sparse_layouts.npz": check_sparse_layouts,
    "preprocess.npz": check_preprocessing,
}
INPUTS = ("vq_weights_*.npz", "bert_weights*.npz", "disc_weights*.npz", "decode_noise_*.npz")


@contextmanager
def exact_convolutions() -> Iterator[None]:
    """Without oneDNN, whose 3D convolutions are a hundred times less exact than PyTorch's own."""
    before = torch.backends.mkldnn.enabled
    torch.backends.mkldnn.enabled = False
    try:
        yield
    finally:
        torch.backends.mkldnn.enabled = before


@exact_convolutions()
@torch.no_grad()
def compare(path: Path, report: Report) -> None:
    """Runs every check whose file is in the folder.

    Raises:
        ValueError: the folder is neither one of MAGVIT's nor one of VideoGPT's.
    """
    if (path / "config.json").is_file():
        _compare_arrays(path, MagvitFolder(path), MAGVIT, report)
    elif (path / "manifest.json").is_file():
        folder = VideoGPTFolder(path)
        for name in folder.names:
            with _reported(name, report):
                folder.check_checkpoint(name, report)
        _compare_arrays(path, folder, VIDEOGPT, report)
    else:
        raise ValueError(f"{path} holds neither config.json nor manifest.json")


def _compare_arrays(path: Path, folder: Any, checks: dict[str, Check], report: Report) -> None:
    for file in sorted(path.glob("*.npz")):
        check = next((check for name, check in checks.items() if fnmatch(file.name, name)), None)
        if check is None:
            if not any(fnmatch(file.name, pattern) for pattern in INPUTS):
                report.note(file.name, "not covered")
            continue
        arrays = Arrays(file)
        with _reported(file.name, report):
            check(folder, arrays, report)
        if arrays.unread:
            report.note(file.name, f"not covered: {', '.join(arrays.unread)}")


@contextmanager
def _reported(name: str, report: Report) -> Iterator[None]:
    """One broken file must not hide the others' answers."""
    try:
        yield
    except Exception as error:
        report.error(name, error)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.parity", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR")
    folder = parser.parse_args().folder
    report = Report()
    try:
        compare(folder, report)
    except ValueError as error:
        parser.error(str(error))
    print(report.summary())
    return 0 if report.passed and not report.failed else 1


if __name__ == "__main__":
    sys.exit(main())
