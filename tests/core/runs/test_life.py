"""What a run says of itself is whole, whoever writes it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from core.runs.life import STATE, Life, read_life, write_life


def test_several_may_speak_at_the_same_moment(tmp_path: Path) -> None:
    """Who began a run and the run itself do."""

    def speak(name: str) -> None:
        for step in range(100):
            write_life(tmp_path, Life("training", f"{name} {step}"), settled=False)
            assert read_life(tmp_path) is not None

    with ThreadPoolExecutor() as pool:
        list(pool.map(speak, ("window", "run", "page")))

    assert [path.name for path in tmp_path.iterdir()] == [STATE]
