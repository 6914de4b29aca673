"""Which input pixels each value of a layer can see, computed from the network's graph.

The formulas are those of Araujo, Norris & Sim, "Computing Receptive Fields of
Convolutional Neural Networks" (Distill, 2019, doi:10.23915/distill.00021), kept per axis,
with padding as TensorFlow places it. Where branches meet, the field is the smallest
interval that holds those of all branches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from generator.domain import Window
from generator.errors import ModelError
from generator.models.backend import keras
from generator.models.elementwise import ELEMENTWISE
from generator.models.trace import Call, Trace

__all__ = ["padding_before", "windows"]


@dataclass(frozen=True, slots=True)
class _Interval:
    """What the values of a map see along one axis: value i sees ``extent`` pixels
    from ``i * step + first``. A step of 0 means that every value sees the same.
    """

    extent: int
    step: int
    first: int

    @property
    def last(self) -> int:
        """Last pixel that value 0 sees."""
        return self.first + self.extent - 1


_Seen = tuple[_Interval, _Interval]
"""Along the rows, along the columns."""


def windows(trace: Trace) -> dict[str, Window]:
    """The receptive field of everything that a network makes, by the name of the call.

    Exact for what is known here; a layer of an unknown kind, whose values may come from
    anywhere, is taken to see the whole image.

    Raises:
        ModelError: the graph joins maps in a way that has no one answer; names the layer.
    """
    size = trace.size
    seen: dict[int, _Seen] = {id(trace.input): (_Interval(1, 1, 0), _Interval(1, 1, 0))}
    result: dict[str, Window] = {}
    for call in trace.calls:  # inputs come before what is made from them
        sources = [seen[id(tensor)] for tensor in call.inputs]
        here = _rule(call)(call, sources, size) if sources else _everything(size)
        for tensor in call.outputs:
            seen[id(tensor)] = here
        result[call.name] = _window(here)
    return result


def _window(seen: _Seen) -> Window:
    rows, columns = seen
    return Window(
        height=rows.extent,
        width=columns.extent,
        stride_y=rows.step,
        stride_x=columns.step,
        start_y=rows.first,
        start_x=columns.first,
    )


# -- One rule a kind of layer: what its inputs see (and the size of the image) -> what it sees

_Rule = Callable[[Call, list[_Seen], tuple[int, int]], _Seen]


def _rule(call: Call) -> _Rule:
    kinds = keras().layers
    rules: tuple[tuple[tuple[str, ...], _Rule], ...] = (
        (("Conv2D", "DepthwiseConv2D", "SeparableConv2D"), _convolution),
        (("Conv2DTranspose",), _transposed),
        (("UpSampling2D",), _enlarged),
        (("MaxPooling2D", "AveragePooling2D"), _pool),
        (("ZeroPadding2D",), _padding),
        (("Cropping2D",), _cropping),
        (("LayerNormalization", "GroupNormalization", "UnitNormalization"), _normalised),
        (_VALUE_BY_VALUE, _unchanged),
        (("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"), _union),
        (("Concatenate",), _concatenation),
        (("Dense",), _dense),
    )
    if isinstance(call.operation, kinds.Layer):
        for names, rule in rules:
            if isinstance(call.operation, tuple(getattr(kinds, name) for name in names)):
                return rule
        if call.kind in _OWN_KINDS:
            return _unchanged
    elif call.kind in ELEMENTWISE:
        return _elementwise
    return _whole


_VALUE_BY_VALUE = (
    "Activation",
    "ActivityRegularization",
    "AlphaDropout",
    "BatchNormalization",
    "Dropout",
    "ELU",
    "GaussianDropout",
    "GaussianNoise",
    "Identity",
    "LeakyReLU",
    "Normalization",
    "PReLU",
    # these change pictures in training only
    "RandomBrightness",
    "RandomContrast",
    "RandomFlip",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
    "ReLU",
    "Rescaling",
    "SpatialDropout2D",
)
_OWN_KINDS = ("LayerScale", "StochasticDepth", "CustomScaleLayer")
"""Layers of ``keras.applications`` that are no public layers; the last adds two maps."""


def _elementwise(call: Call, seen: list[_Seen], size: tuple[int, int]) -> _Seen:
    if len(call.output.shape) != 4:
        return _whole(call, seen, size)
    return _union(call, seen, size)


def _convolution(call: Call, seen: list[_Seen], _size: tuple[int, int]) -> _Seen:
    layer = call.operation
    _channels_last(call)
    return _slid(call, seen[0], layer.kernel_size, layer.dilation_rate)


def _pool(call: Call, seen: list[_Seen], _size: tuple[int, int]) -> _Seen:
    _channels_last(call)
    return _slid(call, seen[0], call.operation.pool_size, (1, 1))


def _slid(call: Call, seen: _Seen, kernel: tuple[int, int], dilation: tuple[int, int]) -> _Seen:
    """A kernel slid over a map: both axes of the recurrences of Araujo et al. (2019)."""
    layer, source = call.operation, call.inputs[0]
    strides = layer.strides if isinstance(layer.strides, tuple) else (layer.strides,) * 2
    rows, columns = (
        _slid_axis(seen[axis], source.shape[1 + axis], reach, strides[axis], layer.padding)
        for axis, reach in enumerate(
            (taps - 1) * spread + 1 for taps, spread in zip(kernel, dilation, strict=True)
        )
    )
    return rows, columns


def _slid_axis(
    seen: _Interval, length: int, reach: int, stride: int, padding: Literal["same", "valid"]
) -> _Interval:
    """``reach``: rows or columns from the kernel's first to its last, holes included."""
    before = padding_before(length, reach, stride) if padding == "same" else 0
    return _Interval(
        extent=(reach - 1) * seen.step + seen.extent,
        step=seen.step * stride,
        first=seen.first - before * seen.step,
    )


