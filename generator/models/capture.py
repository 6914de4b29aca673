"""Which maps of a network are shown: each convolution after what belongs to it.

A map is captured after the batch-norm and the activation that follow its convolution, because
that is what the next layer gets. Both are found on the graph: they belong to a convolution if
nothing else reads what lies between.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from math import log2, prod
from typing import Any, Literal

from generator.domain import Layer, LayerKind, Operation, Window
from generator.errors import LayerNotFound, ModelError
from generator.models.backend import keras
from generator.models.receptive_field import padding_before
from generator.models.trace import Call, Trace
from generator.names import slug

__all__ = ["Captured", "Every", "captures", "describe", "extraction_model", "folded", "select"]

Every = Literal["layer", "block", "stage"]
"""Of which depth one is captured: every layer, what a block puts out, or a stage's last."""

CONVOLUTIONS = (*("Conv2D", "DepthwiseConv2D", "SeparableConv2D", "Conv2DTranspose"),)
POOLS = ("MaxPooling2D", "AveragePooling2D")
MERGES = ("Add", "Concatenate", "Average", "Maximum", "Subtract")
_ACTIVATIONS = ("Activation", "ReLU", "LeakyReLU", "ELU", "PReLU", "Relu", "Relu6", "Silu", "Gelu")
_NEVER_NEGATIVE = frozenset(
    {
        *("exponential", "hard_sigmoid", "relu", "relu6", "sigmoid", "softmax", "softplus"),
        "thresholded_relu",  # Keras takes no threshold below zero
    }
)
_OVERSHOOT = ("bicubic", "lanczos3", "lanczos5")
"""Interpolations that put out values beyond those they are fed."""
_KEEP_SIGN = frozenset(
    {
        *("MaxPooling2D", "AveragePooling2D", "ZeroPadding2D", "Cropping2D", "Dropout"),
        *("SpatialDropout2D", "UpSampling2D", "Concatenate", "Add", "Average", "Identity"),
        *("Multiply", "Reshape", "GlobalAveragePooling2D", "GlobalMaxPooling2D", "Flatten"),
    }
)
"""What puts out nothing below zero if it is fed nothing below zero."""


@dataclass(frozen=True)
class Captured:
    """One layer whose maps are shown."""

    call: Call
    """What makes them,"""
    through: tuple[Call, ...]
    """and what they still pass before they are captured: a batch-norm, an activation."""
    kind: LayerKind
    stage: str = field(default="", compare=False)
    """Group of layers at one resolution."""

    @property
    def name(self) -> str:
        """That of the call that makes the maps."""
        return self.call.name

    @property
    def output(self) -> Any:
        """The maps, as a symbolic tensor (n, height, width, channels)."""
        return (self.through[-1] if self.through else self.call).output

    @property
    def names(self) -> tuple[str, ...]:
        """Every name by which it can be asked for."""
        return (self.name, *(call.name for call in self.through))


# -- What there is to capture


def captures(trace: Trace, fields: Mapping[str, Window]) -> tuple[Captured, ...]:
    """Every convolution, pool and merge whose output is a map, in network order.

    ``fields`` are the receptive fields by name. Left out is the one value that stands for the
    whole image, such as a squeeze-and-excitation's.

    Raises:
        ModelError: there is no convolution.
    """
    found = []
    for call in trace.calls:
        kind = _kind(call)
        if kind and len(call.output.shape) == 4 and not _of_no_place(call, fields):
            found.append(Captured(call, _followers(trace, call), kind))
    if not any(one.kind == "conv" for one in found):
        kinds = dict.fromkeys(call.kind for call in trace.calls)
        raise ModelError(
            f"{trace.name}: expected a network with convolutions (Conv2D and its kin), found "
            f"{', '.join(kinds) or 'no layer'}; there are no feature maps to show"
        )
    return _staged(trace, found)


def _of_no_place(call: Call, fields: Mapping[str, Window]) -> bool:
    window = fields[call.name]
    return tuple(call.output.shape[1:3]) == (1, 1) and (window.stride_y, window.stride_x) == (0, 0)


