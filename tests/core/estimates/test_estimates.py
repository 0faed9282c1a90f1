"""From measured points to seconds and memory of another generation."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.cards import ModelCard, Network
from core.estimates.lowering import lower
from core.estimates.prediction import Estimate, Memory, estimate
from core.estimates.probes import probes
from core.estimates.table import (
    MOST_OF_A_KIND,
    Point,
    Table,
    load,
    measured,
    save,
    table_file,
)
from core.estimates.words import NOT_MEASURED, at_length, in_words, spoken
from core.estimates.work import CAUSAL, GUESSING, MASKED, READING, Work, networks, work
from core.jobs.preview_pace import seconds_of_previews
from core.requests import GenerationFinished, GenerationRequest, Timings
from core.window import whole
from tests.bare_bundles import CARD
from tests.clips import write_lossless

MASKED_CARD = replace(
    CARD,
    tokenizer=Network("vqgan3d", {"codebook_size": 1024}),
    transformer=Network("bidirectional", {"layers": 2}),
    tasks=("FP", "CG"),
    frames=16,
    height=64,
    width=64,
    stride=(4, 8, 8),
)
CAUSAL_CARD = replace(
    MASKED_CARD,
    transformer=Network("causal", {"layers": 2}),
    tasks=("generate", "continue"),
    stride=(4, 4, 4),
)
USUAL = {"steps": 12, "guidance": 0.0}
PER_PASS, PER_ROW, CLIP, ENCODE = 0.01, 0.02, 0.2, 0.05
RUNTIME, SAMPLE = 400_000_000, 30_000_000


def asked(card: ModelCard = MASKED_CARD, **changes: object) -> GenerationRequest:
    grid = (card.frames, card.height, card.width)
    decoder = "autoregressive" if card.causal else "commit"
    request = GenerationRequest("/m/bare", "FP", None, whole((64, 64), grid), decoder=decoder)
    return replace(request, **changes)


def truly(work: Work, factor: float = 1.0) -> Point:
    """What a device of known costs would take."""
    transformer = work.passes * (PER_PASS + PER_ROW * work.rows)
    one = CLIP * work.count
    steps = work.passes // work.windows
    pixels = work.windows * one + seconds_of_previews(transformer, one, steps, causal=work.causal)
    return Point(
        work,
        "bare",
        (16, 64, 64),
        ENCODE * work.windows * factor,
        transformer * factor,
        pixels * factor,
        0.3,
        RUNTIME + SAMPLE * work.rows,
    )


def known(*requests: GenerationRequest, card: ModelCard = MASKED_CARD) -> Table:
    table = Table("CPU")
    for request in requests:
        table = table.with_point(truly(work(request, card, USUAL)))
    return table


PROBED = [asked(count=count, options={"steps": steps}) for count in (1, 4) for steps in (4, 12)]


def test_work_counts_passes_samples_and_windows() -> None:
    plain = work(asked(count=3), MASKED_CARD, USUAL)
    assert (plain.kind, plain.windows, plain.passes, plain.rows) == (MASKED, 1, 12, 3)

    guided = asked(count=3, options={"guidance": 2.0, "steps": 5}, length=40)
    long = work(guided, MASKED_CARD, USUAL)
    assert (long.windows, long.passes, long.rows, long.count) == (4, 20, 6, 3)


def test_work_of_a_causal_model_counts_the_tokens_to_draw() -> None:
    request = asked(CAUSAL_CARD, kept=8)
    assert work(request, CAUSAL_CARD, {}).passes == 512 + round(READING * 512)
    longer = work(replace(request, length=32), CAUSAL_CARD, {})
    assert (longer.windows, longer.passes) == (3, 3 * 512 + round(READING * 3 * 512))
    guessing = work(replace(request, options={"speculative": True}), CAUSAL_CARD, {})
    assert (guessing.kind, work(request, CAUSAL_CARD, {}).kind) == (GUESSING, CAUSAL)


def test_weights_do_not_matter_and_sizes_do() -> None:
    tuned = replace(MASKED_CARD, name="tuned", steps={"transformer": 3}, licence="mine")
    larger = replace(MASKED_CARD, transformer=Network("bidirectional", {"layers": 3}))

    assert networks(tuned) == networks(MASKED_CARD) != networks(larger)


@pytest.mark.parametrize(
    "request_",
    [
        asked(count=8, options={"steps": 24}),
        asked(count=2, options={"steps": 12, "guidance": 3.0}),
        asked(count=1, options={"steps": 64}),
        asked(count=2, length=40),
    ],
)
def test_device_of_known_costs_is_foretold(request_: GenerationRequest) -> None:
    wanted = work(request_, MASKED_CARD, USUAL)
    truth = truly(wanted)

    found = estimate(known(*PROBED), wanted, MASKED_CARD, Memory(10**10))

    assert found is not None
    assert found.seconds == pytest.approx(truth.seconds, rel=0.05)
    assert found.memory == pytest.approx(truth.memory, rel=0.05)
    assert found.seconds_range[0] < truth.seconds < found.seconds_range[1]


def test_causal_decode_is_foretold() -> None:
    probed = [asked(CAUSAL_CARD, kept=12, count=count) for count in (1, 4)]
    wanted = work(asked(CAUSAL_CARD, count=2, length=32), CAUSAL_CARD, {})

    found = estimate(known(*probed, card=CAUSAL_CARD), wanted, CAUSAL_CARD, Memory())

    assert found is not None
    assert found.seconds == pytest.approx(truly(wanted).seconds, rel=0.05)


def test_nothing_is_said_before_anything_was_measured() -> None:
    wanted = work(asked(), MASKED_CARD, USUAL)

    assert estimate(Table("CPU"), wanted, MASKED_CARD, Memory()) is None
    other = known(asked(CAUSAL_CARD), card=CAUSAL_CARD)
    assert estimate(other, wanted, MASKED_CARD, Memory()) is None
    assert in_words(None) == NOT_MEASURED


def test_one_point_gives_a_wide_range_and_further_off_a_wider_one() -> None:
    table = known(asked())
    near = estimate(table, work(asked(), MASKED_CARD, USUAL), MASKED_CARD, Memory())
    far = estimate(table, work(asked(count=8), MASKED_CARD, USUAL), MASKED_CARD, Memory())
    assert near is not None
    assert far is not None

    def width(found: Estimate) -> float:
        return found.seconds_range[1] / found.seconds

    assert width(near) == pytest.approx(1.4)
    assert width(far) > 2


def test_noise_widens_the_range_until_it_holds_what_comes() -> None:
    rng = np.random.default_rng(5)
    table = Table("CPU")
    for request in PROBED * 6:
        table = table.with_point(truly(work(request, MASKED_CARD, USUAL), rng.uniform(0.7, 1.6)))
    wanted = work(asked(count=2), MASKED_CARD, USUAL)

    found = estimate(table, wanted, MASKED_CARD, Memory())

    assert found is not None
    held = [
        found.seconds_range[0]
        <= truly(wanted, rng.uniform(0.7, 1.6)).seconds
        <= found.seconds_range[1]
        for _ in range(100)
    ]
    assert np.mean(held) > 0.75


def test_a_device_that_became_slower_is_followed() -> None:
    table = known(*PROBED * 4)
    for request in PROBED * 4:
        table = table.with_point(truly(work(request, MASKED_CARD, USUAL), 2.0))
    wanted = work(asked(), MASKED_CARD, USUAL)

    found = estimate(table, wanted, MASKED_CARD, Memory())

    assert found is not None
    assert found.seconds == pytest.approx(2 * truly(wanted).seconds, rel=0.15)


def test_loading_counts_where_the_model_is_not_in_memory() -> None:
    wanted = work(asked(), MASKED_CARD, USUAL)
    loaded = estimate(known(*PROBED), wanted, MASKED_CARD, Memory())
    fresh = estimate(known(*PROBED), wanted, MASKED_CARD, Memory(), loaded=False)

    assert loaded is not None
    assert fresh is not None
    assert fresh.seconds == pytest.approx(loaded.seconds + 0.3)


@pytest.mark.parametrize(
    ("memory", "words"),
    [
        (Memory(500_000_000), "the device has 0.5 GB"),
        (Memory(8_000_000_000, 300_000_000), "0.3 GB are free: close other programs"),
        (Memory(8_000_000_000, 900_000_000), ""),
        (Memory(), ""),
    ],
)
def test_what_does_not_fit_says_why(memory: Memory, words: str) -> None:
    found = estimate(known(*PROBED), work(asked(count=4), MASKED_CARD, USUAL), MASKED_CARD, memory)

    assert found is not None
    assert found.fits == (words == "")
    assert words in found.why


def test_memory_beyond_what_was_measured_grows_with_the_samples() -> None:
    one = known(asked())
    for count in (8, 16):
        found = estimate(one, work(asked(count=count), MASKED_CARD, USUAL), MASKED_CARD, Memory())
        assert found is not None
        assert found.memory > RUNTIME + SAMPLE + (count - 1) * 16 * 64 * 64 * 3


# ── the table ──────────────────────────────────────────────────────────────────────────────────


def test_table_is_kept_by_device(tmp_path: Path) -> None:
    table, path = known(*PROBED), tmp_path / "measured" / "cpu.json"

    save(table, path)

    assert load("CPU", path) == table
    assert load("NVIDIA H200", path) == Table("NVIDIA H200")
    assert [entry.name for entry in path.parent.iterdir()] == ["cpu.json"]
    assert table_file("CPU, bfloat16", tmp_path) == tmp_path / "cpu-bfloat16.json"


@pytest.mark.parametrize("content", ["", "[]", '{"format": 1}', '{"format": 9, "device": "CPU"}'])
def test_damaged_table_begins_anew(tmp_path: Path, content: str) -> None:
    (tmp_path / "cpu.json").write_text(content)

    assert load("CPU", tmp_path / "cpu.json") == Table("CPU")


def test_row_that_lacks_something_begins_anew(tmp_path: Path) -> None:
    save(known(asked()), tmp_path / "cpu.json")
    saved = json.loads((tmp_path / "cpu.json").read_text())
    del saved["points"][0]["memory"]
    (tmp_path / "cpu.json").write_text(json.dumps(saved))

    assert load("CPU", tmp_path / "cpu.json") == Table("CPU")


def test_old_points_of_a_kind_make_room() -> None:
    table = known(asked(CAUSAL_CARD), card=CAUSAL_CARD)
    for number in range(MOST_OF_A_KIND + 5):
        point = replace(truly(work(asked(), MASKED_CARD, USUAL)), load=float(number))
        table = table.with_point(point)

    kept = table.of(work(asked(), MASKED_CARD, USUAL))
    assert [point.load for point in kept] == list(range(5, MOST_OF_A_KIND + 5))
    assert len(table.points) == MOST_OF_A_KIND + 1


def test_point_of_a_finished_generation() -> None:
    request = asked(bundle="/models/mine")
    clips = np.zeros((1, 16, 64, 64, 3), np.uint8)
    finished = GenerationFinished(clips, Timings(0.1, 0.2, 0.3, 0.4), "CPU", memory=7)

    point = measured(request, work(request, MASKED_CARD, USUAL), finished)

    assert (point.model, point.grid, point.memory) == ("mine", (16, 64, 64), 7)
    assert point.seconds == pytest.approx(0.9)


# ── lower settings ─────────────────────────────────────────────────────────────────────────────


def test_next_lower_setting_is_the_first_that_fits() -> None:
    request = asked(count=8, options={"guidance": 2.0}, resume=b"state")

    found = lower(request, MASKED_CARD, USUAL, lambda lowered: lowered.count <= 2)

    assert found is not None
    assert (found.request.count, found.words) == (2, "2 variations instead of 8")
    assert found.request.resume is None
    assert found.request.options == {"guidance": 2.0}


def test_last_resorts_are_no_guidance_and_one_window() -> None:
    request = asked(count=2, options={"guidance": 2.0}, length=64, overlap=4)

    unguided = lower(request, MASKED_CARD, USUAL, lambda r: not r.options["guidance"])
    assert unguided is not None
    assert (unguided.request.count, unguided.words) == (1, "Without guidance")
    last = lower(request, MASKED_CARD, USUAL, lambda _request: False)
    assert last is not None
    assert (last.request.length, last.words) == (0, "16 frames instead of 64")


def test_nothing_is_lower_than_one_plain_variation() -> None:
    assert lower(asked(), MASKED_CARD, USUAL, lambda _request: True) is None


# ── probes and words ───────────────────────────────────────────────────────────────────────────


def test_probes_draw_a_line_through_two_points_of_each(tmp_path: Path) -> None:
    clip = write_lossless(tmp_path / "clip.mkv", 6, (48, 32))

    masked = probes(tmp_path, MASKED_CARD, clip)
    assert {(r.count, r.options["steps"]) for r in masked} == {(1, 4), (4, 4), (1, 12), (4, 12)}
    assert masked[0].clip == str(clip)
    causal = probes(tmp_path, CAUSAL_CARD, clip)
    assert [(r.task, r.count, r.kept) for r in causal[1:]] == [
        ("continue", 1, 12),
        ("continue", 4, 12),
    ]
    assert probes(tmp_path, replace(MASKED_CARD, tasks=("paint",)), clip) == []


def test_words_are_short_and_the_tooltip_is_honest() -> None:
    found = Estimate(2.04, (1.5, 3.1), 900_000_000, 23_000_000_000, True, "")

    assert in_words(found) == "About 2.0 s  ·  0.9 GB of 23 GB"
    assert at_length(found).startswith("Between 1.5 s and 3.1 s, and at most 0.9 GB")
    small = replace(found, fits=False, why="It needs about 30 GB, and the device has 23 GB.")
    assert in_words(small) == ("Does not fit: it needs about 30 GB, and the device has 23 GB.")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.01, "0.1 s"), (9.4, "9.4 s"), (35.2, "35 s"), (200, "3 min"), (4810, "1 h 20 min")],
)
def test_seconds_are_spoken_to_two_digits(seconds: float, words: str) -> None:
    assert spoken(seconds) == words
