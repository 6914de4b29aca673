"""Accounts and threads: every sum worked out again, by hand or from ONNX Runtime's maps."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from generator import contract, layout, models, sheets
from generator.domain import (
    Accounts,
    Evidence,
    Knots,
    Layer,
    LayerKind,
    Operation,
    Push,
    Window,
)
from generator.evidence import Weighted, evidence_of, weighted
from generator.models import backend
from tests.onnx_reference import LAYERS, OnnxVGG16, preprocessed
from tests.vgg16_network import imagenet_tensors

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Place = tuple[int, int]

IMAGE = "chelsea"
CONVOLUTIONS = tuple(name for name in LAYERS if "conv" in name)


# -- On the real network


@pytest.fixture(scope="module")
def maps(site: Path) -> dict[str, Floats]:
    """ONNX Runtime's maps of one image by layer; "" is what the network was fed."""
    with Image.open(site / layout.input_png("vgg16", IMAGE)) as opened:
        pixels = np.asarray(opened)
    return {"": preprocessed(pixels), **OnnxVGG16().run(pixels)}


@pytest.fixture(scope="module")
def numbers(site: Path) -> dict[str, Any]:
    """Each layer's JSON: the numbers of its sheet."""
    return {
        name: json.loads((site / layout.sheet_json("vgg16", IMAGE, name)).read_text("utf-8"))
        for name in LAYERS
    }


@pytest.fixture(scope="module")
def knots(site: Path) -> dict[str, Knots]:
    """The image's threads as written."""
    script = layout.threads_script("vgg16", IMAGE)
    return contract.read_knots(script, (site / script).read_text("utf-8"))


def written_accounts(site: Path, layer: str) -> Accounts:
    script = layout.evidence_script("vgg16", IMAGE, layer)
    return contract.read_accounts(script, (site / script).read_text("utf-8"))


def before(layer: str) -> str:
    """VGG16 is a chain: each layer is fed by the one before, the first by the pixels."""
    i = LAYERS.index(layer)
    return LAYERS[i - 1] if i else ""


def products_at(
    maps: dict[str, Floats], layer: str, channel: int, at: Place
) -> dict[Place, Doubles]:
    """Weight times activation at each place under the 3 x 3 kernel, a number a source channel.

    Places outside the map are zero padding and add nothing.
    """
    source = maps[before(layer)].astype(np.float64)
    kernel = imagenet_tensors()[layer][0].astype(np.float64)
    found = {}
    for u in range(3):
        for v in range(3):
            y, x = at[0] + u - 1, at[1] + v - 1
            if 0 <= y < source.shape[0] and 0 <= x < source.shape[1]:
                found[y, x] = kernel[u, v, :, channel] * source[y, x]
    return found


def pushes_at(products: dict[Place, Doubles]) -> Doubles:
    total: Doubles = np.sum(list(products.values()), axis=0)
    return total


def peaks(numbers: dict[str, Any], layer: str) -> dict[int, tuple[Place, float]]:
    """Place and value of each lit channel's strongest value, from the sheet's JSON."""
    return {
        c: ((facts["peaks"][0][0], facts["peaks"][0][1]), facts["peaks"][0][2])
        for c, facts in enumerate(numbers[layer]["channels"])
        if facts["peaks"]
    }


def strongest_inside(numbers: dict[str, Any], layer: str) -> int:
    """The channel whose strongest value is the largest of those away from the border."""
    return chosen(numbers, layer, border=False)


def strongest_at_the_border(numbers: dict[str, Any], layer: str) -> int:
    """The same of those at the border, where part of the window is padding."""
    return chosen(numbers, layer, border=True)


def chosen(numbers: dict[str, Any], layer: str, *, border: bool) -> int:
    last = numbers[layer]["tile_height"] - 1
    found = {
        c: value
        for c, (place, value) in peaks(numbers, layer).items()
        if border == (min(place) == 0 or max(place) == last)
    }
    return max(found, key=lambda c: found[c])