def _kind(call: Call) -> LayerKind | None:
    layers = keras().layers
    for kinds, name in ((CONVOLUTIONS, "conv"), (POOLS, "pool"), (MERGES, "merge")):
        if isinstance(call.operation, tuple(getattr(layers, kind) for kind in kinds)):
            return name  # type: ignore[return-value]  # one of the three literals above
    # x + y, written as such; and the sum of InceptionResNetV2, a layer of keras.applications
    plain = call.kind == "Add" and not isinstance(call.operation, layers.Layer)
    if (plain or call.kind == "CustomScaleLayer") and len(call.inputs) > 1:
        return "merge"
    return None


def _followers(trace: Trace, call: Call) -> tuple[Call, ...]:
    """The batch-norm and the activation that only ``call`` feeds."""
    if _kind(call) == "pool" or _own_activation(call):
        return ()
    found: list[Call] = []
    here = call
    while True:
        users = trace.users(here.output)
        shown = any(here.output is output for output in trace.outputs)
        if len(users) != 1 or shown:
            return tuple(found)
        following = users[0]
        if _normalises(following) and not found and _kind(call) == "conv":
            found.append(following)
        elif _is_activation(following):
            return (*found, following)
        else:
            return tuple(found)
        here = following


def _normalises(call: Call) -> bool:
    """Whether it is a batch-norm of channels, as they all are but for mistakes."""
    layer = keras().layers.BatchNormalization
    return isinstance(call.operation, layer) and call.operation.axis in (-1, 3)


def _is_activation(call: Call) -> bool:
    name = call.kind
    return name in _ACTIVATIONS and _function(call) not in ("linear", "softmax")


def _own_activation(call: Call) -> str:
    """The activation inside a convolution, "" without one."""
    function = getattr(getattr(call.operation, "activation", None), "__name__", "linear")
    return "" if function == "linear" else function


def _function(call: Call) -> str:
    """Name of an activation: "relu", "hard_silu"."""
    operation = call.operation
    if call.kind == "ReLU":
        if operation.negative_slope:
            return "leaky_relu"
        if operation.threshold:
            return "thresholded_relu"
        return "relu" if operation.max_value is None else f"relu{operation.max_value:g}"
    if call.kind == "Activation":
        return str(getattr(operation.activation, "__name__", "unnamed"))
    return {"LeakyReLU": "leaky_relu", "ELU": "elu", "PReLU": "prelu"}.get(
        call.kind, call.kind.lower()
    )


def _activation(captured: Captured) -> str:
    """The function that made the values: "relu", "linear"; "" of a pool."""
    if captured.kind == "pool":
        return ""
    if captured.through and _is_activation(captured.through[-1]):
        return _function(captured.through[-1])
    return _own_activation(captured.call) or ("" if captured.kind == "merge" else "linear")


def _signed(trace: Trace, tensor: Any) -> bool:
    """Whether values below zero can occur."""
    call = trace.maker(tensor)
    if call is None:
        return True  # preprocessing centres most inputs
    if _is_activation(call) or _own_activation(call):
        name = _function(call) if _is_activation(call) else _own_activation(call)
        # whatever the number at which it is cut: relu6
        return re.sub(r"^relu[\d.]+$", "relu", name) not in _NEVER_NEGATIVE
    # lazily: where branches meet again and again, looking down all of them would never end
    sources = (_signed(trace, source) for source in call.inputs)
    if call.kind == "Maximum" and len(call.inputs) > 1:
        return all(sources)
    return not _keeps_sign(call) or any(sources)


def _keeps_sign(call: Call) -> bool:
    if getattr(call.operation, "interpolation", "") in _OVERSHOOT:
        return False
    # x + 3 and x * 3 are fed x alone; what the number is cannot be seen
    joins = isinstance(call.operation, keras().layers.Layer) or len(call.inputs) > 1
    return call.kind in _KEEP_SIGN and joins


# -- Groups of layers at one resolution


