"""Networks and images side by side: numbers by hand, a gallery's against Keras and numpy."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Sequence
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from generator import models
from generator.building import build
from generator.comparing import compare, one_architecture
from generator.config import Against, Config
from generator.contrast import by_change, contrast, cut_out
from generator.encode import read_png
from generator.errors import ConfigError, TextError
from generator.models.backend import keras
from generator.sheets import sheet_of, tile
from tests.small_networks import branched, gated, maps_of, plain, saved

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]


def _noise(count: int, side: int, seed: int = 0) -> list[Bytes]:
    """Images with areas of one colour, so that cells differ."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (count, side // 4, side // 4, 3), dtype=np.uint8)
    return [*coarse.repeat(4, axis=1).repeat(4, axis=2)]


def _both(images: Sequence[Bytes]) -> list[tuple[Bytes, Bytes]]:
    return [(image, image) for image in images]


# -- Two networks, by hand


def test_a_network_is_just_like_itself() -> None:
    """CKA 1 on the diagonal and nowhere more; no channel changed, no weight moved."""
    network = models.wrap(plain(), preprocess="0-1")
    found = compare(network, network, _both(_noise(5, 32)))
    matrix = np.array(found.similarity, dtype=np.float64)
    np.testing.assert_allclose(np.diag(matrix), 1, atol=1e-4)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-4)
    assert matrix.max() <= 1.0001
    assert found.beside == (0, 1, 2) and found.one_architecture
    assert found.figures[0] == found.figures[1]
    for layer in found.first.layers:
        change = found.changes[layer.name]
        assert change.factor == pytest.approx(1)
        assert max(change.change) == pytest.approx(0, abs=1e-7)
        assert all(r is None or r == pytest.approx(1) for r in change.correlation)
    assert sorted(found.weights) == ["first", "second"]
    for moved in found.weights.values():
        assert moved.relative == 0 and moved.cosine == pytest.approx(1)


def _two_colours(*taps: tuple[int, int, float], name: str) -> Any:
    """One convolution of one pixel: (colour, channel, weight) each, all else 0."""
    module = keras()
    image = module.Input((8, 8, 3))
    layer = module.layers.Conv2D(2, 1, activation="relu", use_bias=False, name="conv")
    model = module.Model(image, layer(image), name=name)
    kernel = np.zeros((1, 1, 3, 2), dtype=np.float32)
    for colour, channel, weight in taps:
        kernel[0, 0, colour, channel] = weight
    layer.set_weights([kernel])
    return model


def test_two_networks_of_one_architecture_by_hand() -> None:
    """First: red and green; second: twice the red and twice the blue. Green and blue are as strong
    and never at one place.
    """
    first = models.wrap(_two_colours((0, 0, 1), (1, 1, 1), name="one"))
    second = models.wrap(_two_colours((0, 0, 2), (2, 1, 2), name="two"))
    image = np.zeros((8, 8, 3), dtype=np.uint8)
    image[:4, :, 0] = 100  # 32 places
    image[:2, :, 1] = 50  # 16,
    image[6:, :, 2] = 50  # and as many others
    found = compare(first, second, _both([image, image.transpose(1, 0, 2)]))
    change = found.changes["conv"]
    # the layer is twice as strong, which is taken out: nothing is left of the first channel's
    assert change.factor == pytest.approx(2)
    # |G - B| / (|G| + |B|) of two that never meet: the root of 2 over 2
    assert change.change == pytest.approx((0, 2**0.5 / 2), abs=1e-6)
    assert change.ranked == (1, 0)
    # places are both, green alone, blue alone: a quarter of each; r = -(1/16) / (3/16)
    assert [*change.correlation] == pytest.approx([1, -1 / 3])
    # kernels: (1 + 1 + 4) of (1 + 1); 2 of the root of 2 times the root of 8
    assert found.weights["conv"].relative == pytest.approx(3**0.5)
    assert found.weights["conv"].cosine == pytest.approx(0.5)
    one, two = (figures["conv"] for figures in found.figures)
    # 32 of 64 places with 100 and 16 with 50, over two channels
    assert one.strength == pytest.approx((32 * 100 + 16 * 50) / 128)
    assert two.strength == pytest.approx(2 * one.strength)
    assert one.zero_share == two.zero_share == (32 + 48) / 128
    assert (one.rank_limit, found.images, found.side) == (2, 2, 7)


def _by_least_squares(a: Floats, b: Floats, cells: int) -> float:
    """CKA of examples x channels, the additive part fitted to all pairs of two images."""
    image = np.arange(len(a)) // cells
    pairs = (image[:, None] != image).astype(np.float64)
    left = []
    for x in (a, b):
        gram = (x - x.mean(axis=0)) @ (x - x.mean(axis=0)).T * pairs
        # a_i + a_j for each pair, by the normal equations
        equations = np.diag(pairs.sum(axis=1)) + pairs
        fitted = np.linalg.lstsq(equations, gram.sum(axis=1), rcond=None)[0]
        left.append((gram - fitted[:, None] - fitted) * pairs)
    product = float((left[0] * left[1]).sum())
    return product / float(np.linalg.norm(left[0]) * np.linalg.norm(left[1]))


