"""Training of the masked transformer with COMMIT: ten tasks and random painted regions.

Departs from MAGVIT where the recipe says so: task and mask ratio are drawn for each clip, some
clips are trained without any condition so that guidance has a meaning, and the weights are
averaged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.models.tokenizers.vqgan3d import VQGAN3D
from core.models.transformers.bidirectional import BidirectionalTransformer
from core.pixels import as_video
from core.tasks import MASKED_TASKS, TASKS, Special, Task, fill_unknown, known_regions
from core.tokens import Condition
from core.training.computing import Computing
from core.training.data import Cut, Footage
from core.training.learner import Learner
from core.training.loading import Batch
from core.training.losses import token_loss
from core.training.masking import commit_inputs, mask_ratio
from core.training.painting import random_region
from core.training.phases import Losses
from core.training.precision import WorkingCopy
from core.training.recipe import MagvitRecipe, TransformerTraining

_FIXED_TASKS = tuple(TASKS[name] for name in MASKED_TASKS if not TASKS[name].painted)


@dataclass(frozen=True)
class TaskExamples:
    """Examples for a masked transformer: clips with a task each.

    "frames" and "filled" uint8 (T, size, size, 3): the clip, and the clip with its unknown pixels
    filled; "given" bool (t, h, w); "task" and "label" int64; "progress" float32 in [0, 1), from
    which the mask ratio follows; "score" float32 (t, h, w) in [0, 1), the lowest are masked.

    Attributes:
        stride: of the tokenizer.
        classes: number of classes; the label of a clip that is not shown its own.
    """

    seed: int
    stream: int
    cut: Cut
    training: TransformerTraining
    stride: tuple[int, int, int]
    classes: int

    def count(self, step: int) -> int:  # noqa: ARG002 - the same at any step
        return self.training.batch

    def __call__(self, footage: Footage, step: int, index: int) -> Batch:
        rng = np.random.default_rng((self.seed, self.stream, step, index))
        drawn = footage.draw(rng, self.cut)
        shared = rng if self.training.per_sample else self._shared_by(step)
        task, progress = self._draw_task(shared), shared.random(dtype=np.float32)
        shape = drawn.frames.shape[:3]
        painted = random_region(rng, shape) if task.painted else None
        pixels, given = known_regions(task, shape, self.stride, painted)
        special, label = task.token, drawn.label if task.needs_label else self.classes
        if rng.random() < self.training.drop:
            given, special, label = given & False, Special.FULL_GENERATION, self.classes
        return {
            "frames": torch.from_numpy(drawn.frames),
            "filled": torch.from_numpy(fill_unknown(drawn.frames, pixels, task.fill)),
            "given": torch.from_numpy(given),
            "task": torch.tensor(int(special)),
            "label": torch.tensor(label),
            "progress": torch.tensor(progress),
            "score": torch.from_numpy(rng.random(given.shape, dtype=np.float32)),
        }

    def _shared_by(self, step: int) -> np.random.Generator:
        """What a whole step shares comes from here, as published: its task and its ratio."""
        return np.random.default_rng((self.seed, self.stream, step))

    def _draw_task(self, rng: np.random.Generator) -> Task:
        if rng.random() < self.training.paint_share:
            return TASKS["paint"]
        return _FIXED_TASKS[rng.integers(len(_FIXED_TASKS))]


class TransformerPhase:
    """See `core.training.phases.Phase`."""

    name, network, stream = "transformer", "bidirectional", 2
    tasks, knows_classes = MASKED_TASKS, True

    def __init__(
        self,
        recipe: MagvitRecipe,
        classes: tuple[str, ...],
        tokenizer: VQGAN3D,
        start: BidirectionalTransformer | None = None,
        computing: Computing | None = None,
    ) -> None:
        computing = computing or Computing.of(recipe)
        self._training, self.steps = recipe.transformer, recipe.transformer.steps
        self.examples = TaskExamples(
            recipe.seed,
            self.stream,
            Cut.of(recipe),
            self._training,
            tokenizer.stride,
            len(classes),
        )
        tokenizer = tokenizer.to(computing.device)
        copy = WorkingCopy(tokenizer, computing.precision, exact=("quantizer",)).model
        assert isinstance(copy, VQGAN3D)
        self._tokenizer = copy
        torch.manual_seed(recipe.seed)
        network = start
        if network is None:
            network = BidirectionalTransformer(recipe.transformer_config(len(classes)))
            _place_words(network, tokenizer)
        self.learner = Learner(
            network,
            self._training.optimiser,
            self.steps,
            ema=self._training.ema,
            computing=computing,
            splits=True,
            low_rank=recipe.lora,
        )
        self.learners = {self.name: self.learner}

    @property
    def trained(self) -> BidirectionalTransformer:
        average = self.learner.average
        assert isinstance(average, BidirectionalTransformer)
        return average

    @torch.no_grad()
    def prepare(self, batch: Batch) -> Batch:
        """The tokenizer's part: "tokens" and "condition_tokens" int64 (b, t, h, w), of the whole
        and of the filled clips, beside "given", "task" and "label"."""
        both = torch.cat([as_video(batch["frames"]), as_video(batch["filled"])])
        both = both.contiguous(memory_format=torch.channels_last_3d)
        tokens, condition_tokens = self._tokenizer.encode(both).chunk(2)
        kept = {name: batch[name] for name in ("given", "task", "label")}
        return kept | {"tokens": tokens, "condition_tokens": condition_tokens}

    def losses(self, batch: Batch, step: int) -> Losses:  # noqa: ARG002 - the same at any step
        prepared, training = self.prepare(batch), self._training
        commit = commit_inputs(
            prepared["tokens"],
            prepared["condition_tokens"],
            prepared["given"],
            batch["score"],
            mask_ratio(batch["progress"]),
            weights=training.weights,
        )
        model = self.learner.copy.model
        assert isinstance(model, BidirectionalTransformer)
        condition = Condition(commit.inputs, prepared["given"], prepared["task"], prepared["label"])
        logits = model.logits(commit.inputs, condition)
        loss = token_loss(logits, commit.targets, commit.weights, training.label_smoothing)
        changed = commit.inputs != commit.targets
        hits = (logits.detach().argmax(-1) == commit.targets) & changed
        return Losses({self.name: {"loss": loss}}, {"accuracy": hits.sum() / changed.sum()})

    def after(self, step: int) -> None:
        """Nothing."""

    def state(self) -> dict[str, Tensor]:
        return {}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Nothing: all of it is the learner's."""


@torch.no_grad()
def _place_words(network: BidirectionalTransformer, tokenizer: VQGAN3D) -> None:
    """Starts the embeddings of the codes as a random projection of the codebook.

    So codes that look alike are alike from the start; ours, not MAGVIT's. The scale stays.
    """
    codebook = tokenizer.quantizer.codebook.cpu()
    codes = (codebook - codebook.mean(0)) / codebook.std(0).clamp(min=1e-6)
    projection = torch.randn(codes.shape[1], network.config.hidden) / codes.shape[1] ** 0.5
    words = network.words.weight
    words[: len(codes)] = words[: len(codes)].std() * (codes @ projection)
