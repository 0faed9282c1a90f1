"""Words as they are shown: names that nobody can break are shortened in their middle."""

from __future__ import annotations

import re

LONGEST = 60
"""Letters of a word without a space, such as the name of a file."""


def shortened(text: str, most: int = LONGEST) -> str:
    """The text, with its longest words shortened, so that it does not make a window wider."""
    return re.sub(rf"\S{{{most + 1},}}", lambda found: _middle(found[0], most), text)


def _middle(word: str, most: int) -> str:
    end = most // 3
    return f"{word[: most - end - 1]}…{word[-end:]}"