def _cells(maps: NDArray[np.float32], side: int) -> Floats:
    """Maps (n, side * k, side * k, c) -> (n * side * side, c), each cell k x k values."""
    n, height, _, channels = maps.shape
    k = height // side
    split = maps.astype(np.float64).reshape(n, side, k, side, k, channels)
    means: Floats = split.mean(axis=(2, 4)).reshape(-1, channels)
    return means


def test_similarity_is_that_of_keras_and_least_squares() -> None:
    """Two architectures of other sizes, layer by layer, over images of more than one batch.

    Both are called by Keras, and CKA is fitted by a general solver.
    """
    module = keras()
    module.utils.set_random_seed(4)
    ends = []
    for side, width in ((28, 5), (14, 3)):
        image = module.Input((side, side, 3))
        x = module.layers.Conv2D(width, 3, padding="same", activation="relu", name="a")(image)
        ends.append(module.Model(image, module.layers.AveragePooling2D(2, name="b")(x)))
    large = _noise(6, 28)
    small = [np.ascontiguousarray(image[::2, ::2]) for image in large]
    networks = [models.wrap(model, preprocess="0-1") for model in ends]
    found = compare(networks[0], networks[1], [*zip(large, small, strict=True)])
    assert not found.one_architecture and not found.changes and not found.weights
    examples = [
        [_cells(maps, 7) for maps in maps_of(model, ["a", "b"], np.stack(images))]
        for model, images in zip(ends, (large, small), strict=True)
    ]
    expected = [[_by_least_squares(a, b, 49) for b in examples[1]] for a in examples[0]]
    np.testing.assert_allclose(np.array(found.similarity, dtype=np.float64), expected, atol=1e-4)
    for figures, model, images in zip(found.figures, ends, (large, small), strict=True):
        maps = maps_of(model, ["a", "b"], np.stack(images))
        for name, own in zip(["a", "b"], maps, strict=True):
            assert figures[name].strength == pytest.approx(np.abs(own).mean(), rel=1e-5)
            assert figures[name].zero_share == pytest.approx((own == 0).mean(), abs=1e-4)
            centred = _cells(own, 7) - _cells(own, 7).mean(axis=0)
            share = np.linalg.svd(centred, compute_uv=False)
            share = share[share > 0] / share.sum()
            rank = float(np.exp(-(share * np.log(share)).sum()))
            assert figures[name].effective_rank == pytest.approx(rank, rel=1e-4)


def test_one_image_has_no_similarity() -> None:
    """There is no pair of images; the other figures are there."""
    network = models.wrap(plain())
    found = compare(network, network, _both(_noise(1, 32)))
    assert {value for row in found.similarity for value in row} == {None}
    assert found.figures[0]["first"].strength > 0
    assert found.changes["first"].factor == pytest.approx(1)


def test_an_architecture_is_its_layers_and_their_sizes() -> None:
    """Not its name nor its weights; another size is another plan."""
    one, other = (models.wrap(plain(seed)).spec for seed in (1, 2))
    assert one_architecture(one, other)
    assert not one_architecture(one, models.wrap(branched()).spec)
    assert not one_architecture(one, models.wrap(plain(), layers=["first"]).spec)


def _numbered(seed: int, hidden: int = 4) -> Any:
    """Layers that Keras names, and goes on counting from one network to the next."""
    module = keras()
    module.utils.set_random_seed(seed)
    layers = module.layers
    image = module.Input((32, 32, 3))
    x = layers.MaxPooling2D()(layers.Conv2D(hidden, 3, activation="relu")(image))
    return module.Model(image, layers.Conv2D(5, 3, activation="relu")(x))


def test_keras_numbers_behind_names_make_no_other_architecture() -> None:
    """The later of two copies has conv2d_3 where the first has conv2d_1: figures stand by place."""
    first, second = (models.wrap(_numbered(seed), preprocess="0-1") for seed in (1, 2))
    names = [[la.name for la in one.spec.layers] for one in (first, second)]
    assert not set(names[0]) & set(names[1])  # or there is nothing to look at
    found = compare(first, second, _both(_noise(2, 32)))
    assert found.one_architecture and found.beside == (0, 1, 2)
    assert [*found.changes] == names[0]
    assert [found.counterpart(la).name for la in found.first.layers] == names[1]
    both = [*zip((first, second), names, strict=True)]
    for place in (0, 2):
        kernels = [one.raw_kernels[own[place]] for one, own in both]
        moved = np.linalg.norm(kernels[1] - kernels[0]) / np.linalg.norm(kernels[0])
        assert found.weights[names[0][place]].relative == pytest.approx(moved, rel=1e-5)
    assert not one_architecture(first.spec, models.wrap(_numbered(1, hidden=6)).spec)


def test_a_network_that_was_never_trained_makes_the_comparison_so() -> None:
    """Either of the two."""
    trained, raw = (models.wrap(plain(), trained=flag) for flag in (True, False))
    images = _both(_noise(2, 32))
    assert compare(trained, trained, images).trained
    assert not compare(trained, raw, images).trained
    assert not compare(raw, trained, images).trained


# -- Maps on one scale, by hand


