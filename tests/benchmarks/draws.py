"""Task and mask ratio for each clip, or for the whole batch: which trains the better transformer?

    python -m tests.benchmarks.draws recipes/draws.toml [--seeds 0 1]

One tokenizer; for each seed two transformers that begin alike and see the same clips, and differ in
how task and mask ratio are drawn alone. Measured on held-out clips, as many of each task, each at
several mask ratios: cross-entropy of all tokens, which is what is trained, and of those that are
masked. One line of JSON per measurement.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch

from core.models.tokenizers.vqgan3d import VQGAN3D
from core.tasks import MASKED_TASKS
from core.tokens import MASK, Condition
from core.training.data import Footage, load_footage
from core.training.loading import Batch, Loader, stacked
from core.training.losses import token_loss
from core.training.masking import commit_inputs, mask_ratio
from core.training.recipe import MagvitRecipe, load_recipe
from core.training.tokenizer import TokenizerPhase
from core.training.transformer import TransformerPhase

CLIPS_PER_TASK = 8
PROGRESS = (0.1, 0.5, 0.9)
"""Of the mask ratio: cos(π/2 · progress) of the tokens are masked."""
MEASUREMENTS = 2
HELD_OUT_STEP = 10**6
"""No training has a step of this number, so that its draws are its own."""


def train(phase: Any, footage: Footage, steps: range) -> None:
    for step, (batch,) in zip(steps, Loader(footage, phase.examples, steps), strict=True):
        torch.manual_seed(step)
        losses = phase.losses(batch, step)
        torch.stack(
            [term for one in losses.terms.values() for term in one.values()]
        ).sum().backward()
        for learner in phase.learners.values():
            learner.update(step)
        phase.after(step)


def held_out(recipe: MagvitRecipe, phase: TransformerPhase, footage: Footage) -> list[Batch]:
    """For each task a batch of clips, tokenized; the same for every phase and seed."""
    batches = []
    for name in MASKED_TASKS:
        alone = {"tasks": (name,), "paint_share": 0.0}
        if name == "paint":
            alone = {"paint_share": 1.0}
        training = replace(recipe.transformer, per_sample=True, drop=0.0, **alone)
        examples = replace(phase.examples, training=training, seed=0)
        clips = range(CLIPS_PER_TASK)
        batch = stacked([examples(footage, HELD_OUT_STEP, index) for index in clips])
        batches.append(batch | phase.prepare(batch))
    return batches


@torch.no_grad()
def measure(phase: TransformerPhase, batches: Sequence[Batch]) -> dict[str, float]:
    """Means over tasks and mask ratios, in nats a token."""
    sums = {"all": 0.0, "masked": 0.0}
    for known in batches:
        told = Condition(known["condition_tokens"], known["given"], known["task"], known["label"])
        for progress in PROGRESS:
            commit = commit_inputs(
                known["tokens"],
                known["condition_tokens"],
                known["given"],
                known["score"],
                mask_ratio(torch.tensor(progress)),
            )
            logits = phase.trained.logits(commit.inputs, told)
            masked = (commit.inputs == MASK).float()
            for name, counted in (("all", commit.weights), ("masked", masked)):
                sums[name] += float(token_loss(logits, commit.targets, counted, 0.0))
    count = len(batches) * len(PROGRESS)
    return {name: round(total / count, 4) for name, total in sums.items()}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.draws", description=__doc__)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    asked = parser.parse_args()
    recipe = load_recipe(asked.recipe)
    assert isinstance(recipe, MagvitRecipe)
    torch.set_num_threads(recipe.threads or torch.get_num_threads())
    footage = load_footage(recipe.data, recipe.folder)
    unseen = load_footage(recipe.data, recipe.folder, footage.classes, split="val")
    tokenizing = TokenizerPhase(recipe)
    train(tokenizing, footage, range(tokenizing.steps))
    tokenizer = tokenizing.trained
    assert isinstance(tokenizer, VQGAN3D)
    for seed in asked.seeds:
        for per_sample in (True, False):
            training = replace(recipe.transformer, per_sample=per_sample)
            own = replace(recipe, seed=seed, transformer=training)
            phase = TransformerPhase(own, footage.classes, tokenizer)
            batches = held_out(own, phase, unseen)
            ends = [phase.steps * n // MEASUREMENTS for n in range(MEASUREMENTS + 1)]
            for begin, end in pairwise(ends):
                train(phase, footage, range(begin, end))
                line = {"seed": seed, "per_sample": per_sample, "step": end}
                print(json.dumps(line | measure(phase, batches)), flush=True)


if __name__ == "__main__":
    main()
