"""Training of the masked transformer with COMMIT, or with a baseline of the paper's ablation.

Departs from MAGVIT where the recipe says so: painting is a task as well, task and mask ratio are
drawn for each clip, some clips are trained without any condition so that guidance has a meaning,
and the weights are averaged.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from core.clip import Frames
from core.decoders.masked import Commit
from core.models.tokenizers.vqgan3d import VQGAN3D
from core.models.transformers.bidirectional import BidirectionalTransformer
from core.pixels import to_frames
from core.sampling import SeededNoise
from core.tasks import MASKED_TASKS, TASKS
from core.tokens import MASK, Condition
from core.training.computing import Computing
from core.training.data import Cut
from core.training.learner import Learner
from core.training.loading import Batch
from core.training.losses import token_loss
from core.training.masking import commit_inputs, mask_ratio
from core.training.phases import Losses
from core.training.precision import WorkingCopy
from core.training.recipe import MagvitRecipe
from core.training.task_examples import TaskExamples, task_shares
from core.training.tokenizing import tokenize_tasks, used_codes


class TransformerPhase:
    """See `core.training.phases.Phase`."""

    name, network, stream = "transformer", "bidirectional", 2

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
        tokenizer = tokenizer.to(computing.device)
        copy = WorkingCopy(tokenizer, computing.precision, exact=("quantizer",)).model
        assert isinstance(copy, VQGAN3D)
        self._tokenizer = copy
        torch.manual_seed(recipe.seed)
        network = start
        if network is None:
            network = BidirectionalTransformer(recipe.transformer_config(len(classes)))
            _place_words(network, tokenizer)
        self.config = network.config
        self.examples = TaskExamples(
            recipe.seed,
            self.stream,
            Cut.of(recipe),
            self._training,
            tokenizer.stride,
            self.config.classes,
        )
        self.learner = Learner(
            network,
            self._training.optimiser,
            self.steps,
            ema=self._training.ema,
            computing=computing,
            splits=True,
            low_rank=recipe.lora,
            rows={"words.weight": _class_rows(network, len(recipe.new_classes))},
        )
        self.learners = {self.name: self.learner}

    @property
    def knows_classes(self) -> bool:
        return self.config.classes > 0

    @property
    def tasks(self) -> tuple[str, ...]:
        """What it is trained on; without classes nothing that needs one."""
        able = [name for name in MASKED_TASKS if self.knows_classes or not TASKS[name].needs_label]
        return tuple(name for name in able if name in task_shares(self._training))

    @property
    def trained(self) -> BidirectionalTransformer:
        average = self.learner.average
        assert isinstance(average, BidirectionalTransformer)
        return average

    def prepare(self, batch: Batch) -> Batch:
        """The tokenizer's part."""
        return tokenize_tasks(self._tokenizer, batch)

    def losses(self, batch: Batch, step: int) -> Losses:  # noqa: ARG002 - the same at any step
        model = self.learner.copy.model
        assert isinstance(model, BidirectionalTransformer)
        prepared = self.prepare(batch)
        loss, accuracy = self._measured(model, prepared, batch)
        codes = used_codes(prepared["tokens"], self.config.codebook_size)
        return Losses({self.name: {"loss": loss}}, {"accuracy": accuracy, "codes": codes})

    def held_out(self, batch: Batch) -> dict[str, Tensor]:
        loss, accuracy = self._measured(self.trained, self.prepare(batch), batch)
        return {"loss": loss, "accuracy": accuracy}

    def _measured(
        self, model: BidirectionalTransformer, prepared: Batch, batch: Batch
    ) -> tuple[Tensor, Tensor]:
        """Loss, and share of the changed tokens that are guessed right."""
        training = self._training
        commit = commit_inputs(
            prepared["tokens"],
            prepared["condition_tokens"],
            prepared["given"],
            batch["score"],
            mask_ratio(batch["progress"]),
            mode=self.config.conditioning,
            weights=training.weights,
        )
        condition = Condition(
            prepared["condition_tokens"], prepared["given"], prepared["task"], prepared["label"]
        )
        logits = model.logits(commit.inputs, condition)
        loss = token_loss(logits, commit.targets, commit.weights, training.label_smoothing)
        changed = commit.inputs != commit.targets
        hits = (logits.detach().argmax(-1) == commit.targets) & changed
        return loss, hits.sum() / changed.sum().clamp(min=1)

    def shipped(self) -> nn.Module:
        return self.learner.shipped()

    @torch.no_grad()
    def pictures(self, network: nn.Module, batch: Batch) -> list[Frames]:
        """The clips, what is given of them, and what is generated from that."""
        assert isinstance(network, BidirectionalTransformer)
        prepared = self.prepare(batch)
        given, tokens = prepared["given"], prepared["condition_tokens"]
        condition = Condition(tokens.where(given, MASK), given, prepared["task"], prepared["label"])
        noise = SeededNoise(range(len(tokens)), tokens.device)
        *_, last = Commit()(network, condition, noise)
        generated = self._tokenizer.decode(last.tokens)
        filled = [batch[name].cpu().numpy() for name in ("frames", "filled")]
        return [*filled, to_frames(generated)]

    def after(self, step: int) -> None:
        """Nothing."""

    def state(self) -> dict[str, Tensor]:
        return {}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Nothing: all of it is the learner's."""


def _class_rows(network: BidirectionalTransformer, count: int) -> slice:
    """The rows of the last so many classes in the table of words."""
    end = network.config.codebook_size + network.config.classes
    return slice(end - count, end)


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
