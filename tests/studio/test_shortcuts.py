"""Whatever keys are chosen, none does two things."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from studio.actions import ROWS
from studio.settings import NOTHING_CHOSEN, Chosen
from studio.shortcuts import (
    FIXED,
    all_keys,
    as_before,
    default_keys,
    owner,
    with_key,
    without_keys,
)

NAMES = st.sampled_from([row.name for row in ROWS])
KEYS = st.sampled_from([*(key for row in ROWS for key in default_keys(row)), "F7", "Ctrl+Alt+J"])


def twice(chosen: Chosen) -> list[str]:
    counted = Counter(key for keys in all_keys(chosen).values() for key in keys)
    return [key for key, count in counted.items() if count > 1]


def test_nothing_chosen_gives_the_keys_of_the_table() -> None:
    assert all_keys(NOTHING_CHOSEN) == {row.name: default_keys(row) for row in ROWS}


def test_new_key_replaces_those_of_the_action() -> None:
    chosen = with_key(NOTHING_CHOSEN, "redo", "F7")

    assert all_keys(chosen)["redo"] == ("F7",)
    assert owner("Ctrl+Y", chosen) is None


def test_key_that_is_in_use_is_swapped() -> None:
    chosen = with_key(NOTHING_CHOSEN, "export", "Ctrl+O")

    assert all_keys(chosen)["export"] == ("Ctrl+O",)
    assert all_keys(chosen)["open"] == ("Ctrl+E",)


def test_swap_back_leaves_nothing_chosen() -> None:
    chosen = with_key(with_key(NOTHING_CHOSEN, "export", "Ctrl+O"), "export", "Ctrl+E")

    assert chosen == {}


def test_reset_takes_the_keys_back() -> None:
    chosen = as_before(with_key(NOTHING_CHOSEN, "export", "Ctrl+O"), "open")

    assert all_keys(chosen)["open"] == ("Ctrl+O",)
    assert all_keys(chosen)["export"] == ()


def test_of_a_changed_file_only_what_can_be_is_taken() -> None:
    chosen: Chosen = {"open": ("F7", "Tab", ""), "export": ("F7", "F8"), "unknown": ("F9",)}
    keys = all_keys(chosen)

    assert keys["open"] == ("F7",)
    assert keys["export"] == ("F8",)
    assert "unknown" not in keys


@given(st.dictionaries(NAMES, st.lists(KEYS, max_size=3).map(tuple), max_size=6))
def test_no_key_does_two_things_whatever_is_chosen(chosen: Chosen) -> None:
    assert twice(chosen) == []


@given(st.lists(st.tuples(NAMES, KEYS, st.sampled_from(["set", "none", "reset"])), max_size=8))
def test_any_row_of_edits_does_what_it_says(edits: list[tuple[str, str, str]]) -> None:
    chosen = NOTHING_CHOSEN
    for name, key, what in edits:
        if what == "set":
            chosen = with_key(chosen, name, key)
            found = owner(key, chosen)
            assert found is not None
            assert found.name == name
        elif what == "none":
            chosen = without_keys(chosen, name)
            assert all_keys(chosen)[name] == ()
        else:
            chosen = as_before(chosen, name)
            assert all_keys(chosen)[name] == next(
                default_keys(row) for row in ROWS if row.name == name
            )
        assert twice(chosen) == []


def test_no_action_has_a_fixed_key() -> None:
    assert not {key for row in ROWS for key in default_keys(row)} & set(FIXED)
