"""Feature maps -> grey sheets and the numbers of each channel. Pure numpy.

Arrays of maps are ``(channels, height, width)``, float32 and contiguous. Work goes
through the channels in groups that fit a core's cache: the maps of one
VGG16 image are 60 MB, and reading them once rather than ten times is what
keeps this stage as cheap as the PNG encoding that follows it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from generator.domain import Channel, Histogram, Peak, Sheet
from generator.sizes import columns_for

__all__ = [
    "GAP",
    "Measured",
    "channels_first",
    "enlarge",
    "magnitude",
    "reduce",
    "reduce_by_maximum",
    "sheet_of",
    "tile",
]

Number = TypeVar("Number", bound=np.generic)
Maps = NDArray[np.float32]
Grey = NDArray[np.uint8]

GAP = 1
"""Pixels between tiles, so that no browser's rounding shows a neighbour's edge."""
BINS = 256
GROUP_BYTES = 256 * 1024
SAMPLE_STEP = 61
"""Stride of the sample that guesses where the upper tail begins; any value is exact."""


class Measured(NamedTuple):
    """A layer's sheet: its numbers and its pixels."""

    sheet: Sheet
    grey: Grey
    """(channels, height, width), each channel on its own range."""


def channels_first(maps: NDArray[np.float32]) -> Maps:
    """``(height, width, channels)`` -> contiguous ``(channels, height, width)``, a copy."""
    height, width, channels = maps.shape
    # (h, w, c) -> (h*w, c) -> (c, h*w) -> (c, h, w)
    turned = np.ascontiguousarray(maps.reshape(height * width, channels).T, dtype=np.float32)
    return turned.reshape(channels, height, width)


def sheet_of(
    maps: Maps, *, model: str, image: str, layer: str, signed: bool, columns: int | None = None
) -> Measured:
    """Measure every channel and scale each to 8 bits on its own range.

    A pixel ``v`` of channel ``c`` stands for ``low + (high - low) * v / 255``. Unsigned:
    ``low`` is 0, so black is exactly zero. Signed: ``high`` is the largest
    magnitude and ``low = -high * 128 / 127``, so that zero is exactly grey 128.
    A NaN or an infinity counts as zero and marks its channel as not finite.
    """
    count, height, width = maps.shape
    finite = _make_finite(maps)
    channels: list[Channel] = []
    grey = np.empty((count, height, width), dtype=np.uint8)
    for group in _groups(maps):
        _measure_group(maps[group], finite[group], signed, channels, grey[group])
    layer_high = max((c.high for c in channels), default=0.0)
    nonzero = round(sum((1 - c.zero_fraction) * height * width for c in channels))
    p99_9 = _upper_percentile(maps, nonzero, signed)
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
        layer_high=layer_high,
        p99_9=p99_9,
        histogram=_histogram(maps, p99_9, signed),
        channels=tuple(channels),
    )
    return Measured(sheet, grey)


