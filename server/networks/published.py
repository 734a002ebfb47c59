"""torchvision's classifiers, and the files their weights come in. Imports no torch.

The weights are the first that torchvision had of each: the newer recipes score better on photographs and dream worse.
"""

from __future__ import annotations

from typing import Any

from . import families
from .architecture import Architecture, Stages, Triple

# What torchvision's `transform_input` amounts to: the weights ported from TensorFlow want -1..1.
_HALF: Triple = (0.5, 0.5, 0.5)
_INCEPTION: dict[str, Any] = {
    "mean": _HALF,
    "std": _HALF,
    "options": {"aux_logits": False, "init_weights": False},
    "listed": True,
}
_FC = (("avgpool", "fc"), "fc")
_AFTER_MEAN = "+mean"


def _network(
    name: str, title: str, stages: Stages, default: str, head: tuple[str, ...], logits: str, file: str, **more: Any
) -> Architecture:
    """file: the name of its weights' file or, where that is the network's name and a checksum, the checksum."""
    file = file if "-" in file else f"{name}-{file}.pth"
    return Architecture(name, title, name, stages, (default,), head, logits, file, **more)


_GOOGLE = (
    _network(
        "googlenet",
        "GoogLeNet",
        families.same_names(
            "conv1 maxpool1 conv2 conv3 maxpool2 inception3a inception3b maxpool3 "
            "inception4a inception4b inception4c inception4d inception4e maxpool4 inception5a inception5b"
        ),
        "inception4c",
        *_FC,
        "1378be20",
        **_INCEPTION,
    ),
    _network(
        "inception_v3",
        "Inception v3",
        families.same_names(
            "Conv2d_1a_3x3 Conv2d_2a_3x3 Conv2d_2b_3x3 maxpool1 Conv2d_3b_1x1 Conv2d_4a_3x3 maxpool2 "
            "Mixed_5b Mixed_5c Mixed_5d Mixed_6a Mixed_6b Mixed_6c Mixed_6d Mixed_6e Mixed_7a Mixed_7b Mixed_7c"
        ),
        "Mixed_6b",
        *_FC,
        "inception_v3_google-0cc3c7bd.pth",
        **_INCEPTION,
    ),
)

_VGG = tuple(
    _network(
        name,
        f"VGG-{sum(depths) + 3}{' with batch norm' if name.endswith('bn') else ''}",
        families.vgg(depths, name.endswith("bn")),
        f"relu4_{depths[3]}",
        ("avgpool", "classifier"),
        "classifier.6",
        file,
        options={"init_weights": False},
        listed=name in ("vgg16", "vgg19"),
    )
    for name, depths, file in (
        ("vgg11", (1, 1, 2, 2, 2), "8a719046"),
        ("vgg13", (2, 2, 2, 2, 2), "19584684"),
        ("vgg16", (2, 2, 3, 3, 3), "397923af"),
        ("vgg19", (2, 2, 4, 4, 4), "dcbb9e9d"),
        ("vgg11_bn", (1, 1, 2, 2, 2), "6002323d"),
        ("vgg13_bn", (2, 2, 2, 2, 2), "abd245e5"),
        ("vgg16_bn", (2, 2, 3, 3, 3), "6c64b313"),
        ("vgg19_bn", (2, 2, 4, 4, 4), "c79401a0"),
    )
)

_RESNET = tuple(
    _network(name, title, families.resnet(depths), "layer3", *_FC, file, listed=name == "resnet50")
    for name, title, depths, file in (
        ("resnet50", "ResNet-50", (3, 4, 6, 3), "0676ba61"),
        ("resnet18", "ResNet-18", (2, 2, 2, 2), "f37072fd"),
        ("resnet34", "ResNet-34", (3, 4, 6, 3), "b627a593"),
        ("resnet101", "ResNet-101", (3, 4, 23, 3), "63fe2227"),
        ("resnet152", "ResNet-152", (3, 8, 36, 3), "394f9c45"),
        ("resnext50_32x4d", "ResNeXt-50 32×4d", (3, 4, 6, 3), "7cdf4587"),
        ("resnext101_32x8d", "ResNeXt-101 32×8d", (3, 4, 23, 3), "8ba56ff5"),
        ("resnext101_64x4d", "ResNeXt-101 64×4d", (3, 4, 23, 3), "173b62eb"),
        ("wide_resnet50_2", "Wide ResNet-50-2", (3, 4, 6, 3), "95faca4d"),
        ("wide_resnet101_2", "Wide ResNet-101-2", (3, 4, 23, 3), "32ee1156"),
    )
)

