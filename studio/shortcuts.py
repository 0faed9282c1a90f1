"""Which keys do what, after the user has chosen some: no key ever does two things.

Keys are portable text of Qt, as "Ctrl+E". Only what differs from the table of actions is chosen
and kept, so that what a later version adds or changes arrives.
"""

from __future__ import annotations

from functools import cache

from PySide6.QtGui import QKeySequence

from studio.actions import ROWS
from studio.actions.row import Row
from studio.settings import Chosen

FIXED = {
    "Tab": "moves from control to control",
    "Shift+Tab": "moves from control to control",
    "Return": "presses what is chosen",
    "Enter": "presses what is chosen",
    "Backspace": "takes back a corner of a shape",
}
"""Keys that no action can have, and what they do."""

_BY_NAME = {row.name: row for row in ROWS}


def default_keys(row: Row) -> tuple[str, ...]:
    return tuple(_portable(key) for key in row.keys.split())


def all_keys(chosen: Chosen) -> dict[str, tuple[str, ...]]:
    """The keys of every action. A chosen key is taken from the action that has it by default.

    Whatever `chosen` holds, even of a file that someone has changed: unknown actions, fixed keys
    and keys that are chosen a second time are left out.
    """
    taken = set(FIXED)
    found = {row.name: _free(chosen[row.name], taken) for row in ROWS if row.name in chosen}
    rest = {row.name: _free(default_keys(row), taken) for row in ROWS if row.name not in chosen}
    both = {**found, **rest}
    return {row.name: both[row.name] for row in ROWS}


def owner(key: str, chosen: Chosen) -> Row | None:
    """The action that a key calls."""
    names = (name for name, keys in all_keys(chosen).items() if key in keys)
    return next((_BY_NAME[name] for name in names), None)


def with_key(chosen: Chosen, name: str, key: str) -> Chosen:
    """An action gets a key instead of those it has; whoever had it gets those in return."""
    keys = all_keys(chosen)
    other, before = owner(key, chosen), keys[name]
    if other is not None and other.name == name:
        before = ()
    changed: dict[str, tuple[str, ...]] = {name: (key,)}
    if other is not None and other.name != name:
        changed[other.name] = (*(one for one in keys[other.name] if one != key), *before)
    return _differing({**chosen, **changed})


def without_keys(chosen: Chosen, name: str) -> Chosen:
    return _differing({**chosen, name: ()})


def as_before(chosen: Chosen, name: str) -> Chosen:
    """An action has its own keys again; actions that were given them lose them."""
    own = default_keys(_BY_NAME[name])
    others = {
        other: tuple(key for key in keys if key not in own)
        for other, keys in chosen.items()
        if other != name
    }
    return _differing(others)


def _free(keys: tuple[str, ...], taken: set[str]) -> tuple[str, ...]:
    free = tuple(key for key in dict.fromkeys(map(_portable, keys)) if key and key not in taken)
    taken.update(free)
    return free


def _differing(chosen: Chosen) -> Chosen:
    """Without the actions that have the keys of the table."""
    return {
        name: keys
        for name, keys in chosen.items()
        if name in _BY_NAME and keys != default_keys(_BY_NAME[name])
    }


@cache
def _portable(key: str) -> str:
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText)
