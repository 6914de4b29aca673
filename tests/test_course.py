"""The texts of the course: every promise kept, every number in them recomputed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from generator import decode, layout, models
from generator.errors import LayerlightError
from generator.pages import Article
from generator.render import Renderer
from generator.texts import Text, Texts, templates_folder
from tests.onnx_reference import CONVOLUTIONS, LAYERS
from tests.vgg16_network import network

REPOSITORY = Path(__file__).resolve().parents[1]
PHOTOGRAPHS = ("chelsea", "coffee", "astronaut", "rocket")
FloatArray = NDArray[np.float32]
TEXTS = Texts(templates_folder() / "text")
CHANNELS = (64, 128, 256, 512, 512)
"""Of the five blocks (Simonyan & Zisserman 2015, table 1, configuration D)."""
FIGURES = {"pixels", "convolution", "windows", "hierarchy", "scales", "maps", "zeros", "costs"}


def chapters() -> Iterator[tuple[str, Text]]:
    """Every chapter with its slug."""
    for slug in layout.CHAPTERS:
        yield slug, TEXTS.page(f"learn/{slug}")


@pytest.mark.parametrize("slug", layout.CHAPTERS)
def test_a_chapter_is_complete(slug: str) -> None:
    """A question, a claim, a figure, one thing to do, a check with its answer; about one screen."""
    text = TEXTS.page(f"learn/{slug}")
    assert text.title and text.lead and text.question and text.answer
    assert text.body.count("**Do this now:**") == 1
    assert "{figure: " in text.body or "$$" in text.body
    assert 120 < len(text.body.split()) < 700


@pytest.mark.parametrize("slug", layout.CHAPTERS)
def test_what_a_chapter_points_at_is_there(slug: str) -> None:
    """Its figures are drawn, its layers and channels exist, its terms are in the glossary."""
    body = TEXTS.page(f"learn/{slug}").body
    channels = {
        name: count
        for name in LAYERS
        for count in [CHANNELS[int(name.removeprefix("block")[0]) - 1]]
    }
    for name, arguments in re.findall(r"\{figure: (\w+)([ \w]*)\}", body):
        assert name in FIGURES
        if name == "maps":
            layer, *numbers = arguments.split()
            assert numbers and all(int(number) < channels[layer] for number in numbers)
    for layer, channel in re.findall(r"\((?:layer|across):(\w+)(?:#(\d+))?\)", body):
        assert layer in LAYERS
        assert not channel or int(channel) < channels[layer]
    known = {term.id for term in TEXTS.glossary}
    assert set(re.findall(r"\(term:([\w-]+)\)", body)) <= known
    assert set(re.findall(r"\(chapter:([\w-]+)\)", body)) <= set(layout.CHAPTERS)


def test_the_glossary_is_in_order() -> None:
    """Forty terms or more, by the alphabet, each once and explained in a sentence or three."""
    terms = TEXTS.glossary
    names = [term.name.lower() for term in terms]
    assert len(terms) >= 40
    assert names == sorted(names)
    assert len({term.id for term in terms}) == len(terms)
    assert all(2 < len(term.definition.split()) < 60 for term in terms)


def test_a_term_that_is_not_explained_is_named() -> None:
    """A link to a term without an entry is an error of the text, not a dead link."""
    text = Article("A [gizmo](term:gizmo).", False, {}, {}, {}, {})
    with pytest.raises(LayerlightError, match="expected a term of the glossary, got 'gizmo'"):
        Renderer(templates_folder())._article(text)


def test_the_parameters_are_those_of_the_network() -> None:
    """Those of the chapters on convolution and on classes, from the published table."""
    text = dict(chapters())
    counts, before = [], 3
    for layers, channels in zip(CONVOLUTIONS, CHANNELS, strict=True):
        for _ in range(layers):
            counts.append(channels * (3 * 3 * before + 1))
            before = channels
    spec = models.inspect()
    assert [la.parameters for la in spec.layers if la.kind == "conv"] == counts
    assert "73,856" in text["convolution"].answer and counts[2] == 73_856
    dense = (7 * 7 * 512 + 1) * 4096, (4096 + 1) * 4096, (4096 + 1) * 1000
    assert sum(counts) == 14_714_688 and sum(counts) + sum(dense) == 138_357_544
    assert dense[0] == 102_764_544 and round(100 * sum(dense) / 138_357_544) == 89
    for written in ("138,357,544", "14,714,688", "123,642,856", "102,764,544", "89 %"):
        assert written in text["classes"].answer + text["classes"].question


def test_the_windows_are_worked_out_right() -> None:
    """r grows by (k - 1) j, j by the stride (Dumoulin & Visin 2016): the check of that chapter."""
    seen, jump, windows = 1, 1, {}
    for name in LAYERS:
        kernel, stride = (2, 2) if name.endswith("pool") else (3, 1)
        seen, jump = seen + (kernel - 1) * jump, jump * stride
        windows[name] = (seen, jump)
    answer = dict(chapters())["window"].answer
    assert windows["block2_pool"] == (16, 4) and "= 16 px" in answer and "4 px apart" in answer
    assert windows["block3_conv1"][0] == 24 and "= 24 px" in answer


def test_the_sizes_of_maps_are_worked_out_right() -> None:
    """Floor of (n + 2p - k) / s, plus one: the check on padding."""
    answer = dict(chapters())["padding"].answer

    def side(n: int, k: int, s: int, p: int) -> int:
        return (n + 2 * p - k) // s + 1

    assert (side(224, 3, 1, 1), side(224, 3, 1, 0), side(224, 7, 2, 3)) == (224, 222, 112)
    assert all(f"= {n}" in answer for n in (224, 222, 112))


def test_the_grey_that_is_nearly_nothing_is() -> None:
    """The check on pixels: less ImageNet's mean, blue first."""
    text = dict(chapters())["pixels"]
    left = np.array([104, 117, 124]) - np.array([103.939, 116.779, 123.68])
    assert [f"{value:.3g}" for value in left] == ["0.061", "0.221", "0.32"]
    assert "0.061, 0.221 and 0.32" in text.answer


