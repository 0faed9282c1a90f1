"""The command `maskreel`: the studio, its demo, and the way to the commands without a window.

Exit codes: 0 done, 1 could not (it said why), 2 wrong usage, 130 stopped from the keyboard.
"""

from __future__ import annotations

import argparse
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

COMMANDS = (
    "generate",
    "import",
    "export",
    "models",
    "samples",
    "train",
    "finetune",
    "neighbours",
    "judge",
    "tokenize",
    "evaluate",
    "compare",
    "record",
    "doctor",
)
"""Words that `core` answers: they may import torch, which the window's process never does."""

STOPPED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Runs what the arguments ask for and returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] and arguments[0] in COMMANDS:
        return _run_core(arguments)
    options = _parser().parse_args(arguments)
    try:
        return _demo(options.out, options.file) if options.demo else _studio(options.file)
    except KeyboardInterrupt:
        return STOPPED


def _parser() -> argparse.ArgumentParser:
    from studio.version import program_version

    parser = argparse.ArgumentParser(
        prog="maskreel",
        description="Paint on a clip or continue it; a transformer does it, token by token.",
        epilog=f"Without a window: maskreel {' | '.join(COMMANDS)} (each with --help).",
    )
    parser.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="a clip or a project to open"
    )
    parser.add_argument(
        "--demo",
        action="store_true",
        help="paint, generate and export FILE or a sample without a display",
    )
    parser.add_argument(
        "--out", type=Path, default=Path(), metavar="FOLDER", help="where the demo's files go"
    )
    parser.add_argument("--version", action="version", version=f"maskreel {program_version()}")
    return parser


def _run_core(arguments: Sequence[str]) -> int:
    """Hand over to `python -m core`; this process becomes that one."""
    sys.argv = ["maskreel", *arguments]
    try:
        runpy.run_module("core", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def _studio(file: Path | None) -> int:
    from studio import app

    return app.run(app.show_window(file))


def _demo(folder: Path, clip: Path | None) -> int:
    from studio import demo

    return demo.run(folder, clip)


if __name__ == "__main__":
    sys.exit(main())
