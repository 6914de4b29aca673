"""The tour's sentences are true of every gallery: few layers, few images, borders, silence."""

from __future__ import annotations

from pathlib import Path

from generator.across import Tally, numbers_of
from generator.domain import (
    Accounts,
    Channel,
    Channels,
    Evidence,
    Histogram,
    InputImage,
    InputSpec,
    Layer,
    LayerReading,
    Model,
    Operation,
    Peak,
    Reading,
    Sheet,
    Weights,
    Window,
)
from generator.pages import Gallery, ImageFacts, Stop
from generator.pages.tour import tour_stops
from generator.texts import Texts, templates_folder

SIDE = 64
"""Of the input."""


def layer(name: str, side: int, window: int, source: str | None, kind: str = "conv") -> Layer:
    """A layer of two channels whose values lie ``SIDE / side`` pixels apart."""
    step = SIDE // side
    operation = None if source is None else Operation(source, (3, 3), (1, 1), (1, 1))
    return Layer(
        name, "pool" if kind == "pool" else "conv", "relu", False, "block1", side, side, 2,
        Window(window, window, step, step, -(window // 2), -(window // 2)),
        (3, 3), (1, 1), 0, 0, operation,
    )  # fmt: skip


def sheet(of: Layer, image: str, highs: tuple[float, float], at: tuple[int, int]) -> Sheet:
    """Two channels, each strongest at ``at``; one of 0 is silent."""
    channels = tuple(
        Channel(0, high, high / 4, 1, 0.5 if high else 1.0, (Peak(*at, high),) if high else ())
        for high in highs
    )
    return Sheet(
        "toy", image, of.name, f"{of.name}.png", 2, 1, of.height, of.width, 1, max(highs),
        max(highs), Histogram(1, (1,)), Channels.of(channels),
    )  # fmt: skip


def image(number: int) -> InputImage:
    """One of many."""
    return InputImage(f"i{number}", "", Path(), "", f"Image {number}", "", "", "", "", "", 64, 64)


def account(up: int, down: int, named: int) -> Accounts:
    """Channel 0's sum: ``up`` push up, the first ``named`` of them by name."""
    return Accounts(
        channel=(0,), who=(tuple(range(named)),), value=((6.0, *(1.0,) * (named - 1)),),
        place=((0,) * named,), more=(up - named,), more_sum=(2.0,), down=(down,),
        down_sum=(-1.0,), nothing=(0,), upward=(12.0,), bias=(0.0,), total=(8.0,),
    )  # fmt: skip


def stops(
    layers: tuple[Layer, ...],
    *,
    highs: list[tuple[float, float]] | None = None,
    at: tuple[int, int] = (3, 3),
    accounts: dict[str, Accounts] | None = None,
) -> tuple[Stop, ...]:
    """The tour of a gallery with one image for each pair of ``highs``, the same in every layer."""
    highs = highs or [(8.0, 4.0)]
    images = tuple(image(i) for i in range(len(highs)))
    first = ImageFacts(
        {la.name: sheet(la, "i0", highs[0], at) for la in layers},
        Reading({la.name: LayerReading((0, 1), (), ()) for la in layers}, ()),
        lambda: Evidence(accounts or {}, {}),
    )
    across = {}
    for la in layers:
        tally = Tally(la.name)
        for one, pair in zip(images, highs, strict=True):
            tally.add(numbers_of(sheet(la, one.id, pair, at)))
        across[la.name] = tally.result((0, 1))
    gallery = Gallery(
        title="", author="", base_url="", palette="viridis", scale="layer",
        model=Model(
            "toy", "Toy", Weights("", "", False), InputSpec(SIDE, SIDE, "crop", ""), layers
        ),
        images=images, problems=(), texts=Texts(templates_folder() / "text"), palettes=(),
        versions="", licence="", facts=lambda _: first, chosen={}, values=False,
        licence_url="https://creativecommons.org/licenses/by/4.0/",
        colours=("blue", "green", "red"), largest_weights=(1.0, 1.0), example=None,
            atlas={},
    )  # fmt: skip
    return tour_stops(gallery, first, across)


THREE = (
    layer("one", 64, 3, ""),
    layer("two", 32, 12, "one"),
    layer("three", 16, 40, "two"),
)


def text(found: tuple[Stop, ...], title: str) -> str:
    """Of the stop with that title."""
    return next(stop.text for stop in found if stop.title == title)


def test_a_whole_network_makes_six_stops() -> None:
    """Input, first, middle, its sum, last, every image."""
    found = stops(THREE, accounts={"two": account(5, 3, 4)}, highs=[(8, 4), (9, 1)])
    assert [stop.title for stop in found] == [
        "All that the network gets",
        "A window of a few pixels",
        "From a bright spot to the pixels",
        "A value is a sum",
        "Deep down: where, not what",
        "One channel, every image",
    ]
    assert "12,288 numbers" in found[0].text, "64 x 64 x 3"


def test_the_first_window_is_as_large_as_it_is() -> None:
    """9 pixels inside; in the corner 2 x 2 of them, the rest being padding."""
    inside = text(stops(THREE), "A window of a few pixels")
    assert "from 3\u202f×\u202f3 pixels, those in the magenta box, and from nothing else." in inside
    corner = text(stops(THREE, at=(0, 0)), "A window of a few pixels")
    assert "from 2\u202f×\u202f2 pixels" in corner
    assert "and from the zeros beyond the border." in corner


def test_a_sum_of_channels_names_them_and_their_thread() -> None:
    """Five up, three down; half of what pushes up is the first's; down to the pixels."""
    said = text(stops(THREE, accounts={"two": account(5, 3, 4)}), "A value is a sum")
    assert "Five channels of one push it up, three channels push it down." in said
    assert "The hardest push, 6, is that of channel 0: 50\u202f% of all that pushes up." in said
    assert said.endswith("down to the pixels.")


def test_a_sum_of_one_is_said_in_the_singular() -> None:
    """And what does not push down is not mentioned."""
    said = text(stops(THREE, accounts={"two": account(1, 1, 1)}), "A value is a sum")
    assert "One channel of one pushes it up, one channel pushes it down." in said
    said = text(stops(THREE, accounts={"two": account(2, 0, 2)}), "A value is a sum")
    assert "Two channels of one push it up." in said


def test_a_sum_of_colours_has_no_thread() -> None:
    """Where only the first layer is captured."""
    said = text(stops(THREE[:1], accounts={"one": account(3, 0, 3)}), "A value is a sum")
    assert "Three colours of the input push it up." in said
    assert "is that of blue: 50\u202f%" in said
    assert "thread" not in said


def test_a_thread_that_ends_above_the_pixels_says_so() -> None:
    """Where the first layers are not captured."""
    layers = (layer("two", 32, 12, None), layer("three", 16, 40, "two"))
    said = text(stops(layers, accounts={"three": account(5, 3, 4)}), "A value is a sum")
    assert said.endswith("down to the first layer of this gallery.")


def test_a_last_layer_of_small_windows_is_not_called_deep() -> None:
    """Twelve of 64 pixels; forty are more than half; 64 and more are the whole image."""
    shallow = stops((*THREE[:2], layer("three", 32, 14, "two")))
    assert "32\u202f×\u202f32 places to say where." in text(shallow, "Further down")
    assert "roughly where" in text(stops(THREE), "Deep down: where, not what")
    whole = stops((*THREE[:2], layer("three", 4, 90, "two")))
    assert "can see the whole image" in text(whole, "Deep down: where, not what")


def test_the_last_stop_counts_the_images() -> None:
    """All of five, three of five, more than a page would compare; of one there is no such stop."""
    last = "One channel, every image"
    assert last not in [stop.title for stop in stops(THREE)]
    all_five = text(stops(THREE, highs=[(8, 4), (9, 1), (7, 1), (6, 1), (12, 1)]), last)
    assert "on all five images, more strongly on two others than on “Image 0”." in all_five
    three = text(stops(THREE, highs=[(8, 4), (0, 1), (7, 1), (0, 1), (6, 1)]), last)
    assert "on three of five images, most strongly on “Image 0”." in three
    many = text(stops(THREE, highs=[(8, 4), *[(9.0 + i, 1.0) for i in range(99)]]), last)
    assert "on all 100 images, more strongly on 99 others than on “Image 0”." in many
    some = text(stops(THREE, highs=[(8, 4), *[(float(i % 2), 1.0) for i in range(119)]]), last)
    assert "on 60 of 120 images, most strongly on “Image 0”." in some


def test_where_nothing_is_lit_there_is_only_the_input() -> None:
    """Every channel of every layer silent."""
    assert [stop.title for stop in stops(THREE, highs=[(0, 0)])] == ["All that the network gets"]
