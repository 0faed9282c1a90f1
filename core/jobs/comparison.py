"""What a comparison of decoders has measured, as a table and as a plot.

Every decoder decodes the same clips, so differences are taken clip by clip: their mean is told
with its standard error, and one that is less than twice that is not called a difference.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
TABLE, DATA, PLOT = "table.md", "table.json", "plot.png"


FRECHET = "frechet"
"""The one figure that is not a mean over the clips."""
FIGURES: dict[str, type[Metric]] = {**PAIR_METRICS, FRECHET: FrechetSqueezeNet}


@dataclass(frozen=True)
class Trial:
    """A line of the plot at a number of steps: one of its points."""

    line: str
    steps: int

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
    """Mean over the clips of a figure less the first decoder's, and its standard error."""

    mean: float
    error: float

    def better(self, figure: type[Metric]) -> bool:
        return self.mean * (1 if figure.rises else -1) > SURE * self.error

    def shown(self, figure: type[Metric]) -> str:
        """In bold when it is an improvement beyond chance; "" where there is none to tell."""
        if np.isnan(self.mean):
            return ""
        text = f"{self.mean:+.{figure.digits}f} ± {self.error:.{figure.digits}f}"
        return f"**{text}**" if self.better(figure) else text


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

    @property
    def figures(self) -> dict[str, type[Metric]]:
        """Those that were measured on all clips."""
        first = str(self.trials[0])
        known = set.intersection(*(set(clip.figures[first]) for clip in self.clips))
        known |= {FRECHET} if all(clip.features[first] for clip in self.clips) else set()
        return {name: figure for name, figure in FIGURES.items() if name in known}

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

    def at_equal_steps(self, trial: Trial, figure: str) -> Difference:
        """To the first line with the same number of steps."""
        return _difference(
            self.of(trial, figure), self.of(Trial(self.lines[0], trial.steps), figure)
        )

    def at_equal_time(self, trial: Trial, figure: str) -> Difference:
        """To the first line in the same time: clip by clip between its two numbers of steps that
        take less and more, and at its slowest when the trial takes still longer; NaN when it is
        quicker than the quickest."""
        first = [t for t in self.trials if t.line == self.lines[0]]
        first.sort(key=self.seconds)
        times, wanted = np.log([self.seconds(t) for t in first]), np.log(self.seconds(trial))
        if wanted < times[0]:
            return Difference(np.nan, np.nan)
        theirs = np.array([self.of(t, figure) for t in first])
        upper = int(np.clip(np.searchsorted(times, wanted), 1, max(len(times) - 1, 1)))
        if len(first) == 1 or wanted >= times[-1]:
            return _difference(self.of(trial, figure), theirs[-1])
        share = (wanted - times[upper - 1]) / (times[upper] - times[upper - 1])
        between = (1 - share) * theirs[upper - 1] + share * theirs[upper]
        return _difference(self.of(trial, figure), between)

    def table(self) -> str:
        """Markdown."""
        return "\n".join(self._table_lines()) + "\n"

    def _table_lines(self) -> Iterator[str]:
        paired = {name: figure for name, figure in self.figures.items() if name != FRECHET}
        yield self.about
        yield ""
        yield (
            f"Differences are to {self.lines[0]}, clip by clip, ± their standard error; "
            f"improvements of more than {SURE:g} standard errors are in bold."
        )
        yield ""
        titles = ["decoder", "steps", "s a clip", *(f.label for f in self.figures.values())]
        titles += [
            f"{name.upper()} at equal {what}" for what in ("steps", "time") for name in paired
        ]
        yield "| " + " | ".join(titles) + " |"
        yield "| --- |" + " ---: |" * (len(titles) - 1)
        for trial in self.trials:
            cells = [trial.line, str(trial.steps), f"{self.seconds(trial):.2f}"]
            cells += [f"{self.mean(trial, k):.{f.digits}f}" for k, f in self.figures.items()]
            for compared in (self.at_equal_steps, self.at_equal_time):
                cells += [
                    "" if trial.line == self.lines[0] else compared(trial, k).shown(f)
                    for k, f in paired.items()
                ]
            yield "| " + " | ".join(cells) + " |"

    def data(self) -> dict[str, Any]:
        """The same as plain JSON values; None stands for NaN."""
        rows = []
        for trial in self.trials:
            row: dict[str, Any] = {"decoder": trial.line, "steps": trial.steps}
            row["seconds"] = self.seconds(trial)
            row |= {name: _plain(self.mean(trial, name)) for name in self.figures}
            for what, compared in (
                ("at_equal_steps", self.at_equal_steps),
                ("at_equal_time", self.at_equal_time),
            ):
                row[what] = {
                    name: [_plain(x.mean), _plain(x.error)]
                    for name in self.figures
                    if name != FRECHET
                    for x in [compared(trial, name)]
                }
            rows.append(row)
        return {"about": self.about, "compared_with": self.lines[0], "rows": rows}

    def write(self, folder: Path) -> None:
        """table.md, table.json and plot.png."""
        (folder / TABLE).write_text(self.table(), "utf-8")
        (folder / DATA).write_text(json.dumps(self.data(), indent=2, ensure_ascii=False), "utf-8")
        self.plot(folder / PLOT)

    def plot(self, file: Path) -> None:
        """Quality against seconds, a panel per figure and a line per decoder."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # loads slowly
        from matplotlib.figure import Figure as Picture

        picture = Picture(figsize=(5.5 * len(self.figures), 5), layout="constrained")
        FigureCanvasAgg(picture)
        panels = picture.subplots(1, len(self.figures), squeeze=False)[0]
        for panel, (name, figure) in zip(panels, self.figures.items(), strict=True):
            for line in self.lines:
                points = [trial for trial in self.trials if trial.line == line]
                points.sort(key=lambda trial: trial.steps)
                x = [self.seconds(trial) for trial in points]
                panel.plot(x, [self.mean(t, name) for t in points], marker="o", label=line)
            panel.set_xscale("log")
            panel.set_xlabel("seconds a clip")
            panel.set_ylabel(f"{figure.label} ({'more' if figure.rises else 'less'} is better)")
            panel.grid(alpha=0.3)
        panels[0].legend(fontsize="small")
        picture.savefig(file, dpi=120)


def _difference(ours: Values, theirs: Values) -> Difference:
    each = ours - theirs
    each = each[~np.isnan(each)]
    if len(each) < 2:
        return Difference(float(each.mean()) if len(each) else np.nan, np.nan)
    return Difference(float(each.mean()), float(each.std(ddof=1) / np.sqrt(len(each))))


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else value
