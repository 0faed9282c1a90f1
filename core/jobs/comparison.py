"""What a comparison of decoders has measured, and the differences between them.

Every decoder decodes the same clips, so differences are taken clip by clip: their mean is told
with its standard error, and one that is less than twice that is not called a difference.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.clip import Frames
from core.errors import UserError
from core.metrics.catalogue import PAIR_METRICS
from core.metrics.frechet_squeezenet import FrechetSqueezeNet
from core.metrics.metric import Metric

Values = NDArray[np.float64]

SURE = 2.0
"""A mean difference of so many standard errors counts."""
FRECHET = "frechet"
"""The one figure that is not a mean over the clips."""
FIGURES: dict[str, type[Metric]] = {**PAIR_METRICS, FRECHET: FrechetSqueezeNet}


@dataclass(frozen=True)
class Trial:
    """A line of the plot at a number of steps: one of its points.

    Attributes:
        before: steps of the result that is refined; 0 for a decoder that begins from nothing.
    """

    line: str
    steps: int
    before: int = 0

    def __str__(self) -> str:
        return f"{self.line} · {self.steps}"


@dataclass
class Clip:
    """What was measured on one clip, by the trial's name.

    Attributes:
        figures: figure → value of each trial, with "seconds" among them.
        features: of what each trial made, for the Frechet distance; real: of the clip itself.
        digest: of the clip's pixels; "" before it was met.
    """

    figures: dict[str, dict[str, float]] = field(default_factory=dict)
    features: dict[str, list[float]] = field(default_factory=dict)
    real: list[float] = field(default_factory=list)
    digest: str = ""

    def meet(self, frames: Frames) -> None:
        """Raises UserError when these are other pixels than those that were measured."""
        digest = hashlib.sha256(frames.tobytes()).hexdigest()[:16]
        if self.digest not in ("", digest):
            raise UserError(
                "The footage has changed since the first part of this comparison was measured. "
                "Choose another folder with --out, and measure all of it again."
            )
        self.digest = digest

    def add(self, trial: Trial, figures: dict[str, float], features: list[float]) -> None:
        self.figures[str(trial)] = figures
        self.features[str(trial)] = features

    def has(self, trial: Trial, wanted: set[str]) -> bool:
        known = set(self.figures.get(str(trial), {}))
        return wanted <= known | ({"features"} if self.features.get(str(trial)) else set())


@dataclass(frozen=True)
class Difference:
    """Mean over the clips of a figure less the first decoder's, and its standard error; NaN where
    there is none to tell."""

    mean: float
    error: float

    def better(self, figure: type[Metric]) -> bool:
        return self.mean * (1 if figure.rises else -1) > SURE * self.error


@dataclass(frozen=True, eq=False)
class Comparison:
    """Attributes:
    trials: the first one's line is what the others are compared with.
    clips: the same trials were measured on each.
    about: a sentence: of which model, on what, where.
    """

    trials: tuple[Trial, ...]
    clips: tuple[Clip, ...]
    about: str

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(trial.line for trial in self.trials))

    def points(self, line: str) -> list[Trial]:
        """A line's trials, fewest steps first."""
        return sorted((t for t in self.trials if t.line == line), key=lambda t: t.steps)

    @property
    def figures(self) -> dict[str, type[Metric]]:
        """Those that were measured on all clips."""
        first = str(self.trials[0])
        known = set.intersection(*(set(clip.figures[first]) for clip in self.clips))
        known |= {FRECHET} if all(clip.features[first] for clip in self.clips) else set()
        return {name: figure for name, figure in FIGURES.items() if name in known}

    @property
    def paired(self) -> dict[str, type[Metric]]:
        """Figures that each clip has by itself."""
        return {name: figure for name, figure in self.figures.items() if name != FRECHET}

    def of(self, trial: Trial, figure: str) -> Values:
        """A figure on every clip, (clips,); NaN where a hole is too small for it."""
        return np.array([clip.figures[str(trial)][figure] for clip in self.clips])

    def seconds(self, trial: Trial) -> float:
        """Of a clip: the lower quartile, as whatever else the machine does only ever adds time."""
        return float(np.quantile(self.of(trial, "seconds"), 0.25))

    def mean(self, trial: Trial, figure: str) -> float:
        """Over all clips; the Frechet distance is one of all clips together."""
        if figure != FRECHET:
            return float(np.nanmean(self.of(trial, figure)))
        made = np.array([clip.features[str(trial)] for clip in self.clips])
        real = np.array([clip.real for clip in self.clips])
        return FrechetSqueezeNet.value(*map(FrechetSqueezeNet.summary, (made, real)))

    def at_equal_steps(self, trial: Trial, figure: str) -> Values:
        """Difference to the first line with the same number of steps, (clips,); NaN for a decoder
        that refines, as it begins with the steps of another."""
        first = self.of(Trial(self.lines[0], trial.steps), figure)
        return np.full_like(first, np.nan) if trial.before else self.of(trial, figure) - first

    def at_equal_time(self, trial: Trial, figure: str) -> Values:
        """Difference to the first line in the same time, (clips,).

        That is between its two numbers of steps that take less and more, and its most steps where
        the trial takes still longer; NaN where the trial is quicker than its fewest.
        """
        first = sorted(self.points(self.lines[0]), key=self.seconds)
        times, wanted = np.log([self.seconds(t) for t in first]), np.log(self.seconds(trial))
        theirs = np.array([self.of(t, figure) for t in first])
        between = [np.interp(wanted, times, clip, left=np.nan) for clip in theirs.T]
        return self.of(trial, figure) - np.array(between)

    def over_all_steps(
        self, line: str, figure: str, compared: Callable[[Trial, str], Values]
    ) -> Difference:
        """The mean of a line's differences over its numbers of steps."""
        each = np.array([compared(trial, figure) for trial in self.points(line)])
        known = ~np.isnan(each)
        count = known.sum(axis=0)
        total = np.where(known, each, 0).sum(axis=0)
        return difference(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def difference(each: Values) -> Difference:
    """From the differences on each clip."""
    each = each[~np.isnan(each)]
    mean = float(each.mean()) if len(each) else np.nan
    error = float(each.std(ddof=1) / np.sqrt(len(each))) if len(each) > 1 else np.nan
    return Difference(mean, error)
