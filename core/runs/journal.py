"""What a process says of a run while it works on it, and how that ended; see `core.runs.life`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.errors import UserError
from core.requests import TrainUpdate
from core.runs import asking
from core.runs.life import Pulse, read_life

LOG = "log.txt"


class Journal:
    """Args:
    pulse: None in a process that says nothing: of several the first one speaks.
    """

    def __init__(self, pulse: Pulse | None) -> None:
        self._pulse = pulse
        self._bundle = ""

    @property
    def speaks(self) -> bool:
        return self._pulse is not None

    def say(self, **changes: Any) -> None:
        """Changes fields of the `Life`."""
        if self._pulse is not None:
            self._pulse.say(**changes)

    def followed(self, updates: Iterator[TrainUpdate]) -> Iterator[TrainUpdate]:
        """The updates of a training, noted as they come."""
        for update in updates:
            if update.message:
                self.say(words=update.message)
            elif update.bundle:
                self.finish(update.bundle)
            else:
                self.say(
                    state="training",
                    words="",
                    phase=update.phase,
                    step=update.step,
                    total=update.total,
                )
            yield update

    def finish(self, bundle: Path) -> None:
        """A model has come of it."""
        self._bundle = str(bundle)

    def end(self, error: BaseException | None) -> None:
        """The last word.

        Args:
            error: what ended the work before its time; None: it is done.
        """
        if self._pulse is None:
            return
        match error:
            case None:
                self._pulse.end("finished", words="", bundle=self._bundle)
            case KeyboardInterrupt():
                self._pulse.end("paused", words="")
            case UserError():
                self._pulse.end("failed", words=str(error))
            case _:
                what = f"{type(error).__name__}: {error}".removesuffix(": ")
                words = f"The training met an error that it does not know: {what}."
                self._pulse.end("failed", words=f"{words} {LOG} in its folder has the details.")


@contextmanager
def journal(run: Path) -> Iterator[Journal]:
    """A journal while this process works on a run.

    Raises:
        UserError: another process of this machine works on it; the folder cannot be written.
    """
    if os.environ.get("RANK", "0") != "0":  # as torchrun and accelerate number their processes
        yield Journal(None)
        return
    _refuse_second(run)
    try:
        kept = Journal(Pulse(run))
    except OSError as error:
        raise UserError(
            f"The run's folder {run} cannot be made: {error.strerror or error}. Make room, or "
            "choose another folder."
        ) from error
    try:
        yield kept
    except BaseException as error:
        kept.end(error)
        raise
    else:
        kept.end(None)
    finally:
        asking.withdraw(run)


def _refuse_second(run: Path) -> None:
    life = read_life(run)
    if life is not None and life.goes_on and life.process != os.getpid():
        raise UserError(
            f"The run in {run} is being trained by process {life.process} already. Stop that "
            "first, or choose another folder."
        )
