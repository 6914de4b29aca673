"""The filter's tables give matplotlib's colours."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import colormaps

from generator import palettes


@pytest.mark.parametrize("name", palettes.NAMES)
def test_tables_interpolate_to_every_colour_within_one_step(name: str) -> None:
    """As SVG says: n entries are n - 1 equal stretches from 0 to 1, each a straight line."""
    (palette,) = palettes.palettes((name,))
    exact = colormaps["gray" if name == "grey" else name](np.arange(256) / 255)[:, :3]
    for i, table in enumerate((palette.red, palette.green, palette.blue)):
        entries = np.array([float(entry) for entry in table.split()])
        drawn = np.interp(np.arange(256) / 255, np.linspace(0, 1, len(entries)), entries)
        assert np.abs(drawn - exact[:, i]).max() * 255 <= 1.0