def tile(grey: Grey, columns: int, *, signed: bool = False) -> Grey:
    """``(channels, height, width)`` -> one sheet, row by row; gaps and rest at zero's grey."""
    count, height, width = grey.shape
    rows = -(-count // columns)
    background = 128 if signed else 0
    sheet = np.full(
        (rows * (height + GAP) - GAP, columns * (width + GAP) - GAP), background, dtype=np.uint8
    )
    for c in range(count):
        top = c // columns * (height + GAP)
        left = c % columns * (width + GAP)
        sheet[top : top + height, left : left + width] = grey[c]
    return sheet


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


def enlarge(grey: NDArray[Number], side: int, height: int, width: int) -> NDArray[Number]:
    """``(n, h, w)`` -> ``(n, side_y, side_x)`` by nearest neighbour, shaped like an input.

    The longer of the two sides becomes ``side``.
    """
    longest = max(height, width)
    side_y, side_x = round(side * height / longest), round(side * width / longest)
    rows = np.arange(side_y) * grey.shape[1] // side_y
    columns = np.arange(side_x) * grey.shape[2] // side_x
    return grey[:, rows[:, None], columns]


def _groups(maps: Maps) -> Iterator[slice]:
    """Slices of channels of about ``GROUP_BYTES`` each."""
    count, height, width = maps.shape
    step = max(1, GROUP_BYTES // max(1, height * width * maps.itemsize))
    for start in range(0, count, step):
        yield slice(start, min(count, start + step))


def _make_finite(maps: Maps) -> NDArray[np.bool_]:
    """Put 0 where a value is NaN or infinite, in place; says which channels had none such."""
    count = maps.shape[0]
    finite = np.ones(count, dtype=bool)
    for group in _groups(maps):
        # a sum is finite only if all its parts are; overflow of finite parts only costs a look
        with np.errstate(over="ignore", invalid="ignore"):
            suspect = not np.isfinite(maps[group].sum())
        if suspect:
            bad = ~np.isfinite(maps[group])
            finite[group] = ~bad.any(axis=(1, 2))
            maps[group][bad] = 0
    return finite


def _measure_group(
    maps: Maps, finite: NDArray[np.bool_], signed: bool, channels: list[Channel], grey: Grey
) -> None:
    """Append a ``Channel`` for each map and fill ``grey``; all arrays are one group's."""
    count, height, width = maps.shape
    flat = maps.reshape(count, -1)
    strength = np.abs(flat) if signed else flat
    first = strength.argmax(axis=1)
    high = strength[np.arange(count), first]
    mean = flat.mean(axis=1)
    std = np.sqrt(np.maximum(np.square(flat).mean(axis=1) - np.square(mean), 0))
    lowest = flat.min(axis=1)
    std[lowest == flat.max(axis=1)] = 0
    zeros = (flat == 0).sum(axis=1)
    scaled = flat * _per_unit(high, 127 if signed else 255)[:, None]
    if signed:
        scaled += 128
    np.rint(scaled, out=scaled)
    grey[...] = scaled.reshape(count, height, width)
    second = _second_peaks(strength.reshape(count, height, width), first)
    places = np.stack([first, second], axis=1)
    own = np.arange(count)[:, None]
    per_channel = zip(
        _tidied(-high.astype(np.float64) * 128 / 127) if signed else [0.0] * count,
        *map(_tidied, (high, mean, std)),
        # as the contract writes it
        [round(share, 9) for share in (zeros / (height * width)).tolist()],
        finite.tolist(),
        _tidied(lowest),
        places.tolist(),
        strength[own, places].tolist(),
        map(_tidied, flat[own, places]),
        strict=True,
    )
    for low, top, middle, spread, silent, sound, bottom, at, strengths, values in per_channel:
        peaks = [
            Peak(p // width, p % width, value)
            for p, magnitude, value in zip(at, strengths, values, strict=True)
            if magnitude > 0
        ]
        alone = at[0] == at[1]
        channels.append(
            Channel(
                *(low, top, middle, spread, silent),
                *(tuple(peaks[:1] if alone else peaks), sound, bottom),
            )
        )


def _per_unit(high: NDArray[np.float32], steps: int) -> NDArray[np.float32]:
    """Grey steps per activation unit; 0 where a channel is silent, so nothing divides by 0."""
    steps_per_unit = np.zeros_like(high)
    np.divide(steps, high, out=steps_per_unit, where=high > 0)
    return np.where(np.isfinite(steps_per_unit), steps_per_unit, 0).astype(np.float32)


def _second_peaks(strength: Maps, first: NDArray[np.intp]) -> NDArray[np.intp]:
    """Flat position of each map's strongest value an eighth of a side or more from ``first``."""
    count, height, width = strength.shape
    apart_y, apart_x = -(-height // 8), -(-width // 8)
    rest = strength.copy()
    for i in range(count):
        row, column = divmod(int(first[i]), width)
        rest[
            i,
            max(0, row - apart_y + 1) : row + apart_y,
            max(0, column - apart_x + 1) : column + apart_x,
        ] = -1
    found: NDArray[np.intp] = rest.reshape(count, -1).argmax(axis=1)
    return found


def _upper_percentile(maps: Maps, nonzero: int, signed: bool) -> float:
    """99.9th percentile of the non-zero values (signed: magnitudes), linear between ranks.

    Equals ``numpy.percentile`` on all of them, but sorts only the tail that a sample points to.
    """
    if nonzero == 0:
        return 0.0
    rank = (nonzero - 1) * 0.999
    wanted = nonzero - math.floor(rank)  # so many from the top
    sample = maps.reshape(-1)[::SAMPLE_STEP]
    sample = np.abs(sample) if signed else sample
    sample = np.sort(sample[sample != 0])
    for share in (0.99, 0.9, 0.0):
        floor = float(sample[int(share * (len(sample) - 1))]) if share and len(sample) else 0.0
        parts = []
        for group in _groups(maps):
            values = np.abs(maps[group]) if signed else maps[group]
            parts.append(values[values > floor])
        tail = np.concatenate(parts)
        if len(tail) >= wanted:
            break
    tail.sort()
    lower = float(tail[len(tail) - wanted])
    upper = float(tail[min(len(tail) - 1, len(tail) - wanted + 1)])
    return _tidy(lower + (upper - lower) * (rank - math.floor(rank)))


def _histogram(maps: Maps, high: float, signed: bool) -> Histogram:
    """256 bins from 0 to ``high``; the last also holds what lies above."""
    if high <= 0:
        return Histogram(0.0, (maps.size, *[0] * (BINS - 1)))
    counts = np.zeros(BINS, dtype=np.int64)
    for group in _groups(maps):
        values = np.abs(maps[group]) if signed else maps[group]
        lit = values[values > 0]
        lit *= np.float32(BINS / high)
        counts += np.bincount(np.minimum(lit, BINS - 1, out=lit).astype(np.uint8), minlength=BINS)
    counts[0] += maps.size - counts.sum()
    return Histogram(high, tuple(int(n) for n in counts))


def _tidied(values: NDArray[np.floating[Any]]) -> list[float]:
    """``_tidy`` of each."""
    return [float(f"{value:.9g}") for value in values.tolist()]


def _tidy(value: float) -> float:
    """The shortest decimal that is still the same float32, so that JSON stays small."""
    return float(f"{float(value):.9g}")
