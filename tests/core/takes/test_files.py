"""The folder of a take, and that of all takes of a project."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.masks import MaskTrack
from core.requests import GenerationRequest, Timings
from core.takes.card import TakeCard, light
from core.takes.files import (
    CARD,
    REQUEST,
    begin,
    list_cards,
    read_order,
    read_request,
    remove,
    write_card,
    write_json,
)
from core.window import whole

NOW = datetime(2026, 11, 20, 15, 30).astimezone()
REQUEST_ = GenerationRequest(
    bundle="/models/maskgit-street",
    task="paint",
    clip="/clips/dog in the snow.mp4",
    window=whole((64, 48), (4, 16, 16)),
    painted=MaskTrack(64, 48).painted(0, np.ones((48, 64), bool)),
    label="cat",
    seed=7,
    count=2,
    refine=b"state",
)
CARD_ = TakeCard("a1", NOW, light(REQUEST_), title="Streets, small", note="too much fog")


def test_card_comes_back_as_it_was() -> None:
    card = replace(
        CARD_,
        phase="finished",
        done=12,
        total=12,
        timings=Timings(0.1, 0.2, 0.3, 0.4),
        device="CPU",
        name="First try",
        favourites=(1,),
    )

    assert TakeCard.from_json(json.loads(json.dumps(card.to_json()))) == card
    assert card.seconds == pytest.approx(1.0)


def test_card_is_light_and_the_request_is_whole(tmp_path: Path) -> None:
    begin(tmp_path / "a1", CARD_, REQUEST_)

    (card,) = list_cards(tmp_path)
    assert (card.request.painted, card.request.refine) == (None, None)
    assert read_request(tmp_path / "a1") == REQUEST_


@pytest.mark.parametrize(
    "query",
    [
        "", "paint", "painted", "street", "Streets small", "maskgit", "cat", "7", "seed 8", "fog",
        "dog snow", "today", "november", "nov 20", "friday", "2026-11-20", "paint TODAY cat",
    ],
)  # fmt: skip
def test_take_is_found_by_what_is_known_of_it(query: str) -> None:
    assert CARD_.matches(query, NOW)


@pytest.mark.parametrize("query", ["dogs", "seed 9", "yesterday", "october", "og", "paint dogs"])
def test_take_is_not_found_by_anything_else(query: str) -> None:
    assert not CARD_.matches(query, NOW)


def test_yesterday_was_another_day() -> None:
    assert CARD_.matches("yesterday", NOW + timedelta(days=1))
    assert not CARD_.matches("today", NOW + timedelta(days=1))


def test_takes_are_listed_newest_first_and_damaged_ones_are_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(3):
        card = replace(CARD_, id=f"t{number}", made=NOW + timedelta(hours=number))
        begin(tmp_path / card.id, card, REQUEST_)
    (tmp_path / "t1" / CARD).write_text("{")
    future = CARD_.to_json() | {"id": "t3", "format": 99}
    (tmp_path / "t3").mkdir()
    write_json(tmp_path / "t3" / CARD, future)

    assert [card.id for card in list_cards(tmp_path)] == ["t2", "t0"]
    assert "newer version" in caplog.text


def test_card_that_changes_is_written_whole(tmp_path: Path) -> None:
    begin(tmp_path / "a1", CARD_, REQUEST_)

    write_card(tmp_path / "a1", replace(CARD_, note="better"))

    assert list_cards(tmp_path)[0].note == "better"
    assert sorted(path.name for path in (tmp_path / "a1").iterdir()) == [REQUEST, CARD]


def test_request_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=REQUEST):
        read_request(tmp_path)


def test_removed_take_leaves_nothing(tmp_path: Path) -> None:
    begin(tmp_path / "a1", CARD_, REQUEST_)

    remove(tmp_path / "a1")
    remove(tmp_path / "a1")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "order"), [('["b", "a"]', ["b", "a"]), ("{}", []), ("[", []), (None, [])]
)
def test_order_of_those_that_wait(tmp_path: Path, text: str | None, order: list[str]) -> None:
    if text is not None:
        (tmp_path / "waiting.json").write_text(text)

    assert read_order(tmp_path) == order
