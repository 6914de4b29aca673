"""How well a picture does: against photographs, and against the layer's other channels. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generator.domain import AtlasSheet, Pictured

__all__ = ["Photographs", "Share", "Tally", "fails", "ranks", "shares"]

_LEAST_SPREAD = 1e-3
"""Of the layer's largest: a channel that no photograph moves is not infinitely surprised."""
TOP = 10


@dataclass(frozen=True, slots=True)
class Photographs:
    """How one layer's channels answer photographs, each array ``(channels,)``."""

    best_mean: NDArray[np.float64]
    """The largest mean over a map on one photograph,"""
    best_peak: NDArray[np.float64]
    """the largest value,"""
    mean: NDArray[np.float64]
    """and mean and standard deviation over all positions of all photographs."""
    spread: NDArray[np.float64]


class Tally:
    """One layer over photographs, gathered one by one; keeps no map."""

    def __init__(self) -> None:
        self._means: list[NDArray[np.float64]] = []
        self._squares: list[NDArray[np.float64]] = []
        self._peaks: list[NDArray[np.float64]] = []

    def add(self, maps: NDArray[np.float32]) -> None:
        """Take in the layer's maps of the next photograph, ``(height, width, channels)``."""
        self._means.append(maps.mean(axis=(0, 1), dtype=np.float64))
        self._squares.append(np.square(maps, dtype=np.float64).mean(axis=(0, 1)))
        self._peaks.append(maps.max(axis=(0, 1)).astype(np.float64))

    def result(self) -> Photographs:
        """What was gathered, from at least one photograph."""
        means = np.array(self._means)  # (photographs, channels)
        mean = means.mean(axis=0)
        spread = np.sqrt(np.maximum(np.mean(self._squares, axis=0) - mean**2, 0))
        return Photographs(means.max(axis=0), np.max(self._peaks, axis=0), mean, spread)


def ranks(
    means: NDArray[np.float32], own: Sequence[int], photographs: Photographs
) -> NDArray[np.int64]:
    """The place of each picture's own channel among all channels on that picture, 1 the best.

    ``means``: ``(n, channels)``, mean of every channel on each picture; ``own``: the channel of
    each. Channels are told apart by how far they are above what they are on photographs, in
    their own standard deviations: some are simply louder than others.
    """
    spread = np.maximum(photographs.spread, photographs.spread.max() * _LEAST_SPREAD)
    surprise = (means - photographs.mean) / np.where(spread > 0, spread, 1)
    mine = surprise[np.arange(len(own)), list(own)]
    found: NDArray[np.int64] = (surprise > mine[:, None]).sum(axis=1) + 1
    return found


def fails(picture: Pictured) -> bool:
    """Whether some photograph excites the channel as much as the picture made for it."""
    return picture.mean <= picture.photograph_mean


@dataclass(frozen=True, slots=True)
class Share:
    """How well the pictures of one layer do."""

    channels: int
    """In the layer,"""
    pictures: int
    """and how many have a picture."""
    above: int | None
    """Pictures with a larger mean than any photograph,"""
    above_peak: int | None
    """with a larger peak,"""
    top: int | None
    """and those on which the channel is among the layer's first ten; None: not measured."""
    failures: tuple[int, ...]
    """Channels whose picture does not do better than a photograph."""


def shares(sheet: AtlasSheet) -> Share:
    """Counted over one layer."""
    there = [c for c in sheet.channels if c is not None]
    if not sheet.photographs:
        return Share(len(sheet.channels), len(there), None, None, None, ())
    return Share(
        channels=len(sheet.channels),
        pictures=len(there),
        above=sum(not fails(c) for c in there),
        above_peak=sum(c.peak > c.photograph_peak for c in there),
        top=sum(0 < c.rank <= TOP for c in there),
        failures=tuple(i for i, c in enumerate(sheet.channels) if c is not None and fails(c)),
    )
