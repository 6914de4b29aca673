"""The filter's tables give matplotlib's colours."""

from __future__ import annotations

import re

import numpy as np
import pytest
from matplotlib import colormaps

from generator import palettes
from generator.texts import templates_folder


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
