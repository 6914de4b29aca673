"""Makes small image files, among them such as Pillow does not write.

A PNG of 16-bit colour or of gigantic size, a TIFF of 12 bits or of either byte order, and colour
profiles of which it is known by hand what they do.
"""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


def file_of(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """What Pillow writes."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def image_of(values: object, kind: type[np.generic], mode: str | None = None) -> Image.Image:
    """An image of just these samples; ``mode`` where the type of number does not tell it."""
    array = np.array(values, kind)
    if mode is None:
        return Image.fromarray(array)
    return Image.frombytes(mode, (array.shape[1], array.shape[0]), array.tobytes())


def coloured(folder: Path, count: int, seed: int) -> None:
    """PNG files of coloured areas, 48 x 40 pixels, each of its own: 00.png, 01.png and so on."""
    folder.mkdir(exist_ok=True)
    random = np.random.default_rng(seed)
    for i in range(count):
        coarse = random.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(coarse.repeat(5, axis=0).repeat(6, axis=1)).save(folder / f"{i:02}.png")


def png_chunk(name: bytes, data: bytes) -> bytes:
    """One part of a PNG: length, name, content, check sum."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(
    width: int, height: int, bits: int, colour: int, packed: bytes, extra: bytes = b""
) -> bytes:
    """A PNG of rows that are filtered (a leading 0 byte each) and deflated already."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + extra
        + png_chunk(b"IDAT", packed)
        + png_chunk(b"IEND", b"")
    )


def png_of_16_bits(colour: int, rows: list[list[tuple[int, ...]]], extra: bytes = b"") -> bytes:
    """A PNG of 16 bits a sample; ``colour`` is 0 (grey), 2 (RGB), 4 or 6 (with alpha)."""
    lines = (
        b"\0" + b"".join(struct.pack(f">{len(pixel)}H", *pixel) for pixel in row) for row in rows
    )
    return png(len(rows[0]), len(rows), 16, colour, zlib.compress(b"".join(lines)), extra)


def bomb(side: int) -> bytes:
    """A 1-bit PNG of ``side`` x ``side`` black pixels, without ever holding them."""
    deflate = zlib.compressobj(9)
    row = bytes(1 + (side + 7) // 8)
    packed = b"".join(deflate.compress(row) for _ in range(side)) + deflate.flush()
    return png(side, side, 1, 0, packed)


def grey_tiff(order: str, width: int, bits: int, photometric: int, samples: bytes) -> bytes:
    """An uncompressed TIFF of one grey channel; ``order`` is "<" (Intel) or ">" (Motorola)."""
    height = len(samples) * 8 // (width * bits)
    entries = [
        (256, width),
        (257, height),
        (258, bits),
        (259, 1),
        (262, photometric),
        (273, 8),
        (277, 1),
        (278, height),
        (279, len(samples)),
    ]
    directory = struct.pack(f"{order}H", len(entries))
    for tag, value in entries:
        directory += struct.pack(f"{order}HHIHH", tag, 3, 1, value, 0)
    start = {"<": b"II*\0", ">": b"MM\0*"}[order]
    return start + struct.pack(f"{order}I", 8 + len(samples)) + samples + directory + bytes(4)


def icc_profile(
    space: bytes, tags: dict[bytes, bytes], kind: bytes = b"mntr", pcs: bytes = b"XYZ "
) -> bytes:
    """An ICC profile (version 2) with just these tags."""
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    size = start + len(body)
    white = struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D)  # D50, the connection space's white
    header = struct.pack(">I4sI", size, b"lcms", 0x02400000) + kind + space + pcs + bytes(12)
    header += b"acsp" + bytes(28) + white
    return header.ljust(128, b"\0") + table + body


def xyz(x: float, y: float, z: float) -> bytes:
    """A colour in a profile."""
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in (x, y, z)))


LINEAR = b"curv\0\0\0\0\0\0\0\0"
"""The curve that changes nothing: samples are proportional to light."""

# sRGB's primaries adapted to D50, as its profiles give them (IEC 61966-2-1).
PRIMARIES = {
    b"r": (0.4360, 0.2225, 0.0139),
    b"g": (0.3851, 0.7169, 0.0971),
    b"b": (0.1431, 0.0606, 0.7141),
}


def rgb_profile(roles: dict[bytes, bytes], curve: bytes = LINEAR) -> bytes:
    """A profile for red, green and blue; ``roles`` says which primary each channel means."""
    tags = {b"wtpt": xyz(0.9642, 1.0, 0.8249)}
    for channel, primary in roles.items():
        tags[channel + b"XYZ"] = xyz(*PRIMARIES[primary])
        tags[channel + b"TRC"] = curve
    return icc_profile(b"RGB ", tags)
