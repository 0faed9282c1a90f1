"""What must not change a step: parts, recomputed blocks, compiled networks; what must end it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from core.errors import UserError
from core.training.computing import Computing, blocks
from core.training.data import load_footage
from core.training.loading import Loader
from core.training.loop import Plan, run_phase
from core.training.phases import Losses
from core.training.recipe import MagvitRecipe, load_recipe
from core.training.steps import take_step
from core.training.tokenizer import TokenizerPhase
from core.training.transformer import TransformerPhase

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def recipe(recipe_file: Path) -> MagvitRecipe:
    text = recipe_file.read_text().replace("batch = 6", "batch = 6\ndropout = 0.0")
    recipe_file.write_text(text)
    recipe = load_recipe(recipe_file)
    assert isinstance(recipe, MagvitRecipe)
    return recipe


def transformer(recipe: MagvitRecipe, computing: Computing) -> TransformerPhase:
    tokenizer = TokenizerPhase(recipe).trained
    return TransformerPhase(recipe, ("green", "red"), tokenizer, computing=computing)


def losses(recipe: MagvitRecipe, phase: TransformerPhase, parts: int = 1) -> list[float]:
    footage = load_footage(recipe.data, recipe.folder)
    batches = Loader(footage, phase.examples, range(3), parts=parts)
    return [take_step(phase, parts, step).loss for step, parts in enumerate(batches)]


def test_parts_of_a_batch_give_the_losses_of_the_whole(recipe: MagvitRecipe) -> None:
    whole = losses(recipe, transformer(recipe, Computing()))
    parts = losses(recipe, transformer(recipe, Computing()), parts=3)

    assert parts == pytest.approx(whole, rel=1e-5)
    assert whole[2] != whole[0]


def test_recomputed_blocks_change_nothing(recipe: MagvitRecipe) -> None:
    recomputed = transformer(recipe, Computing(recomputed=True))

    assert losses(recipe, recomputed) == losses(recipe, transformer(recipe, Computing()))


def test_a_tokenizer_recomputes_its_residual_blocks(recipe: MagvitRecipe) -> None:
    phase = TokenizerPhase(recipe, computing=Computing(recomputed=True))
    plain, footage = TokenizerPhase(recipe), load_footage(recipe.data, recipe.folder)
    one, two = (
        [
            take_step(p, parts, step).figures
            for step, parts in enumerate(Loader(footage, p.examples, range(4)))
        ]
        for p in (phase, plain)
    )

    assert len(blocks(phase.trained)) == 6
    assert one == two


def test_a_compiled_network_learns_the_same(
    recipe: MagvitRecipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    compile = nn.Module.compile  # traced as always, but torch's code generator takes half a minute
    monkeypatch.setattr(nn.Module, "compile", lambda part: compile(part, backend="aot_eager"))
    compiled = losses(recipe, transformer(recipe, Computing(compiled=True)))

    assert compiled == pytest.approx(losses(recipe, transformer(recipe, Computing())), rel=1e-4)


def test_in_bf16_the_losses_are_close(recipe: MagvitRecipe) -> None:
    rough = losses(recipe, transformer(recipe, Computing(precision="bf16")))

    assert rough == pytest.approx(losses(recipe, transformer(recipe, Computing())), rel=0.02)


class Broken(TransformerPhase):
    """A term is not a number at one step."""

    def losses(self, batch: Mapping[str, Tensor], step: int) -> Losses:
        found = super().losses(dict(batch), step)
        bad = torch.tensor(float("nan" if step == 2 else 0.0))
        return Losses({self.name: {**found.terms[self.name], "strange": bad}})


def test_a_loss_that_is_not_a_number_is_named(recipe: MagvitRecipe, tmp_path: Path) -> None:
    phase = Broken(recipe, ("green", "red"), TokenizerPhase(recipe).trained)
    footage = load_footage(recipe.data, recipe.folder)
    with pytest.raises(UserError, match=r"step 2: the transformer's loss term “strange” is nan"):
        list(run_phase(phase, footage, tmp_path, Plan(save_every=1)))

    weights = dict(phase.learner.network.state_dict())
    again = Broken(recipe, ("green", "red"), TokenizerPhase(recipe).trained)
    with pytest.raises(UserError, match="step 2"):
        list(run_phase(again, footage, tmp_path, Plan(save_every=1)))
    for name, value in again.learner.network.state_dict().items():
        assert value.equal(weights[name])  # it went on from the last good state


def test_a_checkpoint_of_other_sizes_is_refused(recipe: MagvitRecipe, tmp_path: Path) -> None:
    footage = load_footage(recipe.data, recipe.folder)
    phase = transformer(recipe, Computing())
    updates = run_phase(phase, footage, tmp_path, Plan(save_every=1))
    next(updates)
    updates.close()
    wide = replace(recipe, transformer=replace(recipe.transformer, mlp=48))

    with pytest.raises(UserError, match="weight is 32x64 there and 32x48 here"):
        list(run_phase(transformer(wide, Computing()), footage, tmp_path, Plan()))
