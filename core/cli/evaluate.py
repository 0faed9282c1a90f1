"""Measure a model on footage that it was not trained on, beside simple ways to answer.

What was measured stays in the folder of the report: a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from core.cli import UsageError
from core.cli.compare import option_value
from core.cli.generate import find_bundle
from core.cli.progress import Progress
from core.options import Value, schema

if TYPE_CHECKING:
    from core.cards import ModelCard
    from core.evaluation.request import EvaluateRequest, EvaluateUpdate

EVALUATIONS = Path("evaluations")
SAME_NAMES = (
    *("data", "clips", "samples", "folds", "windows", "seed", "strides", "zoom"),
    *("decoder", "batch", "processes", "shard", "out"),
)
"""Arguments that are fields of the request."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bundle", metavar="BUNDLE", help="name or folder of the model")
    parser.add_argument(
        "data",
        type=Path,
        metavar="DATA",
        help="a folder of videos, or a TOML file whose [[data]] sections name some; of a data set "
        "with a held-out part, that part",
    )
    what = parser.add_argument_group("what")
    what.add_argument("--clips", type=int, default=32, help="default: 32")
    what.add_argument(
        "--samples", type=int, default=1, help="results per clip: best and mean count; default: 1"
    )
    what.add_argument(
        "--tasks", type=_names, default=(), metavar="TASK,…", help="default: all it knows"
    )
    what.add_argument("--folds", type=int, default=4, help="for the deviation; default: 4")
    what.add_argument(
        "--windows",
        type=int,
        default=2,
        metavar="N",
        help="further real clips per clip, for the debiased distances; default: 2",
    )
    what.add_argument("--seed", type=int, default=0, help="of clips and results; default: 0")
    what.add_argument(
        "--strides",
        type=int,
        default=1,
        metavar="N",
        help="cut clips at random rates down to every Nth frame; default: 1",
    )
    what.add_argument(
        "--zoom", type=float, default=1.0, help="smallest share of a frame's height; default: 1"
    )
    how = parser.add_argument_group("how")
    how.add_argument("--decoder", default="", help="default: commit, or what decodes the model")
    how.add_argument(
        "--set",
        action="append",
        default=[],
        dest="settings",
        metavar="OPTION=VALUE",
        help="an option of the decoder; may be given several times",
    )
    how.add_argument(
        "--networks",
        type=Path,
        metavar="FOLDER",
        help="with squeezenet1_1….pth and lpips_v0.1_squeeze.pth: adds LPIPS and a Frechet video "
        "distance",
    )
    how.add_argument(
        "--i3d", type=Path, metavar="FILE", help="I3D of Kinetics-400, TorchScript or weights: FVD"
    )
    how.add_argument(
        "--c3d", type=Path, metavar="FILE", help="C3D of UCF-101, TorchScript or weights: IS"
    )
    how.add_argument(
        "--judge",
        type=Path,
        metavar="FILE",
        help="made by `maskreel judge` on such footage: a Frechet distance of its features, and "
        "the share of clips whose class it tells",
    )
    how.add_argument("--batch", type=int, default=4, help="clips at a time; default: 4")
    how.add_argument("--processes", type=int, default=1, help="that share the work; default: 1")
    how.add_argument(
        "--shard",
        type=_shard,
        default=(1, 1),
        metavar="I/N",
        help="only the I-th of N parts, for several machines with one --out folder",
    )
    where = parser.add_argument_group("where")
    where.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="for report.md, report.json, contact-sheet.png and what is measured; default: in "
        "evaluations/",
    )
    where.add_argument("--write-card", action="store_true", help="put figures in the model's card")
    where.add_argument("--json", action="store_true", help="print figures as JSON, not the report")


def run(arguments: argparse.Namespace) -> None:
    """Prints the report.

    Raises:
        UserError: the model, the footage or a network cannot be used; UsageError: an option is not
            written as it should.
    """
    from core.jobs import evaluate  # loads torch

    bundle, card = find_bundle(arguments.bundle)
    request = _request(arguments, bundle, card)
    progress = Progress(json_lines=False)
    for update in evaluate.run(request):
        progress.event("measured", _line(update))
    progress.close()
    if not update.report:
        print(
            f"{update.done} of {update.total} clips are measured in {request.out}. When all shards "
            "are done, the same command without --shard writes the report."
        )
        return
    if arguments.write_card:
        evaluate.write_metrics(bundle, update.metrics)
    print(json.dumps(update.metrics, indent=2) if arguments.json else update.text)
    if not arguments.json:
        print(f"In {request.out}: {', '.join((evaluate.REPORT, evaluate.TEXT, evaluate.SHEET))}")


def _request(arguments: argparse.Namespace, bundle: Path, card: ModelCard) -> EvaluateRequest:
    from dataclasses import replace

    from core.evaluation.generating import decoder_name  # loads torch
    from core.evaluation.request import EvaluateRequest
    from core.metrics.files import NetworkFiles

    request = EvaluateRequest(
        bundle=bundle,
        tasks=tuple(arguments.tasks),
        networks=NetworkFiles(arguments.networks, arguments.i3d, arguments.c3d, arguments.judge),
        **{name: getattr(arguments, name) for name in SAME_NAMES},
    )
    options = _options(arguments.settings, decoder_name(request, card))
    request = replace(request, options=options)
    if request.out is None:
        folder = EVALUATIONS / f"{card.name}-{request.fingerprint()}"
        request = replace(request, out=folder)
    return request


def _options(settings: list[str], decoder: str) -> dict[str, Value]:
    """["steps=8"] → {"steps": 8}."""
    from core.decoders import DECODERS  # loads torch

    options: dict[str, Value] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise UsageError(f"--set {setting}: write it as OPTION=VALUE, such as steps=8")
        known = {option.name: option for option in schema(DECODERS[decoder])}
        options[name] = option_value(value, known.get(name))
    return options


def _line(update: EvaluateUpdate) -> str:
    left = ""
    if update.left_s is not None:
        minutes, seconds = divmod(round(update.left_s), 60)
        left = f" · {minutes}:{seconds:02} left"
    return f"{update.done} of {update.total} clips{left}"


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _shard(text: str) -> tuple[int, int]:
    part, _, parts = text.partition("/")
    return int(part), int(parts)
