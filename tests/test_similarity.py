"""How alike layers are: against loops, by hand, and by what must not change the answer."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from generator import similarity
from generator.domain import Layer, Window

Floats = NDArray[np.float64]


def noise(*shape: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).standard_normal(shape)


def rotation(size: int, seed: int = 0) -> Floats:
    """A random orthogonal matrix."""
    return np.asarray(np.linalg.qr(noise(size, size, seed=seed))[0])


def cka_of(x: Floats, y: Floats, cells: int = 1) -> float:
    found = similarity.cka(x, y, cells)
    assert found is not None
    return found


# -- The grid


def averaged(values: Floats, side: int) -> Floats:
    """(height, width) -> (side, side), every value cut into side x side equal pieces first."""
    height, width = values.shape
    pieces = values.repeat(side, axis=0).repeat(side, axis=1)  # each cell is height x width of them
    cells = [
        [
            pieces[i * height : (i + 1) * height, j * width : (j + 1) * width].mean()
            for j in range(side)
        ]
        for i in range(side)
    ]
    return np.array(cells)


@pytest.mark.parametrize("size", [(14, 14), (7, 7), (10, 9), (3, 5), (1, 1), (8, 2), (31, 6)])
@pytest.mark.parametrize("side", [1, 4, 7])
def test_a_cell_is_the_mean_over_its_share_of_the_map(size: tuple[int, int], side: int) -> None:
    """Finer, coarser or not dividing: the same as cutting values into pieces and counting those."""
    maps = noise(2, *size, 3).astype(np.float32)
    found = similarity.grid(maps, side)
    assert found.shape == (2, side, side, 3)
    for image, channel in itertools.product(range(2), range(3)):
        expected = averaged(maps[image, :, :, channel].astype(np.float64), side)
        np.testing.assert_allclose(found[image, :, :, channel], expected, atol=1e-12)


def test_a_value_on_a_border_counts_on_either_side() -> None:
    """Three values on two cells: the middle one is halved."""
    maps = np.array([3, 6, 9], np.float32).reshape(1, 1, 3, 1)
    assert similarity.grid(maps, 2)[0, :, :, 0].tolist() == [[4, 8], [4, 8]]


@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    side=st.integers(1, 9),
    seed=st.integers(0, 99),
)
def test_the_mean_over_the_grid_is_the_mean_over_the_map(
    height: int, width: int, side: int, seed: int
) -> None:
    """Averaging loses no part of the map and counts none twice."""
    maps = noise(1, height, width, 2, seed=seed).astype(np.float32)
    found = similarity.grid(maps, side).mean(axis=(1, 2))
    np.testing.assert_allclose(found, maps.mean(axis=(1, 2), dtype=np.float64), atol=1e-12)


def test_examples_come_image_by_image_and_row_by_row() -> None:
    """So that each 4 consecutive ones are the cells of one image."""
    maps = np.arange(2 * 2 * 2 * 1, dtype=np.float32).reshape(2, 2, 2, 1)
    assert similarity.examples(maps, 2).tolist() == [[float(i)] for i in range(8)]


def test_many_images_are_cut_into_fewer_cells() -> None:
    """At most 1000 examples: 20 images of 7 x 7, 21 of 6 x 6; and one cell at the least."""
    assert [similarity.side_for(n) for n in (1, 20, 21, 27, 28, 250, 251, 5000)] == (
        [7, 7, 6, 6, 5, 2, 1, 1]
    )


# -- CKA


def hsic(k: Floats, other: Floats) -> float:
    """Song et al. 2012, as means over all choices of different examples: loops, no matrices.

    Of pairs (i, j): k_ij l_ij; of fours: k_ij l_qr; of threes: k_ij l_iq.
    """
    m = len(k)
    pairs = [k[i, j] * other[i, j] for i, j in itertools.permutations(range(m), 2)]
    fours = [k[i, j] * other[q, r] for i, j, q, r in itertools.permutations(range(m), 4)]
    threes = [k[i, j] * other[i, q] for i, j, q in itertools.permutations(range(m), 3)]
    return float(np.mean(pairs) + np.mean(fours) - 2 * np.mean(threes))


@pytest.mark.parametrize("seed", range(5))
def test_cka_is_what_loops_over_all_examples_give(seed: int) -> None:
    """HSIC as an average over every two, three and four different examples; the mean included."""
    x = noise(7, 4, seed=seed) + 3
    y = noise(7, 6, seed=seed + 50) + x[:, [0]] - 1
    k, other = x @ x.T, y @ y.T
    expected = hsic(k, other) / math.sqrt(hsic(k, k) * hsic(other, other))
    assert cka_of(x, y) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("images", "cells"), [(2, 5), (3, 4), (5, 3), (6, 1)])
def test_pairs_of_one_image_are_left_out(images: int, cells: int) -> None:
    """What is left of the other pairs once a_i + a_j is fitted to them, by a general solver."""
    m = images * cells
    x, y = noise(m, 5, seed=1) + 2, noise(m, 3, seed=2)
    pairs = [(i, j) for i in range(m) for j in range(i) if i // cells != j // cells]
    design = np.zeros((len(pairs), m))
    for row, pair in enumerate(pairs):
        design[row, list(pair)] = 1

    def rest(of: Floats) -> Floats:
        entries = np.array([of[i] @ of[j] for i, j in pairs])
        return np.asarray(entries - design @ np.linalg.lstsq(design, entries, rcond=None)[0])

    one, other = rest(x), rest(y)
    expected = one @ other / math.sqrt((one @ one) * (other @ other))
    assert cka_of(x, y, cells) == pytest.approx(expected, abs=1e-10)


many = st.integers(0, 2**16)


@given(seed=many, m=st.integers(4, 14), p=st.integers(1, 20), q=st.integers(1, 20))
def test_cka_is_a_cosine_and_has_no_sides(seed: int, m: int, p: int, q: int) -> None:
    """Never above 1 in size; a layer is wholly alike to itself; the order does not matter."""
    x, y = noise(m, p, seed=seed), noise(m, q, seed=seed + 1)
    assert abs(cka_of(x, y)) <= 1 + 1e-12
    assert cka_of(x, x) == pytest.approx(1)
    assert cka_of(x, y) == pytest.approx(cka_of(y, x), abs=1e-12)


@given(
    seed=many,
    p=st.integers(2, 16),
    scale=st.floats(1e-3, 1e3),
    shift=st.floats(-10, 10),
    cells=st.sampled_from([1, 3]),
)
def test_cka_does_not_see_rotation_scale_and_shift(
    seed: int, p: int, scale: float, shift: float, cells: int
) -> None:
    """Mixing channels as a rotation does, one common factor, other means: all one to it."""
    x, y = noise(12, p, seed=seed), noise(12, 5, seed=seed + 1)
    changed = scale * x @ rotation(p, seed) + shift
    assert cka_of(changed, x, cells) == pytest.approx(1)
    assert cka_of(changed, y, cells) == pytest.approx(cka_of(x, y, cells), abs=1e-7)


def test_cka_sees_single_channels_scaled() -> None:
    """One channel made ten times as strong makes another layer of it."""
    x = noise(40, 6)
    assert cka_of(x * [10, 1, 1, 1, 1, 1], x) < 0.9


@pytest.mark.parametrize("m", [10, 50])
def test_independent_layers_are_not_alike_on_average(m: int) -> None:
    """Many more channels than examples, hundreds of draws: 0, where the biased estimate is not."""
    found, biased = [], []
    for seed in range(300):
        x, y = noise(m, 200, seed=2 * seed), noise(m, 200, seed=2 * seed + 1)
        found.append(cka_of(x, y))
        x, y = x - x.mean(axis=0), y - y.mean(axis=0)
        k, other = x @ x.T, y @ y.T
        biased.append(np.sum(k * other) / (np.linalg.norm(k) * np.linalg.norm(other)))
    spread = np.std(found) / math.sqrt(len(found))
    assert abs(np.mean(found)) < 4 * spread
    assert np.mean(biased) > 0.75


def test_what_the_cells_of_an_image_share_is_not_taken_for_similarity() -> None:
    """Independent layers whose cells have their image's value in common: alike only if one lets it.

    Each image is a random vector, its cells are that and some noise of their own.
    """
    alone, as_images = [], []
    for seed in range(200):
        x, y = (
            noise(8, 1, 50, seed=2 * seed + part).repeat(9, axis=1).reshape(72, 50)
            + 0.5 * noise(72, 50, seed=7000 + 2 * seed + part)
            for part in (0, 1)
        )
        alone.append(cka_of(x, y))
        as_images.append(cka_of(x, y, cells=9))
    assert np.mean(alone) > 0.5
    assert abs(np.mean(as_images)) < 4 * np.std(as_images) / math.sqrt(len(as_images))


def test_a_layer_without_variation_is_like_none() -> None:
    """Silence, one value, rounding, what is not finite: None, not NaN, and no warning."""
    y = noise(12, 3)
    broken = y.copy()
    broken[4, 1] = np.nan
    endless = y.copy()
    endless[2, 0] = np.inf
    almost = (1000 + 1e-5 * y).astype(np.float32)
    for x in (np.zeros((12, 3)), np.full((12, 4), 7.3), almost, broken, endless):
        assert similarity.structure(x) is None
        assert similarity.cka(x, y) is None
        assert similarity.cka(y, x, cells=4) is None


def test_a_layer_that_answers_one_example_has_no_pairs_to_compare() -> None:
    """All other examples are alike, and that one is like none."""
    x = np.zeros((12, 3))
    x[5] = [1, 2, 3]
    assert similarity.structure(x) is None


def test_very_small_and_very_large_activations_are_compared() -> None:
    """The common factor does not matter, even where its square has no place among floats."""
    x = noise(12, 3)
    assert cka_of(x * 1e-200, x * 1e200) == pytest.approx(1)


@pytest.mark.parametrize(("m", "cells"), [(3, 1), (10, 4), (5, 5)])
def test_too_few_examples_are_refused(m: int, cells: int) -> None:
    """Fewer than four, parts of images, or one image."""
    with pytest.raises(ValueError, match=f"cells, got {m} examples"):
        similarity.structure(noise(m, 2), cells)


def test_a_matrix_holds_the_cka_of_every_two_layers() -> None:
    """More layers than are held at once; the second network's made as they are read."""
    a = [noise(12, 3, seed=s) for s in range(3)]
    b = [noise(12, 4, seed=s) + np.pad(a[s % 3], ((0, 0), (0, 1))) for s in range(20)]
    a.insert(1, np.zeros((12, 3)))
    b.insert(18, np.ones((12, 3)))
    found = similarity.similarities(
        [similarity.structure(x) for x in a], (similarity.structure(y) for y in b)
    )
    assert found.shape == (4, 21)
    for (i, x), (j, y) in itertools.product(enumerate(a), enumerate(b)):
        expected = similarity.cka(x, y)
        assert found[i, j] == pytest.approx(math.nan if expected is None else expected, nan_ok=True)


