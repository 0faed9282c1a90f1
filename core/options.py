"""Options of a decoder, a writer or a job, described so that a form can be built from them.

An options class is a frozen dataclass whose fields are made with `option(...)`. The class is the
one place of names, defaults and limits; the window and the command line read `schema(cls)`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from core.errors import UserError

Kind = Literal["int", "float", "bool", "choice", "text"]
Value = int | float | bool | str

_WORDS: dict[Kind, str] = {
    "int": "a whole number",
    "float": "a number",
    "bool": "on or off",
    "choice": "a choice",
    "text": "text",
}


@dataclass(frozen=True)
class Option:
    """One field of a form.

    Attributes:
        name: the dataclass field.
        label: what a person reads beside the control.
        kind: which control; "choice" has `choices`.
        minimum, maximum: inclusive limits of numbers, or None.
        step: by how much an arrow changes the number.
        help: one sentence for a tooltip.
        advanced: shown only when asked for.
        when: name and value of a choice of the same class without which this one has no effect,
            or None; it is shown only then.
    """

    name: str
    label: str
    kind: Kind
    default: Value
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()
    help: str = ""
    advanced: bool = False
    when: tuple[str, Value] | None = None

    def check(self, value: Value) -> None:
        """Raises UserError when `value` is of another kind, or outside the limits or choices."""
        if self.choices and value not in self.choices:
            raise UserError(f"{self.label} is one of {', '.join(self.choices)}, not {value}.")
        if not _fits(value, self.kind):
            raise UserError(f"{self.label} is {_WORDS[self.kind]}, not {value}.")
        if isinstance(value, int | float):
            if self.minimum is not None and value < self.minimum:
                raise UserError(f"{self.label} is at least {self.minimum:g}, not {value:g}.")
            if self.maximum is not None and value > self.maximum:
                raise UserError(f"{self.label} is at most {self.maximum:g}, not {value:g}.")


def option(
    default: Value,
    *,
    label: str,
    minimum: float | None = None,
    maximum: float | None = None,
    step: float | None = None,
    choices: Sequence[str] = (),
    help: str = "",
    advanced: bool = False,
    when: tuple[str, Value] | None = None,
) -> Any:
    """A dataclass field that a form can show; see `Option` for the arguments."""
    described = {
        "label": label,
        "kind": "choice" if choices else _kind(default),
        "minimum": minimum,
        "maximum": maximum,
        "step": step,
        "choices": tuple(choices),
        "help": help,
        "advanced": advanced,
        "when": when,
    }
    return field(default=default, metadata={"option": described})


def schema(cls: type) -> tuple[Option, ...]:
    """The options of an options class, in the order in which it declares them."""
    return tuple(
        Option(name=f.name, default=f.default, **f.metadata["option"])  # type: ignore[arg-type]
        for f in fields(cls)
        if "option" in f.metadata
    )


def with_options(cls: type, values: Mapping[str, Value]) -> Any:
    """An instance of an options class from names and values; the rest keep their defaults.

    Raises:
        UserError: a name is unknown, or a value is outside its limits.
    """
    known = {option.name: option for option in schema(cls)}
    for name, value in values.items():
        if name not in known:
            raise UserError(f"There is no option “{name}” here. Known: {', '.join(known)}.")
        known[name].check(value)
    return cls(**values)


def _kind(default: Value) -> Kind:
    if isinstance(default, bool):
        return "bool"
    if isinstance(default, int):
        return "int"
    return "float" if isinstance(default, float) else "text"


def _fits(value: Value, kind: Kind) -> bool:
    if isinstance(value, bool):
        return kind == "bool"
    if isinstance(value, int):
        return kind in ("int", "float")
    if isinstance(value, float):
        return kind == "float" and math.isfinite(value)
    return kind in ("choice", "text")
