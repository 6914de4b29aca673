"""What a Keras graph tells of its layers: names, shapes, sizes and costs, nothing typed in."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from fnmatch import fnmatchcase
from math import prod
from typing import Any

from generator.domain import Layer, Operation, Window
from generator.errors import LayerNotFound
from generator.models.backend import keras
from generator.models.receptive_field import padding_before

__all__ = ["describe", "extraction_model", "select"]

_NEVER_NEGATIVE = frozenset({"relu", "relu6", "sigmoid", "softmax", "softplus", "exponential"})


def select(model: Any, patterns: Sequence[str]) -> list[Any]:
    """The convolutions and pools of ``model`` that match a pattern, in network order.

    Args:
        model: a functional Keras model.
        patterns: shell patterns for layer names; upper and lower case differ.

    Raises:
        LayerNotFound: a pattern matches none; names those that come close, and all.
    """
    layers = [layer for layer in model.layers if _is_convolution(layer) or _is_pool(layer)]
    names = [layer.name for layer in layers]
    if not patterns:
        raise LayerNotFound("layers: expected at least one name or pattern, got none")
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            close = difflib.get_close_matches(pattern, names, n=3)
            hint = f" Did you mean {' or '.join(close)}?" if close else ""
            raise LayerNotFound(
                f"no layer of {model.name} matches {pattern!r}.{hint} "
                f"Expected one of these names, or a pattern such as block3_* for several: "
                f"{', '.join(names)}"
            )
    return [
        layer for layer in layers if any(fnmatchcase(layer.name, pattern) for pattern in patterns)
    ]


def extraction_model(model: Any, layers: Sequence[Any]) -> Any:
    """A Keras model from the input of ``model`` to the outputs of ``layers``, in their order."""
    return keras().Model(model.input, [layer.output for layer in layers], name=model.name)


def describe(layer: Any, window: Window, captured: Sequence[str]) -> Layer:
    """The facts of one convolution or pool.

    ``window`` is its receptive field, ``captured`` the names of all layers that are captured.
    """
    _, height, width, channels = layer.output.shape
    pool = _is_pool(layer)
    return Layer(
        name=layer.name,
        kind="pool" if pool else "conv",
        activation="" if pool else layer.activation.__name__,
        signed=_signed(layer),
        block=layer.name.partition("_")[0],
        height=height,
        width=width,
        channels=channels,
        window=window,
        kernel=tuple(layer.pool_size if pool else layer.kernel_size),
        strides=tuple(layer.strides),
        parameters=layer.count_params(),
        # Each weight of the kernel is used once at each position of the map.
        multiply_adds=0 if pool else height * width * prod(layer.kernel.shape),
        operation=_operation(layer, captured),
    )


def _operation(layer: Any, captured: Sequence[str]) -> Operation | None:
    """How the layer's values are made of the captured layer that feeds it, if one does."""
    kinds = keras().layers
    if isinstance(layer, kinds.AveragePooling2D) or getattr(layer, "groups", 1) != 1:
        return None
    fed_by = layer.input._keras_history.operation
    from_input = isinstance(fed_by, kinds.InputLayer)
    if not from_input and fed_by.name not in captured:
        return None
    kernel = tuple(layer.pool_size if _is_pool(layer) else layer.kernel_size)
    dilation = (1, 1) if _is_pool(layer) else tuple(layer.dilation_rate)
    before_y, before_x = (
        padding_before(length, (taps - 1) * spread + 1, stride) if layer.padding == "same" else 0
        for length, taps, spread, stride in zip(
            layer.input.shape[1:3], kernel, dilation, layer.strides, strict=True
        )
    )
    return Operation(
        source="" if from_input else fed_by.name,
        kernel=kernel,
        strides=tuple(layer.strides),
        before=(before_y, before_x),
        dilation=dilation,
    )


def _is_convolution(layer: Any) -> bool:
    return isinstance(layer, keras().layers.Conv2D)


def _is_pool(layer: Any) -> bool:
    kinds = keras().layers
    return isinstance(layer, (kinds.MaxPooling2D, kinds.AveragePooling2D))


def _signed(layer: Any) -> bool:
    """Whether a layer can put out negative values: a pool can if what it is fed can."""
    if _is_pool(layer):
        return _signed(layer.input._keras_history.operation)
    activation = getattr(layer, "activation", None)
    return getattr(activation, "__name__", "") not in _NEVER_NEGATIVE
