"""VideoGPT's recipe: both networks learn, a stopped run goes on, a bundle is trained on."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest
import torch

from core.bundle import load_bundle
from core.errors import UserError
from core.evaluation.request import EvaluateRequest
from core.jobs import evaluate, train
from core.jobs.train import TrainRequest
from core.models.codebook import Codebook
from core.training import loop
from core.training.checkpoints import load_checkpoint
from core.training.data import load_footage
from core.training.loading import Loader
from core.training.prior import PriorPhase
from core.training.recipe import DataSource, Optimiser, VideoGPTRecipe, load_recipe
from core.training.steps import take_step
from core.training.vqvae import VQVAEPhase

RECIPE = """
name = "small-videogpt"
seed = 3
frames = 4
size = 16
strides = 1
zoom = 0.8
threads = 1
save_every = 4
PRECISION

[[data]]
folder = "videos"

[vqvae.model]
hidden = 16
res_layers = 1
embedding_dim = 8
codebook_size = 16
stride = [2, 4, 4]
[[vqvae.legs]]
steps = 5
size = 8
batch = 4
[[vqvae.legs]]
steps = 2
size = 16
batch = 2
[vqvae.optimiser]
rate = 1e-3

[prior]
steps = 6
layers = 1
hidden = 24
heads = 2
classes = true
context_frames = 1
context_depths = [1, 1, 1]
context_widths = [8, 8, 12]
batch = 4
label_drop = 0.5
context_drop = 0.5
"""


@pytest.fixture
def videogpt_file(recipe_file: Path) -> Path:
    recipe_file.write_text(RECIPE.replace("PRECISION", ""))
    return recipe_file


def job(recipe: Path, run: str = "run") -> TrainRequest:
    return TrainRequest(recipe, recipe.parent / run, recipe.parent / "models")


def phases(path: Path) -> tuple[VQVAEPhase, PriorPhase]:
    recipe = load_recipe(path)
    assert isinstance(recipe, VideoGPTRecipe)
    vqvae = VQVAEPhase(recipe)
    return vqvae, PriorPhase(recipe, ("green", "red"), vqvae.trained)


def test_a_recipe_becomes_a_bundle_that_can_be_measured(videogpt_file: Path) -> None:
    *_, last = train.run(job(videogpt_file))
    *_, measured = evaluate.run(EvaluateRequest(last.bundle, videogpt_file, clips=3, batch=2))

    bundle = load_bundle(last.bundle)
    assert bundle.card.classes == ("green", "red")
    assert bundle.card.tasks == ("generate", "CG", "continue", "continue-class")
    assert bundle.card.steps == {"vqvae": 7, "prior": 6}
    assert bundle.transformer.codes.equal(bundle.tokenizer.codebook.codes)
    metrics = measured.metrics
    assert 0 < metrics["bits_per_dimension"] < 5
    assert metrics["free_bits_per_dimension"] != metrics["bits_per_dimension"]
    assert metrics["continue_psnr_still"] > 5
    assert metrics["continue_psnr_model"] > 5


@pytest.mark.parametrize("precision", ["", 'precision = "bf16"'])
def test_both_losses_fall(videogpt_file: Path, precision: str) -> None:
    longer = RECIPE.replace("steps = 5", "steps = 40").replace("steps = 6", "steps = 40")
    longer = longer.replace("frames = 4", "frames = 8").replace("size = 8", "size = 16")
    videogpt_file.write_text(longer.replace("PRECISION", precision))

    footage = load_footage([DataSource("videos")], videogpt_file.parent)
    for phase, term in zip(phases(videogpt_file), ("reconstruction", "loss"), strict=True):
        batches = enumerate(Loader(footage, phase.examples, range(40)))
        terms = [take_step(phase, parts, step).figures[term] for step, parts in batches]

        assert sum(terms[-5:]) < 0.95 * sum(terms[:5])


def test_a_stopped_run_goes_on_as_if_it_never_had(
    videogpt_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "REPORT_EVERY", 1)
    straight, stopped = job(videogpt_file), job(videogpt_file, "other")
    list(train.run(straight))

    for steps in (3, 6, 2):
        updates = train.run(stopped)
        list(islice(updates, steps))
        updates.close()
    list(train.run(stopped))

    for phase in ("vqvae", "prior"):
        ours, theirs = (load_checkpoint(r.run / phase).state for r in (straight, stopped))
        for name, tensor in ours.items():
            assert torch.equal(tensor, theirs[name]), name


def test_training_goes_on_with_a_bundle_and_does_not_wipe_its_codebook(
    videogpt_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = []
    initialise = Codebook.initialise
    monkeypatch.setattr(
        Codebook, "initialise", lambda self, rows: placed.append(1) or initialise(self, rows)
    )
    *_, first = train.run(job(videogpt_file))
    before = load_bundle(first.bundle)
    assert len(placed) == 1
    further = videogpt_file.read_text().replace("small-videogpt", "further")
    videogpt_file.write_text('start = "models/small-videogpt"\n' + further)

    *_, last = train.run(job(videogpt_file, "further"))

    after = load_bundle(last.bundle)
    assert len(placed) == 1
    assert after.card.classes == before.card.classes
    assert not after.tokenizer.from_code.weight.equal(before.tokenizer.from_code.weight)
    assert not after.transformer.head.weight.equal(before.transformer.head.weight)


def test_a_tokenizer_without_steps_stays_as_it_was(videogpt_file: Path) -> None:
    *_, first = train.run(job(videogpt_file))
    text = videogpt_file.read_text().replace("small-videogpt", "prior-only")
    text = text.replace("steps = 5", "steps = 0").replace("steps = 2", "steps = 0")
    videogpt_file.write_text('start = "models/small-videogpt"\n' + text)

    *_, last = train.run(job(videogpt_file, "further"))

    before, after = load_bundle(first.bundle).tokenizer, load_bundle(last.bundle).tokenizer
    assert all(
        a.equal(b)
        for a, b in zip(before.state_dict().values(), after.state_dict().values(), strict=True)
    )


def test_a_bundle_of_the_other_family_is_refused(videogpt_file: Path) -> None:
    from tests.bundles import tiny_bundle

    tiny_bundle(videogpt_file.parent / "magvit")
    videogpt_file.write_text('start = "magvit"\n' + videogpt_file.read_text())

    with pytest.raises(UserError, match="same family"):
        list(train.run(job(videogpt_file)))


def test_a_gradient_that_is_no_number_stops_the_training(videogpt_file: Path) -> None:
    vqvae, _ = phases(videogpt_file)
    before = [parameter.clone() for parameter in vqvae.learner.network.parameters()]
    loss = sum(parameter.sum() for parameter in vqvae.learner.network.parameters()) * torch.nan
    loss.backward()

    with pytest.raises(UserError, match="step 7"):
        vqvae.learner.update(7)

    after = vqvae.learner.network.parameters()
    assert all(a.equal(b) for a, b in zip(before, after, strict=True))


def test_the_published_schedule_is_a_cosine_to_zero() -> None:
    optimiser = Optimiser(rate=2.0, warmup=0, decay=10**9, shape="cosine")

    rates = [optimiser.rate_at(step, 100) for step in (0, 50, 100)]

    assert rates == pytest.approx([2.0, 1.0, 0.0])