_CONVNEXT = tuple(
    _network(
        f"convnext_{size}",
        f"ConvNeXt {size}",
        families.convnext(depths),
        "stage3",
        ("avgpool", "classifier"),
        "classifier.2",
        file,
        listed=size == "tiny",
    )
    for size, depths, file in (
        ("tiny", (3, 3, 9, 3), "983f1562"),
        ("small", (3, 3, 27, 3), "0c510722"),
        ("base", (3, 3, 27, 3), "6075fbad"),
        ("large", (3, 3, 27, 3), "ea097f82"),
    )
)

_EFFICIENTNET = tuple(
    _network(
        f"efficientnet_{size}",
        f"EfficientNet {size.replace('_', ' ').upper()}",
        families.efficientnet(depths, first=0 if size.startswith("v2") else 1),
        "stage5" if size.startswith("v2") else "stage6",
        ("avgpool", "classifier"),
        "classifier.1",
        f"efficientnet_{size}{file}.pth",
        listed=size == "b0",
        **({"mean": _HALF, "std": _HALF} if size == "v2_l" else {}),
    )
    for size, depths, file in (
        ("b0", (1, 2, 2, 3, 3, 4, 1), "_rwightman-7f5810bc"),
        ("b1", (2, 3, 3, 4, 4, 5, 2), "_rwightman-bac287d4"),
        ("b2", (2, 3, 3, 4, 4, 5, 2), "_rwightman-c35c1473"),
        ("b3", (2, 3, 3, 5, 5, 6, 2), "_rwightman-b3899882"),
        ("b4", (2, 4, 4, 6, 6, 8, 2), "_rwightman-23ab8bcd"),
        ("b5", (3, 5, 5, 7, 7, 9, 3), "_lukemelas-1a07897c"),
        ("b6", (3, 6, 6, 8, 8, 11, 3), "_lukemelas-24a108a5"),
        ("b7", (4, 7, 7, 10, 10, 13, 4), "_lukemelas-c5b4e57e"),
        ("v2_s", (2, 4, 4, 6, 9, 15), "-dd5fe13b"),
        ("v2_m", (3, 5, 5, 7, 14, 18, 5), "-dc08266a"),
        ("v2_l", (4, 7, 7, 10, 19, 25, 7), "-59c71312"),
    )
)

_REGNET = tuple(
    _network(f"regnet_{size}", f"RegNet {size.upper()}", families.regnet(depths), "stage3", *_FC, file)
    for size, depths, file in (
        ("x_400mf", (1, 2, 7, 12), "adf1edd5"),
        ("x_800mf", (1, 3, 7, 5), "ad17e45c"),
        ("x_1_6gf", (2, 4, 10, 2), "e3633e7f"),
        ("x_3_2gf", (2, 6, 15, 2), "f342aeae"),
        ("x_8gf", (2, 5, 15, 1), "03ceed89"),
        ("x_16gf", (2, 6, 13, 1), "2007eb11"),
        ("x_32gf", (2, 7, 13, 1), "9d47f8d0"),
        ("y_400mf", (1, 3, 6, 6), "c65dace8"),
        ("y_800mf", (1, 3, 8, 2), "1b27b58c"),
        ("y_1_6gf", (2, 6, 17, 2), "b11a554e"),
        ("y_3_2gf", (2, 5, 13, 1), "b5a9779c"),
        ("y_8gf", (2, 4, 10, 1), "d0d0e4a8"),
        ("y_16gf", (2, 4, 11, 1), "9e6ed7dd"),
        ("y_32gf", (2, 5, 12, 1), "4dee3f7a"),
    )
)

