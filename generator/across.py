"""One layer's sheets over all images -> what ranges over the gallery. Pure.

The chosen channels are those that rank highest over the images: each image gives its
first telling channel twelve points, its second eleven and so on; ties go to the
lower number. They are shown in ascending order, so that a column is found again.
"""

from __future__ import annotations

from bisect import insort
from collections import Counter

from generator.domain import (
    Across,
    AcrossRow,
    Channel,
    Glance,
    LayerReading,
    Occurrence,
    Sheet,
)

__all__ = ["CHOSEN", "COMPANY", "WINDOWS", "Tally", "Votes"]

CHOSEN = 8
"""Columns of the page across images."""
WINDOWS = 9
"""Strongest windows kept of a channel."""
COMPANY = 60
"""Images on which a channel is kept: where it is strongest. Beyond, no one would compare by eye."""


class Votes:
    """The points of one layer's channels, gathered image by image."""

    def __init__(self) -> None:
        self._points: Counter[int] = Counter()

    def add(self, reading: LayerReading) -> None:
        """Take in the layer's reading of the next image."""
        for rank, channel in enumerate(reading.telling):
            self._points[channel] += len(reading.telling) - rank

    def best(self, count: int = CHOSEN) -> tuple[int, ...]:
        """The ``count`` channels with most points, ascending."""
        best = sorted(self._points, key=lambda c: (-self._points[c], c))[:count]
        return tuple(sorted(best))


class Tally:
    """One layer over a gallery, gathered sheet by sheet; keeps a row an image, no sheet."""

    def __init__(self, layer: str, chosen: tuple[int, ...]) -> None:
        self._layer, self._chosen = layer, chosen
        self._rows: list[AcrossRow] = []
        self._highs: list[float] = []
        self._top = 0.0
        self._dead: set[int] | None = None
        self._channels: list[_Everywhere] = []

    def add(self, sheet: Sheet) -> None:
        """Take in the layer's sheet of the next image."""
        channels = sheet.channels
        image = len(self._rows)
        self._channels = self._channels or [_Everywhere() for _ in channels]
        for everywhere, channel in zip(self._channels, channels, strict=True):
            everywhere.add(image, channel)
        silent = set(sheet.silent)
        self._dead = silent if self._dead is None else self._dead & silent
        self._highs.append(sheet.p99_9)
        self._top = max(self._top, sheet.layer_high)
        self._rows.append(
            AcrossRow(
                image=sheet.image,
                channels=tuple(_glance(channels[c]) for c in self._chosen),
                zero_share=sheet.zero_share,
                silent=len(silent),
                strongest=sheet.strongest,
            )
        )

    def result(self) -> Across:
        """What was gathered so far."""
        return Across(
            self._layer,
            self._chosen,
            sorted(self._highs)[len(self._highs) // 2] if self._highs else 0.0,
            self._top,
            tuple(self._rows),
            tuple(sorted(self._dead or ())),
            tuple(c.total / len(self._rows) for c in self._channels),
            tuple(c.lit for c in self._channels),
            tuple(c.ahead for c in self._channels),
            tuple(c.windows() for c in self._channels),
            tuple(c.company() for c in self._channels),
            tuple(c.best for c in self._channels),
        )


def _glance(channel: Channel) -> Glance:
    strongest = channel.peaks[0].value if channel.peaks else 0.0
    return Glance(channel.high, strongest, channel.silent, channel.flat, channel.finite)


class _Everywhere:
    """One channel over the gallery; what it keeps does not grow with the number of images."""

    def __init__(self) -> None:
        self.total = 0.0
        """Of its means."""
        self.lit = 0
        """Images on which it answers,"""
        self.ahead = 0
        """and on which it is stronger than on the first."""
        self._first = 0.0
        self._windows: list[tuple[float, Occurrence]] = []
        self.best = (-1, 0.0)
        """Image on which its mean is largest, and that mean."""
        self._on: list[Occurrence] = []

    def add(self, image: int, channel: Channel) -> None:
        """Take in the channel's numbers on the next image."""
        self.total += channel.mean
        if self.best[0] < 0 or channel.mean > self.best[1]:
            self.best = (image, channel.mean)
        windows = self._windows
        for row, column, value in channel.peaks:
            strength = -abs(value)
            if strength < (windows[-1][0] if len(windows) == WINDOWS else 0.0):
                insort(windows, (strength, (image, row, column, value)))
                del windows[WINDOWS:]
        if channel.peaks:
            row, column, value = channel.peaks[0]
            self._on.append((image, row, column, value))
            self.lit += 1
            if image == 0:
                self._first = abs(value)
            self.ahead += abs(value) > self._first
        else:
            self._on.append((image, -1, -1, 0.0))
        if len(self._on) > 2 * COMPANY:
            self._on = sorted(self._on, key=_strongest_first)[:COMPANY]

    def windows(self) -> tuple[Occurrence, ...]:
        """The strongest, strongest first."""
        return tuple([occurrence for _, occurrence in self._windows])

    def company(self) -> tuple[Occurrence, ...]:
        """In the gallery's order."""
        return tuple(sorted(sorted(self._on, key=_strongest_first)[:COMPANY]))


def _strongest_first(found: Occurrence) -> tuple[float, Occurrence]:
    return (-abs(found[3]), found)
