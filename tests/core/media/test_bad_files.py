"""Broken and odd files get what they deserve: a sentence, or a clip with the right facts."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.media.reading import ClipReader, open_clip

NTSC = Fraction(30000, 1001)
LIMIT_S = 30
"""A hang must end the test; on a free machine the slowest file takes 2 s."""


@dataclass(frozen=True)
class Opens:
    """The file is a clip of this many frames, size and rate; its notes hold these words."""

    count: int
    size: tuple[int, int]
    rate: Fraction
    words: tuple[str, ...] = ()
    audio: bool = False
    damaged: int = 0


@dataclass(frozen=True)
class Refused:
    """The file is refused with these words."""

    words: tuple[str, ...]


GOOD = Opens(90, (320, 180), NTSC)
VERY_LONG = "very_long_name_" * 15 + "end.mp4"

EXPECTED: dict[str, Opens | Refused] = {
    "8k_24fps_300ms.mp4": Opens(
        8, (4096, 2304), Fraction(90000, 3749), ("7680x4320", "scaled down"), audio=True
    ),
    "8k_single_frame_h264.mp4": Opens(
        1, (4096, 2304), Fraction(30000, 1001), ("scaled down", "single frame")
    ),
    "all_black.mp4": Opens(72, (256, 256), Fraction(24)),
    "alpha_prores4444.mov": Opens(30, (256, 144), Fraction(25), ("on black",)),
    "alpha_vp9.webm": Opens(90, (320, 180), Fraction(30)),
    "alpha_vp9_small.webm": Opens(150, (200, 200), Fraction(30), audio=True),
    "animation.gif": Opens(20, (160, 160), Fraction(10)),
    "aspect_1920x16.mp4": Opens(25, (1920, 16), Fraction(25), ("pixel shape", "ignored")),
    "audio_only.mp4": Refused(("no video stream", "sound only")),
    "audio_shorter_than_video.mp4": Opens(72, (320, 240), Fraction(60), audio=True),
    "bit_flips.mp4": Opens(85, (320, 180), NTSC, ("damaged", "31 of 90"), damaged=54),
    "codec_av1.mp4": Opens(30, (1080, 720), NTSC, audio=True),
    "codec_vvc_h266.mp4": Opens(120, (320, 180), Fraction(24)),
    "cover_art_only.m4a": Refused(("no moving video", "cover")),
    "decord_corrupted.mp4": Opens(
        50, (1280, 720), Fraction(10), ("damaged", "48 of 50"), damaged=2
    ),
    "decord_unordered_pts.mov": Opens(4, (50, 50), Fraction(32)),
    "directory_named.mp4": Refused(("is a folder without pictures",)),
    "drm_encrypted_widevine.mp4": Refused(("encrypted",)),
    "five_frames_shorter_than_clip.mp4": Opens(5, (512, 512), Fraction(20)),
    "fps_0_5.mp4": Opens(3, (320, 180), Fraction(1, 2)),
    "fps_240.mp4": Opens(385, (320, 180), Fraction(240)),
    "fragmented_bogus_duration.mp4": Opens(30, (1080, 720), NTSC, audio=True),
    "frozen_still_48_frames.mp4": Opens(48, (256, 256), Fraction(24)),
    "full_range_yuvj.mp4": Opens(60, (320, 180), NTSC),
    "good_reference_320x180.mp4": GOOD,
    "grayscale_pixfmt.mp4": Opens(60, (192, 108), NTSC),
    "hdr10_av1_portrait.mp4": Opens(127, (720, 1280), NTSC, ("HDR", "tone-mapped"), audio=True),
    "hdr_hlg10_hevc.mp4": Opens(
        9, (1920, 1080), Fraction(90000, 3001), ("HDR", "tone-mapped"), audio=True
    ),
    "hevc_10bit.mp4": Opens(48, (640, 360), Fraction(24000, 1001)),
    "html_404.mp4": Refused(("not a video", "web page")),
    "interlaced_pal_sar16_11.mp4": Opens(
        75, (1047, 576), Fraction(25), ("deinterlaced", "not square")
    ),
    "invalid_bitstream_vp9.webm": Refused(("damaged", "none of its 51 frames")),
    "invalid_nalu.mp4": Opens(30, (1080, 720), NTSC, ("damaged", "29 of 30"), damaged=1),
    "jpeg_renamed.mp4": Refused(("still picture",)),
    "long_5min_160x90.mp4": Opens(4502, (160, 90), Fraction(15)),
    "mdat_size_too_long.mp4": Opens(30, (1080, 720), NTSC, audio=True),
    "mpeg4_elementary_stream_named.mp4": Opens(
        180, (340, 256), Fraction(25), ("no times", "counted", "25 a second")
    ),
    "non_square_pixels.mp4": Opens(48, (341, 180), Fraction(24), ("not square",)),
    "odd_127x93_vp9.webm": Opens(60, (165, 93), NTSC, ("not square",)),
    "odd_127x93_yuv444.mp4": Opens(60, (165, 93), NTSC, ("not square",)),
    "odd_161x121_bear.webm": Opens(30, (161, 121), Fraction(2997, 100)),
    "one_frame.mp4": Opens(1, (512, 512), Fraction(20), ("single frame",)),
    "random_bytes.mp4": Refused(("not a video",)),
    "raw.y4m": Opens(15, (128, 72), NTSC),
    "raw_annexb.h264": Opens(90, (320, 180), Fraction(25), ("no times", "25 a second")),
    "real_preview.gif": Opens(23, (480, 270), Fraction(12)),
    "resolution_change_midstream.ts": Opens(
        50, (320, 240), Fraction(25), ("size changes", "scaled to the first")
    ),
    "rotated_90_displaymatrix.mp4": Opens(120, (270, 480), Fraction(2997, 50)),
    "rotated_and_mirrored.mp4": Opens(30, (720, 1080), NTSC, audio=True),
    "starts_without_keyframe.ts": Opens(
        50, (320, 180), NTSC, ("begins in the middle", "first 12 frames")
    ),
    "text_renamed.mp4": Refused(("not a video", "plain text")),
    "tiny_16x16.mp4": Opens(25, (28, 16), Fraction(25), ("not square",)),
    "tiny_2x2.mp4": Refused(("smallest", "16x16")),
    "truncated_faststart.mp4": Opens(54, (320, 180), NTSC, ("damaged", "51 of 90"), damaged=2),
    "truncated_no_moov.mp4": Refused(("cut off", "index")),
    "two_video_streams.mp4": Opens(20, (160, 160), Fraction(10), ("first is used",)),
    VERY_LONG: GOOD,
    "vfr_24_8_50.mp4": Opens(310, (320, 180), Fraction(50), ("varies", "speed stays right")),
    "vp8_vorbis.webm": Opens(60, (320, 180), Fraction(2997, 100), audio=True),
    "vp9.webm": Opens(90, (480, 270), Fraction(30)),
    "zero_byte.mp4": Refused(("empty",)),
    "видео тест 日本語 émoji 🎬 (копия) 1.mp4": GOOD,
}


@contextmanager
def time_limit() -> Iterator[None]:
    """Fail a file that hangs; where the system has no alarm, run without."""
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def ring(*_: object) -> None:
        raise TimeoutError(f"more than {LIMIT_S} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(LIMIT_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("name", EXPECTED)
def test_bad_file_gets_what_it_deserves(name: str, shared: Path) -> None:
    expected = EXPECTED[name]
    with time_limit():
        if isinstance(expected, Refused):
            with pytest.raises(UserError) as caught:
                open_clip(shared / "bad" / name)
            _says(str(caught.value), expected.words)
            assert name in str(caught.value)
            return
        with open_clip(shared / "bad" / name) as clip:
            facts = Opens(
                len(clip),
                clip.size,
                clip.rate,
                expected.words,
                clip.has_audio,
                len(clip.damaged),
            )
            _shows_pictures(clip)

    assert facts == expected
    _says(" ".join(clip.notes), expected.words)
    assert bool(clip.notes) == bool(expected.words)


def _says(sentence: str, words: tuple[str, ...]) -> None:
    missing = [word for word in words if word not in sentence]
    assert not missing, f"{missing} not in “{sentence}”"


def _shows_pictures(clip: ClipReader) -> None:
    """First, last and middle frame have the promised shape; the middle one is stable."""
    middle = len(clip) // 2
    before = clip.frame(middle).copy()
    shape = (clip.size[1], clip.size[0], 3)
    assert {clip.frame(k).shape for k in (0, middle, len(clip) - 1)} == {shape}
    clip._pictures.cache.clear()
    assert np.array_equal(clip.frame(middle), before)


def test_every_file_of_the_manifest_is_in_the_table(shared: Path) -> None:
    manifest = json.loads((shared / "bad" / "manifest.json").read_text())

    assert {item["file"] for item in manifest["items"]} == set(EXPECTED)


def test_a_refused_file_leaves_the_open_clip_open(shared: Path) -> None:
    with open_clip(shared / "bad" / "good_reference_320x180.mp4") as clip:
        before = clip.frame(40).copy()
        with pytest.raises(UserError):
            open_clip(shared / "bad" / "random_bytes.mp4")

        assert np.array_equal(clip.frame(40), before)


def test_damaged_clip_is_the_same_in_any_order(shared: Path) -> None:
    with open_clip(shared / "bad" / "bit_flips.mp4") as clip:
        forwards = clip.read(0, len(clip)).frames
    with open_clip(shared / "bad" / "bit_flips.mp4") as clip:
        for k in (70, 3, 84, 40, 31, 30, 0, 55):
            assert np.array_equal(clip.frame(k), forwards[k]), k
        assert np.array_equal(clip.frame(31), clip.frame(29))


def test_clips_open_as_their_manifest_says(shared: Path) -> None:
    items = json.loads((shared / "clips" / "manifest.json").read_text())["items"]
    wide_pixels = {"arm_wrestling.mp4": (427, 256)}  # stored 340x256, pixels 64:51
    for item in items:
        with open_clip(shared / "clips" / item["file"]) as clip:
            size = wide_pixels.get(item["file"], (item["width"], item["height"]))
            assert (clip.size, len(clip)) == (size, item["frames"]), item["file"]
            # The manifest averages over the stated duration, which may miss a tick.
            assert float(clip.rate) == pytest.approx(item["fps"], rel=1e-3)
            assert clip.has_audio == item["has_audio"]
            assert clip.damaged == ()
