"""FVD and IS with networks of the right shape and random weights: nobody may ship the real ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core.clip import Frames
from core.errors import UserError
from core.metrics import c3d, i3d
from core.metrics.catalogue import Metrics
from core.metrics.files import NetworkFiles
from core.metrics.fvd import FVD
from core.metrics.inception import InceptionScore
from core.metrics.resizing import aligned_bilinear, tf1_bilinear
from core.models.unfilled import unfilled

CPU = torch.device("cpu")
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")


def clips(count: int, frames: int = 16, size: int = 16) -> Frames:
    shape = (count, frames, size, size, 3)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


class ScriptedI3D(nn.Module):
    """Says per clip what it was shown, so that a test can tell."""

    def forward(self, x: Tensor, rescale: bool = True, return_features: bool = False) -> Tensor:
        seen = torch.stack([x.min(), x.max(), x.mean()]).repeat(134)[:400]
        scale = 0.0 if rescale or not return_features else 1.0
        return scale * seen.view(1, 400, 1).repeat(x.shape[0], 1, x.shape[2] // 8)


class ScriptedC3D(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.full((3, 16, 112, 112), 100.0))

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(dim=(2, 3, 4)).repeat(1, 34)[:, :101]


def script(network: nn.Module, path: Path) -> Path:
    torch.jit.script(network).save(str(path))
    return path


def test_resizing_is_that_of_the_published_scores(shared: Path) -> None:
    golden = np.load(shared / "golden/magvit/metrics.npz")
    frames = torch.from_numpy(golden["tf1_bilinear_in_u8"][0]).permute(0, 3, 1, 2) / 255
    first = torch.from_numpy(golden["a_u8"][0, :2]).permute(0, 3, 1, 2) / 255

    resized = tf1_bilinear(frames, 224, 224).permute(0, 2, 3, 1).numpy()
    aligned = aligned_bilinear(first, 112, 112).permute(0, 2, 3, 1).numpy()

    assert np.abs(resized - golden["tf1_bilinear_224"][0]).max() < 1e-5
    assert np.abs(aligned - golden["c3d_aligned_112"][0]).max() < 1e-5


def test_a_scripted_i3d_sees_frames_from_minus_one_to_one(tmp_path: Path) -> None:
    path = script(ScriptedI3D(), tmp_path / "i3d.pt")
    metric = FVD.open(NetworkFiles(i3d=path), CPU)
    assert metric is not None
    shown = clips(2)

    features = metric.features(shown)

    assert features.shape == (2, 400)
    assert features[0, :2].tolist() == pytest.approx([-1, 1], abs=0.05)
    assert features[0, 2] == pytest.approx(shown[0].mean() / 127.5 - 1, abs=0.02)
    real = metric.summary(features)
    assert metric.value(real, real) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("layout", ["Mixed_3b.b1a", "mixed_3b.branch_1.0"])
def test_a_state_dict_of_i3d_in_the_names_that_people_have(tmp_path: Path, layout: str) -> None:
    """The first layout is tried with a clip, the other has to give the same network."""
    torch.manual_seed(0)
    network = i3d.I3D().eval()
    weights = {k.removeprefix("layers."): v for k, v in network.state_dict().items()}
    if layout.startswith("mixed"):
        weights = {other_name(name): value for name, value in weights.items()}
    path = tmp_path / "i3d.pt"
    torch.save(weights, path)

    assert any(name.startswith(layout) for name in weights)
    metric = FVD.open(NetworkFiles(i3d=path), CPU)
    assert metric is not None
    if not layout.startswith("mixed"):
        features = metric.features(clips(1, frames=9))
        assert features.shape == (1, 400)
        assert np.isfinite(features).all()
        with pytest.raises(UserError, match="9 frames or more"):
            metric.features(clips(1, frames=8))


def other_name(name: str) -> str:
    branches = {"b0": "0", "b1a": "1.0", "b1b": "1.1", "b2a": "2.0", "b2b": "2.1", "b3b": "3.1"}
    for ours, theirs in branches.items():
        name = name.replace(f".{ours}.", f".branch_{theirs}.")
    name = name.replace(".bn.", ".batch3d.").replace("logits.", "conv3d_0c_1x1.")
    return name[0].lower() + name[1:]


def test_a_batch_norm_without_a_scale_gets_ones() -> None:
    ours = i3d.renamed({"Mixed_3b.b0.bn.running_mean": torch.zeros(64)})

    assert ours["layers.Mixed_3b.b0.bn.weight"].equal(torch.ones(64))


def test_i3d_is_as_large_as_the_published_one() -> None:
    assert sum(weight.numel() for weight in i3d.I3D().parameters()) == 12_697_264


def test_a_scripted_c3d_sees_bgr_without_its_mean(tmp_path: Path) -> None:
    path = script(ScriptedC3D(), tmp_path / "c3d.pt")
    metric = InceptionScore.open(NetworkFiles(c3d=path), CPU)
    assert metric is not None
    blue = np.zeros((1, 16, 24, 24, 3), np.uint8)
    blue[..., 2] = 103

    chances = metric.features(blue)[0]

    assert chances[0] > 1000 * chances[1]  # blue, the first channel, is 3 above the mean
    assert chances.sum() == pytest.approx(1)


def test_a_state_dict_of_c3d(tmp_path: Path) -> None:
    weights = {
        name.removeprefix("layers."): (torch.randn(1) * 0.01).expand(value.shape)
        for name, value in meta_c3d().state_dict().items()
    }
    path = tmp_path / "c3d.pt"
    torch.save(weights | {"mean": torch.full((3, 1, 1, 1), 100.0)}, path)

    metric = InceptionScore.open(NetworkFiles(c3d=path), CPU)

    assert metric is not None
    assert metric.features(clips(1)).sum() == pytest.approx(1, abs=1e-4)
    with pytest.raises(UserError, match="needs clips of 16 frames"):
        metric.features(clips(1, frames=8))


def meta_c3d() -> nn.Module:
    network: nn.Module = unfilled(lambda _: c3d.C3D(), None)
    return network


def test_inception_score_of_sure_and_even_classes() -> None:
    metric = InceptionScore(lambda x: x, torch.zeros(1), Path("c3d.pt"), CPU)
    sure = np.eye(101, dtype=np.float32)
    even = np.full((7, 101), 1 / 101, np.float32)
    parts = metric.summary(sure[:50]) + metric.summary(sure[50:])

    assert metric.value(parts, parts) == pytest.approx(101)
    assert metric.value(metric.summary(even), parts) == pytest.approx(1)
    assert metric.value(metric.summary(sure[:3]), parts) == pytest.approx(3)


def test_networks_of_another_kind_are_refused(tmp_path: Path) -> None:
    c3d_file = script(ScriptedC3D(), tmp_path / "c3d.pt")
    weights = tmp_path / "weights.pt"
    torch.save({"fc.weight": torch.zeros(2, 2)}, weights)

    wrong = FVD.open(NetworkFiles(i3d=c3d_file), CPU)
    assert wrong is not None
    with pytest.raises(UserError, match="not 400"):
        wrong.features(clips(1))
    with pytest.raises(UserError, match="does not hold the weights of I3D"):
        FVD.open(NetworkFiles(i3d=weights), CPU)


def test_only_metrics_whose_network_is_given_are_opened(tmp_path: Path) -> None:
    path = script(ScriptedI3D(), tmp_path / "i3d.pt")

    metrics = Metrics.open(NetworkFiles(i3d=path), CPU)

    assert [metric.name for metric in metrics.pairs] == ["psnr", "ssim"]
    assert [metric.name for metric in metrics.sets] == ["fvd", "motion"]
    with pytest.raises(UserError, match="There is no network"):
        NetworkFiles(c3d=tmp_path / "c3d.pt")
