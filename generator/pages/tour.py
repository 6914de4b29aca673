"""The guided tour: six views at most, found from the first image's own strongest evidence.

The stops are a page that can be read by itself. With scripts the stops' links also carry a
bar along that leads from one view to the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from generator import layout
from generator.domain import Account, Across, Channel, Layer
from generator.pages.channel import reaches_pixels
from generator.pages.parts import (
    Box,
    Gallery,
    ImageFacts,
    Link,
    Page,
    Place,
    Tiles,
    page,
    ratio,
    value_place,
    window_box,
)
from generator.pages.strips import strip_size, strip_tiles
from generator.wording import count, number, percent, place, share_of, size

__all__ = ["Stop", "tour_page", "tour_stops"]


@dataclass(frozen=True, slots=True)
class Stop:
    """One view of the tour."""

    title: str
    text: str
    """What to see there, true of this gallery."""
    path: str
    """Page of the view, from the site's root."""
    fragment: str
    part: str
    """Id of the part of the page that it is about; "" for the page as a whole."""
    layer: Layer | None
    """Whose strongest channel on the first image the view is about, if it is about one."""


@dataclass(frozen=True, slots=True)
class Specimen:
    """A stop's map, and what its strongest value sees."""

    tiles: Tiles
    """The strip that it is cut out of,"""
    x: int
    """and at which place."""
    gain: str
    mark: Place
    box: Box | None
    caption: str
    size: str
    """How it is drawn smaller than it is, as the end of a phrase; "" if it is not."""


def tour_page(gallery: Gallery, first: ImageFacts, stops: tuple[Stop, ...]) -> Page:
    """``learn/tour.html``."""
    at, model, image = layout.TOUR_PAGE, gallery.model, gallery.images[0]
    return page(
        at,
        "tour.html.jinja",
        gallery,
        title=f"A tour in {count(len(stops), 'step')}",
        description=f"From the pixels of “{image.title}” into {model.title}"
        + (", and across images." if stops[-1].part == "open" else "."),
        section="learn",
        crumbs=(
            Link("Layerlight", layout.href(at, layout.FRONT_PAGE)),
            Link("Learn", layout.href(at, layout.LEARN_PAGE)),
        ),
        body={
            "image": image,
            "photo": layout.href(at, layout.input_png(model.id, image.id)),
            "stops": tuple(
                (
                    stop,
                    layout.href(at, stop.path, stop.fragment),
                    _specimen(at, gallery, first, stop),
                )
                for stop in stops
            ),
        },
    )


