"""Feature maps -> grey sheets and the numbers of each channel.

Maps are ``(height, width, channels)``, float32, as a network puts them out; what is made of them
has the channels first. The passes over the values themselves are in ``generator.passes``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
import orjson
from numpy.typing import NDArray

from generator import passes
from generator.domain import Channels, Histogram, Sheet
from generator.sizes import columns_for

__all__ = [
    "GAP",
    "Measured",
    "channels_first",
    "cut",
    "enlarge",
    "magnitude",
    "reduce",
    "reduce_by_maximum",
    "reduce_maps",
    "sheet_of",
    "tidied",
    "tile",
]

Number = TypeVar("Number", bound=np.generic)
Maps = NDArray[np.float32]
Grey = NDArray[np.uint8]

GAP = 1
"""Pixels between tiles, so that no browser's rounding shows a neighbour's edge."""
BINS = 256
SAMPLE = 16_384
"""Values of a layer, about, that guess where its upper tail begins; any number is exact."""


class Measured(NamedTuple):
    """A layer's sheet: its numbers and its pixels."""

    sheet: Sheet
    grey: Grey
    """(channels, height, width), each channel on its own range."""
    maps: Maps
    """What was measured, (height, width, channels): with 0 where a value was not finite."""


def channels_first(maps: NDArray[np.float32]) -> Maps:
    """``(height, width, channels)`` -> contiguous ``(channels, height, width)``, a copy."""
    height, width, channels = maps.shape
    # (h, w, c) -> (h*w, c) -> (c, h*w) -> (c, h, w)
    turned = np.ascontiguousarray(maps.reshape(height * width, channels).T, dtype=np.float32)
    return turned.reshape(channels, height, width)


