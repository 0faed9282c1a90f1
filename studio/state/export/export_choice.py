"""All that can be chosen about an export as one value, which is remembered; presets of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal, get_args

from core.comparison import CONTENTS, Content
from core.errors import UserError
from core.media.shaping import ShapeOptions
from core.media.writing import WRITERS, Writer
from core.options import Value, with_options
from studio.observable import Field, Observable

Alpha = Literal["none", "generated", "mask"]
ALPHAS: dict[Alpha, str] = {
    "none": "Nothing",
    "generated": "All but what is generated",
    "mask": "All but what is painted",
}


@dataclass(frozen=True)
class Choice:
    """How an export is written.

    Attributes:
        writer: a name of `WRITERS`; `options` are its values by name.
        shape: values of `ShapeOptions` by name.
        alpha: what is not transparent.
        audio: whether the sound goes along.
        content: a name of `CONTENTS`; `details` are its values by name.
    """

    writer: str = "mp4"
    options: Mapping[str, Value] = field(default_factory=dict)
    shape: Mapping[str, Value] = field(default_factory=dict)
    alpha: Alpha = "none"
    audio: bool = True
    content: str = "result"
    details: Mapping[str, Value] = field(default_factory=dict)

    @property
    def row(self) -> Writer:
        return WRITERS[self.writer]

    @property
    def shows(self) -> Content:
        return CONTENTS[self.content]

    @property
    def has_alpha(self) -> bool:
        """Whether the format and what is shown can be transparent at all."""
        return self.row.alpha and self.shows.alpha

    @property
    def has_audio(self) -> bool:
        """Whether the format and what is shown go along with sound."""
        return self.row.has_audio and self.shows.has_audio

    @property
    def transparency(self) -> Alpha:
        return self.alpha if self.has_alpha else "none"

    @property
    def written(self) -> Any:
        """The options of the format."""
        return with_options(self.row.options, self.options)

    @property
    def shaped(self) -> ShapeOptions:
        shaped: ShapeOptions = with_options(ShapeOptions, self.shape)
        return shaped

    @property
    def shown(self) -> Any:
        """The options of what is shown."""
        return with_options(self.shows.options, self.details)

    def changed(self, **wishes: Any) -> Choice:
        """With other values; another format or content has its own options at their defaults."""
        if wishes.get("writer", self.writer) != self.writer:
            wishes = {"options": {}, **wishes}
        if wishes.get("content", self.content) != self.content:
            wishes = {"details": {}, **wishes}
        return replace(self, **wishes)

    def like(self, other: Choice) -> Choice:
        """As `other` is written, showing what this one shows: what a preset does."""
        return replace(other, content=self.content, details=self.details)

    def writes_like(self, other: Choice) -> bool:
        """Whether both write in the same way, whatever they show."""
        mine = (self.writer, self.written, self.shaped, self.alpha, self.audio)
        return mine == (other.writer, other.written, other.shaped, other.alpha, other.audio)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Choice:
        """The choice of `to_json`; the usual one where it says what this version does not know."""
        known = {f.name: data[f.name] for f in fields(cls) if f.name in data}
        try:
            choice = cls(**known)
            choice.check()
        except (UserError, KeyError, TypeError, ValueError, AttributeError):
            return cls()
        return choice

    def check(self) -> None:
        """Raises UserError, KeyError or ValueError when something of it is not known here."""
        if self.alpha not in get_args(Alpha) or self.audio not in (True, False):
            raise ValueError(f"{self.alpha} or {self.audio} is not known")
        _ = self.written, self.shaped, self.shown


@dataclass(frozen=True)
class Preset:
    """A choice under a name.

    Attributes:
        own: whether the user has made it.
    """

    label: str
    choice: Choice
    own: bool = False


PRESETS = (
    Preset("Web MP4", Choice("mp4")),
    Preset("Editing ProRes", Choice("prores")),
    Preset("Transparent WebM", Choice("webm", alpha="generated")),
    Preset(
        "GIF for chat",
        Choice(
            "gif",
            {"colours": 128},
            {"size": "custom", "width": 480, "height": 480, "rate": "12"},
        ),
    ),
    Preset("PNG frames", Choice("png")),
    Preset("Lossless", Choice("ffv1")),
)
"""What comes along."""


class Presets(Observable):
    """Attributes:
    all: those that came along, then the user's own.
    """

    all: Field[tuple[Preset, ...]] = Field(PRESETS)

    def keep(self, label: str, choice: Choice) -> None:
        """Keep a choice as the user's own preset, over one of that name."""
        self.drop(label)
        self.all = (*self.all, Preset(label, choice, own=True))

    def drop(self, label: str) -> None:
        """Forget a preset of the user's own."""
        self.all = tuple(p for p in self.all if not (p.own and p.label == label))

    def to_json(self) -> dict[str, Any]:
        """The user's own, by name."""
        return {preset.label: preset.choice.to_json() for preset in self.all if preset.own}

    def recall(self, data: Mapping[str, Any]) -> None:
        """The user's own as `to_json` has given them."""
        own = (
            Preset(label, Choice.from_json(choice), own=True)
            for label, choice in data.items()
            if isinstance(choice, Mapping)
        )
        self.all = (*PRESETS, *own)
