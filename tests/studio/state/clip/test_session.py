"""A clip is opened and decoded beside the window, and survives a file that cannot be opened."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.media.reading import PictureReader
from studio.state.clip.session import Session
from studio.state.notices import Notices
from tests.studio.clips import write_numbered

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def session() -> Iterator[Session]:
    session = Session(Notices())
    yield session
    session.end()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_numbered(tmp_path / "numbered.mkv")


def open_in(session: Session, path: Path, qtbot) -> None:
    session.open(path)
    qtbot.waitUntil(lambda: not session.opening)


def test_frame_comes_when_it_is_decoded(session: Session, clip: Path, qtbot) -> None:
    open_in(session, clip, qtbot)

    with qtbot.waitSignal(session.frame_arrived, check_params_cb=lambda k, _picture: k == 7):
        assert session.frame(7) is None

    assert session.frame(7)[0, 0, 0] == 35


def test_frames_ahead_are_decoded_without_being_asked_for(
    session: Session, clip: Path, qtbot
) -> None:
    open_in(session, clip, qtbot)

    with qtbot.waitSignal(session.frame_arrived, check_params_cb=lambda k, _picture: k == 3):
        session.frame(0)

    assert session.frame(3) is not None


def test_file_that_cannot_be_opened_leaves_the_clip(session: Session, clip: Path, qtbot) -> None:
    open_in(session, clip, qtbot)
    before = session.clip
    broken = clip.with_name("broken.mp4")
    broken.write_bytes(b"no video at all")

    open_in(session, broken, qtbot)

    assert session.clip is before
    assert "broken.mp4" in session._notices.current.text
    with qtbot.waitSignal(session.frame_arrived, check_params_cb=lambda k, _picture: k == 5):
        session.frame(5)


def test_thumbnails_arrive_with_their_picture(session: Session, clip: Path, qtbot) -> None:
    open_in(session, clip, qtbot)

    with qtbot.waitSignal(session.thumbnail_arrived) as arrived:
        session.want_thumbnails([4])

    number, picture = arrived.args
    assert (number, picture[0, 0, 0]) == (4, 20)


def test_frames_of_another_clip_are_not_taken(session: Session, clip: Path, qtbot) -> None:
    open_in(session, clip, qtbot)
    other = write_numbered(clip.with_name("other.mkv"), frames=3)

    session.frame(0)
    open_in(session, other, qtbot)

    assert len(session.clip) == 3
    with qtbot.waitSignal(session.frame_arrived, check_params_cb=lambda k, _picture: k == 1):
        assert session.frame(1) is None


def test_each_frame_is_decoded_once_on_the_way_through_the_clip(
    session: Session, clip: Path, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_in(session, clip, qtbot)
    decoded: list[int] = []
    decode = PictureReader._decoded

    def counted(reader: PictureReader, number: int) -> np.ndarray | None:
        decoded.append(number)
        return decode(reader, number)

    monkeypatch.setattr(PictureReader, "_decoded", counted)

    for number in range(20):
        qtbot.waitUntil(lambda number=number: session.frame(number) is not None)

    assert sorted(decoded) == list(range(20))


def test_thumbnail_that_takes_long_delays_no_frame(
    session: Session, clip: Path, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_in(session, clip, qtbot)
    begun, seen = threading.Event(), threading.Event()

    def slow(_number: int, _height: int) -> np.ndarray:
        begun.set()
        seen.wait()
        return np.zeros((1, 1, 3), np.uint8)

    monkeypatch.setattr(session.clip, "thumbnail", slow)
    session.want_thumbnails([4])
    begun.wait()

    try:
        with qtbot.waitSignal(session.frame_arrived, check_params_cb=lambda k, _picture: k == 7):
            session.frame(7)
    finally:
        seen.set()
