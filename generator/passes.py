"""Passes over feature maps, compiled by Numba: each reads the maps of one image once.

Maps are ``(height, width, channels)``, float32, as a network puts them out. The innermost
loop goes along the channels, which lie side by side, so that a processor takes many at a time.
Numpy would need a copy with channels first, and a pass and an array for each operation: five times
the time, measured on VGG16, and in threads one waits for the other.

Where a layer is signed, what counts is the magnitude.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, TypeVar

import numpy as np
from numba import njit, types

__all__ = [
    "count_by_size",
    "find_second",
    "find_strongest",
    "find_tail",
    "measure",
    "reduce_maps",
    "strongest_above",
    "sum_gradients",
    "sum_up",
    "to_grey",
]

Compiled = TypeVar("Compiled", bound=Callable[..., Any])


def _compiled(
    *arguments: Any, result: Any = types.none, free: Collection[str] = ()
) -> Callable[[Compiled], Compiled]:
    """Compile for these types of arguments, unless the disk still has it from an earlier time.

    For one kind of argument only, so that no later call compiles anew. ``free`` says what the
    compiler need not keep to (LLVM's fast-math flags), so that it can take many numbers at a time.
    """
    signature = result(*arguments)
    quick = set(free) or False

    def compile_it(function: Compiled) -> Compiled:
        try:
            made: Compiled = njit(signature, nogil=True, cache=True, fastmath=quick)(function)
        except RuntimeError:  # neither the program's folder nor the user's can be written
            made = njit(signature, nogil=True, fastmath=quick)(function)
        return made

    return compile_it


def _array(of: Any, dimensions: int, *, readonly: bool = False) -> Any:
    return types.Array(of, dimensions, "C", readonly=readonly)


_MAPS = _array(types.float32, 3, readonly=True)
_ALL = _array(types.float32, 1, readonly=True)
_FLOATS, _DOUBLES, _INTS = (_array(of, 1) for of in (types.float32, types.float64, types.int64))
_ROWS = _array(types.float32, 2)


@_compiled(_MAPS, types.boolean, _ROWS, _FLOATS, _FLOATS, _FLOATS, _INTS, _DOUBLES, _DOUBLES, _INTS)
def measure(
    maps: Any,
    signed: bool,
    row_high: Any,
    high: Any,
    lowest: Any,
    highest: Any,
    first: Any,
    sums: Any,
    squares: Any,
    zeros: Any,
) -> None:
    """What each channel holds; all but the maps and ``signed`` is filled.

    Args:
        maps: of one layer.
        signed: whether magnitudes count.
        row_high: (height, channels), the largest of each row of a map.
        high: (channels,), the largest of the map.
        lowest: (channels,), the least value,
        highest: (channels,), and the largest, both with their sign.
        first: (channels,), row * width + column of ``high``, of several the first.
        sums: (channels,), of the values.
        squares: (channels,), sums of squares.
        zeros: (channels,), how many values are zero.
    """
    height, width, count = maps.shape
    high[:], lowest[:], highest[:] = -1, np.inf, -np.inf
    first[:], sums[:], squares[:], zeros[:] = 0, 0, 0, 0
    silent = np.zeros(count, np.int32)
    for y in range(height):
        top = row_high[y]
        top[:] = -1
        silent[:] = 0
        for x in range(width):
            v = maps[y, x]
            # a loop for each: with one for all the compiler gives up taking many at a time
            if signed:
                for k in range(count):
                    magnitude = abs(v[k])
                    top[k] = magnitude if magnitude > top[k] else top[k]
                for k in range(count):
                    highest[k] = v[k] if v[k] > highest[k] else highest[k]
            else:
                for k in range(count):
                    top[k] = v[k] if v[k] > top[k] else top[k]
            for k in range(count):
                lowest[k] = v[k] if v[k] < lowest[k] else lowest[k]
            for k in range(count):
                sums[k] += v[k]
            for k in range(count):
                squares[k] += np.float64(v[k]) * np.float64(v[k])
            for k in range(count):
                silent[k] += np.int32(v[k] == 0)
        for k in range(count):
            zeros[k] += silent[k]
            if top[k] > high[k]:
                high[k] = top[k]
                first[k] = y
    for k in range(count):
        if not signed:
            highest[k] = high[k]
        y = first[k]
        for x in range(width):
            value = abs(maps[y, x, k]) if signed else maps[y, x, k]
            if value == high[k]:
                first[k] = y * width + x
                break


@_compiled(_MAPS, types.boolean, _ROWS, _INTS, types.int32, types.int32, _INTS)
def find_second(
    maps: Any, signed: bool, row_high: Any, first: Any, apart_y: int, apart_x: int, second: Any
) -> None:
    """Fill ``second``: each map's largest value that lies apart from its first.

    Args:
        maps: of one layer.
        signed: whether magnitudes count.
        row_high: as ``measure`` fills it.
        first: as ``measure`` fills it.
        apart_y: rows,
        apart_x: or columns, that it must be away.
        second: (channels,), row * width + column; of several the first; 0 where there is none.
    """
    height, width, count = maps.shape
    best = np.full(count, -2, np.float32)
    at = np.zeros(count, np.int32)
    top = (first // width).astype(np.int32)
    left = (first % width).astype(np.int32)
    row = np.empty(count, np.float32)
    begins = np.empty(count, np.int32)  # the last column before what lies too near
    span = np.int32(2 * apart_x)
    for y in range(height):
        near = False
        for k in range(count):
            row[k] = row_high[y, k]
            begins[k] = width
            if abs(y - top[k]) < apart_y:
                near = True
                begins[k] = left[k] - apart_x
                row[k] = -1
        if near:
            for x in range(width):
                v = maps[y, x]
                column = np.int32(x)
                for k in range(count):
                    magnitude = abs(v[k]) if signed else v[k]
                    distance = column - begins[k]
                    value = magnitude if (distance <= 0) | (distance >= span) else np.float32(-1)
                    row[k] = value if value > row[k] else row[k]
        for k in range(count):
            if row[k] > best[k]:
                best[k] = row[k]
                at[k] = y
    for k in range(count):
        y = at[k]
        second[k] = 0
        near = abs(y - top[k]) < apart_y
        for x in range(width):
            value = abs(maps[y, x, k]) if signed else maps[y, x, k]
            if near and abs(x - left[k]) < apart_x:
                value = np.float32(-1)
            if value == best[k] and best[k] >= 0:
                second[k] = y * width + x
                break


@_compiled(_MAPS, _FLOATS, types.float32, _array(types.uint8, 3))
def to_grey(maps: Any, steps: Any, zero: float, grey: Any) -> None:
    """Fill ``grey``, (channels, height, width): ``zero + steps * value``, rounded to nearest."""
    height, width, count = maps.shape
    line = np.empty((width, count), np.uint8)
    for y in range(height):
        for x in range(width):
            v, to = maps[y, x], line[x]
            for k in range(count):
                to[k] = np.uint8(np.int32(np.rint(v[k] * steps[k] + zero)))
        # a few channels at a time: what is read and what is written stay in the nearest cache
        for start in range(0, count, 16):
            for x in range(width):
                for k in range(start, min(count, start + 16)):
                    grey[k, y, x] = line[x, k]


@_compiled(_MAPS, types.int64, types.boolean, _array(types.float32, 3))
def reduce_maps(maps: Any, factor: int, signed: bool, small: Any) -> None:
    """Fill ``small``, (channels, height / factor, width / factor): the largest of each square."""
    height, width, count = maps.shape
    rows, columns = small.shape[1:]
    line = np.empty((columns, count), np.float32)
    for row in range(rows):
        line[:] = -1
        for y in range(row * factor, min(height, (row + 1) * factor)):
            for x in range(width):
                v, to = maps[y, x], line[x // factor]
                if signed:
                    for k in range(count):
                        magnitude = abs(v[k])
                        to[k] = magnitude if magnitude > to[k] else to[k]
                else:
                    for k in range(count):
                        to[k] = v[k] if v[k] > to[k] else to[k]
        for start in range(0, count, 16):
            for x in range(columns):
                for k in range(start, min(count, start + 16)):
                    small[k, row, x] = line[x, k]


@_compiled(_ALL, types.float32, types.boolean, _FLOATS, result=types.int64)
def find_tail(values: Any, floor: float, signed: bool, tail: Any) -> int:
    """How many values are above ``floor``; they are put into ``tail`` as far as it has room."""
    found = 0
    for i in range(values.size):
        value = abs(values[i]) if signed else values[i]
        if value > floor:
            if found < tail.size:
                tail[found] = value
            found += 1
    return found


@_compiled(_ALL, types.float32, types.boolean, _INTS)
def count_by_size(values: Any, steps: float, signed: bool, counts: Any) -> None:
    """Fill ``counts``, (256,): how many values there are of each size ``value * steps``.

    The last also counts all that are larger, the first what is below zero.
    """
    # four at a time, for one would wait until the other is written
    own = np.zeros((4, 256), np.int32)
    for i in range(values.size):
        value = abs(values[i]) if signed else values[i]
        value = value * steps
        value = value if value < 255 else np.float32(255)
        value = value if value > 0 else np.float32(0)
        own[i & 3, np.uint8(np.int32(value))] += 1
    for size in range(256):
        counts[size] = own[0, size] + own[1, size] + own[2, size] + own[3, size]


_ANY_ORDER = ("reassoc", "nsz")
_FINITE = ("nnan", "ninf")
_FIVE = types.UniTuple(types.float64, 5)  # type: ignore[no-untyped-call]  # it has no types
_LEAST, _TAKEN = np.float32(-3.4e38), np.float32(-3.0e38)
"""Less than any number; and in place of one that was named already."""


@_compiled(_FLOATS, result=_FIVE, free=_ANY_ORDER + _FINITE)
def _both_ways(pushes: Any) -> tuple[Any, ...]:
    """Sum of what is above zero and of what is below, how many are each, and the largest."""
    up, down, ups, downs, largest = 0.0, 0.0, 0, 0, _LEAST
    for i in range(pushes.size):
        push = pushes[i]
        up += np.float64(push if push > 0 else np.float32(0))
        down += np.float64(push if push < 0 else np.float32(0))
        ups += 1 if push > 0 else 0
        downs += 1 if push < 0 else 0
        largest = push if push > largest else largest
    return up, down, np.float64(ups), np.float64(downs), np.float64(largest)


@_compiled(_FLOATS, result=types.boolean, free=_ANY_ORDER)
def _finite(pushes: Any) -> bool:
    """Whether all are: else a product with zero is NaN, and so the sum."""
    odd = np.float32(0)
    for i in range(pushes.size):
        odd += pushes[i] * np.float32(0)
    return bool(odd == 0)


@_compiled(_FLOATS, result=types.float32, free=_ANY_ORDER + _FINITE)
def _largest(pushes: Any) -> Any:
    largest = _LEAST
    for i in range(pushes.size):
        largest = pushes[i] if pushes[i] > largest else largest
    return largest


@_compiled(_MAPS, types.boolean, _ROWS, free=_ANY_ORDER + _FINITE)
def strongest_above(maps: Any, signed: bool, best: Any) -> None:
    """Fill ``best``, (height, width): the largest of all channels at each place; all are finite."""
    height, width, count = maps.shape
    for y in range(height):
        for x in range(width):
            v = maps[y, x]
            largest = _LEAST
            if signed:
                for k in range(count):
                    magnitude = abs(v[k])
                    largest = magnitude if magnitude > largest else largest
            else:
                for k in range(count):
                    largest = v[k] if v[k] > largest else largest
            best[y, x] = largest


_SINGLE = _array(types.float32, 2, readonly=True)
_MEMBERS = _array(types.int64, 2, readonly=True)


@_compiled(_MAPS, types.boolean, _SINGLE, _MEMBERS, _MEMBERS, _INTS, _INTS, _FLOATS)
def find_strongest(
    maps: Any,
    signed: bool,
    best: Any,
    rows: Any,
    columns: Any,
    channel: Any,
    place: Any,
    value: Any,
) -> None:
    """Fill the last three for each cell: its strongest value, where that is and what it is.

    Args:
        maps: of one layer, all finite.
        signed: whether magnitudes count.
        best: as ``strongest_above`` fills it.
        rows: (cells down, most), those of each row of cells.
        columns: (cells across, most), likewise.
        channel: (cells,), row by row; of several alike the first.
        place: (cells,), row * width + column, the first.
        value: (cells,).
    """
    width, count = maps.shape[1:]
    across = columns.shape[0]
    for i in range(rows.shape[0]):
        for j in range(across):
            top, left = rows[i, 0], columns[j, 0]
            for y in rows[i]:
                for x in columns[j]:
                    if best[y, x] > best[top, left]:
                        top, left = y, x
            wanted, v = best[top, left], maps[top, left]
            k = 0
            while k + 1 < count and (abs(v[k]) if signed else v[k]) != wanted:
                k += 1
            channel[i * across + j] = k
            place[i * across + j] = top * width + left
            value[i * across + j] = v[k]


@_compiled(_SINGLE, types.int64, types.int64, _DOUBLES)
def sum_gradients(single: Any, edge_y: int, edge_x: int, sums: Any) -> None:
    """Fill ``sums`` with a map's structure tensor: yy, xx and xy, summed up without the edge.

    A gradient is half the difference of the two neighbours, as by ``numpy.gradient``; so the edge
    is at least one value wide.
    """
    height, width = single.shape
    yy, xx, xy = np.zeros((3, width), np.float32)
    sums[:] = 0
    for y in range(edge_y, height - edge_y):
        above, here, below = single[y - 1], single[y], single[y + 1]
        for x in range(edge_x, width - edge_x):
            dy = (below[x] - above[x]) * np.float32(0.5)
            dx = (here[x + 1] - here[x - 1]) * np.float32(0.5)
            yy[x] += dy * dy
            xx[x] += dx * dx
            xy[x] += dy * dx
    for x in range(edge_x, width - edge_x):
        sums[0] += yy[x]
        sums[1] += xx[x]
        sums[2] += xy[x]


_WHO = _array(types.int64, 2)


@_compiled(
    *(_MAPS, _MAPS, _array(types.int64, 2, readonly=True), _array(types.int64, 1, readonly=True)),
    *(_array(types.int64, 1, readonly=True), _INTS, _INTS, _FLOATS, _DOUBLES),
    *(_array(types.boolean, 1), _WHO, _ROWS, _WHO, _WHO, _array(types.float64, 2)),
)
def sum_up(
    maps: Any,
    weights: Any,
    values: Any,
    shape: Any,
    rows: Any,
    best: Any,
    place: Any,
    hardest: Any,
    upward: Any,
    sound: Any,
    who: Any,
    push: Any,
    where: Any,
    counts: Any,
    sums: Any,
) -> None:
    """Account for values of a convolution: what each channel that feeds it adds (``evidence``).

    Args:
        maps: of the layer that feeds it.
        weights: (channels, kernel height * kernel width, channels fed).
        values: (3, n), channel, row and column of each value.
        shape: of the kernel, its strides, the padding before and its dilation: two each.
        rows: (n,), which row of the last five a value is written out in; -1: none.
        best: (n,), the channel that pushes hardest, of several the first,
        place: (n,), the place (row * width + column) of its largest product,
        hardest: (n,), its push, not below 0,
        upward: (n,), the sum of all that push up,
        sound: (n,), whether all pushes are finite; else they count as 0.
        who: (m, named), the channels that push hardest, hardest first,
        push: (m, named), how hard,
        where: (m, named), the place of the largest product of each.
        counts: (m, 3), how many more push up, how many push down, how many do nothing.
        sums: (m, 4), of those that are not named and push up, of all that push down, of all that
            push up, and of all.
    """
    height, width, fed = maps.shape
    taps = weights.shape[1]
    named = who.shape[1]
    pushes = np.empty(fed, np.float32)
    y, x = np.empty(taps, np.int64), np.empty(taps, np.int64)
    for n in range(values.shape[1]):
        kernel = weights[values[0, n]]
        pushes[:] = 0
        for tap in range(taps):
            y[tap] = values[1, n] * shape[2] - shape[4] + tap // shape[1] * shape[6]
            x[tap] = values[2, n] * shape[3] - shape[5] + tap % shape[1] * shape[7]
            if 0 <= y[tap] < height and 0 <= x[tap] < width:
                v, w = maps[y[tap], x[tap]], kernel[tap]
                for i in range(fed):
                    pushes[i] += v[i] * w[i]
            else:
                y[tap] = -1
        sound[n] = _finite(pushes)
        if not sound[n]:
            pushes[:] = 0
        up, down, ups, downs, most = _both_ways(pushes)
        upward[n] = up
        hardest[n] = max(np.float32(most), np.float32(0))
        m = rows[n]
        if m >= 0:
            counts[m, 0], counts[m, 1], counts[m, 2] = ups, downs, fed - ups - downs
            sums[m, 1], sums[m, 2], sums[m, 3] = down, up, up + down
        for j in range(named if m >= 0 else 1):
            one = 0
            value = np.float32(most) if j == 0 else _largest(pushes)
            for i in range(fed):
                if pushes[i] == value:
                    one = i
                    break
            # where its single product is largest
            at, largest = 0, -np.inf
            for tap in range(taps):
                if y[tap] >= 0:
                    product = maps[y[tap], x[tap], one] * kernel[tap, one]
                    if product > largest:
                        at, largest = y[tap] * width + x[tap], product
            if not j:
                best[n], place[n] = one, at
            if m >= 0:
                who[m, j], push[m, j], where[m, j] = one, value, at
                if value > 0:
                    counts[m, 0] -= 1
                pushes[one] = _TAKEN
        if m >= 0:
            sums[m, 0] = _both_ways(pushes)[0]
