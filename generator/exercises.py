"""Questions about one image's own maps, with the right answer known by construction. Pure.

Each is drawn from the numbers of the sheets and from what was read in them; which channels it
asks about depends on the image's id only, so the same image always gets the same questions, and
another image others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from generator.domain import Accounts, Layer, LayerReading, Sheet, Slant
from generator.sizes import strip_factor
from generator.wording import number, percent, size

__all__ = ["Exercise", "MapChoice", "exercises"]

T = TypeVar("T")
CHOICES = 4
MAPS = 6
_CLEAR = 1.6
"""Two maps are told apart by their strength if one is so many times as strong."""
_SHARES = (0.05, 0.15, 0.3, 0.45, 0.6, 0.75, 0.85, 0.95)
_DIRECTIONS: Mapping[Slant, str] = {
    "upright": "upright lines",
    "level": "level lines",
    "rising": "lines that rise to the right",
    "falling": "lines that fall to the right",
}


@dataclass(frozen=True, slots=True)
class MapChoice:
    """A map that is shown as an answer, or to be asked about: one of its layer's telling ones."""

    layer: str
    channel: int


@dataclass(frozen=True, slots=True)
class Exercise:
    """One question with one right answer."""

    kind: str
    """Unique in a page: "slant", "zeros" and so on."""
    question: str
    options: tuple[str, ...]
    """Words of each answer; under a map where there are ``maps``."""
    answer: int
    """Which option is right."""
    why: str
    maps: tuple[MapChoice, ...] = ()
    """A map for each option,"""
    shown: MapChoice | None = None
    """or one above all of them."""
    own_scale: bool = False
    """Whether the maps are shown each on its own scale."""


def exercises(
    image: str,
    layers: Sequence[Layer],
    sheets: Mapping[str, Sheet],
    readings: Mapping[str, LayerReading],
    accounts: Mapping[str, Accounts],
) -> tuple[Exercise, ...]:
    """The image's questions, easy ones first; fewer where its maps do not allow one."""
    asked = (
        _slant(image, layers, sheets, readings),
        _window(image, layers),
        _zeros(image, layers, sheets),
        _strongest(image, layers, sheets, readings),
        _layer_of(image, layers, readings),
        _silent(image, layers, sheets),
        _sum(image, layers, accounts),
        _pool(image, layers, sheets),
    )
    return tuple(exercise for exercise in asked if exercise)


def _order(image: str, kind: str, things: Iterable[T]) -> list[T]:
    """The same things in an order that the image and the question decide, nothing else."""

    def key(thing: T) -> bytes:
        return hashlib.sha256(f"{image}/{kind}/{thing}".encode()).digest()

    return sorted(things, key=key)


def _pick(image: str, kind: str, things: Sequence[Layer]) -> Layer:
    found = _order(image, kind, [la.name for la in things])[0]
    return next(la for la in things if la.name == found)


def _drawn_whole(layers: Sequence[Layer]) -> list[Layer]:
    """Layers whose maps a strip, and so an exercise, shows without leaving values out."""
    return [la for la in layers if strip_factor(la) == 1]


def _slant(
    image: str,
    layers: Sequence[Layer],
    sheets: Mapping[str, Sheet],
    readings: Mapping[str, LayerReading],
) -> Exercise | None:
    """Which of some maps keeps lines of one direction: the clearest one, among other directions."""
    usable = []
    for layer in _drawn_whole(layers):
        by_slant: dict[Slant, list[int]] = {}
        for channel, slant in readings[layer.name].slants:
            by_slant.setdefault(slant, []).append(channel)
        if len(by_slant) >= 3:
            usable.append((layer, by_slant))
    if not usable:
        return None
    layer = _pick(image, "slant", [la for la, _ in usable])
    by_slant = next(found for la, found in usable if la is layer)
    asked = _order(image, "slant of", list(by_slant))[0]
    right = by_slant[asked][0]
    others = [c for slant, channels in by_slant.items() if slant != asked for c in channels[:2]]
    # no other keeps lines of the direction asked for
    wrong = _order(image, "slant wrong", others)[: MAPS - 1]
    options = _order(image, "slant options", [right, *wrong])
    words = _DIRECTIONS[asked]
    return Exercise(
        kind="slant",
        question=f"Which of these channels of {layer.name} keeps {words}?",
        options=tuple(f"#{c}" for c in options),
        answer=options.index(right),
        maps=tuple(MapChoice(layer.name, c) for c in options),
        why=f"In the map of #{right} the slopes of the values lie across {words}, most clearly "
        "of the maps that the image’s page shows of this layer. The others keep other directions.",
    )


