"""The filter's tables give matplotlib's colours."""

from __future__ import annotations

import re

import numpy as np
import pytest
from matplotlib import colormaps
from numpy.typing import NDArray

from generator import palettes
from generator.texts import templates_folder

Lightness = NDArray[np.float64]


@pytest.mark.parametrize("name", palettes.NAMES)
def test_tables_interpolate_to_every_colour_within_one_step(name: str) -> None:
    """As SVG says: n entries are n - 1 equal stretches from 0 to 1, each a straight line."""
    (palette,) = palettes.palettes((name,))
    exact = colormaps["gray" if name == "grey" else name](np.arange(256) / 255)[:, :3]
    for i, table in enumerate((palette.red, palette.green, palette.blue)):
        entries = np.array([float(entry) for entry in table.split()])
        drawn = np.interp(np.arange(256) / 255, np.linspace(0, 1, len(entries)), entries)
        assert np.abs(drawn - exact[:, i]).max() * 255 <= 1.0


@pytest.mark.parametrize("name", palettes.NAMES)
def test_a_page_takes_it_up_from_its_address_and_from_its_menu(name: str) -> None:
    """By one rule of the stylesheet that names the filter, once for each of the two."""
    css = (templates_folder() / "static/css/maps.css").read_text("utf-8")
    (rule,) = re.findall(rf"^(.*) {{ --palette: url\(#{name}\); }}$", css, re.MULTILINE)
    menu = f':root:has(#palette option[value="{name}"]:checked)'
    first = ":root" if name == palettes.NAMES[0] else f':root[data-palette="{name}"]'
    assert rule.split(", ") == [first, menu]


def test_lightness_rises_from_end_to_end() -> None:
    """Of every palette; of jet it rises from 13 to 96 at 64 % of the way and falls to 25, as
    docs/honest-display.md has it.
    """
    for name in palettes.NAMES:
        assert (np.diff(_lightness("gray" if name == "grey" else name)) > 0).all(), name
    jet = _lightness("jet")
    top = int(jet.argmax())
    assert [round(float(jet[at])) for at in (0, top, 255)] == [13, 96, 25]
    assert round(100 * top / 255) == 64


def _lightness(name: str) -> Lightness:
    """L* of CIELAB, of the 256 colours of one of matplotlib's palettes; 0 to 100."""
    coded = colormaps[name](np.arange(256))[:, :3]
    linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    light = linear @ np.array([0.2126, 0.7152, 0.0722])
    lightness: Lightness = np.where(
        light > 216 / 24389, 116 * np.cbrt(light) - 16, light * 24389 / 27
    )
    return lightness
