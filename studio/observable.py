"""Observable objects: fields that announce their change, and binds from a field to a widget.

    class Brush(Observable):
        size = Field(24)

    bind(brush, "size", slider.setValue, slider.valueChanged)

A set that changes nothing announces nothing, so a bind in both directions cannot loop.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

from PySide6.QtCore import QObject, Signal, SignalInstance

T = TypeVar("T")


class Field(Generic[T]):
    """An attribute of an `Observable` that announces when it changes.

    Args:
        default: its value before anything is set.
        same: when two values count as equal; `operator.is_` for arrays and other things whose
            equality is costly or not a bool.
    """

    def __init__(self, default: T, *, same: Callable[[T, T], bool] = operator.eq) -> None:
        self.default = default
        self._same = same

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Field[T]: ...
    @overload
    def __get__(self, instance: Observable, owner: type) -> T: ...
    def __get__(self, instance: Observable | None, owner: type) -> Field[T] | T:
        if instance is None:
            return self
        return instance._values.get(self._name, self.default)

    def __set__(self, instance: Observable, value: T) -> None:
        before = self.__get__(instance, type(instance))
        if before is value or self._same(before, value):
            return
        instance._values[self._name] = value
        instance.changed(self._name).emit(value)


class _Announcer(QObject):
    announced = Signal(object)


class Observable(QObject):
    """A QObject whose `Field`s can be watched."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._values: dict[str, Any] = {}
        self._announcers: dict[str, _Announcer] = {}

    def changed(self, name: str) -> SignalInstance:
        """The signal that carries each new value of the field `name`.

        Raises:
            AttributeError: there is no such field.
        """
        if not isinstance(getattr(type(self), name, None), Field):
            raise AttributeError(f"{type(self).__name__} has no field “{name}”")
        if name not in self._announcers:
            self._announcers[name] = _Announcer(self)
        return self._announcers[name].announced

    def flip(self, name: str) -> None:
        """Turn a field of True or False into the other."""
        setattr(self, name, not getattr(self, name))


def bind(
    state: Observable,
    name: str,
    show: Callable[[Any], object],
    edited: SignalInstance | None = None,
) -> None:
    """Shows a field now and at each change; `edited`, when given, sets the field.

    When `show` is a method of a QObject, the bind ends with that object.
    """
    show(getattr(state, name))
    _connect(state.changed(name), lambda value: show(value), owner=show)
    if edited is not None:
        edited.connect(lambda value: setattr(state, name, value))


def watch(state: Observable, names: str, call: Callable[[], object]) -> None:
    """Calls `call()` now and at each change of one of the fields, named with spaces between.

    When `call` is a method of a QObject, the watch ends with that object.
    """
    for name in names.split():
        _connect(state.changed(name), lambda _value: call(), owner=call)
    call()


def _connect(signal: SignalInstance, slot: Callable[[Any], object], *, owner: object) -> None:
    connection = signal.connect(slot)
    receiver = getattr(owner, "__self__", None)
    if isinstance(receiver, QObject):
        receiver.destroyed.connect(lambda: QObject.disconnect(connection))
