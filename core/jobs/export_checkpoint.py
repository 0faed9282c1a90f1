"""The way back: a VideoGPT bundle → a checkpoint that the authors' own code loads, strictly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from core.bundle import load_bundle
from core.cards import ModelCard
from core.checkpoints.lightning import write_checkpoint
from core.checkpoints.videogpt import prior_checkpoint, tokenizer_checkpoint
from core.errors import UserError


def run(folder: Path, out: Path) -> Iterator[Path]:
    """Yields each file when it is written: `out`, and after a prior the file of its VQ-VAE.

    The authors' code asks the VQ-VAE's own file for its sizes, so that one stands beside `out`.

    Raises:
        UserError: the authors' code has no such model, or a file cannot be written.
    """
    card = ModelCard.read(folder)
    if card.tokenizer.name != "vqvae" or card.family not in ("", "causal"):
        raise UserError(f"“{card.title}” is no model of VideoGPT, so it has no such checkpoint.")
    bundle, clip = load_bundle(folder), (card.frames, card.height, card.width)
    files = {out: tokenizer_checkpoint(bundle.tokenizer, clip)}
    if bundle.transformer is not None:
        beside = out.with_name(f"{out.stem}-vqvae.ckpt")
        files[beside] = files[out]
        files[out] = prior_checkpoint(bundle.transformer, bundle.tokenizer, clip, beside.name)
    step = max(card.steps.values(), default=0)
    for path, (weights, arguments) in files.items():
        try:
            write_checkpoint(path, weights, arguments, step)
        except OSError as error:
            raise UserError(f"{path} cannot be written: {error.strerror or error}.") from error
        yield path
