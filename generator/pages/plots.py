"""The numbers of one layer on one image as three small plots, finished for drawing.

A plot is as wide as its place: across it counts in percent, down it in CSS pixels, so that
type and lines keep their size on a phone. Only paths stretch; each has a box of its own
units, chosen so that its numbers are whole and short.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from generator import layout, sentences
from generator.domain import InputImage, Layer, LayerKind, Sheet
from generator.pages.parts import Gallery, ImageFacts, block_title, blocks
from generator.wording import NARROW, count, listing, number, ordinal, percent

__all__ = ["Dot", "Drawing", "Plots", "Sparsity", "Spread", "Strengths", "Tick", "layer_plots"]

HEIGHT = 128
"""Of a plot's area, CSS pixels."""
SPREAD_HEIGHT = 88
"""Of the histogram's: the bar of zeros above it takes the rest."""
BARS = 32
"""Divides the sheet's 256 bins."""
LOG_FLOOR = 0.6
"""The count at the foot of the logarithmic axis: a single value still shows."""
HEADROOM = 14
"""Above the strongest channel, for its label."""
DOT_ROOM = 14
"""Inside the area above 100 % and below 0 %, for a dot and its label."""
NARROWEST = 280
"""Width of a plot's area on a phone, CSS pixels; labels that find no room there are left out."""
LETTER = 6.7
"""Width of a digit at 12 px, and about that of a letter."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A label on an axis, or at a mark."""

    at: float
    """Across: percent from the left. Down: CSS pixels from the top."""
    text: str
    anchor: str = "middle"
    """SVG's text-anchor."""


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
    down: tuple[Tick, ...]
    """Up the left side: counts, shares, activations."""
    down_name: str
    across: tuple[Tick, ...]
    """Along the foot."""
    across_name: str


@dataclass(frozen=True, slots=True)
class Spread:
    """How the layer's values spread: zeros apart, the others as a histogram."""

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


@dataclass(frozen=True, slots=True)
class Dot:
    """One layer's share of zeros, which opens that layer."""

    x: float
    """Percent."""
    y: float
    """CSS pixels."""
    left: float
    """Of its column, percent."""
    kind: LayerKind
    href: str
    spoken: str
    current: bool


@dataclass(frozen=True, slots=True)
class Sparsity:
    """The share of zeros in every captured layer, in network order."""

    drawing: Drawing
    key: str
    """What filled and outlined mean; "" where all are of one kind."""
    dots: tuple[Dot, ...]
    column: float
    """Width of each layer's column, percent."""
    path: str
    """A line from convolution to convolution; "" for fewer than two."""
    box: str
    rules: tuple[float, ...]
    """Between blocks, percent."""
    here: Tick
    """This layer's share, at its dot: percent from the left."""
    here_down: float
    """Its baseline, CSS pixels."""


@dataclass(frozen=True, slots=True)
class Strengths:
    """Each channel's strongest value, from the strongest channel to the weakest."""

    drawing: Drawing
    path: str
    """An area in steps of one channel; "" if all are zero."""
    box: str
    top: str
    """Beside the first step: the strongest value and its channel; "" if there is none."""
    scale: Tick | None
    """The 99.9th percentile of the layer's non-zero values, CSS pixels from the top."""
    silent_from: float
    silent_width: float
    """Percent; 0 if none is silent."""


@dataclass(frozen=True, slots=True)
class Plots:
    """The three plots of a layer's page."""

    title: str
    spread: Spread
    sparsity: Sparsity
    strengths: Strengths


def layer_plots(
    at: str, gallery: Gallery, image: InputImage, facts: ImageFacts, layer: Layer
) -> Plots:
    """The plots of ``layer`` on ``image``, for the page at ``at``."""
    sheet = facts.sheets[layer.name]
    model = gallery.model.id
    links = {
        other.name: layout.href(at, layout.layer_page(image.id, model, other.name))
        for other in gallery.model.layers
    }
    return Plots(
        title=f"{layer.name} in numbers",
        spread=spread(sheet, signed=layer.signed),
        sparsity=sparsity(gallery.model.layers, facts.sheets, layer, links),
        strengths=strengths(sheet, signed=layer.signed),
    )


# How the values spread


