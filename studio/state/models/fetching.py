"""Models from elsewhere: a folder, or a repository of Hugging Face that is looked at first."""

from __future__ import annotations

import operator
from collections.abc import Generator
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.errors import UserError
from core.hub.downloading import download, throw_away, unfinished
from core.hub.offers import look
from core.hub.repository import Offer, Repository
from core.library import Adding, add_folder
from studio.observable import Field, Observable
from studio.state.background import Background
from studio.state.models.models import Models

Unfinished = tuple[Repository, int, int]


class Fetching(Observable):
    """Attributes:
    looking: the repository that is being looked at, or None.
    offer: what it offers, before anything is downloaded; None while that is not known.
    adding: how far a model is being added; None when none is.
    problem: why the last attempt failed, a sentence, or "".
    unfinished: downloads that broke off or were stopped: what, bytes that are here, of how many.
    endpoint: address of the site, where it is another one than Hugging Face's.

    Signals:
        added(str): a model is there, in this folder.
    """

    looking: Field[Repository | None] = Field(None)
    offer: Field[Offer | None] = Field(None, same=operator.is_)
    adding: Field[Adding | None] = Field(None)
    problem = Field("")
    unfinished: Field[tuple[Unfinished, ...]] = Field(())
    added = Signal(str)

    def __init__(self, models: Models, own: Path, parent: QObject | None = None) -> None:
        """`own` is where models are written to."""
        super().__init__(parent)
        self._models, self._own = models, own
        self.endpoint: str | None = None
        self._background = Background("models", self)
        self._background.updated.connect(self._take)
        self._background.failed.connect(lambda sentence: setattr(self, "problem", sentence))
        self._background.ended.connect(self._settle)
        self.unfinished = tuple(unfinished(own))

    @property
    def running(self) -> bool:
        return self.looking is not None or self.adding is not None

    def look(self, text: str) -> None:
        """Look at a repository, written as people do."""
        self.forget()
        try:
            repository = self.looking = Repository.parse(text)
        except UserError as error:
            self.problem = str(error)
            return
        self._background.start(lambda: _looked(repository, self._own, self.endpoint))

    def download(self) -> None:
        """Download what is offered; what is here of it already stays."""
        offer = self.offer
        if offer is not None and not self.running:
            self.problem, self.adding = "", Adding("", offer.here, offer.total)
            self._background.start(lambda: download(offer, self._own, self.endpoint))

    def add_folder(self, folder: Path) -> None:
        """Copy a model from a folder."""
        self.forget()
        self.adding = Adding("", 0, 0)
        self._background.start(lambda: add_folder(folder, self._own))

    def cancel(self) -> None:
        """Stop what runs; what has arrived of a download stays."""
        self._background.stop()
        self._settle()

    def forget(self) -> None:
        """Stop what runs, and put away what was offered and what was wrong."""
        self.cancel()
        self.offer, self.problem = None, ""

    def throw_away(self, repository: Repository) -> None:
        """Let go of what is here of an unfinished download."""
        throw_away(self._own, repository)
        self.unfinished = tuple(unfinished(self._own))

    def _take(self, update: object) -> None:
        match update:
            case Offer():
                self.offer = update
            case Adding(bundle=None):
                self.adding = update
            case Adding(bundle=folder):
                self.offer = None
                self._models.look_again()
                self.added.emit(str(folder))

    def _settle(self) -> None:
        self.looking = self.adding = None
        self.unfinished = tuple(unfinished(self._own))


def _looked(
    repository: Repository, own: Path, endpoint: str | None
) -> Generator[Offer, None, None]:
    yield look(repository, own, endpoint)