def _window(image: str, layers: Sequence[Layer]) -> Exercise | None:
    """How large the receptive field of a layer is, from that of the one before."""
    pairs = [
        (before, layer)
        for before, layer in pairwise(layers)
        if layer.operation and layer.operation.source == before.name
    ]
    if not pairs:
        return None
    layer = _pick(image, "window", [la for _, la in pairs])
    before = next(b for b, la in pairs if la is layer)
    assert layer.operation is not None  # chosen so
    right = layer.window.height
    kernel, jump = layer.operation.kernel[0], before.window.stride_y
    spread = layer.operation.dilation[0]
    wrong = {
        before.window.height + kernel * jump * spread,
        before.window.height + kernel - 1,
        before.window.height * kernel,
        right + 2 * jump,
    } - {right, before.window.height}
    chosen = sorted([right, *_order(image, "window", sorted(wrong))[: CHOICES - 1]])
    reach = "" if spread == 1 else f" · {spread}"
    return Exercise(
        kind="window",
        question=f"A value of {before.name} sees {before.window.height} px across, "
        f"and neighbouring values lie {jump} px apart. {layer.name} reads them through a "
        f"window of {size(kernel, kernel)}. How far across does one of its values see?",
        options=tuple(f"{px} px" for px in chosen),
        answer=chosen.index(right),
        why=f"{before.window.height} + ({kernel} − 1){reach} · {jump} = {right}: the first value "
        f"of the window sees {before.window.height} px, each further one {jump * spread} more.",
    )


def _zeros(image: str, layers: Sequence[Layer], sheets: Mapping[str, Sheet]) -> Exercise | None:
    """About how many of a layer's values are zero."""
    usable = [la for la in layers if not la.signed]
    if not usable:
        return None
    layer = _pick(image, "zeros", usable)
    share = sheets[layer.name].zero_share
    nearest = min(_SHARES, key=lambda s: (abs(s - share), s))
    others = [s for s in _SHARES if abs(s - nearest) > 0.12]
    chosen = sorted([nearest, *_order(image, "zeros", others)[: CHOICES - 1]])
    return Exercise(
        kind="zeros",
        question=f"Look at a few maps of {layer.name}, or remember how such layers look. What "
        "share of all its values is exactly zero on this image?",
        options=tuple(f"about {percent(s)}" for s in chosen),
        answer=chosen.index(nearest),
        why=f"It is {percent(share)}, over all {layer.channels} maps of "
        f"{size(layer.height, layer.width)} values.",
    )


def _strongest(
    image: str,
    layers: Sequence[Layer],
    sheets: Mapping[str, Sheet],
    readings: Mapping[str, LayerReading],
) -> Exercise | None:
    """Which map is strongest, when each is shown on its own scale: a thing that cannot be seen."""
    usable = [la for la in _drawn_whole(layers) if _told_apart(sheets[la.name], readings[la.name])]
    if not usable:
        return None
    layer = _pick(image, "strongest", usable)
    sheet = sheets[layer.name]
    chosen = _told_apart(sheet, readings[layer.name])
    options = _order(image, "strongest", chosen)
    right = chosen[0]
    second = sheet.channels.high[chosen[1]]
    return Exercise(
        kind="strongest",
        question=f"Four maps of {layer.name}, each on its own scale. Which holds the strongest "
        "value?",
        options=tuple(f"#{c}" for c in options),
        answer=options.index(right),
        maps=tuple(MapChoice(layer.name, c) for c in options),
        own_scale=True,
        why=f"#{right} reaches {number(sheet.channels.high[right])}, the next of them "
        f"{number(second)}. From these pictures one cannot tell: each ends at its own maximum. On "
        "the shared scale, or by the bars, one can.",
    )


def _told_apart(sheet: Sheet, reading: LayerReading) -> list[int]:
    """Four telling channels, strongest first, the first clearly above the second; or none."""
    lit = [c for c in reading.telling if sheet.channels.high[c] > 0]
    by_strength = sorted(lit, key=lambda c: (-sheet.channels.high[c], c))
    for i in range(len(by_strength) - 3):
        first, second = (sheet.channels.high[by_strength[i + j]] for j in (0, 1))
        if first > _CLEAR * second:
            return by_strength[i : i + 4]
    # else one that is clear of those some way behind it
    if by_strength:
        top = sheet.channels.high[by_strength[0]]
        behind = [c for c in by_strength if top > _CLEAR * sheet.channels.high[c]]
        if len(behind) >= CHOICES - 1:
            return [by_strength[0], *behind[: CHOICES - 1]]
    return []


