"""A report for whoever shall find an error: what happened on a machine, but not whose it is.

Names of the user and the machine and all private folders are replaced before anyone sees the
report; names of clips are, when that is asked.
"""

from __future__ import annotations

import getpass
import json
import os
import re
import socket
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from core.errors import UserError

_SUFFIXES = (
    "mp4|mov|mkv|webm|avi|m4v|mpg|mpeg|ts|wmv|flv|ogv|gif|npz|npy|png|jpe?g|webp|tiff?|bmp|"
    "ckpt|pth?|safetensors|zip|json"
)
_SYSTEM = r"(?:usr|lib|lib64|bin|sbin|etc|proc|sys|dev|System|Library)/"
_ROOT = rf"(?:/(?!{_SYSTEM})|[A-Za-z]:[\\/]+|\\\\+)"
_QUOTES = "\"'“”‘’«»"
_QUOTED = re.compile(rf"(?<=[{_QUOTES}])(?:file://)?{_ROOT}[^{_QUOTES}\n]*[\\/]")
_BARE = re.compile(rf"(?<![\w.~>/\\:]){_ROOT}(?:[^\s{_QUOTES}/\\]+[\\/]+)+")
_NAME_IN_QUOTES = re.compile(rf"(?<=[{_QUOTES}/\\])[^{_QUOTES}/\\\n]+(?=\.(?:{_SUFFIXES})\b)", re.I)
_BARE_NAME = re.compile(rf"(?<![\w<>])[^\s{_QUOTES}/\\<>]+(?=\.(?:{_SUFFIXES})\b)", re.I)


@dataclass(frozen=True)
class Privacy:
    """What is replaced in a report, and by what.

    Attributes:
        folders: paths, each with what stands in its place; the longest goes first.
        words: whole words, in whatever case, each with what stands in its place.
        names: names of clips and other files, without their folders.
        hide_names: whether those, and all that look like names of files, are replaced too.
    """

    folders: Mapping[str, str]
    words: Mapping[str, str]
    names: tuple[str, ...] = ()
    hide_names: bool = False

    def cleaned(self, text: str) -> str:
        """A text without any of it. Folders that nobody has named go too, save the system's."""
        for path in sorted(self.folders, key=len, reverse=True):
            for spelling in _spellings(path):
                text = text.replace(spelling, self.folders[path])
        text = _BARE.sub("<folder>/", _QUOTED.sub("<folder>/", text))
        if self.hide_names:
            text = self._without_names(text)
        for word, instead in self.words.items():
            text = re.sub(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])", instead, text, flags=re.I)
        return text

    def _without_names(self, text: str) -> str:
        for name in sorted(self.names, key=len, reverse=True):
            for spelling in _spellings(name):
                text = text.replace(spelling, "<name>")
        return _BARE_NAME.sub("<name>", _NAME_IN_QUOTES.sub("<name>", text))


def privacy(
    folders: Iterable[str], names: Iterable[str] = (), *, hide_names: bool = False
) -> Privacy:
    """What is private on this machine, with these folders and names of files besides."""
    known = {folder: f"<folder {number}>" for number, folder in enumerate(_absolute(folders), 1)}
    program = str(Path(__file__).resolve().parents[1])
    ours = {str(Path.home()): "~", program: "<maskreel>", sys.prefix: "<python>"}
    whole = {name for name in names if name}
    stems = {Path(name).stem for name in whole}
    words = {_user(): "<user>", Path.home().name: "<user>", socket.gethostname(): "<host>"}
    return Privacy(
        known | {folder: ours[folder] for folder in _absolute(ours)},
        {word: instead for word, instead in words.items() if len(word) > 1},
        tuple(name for name in whole | stems if len(name) > 1),
        hide_names,
    )


def write_report(files: Mapping[str, str], path: Path) -> None:
    """Write texts, by the names of their files, into a zip; whole or not at all.

    Raises:
        UserError: the place cannot be written.
    """
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as part:
            with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as packed:
                for name, text in files.items():
                    packed.writestr(name, text)
            part.flush()
            os.fsync(part.fileno())
        os.replace(part.name, path)
    except OSError as error:
        raise UserError(
            f"The report cannot be written to “{path}”: {error.strerror}. Choose another folder."
        ) from error


def _absolute(folders: Iterable[str]) -> list[str]:
    """Each once; not the root of all, which would be everywhere."""
    return [folder for folder in dict.fromkeys(folders) if len(Path(folder).parts) > 1]


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without an entry for its user
        return ""


def _spellings(text: str) -> list[str]:
    """As a text may be written in JSON, in a URL and in a traceback."""
    plain = {text, text.replace("\\", "/"), quote(text), json.dumps(text)[1:-1], repr(text)[1:-1]}
    escaped = {json.dumps(text, ensure_ascii=False)[1:-1]}
    return sorted(plain | escaped, key=len, reverse=True)
