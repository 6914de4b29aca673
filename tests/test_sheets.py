"""Feature maps become grey sheets and numbers that can be checked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from generator import sheets, sizes
from generator.domain import Peak


def measured(maps: np.ndarray, signed: bool = False) -> sheets.Measured:
    """A sheet of ``(channels, height, width)`` maps."""
    return sheets.sheet_of(
        np.moveaxis(maps, 0, -1).astype(np.float32),  # (c, h, w) -> (h, w, c)
        model="m",
        image="i",
        layer="l",
        signed=signed,
    )


def relu_like(seed: int, channels: int, height: int, width: int) -> np.ndarray:
    """Maps as after a ReLU: half zeros, a long tail."""
    values = np.random.default_rng(seed).normal(size=(channels, height, width)) ** 3
    return np.maximum(values, 0).astype(np.float32)


def test_each_channel_is_scaled_to_its_own_largest_value() -> None:
    """On a range of 0 to 255 a pixel is the value, rounded to nearest; a half goes to even."""
    maps = np.array([[[0, 1.4, 2.6, 255]], [[0, 0.5, 0.25, 1]]])
    grey = measured(maps).grey
    assert grey[0].tolist() == [[0, 1, 3, 255]]
    assert grey[1].tolist() == [[0, 128, 64, 255]]


def test_a_pixel_gives_its_value_back_within_half_a_step() -> None:
    """``low + (high - low) * v / 255`` is off by at most half of (high - low) / 255."""
    maps = relu_like(1, 9, 13, 11)
    sheet, grey, _ = measured(maps)
    for c, channel in enumerate(sheet.channels):
        back = channel.low + (channel.high - channel.low) * grey[c].astype(float) / 255
        assert np.abs(back - maps[c]).max() <= (channel.high - channel.low) / 255 / 2 * 1.0001


def test_zero_of_a_signed_layer_is_exactly_grey_128() -> None:
    """High is the largest magnitude, low 128/127 of it below zero: -4 -> 1, 0 -> 128, 4 -> 255."""
    sheet, grey, _ = measured(np.array([[[-4.0, 0, 2, 4]], [[-1.0, 0, 0.5, -2]]]), signed=True)
    assert grey[0].tolist() == [[1, 128, 192, 255]]
    assert grey[1].tolist() == [[64, 128, 160, 1]]
    assert sheet.channels[0].high == 4
    assert sheet.channels[0].low == pytest.approx(-4 * 128 / 127)
    assert sheet.channels[1].peaks[0] == Peak(0, 3, -2)


def test_numbers_of_a_channel_equal_numpys_in_double_precision() -> None:
    """Mean, standard deviation, share of zeros and range of maps of several sizes."""
    for shape in ((70, 40, 40), (512, 7, 7), (3, 224, 224), (1, 1, 1)):
        maps = relu_like(2, *shape)
        sheet = measured(maps).sheet
        for c, channel in enumerate(sheet.channels):
            exact = maps[c].astype(np.float64)
            assert channel.mean == pytest.approx(exact.mean(), rel=1e-5, abs=1e-9)
            assert channel.std == pytest.approx(exact.std(), rel=1e-4, abs=1e-9)
            zeros = np.count_nonzero(maps[c] == 0) / maps[c].size
            assert channel.zero_fraction == round(zeros, 9)
            assert channel.high == pytest.approx(exact.max(), rel=1e-7)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("shape", [(70, 40, 40), (8, 3, 3), (2, 1, 1), (64, 112, 112)])
def test_upper_end_of_the_shared_scale_is_numpys_percentile(
    shape: tuple[int, int, int], signed: bool
) -> None:
    """The 99.9th percentile of the non-zero values, or magnitudes, linear between ranks."""
    maps = relu_like(3, *shape)
    if signed:
        maps *= np.random.default_rng(4).choice([-1, 1], size=shape).astype(np.float32)
    expected = np.percentile(np.abs(maps[maps != 0]).astype(np.float64), 99.9)
    assert measured(maps, signed).sheet.p99_9 == pytest.approx(expected, rel=1e-6)


def test_upper_end_is_right_when_the_sample_misses_the_strong_values() -> None:
    """All strong values in one channel, where a thin sample cannot tell how many there are."""
    maps = np.full((40, 50, 50), 0.001, dtype=np.float32)
    maps[7] = np.arange(2500, dtype=np.float32).reshape(50, 50) + 1
    expected = np.percentile(maps.astype(np.float64), 99.9)
    assert measured(maps).sheet.p99_9 == pytest.approx(expected, rel=1e-6)


def test_histogram_counts_every_value_once() -> None:
    """256 bins up to p99_9; the last takes what lies above, the first the zeros."""
    maps = relu_like(5, 20, 30, 30)
    sheet = measured(maps).sheet
    high = sheet.p99_9
    expected = np.histogram(np.minimum(maps.ravel(), high), bins=256, range=(0, high))[0]
    counts = np.array(sheet.histogram.counts)
    assert counts.sum() == maps.size
    # a value on an edge may fall to either side in single precision
    assert np.abs(counts - expected).sum() <= 4
    assert counts[0] >= np.count_nonzero(maps == 0)


def test_peaks_are_the_two_strongest_that_lie_apart() -> None:
    """On 16 x 16 an eighth is 2: the strongest's neighbour does not count, the far one does."""
    maps = np.zeros((1, 16, 16))
    maps[0, 4, 4], maps[0, 4, 5], maps[0, 5, 5], maps[0, 12, 3] = 10, 9, 8, 7
    assert measured(maps).sheet.channels[0].peaks == (Peak(4, 4, 10), Peak(12, 3, 7))
    maps[0, 4, 6] = 7.5
    assert measured(maps).sheet.channels[0].peaks[1] == Peak(4, 6, 7.5)


