"""The import job: a checkpoint of VideoGPT's authors → a bundle, and what was found in it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import asdict
from pathlib import Path

from safetensors import SafetensorError
from torch import nn

from core.bundle import ModelBundle
from core.cards import ModelCard, Network
from core.checkpoints.lightning import Checkpoint, open_checkpoint
from core.checkpoints.videogpt import Model, load
from core.checkpoints.videogpt_sizes import as_text
from core.errors import UserError
from core.models.transformers.causal import CausalConfig
from core.requests import Imported, ImportRequest

RATE = 5.0
"""Frames per second at which the authors' own script shows what was generated."""
LICENCE = "the checkpoint's own; unknown"


def run(request: ImportRequest) -> Generator[Imported, None, None]:
    """One update: the bundle that was written, what was found and what was assumed.

    Raises:
        UserError: the file is no checkpoint of VideoGPT, or the bundle cannot be written.
    """
    path = Path(request.checkpoint)
    folder = _folder(request, path)
    checkpoint = open_checkpoint(path)
    tokenizer = open_checkpoint(Path(request.tokenizer)) if request.tokenizer else None
    model = load(checkpoint, heads=request.heads, tokenizer=tokenizer)
    card = _card(request, folder.name, checkpoint, model)
    try:
        ModelBundle(model.tokenizer, model.prior, card).save(folder)
    except (OSError, SafetensorError) as error:
        raise UserError(
            f"The model cannot be written into {folder}: {getattr(error, 'strerror', error)}. "
            "Choose another folder with --models, or make room."
        ) from error
    found = tuple(_found(checkpoint, model))
    yield Imported(str(folder), found, tuple(_assumed(request, card, model)))


def _folder(request: ImportRequest, path: Path) -> Path:
    """Where the bundle is written to: a folder that is not there yet."""
    name = path.stem if request.name is None else request.name
    if not name or name.startswith(".") or Path(name).name != name:
        raise UserError(f"“{name}” cannot be the name of a model. Give another one with --name.")
    folder = Path(request.models) / name
    if folder.exists():
        raise UserError(f"There is a model {folder} already. Give another name with --name.")
    return folder


# ── the card ───────────────────────────────────────────────────────────────────────────────────


def _card(request: ImportRequest, name: str, checkpoint: Checkpoint, model: Model) -> ModelCard:
    frames, height, width = model.clip
    prior = model.prior.config if model.prior else None
    part = "transformer" if prior else "tokenizer"
    return ModelCard(
        name=name,
        title=name.replace("_", " "),
        description=f"Imported from {checkpoint.path.name}, a checkpoint of VideoGPT.",
        tokenizer=Network("vqvae", asdict(model.tokenizer.config)),
        transformer=Network("causal", asdict(prior)) if prior else None,
        tasks=_tasks(prior) if prior else (),
        frames=frames,
        height=height,
        width=width,
        stride=model.tokenizer.stride,
        rate=RATE,
        licence=LICENCE,
        classes=_classes(request, prior.classes if prior else 0),
        data=_file(checkpoint, "data_path"),
        steps={part: checkpoint.step} if checkpoint.step else {},
    )


def _tasks(prior: CausalConfig) -> tuple[str, ...]:
    """What a prior was trained on: classes and first frames that it looks at are never left out."""
    if prior.context_frames:
        return ("continue-class",) if prior.classes else ("continue",)
    return ("CG", "continue-class") if prior.classes else ("generate", "continue")


def _classes(request: ImportRequest, count: int) -> tuple[str, ...]:
    if not request.classes:
        return tuple(f"class {label}" for label in range(count))
    if len(request.classes) != count:
        raise UserError(
            f"{request.checkpoint} has {count or 'no'} classes, but {len(request.classes)} names "
            "were given."
        )
    if len(set(request.classes)) < count:
        raise UserError("Two classes have the same name. Give each its own.")
    return request.classes


def _file(checkpoint: Checkpoint, argument: str) -> str:
    """Name of a file that the hyper-parameters name, without the folders of whoever trained."""
    path = checkpoint.arguments.get(argument)
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2] if isinstance(path, str) else ""


# ── in words ───────────────────────────────────────────────────────────────────────────────────


def _found(checkpoint: Checkpoint, model: Model) -> Iterator[str]:
    tokenizer, prior = model.tokenizer, model.prior
    sizes = tokenizer.config
    yield (
        f"VQ-VAE of {_parameters(tokenizer)} parameters: {sizes.codebook_size} codes of "
        f"{sizes.embedding_dim} numbers, width {sizes.hidden}, residual blocks: {sizes.res_layers}."
    )
    frames, height, width = model.clip
    grid = [size // step for size, step in zip(model.clip, tokenizer.stride, strict=True)]
    yield (
        f"Clips of {frames} frames of {width}x{height} pixels; token grid {as_text(grid)}, "
        f"strides {as_text(tokenizer.stride)}."
    )
    if prior is None:
        yield "No prior: a tokenizer alone, to measure and to train on, that generates nothing."
    else:
        yield from _prior_in_words(prior.config, _parameters(prior))
        if named := _file(checkpoint, "vqvae"):
            yield f"The VQ-VAE is the one that the file calls “{named}”."
    if checkpoint.step:
        by = f", by Lightning {checkpoint.version}" if checkpoint.version else ""
        yield f"Written at step {checkpoint.step}{by}."


def _prior_in_words(config: CausalConfig, parameters: str) -> Iterator[str]:
    yield (
        f"Prior of {parameters} parameters: {config.layers} layers, width {config.hidden}, "
        f"{config.heads} heads."
    )
    kind = "block-sparse" if config.attention == "sparse" else "full"
    yield f"Attention: {kind}, over {config.length} tokens."
    frames = "frame" if config.context_frames == 1 else f"{config.context_frames} frames"
    conditions = [f"{config.classes} classes"] if config.classes else []
    conditions += [f"the first {frames} of a clip"] if config.context_frames else []
    yield f"Conditioned on {' and '.join(conditions) or 'nothing'}."


def _assumed(request: ImportRequest, card: ModelCard, model: Model) -> Iterator[str]:
    yield from model.assumed
    if card.classes and not request.classes:
        yield (
            f"Classes are called “{card.classes[0]}” to “{card.classes[-1]}”, as the file does not "
            "name them; --classes does."
        )
    yield (
        f"{RATE:g} frames per second, as the authors show their clips; “rate” in the card sets "
        "another rate."
    )


def _parameters(network: nn.Module) -> str:
    return f"{sum(weight.numel() for weight in network.parameters()):,}"
