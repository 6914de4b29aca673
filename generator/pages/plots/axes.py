"""What the plots have in common: their frame, their axes, the numbers beside these."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["HEIGHT", "LETTER", "NARROWEST", "Drawing", "Level", "Tick", "level", "round_numbers"]

HEIGHT = 128
"""Of a plot's area, CSS pixels."""
NARROWEST = 280
"""Width of a plot's area on a phone, CSS pixels; labels that find no room there are left out."""
LETTER = 6.7
"""Width of a digit at 12 px, and about that of a letter."""

_FOOT = 24
"""Below the area, for the labels along its foot, CSS pixels."""
_FOOT_BASELINE = 18
"""Of these labels, from the area."""
_HALF_DIGIT = 4
"""From the middle of a digit down to its baseline, CSS pixels."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A label along the foot, or at a place between left and right."""

    at: float
    """Percent from the left."""
    text: str
    anchor: str = "middle"
    """SVG's text-anchor."""


@dataclass(frozen=True, slots=True)
class Level:
    """A line across the area, with a label."""

    at: float
    """CSS pixels from the top."""
    baseline: float
    """Of its label, CSS pixels from the top."""
    text: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """What all three plots have: words and axes."""

    heading: str
    caption: str
    """One sentence that is true of this layer, below the plot."""
    spoken: str
    """What is drawn, for those who do not see it."""
    height: int
    """Of the area, CSS pixels."""
    down: tuple[Level, ...]
    """Up the left side: counts, shares, activations."""
    down_name: str
    across: tuple[Tick, ...]
    """Along the foot."""
    across_name: str

    @property
    def full_height(self) -> int:
        """Of the area and the labels along its foot, CSS pixels."""
        return self.height + _FOOT

    @property
    def across_baseline(self) -> int:
        """Of the labels along the foot, CSS pixels from the top."""
        return self.height + _FOOT_BASELINE


def level(at: float, text: str) -> Level:
    """One whose label stands beside it, at the height of its middle."""
    return Level(at, at + _HALF_DIGIT, text)


def round_numbers(high: float, wanted: int) -> list[float]:
    """At most ``wanted`` multiples of 1, 2 or 5 times a power of ten, up to ``high``, without 0."""
    power = 10.0 ** math.floor(math.log10(high / wanted))
    step = next(power * m for m in (1, 2, 5, 10) if power * m * wanted >= high * 0.9999)
    return [step * k for k in range(1, wanted + 1) if step * k <= high * 1.0001]