def _maps(*channels: Sequence[Sequence[float]]) -> NDArray[np.float32]:
    return np.array(channels, dtype=np.float32)


def test_a_contrast_by_hand() -> None:
    """From 0 to the larger of the two maps' strongest; the difference around grey 128.

    The second is doubled first: [[2, 4], [0, 2]]. Both on 4: quarters of 255, and of 127.
    """
    drawn = contrast(
        "conv", [7], _maps([[0, 2], [4, 1]]), _maps([[1, 2], [0, 1]]), signed=False, factor=2.0
    )
    assert drawn.maps.tolist() == [[0, 128], [255, 64], [0, 0], [128, 255], [0, 128]]
    # 2, 2, -4 and 1 of 4
    assert drawn.change.tolist() == [[192, 192], [1, 160]]
    facts = drawn.contrast
    assert (facts.layer, facts.channels, facts.tops, facts.factor) == ("conv", (7,), (4.0,), 2.0)
    # in its own units: not doubled
    assert (facts.first, facts.second) == ((1.75,), (1.0,))


def test_channels_stand_beside_each_other_each_on_its_own_scale() -> None:
    """Two columns; the second channel's 1 is as bright as the first one's 10."""
    drawn = contrast(
        "conv", [3, 1], _maps([[10, 0]], [[0, 0.5]]), _maps([[5, 0]], [[1, 0]]), signed=False
    )
    assert drawn.maps.tolist() == [
        [255, 0, 0, 0, 128],
        [0, 0, 0, 0, 0],
        [128, 0, 0, 255, 0],
    ]
    # -5 of 10, and 1 and -0.5 of 1
    assert drawn.change.tolist() == [[64, 128, 128, 255, 64]]
    assert drawn.contrast.tops == (10.0, 1.0)


def test_one_top_for_all_cuts_what_is_above() -> None:
    """Of two images the scale is the layer's."""
    drawn = contrast(
        "conv", [0, 1], _maps([[1, 4]], [[2, 0]]), _maps([[2, 0]], [[0, 0]]), signed=False, top=2.0
    )
    assert drawn.maps[0].tolist() == [128, 255, 0, 255, 0]
    assert drawn.maps[2].tolist() == [255, 0, 0, 0, 0]
    assert drawn.change.tolist() == [[192, 1, 128, 1, 128]]
    assert drawn.contrast.tops == (2.0, 2.0)


def test_signed_maps_have_their_zero_in_the_middle() -> None:
    """-4 to 4 are 1 to 255, and what is between the maps is 128; a larger change is cut."""
    drawn = contrast(
        "conv", [0, 1], _maps([[-4, 0]], [[1, 1]]), _maps([[4, 2]], [[1, 1]]), signed=True
    )
    assert drawn.maps.tolist() == [
        [1, 128, 128, 255, 255],
        [128] * 5,
        [255, 192, 128, 255, 255],
    ]
    assert drawn.change.tolist() == [[255, 192, 128, 128, 128]]


def test_a_channel_that_is_silent_in_both_is_dark() -> None:
    """Nothing divides by 0."""
    drawn = contrast("conv", [0], _maps([[0, 0]]), _maps([[0, 0]]), signed=False)
    assert drawn.maps.tolist() == [[0, 0], [0, 0], [0, 0]]
    assert drawn.change.tolist() == [[128, 128]]
    assert drawn.contrast.tops == (0.0,)


def test_large_maps_are_reduced_by_their_largest() -> None:
    """The difference too, after it was taken: by the largest magnitude, whatever its sign."""
    first, second = _maps([[0, 0, 4, 0]] * 2), _maps([[0, 1, 0, 0]] * 2)
    drawn = contrast("conv", [0], first, second, signed=False, reduced=2)
    assert drawn.maps.tolist() == [[0, 255], [0, 0], [64, 0]]
    assert drawn.change.tolist() == [[160, 1]]


def test_maps_come_back_out_of_a_sheet() -> None:
    """Some channels in the order asked for, to half a grey step; zero exactly."""
    random = np.random.default_rng(3)
    values = random.normal(0, 5, (9, 4, 6)).astype(np.float32)
    values[:, 1] = 0
    for signed in (True, False):
        maps = values if signed else np.maximum(values, 0)
        turned = np.moveaxis(maps, 0, -1)  # (c, h, w) -> (h, w, c)
        sheet, grey, _ = sheet_of(turned, model="m", image="i", layer="conv", signed=signed)
        found = cut_out(tile(grey, sheet.columns, signed=signed), sheet, [8, 0, 5])
        steps = np.array(
            [(sheet.channels[c].high - sheet.channels[c].low) / 255 for c in (8, 0, 5)]
        )
        assert (np.abs(found - maps[[8, 0, 5]]) <= steps[:, None, None] * 0.501).all()
        assert np.abs(found[:, 1]).max() < 1e-5


def test_channels_whose_mean_moved_furthest_come_first() -> None:
    """By how much, not by how many times; of two the lower number."""
    means = ([1, 10, 5, 0, 2], [2, 14, 5, 4, 1])  # moved by 1, 4, 0, 4, 1
    first, second = (
        sheet_of(
            np.array(each, dtype=np.float32).reshape(1, 1, 5),
            model="m", image="i", layer="conv", signed=False,
        )[0]
        for each in means
    )  # fmt: skip
    assert by_change(first, second) == (1, 3, 0, 4, 2)
    assert by_change(first, second, count=2) == (1, 3)


