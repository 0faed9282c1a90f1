"""The tokenizing job: a bundle's tokenizer on footage → a folder of tokens to train from."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.bundle import load_bundle
from core.cards import ModelCard
from core.device import best_device
from core.training.cache import Contents, fingerprint, token_type, write_cache
from core.training.data import Cut, Footage, load_footage
from core.training.loading import Batch
from core.training.prior import PriorExamples, PriorPhase
from core.training.recipe import DataSource, TransformerTraining, sources_of
from core.training.task_examples import TaskExamples
from core.training.tokenizing import Cacheable, tokenize_clips, tokenize_tasks
from core.training.transformer import TransformerPhase

MASKED_TOKENIZERS = ("vqgan3d", "vqgan2d")
"""Their tokens are for a masked transformer; all others' for a causal one."""


@dataclass(frozen=True)
class TokenizeRequest:
    """What to tokenize.

    Attributes:
        bundle: folder of the model whose tokenizer is used; it needs no transformer.
        data: a folder of videos, a video, or a TOML file with [[data]] sections.
        out: the folder of the tokens; a folder that is not complete is gone on with.
        clips: how many random clips; the same for the same seed.
        flip: mirror half of the clips, whatever the TOML file says.
        strides, zoom: how clips are cut, as in a recipe.
        paint: for a masked transformer, the share of clips with a painted region.
        drop: share of clips without any condition (masked) or without their class (causal).
        workers: processes that decode.
    """

    bundle: Path
    data: Path
    out: Path
    clips: int
    seed: int = 0
    flip: bool = False
    strides: int = 2
    zoom: float = 0.6
    paint: float = TransformerTraining.paint_share
    drop: float = TransformerTraining.drop
    workers: int = 0


@dataclass(frozen=True)
class TokenizeUpdate:
    """`done` of `total` clips; `clips_per_second` since the start; `skipped`: why videos could not
    be used, by name."""

    done: int
    total: int
    clips_per_second: float
    skipped: dict[str, str]


def run(request: TokenizeRequest) -> Iterator[TokenizeUpdate]:
    """Tokenizes what is not there yet.

    Raises:
        UserError: the bundle or the footage cannot be used, the folder holds other tokens, or it
            cannot be written.
    """
    device = best_device()
    bundle = load_bundle(request.bundle, device)
    sources = _sources(request)
    footage = load_footage(sources, request.data.parent, bundle.card.classes)
    examples, prepare, network = examples_of(bundle.card, bundle.tokenizer, footage, request)
    contents = Contents(
        network,
        fingerprint(bundle.tokenizer),
        footage.classes,
        request.clips,
        examples.together,
        examples.made | {"footage": footage.fingerprint},
    )
    counts = write_cache(
        request.out,
        contents,
        footage,
        examples,
        prepare,
        stored=token_type(bundle.tokenizer.codebook_size),
        device=device,
        workers=request.workers,
    )
    first, begin = next(counts), time.perf_counter()
    yield TokenizeUpdate(first, request.clips, 0.0, dict(footage.skipped))
    for done in counts:
        rate = (done - first) / (time.perf_counter() - begin)
        yield TokenizeUpdate(done, request.clips, rate, dict(footage.skipped))


def _sources(request: TokenizeRequest) -> tuple[DataSource, ...]:
    sources = sources_of(request.data)
    return tuple(replace(one, flip=True) for one in sources) if request.flip else sources


def examples_of(
    card: ModelCard, tokenizer: Any, footage: Footage, request: TokenizeRequest
) -> tuple[Cacheable, Callable[[Batch], Batch], str]:
    """Examples, what the tokenizer makes of them, and which transformer they are for."""
    cut = Cut(card.frames, card.height, request.strides, request.zoom)
    classes = len(footage.classes)
    if card.tokenizer.name in MASKED_TOKENIZERS:
        training = TransformerTraining(0, paint_share=request.paint, drop=request.drop)
        tasks = TaskExamples(
            request.seed, TransformerPhase.stream, cut, training, card.stride, classes
        )
        return tasks, lambda batch: tokenize_tasks(tokenizer, batch), TransformerPhase.network
    clips = PriorExamples(request.seed, PriorPhase.stream, cut, 1, request.drop, request.drop)
    frames = card.context_frames
    return (
        clips,
        lambda batch: tokenize_clips(tokenizer, batch, classes, frames),
        PriorPhase.network,
    )
