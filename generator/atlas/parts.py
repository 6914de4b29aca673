"""Finished batches of an atlas in the making, lossless, so that a run can stop at any moment."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from generator.encode import read_png, rgb_png
from generator.single_file import replacing

__all__ = ["Parts"]


class Parts:
    """The batches of one layer, made with the same settings: one PNG each, pictures in a column.

    The folder's name holds what decides the pictures, so others are never taken for these.
    """

    def __init__(self, folder: Path, layer: str, digest: str, height: int, width: int) -> None:
        self._folder = folder / f"{layer}-{digest}"
        self._shape = (height, width)

    def read(self, channels: Sequence[int]) -> NDArray[np.uint8] | None:
        """The batch, ``(n, height, width, 3)``; None if it is not there or damaged."""
        try:
            column = read_png(self._file(channels).read_bytes())
        except (OSError, SyntaxError, ValueError):
            return None
        height, width = self._shape
        if column.shape != (len(channels) * height, width, 3):
            return None
        return column.reshape(len(channels), height, width, 3)

    def write(self, channels: Sequence[int], pictures: NDArray[np.uint8]) -> None:
        """Keep a batch; whoever is killed here leaves no half of one under its name."""
        file = self._file(channels)
        file.parent.mkdir(parents=True, exist_ok=True)
        height, width = self._shape
        with replacing(file) as whole:
            whole.write(rgb_png(pictures.reshape(len(channels) * height, width, 3)))

    def remove(self) -> None:
        """Drop them, and the folder above once it is empty."""
        shutil.rmtree(self._folder, ignore_errors=True)
        parent = self._folder.parent
        if parent.is_dir() and not any(parent.iterdir()):
            parent.rmdir()

    def _file(self, channels: Sequence[int]) -> Path:
        return self._folder / f"{'-'.join(str(c) for c in channels)}.png"
