"""Checkpoints of Lightning: both layouts are read, and nothing that a file says is ever run."""

from __future__ import annotations

import argparse
import builtins
import io
import os
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from core.checkpoints import lightning
from core.checkpoints.lightning import (
    LARGEST_PICKLE,
    Checkpoint,
    open_checkpoint,
    write_checkpoint,
)
from core.errors import UserError
from tests.checkpoints import april_layout, head_layout, lightning_installed, vqvae_file

LAYOUTS = {"HEAD": head_layout, "April 2021": april_layout}
Save = Callable[[Any, Path], None]


def save_zip(content: Any, path: Path) -> None:
    torch.save(content, path)


def save_old(content: Any, path: Path) -> None:
    torch.save(content, path, _use_new_zipfile_serialization=False)


def save_plain(content: Any, path: Path) -> None:
    path.write_bytes(pickle.dumps(content))


SAVES: dict[str, Save] = {"zip": save_zip, "old": save_old, "plain": save_plain}


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    return vqvae_file()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.ckpt"


def refusal(path: Path) -> str:
    """What a person is told who opens that file."""
    with pytest.raises(UserError) as refused:
        open_checkpoint(path)
    return str(refused.value)


# ── what is read ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("save", [save_zip, save_old])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_weights_and_hyper_parameters_of_both_layouts_are_read(
    path: Path, checkpoint: Checkpoint, layout: str, save: Save
) -> None:
    with lightning_installed():
        save(LAYOUTS[layout](checkpoint), path)

    read = open_checkpoint(path)

    assert list(read.weights) == list(checkpoint.weights)
    assert all(read.weights[key].equal(value) for key, value in checkpoint.weights.items())
    assert checkpoint.arguments.items() <= read.arguments.items()
    assert "tpu_cores" not in read.arguments
    assert (read.step, read.version) == (20, "1.3.3")


def test_weights_alone_are_a_checkpoint_without_hyper_parameters(
    path: Path, checkpoint: Checkpoint
) -> None:
    torch.save(dict(checkpoint.weights), path)

    read = open_checkpoint(path)

    assert list(read.weights) == list(checkpoint.weights)
    assert (read.arguments, read.step, read.version) == ({}, 0, "")


def test_what_is_written_is_read_back(path: Path, checkpoint: Checkpoint) -> None:
    write_checkpoint(path, checkpoint.weights, checkpoint.arguments, 20)

    read = open_checkpoint(path)

    assert read.arguments == checkpoint.arguments
    assert all(read.weights[key].equal(value) for key, value in checkpoint.weights.items())
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_failed_write_leaves_the_old_file(
    path: Path, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text("old")

    def disk_full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(torch, "save", disk_full)
    with pytest.raises(OSError, match="disk full"):
        write_checkpoint(path, checkpoint.weights, {}, 0)

    assert path.read_text() == "old"
    assert [file.name for file in path.parent.iterdir()] == [path.name]


# ── what would be run ──────────────────────────────────────────────────────────────────────────


class Call:
    """Pickled, it is a call of a function with arguments."""

    def __init__(self, function: Callable[..., Any], *arguments: object) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[object, ...]]:
        return self.function, self.arguments


def calls(marker: Path) -> dict[str, Call]:
    """Calls that leave a mark, by the end of the name that they are found by."""
    return {
        "posix.system": Call(os.system, f"touch {marker}"),
        ".exec": Call(builtins.exec, f"open({str(marker)!r}, 'w')"),
        ".eval": Call(builtins.eval, f"open({str(marker)!r}, 'w')"),
        "io.open": Call(io.open, str(marker), "w"),
    }


HIDING_PLACES: dict[str, Callable[[Call], Any]] = {
    "at the top": lambda call: call,
    "among the weights": lambda call: {"state_dict": {"weight": torch.ones(2), "bias": call}},
    "in a hyper-parameter": lambda call: {
        "state_dict": {"weight": torch.ones(2)},
        "hyper_parameters": {"args": argparse.Namespace(data_path=call)},
    },
    "in an optimiser": lambda call: {
        "state_dict": {"weight": torch.ones(2)},
        "optimizer_states": [{"state": {0: (call,)}}],
    },
}