# -- A gallery


class Built(NamedTuple):
    """A gallery of three networks, of which two are of one name and architecture."""

    site: Path
    images: dict[str, Bytes]
    """What a network of 32 pixels sees of each, by id."""
    networks: dict[str, Any]
    """Keras's, by id."""


def _inputs(folder: Path, count: int = 3) -> dict[str, Bytes]:
    folder.mkdir(parents=True)
    images = {
        name: pixels
        for name, pixels in zip(("one", "three", "two"), _noise(count, 32, 5), strict=False)
    }
    for name, pixels in images.items():
        Image.fromarray(pixels).save(folder / f"{name}.png")
    return images


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Three images, a network, a later one of the same name, another, and a pair of images."""
    folder = tmp_path_factory.mktemp("compared")
    images = _inputs(folder / "in")
    networks = {"mine": plain(1), "mine-2": plain(2), "branched": branched()}
    first = saved(networks["mine"], folder / "mine.keras")
    later = saved(networks["mine-2"], folder / "later" / "mine.keras")
    other = saved(networks["branched"], folder / "branched.keras")
    site = folder / "site"
    build(
        Config(
            inputs=folder / "in", output=site, model=str(first), pairs=(("two", "one"),),
            against=(Against(str(later)), Against(str(other), preprocess="tf")),
        )
    )  # fmt: skip
    return Built(site, images, networks)


def _text(page: Path) -> str:
    """What a reader reads, with spaces of one kind."""
    bare = re.sub(r"<(style|script)\b.*?</\1>", " ", page.read_text(encoding="utf-8"), flags=re.S)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", bare)).replace("\u202f", " "))


def _layer_table(page: Path) -> list[list[str]]:
    """The cells of the table of layer beside layer."""
    html = page.read_text(encoding="utf-8")
    table = html.split('id="layers"', 1)[1].split("</table>")[0]
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", table, re.S)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in rows]
    return [
        [
            re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", cell)))
            .strip()
            .replace("\u202f", " ")
            for cell in row
        ]
        for row in cells
    ]


def _sheet_maps(site: Path, model: str, image: str, layer: str) -> NDArray[np.float64]:
    """A sheet's values (channels, height, width), by the output contract alone."""
    facts = json.loads((site / f"sheets/{model}/{image}/{layer}.json").read_text())
    grey = read_png((site / f"sheets/{model}/{image}/{layer}.png").read_bytes()).astype(float)
    found = []
    for c, channel in enumerate(facts["channels"]):
        top = c // facts["columns"] * (facts["tile_height"] + facts["gap"])
        left = c % facts["columns"] * (facts["tile_width"] + facts["gap"])
        part = grey[top : top + facts["tile_height"], left : left + facts["tile_width"]]
        found.append(channel["low"] + (channel["high"] - channel["low"]) * part / 255)
    return np.stack(found)


def _number(shown: str) -> float:
    return float(shown.replace("\u2212", "-").replace(",", ""))


def _close(shown: str, value: float) -> bool:
    """Whether a number as the pages write it is this one, to its last digit."""
    exponent = Decimal(shown.replace("\u2212", "-").replace(",", "")).as_tuple().exponent
    return abs(_number(shown) - value) <= 0.51 * 10.0 ** int(exponent)


def _all_maps(built: Built, model: str) -> dict[str, NDArray[np.float32]]:
    """Of all images, by layer, (n, height, width, channels), from Keras itself."""
    names = ["first", "pool", "second"]
    maps = maps_of(built.networks[model], names, np.stack([*built.images.values()]))
    return dict(zip(names, maps, strict=True))


def test_a_gallery_has_a_page_for_each_comparison(built: Built) -> None:
    """Of two networks, of each image in both, of each layer if they are of one architecture, and
    of two images; each network's own pages beside the first one's.
    """
    expected = {
        "compare/index.html",
        *(f"compare/{pair}/index.html" for pair in ("mine_mine-2", "mine_branched")),
        *(f"compare/{pair}/comparison.json" for pair in ("mine_mine-2", "mine_branched")),
        *(f"compare/{pair}/similarity.csv" for pair in ("mine_mine-2", "mine_branched")),
        *(f"compare/{pair}/similarity.png" for pair in ("mine_mine-2", "mine_branched")),
        *(f"compare/mine_branched/images/{image}.html" for image in built.images),
        *(f"compare/mine_mine-2/layers/{layer}.html" for layer in ("first", "pool", "second")),
        "compare/images/two_one.html",
        "images/one/index.html",
        "images/one/mine/second.html",
        "images/one/mine-2/index.html",
        "images/one/branched/sum.html",
        *(f"models/{model}/index.html" for model in built.networks),
        "layers/mine-2/second.html",
        "sheets/branched/two/sum.json",
    }
    assert not {path for path in expected if not (built.site / path).is_file()}
    assert not (built.site / "compare/mine_branched/layers").exists()
    front = (built.site / "compare/index.html").read_text(encoding="utf-8")
    for target in ("mine_mine-2/index.html", "mine_branched/index.html", "images/two_one.html"):
        assert f'href="{target}"' in front