def test_the_sum_of_the_check_is_right() -> None:
    """Pushes and bias, and a share of what pushes up."""
    answer = dict(chapters())["sums"].answer
    assert 5000 - 3200 - 13 == 1787 and "= 1,787" in answer
    assert 500 / 5000 == 0.1 and "= 10 %" in answer


@pytest.fixture(scope="module")
def looks() -> dict[str, FloatArray]:
    """By layer, on the photographs of the chapter on proof: (4, height, width, channels)."""
    files = [REPOSITORY / "inputs" / f"{name}.jpg" for name in PHOTOGRAPHS]
    vgg16 = network()
    pixels = [decode.fit(decode.decode(file.read_bytes()), vgg16.spec.input) for file in files]
    maps = vgg16.graph(vgg16.preprocess(np.stack(pixels)))
    return {layer.name: np.asarray(m) for layer, m in zip(vgg16.spec.layers, maps, strict=True)}


def kernels(layer: str) -> tuple[FloatArray, FloatArray]:
    """Kernel (3, 3, in, out) and bias (out,)."""
    found = network().kernel(layer)
    assert found is not None
    return found


def test_what_is_said_of_kernels_is_read_from_them() -> None:
    """The chapters on ReLU, on zeros and on convolution: opposites, sums of weights, sides."""
    text = dict(chapters())
    first, _ = kernels("block1_conv1")
    flat = first.reshape(27, 64)
    alike = (flat / np.linalg.norm(flat, axis=0)).T @ (flat / np.linalg.norm(flat, axis=0))
    assert int((alike.min(axis=1) < -0.9).sum()) == 51 and "51 of the 64" in text["relu"].body
    rows = first.sum(axis=(1, 2))
    assert rows[0, 10] > 0 > rows[2, 10] and rows[0, 14] < 0 < rows[2, 14]
    columns = first.sum(axis=(0, 2))
    assert columns[0, 58] < 0 < columns[2, 58]
    sums = {
        layer.name: kernels(layer.name)[0].sum(axis=(0, 1, 2))
        for layer in network().spec.layers
        if layer.kind == "conv"
    }
    assert int((sums["block1_conv2"] > 0).sum()) == 60 and "60 of 64" in text["zeros"].body
    deep = ("block4_conv3", "block5_conv1", "block5_conv2", "block5_conv3")
    assert all((sums[name] < 0).all() for name in deep)
    assert not (sums["block4_conv2"] < 0).all()


