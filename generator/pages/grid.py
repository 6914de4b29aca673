"""Every channel of a layer on one image: thousands of tiles, so they are made in columns."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from generator.domain import Channels, Layer, Sheet
from generator.pages.parts import Tile, Tiles, cut, decimals, reach, state
from generator.pages.strips import sheet_tiles
from generator.wording import json_numbers

__all__ = ["grid"]

_STEPS = 10_000
"""Of an opacity: as many decimals as ``decimals`` has."""


def grid(at: str, sheet: Sheet, layer: Layer) -> Tiles:
    """Every channel in order, cut out of the sheet or of its reduced copy."""
    return sheet_tiles(at, layer, sheet, tuple(_tiles(sheet, layer)), reduced=True)


def _tiles(sheet: Sheet, layer: Layer) -> Iterable[Tile]:
    channels, top = sheet.channels, sheet.layer_high
    shares = [high / top if top > 0 else 0.0 for high in channels.high]
    states = _states(channels)
    names, places = _numbered(len(channels)), _places(len(channels), sheet.columns)
    cuts = [
        "" if what else f"{place}{_opacity(round(share * _STEPS))}"
        for place, share, what in zip(places, shares, states, strict=True)
    ]
    spoken = [
        f"Channel {c}: {what}" if what else reach(c, high, zeros, signed=layer.signed)
        for c, (high, zeros, what) in enumerate(
            zip(channels.high, channels.zero_fraction, states, strict=True)
        )
    ]
    bars = [_bar(round(100 * share)) for share in shares]
    links = _links(len(channels))
    facts = _facts(channels)
    return map(Tile, names, cuts, bars, states, links, names, spoken, facts)


def _states(channels: Channels) -> list[str]:
    """What is unusual about each; nothing about nearly all."""
    plain = zip(channels.finite, channels.peaks, channels.std, strict=True)
    return [
        "" if finite and peaks and std else state(channels[c])
        for c, (finite, peaks, std) in enumerate(plain)
    ]


def _facts(channels: Channels) -> Iterable[str]:
    """What scripts need of each channel.

    Highest value, mean, share of zeros, row and column of the peak (-1 if there is none), rank (1
    for the strongest), spread, lowest value.
    """
    # of two alike the lower number comes first: the order is stable
    weakness = [-high for high in channels.high]
    ranks = [""] * len(channels)
    for rank, c in enumerate(sorted(range(len(channels)), key=weakness.__getitem__), 1):
        ranks[c] = str(rank)
    columns = (
        *(json_numbers(channels.high), json_numbers(channels.mean)),
        json_numbers(channels.zero_fraction),
        [str(peaks[0][0]) if peaks else "-1" for peaks in channels.peaks],
        [str(peaks[0][1]) if peaks else "-1" for peaks in channels.peaks],
        *(ranks, json_numbers(channels.std), json_numbers(channels.lowest)),
    )
    return map(" ".join, zip(*columns, strict=True))


# -- What is the same for every image


@cache
def _numbered(count: int) -> tuple[str, ...]:
    return tuple(map(str, range(count)))


@cache
def _links(count: int) -> tuple[str, ...]:
    return tuple(f"#{name}" for name in _numbered(count))


@cache
def _places(count: int, columns: int) -> tuple[str, ...]:
    """Where each tile is in its sheet, as CSS that its opacity completes."""
    return tuple(cut(c % columns, c // columns, "") for c in range(count))


@cache
def _opacity(steps: int) -> str:
    return decimals(steps / _STEPS)


@cache
def _bar(percents: int) -> str:
    return f"{percents}%"
