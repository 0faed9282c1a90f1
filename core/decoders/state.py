"""A decode between two steps, as a few KB of bytes: enough to go on as if never interrupted."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.errors import UserError
from core.sampling import NoiseState
from core.token_edits import TokenEdits
from core.tokens import DecodeStep


@dataclass(frozen=True, eq=False)
class DecodeState:
    """What the next step needs.

    Attributes:
        done: number of steps that are done; None leaves it to the decoder, by what is masked.
        tokens: int32 (b, t, h, w), the last step's.
        masked: bool (b, t, h, w), the last step's.
        confidence: float32 (b, t, h, w), the last step's.
        noise: where the noise continues.
        window: which window of a longer result is decoded, from 0.
        before: int32 (b, t, h, w), the tokens of the window before; None in the first.
        pinned: bool (b, t, h, w), tokens that no decoder masks again; None = there are none.
    """

    done: int | None
    tokens: NDArray[np.int32]
    masked: NDArray[np.bool_]
    confidence: NDArray[np.float32]
    noise: NoiseState
    window: int = 0
    before: NDArray[np.int32] | None = None
    pinned: NDArray[np.bool_] | None = None

    @classmethod
    def after(
        cls,
        step: DecodeStep,
        noise: NoiseState,
        window: int = 0,
        before: NDArray[np.int32] | None = None,
        pinned: NDArray[np.bool_] | None = None,
    ) -> DecodeState:
        """The state after a step; `noise` is what the decoder's `rng` says at that moment."""
        return cls(
            done=step.index + 1,
            tokens=step.tokens.to("cpu", torch.int32).numpy(),
            masked=step.masked.cpu().numpy(),
            confidence=step.confidence.float().cpu().numpy(),
            noise=noise,
            window=window,
            before=before,
            pinned=pinned,
        )

    def restarted(self) -> DecodeState:
        """What a decoder that refines starts from: the same tokens, with all steps to be done."""
        return replace(self, done=0)

    def of(self, seeds: Sequence[int]) -> DecodeState:
        """The samples of these seeds alone; those that there are."""
        known = self.noise.seeds
        rows = [row for row, seed in enumerate(known) if seed in seeds]
        return self._rows(rows, [known[row] for row in rows])

    def branched(self, row: int, seeds: Sequence[int]) -> DecodeState:
        """One sample, to be gone on with once for each of these seeds; as many steps are done as
        the decoder finds. With its own seed and decoder it goes on as it would have."""
        return replace(self._rows([row] * len(seeds), seeds), done=None)

    def edited(self, edits: TokenEdits) -> DecodeState:
        """The same edits made to each sample: tokens are masked again, pinned, or others."""
        chosen = edits.chosen
        return replace(
            self,
            tokens=np.where(chosen, edits.marks, self.tokens).astype(np.int32),
            masked=(self.masked | edits.again) & ~edits.pinned,
            confidence=np.where(chosen, np.float32(1), self.confidence),
            pinned=np.broadcast_to(edits.pinned, self.masked.shape).copy(),
        )

    def _rows(self, rows: list[int], seeds: Sequence[int]) -> DecodeState:
        return replace(
            self,
            tokens=self.tokens[rows],
            masked=self.masked[rows],
            confidence=self.confidence[rows],
            noise=replace(self.noise, seeds=tuple(seeds)),
            before=None if self.before is None else self.before[rows],
            pinned=None if self.pinned is None else self.pinned[rows],
        )

    def to_bytes(self) -> bytes:
        """An .npz archive, compressed: 4 to 7 KB for 1,024 tokens, 2 KB more with those before.

        At zlib's fastest level, as a decoder may report a hundred steps a second.
        """
        values = {
            "done": self.done,
            "tokens": self.tokens,
            "masked": self.masked,
            "confidence": self.confidence,
            "seeds": np.array(self.noise.seeds, np.uint64),
            "draws": self.noise.draws,
            "window": self.window,
            "before": self.before,
            "pinned": self.pinned,
        }
        arrays: dict[str, Any] = {k: v for k, v in values.items() if v is not None}
        file = io.BytesIO()
        np.savez(file, **arrays)
        return zlib.compress(file.getvalue(), level=1)

    @classmethod
    def from_bytes(cls, data: bytes) -> DecodeState:
        """Raises UserError when the bytes are not such a state."""
        try:
            with np.load(io.BytesIO(zlib.decompress(data)), allow_pickle=False) as file:
                seeds = tuple(int(seed) for seed in file["seeds"])
                return cls(
                    done=int(file["done"]),
                    tokens=file["tokens"],
                    masked=file["masked"],
                    confidence=file["confidence"],
                    noise=NoiseState(seeds, int(file["draws"])),
                    window=int(file["window"]),
                    before=file.get("before"),
                    pinned=file.get("pinned"),
                )
        except (
            ValueError,
            KeyError,
            OSError,
            EOFError,
            zipfile.BadZipFile,
            zlib.error,
        ) as error:
            raise UserError(
                "The saved state of this generation cannot be read; generate again from the start."
            ) from error