def _layer_of(
    image: str, layers: Sequence[Layer], readings: Mapping[str, LayerReading]
) -> Exercise | None:
    """From which layer a map comes: its squares tell."""
    by_size: dict[int, Layer] = {}
    for layer in layers:
        if layer.kind == "conv":
            by_size[layer.height] = layer  # the last of each size
    if len(by_size) < CHOICES or not all(readings[la.name].telling for la in by_size.values()):
        return None
    chosen = [by_size[h] for h in sorted(by_size, reverse=True)]
    drawn_whole = _drawn_whole(chosen)
    if not drawn_whole:
        return None
    layer = _pick(image, "layer", drawn_whole)
    wrong = [la.name for la in chosen if la is not layer]
    names = {layer.name, *_order(image, "layer", wrong)[: CHOICES - 1]}
    options = [la.name for la in chosen if la.name in names]
    return Exercise(
        kind="layer",
        question="From which layer does this map come?",
        options=tuple(options),
        answer=options.index(layer.name),
        shown=MapChoice(layer.name, readings[layer.name].telling[0]),
        why=f"It has {size(layer.height, layer.width)} values, drawn as squares: count them "
        f"along an edge. Only the maps of {layer.block} have that size.",
    )


def _silent(image: str, layers: Sequence[Layer], sheets: Mapping[str, Sheet]) -> Exercise | None:
    """How many channels of the last convolution say nothing."""
    layer = next((la for la in reversed(layers) if la.kind == "conv" and not la.signed), None)
    if layer is None:
        return None
    count = len(sheets[layer.name].silent)
    quarter = layer.channels / 4
    if quarter < 1:
        return None
    ends = [round(i * quarter) for i in range(5)]
    # [0, q), [q, 2q), [2q, 3q), [3q, all]
    place = min(3, next(i for i in range(3, -1, -1) if count >= ends[i]))
    options = [f"{ends[i]} to {ends[i + 1] - (i < 3)}" for i in range(4)]
    return Exercise(
        kind="silent",
        question=f"How many of the {layer.channels} channels of {layer.name} are silent on this "
        "image?",
        options=tuple(options),
        answer=place,
        why=f"{count}: without a single value above zero here. On another image they may speak.",
    )


def _sum(image: str, layers: Sequence[Layer], accounts: Mapping[str, Accounts]) -> Exercise | None:
    """What a sum comes to, before and after the ReLU."""
    usable = [la for la in layers if la.name in accounts and _telling_sum(accounts[la.name])]
    if not usable:
        return None
    layer = _pick(image, "sum", usable)
    channel, up, down, bias, total = _telling_sum(accounts[layer.name])[0]
    candidates = {number(v) for v in (up, up - down, total * 0.5, -down)} - {number(total)}
    wrong = _order(image, "sum", sorted(candidates))[: CHOICES - 1]
    options = _order(image, "sum options", [number(total), *wrong])
    return Exercise(
        kind="sum",
        question=f"The strongest value of channel {channel} of {layer.name} is a "
        f"sum: all that pushes up comes to {number(up)}, all that pushes down to {number(down)}, "
        f"the bias is {number(bias)}. What does the channel put out?",
        options=tuple(options),
        answer=options.index(number(total)),
        why=f"{number(up)} − {number(-down)} {'+' if bias >= 0 else '−'} {number(abs(bias))} = "
        f"{number(total)} (each rounded). It is above zero, so the ReLU leaves it as it is.",
    )


def _telling_sum(own: Accounts) -> list[tuple[int, float, float, float, float]]:
    """Channel, what pushes up, what pushes down, bias and total, of sums in which each counts."""
    return [
        entry
        for entry in zip(own.channel, own.upward, own.down_sum, own.bias, own.total, strict=True)
        if entry[4] > 0 and -entry[2] > 0.1 * entry[4]
    ]


def _pool(image: str, layers: Sequence[Layer], sheets: Mapping[str, Sheet]) -> Exercise | None:
    """Whether a pool makes a channel's strongest value larger, smaller, or leaves it."""
    pairs = [
        (before, pool)
        for before, pool in pairwise(layers)
        if pool.kind == "pool"
        and pool.operation
        and pool.operation.source == before.name
        # every value is in some window: none is lost at the border
        and before.height % pool.strides[0] == 0
        and before.width % pool.strides[1] == 0
        and pool.kernel == pool.strides
    ]
    if not pairs:
        return None
    pool = _pick(image, "pool", [p for _, p in pairs])
    before = next(b for b, p in pairs if p is pool)
    zeros = [sheets[la.name].zero_share for la in (before, pool)]
    right = "the same strongest value, and fewer zeros"
    options = _order(
        image,
        "pool",
        [
            right,
            "the same strongest value, and more zeros",
            "a smaller strongest value, and fewer zeros",
            "a smaller strongest value, and as many zeros",
        ],
    )
    if not zeros[1] < zeros[0]:
        return None
    return Exercise(
        kind="pool",
        question=f"{pool.name} takes the largest of {size(*pool.kernel)} "
        f"values of {before.name}. Compared with before, the pooled maps have",
        options=tuple(options),
        answer=options.index(right),
        why=f"The largest of all values is the largest of its window too, so it passes: "
        f"{number(sheets[pool.name].layer_high)} in both layers. And a pooled value is zero only "
        f"if its whole window is: {percent(zeros[0])} were zero before, {percent(zeros[1])} after.",
    )
