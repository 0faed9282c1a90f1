"""`maskreel VERB …`, also `python -m core VERB …`: the studio's jobs without a window.

Exit codes: 0 done · 1 not done, and why · 2 wrong usage · 130 stopped.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence

from core.cli import (
    UsageError,
    compare,
    doctor,
    evaluate,
    export_checkpoint,
    finetune,
    generate,
    import_checkpoint,
    judge,
    models,
    neighbours,
    record,
    samples,
    tokenize,
    train,
)
from core.errors import UserError

DONE, FAILED, STOPPED = 0, 1, 130

VERBS = {
    "generate": (generate, "generate a region of a clip and write the result"),
    "train": (train, "train a model as a recipe says"),
    "finetune": (finetune, "train a model further on your own clips"),
    "neighbours": (neighbours, "look for copies of training clips among generated ones"),
    "judge": (judge, "train a network by which generated clips are compared with real ones"),
    "tokenize": (tokenize, "turn footage into tokens once, to train from them"),
    "evaluate": (evaluate, "measure a model on footage that it was not trained on"),
    "compare": (compare, "compare decoders on such footage: quality against time"),
    "import": (import_checkpoint, "make a model of a checkpoint of VideoGPT's authors"),
    "export": (export_checkpoint, "write a VideoGPT model as such a checkpoint"),
    "models": (models, "list, add, download and delete models; choose the default"),
    "samples": (samples, "show in a model's folder what it makes of a clip"),
    "record": (record, "record a training set: ViZDoom, moving shapes, moving digits"),
    "doctor": (doctor, "look at versions, device, codecs, models, and whether writing works"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a verb and returns the exit code; wrong usage ends in `SystemExit(2)`."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # tidies up like Ctrl-C
    try:
        chosen.run(chosen)
    except UsageError as error:
        parser.error(str(error))
    except UserError as error:
        print(f"maskreel {chosen.verb}: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print(f"maskreel {chosen.verb}: stopped.", file=sys.stderr)
        return STOPPED
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="maskreel",
        description="Token-based video generation. Without a verb the studio opens.",
        epilog="Exit codes: 0 done, 1 not done (the reason is said), 2 wrong usage, 130 stopped.",
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, (module, help) in VERBS.items():
        verb = verbs.add_parser(name, help=help, description=module.__doc__)
        module.add_arguments(verb)
        verb.set_defaults(run=module.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
