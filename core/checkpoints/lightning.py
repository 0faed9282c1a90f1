"""Checkpoints of PyTorch Lightning, opened without running anything that they say; and written.

A checkpoint is a pickle, and a pickle may name any function to be run when it is opened. So its
names are read first, without opening it, and one that is not in `ALLOWED` is refused; then torch's
weights-only reader, which knows no other names either, builds the tensors. Those of a zip stay in
the file until they are used, so that optimiser states cost no memory.
"""

from __future__ import annotations

import argparse
import os
import pickletools
import tempfile
import zipfile
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor

from core.errors import UserError
from core.machine import free_memory

TENSORS = (
    "collections.OrderedDict",
    "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_parameter",
    "torch.FloatStorage",
    "torch.DoubleStorage",
    "torch.HalfStorage",
    "torch.BFloat16Storage",
    "torch.LongStorage",
    "torch.IntStorage",
    "torch.ByteStorage",
    "torch.BoolStorage",
)
PLACEHOLDERS = (
    "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint",
    "pytorch_lightning.utilities.argparse._gpus_arg_default",
)
"""What Lightning leaves in its files: the key of a callback's state, and a default value."""
ALLOWED = frozenset((*TENSORS, *PLACEHOLDERS, "argparse.Namespace"))

LARGEST_PICKLE = 8 * 2**20
"""Of a zip's description of its tensors, in bytes. The authors' have less than one megabyte."""
PICKLE = tuple(bytes((0x80, protocol)) for protocol in (2, 3, 4, 5))
"""How one begins."""
PICKLES = 5
"""At the start of a file in torch's older format; the numbers of the tensors follow."""
OLD_START = bytes.fromhex("80028a0a6cfc9c46f9206aa850192e")
"""A number by which torch knows its older format."""
COMPRESSED = (b"\xfd7zXZ", b"\x1f\x8b", b"BZh", b"\x28\xb5\x2f\xfd", b"7z\xbc\xaf")
CHOOSE = "Choose a .ckpt file as VideoGPT's training writes it."
SHOWN = 3
"""So many names are listed in a message."""
VERSION = "1.3.3"
"""Of Lightning, whose layout is written."""

Arguments = dict[str, Any]


class Inert:
    """Stands for what a file names and nobody needs."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What a checkpoint says of a model.

    Attributes:
        weights: tensors by name, in the file's order; read from the file when they are used.
        arguments: hyper-parameters by name: numbers, texts, lists of them, None.
        step: optimiser steps that were done; 0 when the file does not say.
        version: of Lightning; "" when the file does not say.
    """

    path: Path
    weights: Mapping[str, Tensor]
    arguments: Arguments
    step: int
    version: str


# ── reading ────────────────────────────────────────────────────────────────────────────────────


def open_checkpoint(path: Path) -> Checkpoint:
    """The checkpoint in a file, on the CPU.

    Raises:
        UserError: it is no checkpoint, is damaged, too large, or names what is not allowed.
    """
    start = _start(path)
    if start.startswith(b"PK\x03\x04"):
        _check_zip(path)
        _check_claims(path, _opened(path, "meta"))
        return _checkpoint(path, _opened(path, "cpu", mmap=True))
    if start.startswith(PICKLE):
        _check_old(path, start)
        return _checkpoint(path, _opened(path, "cpu"))
    if start.lstrip().startswith(b"<"):
        raise UserError(f"{path} is a web page, so its download went wrong. {CHOOSE}")
    if start.startswith(COMPRESSED):
        raise UserError(f"{path} is compressed. Unpack it and choose the file that comes out.")
    raise UserError(f"{path} is no checkpoint of PyTorch. {CHOOSE}")


def _start(path: Path) -> bytes:
    """The first bytes of a file."""
    try:
        with path.open("rb") as file:
            return file.read(len(OLD_START))
    except FileNotFoundError as error:
        raise UserError(f"There is no file {path}. {CHOOSE}") from error
    except OSError as error:
        reason = error.strerror or error
        raise UserError(f"{path} cannot be opened: {reason}. {CHOOSE}") from error