_SWIN = tuple(
    _network(
        f"swin_{size}",
        f"Swin {size.replace('_', ' ').upper()}",
        families.swin((2, 2, 6, 2) if size.endswith("t") else (2, 2, 18, 2)),
        "stage3",
        ("avgpool", "head"),
        "head",
        file,
        channels_last=True,
    )
    for size, file in (
        ("t", "704ceda3"),
        ("s", "5e29d889"),
        ("b", "68c6b09e"),
        ("v2_t", "b137f0e2"),
        ("v2_s", "637d8ceb"),
        ("v2_b", "781e5279"),
    )
)

_DENSENET = tuple(
    _network(
        f"densenet{depth}",
        f"DenseNet-{depth}",
        families.densenet(),
        "denseblock3",
        (_AFTER_MEAN, "classifier"),
        "classifier",
        file,
    )
    for depth, file in ((121, "a639ec97"), (161, "8d451a50"), (169, "b2777c0a"), (201, "c1103571"))
)

_SHUFFLENET = tuple(
    _network(
        f"shufflenet_v2_x{size}",
        f"ShuffleNet v2 {size.replace('_', '.')}×",
        families.shufflenet(),
        "stage3",
        (_AFTER_MEAN, "fc"),
        "fc",
        f"shufflenetv2_{file}.pth",
    )
    for size, file in (
        ("0_5", "x0.5-f707e7126e"),
        ("1_0", "x1-5666bf0f80"),
        ("1_5", "x1_5-3c479a10"),
        ("2_0", "x2_0-8be3c8ee"),
    )
)

_MNASNET = tuple(
    _network(
        f"mnasnet{size}",
        f"MNASNet {size.replace('_', '.')}",
        families.mnasnet(),
        "mbconv4",
        (_AFTER_MEAN, "classifier"),
        "classifier.1",
        file,
    )
    for size, file in (
        ("0_5", "mnasnet0.5_top1_67.823-3ffadce67e.pth"),
        ("0_75", "7090bc5f"),
        ("1_0", "mnasnet1.0_top1_73.512-f206786ef8.pth"),
        ("1_3", "a4c69d6f"),
    )
)

_SMALL = (
    _network(
        "mobilenet_v2",
        "MobileNet v2",
        families.mobilenet(17),
        "bottleneck10",
        (_AFTER_MEAN, "classifier"),
        "classifier.1",
        "b0353104",
    ),
    *(
        _network(
            f"mobilenet_v3_{size}",
            f"MobileNet v3 {size}",
            families.mobilenet(bottlenecks),
            default,
            ("avgpool", "classifier"),
            "classifier.3",
            file,
        )
        for size, bottlenecks, default, file in (
            ("large", 15, "bottleneck10", "8738ca79"),
            ("small", 11, "bottleneck7", "047dcff4"),
        )
    ),
    *(
        _network(
            f"squeezenet1_{k}",
            f"SqueezeNet 1.{k}",
            families.squeezenet(pooled_after),
            "fire8",
            ("classifier",),
            "classifier.1",
            file,
        )
        for k, pooled_after, file in ((0, (1, 4, 8), "b66bff10"), (1, (1, 3, 5), "b8a52dc0"))
    ),
    _network(
        "alexnet",
        "AlexNet",
        families.alexnet(),
        "relu4",
        ("avgpool", "classifier"),
        "classifier.6",
        "alexnet-owt-7be5be79.pth",
    ),
)

TORCHVISION = (
    *_GOOGLE,
    *_VGG,
    *_RESNET,
    *_CONVNEXT,
    *_EFFICIENTNET,
    *_REGNET,
    *_DENSENET,
    *_SWIN,
    *_SHUFFLENET,
    *_MNASNET,
    *_SMALL,
)

_WHOLE_ONLY = "sees pictures of a single size only, and dreams come in any"
# torchvision's other classifiers, and why they can't dream.
UNFIT = {
    **dict.fromkeys(("vit_b_16", "vit_b_32", "vit_l_16", "vit_l_32", "vit_h_14", "maxvit_t"), _WHOLE_ONLY),
    "regnet_y_128gf": "comes only with weights that may not be used in work that is sold",
}
