"""One chunk of clips, measured: everything of it that the report needs, as arrays by name.

    clip/…                       (n,)       label, and the prior's figures
    frame/TASK/WAY/METRIC        (n, s)     of whole frames
    hole/TASK/WAY/METRIC         (n, s)     of what was unknown, the known pixels put back
    set/METRIC/TASK/WAY          (n, s, D)  features of results; of real clips: set/METRIC/real
    told/TASK                    (n, s)     whether the judge tells the clip's class; also told/real
    seconds/TASK                 (3,)       of tokens, of pixels, and the number of results
    tokens/counts                (K,)       how often each code is in the clips
    about/device                 ()         where it was measured
    picture/TASK/WAY             (k, T, H, W, 3)  of the first clips, for the contact sheet

s is the number of samples of the model, and 1 of every other way to answer a task.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.bundle import load_bundle
from core.clip import Frames
from core.device import best_device, device_name
from core.errors import UserError
from core.evaluation.footage import GUESS, Shown, chance, held_out, noise_seeds, shown
from core.evaluation.generating import (
    Asked,
    Made,
    asked,
    chosen_decoder,
    chosen_tasks,
    fills,
    made,
)
from core.evaluation.request import EvaluateRequest
from core.jobs.bundles import settle_numerics
from core.metrics import causal_prior, masked_prior
from core.metrics.catalogue import Metrics
from core.metrics.judge import told
from core.pixels import to_frames, to_video
from core.tokens import Condition

Arrays = dict[str, NDArray]
Named = Iterator[tuple[str, NDArray]]
Parts = Mapping[str, NDArray[np.bool_] | None]

PICTURED = 2
"""Clips on the contact sheet."""
GUESSED_TASKS = ("IPC", "OPC", "paint")
"""Whose masked tokens a masked transformer is asked to say."""
WHOLE: dict[str, NDArray[np.bool_] | None] = {"frame": None}
TOKENIZER, REAL, MODEL, PASTED = "tokenizer", "real", "model", "pasted"


class Measuring:
    """What stays loaded from chunk to chunk. The bundle computes in float32.

    Raises:
        UserError: something that the request names cannot be used.
    """

    def __init__(self, request: EvaluateRequest) -> None:
        self._request, self._device = request, best_device()
        settle_numerics(self._device)
        self._bundle = load_bundle(request.bundle, self._device)
        self._decoder = chosen_decoder(request, self._bundle.card)
        self._tasks = chosen_tasks(request, self._bundle.card)
        self._metrics = Metrics.open(request.networks, self._device)
        self._footage = held_out(request, self._bundle.card)

    @torch.inference_mode()
    def chunk(self, numbers: range) -> Arrays:
        """Of the clips of these numbers.

        Raises:
            UserError: the footage cannot be read, or there is not enough memory.
        """
        clips = shown(self._request, self._bundle.card, self._footage, numbers)
        try:
            return dict(self._measured(clips))
        except torch.OutOfMemoryError as error:
            raise UserError(
                f"There is not enough memory on {device_name(self._device)} to measure "
                f"{len(numbers)} clips at once. Give a smaller --batch."
            ) from error

    def _measured(self, clips: Shown) -> Named:
        video = to_video(clips.frames, self._device)
        tokens = self._bundle.tokenizer.encode(video)
        codes = self._bundle.tokenizer.codebook_size
        yield "about/device", np.array(_device_name(self._device))
        yield "clip/label", clips.labels
        yield "tokens/counts", torch.bincount(tokens.flatten(), minlength=codes).cpu().numpy()
        yield from self._features(f"{REAL}/clips", clips.frames[:, None])
        windows = clips.windows.reshape(len(clips.frames), -1, *clips.frames.shape[1:])
        yield from self._features(f"{REAL}/windows", windows)
        yield from self._told(REAL, clips.frames[:, None], clips.labels)
        yield from self._pictures(clips, "truth", clips.frames)
        rebuilt = to_frames(self._bundle.tokenizer.decode(tokens))
        yield from self._features(f"{TOKENIZER}/{MODEL}", rebuilt[:, None])
        yield from self._pairs(f"{TOKENIZER}/{MODEL}", rebuilt[:, None], clips, WHOLE)
        yield from self._pictures(clips, f"{TOKENIZER}/{MODEL}", rebuilt)
        conditions: dict[str, Condition] = {}
        for name in self._tasks:
            question = asked(self._bundle, name, clips, self._device)
            conditions[name] = question.given
            yield from self._task(question, clips)
        yield from self._prior(clips, video, tokens, conditions)

    def _task(self, question: Asked, clips: Shown) -> Named:
        """The model's results and simpler ones, measured; how long the model took."""
        name, known = question.task.name, question.known
        results = list(self._results(question, clips))
        spent = [[one.tokens_s, one.pixels_s, len(one.clips)] for one in results]
        yield f"seconds/{name}", np.sum(spent, axis=0)
        generated = np.stack([one.clips for one in results], axis=1)
        yield from self._features(f"{name}/{MODEL}", generated)
        yield from self._told(name, generated, clips.labels)
        pasted = np.where(known[:, None, ..., None], clips.frames[:, None], generated)
        grey = np.where(known[..., None], clips.frames, np.uint8(128))
        yield from self._pictures(clips, f"{name}/input", grey)
        yield from self._pictures(clips, f"{name}/{MODEL}", pasted[:, 0])
        if not known.any():
            return
        yield from self._pairs(f"{name}/{MODEL}", generated, clips, WHOLE)
        yield from self._pairs(f"{name}/{MODEL}", pasted, clips, {"hole": ~known})
        yield from self._pairs(f"{name}/{PASTED}", pasted, clips, WHOLE)
        yield from self._features(f"{name}/{PASTED}", pasted)
        for way, fill in fills(question.task, clips.frames.shape[1:4]).items():
            pairs = zip(clips.frames, known, strict=True)
            filled = np.stack([fill(*pair) for pair in pairs])[:, None]
            yield from self._features(f"{name}/{way}", filled)
            yield from self._pairs(f"{name}/{way}", filled, clips, WHOLE | {"hole": ~known})

    def _results(self, question: Asked, clips: Shown) -> Iterator[Made]:
        """One for each sample."""
        assert self._decoder is not None
        for sample in range(self._request.samples):
            seeds = noise_seeds(self._request, clips.numbers, sample)
            yield made(self._bundle, self._decoder, question.given, seeds)

    def _pairs(self, name: str, results: Frames, clips: Shown, parts: Parts) -> Named:
        """Of results (n, s, T, H, W, 3), each with its clip."""
        for metric in self._metrics.pairs:
            rows = []
            for number, pair in enumerate(zip(results, clips.frames, strict=True)):
                regions = [None if part is None else part[number] for part in parts.values()]
                rows.append(metric(*pair, regions))
            for column, part in enumerate(parts):
                yield f"{part}/{name}/{metric.name}", np.stack(rows)[:, :, column]

    def _features(self, name: str, results: Frames) -> Named:
        """Of clips (n, s, T, H, W, 3), s may be 0."""
        n, s = results.shape[:2]
        for metric in self._metrics.sets if s else ():
            features = metric.features(results.reshape(n * s, *results.shape[2:]))
            yield f"set/{metric.name}/{name}", features.reshape(n, s, -1)

    def _told(self, name: str, results: Frames, labels: NDArray[np.int64]) -> Named:
        """Of clips (n, s, T, H, W, 3), by their labels; those without a class are told wrong."""
        if self._metrics.judge is None:
            return
        judge, card = self._metrics.judge
        names = (*self._bundle.card.classes, "")
        rows = [told(judge, to_video(row, self._device)).tolist() for row in results]
        right = [
            [card.classes[number] == names[label] for number in row]
            for row, label in zip(rows, labels, strict=True)
        ]
        yield f"told/{name}", np.array(right, np.float64)

    def _prior(
        self, clips: Shown, video: Tensor, tokens: Tensor, conditions: dict[str, Condition]
    ) -> Named:
        """The transformer's figures on tokens, by its kind."""
        card, found = self._bundle.card, {}
        if card.causal:
            labels = torch.from_numpy(clips.labels).to(self._device)
            found = causal_prior.figures(self._bundle, video, labels, tokens)
        elif asked_for := [name for name in GUESSED_TASKS if name in conditions]:
            generators = [chance(self._request, GUESS, number) for number in clips.numbers]
            each = [
                masked_prior.figures(self._bundle.transformer, conditions[name], tokens, generators)
                for name in asked_for
            ]
            found = {key: _mean([one[key] for one in each]) for key in each[0]}
        for key, values in found.items():
            yield f"clip/{key}", values

    def _pictures(self, clips: Shown, name: str, frames: Frames) -> Named:
        """Those of the clips that the contact sheet shows, if any of them is here."""
        few = max(0, PICTURED - clips.numbers.start)
        if few:
            yield f"picture/{name}", frames[:few]


def _mean(rows: list[NDArray]) -> NDArray:
    """Over the rows, without NaN; NaN where there is nothing else."""
    there = ~np.isnan(rows)
    count = there.sum(axis=0)
    return np.where(count > 0, np.nansum(rows, axis=0) / np.maximum(count, 1), np.nan)


def _device_name(device: torch.device) -> str:
    """For people, with what its speed depends on."""
    if device.type != "cpu":
        return device_name(device).split(",")[0]
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' if threads > 1 else ''} a process"
