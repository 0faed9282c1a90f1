"""What someone wants to train on, looked at before a training is: which clips, how long, what
cannot be used. Nothing is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.errors import UserError
from core.training.readers import Layout, Listed, Place, find_layout
from core.training.readers.tree import tree_of

MOST_LOOKED_AT = 300
"""Of a large folder so many clips are opened; all of them are counted."""


@dataclass(frozen=True)
class Footage:
    """A video file or a folder that was chosen.

    Attributes:
        clips: how many there are; looked_at: how many of them were opened.
        frames: of those that were opened and can be used. shortest: of one of them.
        classes: names of sub-folders.
        refused: why a clip cannot be used, by name.
        problem: why nothing of it can be used, or "".
    """

    path: Path
    clips: int = 0
    looked_at: int = 0
    frames: int = 0
    shortest: int = 0
    classes: tuple[str, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    problem: str = ""

    def trouble(self, frames: int) -> str:
        """What is wrong with it for a model of so many frames, in a sentence, or ""."""
        if self.problem:
            return self.problem
        if self.refused:
            count, (_, why) = len(self.refused), self.refused[0]
            return f"{count} of {self.clips:,} clips will be left out. {why}"
        if self.shortest < frames:
            return (
                f"“{self.path.name}” has clips of only {self.shortest} frames, and the model "
                f"learns {frames} at a time: the last frame stands still for the rest."
            )
        return ""


def look_at(path: Path) -> Footage:
    """What is there."""
    if not path.exists():
        return Footage(path, problem=f"“{path}” is not there any more.")
    try:
        layout, listed = _listed(path)
    except (UserError, OSError) as error:
        return Footage(path, problem=str(error))
    lengths, refused = [], []
    for video in listed[:MOST_LOOKED_AT]:
        try:
            lengths.append(_length(layout, video))
        except UserError as error:
            refused.append((video.name, str(error)))
    problem = "" if lengths else _nothing(path, refused)
    return Footage(
        path,
        len(listed),
        len(lengths) + len(refused),
        sum(lengths),
        min(lengths, default=0),
        tuple(sorted({video.label for video in listed} - {""})),
        tuple(refused),
        problem,
    )


def together(footage: tuple[Footage, ...]) -> str:
    """All of it in a few words."""
    clips, frames = sum(f.clips for f in footage), sum(f.frames for f in footage)
    if not clips:
        return ""
    more = "at least " if any(f.looked_at < f.clips for f in footage) else ""
    words = [f"{clips:,} clip{'s' if clips > 1 else ''}", f"{more}{frames:,} frames"]
    classes = sorted({name for f in footage for name in f.classes})
    if classes:
        few = ", ".join(classes[:4]) + (" …" if len(classes) > 4 else "")
        words.append(f"{len(classes)} class{'es' if len(classes) > 1 else ''}: {few}")
    return "  ·  ".join(words)


def holds_out(footage: tuple[Footage, ...]) -> bool:
    """Whether some clips are kept from the training to measure it by: of each folder a tenth. Where
    one of them has no clip to spare, nothing is."""
    return all(f.clips > 1 for f in footage)


def _listed(path: Path) -> tuple[Layout, list[Listed]]:
    place = Place(tree_of(path))
    layout = find_layout("auto", place)
    return layout, layout.listed(place)


def _length(layout: Layout, video: Listed) -> int:
    """How many frames a clip has.

    Raises:
        UserError: it cannot be used.
    """
    if video.problem:
        raise UserError(video.problem)
    return len(layout.open(video))


def _nothing(path: Path, refused: list[tuple[str, str]]) -> str:
    if len(refused) == 1:
        return refused[0][1]
    if refused:
        return f"None of the {len(refused)} clips in “{path.name}” can be used: {refused[0][1]}"
    return f"“{path.name}” holds no clip."
