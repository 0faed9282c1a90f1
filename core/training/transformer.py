"""Training of the masked transformer with COMMIT: ten tasks and random painted regions.

Departs from MAGVIT where the recipe says so: task and mask ratio are drawn for each clip, some
clips are trained without any condition so that guidance has a meaning, the weights are averaged,
and tokens are used again from a bank, because tokenizing costs as much as learning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from core.conditioning import fill_clips
from core.models.tokenizers.vqgan3d import VQGAN3D
from core.models.transformers.bidirectional import BidirectionalTransformer
from core.tasks import MASKED_TASKS, TASKS, Special, Task, known_regions
from core.tokens import Condition
from core.training.bank import Bank, Examples, join
from core.training.data import Cut, Footage
from core.training.losses import token_loss
from core.training.masking import commit_inputs, mask_ratio
from core.training.painting import random_region
from core.training.phases import Learner
from core.training.precision import WorkingCopy
from core.training.recipe import MagvitRecipe

_STREAM = 2  # keeps the random numbers of the two phases apart
_FIXED_TASKS = tuple(TASKS[name] for name in MASKED_TASKS if not TASKS[name].painted)


class TransformerPhase:
    """See `core.training.phases.Phase`."""

    name, network = "transformer", "bidirectional"
    tasks, knows_classes = MASKED_TASKS, True

    def __init__(
        self,
        recipe: MagvitRecipe,
        footage: Footage,
        tokenizer: VQGAN3D,
        start: BidirectionalTransformer | None = None,
    ) -> None:
        self._recipe, self._footage = recipe, footage
        self._training, self.steps = recipe.transformer, recipe.transformer.steps
        copy = WorkingCopy(tokenizer, recipe.precision, exact=("quantizer",)).model
        assert isinstance(copy, VQGAN3D)
        self._tokenizer = copy
        self._classes = len(footage.classes)
        torch.manual_seed(recipe.seed)
        network = start
        if network is None:
            network = BidirectionalTransformer(recipe.transformer_config(self._classes))
            _place_words(network, tokenizer)
        self.learner = Learner(
            network,
            self._training.optimiser,
            self.steps,
            ema=self._training.ema,
            precision=recipe.precision,
        )
        self._bank = Bank(self._training.bank, network.config.grid)

    @property
    def trained(self) -> BidirectionalTransformer:
        average = self.learner.average
        assert isinstance(average, BidirectionalTransformer)
        return average

    def step(self, step: int) -> tuple[int, dict[str, float]]:
        rng = np.random.default_rng((self._recipe.seed, _STREAM, step))
        torch.manual_seed(int(rng.integers(2**62)))  # scores and dropout
        fresh = self._tokenize(rng, self._training.fresh)
        self._bank.add(fresh)
        reused = self._bank.draw(rng, self._training.batch - self._training.fresh)
        examples = self._without_condition(rng, join(fresh, reused))
        loss, figures = self._loss(examples)
        norm = self.learner.learn(loss, step)
        return self._training.batch, {"loss": float(loss.detach()), "gradient": norm} | figures

    def _loss(self, examples: Examples) -> tuple[Tensor, dict[str, float]]:
        training, count = self._training, len(examples.labels)
        ratio = mask_ratio(torch.rand(count if training.per_sample else 1))
        commit = commit_inputs(
            examples.tokens,
            examples.condition_tokens,
            examples.given,
            torch.rand(examples.tokens.shape),
            ratio,
            weights=training.weights,
        )
        model = self.learner.copy.model
        assert isinstance(model, BidirectionalTransformer)
        condition = Condition(commit.inputs, examples.given, examples.task_tokens, examples.labels)
        logits = model.logits(commit.inputs, condition)
        loss = token_loss(logits, commit.targets, commit.weights, training.label_smoothing)
        changed = commit.inputs != commit.targets
        hits = (logits.detach().argmax(-1) == commit.targets)[changed]
        return loss, {"accuracy": float(hits.float().mean())}

    def _tokenize(self, rng: np.random.Generator, count: int) -> Examples:
        """New clips, each with its task, as tokens of the whole and of the filled clip."""
        recipe = self._recipe
        cut = Cut(recipe.frames, recipe.size, recipe.strides, recipe.zoom)
        clips, labels = self._footage.draw(rng, count, cut)
        tasks = self._draw_tasks(rng, count)
        shape = (recipe.frames, recipe.size, recipe.size)
        given, filled = [], []
        for clip, task in zip(clips, tasks, strict=True):
            painted = random_region(rng, shape) if task.painted else None
            pixels, known = known_regions(task, shape, self._tokenizer.stride, painted)
            filled.append(fill_clips(clip[None], pixels, task.fill))
            given.append(torch.from_numpy(known))
        both = torch.cat([clips, *filled]).contiguous(memory_format=torch.channels_last_3d)
        with torch.no_grad():
            whole, condition_tokens = self._tokenizer.encode(both).chunk(2)
        return Examples(
            whole,
            condition_tokens,
            torch.stack(given),
            torch.tensor([int(task.token) for task in tasks]),
            self._labels(labels, tasks),
        )

    def _without_condition(self, rng: np.random.Generator, examples: Examples) -> Examples:
        """Turns a share of the clips into free generation without a class, as guidance asks it."""
        dropped = torch.from_numpy(rng.random(len(examples.labels)) < self._training.drop)
        return replace(
            examples,
            given=examples.given & ~dropped[:, None, None, None],
            task_tokens=examples.task_tokens.masked_fill(dropped, int(Special.FULL_GENERATION)),
            labels=examples.labels.masked_fill(dropped, self._classes),
        )

    def _draw_tasks(self, rng: np.random.Generator, count: int) -> list[Task]:
        training, painting = self._training, TASKS["paint"]
        drawn = [
            painting
            if rng.random() < training.paint_share
            else _FIXED_TASKS[rng.integers(len(_FIXED_TASKS))]
            for _ in range(count)
        ]
        return drawn if training.per_sample else [drawn[0]] * count

    def _labels(self, labels: Tensor, tasks: list[Task]) -> Tensor:
        asked = torch.tensor([task.needs_label for task in tasks])
        return torch.where(asked, labels, self._classes)

    def state(self) -> dict[str, Tensor]:
        return self.learner.state() | self._bank.state()

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        self.learner.load_state(state)
        self._bank.load_state(state)


@torch.no_grad()
def _place_words(network: BidirectionalTransformer, tokenizer: VQGAN3D) -> None:
    """Starts the embeddings of the codes as a random projection of the codebook.

    So codes that look alike are alike from the start; ours, not MAGVIT's. The scale stays.
    """
    codebook = tokenizer.quantizer.codebook
    codes = (codebook - codebook.mean(0)) / codebook.std(0).clamp(min=1e-6)
    projection = torch.randn(codes.shape[1], network.config.hidden) / codes.shape[1] ** 0.5
    words = network.words.weight
    words[: len(codes)] = words[: len(codes)].std() * (codes @ projection)