def test_every_network_is_in_the_list(built: Built) -> None:
    """In the order asked for, with ids that differ though the names do not."""
    listed = json.loads((built.site / "gallery.json").read_text(encoding="utf-8"))["models"]
    assert [(one["id"], one["title"]) for one in listed] == [
        ("mine", "mine"),
        ("mine-2", "mine (2)"),
        ("branched", "branched"),
    ]
    assert [one["weights"]["source"] for one in listed] == [
        "file mine.keras",
        "file mine.keras",
        "file branched.keras",
    ]
    assert len({one["weights"]["sha256"] for one in listed}) == 3
    assert listed[2]["input"]["preprocessing"] == "RGB from \u22121 to 1"
    assert (listed[2]["input"]["height"], listed[2]["layers"][2]["kind"]) == (24, "merge")


def test_sheets_of_every_network_hold_what_keras_computes(built: Built) -> None:
    """To half a grey step; the second of one name is not the first."""
    for model in ("mine", "mine-2"):
        for layer, maps in _all_maps(built, model).items():
            for image, own in zip(built.images, maps, strict=True):
                found = _sheet_maps(built.site, model, image, layer)
                facts = json.loads(
                    (built.site / f"sheets/{model}/{image}/{layer}.json").read_text()
                )
                steps = [(c["high"] - c["low"]) / 255 for c in facts["channels"]]
                apart = np.abs(found - own.transpose(2, 0, 1)).max(axis=(1, 2))
                assert (apart <= np.array(steps) * 0.51 + 1e-6).all(), (model, layer, image)


def test_the_page_of_two_networks_says_what_keras_computes(built: Built) -> None:
    """Zeros, ranks, strength and channels of every layer, from a forward pass of Keras."""
    page = built.site / "compare/mine_mine-2/index.html"
    rows = [row for row in _layer_table(page) if len(row) == 10]
    assert [row[0] for row in rows] == ["first", "pool", "second"]
    one, two = (_all_maps(built, model) for model in ("mine", "mine-2"))
    for name, _, *zeros_and_ranks, weights, norm, silent, most in rows:
        a, b = one[name].astype(float), two[name].astype(float)
        shares = [float((maps == 0).mean()) for maps in (a, b)]
        for shown, share in zip(zeros_and_ranks[:2], shares, strict=True):
            assert abs(_number(shown.removesuffix(" %").split()[-1]) - 100 * share) <= 1
        factor = np.linalg.norm(b) / np.linalg.norm(a)
        assert _close(norm, float(factor))
        scaled = b / factor
        norms = [np.sqrt((x**2).sum(axis=(0, 1, 2))) for x in (a, scaled, a - scaled)]
        change = norms[2] / np.maximum(norms[0] + norms[1], 1e-30)
        named = re.findall(r"#(\d+) \((\d+) %\)", most)
        varied = np.all([np.ptp(x, axis=(0, 1, 2)) > 0 for x in (a, b)], axis=0)
        assert silent == f"{(~varied).sum()} of {len(varied)}"
        order = [c for c in np.argsort(-change, kind="stable").tolist() if varied[c]]
        assert [int(c) for c, _ in named] == order[:3]
        assert all(abs(int(by) - 100 * change[int(c)]) <= 0.51 for c, by in named)
        if name != "pool":
            kernels = [
                built.networks[model].get_layer(name).get_weights()[0]
                for model in ("mine", "mine-2")
            ]
            moved = np.linalg.norm(kernels[1] - kernels[0]) / np.linalg.norm(kernels[0])
            assert abs(_number(weights.removesuffix(" %")) - 100 * moved) <= 0.51
    text = _text(page)
    assert "One architecture, two sets of weights, on the same 3 images." in text
    assert "From mine to mine (2) the kernels of" in text and "Untrained" not in text


def test_the_numbers_of_a_comparison_are_in_its_files(built: Built) -> None:
    """Those of Keras and numpy; the table holds the matrix, the JSON everything."""
    folder = built.site / "compare/mine_mine-2"
    data = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
    assert (data["schema"], data["first"], data["second"]) == (1, "mine", "mine-2")
    assert (data["images"], data["cells"], data["beside"]) == (3, 7, [0, 1, 2])
    for model, layers in zip(("mine", "mine-2"), data["layers"], strict=True):
        maps = _all_maps(built, model)
        assert [layer["name"] for layer in layers] == [*maps]
        for layer in layers:
            own = maps[layer["name"]]
            assert layer["strength"] == pytest.approx(float(np.abs(own).mean()), rel=1e-4)
            assert layer["zero_share"] == pytest.approx(float((own == 0).mean()), abs=1e-3)
    table = [*csv.reader((folder / "similarity.csv").read_text(encoding="utf-8").splitlines())]
    assert table[0] == ["", "first", "pool", "second"]
    assert [row[0] for row in table[1:]] == ["first", "pool", "second"]
    assert [[float(cell) for cell in row[1:]] for row in table[1:]] == data["similarity"]


