"""What was chosen in a recipe as plain values, to be kept in a project and chosen again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.tasks import TASKS
from studio.state.models.models import Models, obstacle
from studio.state.recipe import Recipe

_NUMBERS = ("seed", "count", "kept", "length", "overlap")


def chosen(recipe: Recipe) -> dict[str, Any]:
    """Plain JSON values; the model by the name of its folder, since others have it elsewhere."""
    return {
        "bundle": Path(recipe.bundle).name,
        "task": recipe.task,
        "label": recipe.label,
        "decoder": recipe.decoder,
        "options": dict(recipe.options),
        **{name: getattr(recipe, name) for name in _NUMBERS},
    }


def choose_again(recipe: Recipe, models: Models, values: Mapping[str, Any]) -> None:
    """Choose it; what is missing, or cannot be chosen here, stays as it is."""
    usable = (entry.folder for entry in models.bundles if not obstacle(entry))
    recipe.bundle = next(
        (folder for folder in usable if Path(folder).name == values.get("bundle")), recipe.bundle
    )
    task = TASKS.get(values.get("task", ""))
    if task is not None and not recipe.obstacle(task):
        recipe.task = task.name
    if recipe.card is not None and values.get("label") in recipe.card.classes:
        recipe.label = values["label"]
    if not recipe.decoders or values.get("decoder") in recipe.decoders:
        recipe.decoder = values.get("decoder", recipe.decoder)
        recipe.options = dict(values.get("options", {}))
    for name in _NUMBERS:
        if isinstance(values.get(name), int):
            setattr(recipe, name, values[name])
