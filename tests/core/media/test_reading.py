"""A clip's frame k is always the same frame."""

from __future__ import annotations

import random
import threading
import time
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.errors import UserError
from core.media import reading, video_file
from core.media.reading import open_clip
from tests.core.media.made import distance, moving_square, spoil_packet, write_video

STREAMS = {
    "b_frames.mp4": {"options": {"bf": "3", "g": "10"}},
    "open_gop.mp4": {"options": {"x264-params": "open-gop=1:keyint=8:min-keyint=8:bframes=3"}},
    "one_key.mkv": {"options": {"g": "999"}},
    "no_times.h264": {"options": {"bf": "2", "g": "10"}},
    "stream.ts": {"options": {"bf": "2", "g": "10"}},
    "vp9.webm": {"codec": "libvpx-vp9"},
    "altref.webm": {"codec": "libvpx", "options": {"auto-alt-ref": "1", "lag-in-frames": "16"}},
    "old.avi": {"codec": "mpeg4", "options": {"bf": "2", "g": "10", "b": "5M"}},
    "h264.avi": {"options": {"bf": "2", "g": "10"}},
    "intra.mov": {"codec": "prores_ks", "pixels": "yuv422p10le"},
    "ten_bit.mp4": {"codec": "libx265", "pixels": "yuv420p10le"},
}


@pytest.mark.parametrize("name", STREAMS)
def test_frames_are_the_same_in_any_order(name: str, tmp_path: Path) -> None:
    frames = moving_square(40)
    path = write_video(tmp_path / name, frames, **STREAMS[name])
    with open_clip(path) as clip:
        in_order = [clip.frame(k) for k in range(len(clip))]
    order = random.Random(3).choices(range(40), k=60)

    with open_clip(path) as clip:
        clip._pictures.cache = reading.ArrayCache(1)  # nothing is remembered: every read decodes
        shuffled = [clip.frame(k) for k in order]

    assert len(in_order) == 40
    assert all(np.array_equal(a, in_order[k]) for a, k in zip(shuffled, order, strict=True))
    assert all(distance(a, b) < 6 for a, b in zip(in_order, frames, strict=True))


def test_rate_and_size_of_an_odd_clip(tmp_path: Path) -> None:
    rate = Fraction(30000, 1001)
    frames = moving_square(10, (63, 47))
    path = write_video(tmp_path / "odd.mp4", frames, rate=rate, pixels="yuv444p")

    with open_clip(path) as clip:
        assert (clip.size, clip.rate, len(clip)) == ((63, 47), rate, 10)
        assert clip.frame(3).shape == (47, 63, 3)


def test_varying_rate_keeps_durations(tmp_path: Path) -> None:
    slow = [k * 100 for k in range(10)]
    quick = [1000 + k * 40 for k in range(25)]
    frames = moving_square(35)
    path = write_video(tmp_path / "vfr.mkv", frames, times=slow + quick)

    with open_clip(path) as clip:
        shown = [clip.frame(round(ms / 40)) for ms in (*slow[::2], *quick)]
        assert clip.rate == 25
        assert len(clip) == 50
        assert "varies" in clip.notes[0]
    expected = [*frames[:10:2], *frames[10:]]
    assert all(distance(a, b) < 4 for a, b in zip(shown, expected, strict=True))


@pytest.mark.parametrize(("degrees", "turns"), [(90, 1), (180, 2), (-90, 3)])
def test_rotation_is_applied(degrees: int, turns: int, tmp_path: Path) -> None:
    frames = moving_square(3)
    path = write_video(tmp_path / "turned.mp4", frames, rotation=degrees)

    with open_clip(path) as clip:
        assert distance(clip.frame(1), np.rot90(frames[1], turns)) < 4


def test_lossless_rgb_is_exact(tmp_path: Path) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (4, 33, 65, 3), np.uint8)
    path = write_video(tmp_path / "noise.mkv", frames, codec="ffv1", pixels="bgr0")

    with open_clip(path) as clip:
        assert np.array_equal(clip.read(0, 4).frames, frames)


def test_stride_divides_the_rate(tmp_path: Path) -> None:
    with open_clip(write_video(tmp_path / "a.mp4", moving_square(12))) as clip:
        part = clip.read(1, 4, stride=3)

        assert part.rate == Fraction(25, 3)
        assert np.array_equal(part.frames[2], clip.frame(7))
        with pytest.raises(IndexError):
            clip.read(1, 5, stride=3)
        with pytest.raises(IndexError):
            clip.frame(-1)


def test_played_in_order_each_frame_is_decoded_once(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", moving_square(60), options={"g": "12"})
    with open_clip(path) as clip:
        runs = []
        run = clip._source.pictures._decoder.run
        clip._source.pictures._decoder.run = lambda key: runs.append(key) or run(key)

        for k in range(60):
            clip.frame(k)

    assert runs == [0]


def test_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "FRAME_CACHE_BYTES", 10 * 64 * 48 * 3)
    with open_clip(write_video(tmp_path / "a.mp4", moving_square(60))) as clip:
        clip.read(0, 60)

        assert len(clip._pictures.cache._arrays) == 10


def test_frames_cannot_be_scribbled_on(tmp_path: Path) -> None:
    with (
        open_clip(write_video(tmp_path / "a.mp4", moving_square(3))) as clip,
        pytest.raises(ValueError, match="read-only"),
    ):
        clip.frame(0)[:] = 0


