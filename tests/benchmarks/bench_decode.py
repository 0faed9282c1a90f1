"""Decoding token by token: tokens a second beside a plain writing of the authors' algorithm, how
near that is to the speed of memory, and how it grows with the length.

Both are timed in turns, frame by frame, so that other work on the machine slows both alike. Weights
are random, the likeliest token is taken, and where both decode everything their tokens are equal.
"""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from statistics import median
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from core.assets import model_folders
from core.bundle import load_bundle
from core.cards import list_bundles
from core.decoders.autoregressive import Autoregressive
from core.device import best_device, device_name
from core.models.sparsity import BLOCK, layout
from core.models.transformers.causal import CausalConfig, CausalTransformer
from core.sampling import SeededNoise
from core.tokens import Condition
from tests.benchmarks.original_sampler import OriginalSampler
from tests.operations import Operations
from tests.priors import condition_for, random_prior

SMALL = CausalConfig(hidden=252, heads=4, layers=8, grid=(4, 16, 16))
LARGE = replace(SMALL, hidden=768, heads=12, layers=12)
"""87 million weights, with those of embedding and head."""
GRIDS = ((4, 16, 16), (8, 16, 16), (4, 32, 32), (8, 32, 32))
GREEDY = Autoregressive(temperature=0.0)
SAMPLES = 96
"""Steps of the plain algorithm that are timed where all of them would take minutes."""


@dataclass(frozen=True)
class Case:
    """Attributes:
    whole: decode everything with the plain algorithm too, and compare the tokens.
    """

    name: str
    config: CausalConfig
    batch: int = 1
    dtype: torch.dtype = torch.float32
    whole: bool = False


CASES = (
    Case("252 x 8, 4x16x16", SMALL, whole=True),
    Case("252 x 8, 4x16x16, sparse", replace(SMALL, attention="sparse"), whole=True),
    Case("252 x 8, 4x16x16, 4 at once", SMALL, batch=4),
    Case("252 x 8, 4x16x16, 8 at once", SMALL, batch=8),
    Case("252 x 8, 8x32x32", replace(SMALL, grid=(8, 32, 32))),
    Case("252 x 8, 8x32x32, sparse", replace(SMALL, grid=(8, 32, 32), attention="sparse")),
    Case("768 x 12, 4x16x16", LARGE),
    Case("768 x 12, 4x16x16, bfloat16", LARGE, dtype=torch.bfloat16),
)


