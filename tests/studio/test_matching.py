"""A few letters find what is meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.actions import MENUS
from studio.matching import match, ranked

NAMES = [(row.text, menu) for menu, rows in MENUS.items() for row in rows if row is not None]


def best(query: str, count: int = 1) -> list[str]:
    return [name for (name, _menu), _ in ranked(query, NAMES, lambda pair: pair)][:count]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("exp", "Export…"),
        ("EXPORT", "Export…"),
        ("trfo", "Track forward"),
        ("track b", "Track backward"),
        ("forward track", "Track forward"),
        ("mask imp", "Import mask…"),
        ("mask shrink", "Shrink"),
        ("zoi", "Zoom in"),
        ("skin", "Onion skin"),
        ("fullsc", "Full screen"),
        ("next key", "Next key frame"),
    ],
)
def test_first_found_is_what_was_meant(query: str, name: str) -> None:
    assert best(query) == [name]


def test_start_counts_more_than_inside_and_inside_more_than_letters_in_order() -> None:
    scores = [match("in", name) for name in ("Invert", "Zoom in", "Painting", "Ink? no: i-n")]
    found = [one.score for one in scores if one is not None]

    assert found[0] > found[1] > found[2]
    letters = match("zn", "Zoom in")
    assert letters is not None
    assert letters.score < found[2]


def test_marked_letters_are_those_that_were_typed() -> None:
    found = match("tb", "Track backward")

    assert found is not None
    assert found.letters == {0, 6}


def test_what_is_not_there_is_not_found() -> None:
    assert match("xyz", "Export…", "File") is None
    assert match("export xyz", "Export…", "File") is None


def test_without_a_query_everything_comes_in_order() -> None:
    assert [pair for pair, _ in ranked("  ", NAMES, lambda pair: pair)] == NAMES


@given(st.text(max_size=12), st.text(max_size=30), st.text(max_size=30))
def test_marked_letters_lie_inside_the_name(query: str, name: str, about: str) -> None:
    found = match(query, name, about)

    if found is not None:
        assert all(0 <= place < len(name) for place in found.letters)


@given(st.sampled_from(NAMES), st.data())
def test_any_part_of_a_name_finds_it(pair: tuple[str, str], data: st.DataObject) -> None:
    name = pair[0]
    start = data.draw(st.integers(0, len(name)))
    part = name[start : data.draw(st.integers(start, len(name)))]

    assert pair in [found for found, _ in ranked(part, NAMES, lambda pair: pair)]