def _check_zip(path: Path) -> None:
    """Refuses, by looking alone, what must not or cannot be opened."""
    try:
        with zipfile.ZipFile(path) as archive:
            _check_sizes(path, archive)
            pickles = [name for name in archive.namelist() if name.endswith("/data.pkl")]
            if not pickles:
                raise UserError(f"{path} is a ZIP archive, but no checkpoint. {CHOOSE}")
            for name in pickles:
                with archive.open(name) as pickle:
                    _check_names(path, pickle)
            broken = archive.testzip()
    except UserError:
        raise
    except Exception as error:  # a damaged archive fails in any way that Python can
        raise _damaged(path) from error
    if broken is not None:
        raise _damaged(path, f"the checksum of its record {broken} is wrong")


def _check_sizes(path: Path, archive: zipfile.ZipFile) -> None:
    """PyTorch stores records as they are: what unpacks to more than the file was made to harm."""
    records, size = archive.infolist(), path.stat().st_size
    claimed = sum(record.file_size for record in records)
    if claimed > size or any(record.compress_type != zipfile.ZIP_STORED for record in records):
        raise UserError(
            f"{path} is {_size(size)} large but claims to unpack to {_size(claimed)}, which no "
            "checkpoint of PyTorch does. Get it again from where it came."
        )
    pickle = max((r.file_size for r in records if r.filename.endswith(".pkl")), default=0)
    if pickle > LARGEST_PICKLE:
        raise UserError(
            f"{path} needs {_size(pickle)} to describe its tensors, where a checkpoint of VideoGPT "
            f"needs less than one megabyte. {CHOOSE}"
        )


def _check_old(path: Path, start: bytes) -> None:
    """The same for torch's older format, which is read into memory as a whole."""
    check_memory(path, path.stat().st_size)
    try:
        with path.open("rb") as file:
            for _ in range(PICKLES if start == OLD_START else 1):
                _check_names(path, file)
    except ValueError as error:
        raise _damaged(path) from error
    if start != OLD_START:
        raise UserError(f"{path} is no checkpoint of PyTorch. {CHOOSE}")


def _check_names(path: Path, pickle: IO[bytes]) -> None:
    refused: list[str] = []
    for name in _names(pickle):
        if name not in ALLOWED and name not in refused:
            refused.append(name)
        if len(refused) == SHOWN:
            break
    if refused:
        raise UserError(
            f"{path} was not opened: it asks for {', '.join(f'“{name}”' for name in refused)}, "
            "which is not among the few names that a checkpoint of VideoGPT needs and could run "
            "anything on this computer. Get the file from its authors."
        )


def _names(pickle: IO[bytes]) -> Iterator[str]:
    """Every name that one pickle asks for, by its instructions, which are not followed."""
    memory: dict[Any, str] = {}
    before, top = "", ""  # texts that the last two instructions have put down
    for instruction, value, _ in pickletools.genops(pickle):
        match instruction.name:
            case "GLOBAL" | "INST":
                yield str(value).replace(" ", ".", 1)
            case "STACK_GLOBAL":
                yield f"{before}.{top}"
            case "EXT1" | "EXT2" | "EXT4":
                yield f"extension {value}"
            case "MEMOIZE":
                memory[len(memory)] = top
            case "PUT" | "BINPUT" | "LONG_BINPUT":
                memory[value] = top
            case "GET" | "BINGET" | "LONG_BINGET":
                before, top = top, memory.get(value, "")
            case "FRAME":
                pass
            case _:
                before, top = top, value if isinstance(value, str) else ""


def check_memory(path: Path, needed: int) -> None:
    """Raises UserError when there is less memory than that many bytes."""
    free = free_memory()
    if free is not None and needed > free:
        raise UserError(
            f"{path} needs {_size(needed)} of memory, but {_size(free)} are free. "
            "Close other programs, or use a computer with more memory."
        )


