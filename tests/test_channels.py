"""A layer's channels in columns are as good as one by one."""

from __future__ import annotations

import pytest

from generator.domain import Channel, Channels, Peak

LIT = Channel(0.0, 8.0, 1.5, 0.5, 0.25, (Peak(1, 2, 8.0), Peak(0, 3, 4.0)))
SILENT = Channel(0.0, 0.0, 0.0, 0.0, 1.0, ())
BROKEN = Channel(-1.0, 1.0, 0.5, 0.5, 0.0, (Peak(0, 0, 1.0),), finite=False, lowest=-1.0)


def test_each_comes_back_as_it_was() -> None:
    """By its number, from the end, several, and one after the other."""
    channels = Channels.of([LIT, SILENT, BROKEN])
    assert len(channels) == 3
    assert [*channels] == [LIT, SILENT, BROKEN]
    assert channels[0] == LIT
    assert channels[-1] == BROKEN
    assert channels[1:] == (SILENT, BROKEN)
    assert channels[0].peaks[1].column == 3
    with pytest.raises(IndexError):
        channels[3]


def test_a_column_has_a_number_of_each() -> None:
    """In the channels' order."""
    channels = Channels.of([LIT, SILENT, BROKEN])
    assert channels.high == [8.0, 0.0, 1.0]
    assert channels.zero_fraction == [0.25, 1.0, 0.0]
    assert channels.finite == [True, True, False]
    assert [len(peaks) for peaks in channels.peaks] == [2, 0, 1]


def test_those_of_the_same_numbers_are_equal() -> None:
    """Whatever their columns are made of."""
    channels = Channels.of([LIT, SILENT])
    low, high, mean, std, zeros, peaks, finite, lowest = channels.columns
    again = Channels(
        *(tuple(low), tuple(high), mean, std, zeros), [[*own] for own in peaks], finite, lowest
    )
    assert again == channels
    assert hash(again) == hash(channels)
    assert Channels.of([LIT, BROKEN]) != channels
    assert Channels.of(()) == Channels.of([])
    assert len(Channels.of(())) == 0