def spread(sheet: Sheet, *, signed: bool) -> Spread:
    """Zeros as a bar, the other values as a histogram whose counts are logarithmic."""
    zeros, bars = _zeros_and_bars(sheet)
    lit = sum(bars)
    most = max(bars)
    share = sentences.zero_share(sheet)
    values = "magnitudes" if signed else "values"
    drawing = Drawing(
        heading="How the values spread",
        caption=_spread_caption(sheet, zeros, lit, signed),
        spoken=_spread_spoken(sheet, bars, values),
        height=SPREAD_HEIGHT,
        down=tuple(Tick(_log_down(n, most), _short_count(n)) for n in _decades(most)),
        down_name=f"{values} other than zero in each bar, logarithmic",
        across=_scale_ticks(sheet.p99_9),
        across_name=f"activation{', without its sign' if signed else ''}",
    )
    return Spread(
        drawing=drawing,
        zero=f"{percent(share)} exactly zero",
        other=f"{percent(1 - share)} not",
        zero_width=round(100 * share, 1),
        # tenths of a pixel down
        path="".join(
            f"M{i} {10 * SPREAD_HEIGHT}V{round(10 * _log_down(n, most))}h.9V{10 * SPREAD_HEIGHT}z"
            for i, n in enumerate(bars)
            if n
        ),
        box=f"0 0 {len(bars)} {10 * SPREAD_HEIGHT}",
        empty="" if lit else "no value but zero",
    )