@pytest.mark.skipif(os.name != "posix", reason="names of the functions are POSIX")
@pytest.mark.parametrize("save", SAVES)
@pytest.mark.parametrize("place", HIDING_PLACES)
@pytest.mark.parametrize("name", ["posix.system", ".exec", ".eval", "io.open"])
def test_a_call_in_a_pickle_is_refused_by_name_and_not_made(
    tmp_path: Path, path: Path, name: str, place: str, save: str
) -> None:
    marker = tmp_path / "run"
    SAVES[save](HIDING_PLACES[place](calls(marker)[name]), path)

    said = refusal(path)

    assert "it asks for “" in said
    assert f"{name}”" in said
    assert not marker.exists()


def test_the_calls_of_these_tests_would_leave_a_mark(tmp_path: Path) -> None:
    for call in calls(tmp_path / "run").values():
        pickle.loads(pickle.dumps(call))

        assert (tmp_path / "run").exists()
        (tmp_path / "run").unlink()


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_name_is_found_whatever_the_protocol(path: Path, protocol: int) -> None:
    path.write_bytes(pickle.dumps({"a": 1, "b": nn.Linear}, protocol))

    assert "it asks for “torch.nn.modules.linear.Linear”" in refusal(path)


def test_a_name_is_found_that_a_pickle_has_put_aside(path: Path) -> None:
    strings = b"\x80\x04\x8c\x05posix\x94\x8c\x06system\x94" + b"0" * 2
    path.write_bytes(strings + b"h\x00h\x01\x93\x8c\x05touch\x85R.")

    assert "it asks for “posix.system”" in refusal(path)


def test_a_registered_extension_is_no_way_around(path: Path) -> None:
    path.write_bytes(b"\x80\x02\x82\x01.")

    assert "it asks for “extension 1”" in refusal(path)


def test_a_pickled_model_is_refused_by_its_class(path: Path) -> None:
    torch.save(nn.Linear(2, 2), path)

    assert "it asks for “torch.nn.modules.linear.Linear”" in refusal(path)


