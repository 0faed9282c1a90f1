"""What is written can be read back; what is given up leaves nothing."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from core.errors import UserError
from core.media import sinks
from core.media.audio import AudioSpan
from core.media.colour import FULL, Colour
from core.media.format_options import CodedOptions, GIFOptions
from core.media.names import shortened
from core.media.reading import open_clip
from core.media.writing import WRITERS, has_encoder, write_clip
from tests.core.media.made import distance, moving_square, write_tone, write_video

NTSC = Fraction(30000, 1001)
SMALL = [name for name, row in WRITERS.items() if row.smallest == 1]
WITH_ALPHA = [name for name, row in WRITERS.items() if row.alpha]


def written(path: Path, frames: np.ndarray, **wishes: object) -> Path:
    counts = list(write_clip(frames, path, **{"writer": "mp4", "rate": Fraction(25), **wishes}))
    assert counts == list(range(1, len(frames) + 1))
    return path


@pytest.mark.parametrize("name", WRITERS)
def test_written_clip_reads_back(name: str, tmp_path: Path) -> None:
    frames = moving_square(12, (96, 64))
    path = tmp_path / f"out{WRITERS[name].suffix}"

    written(path, frames, writer=name)

    with open_clip(path) as clip:
        assert (len(clip), clip.size, clip.rate) == (12, (96, 64), 25)
        shown = clip.read(0, 12).frames
    assert all(distance(a, b) < 6 for a, b in zip(shown, frames, strict=True))
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["ffv1", "png", "npz"])
@pytest.mark.parametrize("size", [(64, 48), (63, 47), (17, 16)])
def test_lossless_export_is_exact(name: str, size: tuple[int, int], tmp_path: Path) -> None:
    frames = np.random.default_rng(1).integers(0, 256, (5, size[1], size[0], 3), np.uint8)

    path = written(tmp_path / f"out{WRITERS[name].suffix}", frames, writer=name)

    with open_clip(path) as clip:
        assert np.array_equal(clip.read(0, 5).frames, frames)


@pytest.mark.parametrize("rate", [NTSC, Fraction(24000, 1001), Fraction(25, 2), Fraction(179, 6)])
@pytest.mark.parametrize("name", ["mp4", "ffv1"])
def test_rate_is_exact(name: str, rate: Fraction, tmp_path: Path) -> None:
    path = written(tmp_path / "out.x", moving_square(40), writer=name, rate=rate)

    with open_clip(path) as clip:
        assert (clip.rate, len(clip)) == (rate, 40)


def test_mp4_is_ordinary_h264_with_its_index_first(tmp_path: Path) -> None:
    path = written(tmp_path / "out.mp4", moving_square(5))

    data = path.read_bytes()
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
    assert data.index(b"moov") < data.index(b"mdat")


def test_odd_size_repeats_the_last_line(tmp_path: Path) -> None:
    frames = moving_square(5, (63, 47))

    path = written(tmp_path / "out.mp4", frames, options=CodedOptions(quality=100))

    with open_clip(path) as clip:
        assert clip.size == (64, 48)
        assert distance(clip.frame(2)[:47, :63], frames[2]) < 3
        assert distance(clip.frame(2)[47, :63], frames[2, 46]) < 12


@pytest.mark.parametrize("matrix", [1, 5, 6, 9])
@pytest.mark.parametrize("span", [1, 2])
def test_colour_tags_are_kept_and_colours_stay(matrix: int, span: int, tmp_path: Path) -> None:
    colour = Colour(range=span, matrix=matrix, primaries=1, transfer=1)
    frames = np.broadcast_to(np.uint8([200, 60, 30]), (3, 48, 64, 3))

    path = written(tmp_path / "out.mp4", frames, colour=colour, options=CodedOptions(quality=100))

    with open_clip(path) as clip:
        assert clip.colour == colour
        assert np.abs(clip.frame(1).astype(int) - frames[1]).max() <= 3


def test_rgb_and_hdr_tags_become_ordinary_ones(tmp_path: Path) -> None:
    path = written(tmp_path / "a.mp4", moving_square(2), colour=Colour(range=FULL, matrix=0))
    other = written(tmp_path / "b.mp4", moving_square(2), colour=Colour(1, 9, 9, 16))

    with open_clip(path) as clip, open_clip(other) as hdr:
        assert clip.colour.matrix == 1
        assert hdr.colour == Colour()


def sound(path: Path) -> tuple[str, np.ndarray]:
    """Codec and samples of a file's sound, one channel."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        frames = [frame.to_ndarray() for frame in container.decode(stream)]
    wave = np.concatenate(frames, axis=1)[0]
    return stream.codec_context.name, wave.astype(np.float64) / np.abs(wave).max()


