"""Named classes, one file each, found by looking into a package.

A registered name is stored in requests, cards and projects, so it never changes.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from core.errors import UserError

T = TypeVar("T")


class Registry(Generic[T]):
    """Names to classes. Modules of `package` are imported at the first question, so that adding
    an implementation is adding a file.

    Attributes:
        kind: what the entries are, for error messages ("tokenizer", "decoder").
    """

    def __init__(self, kind: str, package: str) -> None:
        self.kind = kind
        self._package = package
        self._entries: dict[str, type[T]] = {}
        self._complete = False

    def register(self, name: str) -> Callable[[type[T]], type[T]]:
        def add(cls: type[T]) -> type[T]:
            if name in self._entries:
                raise ValueError(f"two {self.kind}s are called {name!r}")
            self._entries[name] = cls
            return cls

        return add

    def __getitem__(self, name: str) -> type[T]:
        """The class of that name.

        Raises:
            UserError: there is none; the message lists those that there are.
        """
        self._import_all()
        if name not in self._entries:
            known = ", ".join(sorted(self._entries))
            raise UserError(f"There is no {self.kind} called “{name}”. Known: {known}.")
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        self._import_all()
        return iter(sorted(self._entries))

    def _import_all(self) -> None:
        if self._complete:
            return
        package = importlib.import_module(self._package)
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{self._package}.{module.name}")
        self._complete = True