@pytest.mark.parametrize(("a", "b"), [(0, 2), (2, 0), (0, 0)])
def test_a_matrix_may_be_empty(a: int, b: int) -> None:
    """No layers, no numbers."""
    layer = similarity.structure(noise(6, 2))
    assert similarity.similarities([layer] * a, [layer] * b).shape == (a, b)


# -- One layer


@pytest.mark.parametrize("k", [1, 2, 5])
def test_the_effective_rank_of_k_equal_directions_is_k(k: int) -> None:
    """The identity, turned, scaled, and beside channels that are silent."""
    assert similarity.effective_rank(np.eye(k)) == pytest.approx(k)
    turned = 3 * rotation(k + 2)[:, :k] @ rotation(k, 1)
    assert similarity.effective_rank(turned) == pytest.approx(k)
    assert similarity.effective_rank(np.pad(np.eye(k), ((0, 4), (0, 2)))) == pytest.approx(k)


def test_the_effective_rank_counts_weak_directions_in_part() -> None:
    """Singular values 3 and 1: shares 3/4 and 1/4, entropy 0.562, so 1.755 directions."""
    assert similarity.effective_rank(np.diag([3.0, 1.0])) == pytest.approx(1.7548, abs=1e-4)
    assert similarity.effective_rank(np.zeros((3, 2))) is None


