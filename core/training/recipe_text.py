"""Values → the text of a TOML file that reads back as the same values."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any


def as_toml(values: Mapping[str, Any]) -> str:
    """Text, numbers, truth values, lists of those; tables, and lists of tables."""
    return "\n".join(_lines(values, ())) + "\n"


def _lines(values: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    plain = [f"{key} = {_value(value)}" for key, value in values.items() if not _below(value)]
    for key, value in values.items():
        name = ".".join((*path, key))
        if isinstance(value, Mapping):
            plain += ["", f"[{name}]", *_lines(value, (*path, key))]
        elif _below(value):
            for table in value:
                plain += ["", f"[[{name}]]", *_lines(table, (*path, key))]
    return plain


def _below(value: Any) -> bool:
    """Is it a table, or a list of tables, which get headings of their own?"""
    if isinstance(value, str) or not isinstance(value, Sequence):
        return isinstance(value, Mapping)
    return bool(value) and all(isinstance(item, Mapping) for item in value)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(_value, value)) + "]"
    return repr(value)
