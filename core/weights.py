"""Files of weights, looked at without loading them: which are safe, and why others are not opened.

A safetensors file holds numbers and nothing else. A pickle names functions that are called when it
is opened, any that its maker likes; so nothing here ever opens one.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from safetensors import SafetensorError, safe_open

from core.cards import TOKENIZER_FILE, TRANSFORMER_FILE, ModelCard
from core.errors import UserError

PICKLED = (".ckpt", ".pt", ".pth", ".bin", ".pkl", ".pickle", ".joblib", ".msgpack", ".h5")
"""Endings of files that can run what they say when they are opened."""
_PICKLE_STARTS = (b"PK\x03\x04", *(bytes((0x80, protocol)) for protocol in range(2, 6)))
_NAMED = 3
"""So many files are named in a sentence."""


def pickled(names: Iterable[str]) -> tuple[str, ...]:
    """Those of some file names that are not safe to open."""
    return tuple(name for name in names if name.lower().endswith(PICKLED))


def named(names: tuple[str, ...]) -> str:
    """Some file names as part of a sentence: "“a.ckpt”, “b.bin” and 4 more"."""
    shown = ", ".join(f"“{name}”" for name in names[:_NAMED])
    more = len(names) - _NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def unsafe_alone(where: str, names: tuple[str, ...]) -> str:
    """What to say of a place that holds pickled weights instead of a bundle."""
    return (
        f"{where} holds no model of Maskreel (there is no card.json), but {named(names)}. "
        "Such a file is a pickle: opening it can run any program on this computer, so it was not "
        "opened. If it is a checkpoint of VideoGPT, get the file and import it as a “VideoGPT "
        "checkpoint”: there it is read without running anything that it says."
    )


def left_out(names: tuple[str, ...]) -> str:
    """What to say of pickles beside a bundle, or ""."""
    if not names:
        return ""
    return (
        f"Left out: {named(names)}. Opening such a file can run any program on this computer, "
        "and the model does not need it."
    )


def check_bundle(folder: Path) -> ModelCard:
    """The card of a bundle whose files are whole and safe to load.

    Raises:
        UserError: something is missing, damaged, or not what its name says.
    """
    card = ModelCard.read(folder)
    check_weights(folder / TOKENIZER_FILE)
    if card.transformer is not None:
        check_weights(folder / TRANSFORMER_FILE)
    return card


def check_weights(path: Path) -> None:
    """Reads the head of a safetensors file, and that its tensors fill it to the end.

    Raises:
        UserError: it is something else, or cut off.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            file.keys()
    except (SafetensorError, OSError) as error:
        with path.open("rb") as file:
            start = file.read(4)
        if start.startswith(_PICKLE_STARTS):
            raise UserError(
                f"{path} is not safe to load: it is called safetensors, but is a pickle, which can "
                "run any program on this computer when it is opened. It was not opened. Get the "
                "model from another place."
            ) from error
        raise UserError(f"{path} is damaged or cut off ({error}). Copy the model again.") from error
