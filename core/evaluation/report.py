"""An evaluation's figures as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.metrics.catalogue import PAIR_METRICS, SET_METRICS
from core.metrics.metric import Metric
from core.tasks import TASKS

Tree = Mapping[str, Any]

NOTHING = "–"
WAYS = {
    "model": "model",
    "pasted": "model, known pixels put back",
    "fill": "its fill, shown as the answer",
    "still": "still frame",
    "edge": "nearest known pixel",
    "inpaint": "OpenCV inpainting of each frame",
    "previous": "previous frame",
}
OWN_FILL = " (its fill)"
MT8 = ("FP", "FI", "OPC", "OPV", "OPH", "OPD", "IPC", "IPD")
MT10 = (*MT8, "CG", "CFP")
"""Tasks that MAGVIT's tables are averaged over."""
ARROWS = {True: " ↑", False: " ↓", None: ""}


def markdown(report: Tree) -> str:
    """All tables.

    Args:
        report: as `core.jobs.evaluate` makes it.
    """
    sections = (
        _head, _tokenizer, _sets, _recognised, _frames, _holes, _classes, _prior, _networks,
    )  # fmt: skip
    return "\n".join(line for section in sections for line in section(report)) + "\n"


def _head(report: Tree) -> Iterator[str]:
    model, samples = report["model"], report["samples"]
    size = f"{model['frames']} frames of {model['width']}x{model['height']} pixels"
    yield f"# {model['title']} on {report['data']}"
    yield ""
    yield (
        f"`{model['name']}`, {size}. {report['clips']} held-out clips (seed {report['seed']}), "
        f"{samples} {'sample' if samples == 1 else 'samples'} for each clip and task"
        + (f", decoded by {report['decoder']}" if report["decoder"] else "")
        + f". Measured on {report['device']}; with {report['processes']} at the same time."
    )
    yield ""
    if report["folds"] > 1:
        yield (
            f"± is the standard deviation over {report['folds']} folds of "
            f"{report['clips'] // report['folds']} clips. ↑ more is better, ↓ less is better."
        )
    if report["absent"]:
        yield "\nNot measured:\n"
        yield from (f"- {line}" for line in report["absent"])


def _tokenizer(report: Tree) -> Iterator[str]:
    scores = report["frame"]["tokenizer"]["model"]
    sets = report["sets"].get("tokenizer", {}).get("model", {})
    names = [*(_title(PAIR_METRICS[m]) for m in scores), *(_title(SET_METRICS[m]) for m in sets)]
    cells = [_score(scores[m], PAIR_METRICS[m]) for m in scores]
    cells += [_number(sets[m]["full"], SET_METRICS[m]) for m in sets]
    yield "\n## Tokenizer: encoded and decoded again\n"
    yield from _table(names, [cells])


def _sets(report: Tree) -> Iterator[str]:
    """As the paper's tables of many tasks: a column per task, and their average."""
    sets = {task: ways for task, ways in report["sets"].items() if task != "tokenizer"}
    measured = {m for ways in sets.values() for m in ways["model"]}
    for name in (name for name in SET_METRICS if name in measured):
        metric, clips = SET_METRICS[name], report["clips"]
        yield f"\n## {_title(metric)} by task\n"
        if metric.compares:
            further = clips * report["windows"]
            yield (
                f"Of {clips * report['samples']} results to the {clips} clips that they come from "
                f"(full), and to these with {further} further clips of the footage (debiased). A "
                "distance of few clips is too large; it compares with others of as many clips.\n"
            )
        rows = [_set_row("model", sets, name, "model", "full")]
        if metric.compares and report["windows"]:
            rows.append(_set_row("model, debiased", sets, name, "model", "debiased"))
        if report["folds"] > 1:
            row = _set_row("model, mean of folds", sets, name, "model", "folds", "deviation")
            rows.append(row)
        ways = [way for way in WAYS if any(way in of_task for of_task in sets.values())]
        rows += [_set_row(WAYS[way], sets, name, way, "full") for way in ways if way != "model"]
        shown = [row for row in rows if set(row[1:]) != {NOTHING}]
        yield from _table([_network(report, name), *_averages(sets), *sets], shown)


def _set_row(
    title: str, sets: Tree, metric: str, way: str, key: str, spread: str = ""
) -> list[str]:
    """One value per task, behind the averages over tasks that all have one."""
    kind = SET_METRICS[metric]
    scores = {task: ways.get(way, {}).get(metric, {}) for task, ways in sets.items()}
    values = {task: score.get(key) for task, score in scores.items()}
    row = [title]
    for tasks in _averages(sets).values():
        there = [values[task] for task in tasks if values[task] is not None]
        complete = len(there) == len(tasks)
        row.append(_number(sum(there) / len(there) if complete else None, kind))
    return row + [
        _number(values[task], kind) + (_spread(score.get(spread), kind) if spread else "")
        for task, score in scores.items()
    ]


def _averages(sets: Tree) -> dict[str, Sequence[str]]:
    """The paper's averages, of those tasks that there are; else one of all."""
    published = {"MT8": MT8, "MT10": MT10}
    found: dict[str, Sequence[str]] = {
        name: tasks for name, tasks in published.items() if set(tasks) <= set(sets)
    }
    return found or {"average": list(sets)}


def _network(report: Tree, metric: str) -> str:
    """Which one the scores of a table are made with."""
    return ", ".join(f"{file} `{sha[:8]}`" for file, sha in report["networks"][metric].items())


