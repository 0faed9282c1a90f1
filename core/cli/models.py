"""List the models that are here; add one from a folder or Hugging Face, delete one, or choose the
default."""

from __future__ import annotations

import argparse
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

from core.assets import model_folders
from core.cards import ModelCard, files_of, list_bundles
from core.cli.generate import find_bundle
from core.cli.progress import Progress
from core.errors import UserError
from core.hub.downloading import download, throw_away, unfinished
from core.hub.offers import look
from core.hub.repository import Offer, Repository
from core.library import Adding, add_folder, default_model, delete, make_default
from core.weights import left_out

FAMILIES = {
    "": "tokenizer alone",
    "bidirectional": "masked",
    "causal": "token by token",
    "autoregressive": "token by token",
}
"""Transformer → what kind of model it makes, in a word."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(what=_list)
    verbs = parser.add_subparsers(metavar="WHAT")
    for name, (what, argument, help) in WHATS.items():
        verb = verbs.add_parser(name, help=help, description=f"{help[0].upper()}{help[1:]}.")
        verb.set_defaults(what=what)
        if argument:
            verb.add_argument("model", metavar=argument)
        if what is _download:
            verb.add_argument("--look", action="store_true", help="only say what there is")
            verb.add_argument("--endpoint", help="address of another site than huggingface.co")


def run(arguments: argparse.Namespace) -> None:
    """Prints what there is, or the folder of what was added.

    Raises:
        UserError: it cannot be done; what to do is said.
    """
    arguments.what(arguments)


def _own() -> Path:
    return model_folders()[1]


def _list(_arguments: argparse.Namespace) -> None:
    chosen = default_model(_own())
    for folder in model_folders():
        for path, card in list_bundles(folder):
            mark = "*" if path == chosen else " "
            print(f"{mark} {path.name:24} {_about(path, card)}")
    for repository, here, total in unfinished(_own()):
        print(f"  {repository.name:24} broken off at {_size(here)} of {_size(total)}: download it")


def _about(path: Path, card: ModelCard | UserError) -> str:
    if not isinstance(card, ModelCard):
        return str(card)
    size = _size(sum(file.stat().st_size for file in files_of(path)))
    clips = f"{card.frames} frames of {card.width}x{card.height}"
    return f"{size:>9}  {FAMILIES.get(card.family, card.family):16} {clips:24} {card.licence}"


def _add(arguments: argparse.Namespace) -> None:
    _follow(add_folder(Path(arguments.model), _own()))


def _download(arguments: argparse.Namespace) -> None:
    offer = look(Repository.parse(arguments.model), _own(), arguments.endpoint)
    _describe(offer)
    if not arguments.look:
        _follow(download(offer, _own(), arguments.endpoint))


def _describe(offer: Offer) -> None:
    print(f"{offer.card.title}: {offer.card.description}")
    print(f"licence  {offer.licence}")
    for file in offer.files:
        print(f"{_size(file.size):>9}  {file.path}")
    if offer.here:
        print(f"{_size(offer.here)} of {_size(offer.total)} are here already.")
    if note := left_out(offer.left_out):
        print(note)


def _follow(updates: Generator[Adding, None, None]) -> None:
    """Shows how far it is; prints the folder at the end."""
    progress = Progress(json_lines=False)
    with closing(updates):
        for update in updates:
            done = f"{_size(update.done)} of {_size(update.total)}"
            progress.event("fetched", f"{update.file}  {done}")
    progress.close()
    print(update.bundle)


def _delete(arguments: argparse.Namespace) -> None:
    for repository, _, _ in unfinished(_own()):
        if repository.name == arguments.model:
            throw_away(_own(), repository)
            return
    delete(find_bundle(arguments.model)[0], _own())


def _default(arguments: argparse.Namespace) -> None:
    make_default(_own(), find_bundle(arguments.model)[0])


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


WHATS = {
    "list": (_list, "", "list the models that are here"),
    "add": (_add, "FOLDER", "copy a model from a folder"),
    "download": (_download, "OWNER/NAME[@REVISION]", "download a model from Hugging Face"),
    "delete": (_delete, "NAME", "delete one of your own models, or a download that broke off"),
    "default": (_default, "NAME", "use a model when nothing else is said"),
}