def _zeros_and_bars(sheet: Sheet) -> tuple[int, list[int]]:
    """Number of exact zeros, and of the other values in each bar."""
    pixels = sheet.tile_height * sheet.tile_width
    zeros = sum(round(c.zero_fraction * pixels) for c in sheet.channels)
    counts = sheet.histogram.counts
    width = max(1, len(counts) // BARS)
    bars = [sum(counts[i : i + width]) for i in range(0, len(counts), width)]
    bars[0] = max(0, bars[0] - zeros)
    return zeros, bars


def _log_down(n: int, most: int) -> float:
    """Pixels from the top at which a bar of ``n`` values ends."""
    span = math.log10(most / LOG_FLOOR)
    return round(SPREAD_HEIGHT * math.log10(most / n) / span, 1)


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
    between = [Tick(round(100 * v / high, 1), number(v)) for v in _round_numbers(high, 5)]
    return (Tick(0, "0"), *(t for t in between if t.at < room), Tick(100, end, "end"))


def _round_numbers(high: float, wanted: int) -> list[float]:
    """At most ``wanted`` multiples of 1, 2 or 5 times a power of ten, up to ``high``, without 0."""
    power = 10.0 ** math.floor(math.log10(high / wanted))
    step = next(power * m for m in (1, 2, 5, 10) if power * m * wanted >= high * 0.9999)
    return [step * k for k in range(1, wanted + 1) if step * k <= high * 1.0001]


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


def _spread_caption(sheet: Sheet, zeros: int, lit: int, signed: bool) -> str:
    total = zeros + lit
    share = sentences.zero_share(sheet)
    first = _zero_words(share, f"the {total:,}")
    if not lit:
        return f"{first}{_not_finite(sheet)}."
    strength = "magnitude" if signed else "value"
    largest = f"the largest {strength} is {number(sheet.layer_high)}"
    edge = _median_edge(sheet, zeros)
    if lit < 2 or edge is None:
        return f"{first}; {largest}{_not_finite(sheet)}."
    rest = "of the others" if zeros else "of them"
    below = f"half {rest} lie below about {number(edge)}{' in magnitude' if signed else ''}"
    return f"{first}; {below}, and {largest}{_not_finite(sheet)}."


def _spread_spoken(sheet: Sheet, bars: Sequence[int], values: str) -> str:
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


# Zeros from layer to layer


def sparsity(
    layers: Sequence[Layer], sheets: Mapping[str, Sheet], layer: Layer, links: Mapping[str, str]
) -> Sparsity:
    """One dot a layer; ``links`` opens each on the same image."""
    shares = {la.name: sentences.zero_share(sheets[la.name]) for la in layers}
    column = 100 / len(layers)
    dots = tuple(
        Dot(
            x=round(column * (i + 0.5), 1),
            y=_share_down(shares[la.name]),
            left=round(column * i, 1),
            kind=la.kind,
            href=links[la.name],
            spoken=f"{la.name}: {percent(shares[la.name])} zero",
            current=la.name == layer.name,
        )
        for i, la in enumerate(layers)
    )
    convs = [dot for dot in dots if dot.kind == "conv"]
    here = next(dot for dot in dots if dot.current)
    labels, rules = _block_ticks(layers)
    return Sparsity(
        drawing=Drawing(
            heading="Zeros, layer by layer",
            caption=_sparsity_caption(shares, layer.name),
            spoken=_sparsity_spoken(layers, shares, layer.name),
            height=HEIGHT,
            down=tuple(Tick(_share_down(s), percent(s)) for s in (0, 0.5, 1)),
            down_name="share of zeros",
            across=labels,
            across_name="layers of this image, each a link",
        ),
        key="outlined: pools" if len({la.kind for la in layers}) == 2 else "",
        dots=dots,
        column=round(column, 1),
        # tenths of a percent across
        path="M" + "L".join(f"{round(10 * d.x)} {round(10 * d.y)}" for d in convs)
        if len(convs) > 1
        else "",
        box=f"0 0 1000 {10 * HEIGHT}",
        rules=rules,
        here=Tick(here.x, percent(shares[layer.name]), _anchor(here.x)),
        here_down=_label_down(dots, dots.index(here)),
    )


def _share_down(share: float) -> float:
    return round(DOT_ROOM + (HEIGHT - 2 * DOT_ROOM) * (1 - share), 1)


def _label_down(dots: Sequence[Dot], i: int) -> float:
    """Baseline of a dot's label: above it, or below where only above a neighbour is in the way."""
    y = dots[i].y
    beside = [dots[k].y - y for k in (i - 1, i + 1) if 0 <= k < len(dots)]
    above = any(-26 < apart < -4 for apart in beside)
    below = any(4 < apart < 26 for apart in beside) or y + 20 > HEIGHT
    return round(y + 19 if above and not below else y - 10, 1)


def _anchor(x: float) -> str:
    """A label near a side is held inside."""
    return "start" if x < 8 else "end" if x > 92 else "middle"


def _block_ticks(layers: Sequence[Layer]) -> tuple[tuple[Tick, ...], tuple[float, ...]]:
    """The blocks' names where their layers begin, and rules between blocks, in percent."""
    labels, rules, passed = [], [], 0
    groups = [(block_title(name), len(inside)) for name, inside in blocks(layers)]
    # all in full, or all as short: "Block 1" beside "2" would read as two kinds of thing
    full = all(_fits(name, n / len(layers)) for name, n in groups)
    for name, n in groups:
        text = name if full else name.removeprefix("Block ")
        if passed:
            rules.append(round(100 * passed / len(layers), 1))
        if _fits(text, n / len(layers)):
            labels.append(Tick(round(100 * (passed + n / 2) / len(layers), 1), text))
        passed += n
    if not labels:
        labels = [Tick(0, groups[0][0], "start"), Tick(100, groups[-1][0], "end")]
    return tuple(labels), tuple(rules)


def _fits(text: str, share: float) -> bool:
    """Whether a label finds room in a share of the narrowest area."""
    return len(text) * LETTER <= share * NARROWEST + 4


def _sparsity_caption(shares: Mapping[str, float], name: str) -> str:
    own = shares[name]
    others = [s for other, s in shares.items() if other != name]
    first = _zero_words(own, "this layer’s")
    if not others:
        return f"{first}; no other layer was captured."
    most = max(shares, key=lambda other: shares[other])
    below = sum(s < own for s in others)
    if not below and own == max(others):
        return f"{first}, as in {'the other layer' if len(others) == 1 else 'every other layer'}."
    if own > max(others):
        return f"{first}, the largest share of the {count(len(shares), 'layer')}."
    if own == shares[most]:
        return f"{first}; no layer has a larger share."
    rank = (
        f"the smallest share of the {count(len(shares), 'layer')}"
        if own < min(others)
        else f"a larger share than in {below} of the {len(others)} others"
        if below
        else "and no layer has a smaller share"
    )
    return f"{first}, {rank}; {most} has the largest, {percent(shares[most])}."


def _sparsity_spoken(layers: Sequence[Layer], shares: Mapping[str, float], name: str) -> str:
    least, most = (pick(shares, key=lambda n: shares[n]) for pick in (min, max))
    span = (
        f", from {percent(shares[least])} in {least} to {percent(shares[most])} in {most}"
        if shares[least] < shares[most]
        else ", alike"
    )
    if len(layers) == 1:
        return f"Share of zeros in {name}, the only layer captured: {percent(shares[name])}."
    return (
        f"Share of zeros in {count(len(layers), 'layer')}, in network order{span}; "
        f"{name} has {percent(shares[name])}."
    )


# Channels from the strongest to the weakest


def strengths(sheet: Sheet, *, signed: bool) -> Strengths:
    """Every channel's strongest value, sorted, against the shared scale's upper end."""
    highs = sorted((c.high for c in sheet.channels), reverse=True)
    silent = len(sentences.silent_channels(sheet))
    total = len(highs)
    top = max(range(total), key=lambda i: (sheet.channels[i].high, -i))
    high = highs[0]
    strength = "magnitude" if signed else "value"
    last = f"{silent:,} silent" if silent else ordinal(total)
    first = (Tick(0, "1st", "start"),) if 1 < total != silent else ()
    drawing = Drawing(
        heading="Channels by strength",
        caption=_strengths_caption(sheet, highs, top, silent, signed),
        spoken=_strengths_spoken(sheet, highs, silent, strength),
        height=HEIGHT,
        down=(
            Tick(HEIGHT, "0"),
            *(Tick(_strength_down(v, high), number(v)) for v in _round_numbers(high, 4)),
        )
        if high > 0
        else (Tick(HEIGHT, "0"),),
        down_name=f"each channel’s largest {strength}",
        across=(*first, Tick(100, last, "end")),
        across_name="channels, strongest first",
    )
    return Strengths(
        drawing=drawing,
        path=_steps([_strength_down(v, high) for v in highs]) if high > 0 else "",
        box=f"0 0 {total} {2 * HEIGHT}",
        top=f"{number(high)} in #{top}" if high > 0 else "",
        scale=Tick(
            _strength_down(sheet.p99_9, high), f"99.9th percentile {number(sheet.p99_9)}", "end"
        )
        if high > 0 and sheet.p99_9 > 0
        else None,
        silent_from=round(100 * (1 - silent / total), 1),
        silent_width=round(100 * silent / total, 1),
    )


def _strength_down(value: float, high: float) -> float:
    return round(HEADROOM + (HEIGHT - HEADROOM) * (1 - value / high), 1)


def _steps(downs: Sequence[float]) -> str:
    """An area with a step a value, in half pixels; alike neighbours share one: 512 stay short."""
    levels = [round(2 * down) for down in downs]
    parts, run = [f"M0 {2 * HEIGHT}V{levels[0]}"], 0
    for i, level in enumerate(levels):
        if i and level != levels[i - 1]:
            parts.append(f"h{run}v{level - levels[i - 1]}")
            run = 0
        run += 1
    return "".join([*parts, f"h{run}V{2 * HEIGHT}z"])


def _strengths_caption(
    sheet: Sheet, highs: Sequence[float], top: int, silent: int, signed: bool
) -> str:
    total = len(highs)
    if not highs[0]:
        said = "is silent" if silent else "has no value but zero"
        if total == 1:
            return f"The only channel {said} on this image{_not_finite(sheet)}."
        return (
            f"All {total:,} channels are silent on this image."
            if silent == total
            else f"No channel has a value other than zero; {_silence(silent)}{_not_finite(sheet)}."
        )
    reach = "a magnitude of " if signed else ""
    if total == 1:
        return f"The only channel reaches {reach}{number(highs[0])}{_not_finite(sheet)}."
    half = highs[(total + 1) // 2 - 1]
    middle = f", half of the channels {reach}{number(half)} or more" if 0 < half < highs[0] else ""
    beyond = sum(high > sheet.p99_9 for high in highs)
    parts = [
        f"#{top} reaches {reach}{number(highs[0])}{middle}",
        f"{count(beyond, 'goes', 'go')} beyond {number(sheet.p99_9)}, the end of the shared scale"
        if beyond
        else "",
    ]
    said = "; ".join(part for part in parts if part)
    return f"{said}; {_silence(silent)}{_not_finite(sheet)}."


def _silence(silent: int) -> str:
    return f"{count(silent, 'is', 'are')} silent" if silent else "none is silent"


def _strengths_spoken(sheet: Sheet, highs: Sequence[float], silent: int, strength: str) -> str:
    total = len(highs)
    if not highs[0]:
        return f"Channels by strength: {count(total, 'channel')}, all without a {strength} above 0."
    quarters = [
        f"{number(highs[max(0, -(-total * k // 4) - 1)])} at the {word}"
        for k, word in (
            (1, "end of the first quarter"),
            (2, "middle"),
            (3, "end of the third quarter"),
        )
    ]
    if total == 1:
        values = f"Largest {strength} of the only channel: {number(highs[0])}"
        return f"{values}; the 99.9th percentile of the non-zero values is {number(sheet.p99_9)}."
    falls = f", {listing(quarters)}" if total >= 8 else ""
    return (
        f"Largest {strength} of {count(total, 'channel')}, sorted: from {number(highs[0])}{falls}, "
        f"to {number(highs[-1])}; {silent or 'none'} silent. "
        f"A line marks the 99.9th percentile of the layer’s non-zero values, "
        f"{number(sheet.p99_9)}."
    )


def _not_finite(sheet: Sheet) -> str:
    """A further half-sentence where a channel had values that no plot can show."""
    bad = sum(not c.finite for c in sheet.channels)
    if not bad:
        return ""
    return f"; {count(bad, 'channel')} had values that are not finite, counted as zero"


def _zero_words(share: float, whose: str) -> str:
    """ "53 % of the 648 values are exactly zero"."""
    if not share:
        return f"None of {whose} values is exactly zero"
    said = "All" if share == 1 else percent(share)
    return f"{said[:1].upper()}{said[1:]} of {whose} values are exactly zero"
