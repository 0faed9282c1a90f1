"""Token caches: examples that have been through the tokenizer, in a folder.

    cache.json                   what it holds: `Contents`
    shard-00000.safetensors      the first `SHARD` examples; each name holds one row an example

A shard appears whole or not at all, and holds the same bytes whenever it is made: a cache that was
interrupted goes on where it stopped. Reading maps the files into memory and takes single rows.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from core.errors import UserError
from core.training.data import Footage
from core.training.disk import write_whole
from core.training.loading import Batch, Examples, Loader

FORMAT = 1
SHARD = 256
AT_ONCE = 8
"""Clips that go through the tokenizer together. Part of the format: on some devices, sums depend on
how many are summed side by side."""

CONTENTS_FILE = "cache.json"
_STORED = {torch.int64: torch.int32}  # labels and tasks; tokens may be narrower still
_READ = {torch.uint16: torch.int64, torch.int32: torch.int64}


@dataclass(frozen=True)
class Contents:
    """What a cache holds.

    Attributes:
        network: registered name of the transformer that the examples are for.
        tokenizer: `fingerprint` of the tokenizer.
        classes: names of the classes, in the order of their labels.
        count: examples.
        together: examples that belong into one batch, because they share their task.
        made: all else that the examples depend on, as JSON values: seed, footage, cut, tasks.
    """

    network: str
    tokenizer: str
    classes: tuple[str, ...]
    count: int
    together: int = 1
    made: dict[str, Any] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Raises UserError when the folder holds other tokens."""
        path = folder / CONTENTS_FILE
        text = json.dumps({"format": FORMAT} | asdict(self), indent=2, sort_keys=True)
        if path.is_file():
            if path.read_text(encoding="utf-8") != text:
                raise UserError(
                    f"{folder} holds tokens that were made in another way. Choose another folder, "
                    "or remove it to make them anew."
                )
            return
        write_whole(path, lambda partial: partial.write_text(text, encoding="utf-8"))


class TokenCache:
    """The examples of a finished cache, by number. It can be pickled.

    Raises:
        UserError: there is no cache in the folder, or it is damaged or not finished.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.contents = _read_contents(folder)
        self._shards: dict[int, Any] = {}
        missing = [n for n in range(_shards(len(self))) if not _shard(folder, n).is_file()]
        if missing:
            raise UserError(
                f"The tokens in {folder} are not complete: {len(missing)} of {_shards(len(self))} "
                "files are missing. Run the command that made them again; it goes on."
            )

    def __len__(self) -> int:
        return self.contents.count

    def __getitem__(self, number: int) -> Batch:
        """One example, tensors without an axis for the batch."""
        shard, row = divmod(number, SHARD)
        if shard not in self._shards:
            self._shards[shard] = _open_shard(_shard(self.folder, shard))
        opened = self._shards[shard]
        rows = {name: opened.get_slice(name)[row : row + 1][0] for name in opened.keys()}  # noqa: SIM118
        return {name: value.to(_READ.get(value.dtype, value.dtype)) for name, value in rows.items()}

    def verify(self, network: str, tokenizer: str, classes: tuple[str, ...] | None) -> None:
        """Raises UserError when the examples are not for that transformer and that tokenizer, or
        have other classes than a transformer that learns classes; None learns none."""
        held = self.contents
        if held.network != network:
            raise UserError(f"{self.folder} holds tokens for a {held.network}, not a {network}.")
        if held.tokenizer != tokenizer:
            raise UserError(
                f"The tokens in {self.folder} were made by another tokenizer than the one that is "
                "trained with. Make them anew with maskreel tokenize."
            )
        if classes is not None and held.classes != classes:
            theirs, ours = (", ".join(names) or "none" for names in (held.classes, classes))
            raise UserError(
                f"The tokens in {self.folder} have the classes {theirs}; the recipe's footage has "
                f"{ours}. Name them alike, or make the tokens anew."
            )

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_shards": {}}


def token_type(codebook_size: int) -> torch.dtype:
    """The smallest type on the disk that holds every token."""
    return torch.uint16 if codebook_size <= 1 << 16 else torch.int32


def fingerprint(tokenizer: nn.Module) -> str:
    """A number that tells a network's weights from all others."""
    digest = hashlib.sha256()
    for name, value in sorted(tokenizer.state_dict().items()):
        digest.update(f"{name} {tuple(value.shape)} ".encode())
        digest.update(value.detach().cpu().float().contiguous().numpy().tobytes())
    return digest.hexdigest()


