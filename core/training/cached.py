"""Training from tokens: a phase's examples out of a cache that the run makes or the user names."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from core.errors import UserError
from core.requests import TrainUpdate
from core.training import processes
from core.training.cache import Contents, TokenCache, fingerprint, token_type, write_cache
from core.training.data import Footage
from core.training.loading import Batch, Examples
from core.training.prior import PriorPhase
from core.training.recipe import PriorTraining, TransformerTraining
from core.training.tokenizing import Cacheable
from core.training.transformer import TransformerPhase

TOKENS = "tokens"
"""The folder of a run's own cache, and the name of its phase."""


@dataclass(frozen=True)
class CachedExamples:
    """Examples of a cache in the place of those that a phase makes.

    The first time through they come as they were made; then shuffled, each time anew.

    Attributes:
        plain: what the cache was made of; adds what is drawn afresh at every use.
        classes: of the model; a label that it does not know becomes the unknown one.
    """

    plain: Cacheable
    cache: TokenCache
    seed: int
    classes: int

    def count(self, step: int) -> int:
        return self.plain.count(step)

    def __call__(self, footage: Footage, step: int, index: int) -> Batch:  # noqa: ARG002
        together = self.cache.contents.together
        units = len(self.cache) // together
        unit, place = divmod(step * self.count(step) + index, together)
        turn, unit = divmod(unit, units)
        if turn:
            unit = int(_shuffled(self.seed, turn, units)[unit])
        example = self.cache[unit * together + place]
        example["label"] = example["label"].clamp(max=self.classes)
        return example | self.plain.redrawn(step, index)


@lru_cache(maxsize=2)
def _shuffled(seed: int, turn: int, count: int) -> NDArray[np.int64]:
    return np.random.default_rng((seed, turn)).permutation(count)


def examples_for(
    phase: TransformerPhase | PriorPhase,
    training: TransformerTraining | PriorTraining,
    tokenizer: nn.Module,
    footage: Footage,
    *,
    recipe_folder: Path,
    run: Path,
    device: torch.device,
    workers: int = 0,
) -> Generator[TrainUpdate, None, Examples]:
    """What a phase trains on, as its section of the recipe says; tokenizes first where it must.

    Raises:
        UserError: the tokens are of another tokenizer, or cannot be read or written.
    """
    if training.tokens:
        cache = TokenCache(recipe_folder / training.tokens)
        classes = footage.classes if phase.knows_classes else None
        cache.verify(phase.network, fingerprint(tokenizer), classes)
    elif training.cached:
        cache = yield from _made(phase, training.cached, tokenizer, footage, run, device, workers)
    else:
        return phase.examples
    if len(cache) < cache.contents.together:
        raise UserError(
            f"{cache.folder} holds {len(cache)} examples, less than a batch of "
            f"{cache.contents.together}. Tokenize more."
        )
    return CachedExamples(phase.examples, cache, phase.examples.seed, phase.config.classes)


def _made(
    phase: TransformerPhase | PriorPhase,
    count: int,
    tokenizer: nn.Module,
    footage: Footage,
    run: Path,
    device: torch.device,
    workers: int,
) -> Generator[TrainUpdate, None, TokenCache]:
    """The run's own cache, made or gone on with."""
    folder, examples = run / TOKENS, phase.examples
    contents = Contents(
        phase.network,
        fingerprint(tokenizer),
        footage.classes,
        count,
        examples.together,
        examples.made | {"footage": footage.fingerprint},
    )
    counts = write_cache(
        folder,
        contents,
        footage,
        examples,
        phase.prepare,
        stored=token_type(phase.config.codebook_size),
        device=device,
        workers=workers,
        rank=processes.rank(),
        world=processes.count(),
    )
    first, begin = next(counts), time.perf_counter()
    for done in counts:
        rate = (done - first) / (time.perf_counter() - begin)
        yield TrainUpdate(TOKENS, done, count // processes.count(), samples_per_second=rate)
    processes.any_of(False, device)  # all have written their part
    return TokenCache(folder)
