"""Maps in two versions and their difference: of two networks, or of two images in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from generator import layout
from generator.domain import (
    Comparison,
    Contrast,
    InputImage,
    Layer,
    Model,
)
from generator.pages.parts import (
    Gallery,
    Link,
    Page,
    Tile,
    Tiles,
    block_title,
    cut,
    page,
)
from generator.pages.rivals import Rivals, crumbs, ids, untrained
from generator.sizes import strip_factor
from generator.wording import count, hundredths, number, percent, signed

__all__ = ["comparison_layer_page", "images_page"]


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
    at = layout.comparison_layer(*ids(found), layer.name)
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
        crumbs=crumbs(
            at,
            Link(
                f"{found.first.title} and {found.second.title}",
                layout.href(at, layout.comparison_page(*ids(found))),
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
            "untrained": untrained(found),
            "before": _step(at, found, layers[here - 1]) if here else None,
            "after": _step(at, found, layers[here + 1]) if here + 1 < len(layers) else None,
        },
    )


def _step(at: str, found: Comparison, layer: Layer) -> Link:
    return Link(layer.name, layout.href(at, layout.comparison_layer(*ids(found), layer.name)))


def _correlation(value: float | None) -> str:
    return "–" if value is None else hundredths(value)


def _layer_lead(found: Comparison, layer: Layer) -> str:
    change, weights = found.changes[layer.name], found.weights.get(layer.name)
    said = []
    if weights and weights.relative is not None:
        said.append(
            f"From {found.first.title} to {found.second.title} the kernels moved by "
            f"{percent(weights.relative)} of their size in {found.first.title} (cosine "
            f"{_correlation(weights.cosine)})."
        )
    if change.factor:
        said.append(
            f"Over all values and images, the Euclidean norm of {found.second.title} is here "
            f"{number(change.factor)} times that of {found.first.title}. This one factor is taken "
            f"out: the maps of {found.second.title} are multiplied by {number(1 / change.factor)} "
            "before they are drawn and compared, or no channel’s own change would be seen. The "
            "means below them are in its own units, as they were before."
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
    page_path = layout.comparison_layer(*ids(found), layer.name)
    targets = [
        layout.layer_page(image.id, found.first.id, layer.name),
        layout.layer_page(image.id, found.second.id, found.counterpart(layer).name),
    ]
    titles = (found.first.title, found.second.title)
    return Trio(
        title=image.title,
        photo=layout.href(at, layout.small_photo(found.first.id, image.id)),
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
            note=f"times {number(contrast.factor)}" if y and contrast.factor != 1 else "",
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
                channel=str(c),
                cut=cut(x, y, "1"),
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
        crumbs=crumbs(at),
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
