"""What stands side by side in a gallery, and two networks over depth and layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from generator import layout
from generator.domain import (
    ChannelChange,
    Comparison,
    InputImage,
    Layer,
    LayerFigures,
)
from generator.pages.parts import (
    Gallery,
    Link,
    Page,
    page,
)
from generator.pages.rivals import Rivals, alike, crumbs, ids, untrained
from generator.sizes import matrix_plan
from generator.wording import count, hundredths, number, percent

__all__ = ["compare_front_page", "comparison_page"]

MOST_CELLS = 1600
"""Of the matrix as a table in the page; a larger one is a file alone."""


# -- What is set side by side in this gallery


@dataclass(frozen=True, slots=True)
class Entry:
    """One comparison in the list."""

    title: str
    href: str
    what: str


def compare_front_page(
    gallery: Gallery, rivals: Sequence[Rivals], pairs: Sequence[tuple[InputImage, InputImage]]
) -> Page:
    """``compare/index.html``."""
    at = layout.compare_front()
    model = gallery.model
    convs = [la for la in model.layers if la.kind == "conv"] or [*model.layers]
    return page(
        at,
        "compare.html.jinja",
        gallery,
        title="Side by side",
        description="Networks and images of this gallery, set side by side.",
        section="compare",
        crumbs=(Link("Layerlight", layout.href(at, layout.FRONT_PAGE)), Link("Compare", "")),
        body={
            "networks": tuple(
                Entry(
                    f"{r.found.first.title} and {r.found.second.title}",
                    layout.href(at, layout.comparison_page(*ids(r.found))),
                    (
                        "one architecture, other weights: channel beside channel"
                        if r.found.one_architecture
                        else "two architectures: layer beside layer, by depth and window"
                    )
                    + ("" if r.found.trained else "; not both are trained"),
                )
                for r in rivals
            ),
            "pairs": tuple(
                Entry(
                    f"{one.title} and {other.title}",
                    layout.href(at, layout.images_page(one.id, other.id)),
                    f"in every layer of {model.title}, on one scale",
                )
                for one, other in pairs
            ),
            "across": layout.href(at, layout.across_page(model.id, convs[len(convs) // 2].name)),
        },
    )


# -- Two networks


@dataclass(frozen=True, slots=True)
class Curve:
    """One network in a plot."""

    title: str
    points: str
    """Of an SVG polyline, in the plot's units."""
    dots: tuple[tuple[float, float, str], ...]
    """x, y, and what is read there."""


@dataclass(frozen=True, slots=True)
class Plot:
    """Something of each layer, over depth, for both networks."""

    heading: str
    caption: str
    top: str
    """What the upper end stands for; the lower is 0."""
    curves: tuple[Curve, ...]
    spoken: str


@dataclass(frozen=True, slots=True)
class SideBySide:
    """A layer of the first network and the one of the second beside it."""

    first: str
    first_href: str
    second: str
    second_href: str
    alike: str
    zeros: tuple[str, str]
    ranks: tuple[str, str]
    href: str
    """Of the page with the channels, if there is one."""
    weights: str
    factor: str
    most: tuple[tuple[int, str], ...]
    """The most changed channels, and by how much."""
    silent: str
    """Channels that do not vary in one of the two, of all."""


PLOT_WIDTH, PLOT_HEIGHT = 400, 160


