"""What a network says in the end: a score for each class, and where its evidence lies.

Where: Grad-CAM (Selvaraju et al. 2017), the maps of the last convolution or merge, each weighed by
the mean slope of the class's score with respect to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from generator.domain import Ending, Model
from generator.models.backend import keras, tensorflow
from generator.models.capture import Captured
from generator.models.trace import Call, Trace
from generator.names import slug

__all__ = ["MAPPED", "Classifier", "Judge", "Judgement", "find"]

MAPPED = 3
"""Classes of an image, best first, that get a Grad-CAM map without being asked for."""

Tensor = Any
Floats = NDArray[np.float32]

_ENDINGS: dict[str, Ending] = {"softmax": "softmax", "sigmoid": "sigmoid", "linear": "none"}
_RESHAPING = ("Flatten", "Reshape", "Dropout", "Identity", "Squeeze")
"""What may lie behind the scores: it changes no value of one image."""


@dataclass(frozen=True)
class Classifier:
    """The end of a network that ends in classes."""

    count: int
    """Number of classes."""
    ending: Ending
    layer: str
    """Whose maps Grad-CAM weighs; "" if no map has any extent."""
    maps: tuple[int, int]
    """(height, width) of these."""
    graph: Any
    """``keras.Model``: preprocessed images -> [those maps,] what scores are made of, and what
    the network puts out."""
    scores: Callable[[Tensor], Tensor]
    """What scores are made of -> scores before softmax or sigmoid, (n, count)."""

    def run(self, images: Tensor, wanted: Sequence[int] = ()) -> tuple[Tensor, ...]:
        """Preprocessed images, as a tensor -> scores, output, the best classes, their Grad-CAM.

        Shapes: (n, count), (n, count), (n, best), and (n, best + wanted, height, width), all
        float32 but the numbers of the classes. Of equal scores the lower number is the better.
        """
        tf = tensorflow()
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(images)
            *maps, fed, output = self.graph(images, training=False)
            scores = self._all(tf.cast(self.scores(fed), tf.float32), lambda score: -score)
            _, best = tf.math.top_k(scores, k=min(MAPPED, self.count))
            picked = [
                *(
                    tf.gather(scores, best[:, i], axis=1, batch_dims=1)
                    for i in range(best.shape[1])
                ),
                *(scores[:, number] for number in wanted),
            ]
        output = self._all(tf.cast(output, tf.float32), lambda share: 1 - share)
        if not maps:
            return scores, output, best
        heat = [
            _heat(maps[0], tape.gradient(score, maps[0], unconnected_gradients="zero"))
            for score in picked
        ]
        return scores, output, best, tf.stack(heat, axis=1)

    def _all(self, found: Tensor, opposite: Callable[[Tensor], Tensor]) -> Tensor:
        """(n, count); where one number decides between two classes, it is the second's."""
        tf = tensorflow()
        if self.ending == "binary":
            one = tf.reshape(found, (-1, 1))
            return tf.concat([opposite(one), one], axis=1)
        return tf.reshape(found, (-1, self.count))


def _heat(maps: Tensor, slopes: Tensor) -> Tensor:
    """ReLU of the sum of all maps (n, h, w, c), each weighed by the mean of its slopes."""
    tf = tensorflow()
    weights = tf.reduce_mean(tf.cast(slopes, tf.float32), axis=[1, 2], keepdims=True)
    return tf.nn.relu(tf.reduce_sum(weights * tf.cast(maps, tf.float32), axis=3))


# -- Running it on images


@dataclass(frozen=True)
class Judgement:
    """What the network says about one image."""

    scores: Floats
    """(classes,), before softmax or sigmoid."""
    output: Floats
    """(classes,), as the network puts it out."""
    heat: dict[int, Floats]
    """Number of a class -> its Grad-CAM map, (height, width), zero or more."""


class _Network(Protocol):
    """What is needed of ``generator.models.Network``."""

    @property
    def spec(self) -> Model: ...
    @property
    def classifier(self) -> Classifier | None: ...
    def preprocess(self, pixels: NDArray[np.uint8], /) -> Floats: ...


class Judge:
    """Runs a classifier on images, in batches of one fixed shape.

    A smaller batch is filled up with black images whose results are dropped, so that an image's
    result does not depend on its company.
    """

    def __init__(self, network: _Network, batch: int, wanted: Sequence[int] = ()) -> None:
        if network.classifier is None:
            raise ValueError("expected a network that ends in classes")
        self._network, self._batch, self._wanted = network, batch, tuple(wanted)
        classifier = network.classifier
        tf = tensorflow()
        shape = (batch, *classifier.graph.input.shape[1:])
        self._run = tf.function(
            lambda images: classifier.run(images, self._wanted),
            input_signature=[tf.TensorSpec(shape, tf.float32)],
        )
        self._constant = tf.constant

    def judge(self, images: Sequence[NDArray[np.uint8]]) -> list[Judgement]:
        """What it says about at most ``batch`` images, each (height, width, 3) sRGB."""
        if not 0 < len(images) <= self._batch:
            raise ValueError(f"expected 1 to {self._batch} images, got {len(images)}")
        filled = np.zeros((self._batch, *images[0].shape), dtype=np.uint8)
        filled[: len(images)] = np.stack(images)
        found = self._run(self._constant(self._network.preprocess(filled)))
        scores, output, best, *heat = [np.asarray(part) for part in found]
        return [
            Judgement(
                scores[i],
                output[i],
                dict(zip([*best[i].tolist(), *self._wanted], heat[0][i], strict=True))
                if heat
                else {},
            )
            for i in range(len(images))
        ]


