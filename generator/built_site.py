"""A built site read back with care: a missing or damaged file is named, with what to do.

For the commands that take something out of a gallery and may meet anybody's.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from operator import index
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from generator.encode import read_png
from generator.errors import SiteError

__all__ = ["damaged", "pair", "picture", "read", "suggestion", "text"]


def text(value: Any) -> str:
    """A text, or TypeError."""
    if not isinstance(value, str):
        raise TypeError(f"expected a text, got {value!r}")
    return value


def pair(value: Any) -> tuple[int, int]:
    """Two whole numbers, or TypeError or ValueError."""
    first, second = value
    return index(first), index(second)


def suggestion(given: str, known: Sequence[str]) -> str:
    """How a message goes on that names what is not there: what comes close, else all there is."""
    close = get_close_matches(given.lower(), known, n=3)
    listed = f"{', '.join(known[:20])}{', ...' if len(known) > 20 else ''}"
    return f" Did you mean {' or '.join(close)}?" if close else f" There are: {listed}"


def picture(path: Path, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """The samples of a PNG of that shape; any other is a damaged site."""
    data = read(path)
    try:
        pixels = read_png(data)
    except (OSError, ValueError, SyntaxError):  # the last is Pillow's word for a broken PNG
        damaged(path, "a PNG")
    if pixels.shape != shape or pixels.dtype != np.uint8:
        expected = " x ".join(map(str, shape[:2]))
        damaged(path, f"a PNG of {expected} pixels, {'colour' if shape[2:] else 'grey'}")
    return pixels


def read(path: Path) -> bytes:
    """The bytes of a file of the gallery."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise SiteError(
            f"{path}: expected a file of the gallery, but it cannot be read ({error.strerror}); "
            f"run layerlight build again"
        ) from None


def damaged(path: Path, expected: str) -> NoReturn:
    """Raise SiteError: the file is not what was expected."""
    raise SiteError(
        f"{path}: expected {expected}, got something else; it is damaged or from another "
        f"version: run layerlight build again"
    ) from None
