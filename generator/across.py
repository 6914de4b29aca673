"""One layer's sheets over all images -> what ranges over the gallery. Pure.

The chosen channels are those that are telling on most images: each image gives its
first telling channel twelve points, its second eleven and so on; ties go to the
lower number. They are shown in ascending order, so that a column is found again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from generator.domain import Across, AcrossRow, LayerReading, Sheet

__all__ = ["CHOSEN", "choose", "summarise"]

CHOSEN = 8
"""Columns of the page across images."""


def choose(readings: Iterable[LayerReading], count: int = CHOSEN) -> tuple[int, ...]:
    """The ``count`` channels with most points, ascending."""
    points: Counter[int] = Counter()
    for reading in readings:
        for rank, channel in enumerate(reading.telling):
            points[channel] += len(reading.telling) - rank
    best = sorted(points, key=lambda c: (-points[c], c))[:count]
    return tuple(sorted(best))


def summarise(layer: str, chosen: tuple[int, ...], sheets: Iterable[Sheet]) -> Across:
    """Read the sheets one by one; none is kept."""
    rows: list[AcrossRow] = []
    high = top = 0.0
    dead: set[int] | None = None
    for sheet in sheets:
        silent = {i for i, c in enumerate(sheet.channels) if c.silent}
        dead = silent if dead is None else dead & silent
        high, top = max(high, sheet.p99_9), max(top, sheet.layer_high)
        rows.append(
            AcrossRow(
                image=sheet.image,
                channels=tuple(sheet.channels[c] for c in chosen),
                zero_share=sum(c.zero_fraction for c in sheet.channels) / len(sheet.channels),
                silent=len(silent),
                strongest=max(
                    range(len(sheet.channels)), key=lambda i: (sheet.channels[i].high, -i)
                ),
            )
        )
    return Across(layer, chosen, high, top, tuple(rows), tuple(sorted(dead or ())))