@pytest.mark.parametrize(
    ("layer", "choose"),
    [
        ("block1_conv1", strongest_inside),
        ("block1_conv2", strongest_at_the_border),
        ("block3_conv1", strongest_inside),
        ("block3_conv1", strongest_at_the_border),
        ("block5_conv2", strongest_inside),
        ("block5_conv2", strongest_at_the_border),
    ],
)
def test_an_account_is_the_sum_worked_out_term_by_term(
    site: Path,
    maps: dict[str, Floats],
    numbers: dict[str, Any],
    layer: str,
    choose: Callable[[dict[str, Any], str], int],
) -> None:
    """Fed by pixels, by a layer, by a pool, and deep down; inside and at the border.

    Each product is formed here from ONNX Runtime's maps. A push may be off by 1e-4 of all that
    pushes up; so that rounding decides nothing, a named channel need only be the hardest
    within that, and a count is exact but for pushes smaller than a hundredth of it.
    """
    channel = choose(numbers, layer)
    at, peak = peaks(numbers, layer)[channel]
    products = products_at(maps, layer, channel, at)
    assert (len(products) < 9) == (choose is strongest_at_the_border)
    pushes = pushes_at(products)
    bias = float(imagenet_tensors()[layer][1][channel])
    upward = float(pushes[pushes > 0].sum())
    near = 1e-4 * upward

    account = written_accounts(site, layer).of(channel)
    assert account
    width = maps[before(layer)].shape[1]
    rest = pushes.copy()
    for push in account.pushes:
        assert push.value == pytest.approx(pushes[push.channel], abs=near)
        assert push.value >= rest.max() - near, "an unnamed channel pushes harder"
        rest[push.channel] = -np.inf
        largest = max(product[push.channel] for product in products.values())
        there = products[divmod(push.place, width)][push.channel]
        assert there == pytest.approx(largest, abs=near)
    values = [push.value for push in account.pushes]
    assert values == sorted(values, reverse=True)
    assert len(values) == min(4, int((pushes > 0).sum()))

    others = rest[rest > 0]
    down = pushes[pushes < 0]
    doubtful = int(((pushes != 0) & (np.abs(pushes) < near / 100)).sum())
    assert account.more == pytest.approx(len(others), abs=doubtful)
    assert account.more_sum == pytest.approx(others.sum(), abs=near)
    assert account.down == pytest.approx(len(down), abs=doubtful)
    assert account.down_sum == pytest.approx(down.sum(), abs=near)
    assert account.nothing == pytest.approx((pushes == 0).sum(), abs=doubtful)
    assert len(values) + account.more + account.down + account.nothing == len(pushes)
    assert account.upward == pytest.approx(upward, abs=near)
    assert account.bias == pytest.approx(bias, rel=1e-5)
    assert account.total == pytest.approx(pushes.sum() + bias, abs=near)
    assert peak == pytest.approx(pushes.sum() + bias, abs=near)


@pytest.mark.parametrize("layer", CONVOLUTIONS)
def test_every_account_adds_up_to_the_channels_strongest_value(
    site: Path, maps: dict[str, Floats], numbers: dict[str, Any], layer: str
) -> None:
    """What pushes up, what pushes down and the bias make the total, each to six digits or more.

    A number of six digits is off by at most 5e-6 of itself. The total is the sheet's strongest
    value, and ONNX Runtime's value at that place, within 1e-4 of the layer's maximum. A channel
    has an account exactly if it is lit.
    """
    accounts = written_accounts(site, layer)
    lit = peaks(numbers, layer)
    assert accounts.channel == tuple(sorted(lit))
    tolerance = 1e-4 * float(maps[layer].max())
    for channel in range(maps[layer].shape[2]):
        account = accounts.of(channel)
        if account is None:
            assert maps[layer][..., channel].max() <= tolerance
            continue
        parts = (account.upward, account.down_sum, account.bias)
        digits = 5e-6 * sum(map(abs, (*parts, account.total)))
        assert sum(parts) == pytest.approx(account.total, abs=digits)
        named = [push.value for push in account.pushes]
        digits = 5e-6 * (sum(named) + account.more_sum + account.upward)
        assert sum(named) + account.more_sum == pytest.approx(account.upward, abs=digits)
        place, value = lit[channel]
        assert account.total == pytest.approx(value, abs=tolerance)
        assert account.total == pytest.approx(float(maps[layer][place][channel]), abs=tolerance)


