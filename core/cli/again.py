"""--settings-from FILE: generate again with the settings that a file was made with."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from core.cli import UsageError
from core.media.reading import ClipReader
from core.options import Value
from core.provenance import Provenance, read_provenance
from core.requests import GenerationRequest

SAID_BY_THE_FILE = {
    "task": "--task",
    "mask": "--mask",
    "region": "--region",
    "canvas": "--canvas",
    "margins": "--margins",
    "frames": "--frames",
    "begin": "--from",
    "keep": "--keep",
    "length": "--length",
    "overlap": "--overlap",
    "refine": "--refine",
}
"""Argument → how it is written, of those that must not be given beside the file."""


def settings_from(arguments: argparse.Namespace) -> Provenance | None:
    """How the file of --settings-from was made; None without that argument.

    Raises:
        UserError: the file does not say; UsageError: another argument says the same.
    """
    if arguments.settings_from is None:
        return None
    twice = [name for key, name in SAID_BY_THE_FILE.items() if getattr(arguments, key)]
    if twice:
        raise UsageError(f"{', '.join(twice)}: --settings-from says that already")
    made = read_provenance(arguments.settings_from)
    if made.request.clip is not None and arguments.clip is None:
        raise UsageError(
            f"--settings-from {arguments.settings_from} needs --clip: it was made from "
            f"“{made.request.clip}”"
        )
    return made


def again(
    made: Provenance,
    arguments: argparse.Namespace,
    bundle: Path,
    reader: ClipReader | None,
    decoder_options: Mapping[str, Value],
) -> GenerationRequest:
    """That request on a clip and with a model that are here; what was given beside it counts.

    Args:
        decoder_options: those that were given.
    """
    before = made.request
    kept = before.options if arguments.decoder in (None, before.decoder) else {}
    return replace(
        before,
        bundle=str(bundle),
        clip=None if reader is None or before.clip is None else str(arguments.clip),
        label=before.label if arguments.label is None else arguments.label,
        decoder=arguments.decoder or before.decoder,
        options={**kept, **decoder_options},
        seed=before.seed if arguments.seed is None else arguments.seed,
        count=arguments.count or before.count,
    )