def _staged(trace: Trace, found: Sequence[Captured]) -> tuple[Captured, ...]:
    """With the stage of each: the names' own blocks if they have any, else by resolution."""
    numbered = [re.fullmatch(r"(block\d+)_(?:conv\d+|pool)", one.name) for one in found]
    if all(numbered):
        return tuple(
            Captured(one.call, one.through, one.kind, match[1])
            for one, match in zip(found, numbered, strict=True)
            if match
        )
    # by the power of two that comes nearest: padding makes 149 and 147 of one half of 299
    depths = [round(log2(max(1, trace.size[0] / one.output.shape[1]))) for one in found]
    order = sorted(set(depths))
    return tuple(
        Captured(one.call, one.through, one.kind, f"stage{order.index(depth) + 1}")
        for one, depth in zip(found, depths, strict=True)
    )


# -- What was asked for


def select(
    trace: Trace, found: Sequence[Captured], patterns: Sequence[str], every: Every = "layer"
) -> tuple[Captured, ...]:
    """Those of ``found`` that match a pattern, in network order.

    Args:
        trace: the network.
        found: its captures.
        patterns: shell patterns for the names of layers, or of the batch-norm or activation that
            belongs to one; upper and lower case differ.
        every: "block": only what a merge puts out, and the last layer of each stage; "stage":
            only the latter.

    Raises:
        LayerNotFound: a pattern matches none; names those that come close, and all.
    """
    if not patterns:
        raise LayerNotFound("layers: expected at least one name or pattern, got none")
    last = {one.stage: one for one in found}
    kept = {
        "layer": list(found),
        "block": [one for one in found if one.kind == "merge" or last[one.stage] is one],
        "stage": [one for one in found if last[one.stage] is one],
    }[every]
    names = [one.name for one in kept]
    for pattern in patterns:
        if not any(_matches(one, pattern) for one in kept):
            close = difflib.get_close_matches(pattern, names, n=3)
            hint = f" Did you mean {' or '.join(close)}?" if close else ""
            shown = names if len(names) <= 40 else [*names[:20], "...", *names[-20:]]
            raise LayerNotFound(
                f"no layer of {trace.name} matches {pattern!r}.{hint} "
                f"Expected one of these names, or a pattern such as {_example(names)} for "
                f"several: {', '.join(shown)}"
            )
    return tuple(one for one in kept if any(_matches(one, pattern) for pattern in patterns))


def _example(names: Sequence[str]) -> str:
    return "block3_*" if "block3_conv1" in names else f"{names[0][:4]}*"


def _matches(one: Captured, pattern: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in one.names)


def extraction_model(trace: Trace, captured: Sequence[Captured]) -> Any:
    """A Keras model from the input of ``trace`` to the maps of ``captured``, in their order."""
    # TensorFlow traces no model whose name has a space
    name = slug(str(trace.name)) or "model"
    return keras().Model(trace.input, [one.output for one in captured], name=name)


# -- What is known of them


def describe(trace: Trace, one: Captured, window: Window, captured: Sequence[Captured]) -> Layer:
    """The facts of one captured layer.

    ``window`` is its receptive field, ``captured`` all layers that are captured.
    """
    operation = one.call.operation
    _, height, width, channels = one.output.shape
    steps = getattr(operation, "strides", (1, 1)) or (1, 1)
    kernel = getattr(operation, "pool_size" if one.kind == "pool" else "kernel_size", (1, 1))
    return Layer(
        name=one.name,
        kind=one.kind,
        activation=_activation(one),
        signed=_signed(trace, one.output),
        block=one.stage,
        height=height,
        width=width,
        channels=channels,
        window=window,
        kernel=tuple(kernel),
        strides=tuple(steps) if one.kind != "merge" else (1, 1),
        parameters=sum(_parameters(call) for call in (one.call, *one.through)),
        multiply_adds=_multiply_adds(one.call),
        operation=_operation(trace, one, captured),
        through=tuple(call.name for call in one.through),
        summed=([one.name] + [c.name for c in one.through if not _is_activation(c)])[-1],
    )


def _parameters(call: Call) -> int:
    return call.operation.count_params() if hasattr(call.operation, "count_params") else 0


