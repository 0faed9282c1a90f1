"""A generation says how much memory it took, and a device is measured by a few of them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from core.device import best_device, device_name
from core.estimates.table import load, table_file
from core.jobs import generate, measure
from core.jobs.peak import begin_peak, peak
from core.requests import GenerationFinished, GenerationRequest
from core.window import whole
from tests.bundles import GRID, tiny_bundle

pytestmark = pytest.mark.usefixtures("one_thread")


def finished(request: GenerationRequest) -> GenerationFinished:
    return next(u for u in generate.run(request) if isinstance(u, GenerationFinished))


def test_result_tells_what_it_took_and_whether_that_is_all(tmp_path: Path) -> None:
    bundle = tiny_bundle(tmp_path / "tiny", tasks=("CG",))
    request = GenerationRequest(
        str(bundle), "CG", None, whole((16, 16), GRID), label="left", options={"steps": 3}
    )
    steps = [u for u in generate.run(request) if hasattr(u, "state")]

    whole_run, rest = (
        finished(request),
        finished(GenerationRequest(**{**vars(request), "resume": steps[0].state})),
    )

    assert whole_run.memory > 10_000_000
    assert whole_run.whole
    assert not rest.whole


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux forgets a peak")
def test_peak_begins_anew() -> None:
    device = torch.device("cpu")
    begin_peak(device)
    before = peak(device)
    torch.ones(60_000_000).sum()
    assert peak(device) > before + 150_000_000

    begin_peak(device)
    assert peak(device) < before + 100_000_000


def test_measured_points_are_kept_for_the_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure, "tables_folder", lambda: tmp_path / "measured")
    bundle = tiny_bundle(tmp_path / "tiny", tasks=("CG",))

    points = [point for _, point in measure.run(bundle)]

    assert [(p.work.count, p.work.passes) for p in points] == [(1, 4), (4, 4), (1, 12), (4, 12)]
    device = device_name(best_device())
    path = table_file(device, tmp_path / "measured")
    assert load(device, path).points == tuple(points)
