"""Feature maps -> what is worth looking at in them.

The telling channels. Twelve of 512 stand for a layer on the image's page, so
they should be strong and unlike each other. Each map is reduced to at most
56 x 56 by its maximum, cut at the layer's shared scale, its mean removed, and
scaled to the square root of its norm, so that strength counts, but less than
proportionally. Then, twelve times: take the channel with most left after
projecting out those already taken. The outer ring does not count, or channels that only see the
zero padding would win a place in every layer. The layer's strongest channel is always among them,
in the last place if in no other: pages speak of it.

The place. One position of the image where telling channels of all blocks are strong
together: the largest product, over the layers that stand for the blocks, of activation
on the layer's scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from generator import passes
from generator.domain import Layer, LayerReading, Mark, Reading, Sheet, Slant
from generator.sheets import reduce_maps

__all__ = [
    "TELLING",
    "LayerLook",
    "frame_share",
    "look",
    "read_image",
    "representatives",
    "slant_of",
    "telling",
]

Maps = NDArray[np.float32]

TELLING = 12
SIDE = 56
"""Maps are compared at this side at most, in values."""
FRAME_SHARE = 0.6
FRAME_STRENGTH = 0.1
"""Weaker channels, against the layer's strongest value, are not worth naming."""
SMALL_SIDE = 28
"""Smaller maps hold too few values to speak of a line's direction or of a frame."""
COHERENCE = 0.45
"""From here on a map's lines have one direction (0: all alike, 1: one only)."""
CANDIDATES = 6
"""So many of a layer's telling channels may represent its block."""


class LayerLook(NamedTuple):
    """A layer's reading, and what the image's reading needs of its maps."""

    reading: LayerReading
    small: Maps
    """The first telling channels on the layer's scale, (n, h <= 56, w <= 56)."""


def look(maps: Maps, sheet: Sheet, same_as: LayerReading | None = None) -> LayerLook:
    """Read one layer's maps, ``(height, width, channels)``, all finite; signed by magnitude.

    A pool shows the channels of the convolution before it (``same_as``), so that the
    halving is seen and not another choice; but where it drops a border its strongest channel may be
    another.
    """
    height, width, _ = maps.shape
    signed = min(sheet.channels.low) < 0
    small = reduce_maps(maps, _factor(height, width, SIDE), signed=signed)
    scale = sheet.p99_9 or 1.0
    chosen = same_as.telling if same_as else telling(small, scale)
    if sheet.strongest not in chosen:
        chosen = (*chosen[:-1], sheet.strongest)
    alone = [np.ascontiguousarray(maps[:, :, c]) for c in chosen]
    found = [
        (c, *slant_of(np.abs(single) if signed else single))
        for c, single in zip(chosen, alone, strict=True)
    ]
    slants = sorted((f for f in found if f[1]), key=lambda f: -f[2])
    shares, area = frame_share(small)
    # on a 7 x 7 map the ring is half of all: there, much in the ring says nothing
    least = max(FRAME_SHARE, 2 * area)
    strong = FRAME_STRENGTH * sheet.layer_high
    high = sheet.channels.high
    frame = [int(c) for c in np.flatnonzero(shares > least) if high[int(c)] > strong]
    if min(height, width) < SMALL_SIDE:
        frame = []
    frame.sort(key=lambda c: (-high[c], c))
    reading = LayerReading(
        telling=chosen,
        slants=tuple((c, name) for c, name, _ in slants if name),
        frame=tuple(frame),
    )
    lit = np.minimum(small[list(chosen[:CANDIDATES])] / np.float32(scale), 1)
    return LayerLook(reading, lit.astype(np.float32))


def telling(small: Maps, scale: float, count: int = TELLING) -> tuple[int, ...]:
    """The ``count`` most telling channels of ``small`` ``(channels, h, w)``, best first."""
    ring = _ring(*small.shape[1:])
    inner = small[:, ring[0] : -ring[0] or None, ring[1] : -ring[1] or None]
    # (n, h, w) -> (n, h * w)
    vectors = np.divide(inner, np.float32(scale)).reshape(len(small), -1)
    np.minimum(vectors, np.float32(1), out=vectors)
    vectors -= vectors.mean(axis=1, keepdims=True)
    # Scaled to the square root of its norm, a map's product with itself is its norm.
    norms = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
    left = np.where(norms > 1e-6, norms, 0)
    # Taking the largest remainder again and again is a pivoted Cholesky factorisation of
    # the vectors' products; only the columns of those taken are ever needed.
    factor = np.zeros((len(small), count))
    strength = small.max(axis=(1, 2)).astype(np.float64)
    taken: list[int] = []
    for k in range(min(count, len(small))):
        left[taken] = -1
        best = int(left.argmax())
        if left[best] <= 1e-9:  # nothing new is left: the strongest of the rest, silent ones last
            strength[taken] = -1
            best = int(strength.argmax())
        taken.append(best)
        if left[best] > 1e-9:
            products = (vectors @ vectors[best]).astype(np.float64)
            scales = np.sqrt(norms * norms[best])
            np.divide(products, scales, out=products, where=scales > 0)
            factor[:, k] = (products - factor[:, :k] @ factor[best, :k]) / np.sqrt(left[best])
            left = left - factor[:, k] ** 2
    return tuple(taken)


