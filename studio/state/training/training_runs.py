"""The trainings that this window knows of: those of this machine, and folders that it follows.

A run is known by its folder alone, so it does not matter whether this window began it, one before,
or another machine.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.errors import UserError
from core.runs import asking, checkpoints, starting
from core.runs.asking import Wish
from core.runs.elsewhere import Machines, write_folder
from core.runs.plan import Asked
from core.runs.reading import RunLook, is_run
from studio.observable import Field, Observable
from studio.state.background import Background
from studio.state.models.models import Models
from studio.state.notices import Kind, Notices
from studio.state.training import run_obstacles
from studio.state.training.known_runs import KnownRuns
from studio.state.training.run_models import RunModels
from studio.state.training.run_watch import RunWatch

ENDS = ("finished", "failed", "lost")
"""After these nothing comes by itself; each is told once, by a later window if need be."""


class TrainingRuns(Observable):
    """Attributes:
    looks: all runs as they are now: those that are trained first, then the newest.
    chosen: folder of the one that is looked at, or None.
    doing: what is being done at somebody's wish, in words, or "".
    failure: why the last wish could not be granted, or "".
    made: the models that came of them.

    Signals:
        wanted: somebody wants to see a run, by its folder.
    """

    wanted = Signal(Path)
    looks: Field[tuple[RunLook, ...]] = Field(())
    chosen: Field[Path | None] = Field(None)
    doing = Field("")
    failure = Field("")

    def __init__(
        self, models: Models, notices: Notices, own: Path, parent: QObject | None = None
    ) -> None:
        """`own` is the folder that models are written to; runs are beside it."""
        super().__init__(parent)
        self._models, self._notices, self.models_folder = models, notices, own
        self.home = own.parent / "runs"
        self._known = KnownRuns(self.home)
        self.made = RunModels(models, self._known, own)
        self._awaited: Path | None = None  # a run that is being written, to be looked at then
        self._statuses: dict[Path, str] = {}
        self._watch = RunWatch(self.home, self)
        self._watch.seen.connect(self._take)
        self._work = Background("training", self)
        self._work.failed.connect(self._fail)
        self._work.ended.connect(self._settle)

    def open(self) -> None:
        """Look for runs, and go on looking."""
        self._known.recall()
        self._watch.follow(self._known.followed)
        self._watch.begin()

    def watch(self, watched: bool) -> None:
        """Whether somebody sees the runs: then they are looked at more often."""
        self._watch.begin()
        self._watch.watch(watched)

    def end(self) -> None:
        """Look no more. What is trained goes on."""
        self._watch.end()

    @property
    def look(self) -> RunLook | None:
        """The run that is looked at."""
        return next((look for look in self.looks if look.folder == self.chosen), None)

    @property
    def trained_here(self) -> RunLook | None:
        """The run that a process of this machine works on."""
        return next((look for look in self.looks if look.working and look.here), None)

    # Wishes

    def begin(self, asked: Asked) -> None:
        """Start a run as a process of its own, and look at it."""
        folder = asked.request.run

        def job() -> None:
            asked.write()
            self._watch.adopt(folder, starting.start(asked.request))

        self.chosen = folder
        self._do("Starting", job)

    def pause(self, look: RunLook) -> None:
        """Have it saved and ended, so that the device is free. On this machine that is asked at
        once: the window may be about to close."""
        if run_obstacles.to_pause(look):
            return
        if not look.here:
            self._do("Pausing", lambda: asking.ask(look.folder, "pause"))
            return
        try:
            asking.ask(look.folder, "pause")
        except OSError as error:
            self.failure = f"“{look.name}” could not be paused: {error.strerror or error}."
        self._watch.look()

    def go_on(self, look: RunLook) -> None:
        if not run_obstacles.to_go_on(look, self.trained_here):
            self._do("Starting", lambda: self._start(look))

    def keep(self, look: RunLook, wish: Wish) -> None:
        """Stop, and make a model of the best or of the last checkpoint."""
        if run_obstacles.to_keep(look, self.trained_here):
            return
        if look.working:
            self._do("Stopping", lambda: asking.ask(look.folder, wish))
        else:
            self._do("Writing the model", lambda: self._start(look, wish))

    def go_back(self, look: RunLook, phase: str, step: int) -> None:
        """Go on from a checkpoint; what came after it is kept aside."""
        if run_obstacles.to_go_back(look, self.trained_here):
            return

        def job() -> None:
            checkpoints.go_back(look.folder, list(look.phases), phase, step)
            self._start(look)

        self._do("Going back", job)

    def follow(self, folder: Path) -> str:
        """Follow a run that lies somewhere else.

        Returns:
            Why that cannot be done, or "".
        """
        if not is_run(folder):
            return f"“{folder.name}” is no folder of a training: it has no recipe.toml."
        if folder.parent != self.home and folder not in self._known.followed:
            self._follow_only((*self._known.followed, folder))
        self.chosen = folder
        return ""

    def forget(self, look: RunLook) -> None:
        """Follow it no more; one of this machine is deleted, with all its checkpoints."""
        if look.working and look.here:
            return
        self.chosen = None
        if look.folder in self._known.followed:
            others = (path for path in self._known.followed if path != look.folder)
            self._follow_only(tuple(others))
        else:
            self._do("Deleting", lambda: shutil.rmtree(look.folder))

    def write_elsewhere(self, asked: Asked, machines: Machines) -> None:
        """Write a folder for other machines, and follow it."""

        self.doing, self.failure, self._awaited = "Writing the folder", "", asked.request.run
        self._work.start(lambda: write_folder(asked, machines))

    # Internals

    def _follow_only(self, folders: tuple[Path, ...]) -> None:
        self._known.followed = folders
        self._known.remember()
        self._watch.follow(folders)

    def _start(self, look: RunLook, keep: Wish | None = None) -> None:
        assert look.asked is not None
        self._watch.adopt(look.folder, starting.start(look.asked.request, keep))

    def _do(self, words: str, job: Callable[[], object]) -> None:
        """Does it in a thread: disks can be slow."""

        def once() -> Generator[None, None, None]:
            try:
                job()
            except OSError as error:
                raise UserError(f"{error.filename}: {error.strerror}.") from error
            yield

        self.doing, self.failure = words, ""
        self._work.start(once)

    def _fail(self, sentence: str) -> None:
        self.failure = sentence
        self._awaited = None

    def _settle(self) -> None:
        self.doing = ""
        if self._awaited is not None:
            self.follow(self._awaited)
            self._awaited = None
        self._models.look_again()
        self._watch.look()

    def _take(self, looks: tuple[RunLook, ...]) -> None:
        known, self._statuses = self._statuses, {look.folder: look.status for look in looks}
        self.looks = looks
        for look in looks:
            if known.get(look.folder) != look.status:
                self._note(look, known.get(look.folder))

    def _note(self, look: RunLook, before: str | None) -> None:
        """A run has come to another status; None: it is seen for the first time."""
        ended = look.status in ENDS
        if look.status == "finished":
            self._take_over(look)
        if ended == (look.folder in self._known.told):
            if before is None and look.working and look.folder != self.chosen:
                done = f"step {look.done:,} of {look.total:,}" if look.total else "it is preparing"
                self._tell("info", f"“{look.name}” is being trained: {done}.", look)
            return
        told = {look.folder}
        self._known.told = self._known.told | told if ended else self._known.told - told
        self._known.remember()
        if look.status == "finished":
            self._tell("info", f"“{look.name}” is trained and in the list of models.", look)
        elif ended:
            self._tell("error", f"The training of “{look.name}” has stopped. {look.words}", look)

    def _tell(self, kind: Kind, words: str, look: RunLook) -> None:
        self._notices.tell(kind, words, "Show", lambda: self.wanted.emit(look.folder))

    def _take_over(self, look: RunLook) -> None:
        """The model of another machine is copied to those of this one."""
        self._models.look_again()
        if self.made.to_take_over(look):
            self._do("Copying the model", lambda: self.made.take_over(look))
