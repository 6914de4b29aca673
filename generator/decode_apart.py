"""Decode image files in a process of its own, so that no file can hold up or end a build.

Within the limit on pixels, a JPEG of 350 kB took a decoder 42 seconds, and a TIFF of 32 MB takes
14; and decoders are compiled code, in which a damaged file can end the process. What going to
another process and back costs stands in `benchmarks/refusals.md`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator.apart import Apart, CrashedError, Result, TooLongError, TooMuchMemoryError
from generator.decode import decode, fit
from generator.domain import InputSpec
from generator.errors import ImageError

__all__ = ["MAX_MEGABYTES", "MAX_SECONDS", "answer", "decoded"]

MAX_SECONDS = 60
"""For one image. The largest that are read take two to five."""

MAX_MEGABYTES = 3_000
"""Of the process that decodes. The largest images that are read need half of it."""

_decoder = Apart("generator.decode_apart:answer", seconds=MAX_SECONDS, megabytes=MAX_MEGABYTES)


def decoded(data: bytes, spec: InputSpec) -> tuple[int, int, NDArray[np.uint8]]:
    """An image file's width and height in pixels, upright, and what ``fit`` makes of it.

    Args:
        data: the bytes of the file.
        spec: what the network wants.

    Raises:
        ImageError: as ``decode``; or it takes too long, too much memory, or ends the decoder.
    """
    wanted = {"height": spec.height, "width": spec.width, "fit": spec.fit}
    try:
        facts, pixels = _decoder.do(wanted, data)
    except TooLongError:
        raise ImageError(
            f"Expected an image that is decoded within {_decoder.seconds:g} seconds; this one was "
            "not, and was given up. Export it again, or make it smaller."
        ) from None
    except TooMuchMemoryError as error:
        raise ImageError(
            f"Expected an image that fits the memory there is for one; this one asked for {error}. "
            "Export it again, or make it smaller."
        ) from None
    except CrashedError as error:
        raise ImageError(
            f"Expected an image; the program that decodes this one {error}, as damaged files can "
            "make it. Export it again."
        ) from None
    if "refused" in facts:
        raise ImageError(facts["refused"])
    shape = spec.height, spec.width, 3
    return facts["width"], facts["height"], np.frombuffer(pixels, np.uint8).reshape(shape).copy()


def answer(wanted: dict[str, Any], data: bytes) -> Result:
    """What ``decoded`` asks for, in the other process."""
    spec = InputSpec(wanted["height"], wanted["width"], wanted["fit"], preprocessing="")
    try:
        image = decode(data)
    except ImageError as error:
        return Result({"refused": str(error)}, b"")
    pixels = fit(image, spec)
    return Result({"width": image.width, "height": image.height}, pixels.tobytes())