def test_a_second_pickle_in_the_archive_is_looked_at_too(path: Path, tmp_path: Path) -> None:
    torch.save({"weight": torch.ones(2)}, path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("other/data.pkl", pickle.dumps(calls(tmp_path / "run")[".exec"]))

    assert "it asks for “builtins.exec”" in refusal(path)
    assert not (tmp_path / "run").exists()


def test_what_stands_for_lightnings_names_cannot_be_called(path: Path) -> None:
    with lightning_installed():
        from pytorch_lightning.utilities.argparse import _gpus_arg_default as default

        torch.save({"state_dict": {"weight": torch.ones(2)}, "x": Call(default, "a")}, path)

    assert "damaged" in refusal(path)


# ── what is something else, damaged or too large ───────────────────────────────────────────────

OTHERS = {
    "text": (b"hello", "is no checkpoint of PyTorch"),
    "nothing": (b"", "is no checkpoint of PyTorch"),
    "video": (b"\x00\x00\x00\x20ftypisom" + bytes(64), "is no checkpoint of PyTorch"),
    "safetensors": (b"\x40" + bytes(7) + b'{"a":{}}', "is no checkpoint of PyTorch"),
    "web page": (b"\n<!DOCTYPE html><html>quota exceeded", "is a web page"),
    "xz": (b"\xfd7zXZ\x00" + bytes(20), "is compressed"),
    "gzip": (b"\x1f\x8b" + bytes(20), "is compressed"),
    "pickle": (pickle.dumps({"a": 1}), "is no checkpoint of PyTorch"),
    "half a pickle": (pickle.dumps({"a": "long" * 9})[:-9], "is damaged or cut off"),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_another_file_is_named_as_what_it_is(path: Path, kind: str) -> None:
    content, said = OTHERS[kind]
    path.write_bytes(content)

    assert said in refusal(path)


def test_other_archives_folders_and_files_that_are_not_there_are_refused(path: Path) -> None:
    assert "There is no file" in refusal(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("letter.txt", "hello")
    assert "ZIP archive, but no checkpoint" in refusal(path)
    assert "cannot be opened" in refusal(path.parent)


def test_broken_files_of_other_kinds_are_refused(shared: Path) -> None:
    for file in (shared / "bad").iterdir():
        assert "Choose a .ckpt file" in refusal(file)


@pytest.mark.parametrize("content", [[1, 2], {}, {"state_dict": {"a": 1}}, {"state_dict": [1]}])
def test_a_checkpoint_without_weights_is_refused(path: Path, content: Any) -> None:
    torch.save(content, path)

    assert "holds no weights" in refusal(path)


@pytest.mark.parametrize("save", [save_zip, save_old])
@given(cut=st.floats(0, 1, exclude_max=True))
@settings(max_examples=25, deadline=None)
def test_a_file_that_was_cut_off_is_refused(
    tmp_path_factory: pytest.TempPathFactory, save: Save, cut: float
) -> None:
    path = tmp_path_factory.mktemp("cut") / "model.ckpt"
    save({"state_dict": {"weight": torch.ones(300)}}, path)
    path.write_bytes(path.read_bytes()[: int(cut * path.stat().st_size)])

    assert path.name in refusal(path)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("small") / "model.ckpt"
    torch.save({"state_dict": {"weight": torch.arange(64.0)}, "hyper_parameters": {"a": 1}}, path)
    return path.read_bytes()


@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
@settings(max_examples=60, deadline=None)
def test_a_flipped_bit_is_noticed_where_it_matters(
    tmp_path_factory: pytest.TempPathFactory, small: bytes, place: float, bit: int
) -> None:
    content = bytearray(small)
    content[int(place * len(content))] ^= 1 << bit
    path = tmp_path_factory.mktemp("flipped") / "model.ckpt"
    path.write_bytes(content)

    try:
        read = open_checkpoint(path)
    except UserError:
        return
    assert read.weights["weight"].equal(torch.arange(64.0))
    assert read.arguments == {"a": 1}


class Claim:
    """Pickled, it is a tensor of that shape in a record of one number."""

    def __init__(self, *shape: int) -> None:
        self.shape = shape

    def __reduce__(self) -> tuple[Any, ...]:
        rebuild: Any = torch._utils._rebuild_tensor_v2
        stride = (self.shape[1], 1)
        return rebuild, (Record(self.shape), 0, self.shape, stride, False, OrderedDict())


class Record:
    def __init__(self, shape: tuple[int, ...]) -> None:
        self.claimed = shape[0] * shape[1]


class ClaimPickler(pickle.Pickler):
    def persistent_id(self, item: object) -> tuple[Any, ...] | None:
        if isinstance(item, Record):
            return "storage", torch.FloatStorage, "0", "cpu", item.claimed
        return None


def test_a_tensor_that_claims_more_than_the_file_holds_is_refused(path: Path) -> None:
    pickled = io.BytesIO()
    ClaimPickler(pickled, 2).dump({"state_dict": {"weight": Claim(10**6, 10**6)}})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/data.pkl", pickled.getvalue())
        archive.writestr("model/byteorder", "little")
        archive.writestr("model/data/0", bytes(64))
        archive.writestr("model/version", "3\n")

    assert "“weight” is 1000000x1000000 numbers (4.0 TB)" in refusal(path)


def test_one_number_spread_over_a_huge_shape_is_refused(path: Path) -> None:
    torch.save({"state_dict": {"weight": torch.zeros(1).expand(10**6, 10**6)}}, path)

    assert "“weight” is 1000000x1000000 numbers (4.0 TB)" in refusal(path)


def test_numbers_spread_over_a_shape_that_the_file_could_hold_are_refused_too(path: Path) -> None:
    spread = torch.zeros(1).expand(10, 10)
    torch.save({"state_dict": {"weight": spread, "bias": torch.zeros(1000)}}, path)

    assert "“weight” is 10x10 numbers (0.4 kB), but holds 0.0 kB" in refusal(path)


def test_a_file_that_unpacks_to_more_than_it_is_is_refused(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model/data.pkl", bytes(50_000_000))

    assert "claims to unpack to 50.0 MB" in refusal(path)


def test_a_huge_description_is_refused(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/data.pkl", bytes(LARGEST_PICKLE + 1))

    assert "to describe its tensors" in refusal(path)


def test_an_old_file_larger_than_the_free_memory_is_not_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_old({"weight": torch.ones(5000)}, path)
    monkeypatch.setattr(lightning, "free_memory", lambda: 10_000)

    assert "of memory, but 10.0 kB are free" in refusal(path)
