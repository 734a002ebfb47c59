"""Networks with random weights under which activations stay alive to the last layer, as in a trained network.

Kaiming's initialisation, with batch norm's statistics taken from noise. Their gradients are far more sensitive than a
trained network's; the time is the same.
"""

from __future__ import annotations

import torch
from torch import nn

from ...networks.architectures import ARCHITECTURES
from ...networks.building import bare_model
from ...networks.cutting import cut
from ...networks.staged import StagedNetwork


def lively(name: str) -> tuple[nn.Module, StagedNetwork]:
    """A network as its authors publish it, float32 on the CPU, and as our zoo cuts it, with the same weights."""
    architecture = ARCHITECTURES[name]
    model = bare_model(architecture).to_empty(device="cpu").eval()
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        for module in model.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.kaiming_normal_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
            if isinstance(module, nn.BatchNorm2d):
                module.reset_parameters()
                module.train().momentum = None
        noise = torch.rand(1, 3, 256, 256)
        mean, std = (torch.tensor(triple).view(1, 3, 1, 1) for triple in (architecture.mean, architecture.std))
        model((noise - mean) / std)
    network = cut(architecture, name, model.eval().state_dict())
    return model.requires_grad_(False), network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