def _opened(path: Path, device: str, *, mmap: bool = False) -> Any:
    stubs: list[Any] = [argparse.Namespace, *((Inert, name) for name in PLACEHOLDERS)]
    try:
        with torch.serialization.safe_globals(stubs):
            return torch.load(path, map_location=device, weights_only=True, mmap=mmap)
    except RuntimeError as error:  # torch says what is wrong with a tensor
        raise _damaged(path, str(error).partition("\n")[0]) from error
    except Exception as error:  # a damaged pickle fails in any way that Python can
        raise _damaged(path) from error


def _check_claims(path: Path, content: Any) -> None:
    """Refuses, before any memory is taken, tensors that are larger than their file."""
    for name, tensor in _weights(path, content).items():
        _check_claim(path, name, tensor, path.stat().st_size)


def _check_claim(path: Path, name: str, tensor: Tensor, held: int) -> None:
    claimed = tensor.numel() * tensor.element_size()
    if claimed > held:
        shape = "x".join(map(str, tensor.shape))
        raise UserError(
            f"{path} claims that “{name}” is {shape} numbers ({_size(claimed)}), but holds "
            f"{_size(held)}. Get the file again from where it came."
        )


def _checkpoint(path: Path, content: Any) -> Checkpoint:
    """The parts that matter, each looked at: a file may hold anything under their names."""
    weights = _weights(path, content)
    for name, tensor in weights.items():  # a few numbers can be spread over any size
        _check_claim(path, name, tensor, tensor.untyped_storage().nbytes())
    step, version = content.get("global_step"), content.get("pytorch-lightning_version")
    return Checkpoint(
        path,
        {name: tensor.detach() for name, tensor in weights.items()},
        _arguments(content.get("hyper_parameters")),
        step if isinstance(step, int) else 0,
        version if isinstance(version, str) else "",
    )


def _weights(path: Path, content: Any) -> dict[str, Tensor]:
    """The tensors of a model by name; a file may hold nothing but them."""
    weights = content.get("state_dict", content) if isinstance(content, dict) else None
    if not isinstance(weights, dict) or not weights or not _are_tensors(weights):
        raise UserError(f"{path} holds no weights. {CHOOSE}")
    return weights


def _are_tensors(weights: Mapping[Any, Any]) -> bool:
    return all(isinstance(k, str) and isinstance(v, Tensor) for k, v in weights.items())


def _arguments(given: Any) -> Arguments:
    """Hyper-parameters by name, of both layouts: beside `args`, or flat; stubs are left out."""
    if isinstance(given, dict):
        given = given.get("args", given)
    if isinstance(given, argparse.Namespace):
        given = vars(given)
    if not isinstance(given, dict):
        return {}
    plain = (bool, int, float, str, list, tuple, type(None))
    return {str(name): value for name, value in given.items() if isinstance(value, plain)}


def _damaged(path: Path, reason: str = "") -> UserError:
    why = f" ({reason})" if reason else ""
    return UserError(f"{path} is damaged or cut off{why}. Copy or download it again.")


def _size(count: int) -> str:
    """Bytes for people."""
    for unit, size in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count / 1000:.1f} kB"


# ── writing ────────────────────────────────────────────────────────────────────────────────────


def write_checkpoint(
    path: Path, weights: Mapping[str, Tensor], arguments: Arguments, step: int
) -> None:
    """Writes, whole or not at all, what Lightning's `load_from_checkpoint` reads.

    Raises:
        OSError: the file cannot be written.
    """
    content = {
        "epoch": 0,
        "global_step": step,
        "pytorch-lightning_version": VERSION,
        "state_dict": OrderedDict(weights),
        "hparams_name": "kwargs",
        "hyper_parameters": {"args": argparse.Namespace(**arguments)},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            torch.save(content, file)
        partial.chmod(0o644)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
