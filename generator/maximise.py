"""Activation maximisation: pictures that excite one channel each (Olah et al. 2017).

With ``generator.models`` and ``generator.activations`` the only place that knows TensorFlow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from generator.atlas.settings import BATCH, Octave, Precision, Settings
from generator.atlas.spectrum import COLOURS, amplitudes, beginning, grow, shifts
from generator.errors import AtlasError

__all__ = ["Maximiser", "Meter", "device", "quick_precision"]

_MEMORY, _MEMORY_OF_SQUARES, _LEAST = 0.9, 0.999, 1e-7
"""Of Adam (Kingma & Ba 2015)."""


class Network(Protocol):
    """What is needed of ``generator.models.Network``."""

    def before_activation(
        self, layer: str, size: tuple[int, int], precision: Precision
    ) -> Callable[[Any, Any], Any]: ...
    def output(self, layer: str, size: tuple[int, int]) -> Callable[[Any], Any]: ...


def device() -> str:
    """ "GPU" if TensorFlow finds one, else "CPU"."""
    import tensorflow as tf

    return "GPU" if tf.config.list_physical_devices("GPU") else "CPU"


def quick_precision() -> Precision:
    """bfloat16 where the processor multiplies it faster than float32, else float32."""
    try:
        processor = Path("/proc/cpuinfo").read_text("utf-8", errors="replace")
    except OSError:
        return "float32"
    known = "avx512_bf16" in processor or "amx_bf16" in processor
    return "bfloat16" if known and device() == "CPU" else "float32"


class Maximiser:
    """Optimises pictures for the channels of one layer, a batch at a time.

    What is climbed is the mean over the channel's map before its activation, as
    ``generator.models`` says.
    """

    def __init__(self, network: Network, layer: str, settings: Settings) -> None:
        self._layer, self._settings = layer, settings
        self._climbers = [
            _Climber(
                network.before_activation(layer, (o.height, o.width), settings.precision),
                layer,
                o,
                settings.batch,
            )
            for o in settings.octaves
        ]

    def pictures(self, channels: Sequence[int]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """The pictures of at most a batch of channels.

        Returns ``(n, height, width, 3)``, sRGB, and for each whether it is one: not, if the
        layer gave a value or a slope that is not finite.
        """
        settings = self._settings
        if not 0 < len(channels) <= settings.batch:
            raise ValueError(f"expected 1 to {settings.batch} channels, got {len(channels)}")
        filled = [*channels, *[channels[-1]] * (settings.batch - len(channels))]
        first = settings.octaves[0]
        size = (first.height, first.width)
        parameters = beginning(self._layer, filled, settings.seed, *size)
        steps = sum(octave.steps for octave in settings.octaves)
        rolls = shifts(self._layer, settings.seed, steps, settings.jitter)
        taken = 0
        image = np.zeros(0, dtype=np.float32)
        for octave, climber in zip(settings.octaves, self._climbers, strict=True):
            parameters = grow(parameters, size, (octave.height, octave.width))
            size = (octave.height, octave.width)
            own = rolls[taken : taken + octave.steps]
            parameters, image = climber.climb(parameters, filled, own)
            taken += octave.steps
        kept = image[: len(channels)]
        whole = np.array([np.isfinite(picture).all() for picture in kept])
        pixels = np.rint(np.nan_to_num(kept, nan=0.5) * 255).astype(np.uint8)
        return pixels, whole


class _Climber:
    """Adam on the parameters of a batch of pictures of one size."""

    def __init__(
        self, objective: Callable[[Any, Any], Any], layer: str, octave: Octave, batch: int
    ) -> None:
        import tensorflow as tf

        height, width = octave.height, octave.width
        shape = (batch, 3, height, width // 2 + 1, 2)
        self._parameters = tf.Variable(tf.zeros(shape))
        self._slope = tf.Variable(tf.zeros(shape))
        self._square = tf.Variable(tf.zeros(shape))
        scale = tf.constant(amplitudes(height, width)[None, None])
        colours = tf.constant(COLOURS)

        def image() -> Any:
            waves = tf.complex(self._parameters[..., 0] * scale, self._parameters[..., 1] * scale)
            planes = tf.signal.irfft2d(waves, [height, width])  # (n, 3, height, width)
            return tf.sigmoid(tf.einsum("ndhw,cd->nhwc", planes, colours))

        def step(number: Any, channels: Any, roll: Any) -> None:
            with tf.GradientTape() as tape:
                rolled = tf.roll(image(), roll, axis=[1, 2])
                score = tf.reduce_sum(objective(rolled * 255.0, channels))
            slope = tape.gradient(score, self._parameters)
            if slope is None:
                raise AtlasError(
                    f"{layer}: expected a layer whose values have a slope with respect to the "
                    f"pixels; this one has none, so nothing can be climbed; leave it out with "
                    f"--layers"
                )
            self._slope.assign(_MEMORY * self._slope + (1 - _MEMORY) * slope)
            self._square.assign(
                _MEMORY_OF_SQUARES * self._square + (1 - _MEMORY_OF_SQUARES) * slope * slope
            )
            mean = self._slope / (1 - _MEMORY**number)
            spread = tf.sqrt(self._square / (1 - _MEMORY_OF_SQUARES**number)) + _LEAST
            self._parameters.assign_add(octave.rate * mean / spread)

        # AutoGraph would read these modules' source again, and wrap our errors in a trace.
        self._step = tf.function(
            step,
            autograph=False,
            input_signature=[
                tf.TensorSpec((), tf.float32),
                tf.TensorSpec((batch,), tf.int32),
                tf.TensorSpec((2,), tf.int32),
            ],
        )
        self._image = tf.function(image, autograph=False, input_signature=[])
        self._tf = tf

    def climb(
        self, parameters: NDArray[np.float32], channels: Sequence[int], rolls: NDArray[np.int32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """A step for each of ``rolls``; returns the parameters and the pictures, 0 to 1."""
        tf = self._tf
        self._parameters.assign(parameters)
        self._slope.assign(tf.zeros_like(self._slope))
        self._square.assign(tf.zeros_like(self._square))
        numbers = tf.constant(np.asarray(channels, dtype=np.int32))
        for i, roll in enumerate(rolls):
            self._step(tf.constant(float(i + 1)), numbers, tf.constant(roll))
        return self._parameters.numpy(), self._image().numpy()


class Meter:
    """Measures how strongly pictures excite every channel of a layer, in float32."""

    def __init__(
        self, network: Network, layer: str, size: tuple[int, int], batch: int = BATCH
    ) -> None:
        import tensorflow as tf

        output = network.output(layer, size)

        def measure(pixels: Any) -> tuple[Any, Any]:
            maps = output(tf.cast(pixels, tf.float32))  # (n, h, w, channels)
            return tf.reduce_mean(maps, axis=[1, 2]), tf.reduce_max(maps, axis=[1, 2])

        self._batch, self._size = batch, size
        self._run = tf.function(
            measure,
            autograph=False,
            input_signature=[tf.TensorSpec((batch, *size, 3), tf.uint8)],
        )

    def measure(
        self, pictures: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Mean and largest value of every channel's map, ``(n, channels)`` each.

        ``pictures``: ``(n, height, width, 3)``, sRGB.
        """
        means, peaks = [], []
        for start in range(0, len(pictures), self._batch):
            some = pictures[start : start + self._batch]
            filled = np.zeros((self._batch, *self._size, 3), dtype=np.uint8)
            filled[: len(some)] = some
            mean, peak = self._run(filled)
            means.append(mean.numpy()[: len(some)])
            peaks.append(peak.numpy()[: len(some)])
        return np.concatenate(means), np.concatenate(peaks)
