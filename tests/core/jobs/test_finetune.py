"""From a bundle and clips to a new bundle: both families, whole and by adapters, new classes."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.bundle import load_bundle
from core.errors import UserError
from core.jobs import finetune
from core.requests import FinetuneRequest, TrainUpdate
from core.training.recipe import load_recipe
from tests.bundles import CLASSES, tiny_bundle, tiny_videogpt_bundle
from tests.core.training.conftest import moving_circle, write_video

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    for number in range(2):
        colour = (220, 30 + 100 * number, 30)
        write_video(moving_circle(colour), tmp_path / "clips" / f"{number}.mp4")
    return tmp_path / "clips"


def request(bundle: Path, clips: Path, **options: object) -> FinetuneRequest:
    values = {"steps": 2, "name": "mine", **options}
    paths = {"run": bundle.parent / "run", "models": bundle.parent / "models"}
    return FinetuneRequest(str(bundle), (str(clips),), **paths, **values)  # type: ignore[arg-type]


def last(asked: FinetuneRequest) -> TrainUpdate:
    *_, update = finetune.run(asked)
    return update


def test_a_masked_model_learns_a_class_by_adapters_and_says_what_it_forgot(
    clips: Path, tmp_path: Path
) -> None:
    bundle = tiny_bundle(tmp_path / "tiny")
    asked = request(bundle, clips, lora=2, class_name="circle", old=(str(clips),))
    done = last(asked)

    made, before = load_bundle(done.bundle), load_bundle(bundle)
    assert made.card.classes == (*CLASSES, "circle")
    assert made.card.parent == "tiny"
    assert made.card.hardware
    assert made.card.tasks == before.card.tasks
    assert made.card.metrics.keys() == {
        f"{task}_loss_{when}" for task in made.card.tasks for when in ("before", "after")
    }
    assert made.card.metrics["FP_loss_before"] > 0
    for name, weight in before.tokenizer.state_dict().items():
        assert weight.equal(made.tokenizer.state_dict()[name])  # not learnt, so not touched
    recipe = load_recipe(asked.run / "recipe.toml")
    assert (recipe.lora, recipe.new_classes) == (2, ("circle",))
    assert (asked.run / "samples" / "transformer-0000002.png").is_file()


def test_all_of_a_causal_model_learns_in_the_time_that_is_given(
    clips: Path, tmp_path: Path
) -> None:
    bundle = tiny_videogpt_bundle(tmp_path / "tiny")
    asked = request(bundle, clips, part="both", steps=0, minutes=0.02)
    done = last(asked)

    made, before = load_bundle(done.bundle), load_bundle(bundle)
    assert set(made.card.steps) == {"vqvae", "prior"}
    assert min(made.card.steps.values()) >= 1
    assert set(made.card.tasks) <= set(before.card.tasks)
    assert made.transformer.codes.equal(made.tokenizer.codebook.codes)
    assert not made.transformer.start.equal(before.transformer.start)


def test_the_decoder_alone_learns_and_tokens_keep_their_meaning(
    clips: Path, tmp_path: Path
) -> None:
    bundle = tiny_bundle(tmp_path / "tiny")
    done = last(request(bundle, clips, part="tokenizer"))

    made, before = load_bundle(done.bundle), load_bundle(bundle)
    for part, moves in (("encoder", False), ("quantizer", False), ("decoder", True)):
        ours = made.tokenizer.get_submodule(part).state_dict()
        theirs = before.tokenizer.get_submodule(part).state_dict()
        assert any(not ours[name].equal(theirs[name]) for name in ours) == moves, part
    assert made.transformer.words.weight.equal(before.transformer.words.weight)


def test_a_run_is_not_begun_twice(clips: Path, tmp_path: Path) -> None:
    bundle = tiny_bundle(tmp_path / "tiny")
    last(request(bundle, clips, part="tokenizer"))
    text = (tmp_path / "run" / "recipe.toml").read_text()

    with pytest.raises(UserError, match="--resume"):
        last(request(bundle, clips, part="tokenizer", steps=5))
    assert (tmp_path / "run" / "recipe.toml").read_text() == text
    assert last(request(bundle, clips, part="tokenizer", resume=True)).bundle
