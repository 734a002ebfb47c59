"""Every objective against its formula, written out in float64 and differentiated by autograd."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from reverie.server.dream.objective import Objective, View
from reverie.server.dream.objectives import guides
from reverie.server.dream.objectives.compiling import objective_of
from reverie.server.dream.objectives.guides import best_matches
from reverie.server.dream.slope import Slopes, gradient
from reverie.server.dream.tiles import Tiling
from reverie.server.dream.wrap import OPEN, Wrap
from reverie.server.networks.catalogue import UnknownLayer
from reverie.server.networks.staged import StagedNetwork
from reverie.shared.declaration import SettingError
from reverie.shared.settings import DreamSettings

Formula = Callable[[Tensor], Tensor]


@pytest.fixture(scope="module")
def network() -> StagedNetwork:
    """Two layers and a classifier of places; stride 2, then 4."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        stages = {
            "low": nn.Sequential(nn.Conv2d(3, 8, 5, stride=2, padding=2), nn.ReLU()),
            "high": nn.Sequential(nn.Conv2d(8, 10, 3, stride=2, padding=1), nn.ReLU()),
        }
        for stage in stages.values():
            stage[0].bias.data.uniform_(0.2, 0.6)  # type: ignore[union-attr]  # no channel is dead
        head = nn.Conv2d(10, 4, 1)
        return StagedNetwork("tiny", stages, ("high",), head=head, classes=("ant", "bee", "cat", "dog"))


@pytest.fixture
def guide() -> Tensor:
    return torch.rand(1, 3, 24, 36, generator=torch.Generator().manual_seed(8))


def settings(layers: str, **others: object) -> DreamSettings:
    return DreamSettings.from_mapping({"layers": layers, **others})


def whole(picture: Tensor) -> View:
    return View(0, 0, picture.shape[-2], picture.shape[-1])


def slope(objective: Objective, network: StagedNetwork, picture: Tensor) -> Tensor:
    return gradient(picture, network, objective, whole(picture))


def exact(network: StagedNetwork, layer: str, formula: Formula, picture: Tensor) -> Tensor:
    """The gradient of ``formula`` of a layer's activations, all in float64."""
    seen = picture.double().requires_grad_()
    (activation,) = copy.deepcopy(network).double()(seen, [layer])
    (result,) = torch.autograd.grad(formula(activation), seen)
    return result


def activations(network: StagedNetwork, layer: str, picture: Tensor) -> Tensor:
    return copy.deepcopy(network).double()(picture.double(), [layer])[0]


def agrees(ours: Tensor, theirs: Tensor, tolerance: float = 1e-4) -> None:
    assert theirs.abs().mean() > 1e-12, "the reference is flat"
    assert (ours - theirs).norm() / theirs.norm() < tolerance


def some(*numbers: int) -> Formula:
    return lambda a: 0.5 * a[:, list(numbers)].square().sum()


UNIT = (slice(None), 7, 12, 10)  # channel 7 of "low" at the pixel (20, 24) or its neighbours