def test_threads_are_what_following_the_hardest_push_gives(
    maps: dict[str, Floats], numbers: dict[str, Any], knots: dict[str, Knots]
) -> None:
    """From the strongest values of twelve deep channels down to the pixels, step by step.

    At a convolution the thread goes to the hardest push of the 3 x 3 window, there to the largest
    single product; at a pool to the maximum of 2 x 2. Shares in thousandths, one off at most.
    """
    lit = peaks(numbers, "block5_conv3")
    for channel in sorted(lit, key=lambda c: -lit[c][1])[:12]:
        rows = knots["block5_conv3"]
        at = lit[channel][0]
        knot = list(zip(rows.channel, rows.place, strict=True)).index((channel, at[0] * 14 + at[1]))
        for layer in reversed(LAYERS[: LAYERS.index("block5_conv3") + 1]):
            own = knots[layer]
            height, width = maps[layer].shape[:2]
            channel, at = own.channel[knot], divmod(own.place[knot], width)
            assert 0 <= at[0] < height
            source = before(layer)
            knot = own.following[knot]
            if not source:
                assert knot == -1, "behind the pixels there is nothing to follow"
                continue
            assert 0 <= knot < len(knots[source].channel)
            there = divmod(knots[source].place[knot], maps[source].shape[1])
            fed = knots[source].channel[knot]
            if "pool" in layer:
                square = maps[source][2 * at[0] : 2 * at[0] + 2, 2 * at[1] : 2 * at[1] + 2, channel]
                assert fed == channel
                assert there[0] // 2 == at[0] and there[1] // 2 == at[1]
                assert maps[source][there][channel] == square.max()
            else:
                products = products_at(maps, layer, channel, at)
                pushes = pushes_at(products)
                near = 1e-4 * pushes[pushes > 0].sum()
                assert pushes[fed] >= pushes.max() - near
                largest = max(product[fed] for product in products.values())
                assert products[there][fed] >= largest - near


def test_shares_are_thousandths_of_all_that_pushes_up(
    maps: dict[str, Floats], knots: dict[str, Knots]
) -> None:
    """Of 40 knots of each layer, the first one's fed by the pixels; a pool hands on all."""
    random = np.random.default_rng(5)
    for layer in LAYERS:
        own = knots[layer]
        width = maps[layer].shape[1]
        if "pool" in layer:
            assert set(own.share) <= {1000}
            continue
        for i in random.integers(len(own.channel), size=40):
            at = divmod(own.place[i], width)
            pushes = pushes_at(products_at(maps, layer, own.channel[i], at))
            upward = pushes[pushes > 0].sum()
            share = 1000 * max(pushes.max(), 0) / upward if upward else 0
            assert own.share[i] == pytest.approx(share, abs=1)


def test_knots_are_the_strongest_values_and_what_leads_down_from_them(
    numbers: dict[str, Any], knots: dict[str, Knots]
) -> None:
    """Each lit channel's strongest value is a knot; every other knot is followed by a thread.

    No value is a knot twice, and each knot leads to one of the layer before.
    """
    assert tuple(knots) == LAYERS
    arrived: set[int] = set()
    for layer in reversed(LAYERS):
        own = knots[layer]
        assert (
            len({len(column) for column in (own.channel, own.place, own.following, own.share)}) == 1
        )
        values = list(zip(own.channel, own.place, strict=True))
        assert len(set(values)) == len(values)
        width = numbers[layer]["tile_width"]
        lit = {(c, row * width + col) for c, ((row, col), _) in peaks(numbers, layer).items()}
        assert lit <= set(values)
        assert {value for i, value in enumerate(values) if i not in arrived} <= lit
        assert arrived <= set(range(len(values)))
        if before(layer):
            for following, share in zip(own.following, own.share, strict=True):
                assert (following >= 0) or (following == -1 and share == 0)
            arrived = {following for following in own.following if following >= 0}
        else:
            assert set(own.following) == {-1}


# -- By hand


def layer_of(
    name: str, values: Floats, operation: Operation | None, kind: LayerKind = "conv"
) -> Layer:
    """What ``evidence_of`` reads of a layer; the rest is of no account here."""
    height, width, channels = values.shape
    return Layer(
        name=name,
        kind=kind,
        activation="relu",
        signed=bool((values < 0).any()),
        block="block1",
        height=height,
        width=width,
        channels=channels,
        window=Window(1, 1, 1, 1, 0, 0),
        kernel=(1, 1),
        strides=(1, 1),
        parameters=0,
        multiply_adds=0,
        operation=operation,
    )


def array(values: Any) -> Floats:
    return np.array(values, dtype=np.float32)


def found_in(
    layers: list[Layer],
    maps: Mapping[str, Floats],
    inputs: Floats,
    kernels: Mapping[str, Weighted],
) -> Evidence:
    measured = {
        la.name: sheets.sheet_of(
            maps[la.name],
            model="m",
            image="i",
            layer=la.name,
            signed=la.signed,
        ).sheet
        for la in layers
    }
    return evidence_of(tuple(layers), maps, inputs, kernels, measured)


