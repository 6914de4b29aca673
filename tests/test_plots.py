"""The three small plots of a layer: expected by hand on tiny sheets, and from the pixels."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from math import log10
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from generator.contract import read_sheet
from generator.domain import Channel, Channels, Histogram, Layer, Peak, Sheet, Window
from generator.pages import plots
from generator.pages.plots.spread import LOG_FLOOR

TEMPLATES = Path(__file__).parent.parent / "templates"
NARROW = "\u202f"
LAYERS = ("block1_conv1", "block3_conv3", "block5_conv3")


def channel(high: float, zero: float, *, finite: bool = True) -> Channel:
    """A channel of a 4 x 4 map; silent if ``high`` is 0."""
    peaks = (Peak(1, 1, high),) if high else ()
    return Channel(0.0, high, high / 2, 1.0 if high else 0.0, zero, peaks, finite)


def sheet(
    *channels: Channel, p99_9: float = 0, bins: Mapping[int, int] = MappingProxyType({})
) -> Sheet:
    """A layer of 4 x 4 maps; ``bins`` are the counts of the 256 bins that hold something."""
    counts = tuple(bins.get(i, 0) for i in range(256))
    high = max(c.high for c in channels)
    histogram = Histogram(p99_9, counts)
    return Sheet(
        "m", "i", "l", "l.png", 2, 2, 4, 4, 1, high, p99_9, histogram, Channels.of(channels)
    )


def layer(name: str, kind: Any = "conv") -> Layer:
    """A layer whose block is what its name begins with."""
    window = Window(3, 3, 1, 1, -1, -1)
    return Layer(
        name, kind, "relu", False, name.split("_")[0], 4, 4, 2, window, (3, 3), (1, 1), 0, 0
    )


def shares(current: str, **zeros: float) -> plots.Sparsity:
    """The second plot of layers with these shares of zeros; one whose name ends in pool is one."""
    layers = [layer(name, "pool" if name.endswith("pool") else "conv") for name in zeros]
    sheets = {name: sheet(channel(1, share)) for name, share in zeros.items()}
    here = next(la for la in layers if la.name == current)
    return plots.sparsity_plot(layers, sheets, here, {name: f"{name}.html" for name in zeros})


def bar_tops(spread: plots.Spread) -> dict[int, float]:
    """Pixels from the top at which each drawn bar ends."""
    found = re.findall(r"M(\d+) \d+V(\d+)h\.9V\d+z", spread.path)
    assert "".join(f"M{i} 880V{top}h.9V880z" for i, top in found) == spread.path
    return {int(i): int(top) / 10 for i, top in found}


def step_tops(strengths: plots.Strengths) -> list[float]:
    """Pixels from the top for each channel, strongest first, walked along the path."""
    begun = re.fullmatch(r"M0 256V(\d+)((?:h\d+v-?\d+)*h\d+)V256z", strengths.path)
    assert begun
    level, tops = int(begun[1]), []
    for run, change in re.findall(r"h(\d+)(?:v(-?\d+))?", begun[2]):
        tops += [level / 2] * int(run)
        level += int(change or 0)
    return tops


def test_zeros_are_taken_out_of_the_first_bar() -> None:
    """Of 32 values 20 are zero; bin 0 holds them and two more, so the first bar holds two."""
    found = plots.spread_plot(
        sheet(channel(8, 12 / 16), channel(6, 0.5), p99_9=8, bins={0: 22, 8: 9, 255: 1}),
        signed=False,
    )
    # 62.5 %, and an even digit wins a tie
    assert (found.zero, found.other) == (f"62{NARROW}% exactly zero", f"38{NARROW}% not")
    assert found.zero_width == 62.5
    assert sorted(bar_tops(found)) == [0, 1, 31]
    assert "The first bar holds 2, the last, with all above, 1" in found.drawing.spoken


def test_bars_are_as_high_as_the_logarithm_of_their_count() -> None:
    """From 1 to 100 as far as from 100 to 10,000; the tallest bar fills the area."""
    found = plots.spread_plot(
        sheet(channel(8, 0), p99_9=8, bins={0: 10_000, 100: 100, 255: 1}), signed=False
    )
    tops = bar_tops(found)
    assert tops[0] == 0
    assert tops[12] == pytest.approx(tops[31] / 2, abs=0.1)
    assert 0 < found.drawing.height - tops[31] < 8  # a single value shows
    ticks = {tick.text: tick.at for tick in found.drawing.down}
    assert ticks["100"] == pytest.approx(tops[12], abs=0.1)
    assert "logarithmic" in found.drawing.down_name


def test_the_axis_of_activations_ends_at_the_shared_scale() -> None:
    """The last label stands at the right and says that all above is counted there."""
    found = plots.spread_plot(sheet(channel(9000, 0), p99_9=4067, bins={0: 16}), signed=False)
    across = found.drawing.across
    assert (across[0].at, across[0].text) == (0, "0")
    assert (across[-1].at, across[-1].text, across[-1].anchor) == (100, "4,067 and above", "end")
    assert [(t.at, t.text) for t in across[1:-1]] == [(24.6, "1,000"), (49.2, "2,000")]


def test_a_signed_layer_speaks_of_magnitudes() -> None:
    """On the axes, in the caption and to a screen reader."""
    values = sheet(channel(8, 0), p99_9=8, bins={3: 10, 255: 6})
    spread, strengths = (
        plots.spread_plot(values, signed=True),
        plots.strengths_plot(values, signed=True),
    )
    assert spread.drawing.down_name.startswith("magnitudes")
    assert spread.drawing.across_name == "activation, without its sign"
    assert spread.drawing.caption == (
        "None of the 16 values is exactly zero; half of them lie below about 0.12 in magnitude, "
        "and the largest magnitude is 8."
    )
    assert "16 magnitudes" in spread.drawing.spoken
    assert strengths.drawing.down_name == "each channel’s largest magnitude"
    assert "magnitude of 8" in strengths.drawing.caption


def test_a_silent_layer_has_nothing_to_draw() -> None:
    """No bar, no area, no line of the scale; the hatching covers all channels."""
    quiet = sheet(channel(0, 1), channel(0, 1), bins={0: 32})
    spread, strengths = (
        plots.spread_plot(quiet, signed=False),
        plots.strengths_plot(quiet, signed=False),
    )
    assert (spread.path, spread.empty, spread.zero_width) == ("", "no value but zero", 100)
    assert spread.drawing.caption == "All of the 32 values are exactly zero."
    assert (strengths.path, strengths.top, strengths.scale) == ("", "", None)
    assert (strengths.silent_from, strengths.silent_width) == (0, 100)
    assert strengths.drawing.caption == "All 2 channels are silent on this image."
    one = plots.strengths_plot(sheet(channel(0, 1), bins={0: 16}), signed=False)
    assert one.drawing.caption == "The only channel is silent on this image."


def test_dots_stand_in_network_order_at_their_share() -> None:
    """Four layers at 12.5, 37.5, 62.5 and 87.5 % of the width; more zeros is higher up."""
    found = shares("block2_conv1", block1_conv1=0.5, block1_pool=0, block2_conv1=1, block2_pool=0.5)
    assert [(d.x, d.kind, d.href) for d in found.dots] == [
        (12.5, "conv", "block1_conv1.html"),
        (37.5, "pool", "block1_pool.html"),
        (62.5, "conv", "block2_conv1.html"),
        (87.5, "pool", "block2_pool.html"),
    ]
    half, none, full, again = (d.y for d in found.dots)
    assert full < half == again < none
    assert half == pytest.approx((full + none) / 2)
    assert {t.text: t.at for t in found.drawing.down}[f"50{NARROW}%"] == half
    assert [d.current for d in found.dots] == [False, False, True, False]
    assert (found.here.at, found.here.text) == (62.5, f"100{NARROW}%")
    # the line joins the two convolutions
    assert found.path == f"M125 {round(10 * half)}L625 {round(10 * full)}"


def test_blocks_are_named_below_their_layers() -> None:
    """Three layers of four belong to block 1: its name is centred below them, a rule after them."""
    found = shares("block1_pool", block1_conv1=0.1, block1_conv2=0.2, block1_pool=0.3, block2_a=0.4)
    assert [(t.at, t.text) for t in found.drawing.across] == [(37.5, "Block 1"), (87.5, "Block 2")]
    assert found.rules == (75.0,)
    assert found.key == "outlined: pools"


def test_names_that_do_not_fit_leave_the_first_and_the_last() -> None:
    """Forty blocks of one layer with long names: two labels, at the ends."""
    names = {f"stage{i:02}ofmany_conv": 0.5 for i in range(40)}
    found = shares("stage07ofmany_conv", **names)
    assert [(t.at, t.text, t.anchor) for t in found.drawing.across] == [
        (0, "stage00ofmany", "start"),
        (100, "stage39ofmany", "end"),
    ]


@pytest.mark.parametrize(
    ("current", "zeros", "caption"),
    [
        (
            "a_1",
            {"a_1": 0.5, "a_2": 0.25, "a_3": 0.75},
            f"50{NARROW}% of this layer’s values are exactly zero, a larger share than in 1 of the "
            f"2 others; a_3 has the largest, 75{NARROW}%.",
        ),
        (
            "a_2",
            {"a_1": 0.5, "a_2": 0.75},
            f"75{NARROW}% of this layer’s values are exactly zero, the largest share of the two "
            "layers.",
        ),
        (
            "a_1",
            {"a_1": 0, "a_2": 0.75},
            "None of this layer’s values is exactly zero, the smallest share of the two layers; "
            f"a_2 has the largest, 75{NARROW}%.",
        ),
        (
            "a_1",
            {"a_1": 0, "a_2": 0, "a_3": 0.75},
            "None of this layer’s values is exactly zero, and no layer has a smaller share; "
            f"a_3 has the largest, 75{NARROW}%.",
        ),
        (
            "a_1",
            {"a_1": 0.75, "a_2": 0.75, "a_3": 0.5},
            f"75{NARROW}% of this layer’s values are exactly zero; no layer has a larger share.",
        ),
        (
            "a_1",
            {"a_1": 1, "a_2": 1},
            "All of this layer’s values are exactly zero, as in the other layer.",
        ),
        (
            "a_1",
            {"a_1": 0.5},
            f"50{NARROW}% of this layer’s values are exactly zero; no other layer was captured.",
        ),
    ],
    ids=["between", "most", "least", "least of two", "most of two", "alike", "alone"],
)
def test_a_layer_is_ranked_by_its_zeros(
    current: str, zeros: dict[str, float], caption: str
) -> None:
    """What the caption claims holds with ties, with extremes, and for one layer alone."""
    assert shares(current, **zeros).drawing.caption == caption


def test_one_layer_alone_has_one_dot_and_no_line() -> None:
    """In the middle, named."""
    found = shares("block3_conv3", block3_conv3=0.7)
    assert [d.x for d in found.dots] == [50]
    assert (found.path, found.rules, found.key) == ("", (), "")
    assert "the only layer captured: 70" in found.drawing.spoken


def test_channels_are_sorted_and_the_silent_are_counted() -> None:
    """Of four channels one is silent; steps fall in proportion from the strongest to zero."""
    found = plots.strengths_plot(
        sheet(channel(2, 0), channel(0, 1), channel(8, 0), channel(4, 0), p99_9=6), signed=False
    )
    first, second, third, last = step_tops(found)
    assert last == found.drawing.height
    assert second == pytest.approx((first + last) / 2, abs=0.5)
    assert third == pytest.approx((second + last) / 2, abs=0.5)
    assert found.top == "8 in #2"
    assert (found.silent_from, found.silent_width) == (75, 25)
    assert [t.text for t in found.drawing.across] == ["1st", "1 silent"]
    assert found.scale
    assert found.scale.text == "99.9th percentile 6"
    assert found.scale.at == pytest.approx(first + (last - first) / 4, abs=0.5)
    assert found.drawing.caption == (
        "#2 reaches 8, half of the channels 4 or more; one goes beyond 6, the end of the shared "
        "scale; one is silent."
    )


def test_a_channel_alone_is_not_compared() -> None:
    """One step, no half, no ranks."""
    found = plots.strengths_plot(sheet(channel(5, 0), p99_9=5), signed=False)
    assert len(step_tops(found)) == 1
    assert found.drawing.caption == "The only channel reaches 5."
    assert [t.text for t in found.drawing.across] == ["1st"]


def test_alike_channels_are_one_step() -> None:
    """512 equal channels make a path of one step, and nobody is called the upper half."""
    found = plots.strengths_plot(sheet(*[channel(5, 0)] * 512, p99_9=5), signed=False)
    assert step_tops(found) == [step_tops(found)[0]] * 512
    assert len(found.path) < 30
    assert found.drawing.caption == "#0 reaches 5; none is silent."


def test_values_that_are_not_finite_are_owned_up_to() -> None:
    """A channel with a NaN counts as not finite, and not as silent."""
    values = sheet(
        channel(8, 0.5), channel(0, 1, finite=False), p99_9=8, bins={0: 24, 200: 4, 255: 4}
    )
    said = "; one channel had values that are not finite, counted as zero."
    assert plots.spread_plot(values, signed=False).drawing.caption.endswith(said)
    strengths = plots.strengths_plot(values, signed=False)
    assert strengths.drawing.caption == f"#0 reaches 8; none is silent{said}"
    assert strengths.silent_width == 0


def test_ticks_are_round_numbers_up_to_the_strongest() -> None:
    """Two to four beside zero, whatever the order of magnitude."""
    for high in (0.00012, 0.7, 1, 3, 7915, 2.4e7):
        found = plots.strengths_plot(sheet(channel(high, 0), p99_9=high), signed=False)
        values = [float(t.text.replace(",", "").replace("−", "-")) for t in found.drawing.down]
        assert 2 <= len(values) - 1 <= 4
        assert 0.5 * high < values[-1] <= high * 1.0001
        assert np.allclose(np.diff(values), values[1])


# On the real network


def numbers(site: Path, image: str, name: str) -> tuple[Sheet, Any]:
    """A sheet, and the values behind its pixels: (channels, height, width)."""
    folder = site / "sheets" / "vgg16" / image
    read = read_sheet((folder / f"{name}.json").read_text(encoding="utf-8"))
    with Image.open(folder / f"{name}.png") as opened:
        grey = np.asarray(opened, dtype=np.float64)
    maps = []
    for c, own in enumerate(read.channels):
        top = c // read.columns * (read.tile_height + read.gap)
        left = c % read.columns * (read.tile_width + read.gap)
        tile = grey[top : top + read.tile_height, left : left + read.tile_width]
        maps.append(tile * own.high / 255)
    return read, np.stack(maps)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("image", ["chelsea", "test-card"])
def test_the_plots_hold_on_the_pixels(site: Path, image: str, name: str) -> None:
    """Bars, channels, silent ones and the half of the values, counted again in the PNG."""
    read, maps = numbers(site, image, name)
    spread, strengths = (
        plots.spread_plot(read, signed=False),
        plots.strengths_plot(read, signed=False),
    )
    zeros = sum(c.zero_fraction for c in read.channels) / len(read.channels)
    assert spread.zero_width == pytest.approx(100 * zeros, abs=0.06)
    # the darkest bars apart, whose values an 8-bit tile cannot tell from zero
    heights = {i: 88 - top for i, top in bar_tops(spread).items()}
    counted = np.histogram(np.minimum(maps, read.p99_9), 32, (0, read.p99_9))[0]
    full = 88 / log10(bars_of(read)[0] / LOG_FLOOR)
    for i in range(4, 31):
        if counted[i] > 300:
            shown = LOG_FLOOR * 10 ** (heights[i] / full)
            assert shown == pytest.approx(counted[i], rel=0.15)
    tops = np.sort(maps.max(axis=(1, 2)))[::-1]
    area = (128 - np.array(step_tops(strengths))) / (128 - step_tops(strengths)[0])
    assert np.allclose(area, tops / tops[0], atol=0.005)
    silent = int((tops == 0).sum())
    assert strengths.silent_width == pytest.approx(100 * silent / len(tops), abs=0.06)
    below = re.search(r"lie below about ([\d,.]+),", spread.drawing.caption)
    assert below
    lit = np.sort(maps[maps > 0])
    # values that round to black are missing from the pixels: they belong below
    unseen = round((1 - zeros) * maps.size) - lit.size
    middle = lit[(lit.size + unseen) // 2 - unseen]
    assert float(below[1].replace(",", "")) == pytest.approx(middle, abs=read.p99_9 / 128)


def bars_of(read: Sheet) -> list[int]:
    """Non-zero values in each of 32 bars, summed by numpy."""
    counts = np.array(read.histogram.counts).reshape(32, 8).sum(axis=1)
    counts[0] -= round(
        sum(c.zero_fraction for c in read.channels) * read.tile_height * read.tile_width
    )
    return [int(n) for n in counts]


def drawn(found: plots.Plots) -> str:
    """The plots as a page has them."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    source = '{% from "partials/plots.html.jinja" import plots %}{{ plots(found) }}'
    return environment.from_string(source).render(found=found)


