"""The share of zeros in every captured layer, in network order: a dot a layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from generator.domain import Layer, LayerKind, Sheet
from generator.pages.parts import block_title, blocks
from generator.pages.plots.axes import HEIGHT, LETTER, NARROWEST, Drawing, Tick, level
from generator.pages.plots.phrases import zero_words
from generator.wording import count, percent

__all__ = ["Dot", "Sparsity", "sparsity_plot"]

DOT_ROOM = 14
"""Inside the area above 100 % and below 0 %, for a dot and its label."""


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
    """The share of zeros in every captured layer."""

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
    """This layer's share, at its dot."""
    here_baseline: float
    """CSS pixels from the top."""


def sparsity_plot(
    layers: Sequence[Layer], sheets: Mapping[str, Sheet], layer: Layer, links: Mapping[str, str]
) -> Sparsity:
    """One dot a layer; ``links`` opens each on the same image."""
    shares = {la.name: sheets[la.name].zero_share for la in layers}
    dots = _dots(layers, shares, layer, links)
    here = next(dot for dot in dots if dot.current)
    labels, rules = _block_ticks(layers)
    drawing = Drawing(
        heading="Zeros, layer by layer",
        caption=_caption(shares, layer.name),
        spoken=_spoken(layers, shares, layer.name),
        height=HEIGHT,
        down=tuple(level(_share_down(s), percent(s)) for s in (0, 0.5, 1)),
        down_name="share of zeros",
        across=labels,
        across_name="layers of this image, each a link",
    )
    return Sparsity(
        drawing=drawing,
        key="outlined: pools" if len({la.kind for la in layers}) == 2 else "",
        dots=dots,
        column=round(100 / len(layers), 1),
        path=_path([dot for dot in dots if dot.kind == "conv"]),
        box=f"0 0 1000 {10 * HEIGHT}",
        rules=rules,
        here=Tick(here.x, percent(shares[layer.name]), _anchor(here.x)),
        here_baseline=_label_down(dots, dots.index(here)),
    )


def _dots(
    layers: Sequence[Layer], shares: Mapping[str, float], layer: Layer, links: Mapping[str, str]
) -> tuple[Dot, ...]:
    column = 100 / len(layers)
    return tuple(
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


def _path(dots: Sequence[Dot]) -> str:
    """Tenths of a percent across, tenths of a pixel down."""
    if len(dots) < 2:
        return ""
    return "M" + "L".join(f"{round(10 * dot.x)} {round(10 * dot.y)}" for dot in dots)


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


def _caption(shares: Mapping[str, float], name: str) -> str:
    own = shares[name]
    others = [s for other, s in shares.items() if other != name]
    first = zero_words(own, "this layer’s")
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


def _spoken(layers: Sequence[Layer], shares: Mapping[str, float], name: str) -> str:
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
