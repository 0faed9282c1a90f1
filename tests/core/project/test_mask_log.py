"""Masks as a file of changes: what is read is what was written, wherever the file was cut."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from core.masks import MaskTrack
from core.project.mask_log import lines_of, read_log
from tests.core.project.made import painted, tracks


def written(path: Path, states: list[MaskTrack]) -> list[bytes]:
    """All states, one after the other, in one file; returns its lines."""
    lines = [
        line
        for before, after in zip([None, *states], states, strict=False)
        for line in lines_of(before, after)
    ]
    path.write_bytes(b"".join(lines))
    return lines


@settings(max_examples=40)
@given(st.lists(tracks(), min_size=1, max_size=4))
def test_the_last_state_is_read_again(tmp_path_factory, states: list[MaskTrack]) -> None:
    path = tmp_path_factory.mktemp("log") / "masks.jsonl"
    lines = written(path, states)

    logged = read_log(path)
    assert logged.track == states[-1]
    assert logged.lines == len(lines)
    assert not logged.cut
    assert not logged.damage


@settings(max_examples=40)
@given(st.lists(tracks(), min_size=1, max_size=3), st.data())
def test_a_file_cut_anywhere_holds_all_whole_changes(
    tmp_path_factory, states: list[MaskTrack], data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("log") / "masks.jsonl"
    lines = written(path, states)
    whole = path.read_bytes()
    end = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:end])

    logged = read_log(path)
    assert not logged.damage
    assert logged.lines == whole[:end].count(b"\n")
    assert logged.cut == (end > 0 and whole[end - 1 : end] != b"\n")
    if logged.lines == len(lines):
        assert logged.track == states[-1]


def test_an_edit_appends_only_what_it_changes() -> None:
    before = painted(*range(1, 30))
    after = before.painted(3, painted(77).at(0))

    (line,) = lines_of(before, after)
    assert len(line) < 200


def test_a_broken_line_keeps_what_came_before_it(tmp_path: Path) -> None:
    path = tmp_path / "masks.jsonl"
    first, second = painted(5), painted(5, 6)
    path.write_bytes(
        b"".join(lines_of(None, first)) + b"{nonsense}\n" + b"".join(lines_of(first, second))
    )
    logged = read_log(path)
    assert logged.track == first
    assert logged.damage.startswith("line 2")