def tour_stops(
    gallery: Gallery, first: ImageFacts, across: Mapping[str, Across]
) -> tuple[Stop, ...]:
    """Six stops, or fewer where the layers captured show less or there is one image only."""
    lit = [la for la in gallery.model.layers if first.sheets[la.name].layer_high > 0]
    convs = [la for la in lit if la.kind == "conv"] or lit
    stops = [_whole(gallery)]
    if not convs:
        return tuple(stops)
    middle = convs[len(convs) // 2]
    stops.append(_early(gallery, first, convs[0]))
    if middle is not convs[0]:
        stops.append(_middle(gallery, first, middle))
    account = _account(first, middle)
    if account and account.pushes:
        stops.append(_why(gallery, first, middle, account))
    if convs[-1] is not middle:
        stops.append(_deep(gallery, first, convs[-1]))
    if len(gallery.images) > 1:
        stops.append(_others(gallery, first, middle, across[middle.name]))
    return tuple(stops)


def _specimen(at: str, gallery: Gallery, first: ImageFacts, stop: Stop) -> Specimen | None:
    layer = stop.layer
    if layer is None:
        return None
    model, image, sheet = gallery.model, gallery.images[0], first.sheets[layer.name]
    top, channel = _strongest(first, layer)
    peak = channel.peaks[0]
    return Specimen(
        tiles=strip_tiles(at, gallery, image, first, layer),
        # a layer's strongest channel is always one of them
        x=first.reading.layers[layer.name].telling.index(top),
        gain=ratio(channel.high, sheet.p99_9),
        mark=value_place(layer, peak.row, peak.column),
        box=window_box(layer, model, peak),
        caption=f"{layer.name} #{top}",
        size=strip_size(layer),
    )


def _strongest(first: ImageFacts, layer: Layer) -> tuple[int, Channel]:
    sheet = first.sheets[layer.name]
    return sheet.strongest, sheet.channels[sheet.strongest]


def _account(first: ImageFacts, layer: Layer) -> Account | None:
    accounts = first.evidence().accounts.get(layer.name)
    return accounts.of(_strongest(first, layer)[0]) if accounts else None


def _stop(
    gallery: Gallery, first: ImageFacts, layer: Layer, title: str, text: str, part: str = "channel"
) -> Stop:
    """A view of the layer's strongest channel on the first image."""
    top, _ = _strongest(first, layer)
    return Stop(
        title=title,
        text=text,
        path=layout.layer_page(gallery.images[0].id, gallery.model.id, layer.name),
        fragment=str(top),
        part=part,
        layer=layer,
    )


def _whole(gallery: Gallery) -> Stop:
    given, image = gallery.model.input, gallery.images[0]
    return Stop(
        title="All that the network gets",
        text=f"{size(given.height, given.width)} pixels of three colours each: "
        f"{given.height * given.width * 3:,} numbers, and not a word of what “{image.title}” is. "
        "Scroll down once: every layer makes new maps of the ones before.",
        path=layout.image_page(image.id),
        fragment="",
        part="",
        layer=None,
    )


def _early(gallery: Gallery, first: ImageFacts, layer: Layer) -> Stop:
    top, channel = _strongest(first, layer)
    peak = channel.peaks[0]
    box = window_box(layer, gallery.model, peak)
    assert box is not None  # a peak has one
    seen = size(box.last_row - box.first_row + 1, box.last_column - box.first_column + 1)
    rest = "and from the zeros beyond the border" if box.cut else "and from nothing else"
    small = layer.window.height < gallery.model.input.height // 8
    return _stop(
        gallery,
        first,
        layer,
        "A window of a few pixels" if small else "The first layer here",
        f"Channel {top} of {layer.name} has the strongest value of its layer, "
        f"{number(peak.value)}, {place(peak, layer.height, layer.width)}. It was computed from "
        f"{seen} pixels, those in the magenta box, {rest}.",
    )


def _middle(gallery: Gallery, first: ImageFacts, layer: Layer) -> Stop:
    top, channel = _strongest(first, layer)
    return _stop(
        gallery,
        first,
        layer,
        "From a bright spot to the pixels",
        f"In {layer.name} one value sees {size(layer.window.height, layer.window.width)} pixels. "
        f"Channel {top} is zero on {percent(channel.zero_fraction)} of its map and reaches "
        f"{number(channel.peaks[0].value)}. Move over its bright spots, or tap them: the "
        "photograph shows which patch each value stands for.",
    )


def _why(gallery: Gallery, first: ImageFacts, layer: Layer, account: Account) -> Stop:
    source = layer.operation.source if layer.operation else ""
    push = account.pushes[0]
    up, down = len(account.pushes) + account.more, account.down
    noun, of = ("channel", source) if source else ("colour", "the input")
    pushed = f"{count(up, noun).capitalize()} of {of} {'pushes' if up == 1 else 'push'} it up"
    if down:
        pushed += f", {count(down, noun)} {'pushes' if down == 1 else 'push'} it down"
    hardest = f"channel {push.channel}" if source else gallery.colours[push.channel]
    follow = ""
    if source:
        end = "the pixels" if reaches_pixels(gallery, layer) else "the first layer of this gallery"
        follow = f" Follow the thread below it, down to {end}."
    _, channel = _strongest(first, layer)
    return _stop(
        gallery,
        first,
        layer,
        "A value is a sum",
        f"Where does {number(channel.high)} come from? {pushed}. The hardest push, "
        f"{number(push.value)}, is that of {hardest}: {percent(push.value / account.upward)} of "
        f"all that pushes up.{follow}",
        "sum",
    )


def _deep(gallery: Gallery, first: ImageFacts, layer: Layer) -> Stop:
    top, _ = _strongest(first, layer)
    sheet, given = first.sheets[layer.name], gallery.model.input
    window = layer.window
    silent = len(sheet.silent)
    share = min(window.height / given.height, window.width / given.width)
    if share >= 1:
        sees = "One of its values can see the whole image, so it says that something is there."
    elif share >= 0.5:
        sees = (
            f"One of its values sees {size(window.height, window.width)} pixels, so it says that "
            "something is there, and roughly where."
        )
    else:
        sees = (
            f"One of its values sees {size(window.height, window.width)} pixels, and its map has "
            f"{size(layer.height, layer.width)} places to say where."
        )
    return _stop(
        gallery,
        first,
        layer,
        "Deep down: where, not what" if share >= 0.5 else "Further down",
        f"{layer.name} has {layer.channels} maps of {size(layer.height, layer.width)}; "
        f"{percent(sheet.zero_share)} of their values are zero and "
        f"{count(silent, 'channel is', 'channels are')} silent on this image. Channel {top} is the "
        f"strongest. {sees}",
    )


def _others(gallery: Gallery, first: ImageFacts, layer: Layer, across: Across) -> Stop:
    top, _ = _strongest(first, layer)
    ahead, here = across.ahead[top], gallery.images[0].title
    compared = (
        f"more strongly on {count(ahead, 'other')} than on “{here}”"
        if ahead
        else f"most strongly on “{here}”"
    )
    answers = share_of(across.lit[top], len(gallery.images), "image")
    return Stop(
        title="One channel, every image",
        text=f"Channel {top} of {layer.name} again, on one scale for all images, with the windows "
        f"where it is strongest. It answers on {answers}, {compared}. What do the windows have in "
        "common?",
        path=layout.across_page(gallery.model.id, layer.name),
        fragment=str(top),
        part="open",
        layer=None,
    )