# -- Finding it


def find(trace: Trace, captured: Sequence[Captured]) -> Classifier | None:
    """The classifier at the end of a network; None if it has none.

    A network ends in classes if an output, the first such counts, has two numbers or more for an
    image and comes from a softmax, a sigmoid, or a layer of plain weighted sums of everything; or
    if it has one, from a sigmoid: that is the share of class 1, and the rest is that of class 0.

    Args:
        trace: the network.
        captured: all that could be captured, shown or not: Grad-CAM is of the network, not of
            the choice of layers.
    """
    for output in trace.outputs:
        end = _end(trace, output)
        if end is not None:
            ending, fed, scores = end
            last = _last_map(trace, fed, captured)
            outputs = ([last.output] if last else []) + [fed, output]
            return Classifier(
                count=max(2, output.shape[1]),
                ending=ending,
                layer=last.name if last else "",
                maps=tuple(last.output.shape[1:3]) if last else (0, 0),
                graph=keras().Model(trace.input, outputs, name=slug(trace.name) or "model"),
                scores=scores,
            )
    return None


_End = tuple[Ending, Tensor, Callable[[Tensor], Tensor]]
"""How it ends, what the scores are made of, and how."""


def _end(trace: Trace, output: Tensor) -> _End | None:
    if len(output.shape) != 2 or not output.shape[1]:
        return None
    end = _found(trace, output)
    if end is None or output.shape[1] > 1:
        return end
    ending, *how = end
    return ("binary", *how) if ending == "sigmoid" else None


def _found(trace: Trace, output: Tensor) -> _End | None:
    call = trace.maker(output)
    while call is not None and (call.kind in _RESHAPING or _separate(call) == "linear"):
        call = trace.maker(call.inputs[0])
    # a softmax over groups of numbers is none over classes: they must lie along the last axis
    if call is None or call.output.shape[-1] != prod(output.shape[1:]):
        return None
    if separate := _separate(call):
        ending = _ENDINGS.get(separate)
        return (ending, call.inputs[0], lambda scores: scores) if ending else None
    return _summing(call)


def _separate(call: Call) -> str:
    """Which function an activation of its own is, a layer or ``keras.ops``; "" for all else."""
    if call.kind == "Activation":
        return str(getattr(call.operation.activation, "__name__", "unnamed"))
    return call.kind.lower() if call.kind in ("Softmax", "Sigmoid") else ""


def _summing(call: Call) -> _End | None:
    """The end of a network whose last layer is one of weighted sums, with or without softmax."""
    layers, operation = keras().layers, call.operation
    dense = isinstance(operation, layers.Dense)
    # a convolution of one position is the same, as in MobileNet
    if not dense and not (
        isinstance(operation, layers.Conv2D) and prod(call.output.shape[1:3]) == 1
    ):
        return None
    ending = _ENDINGS.get(getattr(operation.activation, "__name__", "linear"))
    if ending is None:
        return None
    if ending == "none":
        return ending, call.output, lambda scores: scores

    def sums(fed: Tensor) -> Tensor:
        tf = tensorflow()
        kernel = tf.cast(operation.kernel, fed.dtype)
        found = (
            tf.tensordot(fed, kernel, axes=[[-1], [0]])
            if dense
            else operation.convolution_op(fed, kernel)
        )
        return found + tf.cast(operation.bias, fed.dtype) if operation.use_bias else found

    return ending, call.inputs[0], sums


def _last_map(trace: Trace, fed: Tensor, captured: Sequence[Captured]) -> Captured | None:
    """The last convolution or merge on the way to the scores whose maps have an extent."""
    behind = set(_behind(trace, fed))
    found = [
        one
        for one in captured
        if one.kind in ("conv", "merge")
        and prod(one.output.shape[1:3]) > 1
        and id(one.output) in behind
    ]
    return found[-1] if found else None


def _behind(trace: Trace, tensor: Tensor) -> Iterator[int]:
    """Ids of ``tensor`` and of all that it is made of."""
    seen: set[int] = set()
    waiting = [tensor]
    while waiting:
        here = waiting.pop()
        if id(here) not in seen:
            seen.add(id(here))
            yield id(here)
            call = trace.maker(here)
            waiting.extend(call.inputs if call else ())