def test_a_layers_figures_by_hand() -> None:
    """Four cells of one image, two channels: magnitude, zeros, directions less the mean."""
    #          channel 0       channel 1
    #            1  0            0  0
    #            0 -3            0  4
    maps = np.zeros((1, 2, 2, 2), np.float32)
    maps[0, :, :, 0] = [[1, 0], [0, -3]]
    maps[0, 1, 1, 1] = 4
    found = similarity.figures(maps, side=2)
    assert (found.strength, found.zero_share, found.rank_limit) == (1, 5 / 8, 2)
    # Channels less their means: (1.5, .5, .5, -2.5) and (-1, -1, -1, 3): products 9, 12, -10.
    # Eigenvalues (21 ± sqrt(3² + 20²)) / 2 = 20.611, 0.388; singular values 4.540, 0.623.
    share = np.array([4.540, 0.623]) / (4.540 + 0.623)
    expected = math.exp(-float(np.sum(share * np.log(share))))
    assert found.effective_rank == pytest.approx(expected, abs=1e-3)


def test_a_map_coarser_than_the_grid_gives_no_more_examples_than_it_has_values() -> None:
    """Five images of 2 x 2: 20 places, 19 directions less the mean, however many channels."""
    maps = np.random.default_rng(0).normal(size=(5, 2, 2, 40)).astype(np.float32)
    found = similarity.figures(maps, side=7)
    cells = similarity.examples(maps, 7)
    assert found.rank_limit == np.linalg.matrix_rank(cells - cells.mean(axis=0)) == 19
    assert found.effective_rank is not None and found.effective_rank < 19


