"""Images + network -> feature maps, in batches of one fixed shape.

With ``generator.models``, the only place that knows TensorFlow. The graph is
traced once, for one batch shape; a last, smaller batch is filled up with
black images whose maps are dropped, so an image's maps do not depend on its company.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from generator.domain import Model

__all__ = ["BATCH", "Extractor"]

BATCH = 4
"""Images a forward pass: facts from measurement, two cores, 224 x 224 (benchmarks/)."""


class _Network(Protocol):
    """What is needed of ``generator.models.Network``."""

    @property
    def spec(self) -> Model: ...
    @property
    def graph(self) -> Any: ...
    def preprocess(self, images: NDArray[Any], /) -> NDArray[np.float32]: ...


class Extractor:
    """Runs a network and hands back the maps of its captured layers."""

    def __init__(self, network: _Network, batch: int = BATCH) -> None:
        import tensorflow as tf

        self._network = network
        self._batch = batch
        self._layers = [layer.name for layer in network.spec.layers]
        shape = (batch, *network.graph.input.shape[1:])  # grey or in colour
        self._run = tf.function(
            lambda x: network.graph(x, training=False),
            input_signature=[tf.TensorSpec(shape, tf.float32)],
        )
        self._constant = tf.constant
        self._exhausted = tf.errors.ResourceExhaustedError

    @property
    def batch(self) -> int:
        """Images a forward pass."""
        return self._batch

    def maps(self, images: Sequence[NDArray[Any]]) -> list[dict[str, NDArray[np.float32]]]:
        """Feature maps of at most ``batch`` images, each ``(height, width, 3)`` sRGB, 0 to 255.

        Fractions, if there are any, are kept.
        Returns for each image its maps by layer name, ``(height, width, channels)``: views
        of the batch's output, valid as long as one of them is kept.

        Raises MemoryError if there is too little for them.
        """
        if not 0 < len(images) <= self._batch:
            raise ValueError(f"expected 1 to {self._batch} images, got {len(images)}")
        stacked = np.stack(images)
        filled = np.zeros((self._batch, *images[0].shape), dtype=stacked.dtype)
        filled[: len(images)] = stacked
        try:
            outputs = self._run(self._constant(self._network.preprocess(filled)))
        except self._exhausted as error:
            raise MemoryError(str(error)) from error
        outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
        # of a network of mixed precision too
        arrays = [np.asarray(output).astype(np.float32, copy=False) for output in outputs]
        return [
            {name: array[i] for name, array in zip(self._layers, arrays, strict=True)}
            for i in range(len(images))
        ]
