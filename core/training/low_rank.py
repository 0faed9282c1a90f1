"""Low-rank adapters (LoRA, arXiv 2106.09685) of a transformer: a few weights learn, others stay.

`peft` puts them in; before a network ships they are added to the weights that they stand beside.
"""

from __future__ import annotations

import torch
from torch import nn

SCALE = 2.0
"""Of what the adapters say: their α over their rank."""
READ_AS_WEIGHTS = ("query", "key", "value")
"""Projections of the causal transformer, which multiplies by their weights and never calls them."""


def add_adapters(network: nn.Module, rank: int) -> None:
    """Puts adapters beside the linear layers; they alone learn from now on.

    The network says what it said: an adapter begins at nothing.
    """
    from peft import LoraConfig, inject_adapter_in_model

    targets = [
        name
        for name, part in network.named_modules()
        if isinstance(part, nn.Linear) and not _only_read(network, name)
    ]
    settings = LoraConfig(r=rank, lora_alpha=round(SCALE * rank), target_modules=targets)
    inject_adapter_in_model(settings, network)


def hold_other_rows(network: nn.Module, name: str, rows: slice) -> None:
    """All rows of a parameter but these get no gradient."""
    parameter = network.get_parameter(name)
    kept = torch.zeros_like(parameter)
    kept[rows] = 1
    parameter.register_hook(lambda gradient: gradient * kept)


def _only_read(network: nn.Module, name: str) -> bool:
    return hasattr(network, "codes") and name.rsplit(".", 1)[-1] in READ_AS_WEIGHTS


def merge_adapters(network: nn.Module) -> None:
    """Adds all adapters to their weights and takes them out; what the network says stays."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    for name, part in list(network.named_modules()):
        if isinstance(part, BaseTunerLayer):
            part.merge()
            network.set_submodule(name, part.get_base_layer())
