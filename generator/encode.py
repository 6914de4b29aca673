"""Arrays -> PNG and WebP bytes, and back."""

from __future__ import annotations

import io
import struct

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray
from PIL import Image

__all__ = ["grey_png", "read_png", "read_webp", "resized", "rgb_png", "webp"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_END = b"\0\0\0\0IEND\xae\x42\x60\x82"
_LEVEL = 2
"""Of 0 to 3: the smallest, and hardly slower than the fastest."""


def grey_png(grey: NDArray[np.uint8]) -> bytes:
    """``(height, width)`` -> an 8-bit grey PNG, one sample a pixel (PNG specification, W3C 2003).

    Written here because the choice of filters, which a general encoder tries for every row,
    costs more than the compression and gains nothing on maps that are mostly zero. Packed by
    Intel's ISA-L: as small as zlib's runs of one value (7.60 and 7.66 MB an image of VGG16's), in
    a third of their time (0.039 and 0.121 s of one core).
    """
    height, width = grey.shape
    packed = isal_zlib.compress(_rows(grey).data, _LEVEL)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)  # 8 bits, grey, not interlaced
    return b"".join((_SIGNATURE, *_chunk(b"IHDR", header), *_chunk(b"IDAT", packed), _END))


def _rows(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Rows that begin with their filter: none. Where there is room for that, nothing is copied."""
    height, width = grey.shape
    room = grey.base
    if (
        isinstance(room, np.ndarray)
        and room.shape == (height, width + 1)
        and room.dtype == grey.dtype
        and room.flags.c_contiguous
        and grey.ctypes.data == room.ctypes.data + 1
    ):
        room[:, 0] = 0
        return room
    rows = np.zeros((height, width + 1), dtype=np.uint8)
    rows[:, 1:] = grey
    return rows


def _chunk(kind: bytes, data: bytes) -> tuple[bytes, ...]:
    """Length, kind, data, and the checksum of the last two."""
    checksum = isal_zlib.crc32(data, isal_zlib.crc32(kind))
    return struct.pack(">I", len(data)), kind, data, struct.pack(">I", checksum)


def rgb_png(pixels: NDArray[np.uint8]) -> bytes:
    """``(height, width, 3)`` sRGB -> a PNG without metadata."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=4)
    return buffer.getvalue()


def read_png(data: bytes) -> NDArray[np.uint8]:
    """The samples of a PNG that this module wrote."""
    plain = _read_plain(data)
    if plain is not None:
        return plain
    with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
        return np.asarray(image)


def _read_plain(data: bytes) -> NDArray[np.uint8] | None:
    """The samples of a PNG as ``grey_png`` writes it; None: it is another.

    ISA-L unpacks in a quarter of Pillow's time, and strips across images need every sheet again.
    """
    if data[:8] != _SIGNATURE or data[12:16] != b"IHDR" or data[37:41] != b"IDAT":
        return None
    width, height, *kind = struct.unpack(">IIBBBBB", data[16:29])
    (size,) = struct.unpack(">I", data[33:37])
    if kind != [8, 0, 0, 0, 0] or len(data) != 41 + size + 4 + len(_END):
        return None
    try:
        packed = memoryview(data)[41 : 41 + size]
        rows = np.frombuffer(isal_zlib.decompress(packed, bufsize=height * (width + 1)), np.uint8)
    except isal_zlib.error:  # type: ignore[misc]  # an exception, which its types do not say
        return None  # Pillow says what is wrong with it
    if len(rows) != height * (width + 1):
        return None
    rows = rows.reshape(height, width + 1)
    return None if rows[:, 0].any() else rows[:, 1:]


def webp(pixels: NDArray[np.uint8], quality: int) -> bytes:
    """``(height, width, 3)`` sRGB -> a WebP without metadata; quality 0 to 100, 100 is lossless.

    At most 16,383 pixels a side.
    """
    buffer = io.BytesIO()
    lossless = quality == 100
    Image.fromarray(pixels).save(buffer, "WEBP", lossless=lossless, quality=quality, method=6)
    return buffer.getvalue()


def read_webp(data: bytes) -> NDArray[np.uint8]:
    """The pixels of a WebP, ``(height, width, 3)`` sRGB.

    Raises:
        ValueError: it is damaged, or something else.
    """
    try:
        with Image.open(io.BytesIO(data), formats=["WEBP"]) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError) as error:
        raise ValueError(str(error)) from error


def resized(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """A picture ``(height, width, 3)`` brought to ``side`` pixels on its longer side.

    A whole multiple of its size is made by repeating pixels, anything else by a Lanczos filter.
    """
    height, width, _ = pixels.shape
    longest = max(height, width)
    if side % longest == 0:
        return pixels.repeat(side // longest, axis=0).repeat(side // longest, axis=1)
    size = (round(width * side / longest), round(height * side / longest))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))