def test_the_plots_are_light_and_can_be_followed(site: Path) -> None:
    """All layers of the network: a link and a title each, this layer's marked, under 9 kB."""
    listed = json.loads((site / "gallery.json").read_text(encoding="utf-8"))["models"][0]["layers"]
    layers = [layer(entry["name"], entry["kind"]) for entry in listed]
    folder = site / "sheets/vgg16/chelsea"
    sheets = {
        la.name: read_sheet((folder / f"{la.name}.json").read_text(encoding="utf-8"))
        for la in layers
    }
    for here in layers:
        links = {la.name: f"{la.name}.html" for la in layers}
        read = sheets[here.name]
        html = drawn(
            plots.Plots(
                "Title",
                plots.spread_plot(read, signed=False),
                plots.sparsity_plot(layers, sheets, here, links),
                plots.strengths_plot(read, signed=False),
            )
        )
        assert len(html.encode()) < 9000
        dots = re.findall(r'<a href="(\w+)\.html"([^>]*)><title>(\w+): ([^<]+) zero</title>', html)
        assert [dot[0] for dot in dots] == [dot[2] for dot in dots] == [la.name for la in layers]
        assert [dot[0] for dot in dots if 'aria-current="page"' in dot[1]] == [here.name]
        # what holds links is no picture, and each picture says what it shows
        assert re.findall(r'role="(\w+)" aria-label="[^"]{20,}"', html) == ["img", "group", "img"]


def test_captured_layers_only_are_drawn() -> None:
    """Two layers of block 4 alone: two dots, one name, no rule."""
    found = shares("block4_pool", block4_conv3=0.8, block4_pool=0.7)
    assert [d.x for d in found.dots] == [25, 75]
    assert [t.text for t in found.drawing.across] == ["Block 4"]
    assert found.rules == ()
    assert [d.current for d in found.dots] == [False, True]
