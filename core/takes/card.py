"""What a list of takes shows of each: small enough that hundreds are read at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from core.requests import STATES, GenerationRequest, Timings
from core.tasks import TASKS

FORMAT = 1
"""Of `take.json`. A newer program may write a higher one."""

MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class TakeCard:
    """A take without its masks, steps and pixels.

    Attributes:
        id: name of its folder.
        made: when it was asked for.
        request: what was asked, without masks and states.
        unit: what a step is: "step", or "token" of a model that decides one after the other.
        title: of the model. rate: frames a second of the result.
        phase: where it stands, the name of a `studio.state.take.Phase`, lower case.
        failure: why it was interrupted, a sentence, or ""; cause: of what kind that is.
        done, total: decode steps.
        timings, device: of a finished take.
        name, note: what the user wrote. favourites: variations with a star.
        deleted: whether it is in the trash, which is emptied when the project is closed.
    """

    id: str
    made: datetime
    request: GenerationRequest
    unit: str = "step"
    title: str = ""
    rate: float = 25.0
    phase: str = "waiting"
    failure: str = ""
    cause: str = ""
    done: int = 0
    total: int = 0
    timings: Timings | None = None
    device: str = ""
    name: str = ""
    note: str = ""
    favourites: tuple[int, ...] = ()
    deleted: bool = False

    @property
    def clip(self) -> str:
        """Name of the clip without its folder, or "" without one."""
        return Path(self.request.clip).name if self.request.clip else ""

    @property
    def task(self) -> str:
        """In words."""
        task = TASKS.get(self.request.task)
        return task.label if task else self.request.task

    @property
    def model(self) -> str:
        return self.title or Path(self.request.bundle).name

    @property
    def seconds(self) -> float | None:
        """How long it took altogether; None before its end."""
        return sum(asdict(self.timings).values()) if self.timings else None

    def matches(self, query: str, today: datetime) -> bool:
        """Whether each word of a query is the beginning of a word about this take.

        Dates are found by day, weekday and month, and by "today" and "yesterday"; seeds also as
        "seed 7" means it.
        """
        known = self._words(today)
        return all(
            any(word.startswith(part) for word in known) for part in query.casefold().split()
        )

    def _words(self, today: datetime) -> set[str]:
        request, made = self.request, self.made.astimezone()
        seeds = [str(request.seed + variation) for variation in range(request.count)]
        texts = (
            self.name, self.note, self.clip, self.task, self.model, Path(request.bundle).name,
            request.task, request.label or "", request.decoder, "seed", *seeds,
        )  # fmt: skip
        age = (today.astimezone().date() - made.date()).days
        near = {0: ["today"], 1: ["yesterday"]}.get(age, [])
        date = [str(made.day), str(made.year), MONTHS[made.month - 1], DAYS[made.weekday()]]
        return {*_words(" ".join(texts)), *near, *date, made.date().isoformat()}

    def to_json(self) -> dict[str, Any]:
        data = {field.name: getattr(self, field.name) for field in fields(self)}
        data |= {
            "format": FORMAT,
            "made": self.made.isoformat(),
            "request": self.request.to_json(),
            "timings": self.timings and asdict(self.timings),
            "favourites": list(self.favourites),
        }
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TakeCard:
        """The card of `to_json`.

        Raises:
            ValueError, KeyError, TypeError: it is something else, or of a newer program.
        """
        known = dict(data)
        if known.pop("format") > FORMAT:
            raise ValueError("a newer version of Maskreel has written it")
        return cls(
            **known
            | {
                "made": datetime.fromisoformat(data["made"]),
                "request": GenerationRequest.from_json(data["request"]),
                "timings": Timings(**data["timings"]) if data["timings"] else None,
                "favourites": tuple(map(int, data["favourites"])),
            }
        )


def light(request: GenerationRequest) -> GenerationRequest:
    """A request without what makes it large: masks, marks and states."""
    nothing: dict[str, Any] = dict.fromkeys((*STATES, "painted", "edits"))
    return replace(request, **nothing)


def _words(text: str) -> list[str]:
    """Lower-case words; what is written with signs in between is found by its parts too."""
    whole = text.casefold().split()
    return whole + [part for word in whole for part in word.replace("-", "_").split("_")]
