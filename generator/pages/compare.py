"""Two networks side by side on the same images, and two images side by side in one network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from generator import layout
from generator.domain import (
    ChannelChange,
    Comparison,
    Contrast,
    InputImage,
    Layer,
    LayerFigures,
    Model,
)
from generator.pages.parts import (
    Gallery,
    ImageFacts,
    Legend,
    Link,
    Page,
    Tile,
    Tiles,
    block_title,
    legend,
    page,
)
from generator.pages.strips import strip_tiles
from generator.sizes import matrix_plan, strip_factor
from generator.wording import count, number, percent, shape, signed, size

__all__ = [
    "Rivals",
    "compare_front_page",
    "comparison_image_page",
    "comparison_layer_page",
    "comparison_page",
    "images_page",
]

MINUS = "\u2212"
MOST_CELLS = 1600
"""Of the matrix as a table in the page; a larger one is a file alone."""


@dataclass(frozen=True)
class Rivals:
    """Two networks of one gallery, and what was found."""

    first: Gallery
    second: Gallery
    found: Comparison
    contrasts: Mapping[str, Mapping[str, Contrast]]
    """By layer, by image; of two networks of one architecture."""


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
                    layout.href(at, layout.comparison_page(*_ids(r.found))),
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


def _ids(found: Comparison) -> tuple[str, str]:
    return found.first.id, found.second.id


def _crumbs(at: str, *more: Link) -> tuple[Link, ...]:
    return (
        Link("Layerlight", layout.href(at, layout.FRONT_PAGE)),
        Link("Compare", layout.href(at, layout.compare_front())),
        *more,
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


PLOT_WIDTH, PLOT_HEIGHT = 400, 160


def comparison_page(rivals: Rivals) -> Page:
    """``compare/<first>_<second>/index.html``."""
    found = rivals.found
    at = layout.comparison_page(*_ids(found))
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
        crumbs=_crumbs(at),
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
            "table": layout.href(at, layout.comparison_table(*_ids(found))),
            "values": _values(found) if measured and cells <= MOST_CELLS else (),
            "sentences": _sentences(found) if found.trained else (),
            "rows": rows,
            "images": tuple(
                (
                    image,
                    layout.href(at, layout.comparison_image(*_ids(found), image.id)),
                    layout.href(at, layout.input_png(found.first.id, image.id)),
                )
                for image in rivals.first.images
            ),
            "untrained": _untrained(found),
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
        layout.href(at, layout.comparison_matrix(*_ids(found), dark=dark)) for dark in (False, True)
    )
    return Matrix(light, dark, plan.height, plan.width)


def _untrained(found: Comparison) -> tuple[str, ...]:
    """Titles of the networks that learned nothing; each once."""
    models = (found.first, found.second)
    return tuple(dict.fromkeys(m.title for m in models if not m.weights.trained))


def _alike(value: float | None) -> str:
    """One digit: with few images no more is worth showing."""
    if value is None:
        return "–"
    return f"{max(0.0, value):.1f}"


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
        alike=_alike(found.similarity[i][found.beside[i]]),
        zeros=(percent(one.zero_share), percent(two.zero_share)),
        ranks=(_rank(one), _rank(two)),
        href=layout.href(at, layout.comparison_layer(*_ids(found), layer.name)) if change else "",
        weights=percent(weights.relative) if weights and weights.relative is not None else "",
        factor=number(change.factor) if change and change.factor else "",
        most=_most(change),
    )


def _most(change: ChannelChange | None, few: int = 3) -> tuple[tuple[int, str], ...]:
    if change is None:
        return ()
    return tuple((c, percent(change.change[c])) for c in change.ranked[:few])


def _rank(figures: LayerFigures) -> str:
    if figures.effective_rank is None:
        return "–"
    return f"{figures.effective_rank:.0f} of {figures.rank_limit}"


def _values(found: Comparison) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple(
        (layer.name, tuple("–" if v is None else f"{v:.2f}".replace("-", MINUS) for v in row))
        for layer, row in zip(found.first.layers, found.similarity, strict=True)
    )


def _sentences(found: Comparison) -> tuple[str, ...]:
    """What the numbers say, in words."""
    said = []
    pairs = [
        (found.similarity[i][j], layer, found.second.layers[j])
        for i, layer in enumerate(found.first.layers)
        for j in [found.beside[i]]
    ]
    known = [(v, a, b) for v, a, b in pairs if v is not None]
    if known:
        best, worst = max(known, key=lambda k: k[0]), min(known, key=lambda k: k[0])
        said.append(
            f"Of layers that stand beside each other, {_both(best)} find the same places alike "
            f"most ({_alike(best[0])}), {_both(worst)} least ({_alike(worst[0])})."
        )
    moved = {n: w.relative for n, w in found.weights.items() if w.relative is not None}
    if moved and max(moved.values()) > 0:
        most, least = max(moved, key=lambda n: moved[n]), min(moved, key=lambda n: moved[n])
        said.append(
            f"The kernels of {most} moved furthest, by {percent(moved[most])} of their size, "
            f"those of {least} least, by {percent(moved[least])}."
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
        "Vetterli, 2007). It cannot be more than its channels, nor than the examples.",
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


# -- Both networks on one image


@dataclass(frozen=True, slots=True)
class Strip:
    """A layer of one network on the image."""

    network: str
    layer: Layer
    href: str
    facts: str
    alike: str
    """With the layer beside it; "" to say it there."""
    tiles: Tiles
    legend: Legend


@dataclass(frozen=True, slots=True)
class Step:
    """Layers of the first network, and the one of the second that stands beside them."""

    first: tuple[Strip, ...]
    second: Strip


def comparison_image_page(
    rivals: Rivals, image: InputImage, facts: tuple[ImageFacts, ImageFacts]
) -> Page:
    """``compare/<first>_<second>/images/<image>.html``: layer beside layer."""
    found = rivals.found
    at = layout.comparison_image(*_ids(found), image.id)
    layers = found.first.layers
    steps = []
    # pairs never cross: layers beside the same one follow each other
    for j, group in groupby(range(len(layers)), key=lambda i: found.beside[i]):
        other = found.second.layers[j]
        steps.append(
            Step(
                first=tuple(
                    _strip(
                        *(at, rivals.first, image, facts[0], layers[i]),
                        _alike(found.similarity[i][j]),
                    )
                    for i in group
                ),
                second=_strip(at, rivals.second, image, facts[1], other),
            )
        )
    before, after = _beside_images(at, rivals, image)
    return page(
        at,
        "comparison_image.html.jinja",
        rivals.first,
        title=f"{image.title} in {found.first.title} and {found.second.title}",
        description=f"Feature maps of {found.first.title} and {found.second.title} on one image, "
        "layer beside layer.",
        section="compare",
        crumbs=_crumbs(
            at,
            Link(
                f"{found.first.title} and {found.second.title}",
                layout.href(at, layout.comparison_page(*_ids(found))),
            ),
        ),
        body={
            "image": image,
            "found": found,
            "steps": tuple(steps),
            "photos": tuple(
                (
                    model,
                    layout.href(at, g.image_page(image.id)),
                    layout.href(at, layout.input_png(model.id, image.id)),
                    size(model.input.height, model.input.width),
                )
                for g in (rivals.first, rivals.second)
                for model in [g.model]
            ),
            "untrained": _untrained(found),
            "before": before,
            "after": after,
        },
    )


def _beside_images(at: str, rivals: Rivals, image: InputImage) -> tuple[Link | None, Link | None]:
    images = rivals.first.images
    here = [i.id for i in images].index(image.id)

    def link(i: int) -> Link | None:
        if not 0 <= i < len(images):
            return None
        target = layout.comparison_image(*_ids(rivals.found), images[i].id)
        return Link(images[i].title, layout.href(at, target))

    return link(here - 1), link(here + 1)


def _strip(
    at: str,
    gallery: Gallery,
    image: InputImage,
    facts: ImageFacts,
    layer: Layer,
    alike: str = "",
) -> Strip:
    sheet = facts.sheets[layer.name]
    return Strip(
        network=gallery.model.title,
        layer=layer,
        href=layout.href(at, layout.layer_page(image.id, gallery.model.id, layer.name)),
        facts=f"{shape(layer)}, one value sees "
        f"{size(layer.window.height, layer.window.width)} px, "
        f"{percent(sum(c.zero_fraction for c in sheet.channels) / len(sheet.channels))} zero",
        alike=alike,
        tiles=strip_tiles(at, gallery, image, facts, layer),
        legend=legend(sheet, layer),
    )


# -- Channel beside channel


@dataclass(frozen=True, slots=True)
class Row:
    """A row of maps."""

    title: str
    note: str
    href: str
    strip: Tiles
    values: tuple[str, ...]
    """Below each map."""


@dataclass(frozen=True, slots=True)
class Trio:
    """The first version, the second, and the difference."""

    title: str
    photo: str
    heads: tuple[tuple[int, str], ...]
    """Channel and what stands over its column."""
    head: str
    """What that is."""
    rows: tuple[Row, ...]
    note: str


def comparison_layer_page(rivals: Rivals, layer: Layer) -> Page:
    """``compare/<first>_<second>/layers/<layer>.html``: the most changed channels."""
    found = rivals.found
    at = layout.comparison_layer(*_ids(found), layer.name)
    change = found.changes[layer.name]
    images = {image.id: image for image in rivals.first.images}
    layers = found.first.layers
    here = layers.index(layer)
    return page(
        at,
        "contrast.html.jinja",
        rivals.first,
        title=f"{layer.name} in {found.first.title} and {found.second.title}",
        description=f"The channels of {layer.name} that differ most between "
        f"{found.first.title} and {found.second.title}.",
        section="compare",
        crumbs=_crumbs(
            at,
            Link(
                f"{found.first.title} and {found.second.title}",
                layout.href(at, layout.comparison_page(*_ids(found))),
            ),
        ),
        body={
            "lead": _layer_lead(found, layer),
            "trios": tuple(
                _trio_of_networks(at, rivals, layer, images[image], contrast)
                for image, contrast in rivals.contrasts[layer.name].items()
            ),
            "ranking": tuple(
                (c, percent(change.change[c]), _correlation(change.correlation[c]))
                for c in change.ranked
            ),
            "ranking_title": f"All {layer.channels} channels, the most changed first",
            "signed_layer": layer.signed,
            "untrained": _untrained(found),
            "before": _step(at, found, layers[here - 1]) if here else None,
            "after": _step(at, found, layers[here + 1]) if here + 1 < len(layers) else None,
        },
    )


def _step(at: str, found: Comparison, layer: Layer) -> Link:
    return Link(layer.name, layout.href(at, layout.comparison_layer(*_ids(found), layer.name)))


def _correlation(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".replace("-", MINUS)


def _layer_lead(found: Comparison, layer: Layer) -> str:
    change, weights = found.changes[layer.name], found.weights.get(layer.name)
    said = []
    if weights and weights.relative is not None:
        said.append(
            f"The kernels differ by {percent(weights.relative)} of their size "
            f"(cosine {_correlation(weights.cosine)})."
        )
    if change.factor:
        said.append(
            f"As a whole {found.second.title} answers here {number(change.factor)} times as "
            f"strongly as {found.first.title}. This one factor is taken out: its maps are "
            f"multiplied by {number(1 / change.factor)} before they are drawn and compared, or "
            "no channel’s own change would be seen."
        )
    alone = sum(r is None for r in change.correlation)
    if alone:
        said.append(
            f"{count(alone, 'channel').capitalize()} {'is' if alone == 1 else 'are'} silent, or "
            "the same everywhere, in at least one of the two; shown are those that vary in both."
        )
    return " ".join(said)


def _trio_of_networks(
    at: str, rivals: Rivals, layer: Layer, image: InputImage, contrast: Contrast
) -> Trio:
    found = rivals.found
    page_path = layout.comparison_layer(*_ids(found), layer.name)
    targets = [
        layout.layer_page(image.id, model.id, layer.name) for model in (found.first, found.second)
    ]
    titles = (found.first.title, found.second.title)
    return Trio(
        title=image.title,
        photo=layout.href(at, layout.input_png(found.first.id, image.id)),
        heads=tuple((c, percent(found.changes[layer.name].change[c])) for c in contrast.channels),
        head="Changed by",
        rows=_rows(
            *(at, page_path, image.id, layer, contrast, titles, targets),
            [f"±{number(top)}" for top in contrast.tops],
        ),
        note=f"Each column has a scale of its own, {_from_zero(layer)} the larger of its two maps’ "
        "strongest values. It stands below the difference.",
    )


def _rows(
    at: str,
    page_path: str,
    name: str,
    layer: Layer,
    contrast: Contrast,
    titles: tuple[str, str],
    targets: Sequence[str],
    below: Sequence[str],
) -> tuple[Row, ...]:
    means = (contrast.first, contrast.second)
    maps = layout.href(at, layout.contrast_maps(page_path, name))
    rows = [
        Row(
            title=titles[y],
            note="",
            href=layout.href(at, targets[y]),
            strip=_tiles(at, layer, contrast, maps, y, 2, targets[y], signed=layer.signed),
            values=tuple(f"mean {number(m)}" for m in means[y]),
        )
        for y in (0, 1)
    ]
    change = layout.href(at, layout.contrast_change(page_path, name))
    rows.append(
        Row(
            title="Difference",
            note=f"{titles[1]} less {titles[0]}",
            href="",
            strip=_tiles(at, layer, contrast, change, 0, 1, targets[1], signed=True),
            values=tuple(below),
        )
    )
    return tuple(rows)


def _tiles(
    at: str,
    layer: Layer,
    contrast: Contrast,
    sheet: str,
    y: int,
    rows: int,
    target: str,
    *,
    signed: bool,
) -> Tiles:
    factor = strip_factor(layer)
    return Tiles(
        sheet=sheet,
        columns=len(contrast.channels),
        rows=rows,
        pixel_height=-(-layer.height // factor),
        pixel_width=-(-layer.width // factor),
        gap=1,
        gain="1",
        signed=signed,
        tiles=tuple(
            Tile(
                channel=c,
                x=x,
                y=y,
                k="1",
                bar="0%",
                state="",
                href=layout.href(at, target, str(c)),
                label=f"#{c}",
                spoken=f"Channel {c}",
            )
            for x, c in enumerate(contrast.channels)
        ),
    )


# -- Two images in one network


def images_page(
    gallery: Gallery,
    first: InputImage,
    second: InputImage,
    contrasts: Mapping[str, Contrast],
) -> Page:
    """``compare/images/<first>_<second>.html``: every layer, on one scale."""
    at = layout.images_page(first.id, second.id)
    model = gallery.model
    return page(
        at,
        "images_pair.html.jinja",
        gallery,
        title=f"{first.title} and {second.title}",
        description=f"Two images in every layer of {model.title}, on one scale, with their "
        "difference and the channels that answer most differently.",
        section="compare",
        crumbs=_crumbs(at),
        body={
            "first": first,
            "second": second,
            "photos": tuple(
                (
                    image,
                    layout.href(at, layout.input_png(model.id, image.id)),
                    layout.href(at, gallery.image_page(image.id)),
                )
                for image in (first, second)
            ),
            "blocks": tuple(
                (
                    block_title(name),
                    tuple(
                        (la, _trio_of_images(at, model, la, (first, second), contrasts[la.name]))
                        for la in layers
                    ),
                )
                for name, layers in gallery.blocks
            ),
        },
    )


def _trio_of_images(
    at: str,
    model: Model,
    layer: Layer,
    images: tuple[InputImage, InputImage],
    contrast: Contrast,
) -> Trio:
    targets = [layout.layer_page(image.id, model.id, layer.name) for image in images]
    page_path = layout.images_page(images[0].id, images[1].id)
    titles = (images[0].title, images[1].title)
    top = number(contrast.tops[0]) if contrast.tops else "0"
    return Trio(
        title=layer.name,
        photo="",
        heads=tuple((c, "") for c in contrast.channels),
        head="Channel",
        rows=_rows(
            *(at, page_path, layer.name, layer, contrast, titles, targets),
            [
                f"mean {signed(two - one)}"
                for one, two in zip(contrast.first, contrast.second, strict=True)
            ],
        ),
        note=f"One scale for all, {_from_zero(layer)} {top} or more; the difference is drawn on "
        f"\u2212{top} to {top}, place by place: it compares what lies at the same place of the "
        "frame.",
    )


def _from_zero(layer: Layer) -> str:
    return "zero in the middle, to both sides as far as" if layer.signed else "from zero to"
