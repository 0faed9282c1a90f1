"""The network that looks at first frames."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.models.context import Block, FirstBlock, FrameContext, ResNet

DEPTHS, WIDTHS = (1, 2, 1, 1), (4, 6, 8, 9)
pytestmark = pytest.mark.usefixtures("one_thread")


def normal(norm: nn.LayerNorm, x: Tensor) -> Tensor:
    """Over the channels, written out."""
    centred = x - x.mean(1, keepdim=True)
    scaled = centred / (centred.pow(2).mean(1, keepdim=True) + 1e-5).sqrt()
    return scaled * norm.weight.view(1, -1, 1, 1, 1) + norm.bias.view(1, -1, 1, 1, 1)


def shaken(module: nn.Module) -> nn.Module:
    """The same with nothing left at 0 or 1."""
    torch.manual_seed(0)
    for weight in module.parameters():
        nn.init.normal_(weight, std=0.5)
    return module.eval()


def test_a_block_ends_in_a_relu_before_and_after_the_sum() -> None:
    block, x = shaken(Block(4, 4)), torch.randn(2, 4, 2, 4, 4)
    branch = F.relu(normal(block.norm1, block.conv1(x)))
    branch = F.relu(normal(block.norm2, block.conv2(branch)))

    torch.testing.assert_close(block(x), F.relu(x + branch))


def test_the_first_block_projects_its_input_even_to_the_same_width() -> None:
    block, x = shaken(FirstBlock(4, 4, stride=2)), torch.randn(2, 4, 2, 4, 4)
    branch = F.relu(normal(block.norm1, block.conv1(x)))
    branch = F.relu(normal(block.norm2, block.conv2(branch)))
    carried = normal(block.shortcut_norm, block.shortcut(x))

    assert block(x).shape == (2, 4, 2, 2, 2)
    torch.testing.assert_close(block(x), F.relu(carried + branch))


@pytest.mark.parametrize("groups", [3, 4, 5])
def test_height_and_width_become_a_quarter_and_frames_stay(groups: int) -> None:
    network = ResNet((1,) * groups, (*range(4, 3 + groups), 9))

    assert network(torch.zeros(1, 3, 2, 16, 8)).shape == (1, 9, 2, 4, 2)


def test_the_default_of_the_paper_has_33_9_million_weights() -> None:
    with torch.device("meta"):
        network = ResNet((3, 4, 6, 3), (64, 128, 256, 240))

    assert sum(weight.numel() for weight in network.parameters()) == pytest.approx(33.9e6, rel=2e-3)


def test_pixels_are_centred_and_positions_are_added_in_raster_order() -> None:
    context = shaken(FrameContext(2, (8, 12), DEPTHS, WIDTHS))
    frames = torch.rand(1, 3, 2, 8, 12)
    features = context.network(frames - 0.5)

    flat = context(frames)

    assert flat.shape == (1, 2 * 2 * 3, 9)
    place = features[0, :, 1, 0, 2] + context.positions()[1, 0, 2]
    torch.testing.assert_close(flat[0, 1 * 6 + 0 * 3 + 2], place)


def test_it_computes_in_bf16_too() -> None:
    context = shaken(FrameContext(1, (8, 8), DEPTHS, WIDTHS))
    frames = torch.rand(1, 3, 1, 8, 8)
    exact = context(frames)

    rough = context.to(torch.bfloat16)(frames)

    assert rough.dtype == torch.bfloat16
    assert (rough - exact).abs().max() < 0.1 * exact.abs().max()


def test_frames_of_another_size_or_number_are_refused() -> None:
    context = FrameContext(2, (8, 8), DEPTHS, WIDTHS)

    with pytest.raises(ValueError, match="3x1x8x8, the model looks at 3x2x8x8"):
        context(torch.zeros(1, 3, 1, 8, 8))
