"""Which of many names are meant by a few letters, the likeliest first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

_STARTS_NAME, _STARTS_WORD, _INSIDE, _IN_ORDER, _ABOUT = 5.0, 4.0, 3.0, 2.0, 1.0
_LOOSE = 0.05  # taken off for each letter that lies between two that were typed


@dataclass(frozen=True)
class Match:
    """How well a query names something.

    Attributes:
        score: the higher, the likelier it is meant.
        letters: places of the name's letters that were found, to be marked.
    """

    score: float
    letters: frozenset[int] = frozenset()


def match(query: str, name: str, about: str = "") -> Match | None:
    """Finds every word of the query, in any order, in a name or in the words about it.

    A word counts most where the name begins with it, then where a word of the name does, then
    anywhere inside; then as letters in order ("trf" means "Track forward"), and last in `about`,
    where it has to begin a word. None when a word is found nowhere. Capitals make no difference.
    """
    found = [_word(word, _plain(name), _plain(about)) for word in _plain(query).split()]
    known = [one for one in found if one is not None]
    if len(known) < len(found):
        return None
    letters = frozenset[int]().union(*(one.letters for one in known))
    return Match(sum(one.score for one in known), letters)


def ranked(
    query: str, things: Iterable[T], words: Callable[[T], tuple[str, str]]
) -> list[tuple[T, Match]]:
    """The things that a query may mean, the likeliest first; of equal ones the shorter name.

    Args:
        words: the name of a thing, and words about it. Without a query the order stays.
    """
    found = [(thing, match(query, *words(thing))) for thing in things]
    known = [(thing, one) for thing, one in found if one is not None]
    if query.strip():
        known.sort(key=lambda pair: (-pair[1].score, len(words(pair[0])[0])))
    return known


def _plain(text: str) -> str:
    return "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)


def _word(word: str, name: str, about: str) -> Match | None:
    if name.startswith(word):
        return _run(_STARTS_NAME, 0, word)
    if (start := _word_start(word, name)) is not None:
        return _run(_STARTS_WORD, start, word)
    if (inside := name.find(word)) >= 0:
        return _run(_INSIDE, inside, word)
    if _word_start(word, about) is not None:
        return Match(_ABOUT)
    return _in_order(word, name)


def _run(score: float, start: int, word: str) -> Match:
    return Match(score, frozenset(range(start, start + len(word))))


def _word_start(word: str, text: str) -> int | None:
    found = re.search(rf"\b{re.escape(word)}", text)
    return found.start() if found else None


def _in_order(word: str, name: str) -> Match | None:
    """The letters in order, the first at the start of a word, each as early as possible."""
    tries = (_early(word, name, start.start()) for start in re.finditer(r"\b\w", name))
    places = min((one for one in tries if one), key=_spread, default=None)
    if places is None:
        return None
    return Match(max(_IN_ORDER - _LOOSE * _spread(places), _LOOSE), frozenset(places))


def _early(word: str, name: str, start: int) -> list[int]:
    """Places of the letters from `start` on; a letter that begins a word is taken before others."""
    places: list[int] = []
    if not name.startswith(word[0], start):
        return places
    for letter in word:
        first = places[-1] + 1 if places else start
        begins = _word_start(letter, name[first:]) if places else None
        place = name.find(letter, first)
        if place < 0:
            return []
        # The letter right behind goes on a word; else the start of the next word is meant.
        places.append(place if place == first or begins is None else first + begins)
    return places


def _spread(places: list[int]) -> int:
    return places[-1] - places[0] + 1 - len(places)
