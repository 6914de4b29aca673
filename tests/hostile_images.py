"""A corpus of image files: every mode and depth that Pillow writes, and seeded damage to each."""

from __future__ import annotations

import io
import random
import re
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import product
from typing import Any

import numpy as np
import pillow_heif
from PIL import ExifTags, Image

from tests.image_files import file_of

__all__ = ["CORRUPTIONS", "FORMATS", "corrupted", "scans", "valid_files"]

CORRUPTIONS = 200
"""Of each valid file."""

_WIDTH, _HEIGHT = 22, 18
_MODES = (
    *(
        "1",
        "L",
        "LA",
        "La",
        "P",
        "PA",
        "RGB",
        "RGBA",
        "RGBa",
        "RGBX",
        "CMYK",
        "YCbCr",
        "LAB",
        "HSV",
    ),
    *("I", "F", "I;16", "I;16L", "I;16B", "I;16N"),
)
"""All that Pillow has."""
_WAYS: dict[str, tuple[dict[str, Any], ...]] = {
    "JPEG": ({}, {"progressive": True}),
    "PNG": ({}, {"bits": 1}, {"bits": 2}, {"bits": 4}),
    "WEBP": ({"lossless": True}, {}),
    "AVIF": ({"speed": 10},),
    "TIFF": ({}, {"compression": "tiff_lzw"}, {"compression": "tiff_adobe_deflate"}),
    "BMP": ({},),
    "GIF": ({},),
    "HEIF": ({},),
}
"""Format -> ways to write it, each tried with every mode. A format's rarer ones: ``_more``."""

FORMATS = tuple(_WAYS)


def valid_files(kinds: Sequence[str] = FORMATS) -> Iterator[tuple[str, bytes]]:
    """Every kind of file of these formats that Pillow writes, by a name that says which."""
    pillow_heif.register_heif_opener()
    for kind in kinds:
        for mode, (i, options) in product(_MODES, enumerate(_WAYS[kind])):
            if "bits" in options and mode != "P":
                continue
            # which modes a format has, Pillow knows best: it refuses the others
            with suppress(OSError, ValueError, KeyError):
                yield f"{kind}-{mode.replace(';', '_')}-{i}", file_of(_image(mode), kind, **options)
        yield from _turned(kind)
        yield from _animated(kind)
    yield from ((name, data) for name, data in _more() if name.partition("-")[0] in kinds)


def _turned(kind: str) -> Iterator[tuple[str, bytes]]:
    """In the eight orientations of EXIF. HEIF turns pictures in its own way."""
    if kind in ("BMP", "GIF", "HEIF"):
        return
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = orientation
        yield f"{kind}-turned-{orientation}", file_of(_image("RGB"), kind, exif=exif)


def _animated(kind: str) -> Iterator[tuple[str, bytes]]:
    """Three frames or pages."""
    if kind in ("BMP", "JPEG"):
        return
    first, *rest = (_image("RGB").rotate(90 * i) for i in range(3))
    yield f"{kind}-frames", file_of(first, kind, save_all=True, append_images=rest)


def _more() -> Iterator[tuple[str, bytes]]:
    for compression in ("packbits", "tiff_deflate", "jpeg", "group3", "group4", "tiff_ccitt"):
        mode = "1" if compression.startswith(("group", "tiff_ccitt")) else "RGB"
        yield f"TIFF-{compression}", file_of(_image(mode), "TIFF", compression=compression)
    yield "TIFF-big", file_of(_image("RGB"), "TIFF", big_tiff=True)
    yield "TIFF-strips", file_of(_image("RGB"), "TIFF", tiffinfo={278: 4})
    yield "JPEG-profile", file_of(_image("RGB"), "JPEG", icc_profile=_profile(), comment=b"c" * 50)
    yield "PNG-profile", file_of(_image("RGB"), "PNG", icc_profile=_profile(), dpi=(72, 72))


def _profile() -> bytes:
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def _image(mode: str) -> Image.Image:
    """A gradient with noise, the same each time."""
    noise = np.random.default_rng(5).integers(0, 60, (_HEIGHT, _WIDTH, 4))
    values = noise + np.arange(_WIDTH)[None, :, None] * 8
    if mode in ("I", "F") or mode.startswith("I;"):
        kind = {"I": "i4", "F": "f4", "I;16B": ">u2"}.get(mode, "<u2")
        samples = (values[:, :, 0] * 200).astype(kind)
        return Image.frombytes(mode, (_WIDTH, _HEIGHT), samples.tobytes())
    whole = Image.fromarray(values.astype(np.uint8))  # RGBA
    if mode in ("LAB", "RGBX", "HSV"):
        bands = whole.split()
        return Image.merge(mode, bands[: len(Image.new(mode, (1, 1)).getbands())])
    steps = {"LA": (), "La": ("LA",), "PA": ("LA",), "RGBA": (), "RGBa": ()}.get(mode, ("RGB",))
    for step in (*steps, mode):
        whole = whole.convert(step)
    return whole


def scans(side: int, count: int) -> bytes:
    """A JPEG of side x side grey pixels that are gone over ``count`` times more than needed."""
    whole = file_of(Image.new("L", (side, side)), "JPEG", progressive=True)
    last = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + last * count + whole[-2:]


def corrupted(name: str, data: bytes, count: int = CORRUPTIONS) -> Iterator[bytes]:
    """``count`` damaged copies of a file, the same ones for the same name."""
    choose = random.Random(name)
    for i in range(count):
        yield _DAMAGES[i % len(_DAMAGES)](choose, data)


def _cut(choose: random.Random, data: bytes) -> bytes:
    return data[: choose.randrange(len(data))]


def _flipped(choose: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    # headers decide what decoders do: most of the damage is there
    end = len(data) if choose.random() < 0.4 else min(len(data), 120)
    for _ in range(choose.choice((1, 1, 2, 8, 40))):
        changed[choose.randrange(end)] ^= 1 << choose.randrange(8)
    return bytes(changed)


def _swapped(choose: random.Random, data: bytes) -> bytes:
    """Two parts of the file exchanged: at marks of its format if there are any."""
    marks = [m.start() for m in re.finditer(rb"\xff[\xc0-\xfe]|[A-Za-z]{4}|\x21\xf9|\x2c", data)]
    if len(marks) < 4:
        marks = [*range(len(data))]
    a, b, c, d = sorted(choose.choices(marks, k=4))
    return data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]


def _wrong_length(choose: random.Random, data: bytes) -> bytes:
    """Some number in the file, of 2 or 4 bytes, becomes another: 0, 1, huge or a little off."""
    size, order = choose.choice((2, 4)), choose.choice((">", "<"))
    end = max(1, (len(data) if choose.random() < 0.4 else min(len(data), 120)) - size)
    place = choose.randrange(end)
    code = f"{order}{'H' if size == 2 else 'I'}"
    most = 256**size - 1
    (was,) = struct.unpack_from(code, data.ljust(place + size, b"\0"), place)
    new = choose.choice((0, 1, most, most // 2, most // 2 + 1, was + 1, was - 1, was * 2)) & most
    changed = io.BytesIO(data)
    changed.seek(place)
    changed.write(struct.pack(code, new))
    return changed.getvalue()


def _doubled(choose: random.Random, data: bytes) -> bytes:
    """A part of the file stands there many times."""
    start = choose.randrange(len(data))
    part = data[start : start + choose.choice((1, 12, 200))]
    return data[:start] + part * choose.choice((2, 50, 2_000)) + data[start:]


_DAMAGES = (_cut, _flipped, _swapped, _wrong_length, _flipped, _wrong_length, _doubled)