def test_the_figures_of_a_layer_that_says_nothing() -> None:
    """Silent, constant, or not finite: no rank, and still numbers for the rest."""
    silent = similarity.figures(np.zeros((2, 3, 3, 4), np.float32))
    assert (silent.strength, silent.zero_share, silent.effective_rank) == (0, 1, None)
    constant = similarity.figures(np.full((2, 3, 3, 4), -2, np.float32))
    assert (constant.strength, constant.zero_share, constant.effective_rank) == (2, 0, None)
    broken = np.ones((1, 2, 2, 1), np.float32)
    broken[0, 0, 0, 0] = np.inf
    found = similarity.figures(broken)
    assert (found.strength, found.zero_share, found.effective_rank) == (0.75, 0, None)


# -- Two networks of one architecture


def one_channel(*values: float) -> Any:
    """One image's map of one row and one channel."""
    return np.array(values, np.float32).reshape(1, 1, -1, 1)


def beside_a_steady_one(*values: float) -> Any:
    """The same, and a second channel that makes the layer's sum of squares 100."""
    rest = math.sqrt((100 - sum(v * v for v in values)) / len(values))
    steady = one_channel(*[rest] * len(values))
    return np.concatenate([one_channel(*values), steady], axis=3)


@pytest.mark.parametrize(
    ("a", "b", "change", "correlation"),
    [
        ((1, 2, 0), (1, 2, 0), 0, 1),  # the same
        ((1, 2, 0), (2, 4, 0), 1 / 3, 1),  # twice as strong
        ((1, 2, 0), (-1, -2, 0), 1, -1),  # turned round
        ((3, 0, 0, 0), (0, 0, 0, 3), math.sqrt(2) / 2, -1 / 3),  # elsewhere
        ((1, 2, 0), (0, 0, 0), 1, None),  # gone silent
        ((0, 0), (0, 0), 0, None),  # silent in both
        ((1, 2), (5, 5), 5 / (math.sqrt(5) + math.sqrt(50)), None),  # gone constant
    ],
)
def test_the_change_of_a_channel_by_hand(
    a: tuple[float, ...], b: tuple[float, ...], change: float, correlation: float | None
) -> None:
    """Norm of the difference, as a share of both norms; and Pearson's correlation."""
    found = similarity.channel_change(beside_a_steady_one(*a), beside_a_steady_one(*b))
    assert found.factor == pytest.approx(1)
    assert found.change[0] == pytest.approx(change, abs=1e-7)
    assert found.correlation[0] == (None if correlation is None else pytest.approx(correlation))


