"""LPIPS gives the published values, and a gradient."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest
import torch
from torch import Tensor

from core.errors import UserError
from core.metrics.lpips import Lpips
from core.metrics.squeezenet import FEATURES, SqueezeNet


def picture(path: Path) -> Tensor:
    """(1, 3, H, W) in [0, 1]."""
    rgb = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    return torch.from_numpy(rgb).permute(2, 0, 1)[None].float() / 255


@pytest.mark.parametrize(("name", "distance"), [("p0", 0.7112), ("p1", 0.1479), ("ref", 0.0)])
def test_the_check_pictures_have_the_published_distances(
    shared: Path, name: str, distance: float
) -> None:
    lpips = Lpips.find(shared / "metrics")
    assert lpips is not None
    folder = shared / "metrics" / "lpips_check"

    measured = lpips(picture(folder / "ex_ref.png"), picture(folder / f"ex_{name}.png"))

    assert measured.tolist() == pytest.approx([distance], abs=2e-4)


def test_a_step_against_the_gradient_brings_pictures_closer(shared: Path) -> None:
    lpips = Lpips.find(shared / "metrics")
    assert lpips is not None
    torch.manual_seed(0)
    target, guess = torch.rand(2, 3, 40, 48), torch.rand(2, 3, 40, 48, requires_grad=True)

    before = lpips(guess, target)
    (gradient,) = torch.autograd.grad(before.sum(), guess)
    after = lpips(guess - 0.5 * gradient / gradient.norm(), target)

    assert gradient.isfinite().all()
    assert (after < before).all()


def test_small_pictures_can_be_compared(shared: Path) -> None:
    lpips = Lpips.find(shared / "metrics")
    assert lpips is not None

    assert lpips(torch.rand(1, 3, 8, 12), torch.rand(1, 3, 8, 12)).item() > 0.1


def test_the_network_sees_what_a_picture_shows(shared: Path) -> None:
    network = SqueezeNet.find(shared / "metrics")
    assert network is not None
    reference = picture(shared / "metrics" / "lpips_check" / "ex_ref.png")

    assert network.pooled(reference).shape == (1, FEATURES)
    assert network(reference).shape == (1, 1000)


def test_files_that_are_missing_or_hold_something_else(tmp_path: Path) -> None:
    wrong = tmp_path / "squeezenet1_1.pth"
    torch.save({"features.0.weight": torch.zeros(2)}, wrong)

    assert Lpips.find(tmp_path) is None
    with pytest.raises(UserError, match=r"does not hold the weights of SqueezeNet.*features\.0"):
        SqueezeNet.find(tmp_path)
    wrong.write_bytes(b"no network")
    with pytest.raises(UserError, match="cannot be read"):
        SqueezeNet.load(wrong)