def _recognised(report: Tree) -> Iterator[str]:
    """Of generated clips, and of the real ones, by the class that they were asked for."""
    scores = report["recognised"]
    if not scores:
        return
    yield "\n## Clips whose class the judge tells\n"
    yield f"A share of the clips, 0 to 1; the judge is {report['judge']}.\n"
    cells = [f"{s['mean']:.3f}" + _spread(s["deviation"], None) for s in scores.values()]
    yield from _table(list(scores), [cells])


def _frames(report: Tree) -> Iterator[str]:
    """Whole frames, with the speed and the decoder's settings beside them."""
    if not report["speed"]:
        return
    metrics = list(report["frame"]["tokenizer"]["model"])
    samples = report["samples"]
    yield "\n## Whole frames by task\n"
    yield (
        "Of the model its own frames, and below them with the known pixels put back."
        + (f" Mean of {samples} samples, and the best of them by the clip." if samples > 1 else "")
        + "\n"
    )
    sets = [m for m in SET_METRICS if m in report["sets"].get("tokenizer", {}).get("model", {})]
    titles = ["task", "answer", *(_title(PAIR_METRICS[m]) for m in metrics)]
    titles += [_title(SET_METRICS[m]) for m in sets]
    rows = []
    for task, speed in report["speed"].items():
        ways = report["frame"].get(task, {"model": {}})
        for way, scores in ways.items():
            distances = report["sets"].get(task, {}).get(way, {})
            row = [task, _way(task, way, ways)]
            row += [_score(scores[m], PAIR_METRICS[m]) if m in scores else NOTHING for m in metrics]
            row += [_number(distances.get(m, {}).get("full"), SET_METRICS[m]) for m in sets]
            model = way == "model"
            row += [f"{speed['seconds_per_clip']:.2f}" if model else ""]
            row += [f"{speed['tokens_per_second']:.0f}" if model else ""]
            rows.append([*row, report["decoder"] if model else ""])
    yield from _table([*titles, "s a clip", "tokens/s", "decoder"], rows)


def _holes(report: Tree) -> Iterator[str]:
    if not report["hole"]:
        return
    metrics = list(report["frame"]["tokenizer"]["model"])
    yield "\n## Inside the hole by task\n"
    yield "Only what the model had to invent counts; known pixels are those of the clip.\n"
    rows = [
        [task, _way(task, way, ways), *(_score(scores[m], PAIR_METRICS[m]) for m in metrics)]
        for task, ways in report["hole"].items()
        for way, scores in ways.items()
    ]
    yield from _table(["task", "answer", *(_title(PAIR_METRICS[m]) for m in metrics)], rows)


def _classes(report: Tree) -> Iterator[str]:
    """A column per class of the footage would be too wide: classes are rows."""
    classes, tasks = report["classes"], list(report["hole"])
    if len(classes) < 2:
        return
    for name in report["frame"]["tokenizer"]["model"]:
        metric = PAIR_METRICS[name]
        yield f"\n## {_title(metric)} of the model inside the hole by class\n"
        rows = [
            [name_of_class, str(row["clips"])]
            + [_number(row["tasks"].get(task, {}).get(name), metric) for task in tasks]
            for name_of_class, row in sorted(classes.items())
        ]
        yield from _table(["class", "clips", *tasks], rows)
    for name, kind in SET_METRICS.items():
        scores = {
            task: ways["model"][name]["classes"]
            for task, ways in report["sets"].items()
            if name in ways["model"]
        }
        if large := sorted({label for of_task in scores.values() for label in of_task}):
            yield f"\n## {_title(kind)} of the model by class\n"
            rows = [[x, *(_number(of.get(x), kind) for of in scores.values())] for x in large]
            yield from _table(["class", *scores], rows)


def _prior(report: Tree) -> Iterator[str]:
    yield "\n## Tokens\n"
    rows = [
        [name.replace("_", " "), f"{score['mean']:.3f}" + _spread(score["deviation"], None)]
        for name, score in report["prior"].items()
    ]
    rows += [[name.replace("_", " "), f"{v:.3f}"] for name, v in report["tokens"].items()]
    yield from _table(["figure", "value"], rows)


def _networks(report: Tree) -> Iterator[str]:
    metrics: dict[str, type[Metric]] = {**PAIR_METRICS, **SET_METRICS}
    rows = [
        [metrics[name].label, file, f"`{sha}`"]
        for name, files in report["networks"].items()
        for file, sha in files.items()
    ]
    if rows:
        yield "\n## Networks\n"
        yield from _table(["metric", "file", "SHA-256"], rows)


def _way(task: str, way: str, ways: Tree) -> str:
    """In words; where the own fill is one of the others, that one says so."""
    own = TASKS[task].fill == "edge" and way in ("still", "edge") and "fill" not in ways
    return WAYS[way] + (OWN_FILL if own else "")


def _title(metric: type[Metric]) -> str:
    return f"{metric.label}{ARROWS[metric.rises]}"


def _score(score: Tree, metric: type[Metric]) -> str:
    """Mean ± deviation, and the best sample where there are several."""
    best = f" (best {_number(score['best'], metric)})" if "best" in score else ""
    return _number(score["mean"], metric) + _spread(score["deviation"], metric) + best


def _spread(deviation: float | None, metric: type[Metric] | None) -> str:
    digits = metric.digits if metric else 3
    return "" if deviation is None else f" ± {deviation:.{digits}f}"


def _number(value: float | None, metric: type[Metric]) -> str:
    return NOTHING if value is None else f"{value:.{metric.digits}f}"


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(titles) + " |"
    yield "|" + "".join(" ---: |" if _numbers(rows, n) else " --- |" for n in range(len(titles)))
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def _numbers(rows: Sequence[Sequence[str]], column: int) -> bool:
    """Whether a column has any."""
    return any(row[column][:1].isdigit() for row in rows)
