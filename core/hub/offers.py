"""Looking at a repository: is there a bundle in it, how large is it, is it safe to load?"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.cards import CARD_FILE, TOKENIZER_FILE, TRANSFORMER_FILE, ModelCard, belongs
from core.errors import UserError
from core.hub.downloading import arrived
from core.hub.repository import Offer, RemoteFile, Repository
from core.hub.transfer import TIMEOUT_S, received, understood
from core.weights import pickled, unsafe_alone

LARGEST_CARD = 4 << 20
"""Bytes. A card is text."""


def look(repository: Repository, own: Path, endpoint: str | None = None) -> Offer:
    """What a repository offers. Of its files, the card alone is read.

    Args:
        own: folder of the user's models, where an unfinished download may be.
        endpoint: address of the site, where it is another one.

    Raises:
        UserError: it cannot be reached or read, or holds no bundle that is safe to load.
    """
    from huggingface_hub import HfApi

    with understood(repository):
        info = HfApi(endpoint=endpoint).model_info(
            repository.name,
            revision=repository.revision or None,
            files_metadata=True,
            timeout=TIMEOUT_S,
        )
    known = {sibling.rfilename: sibling for sibling in info.siblings or ()}
    paths = sorted(known)
    folder = _folder(repository, paths)
    prefix = f"{folder}/" if folder else ""
    found = replace(repository, revision=info.sha or repository.revision, folder=folder)
    inside = [path.removeprefix(prefix) for path in paths if path.startswith(prefix)]
    files = tuple(_remote(known[prefix + name], name) for name in inside if belongs(name))
    card = _card(found, {file.name: file for file in files}, endpoint)
    offer = Offer(found, card, _licence(info) or card.licence, files, pickled(inside))
    return replace(offer, here=arrived(offer.partial(own)))


def _folder(repository: Repository, paths: list[str]) -> str:
    """Where in the repository the bundle is."""
    folders = [path.rpartition("/")[0] for path in paths if path.rpartition("/")[2] == CARD_FILE]
    if repository.folder in folders:
        return repository.folder
    inside = [folder for folder in folders if folder.startswith(repository.folder)]
    if len(inside) == 1:
        return inside[0]
    where = f"The repository {repository}"
    if inside:
        names = ", ".join(f"{repository.name}/{folder}" for folder in inside)
        raise UserError(f"{where} holds several models. Write one of: {names}.")
    if unsafe := pickled(paths):
        raise UserError(unsafe_alone(where, unsafe))
    raise UserError(
        f"{where} holds no model of Maskreel: there is no {CARD_FILE} in it. Models of other "
        "programs cannot be used."
    )


def _remote(sibling: Any, name: str) -> RemoteFile:
    sha256 = sibling.lfs.sha256 if sibling.lfs else ""
    return RemoteFile(sibling.rfilename, name, sibling.size or 0, sha256, sibling.blob_id or "")


def _card(repository: Repository, files: dict[str, RemoteFile], endpoint: str | None) -> ModelCard:
    file, place = files[CARD_FILE], f"The card of {repository.name}"
    if file.size > LARGEST_CARD:
        raise UserError(f"{place} is {file.size:,} bytes large, so it is none.")
    text = b"".join(received(repository, file, 0, endpoint))
    try:
        card = ModelCard.from_json(json.loads(text))
    except KeyError as error:
        raise UserError(f"{place} cannot be read: {error} is missing.") from error
    except (TypeError, ValueError) as error:
        raise UserError(f"{place} cannot be read: {error}.") from error
    for name in (TOKENIZER_FILE, *((TRANSFORMER_FILE,) if card.transformer else ())):
        if name not in files:
            raise UserError(f"The model in {repository.name} is incomplete: {name} is missing.")
    return card


def _licence(info: Any) -> str:
    licence = getattr(info.card_data, "license", None) if info.card_data else None
    return licence if isinstance(licence, str) else ""
