"""The table of what was measured on this device, one file in the user's data folder."""

from __future__ import annotations

import json
import logging
import os
import re
import tempfile
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import platformdirs

from core.estimates.work import Work
from core.requests import GenerationFinished, GenerationRequest

FORMAT = 1
MOST_POINTS, MOST_OF_A_KIND = 512, 48
"""How many are kept; older ones make room."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Point:
    """One generation that was measured.

    Attributes:
        model, grid: for people: name of the model, size of its clips (T, H, W).
        encode, transformer, decode, load: seconds of its parts.
        memory: bytes in use at most.
    """

    work: Work
    model: str
    grid: tuple[int, int, int]
    encode: float
    transformer: float
    decode: float
    load: float
    memory: int

    @property
    def seconds(self) -> float:
        """All of it but loading."""
        return self.encode + self.transformer + self.decode


def measured(request: GenerationRequest, work: Work, finished: GenerationFinished) -> Point:
    """The point of a generation that has ended."""
    seconds = finished.timings
    return Point(
        work=work,
        model=Path(request.bundle).name,
        grid=request.window.grid,
        encode=seconds.encode,
        transformer=seconds.transformer,
        decode=seconds.decode,
        load=seconds.load,
        memory=finished.memory,
    )


@dataclass(frozen=True)
class Table:
    """Points of one device, the oldest first.

    Attributes:
        device: as the engine calls it.
    """

    device: str
    points: tuple[Point, ...] = field(default=())

    def of(self, work: Work) -> tuple[Point, ...]:
        """Points of the same networks and kind of decoding."""
        wanted = work.networks, work.kind
        return tuple(p for p in self.points if (p.work.networks, p.work.kind) == wanted)

    def with_point(self, point: Point) -> Table:
        """This table with another point, the oldest of its kind let go where there are many."""
        kind = self.of(point.work)
        gone = kind[0] if len(kind) >= MOST_OF_A_KIND else None
        rest = tuple(known for known in self.points if known is not gone)
        return replace(self, points=(*rest, point)[-MOST_POINTS:])


def table_file(device: str, folder: Path) -> Path:
    """Where the table of a device is kept, in a folder of tables."""
    name = re.sub(r"[^\w]+", "-", device).strip("-").lower() or "device"
    return folder / f"{name}.json"


def tables_folder() -> Path:
    """Where the tables of this user are kept."""
    return Path(platformdirs.user_data_dir("maskreel", appauthor=False)) / "measured"


def load(device: str, path: Path) -> Table:
    """The saved table; an empty one when there is none, or it cannot be understood."""
    try:
        saved = json.loads(path.read_text("utf-8"))
        if saved["format"] == FORMAT and saved["device"] == device:
            return Table(device, tuple(_point(row) for row in saved["points"]))
    except FileNotFoundError:
        pass
    except (OSError, ValueError, TypeError, KeyError) as error:
        log.warning("%s cannot be read, measuring begins anew: %s", path, error)
    return Table(device)


def save(table: Table, path: Path) -> None:
    """Writes the file whole or not at all; a folder that cannot be written is logged."""
    data = {"format": FORMAT, "device": table.device, "points": [asdict(p) for p in table.points]}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}-", delete=False
        ) as partial:
            json.dump(data, partial)
            partial.flush()
            os.fsync(partial.fileno())
        os.replace(partial.name, path)
    except OSError as error:
        log.warning("what was measured cannot be saved to %s: %s", path, error)


def _point(row: dict[str, Any]) -> Point:
    t, h, w = row["grid"]
    return Point(**(row | {"work": Work(**row["work"]), "grid": (t, h, w)}))
