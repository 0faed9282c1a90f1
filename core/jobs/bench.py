"""What all decodes of a comparison share: the clips, the model, and how a result is measured."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.clip import Frames
from core.conditioning import condition
from core.decoders import DECODERS, Decoder
from core.decoders.state import DecodeState
from core.device import best_device, device_name
from core.jobs.bundles import bundle_in
from core.metrics.catalogue import Metrics
from core.metrics.files import NetworkFiles
from core.pixels import to_frames, to_video
from core.sampling import Noise, SeededNoise
from core.tasks import TASKS, Known, known_regions
from core.tokens import Condition, DecodeStep
from core.training.data import Cut, load_footage
from core.training.painting import random_region
from core.training.recipe import sources_of

REFINED = "commit"
"""A decoder that refines starts from a result of this one; its time counts too."""


@dataclass(frozen=True, eq=False)
class Sample:
    """A clip uint8 (T, H, W, 3), what is known of it, and the seed of what is decoded."""

    frames: Frames
    known: Known
    given: Condition
    seed: int


class Bench:
    """Args:
        data, tasks, seed: what the clips are; they take the tasks in turn.

    Attributes:
        figures: names of what is measured: "seconds", the metrics, and "features" where there is a
            network for the Frechet distance.
        about: on what, for the table.

    Raises:
        UserError: model, footage or networks cannot be used.
    """

    def __init__(
        self, bundle: Path, data: Path, files: NetworkFiles, tasks: Sequence[str], seed: int
    ) -> None:
        self._tasks, self._seed, self._device = tuple(tasks), seed, best_device()
        self._bundle = bundle_in(bundle, self._device)
        folder = data.parent if data.is_file() else Path()
        classes = self._bundle.card.classes
        self._footage = load_footage(sources_of(data), folder, classes, split="val")
        self._metrics, self._warm = Metrics.open(files, self._device), False
        self.figures = {"seconds", *(metric.name for metric in self._metrics.pairs)}
        self.figures |= {"features"} if self._metrics.sets else set()
        self.about = (
            f"{self._bundle.card.title}, tasks {', '.join(tasks)} in turn, seed {seed}; "
            f"{device_name(self._device)}, threads: {torch.get_num_threads()}."
        )

    def sample(self, number: int) -> Sample:
        """Clip `number`, whatever else is asked."""
        rng = np.random.default_rng((self._seed, number))
        card = self._bundle.card
        frames = self._footage.draw(rng, Cut(card.frames, card.height)).frames
        task = TASKS[self._tasks[number % len(self._tasks)]]
        shape = (card.frames, card.height, card.width)
        painted = random_region(rng, shape) if task.painted else None
        given = condition(
            task,
            to_video(frames[None], self._device),
            self._bundle.tokenizer,
            painted=painted,
            classes=len(card.classes),
        )
        known, _ = known_regions(task, shape, card.stride, painted)
        return Sample(frames, known, given, self._seed + number)

    def measure(self, sample: Sample, decoder: Decoder) -> tuple[dict[str, float], list[float]]:
        """Figures of one decode, and features of its pixels; outside of the hole the clip itself
        stands."""
        if not self._warm:
            self.decoded(sample, decoder)  # what is done once, at the first decode, does not count
            self._warm = True
        tokens, seconds = self.decoded(sample, decoder)
        videos = to_frames(self._bundle.tokenizer.decode(tokens))
        videos = np.where(sample.known[..., None], sample.frames, videos)
        figures, hole = {"seconds": seconds}, ~sample.known
        for metric in self._metrics.pairs:
            figures[metric.name] = float(metric(videos, sample.frames, [hole])[0, 0])
        return figures, self.features(videos[0])

    def features(self, frames: Frames) -> list[float]:
        """Of one clip, for a distance between sets; [] without a network."""
        sets = self._metrics.sets
        return sets[0].features(frames[None])[0].tolist() if sets else []

    def decoded(self, sample: Sample, decoder: Decoder) -> tuple[Tensor, float]:
        """The last step's tokens, and the seconds that all passes took."""
        noise, begin = SeededNoise([sample.seed], self._device), self._now()
        state = None
        if decoder.refines:
            last = self._last(DECODERS[REFINED](), sample, noise)
            state = DecodeState.after(last, noise.state()).restarted()
        last = self._last(decoder, sample, noise, state)
        return last.tokens, self._now() - begin

    def _last(
        self, decoder: Decoder, sample: Sample, noise: Noise, state: DecodeState | None = None
    ) -> DecodeStep:
        *_, last = decoder(self._bundle.transformer, sample.given, noise, state)
        return last

    def _now(self) -> float:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        return time.perf_counter()
