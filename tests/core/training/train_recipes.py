"""Trains recipes one after the other; started several times by torchrun, as one training.

train_recipes.py RUNS RECIPE.toml …
"""

from __future__ import annotations

import sys
from pathlib import Path

from core.jobs import train
from core.requests import TrainRequest
from core.training import processes

if __name__ == "__main__":
    runs, *recipes = map(Path, sys.argv[1:])
    for recipe in recipes:
        request = TrainRequest(recipe, runs / recipe.stem, runs / "models")
        list(train.run(request))
    processes.leave()
