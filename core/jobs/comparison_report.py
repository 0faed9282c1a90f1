"""A comparison of decoders for people: two tables, the same as JSON, and a plot."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.jobs.comparison import SURE, Comparison, Difference, Trial, Values, difference
from core.metrics.metric import Metric

TABLE, DATA, PLOT = "table.md", "table.json", "plot.png"


def write(result: Comparison, folder: Path) -> None:
    """table.md, table.json and plot.png."""
    (folder / TABLE).write_text(as_table(result), "utf-8")
    (folder / DATA).write_text(
        json.dumps(as_data(result), indent=2, ensure_ascii=False, allow_nan=False), "utf-8"
    )
    plot(result, folder / PLOT)


def as_table(result: Comparison) -> str:
    """Markdown: a row per line with its differences over all steps, then a row per trial."""
    first = result.lines[0]
    text = [
        result.about,
        "",
        f"Differences are to {first}, clip by clip, ± their standard error. Improvements of more "
        f"than {SURE:g} standard errors are in bold: of forty such cells, one is by chance. Time "
        "is that of the decode alone, the lower quartile of the clips.",
        "",
        "Mean over the numbers of steps:",
        "",
        *_rows(["decoder", *_titles(result)], _summary(result)),
        "",
        "Each number of steps (12 + 8: eight that refine a result of twelve):",
        "",
    ]
    labels = [figure.label for figure in result.figures.values()]
    text += _rows(["decoder", "steps", "s", *labels, *_titles(result)], _each_trial(result))
    return "\n".join(text) + "\n"


def _rows(titles: Sequence[str], rows: Iterator[list[str]]) -> Iterator[str]:
    yield "| " + " | ".join(titles) + " |"
    yield "| --- |" + " ---: |" * (len(titles) - 1)
    for cells in rows:
        yield "| " + " | ".join(cells) + " |"


def _ways(result: Comparison) -> dict[str, Callable[[Trial, str], Values]]:
    return {"steps": result.at_equal_steps, "time": result.at_equal_time}


def _titles(result: Comparison) -> list[str]:
    return [
        f"{figure.label}, same {what}"
        for what in _ways(result)
        for figure in result.paired.values()
    ]


def _summary(result: Comparison) -> Iterator[list[str]]:
    for line in result.lines[1:]:
        yield [
            line,
            *(
                _shown(result.over_all_steps(line, name, compared), figure)
                for compared in _ways(result).values()
                for name, figure in result.paired.items()
            ),
        ]


def _each_trial(result: Comparison) -> Iterator[list[str]]:
    for trial in result.trials:
        steps = f"{trial.before} + {trial.steps}" if trial.before else str(trial.steps)
        cells = [trial.line, steps, f"{result.seconds(trial):.2f}"]
        cells += [f"{result.mean(trial, k):.{f.digits}f}" for k, f in result.figures.items()]
        for compared in _ways(result).values():
            for name, figure in result.paired.items():
                known = trial.line != result.lines[0]
                cells.append(_shown(difference(compared(trial, name)), figure) if known else "")
        yield cells


def _shown(told: Difference, figure: type[Metric]) -> str:
    if np.isnan(told.mean):
        return ""
    text = f"{told.mean:+.{figure.digits}f} ± {told.error:.{figure.digits}f}"
    return f"**{text}**" if told.better(figure) else text


def as_data(result: Comparison) -> dict[str, Any]:
    """The same as plain JSON values; None where there is nothing to tell."""
    ways = {f"at_equal_{what}": compared for what, compared in _ways(result).items()}
    return {
        "about": result.about,
        "compared_with": result.lines[0],
        "over_all_steps": {
            line: {
                what: {
                    name: _pair(result.over_all_steps(line, name, way)) for name in result.paired
                }
                for what, way in ways.items()
            }
            for line in result.lines[1:]
        },
        "rows": [_row(result, trial, ways) for trial in result.trials],
    }


def _row(
    result: Comparison, trial: Trial, ways: dict[str, Callable[[Trial, str], Values]]
) -> dict[str, Any]:
    row: dict[str, Any] = {"decoder": trial.line, "steps": trial.steps, "before": trial.before}
    row["seconds"] = result.seconds(trial)
    row |= {name: _plain(result.mean(trial, name)) for name in result.figures}
    for what, way in ways.items():
        row[what] = {name: _pair(difference(way(trial, name))) for name in result.paired}
    return row


def _pair(told: Difference) -> list[float | None]:
    return [_plain(told.mean), _plain(told.error)]


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else value


def plot(result: Comparison, file: Path) -> None:
    """Quality against seconds, a panel per figure and a line per decoder."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # loads slowly
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter

    picture = Figure(figsize=(5.5 * len(result.figures), 5), layout="constrained")
    FigureCanvasAgg(picture)
    panels = picture.subplots(1, len(result.figures), squeeze=False)[0]
    for panel, (name, figure) in zip(panels, result.figures.items(), strict=True):
        for line in result.lines:
            points = result.points(line)
            quality = [result.mean(trial, name) for trial in points]
            panel.plot([result.seconds(t) for t in points], quality, marker="o", label=line)
        panel.set_xscale("log")
        panel.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        panel.xaxis.set_major_formatter("{x:g}")
        panel.xaxis.set_minor_formatter(NullFormatter())
        panel.set_xlabel("seconds a clip")
        panel.set_ylabel(f"{figure.label} ({'more' if figure.rises else 'less'} is better)")
        panel.grid(alpha=0.3)
    panels[0].legend(fontsize="small")
    picture.savefig(file, dpi=90)