def test_threads_may_share_a_clip(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", moving_square(30), options={"g": "10"})
    with open_clip(path) as clip:
        expected = [clip.frame(k).copy() for k in range(30)]
        clip._pictures.cache = reading.ArrayCache(1)
        wrong: list[int] = []

        def look(seed: int) -> None:
            for k in random.Random(seed).choices(range(30), k=20):
                if not np.array_equal(clip.frame(k), expected[k]):
                    wrong.append(k)

        threads = [threading.Thread(target=look, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert wrong == []


def test_thumbnail_has_the_height_and_shape_of_the_clip(tmp_path: Path) -> None:
    with open_clip(write_video(tmp_path / "a.mp4", moving_square(5))) as clip:
        small = clip.thumbnail(2, 24)

        assert small.shape == (24, 32, 3)
        assert clip.thumbnail(2, 24) is small


def test_damage_met_late_shows_the_frame_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (12, 48, 64, 3), np.uint8)
    path = write_video(tmp_path / "a.mp4", frames, options={"g": "4", "bf": "0"})
    spoil_packet(path, 6)
    monkeypatch.setattr(video_file, "SURVEYED_PIXELS", 0)

    with open_clip(path) as clip:
        assert clip.damaged == ()
        shown = [clip.frame(k) for k in range(len(clip))]
        assert clip.damaged == (6,)
        assert np.array_equal(shown[6], shown[5])
        assert distance(shown[8], frames[8]) < distance(shown[8], frames[5])
        assert any("damaged" in note for note in clip.notes)


def test_colours_follow_matrix_and_range(tmp_path: Path) -> None:
    red = np.broadcast_to(np.uint8([200, 60, 30]), (2, 48, 64, 3)).copy()
    wrong = []
    for matrix in ("bt709", "smpte170m", "bt2020nc"):
        for span in ("tv", "pc"):
            params = f"colormatrix={matrix}:fullrange={int(span == 'pc')}"
            path = _tagged(tmp_path / f"{matrix}_{span}.mp4", red, matrix, span, params)
            with open_clip(path) as clip:
                if np.abs(clip.frame(0).astype(int) - red[0]).max() > 3:
                    wrong.append((matrix, span, clip.frame(0)[20, 20]))

    assert wrong == []


def _tagged(path: Path, frames: np.ndarray, matrix: str, span: str, params: str) -> Path:
    """4:2:0 H.264 whose numbers are computed here from the matrix's definition."""
    import av

    red, blue = {"bt709": (0.2126, 0.0722), "smpte170m": (0.299, 0.114)}.get(
        matrix, (0.2627, 0.0593)
    )
    rgb = frames[0, 0, 0] / 255
    y = red * rgb[0] + (1 - red - blue) * rgb[1] + blue * rgb[2]
    u, v = (rgb[2] - y) / (2 * (1 - blue)), (rgb[0] - y) / (2 * (1 - red))
    scale, chroma, lift = (219, 224, 16) if span == "tv" else (255, 255, 0)
    values = (lift + scale * y, 128 + chroma * u, 128 + chroma * v)
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=25, options={"x264-params": params, "qp": "1"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.color_range = 1 if span == "tv" else 2
        picture = av.VideoFrame(64, 48, "yuv420p")
        for plane, value in zip(picture.planes, values, strict=True):
            plane.update(bytes([round(value)]) * plane.buffer_size)
        output.mux(stream.encode(picture))
        output.mux(stream.encode(None))
    return path


def test_folder_of_pictures_is_a_clip_in_natural_order(tmp_path: Path) -> None:
    frames = moving_square(12)
    for k, frame in enumerate(frames):
        cv2.imwrite(str(tmp_path / f"shot {k}.png"), frame[..., ::-1])

    with open_clip(tmp_path) as clip:
        assert (len(clip), clip.rate, clip.size) == (12, 25, (64, 48))
        assert np.array_equal(clip.read(0, 12).frames, frames)


def test_folder_with_mixed_sizes_and_a_broken_picture_says_so(tmp_path: Path) -> None:
    for k, size in enumerate([(48, 64), (20, 30), (48, 64)]):
        cv2.imwrite(str(tmp_path / f"{k}.png"), np.full((*size, 3), 50 * k, np.uint8))
    (tmp_path / "2.png").write_bytes(b"no picture")

    with open_clip(tmp_path) as clip:
        assert clip.frame(1).shape == (48, 64, 3)
        assert np.array_equal(clip.frame(2), clip.frame(1))
        assert clip.damaged == (2,)
        assert len(clip.notes) == 3


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.mp4", b"", "empty"),
        ("page.mp4", b"<html><body>404</body></html>", "web page"),
        ("note.mp4", b"just a note", "plain text"),
        ("noise.mp4", bytes(range(256)) * 40, "not a video"),
    ],
)
def test_what_is_not_a_video_is_refused(
    name: str, content: bytes, words: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(UserError, match=words):
        open_clip(tmp_path / name)


def test_missing_file_and_folder_without_pictures_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not there"):
        open_clip(tmp_path / "gone.mp4")
    with pytest.raises(UserError, match="folder without pictures"):
        open_clip(tmp_path)


def test_clip_below_sixteen_pixels_is_refused(tmp_path: Path) -> None:
    path = write_video(tmp_path / "tiny.mp4", np.zeros((3, 8, 32, 3), np.uint8))

    with pytest.raises(UserError, match="16x16"):
        open_clip(path)


def test_long_clip_opens_without_decoding_it(tmp_path: Path) -> None:
    frames = moving_square(16, (128, 96)).repeat(150, axis=0)
    path = write_video(tmp_path / "long.mp4", frames, options={"preset": "ultrafast"})
    video_file.SURVEYED_PIXELS, before = 0, video_file.SURVEYED_PIXELS
    start = time.process_time()
    try:
        open_clip(path).close()
    finally:
        video_file.SURVEYED_PIXELS = before

    assert time.process_time() - start < 0.2
