"""A recipe that does not fit is refused in words that name the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import UserError
from core.training.recipe import Optimiser, load_recipe, load_sources

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("frames = 4", "frame = 4", "no key “frame”"),
        ("frames = 4", 'frames = "4"', "frames must be of type int"),
        ('name = "small"', "", "“name” is missing"),
        ("frames = 4", "frames = 5", "must divide"),
        ("multipliers = [1, 1]", "multipliers = [1]", "transitions"),
        ("fresh = 2", "fresh = 9", "transformer.fresh"),
        ("seed = 3", "seed = = 3", "not valid TOML"),
        ("seed = 3", 'precision = "fp8"', "must be one of"),
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