def test_tokens_a_second_beside_the_plain_algorithm() -> None:
    read, copied = read_speed(), copy_speed()
    print(f"\n{device_name(best_device())}, {torch.get_num_threads()} threads; memory is read at")
    print(f"{read / 1e9:.1f} GB/s and copied at {copied / 1e9:.1f} GB/s (read and written)\n")
    print("| prior | plain, tokens/s | ours, tokens/s | times | of the floor |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for case in CASES:
        plain, ours = seconds_a_step(case)
        share = bytes_a_step(case) / read / ours
        rates = (case.batch / plain, case.batch / ours)
        print(
            f"| {case.name} | {rates[0]:.0f} | {rates[1]:.0f} | {plain / ours:.1f} | {share:.0%} |",
            flush=True,
        )
        assert ours < plain


def test_growth_with_the_length() -> None:
    print("\n| tokens | tokens/s | peak memory of the process | keys and values |")
    print("| ---: | ---: | ---: | ---: |")
    for grid in GRIDS:
        config = replace(SMALL, grid=grid)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            rate, peak, memory = pool.apply(decode_alone, (config,))
        sizes = f"{peak / 2**20:.0f} MiB | {memory / 2**20:.0f} MiB"
        print(f"| {config.length} | {rate:.0f} | {sizes} |", flush=True)


@torch.no_grad()
def test_operations_a_token() -> None:
    model, given = random_prior(SMALL), condition_for(SMALL)
    plain, tokens = OriginalSampler(model), given.tokens.clone()
    prepared, decode = plain.prepare(given), model.begin(given)
    plain.draw(0, tokens, *prepared)
    decode.logits(0, tokens.flatten(1)[:, :1])

    with Operations() as theirs:
        plain.draw(1, tokens, *prepared)
    with Operations() as ours:
        decode.logits(1, tokens.flatten(1)[:, :1])

    counts = theirs.counts.total(), ours.counts.total()
    print("\noperations that torch dispatches for a token: plain {}, ours {}".format(*counts))
    assert counts[1] < counts[0] / 4


MODES = {"drawn": Autoregressive(), "the likeliest": GREEDY}
WINDOWS = (0, 3, 7, 15, 31)


@pytest.mark.parametrize("name", ["random weights", "the bundled model"])
def test_guesses_ahead(name: str) -> None:
    """Random weights are harder to guess than those of a model that learnt something."""
    model = random_prior(SMALL) if name == "random weights" else bundled()
    given = condition_for(model.config)
    print(f"\n| {name} | guessed ahead | tokens a pass | tokens/s |")
    print("| --- | ---: | ---: | ---: |")
    for mode, decoder in MODES.items():
        for window in WINDOWS:
            chosen = replace(decoder, speculative=True, window=window) if window else decoder
            counted = Counted(model)
            begin = time.perf_counter()
            *_, last = chosen(counted, given, SeededNoise([0]))
            rate = last.total / (time.perf_counter() - begin)
            passes = last.total / counted.passes
            print(f"| {mode} | {window} | {passes:.2f} | {rate:.0f} |", flush=True)


@pytest.mark.skipif(torch.get_num_threads() < 2, reason="one core cannot be shared")
def test_beside_another_process() -> None:
    print("\n| another process | plain, tokens/s | ours, tokens/s | times |")
    print("| --- | ---: | ---: | ---: |")
    for busy in (False, True):
        with spinner() if busy else nobody():
            plain, ours = seconds_a_step(Case("", SMALL))
        name = "on one core" if busy else "none"
        print(f"| {name} | {1 / plain:.0f} | {1 / ours:.0f} | {plain / ours:.1f} |", flush=True)


class Counted:
    """A model that counts the passes of its decodes."""

    def __init__(self, model: CausalTransformer) -> None:
        self._model, self.codebook_size = model, model.codebook_size
        self.passes = 0

    def begin(self, condition: Condition) -> SimpleNamespace:
        decode = self._model.begin(condition)

        def logits(first: int, tokens: Tensor) -> Tensor:
            self.passes += 1
            return decode.logits(first, tokens)

        return SimpleNamespace(logits=logits)


def bundled() -> CausalTransformer:
    """The first causal model that is bundled."""
    for folder in model_folders():
        for path, card in list_bundles(folder):
            if not isinstance(card, Exception) and card.causal:
                return load_bundle(path).transformer
    pytest.skip("no causal model is bundled")


# ── timing ─────────────────────────────────────────────────────────────────────────────────────


@torch.inference_mode()
def seconds_a_step(case: Case) -> tuple[float, float]:
    """Seconds of a step (of all samples of the batch): of the plain algorithm, and of ours."""
    exact = random_prior(case.config)
    given = condition_for(case.config, case.batch)
    model = random_prior(case.config).to(case.dtype)
    plain = PlainSteps(exact, case)
    mine = theirs = 0.0
    steps = GREEDY(model, given, SeededNoise(range(case.batch)))
    frame, told = prod(case.config.grid[1:]), 0
    begin = time.perf_counter()
    for step in steps:
        if (step.index + 1) // frame > told or step.last:
            told = (step.index + 1) // frame
            mine += time.perf_counter() - begin
            theirs += plain.up_to(step.index + 1)
            begin = time.perf_counter()
    if case.whole:
        assert step.tokens.equal(plain.tokens), "the greedy tokens differ"
    return theirs / plain.done, mine / case.config.length


class PlainSteps:
    """The plain algorithm, all of its steps or some that are spread over the row.

    Attributes:
        done: how many steps were timed.
        tokens: int64 (b, t, h, w).
    """

    def __init__(self, model: CausalTransformer, case: Case) -> None:
        self._sampler = OriginalSampler(model)
        given = condition_for(case.config, case.batch)
        self._prepared = self._sampler.prepare(given)
        self.tokens = torch.zeros(case.batch, *case.config.grid, dtype=torch.int64)
        stride = 1 if case.whole else max(1, case.config.length // SAMPLES)
        self._places = iter(range(0, case.config.length, stride))
        self._next: int | None = next(self._places)
        self.done = 0

    def up_to(self, end: int) -> float:
        """Does its steps before position `end`; their seconds."""
        begin = time.perf_counter()
        while self._next is not None and self._next < end:
            self._sampler.draw(self._next, self.tokens, *self._prepared, greedy=True)
            self._next = next(self._places, None)
            self.done += 1
        return time.perf_counter() - begin


def decode_alone(config: CausalConfig) -> tuple[float, int, int]:
    """Tokens a second; the most bytes that this process ever held; bytes of keys and values."""
    model, given = random_prior(config), condition_for(config)
    begin = time.perf_counter()
    *_, last = GREEDY(model, given, SeededNoise([0]))
    rate = last.total / (time.perf_counter() - begin)
    return rate, peak_memory(), model.begin(given).memory.bytes


def peak_memory() -> int:
    """The most bytes that this process ever held; 0 where the system does not say."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return 0
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(lines["VmHWM"].split()[0]) * 1024


@contextmanager
def spinner() -> Iterator[None]:
    """Another process that keeps one core busy."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


@contextmanager
def nobody() -> Iterator[None]:
    yield


# ── the floor ──────────────────────────────────────────────────────────────────────────────────


def bytes_a_step(case: Case) -> float:
    """What has to be read for a step at least: all weights of the layers and the head once, and
    the keys and values of the positions that are seen, on the average."""
    config = case.config
    model = CausalTransformer(config)
    layers = sum(p.numel() for p in model.layers.parameters()) * case.dtype.itemsize
    head = model.head.weight.numel() * 4
    remembered = case.batch * 2 * config.layers * config.hidden * 4  # of a position, in float32
    return layers + head + remembered * positions_seen(model)


def positions_seen(model: CausalTransformer) -> float:
    """How many positions a query sees, on the average."""
    config = model.config
    if config.attention == "full":
        return (config.length + 1) / 2
    return float(layout(config.grid).sum(1).float().mean()) * BLOCK - BLOCK / 2


def read_speed() -> float:
    """Bytes a second that all threads read from memory; the median of five."""
    block = torch.ones(2**26)
    return median(block.nbytes / _seconds(block.sum) for _ in range(5))


def copy_speed() -> float:
    """Bytes a second, those read and those written together; the median of five."""
    source, target = torch.ones(2**26), torch.empty(2**26)

    def copy() -> Tensor:
        return target.copy_(source)

    copy()
    return median(2 * source.nbytes / _seconds(copy) for _ in range(5))


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin
