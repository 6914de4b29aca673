"""A Keras model as one flat list of calls: nested models opened, shared layers counted per use.

Whatever else looks at a network's graph (what is captured, what is seen, what it costs) looks
at this list, so that a backbone inside a head inside a ``Sequential`` is no special case.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from generator.errors import ModelError, UsageError
from generator.models.backend import fixed_settings, keras
from generator.models.channels_last import turned

__all__ = ["Call", "Trace", "scales_itself", "trace"]

Tensor = Any
"""A symbolic tensor of Keras."""

_BEFORE_SCALING = frozenset(
    {
        *("GaussianNoise", "Identity", "RandomBrightness", "RandomContrast", "RandomFlip"),
        *("RandomRotation", "RandomTranslation", "RandomZoom", "ZeroPadding2D"),
    }
)
"""What may stand before it: at inference nothing of it changes a value."""
MAX_VALUES = 10_000_000_000
"""Of one image in all layers, 40 GB: VGG16 has 315 million at the largest input size there is."""
_LONGEST = 80
"""Characters of a name: it becomes a file's."""
_TAKEN = frozenset(
    {
        *("aux", "con", "index", "nul", "prn"),
        *(f"{port}{i}" for port in ("com", "lpt") for i in range(10)),
    }
)
"""A page of every network, and what Windows takes for devices."""
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")


@dataclass(frozen=True)
class Call:
    """One use of one operation."""

    name: str
    """The operation's name, with what makes it unique and fit for an address: ``conv1``,
    ``backbone-conv1`` for that of a nested model behind another ``conv1``, ``conv1-2`` for its
    second use, or for that of the outermost model behind another."""
    operation: Any
    """A Keras layer, or a plain operation such as ``x + y``."""
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]

    @property
    def output(self) -> Tensor:
        """What it puts out: the first of several."""
        return self.outputs[0]

    @property
    def kind(self) -> str:
        """Name of the operation's class: "Conv2D"."""
        return type(self.operation).__name__


@dataclass(frozen=True)
class Trace:
    """A network of one input, as the calls that make its outputs."""

    name: str
    """What the network is called in messages."""
    input: Tensor
    """(n, height, width, channels)."""
    calls: tuple[Call, ...]
    """What is made comes after what it is made of."""
    outputs: tuple[Tensor, ...]

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the input, pixels."""
        return self.input.shape[1], self.input.shape[2]

    def maker(self, tensor: Tensor) -> Call | None:
        """The call that makes ``tensor``; None of the input."""
        return self._makers.get(id(tensor))

    def users(self, tensor: Tensor) -> tuple[Call, ...]:
        """The calls that are fed ``tensor``."""
        return self._users.get(id(tensor), ())

    @cached_property
    def _makers(self) -> dict[int, Call]:
        return {id(tensor): call for call in self.calls for tensor in call.outputs}

    @cached_property
    def _users(self) -> dict[int, tuple[Call, ...]]:
        found: dict[int, tuple[Call, ...]] = {}
        for call in self.calls:
            for key in dict.fromkeys(map(id, call.inputs)):
                found[key] = (*found.get(key, ()), call)
        return found


def trace(model: Any, size: tuple[int, int] | None = None, title: str = "") -> Trace:
    """The flat graph of a functional or sequential model, for inputs of one size.

    Args:
        model: nested as deep as it likes.
        size: (height, width) of the input; None: the one that the model has.
        title: what the network is called; "": as its model, which Keras may have named.

    Layers keep their weights: they are called once more, not copied (but for those of a model
    with channels first, which come back with channels last).

    Raises:
        ModelError: no graph, several inputs, or an input that is no image.
        UsageError: a size that the model does not take, or none where it has none of its own.
    """
    with fixed_settings():
        return _trace(model, size, title or model.name)


def _trace(model: Any, size: tuple[int, int] | None, title: str) -> Trace:
    shape, first = _input_shape(model, title)
    height, width = _size(title, (shape[0], shape[1]), size)
    image = keras().Input((height, width, shape[2]))
    calls: list[Call] = []
    names = _Names()
    try:
        outputs = _open(model, [image], calls, names, "", first)
    except ModelError:
        raise
    except (ValueError, TypeError) as error:
        asked = (height, width) != shape[:2]
        reason = str(error).strip().splitlines()[0]
        if asked:
            raise UsageError(
                f"size: {title} does not take images of {height} x {width} pixels "
                f"(height x width): {reason}; leave --size out, or choose "
                f"{_own_size(shape[:2])}"
            ) from error
        raise ModelError(f"{title}: its graph cannot be followed: {reason}") from error
    made = (tensor for call in calls for tensor in call.outputs)
    values = sum(math.prod(side or 1 for side in tensor.shape[1:]) for tensor in made)
    if values > MAX_VALUES:
        raise ModelError(
            f"{title}: expected at most {MAX_VALUES / 1e9:.0f} billion values of one image in all "
            f"layers together, got {values / 1e9:,.0f} billion; choose a smaller --size, or cut "
            f"out the part that is to be looked at"
        )
    return Trace(title, image, tuple(calls), tuple(outputs))


def _own_size(shape: Sequence[int | None]) -> str:
    height, width = shape
    return f"its own, {height} x {width}" if height and width else "another"


def scales_itself(found: Trace) -> bool:
    """Whether a network begins with a ``Rescaling`` or a ``Normalization`` of its own."""
    tensor = found.input
    while len(users := found.users(tensor)) == 1:
        if users[0].kind in ("Rescaling", "Normalization"):
            return True
        if users[0].kind not in _BEFORE_SCALING:
            return False
        tensor = users[0].output
    return False


def _input_shape(model: Any, title: str) -> tuple[tuple[int | None, int | None, int], bool]:
    """(height, width, channels) of the one input, and whether channels come first in it."""
    graph = _graph(model, title)
    shapes = [tuple(tensor.shape) for tensor in graph.inputs]
    if len(shapes) != 1:
        raise ModelError(
            f"{title}: expected a network with one input, an image; it has {len(shapes)} "
            f"({', '.join(map(str, shapes))}); cut out the part that takes the image"
        )
    shape = shapes[0]
    if len(shape) == 4 and shape[3] in (1, 3):
        return (shape[1], shape[2], shape[3]), False
    if len(shape) == 4 and shape[1] in (1, 3):
        return (shape[2], shape[3], shape[1]), True
    raise ModelError(
        f"{title}: expected an input of images (height, width, 3 colours or 1 grey), got "
        f"{shape}; cut out the part that takes the image"
    )


def _size(
    title: str, own: tuple[int | None, int | None], asked: tuple[int, int] | None
) -> tuple[int, int]:
    if asked is not None:
        return asked
    height, width = own
    if height is None or width is None:
        raise UsageError(f"size: {title} takes images of any size; say which, such as --size 224")
    return height, width


def _graph(model: Any, title: str = "") -> Any:
    """The functional graph of a model, which a ``Sequential`` keeps inside."""
    module = keras()
    title = title or model.name
    if isinstance(model, module.Sequential):
        inner = model._functional  # no public name
        if inner is None:
            raise ModelError(
                f"{title}: a Sequential without an input shape has no graph; call it once "
                f"on an image, or begin it with keras.Input, and save it again"
            )
        return inner
    if not hasattr(model, "_nodes_by_depth"):
        raise ModelError(
            f"{title}: expected a functional or sequential model, got a subclass of "
            f"keras.Model ({type(model).__name__}), which hides its layers; build it with "
            f"keras.Model(inputs, outputs)"
        )
    return model


def _open(
    model: Any,
    fed: Sequence[Tensor],
    calls: list[Call],
    names: _Names,
    prefix: str,
    first: bool,
) -> list[Tensor]:
    """Call every operation of ``model`` on ``fed``, nested models opened; its outputs."""
    graph = _graph(model)
    made: dict[int, Tensor] = {id(x): y for x, y in zip(graph.inputs, fed, strict=True)}
    tree = keras().tree
    for depth in sorted(graph._nodes_by_depth, reverse=True):
        for node in graph._nodes_by_depth[depth]:
            if not node.operation or node.is_input:
                continue
            arguments, keywords = node.arguments.fill_in(made)
            operation = node.operation
            if isinstance(operation, keras().Model):
                nested = f"{prefix}{operation.name}-"
                inner = tree.flatten(arguments)
                outputs = _open(operation, inner, calls, names, nested, first)
            else:
                outputs = _call(operation, arguments, keywords, calls, names, prefix, first)
            for symbol, tensor in zip(node.outputs, outputs, strict=True):
                made[id(symbol)] = tensor
    return [made[id(tensor)] for tensor in graph.outputs]


def _call(
    operation: Any,
    arguments: Any,
    keywords: Any,
    calls: list[Call],
    names: _Names,
    prefix: str,
    first: bool,
) -> list[Tensor]:
    module = keras()
    fed = _tensors((arguments, keywords))
    steps = turned(operation, len(fed[0].shape) if fed else 0) if first else [operation]
    for step in steps[:-1]:
        between = step(*arguments)
        calls.append(Call(names.new(step.name, prefix), step, _tensors(arguments), (between,)))
        arguments = (between,)
    operation = steps[-1]
    outputs: list[Tensor] = module.tree.flatten(operation(*arguments, **keywords))
    fed = _tensors((arguments, keywords))
    name = names.new(operation.name, prefix)
    if name != operation.name and not any(call.operation is operation for call in calls):
        # two layers of one name, of different models: Keras wants them to differ in one graph
        operation.name = name
    calls.append(Call(name, operation, fed, tuple(outputs)))
    return outputs


def _tensors(structure: Any) -> tuple[Tensor, ...]:
    kind = keras().KerasTensor
    return tuple(x for x in keras().tree.flatten(structure) if isinstance(x, kind))


class _Names:
    """Gives each call a name that no other has, even where case is ignored."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def new(self, name: str, prefix: str) -> str:
        plain = _UNSAFE.sub("-", name).strip(".-")[:_LONGEST] or "layer"
        outer = _UNSAFE.sub("-", prefix)[-_LONGEST:].lstrip(".-")
        for candidate in self._candidates(plain, f"{outer}{plain}"):
            if candidate.lower() not in self._given | _TAKEN:
                self._given.add(candidate.lower())
                return candidate
        raise AssertionError("the candidates never end")

    @staticmethod
    def _candidates(plain: str, outer: str) -> Iterator[str]:
        yield plain
        yield outer
        number = 2
        while True:
            yield f"{outer}-{number}"
            number += 1
