"""How numbers, shapes and places are written, the same on every page."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import cache

import orjson

from generator.domain import Layer, Peak, Window

__all__ = [
    "MINUS",
    "NARROW",
    "count",
    "extent",
    "hundredths",
    "json_numbers",
    "listing",
    "number",
    "ordinal",
    "percent",
    "place",
    "shape",
    "share_of",
    "signed",
    "size",
    "stride",
]

MINUS = "\u2212"
"""The sign, as long as a plus; a hyphen is shorter."""
NARROW = "\u202f"
"""Narrow no-break space, inside "56 x 56" and before "%"."""

_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_PLACES = (
    ("at the top left", "at the top centre", "at the top right"),
    ("at the left", "in the centre", "at the right"),
    ("at the bottom left", "at the bottom centre", "at the bottom right"),
)


def number(value: float) -> str:
    """An activation: three or more digits without decimals, fewer with as many as tell it apart."""
    size = abs(value)
    if size >= 99.5 or value == int(value):
        text = f"{value:,.0f}"
    elif size >= 9.95:
        text = f"{value:.1f}"
    elif size >= 0.995:
        text = f"{value:.2f}"
    else:
        text = f"{value:.2g}"
        # as the scripts write it: a power of ten only below a millionth
        digits, _, power = text.partition("e")
        if power:
            text = f"{digits}e{int(power)}" if int(power) < -6 else _decimal(text)
    return text.replace("-", MINUS)


def _decimal(text: str) -> str:
    """ "2.5e-05" -> "0.000025"."""
    return format(Decimal(text), "f")


def signed(value: float) -> str:
    """What is added or taken away: "+1,687", "−0.02"."""
    return f"+{number(value)}" if value > 0 else number(value)


def hundredths(value: float) -> str:
    """A correlation or similarity: two decimals, and no minus before 0.00."""
    return f"{round(value, 2) + 0.0:.2f}".replace("-", MINUS)


def percent(share: float) -> str:
    """A share of 0 to 1. Rounded, but never to a 0 or a 100 that is not meant."""
    if 0 < share < 0.005:
        return f"under 1{NARROW}%"
    if 0.995 <= share < 1:
        return f"over 99{NARROW}%"
    return _percents(round(share * 100))


@cache
def _percents(whole: int) -> str:
    return f"{whole}{NARROW}%"


def json_numbers(values: Sequence[float]) -> list[str]:
    """Each as JSON has it, whole ones without ".0": all at once, for an image has thousands."""
    together = f"{orjson.dumps(values).decode()[1:-1]},".replace(".0,", ",")
    return together[:-1].split(",") if values else []


def size(height: int, width: int) -> str:
    """Height and width: "56 x 56"."""
    return f"{height}{NARROW}×{NARROW}{width}"


def extent(height: int, width: int) -> str:
    """One number where both are the same: "40", else "40 x 56"."""
    return str(height) if height == width else size(height, width)


def stride(window: Window) -> str:
    """How far apart two neighbours see; a dash where both see the whole image."""
    if not (window.stride_y or window.stride_x):
        return "–"
    return extent(window.stride_y, window.stride_x)


def shape(layer: Layer) -> str:
    """Height, width and channels."""
    return f"{size(layer.height, layer.width)}{NARROW}×{NARROW}{layer.channels}"


def count(n: int, singular: str, plural: str | None = None) -> str:
    """Up to ten in words: "four images", "12 images"."""
    word = _WORDS[n] if 0 <= n <= 10 else f"{n:,}"
    return f"{word} {singular if n == 1 else plural or singular + 's'}"


def share_of(some: int, everything: int, noun: str) -> str:
    """ "all five images", "three of five images"."""
    of = count(everything, noun)
    if some == everything:
        return f"all {of}" if everything > 1 else of
    return f"{_WORDS[some] if 0 <= some <= 10 else f'{some:,}'} of {of}"


def listing(parts: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def ordinal(n: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th ..."""
    if 10 <= n % 100 <= 20:
        return f"{n}th"
    return f"{n}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th') }"


def place(peak: Peak, height: int, width: int) -> str:
    """Which ninth of the image a position lies in."""
    row = min(2, int(3 * (peak.row + 0.5) / height))
    column = min(2, int(3 * (peak.column + 0.5) / width))
    return _PLACES[row][column]
