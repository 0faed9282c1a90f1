"""What crosses the pipe between the program and its engine: one small class per message."""

from __future__ import annotations

from dataclasses import dataclass

from core.requests import Request, Update


@dataclass(frozen=True)
class Submit:
    """Run a request; its events carry the number `job`. One job runs at a time."""

    job: int
    request: Request


@dataclass(frozen=True)
class Cancel:
    """Stop that job before its next update; no effect when it is over."""

    job: int


@dataclass(frozen=True)
class Shutdown:
    """Stop what runs and end."""


Command = Submit | Cancel | Shutdown


@dataclass(frozen=True)
class Ready:
    """The engine listens."""

    pid: int


@dataclass(frozen=True)
class Updated:
    """The job reports."""

    job: int
    update: Update


@dataclass(frozen=True)
class Finished:
    """The job came to its end; its last update was the result."""

    job: int


@dataclass(frozen=True)
class Failed:
    """The job raised.

    Attributes:
        message: one sentence for a person.
        detail: the traceback, or None when the job raised a UserError.
        ending: the device failed: the process cannot go on and ends after this message.
        memory: there was too little of it.
    """

    job: int
    message: str
    detail: str | None
    ending: bool = False
    memory: bool = False


@dataclass(frozen=True)
class Cancelled:
    """The job stopped because it was asked to."""

    job: int


Outcome = Finished | Failed | Cancelled
JobEvent = Updated | Outcome
Event = Ready | JobEvent
