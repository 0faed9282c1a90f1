"""A repository of Hugging Face, as people write it, and what it offers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from core.cards import ModelCard
from core.errors import UserError

SITE = "https://huggingface.co"
PARTIAL = ".download-"
"""How the hidden folder of an unfinished download begins."""
_NAME = r"\w[\w.-]*"
_ID = re.compile(rf"({_NAME}/{_NAME})(?:/(?P<folder>[^@]+))?(?:@(?P<revision>[\w./-]+))?")
_PAGE = re.compile(
    rf"https?://[^/]+/({_NAME}/{_NAME})(?:/tree/(?P<revision>[^/]+)(?:/(?P<folder>.+))?)?/?"
)


@dataclass(frozen=True)
class Repository:
    """Where to look.

    Attributes:
        name: "owner/name".
        revision: a branch, tag or commit; "" for the newest.
        folder: inside the repository; "" finds it.
    """

    name: str
    revision: str = ""
    folder: str = ""

    @classmethod
    def parse(cls, text: str) -> Repository:
        """From "owner/name", "owner/name@revision", "owner/name/folder" or a page's address.

        Raises:
            UserError: it is none of them.
        """
        found = _PAGE.fullmatch(text.strip()) or _ID.fullmatch(text.strip())
        if found is None:
            raise UserError(
                f"“{text.strip()}” is no repository of Hugging Face. Write owner/name, or "
                "owner/name@revision."
            )
        return cls(found[1], found["revision"] or "", (found["folder"] or "").strip("/"))

    @property
    def page(self) -> str:
        """Its address for a browser."""
        return f"{SITE}/{self.name}"

    def __str__(self) -> str:
        folder = f"/{self.folder}" if self.folder else ""
        return f"{self.name}{folder}" + (f"@{self.revision}" if self.revision else "")


@dataclass(frozen=True)
class RemoteFile:
    """A file of a repository.

    Attributes:
        path: in the repository; name: in the bundle.
        size: bytes.
        sha256: of its content; "" for a small one, of which git's own checksum is known.
        git: that checksum.
    """

    path: str
    name: str
    size: int
    sha256: str
    git: str


@dataclass(frozen=True)
class Offer:
    """What a repository offers, before anything of it but the card was downloaded.

    Attributes:
        repository: with the commit as its revision and the folder where the bundle is.
        licence: as the repository states it, or the card.
        files: those of the bundle; left_out: pickles beside it, which nobody asks for.
        here: bytes that an earlier download has brought already.
    """

    repository: Repository
    card: ModelCard
    licence: str
    files: tuple[RemoteFile, ...]
    left_out: tuple[str, ...]
    here: int = 0

    @property
    def total(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    def partial(self, own: Path) -> Path:
        """The hidden folder among the user's models in which it grows."""
        place = self.repository
        stem = re.sub(r"[^\w.-]", "--", f"{place.name}/{place.folder}".rstrip("/"))
        return own / f"{PARTIAL}{stem}@{place.revision[:12]}"