POINT = Operation("", (1, 1), (1, 1), (0, 0))
"""One value from one place."""


def test_one_value_from_one_place_by_hand() -> None:
    """1 x 2 - 2 x 3 + 4 x 5 and a bias of 0.5: 2 and 20 push up, -6 down, 16.5 in all.

    The strongest value lies at the second place; 20 of 22 are 909 thousandths.
    """
    inputs = array([[[1, 1, 1], [2, 3, 5]]])
    kernel = array([1, -2, 4]).reshape(1, 1, 3, 1)
    maps = {"c": array([[[3.5], [16.5]]])}
    found = found_in(
        [layer_of("c", maps["c"], POINT)], maps, inputs, {"c": weighted(kernel, array([0.5]))}
    )
    account = found.accounts["c"].of(0)
    assert account
    assert account.pushes == (Push(2, 20, 1), Push(0, 2, 1))
    assert (account.more, account.more_sum) == (0, 0)
    assert (account.down, account.down_sum, account.nothing) == (1, -6, 0)
    assert (account.upward, account.bias, account.total) == (22, 0.5, 16.5)
    assert found.knots["c"] == Knots((0,), (1,), (-1,), (909,))


def test_the_four_hardest_are_named_and_the_others_summed_up() -> None:
    """Of ten channels six push up, by 9, 8, 7, 6, 2 and 1; two down, by 3 and 4; two are still.

    One of those two is zero, the other weighs nothing.
    """
    inputs = array([[[2, 9, 0, 1, 3, 8, 4, 5, 6, 7]]])
    kernel = array([1, 1, 5, 1, -1, 1, -1, 0, 1, 1]).reshape(1, 1, 10, 1)
    maps = {"c": array([[[27]]])}
    found = found_in(
        [layer_of("c", maps["c"], POINT)], maps, inputs, {"c": weighted(kernel, array([1]))}
    )
    account = found.accounts["c"].of(0)
    assert account
    assert [(push.channel, push.value) for push in account.pushes] == [
        (1, 9),
        (5, 8),
        (9, 7),
        (8, 6),
    ]
    assert (account.more, account.more_sum) == (2, 3)
    assert (account.down, account.down_sum) == (2, -7)
    assert account.nothing == 2
    assert (account.upward, account.total) == (33, 27)
    assert found.knots["c"].share == (273,)


def test_of_equal_pushes_the_lower_channel_comes_first() -> None:
    """Three channels push by 2, one by 3."""
    inputs = array([[[2, 2, 3, 2]]])
    maps = {"c": array([[[9]]])}
    kernel = np.ones((1, 1, 4, 1), np.float32)
    found = found_in(
        [layer_of("c", maps["c"], POINT)], maps, inputs, {"c": weighted(kernel, array([0]))}
    )
    assert found.accounts["c"].who == ((2, 0, 1, 3),)


def test_of_very_many_equal_pushes_the_thread_follows_the_first_that_is_named() -> None:
    """512 channels push alike: the lowest four are named, and the thread goes to the first."""
    inputs = np.ones((1, 1, 512), np.float32)
    below = layer_of("below", inputs, POINT)
    above = array([[[512]]])
    maps = {"below": inputs, "c": above}
    kernels = {
        "below": weighted(np.ones((1, 1, 1, 512), np.float32), np.zeros(512, np.float32)),
        "c": weighted(np.ones((1, 1, 512, 1), np.float32), array([0])),
    }
    layers = [below, layer_of("c", above, replace(POINT, source="below"))]
    found = found_in(layers, maps, np.ones((1, 1, 1), np.float32), kernels)
    followed = found.knots["below"].channel[found.knots["c"].following[0]]
    assert followed == 0
    assert found.accounts["c"].who == ((0, 1, 2, 3),)


def test_uneven_padding_behind_a_stride() -> None:
    """4 values, 3 taps, stride 2: one zero is needed, and "same" puts it behind the last.

    Value 0 is 1 x 1 + 10 x 2 + 100 x 3; value 1 is 1 x 3 + 10 x 40 and a tap on padding.
    """
    inputs = array([1, 2, 3, 40]).reshape(1, 4, 1)
    kernel = array([1, 10, 100]).reshape(1, 3, 1, 1)
    maps = {"c": array([321, 403]).reshape(1, 2, 1)}
    how = Operation("", (1, 3), (1, 2), (0, 0))
    found = found_in(
        [layer_of("c", maps["c"], how)], maps, inputs, {"c": weighted(kernel, array([0]))}
    )
    account = found.accounts["c"].of(0)
    assert account
    assert account.pushes == (Push(0, 403, 3),)
    assert account.total == 403


