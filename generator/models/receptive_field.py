"""Which input pixels each value of a layer can see, computed from the network's graph.

The formulas are those of Araujo, Norris & Sim, "Computing Receptive Fields of
Convolutional Neural Networks" (Distill, 2019, doi:10.23915/distill.00021), kept per axis,
with padding as TensorFlow places it. Where branches meet, the field is the smallest
interval that holds those of all branches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from generator.domain import Window
from generator.errors import LayerlightError
from generator.models.backend import keras

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


def windows(model: Any) -> dict[str, Window]:
    """The receptive field of every layer of a functional Keras model, by layer name.

    Args:
        model: channels last, one input of fixed size, no layer used twice.

    Raises:
        LayerlightError: the graph holds something whose field is not known; names the layer.
    """
    size = _input_size(model)
    seen: dict[int, _Seen] = {}  # by the identity of the graph's symbolic tensors
    result: dict[str, Window] = {}
    for layer in model.operations:  # inputs come before what is made from them
        sources = _inputs_of(layer)
        if sources:
            through = _rule(layer)
            here = through(layer, sources, [seen[id(tensor)] for tensor in sources], size)
        else:
            here = (_Interval(1, 1, 0), _Interval(1, 1, 0))
        seen[id(layer.output)] = here
        result[layer.name] = _window(here)
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


def _input_size(model: Any) -> tuple[int, int]:
    shapes = [tuple(tensor.shape) for tensor in model.inputs]
    if len(shapes) != 1 or len(shapes[0]) != 4 or None in shapes[0][1:]:
        raise LayerlightError(
            f"{model.name}: expected one input of fixed size (rows, columns, channels), "
            f"got {', '.join(map(str, shapes))}; build the model with a fixed input shape"
        )
    return shapes[0][1], shapes[0][2]


def _inputs_of(layer: Any) -> list[Any]:
    """The symbolic tensors that a layer was called on, in order; none for the input itself."""
    calls = layer._inbound_nodes  # no public name; unchanged since Keras 2
    if len(calls) != 1 or len(calls[0].outputs) != 1:
        raise LayerlightError(
            f"{layer.name}: expected a layer that is used once and has one output; "
            f"it is used {len(calls)} times; the receptive field has no one answer"
        )
    return list(calls[0].input_tensors)


# -- One rule a kind of layer: what its inputs see (and the size of the image) -> what it sees

_Rule = Callable[[Any, list[Any], list[_Seen], tuple[int, int]], _Seen]


def _rule(layer: Any) -> _Rule:
    kinds = keras().layers
    rules: tuple[tuple[tuple[str, ...], _Rule], ...] = (
        (("Conv2D", "DepthwiseConv2D", "SeparableConv2D"), _convolution),
        (("MaxPooling2D", "AveragePooling2D"), _pool),
        (("ZeroPadding2D",), _padding),
        (("Cropping2D",), _cropping),
        (_VALUE_BY_VALUE, _unchanged),
        (("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"), _union),
        (("Concatenate",), _concatenation),
        (("GlobalAveragePooling2D", "GlobalMaxPooling2D", "Flatten"), _whole),
        (("Dense",), _dense),
    )
    for names, rule in rules:
        if isinstance(layer, tuple(getattr(kinds, name) for name in names)):
            return rule
    known = ", ".join(name for names, _ in rules for name in names)
    raise LayerlightError(
        f"{layer.name}: the receptive field of a layer of type {type(layer).__name__} is not "
        f"known; known are {known}"
    )


_VALUE_BY_VALUE = (
    "Activation",
    "BatchNormalization",
    "Dropout",
    "ELU",
    "LeakyReLU",
    "PReLU",
    "ReLU",
    "Rescaling",
    "SpatialDropout2D",
)


def _convolution(layer: Any, inputs: list[Any], seen: list[_Seen], _size: tuple[int, int]) -> _Seen:
    _channels_last(layer)
    return _slid(layer, inputs[0], seen[0], layer.kernel_size, layer.dilation_rate)


def _pool(layer: Any, inputs: list[Any], seen: list[_Seen], _size: tuple[int, int]) -> _Seen:
    _channels_last(layer)
    return _slid(layer, inputs[0], seen[0], layer.pool_size, (1, 1))


def _slid(
    layer: Any,
    source: Any,
    seen: _Seen,
    kernel: tuple[int, int],
    dilation: tuple[int, int],
) -> _Seen:
    """A kernel slid over ``source``: both axes of the recurrences of Araujo et al. (2019)."""
    rows, columns = (
        _slid_axis(seen[axis], source.shape[1 + axis], reach, layer.strides[axis], layer.padding)
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


def _padding(layer: Any, _inputs: list[Any], seen: list[_Seen], _size: tuple[int, int]) -> _Seen:
    _channels_last(layer)
    (top, _), (left, _) = layer.padding
    return _shifted(seen[0], -top, -left)


def _cropping(layer: Any, _inputs: list[Any], seen: list[_Seen], _size: tuple[int, int]) -> _Seen:
    _channels_last(layer)
    (top, _), (left, _) = layer.cropping
    return _shifted(seen[0], top, left)


def _shifted(seen: _Seen, down: int, right: int) -> _Seen:
    rows, columns = (
        _Interval(axis.extent, axis.step, axis.first + by * axis.step)
        for axis, by in zip(seen, (down, right), strict=True)
    )
    return rows, columns


def _unchanged(_layer: Any, _inputs: list[Any], seen: list[_Seen], _size: tuple[int, int]) -> _Seen:
    return seen[0]


def _concatenation(
    layer: Any, inputs: list[Any], seen: list[_Seen], size: tuple[int, int]
) -> _Seen:
    if layer.axis not in (-1, 3):
        raise LayerlightError(
            f"{layer.name}: expected maps joined along their channels (axis 3), "
            f"got axis {layer.axis}; the receptive field has no one answer"
        )
    return _union(layer, inputs, seen, size)


def _union(layer: Any, _inputs: list[Any], seen: list[_Seen], size: tuple[int, int]) -> _Seen:
    rows, columns = (
        _union_axis(layer, [branch[axis] for branch in seen], size[axis]) for axis in (0, 1)
    )
    return rows, columns


def _union_axis(layer: Any, branches: list[_Interval], length: int) -> _Interval:
    steps = {branch.step for branch in branches}
    if 0 in steps:  # a branch that sees everything, such as squeeze and excitation
        return _Interval(length, 0, 0)
    if len(steps) > 1:
        raise LayerlightError(
            f"{layer.name}: joins branches whose values lie {sorted(steps)} pixels apart; "
            f"expected one and the same; the receptive field has no one answer"
        )
    first = min(branch.first for branch in branches)
    last = max(branch.last for branch in branches)
    return _Interval(last - first + 1, steps.pop(), first)


def _whole(_layer: Any, _inputs: list[Any], _seen: list[_Seen], size: tuple[int, int]) -> _Seen:
    return _Interval(size[0], 0, 0), _Interval(size[1], 0, 0)


def _dense(layer: Any, inputs: list[Any], seen: list[_Seen], size: tuple[int, int]) -> _Seen:
    if len(inputs[0].shape) == 4:  # then it works at each position on its own
        return seen[0]
    return _whole(layer, inputs, seen, size)


def _channels_last(layer: Any) -> None:
    if layer.data_format != "channels_last":
        raise LayerlightError(
            f"{layer.name}: expected channels last, got {layer.data_format}; "
            f"convert the model to channels last"
        )