@pytest.mark.parametrize(
    ("layers", "others", "layer", "formula"),
    [
        ("low", {}, "low", lambda a: 0.5 * a.square().sum()),
        ("", {}, "high", lambda a: 0.5 * a.square().sum()),
        ("low/pre", {}, "low/pre", lambda a: 0.5 * a.square().sum()),
        ("low", {"measure": "mean"}, "low", lambda a: a.mean()),
        ("-2*high", {}, "high", lambda a: -a.square().sum()),
        ("low[1, 4-6]", {}, "low", some(1, 4, 5, 6)),
        ("low[not 1, 4-6]", {}, "low", some(0, 2, 3, 7)),
        ("low[2-3]", {"measure": "mean"}, "low", lambda a: a[:, 2:4].mean()),
        ("low[3*0.5 + 5*-2]", {}, "low", lambda a: (0.5 * a[:, 3] - 2 * a[:, 5]).sum((1, 2)) / (48 * 40 / 4)),
        ("low[7]@0.52:0.51", {}, "low", lambda a: 0.5 * a[UNIT].square().sum()),
        ("low[3*1 + 5*2]@0.52:0.51", {}, "low", lambda a: (a[:, 3, 12, 10] + 2 * a[:, 5, 12, 10]).sum()),
        ("class(cat)", {}, "classes", lambda a: (a[:, 2] - a.exp().sum(1).log()).sum()),
        ("class(1)", {}, "classes", lambda a: (a[:, 1] - a.exp().sum(1).log()).sum()),
        ("logit(cat)", {}, "classes", lambda a: a.mean((2, 3))[:, 2].sum()),
    ],
)
def test_the_gradient_is_that_of_the_formula(
    network: StagedNetwork, layers: str, others: dict, layer: str, formula: Formula
) -> None:
    picture = torch.rand(1, 3, 48, 40, generator=torch.Generator().manual_seed(5))
    ours = slope(objective_of(settings(layers, **others), network), network, picture)
    agrees(ours, exact(network, layer, formula, picture))


def test_best_match_feeds_back_the_guide(network: StagedNetwork, picture: Tensor, guide: Tensor) -> None:
    y = activations(network, "high", guide)[0].flatten(1)

    def formula(a: Tensor) -> Tensor:
        products = a[0].flatten(1).T @ y  # the whole matrix, as `objective_guide` has it
        return (a[0].flatten(1) * y[:, products.argmax(1)].detach()).sum()

    for layers, guiding in (("match(high)", "explicit"), ("high", "match")):
        ours = slope(objective_of(settings(layers, guiding=guiding), network, guide), network, picture)
        agrees(ours, exact(network, "high", formula, picture))


def test_best_match_in_blocks_is_that_of_the_whole_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(1)
    seen = torch.randn(16, 333, generator=generator, dtype=torch.float64)
    patterns = torch.randn(16, 257, generator=generator, dtype=torch.float64)
    monkeypatch.setattr(guides, "_BLOCK", 1000)
    monkeypatch.setattr(guides, "_GUIDE_BLOCK", 50)
    assert torch.equal(best_matches(seen, patterns), (patterns.T @ seen).argmax(0))


def test_channel_statistics_weigh_the_energy_by_the_guide(
    network: StagedNetwork, picture: Tensor, guide: Tensor
) -> None:
    sums = activations(network, "low", guide)[0].sum((1, 2))
    weights = (sums / sums.sum() ** 2)[:, None, None]
    ours = slope(objective_of(settings("statistics(low)"), network, guide), network, picture)
    agrees(ours, exact(network, "low", lambda a: 0.5 * (weights * a.square()).sum(), picture))


def test_style_draws_gram_matrices_together(network: StagedNetwork, picture: Tensor, guide: Tensor) -> None:
    def gram(a: Tensor) -> Tensor:
        return torch.einsum("chw,dhw->cd", a[0], a[0]) / a[0, 0].numel()

    wanted = gram(activations(network, "low", guide))

    def formula(a: Tensor) -> Tensor:
        return -0.25 * a[0, 0].numel() * (gram(a) - wanted).square().sum()

    ours = slope(objective_of(settings("style(low)"), network, guide), network, picture)
    agrees(ours, exact(network, "low", formula, picture))


def begun(objective: Objective, network: StagedNetwork, picture: Tensor, tiling: Tiling) -> Objective:
    for _ in objective.begin_octave(Slopes(network, objective, tiling, "float32").look(picture)):
        pass
    return objective


WHOLE = Tiling(1024, 16, 4)
TILES = Tiling(32, 16, 4)