def test_sound_is_copied_into_mp4(tmp_path: Path) -> None:
    source = write_tone(tmp_path / "tone.mp4", moving_square(50), 2.0)
    with open_clip(source) as clip:
        span = clip.audio_span(10, 25)
        path = written(tmp_path / "out.mp4", clip.read(10, 25).frames, audio=span)

    with av.open(str(source)) as old, av.open(str(path)) as new:
        copied = {bytes(packet) for packet in new.demux(audio=0)}
        assert copied <= {bytes(packet) for packet in old.demux(audio=0)}
    codec, wave = sound(path)
    assert codec == "aac"
    assert abs(len(wave) / 44100 - 1.0) < 0.06


def test_short_sound_is_filled_with_silence(tmp_path: Path) -> None:
    source = write_tone(tmp_path / "tone.mp4", moving_square(50), 1.0)
    with open_clip(source) as clip:
        path = written(
            tmp_path / "out.mkv",
            clip.read(0, 50).frames,
            writer="ffv1",
            audio=clip.audio_span(0, 50),
        )

    codec, wave = sound(path)
    assert codec == "flac"
    assert len(wave) == 2 * 44100
    assert np.abs(wave[4410:39690]).max() > 0.5
    assert np.abs(wave[48510:]).max() < 0.01


def test_encoded_sound_stays_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sinks, "MKV_AUDIO", sinks.AudioRule(frozenset(), "flac"))
    source = write_tone(tmp_path / "tone.mp4", moving_square(100), 4.0)
    with open_clip(source) as clip:
        span = clip.audio_span(50, 25)
        path = written(tmp_path / "out.mkv", clip.read(50, 25).frames, writer="ffv1", audio=span)

    _, wave = sound(path)
    expected = np.sin(2 * np.pi * 440 * (np.arange(44100) / 44100 + 2.0))
    assert len(wave) == 44100
    assert np.corrcoef(wave[2000:-2000], expected[2000:-2000])[0, 1] > 0.99


def test_closing_early_leaves_nothing(tmp_path: Path) -> None:
    for name, row in WRITERS.items():
        progress = write_clip(
            moving_square(90, (96, 64)),
            tmp_path / f"out{row.suffix}",
            writer=name,
            rate=Fraction(25),
        )
        while next(progress) < 80:
            assert not (tmp_path / f"out{row.suffix}").exists()
        assert len(list(tmp_path.iterdir())) <= 1

        progress.close()

        assert list(tmp_path.iterdir()) == []


