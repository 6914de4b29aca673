"""How alike two layers are on the same images, and what changed from one network to another. Pure.

**Examples.** Layers have maps of different sizes, so each is first averaged over a grid of equal
cells (``grid``). A cell of an image is then an *example*: the same part of the same image in
every layer of every network. A layer becomes a matrix X of examples x channels.

**CKA.** Channels of two layers cannot be compared one by one: which number a channel has is
chance. What can be compared is which examples a layer finds alike. Its Gram matrix
``K = X X'`` says so for each pair, and linear centred kernel alignment (Kornblith, Norouzi, Lee &
Hinton, "Similarity of Neural Network Representations Revisited", 2019) is the cosine of the angle
between two Gram matrices, once they are centred:

    CKA(K, L) = HSIC(K, L) / sqrt(HSIC(K, K) HSIC(L, L))

It is 1 for layers that are the same up to a rotation of the channels and one common factor, 0 for
such as have nothing to do with each other. Scaling *single* channels does change it.

**Without bias.** With fewer examples than channels, as in deep layers here, the usual HSIC finds
any two layers alike: each example is alike to itself in both. The estimator of Song, Smola,
Gretton, Bedo & Borgwardt, "Feature Selection via Dependence Maximization" (2012), leaves out the
diagonal; Nguyen, Raghu & Kornblith, "Do Wide and Deep Networks Learn the Same Things?" (2021),
compare layers with it. What it computes is an inner product of *U-centred* matrices (Székely &
Rizzo, "Partial distance correlation with methods for dissimilarities", 2014): fit ``a_i + a_j`` to
the entries off the diagonal by least squares, take the rest. So one unit vector a layer (here: its
*structure*) is all that has to be kept, and CKA is a dot product. It may come out a little below
0, as an unbiased estimate of 0 must.

**Cells are not independent examples.** All this supposes examples drawn independently of each
other. Cells of one image are not: neighbours share light, blur and a large part of their
receptive fields, and are alike in *every* layer, for the same reason for which an example is
alike to itself. With ``cells=1`` that passes for similarity of the layers. With ``cells=49`` each
49 consecutive examples are known to be of one image, and the least-squares fit and what it leaves
extend to pairs of cells from *different* images only: the same estimator, with blocks on the
diagonal left out instead of single entries, as if images were drawn independently and cells were
not. Measured on VGG16 and the five example images, with the images exchanged in one of two
copies of a layer, so that 0 is right: 0.12 to 0.38 with ``cells=1``, 0.01 to 0.03 with ``cells=49``
(mean of all 44 ways to exchange them; their standard deviation is up to 0.09, so of so few
images no more than one digit is worth showing). What remains of such bias is what images have in
common by place (sky above, an object in the middle, zero padding at the border). At least two
images are needed.

A layer without variation between images has no structure: None, and NaN in a matrix. The same
goes for one with values that are not finite.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from generator.domain import ChannelChange, Layer, LayerFigures, WeightChange

__all__ = [
    "EXAMPLES",
    "SIDE",
    "ChannelChange",
    "ChannelTally",
    "LayerFigures",
    "LayerTally",
    "WeightChange",
    "align",
    "centred_rank",
    "channel_change",
    "cka",
    "effective_rank",
    "examples",
    "figures",
    "grid",
    "side_for",
    "similarities",
    "structure",
    "weight_change",
]

Floats = NDArray[np.float64]
Maps = NDArray[np.float32]

SIDE = 7
"""Cells a side: VGG16's last maps at 224 pixels."""
EXAMPLES = 1000
"""At most so many: 4 MB a structure."""
BLOCK = 16
"""Structures of the second network that are held at once."""
NO_VARIATION = 1e-12
"""Part of the sum of squares below which differences are rounding of 32-bit numbers."""
DEPTH_OCTAVES = 1.0
"""The whole depth of a network counts as much as one doubling of the receptive field."""


# -- Examples


