"""A recipe that does not fit is refused in words that name the key."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from core.errors import UserError
from core.models.discriminators import Discriminator
from core.models.presets import PRESETS
from core.models.tokenizers import TOKENIZERS
from core.training.adversary import discriminator_config
from core.training.published_magvit import magvit_presets
from core.training.recipe import (
    MagvitRecipe,
    Optimiser,
    VideoGPTRecipe,
    load_recipe,
    load_sources,
)

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("frames = 4", "frame = 4", "no key “frame”"),
        ("frames = 4", 'frames = "4"', "frames must be of type int"),
        ('name = "small"', "", "“name” is missing"),
        ("frames = 4", "frames = 5", "must divide"),
        ("multipliers = [1, 1]", "multipliers = [1]", "transitions"),
        ("seed = 3", "seed = = 3", "not valid TOML"),
        ("seed = 3", 'precision = "fp8"', "must be one of"),
        ("[tokenizer]", '[tokenizer]\nperceptual_network = "net.ts"', "losses.perceptual is 0"),
    ],
)
def test_a_wrong_recipe_is_refused(recipe_file: Path, old: str, new: str, said: str) -> None:
    recipe_file.write_text(recipe_file.read_text().replace(old, new, 1))

    with pytest.raises(UserError, match=said):
        load_recipe(recipe_file)


def test_a_missing_recipe_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        load_recipe(tmp_path / "nothing.toml")


@pytest.mark.parametrize("path", sorted((ROOT / "recipes").glob("*.toml")), ids=lambda p: p.stem)
def test_bundled_recipes_can_be_read(path: Path) -> None:
    assert load_sources(path)
    if "[tokenizer]" in path.read_text():
        assert load_recipe(path).tokenizer.steps > 0


def test_the_rate_rises_stays_and_falls() -> None:
    optimiser = Optimiser(rate=1.0, warmup=4, decay=5)

    rates = [optimiser.rate_at(step, 20) for step in (0, 3, 10, 15, 19)]

    assert rates == pytest.approx([0.25, 1.0, 1.0, 1.0, 0.2])


PUBLISHED = """
name = "mine"
preset = "bair"

[[data]]
folder = "videos"

