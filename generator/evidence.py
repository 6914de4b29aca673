"""Why a channel's strongest value is what it is: its sum accounted for, its thread followed.

A value of a convolution is, before its activation,

    z = bias + sum over i, u, v of  w[u, v, i] * a[y + u, x + v, i]

over the channels i of the layer before and the places (u, v) of the kernel. What channel i
*pushes* is its part of that sum: with the bias the pushes add up to z, and nothing is
estimated. (For one linear layer this is the "gradient times input" of attribution methods;
Shrikumar, Greenside & Kundaje, "Learning Important Features Through Propagating Activation
Differences", 2017, discuss what it tells across several.)

The thread goes on from there: to the channel that pushes hardest, to the place in the window
where its single product is largest, and from that value down again. A pool hands on one
value unchanged, so the thread passes to the place of the maximum.

Pure numpy. Maps are channels last, ``(height, width, channels)``, float32, as the network puts
them out. The threads of an image's thousands of channels soon meet on their way down, so they are
kept as knots that know the knot that follows, and the work is done once a knot.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from generator import passes
from generator.domain import Accounts, Evidence, Knots, Layer, Operation, Sheet

__all__ = ["PUSHES", "Kernels", "Weighted", "evidence_of", "weighted"]

Floats = NDArray[np.float32]
Places = NDArray[np.intp]

PUSHES = 4
"""So many channels are named one by one; the others are summed up."""
DIGITS = 7
"""Significant digits of what is written down."""


class Weighted(NamedTuple):
    """A convolution's numbers, turned so that those of one output channel lie together."""

    weights: Floats
    """(out, kernel height * kernel width, in)."""
    bias: Floats
    """(out,)."""


Kernels = Mapping[str, Weighted]
"""By the name of the layer."""


class _Values(NamedTuple):
    """Some values of one layer: a channel each, at a place each."""

    channel: Places
    row: Places
    column: Places


class _Source(NamedTuple):
    """What those values are made of, and how."""

    operation: Operation
    maps: Floats
    """(height, width, channels) of the layer before, or of the network's input."""


class _Onward(NamedTuple):
    """What pushes each of some values hardest."""

    keys: Places
    """In the source (see ``_keys``)."""
    share: NDArray[np.float64]
    """Of all that pushes up; 0 where nothing does."""


def weighted(kernel: Floats, bias: Floats) -> Weighted:
    """``(height, width, in, out)`` and ``(out,)`` as this module wants them."""
    height, width, fed, out = kernel.shape
    # (h, w, in, out) -> (out, h, w, in) -> (out, h*w, in)
    turned = np.ascontiguousarray(kernel.transpose(3, 0, 1, 2)).reshape(out, height * width, fed)
    return Weighted(turned, bias)


def evidence_of(
    layers: tuple[Layer, ...],
    maps: Mapping[str, Floats],
    inputs: Floats,
    kernels: Kernels,
    sheets: Mapping[str, Sheet],
) -> Evidence:
    """Accounts and threads of every channel's strongest value in one image.

    ``maps`` are the image's by layer, ``inputs`` what the network was fed (h, w, channels),
    ``sheets`` the measured layers. Threads end, and accounts are missing, at a layer without a
    known ``operation``. A channel that is silent, not finite, or strongest below zero has
    neither.
    """
    accounts: dict[str, Accounts] = {}
    keys: dict[str, Places] = {}
    onward: dict[str, _Onward] = {}
    arriving: dict[str, list[Places]] = {layer.name: [] for layer in layers}
    for layer in reversed(layers):
        peaks = _peaks(sheets[layer.name])
        own = _keys(peaks, (layer.height, layer.width))
        here = keys[layer.name] = np.unique(np.concatenate([own, *arriving[layer.name]]))
        if layer.operation is None:
            continue
        source = _Source(layer.operation, maps.get(layer.operation.source, inputs))
        values = _values(here, (layer.height, layer.width))
        if layer.kind == "pool":
            step = onward[layer.name] = _handed_on(source, values)
        else:
            numbers = kernels[layer.name]
            added = _summed_up(source, numbers, values, np.searchsorted(here, own))
            step = onward[layer.name] = added.onward
            accounts[layer.name] = added.accounts
        if layer.operation.source:
            arriving[layer.operation.source].append(step.keys[step.share > 0])
    return Evidence(accounts, {la.name: _knots(la, keys, onward) for la in layers})


def _peaks(sheet: Sheet) -> _Values:
    """The strongest value of each channel that has one above zero."""
    channels = zip(sheet.channels.finite, sheet.channels.peaks, strict=True)
    strongest = [(c, *peaks[0]) for c, (finite, peaks) in enumerate(channels) if finite and peaks]
    lit = [(c, row, column) for c, row, column, value in strongest if value > 0]
    # (n, 3) -> three arrays (n,)
    return _Values(*np.array(lit, dtype=np.intp).reshape(-1, 3).T)


def _keys(values: _Values, shape: tuple[int, int]) -> Places:
    """One number for a channel and a place in maps of ``shape``, in the order of the channels."""
    return (values.channel * shape[0] + values.row) * shape[1] + values.column


