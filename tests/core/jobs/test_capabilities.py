"""What the engine says that it offers."""

from __future__ import annotations

from pathlib import Path

from core.jobs import capabilities
from core.requests import CapabilitiesRequest
from tests.bundles import tiny_bundle


def test_bundles_are_listed_with_card_or_problem(tmp_path: Path) -> None:
    tiny_bundle(tmp_path / "good")
    (tiny_bundle(tmp_path / "torn") / "tokenizer.safetensors").unlink()

    (found,) = capabilities.run(CapabilitiesRequest((str(tmp_path), str(tmp_path / "none"))))

    good, torn = found.bundles
    assert good.card is not None
    assert good.card.title == "Tiny random model"
    assert torn.card is None
    assert "tokenizer.safetensors is missing" in str(torn.problem)


def test_device_and_decoders_are_described() -> None:
    (found,) = capabilities.run(CapabilitiesRequest(()))

    assert found.device
    assert found.memory > 0
    assert {"commit", "maskgit"} <= set(found.decoders)
    assert "steps" in [option.name for option in found.decoders["commit"].options]