[prior]
layers = 3
[prior.optimiser]
rate = 1e-4
"""


def test_a_preset_stands_behind_what_the_recipe_says(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(PUBLISHED)

    recipe = load_recipe(path)

    assert isinstance(recipe, VideoGPTRecipe)
    assert recipe.vqvae.model == PRESETS["bair"].tokenizer
    assert recipe.vqvae.steps == 100_000
    assert (recipe.prior.layers, recipe.prior.hidden, recipe.prior.steps) == (3, 512, 150_000)
    assert (recipe.prior.optimiser.rate, recipe.prior.optimiser.clip) == (1e-4, 1.0)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_alone_makes_a_recipe(name: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f'name = "mine"\npreset = "{name}"\n[[data]]\nfolder = "videos"\n')

    recipe = load_recipe(path)

    assert isinstance(recipe, VideoGPTRecipe)
    assert recipe.prior.batch == 32


def test_a_vqvae_has_no_leg_of_its_decoder_alone(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    leg = "\n[[vqvae.legs]]\nsteps = 1\nsize = 64\nbatch = 1\ndecoder_only = true\n"
    path.write_text(PUBLISHED + leg)

    with pytest.raises(UserError, match="decoder alone"):
        load_recipe(path)


def test_an_unknown_preset_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(PUBLISHED.replace("bair", "bear"))

    with pytest.raises(UserError, match="Known: moving-mnist"):
        load_recipe(path)


@pytest.mark.parametrize("name", magvit_presets())
def test_every_preset_of_magvit_alone_makes_a_recipe(name: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f'name = "mine"\npreset = "{name}"\n[[data]]\nfolder = "videos"\n')

    recipe = load_recipe(path)

    assert isinstance(recipe, MagvitRecipe)
    assert recipe.transformer_config(101).length == 1024 * (4 if "2d" in name else 1) + (
        2 if recipe.transformer.multi_task else 1
    )


@pytest.mark.parametrize(
    ("name", "tokenizer", "transformer"),
    [
        ("ucf101-b", 37_000, 74_000),
        ("ucf101-l", 74_000, 74_000),
        ("bair-b", 135_200, 67_600),
        ("bair-l", 135_200, 135_200),
        ("bair-mt8-b", 135_200, 202_800),
        ("bair-mt8-l", 135_200, 270_400),
        ("k600-l", 270_000, 540_000),
        ("2d-ucf101-b", 37_000, 74_000),
    ],
)
def test_magvit_is_trained_as_long_as_published(
    name: str, tokenizer: int, transformer: int
) -> None:
    values = magvit_presets()[f"magvit-{name}"]

    assert values["tokenizer"]["legs"][0]["steps"] == tokenizer
    assert values["transformer"]["steps"] == transformer


def test_the_published_schedule_of_a_tokenizer() -> None:
    values = magvit_presets()["magvit-ucf101-b"]["tokenizer"]["optimiser"]
    optimiser = Optimiser(**(values | {"betas": (0.0, 0.99)}))

    for step in (0, 40, 73, 74, 1000, 36_999):
        # The authors count from 0, so that their first step learns nothing; here it is the second.
        rise = min(1, (step + 1) / 74)
        fall = (1 + math.cos(math.pi * max(0, step - 74) / (37_000 - 74))) / 2
        assert optimiser.rate_at(step, 37_000) == pytest.approx(1e-4 * min(rise, fall), rel=1e-6)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ('tasks = ["FP", "XY"]', "no task XY"),
        ('tasks = ["FP"]\ntask_weights = [1, 2]', "one number per entry"),
        ("known_frames = [0]", "above zero"),
        ('conditioning = "latent"', "must be one of"),
    ],
)
def test_a_wrong_training_of_the_transformer_is_refused(
    recipe_file: Path, change: str, said: str
) -> None:
    recipe_file.write_text(recipe_file.read_text() + change)

    with pytest.raises(UserError, match=said):
        load_recipe(recipe_file)


def test_a_tokenizer_of_frames_has_sizes_of_its_own(recipe_file: Path) -> None:
    text = recipe_file.read_text().replace("temporal_down = [true]\n", "")
    recipe_file.write_text(text.replace("[tokenizer]\n", '[tokenizer]\nnetwork = "vqgan2d"\n'))

    recipe = load_recipe(recipe_file)

    assert isinstance(recipe, MagvitRecipe)
    assert recipe.tokenizer.model.stride == (1, 2, 2)
    assert recipe.transformer_config(0).grid == (4, 8, 8)


@pytest.mark.parametrize(
    ("name", "classes", "words", "tokenizer", "judge"),
    [
        ("ucf101-b", 101, 1127, 40_579_843, 15_339_457),
        ("ucf101-l", 101, 1127, 157_811_971, 61_341_569),
        ("bair-b", 3, 1026, 36_596_355, 11_734_465),
        ("bair-mt8-l", 3, 1041, 141_882_371, 46_922_625),
        ("ssv2-b", 174, 1215, 40_579_843, 15_339_457),
        ("2d-ucf101-b", 101, 1127, 13_809_667, 5_972_545),
    ],
)
def test_presets_of_magvit_have_the_published_networks(
    tmp_path: Path, name: str, classes: int, words: int, tokenizer: int, judge: int
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f'name = "mine"\npreset = "magvit-{name}"\n[[data]]\nfolder = "videos"\n')
    recipe = load_recipe(path)
    assert isinstance(recipe, MagvitRecipe)
    training = recipe.tokenizer
    shape = (recipe.frames, recipe.size, recipe.size)

    with torch.device("meta"):
        networks = (
            TOKENIZERS[training.network](training.model),
            Discriminator(discriminator_config(training, shape)),
        )

    counts = [sum(weight.numel() for weight in one.parameters()) for one in networks]
    assert counts == [tokenizer, judge]
    assert recipe.transformer_config(classes).vocabulary == words
