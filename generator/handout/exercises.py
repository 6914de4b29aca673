"""Exercises made of one image's own numbers: what is shown, what is asked, what is right.

Pure: numbers in, numbers out, no words. The same image gives the same exercises, and another
image gives others.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from generator.domain import Peak
from generator.handout.facts import ImageFacts, LayerFacts

__all__ = [
    "Match",
    "Matching",
    "Subject",
    "Sum",
    "Term",
    "Widening",
    "main_layer",
    "matching",
    "missing_push",
    "subject",
    "widening",
]

FEWEST = 2
"""Maps that can be matched with windows at all."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The one channel of a block that is shown large, and the values marked on it."""

    layer: LayerFacts
    channel: int
    shown: Peak
    """Its strongest value; where it comes from is drawn."""
    asked: Peak | None
    """The value whose window the reader works out and draws; None: there is no second one."""


@dataclass(frozen=True, slots=True)
class Term:
    """One line of a sum."""

    channel: int
    value: float


@dataclass(frozen=True, slots=True)
class Sum:
    """How a value comes about, with one line left out (``Account`` explains the parts)."""

    terms: tuple[Term, ...]
    """The hardest pushes, hardest first."""
    asked: int
    """Which of them is left out."""
    more: int
    more_sum: float
    down: int
    down_sum: float
    upward: float
    bias: float
    total: float

    def decimals(self) -> int:
        """With how many the lines are shown."""
        return 0 if self.total >= 1000 else 1 if self.total >= 10 else 3

    def answer(self) -> float:
        """What is left out, from the lines as they are shown."""
        places = self.decimals()
        shown = [
            *(round(t.value, places) for i, t in enumerate(self.terms) if i != self.asked),
            round(self.more_sum, places),
            round(self.down_sum, places),
            round(self.bias, places),
        ]
        return round(round(self.total, places) - sum(shown), places)


@dataclass(frozen=True, slots=True)
class Match:
    """A map, and the window that its strongest value sees."""

    channel: int
    peak: Peak
    zero_share: float


@dataclass(frozen=True, slots=True)
class Matching:
    """Maps and windows in different order."""

    maps: tuple[Match, ...]
    order: tuple[int, ...]
    """Which map the first window belongs to, the second, and so on."""
    clear: bool
    """Whether the windows lie far enough apart to be told from each other."""


@dataclass(frozen=True, slots=True)
class Widening:
    """How the window of a layer follows from the one before."""

    before: int
    kernel: int
    stride: int
    """How far the values of the layer before lie apart, input pixels."""
    field: int


def main_layer(block: tuple[LayerFacts, ...]) -> LayerFacts:
    """The layer that stands for a block: its last convolution, else its last layer."""
    convolutions = [layer for layer in block if layer.kind == "conv"]
    return (convolutions or list(block))[-1]


def subject(facts: ImageFacts, layer: LayerFacts) -> Subject | None:
    """The channel to show large; None where the layer is silent.

    The front page's choice for this block, else the first telling channel, in either case with
    two values to mark if there is any such.
    """
    marked = [m.channel for m in facts.marks if m.layer == layer.name]
    lit = [c for c in (*marked, *layer.telling) if layer.sheet.channels[c].peaks]
    if not lit:
        return None
    channel = next((c for c in lit if len(layer.sheet.channels[c].peaks) > 1), lit[0])
    peaks = layer.sheet.channels[channel].peaks
    return Subject(layer, channel, peaks[0], peaks[1] if len(peaks) > 1 else None)


def missing_push(found: Subject) -> Sum | None:
    """The sum behind the strongest value; None where the site has none, or it has no parts."""
    account = found.layer.accounts.of(found.channel) if found.layer.accounts else None
    if account is None or not account.pushes:
        return None
    return Sum(
        terms=tuple(Term(push.channel, push.value) for push in account.pushes),
        # not the first: it would stand out by its size
        asked=min(1, len(account.pushes) - 1),
        more=account.more,
        more_sum=account.more_sum,
        down=account.down,
        down_sum=account.down_sum,
        upward=account.upward,
        bias=account.bias,
        total=account.total,
    )


def matching(facts: ImageFacts, found: Subject, count: int) -> Matching:
    """Telling channels whose strongest values lie apart, and their windows in another order.

    Windows that lie within the image come first: there is more to be seen in them. One that is
    cut by the border is wanted, too, since it raises a question.
    """
    layer = found.layer
    candidates = [
        Match(c, layer.sheet.channels[c].peaks[0], layer.sheet.channels[c].zero_fraction)
        for c in layer.telling
        if c != found.channel and layer.sheet.channels[c].peaks
    ]
    cut = [one for one in candidates if _is_cut(facts, layer, one.peak)]
    whole = [one for one in candidates if one not in cut]
    apart = max(layer.field[0] / 4, facts.pixels.shape[0] / 10, 2 * layer.stride[0])
    most = count - 1 if cut else count
    chosen = _apart(whole, [], layer, apart)[:most]
    chosen = _apart([*cut, *whole], chosen, layer, apart)[:count]
    clear = len(chosen) >= FEWEST
    # nearer ones only where there are no others: a map more is worth looking at anyway
    rest = [one for one in candidates if one not in chosen] if not clear else []
    maps = tuple(sorted((*chosen, *rest[: count - len(chosen)]), key=lambda m: m.channel))
    return Matching(maps, _order(f"{facts.entry.id}/{layer.name}", len(maps)), clear)


def _is_cut(facts: ImageFacts, layer: LayerFacts, peak: Peak) -> bool:
    top, bottom, left, right = layer.window(peak.row, peak.column)
    height, width = facts.pixels.shape[:2]
    return top < 0 or left < 0 or bottom >= height or right >= width


def _apart(
    candidates: list[Match], before: list[Match], layer: LayerFacts, apart: float
) -> list[Match]:
    """``before``, and those that lie at least ``apart`` input pixels from all that are taken."""
    chosen = [*before]
    for one in candidates:
        distances = (
            max(
                abs(one.peak.row - other.peak.row) * layer.stride[0],
                abs(one.peak.column - other.peak.column) * layer.stride[1],
            )
            for other in chosen
        )
        if all(distance >= apart for distance in distances):
            chosen.append(one)
    return chosen


def _order(seed: str, count: int) -> tuple[int, ...]:
    """The numbers below ``count``, shuffled by the seed alone, and never in their own order."""
    order = sorted(range(count), key=lambda i: hashlib.sha256(f"{seed}/{i}".encode()).digest())
    if count > 1 and order == sorted(order):
        order = [*order[1:], order[0]]
    return tuple(order)


def widening(layer: LayerFacts) -> Widening | None:
    """How the layer's window grows: ``field = before + (kernel - 1) * stride before``.

    (Araujo, Norris and Sim, Computing Receptive Fields of Convolutional Neural Networks, 2019.)
    None where that cannot be known: the layer before was not captured, or nothing is square.
    """
    source = layer.before
    pairs = (layer.field, source.field, source.stride)
    if layer.accounts is None or any(first != second for first, second in pairs):
        return None
    steps, rest = divmod(layer.field[0] - source.field[0], source.stride[0])
    if rest or steps < 1:
        return None
    return Widening(source.field[0], steps + 1, source.stride[0], layer.field[0])