def sheet_of(
    maps: Maps, *, model: str, image: str, layer: str, signed: bool, columns: int | None = None
) -> Measured:
    """Measure every channel of ``(height, width, channels)`` and scale each to 8 bits.

    A pixel ``v`` of channel ``c`` stands for ``low + (high - low) * v / 255``. Unsigned:
    ``low`` is 0, so black is exactly zero. Signed: ``high`` is the largest
    magnitude and ``low = -high * 128 / 127``, so that zero is exactly grey 128.
    A NaN or an infinity counts as zero and marks its channel as not finite.
    """
    maps = np.ascontiguousarray(maps, dtype=np.float32)
    height, width, count = maps.shape
    found = _Found(maps, signed)
    finite = np.ones(count, dtype=bool)
    if not np.isfinite(found.sums).all():  # a sum is finite only if all its parts are
        finite = np.asarray(np.isfinite(maps).all(axis=(0, 1)))
        maps = np.where(np.isfinite(maps), maps, np.float32(0))
        found = _Found(maps, signed)
    grey = np.empty((count, height, width), dtype=np.uint8)
    passes.to_grey(maps, _per_unit(found.high, 127 if signed else 255), 128 * signed, grey)
    channels = _channels(maps, found, finite, signed)
    p99_9 = _upper_percentile(maps, maps.size - int(found.zeros.sum()), signed)
    columns = columns or columns_for(count)
    sheet = Sheet(
        model=model,
        image=image,
        layer=layer,
        file=f"{layer}.png",
        columns=columns,
        rows=-(-count // columns),
        tile_height=height,
        tile_width=width,
        gap=GAP,
        layer_high=max(channels.high, default=0.0),
        p99_9=p99_9,
        histogram=_histogram(maps, p99_9, signed),
        channels=channels,
    )
    return Measured(sheet, grey, maps)


def tile(grey: Grey, columns: int, *, signed: bool = False) -> Grey:
    """``(channels, height, width)`` -> one sheet, row by row; gaps and rest at zero's grey.

    The sheet is all but the first column of an array, as ``generator.encode.grey_png`` packs it.
    """
    count, height, width = grey.shape
    rows = -(-count // columns)
    framed = np.full(
        (rows * (height + GAP) - GAP, 1 + columns * (width + GAP) - GAP),
        128 if signed else 0,
        dtype=np.uint8,
    )
    sheet = framed[:, 1:]
    for c in range(count):
        top = c // columns * (height + GAP)
        left = c % columns * (width + GAP)
        sheet[top : top + height, left : left + width] = grey[c]
    return sheet


def cut(sheet: Grey, height: int, width: int, columns: int, channels: Sequence[int]) -> Grey:
    """``(len(channels), height, width)`` out of a sheet of tiles of that size: ``tile`` undone."""
    tops = [c // columns * (height + GAP) for c in channels]
    lefts = [c % columns * (width + GAP) for c in channels]
    return np.stack(
        [
            sheet[top : top + height, left : left + width]
            for top, left in zip(tops, lefts, strict=True)
        ]
    )


def reduce(grey: Grey, factor: int, *, signed: bool) -> Grey:
    """``reduce_by_maximum``; of signed maps, whose zero is grey 128, by the largest magnitude."""
    if not signed:
        return reduce_by_maximum(grey, factor)
    upward = reduce_by_maximum(grey, factor).astype(np.int16)
    downward = 255 - reduce_by_maximum(255 - grey, factor).astype(np.int16)
    reduced: Grey = np.where(upward - 128 >= 128 - downward, upward, downward).astype(np.uint8)
    return reduced


def magnitude(grey: Grey) -> Grey:
    """Signed greys as unsigned ones: 128 becomes 0, both ends 255."""
    distance = np.abs(grey.astype(np.int16) - 128)
    scaled: Grey = np.minimum(distance * 255 // 127, 255).astype(np.uint8)
    return scaled


def reduce_by_maximum(grey: NDArray[Number], factor: int) -> NDArray[Number]:
    """``(n, h, w)`` -> ``(n, ceil(h / factor), ceil(w / factor))``, the largest of each square.

    The last squares of a side that ``factor`` does not divide are smaller.
    """
    if factor == 1:
        return grey
    count, height, width = grey.shape
    if height % factor or width % factor:
        grey = np.pad(grey, ((0, 0), (0, -height % factor), (0, -width % factor)), mode="edge")
        count, height, width = grey.shape
    # (n, h, w) -> (n, h/f, f, w/f, f); pairwise maxima of views are several times faster
    # than one reduction over two axes
    split = grey.reshape(count, height // factor, factor, width // factor, factor)
    rows = split[:, :, 0]
    for i in range(1, factor):
        rows = np.maximum(rows, split[:, :, i])
    reduced = rows[..., 0]
    for i in range(1, factor):
        reduced = np.maximum(reduced, rows[..., i])
    return np.ascontiguousarray(reduced)


def reduce_maps(maps: Maps, factor: int, *, signed: bool) -> Maps:
    """``(h, w, n)`` -> ``(n, ceil(h / factor), ceil(w / factor))``, the largest of each square.

    Of signed maps the largest magnitude.
    """
    height, width, count = maps.shape
    small = np.empty((count, -(-height // factor), -(-width // factor)), dtype=np.float32)
    passes.reduce_maps(np.ascontiguousarray(maps), factor, signed, small)
    return small


def enlarge(grey: NDArray[Number], side: int, height: int, width: int) -> NDArray[Number]:
    """``(n, h, w)`` -> ``(n, side_y, side_x)`` by nearest neighbour, shaped like an input.

    The longer of the two sides becomes ``side``.
    """
    longest = max(height, width)
    side_y, side_x = round(side * height / longest), round(side * width / longest)
    rows = np.arange(side_y) * grey.shape[1] // side_y
    columns = np.arange(side_x) * grey.shape[2] // side_x
    return grey[:, rows[:, None], columns]


def tidied(values: NDArray[np.floating[Any]]) -> list[float]:
    """Each as the shortest decimal that is still the same float32, so that JSON stays small."""
    # Through the writer of JSON and back: as numbers of Python's, one by one, it takes longer
    # than measuring them.
    exact = np.ascontiguousarray(values, dtype=np.float32)
    tidy: list[float] = orjson.loads(orjson.dumps(exact, option=orjson.OPT_SERIALIZE_NUMPY))
    return tidy


class _Found:
    """What one pass over a layer's maps finds in each channel: see ``passes.measure``."""

    def __init__(self, maps: Maps, signed: bool) -> None:
        height, _, count = maps.shape
        self.row_high = np.empty((height, count), dtype=np.float32)
        self.high, self.lowest, self.highest = np.empty((3, count), dtype=np.float32)
        self.first, self.zeros = np.empty((2, count), dtype=np.int64)
        self.sums, self.squares = np.empty((2, count))
        passes.measure(
            *(maps, signed, self.row_high, self.high, self.lowest, self.highest, self.first),
            *(self.sums, self.squares, self.zeros),
        )


def _channels(maps: Maps, found: _Found, finite: NDArray[np.bool_], signed: bool) -> Channels:
    """The numbers of every channel, as they are written down."""
    height, width, count = maps.shape
    size = height * width
    mean = found.sums / size
    std = np.sqrt(np.maximum(found.squares / size - np.square(mean), 0))
    std[found.lowest == found.highest] = 0
    second = np.empty(count, dtype=np.int64)
    # an eighth of a side or more away
    apart = -(-height // 8), -(-width // 8)
    passes.find_second(maps, signed, found.row_high, found.first, *apart, second)
    places = np.stack([found.first, second], axis=1)
    values = maps.reshape(size, count)[places, np.arange(count)[:, None]]
    return Channels(
        low=(found.high.astype(np.float64) * -128 / 127).tolist() if signed else [0.0] * count,
        high=tidied(found.high),
        mean=tidied(mean),
        std=tidied(std),
        # as the contract writes it
        zero_fraction=[round(share, 9) for share in (found.zeros / size).tolist()],
        peaks=_peaks(places, values, width, signed),
        finite=finite.tolist(),
        lowest=tidied(found.lowest),
    )


def _peaks(
    places: NDArray[np.int64], values: NDArray[np.float32], width: int, signed: bool
) -> list[tuple[tuple[int, int, float], ...]]:
    """Of each channel those of its two strongest places, ``(channels, 2)``, that are peaks."""
    lit = values != 0 if signed else values > 0
    lit[:, 1] &= places[:, 0] != places[:, 1]
    rows, columns = np.divmod(places, width)
    strongest, second = (
        [*zip(rows[:, i].tolist(), columns[:, i].tolist(), tidied(values[:, i]), strict=True)]
        for i in range(2)
    )
    # one that is not the strongest cannot stand alone
    counts = (lit[:, 0] * (1 + lit[:, 1])).tolist()
    return [
        () if not n else (one,) if n == 1 else (one, two)
        for n, one, two in zip(counts, strongest, second, strict=True)
    ]


def _per_unit(high: NDArray[np.float32], steps: int) -> NDArray[np.float32]:
    """Grey steps per activation unit; 0 where a channel is silent, so nothing divides by 0."""
    steps_per_unit = np.zeros_like(high)
    np.divide(steps, high, out=steps_per_unit, where=high > 0)
    return np.where(np.isfinite(steps_per_unit), steps_per_unit, 0).astype(np.float32)


def _upper_percentile(maps: Maps, nonzero: int, signed: bool) -> float:
    """99.9th percentile of the non-zero values (signed: magnitudes), linear between ranks.

    Equals ``numpy.percentile`` on all of them, but sorts only the tail that a sample points to.
    """
    if nonzero == 0:
        return 0.0
    rank = (nonzero - 1) * 0.999
    wanted = nonzero - math.floor(rank)  # so many from the top
    values = maps.reshape(-1)
    sample = values[:: _step(values.size)]
    sample = np.abs(sample) if signed else sample
    sample = np.sort(sample[sample != 0])
    for share in (0.99, 0.9, 0.0):
        floor = float(sample[int(share * (len(sample) - 1))]) if share and len(sample) else 0.0
        tail = np.empty(max(wanted, maps.size // 32), dtype=np.float32)
        count = passes.find_tail(values, floor, signed, tail)
        if count > len(tail):
            tail = np.empty(count, dtype=np.float32)
            passes.find_tail(values, floor, signed, tail)
        tail = tail[:count]
        if count >= wanted:
            break
    tail.sort()
    lower = float(tail[len(tail) - wanted])
    upper = float(tail[min(len(tail) - 1, len(tail) - wanted + 1)])
    return float(f"{lower + (upper - lower) * (rank - math.floor(rank)):.9g}")


def _step(count: int) -> int:
    """Stride of the sample: not a multiple of the channels, of which it would see a few only."""
    return max(1, count // SAMPLE) | 1


def _histogram(maps: Maps, high: float, signed: bool) -> Histogram:
    """256 bins from 0 to ``high``; the last also holds what lies above."""
    if high <= 0:
        return Histogram(0.0, (maps.size, *[0] * (BINS - 1)))
    counts = np.empty(BINS, dtype=np.int64)
    passes.count_by_size(maps.reshape(-1), BINS / high, signed, counts)
    return Histogram(high, tuple(counts.tolist()))
