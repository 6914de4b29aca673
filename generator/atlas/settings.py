"""How a channel's picture is optimised: in which sizes, how many steps, how fast."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

__all__ = [
    "BATCH",
    "Octave",
    "Precision",
    "Settings",
    "at_one_size",
    "jitter_for",
    "octaves",
    "side_for",
    "steps_for",
]

BATCH = 8
"""Channels optimised together. Measured: 16 gains nothing, 4 loses 3 %."""

Precision = Literal["float32", "bfloat16"]

_SIDES = ((8, 32), (16, 48), (48, 64), (120, 96))
"""Receptive field, pixels -> side of the picture that shows a few of its windows."""
_LARGEST = 128
_STEPS = {32: 64, 48: 56, 64: 56}
_STEPS_ABOVE = 60
_RATES = ((0.07,), (0.1, 0.06), (0.1, 0.07, 0.055))
"""Of Adam, one an octave: bold while the composition is found, fine at the end."""
_SHARES = ((1.0,), (0.5, 0.5), (0.4, 0.33, 0.27))
"""Of all steps; the small octaves are cheap, and decide what the picture shows."""
_RATIO = 2**0.5
_ROLLED_ROUND, _JITTER = 64, 8


@dataclass(frozen=True, slots=True)
class Octave:
    """Some steps of Adam at one size of the picture."""

    height: int
    width: int
    """Pixels."""
    steps: int
    rate: float


@dataclass(frozen=True, slots=True)
class Settings:
    """All that decides what a layer's pictures are, beside the network's weights."""

    octaves: tuple[Octave, ...]
    """From small to the picture's own size."""
    seed: int
    precision: Precision
    """Of the network's arithmetic while pictures are optimised; scores are always float32."""
    jitter: int
    """Pixels, up to which the picture is rolled about at every step, in both directions."""
    batch: int = BATCH

    def digest(self, *others: str) -> str:
        """A short name for these settings and for what else decides the pictures."""
        text = json.dumps([asdict(self), *others], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def jitter_for(side: int) -> int:
    """How far to roll a picture of ``side`` pixels.

    A small one all round, so that the zeros with which the network pads its maps fall on every
    place alike, and no frame is drawn. A large one a little: its subject stays in one piece.
    """
    return side // 2 if side <= _ROLLED_ROUND else _JITTER


def side_for(receptive_field: int) -> int:
    """Side of the picture, pixels, for a layer whose values see ``receptive_field`` pixels."""
    return next((side for below, side in _SIDES if receptive_field < below), _LARGEST)


def steps_for(side: int) -> int:
    """Steps in all that suit a picture of ``side`` pixels."""
    return _STEPS.get(side, _STEPS_ABOVE)


def octaves(side: int, steps: int, possible: Callable[[int], bool]) -> tuple[Octave, ...]:
    """The sizes through which a picture grows, each about 1.4 times the one before.

    An optimum found at a small size and grown (Mordvintsev et al. 2015 call the sizes octaves)
    shows one large subject where the same number of steps at full size shows many small ones.

    Args:
        side: of the finished picture, pixels.
        steps: in all, at least one.
        possible: whether the network takes pictures of such a side.
    """
    wanted = min(steps, 1 if side < 48 else 2 if side < 96 else 3)
    smaller = [_multiple_of_8(side / _RATIO**i) for i in reversed(range(1, wanted))]
    sides = [s for s in smaller if possible(s)] + [side]
    count = len(sides)
    return tuple(
        Octave(s, s, steps=n, rate=rate)
        for s, n, rate in zip(sides, _parts(steps, count), _RATES[count - 1], strict=True)
        if n
    )


def at_one_size(height: int, width: int, steps: int) -> tuple[Octave, ...]:
    """For a network that takes no other pictures."""
    return (Octave(height, width, steps=steps, rate=_RATES[0][0]),)


def _multiple_of_8(side: float) -> int:
    return round(side / 8) * 8


def _parts(total: int, count: int) -> Sequence[int]:
    """``total`` steps in ``count`` parts; what rounding leaves goes to the last."""
    first = [round(total * share) for share in _SHARES[count - 1][:-1]]
    return [*first, total - sum(first)]
