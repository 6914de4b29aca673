"""What an image will cost, reckoned before anything is built."""

from __future__ import annotations

from generator.domain import Model

__all__ = ["HANDOUT_MEGABYTES", "PAGES_LIMIT", "reckoned"]

PAGES_LIMIT = 1_000_000_000
"""Bytes of a site that GitHub Pages takes."""
HANDOUT_MEGABYTES = 4.0
"""Of the handouts of one image."""
_MEGABYTE = 1_000_000
_BYTES_A_VALUE, _BYTES_A_VALUE_TO_READ = 0.76, 0.54
"""Of a feature map: in sheets and strips, and once more where pages can read values."""
_BYTES_A_CHANNEL = 845
"""Its tile in the pages and its numbers. Fitted, with the two above, to VGG16's galleries and to
those in docs/models.md; of a network with many small maps it is more than half."""
_SECONDS_A_VALUE, _SECONDS_A_MULTIPLY_ADD, _SECONDS_A_CHANNEL = 3.0e-8, 1.0e-11, 1.2e-4
"""On two cores: measuring and coding, the forward pass, pages (benchmarks/results.md)."""


def reckoned(model: Model, *, values: bool = True) -> tuple[float, float]:
    """About what an image will cost: megabytes of files, and seconds on two cores.

    Args:
        model: with the layers that are captured.
        values: whether pages opened from a file can read the maps' values.
    """
    count = sum(layer.height * layer.width * layer.channels for layer in model.layers)
    channels = sum(layer.channels for layer in model.layers)
    work = sum(layer.multiply_adds for layer in model.layers)
    a_value = _BYTES_A_VALUE + (_BYTES_A_VALUE_TO_READ if values else 0)
    return (
        (count * a_value + channels * _BYTES_A_CHANNEL) / _MEGABYTE,
        count * _SECONDS_A_VALUE + work * _SECONDS_A_MULTIPLY_ADD + channels * _SECONDS_A_CHANNEL,
    )
