"""Layers of a network with channels first, as the same layers with channels last.

TensorFlow has no convolution with channels first on a processor. The numbers of a layer are the
same in both orders, only the axes that its settings name differ.
"""

from __future__ import annotations

from typing import Any

from generator.errors import ModelError
from generator.models.backend import keras
from generator.models.elementwise import ELEMENTWISE

__all__ = ["turned"]

_AXIS = (
    *("BatchNormalization", "LayerNormalization", "GroupNormalization", "UnitNormalization"),
    "Concatenate",
)
_SHARED = ("PReLU",)
_MAKES_MAPS = ("Permute", "Reshape", "RepeatVector", "Lambda")
_OVER_THE_LAST_AXIS = ("Dense", "EinsumDense", "Normalization", "Softmax")
"""Fed maps, they mean the columns of a network with channels first."""


def turned(operation: Any, rank: int) -> list[Any]:
    """The operations that do with channels last what ``operation`` does with channels first.

    Args:
        operation: a Keras layer, or a plain operation such as ``x + y``.
        rank: how many axes its (first) input has: 4 of maps, which alone have an order.

    Raises:
        ModelError: a layer whose meaning depends on the order in a way that is not known.
    """
    layers = keras().layers
    kind = type(operation).__name__
    if _not_to_turn(operation, rank):
        raise ModelError(
            f"{operation.name}: a {kind} in a network with channels first cannot be turned to "
            f"channels last; convert the model, then try again"
        )
    if rank != 4 or not isinstance(operation, layers.Layer):
        return [operation]
    config = operation.get_config()
    if kind == "Flatten":
        # The weights behind it expect (channels, height, width), unless it turned them itself.
        first = config.get("data_format") == "channels_first"
        flat = layers.Flatten(name=operation.name)
        return [flat] if first else [layers.Permute((3, 1, 2)), flat]
    if config.get("data_format") == "channels_first":
        config["data_format"] = "channels_last"
    elif "data_format" in config:
        raise ModelError(
            f"{operation.name}: expected channels first as in the network's input, got channels "
            f"last; convert the model to channels last"
        )
    if kind in _AXIS and config.get("axis") is not None:
        config["axis"] = _turned_axis(config["axis"])
    if kind in _SHARED and config.get("shared_axes"):
        config["shared_axes"] = [_turned_axis(axis) for axis in config["shared_axes"]]
    fresh = type(operation).from_config(config)
    weights = operation.get_weights()
    if weights:
        fresh.build(_turned_shape(operation))
        fresh.set_weights([_turned_weight(weight, kind) for weight in weights])
    return [fresh]


def _not_to_turn(operation: Any, rank: int) -> bool:
    """Whether it means an axis that no setting names, or several at once."""
    kind = type(operation).__name__
    if kind in _MAKES_MAPS or rank != 4:
        return kind in _MAKES_MAPS
    if not isinstance(operation, keras().layers.Layer):
        return kind not in ELEMENTWISE
    axes = getattr(operation, "axis", None)
    activation = getattr(getattr(operation, "activation", None), "__name__", "")
    return (
        kind in _OVER_THE_LAST_AXIS
        or "softmax" in activation
        or (isinstance(axes, list | tuple) and len(axes) > 1)
    )


def _turned_axis(axis: Any) -> Any:
    if isinstance(axis, list | tuple):
        return [_turned_axis(one) for one in axis]
    return {1: 3, 2: 1, 3: 2, -3: -1, -2: -3, -1: -2}.get(axis, axis)


def _turned_shape(operation: Any) -> tuple[int | None, ...]:
    shape = tuple(operation.get_build_config()["input_shape"])
    return (shape[0], *shape[2:], shape[1]) if len(shape) == 4 else shape


def _turned_weight(weight: Any, kind: str) -> Any:
    # one number a position and channel: (channels, height, width) -> (height, width, channels)
    return weight.transpose(1, 2, 0) if kind == "PReLU" and weight.ndim == 3 else weight
