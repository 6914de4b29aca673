"""Which numbers are the ImageNet VGG16: SHA-256 digests of every kernel and bias."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from generator.errors import WeightsMismatch

__all__ = [
    "ExpectedTensor",
    "Part",
    "Tensors",
    "expected_identity",
    "expected_tensors",
    "identity",
    "layer_names",
    "verify",
]

Part = Literal["kernel", "bias"]
Tensors = Mapping[str, tuple[NDArray[np.float32], NDArray[np.float32]]]
"""Layer name -> (kernel (height, width, in, out), bias (out,)), in network order."""


@dataclass(frozen=True, slots=True)
class ExpectedTensor:
    """What is known of one kernel or bias without its numbers."""

    layer: str
    part: Part
    shape: tuple[int, ...]
    sha256: str
    """Of the raw bytes: little-endian float32, C order."""

    def __str__(self) -> str:
        return f"{self.layer} {self.part}"


@cache
def expected_tensors() -> tuple[ExpectedTensor, ...]:
    """The 26 tensors of VGG16's convolutional base, kernel then bias, in network order."""
    return tuple(_expected(_recorded()["layers"]))


def expected_identity() -> str:
    """SHA-256 over all 26 of them, hexadecimal."""
    return str(_recorded()["all_sha256"])


@cache
def _recorded() -> Any:
    text = resources.files(__package__).joinpath("vgg16_imagenet.json").read_text("utf-8")
    return json.loads(text)


def _expected(layers: dict[str, Any]) -> Iterator[ExpectedTensor]:
    for name, layer in layers.items():
        shape = tuple(layer["kernel_shape"])
        yield ExpectedTensor(name, "kernel", shape, layer["kernel_sha256"])
        yield ExpectedTensor(name, "bias", shape[-1:], layer["bias_sha256"])


def layer_names() -> tuple[str, ...]:
    """Keras's names of the 13 convolutions, in network order."""
    return tuple(tensor.layer for tensor in expected_tensors() if tensor.part == "kernel")


def identity(tensors: Tensors) -> str:
    """SHA-256 over all kernels and biases in network order, hexadecimal.

    Raises:
        KeyError: a layer is missing.
    """
    whole = hashlib.sha256()
    for expected in expected_tensors():
        whole.update(_raw(_part(tensors, expected)))
    return whole.hexdigest()


def verify(tensors: Tensors, origin: str = "the weights") -> None:
    """Check every tensor against the recorded identity.

    Raises:
        WeightsMismatch: names ``origin``, the first tensor that differs and how many do.
    """
    different: list[str] = []
    for expected in expected_tensors():
        if expected.layer not in tensors:
            raise WeightsMismatch(f"{origin}: {expected} is missing; {_ADVICE}")
        found = _part(tensors, expected)
        if found.shape != expected.shape:
            raise WeightsMismatch(
                f"{origin}: {expected}: expected shape {expected.shape}, "
                f"got {found.shape}; {_ADVICE}"
            )
        digest = hashlib.sha256(_raw(found)).hexdigest()
        if digest != expected.sha256:
            different.append(
                f"{expected}: expected SHA-256 {expected.sha256[:12]}..., got {digest[:12]}..."
            )
    if different:
        raise WeightsMismatch(
            f"{origin}: {different[0]} ({len(different)} of {len(expected_tensors())} tensors "
            f"differ{'s' if len(different) == 1 else ''}: "
            f"{_likely_cause(len(different))}); {_ADVICE}"
        )


_ADVICE = "expected the ImageNet weights of VGG16, in float32, input channels in BGR order"


def _likely_cause(different: int) -> str:
    if different == 1:
        return "a damaged file, or RGB order if it is the first kernel"
    if different == len(expected_tensors()):
        return "another network's weights"
    return "a damaged or a fine-tuned network"


def _part(tensors: Tensors, expected: ExpectedTensor) -> NDArray[np.float32]:
    kernel, bias = tensors[expected.layer]
    return kernel if expected.part == "kernel" else bias


def _raw(array: NDArray[np.float32]) -> memoryview:
    return np.ascontiguousarray(array, dtype="<f4").data
