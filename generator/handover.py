"""Memory that a build shares with processes of its own: feature maps go through it.

It has no name and belongs to an open file alone (``memfd_create``, Linux), so nothing is left of it
however the processes end, and it does not count against what /dev/shm may hold.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

__all__ = ["Arrays", "Handover", "Shapes", "offered", "shapes_of"]

Arrays = Mapping[str, NDArray[np.float32]]
Shapes = Mapping[str, tuple[int, ...]]

_ALIGNED = 64
"""Bytes: a line of a processor's cache."""


@dataclass(frozen=True, slots=True)
class Handover:
    """Places for arrays in shared memory; to be opened by each process for itself."""

    file: int
    """Descriptor of the memory; the same in all processes."""
    slots: int
    shape: Shapes
    """Of what a slot holds: float32 arrays, by name."""
    lasting: Shapes
    """Of what there is once and stays, by name."""

    def resize(self) -> None:
        """Make the memory as large as all that; what was in it is gone.

        Raises:
            OSError: there is not so much. What is only promised would end the process that writes
                into it.
        """
        os.ftruncate(self.file, 0)
        try:
            os.posix_fallocate(self.file, 0, self._size())
        except OSError:
            os.ftruncate(self.file, 0)
            raise

    def open(self, *, writable: bool = False) -> tuple[list[Arrays], Arrays]:
        """The arrays of each slot, and those that stay."""
        access = mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ
        memory = mmap.mmap(self.file, self._size(), access=access)
        slot = _span(self.shape)
        found = [_arrays(memory, i * slot, self.shape) for i in range(self.slots)]
        return found, _arrays(memory, self.slots * slot, self.lasting)

    def _size(self) -> int:
        return max(1, self.slots * _span(self.shape) + _span(self.lasting))


def offered() -> int | None:
    """The descriptor of new shared memory; None: this system has none without a name."""
    if not hasattr(os, "memfd_create"):
        return None
    try:
        return os.memfd_create("layerlight", os.MFD_CLOEXEC)
    except OSError:
        return None


def shapes_of(arrays: Arrays) -> Shapes:
    """The shape of each."""
    return {name: array.shape for name, array in arrays.items()}


def _bytes(shape: tuple[int, ...]) -> int:
    return -(-4 * prod(shape) // _ALIGNED) * _ALIGNED


def _span(shapes: Shapes) -> int:
    return sum(map(_bytes, shapes.values()))


def _arrays(memory: mmap.mmap, start: int, shapes: Shapes) -> Arrays:
    found = {}
    for name, shape in shapes.items():
        found[name] = np.frombuffer(memory, np.float32, prod(shape), start).reshape(shape)
        start += _bytes(shape)
    return found