def _multiply_adds(call: Call) -> int:
    """Of a convolution for one image: each weight is used once at each position of a map."""
    if _kind(call) != "conv":
        return 0
    operation, (_, height, width, _channels) = call.operation, call.output.shape
    if call.kind == "Conv2DTranspose":  # there, at each position of the map that it is fed
        _, height, width, _ = call.inputs[0].shape
        return int(height * width * prod(operation.kernel.shape))
    if call.kind == "SeparableConv2D":
        depthwise, pointwise = operation.depthwise_kernel, operation.pointwise_kernel
        return int(height * width * (prod(depthwise.shape) + prod(pointwise.shape)))
    return int(height * width * prod(operation.kernel.shape))


def _operation(trace: Trace, one: Captured, captured: Sequence[Captured]) -> Operation | None:
    """How the values are made of the captured layer that feeds them, if one does, and plainly."""
    layers, call = keras().layers, one.call
    plain = type(call.operation) is layers.Conv2D and call.operation.groups == 1
    if not plain and not isinstance(call.operation, layers.MaxPooling2D):
        return None
    # what lies between the sum and the values must be known: nothing, or a cut at zero
    exact = getattr(call.operation, "compute_dtype", "float32") == "float32"
    if not exact or (one.kind == "conv" and _activation(one) not in ("relu", "linear")):
        return None
    source, padded = _source(trace, call.inputs[0])
    from_input = source is trace.input
    by_tensor = {id(other.output): other for other in captured}
    if not from_input and id(source) not in by_tensor:
        return None
    if not from_input and _signed(trace, source):
        return None  # an account of pushes takes what it is fed to be zero or more
    operation = call.operation
    pool = one.kind == "pool"
    kernel = tuple(operation.pool_size if pool else operation.kernel_size)
    dilation = (1, 1) if pool else tuple(operation.dilation_rate)
    before = [
        padding_before(length, (taps - 1) * spread + 1, stride)
        if operation.padding == "same"
        else 0
        for length, taps, spread, stride in zip(
            call.inputs[0].shape[1:3], kernel, dilation, operation.strides, strict=True
        )
    ]
    return Operation(
        source="" if from_input else by_tensor[id(source)].name,
        kernel=kernel,
        strides=tuple(operation.strides),
        before=(before[0] + padded[0], before[1] + padded[1]),
        dilation=dilation,
    )


def _source(trace: Trace, tensor: Any) -> tuple[Any, tuple[int, int]]:
    """Where a map comes from behind zero padding, and how much was added above and left."""
    top = left = 0
    while (call := trace.maker(tensor)) is not None and call.kind in ("ZeroPadding2D", "Dropout"):
        if call.kind == "ZeroPadding2D":
            (above, _), (before, _) = call.operation.padding
            top, left = top + above, left + before
        tensor = call.inputs[0]
    return tensor, (top, left)


def folded(one: Captured) -> tuple[Any, Any] | None:
    """Kernel (height, width, in, out) and bias (out,) of a plain convolution, float32.

    A batch-norm behind it is folded in, so that the sum is what the activation gets.
    """
    layers, operation = keras().layers, one.call.operation
    if type(operation) is not layers.Conv2D or operation.groups != 1:
        return None
    import numpy as np

    kernel = np.asarray(operation.kernel, dtype=np.float32)
    bias = (
        np.asarray(operation.bias, dtype=np.float32)
        if operation.use_bias
        else np.zeros(kernel.shape[3], dtype=np.float32)
    )
    for call in one.through:
        if _normalises(call):
            norm = call.operation
            spread = np.sqrt(np.asarray(norm.moving_variance, dtype=np.float64) + norm.epsilon)
            gain = (np.asarray(norm.gamma, dtype=np.float64) if norm.scale else 1.0) / spread
            shift = np.asarray(norm.beta, dtype=np.float64) if norm.center else 0.0
            moved = (bias - np.asarray(norm.moving_mean, dtype=np.float64)) * gain + shift
            kernel = (kernel * gain).astype(np.float32)
            bias = moved.astype(np.float32)
    return kernel, bias