def test_a_layer_turned_down_as_a_whole_has_no_channel_that_changed() -> None:
    """All values a thirtieth of what they were: the factor says so, and the change is 0."""
    a = noise(2, 5, 5, 6).astype(np.float32)
    found = similarity.channel_change(a, a / np.float32(30))
    assert found.factor == pytest.approx(1 / 30)
    assert found.change == pytest.approx([0] * 6, abs=1e-6)
    assert found.correlation == pytest.approx([1] * 6)


@pytest.mark.parametrize("silent", ["a", "b", "both"])
def test_a_layer_that_is_silent_has_no_factor(silent: str) -> None:
    """Against silence everything changed, silence did not."""
    lit, dark = np.ones((1, 2, 2, 3), np.float32), np.zeros((1, 2, 2, 3), np.float32)
    found = similarity.channel_change(
        lit if silent == "b" else dark, lit if silent == "a" else dark
    )
    assert found.factor is None
    assert found.change == ((0, 0, 0) if silent == "both" else (1, 1, 1))


@given(seed=many, images=st.integers(1, 4), offset=st.sampled_from([0.0, 100.0]))
def test_changes_over_images_are_those_over_all_their_values(
    seed: int, images: int, offset: float
) -> None:
    """Gathered image by image it is what numpy says of all at once, far from zero too."""
    a = (noise(images, 3, 4, 5, seed=seed) + offset).astype(np.float32)
    b = (noise(images, 3, 4, 5, seed=seed + 1) + 0.5 * a).astype(np.float32)
    found = similarity.channel_change(a, b)
    factor = np.linalg.norm(b.astype(np.float64)) / np.linalg.norm(a.astype(np.float64))
    assert found.factor == pytest.approx(factor)
    for c in range(5):
        one, other = a[..., c].ravel().astype(np.float64), b[..., c].ravel().astype(np.float64)
        correlation = np.corrcoef(one, other)[0, 1]
        other /= factor
        change = np.linalg.norm(one - other) / (np.linalg.norm(one) + np.linalg.norm(other))
        assert found.change[c] == pytest.approx(change, rel=1e-6)
        assert 0 <= found.change[c] <= 1
        assert found.correlation[c] == pytest.approx(correlation, abs=1e-9)


def test_the_most_changed_channel_comes_first() -> None:
    """Of two that changed alike the lower number."""
    a = np.array([[[[5, 1, 1, 9, 1]]]], np.float32)
    b = np.array([[[[1, 5, 1, 9, 1]]]], np.float32)
    assert similarity.channel_change(a, b).ranked == (0, 1, 2, 3, 4)
    assert similarity.channel_change(a[..., ::-1], b[..., ::-1]).ranked == (3, 4, 0, 1, 2)


def test_a_value_that_is_not_finite_counts_as_zero_in_a_change() -> None:
    """As a sheet draws it."""
    broken = similarity.channel_change(one_channel(math.nan, 2, 1), one_channel(0, 2, math.inf))
    assert broken == similarity.channel_change(one_channel(0, 2, 1), one_channel(0, 2, 0))


