"""2D-VQ: published sizes; frames go through alone."""

from __future__ import annotations

import pytest
import torch

from core.models.tokenizers import TOKENIZERS
from core.models.tokenizers.vqgan2d import VQGAN2D, VQGAN2DConfig

SMALL = VQGAN2DConfig(
    filters=32, multipliers=(1, 1, 1), res_blocks=1, embedding_dim=4, codebook_size=8
)


@pytest.mark.parametrize(
    ("config", "total"),
    [(VQGAN2DConfig(), 13_809_667), (VQGAN2DConfig(filters=128), 53_104_387)],
    ids=["B", "L"],
)
def test_published_sizes(config: VQGAN2DConfig, total: int) -> None:
    with torch.device("meta"):
        assert sum(weight.numel() for weight in VQGAN2D(config).parameters()) == total


def test_every_frame_is_coded_by_itself() -> None:
    model = VQGAN2D(SMALL).eval()
    video = torch.rand(2, 3, 3, 8, 12)

    with torch.inference_mode():
        tokens = model.encode(video)
        alone = torch.cat([model.encode(video[:, :, t : t + 1]) for t in range(3)], dim=1)
        pixels = model.decode(tokens)
        one = model.decode(tokens[:, 1:2])

    assert TOKENIZERS["vqgan2d"] is VQGAN2D
    assert model.stride == (1, 4, 4)
    assert tokens.shape == (2, 3, 2, 3)
    assert tokens.equal(alone)
    assert pixels.shape == video.shape
    assert pixels[:, :, 1:2].allclose(one, atol=1e-5)