@pytest.mark.parametrize("tiling", [WHOLE, TILES], ids=["whole", "tiles"])
@pytest.mark.parametrize(
    ("layers", "pick"),
    [
        ("low[strong 3]", lambda order: order[-3:]),
        ("low[weak 2]", lambda order: order[:2]),
        ("low[average 2]", lambda order: order[3:5]),
        ("low[not strong 3]", lambda order: order[:-3]),
    ],
)
def test_channels_are_chosen_by_their_strength_in_the_picture(
    network: StagedNetwork, picture: Tensor, tiling: Tiling, layers: str, pick: Callable[[list[int]], list[int]]
) -> None:
    order = activations(network, "low", picture)[0].sum((1, 2)).argsort().tolist()
    objective = begun(objective_of(settings(layers), network), network, picture, tiling)
    agrees(slope(objective, network, picture), exact(network, "low", some(*pick(order)), picture))


def test_each_picture_of_a_batch_has_its_own_strongest(network: StagedNetwork, picture: Tensor, guide: Tensor) -> None:
    other = 1 - picture.flip(-1)
    both = torch.cat([picture, other])
    objective = begun(objective_of(settings("low[weak 2]"), network), network, both, WHOLE)
    together = slope(objective, network, both)
    for one, ours in zip((picture, other), together.split(1), strict=True):
        alone = begun(objective_of(settings("low[weak 2]"), network), network, one, WHOLE)
        agrees(ours, slope(alone, network, one).double())


def tiled(
    objective: Objective, network: StagedNetwork, picture: Tensor, tiling: Tiling, shift: tuple[int, int]
) -> Tensor:
    target = torch.empty_like(picture)
    for _ in Slopes(network, objective, tiling, "float32").of(picture, shift, target):
        pass
    return target


@pytest.mark.parametrize(
    "layers",
    ["high", "low[1, 4]", "low[random 3]", "high[2]@0.5:0.3", "class(dog)", "match(high)", "statistics(low)"],
)  # fmt: skip
def test_tiles_add_up_to_the_whole(network: StagedNetwork, picture: Tensor, guide: Tensor, layers: str) -> None:
    objective = objective_of(settings(layers), network, guide)
    shift = (8, -12)
    pieces = tiled(objective, network, picture, TILES, shift)
    agrees(pieces, tiled(objective, network, picture, WHOLE, shift).double())


@pytest.mark.parametrize("wrap", [OPEN, Wrap(True, True)], ids=["open", "seamless"])
@pytest.mark.parametrize("tiling", [(1024, 16), (24, 16)], ids=["whole", "tiles"])
def test_a_unit_stays_at_its_place_under_jitter(network: StagedNetwork, wrap: Wrap, tiling: tuple[int, int]) -> None:
    picture = torch.rand(1, 3, 48, 64, generator=torch.Generator().manual_seed(5))
    objective = objective_of(settings("high[3 - 6]@0.75:0.25"), network)
    for shift in ((0, 0), (12, -20), (-9, 31)):
        moved = tiled(objective, network, picture, Tiling(*tiling, 4, wrap=wrap), shift)
        rows, columns = moved.abs().sum(1)[0].nonzero().unbind(1)
        # The unit (stride 4, seeing 9 pixels) stands at row 12 and column 48.
        assert 12 - 8 <= rows.min() <= 12 <= rows.max() <= 12 + 8
        assert 48 - 8 <= columns.min() <= 48 <= columns.max() <= 48 + 8


def test_a_unit_is_not_mistaken_for_its_mirror_image(network: StagedNetwork) -> None:
    picture = torch.rand(1, 3, 48, 64, generator=torch.Generator().manual_seed(5))
    objective = objective_of(settings("high[3 - 6]@0.02:0.02"), network)
    for shift in ((0, 0), (12, 12), (5, 9)):
        moved = tiled(objective, network, picture, Tiling(1024, 16, 4, jitter=12), shift)
        assert moved[..., :12, :12].any() and not moved[..., 16:, :].any() and not moved[..., 16:].any()