def test_padding_before_the_first_adds_nothing() -> None:
    """3 x 3 at a corner with a zero above and on the left: four taps of nine touch the map.

    1 x 5 + 2 x 6 + 4 x 7 + 8 x 8 = 109; the largest product is the 64 at the lower right.
    """
    inputs = array([[5, 6], [7, 8]]).reshape(2, 2, 1)
    kernel = array([[900, 900, 900], [900, 1, 2], [900, 4, 8]]).reshape(3, 3, 1, 1)
    maps = {"c": array([[109]]).reshape(1, 1, 1)}
    how = Operation("", (3, 3), (2, 2), (1, 1))
    found = found_in(
        [layer_of("c", maps["c"], how)], maps, inputs, {"c": weighted(kernel, array([0]))}
    )
    account = found.accounts["c"].of(0)
    assert account
    assert account.pushes == (Push(0, 109, 3),)


def test_a_dilated_kernel_leaves_out_what_lies_between() -> None:
    """3 taps, 2 apart, centred on value 2 of five: 1 x 1 + 10 x 3 + 100 x 5; at value 1 one
    tap lies on padding.
    """
    inputs = array([1, 2, 3, 4, 5]).reshape(5, 1, 1)
    kernel = array([1, 10, 100]).reshape(3, 1, 1, 1)
    maps = {"c": array([310, 420, 531, 42, 53]).reshape(5, 1, 1)}
    how = Operation("", (3, 1), (1, 1), (2, 0), dilation=(2, 1))
    kernels = {"c": weighted(kernel, array([0]))}
    found = found_in([layer_of("c", maps["c"], how)], maps, inputs, kernels)
    account = found.accounts["c"].of(0)
    assert account and account.pushes == (Push(0, 531, 4),)
    maps = {"c": array([310, 420, 0, 42, 53]).reshape(5, 1, 1)}  # as if that were the strongest
    found = found_in([layer_of("c", maps["c"], how)], maps, inputs, kernels)
    account = found.accounts["c"].of(0)
    assert account and account.pushes == (Push(0, 420, 3),)


def test_a_value_that_its_bias_alone_lifts_has_no_thread() -> None:
    """Two channels pull down by 1 and 2, a third is zero, the bias of 5 leaves 2."""
    source = array([[[1, 2, 0]]])
    maps = {"s": source, "c": array([[[2]]])}
    kernels = {
        "s": weighted(np.ones((1, 1, 1, 3), np.float32), np.zeros(3, np.float32)),
        "c": weighted(array([-1, -1, 1]).reshape(1, 1, 3, 1), array([5])),
    }
    layers = [layer_of("s", source, POINT), layer_of("c", maps["c"], replace(POINT, source="s"))]
    found = found_in(layers, maps, array([[[1]]]), kernels)
    account = found.accounts["c"].of(0)
    assert account
    assert account.pushes == ()
    assert (account.more, account.down, account.nothing) == (0, 2, 1)
    assert (account.upward, account.down_sum, account.bias, account.total) == (0, -3, 5, 2)
    assert found.knots["c"] == Knots((0,), (0,), (-1,), (0,))
    assert found.knots["s"].channel == (0, 1), "nothing but the layer's own lit channels"


def test_a_silent_layer_has_no_account_and_stops_no_other() -> None:
    """A layer of zeros between two: no knots, no accounts; its neighbour lives on its bias."""
    lit, silent, last = array([[[3]]]), array([[[0, 0]]]), array([[[1]]])
    maps = {"a": lit, "b": silent, "c": last}
    layers = [
        layer_of("a", lit, POINT),
        layer_of("b", silent, replace(POINT, source="a")),
        layer_of("c", last, replace(POINT, source="b")),
    ]
    kernels = {
        "a": weighted(array([[[[3]]]]), array([0])),
        "b": weighted(array([[[[-1, -1]]]]), array([0, 0])),
        "c": weighted(array([1, 1]).reshape(1, 1, 2, 1), array([1])),
    }
    found = found_in(layers, maps, array([[[1]]]), kernels)
    assert "b" not in found.accounts or found.accounts["b"].channel == ()
    assert found.knots["b"] == Knots((), (), (), ())
    assert found.knots["c"] == Knots((0,), (0,), (-1,), (0,))
    account = found.accounts["c"].of(0)
    assert account
    assert (account.nothing, account.total) == (2, 1)
    assert found.accounts["a"].total == (3,)


