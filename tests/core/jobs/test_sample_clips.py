"""A sample per task: what was given beside what the model made of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.cards import sample_clips
from core.errors import UserError
from core.jobs.sample_clips import GAP_PX, SCALE, UNKNOWN, run
from core.media.reading import open_clip
from core.provenance import read_provenance
from tests.bundles import GRID, tiny_bundle, tiny_videogpt_bundle
from tests.clips import write_lossless

pytestmark = pytest.mark.usefixtures("one_thread")
SIDE = GRID[2]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_lossless(tmp_path / "clip.mkv", 6, (48, 32))


def test_each_task_has_its_file_of_the_model_s_length(clip: Path, tmp_path: Path) -> None:
    bundle = tiny_bundle(tmp_path / "tiny", tasks=("paint", "FP", "CG"))

    written = list(run(bundle, clip))

    assert [path.stem for path in written] == ["paint", "FP", "CG"]
    assert sorted(sample_clips(bundle)) == sorted(written)
    with open_clip(written[1]) as reader:
        assert len(reader) == GRID[0]
        assert reader.size == (SCALE * (2 * SIDE + GAP_PX), SCALE * SIDE)
        last = reader.frame(3)
        assert np.abs(last[8:-8, 8 : SCALE * SIDE - 8].astype(int) - UNKNOWN).max() < 8
    with open_clip(written[2]) as reader:  # nothing was given
        assert reader.size == (SCALE * SIDE, SCALE * SIDE)
    assert read_provenance(written[1]).request.task == "FP"


def test_causal_model_shows_how_it_goes_on(clip: Path, tmp_path: Path) -> None:
    bundle = tiny_videogpt_bundle(tmp_path / "tiny", classes=())

    assert {path.stem for path in run(bundle, clip)} == {"continue", "generate"}


def test_model_without_any_such_task_is_told(clip: Path, tmp_path: Path) -> None:
    bundle = tiny_bundle(tmp_path / "tiny", tasks=("IPD",))

    with pytest.raises(UserError, match="no task of which a sample"):
        list(run(bundle, clip))