def test_a_unit_out_of_sight_pulls_nowhere(network: StagedNetwork) -> None:
    objective = objective_of(settings("high[3]@0.9:0.9"), network)
    corner = torch.rand(1, 3, 24, 24)
    assert not gradient(corner, network, objective, View(0, 0, 96, 96)).any()


def test_balance_lets_every_term_pull_as_its_weight_says(network: StagedNetwork, picture: Tensor) -> None:
    parts = [
        slope(objective_of(settings(layers), network), network, picture) for layers in ("low", "high[3]", "class(ant)")
    ]
    pulls = [part.abs().mean() for part in parts]
    assert max(pulls) > 10 * min(pulls), "nothing to balance"
    even = [part * torch.stack(pulls).mean() / pull for part, pull in zip(parts, pulls, strict=True)]
    expected = even[0] - 2 * even[1] + 0.5 * even[2]
    for tiling in (WHOLE, TILES):
        objective = objective_of(settings("low, -2*high[3], 0.5*class(ant)"), network)
        begun(objective, network, picture, tiling)
        agrees(slope(objective, network, picture), expected.double(), 1e-3)


def test_without_balance_the_terms_add_up_as_they_are(network: StagedNetwork, picture: Tensor) -> None:
    parts = [slope(objective_of(settings(layers), network), network, picture) for layers in ("low", "high")]
    objective = objective_of(settings("3*low, -high", balance=False), network)
    agrees(slope(begun(objective, network, picture, WHOLE), network, picture), (3 * parts[0] - parts[1]).double())


def test_a_term_that_pulls_nowhere_spoils_nothing(network: StagedNetwork, picture: Tensor) -> None:
    dead = copy.deepcopy(network)
    dead.get_submodule("stages.1.0").bias.data[3] = -1e6  # type: ignore[index]
    objective = begun(objective_of(settings("low, high[3]"), dead), dead, picture, WHOLE)
    ours = slope(objective, dead, picture)
    assert ours.isfinite().all() and ours.any()


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ("low[8]", "8 channels"),
        ("low[not 3, 9]", "8 channels"),
        ("low[not 0-7]", "none would be left"),
        ("low[11*1]", "8 channels"),
        ("high[strong 11]", "too many"),
        ("high[not weak 10]", "nothing"),
        ("match(low)", "guide picture"),
        ("class(cow)", "class"),
        ("class(4)", "class"),
    ],
)
def test_what_is_not_there_is_refused(network: StagedNetwork, layers: str, words: str) -> None:
    with pytest.raises(SettingError, match=words) as caught:
        objective_of(settings(layers), network)
    assert caught.value.field == "layers"


def test_an_unknown_layer_inside_a_guide_is_named(network: StagedNetwork, guide: Tensor) -> None:
    with pytest.raises(UnknownLayer, match="hihg"):
        objective_of(settings("style(hihg)"), network, guide)


def test_a_guide_changes_nothing_for_terms_that_say_what_they_want(
    network: StagedNetwork, picture: Tensor, guide: Tensor
) -> None:
    for layers, others in (("low[3]", {}), ("class(cat)", {}), ("low", {"guiding": "explicit"})):
        request = settings(layers, **others)
        with_guide, without = (
            slope(objective_of(request, network, given), network, picture) for given in (guide, None)
        )
        assert torch.equal(with_guide, without)


@pytest.mark.parametrize("size", [(1, 1), (3, 700), (1300, 1100)])
def test_a_guide_may_have_any_size(network: StagedNetwork, picture: Tensor, size: tuple[int, int]) -> None:
    guide = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(2))
    objective = objective_of(settings("match(high), style(low), statistics(high)", balance=False), network, guide)
    assert slope(objective, network, picture).isfinite().all()


def test_random_directions_differ_by_seed_alone(network: StagedNetwork, picture: Tensor) -> None:
    first, again, other = (
        slope(objective_of(settings(f"low[random {seed}]"), network), network, picture) for seed in (1, 1, 2)
    )
    assert torch.equal(first, again) and not torch.equal(first, other)
