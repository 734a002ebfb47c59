"""The architectures of the zoo: torchvision's classifiers, the first that dreamed, and our own. Imports no torch."""

from __future__ import annotations

from . import families
from .architecture import Architecture, Triple
from .published import TORCHVISION

_BYTE: Triple = (1 / 255, 1 / 255, 1 / 255)

_BLOCKS = ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")
_CAFFES_STAGES = (
    "conv1/7x7_s2 pool1/3x3_s2 pool1/norm1 conv2/3x3_reduce conv2/3x3 conv2/norm2 pool2/3x3_s2 "
    "inception_3a inception_3b pool3/3x3_s2 inception_4a inception_4b inception_4c inception_4d "
    "inception_4e pool4/3x3_s2 inception_5a inception_5b"
)
_TENSORFLOWS_STAGES = (
    "conv2d0 maxpool0 localresponsenorm0 conv2d1 conv2d2 localresponsenorm1 maxpool1 mixed3a mixed3b maxpool4 "
    "mixed4a mixed4b mixed4c mixed4d mixed4e maxpool10 mixed5a mixed5b"
)

_BLOSSOMS_STAGES = (
    "conv1 pool1 conv2 pool2 inception3a inception3b pool3 inception4a inception4b inception4c inception4d "
    "inception4e pool4 inception5a inception5b"
)


def _inside(prefix: str, separator: str, names: str) -> dict[str, tuple[str, str]]:
    """The layers within the Inception blocks."""
    blocks = [prefix + block for block in _BLOCKS]
    return {f"{block}{separator}{name}": (block, name) for block in blocks for name in names.split()}


_FIRST = (
    Architecture(
        name="bvlc_googlenet",
        title="BVLC GoogLeNet",
        builder="bvlc_googlenet",
        module=".inception",
        flat_keys=True,
        # Caffe's own names, but for the blocks' `/output`, which is understood as well.
        stages={name: (name.replace("/", "_"),) for name in _CAFFES_STAGES.split()},
        parts=_inside("inception_", "/", "1x1 3x3_reduce 3x3 5x5_reduce 5x5 pool pool_proj"),
        default_layers=("inception_4c",),
        head=("avgpool", "flatten", "loss3_classifier"),
        logits="loss3_classifier",
        # As google/deepdream subtracts it, here as RGB.
        mean=(122 / 255, 116 / 255, 104 / 255),
        std=_BYTE,
        bgr=True,
    ),
    Architecture(
        name="inception5h",
        title="Inception 5h",
        builder="inception5h",
        module=".inception",
        flat_keys=True,
        stages=families.same_names(_TENSORFLOWS_STAGES),
        parts=_inside("mixed", "_", "1x1 3x3_bottleneck 3x3 5x5_bottleneck 5x5 pool pool_reduce"),
        default_layers=("mixed4c",),
        head=("avgpool", "flatten", "softmax2_pre_activation_matmul"),
        logits="softmax2_pre_activation_matmul",
        mean=(117 / 255, 117 / 255, 117 / 255),
        std=_BYTE,
        classes=1008,
    ),
)

_OWN = (
    Architecture(
        name="blossom",
        title="Blossom",
        builder="blossom",
        module=".blossom",
        stages={name: (f"stages.{name}",) for name in _BLOSSOMS_STAGES.split()},
        default_layers=("inception5b",),
        head=("avgpool", "flatten", "fc"),
        logits="fc",
        mean=(0.5, 0.5, 0.5),
        std=(0.25, 0.25, 0.25),
        classes=2,
    ),
)

ARCHITECTURES: dict[str, Architecture] = {
    architecture.name: architecture for architecture in (*TORCHVISION, *_FIRST, *_OWN)
}