def padding_before(length: int, reach: int, stride: int) -> int:
    """Zeros that "same" padding puts before the first of ``length`` values.

    TensorFlow: just enough for ceil(length / stride) values, the odd one at the end. ``reach``
    is the number of rows or columns from the kernel's first to its last, holes included.
    """
    return max((-(-length // stride) - 1) * stride + reach - length, 0) // 2


def _transposed(call: Call, seen: list[_Seen], _size: tuple[int, int]) -> _Seen:
    """The smallest window of one size for all positions: their own windows differ by a step.

    Output ``o`` is made of the inputs ``i`` with ``i * stride + tap - before = o``; ``before`` is
    the padding of the convolution that it transposes, from the output to the input.
    """
    _channels_last(call)
    layer = call.operation
    axes = []
    for axis in (0, 1):
        taps, stride = layer.kernel_size[axis], layer.strides[axis]
        spread = layer.dilation_rate[axis]
        reach = (taps - 1) * spread + 1
        length = call.output.shape[1 + axis]
        before = padding_before(length, reach, stride) if layer.padding == "same" else 0
        axes.append(_finer(call, seen[0][axis], stride, before - (reach - 1), before))
    return axes[0], axes[1]


def _enlarged(call: Call, seen: list[_Seen], _size: tuple[int, int]) -> _Seen:
    _channels_last(call)
    layer = call.operation
    # linear interpolation mixes two neighbours; anything wider is not known here
    if layer.interpolation not in ("nearest", "bilinear"):
        return _whole(call, seen, _size)
    axes = []
    for axis in (0, 1):
        by = layer.size[axis]
        # nearest: i = o // by. bilinear: the two whose centres surround that of o; pixel i has
        # its centre at i * by + (by - 1) / 2, so i * by lies less than by on either side of
        # o - (by - 1) / 2
        low, high = (1 - by, 0) if layer.interpolation == "nearest" else (1 - by * 3 // 2, by // 2)
        axes.append(_finer(call, seen[0][axis], by, low, high))
    return axes[0], axes[1]


def _finer(call: Call, seen: _Interval, by: int, low: int, high: int) -> _Interval:
    """Output ``o`` sees the inputs ``i`` with ``o + low <= i * by <= o + high``."""
    if seen.step % by:
        raise ModelError(
            f"{call.name}: makes maps finer than the pixels of the image (steps of "
            f"{seen.step} divided by {by}); the receptive field has no one answer"
        )
    step = seen.step // by
    # i * seen.step = (i * by) * step, and i * by lies between o + low and o + high
    return _Interval(seen.extent + (high - low) * step, step, seen.first + low * step)


def _normalised(call: Call, seen: list[_Seen], size: tuple[int, int]) -> _Seen:
    """Over the channels of one position it keeps the window; over positions it sees all."""
    layer = call.operation
    if type(layer).__name__ != "GroupNormalization":
        axes = layer.axis if isinstance(layer.axis, list | tuple) else [layer.axis]
        if all(axis in (-1, 3) for axis in axes):
            return seen[0]
    return _everything(size)


def _padding(call: Call, seen: list[_Seen], _size: tuple[int, int]) -> _Seen:
    _channels_last(call)
    (top, _), (left, _) = call.operation.padding
    return _shifted(seen[0], -top, -left)


def _cropping(call: Call, seen: list[_Seen], _size: tuple[int, int]) -> _Seen:
    _channels_last(call)
    (top, _), (left, _) = call.operation.cropping
    return _shifted(seen[0], top, left)


def _shifted(seen: _Seen, down: int, right: int) -> _Seen:
    rows, columns = (
        _Interval(axis.extent, axis.step, axis.first + by * axis.step)
        for axis, by in zip(seen, (down, right), strict=True)
    )
    return rows, columns


def _unchanged(call: Call, seen: list[_Seen], size: tuple[int, int]) -> _Seen:
    return seen[0] if len(seen) == 1 else _union(call, seen, size)


def _concatenation(call: Call, seen: list[_Seen], size: tuple[int, int]) -> _Seen:
    rank = len(call.output.shape)
    if rank == 4 and call.operation.axis not in (-1, 3):
        raise ModelError(
            f"{call.name}: expected maps joined along their channels (axis 3), "
            f"got axis {call.operation.axis}; the receptive field has no one answer"
        )
    return _union(call, seen, size)


def _union(call: Call, seen: list[_Seen], size: tuple[int, int]) -> _Seen:
    rows, columns = (
        _Interval(size[axis], 0, 0)
        if _spread(call, 1 + axis)
        else _union_axis(call, [branch[axis] for branch in seen], size[axis])
        for axis in (0, 1)
    )
    return rows, columns


def _spread(call: Call, axis: int) -> bool:
    """Whether one row or column of an input is used at every position of a larger output."""
    return any(
        len(tensor.shape) == len(call.output.shape) > axis
        and tensor.shape[axis] == 1 < call.output.shape[axis]
        for tensor in call.inputs
    )


def _union_axis(call: Call, branches: list[_Interval], length: int) -> _Interval:
    steps = {branch.step for branch in branches}
    if 0 in steps:  # a branch that sees everything, such as squeeze and excitation
        return _Interval(length, 0, 0)
    if len(steps) > 1:
        raise ModelError(
            f"{call.name}: joins branches whose values lie {sorted(steps)} pixels apart; "
            f"expected one and the same; the receptive field has no one answer"
        )
    first = min(branch.first for branch in branches)
    last = max(branch.last for branch in branches)
    return _Interval(last - first + 1, steps.pop(), first)


def _everything(size: tuple[int, int]) -> _Seen:
    return _Interval(size[0], 0, 0), _Interval(size[1], 0, 0)


def _whole(_call: Call, _seen: list[_Seen], size: tuple[int, int]) -> _Seen:
    return _everything(size)


def _dense(call: Call, seen: list[_Seen], size: tuple[int, int]) -> _Seen:
    if len(call.inputs[0].shape) == 4:  # then it works at each position on its own
        return seen[0]
    return _everything(size)


def _channels_last(call: Call) -> None:
    if call.operation.data_format != "channels_last":
        raise ModelError(
            f"{call.name}: expected channels last, got {call.operation.data_format}; "
            f"convert the model to channels last"
        )