def test_giving_up_keeps_the_file_that_was_there(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    path.write_bytes(b"precious")

    def broken() -> Iterator[np.ndarray]:
        yield from moving_square(3)
        raise RuntimeError("the frames ended badly")

    with pytest.raises(RuntimeError):
        list(write_clip(broken(), path, writer="mp4", rate=Fraction(25)))

    assert path.read_bytes() == b"precious"
    assert len(list(tmp_path.iterdir())) == 1


def test_places_that_cannot_be_written_are_explained(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "holiday.jpg").write_bytes(b"x")
    refused = {
        tmp_path / "gone" / "a.mp4": ("mp4", "is not there"),
        tmp_path / "full": ("png", "not an empty folder"),
        tmp_path / "full" / ".." / "full": ("mp4", "is a folder"),
        tmp_path / ("n" * 300 + ".mp4"): ("mp4", "name is too long"),
    }
    for path, (name, words) in refused.items():
        with pytest.raises(UserError, match=words):
            list(write_clip(moving_square(2), path, writer=name, rate=Fraction(25)))
    with pytest.raises(UserError, match="no frames"):
        list(write_clip([], tmp_path / "none.mp4", writer="mp4", rate=Fraction(25)))


@pytest.mark.parametrize(
    ("number", "words"), [(errno.ENOSPC, "disk is full"), (errno.EACCES, "may not write")]
)
def test_a_full_or_closed_disk_is_explained(
    number: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_sink: object, _frame: object) -> None:
        raise OSError(number, "from the system")

    monkeypatch.setattr(sinks.VideoSink, "add", fail)

    with pytest.raises(UserError, match=words):
        list(write_clip(moving_square(2), tmp_path / "a.mp4", writer="mp4", rate=Fraction(25)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_ffmpeg_on_a_full_disk_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = av.open
    monkeypatch.setattr(
        sinks.av, "open", lambda _path, *rest, **more: real("/dev/full", *rest, **more)
    )

    with pytest.raises(UserError, match="disk is full"):
        list(
            write_clip(
                np.random.default_rng(0).integers(0, 256, (30, 96, 128, 3), np.uint8),
                tmp_path / "a.mkv",
                writer="ffv1",
                rate=Fraction(25),
            )
        )


def test_gif_above_fifty_frames_a_second_leaves_frames_out_evenly(tmp_path: Path) -> None:
    path = tmp_path / "out.gif"

    list(write_clip(moving_square(30), path, writer="gif", rate=Fraction(60)))

    with open_clip(path) as clip:
        assert len(clip) == 15
        assert abs(float(clip.rate) - 30) < 0.5


def test_names_stay_within_the_file_system(tmp_path: Path) -> None:
    longest = "й" * 120 + ".mp4"

    written(tmp_path / longest, moving_square(2))

    assert [entry.name for entry in tmp_path.iterdir()] == [longest]
    assert shortened("й" * 200, ".png") == "й" * 125 + ".png"


def test_options_refuse_what_no_encoder_knows() -> None:
    with pytest.raises(ValueError, match=r"0\.\.100"):
        CodedOptions(quality=101)
    with pytest.raises(ValueError, match="effort"):
        CodedOptions(effort="warp")


def test_span_is_on_the_clock_of_the_file(tmp_path: Path) -> None:
    source = write_tone(tmp_path / "tone.ts", moving_square(50), 2.0)

    with open_clip(source) as clip:
        assert clip.audio_span(25, 10) == AudioSpan(
            source, pytest.approx(clip._source.clock + 1.0), 0.4
        )
        assert clip._source.clock > 0


CODECS = {
    "mp4": ("h264", "yuv420p", "avc1"),
    "h265": ("hevc", "yuv420p", "hvc1"),
    "av1": ("libdav1d", "yuv420p", "av01"),
    "prores": ("prores", "yuv444p12le", "ap4h"),
    "webm": ("vp9", "yuv420p", None),
    "ffv1": ("ffv1", "bgr0", None),
    "gif": ("gif", "bgra", None),
}


@pytest.mark.parametrize("name", CODECS)
def test_files_hold_what_their_format_is_known_for(name: str, tmp_path: Path) -> None:
    path = written(tmp_path / f"out{WRITERS[name].suffix}", moving_square(3, (96, 64)), writer=name)

    codec, pixels, four_letters = CODECS[name]
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == (codec, pixels)
        assert four_letters in (None, context.codec_tag)


@pytest.mark.parametrize("name", ["mp4", "h265", "av1", "prores", "webm"])
def test_every_coded_format_keeps_colour_tags(name: str, tmp_path: Path) -> None:
    frames = np.broadcast_to(np.uint8([200, 60, 30]), (3, 64, 96, 3))
    options = WRITERS[name].options()
    if isinstance(options, CodedOptions):
        options = CodedOptions(quality=100)

    path = written(tmp_path / f"o{WRITERS[name].suffix}", frames, writer=name, options=options)

    with open_clip(path) as clip:
        assert clip.colour == Colour()
        assert np.abs(clip.frame(1).astype(int) - frames[1]).max() <= 4


@pytest.mark.parametrize("name", ["mp4", "h265", "av1", "webm"])
def test_quality_and_effort_reach_the_encoder(name: str, tmp_path: Path) -> None:
    noisy = np.random.default_rng(3).integers(0, 256, (6, 64, 96, 3), np.uint8)
    sizes = []
    for quality in (20, 60, 100):
        options = CodedOptions(quality=quality, effort="fastest")
        path = written(tmp_path / f"{quality}.x", noisy, writer=name, options=options)
        sizes.append(path.stat().st_size)

    assert sizes == sorted(sizes)
    assert sizes[2] > 2 * sizes[0]


def with_alpha(count: int = 4, size: tuple[int, int] = (96, 64)) -> np.ndarray:
    """Opaque at the right, transparent at the left, half of each between."""
    alpha = np.repeat(np.uint8([0, 128, 255]), size[0] // 3)
    plane = np.broadcast_to(alpha[None, None, :, None], (count, size[1], size[0], 1))
    return np.concatenate([moving_square(count, size), plane], axis=3)


def alpha_of(path: Path, frame: int) -> np.ndarray:
    """Alpha of a frame of a file as its own decoder gives it, uint8 (H, W)."""
    if path.suffix == ".npz":
        return np.load(path)["frames"][frame, ..., 3]
    source = path / f"frame_{frame + 1:05}.png" if path.is_dir() else path
    with av.open(str(source)) as container:
        stream = container.streams.video[0]
        decoder = stream.codec_context
        if decoder.name == "vp9":  # FFmpeg's own decoder passes alpha over
            decoder = av.CodecContext.create("libvpx-vp9", "r")
        pictures = [f for packet in container.demux(stream) for f in decoder.decode(packet)]
    return pictures[0 if path.is_dir() else frame].to_ndarray(format="rgba")[..., 3]


@pytest.mark.parametrize("name", WITH_ALPHA)
def test_alpha_comes_back(name: str, tmp_path: Path) -> None:
    frames = with_alpha()

    path = written(tmp_path / f"out{WRITERS[name].suffix}", frames, writer=name)

    assert distance(alpha_of(path, 2), frames[2, ..., 3]) < 3
    with open_clip(path) as clip:
        assert (len(clip), clip.size) == (4, (96, 64))


def test_alpha_is_refused_by_formats_without(tmp_path: Path) -> None:
    for name in WRITERS.keys() - set(WITH_ALPHA):
        with pytest.raises(ValueError, match="has no alpha"):
            written(tmp_path / "out.x", with_alpha(), writer=name)


@pytest.mark.parametrize("name", ["h265", "av1"])
def test_pictures_too_small_for_a_codec_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="64 × 64 pixels and more"):
        written(tmp_path / "out.mp4", moving_square(2, (96, 62)), writer=name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", SMALL)
def test_smallest_clips_can_be_written(name: str, tmp_path: Path) -> None:
    path = written(tmp_path / f"o{WRITERS[name].suffix}", moving_square(3, (22, 22)), writer=name)

    with open_clip(path) as clip:
        assert (len(clip), clip.size) == (3, (22, 22))


def test_formats_of_a_poorer_ffmpeg_say_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert all(not row.obstacle for row in WRITERS.values() if has_encoder(row.encoder or "png"))
    monkeypatch.setattr("core.media.writing.has_encoder", lambda name: name != "libsvtav1")

    assert "libsvtav1" in WRITERS["av1"].obstacle
    assert not WRITERS["mp4"].obstacle
    assert not WRITERS["npz"].obstacle
    with pytest.raises(UserError, match="libsvtav1"):
        written(tmp_path / "a.mp4", moving_square(2, (96, 64)), writer="av1")


@pytest.mark.parametrize(
    ("name", "codec"), [("mp4", "aac"), ("h265", "aac"), ("prores", "aac"), ("webm", "opus")]
)
def test_sound_goes_along_in_every_container(name: str, codec: str, tmp_path: Path) -> None:
    source = write_tone(tmp_path / "tone.mp4", moving_square(50, (96, 64)), 2.0)
    with open_clip(source) as clip:
        path = written(
            tmp_path / f"out{WRITERS[name].suffix}",
            clip.read(0, 25).frames,
            writer=name,
            audio=clip.audio_span(0, 25),
        )

    found, wave = sound(path)
    with av.open(str(path)) as container:
        rate = container.streams.audio[0].codec_context.rate
    assert found == codec
    assert abs(len(wave) / rate - 1.0) < 0.06


def test_gif_plays_once_or_for_ever_with_the_colours_asked_for(tmp_path: Path) -> None:
    clip = moving_square(3)
    ever = written(tmp_path / "ever.gif", clip, writer="gif")
    once = written(
        tmp_path / "once.gif", clip, writer="gif", options=GIFOptions(colours=8, loop=False)
    )

    assert b"NETSCAPE2.0" in ever.read_bytes()
    assert b"NETSCAPE2.0" not in once.read_bytes()
    with open_clip(once) as shown:
        assert len(np.unique(shown.frame(0).reshape(-1, 3), axis=0)) <= 8


def test_arrays_are_for_numpy_and_for_maskreel(tmp_path: Path) -> None:
    frames = moving_square(5)

    path = written(tmp_path / "out.npz", frames, writer="npz", rate=NTSC, tag="how")

    held = np.load(path)
    assert np.array_equal(held["frames"], frames)
    assert held["rate"].tolist() == [30000, 1001]
    assert str(held["maskreel"]) == "how"
    with open_clip(path) as clip:
        assert (clip.rate, len(clip)) == (NTSC, 5)


def test_arrays_of_others_are_refused_with_the_reason(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "small.npz", frames=moving_square(3))
    np.savez(tmp_path / "flat.npz", frames=np.zeros((3, 4), np.uint8))
    np.savez(tmp_path / "other.npz", pictures=np.zeros(3))
    (tmp_path / "text.npz").write_text("no archive")

    for name, words in {
        "small": "compressed",
        "flat": r"\(3, 4\)",
        "other": "frames.npy",
        "text": "not a zip",
    }.items():
        with pytest.raises(UserError, match=words):
            open_clip(tmp_path / f"{name}.npz")


@pytest.mark.parametrize("name", ["mp4", "prores", "webm", "png"])
def test_turned_source_is_written_upright(name: str, tmp_path: Path) -> None:
    source = write_video(tmp_path / "turned.mp4", moving_square(4, (96, 64)), rotation=90)
    with open_clip(source) as clip:
        frames = clip.read(0, 4).frames
        assert clip.size == (64, 96)

    path = written(tmp_path / f"out{WRITERS[name].suffix}", frames, writer=name)

    with open_clip(path) as clip:
        assert clip.size == (64, 96)
        assert distance(clip.frame(2), frames[2]) < 6


@pytest.mark.parametrize("name", ["mp4", "webm"])
def test_varying_rate_becomes_a_constant_one(name: str, tmp_path: Path) -> None:
    times = [0, 40, 80, 200, 240, 400, 440, 480]
    source = write_video(tmp_path / "vfr.mkv", moving_square(8, (96, 64)), times=times)
    with open_clip(source) as clip:
        frames, rate = clip.read(0, len(clip)).frames, clip.rate

    path = written(tmp_path / f"out{WRITERS[name].suffix}", frames, writer=name, rate=rate)

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        seconds = [float(frame.pts * stream.time_base) for frame in container.decode(stream)]
    assert len(seconds) == len(frames) > 8
    assert np.diff(seconds) == pytest.approx(float(1 / rate), abs=0.0011)
