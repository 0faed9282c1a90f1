"""Options of the export formats: one quality of 0..100 and one effort for all lossy codecs."""

from __future__ import annotations

from dataclasses import dataclass

from core.options import option

EFFORTS = ("fastest", "fast", "balanced", "thorough", "slowest")

USUAL_QUALITY = 75


@dataclass(frozen=True)
class CodedOptions:
    """Of H.264, H.265, AV1 and VP9."""

    quality: int = option(
        USUAL_QUALITY,
        label="Quality",
        minimum=0,
        maximum=100,
        step=5,
        help="100 is next to lossless, 75 looks like the source, 50 is small, 0 is worst.",
    )
    effort: str = option(
        "balanced",
        label="Effort",
        choices=EFFORTS,
        help="More effort takes longer and makes a smaller file of the same quality.",
        advanced=True,
    )

    def __post_init__(self) -> None:
        if not 0 <= self.quality <= 100:
            raise ValueError(f"quality lies in 0..100, not {self.quality}")
        if self.effort not in EFFORTS:
            raise ValueError(f"effort is one of {', '.join(EFFORTS)}, not {self.effort}")


@dataclass(frozen=True)
class Codec:
    """How an encoder of FFmpeg is told quality and effort.

    Attributes:
        encoder: its name.
        worst, best: its rate factor for the qualities 0 and 100; between them it is linear.
        effort_key: its setting for `efforts`, one value for each of `EFFORTS`.
        fixed: settings that are always the same.
    """

    encoder: str
    worst: float
    best: float
    effort_key: str
    efforts: tuple[str, str, str, str, str]
    fixed: tuple[tuple[str, str], ...] = ()

    def settings(self, options: CodedOptions) -> dict[str, str]:
        factor = self.worst + (self.best - self.worst) * options.quality / 100
        return {
            "crf": str(round(factor)),
            self.effort_key: self.efforts[EFFORTS.index(options.effort)],
            **dict(self.fixed),
        }


_X264_PRESETS = ("veryfast", "faster", "medium", "slow", "veryslow")
H264 = Codec("libx264", 51, 7, "preset", _X264_PRESETS)
H265 = Codec("libx265", 51, 10, "preset", _X264_PRESETS, (("x265-params", "log-level=error"),))
AV1 = Codec("libsvtav1", 63, 12, "preset", ("12", "10", "8", "6", "4"))
VP9 = Codec(
    "libvpx-vp9",
    63,
    12,
    "cpu-used",
    ("8", "5", "3", "2", "1"),
    (("b", "0"), ("deadline", "good"), ("row-mt", "1"), ("auto-alt-ref", "0")),
)


@dataclass(frozen=True)
class ProResOptions:
    """Of ProRes."""

    profile: str = option(
        "4444",
        label="Profile",
        choices=("4444", "4444 XQ"),
        help="XQ keeps still more detail in half as much space again.",
    )


@dataclass(frozen=True)
class FFV1Options:
    """Of FFV1."""

    slices: int = option(
        4,
        label="Slices",
        minimum=4,
        maximum=24,
        help="Parts of a picture that are coded at once, each with a checksum.",
        advanced=True,
    )


@dataclass(frozen=True)
class PNGOptions:
    """Of PNG."""

    compression: int = option(
        3,
        label="Compression",
        minimum=0,
        maximum=9,
        help="0 writes fastest, 9 makes the smallest files; all lose nothing.",
    )


@dataclass(frozen=True)
class GIFOptions:
    """Of GIF."""

    colours: int = option(
        256,
        label="Colours",
        minimum=8,
        maximum=256,
        step=8,
        help="Of each frame's own palette; fewer make a smaller file.",
    )
    dither: str = option(
        "bayer",
        label="Dithering",
        choices=("bayer", "floyd_steinberg", "sierra2_4a", "none"),
        help="How missing colours are mixed; bayer stands still from frame to frame.",
    )
    loop: bool = option(True, label="Loop", help="Play again from the start, for ever.")


@dataclass(frozen=True)
class ArrayOptions:
    """Of NumPy arrays: there is nothing to choose."""
