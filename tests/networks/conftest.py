"""A store of its own for every test, and torchvision's models with random weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torchvision
from torch import nn

from reverie.server.networks.architecture import Architecture


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REVERIE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path / "home"


@pytest.fixture
def random_model() -> Callable[..., nn.Module]:
    """Build torchvision's own model with seeded weights at which activations neither vanish nor explode."""

    def build(architecture: Architecture, **options: object) -> nn.Module:
        with torch.device("meta"):
            model = getattr(torchvision.models, architecture.builder)(**{**architecture.options, **options})
            if architecture.builder.startswith("vgg"):
                model.classifier = nn.Identity()  # 120 million weights that no dream needs
        model.to_empty(device="cpu").eval()
        generator = torch.Generator().manual_seed(7)
        for module in model.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                fan_in = module.weight[0].numel()
                module.weight.data.normal_(0, (2 / fan_in) ** 0.5, generator=generator)
                if module.bias is not None:
                    module.bias.data.normal_(0, 0.1, generator=generator)
            elif isinstance(module, nn.BatchNorm2d):
                module.weight.data.uniform_(0.8, 1.2, generator=generator)
                module.bias.data.normal_(0, 0.1, generator=generator)
                module.running_mean.normal_(0, 0.1, generator=generator)  # type: ignore[union-attr]
                module.running_var.uniform_(0.8, 1.2, generator=generator)  # type: ignore[union-attr]
        return model

    return build