def test_a_channel_with_one_lit_value_has_one_peak() -> None:
    """The second place stays empty rather than naming a zero."""
    maps = np.zeros((1, 8, 8))
    maps[0, 2, 3] = 5
    assert measured(maps).sheet.channels[0].peaks == (Peak(2, 3, 5),)


def test_a_silent_channel_is_black_and_says_so() -> None:
    """Nothing divides by zero."""
    with np.errstate(all="raise"):
        sheet, grey, _ = measured(np.zeros((2, 5, 5)))
    assert all(c.silent and not c.flat and c.zero_fraction == 1 for c in sheet.channels)
    assert sheet.p99_9 == sheet.layer_high == 0
    assert not grey.any()


def test_a_flat_channel_is_marked_and_has_no_spread() -> None:
    """0.1 is not a binary fraction, and still the standard deviation is exactly zero."""
    channel = measured(np.full((1, 30, 30), 0.1)).sheet.channels[0]
    assert channel.flat
    assert channel.std == 0


def test_values_that_are_not_finite_are_marked_and_drawn_as_zero() -> None:
    """The other channels keep their own range."""
    maps = relu_like(6, 3, 6, 6)
    strongest = maps[1].max()
    maps[1, 0, 0], maps[1, 0, 1] = np.nan, np.inf
    maps[1, 3, 3] = strongest
    sheet, grey, _ = measured(maps)
    assert [c.finite for c in sheet.channels] == [True, False, True]
    assert grey[1, 0, 0] == grey[1, 0, 1] == 0
    assert sheet.channels[1].high == strongest
    assert np.isfinite(sheet.p99_9)


def test_tiles_lie_row_by_row_with_a_gap_of_zero() -> None:
    """Five 1 x 2 maps in two columns, written out by hand."""
    grey = np.array([[[1, 2]], [[3, 4]], [[5, 6]], [[7, 8]], [[9, 9]]], dtype=np.uint8)
    assert sheets.tile(grey, 2).tolist() == [
        [1, 2, 0, 3, 4],
        [0, 0, 0, 0, 0],
        [5, 6, 0, 7, 8],
        [0, 0, 0, 0, 0],
        [9, 9, 0, 0, 0],
    ]
    assert sheets.tile(grey[:1], 1, signed=True).tolist() == [[1, 2]]
    assert sheets.tile(grey[:3], 2, signed=True)[2].tolist() == [5, 6, 128, 128, 128]


def test_a_reduced_map_keeps_every_lone_peak() -> None:
    """The maximum of each square; a side that does not divide ends in a smaller one."""
    maps = np.zeros((1, 5, 7), dtype=np.uint8)
    maps[0, 4, 6], maps[0, 0, 3], maps[0, 1, 1] = 9, 8, 7
    assert sheets.reduce_by_maximum(maps, 2).tolist() == [
        [[7, 8, 0, 0], [0, 0, 0, 0], [0, 0, 0, 9]]
    ]


def test_channels_first_moves_whole_maps() -> None:
    """Value (row, column, channel) comes to (channel, row, column)."""
    maps = np.arange(2 * 3 * 4, dtype=np.float32).reshape(2, 3, 4)
    turned = sheets.channels_first(maps)
    assert turned.shape == (4, 2, 3)
    assert turned[3, 1, 2] == maps[1, 2, 3] == 23


@pytest.mark.parametrize(("channels", "columns"), [(1, 1), (3, 2), (64, 8), (128, 16), (512, 32)])
def test_a_sheet_is_about_square(channels: int, columns: int) -> None:
    """64 maps lie 8 by 8, 128 lie 16 by 8."""
    assert sizes.columns_for(channels) == columns
