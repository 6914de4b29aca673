"""What the program finds in maps whose content is known because the test drew it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from generator import reading
from generator.domain import Slant
from generator.sheets import sheet_of


def grating(angle: float, side: int = 48, period: float = 8) -> np.ndarray:
    """Parallel lines; ``angle`` 0 is level, 90 upright, 45 rises to the right. (side, side)."""
    y, x = np.mgrid[:side, :side].astype(np.float32)
    # distance from the line through the origin; rows count downwards
    distance = x * np.sin(np.radians(angle)) + y * np.cos(np.radians(angle))
    waves: np.ndarray = 1 + np.cos(2 * np.pi * distance / period)
    return waves.astype(np.float32)


@pytest.mark.parametrize(
    ("angle", "name"), [(0, "level"), (90, "upright"), (45, "rising"), (135, "falling")]
)
def test_direction_of_a_grating_is_named(angle: float, name: Slant) -> None:
    """And it is nearly the only direction there."""
    found, coherence = reading.slant_of(grating(angle))
    assert found == name
    assert coherence > 0.9


def test_rising_lines_go_up_to_the_right() -> None:
    """A single anti-diagonal, bottom left to top right, drawn value by value."""
    lines = np.fliplr(np.eye(32, dtype=np.float32))
    assert lines[31, 0] == lines[0, 31] == 1
    assert reading.slant_of(lines)[0] == "rising"


def test_noise_and_small_maps_have_no_direction() -> None:
    """Nor has a map without any change."""
    noise = np.random.default_rng(0).random((48, 48), dtype=np.float32)
    assert reading.slant_of(noise)[0] is None
    assert reading.slant_of(grating(0, side=14))[0] is None
    assert reading.slant_of(np.ones((48, 48), dtype=np.float32)) == (None, 0.0)


def test_values_whose_squares_are_beyond_float32_have_none() -> None:
    """As those of a network that diverged."""
    assert reading.slant_of(grating(0) * np.float32(1e25)) == (None, 0.0)


@pytest.mark.parametrize(("height", "width"), [(28, 28), (31, 44), (224, 56)])
def test_how_alone_a_direction_is_agrees_with_numpy(height: int, width: int) -> None:
    """The structure tensor of ``numpy.gradient``, without a ring of a twenty-eighth of the side."""
    noise = np.random.default_rng(height).normal(size=(height, width))
    single = (noise + 3 * np.sin(np.arange(width) / 2)).astype(np.float32)
    dy, dx = np.gradient(single.astype(np.float64))
    y, x = height // 28, width // 28
    dy, dx = dy[y:-y, x:-x], dx[y:-y, x:-x]
    yy, xx, xy = (dy * dy).sum(), (dx * dx).sum(), (dy * dx).sum()
    _, coherence = reading.slant_of(single)
    assert coherence == pytest.approx(np.hypot(xx - yy, 2 * xy) / (xx + yy), rel=1e-5)


def test_telling_channels_are_strong_and_unlike_each_other() -> None:
    """Of two copies the stronger is taken; its double waits until all other patterns are in."""
    maps = np.zeros((6, 56, 56), dtype=np.float32)
    maps[4] = 0.9 * grating(0, 56) / 2
    maps[1] = 0.5 * grating(0, 56) / 2
    maps[2] = 0.8 * grating(90, 56) / 2
    maps[5] = 0.3 * grating(45, 56) / 2
    assert reading.telling(maps, scale=1.0, count=3) == (4, 2, 5)


def test_a_channel_that_only_sees_the_frame_is_not_telling() -> None:
    """Bright along the border and dark inside loses against a faint pattern."""
    maps = np.zeros((2, 56, 56), dtype=np.float32)
    maps[0, [0, 1, -2, -1]] = maps[0, :, [0, 1, -2, -1]] = 1
    maps[1] = 0.1 * grating(0, 56)
    assert reading.telling(maps, scale=1.0, count=1) == (1,)


def test_share_of_the_frame_is_a_ratio_of_sums() -> None:
    """On 28 x 28 the ring is one value wide: 108 of 784."""
    maps = np.ones((2, 28, 28), dtype=np.float32)
    maps[1, 1:-1, 1:-1] = 0
    shares, area = reading.frame_share(maps)
    assert shares.tolist() == [pytest.approx(108 / 784), 1.0]
    assert area == pytest.approx(108 / 784)


def test_a_layers_strongest_channel_is_among_the_telling() -> None:
    """In the last place, if in no other. So in a pool, whose channels are its convolution's, but
    which may have lost the strongest with a border."""
    maps = np.zeros((28, 28, 14), dtype=np.float32)
    for c in range(13):
        maps[:, :, c] = grating(15 * c, 28) / 2
    maps[13, 13, 13] = 3  # one value, which counts little beside twelve patterns
    sheet = sheet_of(maps, model="toy", image="pear", layer="first", signed=False).sheet
    found = reading.look(maps, sheet).reading
    assert len(found.telling) == 12 and found.telling[-1] == 13
    before = replace(found, telling=tuple(range(12)))
    assert reading.look(maps, sheet, before).reading.telling == (*range(11), 13)


def test_silent_channels_come_last_among_the_telling() -> None:
    """Where nothing new is left, the strongest of the rest follow, not the lowest numbers."""
    maps = np.zeros((5, 56, 56), dtype=np.float32)
    maps[3] = grating(0, 56) / 2
    maps[4] = 0.5  # flat: unlike nothing once its mean is gone, and yet lit
    assert reading.telling(maps, scale=1.0, count=3) == (3, 4, 0)