def _values(keys: Places, shape: tuple[int, int]) -> _Values:
    """The inverse of ``_keys``."""
    channel, place = np.divmod(keys, shape[0] * shape[1])
    return _Values(channel, *np.divmod(place, shape[1]))


def _knots(layer: Layer, keys: dict[str, Places], onward: dict[str, _Onward]) -> Knots:
    """A layer's knots, once those of the layer before are known."""
    here = keys[layer.name]
    channel, place = np.divmod(here, layer.height * layer.width)
    following, share = np.full(len(here), -1), np.zeros(len(here))
    if layer.name in onward:
        step = onward[layer.name]
        share = step.share
        if layer.operation is not None and layer.operation.source:
            found = np.searchsorted(keys[layer.operation.source], step.keys)
            following = np.where(share > 0, found, -1)
    thousandths = np.rint(1000 * share).astype(int)
    return Knots(*(tuple(c.tolist()) for c in (channel, place, following, thousandths)))


def _window(source: _Source, values: _Values) -> tuple[Places, Places, NDArray[np.bool_]]:
    """Places of the source under the kernel, ``(n, taps)`` each, and which are no padding.

    Those that are padding are given as the nearest place inside, to be left out by the mask.
    """
    how, (rows, columns) = source.operation, source.maps.shape[:2]
    v_taps, u_taps = np.meshgrid(np.arange(how.kernel[1]), np.arange(how.kernel[0]))
    y = values.row[:, None] * how.strides[0] - how.before[0] + u_taps.ravel() * how.dilation[0]
    x = values.column[:, None] * how.strides[1] - how.before[1] + v_taps.ravel() * how.dilation[1]
    inside = (y >= 0) & (y < rows) & (x >= 0) & (x < columns)
    return np.clip(y, 0, rows - 1), np.clip(x, 0, columns - 1), inside


# -- Pools


def _handed_on(source: _Source, values: _Values) -> _Onward:
    """The place of the maximum that a pool hands on."""
    rows, columns, inside = _window(source, values)
    lit = np.where(inside, source.maps[rows, columns, values.channel[:, None]], -np.inf)
    n, best = np.arange(len(lit)), lit.argmax(axis=1)
    places = _Values(values.channel, rows[n, best], columns[n, best])
    return _Onward(_keys(places, source.maps.shape[:2]), np.ones(len(lit)))


# -- Convolutions


class _Added(NamedTuple):
    """What the sums behind some values are made of."""

    onward: _Onward
    accounts: Accounts


def _summed_up(source: _Source, numbers: Weighted, values: _Values, own: Places) -> _Added:
    """What pushes each value hardest; and the accounts of those whose places are ``own``.

    A value whose sum is not finite has no account, and nothing that pushes it.
    """
    n, m = len(values.channel), len(own)
    how, fed = source.operation, numbers.weights.shape[2]
    rows = np.full(n, -1, dtype=np.int64)
    rows[own] = np.arange(m)
    best, place = np.empty((2, n), dtype=np.int64)
    hardest, upward = np.empty(n, dtype=np.float32), np.empty(n)
    sound = np.empty(n, dtype=bool)
    who, where = np.empty((2, m, min(PUSHES, fed)), dtype=np.int64)
    push = np.empty(who.shape, dtype=np.float32)
    counts, sums = np.empty((m, 3), dtype=np.int64), np.empty((m, 4))
    shape = np.array((*how.kernel, *how.strides, *how.before, *how.dilation), dtype=np.int64)
    passes.sum_up(
        *(np.ascontiguousarray(source.maps), numbers.weights, np.stack(values), shape, rows),
        *(best, place, hardest, upward, sound, who, push, where, counts, sums),
    )
    keys = best * (source.maps.shape[0] * source.maps.shape[1]) + place
    share = np.divide(hardest, upward, out=np.zeros(n), where=upward > 0)
    kept = sound[own]
    channel = values.channel[own[kept]]
    more_sum, down_sum, up_sum, total = sums[kept].T
    bias = numbers.bias[channel].astype(np.float64)
    accounts = Accounts(
        channel=tuple(channel.tolist()),
        who=tuple(map(tuple, who[kept].tolist())),
        value=tuple(map(tuple, _digits(push[kept].astype(np.float64)).tolist())),
        place=tuple(map(tuple, where[kept].tolist())),
        more=tuple(counts[kept, 0].tolist()),
        more_sum=tuple(_digits(more_sum).tolist()),
        down=tuple(counts[kept, 1].tolist()),
        down_sum=tuple(_digits(down_sum).tolist()),
        nothing=tuple(counts[kept, 2].tolist()),
        upward=tuple(_digits(up_sum).tolist()),
        bias=tuple(_digits(bias).tolist()),
        total=tuple(_digits(total + bias).tolist()),
    )
    return _Added(_Onward(keys, share), accounts)


def _digits(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rounded to ``DIGITS`` significant digits."""
    size = np.where(values == 0, 1, np.abs(values))
    scale = 10.0 ** (DIGITS - 1 - np.floor(np.log10(size)))
    rounded: NDArray[np.float64] = np.rint(values * scale) / scale
    return rounded
