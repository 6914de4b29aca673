"""A picture's spectrum, held against numpy's transforms and sums written as plain loops."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from generator.atlas import spectrum

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Size = tuple[int, int]

SIZES = [(32, 32), (48, 32), (5, 8), (8, 5), (7, 7), (1, 4), (88, 88)]


def amplitude(row: int, column: int, height: int, width: int) -> float:
    """Of the wave that runs ``row`` times down and ``column`` times across the picture."""
    down = min(row, height - row) / height  # beyond the middle stand the negative ones
    frequency = math.sqrt(down**2 + (column / width) ** 2)  # cycles a pixel
    lowest = 1 / max(height, width)  # the mean has no frequency; it counts like one cycle
    return math.sqrt(height * width) / max(frequency, lowest) / 4


def picture(parameters: Floats, size: Size) -> Doubles:
    """What the parameters draw, ``(n, 3, height, width)``, by numpy's inverse transform."""
    height, width = size
    scale = np.array(
        [[amplitude(r, c, height, width) for c in range(width // 2 + 1)] for r in range(height)]
    )
    waves = (parameters[..., 0].astype(np.float64) + 1j * parameters[..., 1]) * scale
    drawn: Doubles = np.fft.irfft2(waves, s=size)
    return drawn


def noise(size: Size, seed: int = 1) -> Floats:
    """Parameters of two pictures with a share of every frequency."""
    height, width = size
    shape = (2, 3, height, width // 2 + 1, 2)
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def without_the_highest(parameters: Floats, size: Size) -> Floats:
    """No wave of half the pixels, of which an even side has one."""
    height, width = size
    kept = parameters.copy()
    if height % 2 == 0:
        kept[:, :, height // 2] = 0
    if width % 2 == 0:
        kept[:, :, :, width // 2] = 0
    return kept


@pytest.mark.parametrize("size", SIZES)
def test_amplitudes_fall_with_the_frequency(size: Size) -> None:
    """1 / f, frequency by frequency in a plain loop."""
    height, width = size
    found = spectrum.amplitudes(height, width)
    assert found.shape == (height, width // 2 + 1)
    assert found.dtype == np.float32
    for row in range(height):
        for column in range(width // 2 + 1):
            expected = amplitude(row, column, height, width)
            assert found[row, column] == pytest.approx(expected, rel=1e-6)


def test_amplitudes_of_an_octave_are_half_of_those_an_octave_below() -> None:
    """On 32 x 32: 32/4 x 32 cycles for one cycle a picture, and half of it for two."""
    found = spectrum.amplitudes(32, 32)
    assert found[0, :5].tolist() == pytest.approx([256, 256, 128, 256 / 3, 64])
    assert found[-4, 3] == pytest.approx(256 / 5)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((32, 32), (48, 48)),
        ((48, 48), (64, 64)),
        ((64, 64), (88, 88)),
        ((88, 88), (128, 128)),
        ((8, 12), (16, 24)),
        ((9, 15), (12, 20)),
        ((5, 7), (10, 14)),
        ((6, 9), (18, 27)),
        ((8, 8), (12, 8)),
    ],
)
def test_a_grown_picture_is_the_same_at_every_place_that_both_have(
    before: Size, after: Size
) -> None:
    """From 32 to 48 pixels every second of the small one is every third of the large one."""
    parameters = without_the_highest(noise(before), before)
    small = picture(parameters, before)
    large = picture(spectrum.grow(parameters, before, after), after)
    down, across = (math.gcd(b, a) for b, a in zip(before, after, strict=True))
    shared_small = small[:, :, :: before[0] // down, :: before[1] // across]
    shared_large = large[:, :, :: after[0] // down, :: after[1] // across]
    assert shared_small.shape == (2, 3, down, across)
    np.testing.assert_allclose(shared_large, shared_small, atol=1e-5 * np.abs(small).max())


def test_between_those_places_it_follows_the_waves() -> None:
    """A cosine that runs twice down and three times across, drawn at both sizes by hand."""
    before, after = (8, 10), (12, 16)
    parameters = np.zeros((1, 3, 8, 6, 2), dtype=np.float32)
    parameters[0, 1, 2, 3] = (0.6, -0.8)
    height, width = after
    drawn = picture(spectrum.grow(parameters, before, after), after)
    # Half of the wave's spectrum is stored, and an inverse transform divides by the pixels.
    strength = 2 * amplitude(2, 3, *before) / (before[0] * before[1])
    for row in range(height):
        for column in range(width):
            turn = 2 * math.pi * (2 * row / height + 3 * column / width)
            expected = strength * (0.6 * math.cos(turn) + 0.8 * math.sin(turn))
            assert drawn[0, 1, row, column] == pytest.approx(expected, abs=1e-6 * strength)
    assert not drawn[0, 0].any() and not drawn[0, 2].any()


@pytest.mark.parametrize(("before", "after"), [((32, 32), (48, 48)), ((9, 15), (12, 20))])
def test_growing_adds_no_detail(before: Size, after: Size) -> None:
    """A grown picture has no wave that the small one could not have."""
    grown = picture(spectrum.grow(noise(before), before, after), after)
    waves = np.abs(np.fft.rfft2(grown))
    down = np.abs(np.fft.fftfreq(after[0]) * after[0])
    across = np.fft.rfftfreq(after[1]) * after[1]
    beyond = (down[:, None] >= before[0] / 2) | (across[None] >= before[1] / 2)
    assert beyond.any()
    assert waves[..., beyond].max() < 1e-5 * waves.max()


def test_the_wave_of_half_the_pixels_is_left_out() -> None:
    """It has no direction or phase of its own, so it could not grow: the picture is plain."""
    parameters = np.zeros((1, 3, 8, 5, 2), dtype=np.float32)
    parameters[:, :, 4] = 1
    parameters[:, :, :, 4] = 1
    assert np.ptp(picture(parameters, (8, 8))) > 0
    assert not spectrum.grow(parameters, (8, 8), (12, 12)).any()


def test_a_picture_that_stays_as_large_keeps_every_wave() -> None:
    """The highest too."""
    parameters = noise((8, 8))
    assert np.array_equal(spectrum.grow(parameters, (8, 8), (8, 8)), parameters)


def test_growing_in_two_strides_is_growing_in_one() -> None:
    """From 32 to 48 to 64, or at once."""
    parameters = noise((32, 32))
    twice = spectrum.grow(spectrum.grow(parameters, (32, 32), (48, 48)), (48, 48), (64, 64))
    np.testing.assert_allclose(twice, spectrum.grow(parameters, (32, 32), (64, 64)), rtol=1e-5)


def test_a_channels_beginning_does_not_depend_on_its_company() -> None:
    """Alone, among others, in another order, or twice: its numbers are the same."""
    among = spectrum.beginning("conv", [4, 7, 2, 7], 0, 6, 9)
    assert among.shape == (4, 3, 6, 5, 2)
    assert among.dtype == np.float32
    for place, channel in enumerate([4, 7, 2, 7]):
        (alone,) = spectrum.beginning("conv", [channel], 0, 6, 9)
        assert np.array_equal(among[place], alone)


def test_a_beginning_is_of_its_layer_channel_and_seed() -> None:
    """Any other of the three is another beginning."""
    begun = [
        spectrum.beginning(layer, [channel], seed, 8, 8)
        for layer in ("block1_conv1", "block1_conv2")
        for channel in (0, 1)
        for seed in (0, 1)
    ]
    assert len({found.tobytes() for found in begun}) == 8


def test_a_picture_begins_almost_grey() -> None:
    """Its values, of which 0 is middle grey and 1 three quarters of white, stay below 1/4."""
    begun = spectrum.beginning("conv", list(range(8)), 0, 32, 32)
    assert begun.mean() == pytest.approx(0, abs=1e-3)
    assert begun.std() == pytest.approx(0.01, rel=0.05)
    drawn = np.einsum("ndhw,cd->nchw", picture(begun, (32, 32)), spectrum.COLOURS)
    assert 0 < np.abs(drawn).max() < 0.25


def test_rolls_stay_within_reach_and_use_all_of_it() -> None:
    """Of 2,000 rolls by up to 3 pixels each of the seven occurs, down and across."""
    rolls = spectrum.shifts("conv", 0, 2000, 3)
    assert rolls.shape == (2000, 2)
    assert rolls.dtype == np.int32
    for direction in (0, 1):
        assert set(rolls[:, direction].tolist()) == {-3, -2, -1, 0, 1, 2, 3}
    assert not np.array_equal(rolls[:, 0], rolls[:, 1])
    assert not spectrum.shifts("conv", 0, 9, 0).any()


def test_rolls_are_of_their_layer_and_seed() -> None:
    """The same again for the same two; of no channel, for a batch is rolled as one."""
    first = spectrum.shifts("conv", 0, 50, 8)
    assert np.array_equal(first, spectrum.shifts("conv", 0, 50, 8))
    assert not np.array_equal(first, spectrum.shifts("conv", 1, 50, 8))
    assert not np.array_equal(first, spectrum.shifts("other", 0, 50, 8))


def test_the_first_colour_is_light_and_the_others_are_hues() -> None:
    """As Lucid has them: the first moves red, green and blue alike, each other one apart."""
    light, red_blue, green_magenta = spectrum.COLOURS.T
    assert np.linalg.norm(light) == pytest.approx(1)
    assert light.tolist() == pytest.approx([1 / math.sqrt(3)] * 3, abs=0.02)
    assert red_blue[0] > 0 > red_blue[2]
    assert green_magenta[1] < 0 < min(green_magenta[0], green_magenta[2])