def test_a_layers_page_shows_the_maps_of_its_sheets(built: Built) -> None:
    """The most changed channels, the means below them, and their difference, drawn anew here."""
    data = json.loads((built.site / "compare/mine_mine-2/comparison.json").read_text())
    change = data["changes"]["second"]
    channels = change["ranked"][:12]
    page = built.site / "compare/mine_mine-2/layers/second.html"
    html = page.read_text(encoding="utf-8")
    text = _text(page)
    assert "the Euclidean norm of mine (2) is here" in text and "times that of mine." in text
    for image in built.images:
        maps = [
            _sheet_maps(built.site, model, image, "second")[channels]
            for model in ("mine", "mine-2")
        ]
        maps[1] = maps[1] / change["factor"]
        tops = np.maximum(*(np.abs(m).max(axis=(1, 2)) for m in maps))
        part = html.split(f'aria-label="{image.capitalize()}"', 1)[1].split("</section>")[0]
        assert [int(c) for c in re.findall(r"<th scope=\"col\">#(\d+)<", part)] == channels
        shown = re.findall(r"mean (\S+?)</span>", part)
        own = [m.mean(axis=(1, 2)) for m in (maps[0], maps[1] * change["factor"])]
        for said, value in zip(shown, np.concatenate(own), strict=True):
            assert _close(said, float(value)), (said, value)
        expected = np.rint(128 + 127 * np.clip((maps[1] - maps[0]) / tops[:, None, None], -1, 1))
        drawn = read_png((page.with_suffix("") / f"{image}-change.png").read_bytes())
        for i in range(len(channels)):
            tile_ = drawn[:, i * 17 : i * 17 + 16].astype(int)
            assert np.abs(tile_ - expected[i]).max() <= 1, (image, i)


def test_two_images_are_drawn_on_the_layers_scale(built: Built) -> None:
    """Those channels whose mean differs most, second less first, out of the sheets."""
    page = built.site / "compare/images/two_one.html"
    html = page.read_text(encoding="utf-8")
    for layer in ("first", "pool", "second"):
        maps = [_sheet_maps(built.site, "mine", image, layer) for image in ("two", "one")]
        facts = [
            json.loads((built.site / f"sheets/mine/{image}/{layer}.json").read_text())
            for image in ("two", "one")
        ]
        means = [np.array([c["mean"] for c in each["channels"]]) for each in facts]
        order = np.argsort(-np.abs(means[1] - means[0]), kind="stable")[:12]
        part = html.split(f'id="{layer}"', 1)[1].split("</section>")[0]
        assert [int(c) for c in re.findall(r"<th scope=\"col\">#(\d+)<", part)] == order.tolist()
        top = max(each["p99_9"] for each in facts)
        change = np.clip((maps[1] - maps[0])[order] / top, -1, 1)
        drawn = read_png((page.with_suffix("") / f"{layer}-change.png").read_bytes())
        width = change.shape[2]
        if width > drawn.shape[0]:  # reduced by the largest magnitude
            continue
        for i in range(len(order)):
            tile_ = drawn[:, i * (width + 1) : i * (width + 1) + width].astype(int)
            assert np.abs(tile_ - np.rint(128 + 127 * change[i])).max() <= 1, (layer, i)


