"""The texts of the course: every promise kept, every number in them recomputed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest

from generator import layout, models
from generator.errors import LayerlightError
from generator.render import Renderer
from generator.texts import Text, Texts, templates_folder
from tests.onnx_reference import CONVOLUTIONS, LAYERS

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
    article = Renderer(templates_folder())._article
    with pytest.raises(LayerlightError, match="expected a term of the glossary, got 'gizmo'"):
        article("A [gizmo](term:gizmo).", {"image:": ""}, {})


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
