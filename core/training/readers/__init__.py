"""Data sets as people have them on disk: one file per layout, registered by name.

A layout lists the videos of a folder, each with its class and the split that the data set gives
it, and opens one of them to its frames by number. Listing decodes nothing. To add a layout is to
add a file here; the key `layout` of a recipe's [[data]] names it, and `auto` asks each layout
whether the folder looks like its own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import UserError
from core.media.pictures import Picture
from core.registry import Registry
from core.training.readers.tree import Tree

AUTO, PLAIN = "auto", "folder"


@dataclass(frozen=True)
class Listed:
    """A video of a data set.

    Attributes:
        path: the file or folder that holds its frames.
        name: of the video, relative to the data set; tells it from all others.
        label: name of its class; "" when it has none.
        split: "train", "val" or "test" as the data set says; "" where it says nothing.
        member: which video of the file, in files of many; what it counts is the layout's own.
        frames: how many there are, where listing has found it out; 0 else.
        problem: why it cannot be used, where listing has found it out.
    """

    path: Path
    name: str
    label: str = ""
    split: str = ""
    member: int = 0
    frames: int = 0
    problem: str = ""


class Video(ABC):
    """An opened video; holds no frames.

    Attributes:
        size: width and height.
        cost: bytes of memory that it holds while it is open, about.
    """

    size: tuple[int, int]
    cost: int = 0

    @abstractmethod
    def __len__(self) -> int:
        """How many frames it has."""

    @abstractmethod
    def frames(self, numbers: Sequence[int]) -> Iterator[Picture]:
        """Frames by number, one after the other, uint8 (H, W, 3), RGB.

        Args:
            numbers: never decreasing, each in 0..len-1.

        Raises:
            UserError: they cannot be read.
        """


@dataclass(frozen=True)
class Place:
    """Where a data set is, and what the user said of it.

    Attributes:
        tree: its folder and the files in it.
        labels: file or folder of labels; None when the user named none.
        fold: which of several official splits; counted from 1.
    """

    tree: Tree
    labels: Path | None = None
    fold: int = 1


class Layout(ABC):
    """A way to keep a data set on disk. Stateless."""

    @abstractmethod
    def recognises(self, place: Place) -> bool:
        """Whether a folder looks like this layout and no other."""

    @abstractmethod
    def listed(self, place: Place) -> list[Listed]:
        """Its videos, in a fixed order.

        Raises:
            UserError: files of labels cannot be read.
        """

    @abstractmethod
    def count(self, listed: Listed) -> int:
        """How many frames a video has, as its file says, without decoding.

        Raises:
            UserError: the file cannot be used.
        """

    @abstractmethod
    def open(self, listed: Listed) -> Video:
        """A video, ready to be read.

        Raises:
            UserError: the file cannot be used.
        """


LAYOUTS: Registry[Layout] = Registry("layout", "core.training.readers")


def find_layout(name: str, place: Place) -> Layout:
    """The layout of that name; for “auto” the one that recognises the folder.

    Raises:
        UserError: there is none of that name, or more than one layout recognises the folder.
    """
    if name != AUTO:
        return LAYOUTS[name]()
    candidates = [other for other in LAYOUTS if other != PLAIN and _recognises(other, place)]
    if len(candidates) > 1:
        raise UserError(
            f"{place.tree.root} looks like more than one kind of data set: "
            f"{', '.join(candidates)}. Say which one it is with the key layout under [[data]]."
        )
    return LAYOUTS[candidates[0] if candidates else PLAIN]()


def _recognises(name: str, place: Place) -> bool:
    return LAYOUTS[name]().recognises(place)
