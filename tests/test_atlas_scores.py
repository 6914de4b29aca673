"""How well pictures do: sums over all positions, and places counted in plain loops."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from generator.atlas.scores import Photographs, Share, Tally, fails, ranks, shares
from tests.atlas_examples import facts_of, pictured

Floats = NDArray[np.float32]


def relu_like(seed: int, *shape: int) -> Floats:
    """Maps as after a ReLU: half zeros, a long tail; some channels a thousand times louder."""
    rng = np.random.default_rng(seed)
    values = np.maximum(rng.normal(size=shape) ** 3, 0) * np.logspace(0, 3, shape[-1])
    return values.astype(np.float32)


def tallied(maps: Floats) -> Photographs:
    """``(photographs, height, width, channels)``, added one by one."""
    tally = Tally()
    for one in maps:
        tally.add(one)
    return tally.result()


def photographs(mean: list[float], spread: list[float]) -> Photographs:
    nothing = np.zeros(len(mean))
    return Photographs(nothing, nothing, np.array(mean, float), np.array(spread, float))


@pytest.mark.parametrize("count", [1, 2, 7])
def test_a_tally_is_numpy_over_all_positions_of_all_photographs(count: int) -> None:
    """Mean and deviation of the photographs laid side by side, in double precision."""
    maps = relu_like(1, count, 11, 13, 6)
    found = tallied(maps)
    positions = np.concatenate([one.reshape(-1, 6) for one in maps]).astype(np.float64)
    assert positions.shape == (count * 11 * 13, 6)
    np.testing.assert_allclose(found.mean, positions.mean(axis=0), rtol=1e-9)
    np.testing.assert_allclose(found.spread, positions.std(axis=0), rtol=1e-6)


def test_a_tally_holds_each_channels_best_photograph() -> None:
    """By mean and by largest value; that need not be the same photograph."""
    calm, stark = np.full((2, 2, 1), 3, np.float32), np.zeros((2, 2, 1), np.float32)
    stark[1, 0] = 8
    found = tallied(np.stack([calm, stark]))
    assert found.best_mean.tolist() == [3]
    assert found.best_peak.tolist() == [8]
    assert found.mean.tolist() == [2.5]
    assert found.spread.tolist() == pytest.approx([((4 * 9 + 64) / 8 - 2.5**2) ** 0.5])


def test_best_photographs_are_numpys_largest() -> None:
    """Channel by channel, of negative values too."""
    maps = relu_like(2, 5, 6, 7, 4) - 10
    found = tallied(maps)
    np.testing.assert_allclose(found.best_mean, maps.astype(float).mean(axis=(1, 2)).max(axis=0))
    assert np.array_equal(found.best_peak, maps.max(axis=(0, 1, 2)))


def test_a_tally_keeps_no_map() -> None:
    """Who overwrites an array that was added changes nothing."""
    maps = relu_like(3, 2, 5, 5, 3)
    expected = tallied(maps.copy())
    tally = Tally()
    buffer = np.empty_like(maps[0])
    for one in maps:
        buffer[:] = one
        tally.add(buffer)
    assert np.array_equal(tally.result().mean, expected.mean)
    assert np.array_equal(tally.result().best_peak, expected.best_peak)


def test_a_constant_channel_has_no_spread() -> None:
    """Rounding leaves at most a millionth of 0.1, and no square root of a negative number."""
    with np.errstate(all="raise"):
        found = tallied(np.full((3, 30, 30, 2), 0.1, np.float32))
    assert (found.spread >= 0).all()
    assert found.spread.max() < 1e-7


def test_a_place_counts_how_far_a_channel_is_above_its_photographs() -> None:
    """Worked out by hand: means 0, 10, 100 and deviations 1, 2, 50 on photographs.

    On the picture of channel 0 they are 3, 2 and 0.6 deviations above: the first is best, though
    the last is forty times louder. On that of channel 1 they are 2, 1.5 and 4; on that of
    channel 2 they are 1, 0.5 and 0.2.
    """
    means = np.array([[3, 14, 130], [2, 13, 300], [1, 11, 110]], np.float32)
    seen = photographs([0, 10, 100], [1, 2, 50])
    assert ranks(means, [0, 1, 2], seen).tolist() == [1, 3, 3]
    assert ranks(means, [2, 2, 0], seen).tolist() == [3, 1, 1]


def test_channels_that_are_level_share_a_place() -> None:
    """Both are half a deviation above; the third is not."""
    means = np.array([[0.5, 11, 100]], np.float32)
    seen = photographs([0, 10, 100], [1, 2, 50])
    assert [ranks(means, [c], seen)[0] for c in range(3)] == [1, 1, 3]


def test_places_are_those_of_a_plain_loop() -> None:
    """Forty pictures of a layer of thirty channels."""
    rng = np.random.default_rng(4)
    means = rng.uniform(0, 50, (40, 30)).astype(np.float32)
    own = rng.integers(0, 30, 40).tolist()
    seen = photographs(rng.uniform(0, 20, 30).tolist(), rng.uniform(0.5, 9, 30).tolist())
    expected = []
    for i, channel in enumerate(own):
        above = [(float(means[i, c]) - seen.mean[c]) / seen.spread[c] for c in range(30)]
        expected.append(1 + sum(value > above[channel] for value in above))
    assert ranks(means, own, seen).tolist() == expected
    assert len(set(expected)) > 10


def test_a_channel_that_no_photograph_moves_is_not_infinitely_surprised() -> None:
    """Its deviation counts as a thousandth of the layer's largest, here 0.002.

    By hand: 0.001 above is half a deviation; 3 above, of a channel with deviation 1, is three.
    """
    seen = photographs([0, 0, 0], [0, 1, 2])
    means = np.array([[0.001, 3, 0], [0.008, 3, 0]], np.float32)
    with np.errstate(all="raise"):
        assert ranks(means, [0, 0], seen).tolist() == [2, 1]
        assert ranks(means, [1, 1], seen).tolist() == [1, 2]


def test_a_layer_that_no_photograph_moves_has_places_all_the_same() -> None:
    """By how far each channel is above its mean, and nothing divides by zero."""
    seen = photographs([1, 2], [0, 0])
    with np.errstate(all="raise"):
        assert ranks(np.array([[3, 3]], np.float32), [0], seen).tolist() == [1]
        assert ranks(np.array([[3, 3]], np.float32), [1], seen).tolist() == [2]


@pytest.mark.parametrize(
    ("mean", "photograph", "expected"),
    [(1.5, 1.0, False), (1.0, 1.0, True), (0.5, 1.0, True), (0.0, 0.0, True), (0.1, 0.0, False)],
)
def test_a_picture_fails_that_does_no_better_than_a_photograph(
    mean: float, photograph: float, expected: bool
) -> None:
    """As good is not better; its largest value and its place do not count."""
    assert fails(pictured(mean, photograph, peak=0.0, rank=9)) is expected
    assert fails(pictured(mean, photograph, peak=99.0, rank=1)) is expected


def test_shares_are_counted_over_the_layer() -> None:
    """Seven channels, counted by hand."""
    sheet = facts_of(
        [
            pictured(2, 1, peak=9, photograph_peak=8, rank=1),
            None,
            pictured(2, 1, peak=8, photograph_peak=8, rank=10),  # as large is not larger
            pictured(1, 1, peak=9, photograph_peak=8, rank=11),  # fails
            pictured(2, 1, peak=7, photograph_peak=8, rank=12),
            pictured(0, 1, peak=0, photograph_peak=8, rank=2),  # fails
            pictured(2, 1, peak=9, photograph_peak=8, rank=0),  # nothing to rank it against
        ]
    )
    assert shares(sheet) == Share(
        channels=7, pictures=6, above=4, above_peak=3, top=3, failures=(3, 5)
    )


def test_a_layer_without_pictures_has_shares_of_nothing() -> None:
    """A channel without a picture has not failed: nobody asked for one, or the layer did."""
    assert shares(facts_of([None, None])) == Share(2, 0, 0, 0, 0, failures=())


def test_what_was_measured_against_nothing_has_no_shares() -> None:
    """Without a photograph a picture has not done better than any: that is not known."""
    sheet = replace(facts_of([pictured(2, 0), pictured(3, 0)]), photographs=())
    assert shares(sheet) == Share(2, 2, None, None, None, failures=())
