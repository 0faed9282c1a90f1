"""The evaluation job: a bundle on footage that it was not trained on → figures and a report.

    clips → chunks, measured here or in several processes → a folder → figures → report

A run that was stopped goes on with the chunks that are missing, and says the same in the end.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.cards import ModelCard
from core.evaluation.generating import chosen_decoder, chosen_tasks, decoder_name
from core.evaluation.report import markdown
from core.evaluation.request import EvaluateRequest, EvaluateUpdate
from core.evaluation.results import Results, flat
from core.evaluation.sheet import contact_sheet, write_png
from core.evaluation.store import Store
from core.evaluation.workers import measured
from core.metrics.catalogue import PAIR_METRICS, SET_METRICS
from core.metrics.files import checksum
from core.metrics.judge import read_card
from core.options import schema

REPORT, TEXT, SHEET = "report.json", "report.md", "contact-sheet.png"


def run(request: EvaluateRequest) -> Iterator[EvaluateUpdate]:
    """An update after each chunk of clips; the last holds all figures, and the report is written.

    Where the request is for a shard, and chunks of others are still missing, it holds none.

    Raises:
        UserError: the bundle, the footage or a network cannot be used.
    """
    card = ModelCard.read(request.bundle)
    chosen_decoder(request, card)
    tasks = chosen_tasks(request, card)
    kept = tempfile.TemporaryDirectory() if request.out is None else nullcontext(request.out)
    with kept as folder:
        store = Store(Path(folder), request)
        yield from _measured(request, store)
        if store.missing:
            yield EvaluateUpdate(_done(request, store), request.clips)
            return
        report = _report(request, card, store)
        text = markdown(report)
        _write(Path(folder), report, text)
        write_png(contact_sheet(store, tasks), str(Path(folder) / SHEET))
        yield EvaluateUpdate(request.clips, request.clips, 0.0, report["metrics"], report, text)


def _measured(request: EvaluateRequest, store: Store) -> Iterator[EvaluateUpdate]:
    """Measures what is missing of this shard."""
    missing = set(store.missing)
    todo = [number for number in request.own_chunks if number in missing]
    begin = time.monotonic()
    yield EvaluateUpdate(_done(request, store), request.clips)
    for count, _ in enumerate(measured(request, store, todo), start=1):
        left_s = (time.monotonic() - begin) / count * (len(todo) - count)
        yield EvaluateUpdate(_done(request, store), request.clips, left_s)


def _done(request: EvaluateRequest, store: Store) -> int:
    """Clips that were measured."""
    return request.clips - sum(len(request.chunks[number]) for number in store.missing)


def _report(request: EvaluateRequest, card: ModelCard, store: Store) -> dict[str, Any]:
    tree = Results(request, card, store).tree()
    model = {
        name: getattr(card, name)
        for name in ("name", "title", "frames", "height", "width", "steps")
    }
    processes = f"{request.processes} {'process' if request.processes == 1 else 'processes'}"
    return {
        "model": model | {"family": card.family},
        "data": str(request.data),
        "clips": request.clips,
        "samples": request.samples,
        "windows": request.windows,
        "folds": request.folds,
        "seed": request.seed,
        "strides": request.strides,
        "zoom": request.zoom,
        "processes": processes,
        "decoder": _settings(request, card),
        "judge": _judge(request),
        "networks": {
            name: {path.name: checksum(path) for path in metric.networks(request.networks)}
            for name, metric in (PAIR_METRICS | SET_METRICS).items()
        },
        "request": request.facts(),
        **tree,
        "metrics": flat(tree),
    }


def _judge(request: EvaluateRequest) -> str:
    """What the judge was trained on, and how often it is right about held-out clips; "" without."""
    if request.networks.judge is None:
        return ""
    card = read_card(request.networks.judge)
    return f"a 3D network trained on {card.data}, right about {card.accuracy:.1%} of held-out clips"


def _settings(request: EvaluateRequest, card: ModelCard) -> str:
    """The decoder and its options: the number of steps, and those that are not the defaults."""
    decoder = chosen_decoder(request, card)
    if decoder is None:
        return ""
    values = [(option, getattr(decoder, option.name)) for option in schema(type(decoder))]
    told = [
        f"{option.name} {value}"
        for option, value in values
        if value != option.default or option.name in ("steps", "schedule")
    ]
    return ", ".join([decoder_name(request, card), *told])


def _write(folder: Path, report: Mapping[str, Any], text: str) -> None:
    (folder / REPORT).write_text(json.dumps(report, indent=2, ensure_ascii=False), "utf-8")
    (folder / TEXT).write_text(text, "utf-8")


def write_metrics(bundle: Path, metrics: Mapping[str, float]) -> None:
    """Puts figures in a bundle's card, rounded to four digits after the point."""
    card = ModelCard.read(bundle)
    rounded = {name: round(value, 4) for name, value in metrics.items()}
    replace(card, metrics=rounded).write(bundle)
