"""What stands in the way of an export: a sentence for each choice, or "" for nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from studio.state.clip.playback import Playback
from studio.state.clip.session import Session
from studio.state.export.export_choice import Alpha, Choice
from studio.state.export.export_pixels import ExportPixels
from studio.state.painting.masks import Masks
from studio.state.takes.result import Result

Span = Literal["whole", "marks", "generated"]


class ExportLimits:
    """Looks at the clip, the marks, the painting and the result as they are now."""

    def __init__(
        self,
        session: Session,
        playback: Playback,
        masks: Masks,
        result: Result,
        pixels: ExportPixels,
    ) -> None:
        self._session, self._playback, self._masks = session, playback, masks
        self._result, self._pixels = result, pixels

    def of(self, choice: Choice, size: tuple[int, int]) -> str:
        """Why pictures of that width and height cannot be written so."""
        if self._session.clip is None:
            return "Open a clip first."
        problems = (
            choice.row.obstacle,
            self.of_content(choice),
            self.of_alpha(choice, choice.transparency),
            choice.row.obstacle_to(size),
        )
        return next(filter(None, problems), "")

    def of_content(self, choice: Choice) -> str:
        """Why that content cannot be shown."""
        return self._pixels.obstacle(choice.shows)

    def of_alpha(self, choice: Choice, alpha: Alpha) -> str:
        """Why that kind of transparency cannot be had."""
        if alpha == "none":
            return ""
        if not choice.has_alpha:
            lacking = choice.shows.label if choice.row.alpha else choice.row.label
            return f"“{lacking}” has no transparency."
        if alpha == "generated":
            return "" if self._result.clips is not None else "Nothing is generated yet."
        track = self._masks.track
        return "Nothing is painted." if track is None or track.empty else ""

    def of_span(self, choice: Choice, span: Span) -> str:
        """Why that part cannot be chosen."""
        if choice.content == "lapse" and span == "whole":
            return "A time-lapse shows the generated part."
        marked = self._playback.in_mark is not None or self._playback.out_mark is not None
        if span == "marks" and not marked:
            return "Set an in or out mark in the timeline first."
        if span == "generated" and not self._result.decided:
            return "Nothing is generated yet."
        return ""

    def of_audio(self, choice: Choice) -> str:
        """Why no sound can go along."""
        clip = self._session.clip
        if clip is None or not clip.has_audio:
            return "The clip has no sound."
        if not choice.row.has_audio:
            return f"“{choice.row.label}” has no sound."
        return "" if choice.shows.has_audio else "A time-lapse has no sound."

    def of_path(self, choice: Choice, target: Path) -> str:
        """Why nothing can be written to a path."""
        clip, there = self._session.clip, target.exists()
        if not target.name:
            return "Give the file a name."
        if not target.parent.is_dir():
            return f"The folder “{target.parent}” is not there."
        if choice.row.suffix and target.is_dir():
            return f"“{target.name}” is a folder. Choose another name for the file."
        if not choice.row.suffix and there and (target.is_file() or any(target.iterdir())):
            return f"“{target.name}” is there already and not an empty folder."
        if clip is not None and there and clip.path.exists() and target.samefile(clip.path):
            return "This is the open clip itself. Choose another name."
        return ""
