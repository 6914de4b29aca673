"""How a channel's picture is made: its size, the sizes on the way there, and the steps."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from generator.atlas import settings
from generator.atlas.settings import Octave, Settings

RECEPTIVE_FIELDS = (3, 5, 10, 14, 24, 32, 40, 60, 76, 92, 132, 164, 196)
"""Of VGG16's 13 convolutions, pixels, as published."""
SIDES = (32, 32, 48, 48, 64, 64, 64, 96, 96, 96, 128, 128, 128)
STEPS = {32: 64, 48: 56, 64: 56, 96: 60, 128: 60}

SOME = Settings(
    octaves=(Octave(32, 32, 20, 0.1), Octave(48, 48, 30, 0.06)),
    seed=0,
    precision="float32",
    jitter=24,
    batch=8,
)


def any_size(side: int) -> bool:
    return True


def shape(octaves: tuple[Octave, ...]) -> list[tuple[int, int]]:
    """Side and steps of each octave; they are square."""
    assert all(octave.height == octave.width for octave in octaves)
    return [(octave.height, octave.steps) for octave in octaves]


def test_a_picture_is_as_large_as_its_layer_sees() -> None:
    """The five sizes of VGG16's layers, one a block; the first layer's window fits ten times."""
    assert tuple(settings.side_for(field) for field in RECEPTIVE_FIELDS) == SIDES


@pytest.mark.parametrize("field", [1, 120, 196, 483, 10_000])
def test_a_layer_of_any_window_has_a_size(field: int) -> None:
    """It is between 32 and 128 pixels, however much or little the layer sees."""
    assert settings.side_for(field) in STEPS


def test_each_size_has_its_steps() -> None:
    """Also one that somebody asks for by hand."""
    assert {side: settings.steps_for(side) for side in STEPS} == STEPS
    assert settings.steps_for(40) == settings.steps_for(224) == 60


@pytest.mark.parametrize(
    ("side", "expected"),
    [
        # 32 begins at its size; the others at about 1/1.4 and 1/2, rounded to 8 pixels
        (32, [(32, 64)]),
        (48, [(32, 28), (48, 28)]),
        (64, [(48, 28), (64, 28)]),
        # 40 %, 33 % and the rest of 60 steps
        (96, [(48, 24), (64, 20), (96, 16)]),
        (128, [(64, 24), (88, 20), (128, 16)]),
    ],
)
def test_a_picture_grows_through_octaves(side: int, expected: list[tuple[int, int]]) -> None:
    """Sizes and steps, worked out by hand."""
    assert shape(settings.octaves(side, STEPS[side], any_size)) == expected


def test_steps_are_bold_first_and_fine_last() -> None:
    """The rate falls from octave to octave."""
    for side in (48, 96, 128):
        rates = [octave.rate for octave in settings.octaves(side, 60, any_size)]
        assert rates == sorted(rates, reverse=True)
        assert len(set(rates)) == len(rates)


@pytest.mark.parametrize("side", [16, 32, 40, 48, 64, 96, 100, 128, 224])
def test_the_shares_add_up_to_the_steps(side: int) -> None:
    """For any number of steps, none is lost by rounding, and no octave is without one."""
    for steps in range(1, 300):
        found = settings.octaves(side, steps, any_size)
        assert sum(octave.steps for octave in found) == steps
        assert all(octave.steps > 0 for octave in found)


@pytest.mark.parametrize("side", [32, 48, 64, 96, 128])
def test_the_last_octave_is_of_the_pictures_own_size(side: int) -> None:
    """However few the steps are, for the sheet's tiles are of that size."""
    for steps in range(1, 300):
        assert settings.octaves(side, steps, any_size)[-1].height == side, f"{steps} steps"


def test_sizes_that_the_network_cannot_take_are_left_out() -> None:
    """The octaves that remain share all steps; the picture's own size is not asked about."""

    def by_32(side: int) -> bool:
        return side % 32 == 0

    assert shape(settings.octaves(96, 60, by_32)) == [(64, 30), (96, 30)]
    assert shape(settings.octaves(128, 61, by_32)) == [(64, 30), (128, 31)]
    assert shape(settings.octaves(48, 56, lambda side: False)) == [(48, 56)]
    assert shape(settings.octaves(128, 60, lambda side: False)) == [(128, 60)]


def test_a_network_of_one_size_is_climbed_at_that_size() -> None:
    """Also if it is not square."""
    (only,) = settings.at_one_size(12, 10, 7)
    assert (only.height, only.width, only.steps) == (12, 10, 7)
    assert only.rate == settings.octaves(32, 7, any_size)[0].rate


def test_a_small_picture_is_rolled_all_round() -> None:
    """By half its side in either direction any place comes to any other; a large one by 8."""
    jitters = [settings.jitter_for(side) for side in (32, 48, 64, 96, 128)]
    assert jitters == [16, 24, 32, 8, 8]


def test_the_digest_is_short_and_always_the_same() -> None:
    """It names a folder, from one run to the next."""
    same = replace(SOME, octaves=(Octave(32, 32, 20, 0.1), Octave(48, 48, 30, 0.06)))
    assert same is not SOME
    assert same.digest("w") == SOME.digest("w")
    assert len(SOME.digest("w")) == 12
    assert set(SOME.digest("w")) <= set("0123456789abcdef")


def test_the_digest_differs_when_anything_differs() -> None:
    """Each setting, each number of each octave, their order, and the weights."""
    first, last = SOME.octaves
    values: dict[str, list[Any]] = {
        "octaves": [(last, first), (first,), (last,), (first, first, last)],
        "seed": [1],
        "precision": ["bfloat16"],
        "jitter": [23],
        "batch": [4],
    }
    assert set(values) == {field.name for field in fields(Settings)}
    others: list[Settings] = [
        replace(SOME, **{name: value}) for name, choices in values.items() for value in choices
    ]
    for field in fields(Octave):
        changed: Octave = replace(last, **{field.name: getattr(last, field.name) * 2})
        others.append(replace(SOME, octaves=(first, changed)))
    digests = [SOME.digest("w"), SOME.digest("v"), *(other.digest("w") for other in others)]
    assert len(set(digests)) == len(digests) == 2 + 8 + 4
