"""A worked example: one value of the first convolution, from pixels, weights and bias."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from generator.domain import Layer, Sheet, WorkedExample

__all__ = ["colour_order", "first_kernel_example", "kernel_colours"]


def first_kernel_example(
    layer: Layer,
    sheet: Sheet,
    candidates: tuple[int, ...],
    pixels: NDArray[np.uint8],
    inputs: NDArray[np.float32],
    weights: tuple[NDArray[np.float32], NDArray[np.float32]],
) -> WorkedExample | None:
    """Multiply and add one window by hand: the first candidate's peak that is not at the border.

    ``pixels`` (h, w, 3) sRGB; ``inputs`` (h, w, 3) after preprocessing, in the network's
    order; ``weights`` a kernel (side, side, 3, channels) and a bias (channels,). None for
    a layer that does not look at the image's pixels one by one.
    """
    kernel, bias = weights
    side = kernel.shape[0]
    half = side // 2
    if kernel.shape[:3] != (side, side, 3) or (layer.height, layer.width) != inputs.shape[:2]:
        return None
    sums = kernel.sum(axis=(0, 1, 2))
    # a kernel that takes differences shows more than one that adds up a colour
    balanced = np.abs(sums) < 0.25 * np.abs(kernel).sum(axis=(0, 1, 2))
    for channel in sorted(candidates, key=lambda c: not balanced[c]):
        for peak in sheet.channels[channel].peaks[:1]:
            top, left = peak.row - half, peak.column - half
            inside = top >= 0 and left >= 0
            if inside and top + side <= inputs.shape[0] and left + side <= inputs.shape[1]:
                window = inputs[top : top + side, left : left + side].astype(np.float64)
                products = window * kernel[..., channel]  # (side, side, 3)
                by_colour = products.sum(axis=(0, 1))
                # which colour each input channel is: preprocessing may have turned RGB round
                order = colour_order(pixels, inputs)
                patch = pixels[top : top + side, left : left + side]
                return WorkedExample(
                    layer=layer.name,
                    channel=channel,
                    row=peak.row,
                    column=peak.column,
                    colours=tuple(("red", "green", "blue")[c] for c in order),
                    pixels=tuple(tuple(int(v) for v in patch[..., c].ravel()) for c in order),
                    inputs=tuple(tuple(map(float, window[..., i].ravel())) for i in range(3)),
                    weights=tuple(
                        tuple(map(float, kernel[..., i, channel].ravel())) for i in range(3)
                    ),
                    bias=float(bias[channel]),
                    sums=tuple(map(float, by_colour)),
                    value=float(by_colour.sum() + bias[channel]),
                    side=side,
                    around_pixels=_around_pixels(pixels, top - 1, left - 1, side + 2),
                    around=_around(inputs, top - 1, left - 1, side + 2),
                )
    return None


def _around_pixels(
    pixels: NDArray[np.uint8], top: int, left: int, side: int
) -> tuple[tuple[int, int, int] | None, ...]:
    """A square of the photograph, row by row; None beyond its border."""
    height, width, _ = pixels.shape
    found: list[tuple[int, int, int] | None] = []
    for row in range(top, top + side):
        for column in range(left, left + side):
            inside = 0 <= row < height and 0 <= column < width
            red, green, blue = pixels[row, column].tolist() if inside else (0, 0, 0)
            found.append((red, green, blue) if inside else None)
    return tuple(found)


def _around(
    inputs: NDArray[np.float32], top: int, left: int, side: int
) -> tuple[tuple[float, ...], ...]:
    """For each channel of the input a square of it, row by row; zero beyond the border."""
    padded = np.pad(inputs, ((1, 1), (1, 1), (0, 0)))
    square = padded[top + 1 : top + 1 + side, left + 1 : left + 1 + side]
    return tuple(tuple(map(float, square[..., i].ravel())) for i in range(inputs.shape[2]))


def kernel_colours(kernel: NDArray[np.float32], order: tuple[int, ...]) -> NDArray[np.uint8]:
    """The kernels of a first convolution as small pictures, ``(out, height, width, 3)`` sRGB.

    ``kernel`` is ``(height, width, 3, out)``, its input channels the colours ``order`` (0 red,
    1 green, 2 blue). Each kernel is scaled by its own largest magnitude: mid grey is a weight of
    zero, a colour is added where it is bright and taken away where it is dark.
    """
    inverse = [order.index(colour) for colour in range(3)]
    # (h, w, 3, out) -> (out, h, w, 3), red first
    turned = kernel[:, :, inverse].transpose(3, 0, 1, 2).astype(np.float64)
    largest = np.abs(turned).max(axis=(1, 2, 3), keepdims=True)
    scaled = np.divide(turned, largest, out=np.zeros_like(turned), where=largest > 0)
    colours: NDArray[np.uint8] = np.rint(127.5 + 127.5 * scaled).astype(np.uint8)
    return colours


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Pearson's, 0 where one of the two is constant."""
    a, b = one - one.mean(), other - other.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale else 0.0


def colour_order(pixels: NDArray[np.uint8], inputs: NDArray[np.float32]) -> tuple[int, ...]:
    """For each channel of the input, the colour of the photograph that it follows.

    0 red, 1 green, 2 blue. ``pixels`` and ``inputs`` are (h, w, 3), before and after preprocessing.
    """
    flat = pixels.reshape(-1, 3).astype(np.float64)
    fed = inputs.reshape(-1, 3).astype(np.float64)
    order = []
    for i in range(3):
        # a channel that is its colour shifted and scaled follows it exactly
        follows = [_correlation(fed[:, i], flat[:, c]) for c in range(3)]
        order.append(max(range(3), key=lambda c: (round(follows[c], 6), -c)))
    return tuple(order)
