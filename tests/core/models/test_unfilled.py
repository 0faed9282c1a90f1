"""Networks that wait for weights."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core.models.tokenizers.vqgan3d import VQGAN3D
from core.models.tokenizers.vqvae import VQVAE
from core.models.transformers.bidirectional import BidirectionalTransformer
from core.models.transformers.causal import CausalTransformer
from core.models.unfilled import unfilled
from tests.bundles import TOKENIZER, TRANSFORMER, tiny_videogpt_bundle
from tests.checkpoints import PRIOR_SIZES, VQVAE_SIZES

NETWORKS = {
    VQGAN3D: TOKENIZER,
    VQVAE: VQVAE_SIZES,
    BidirectionalTransformer: TRANSFORMER,
    CausalTransformer: PRIOR_SIZES,
}


@pytest.mark.parametrize("network", NETWORKS)
def test_an_unfilled_network_has_the_tensors_of_a_filled_one_and_no_memory(network: type) -> None:
    config = NETWORKS[network]

    waiting, filled = unfilled(network, config).state_dict(), network(config).state_dict()

    assert list(waiting) == list(filled)
    for name, tensor in waiting.items():
        assert tensor.is_meta, name
        assert (tensor.shape, tensor.dtype) == (filled[name].shape, filled[name].dtype), name


def test_loading_a_bundle_does_not_load_torchs_compiler(tmp_path: Path) -> None:
    bundle = tiny_videogpt_bundle(tmp_path / "tiny")
    load = "from core.bundle import load_bundle; from pathlib import Path; import sys\n"
    load += f"load_bundle(Path({str(bundle)!r}))\nsys.exit('torch._dynamo' in sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", load], capture_output=True, text=True)

    assert loaded.returncode == 0, loaded.stderr
