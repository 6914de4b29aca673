"""Arrays -> PNG bytes."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["grey_png", "read_png", "rgb_png"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def grey_png(grey: NDArray[np.uint8]) -> bytes:
    """``(height, width)`` -> an 8-bit grey PNG, one sample a pixel (PNG specification, W3C 2003).

    Written here because the choice of filters, which a general encoder tries for every row,
    costs more than the compression and gains nothing on maps that are mostly zero. Runs of
    one value are coded, all else by frequency only: as small as the default, in a third of
    the time (``benchmarks/``).
    """
    height, width = grey.shape
    rows = np.zeros((height, width + 1), dtype=np.uint8)  # a row begins with its filter: none
    rows[:, 1:] = grey
    packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_RLE)
    packed = packer.compress(rows.tobytes()) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)  # 8 bits, grey, not interlaced
    return b"".join(
        (_SIGNATURE, _chunk(b"IHDR", header), _chunk(b"IDAT", packed), _chunk(b"IEND", b""))
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    """Length, kind, data, and the checksum of the last two."""
    return b"".join(
        (
            struct.pack(">I", len(data)),
            kind,
            data,
            struct.pack(">I", zlib.crc32(data, zlib.crc32(kind))),
        )
    )


def rgb_png(pixels: NDArray[np.uint8]) -> bytes:
    """``(height, width, 3)`` sRGB -> a PNG without metadata."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


def read_png(data: bytes) -> NDArray[np.uint8]:
    """The samples of a PNG that this module wrote."""
    with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
        return np.asarray(image)
