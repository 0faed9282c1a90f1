"""Compare decoders on footage that the model was not trained on: quality against time."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from core.assets import asset
from core.cli import UsageError
from core.cli.generate import find_bundle
from core.cli.progress import Progress
from core.options import Option, Value

if TYPE_CHECKING:
    from core.jobs.compare import Line

RUNS = Path("runs")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bundle", metavar="BUNDLE", help="name or folder of the model")
    parser.add_argument(
        "data",
        nargs="?",
        type=Path,
        metavar="DATA",
        help="a folder of videos, or a TOML file that names some; default: the three sample clips",
    )
    parser.add_argument(
        "--decoders",
        type=_names,
        default=["commit", "maskgit"],
        metavar="NAME[:OPTION=VALUE…],…",
        help="the others are compared with the first; default: commit,maskgit",
    )
    parser.add_argument(
        "--steps", type=_numbers, default=[4, 8, 12, 24, 48], help="default: 4,8,12,24,48"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="settings",
        metavar="NAME.OPTION=VALUE",
        help="an option of a decoder wherever it is named; may be given several times",
    )
    parser.add_argument(
        "--tasks",
        type=_names,
        default=["IPC", "OPC", "FP", "paint"],
        help="the clips take them in turn; default: IPC,OPC,FP,paint",
    )
    parser.add_argument("--clips", type=int, default=24, help="default: 24")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of clips; default: 0")
    parser.add_argument(
        "--networks",
        type=Path,
        metavar="FOLDER",
        help="with SqueezeNet 1.1 and the heads of LPIPS: adds LPIPS and a Frechet distance",
    )
    parser.add_argument("--threads", type=int, default=0, help="of the CPU; default: torch's own")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="for what is measured, the tables and the plot; what is there is not measured again; "
        "default: runs/compare- and the model's name",
    )
    parser.add_argument("--json-lines", action="store_true", help="progress as JSON on stdout")


def run(arguments: argparse.Namespace) -> None:
    """Prints the table.

    Raises:
        UserError: something cannot be used; UsageError: an option is not written as it should.
    """
    from core.jobs import compare, comparison_report  # load torch

    bundle, card = find_bundle(arguments.bundle)
    common = [_setting(text) for text in arguments.settings]
    out = arguments.out or RUNS / f"compare-{card.name}"
    request = compare.CompareRequest(
        bundle=bundle,
        data=arguments.data or asset("samples"),
        out=out,
        lines=tuple(_line(text, common) for text in arguments.decoders),
        steps=tuple(arguments.steps),
        tasks=tuple(arguments.tasks),
        clips=arguments.clips,
        seed=arguments.seed,
        networks=arguments.networks,
        threads=arguments.threads,
    )
    progress = Progress(arguments.json_lines)
    for update in compare.run(request):
        progress.event("measured", update.text, fraction=update.fraction)
    progress.close()
    result = update.result
    assert result is not None
    comparison_report.write(result, out)
    progress.event("finished", "", folder=str(out))
    if not arguments.json_lines:
        print(comparison_report.as_table(result))
        names = (comparison_report.TABLE, comparison_report.DATA, comparison_report.PLOT)
        print(f"In {out}: {', '.join(names)}")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def _setting(text: str) -> tuple[str, str]:
    """ "halton.order=2d" → ("halton", "order=2d")."""
    decoder, dot, option = text.partition(".")
    if not dot or "=" not in option:
        raise UsageError(f"--set {text}: write it as NAME.OPTION=VALUE, such as halton.order=2d")
    return decoder, option


def _line(text: str, common: list[tuple[str, str]]) -> Line:
    """ "halton:order=2d" → the decoder halton with that option."""
    from core.decoders import DECODERS  # loads torch
    from core.jobs.compare import Line
    from core.options import schema

    decoder, *own = text.split(":")
    given = [option for name, option in common if name == decoder] + own
    known = {option.name: option for option in schema(DECODERS[decoder])}
    options = {}
    for assignment in given:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise UsageError(f"--decoders {text}: write options as {decoder}:OPTION=VALUE")
        options[name] = option_value(value, known.get(name))
    return Line(":".join([decoder, *given]), decoder, options)


def option_value(text: str, option: Option | None) -> Value:
    """Of the option's kind where it is written so; whether it fits is checked with the others."""
    if option is not None and option.kind == "bool" and text in ("true", "false"):
        return text == "true"
    if option is not None and option.kind in ("int", "float"):
        try:
            return int(text) if option.kind == "int" else float(text)
        except ValueError as error:
            raise UsageError(f"{option.label} is a number, not {text}") from error
    return text