def test_a_value_below_zero_has_neither_account_nor_thread() -> None:
    """A signed layer is ranked by magnitude: channel 0 is strongest at -4, channel 1 at 3."""
    values = array([[[-4, 3], [1, 2]]])
    kernel = array([-4, 3]).reshape(1, 1, 1, 2)
    maps = {"c": values}
    found = found_in(
        [layer_of("c", values, POINT)],
        maps,
        array([[[1], [2 / 3]]]),
        {"c": weighted(kernel, array([0, 0]))},
    )
    assert found.accounts["c"].channel == (1,)
    assert found.knots["c"].channel == (1,)


def test_a_thread_ends_at_a_layer_of_which_nothing_is_known() -> None:
    """It has knots, each the end of a thread, and no account."""
    source, above = array([[[2, 1]]]), array([[[4]]])
    maps = {"s": source, "c": above}
    layers = [layer_of("s", source, None), layer_of("c", above, replace(POINT, source="s"))]
    kernels = {"c": weighted(array([2, 0]).reshape(1, 1, 2, 1), array([0]))}
    found = found_in(layers, maps, array([[[1]]]), kernels)
    assert set(found.accounts) == {"c"}
    assert found.knots["s"] == Knots((0, 1), (0, 0), (-1, -1), (0, 0))
    assert found.knots["c"] == Knots((0,), (0,), (0,), (1000,))


def test_a_pool_hands_the_thread_to_its_maximum() -> None:
    """Of 3 x 3 values, the first row of them padding, the 7 at row 1, column 2 of the map."""
    source = array([[-1, -2, -3], [-4, -5, 7]]).reshape(2, 3, 1)
    pooled = array([[7]]).reshape(1, 1, 1)
    maps = {"s": source, "p": pooled}
    layers = [
        layer_of("s", source, None),
        layer_of("p", pooled, Operation("s", (3, 3), (2, 2), (1, 0)), "pool"),
    ]
    found = found_in(layers, maps, array([[[1]]]), {})
    assert found.accounts == {}
    assert found.knots["p"] == Knots((0,), (0,), (0,), (1000,))
    assert found.knots["s"] == Knots((0,), (5,), (-1,), (0,))


def test_padding_is_no_maximum_where_all_is_below_zero() -> None:
    """A pool of -5 above -3 with padding on top puts out -3, not the padding's 0.

    A weight of -2 makes 6 of it, so the thread passes there: to the -3 in row 1.
    """
    source, pooled, last = array([[[-5]], [[-3]]]), array([[[-3]]]), array([[[6]]])
    maps = {"s": source, "p": pooled, "c": last}
    layers = [
        layer_of("s", source, None),
        layer_of("p", pooled, Operation("s", (3, 1), (3, 1), (1, 0)), "pool"),
        layer_of("c", last, replace(POINT, source="p")),
    ]
    kernels = {"c": weighted(array([[[[-2]]]]), array([0]))}
    found = found_in(layers, maps, array([[[1]]]), kernels)
    assert found.knots["c"] == Knots((0,), (0,), (0,), (1000,))
    assert found.knots["p"] == Knots((0,), (0,), (0,), (1000,))
    assert found.knots["s"] == Knots((0,), (1,), (-1,), (0,))


def test_two_branches_share_the_knots_of_what_feeds_them() -> None:
    """One is pushed by the source's own strongest value, the other by a weaker one beside it."""
    source = array([[[5], [2]]])
    one, two = array([[[5], [0]]]), array([[[0], [2]]])
    maps = {"s": source, "one": one, "two": two}
    fed = replace(POINT, source="s")
    layers = [layer_of("s", source, None), layer_of("one", one, fed), layer_of("two", two, fed)]
    same = weighted(array([[[[1]]]]), array([0]))
    found = found_in(layers, maps, array([[[1]]]), {"one": same, "two": same})
    assert found.knots["s"] == Knots((0, 0), (0, 1), (-1, -1), (0, 0))
    assert found.knots["one"] == Knots((0,), (0,), (0,), (1000,))
    assert found.knots["two"] == Knots((0,), (1,), (1,), (1000,))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf], ids=str)