def comparison_page(rivals: Rivals) -> Page:
    """``compare/<first>_<second>/index.html``."""
    found = rivals.found
    at = layout.comparison_page(*ids(found))
    rows = tuple(_beside(at, rivals, i, la) for i, la in enumerate(found.first.layers))
    cells = len(found.first.layers) * len(found.second.layers)
    measured = any(v is not None for row in found.similarity for v in row)
    return page(
        at,
        "comparison.html.jinja",
        rivals.first,
        title=f"{found.first.title} and {found.second.title}",
        description=f"{found.first.title} and {found.second.title} on the same "
        f"{count(found.images, 'image')}: sparsity, rank, similarity, and their maps.",
        section="compare",
        crumbs=crumbs(at),
        body={
            "found": found,
            "first": found.first,
            "second": found.second,
            "models": tuple(
                Link(g.model.title, layout.href(at, layout.model_page(g.model.id)))
                for g in (rivals.first, rivals.second)
            ),
            "plots": (_zeros(found), _ranks(found), _strengths(found)),
            "width": PLOT_WIDTH,
            "height": PLOT_HEIGHT,
            "matrix": _matrix(at, found) if measured else None,
            "table": layout.href(at, layout.comparison_table(*ids(found))),
            "values": _values(found) if measured and cells <= MOST_CELLS else (),
            "sentences": _sentences(found) if found.trained else (),
            "rows": rows,
            "images": tuple(
                (
                    image,
                    layout.href(at, layout.comparison_image(*ids(found), image.id)),
                    layout.href(at, layout.input_png(found.first.id, image.id)),
                )
                for image in rivals.first.images
            ),
            "untrained": untrained(found),
        },
    )


@dataclass(frozen=True, slots=True)
class Matrix:
    """The picture of the similarities."""

    light: str
    dark: str
    """URLs of the PNGs."""
    height: int
    width: int
    """As they are shown, CSS pixels."""


def _matrix(at: str, found: Comparison) -> Matrix:
    names = ([la.name for la in model.layers] for model in (found.first, found.second))
    plan = matrix_plan(*names)
    light, dark = (
        layout.href(at, layout.comparison_matrix(*ids(found), dark=dark)) for dark in (False, True)
    )
    return Matrix(light, dark, plan.height, plan.width)


def _beside(at: str, rivals: Rivals, i: int, layer: Layer) -> SideBySide:
    found = rivals.found
    other = found.second.layers[found.beside[i]]
    change = found.changes.get(layer.name)
    weights = found.weights.get(layer.name)
    one, two = found.figures[0][layer.name], found.figures[1][other.name]
    return SideBySide(
        first=layer.name,
        first_href=layout.href(at, layout.across_page(found.first.id, layer.name)),
        second=other.name,
        second_href=layout.href(at, layout.across_page(found.second.id, other.name)),
        alike=alike(found.similarity[i][found.beside[i]]),
        zeros=(percent(one.zero_share), percent(two.zero_share)),
        ranks=(_rank(one), _rank(two)),
        href=layout.href(at, layout.comparison_layer(*ids(found), layer.name)) if change else "",
        weights=percent(weights.relative) if weights and weights.relative is not None else "",
        factor=number(change.factor) if change and change.factor else "",
        most=_most(change),
        silent=f"{len(change.ranked) - len(change.in_both)} of {len(change.ranked)}"
        if change
        else "",
    )


def _most(change: ChannelChange | None, few: int = 3) -> tuple[tuple[int, str], ...]:
    if change is None:
        return ()
    return tuple(
        (c, percent(change.change[c]))
        for c in (change.in_both or change.ranked)[:few]
        if change.change[c]
    )


def _rank(figures: LayerFigures) -> str:
    if figures.effective_rank is None:
        return "–"
    return f"{figures.effective_rank:.0f} of {figures.rank_limit}"


def _values(found: Comparison) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple(
        (layer.name, tuple("–" if v is None else hundredths(v) for v in row))
        for layer, row in zip(found.first.layers, found.similarity, strict=True)
    )


def _sentences(found: Comparison) -> tuple[str, ...]:
    """What the numbers say, in words."""
    first, second = found.first, found.second
    same = first.weights.sha256 == second.weights.sha256 and first.input == second.input
    if same and found.one_architecture:
        return (
            "The two are the same in every weight and are fed alike: whatever one of them answers, "
            "the other does.",
        )
    said = []
    pairs = [
        (found.similarity[i][j], layer, found.second.layers[j])
        for i, layer in enumerate(found.first.layers)
        for j in [found.beside[i]]
    ]
    known = [(v, a, b) for v, a, b in pairs if v is not None]
    if known:
        best, worst = max(known, key=lambda k: k[0]), min(known, key=lambda k: k[0])
        most, least = alike(best[0]), alike(worst[0])
        said.append(
            f"All layers that stand beside each other are about equally alike ({most})."
            if most == least
            else f"Of layers that stand beside each other, {_both(best)} find the same places "
            f"alike most ({most}), {_both(worst)} least ({least})."
        )
    moved = {n: w.relative for n, w in found.weights.items() if w.relative is not None}
    if moved and max(moved.values()) > 0:
        most, least = max(moved, key=lambda n: moved[n]), min(moved, key=lambda n: moved[n])
        said.append(
            f"From {first.title} to {second.title} the kernels of {most} moved furthest, by "
            f"{percent(moved[most])} of their size in {first.title}, those of {least} least, by "
            f"{percent(moved[least])}."
        )
    return tuple(said)


