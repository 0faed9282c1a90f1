"""SqueezeNet 1.1 (Iandola et al. 2016, arXiv 1602.07360), with torchvision's names of weights.

It is what LPIPS looks with, and where the Frechet video distance takes its features from.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.metrics.files import SQUEEZENET_FILES, found
from core.metrics.networks import filled, read_weights

FEATURES = 512
CLASSES = 1000
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's pixels in [0, 1], per channel."""


class _Fire(nn.Module):
    """1x1 to few channels, then 1x1 and 3x3 side by side."""

    def __init__(self, inputs: int, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand3x3 = nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.squeeze(x))
        return torch.cat([F.relu(self.expand1x1(x)), F.relu(self.expand3x3(x))], dim=1)


def _pool() -> nn.Module:
    return nn.MaxPool2d(3, stride=2, ceil_mode=True)


class SqueezeNet(nn.Module):
    """Classifies ImageNet; here its features and logits are what counts."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 3, stride=2),
            nn.ReLU(),
            _pool(),
            _Fire(64, 16, 64),
            _Fire(128, 16, 64),
            _pool(),
            _Fire(128, 32, 128),
            _Fire(256, 32, 128),
            _pool(),
            _Fire(256, 48, 192),
            _Fire(384, 48, 192),
            _Fire(384, 64, 256),
            _Fire(512, 64, FEATURES // 2),
        )
        self.classifier = nn.Sequential(nn.Dropout(), nn.Conv2d(FEATURES, CLASSES, 1), nn.ReLU())

    @classmethod
    def load(cls, path: Path) -> SqueezeNet:
        """From torchvision's file, or one with the same names; float16 weights become float32.

        Raises:
            UserError: the file is missing or holds another network.
        """
        weights = {
            name: value.contiguous(memory_format=torch.channels_last) if value.ndim == 4 else value
            for name, value in read_weights(path).items()
        }  # twice as fast on a CPU
        return filled(cls, weights, path)

    @classmethod
    def find(cls, folder: Path) -> SqueezeNet | None:
        """The network in a folder of networks; None where it has no file for it.

        Raises:
            UserError: there is a file, but it cannot be used.
        """
        path = found(folder, *SQUEEZENET_FILES)
        return cls.load(path) if path else None

    def stages(self, pictures: Tensor, after: tuple[int, ...]) -> list[Tensor]:
        """What comes out of these layers of `features`; the last of them is the last computed.

        Args:
            pictures: float (n, 3, H, W), normalised as the user of the features wants it.
        """
        outputs, x = [], pictures
        for number, layer in enumerate(list(self.features)[: after[-1] + 1]):
            x = layer(x)
            if number in after:
                outputs.append(x)
        return outputs

    def pooled(self, pictures: Tensor) -> Tensor:
        """Mean of the last features over the picture, (n, 512).

        Args:
            pictures: float (n, 3, H, W) in [0, 1].
        """
        features: Tensor = self.features(normalised(pictures))
        return features.mean(dim=(2, 3))

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits of ImageNet's classes, (n, 1000), of pictures (n, 3, H, W) in [0, 1]."""
        logits: Tensor = self.classifier(self.features(normalised(pictures)))
        return logits.mean(dim=(2, 3))


def normalised(pictures: Tensor) -> Tensor:
    """Pictures (n, 3, H, W) in [0, 1] with ImageNet's mean 0 and deviation 1 per channel."""
    mean, deviation = (pictures.new_tensor(x).view(3, 1, 1) for x in (MEAN, DEVIATION))
    return (pictures - mean) / deviation
