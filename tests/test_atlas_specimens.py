"""Which pictures stand for a layer, by what they show and how well they do."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from generator.atlas.specimens import specimens
from generator.domain import Pictured
from tests.atlas_examples import pictured

Pixels = NDArray[np.uint8]

SIDE = 32


def coloured(seed: int, *colours: tuple[int, int, int]) -> Pixels:
    """A picture of each colour, with a little noise."""
    rng = np.random.default_rng(seed)
    plain = np.array(colours)[:, None, None, :]
    return (plain + rng.integers(-9, 10, (len(colours), SIDE, SIDE, 3))).astype(np.uint8)


def striped(*waves: tuple[int, int]) -> Pixels:
    """Grey stripes that run so often down and across."""
    rows, columns = np.mgrid[:SIDE, :SIDE] / SIDE
    grey = [128 + 90 * np.sin(2 * np.pi * (d * rows + a * columns)) for d, a in waves]
    return np.stack([np.stack([one] * 3, axis=-1) for one in grey]).astype(np.uint8)


RED, GREEN, BLUE = (200, 40, 40), (40, 200, 40), (40, 40, 200)


KINDS = {
    "colour": coloured(1, RED, GREEN, BLUE),
    "direction": striped((5, 0), (0, 5), (4, 4)),
    "scale": striped((0, 1), (0, 4), (0, 12)),
    "brightness": coloured(2, (30, 30, 30), (110, 110, 110), (200, 200, 200)),
}
"""Three pictures that differ in one respect."""


def moved_about(kinds: Pixels, times: int) -> Pixels:
    """All of them so often, rolled elsewhere each time: of three, channel ``c`` is ``c % 3``."""
    rolls = [(7 * i, 5 * i) for i in range(times)]
    return np.concatenate([np.roll(kinds, roll, axis=(1, 2)) for roll in rolls])


@pytest.mark.parametrize("kind", KINDS)
def test_one_of_each_kind_is_taken(kind: str) -> None:
    """Three pictures, each four times at another place: three specimens show all three.

    Whichever of the twelve excels most.
    """
    pictures = moved_about(KINDS[kind], 4)
    for best in range(12):
        facts = tuple(pictured(3.0 if c == best else 2.0) for c in range(12))
        chosen = specimens(pictures, facts, 3)
        assert sorted(c % 3 for c in chosen) == [0, 1, 2]


def test_the_picture_that_excels_most_is_among_them() -> None:
    """By how many times its best photograph it excites the channel, not by how much."""
    pictures = coloured(4, *[RED] * 6)
    facts = (
        pictured(200.0, 100.0),
        pictured(30.0, 20.0),
        pictured(9.0, 1.0),  # nine times
        pictured(500.0, 400.0),
        pictured(50.0, 10.0),
        pictured(60.0, 50.0),
    )
    assert specimens(pictures, facts, 1) == (2,)
    assert 2 in specimens(pictures, facts, 3)


def test_failures_are_left_out_while_there_are_enough_others() -> None:
    """However much they differ from all others: the blue ones failed, and the green ranked low."""
    pictures = coloured(5, *[RED, RED, GREEN, BLUE] * 3)
    good, low, failed = pictured(), pictured(rank=4), pictured(1.0, 1.0)
    chosen = specimens(pictures, (good, good, low, failed) * 3, 6)
    assert chosen == (0, 1, 4, 5, 8, 9)
    third = pictured(rank=3)
    assert set(specimens(pictures, (good, good, third, failed) * 3, 3)) & {2, 6, 10}


def test_without_enough_good_ones_any_picture_will_do() -> None:
    """Two good ones, two failures and a channel without a picture, of which four are wanted."""
    pictures = coloured(6, RED, GREEN, BLUE, RED, GREEN)
    facts = (pictured(), pictured(0.5), None, pictured(rank=40), pictured())
    assert specimens(pictures, facts, 4) == (0, 1, 3, 4)


def test_a_layer_with_fewer_pictures_than_are_wanted_shows_them_all() -> None:
    """Twelve are wanted where nothing else is said."""
    pictures = coloured(7, *[RED, GREEN] * 4)
    facts = tuple(None if c in (1, 6) else pictured() for c in range(8))
    assert specimens(pictures, facts) == (0, 2, 3, 4, 5, 7)
    assert len(specimens(coloured(8, *[RED] * 20), (pictured(),) * 20)) == 12


@pytest.mark.parametrize("facts", [(), (None,), (None,) * 5])
def test_a_layer_without_pictures_has_no_specimens(facts: tuple[Pictured | None, ...]) -> None:
    """Nothing is chosen, and nothing fails."""
    pictures = np.full((len(facts), SIDE, SIDE, 3), 128, dtype=np.uint8)
    assert specimens(pictures, facts) == ()


def test_the_choice_is_always_the_same() -> None:
    """In ascending order, without a repetition, and the pictures are left alone."""
    rng = np.random.default_rng(9)
    pictures = rng.integers(0, 256, (40, SIDE, SIDE, 3), dtype=np.uint8)
    before = pictures.copy()
    facts = tuple(
        pictured(float(rng.uniform(0.8, 4)), rank=int(rng.integers(1, 6))) for _ in "x" * 40
    )
    chosen = specimens(pictures, facts)
    assert chosen == specimens(pictures, facts) == tuple(sorted(set(chosen)))
    assert len(chosen) == 12
    assert np.array_equal(pictures, before)


def test_pictures_that_are_all_alike_are_chosen_all_the_same() -> None:
    """Nothing divides by their difference, and none is taken twice."""
    pictures = np.full((9, SIDE, SIDE, 3), 77, dtype=np.uint8)
    with np.errstate(all="raise"):
        chosen = specimens(pictures, (pictured(),) * 9, 4)
    assert len(set(chosen)) == 4


def test_a_channel_that_no_photograph_excites_can_be_chosen() -> None:
    """It excels over nothing, which is no number: it is not the first, and not left out."""
    pictures = moved_about(coloured(10, RED, GREEN), 2)[:3]
    facts = (pictured(5.0, 1.0), pictured(3.0, 0.0), pictured(2.0, 1.0))
    assert specimens(pictures, facts, 1) == (0,)
    assert specimens(pictures, facts, 2) == (0, 1)


def test_pictures_need_not_be_square() -> None:
    """A network of one size has pictures of its own."""
    rng = np.random.default_rng(11)
    pictures = rng.integers(0, 256, (6, 12, 9, 3), dtype=np.uint8)
    assert len(specimens(pictures, (pictured(),) * 6, 3)) == 3