def _both(pair: tuple[float, Layer, Layer]) -> str:
    _, one, other = pair
    return f"both {one.name}" if one.name == other.name else f"{one.name} and {other.name}"


def _depths(count_: int) -> list[float]:
    return [i / max(1, count_ - 1) for i in range(count_)]


def _plot(
    heading: str,
    caption: str,
    found: Comparison,
    shares: tuple[Sequence[float | None], Sequence[float | None]],
    words: tuple[Sequence[str], Sequence[str]],
    top: str,
) -> Plot:
    """Shares of the upper end, 0 to 1, layer by layer."""
    curves = []
    for model, own, said in zip((found.first, found.second), shares, words, strict=True):
        dots = tuple(
            (
                round(PLOT_WIDTH * x, 1),
                round(PLOT_HEIGHT * (1 - share), 1),
                f"{model.title}, {layer.name}: {word}",
            )
            for x, share, layer, word in zip(
                _depths(len(model.layers)), own, model.layers, said, strict=True
            )
            if share is not None
        )
        curves.append(Curve(model.title, " ".join(f"{x},{y}" for x, y, _ in dots), dots))
    spoken = "; ".join(
        f"{model.title}: from {said[0]} in the first layer to {said[-1]} in the last"
        for model, said in zip((found.first, found.second), words, strict=True)
    )
    return Plot(heading, caption, top, tuple(curves), f"{heading}. {spoken}.")


def _each(found: Comparison) -> tuple[list[LayerFigures], list[LayerFigures]]:
    return [*found.figures[0].values()], [*found.figures[1].values()]


def _zeros(found: Comparison) -> Plot:
    one, two = _each(found)
    return _plot(
        "Zeros",
        "Share of the values that are exactly zero.",
        found,
        ([f.zero_share for f in one], [f.zero_share for f in two]),
        ([percent(f.zero_share) for f in one], [percent(f.zero_share) for f in two]),
        percent(1),
    )


def _ranks(found: Comparison) -> Plot:
    one, two = _each(found)
    highest = max([f.effective_rank or 0 for f in (*one, *two)], default=0) or 1
    return _plot(
        "Effective rank",
        "In how many directions a layer’s answers spread, counted by how evenly (Roy and "
        "Vetterli, 2007). It cannot be more than its channels, nor than its examples less one.",
        found,
        (
            [None if f.effective_rank is None else f.effective_rank / highest for f in one],
            [None if f.effective_rank is None else f.effective_rank / highest for f in two],
        ),
        ([_rank(f) for f in one], [_rank(f) for f in two]),
        f"{highest:.0f}",
    )


def _strengths(found: Comparison) -> Plot:
    """Of one architecture in activation units; of two each against its own strongest layer."""
    one, two = _each(found)
    own = [max(f.strength for f in each) or 1 for each in (one, two)]
    tops = (max(own), max(own)) if found.one_architecture else (own[0], own[1])
    return _plot(
        "Strength",
        "Mean magnitude of a layer’s values"
        + (
            ", in activation units."
            if found.one_architecture
            else ", each network against its own strongest layer: units of two architectures "
            "cannot be compared."
        ),
        found,
        ([f.strength / tops[0] for f in one], [f.strength / tops[1] for f in two]),
        ([number(f.strength) for f in one], [number(f.strength) for f in two]),
        number(max(own)) if found.one_architecture else "strongest",
    )