def _tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_two_builds_of_a_comparison_give_the_same_bytes(built: Built, tmp_path: Path) -> None:
    """From copies of the files, in another folder."""
    for name, pixels in built.images.items():
        (tmp_path / "in").mkdir(exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / "in" / f"{name}.png")
    source = built.site.parent
    for name in ("mine.keras", "later/mine.keras", "branched.keras"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((source / name).read_bytes())
    build(
        Config(
            inputs=tmp_path / "in", output=tmp_path / "out", model=str(tmp_path / "mine.keras"),
            pairs=(("two", "one"),),
            against=(
                Against(str(tmp_path / "later/mine.keras")),
                Against(str(tmp_path / "branched.keras"), preprocess="tf"),
            ),
        )
    )  # fmt: skip
    assert _tree(tmp_path / "out") == _tree(built.site)


def test_no_path_of_the_machine_is_in_a_comparison(built: Built) -> None:
    """Files of models lie anywhere."""
    needle = str(built.site.parent).encode()
    assert not [
        path for path in built.site.rglob("*") if path.is_file() and needle in path.read_bytes()
    ]


def test_of_an_untrained_network_nothing_is_concluded(tmp_path: Path) -> None:
    """Its page says so and has no sentence; the numbers are there. Layers asked for by a name that
    both have are those of both.
    """
    _inputs(tmp_path / "in", 2)
    report = build(
        Config(
            inputs=tmp_path / "in", output=tmp_path / "out", size=(32, 32), layers=("block1_*",),
            against=(Against("vgg16", weights=Path("random"), size=(32, 32)),), values=False,
        )
    )  # fmt: skip
    assert report.layers == 3
    listed = json.loads((tmp_path / "out/gallery.json").read_text())["models"]
    assert [one["weights"]["trained"] for one in listed] == [True, False]
    assert [len(one["layers"]) for one in listed] == [3, 3]
    page = tmp_path / "out/compare/vgg16_vgg16-2/index.html"
    text = _text(page)
    assert re.search(r"Untrained\b.*VGG16 \(2\)", text)
    assert "One architecture" in text
    for word in ("moved furthest", "find the same places alike most"):
        assert word not in text
    assert len([row for row in _layer_table(page) if len(row) == 10]) == 3
    own = _text(tmp_path / "out/images/one/vgg16-2/index.html")
    assert "untrained" in own.lower()


def test_channels_that_are_silent_in_one_of_the_two_are_counted_and_not_named(
    tmp_path: Path,
) -> None:
    """Blue is asked for by the second network alone; no image has any. Its change is 100 %."""
    (tmp_path / "in").mkdir()
    for i, seed in enumerate((1, 2)):
        pixels = _noise(1, 8, seed)[0].copy()
        pixels[..., 2] = 0
        Image.fromarray(pixels).save(tmp_path / f"in/{i}.png")
    saved(_two_colours((0, 0, 1), (1, 1, 1), name="one"), tmp_path / "one.keras")
    saved(_two_colours((1, 0, 1), (2, 1, 1), name="two"), tmp_path / "two.keras")
    build(
        Config(
            inputs=tmp_path / "in", output=tmp_path / "out", model=str(tmp_path / "one.keras"),
            against=(Against(str(tmp_path / "two.keras")),), values=False,
        )
    )  # fmt: skip
    row = _layer_table(tmp_path / "out/compare/one_two/index.html")[-1]
    assert row[-2] == "1 of 2" and row[-1].startswith("#0 (") and "#1" not in row[-1]


def test_two_copies_are_said_to_be_the_same(tmp_path: Path) -> None:
    """In one sentence; no channel is named as changed, and nothing is called most or least."""
    _inputs(tmp_path / "in", 2)
    for name in ("four", "five"):
        saved(plain(4), tmp_path / f"{name}.keras")
    build(
        Config(
            inputs=tmp_path / "in", output=tmp_path / "out", model=str(tmp_path / "four.keras"),
            against=(Against(str(tmp_path / "five.keras")),), values=False,
        )
    )  # fmt: skip
    page = tmp_path / "out/compare/four_five/index.html"
    text = _text(page)
    assert "The two are the same in every weight" in text
    assert "alike most" not in text and "moved furthest" not in text
    rows = [row for row in _layer_table(page) if len(row) == 10]
    assert [(row[1], row[7], row[9]) for row in rows] == [("1.0", "1", "–")] * 3


def test_networks_that_end_in_plain_sums_without_labels(tmp_path: Path) -> None:
    """As the gallery's and as another: maps and no classes. What sees the whole image has no
    stride.
    """
    _inputs(tmp_path / "in", 2)
    for seed in (3, 4):
        saved(gated(seed), tmp_path / f"gated-{seed}.keras")
    build(
        Config(
            inputs=tmp_path / "in", output=tmp_path / "out", values=False,
            model=str(tmp_path / "gated-3.keras"),
            against=(Against(str(tmp_path / "gated-4.keras")),),
        )
    )  # fmt: skip
    assert not [*(tmp_path / "out").glob("sheets/*/*/classes")]
    assert (tmp_path / "out/compare/gated-3_gated-4/layers/project.html").is_file()
    for name in ("gated-3", "gated-4"):
        page = tmp_path / f"out/models/{name}/index.html"
        text = _text(page)
        assert "Its convolutions, in the order" in text
        assert "not what it concludes" in text and "ends in classes" not in text
        rows = {row[0]: row[3:5] for row in _layer_table(page) if len(row) == 9}
        assert rows["stem"] == ["3 × 3", "2"] and rows["project"] == ["24 × 24", "–"]


def test_the_page_of_a_network_says_whether_the_gallery_shows_what_it_concludes(
    built: Built,
) -> None:
    """Of three classes it does; of a network that ends in maps there is nothing to show."""
    mine, branches = (_text(built.site / f"models/{n}/index.html") for n in ("mine", "branched"))
    assert "the network ends in classes. What it concludes from an image" in mine
    assert "not what it concludes" not in mine and "Its convolutions and pools, in" in mine
    assert "not what it concludes" in branches
    assert "Its convolutions and merges of branches, in" in branches


def test_an_image_that_is_not_there_cannot_be_set_beside_another(tmp_path: Path) -> None:
    """Named before anything is loaded, with the nearest or all; nothing is written."""
    _inputs(tmp_path / "in")
    for pair, says in (
        (("one", "twoo"), "'twoo'. Did you mean two"),
        (("zzz", "one"), "There are: "),
    ):
        with pytest.raises(
            ConfigError, match=f"pairs: expected the id or file name of an image, got .*{says}"
        ):
            build(Config(inputs=tmp_path / "in", output=tmp_path / "out", pairs=(pair,)))
    assert not (tmp_path / "out").exists()


def test_an_image_of_a_pair_that_cannot_be_read_takes_its_page_along(tmp_path: Path) -> None:
    """It is a problem already; the others are there."""
    _inputs(tmp_path / "in", 2)
    (tmp_path / "in" / "bad.png").write_bytes(b"not an image")
    saved(plain(), tmp_path / "mine.keras")
    report = build(
        Config(
            inputs=tmp_path / "in", output=tmp_path / "out", model=str(tmp_path / "mine.keras"),
            pairs=(("one", "bad"), ("one", "three")), values=False,
        )
    )  # fmt: skip
    assert [problem.source for problem in report.problems] == ["bad.png"]
    pages = sorted(path.name for path in (tmp_path / "out/compare/images").glob("*.html"))
    assert pages == ["one_three.html"]


def test_each_network_has_texts_of_its_own(tmp_path: Path) -> None:
    """A folder of its id, and a chapter that speaks of the first network's layers; a text of the
    second that asks for what it lacks stops the build before any image.
    """
    _inputs(tmp_path / "in", 1)
    saved(plain(), tmp_path / "mine.keras")
    saved(branched(), tmp_path / "branched.keras")
    texts = tmp_path / "text"
    for name, body in (
        ("mine/network.md", "Ours has {value: channels second} channels."),
        ("branched/network.md", "Theirs has {value: channels sum} channels."),
        (
            "learn/extra.md",
            "---\ntitle: Extra\nlead: More.\nquestion: Why?\nanswer: So.\n---\n"
            "It has {value: channels second}, see [there](layer:second).\n",
        ),
    ):
        (texts / name).parent.mkdir(parents=True, exist_ok=True)
        (texts / name).write_text(body, encoding="utf-8")
    config = Config(
        inputs=tmp_path / "in", output=tmp_path / "out", model=str(tmp_path / "mine.keras"),
        against=(Against(str(tmp_path / "branched.keras")),), values=False, text_folder=texts,
    )  # fmt: skip
    build(config)
    for model, says in (("mine", "Ours has 14 channels."), ("branched", "Theirs has 6 channels.")):
        assert says in _text(tmp_path / f"out/models/{model}/index.html")
    assert "It has 14, see there" in _text(tmp_path / "out/learn/extra.html")
    (texts / "branched/sum.md").write_text("{value: channels second}", encoding="utf-8")
    with pytest.raises(TextError, match=r"branched/sum\.md, line 1: .*second"):
        build(config)


def test_copies_with_other_numbers_stand_channel_beside_channel(tmp_path: Path) -> None:
    """Each map leads to its own network's layer, by the name that it has there."""
    images = _inputs(tmp_path / "in", 2)
    networks = [_numbered(seed) for seed in (1, 2)]
    for name, network in zip(("early", "late"), networks, strict=True):
        saved(network, tmp_path / f"{name}.keras")
    build(
        Config(
            inputs=tmp_path / "in", output=tmp_path / "out", model=str(tmp_path / "early.keras"),
            against=(Against(str(tmp_path / "late.keras")),), values=False,
        )
    )  # fmt: skip
    first, second = (
        [la.name for la in network.layers if "conv" in la.name] for network in networks
    )
    page = tmp_path / f"out/compare/early_late/layers/{first[1]}.html"
    html = page.read_text(encoding="utf-8")
    of_each = zip(("early", "late"), networks, (first, second), strict=True)
    for model, network, names in of_each:
        linked = f"images/one/{model}/{names[1]}.html"
        assert linked in html and (tmp_path / "out" / linked).is_file()
        maps = _sheet_maps(tmp_path / "out", model, "one", names[1])
        wanted = maps_of(network, names, np.stack([*images.values()]))[1][0]
        np.testing.assert_allclose(maps.transpose(1, 2, 0), wanted, atol=maps.max() / 255)


def test_a_network_beside_another_has_labels_of_its_own(tmp_path: Path) -> None:
    """Those of its file; the gallery's where they fit; too few of its own are an error."""
    _inputs(tmp_path / "in", 1)
    saved(plain(1), tmp_path / "mine.keras")
    saved(plain(2), tmp_path / "other.keras")
    (tmp_path / "ours.txt").write_text("ape\nbee\ncat\n", encoding="utf-8")
    (tmp_path / "theirs.txt").write_text("ant\nbat\ncow\n", encoding="utf-8")
    (tmp_path / "few.txt").write_text("ant\n", encoding="utf-8")

    def labels(own: str | None) -> list[set[str]]:
        other = Against(str(tmp_path / "other.keras"), labels=tmp_path / own if own else None)
        build(
            Config(
                inputs=tmp_path / "in", output=tmp_path / "out", values=False, against=(other,),
                model=str(tmp_path / "mine.keras"), labels=tmp_path / "ours.txt",
            )
        )  # fmt: skip
        verdicts = (
            json.loads((tmp_path / f"out/sheets/{name}/one/classes/verdict.json").read_bytes())
            for name in ("mine", "other")
        )
        return [{answer["label"] for answer in verdict["answers"]} for verdict in verdicts]

    assert labels("theirs.txt") == [{"ape", "bee", "cat"}, {"ant", "bat", "cow"}]
    assert labels(None) == [{"ape", "bee", "cat"}] * 2
    says = r"^against \S*other\.keras: labels: expected 3 labels, .* got 1 in .*few\.txt"
    with pytest.raises(ConfigError, match=says):
        labels("few.txt")


def test_a_gallery_of_one_network_compares_nothing(site: Path) -> None:
    """No folder, and no link to one."""
    assert not (site / "compare").exists()
    assert 'href="compare' not in (site / "index.html").read_text(encoding="utf-8")
