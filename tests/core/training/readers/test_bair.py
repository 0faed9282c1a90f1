"""BAIR's TFRecord files, written here byte by byte as their format says, and VideoGPT's HDF5."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clip import Frames
from core.errors import UserError
from core.training.lengths import count_frames
from core.training.readers.bair import BAIR
from core.training.readers.hdf5 import HDF5
from core.training.readers.tfrecord import (
    Damaged,
    byte_features,
    crc32c,
    read_record,
    record_offsets,
)
from tests.core.training.readers.made import grey_frames, numbers_in, opened, read, rows


def varint(number: int) -> bytes:
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def message(field: int, data: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(data)) + data


def example(features: Mapping[str, bytes | list[float]]) -> bytes:
    """A tf.train.Example: bytes as a bytes_list, numbers as a packed float_list."""
    entries = b""
    for name, value in features.items():
        if isinstance(value, bytes):
            feature = message(1, message(1, value))
        else:
            feature = message(2, message(1, struct.pack(f"<{len(value)}f", *value)))
        entries += message(1, message(1, name.encode()) + message(2, feature))
    return message(1, entries)


def checksum(data: bytes) -> bytes:
    crc = crc32c(data)
    turned = (crc >> 15 | crc << 17) & 0xFFFFFFFF
    return struct.pack("<I", (turned + 0xA282EAD8) & 0xFFFFFFFF)


def write_record(data: bytes) -> bytes:
    """`data` with its frame."""
    head = struct.pack("<Q", len(data))
    return head + checksum(head) + data + checksum(data)


def episode(frames: Frames, *, coded: bool = False) -> bytes:
    features: dict[str, bytes | list[float]] = {}
    for number, frame in enumerate(frames):
        stored = cv2.imencode(".png", frame)[1].tobytes() if coded else frame.tobytes()
        features[f"{number}/action"] = [0.5, -1.0, 0.0, 2.0]
        features[f"{number}/endeffector_pos"] = [0.1, 0.2, 0.3]
        features[f"{number}/image_main/encoded"] = bytes(len(stored))
        features[f"{number}/image_aux1/encoded"] = stored
    return write_record(example(features))


@pytest.fixture
def bair(tmp_path: Path) -> Path:
    for split, episodes in (("train", 2), ("test", 1)):
        (tmp_path / split).mkdir()
        data = b"".join(episode(grey_frames(5, 64, first)) for first in range(episodes))
        (tmp_path / split / "traj_0_to_255.tfrecords").write_bytes(data)
    return tmp_path


def test_checksums_are_castagnoli() -> None:
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"") == 0


@given(st.integers(0, 3), st.integers(0, 2**32))
def test_long_checksums_are_those_of_their_parts(extra: int, seed: int) -> None:
    data = np.random.default_rng(seed).bytes(8192 + 1000 * extra + extra)
    state = 0xFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = state >> 1 ^ (0x82F63B78 if state & 1 else 0)

    assert crc32c(data) == state ^ 0xFFFFFFFF


@given(st.dictionaries(st.text(max_size=40), st.binary(max_size=300), max_size=5))
def test_features_come_back(features: dict[str, bytes]) -> None:
    mixed = {**features, "numbers": [1.0, 2.0]}
    found = byte_features(example({k: v for k, v in mixed.items() if k or v}))

    assert {name: bytes(value) for name, value in found.items() if name != "numbers"} == {
        name: value for name, value in features.items() if name or value
    }


@given(st.binary(max_size=60))
def test_any_bytes_are_parsed_or_refused(data: bytes) -> None:
    try:
        found = byte_features(data)
    except Damaged:
        return
    assert all(isinstance(value, memoryview) for value in found.values())


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_byte_is_noticed(written: Path, place: int, change: int) -> None:
    whole = bytearray(write_record(b"first") + write_record(b"second record"))
    whole[place % len(whole)] ^= change
    written.write_bytes(whole)

    with pytest.raises(Damaged):
        [read_record(written, offset) for offset in record_offsets(written)]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("records") / "records"


def test_bair_episodes_are_videos(bair: Path) -> None:
    layout, videos = opened(bair)

    assert isinstance(layout, BAIR)
    assert rows(videos) == [
        ("test/traj_0_to_255.tfrecords/0", "", "test"),
        ("train/traj_0_to_255.tfrecords/0", "", "train"),
        ("train/traj_0_to_255.tfrecords/1", "", "train"),
    ]
    assert [layout.count(video) for video in videos] == [5, 5, 5]
    assert layout.open(videos[0]).size == (64, 64)
    assert layout.open(videos[0]).cost > 2 * 5 * 64 * 64 * 3  # both views stay in memory
    frames = read(layout, videos[2], [1, 2, 4])
    assert np.array_equal(frames, grey_frames(5, 64, first=1)[[1, 2, 4]])


def test_pictures_may_be_coded(tmp_path: Path) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (3, 32, 48, 3), np.uint8)
    (tmp_path / "a.tfrecord").write_bytes(episode(frames[..., ::-1], coded=True))

    layout, (video,) = opened(tmp_path)

    assert layout.open(video).size == (48, 32)
    assert np.array_equal(read(layout, video, [0, 1, 2]), frames)


def test_a_cut_off_file_keeps_what_is_whole(bair: Path) -> None:
    path = bair / "train" / "traj_0_to_255.tfrecords"
    path.write_bytes(path.read_bytes()[:-9])

    layout, videos = opened(bair)
    frames, problems = count_frames(bair, layout, videos)

    assert len(frames) == 2
    assert len(problems) == 1
    assert "cut off" in next(iter(problems.values()))


def test_damage_inside_a_record_is_said_when_it_is_read(bair: Path) -> None:
    path = bair / "train" / "traj_0_to_255.tfrecords"
    data = bytearray(path.read_bytes())
    data[-1000] ^= 1
    path.write_bytes(data)

    layout, videos = opened(bair)

    assert len(read(layout, videos[1], [0])) == 1
    with pytest.raises(UserError, match=r"traj_0_to_255\.tfrecords.*checksum"):
        layout.open(videos[2])


def test_other_records_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tfrecord").write_bytes(write_record(example({"text": b"no robot"})))

    layout, videos = opened(tmp_path)
    _, problems = count_frames(tmp_path, layout, videos)

    assert "image_aux1" in problems["a.tfrecord"]


def make_hdf5(path: Path, lengths: list[int]) -> None:
    frames = np.concatenate([grey_frames(count, 8, first) for first, count in enumerate(lengths)])
    starts = np.cumsum([0, *lengths[:-1]])
    with h5py.File(path, "w") as file:
        for split in ("train", "test"):
            file[f"{split}_data"], file[f"{split}_idx"] = frames, starts


def test_clips_of_an_hdf5_file_are_videos(tmp_path: Path) -> None:
    make_hdf5(tmp_path / "bair.hdf5", [3, 6, 1])

    layout, videos = opened(tmp_path / "bair.hdf5")

    assert isinstance(layout, HDF5)
    assert [video.split for video in videos] == ["train"] * 3 + ["test"] * 3
    assert [len(layout.open(video)) for video in videos[:3]] == [3, 6, 1]
    assert layout.open(videos[1]).size == (8, 8)
    assert numbers_in(read(layout, videos[1], [0, 2, 5, 5]), first=1) == [0, 2, 5, 5]
    assert numbers_in(read(layout, videos[5], [0]), first=2) == [0]


@pytest.mark.parametrize("spoilt", ["no index", "wrong index", "no hdf5", "grey"])
def test_an_hdf5_file_of_another_kind_is_refused(tmp_path: Path, spoilt: str) -> None:
    path = tmp_path / "a.h5"
    make_hdf5(path, [3])
    if spoilt == "no hdf5":
        path.write_bytes(b"something else")
    else:
        with h5py.File(path, "a") as file:
            del file["train_idx"]
            if spoilt == "wrong index":
                file["train_idx"] = [0, 5]
            if spoilt == "grey":
                file["train_idx"] = [0]
                del file["train_data"]
                file["train_data"] = np.zeros((3, 8, 8), np.uint8)

    layout, videos = opened(tmp_path)
    _, problems = count_frames(tmp_path, layout, videos)

    assert "a.h5" in problems["a.h5"]