def slant_of(single: NDArray[np.float32]) -> tuple[Slant | None, float]:
    """The direction of a map's lines ``(h, w)`` and how alone it is, by the structure tensor.

    The tensor sums the products of the gradient's components over the map
    (Bigun & Granlund 1987); lines run across the dominant gradient.
    """
    if min(single.shape) < SMALL_SIDE:
        return None, 0.0
    sums = np.empty(3)
    # the padding makes edges of its own at the frame
    passes.sum_gradients(np.ascontiguousarray(single), *_ring(*single.shape), sums)
    yy, xx, xy = sums.tolist()
    if not 0 < xx + yy < np.inf:  # all alike; or values whose squares are beyond float32
        return None, 0.0
    coherence = float(np.hypot(xx - yy, 2 * xy) / (xx + yy))
    if coherence < COHERENCE:
        return None, coherence
    # angle of the gradient against the row direction; the y axis points down
    angle = np.degrees(0.5 * np.arctan2(2 * xy, xx - yy)) % 180
    names: tuple[Slant, ...] = ("upright", "rising", "level", "falling")
    return names[int(((angle + 22.5) % 180) // 45)], coherence


def frame_share(small: Maps) -> tuple[NDArray[np.float64], float]:
    """Share of each map's sum in its outer ring (0 if silent), and the ring's share of the area."""
    total = small.sum(axis=(1, 2), dtype=np.float64)
    y, x = _ring(*small.shape[1:])
    inside = small[:, y : -y or None, x : -x or None]
    inner = inside.sum(axis=(1, 2), dtype=np.float64)
    shares = np.divide(total - inner, total, out=np.zeros_like(total), where=total > 0)
    return shares, 1 - inside[0].size / small[0].size


def representatives(layers: Sequence[Layer]) -> dict[str, Layer]:
    """The layer that stands for each block: its last convolution or merge.

    Of those whose values are never below zero, if there are any: their maps are read like all
    others.
    """
    found: dict[str, Layer] = {}
    for layer in layers:
        if layer.kind == "pool":
            continue
        before = found.get(layer.block)
        if before is None or before.signed or not layer.signed:
            found[layer.block] = layer
    return found


def read_image(layers: tuple[Layer, ...], looks: dict[str, LayerLook]) -> Reading:
    """Put the layers' readings together and find the place that stands for the image."""
    chosen = [la for la in representatives(layers).values() if looks[la.name].small.size]
    return Reading(
        layers={layer.name: looks[layer.name].reading for layer in layers},
        blocks=_place(chosen, looks),
    )


def _place(layers: list[Layer], looks: dict[str, LayerLook]) -> tuple[Mark, ...]:
    """Marks at the position where the product of the layers' strongest candidates is largest."""
    product = np.ones((SIDE, SIDE))
    best: list[NDArray[np.float64]] = []
    for layer in layers:
        small = looks[layer.name].small
        spread = _spread(small)
        best.append(spread)
        product = product * (spread.max(axis=0) + 1e-6)
    # a mark at the frame would show padding rather than the picture
    edge = SIDE // 8
    inner = product[edge:-edge, edge:-edge]
    row, column = (int(i) + edge for i in np.unravel_index(inner.argmax(), inner.shape))
    marks = []
    for layer, spread in zip(layers, best, strict=True):
        candidate = int(spread[:, row, column].argmax())
        channel = looks[layer.name].reading.telling[candidate]
        marks.append(
            Mark(
                layer.name,
                channel,
                min(layer.height - 1, int((row + 0.5) * layer.height / SIDE)),
                min(layer.width - 1, int((column + 0.5) * layer.width / SIDE)),
            )
        )
    return tuple(marks)


def _spread(small: Maps) -> NDArray[np.float64]:
    """``(n, h, w)`` -> ``(n, 56, 56)`` by repeating the nearest value."""
    _, height, width = small.shape
    rows = ((np.arange(SIDE) + 0.5) * height / SIDE).astype(int)
    columns = ((np.arange(SIDE) + 0.5) * width / SIDE).astype(int)
    return small[:, rows[:, None], columns].astype(np.float64)


def _ring(height: int, width: int) -> tuple[int, int]:
    """Thickness of the outer ring: a twenty-eighth of the side, at least 1, none below 3."""
    y, x = (0 if n < 3 else max(1, n // 28) for n in (height, width))
    return y, x


def _factor(height: int, width: int, side: int) -> int:
    """Whole number by which a map must be reduced to fit ``side``."""
    return max(1, -(-max(height, width) // side))
