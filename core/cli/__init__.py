"""The verbs of the command line, one file each: `add_arguments(parser)` and `run(arguments)`.

The files load no torch until a verb runs, so that help and wrong usage are answered at once.
"""

from __future__ import annotations


class UsageError(Exception):
    """Arguments that do not go together; the message says which."""
