"""Files that are no image, or not a whole one, or far too much of one, are refused in words."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from generator.decode import MAX_PIXELS, decode
from generator.errors import ImageError
from tests.image_files import bomb, file_of

RED = (255, 0, 0)


def _refusal(data: bytes) -> str:
    with pytest.raises(ImageError) as caught:
        decode(data)
    message = str(caught.value)
    assert message.startswith("Expected ")
    assert message.count(". ") >= 1, "says what was expected and came, then what to do"
    assert " at 0x" not in message, "an address in memory differs from run to run"
    return message


def test_an_empty_file() -> None:
    """0 bytes are named as such."""
    assert "empty (0 bytes)" in _refusal(b"")


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"Dear diary, today I took no photograph.", "plain text"),
        ("Größe".encode() * 200, "plain text"),
        (b"\xef\xbb\xbf<!DOCTYPE html><html><title>404", "a web page"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (bytes(5000), "nothing but zeros"),
        (b"\x93NUMPY\x01\x00\xff\xfe", "no kind that is known"),
        (b"GIF89a\1", "damaged"),
    ],
)
def test_a_file_that_is_no_image(data: bytes, named: str) -> None:
    """The message says what the file holds instead."""
    assert named in _refusal(data)


def test_formats_that_are_not_on_the_list_are_not_opened() -> None:
    """Pillow reads many more, by decoders that few have looked at."""
    for kind in ("PPM", "ICO", "TGA", "SGI", "EPS", "PDF"):
        assert "the file holds" in _refusal(file_of(Image.new("RGB", (16, 16)), kind))


NOISE = Image.fromarray(np.random.default_rng(7).integers(0, 256, (64, 64, 3), np.uint8))


@pytest.mark.parametrize("part", [0.03, 0.5, 0.9])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("PNG", {}),
        ("WEBP", {}),
        ("AVIF", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("BMP", {}),
        ("GIF", {}),
        ("HEIF", {}),
    ],
)
def test_a_file_that_breaks_off(kind: str, options: dict[str, Any], part: float) -> None:
    """Half an image is not shown as if it were whole."""
    pillow_heif.register_heif_opener()
    data = file_of(NOISE, kind, **options)
    _refusal(data[: int(part * len(data))])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF", "HEIF"])
def test_damaged_bytes_never_raise_anything_else(kind: str) -> None:
    """Whatever a decoder makes of damage, the caller sees an image or an ImageError."""
    pillow_heif.register_heif_opener()
    random = np.random.default_rng(11)
    whole = np.frombuffer(file_of(NOISE.resize((24, 24)), kind), np.uint8)
    for _ in range(60):
        data = whole.copy()
        data[random.integers(0, min(len(data), 400), 6)] = random.integers(0, 256, 6)
        try:
            assert decode(data.tobytes()).mode == "RGB"
        except ImageError as error:
            assert " at 0x" not in str(error)


@pytest.mark.parametrize(("side", "megapixels"), [(30_000, "900"), (12_000, "144"), (8_001, "64")])
def test_a_decompression_bomb(side: int, megapixels: str) -> None:
    """Refused by its header: about 100 kB that would be a gigabyte, and what is just too large."""
    data = bomb(side)
    assert len(data) < 150_000
    message = _refusal(data)
    assert "at most 64 megapixels" in message
    assert f"{megapixels} megapixels" in message


def test_the_largest_size_is_still_read() -> None:
    """The limit is 64 megapixels, and includes them."""
    assert MAX_PIXELS == 8_000 * 8_000
    assert decode(bomb(8_000)).size == (8_000, 8_000)


@pytest.mark.parametrize(("height", "width"), [(1, 300), (300, 1), (1, 1)])
def test_a_line_of_pixels(height: int, width: int) -> None:
    """A spacer of some web page is no picture."""
    assert f"{width} x {height}" in _refusal(file_of(Image.new("RGB", (width, height))))


def test_heic_is_read_where_the_extra_is_installed() -> None:
    """Whatever the name says, as phones send HEIC named .jpg."""
    pillow_heif.register_heif_opener()
    found = np.asarray(decode(file_of(Image.new("RGB", (64, 48), RED), "HEIF", quality=95)), int)
    assert found.shape == (48, 64, 3)
    assert np.abs(found - RED).max() <= 6


def test_heic_without_the_extra_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a command that works from a clone too, and without a path, for galleries show it."""
    pillow_heif.register_heif_opener()
    data = file_of(Image.new("RGB", (64, 48), RED), "HEIF")
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    refusal = _refusal(data)
    assert "python -m pip install pillow-heif" in refusal
    assert sys.prefix not in refusal