def side_for(images: int) -> int:
    """The finest grid, up to ``SIDE``, at which so many images give at most ``EXAMPLES`` examples.

    1 for more images than that: then compare by some of them.
    """
    return max(1, min(SIDE, math.isqrt(EXAMPLES // images)))


def grid(maps: Maps, side: int = SIDE) -> Floats:
    """Maps (n, height, width, c) averaged over side x side equal cells, (n, side, side, c).

    Where a cell's border runs through a value, the value counts on either side by its share of
    the area; a map coarser than the grid is repeated likewise. The mean over the grid is the
    mean over the map.
    """
    down = _overlaps(maps.shape[1], side)
    across = _overlaps(maps.shape[2], side)
    n, _, width, c = maps.shape
    cells = np.empty((n, side, side, c))
    with np.errstate(invalid="ignore"):  # what is not finite stays so, and is told later
        for image, found in zip(maps, cells, strict=True):
            # (height, width, c) -> (height, width*c) -> (side, width*c) -> (side, width, c)
            rows = (down @ image.reshape(len(image), width * c)).reshape(side, width, c)
            found[:] = across @ rows  # each of (side, width, c) -> (side, side, c)
    return cells


def _overlaps(length: int, side: int) -> Floats:
    """(side, length): how much of each cell each value fills. In units of 1 / (length * side)."""
    cell, value = np.arange(side)[:, None] * length, np.arange(length)[None] * side
    shared = np.minimum(cell + length, value + side) - np.maximum(cell, value)
    weights: Floats = np.maximum(shared, 0) / length
    return weights


def examples(maps: Maps, side: int = SIDE) -> Floats:
    """Maps (n, height, width, c) -> examples x channels, (n * side * side, c), image by image."""
    # (n, side, side, c) -> (n*side*side, c)
    return grid(maps, side).reshape(-1, maps.shape[3])


# -- CKA


def structure(x: NDArray[np.floating], cells: int = 1) -> Floats | None:
    """Which pairs of examples a layer finds alike, as a unit vector over pairs of images' cells.

    ``x`` are examples x channels (m, c), of which each ``cells`` consecutive ones are of one
    image. About m² / 2 numbers of 8 bytes: 200 KB for 5 images of 49 cells.
    None if the layer has no variation between images, or if ``x`` is not finite.

    Raises:
        ValueError: ``x`` is not whole images, or fewer than four examples or two images.
    """
    m = len(x)
    if m % cells or m < 2 * cells or m < 4:
        raise ValueError(f"expected two images or more of {cells} cells, got {m} examples")
    centred = _centred(x)
    if centred is None:
        return None
    image = np.arange(m) // cells
    gram = np.where(image[:, None] != image[None], centred @ centred.T, 0)  # (m, m)
    size = np.linalg.norm(gram)
    additive = _additive(gram, cells)
    pairs = image[:, None] < image[None]  # the upper triangle, less the blocks
    left: Floats = (gram - additive[:, None] - additive[None])[pairs]
    length = np.linalg.norm(left)
    # As small a rest is rounding of 64-bit sums: no two images are alike in any other way than
    # all are.
    return left / length if length > 1e-9 * size else None


def _centred(x: NDArray[np.floating]) -> Floats | None:
    """Without each channel's mean, and in size near 1; None if nothing is left or not finite."""
    values = np.asarray(x, dtype=np.float64)
    largest = np.abs(values).max(initial=0.0)
    if not np.isfinite(largest) or largest == 0:
        return None
    values = values / largest
    centred: Floats = values - values.mean(axis=0)
    return centred if np.sum(centred**2) > NO_VARIATION * np.sum(values**2) else None


def _additive(gram: Floats, cells: int) -> Floats:
    """The a (m,) for which a_i + a_j fits best to the entries of pairs from different images.

    ``gram`` is (m, m), symmetric, zero for pairs of one image. For ``cells=1`` this is
    U-centring. From the normal equations, with S the sum of a and S_b that over image b:
    ``(m - cells) a_i + S - S_b = sum over j of gram_ij``.
    """
    m = len(gram)
    images = m // cells
    rows = gram.sum(axis=1)
    total = rows.sum() / (2 * (m - cells))
    if images == 2:  # any split of the sum between the two fits as well
        by_image = np.full(2, total / 2)
    else:
        # (m,) -> (images, cells)
        by_image = (rows.reshape(images, cells).sum(axis=1) - cells * total) / (m - 2 * cells)
    fitted: Floats = (rows - total + np.repeat(by_image, cells)) / (m - cells)
    return fitted


def similarities(a: Sequence[Floats | None], b: Iterable[Floats | None]) -> Floats:
    """CKA of each structure of ``a`` with each of ``b``, (len(a), len(b)); NaN where one is None.

    ``b`` may be made as it is read: no more than ``BLOCK`` of it are held at once.
    """
    known = [i for i, structure_ in enumerate(a) if structure_ is not None]
    rows = np.array([a[i] for i in known]) if known else np.empty((0, 0))  # (known, pairs)
    blocks = []
    remaining = iter(b)
    while block := list(itertools.islice(remaining, BLOCK)):
        found = np.full((len(a), len(block)), np.nan)
        columns = [j for j, structure_ in enumerate(block) if structure_ is not None]
        if known and columns:
            found[np.ix_(known, columns)] = rows @ np.array([block[j] for j in columns]).T
        blocks.append(found)
    return np.hstack(blocks) if blocks else np.empty((len(a), 0))


def cka(x: NDArray[np.floating], y: NDArray[np.floating], cells: int = 1) -> float | None:
    """Linear CKA without bias of examples x channels (m, p) and (m, q); see ``structure``.

    Between -1 and 1. None if either has no variation.
    """
    one, other = structure(x, cells), structure(y, cells)
    return None if one is None or other is None else float(one @ other)


# -- One layer


class LayerTally:
    """One layer's maps gathered image by image; keeps each image's cells and two sums."""

    def __init__(self, side: int = SIDE) -> None:
        self._side = side
        self._cells: list[Floats] = []
        self._sizes: list[float] = []
        """Sum of magnitudes of each image."""
        self._zeros = self._count = 0
        self._places = 0
        """Cells that hold something of their own: a map coarser than the grid repeats itself."""

    def add(self, maps: Maps) -> None:
        """Take in the maps (height, width, channels) of the next image."""
        self._cells.append(examples(maps[None], self._side))
        self._sizes.append(float(np.abs(_finite(maps), dtype=np.float64).sum()))
        self._zeros += int(np.count_nonzero(maps == 0))
        self._count += maps.size
        self._places += min(maps.shape[0], self._side) * min(maps.shape[1], self._side)

    def examples(self) -> Floats:
        """(images * side * side, channels)."""
        return np.concatenate(self._cells)

    def figures(self) -> LayerFigures:
        """Of what was gathered so far."""
        rank, limit = centred_rank(self.examples())
        return LayerFigures(
            strength=math.fsum(self._sizes) / self._count,
            zero_share=self._zeros / self._count,
            effective_rank=rank,
            rank_limit=min(limit, self._places - 1),
        )


def figures(maps: Maps, side: int = SIDE) -> LayerFigures:
    """A layer's figures over maps (n, height, width, c).

    The rank is of the examples *without each channel's mean*, as CKA sees them: after a ReLU
    the mean alone would be by far the largest direction, and every layer near rank 1. Values that
    are not finite count as zero, as on a sheet, but make the rank None.
    """
    tally = LayerTally(side)
    for image in maps:
        tally.add(image)
    return tally.figures()


def centred_rank(x: NDArray[np.floating]) -> tuple[float | None, int]:
    """Effective rank of examples x channels less each channel's mean, and how high it can be.

    None without variation, or with values that are not finite.
    """
    centred = _centred(x)
    rank = None if centred is None else effective_rank(centred)
    return rank, min(x.shape[1], len(x) - 1)


def effective_rank(matrix: NDArray[np.floating]) -> float | None:
    """How many directions a matrix fills, counted by how evenly; None for a matrix of zeros.

    The exponential of the entropy of its singular values, divided by their sum (Roy & Vetterli,
    "The effective rank: a measure of effective dimensionality", 2007). Of the matrix as
    it is: whoever wants it centred centres it.
    """
    singular = np.linalg.svd(np.asarray(matrix, dtype=np.float64), compute_uv=False)
    if not singular.any():
        return None
    share = singular / singular.sum()
    share = share[share > 0]
    return float(np.exp(-np.sum(share * np.log(share))))


def _finite(values: Maps) -> Maps:
    """With zero in place of what is not finite."""
    return np.where(np.isfinite(values), values, np.float32(0))


# -- Two networks of one architecture


class ChannelTally:
    """One layer's maps of two networks, gathered image by image; keeps eight numbers a channel."""

    def __init__(self, channels: int) -> None:
        self._count = 0
        self._mean = np.zeros((2, channels))
        self._about = np.zeros((3, channels))
        """Sums of products aa, bb, ab, about the means,"""
        self._products = np.zeros((3, channels))
        """and as they are."""

    def add(self, a: Maps, b: Maps) -> None:
        """Take in the maps (height, width, channels) of the next image."""
        # (height, width, c) -> (height*width, c)
        one, other = (
            _finite(maps).astype(np.float64).reshape(-1, maps.shape[2]) for maps in (a, b)
        )
        self._products += _products(one, other)
        mean = np.array([one.mean(axis=0), other.mean(axis=0)])  # (2, c)
        one, other = one - mean[0], other - mean[1]
        # Of two sets about the mean of both (Chan, Golub & LeVeque 1979): sums of squares less
        # squares of sums would lose all digits of a channel that is nearly constant.
        apart = mean - self._mean
        n = len(one)
        both = self._count * n / (self._count + n)
        self._about += _products(one, other) + both * _products(apart[:1], apart[1:])
        self._mean += apart * n / (self._count + n)
        self._count += n

    def _factor(self) -> float | None:
        size_a, size_b = np.sqrt(self._products[:2].sum(axis=1)).tolist()
        return size_b / size_a if size_a and size_b else None

    def result(self) -> ChannelChange:
        """What was gathered so far."""
        factor = self._factor()
        aa, bb, ab = self._products
        by = 1 if factor is None else 1 / factor
        both = np.sqrt(aa) + by * np.sqrt(bb)
        apart = np.sqrt(np.maximum(aa - 2 * by * ab + by**2 * bb, 0))
        apart[apart**2 <= NO_VARIATION * both**2] = 0
        change = np.divide(apart, both, out=np.zeros_like(both), where=both > 0)
        change = np.minimum(change, 1.0)  # rounding
        varied: list[bool] = np.all(
            self._about[:2] > NO_VARIATION * self._products[:2], axis=0
        ).tolist()
        aa, bb, ab = self._about
        scale = np.sqrt(aa) * np.sqrt(bb)
        fit = np.divide(ab, scale, out=np.zeros_like(ab), where=np.array(varied))
        return ChannelChange(
            factor=factor,
            change=tuple(change.tolist()),
            correlation=tuple(
                min(1.0, max(-1.0, r)) if v else None
                for r, v in zip(fit.tolist(), varied, strict=True)
            ),
            ranked=tuple(sorted(range(len(change)), key=lambda c: (-change[c], c))),
        )


def _products(a: Floats, b: Floats) -> Floats:
    """Sums over the rows of aa, bb and ab of two (rows, channels), (3, channels)."""
    return np.stack([np.einsum("ij,ij->j", *pair) for pair in ((a, a), (b, b), (a, b))])


def channel_change(a: Maps, b: Maps) -> ChannelChange:
    """Of two networks' maps (n, height, width, c) of one layer on the same images."""
    tally = ChannelTally(a.shape[3])
    for one, other in zip(a, b, strict=True):
        tally.add(one, other)
    return tally.result()


def weight_change(kernel_a: NDArray[np.floating], kernel_b: NDArray[np.floating]) -> WeightChange:
    """From one kernel, of any shape, to another of the same shape."""
    a = np.asarray(kernel_a, dtype=np.float64).ravel()
    b = np.asarray(kernel_b, dtype=np.float64).ravel()
    size_a, size_b = float(np.linalg.norm(a)), float(np.linalg.norm(b))
    return WeightChange(
        relative=float(np.linalg.norm(b - a)) / size_a if size_a else None,
        cosine=max(-1.0, min(1.0, float((a / size_a) @ (b / size_b))))
        if size_a and size_b
        else None,
    )


# -- Which layer beside which


def align(
    layers_a: Sequence[Layer],
    layers_b: Sequence[Layer],
    size_a: tuple[int, int],
    size_b: tuple[int, int],
) -> tuple[int, ...]:
    """For each layer of ``layers_a`` the number of the one of ``layers_b`` to show beside it.

    ``size_a`` and ``size_b`` are the networks' input sizes (height, width). A pair costs

        |log2(seen by a) - log2(seen by b)| + DEPTH_OCTAVES * |depth of a - depth of b|

    where *seen* is the receptive field's side as a share of the input's, at most 1 (mean of the
    logarithms of height and width), and depth runs from 0, the first layer, to 1, the last. Once
    both see the whole image, depth alone decides. Of all choices in which pairs do not cross (a
    later layer never beside an earlier one than its predecessor) the cheapest is taken, by dynamic
    programming; of two that cost the same, the earlier layer. Layers of b may stand beside several
    of a, or beside none.
    """
    if not layers_a or not layers_b:
        return ()
    seen_a, seen_b = _seen(layers_a, size_a), _seen(layers_b, size_b)
    depth_a, depth_b = _depths(len(layers_a)), _depths(len(layers_b))
    cost = np.abs(seen_a[:, None] - seen_b) + DEPTH_OCTAVES * np.abs(depth_a[:, None] - depth_b)
    # What all up to this layer of a cost, if it stands beside that layer of b. In whole
    # billionths, or rounding would choose between equals.
    best = np.rint(1e9 * cost).astype(np.int64)
    for i in range(1, len(best)):
        best[i] += np.minimum.accumulate(best[i - 1])
    chosen = [int(best[-1].argmin())]
    for i in range(len(best) - 2, -1, -1):
        chosen.append(int(best[i, : chosen[-1] + 1].argmin()))
    return tuple(reversed(chosen))


def _seen(layers: Sequence[Layer], size: tuple[int, int]) -> Floats:
    """Logarithm to base 2 of each receptive field's side as a share of the input's, (layers,)."""
    windows = np.array([(layer.window.height, layer.window.width) for layer in layers])
    seen: Floats = np.log2(np.minimum(windows / np.array(size), 1)).mean(axis=1)
    return seen


def _depths(count: int) -> Floats:
    """0 to 1, (count,)."""
    return np.arange(count) / max(1, count - 1)
