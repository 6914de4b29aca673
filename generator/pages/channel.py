"""The open channel of a layer page: what stands in it when the page comes, and what scripts need.

The page comes with the layer's strongest channel open and complete, so that it can be read,
linked and printed without scripts; a script puts another channel into the same places.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from generator import layout
from generator.domain import Account, Evidence, InputImage, Knots, Layer, Operation, Peak
from generator.pages.parts import (
    Gallery,
    ImageFacts,
    credit,
    crop_origin,
    decimals,
    ratio,
    value_place,
    window_box,
    window_numbers,
)
from generator.sizes import grid_factor
from generator.wording import extent, number, percent, signed, size

__all__ = ["Sum", "Term", "ThreadStep", "channel_view", "reaches_pixels"]

MAP_SIDE = 280
"""Side of the open channel's map, CSS pixels, or the largest whole multiple below it."""
TERMS = 4
"""Rows of a sum that name a channel."""


@dataclass(frozen=True, slots=True)
class Term:
    """One row of a sum; a row without a ``label`` waits for another channel."""

    label: str
    href: str
    push: str
    share: str
    bar: str
    """Length against the sum's longest, percent."""


@dataclass(frozen=True, slots=True)
class Sum:
    """A value accounted for."""

    source: str
    """What is summed: "channel of block3_conv2", "colour of the input"."""
    text: str
    terms: tuple[Term, ...]
    more: Term
    down: Term
    rest: str
    bias: str
    total: str


@dataclass(frozen=True, slots=True)
class ThreadStep:
    """A place for one layer's step of the thread."""

    layer: str
    sees: str
    window_height: int
    window_width: int
    href: str
    """Of the layer's page, or of the channel there; "" where the open channel's has no step."""
    label: str
    gives: str
    after_pool: bool
    """Whether a pool lies between the step before and this one."""
    crop_row: int
    """First row and column of what it sees, input pixels."""
    crop_column: int