def test_what_is_made_of_a_number_that_is_none_has_no_account(bad: float) -> None:
    """Other values of the layer keep theirs, and what is written down is finite.

    The source's place 0 is bad in channel 1: the sum there is no number. Channel 1 of the layer
    above is strongest at place 1, far from it.
    """
    source = array([[[1, bad], [3, 1]]])
    above = array([[[9, 1], [2, 8]]])  # channel 0 is strongest over the bad one
    maps = {"s": source, "c": above}
    layers = [
        layer_of("s", array([[[1, 0], [3, 1]]]), None),
        layer_of("c", above, replace(POINT, source="s")),
    ]
    kernels = {"c": weighted(array([[1, 2], [1, 2]]).reshape(1, 1, 2, 2), array([0, 0]))}
    found = found_in(layers, maps, array([[[1]]]), kernels)
    accounts = found.accounts["c"]
    assert (accounts.channel, accounts.total) == ((1,), (8,))
    ends = dict(zip(found.knots["c"].channel, found.knots["c"].following, strict=True))
    assert ends[0] == -1
    assert found.knots["s"].channel[ends[1]] == 0
    text = contract.accounts_script("c.js", found.accounts["c"])
    text += contract.threads_script("threads.js", found.knots)
    assert "NaN" not in text and "Infinity" not in text


# -- Through Keras, layers of every make


SIZE = (11, 14)


@pytest.fixture(scope="module")
def odd_network() -> models.Network:
    """Strides on odd sides, holes, lines, no bias, branches, pools of both kinds, a sum."""
    keras = backend.keras()
    make = keras.layers
    keras.utils.set_random_seed(3)
    image = make.Input((*SIZE, 3))
    same = {"padding": "same", "activation": "relu"}
    a = make.Conv2D(6, 4, strides=2, bias_initializer="random_normal", name="a", **same)(image)
    pool = make.MaxPooling2D(3, strides=2, padding="same", name="pool")(a)
    b = make.Conv2D(5, 3, dilation_rate=(1, 2), use_bias=False, name="b", **same)(pool)
    c = make.Conv2D(5, (1, 5), bias_initializer="random_normal", name="c", **same)(pool)
    added = make.Add(name="added")([b, c])
    d = make.Conv2D(4, 2, activation="relu", name="d")(added)
    mean = make.AveragePooling2D(2, strides=1, name="mean")(a)
    e = make.Conv2D(4, 2, strides=(1, 2), activation="relu", name="e")(mean)
    model = keras.Model(image, [d, e], name="odd")
    # not what is added: there the thread ends
    names = ["a", "pool", "b", "c", "d", "mean", "e"]
    return models.wrap(model, layers=names, trained=False)


def test_pushes_are_what_keras_computes_from_one_channel_at_a_time(
    odd_network: models.Network,
) -> None:
    """A layer is run on its source with all channels but one put out: that channel's push.

    Strides of 2 on odd sides, holes in the kernel, lines, a layer without a bias; all channels
    of all convolutions whose source is known, within float rounding.
    """
    inputs, maps, found = ran(odd_network)
    assert set(found.accounts) == {"a", "b", "c", "e"}
    compared = 0
    for layer in odd_network.spec.layers:
        if layer.name not in found.accounts or layer.operation is None:
            continue
        source = maps.get(layer.operation.source, inputs)
        fed = source.shape[2]
        alone = np.eye(fed, dtype=np.float32)[:, None, None, :] * source  # (fed, h, w, fed)
        keras_layer = odd_network.graph.get_layer(layer.name)
        kernel, bias = odd_network.kernel(layer.name) or (None, None)
        assert kernel is not None and bias is not None
        linear = backend.keras().layers.Conv2D.from_config(
            keras_layer.get_config() | {"activation": "linear", "use_bias": False}
        )
        linear.build((None, *source.shape))
        linear.set_weights([kernel])
        pushes = np.asarray(linear(alone), dtype=np.float64)  # (fed, height, width, out)
        for channel, place in enumerate(
            maps[layer.name].reshape(-1, layer.channels).argmax(axis=0)
        ):
            mine = pushes.reshape(fed, -1, layer.channels)[:, place, channel]
            value = float(maps[layer.name].reshape(-1, layer.channels)[place, channel])
            account = found.accounts[layer.name].of(channel)
            if value == 0:
                assert account is None
                continue
            assert account
            near = 1e-5 * np.abs(mine).sum()
            for push in account.pushes:
                assert push.value == pytest.approx(mine[push.channel], abs=near)
            best = np.sort(mine[mine > 0])[::-1][:4]
            assert [push.value for push in account.pushes] == pytest.approx(best, abs=near)
            assert account.bias == pytest.approx(float(bias[channel]), rel=1e-5)
            assert account.total == pytest.approx(value, abs=near)
            compared += 1
    assert compared >= 12, "nearly all channels are silent: the test would be empty"


