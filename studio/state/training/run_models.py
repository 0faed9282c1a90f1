"""The models that come of trainings: where they are, what they were trained from, and taken over
from other machines."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from core.runs.reading import RunLook
from studio.state.models.models import Models
from studio.state.training.known_runs import KnownRuns


class RunModels:
    """Args:
    own: the folder that models are written to.
    """

    def __init__(self, models: Models, known: KnownRuns, own: Path) -> None:
        self._models, self._known, self._own = models, known, own

    def bundle_of(self, look: RunLook) -> str:
        """Folder of a run's model in the list of models, or ""."""
        said = look.life.bundle if look.life else ""
        folders = (self._known.taken.get(look.folder, ""), said)
        return next((f for f in folders if f and self._models.card(f) is not None), "")

    def parent_of(self, look: RunLook) -> str:
        """Folder of the model that was trained further, or ""."""
        card = self._models.card(self.bundle_of(look))
        known = ((entry.folder, entry.card) for entry in self._models.bundles if entry.card)
        return next((folder for folder, other in known if card and other.name == card.parent), "")

    def to_take_over(self, look: RunLook) -> bool:
        """Whether the model of a run lies in its folder, and nowhere else."""
        said = look.life.bundle if look.life else ""
        return bool(said) and not self.bundle_of(look) and (look.folder / said).is_dir()

    def take_over(self, look: RunLook) -> None:
        """Copies it to the models of this machine, once; in a thread, as it takes a while.

        Raises:
            OSError: it could not be copied.
        """
        assert look.life is not None
        names = (look.name, *(f"{look.name}-{number}" for number in range(2, 1000)))
        target = next(path for path in map(self._own.joinpath, names) if not path.exists())
        partial = target.with_name(f".{target.name}-{os.getpid()}")
        shutil.copytree(look.folder / look.life.bundle, partial)
        os.replace(partial, target)
        self._known.taken[look.folder] = str(target)
        self._known.remember()