def channel_view(
    at: str, gallery: Gallery, image: InputImage, facts: ImageFacts, layer: Layer
) -> dict[str, Any]:
    """Everything the template shows of the strongest channel, and ``setup`` for the scripts."""
    model, sheet = gallery.model, facts.sheets[layer.name]
    top = sheet.strongest
    measured = sheet.channels[top]
    peak = measured.peaks[0] if measured.peaks else None
    evidence = facts.evidence()
    multiple = max(1, MAP_SIDE // max(layer.height, layer.width))
    return {
        "number": top,
        "rank": f"the strongest of {layer.channels} on this image"
        if peak
        else "silent on this image",
        "photo": layout.href(at, layout.input_png(model.id, image.id)),
        "sheet": layout.href(at, layout.sheet_png(model.id, image.id, layer.name)),
        "columns": sheet.columns,
        "rows": sheet.rows,
        "x": top % sheet.columns,
        "y": top // sheet.columns,
        "gain": ratio(measured.high, sheet.p99_9),
        "map_height": layer.height * multiple,
        "map_width": layer.width * multiple,
        "ratio": decimals(layer.height / layer.width),
        "mark": value_place(layer, peak.row, peak.column) if peak else None,
        "crop": crop_origin(layer, peak.row, peak.column) if peak else (0, 0),
        "map_size": size(layer.height, layer.width),
        "peak": peak,
        "value": number(peak.value) if peak else "0",
        "mean": number(measured.mean),
        # of values of both signs the largest is known only where it is the strongest
        "range": number(measured.lowest)
        if layer.signed
        else f"{number(measured.lowest)} to {number(measured.high)}",
        "zero": percent(measured.zero_fraction),
        "box": window_box(layer, model, peak),
        "window": layer.window,
        "lightest": number(sheet.p99_9),
        "sum": _sum(at, gallery, image, layer, evidence.accounts[layer.name].of(top), peak)
        if layer.kind == "conv" and layer.name in evidence.accounts
        else None,
        "handed_on": _handed_on(layer),
        "thread": _thread(at, gallery, image, layer, evidence, (top, peak)),
        "thread_title": _thread_title(gallery, layer),
        "thread_text": _thread_text(gallery, layer),
        "missing": _missing(layer),
        "largest": number(gallery.largest_weights[top]) if _sees_pixels(layer) else "",
        "kernels": layout.href(at, layout.kernels_png(model.id)) if _sees_pixels(layer) else "",
        "atlas": layout.href(at, layout.atlas_page(model.id, layer.name))
        if layer.name in gallery.atlas
        else "",
        "setup": json.dumps(_setup(at, gallery, image, facts, layer), separators=(",", ":")),
    }


def _setup(
    at: str, gallery: Gallery, image: InputImage, facts: ImageFacts, layer: Layer
) -> dict[str, Any]:
    """Geometry and addresses of the layer, for scripts."""
    model, sheet = gallery.model, facts.sheets[layer.name]

    def script(path: str) -> dict[str, str]:
        return {"url": layout.href(at, path), "key": layout.data_key(path)}

    found: dict[str, Any] = {
        "network": model.title,
        "image": image.id,
        "title": image.title,
        "credit": credit(image),
        "weights": gallery.licence + (", CC BY 4.0" if gallery.licence_url else ""),
        "layer": layer.name,
        "channels": layer.channels,
        "high": sheet.p99_9,
        "signed": layer.signed,
        "small": layout.href(at, layout.small_sheet_png(model.id, image.id, layer.name))
        if grid_factor(layer) > 1
        else "",
        "photo": layout.href(at, layout.input_png(model.id, image.id)),
        "threads": script(layout.threads_script(model.id, image.id)),
        "across": script(layout.across_script(model.id, layer.name)),
        "root": layout.href(at, layout.FRONT_PAGE).removesuffix(layout.FRONT_PAGE),
        "model": model.id,
        "chain": [_link_of_chain(at, gallery, image, facts, la) for la in _chain(gallery, layer)],
    }
    if layer.name in gallery.atlas:
        pictures = gallery.atlas[layer.name]
        found["atlas"] = {
            "sheet": layout.href(at, layout.atlas_sheet(model.id, layer.name)),
            "columns": pictures.columns,
            "rows": pictures.rows,
            "tile": [pictures.tile_height, pictures.tile_width],
            **script(layout.atlas_script(model.id, layer.name)),
        }
    if gallery.values:
        found["values"] = script(layout.values_script(model.id, image.id, layer.name))
        found["photoValues"] = script(layout.input_script(model.id, image.id))
    if layer.kind == "conv" and layer.operation:
        found["evidence"] = script(layout.evidence_script(model.id, image.id, layer.name))
    if _sees_pixels(layer):
        found["colours"] = list(gallery.colours)
        found["largest"] = list(gallery.largest_weights)
    return found


def _chain(gallery: Gallery, layer: Layer) -> list[Layer]:
    """The layer and all it is made of, downwards, as far as they are captured."""
    found = [layer]
    while found[-1].operation is not None and found[-1].operation.source:
        found.append(gallery.layer(found[-1].operation.source))
    return found


def _link_of_chain(
    at: str, gallery: Gallery, image: InputImage, facts: ImageFacts, layer: Layer
) -> dict[str, Any]:
    model, sheet = gallery.model, facts.sheets[layer.name]
    return {
        "layer": layer.name,
        "href": layout.href(at, layout.layer_page(image.id, model.id, layer.name)),
        "sheet": layout.href(at, layout.sheet_png(model.id, image.id, layer.name)),
        "map": [layer.height, layer.width],
        "window": window_numbers(layer),
        "columns": sheet.columns,
        "rows": sheet.rows,
        **({"signed": True} if layer.signed else {}),
    }


def _sees_pixels(layer: Layer) -> bool:
    """Whether it is a convolution of the input itself, so that its kernels are pictures."""
    return layer.kind == "conv" and layer.operation is not None and not layer.operation.source


# -- The sum


def _sum(
    at: str,
    gallery: Gallery,
    image: InputImage,
    layer: Layer,
    account: Account | None,
    peak: Peak | None,
) -> Sum:
    operation = layer.operation
    assert operation is not None  # a layer with accounts has one
    waiting = Term("", "", "", "", "0")
    if account is None:
        return Sum(
            *_words(gallery, layer, operation), (waiting,) * TERMS, waiting, waiting, "", "", ""
        )
    pushes = [p.value for p in account.pushes]
    longest = max([*pushes, account.more_sum, -account.down_sum, 1e-12])

    def term(label: str, href: str, push: float) -> Term:
        share = percent(push / account.upward) if push > 0 else ""
        return Term(label, href, signed(push), share, f"{100 * abs(push) / longest:.1f}")

    terms = [
        term(
            _source_label(gallery, operation, p.channel),
            _source_href(at, gallery, image, operation, p.channel, p.place),
            p.value,
        )
        for p in account.pushes
    ]
    return Sum(
        *_words(gallery, layer, operation),
        terms=(*terms, *(waiting,) * (TERMS - len(terms))),
        more=term(f"{account.more} more {_push(account.more)} up", "", account.more_sum),
        down=term(f"{account.down} {_push(account.down)} down", "", account.down_sum),
        rest=f"{account.nothing} add{'s' if account.nothing == 1 else ''} nothing; the bias adds"
        if account.nothing
        else "The bias adds",
        bias=signed(account.bias),
        # as measured: summed up again in another order it may differ in the seventh digit
        total=number(peak.value if peak else account.total),
    )


def _push(channels: int) -> str:
    return "pushes" if channels == 1 else "push"


def _words(gallery: Gallery, layer: Layer, operation: Operation) -> tuple[str, str]:
    """What is summed, and how, in words."""
    window = size(*operation.kernel)
    cut = "; below zero it is cut to zero." if layer.activation == "relu" else "."
    if not operation.source:
        return (
            "Colour of the input",
            f"Its strongest value is a sum, over a {window} window of the image’s "
            f"{len(gallery.colours)} colours, of weight times input, plus a bias{cut} The input is "
            f"the pixel less the mean of the training images, so a dark pixel counts below zero.",
        )
    source = gallery.layer(operation.source)
    return (
        f"Channel of {source.name}",
        f"Its strongest value is a sum, over a {window} window of all {source.channels} channels "
        f"of {source.name}, of weight times activation, plus a bias{cut}",
    )


def _source_label(gallery: Gallery, operation: Operation, channel: int) -> str:
    return f"#{channel}" if operation.source else gallery.colours[channel]


def _source_href(
    at: str, gallery: Gallery, image: InputImage, operation: Operation, channel: int, place: int
) -> str:
    if not operation.source:
        return ""
    source = gallery.layer(operation.source)
    page = layout.layer_page(image.id, gallery.model.id, source.name)
    return layout.href(at, page) + _fragment(channel, place, source)


def _fragment(channel: int, place: int, layer: Layer) -> str:
    """ "#93@26,17": a channel at a row and a column."""
    row, column = divmod(place, layer.width)
    return f"#{channel}@{row},{column}"


def _handed_on(layer: Layer) -> str:
    """How a pool comes by its values."""
    if layer.kind != "pool" or layer.operation is None:
        return ""
    return (
        f"A pool adds nothing up: it hands on the largest of {size(*layer.operation.kernel)} "
        f"values of the same channel of {layer.operation.source}, unchanged."
    )


def _missing(layer: Layer) -> str:
    """Why nothing can be said."""
    if layer.operation is not None:
        return ""
    return (
        f"What {layer.name} is computed from is not part of this gallery, so its values cannot be "
        "accounted for here."
    )


# -- The thread


def _thread(
    at: str,
    gallery: Gallery,
    image: InputImage,
    layer: Layer,
    evidence: Evidence,
    opened: tuple[int, Peak | None],
) -> tuple[ThreadStep, ...]:
    """A place for each convolution from this layer down, filled for the open channel."""
    if layer.operation is None:
        return ()
    channel, peak = opened
    place = peak.row * layer.width + peak.column if peak else -1
    knots = _follow(evidence.knots, _chain(gallery, layer), channel, place)
    steps: list[ThreadStep] = []
    gives, pooled = "", False
    for own, knot in zip(_chain(gallery, layer), knots, strict=True):
        if own.kind == "conv":
            steps.append(_thread_step(at, gallery, image, own, knot, gives, pooled))
            gives = f"gives {percent(knot[2] / 1000)}" if knot else ""
        pooled = own.kind == "pool"
    return tuple(steps)


def reaches_pixels(gallery: Gallery, layer: Layer) -> bool:
    """Whether all that the layer is made of, down to the input, is captured."""
    return _chain(gallery, layer)[-1].operation is not None


def _thread_title(gallery: Gallery, layer: Layer) -> str:
    end = _chain(gallery, layer)[-1].name
    where = "the pixels" if reaches_pixels(gallery, layer) else end
    return f"The strongest thread, down to {where}"


def _thread_text(gallery: Gallery, layer: Layer) -> str:
    chain = _chain(gallery, layer)
    text = (
        "At each step only the channel that pushes hardest, at the place of its largest product, "
        "and its share of all that pushes up."
    )
    if any(la.kind == "pool" for la in chain):
        text += " A pool between two steps, drawn as a bar, hands on the largest of its values."
    if not reaches_pixels(gallery, layer):
        text += " It ends where this gallery’s layers do."
    return text


Knot = tuple[int, int, int]
"""Channel, place, share in thousandths."""


def _follow(
    knots: dict[str, Knots], chain: list[Layer], channel: int, place: int
) -> list[Knot | None]:
    """The thread's knot in each layer of ``chain``; None from where it ends."""
    found: list[Knot | None] = []
    here = knots[chain[0].name]
    at = next(
        (
            i
            for i, key in enumerate(zip(here.channel, here.place, strict=True))
            if key == (channel, place)
        ),
        -1,
    )
    for layer in chain:
        own = knots[layer.name]
        found.append((own.channel[at], own.place[at], own.share[at]) if at >= 0 else None)
        at = own.following[at] if at >= 0 else -1
    return found


def _thread_step(
    at: str,
    gallery: Gallery,
    image: InputImage,
    layer: Layer,
    knot: Knot | None,
    gives: str,
    after_pool: bool,
) -> ThreadStep:
    window = layer.window
    page = layout.href(at, layout.layer_page(image.id, gallery.model.id, layer.name))
    row, column = divmod(knot[1], layer.width) if knot else (0, 0)
    crop_row, crop_column = crop_origin(layer, row, column)
    return ThreadStep(
        layer=layer.name,
        sees=f"sees {extent(window.height, window.width)} px",
        window_height=window.height,
        window_width=window.width,
        href=page + _fragment(knot[0], knot[1], layer) if knot else page,
        label=f"#{knot[0]}" if knot else "",
        gives=gives if knot else "",
        after_pool=after_pool,
        crop_row=crop_row,
        crop_column=crop_column,
    )
