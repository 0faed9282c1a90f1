"""Options of a frozen dataclass: described, checked, and never silently ignored."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from core.errors import UserError
from core.options import option, schema, with_options


@dataclass(frozen=True)
class Bake:
    minutes: int = option(30, label="Minutes", minimum=1, maximum=90)
    heat: float = option(180.0, label="Heat", step=10.0)
    fan: bool = option(False, label="Fan")
    shelf: str = option("middle", label="Shelf", choices=("low", "middle"))
    note: str = option("", label="Note", advanced=True)


def test_schema_lists_the_fields_in_their_order_with_their_kind() -> None:
    described = [(entry.name, entry.kind) for entry in schema(Bake)]

    assert described == [
        ("minutes", "int"),
        ("heat", "float"),
        ("fan", "bool"),
        ("shelf", "choice"),
        ("note", "text"),
    ]


def test_what_is_not_given_keeps_its_default() -> None:
    assert with_options(Bake, {"minutes": 12}) == Bake(minutes=12)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"minutes": 0}, "Minutes is at least 1, not 0"),
        ({"minutes": 91}, "Minutes is at most 90, not 91"),
        ({"shelf": "top"}, "Shelf is one of low, middle, not top"),
        ({"sauce": 1}, "no option “sauce”"),
        ({"minutes": "soon"}, "Minutes is a whole number, not soon"),
        ({"minutes": 2.5}, "Minutes is a whole number, not 2.5"),
        ({"heat": float("nan")}, "Heat is a number, not nan"),
        ({"fan": "yes"}, "Fan is on or off"),
    ],
)
def test_bad_values_are_refused_in_words(values: dict, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        with_options(Bake, values)


def test_whole_number_is_a_fine_number() -> None:
    assert with_options(Bake, {"heat": 200}).heat == 200.0
