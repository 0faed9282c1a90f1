"""What is remembered of trainings: which are followed, which models came of them, what was told."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

FILE = "known.json"

log = logging.getLogger(__name__)


class KnownRuns:
    """Attributes:
    followed: folders of runs that lie somewhere else.
    taken: models that were copied to those of this machine, by their runs' folders.
    told: runs whose end was told.
    """

    def __init__(self, home: Path) -> None:
        """`home` is the folder with the runs of this machine; it may not be there yet."""
        self._path = home / FILE
        self.followed: tuple[Path, ...] = ()
        self.taken: dict[Path, str] = {}
        self.told: frozenset[Path] = frozenset()

    def recall(self) -> None:
        """Take over what was remembered; a file that cannot be read counts for nothing."""
        try:
            known = json.loads(self._path.read_text("utf-8"))
            self.followed = tuple(map(Path, known["followed"]))
            self.told = frozenset(map(Path, known["told"]))
            self.taken = {Path(run): str(bundle) for run, bundle in known["taken"].items()}
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("%s cannot be read: %s", self._path, error)

    def remember(self) -> None:
        """Write it whole; a folder that cannot be written is logged."""
        known = {
            "followed": list(map(str, self.followed)),
            "told": sorted(map(str, self.told)),
            "taken": {str(run): bundle for run, bundle in self.taken.items()},
        }
        partial = self._path.with_name(f".{FILE}.partial")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("w", encoding="utf-8") as file:
                json.dump(known, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, self._path)
        except OSError as error:
            log.warning("%s cannot be written: %s", self._path, error)