def test_how_far_weights_moved_by_hand() -> None:
    """A kernel of 3 and 4, to which 0 and 1 is added; and what is undefined for one of zeros."""
    a = np.array([3, 4], np.float32).reshape(1, 2, 1, 1)
    moved = similarity.weight_change(a, a + np.array([0, 1], np.float32).reshape(1, 2, 1, 1))
    assert moved.relative == pytest.approx(1 / 5)
    assert moved.cosine == pytest.approx(29 / (5 * math.sqrt(34)))
    same = similarity.weight_change(a, a)
    assert same.relative == 0
    assert same.cosine == pytest.approx(1)
    assert similarity.weight_change(a, 0 * a) == similarity.WeightChange(1, None)
    assert similarity.weight_change(0 * a, a) == similarity.WeightChange(None, None)


# -- Which layer beside which


def seeing(*sides: int) -> tuple[Layer, ...]:
    """Layers with receptive fields of these sides; the rest is of no account here."""
    return tuple(
        Layer(
            name=f"layer{number}",
            kind="conv",
            activation="",
            signed=False,
            block="block1",
            height=1,
            width=1,
            channels=1,
            window=Window(side, side, 1, 1, 0, 0),
            kernel=(1, 1),
            strides=(1, 1),
            parameters=0,
            multiply_adds=0,
        )
        for number, side in enumerate(sides)
    )


def aligned(a: tuple[int, ...], b: tuple[int, ...], size_a: int = 64, size_b: int = 64) -> Any:
    return similarity.align(seeing(*a), seeing(*b), (size_a, size_a), (size_b, size_b))


def test_a_layer_stands_beside_the_one_that_sees_as_much() -> None:
    """Windows of 4, 16 and 64 beside five; 8, an octave from 4 and from 16, goes by depth."""
    assert aligned((4, 16, 64), (2, 4, 8, 16, 64)) == (1, 3, 4)
    assert aligned((2, 4, 8, 16, 64), (4, 16, 64)) == (0, 0, 1, 1, 2)
    assert aligned((3, 5, 14, 40), (3, 5, 14, 40)) == (0, 1, 2, 3)


def test_what_is_seen_counts_as_a_share_of_the_input() -> None:
    """8 of 32 pixels is as much as 64 of 256."""
    assert aligned((8, 32), (8, 64, 256), 32, 256) == (1, 2)


def test_layers_that_see_the_whole_image_go_by_depth() -> None:
    """Beyond the image's border there is nothing to see: 200 of 64 pixels is no more than 64."""
    assert aligned((2, 64, 100, 200), (2, 70, 90, 64)) == (0, 1, 2, 3)
    assert aligned((64, 64), (64, 64, 64, 64)) == (0, 3)


def test_pairs_never_cross() -> None:
    """A later layer that sees less does not go back behind the one before it.

    Alone, windows of 32, 2 and 64 beside 2 and 32 would choose 1, 0, 1. Without crossing, 0, 0, 1
    costs 4 + 0.5 + 1 and 1, 1, 1 costs 1 + 4.5 + 1 (octaves, and the depth apart).
    """
    assert aligned((32, 2, 64), (2, 32)) == (0, 0, 1)


@given(
    a=st.lists(st.integers(1, 300), min_size=1, max_size=5),
    b=st.lists(st.integers(1, 300), min_size=1, max_size=5),
)
def test_no_other_choice_without_crossings_is_cheaper(a: list[int], b: list[int]) -> None:
    """All choices tried, each costed as the docstring says."""

    def cost(i: int, j: int) -> float:
        octaves = abs(math.log2(min(a[i], 64) / 64) - math.log2(min(b[j], 128) / 128))
        return octaves + abs(i / max(1, len(a) - 1) - j / max(1, len(b) - 1))

    found = aligned(tuple(a), tuple(b), 64, 128)
    assert list(found) == sorted(found)
    cheapest = min(
        sum(cost(i, j) for i, j in enumerate(choice))
        for choice in itertools.combinations_with_replacement(range(len(b)), len(a))
    )
    assert sum(cost(i, j) for i, j in enumerate(found)) == pytest.approx(cheapest, abs=1e-6)


def test_no_layers_stand_beside_none() -> None:
    """An empty network has no pairs."""
    assert aligned((), (3,)) == ()
    assert aligned((3,), ()) == ()
