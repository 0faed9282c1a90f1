"""The recipe follows the model: tasks, decoders and lengths are those of its family."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from core.cards import Network
from core.jobs.windows import Windows
from core.requests import BundleEntry
from core.tasks import CAUSAL_TASKS, MASKED_TASKS
from core.window import whole
from studio.state.models.models import Models, obstacle
from studio.state.notices import Notices
from studio.state.recipe import Recipe
from tests.studio.fakes import (
    CAUSAL,
    CAUSAL_BUNDLE,
    CAUSAL_FRAMES,
    FRAMES,
    SIDE,
    TINY,
    ReplayingEngine,
    both_families,
)

pytestmark = pytest.mark.usefixtures("qapp")
MASKED_BUNDLE = "/models/tiny"
WINDOW = whole((64, 48), (CAUSAL_FRAMES, SIDE, SIDE))


@pytest.fixture
def models() -> Models:
    models = Models(ReplayingEngine(both_families()), Notices(), ())
    asyncio.run(models.ask())
    return models


@pytest.fixture
def recipe(models: Models) -> Recipe:
    return Recipe(models)


def with_card(models: Models, **changes: object) -> None:
    models.bundles = (BundleEntry(CAUSAL_BUNDLE, replace(CAUSAL, **changes)),)


def test_masked_model_is_offered_the_eleven_tasks_with_painting_first(recipe: Recipe) -> None:
    names = [task.name for task in recipe.tasks]

    assert names[0] == "paint"
    assert sorted(names) == sorted(MASKED_TASKS)
    assert len(names) == 11


def test_causal_model_is_offered_the_tasks_of_its_card_alone(
    models: Models, recipe: Recipe
) -> None:
    recipe.bundle = CAUSAL_BUNDLE
    assert tuple(task.name for task in recipe.tasks) == CAUSAL_TASKS

    with_card(models, tasks=("generate", "continue"))

    assert [task.name for task in recipe.tasks] == ["generate", "continue"]


def test_missing_classes_are_the_reason_against_a_task(models: Models, recipe: Recipe) -> None:
    with_card(models, classes=())

    reasons = {task.name: recipe.obstacle(task) for task in recipe.tasks}

    assert reasons["CG"] == reasons["continue-class"] == "“Causal” knows no classes."
    assert reasons["generate"] == reasons["continue"] == ""


def test_decoders_are_those_that_can_decode_the_model(recipe: Recipe) -> None:
    assert list(recipe.decoders) == ["commit", "maskgit"]

    recipe.bundle = CAUSAL_BUNDLE

    assert list(recipe.decoders) == ["autoregressive"]
    assert recipe.decoder == "autoregressive"
    assert [option.name for option in recipe.schema] == ["temperature"]


def test_choices_of_each_family_come_back_with_it(recipe: Recipe) -> None:
    recipe.task, recipe.decoder, recipe.options = "FP", "maskgit", {"steps": 9}
    recipe.bundle = CAUSAL_BUNDLE
    assert recipe.task == "continue"
    recipe.task, recipe.options = "generate", {"temperature": 0.7}
    recipe.kept, recipe.length = 6, 40

    recipe.bundle = MASKED_BUNDLE
    assert (recipe.task, recipe.decoder, recipe.options) == ("FP", "maskgit", {"steps": 9})
    recipe.bundle = CAUSAL_BUNDLE

    assert (recipe.task, recipe.decoder) == ("generate", "autoregressive")
    assert recipe.options == {"temperature": 0.7}
    assert (recipe.kept, recipe.length) == (6, 40)


def test_tokenizer_alone_is_listed_with_the_reason_and_never_chosen(
    models: Models, recipe: Recipe
) -> None:
    alone = BundleEntry("/models/alone", replace(TINY, title="Alone", transformer=None, tasks=()))

    models.bundles = (alone, BundleEntry(MASKED_BUNDLE, TINY))

    assert recipe.bundle == MASKED_BUNDLE
    assert "tokenizer alone" in obstacle(alone)
    assert models.card("/models/alone") is None


@pytest.mark.parametrize(("context", "kept"), [(0, 4), (1, 1), (3, 3)])
def test_as_many_frames_are_kept_as_the_model_looks_at_or_half_of_its_own(
    models: Models, recipe: Recipe, context: int, kept: int
) -> None:
    with_card(models, transformer=Network("causal", {"context_frames": context}))

    assert recipe.keeps == kept


@pytest.mark.parametrize(("wished", "kept"), [(1, 2), (5, 5), (8, 7), (100, 7)])
def test_kept_frames_stay_within_what_the_model_can_continue(
    recipe: Recipe, wished: int, kept: int
) -> None:
    recipe.bundle = CAUSAL_BUNDLE

    recipe.kept = wished

    assert recipe.keeps == kept


def test_nothing_is_kept_by_a_task_that_continues_nothing(recipe: Recipe) -> None:
    recipe.bundle, recipe.kept = CAUSAL_BUNDLE, 4
    recipe.task = "generate"

    assert recipe.keeps == 0
    assert [option.name for option in recipe.lengths] == ["length", "overlap"]


def test_masked_models_have_a_length_in_tasks_that_last(recipe: Recipe) -> None:
    recipe.room, recipe.length = 60, 100

    request = recipe.request("clip.mkv", WINDOW, None)

    assert [option.name for option in recipe.lengths] == ["length"]
    assert (request.kept, request.length, request.overlap) == (0, 60, 2)
    recipe.task = "FP"
    assert recipe.lengths == ()
    assert recipe.request("clip.mkv", WINDOW, None).length == 0


def test_a_masked_result_is_as_long_as_is_asked_for_until_the_user_says_more(
    recipe: Recipe,
) -> None:
    recipe.room, recipe.asked = 60, 10
    assert recipe.windows == Windows(FRAMES, 2, 10, faded=True)

    recipe.choose_lengths({"length": 20})

    assert recipe.windows == Windows(FRAMES, 2, 20, faded=True)


def test_long_result_is_asked_for_with_its_overlap(recipe: Recipe) -> None:
    recipe.bundle = CAUSAL_BUNDLE
    recipe.choose_lengths({"kept": 4, "length": 48, "overlap": 5})

    request = recipe.request("clip.mkv", WINDOW, None)

    assert (request.kept, request.length, request.overlap) == (4, 48, 4)  # whole tokens
    assert len(recipe.windows) == 11


def test_result_of_one_window_leaves_the_length_to_the_model(recipe: Recipe) -> None:
    recipe.bundle = CAUSAL_BUNDLE
    recipe.choose_lengths({"kept": 4, "length": CAUSAL_FRAMES, "overlap": 2})

    request = recipe.request("clip.mkv", WINDOW, None)

    assert (request.kept, request.length, request.overlap) == (4, 0, 0)


def test_usual_lengths_are_no_choice(recipe: Recipe) -> None:
    recipe.bundle = CAUSAL_BUNDLE

    recipe.choose_lengths(recipe.chosen_lengths)

    assert (recipe.kept, recipe.length, recipe.overlap) == (0, 0, 0)


def test_model_whose_windows_leave_nothing_to_invent_makes_one_alone(
    models: Models, recipe: Recipe
) -> None:
    with_card(models, transformer=Network("causal", {"context_frames": 7}))
    recipe.length = 100

    assert len(recipe.windows) == 1
    assert [option.name for option in recipe.lengths] == ["kept", "length"]
