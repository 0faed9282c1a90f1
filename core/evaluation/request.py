"""What an evaluation is asked, and what it reports on the way. No torch here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.cards import CARD_FILE, TOKENIZER_FILE, TRANSFORMER_FILE
from core.errors import UserError
from core.metrics.files import NetworkFiles, checksum
from core.options import Value

FORMAT = 1
"""Of what is kept: what another Maskreel has measured otherwise is not mixed with new figures."""


@dataclass(frozen=True)
class EvaluateRequest:
    """What to measure.

    Attributes:
        bundle: the model's folder.
        data: a folder of videos, a video, or a TOML file whose [[data]] sections name footage.
        clips: random held-out clips to measure on; clip i is the same for the same seed.
        samples: results per clip and task, of which the best and the mean count.
        windows: further real clips per clip, for the debiased distances.
        folds: parts of the clips whose figures are compared, for a deviation.
        tasks: names; () for all that the model knows.
        decoder: "" for the usual one; `options`: those of its options that are not the defaults.
        networks: files of the networks that some metrics need.
        strides, zoom: of the cuts, as in a recipe; whole squares at the full rate as published.
        batch: clips that are measured together and saved together.
        out: folder of what is measured and of the report; what is there already is not measured
            again. None keeps nothing.
        processes: that share the work on this machine.
        shard: (i, n) measures only the i-th of n parts, 1-based, and reports when all are there.
    """

    bundle: Path
    data: Path
    clips: int = 32
    seed: int = 0
    batch: int = 4
    samples: int = 1
    windows: int = 2
    folds: int = 4
    tasks: tuple[str, ...] = ()
    decoder: str = ""
    options: Mapping[str, Value] = field(default_factory=dict)
    networks: NetworkFiles = field(default_factory=NetworkFiles)
    strides: int = 1
    zoom: float = 1.0
    out: Path | None = None
    processes: int = 1
    shard: tuple[int, int] = (1, 1)

    def __post_init__(self) -> None:
        """Raises UserError when a number is out of its range."""
        for name in ("clips", "batch", "samples", "folds", "processes", "strides"):
            if getattr(self, name) < 1:
                raise UserError(f"The number of {name} is at least 1, not {getattr(self, name)}.")
        if min(self.windows, self.seed) < 0:
            raise UserError("The seed and the number of further real clips are at least 0.")
        if not 1 <= self.shard[0] <= self.shard[1]:
            raise UserError(
                f"The shard is i/n with 1 ≤ i ≤ n, not {self.shard[0]}/{self.shard[1]}."
            )

    @property
    def chunks(self) -> tuple[range, ...]:
        """Numbers of the clips that are measured together."""
        begins = range(0, self.clips, self.batch)
        return tuple(range(begin, min(begin + self.batch, self.clips)) for begin in begins)

    @property
    def own_chunks(self) -> tuple[int, ...]:
        """Numbers of the chunks of this shard."""
        first, step = self.shard
        return tuple(range(first - 1, len(self.chunks), step))

    def facts(self) -> dict[str, Any]:
        """All that a figure depends on, plain JSON values; the same on another machine.

        Raises:
            UserError: the model or a network is not there.
        """
        weights = (self.bundle / name for name in (TOKENIZER_FILE, TRANSFORMER_FILE))
        card = json.loads((self.bundle / CARD_FILE).read_text("utf-8"))
        return {
            "format": FORMAT,
            "model": card["name"],
            "weights": [checksum(path) for path in weights if path.is_file()],
            "networks": [checksum(path) for path in self.networks.paths],
            "data": self.data.name,
            "footage": checksum(self.data) if self.data.is_file() else "",
            "clips": self.clips,
            "seed": self.seed,
            "batch": self.batch,
            "samples": self.samples,
            "windows": self.windows,
            "tasks": list(self.tasks),
            "decoder": self.decoder,
            "options": dict(self.options),
            "strides": self.strides,
            "zoom": self.zoom,
        }

    def fingerprint(self) -> str:
        """A few letters that differ when a figure may differ."""
        text = json.dumps(self.facts(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:8]


@dataclass(frozen=True)
class EvaluateUpdate:
    """How far it is.

    Attributes:
        done, total: clips.
        left_s: seconds that the rest takes at the pace so far; None until it is known.
        metrics: name → figure; empty until the last update, and where a shard is not the last.
        report: the whole report as plain JSON values; text: as Markdown; both as `metrics`.
    """

    done: int
    total: int
    left_s: float | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    report: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""

    @property
    def fraction(self) -> float:
        return self.done / self.total