@torch.no_grad()
def write_cache(
    folder: Path,
    contents: Contents,
    footage: Footage,
    examples: Examples,
    prepare: Callable[[Batch], Batch],
    *,
    stored: torch.dtype = torch.uint16,
    device: torch.device | str = "cpu",
    workers: int = 0,
    rank: int = 0,
    world: int = 1,
) -> Iterator[int]:
    """Makes the shards that are not there yet; yields how many examples this process has done.

    Args:
        prepare: a batch → what is stored of it, see the phases' `prepare`.
        stored: type of tokens on the disk, see `token_type`.
        rank, world: which process this is; each makes a part of the shards.

    Raises:
        UserError: the folder holds other tokens, or the footage cannot be used.
    """
    contents.write(folder)
    total = _shards(contents.count)
    mine = range(rank * total // world, (rank + 1) * total // world)
    first = next((n for n in mine if not _shard(folder, n).is_file()), mine.stop)
    numbered = _Numbered(examples, contents.count)
    steps = range(first * SHARD // AT_ONCE, min(mine.stop * SHARD, numbered.padded) // AT_ONCE)
    rows: list[Batch] = []
    done = min(first * SHARD, contents.count) - mine.start * SHARD
    yield done
    for step, (batch,) in zip(
        steps, Loader(footage, numbered, steps, workers=workers), strict=True
    ):
        prepared = prepare({name: value.to(device) for name, value in batch.items()})
        rows.append({k: _narrow(k, v.cpu(), stored) for k, v in prepared.items()})
        done += numbered.count(step)
        if len(rows) == SHARD // AT_ONCE or step == steps[-1]:
            _save_shard(_shard(folder, step * AT_ONCE // SHARD), rows)
            rows = []
        yield done


@dataclass(frozen=True)
class _Numbered:
    """Examples one after the other, `AT_ONCE` a step, as a training would see them."""

    examples: Examples
    total: int

    @property
    def padded(self) -> int:
        return -(-self.total // AT_ONCE) * AT_ONCE

    def count(self, step: int) -> int:
        return min(AT_ONCE, self.total - step * AT_ONCE)

    def __call__(self, footage: Footage, step: int, index: int) -> Batch:
        return self.examples(footage, *divmod(step * AT_ONCE + index, self.examples.count(0)))


def _narrow(name: str, value: Tensor, stored: torch.dtype) -> Tensor:
    wanted = stored if name.endswith("tokens") else _STORED.get(value.dtype, value.dtype)
    return value.to(wanted)


def _save_shard(path: Path, rows: list[Batch]) -> None:
    whole = {name: torch.cat([row[name] for row in rows]).contiguous() for name in rows[0]}
    write_whole(path, lambda partial: save_file(whole, partial))


def _shards(count: int) -> int:
    return math.ceil(count / SHARD)


def _shard(folder: Path, number: int) -> Path:
    return folder / f"shard-{number:05}.safetensors"


def _open_shard(path: Path) -> Any:
    try:
        return safe_open(path, framework="pt")
    except (OSError, SafetensorError) as error:
        raise UserError(
            f"{path} is damaged. Remove it and run the command that made it again."
        ) from error


def _read_contents(folder: Path) -> Contents:
    path = folder / CONTENTS_FILE
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        if stored.pop("format") != FORMAT:
            raise UserError(f"{path} is of another version of Maskreel. Make the tokens anew.")
        return Contents(**stored | {"classes": tuple(stored["classes"])})
    except FileNotFoundError as error:
        raise UserError(
            f"{folder} holds no tokens. Make them with maskreel tokenize BUNDLE DATA {folder}."
        ) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{path} is damaged. Remove the folder and make the tokens anew."
        ) from error
