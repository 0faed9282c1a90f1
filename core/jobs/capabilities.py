"""The capabilities job: what this machine, its bundles and the decoders offer."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import torch

from core.cards import list_bundles
from core.decoders import DECODERS, Decoder
from core.device import best_device, device_name
from core.errors import UserError
from core.options import schema
from core.requests import BundleEntry, Capabilities, CapabilitiesRequest, DecoderEntry


def run(request: CapabilitiesRequest) -> Generator[Capabilities, None, None]:
    """One update: all of it. A bundle that cannot be used is listed with the reason."""
    device = best_device()
    yield Capabilities(
        device=device_name(device),
        memory=_memory(device),
        bundles=tuple(entry for folder in request.folders for entry in _entries(Path(folder))),
        decoders={name: _decoder(DECODERS[name]) for name in DECODERS},
    )


def _decoder(decoder: type[Decoder]) -> DecoderEntry:
    return DecoderEntry(decoder.label, schema(decoder), decoder.transformers, decoder.refines)


def _entries(folder: Path) -> Iterator[BundleEntry]:
    for path, card in list_bundles(folder):
        if isinstance(card, UserError):
            yield BundleEntry(str(path), None, str(card))
        else:
            yield BundleEntry(str(path), card)


def _memory(device: torch.device) -> int:
    """Bytes that the device has in all; 0 where the system does not say."""
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).total_memory
    if hasattr(os, "sysconf"):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return 0