def test_the_ring_is_as_large_as_said(looks: dict[str, FloatArray]) -> None:
    """The chapter on padding: two values wide, 14 % of a map of 56; more than 80 % of the sum."""
    body = dict(chapters())["padding"].body
    assert round(100 * (1 - 52**2 / 56**2)) == 14 and "14\u202f%" in body
    maps = looks["block3_conv1"][..., 2]
    inner = maps[:, 2:-2, 2:-2].sum(axis=(1, 2))
    assert (1 - inner / maps.sum(axis=(1, 2)) > 0.8).all() and "more than 80\u202f%" in body


def test_a_push_is_a_cause_for_one_step(looks: dict[str, FloatArray]) -> None:
    """The chapter on sums: one layer back by just the push, two layers back up or down."""
    kernel, bias = kernels("block3_conv2")
    maps = looks["block3_conv2"][0]
    row, column, channel = np.unravel_index(maps.argmax(), maps.shape)
    weights = kernel[..., channel]

    def value(read: FloatArray) -> float:
        ring = np.pad(read, ((1, 1), (1, 1), (0, 0)))
        return float((ring[row : row + 3, column : column + 3] * weights).sum() + bias[channel])

    before = looks["block3_conv1"][0]
    whole = value(before)
    assert whole == pytest.approx(float(maps.max()), rel=1e-4)
    ring = np.pad(before, ((1, 1), (1, 1), (0, 0)))
    pushes = (ring[row : row + 3, column : column + 3] * weights).sum(axis=(0, 1))
    hardest = int(pushes.argmax())
    without = before.copy()
    without[..., hardest] = 0
    assert whole - value(without) == pytest.approx(float(pushes[hardest]), rel=1e-3)
    assert 0.05 < pushes[hardest] / pushes[pushes > 0].sum() < 0.25

    # Two layers back: of block3_conv1 only the 3 x 3 values are needed that are read here.
    earlier, earlier_bias = kernels("block3_conv1")
    pooled = np.pad(looks["block2_pool"][0], ((2, 2), (2, 2), (0, 0)))[
        row : row + 5, column : column + 5
    ]
    windows = np.lib.stride_tricks.sliding_window_view(pooled, (3, 3), axis=(0, 1))
    parts = np.einsum("ijcuv,uvck->ijck", windows, earlier)  # (3, 3, 128, 256)
    total = parts.sum(axis=2) + earlier_bias

    def above(read: FloatArray) -> float:
        return float((np.maximum(read, 0) * weights).sum() + bias[channel])

    assert above(total) == pytest.approx(whole, rel=1e-3)
    rises = sum(above(total - parts[:, :, c]) > above(total) for c in range(parts.shape[2]))
    assert 0.25 < rises / 128 < 0.4  # 41 here, 39 with the photograph before it became a JPEG
    assert "about a third of the 128" in dict(chapters())["sums"].body


def test_the_channels_of_the_chapter_on_proof_answer_as_said(
    looks: dict[str, FloatArray],
) -> None:
    """#286 to the cat, hardly to the rest; #7 and #314 to all four, by an eighth of the scale."""
    maps = looks["block5_conv3"]
    tops = [np.percentile(m[m > 0], 99.9) for m in maps]
    strongest = maps.max(axis=(1, 2)) / np.array(tops)[:, None]
    assert strongest[0, 286] > 1 and (strongest[1:, 286] < 1 / 8).all()
    assert (strongest[:, [7, 314]] > 1 / 8).all()
    assert "#7 and #314 answered to all four" in dict(chapters())["proof"].body