def test_threads_of_odd_layers_lead_to_values_that_can_be_seen(
    odd_network: models.Network,
) -> None:
    """Both branches lead into the pool, the pool to a maximum of its square in the first layer.

    After an average, or behind a sum that is not captured, threads end.
    """
    _, maps, found = ran(odd_network)
    for name in ("b", "c"):
        for following in found.knots[name].following:
            assert following == -1 or 0 <= following < len(found.knots["pool"].channel)
    pool, first = found.knots["pool"], found.knots["a"]
    _, width, _ = maps["pool"].shape
    for channel, place, following in zip(pool.channel, pool.place, pool.following, strict=True):
        row, column = divmod(place, width)
        assert first.channel[following] == channel
        value = maps["a"].reshape(-1, 6)[first.place[following], channel]
        assert value == maps["pool"][row, column, channel]
    assert len(first.channel) > 6, "the threads reach no value but the strongest"
    for name in ("d", "mean"):
        assert set(found.knots[name].following) == {-1}
        assert set(found.knots[name].share) == {0}


def ran(network: models.Network) -> tuple[Floats, dict[str, Floats], Evidence]:
    """An input of noise, its maps and their evidence."""
    inputs = np.random.default_rng(8).uniform(-1, 1, (*SIZE, 3)).astype(np.float32)
    outputs = network.graph(inputs[None], training=False)
    layers = network.spec.layers
    maps = {la.name: np.asarray(out)[0] for la, out in zip(layers, outputs, strict=True)}
    found = {la.name: network.kernel(la.name) for la in layers}
    kernels = {name: weighted(*pair) for name, pair in found.items() if pair}
    return inputs, maps, found_in(list(layers), maps, inputs, kernels)


def test_a_convolution_without_a_bias_has_one_of_zeros(odd_network: models.Network) -> None:
    """Its accounts say 0, and add up."""
    _, _, found = ran(odd_network)
    accounts = found.accounts["b"]
    assert accounts.channel
    assert set(accounts.bias) == {0}
    for up, down, total in zip(accounts.upward, accounts.down_sum, accounts.total, strict=True):
        assert up + down == pytest.approx(total, abs=1.5e-5 * up)


# -- As scripts


def sample() -> tuple[Accounts, dict[str, Knots]]:
    accounts = Accounts(
        channel=(0, 7),
        who=((3, 1), (1, 0)),
        value=((2.5, 1.25e-07), (4.0, -1.0)),
        place=((12, 3), (0, 1)),
        more=(0, 5),
        more_sum=(0.0, 1.5),
        down=(1, 0),
        down_sum=(-0.125, 0.0),
        nothing=(4, 2),
        upward=(2.5, 5.5),
        bias=(0.1, -0.25),
        total=(2.475, 4.25),
    )
    knots = {
        "</script><b>\u2028": Knots((1,), (2,), (-1,), (0,)),
        "empty": Knots((), (), (), ()),
    }
    return accounts, knots


def test_what_a_script_holds_can_be_read_back() -> None:
    """Accounts and knots, empty ones too, are the same after a way through text."""
    accounts, knots = sample()
    nothing = Accounts(*(() for _ in fields(Accounts)))
    for given in (accounts, nothing):
        assert contract.read_accounts("e/l.js", contract.accounts_script("e/l.js", given)) == given
    assert contract.read_knots("t.js", contract.threads_script("t.js", knots)) == knots


def test_a_script_hands_over_one_object_under_its_own_path() -> None:
    """``window.layerlightData["sheets/m/i/threads"]``, JSON and nothing else behind the sign.

    No "</script>" and no line end but the last, whatever a layer is called.
    """
    accounts, knots = sample()
    for path, key, text in (
        (
            layout.threads_script("m", "i"),
            "sheets/m/i/threads",
            contract.threads_script(layout.threads_script("m", "i"), knots),
        ),
        (
            layout.evidence_script("m", "i", "conv"),
            "sheets/m/i/evidence/conv",
            contract.accounts_script(layout.evidence_script("m", "i", "conv"), accounts),
        ),
    ):
        assert path == f"{key}.js"
        start = f'(window.layerlightData=window.layerlightData||{{}})["{key}"]='
        assert text.startswith(start) and text.endswith(";\n")
        data = json.loads(text[len(start) : -2])
        assert isinstance(data, dict)
        assert "<" not in text
        assert len(text.splitlines()) == 1
