"""How the values of a layer spread: zeros apart, the others as a histogram."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from generator.domain import Sheet
from generator.pages.plots.axes import LETTER, NARROWEST, Drawing, Tick, level, round_numbers
from generator.pages.plots.phrases import not_finite, zero_words
from generator.wording import NARROW, count, number, percent

__all__ = ["LOG_FLOOR", "Spread", "spread_plot"]

HEIGHT = 88
"""Of the area, CSS pixels: less than the other plots', as the bar of zeros above takes the rest."""
BARS = 32
"""Divides the sheet's 256 bins."""
LOG_FLOOR = 0.6
"""The count at the foot of the logarithmic axis: a single value still shows."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How the layer's values spread."""

    drawing: Drawing
    zero: str
    other: str
    zero_width: float
    """Percent."""
    path: str
    """Bars, in a box of ``box``."""
    box: str
    """SVG's viewBox."""
    empty: str
    """What stands in place of the bars; "" where there are any."""
    empty_baseline: int
    """CSS pixels from the top."""


def spread_plot(sheet: Sheet, *, signed: bool) -> Spread:
    """Zeros as a bar, the other values as a histogram whose counts are logarithmic."""
    zeros, bars = _zeros_and_bars(sheet)
    lit = sum(bars)
    most = max(bars)
    share = sheet.zero_share
    values = "magnitudes" if signed else "values"
    drawing = Drawing(
        heading="How the values spread",
        caption=_caption(sheet, zeros, lit, signed),
        spoken=_spoken(sheet, bars, values),
        height=HEIGHT,
        down=tuple(level(_log_down(n, most), _short_count(n)) for n in _decades(most)),
        down_name=f"{values} other than zero in each bar, logarithmic",
        across=_scale_ticks(sheet.p99_9),
        across_name=f"activation{', without its sign' if signed else ''}",
    )
    return Spread(
        drawing=drawing,
        zero=f"{percent(share)} exactly zero",
        other=f"{percent(1 - share)} not",
        zero_width=round(100 * share, 1),
        path=_path(bars, most),
        box=f"0 0 {len(bars)} {10 * HEIGHT}",
        empty="" if lit else "no value but zero",
        empty_baseline=HEIGHT // 2,
    )


def _zeros_and_bars(sheet: Sheet) -> tuple[int, list[int]]:
    """Number of exact zeros, and of the other values in each bar."""
    pixels = sheet.tile_height * sheet.tile_width
    zeros = sum([round(share * pixels) for share in sheet.channels.zero_fraction])
    counts = sheet.histogram.counts
    width = max(1, len(counts) // BARS)
    bars = [sum(counts[i : i + width]) for i in range(0, len(counts), width)]
    bars[0] = max(0, bars[0] - zeros)
    return zeros, bars


def _path(bars: Sequence[int], most: int) -> str:
    """A unit across for each bar, tenths of a pixel down."""
    return "".join(
        f"M{i} {10 * HEIGHT}V{round(10 * _log_down(n, most))}h.9V{10 * HEIGHT}z"
        for i, n in enumerate(bars)
        if n
    )


def _log_down(n: int, most: int) -> float:
    """Pixels from the top at which a bar of ``n`` values ends."""
    span = math.log10(most / LOG_FLOOR)
    return round(HEIGHT * math.log10(most / n) / span, 1)


def _decades(most: int) -> list[int]:
    """Powers of ten up to ``most``; every other where they would crowd."""
    if most < 1:
        return []
    top = math.floor(math.log10(most))
    return [10**k for k in range(0, top + 1, 2 if top > 3 else 1)]


def _short_count(n: int) -> str:
    """Narrow enough for the room beside the axis."""
    return f"{n:,}" if n < 10**6 else f"{n // 10**6:,}{NARROW}M"


def _scale_ticks(high: float) -> tuple[Tick, ...]:
    """From 0 to the upper end, which holds all above, and what round numbers fit between."""
    if high <= 0:
        return (Tick(0, "0"),)
    end = f"{number(high)} and above"
    room = 100 * (1 - (len(end) + 5) * LETTER / NARROWEST)
    between = [Tick(round(100 * v / high, 1), number(v)) for v in round_numbers(high, 5)]
    return (Tick(0, "0"), *(t for t in between if t.at < room), Tick(100, end, "end"))


def _median_edge(sheet: Sheet, zeros: int) -> float | None:
    """Upper edge of the fine bin below which half of the other values lie; None if it has none."""
    counts = list(sheet.histogram.counts)
    counts[0] = max(0, counts[0] - zeros)
    half, seen = sum(counts) / 2, 0
    for i, n in enumerate(counts[:-1]):
        seen += n
        if seen >= half:
            return sheet.histogram.high * (i + 1) / len(counts)
    return None


def _caption(sheet: Sheet, zeros: int, lit: int, signed: bool) -> str:
    total = zeros + lit
    first = zero_words(sheet.zero_share, f"the {total:,}")
    if not lit:
        return f"{first}{not_finite(sheet)}."
    strength = "magnitude" if signed else "value"
    largest = f"the largest {strength} is {number(sheet.layer_high)}"
    edge = _median_edge(sheet, zeros)
    if lit < 2 or edge is None:
        return f"{first}; {largest}{not_finite(sheet)}."
    rest = "of the others" if zeros else "of them"
    below = f"half {rest} lie below about {number(edge)}{' in magnitude' if signed else ''}"
    return f"{first}; {below}, and {largest}{not_finite(sheet)}."


def _spoken(sheet: Sheet, bars: Sequence[int], values: str) -> str:
    if not sum(bars):
        return "Histogram without bars: no value but zero."
    tallest = max(range(len(bars)), key=lambda i: (bars[i], -i))
    start = number(tallest * sheet.histogram.high / len(bars))
    inside = 0 < tallest < len(bars) - 1
    tall = f"; the tallest begins at {start} and holds {bars[tallest]:,}" if inside else ""
    return (
        f"Histogram of {count(sum(bars), values[:-1])} other than zero, in {len(bars)} bars "
        f"from 0 to {number(sheet.p99_9)}, counts on a logarithmic axis. "
        f"The first bar holds {bars[0]:,}, the last, with all above, {bars[-1]:,}{tall}."
    )
