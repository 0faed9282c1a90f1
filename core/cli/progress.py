"""Progress for whoever looks: a line that rewrites itself on a terminal, or JSON lines."""

from __future__ import annotations

import json
import sys

CLEAR_LINE = "\r\x1b[K"


class Progress:
    """Args:
    json_lines: print each event as one JSON object on stdout instead of a line on stderr.
    """

    def __init__(self, json_lines: bool) -> None:
        self.json_lines = json_lines
        self._terminal = not json_lines and sys.stderr.isatty()

    def event(self, name: str, text: str, **facts: object) -> None:
        """Something happened: `text` for people, `facts` for programs."""
        if self.json_lines:
            print(json.dumps({"event": name, **facts}), flush=True)
        elif self._terminal:
            print(CLEAR_LINE + text, end="", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Leaves the terminal with an empty line."""
        if self._terminal:
            print(CLEAR_LINE, end="", file=sys.stderr, flush=True)
