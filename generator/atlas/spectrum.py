"""The picture as a spectrum: how it begins, and how it grows from one size to the next.

Parameters are the real and imaginary part of each frequency of three decorrelated colour
channels, divided by the amplitude that the frequency has in photographs (about 1 / f): so a step
of equal size at every frequency looks natural, not like noise (Olah, Mordvintsev & Schubert 2017).
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

__all__ = ["COLOURS", "amplitudes", "beginning", "grow", "shifts"]

_SPREAD = 0.01
"""Standard deviation of the first parameters: a picture that is almost plain grey."""

# Square root of the covariance of red, green and blue over ImageNet's pixels, as Lucid has it
# (Olah et al. 2017): rows red, green, blue; columns light, red-blue, green-magenta.
_COLOUR_ROOT = np.array(
    [[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]], dtype=np.float32
)
COLOURS: NDArray[np.float32] = _COLOUR_ROOT / np.linalg.norm(_COLOUR_ROOT, axis=0).max()
"""(3, 3): decorrelated colour channels (columns) -> red, green, blue (rows)."""


def amplitudes(height: int, width: int) -> NDArray[np.float32]:
    """What the parameters of each frequency are multiplied by, ``(height, width // 2 + 1)``.

    For a transform that divides by ``height * width``, as an inverse FFT does.
    """
    down = np.fft.fftfreq(height)[:, None]
    across = np.fft.rfftfreq(width)[None]
    frequency = np.hypot(down, across)
    lowest = 1 / max(height, width)
    scale: NDArray[np.float64] = np.sqrt(height * width) / np.maximum(frequency, lowest) / 4
    return scale.astype(np.float32)


def beginning(
    layer: str, channels: list[int], seed: int, height: int, width: int
) -> NDArray[np.float32]:
    """Parameters of nearly grey pictures, ``(n, 3, height, width // 2 + 1, 2)``.

    Those of a channel depend on its layer, its number and the seed, not on its company.
    """
    shape = (3, height, width // 2 + 1, 2)
    return np.stack(
        [
            np.random.default_rng([seed, _number(layer), channel]).standard_normal(shape) * _SPREAD
            for channel in channels
        ]
    ).astype(np.float32)


def shifts(layer: str, seed: int, steps: int, reach: int) -> NDArray[np.int32]:
    """By how much to roll the picture at each step: ``(steps, 2)``, rows and columns, pixels."""
    rng = np.random.default_rng([seed, _number(layer)])
    return rng.integers(-reach, reach + 1, (steps, 2)).astype(np.int32)


def grow(
    parameters: NDArray[np.float32], before: tuple[int, int], after: tuple[int, int]
) -> NDArray[np.float32]:
    """Parameters of the same pictures at a larger size: higher frequencies are added as zeros.

    ``parameters``: ``(n, 3, height, width // 2 + 1, 2)`` of the size ``before``.
    """
    if before == after:
        return parameters
    (low, narrow), (high, wide) = before, after
    waves = (parameters[..., 0] + 1j * parameters[..., 1]) * amplitudes(low, narrow)
    # The highest frequency of an even side stands for two of the larger spectrum: left out.
    rows, columns = (low - 1) // 2, (narrow - 1) // 2
    grown = np.zeros((*waves.shape[:2], high, wide // 2 + 1), dtype=np.complex64)
    grown[:, :, : rows + 1, : columns + 1] = waves[:, :, : rows + 1, : columns + 1]
    grown[:, :, -rows:, : columns + 1] = waves[:, :, -rows:, : columns + 1]
    grown *= (high * wide) / (low * narrow) / amplitudes(high, wide)
    return np.stack([grown.real, grown.imag], axis=-1).astype(np.float32)


def _number(name: str) -> int:
    return zlib.crc32(name.encode())
