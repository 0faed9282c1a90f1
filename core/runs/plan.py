"""What a run was asked: request.json, and the steps that its recipe says."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from core.errors import UserError
from core.requests import FinetuneRequest

REQUEST, RECIPE = "request.json", "recipe.toml"
FORMAT = 1
_PATHS = ("run", "models")


@dataclass(frozen=True)
class Asked:
    """A fine-tuning as it was asked for.

    Attributes:
        parent: title of the model that is trained further.
        created: when, in seconds since 1970.
        seconds: that a step of each part was measured to take, by "tokenizer" and "prior".
    """

    request: FinetuneRequest
    parent: str = ""
    created: float = 0.0
    seconds: Mapping[str, float] = field(default_factory=dict)

    def write(self) -> None:
        """Writes it into the run's folder, which is made.

        Raises:
            UserError: the folder cannot be written.
        """
        run = self.request.run
        data = {"format": FORMAT, **asdict(self), "request": _as_json(self.request)}
        partial = run / f".{REQUEST}.partial"
        try:
            run.mkdir(parents=True, exist_ok=True)
            with partial.open("w", encoding="utf-8") as file:
                json.dump(data, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, run / REQUEST)
        except OSError as error:
            raise UserError(
                f"The run's folder {run} cannot be written: {error.strerror or error}. Make room, "
                "or choose another folder."
            ) from error


def read_asked(run: Path) -> Asked | None:
    """What was asked; None where the folder does not say. A folder that has moved is where it is
    now."""
    try:
        data = json.loads((run / REQUEST).read_text("utf-8"))
        if data["format"] != FORMAT:
            return None
        request = _from_json(data["request"], run)
        return Asked(request, data["parent"], data["created"], data["seconds"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


@dataclass(frozen=True)
class Plan:
    """What a run's recipe says.

    Attributes:
        name: of the model. start: folder of its parent, or "".
        phases: name → steps, in their order.
    """

    name: str = ""
    title: str = ""
    start: str = ""
    phases: Mapping[str, int] = field(default_factory=dict)


def read_plan(run: Path) -> Plan:
    """The plan of the recipe in a run's folder; an empty one before there is any."""
    try:
        values = tomllib.loads((run / RECIPE).read_text("utf-8"))
    except (OSError, ValueError):
        return Plan()
    phases: dict[str, int] = {
        **_in_legs(values, "tokenizer"),
        **_in_legs(values, "vqvae"),
        **_straight(values, "transformer"),
        **_straight(values, "prior"),
    }
    about = values.get("about", {})
    return Plan(
        str(values.get("name", "")),
        str(about.get("title", "")),
        str(values.get("start", "")),
        phases,
    )


def _in_legs(values: Mapping[str, Any], name: str) -> dict[str, int]:
    legs = values.get(name, {}).get("legs", [])
    steps = sum(int(leg.get("steps", 0)) for leg in legs)
    return {name: steps} if steps else {}


def _straight(values: Mapping[str, Any], name: str) -> dict[str, int]:
    steps = int(values.get(name, {}).get("steps", 0))
    return {name: steps} if steps else {}


def _as_json(request: FinetuneRequest) -> dict[str, Any]:
    data = asdict(request)
    return data | {name: str(data[name]) for name in _PATHS}


def _from_json(data: Mapping[str, Any], run: Path) -> FinetuneRequest:
    known = {f.name: data[f.name] for f in fields(FinetuneRequest) if f.name in data}
    known |= {name: tuple(known[name]) for name in ("clips", "old")}
    return FinetuneRequest(**known | {"run": run, "models": Path(known["models"])})
