"""The user's own models: added from folders, deleted, and which one is the default.

A bundle appears whole or not at all: it grows in a hidden folder beside the others, is checked
there, and then gets its name.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from core.cards import CARD_FILE, files_of
from core.errors import UserError
from core.weights import check_bundle, pickled, unsafe_alone

DEFAULT_FILE = "default.json"
ORIGIN_FILE = "origin.json"
CHUNK = 1 << 20


@dataclass(frozen=True)
class Adding:
    """How far a bundle is being added.

    Attributes:
        file: that is being fetched, relative to the bundle.
        done, total: bytes.
        bundle: its folder; in the last update alone.
    """

    file: str
    done: int
    total: int
    bundle: Path | None = None


@dataclass(frozen=True)
class Origin:
    """Where a bundle came from.

    Attributes:
        repository: "owner/name" of Hugging Face; revision: the commit there.
        folder: inside the repository, or "".
        total: bytes of all its files.
    """

    repository: str
    revision: str
    folder: str = ""
    total: int = 0

    def write(self, folder: Path) -> None:
        _write_json(folder / ORIGIN_FILE, asdict(self))


def origin(folder: Path) -> Origin | None:
    """Where a bundle came from; None when nobody knows."""
    try:
        return Origin(**json.loads((folder / ORIGIN_FILE).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


# ── the default ────────────────────────────────────────────────────────────────────────────────


def default_model(own: Path) -> Path | None:
    """The model that is used when nothing else is chosen, if it is still there.

    Args:
        own: folder of the user's own models; the choice is kept in it.
    """
    try:
        saved = json.loads((own / DEFAULT_FILE).read_text("utf-8"))
        folder = Path(saved["bundle"])
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return folder if (folder / CARD_FILE).is_file() else None


def make_default(own: Path, folder: Path) -> None:
    """Use a model when nothing else is chosen, from the next start on."""
    with explained(own):
        own.mkdir(parents=True, exist_ok=True)
        _write_json(own / DEFAULT_FILE, {"bundle": str(folder)})


# ── adding and deleting ────────────────────────────────────────────────────────────────────────


def add_folder(source: Path, own: Path) -> Generator[Adding, None, None]:
    """Copies a bundle to the user's own; its last update names the copy.

    Only what belongs to a bundle is copied. Closing the generator leaves nothing behind.

    Raises:
        UserError: the folder holds no whole and safe bundle, or cannot be copied.
    """
    if not (source / CARD_FILE).is_file():
        raise UserError(_no_bundle(source))
    card = check_bundle(source)
    files = files_of(source)
    total, done = sum(path.stat().st_size for path in files), 0
    check_room(own, total, card.title)
    with explained(own), _growing(own) as partial:
        for path in files:
            name = path.relative_to(source)
            (partial / name).parent.mkdir(exist_ok=True)
            with path.open("rb") as read, (partial / name).open("wb") as written:
                while chunk := read.read(CHUNK):
                    written.write(chunk)
                    done += len(chunk)
                    yield Adding(name.as_posix(), done, total)
                os.fsync(written.fileno())
        yield Adding("", total, total, settle(partial, own))


def settle(partial: Path, own: Path) -> Path:
    """Checks a bundle that has grown in a hidden folder and gives it its name; the new folder.

    Raises:
        UserError: it is not whole, or not safe to load.
    """
    card = check_bundle(partial)
    folder = free_folder(own, card.name)
    partial.chmod(0o755)
    partial.rename(folder)
    return folder


def free_folder(own: Path, name: str) -> Path:
    """A folder of the user's own models that is not there yet, called after a model."""
    stem = re.sub(r"[^\w.-]+", "-", name).strip(".-") or "model"
    names = (stem, *(f"{stem}-{number}" for number in range(2, 1000)))
    return next(own / known for known in names if not (own / known).exists())


def delete(folder: Path, own: Path) -> None:
    """Deletes one of the user's own models.

    Raises:
        UserError: it is another's, or cannot be deleted.
    """
    if folder.resolve().parent != own.resolve():
        raise UserError(f"{folder} is not one of your own models, so it stays. Those are in {own}.")
    with explained(own):
        doomed = Path(tempfile.mkdtemp(prefix=".deleted-", dir=own)) / folder.name
        folder.rename(doomed)  # at once out of sight, however long the rest takes
        shutil.rmtree(doomed.parent)


def check_room(own: Path, needed: int, what: str) -> None:
    """Raises UserError when the disk of the user's models has less room than so many bytes."""
    place = next(path for path in (own, *own.parents) if path.exists())
    free = shutil.disk_usage(place).free
    if needed > free:
        raise UserError(
            f"“{what}” needs {_megabytes(needed)}, but only {_megabytes(free)} are free on the "
            f"disk of {own}. Make room, then try again."
        )


@contextmanager
def explained(own: Path) -> Generator[None, None, None]:
    """A disk that refuses becomes a sentence."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{error.filename or own}: {error.strerror or error}. Make room, or see to the rights "
            "of the folder, then try again."
        ) from error


@contextmanager
def _growing(own: Path) -> Generator[Path, None, None]:
    """A hidden folder for a bundle that is not whole yet."""
    own.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=".adding-", dir=own))
    try:
        yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _no_bundle(source: Path) -> str:
    names = sorted(path.name for path in source.iterdir()) if source.is_dir() else []
    if found := pickled(names):
        return unsafe_alone(str(source), found)
    inside = [name for name in names if (source / name / CARD_FILE).is_file()]
    if inside:
        return (
            f"{source} is a folder of models. Choose one of the folders in it: {', '.join(inside)}."
        )
    return f"{source} holds no model: there is no {CARD_FILE}. Choose the folder that has one."


def _megabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def _write_json(path: Path, data: object) -> None:
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}-", delete=False
    ) as partial:
        json.dump(data, partial, indent=1)
        partial.flush()
        os.fsync(partial.fileno())
    os.replace(partial.name, path)
