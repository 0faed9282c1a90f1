"""The perceptual loss: whichever network is there, and none."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.errors import UserError
from core.training.perceptual import SIZE, chosen_perceptual, find_perceptual


class MeanColour(nn.Module):
    """Says the mean colour and the size of pictures: what a test can compute otherwise."""

    def forward(self, pictures: Tensor) -> Tensor:
        return 10 * pictures.mean(dim=(2, 3)) * (pictures.shape[-1] / 224)


@pytest.fixture
def network(tmp_path: Path) -> Path:
    path = tmp_path / "colour.ts"
    torch.jit.script(MeanColour()).save(str(path))
    return path


def test_a_saved_network_compares_frame_by_frame_at_its_size(network: Path) -> None:
    loss = find_perceptual(network)
    assert loss is not None
    video, target = torch.rand(2, 3, 2, 8, 8), torch.rand(2, 3, 2, 8, 8)
    video.requires_grad_()

    value = loss(video, target)
    value.backward()

    large = [
        F.interpolate(v.detach().transpose(1, 2).reshape(4, 3, 8, 8), (SIZE, SIZE), mode="bilinear")
        for v in (video, target)
    ]
    expected = (10 * large[0].mean((2, 3)) - 10 * large[1].mean((2, 3))).square().mean()
    assert value.item() == pytest.approx(float(expected), rel=1e-4)
    assert video.grad is not None
    assert video.grad.any()
    assert "colour.ts" in loss.name


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_squeezenet_and_lpips_are_found(shared: Path, kind: str) -> None:
    folder = shared / "metrics"
    path = folder if kind == "folder" else next(folder.glob("squeezenet1_1*.pth"))
    torch.manual_seed(0)
    target = torch.rand(1, 3, 1, 32, 32)
    guess = (target + 0.3 * torch.randn_like(target)).requires_grad_()

    loss = find_perceptual(path)

    assert loss is not None
    assert ("LPIPS" in loss.name) == (kind == "folder")
    value = loss(guess, target)
    (slope,) = torch.autograd.grad(value, guess)
    assert float(loss(target, target)) == pytest.approx(0, abs=1e-6)
    with torch.no_grad():
        assert float(loss(guess - 0.01 * slope / slope.abs().max(), target)) < float(value)


def test_no_file_is_no_loss(tmp_path: Path) -> None:
    assert find_perceptual(tmp_path / "absent.ts") is None
    assert find_perceptual(tmp_path) is None


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.ts").write_text("no network")

    with pytest.raises(UserError, match="TorchScript"):
        find_perceptual(tmp_path / "notes.ts")


@pytest.mark.parametrize("name", ["", "absent.ts"])
def test_training_without_the_network_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    assert chosen_perceptual(name, tmp_path) is None

    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "left out" in caplog.text
    assert name in caplog.text


def test_a_network_of_the_recipe_is_named(network: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        found = chosen_perceptual(network.name, network.parent)

    assert found is not None
    assert found.name in caplog.text
