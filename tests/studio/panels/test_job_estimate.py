"""Above “Generate” stands how long it will take and whether it fits."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from core.requests import GenerationFinished
from studio.state import estimates
from tests.studio.clips import write_numbered
from tests.studio.fakes import ReplayingEngine
from tests.studio.window import opened, run, until

pytestmark = pytest.mark.usefixtures("qapp")


class MeasuringEngine(ReplayingEngine):
    async def run(self, request: object) -> AsyncGenerator[object, None]:
        async for update in super().run(request):
            if isinstance(update, GenerationFinished):
                update = replace(update, memory=400_000_000 + 100_000_000 * request.count)
            yield update


def test_line_is_there_after_the_first_generation_and_follows_the_choice(tmp_path: Path) -> None:
    async def scenario() -> None:
        clip = write_numbered(tmp_path / "clip.mkv")
        async with opened(MeasuringEngine(), clip, models=(tmp_path / "models",)) as window:
            studio, job = window.studio, window.inspector.job
            studio.recipe.task = "FP"
            assert job.expected.text() == "Not measured yet on this device"
            job.generate.click()
            await until(lambda: studio.estimates.estimate is not None)
            assert job.expected.text() == "About 0.9 s  ·  0.5 GB of 1.1 GB"
            assert "Between" in job.expected.toolTip()
            assert job.less.isHidden()
            studio.recipe.count = 2
            assert job.expected.text().startswith("About 1.6 s")

    run(scenario())


def test_what_does_not_fit_offers_what_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimates, "free_memory", lambda: 700_000_000)

    async def scenario() -> None:
        clip = write_numbered(tmp_path / "clip.mkv")
        async with opened(MeasuringEngine(), clip, models=(tmp_path / "models",)) as window:
            studio, job = window.studio, window.inspector.job
            studio.recipe.task = "FP"
            for count in (1, 4):
                studio.recipe.count = count
                job.generate.click()
                await until(lambda n=count: len(studio.estimates.table.points) == (n > 1) + 1)
            assert job.expected.text().startswith("Does not fit: it needs up to 1.0 GB")
            assert job.expected.property("role") == "warning"
            assert job.less.text() == "Choose one variation instead of 4"
            job.less.click()
            assert studio.recipe.count == 1
            assert job.less.isHidden()
            assert job.expected.property("role") == "small"

    run(scenario())
