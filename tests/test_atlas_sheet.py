"""Pictures <-> sheets and WebP, as small grids of characters."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from generator.atlas import sheet
from generator.encode import read_webp, resized, rgb_png, webp
from tests.atlas_examples import facts_of, pictured

Pixels = NDArray[np.uint8]


def drawn(*rows: str) -> Pixels:
    """A grid of characters as pixels of those codes, one of them in each colour."""
    codes = np.array([[ord(character) for character in row] for row in rows])
    return np.stack([codes, codes + 1, codes + 2], axis=-1).astype(np.uint8)


def read_off(pixels: Pixels) -> list[str]:
    """The inverse of ``drawn``; a tile without a picture reads as dots."""
    codes = pixels.astype(int)
    empty = (codes == sheet.NOTHING).all(axis=-1)
    assert ((codes[..., 1] == codes[..., 0] + 1) | empty).all()
    assert ((codes[..., 2] == codes[..., 0] + 2) | empty).all()
    codes = np.where(empty, ord("."), codes[..., 0])
    return ["".join(chr(code) for code in row) for row in codes]


TILES = np.stack(
    [
        drawn("abc", "def"),
        drawn("ghi", "jkl"),
        drawn("mno", "pqr"),
        drawn("stu", "vwx"),
        drawn("ABC", "DEF"),
    ]
)


def noise(seed: int, *shape: int) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (*shape, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (2, ["abcghi", "defjkl", "mnostu", "pqrvwx", "ABC...", "DEF..."]),
        (3, ["abcghimno", "defjklpqr", "stuABC...", "vwxDEF..."]),
        (5, ["abcghimnostuABC", "defjklpqrvwxDEF"]),
        (1, ["abc", "def", "ghi", "jkl", "mno", "pqr", "stu", "vwx", "ABC", "DEF"]),
    ],
)
def test_tiles_lie_row_by_row_without_gaps(columns: int, expected: list[str]) -> None:
    """Five tiles of 2 x 3 pixels; what is left of the last row is plain grey."""
    assert read_off(sheet.join(TILES, columns)) == expected


@pytest.mark.parametrize("columns", [1, 2, 3, 4, 5])
def test_a_sheet_is_cut_into_the_tiles_it_was_joined_from(columns: int) -> None:
    """And into the grey ones that fill its last row."""
    tiles = sheet.cut(sheet.join(TILES, columns), columns, 2, 3)
    assert len(tiles) == -(-5 // columns) * columns
    assert np.array_equal(tiles[:5], TILES)
    assert (tiles[5:] == 128).all()


def test_a_drawn_sheet_is_cut_where_its_tiles_meet() -> None:
    """Two rows of two tiles, each 1 x 2."""
    tiles = sheet.cut(drawn("abcd", "efgh"), 2, 1, 2)
    assert [read_off(tile) for tile in tiles] == [["ab"], ["cd"], ["ef"], ["gh"]]


def test_a_sheet_of_any_layer_fits_into_a_webp() -> None:
    """At most 16,383 pixels a side with pictures of 128, up to 2,048 channels."""
    for channels in range(1, 2049):
        columns = sheet.columns_for(channels)
        rows = -(-channels // columns)
        assert 1 <= columns <= channels
        assert max(columns, rows) * 128 <= 16_383
        assert rows * columns >= channels > (rows - 1) * columns
    assert sheet.columns_for(2048) * 128 == 4096
    assert 2048 // sheet.columns_for(2048) * 128 == 8192


def test_columns_suit_the_layers_of_vgg16() -> None:
    """64 to 512 channels are rows of 16, and a handful is one row."""
    assert [sheet.columns_for(n) for n in (3, 8, 32, 64, 128, 256, 512)] == [
        3, 8, 8, 16, 16, 16, 16,
    ]  # fmt: skip


def test_small_pictures_are_kept_as_they_are_and_larger_ones_packed() -> None:
    """Of less than 48 pixels lossless; from there on lossy, the larger the more."""
    assert {sheet.quality_for(side) for side in range(1, 48)} == {100}
    larger = [sheet.quality_for(side) for side in (48, 64, 96, 128, 224)]
    assert larger == sorted(larger, reverse=True)
    assert 100 > larger[0] > larger[-1] > 0


def test_pictures_are_read_back_out_of_a_webp() -> None:
    """Those of the channels, without what fills the last row."""
    facts = facts_of([pictured()] * 5, columns=2, rows=3)
    data = webp(sheet.join(TILES, 2), 100)
    assert np.array_equal(sheet.read(facts, data), TILES)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rows": 2},
        {"rows": 4},
        {"columns": 3},
        {"columns": 3, "rows": 2},  # as many pixels
        {"tile_height": 3},
        {"tile_width": 2},
        {"tile_height": 3, "tile_width": 2},
    ],
    ids=str,
)
def test_a_webp_of_another_size_than_its_facts_say_is_refused(wrong: dict[str, int]) -> None:
    """6 x 6 pixels; the message says what was expected and what came."""
    facts = facts_of([pictured()] * 5, **({"columns": 2, "rows": 3} | wrong))
    with pytest.raises(ValueError, match=r"expected \d+ x \d+ pixels .*, got 6 x 6"):
        sheet.read(facts, webp(sheet.join(TILES, 2), 100))


@pytest.mark.parametrize("quality", [100, 80])
def test_damaged_bytes_are_refused(quality: int) -> None:
    """Nothing, half a file, and another kind of picture."""
    facts = facts_of([pictured()] * 4, tile_height=16, tile_width=16)
    pixels = noise(1, 32, 32)
    whole = webp(pixels, quality)
    assert sheet.read(facts, whole).shape == (4, 16, 16, 3)
    for data in (b"", b"RIFF", whole[: len(whole) // 2], whole[:40], rgb_png(pixels)):
        with pytest.raises(ValueError):
            sheet.read(facts, data)


def test_quality_100_is_lossless() -> None:
    """Noise, which no lossy WebP keeps, comes back sample by sample."""
    pixels = noise(2, 33, 47)
    assert np.array_equal(read_webp(webp(pixels, 100)), pixels)
    assert not np.array_equal(read_webp(webp(pixels, 99)), pixels)


def test_a_lossy_webp_is_near_and_small() -> None:
    """A soft ramp is off by a few steps at most, and smaller than at a higher quality."""
    ramp = np.linspace(0, 255, 64).astype(np.uint8)
    pixels = np.stack(np.broadcast_arrays(ramp[:, None], ramp[None], np.uint8(128)), axis=-1)
    low, high = webp(pixels, 80), webp(pixels, 95)
    assert len(low) < len(high)
    assert np.abs(read_webp(low).astype(int) - pixels).mean() < 4


@pytest.mark.parametrize("quality", [100, 86])
def test_a_webp_holds_pixels_and_nothing_else(quality: int) -> None:
    """One chunk: neither profile nor EXIF nor XMP; Pillow reads the same pixels."""
    data = webp(noise(3, 24, 24), quality)
    kind, size = struct.unpack("<4sI", data[12:20])
    assert data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    assert kind == (b"VP8L" if quality == 100 else b"VP8 ")
    assert len(data) == 20 + size + size % 2
    with Image.open(io.BytesIO(data)) as opened:
        assert np.array_equal(np.asarray(opened.convert("RGB")), read_webp(data))


def test_the_same_pixels_are_the_same_bytes() -> None:
    """So a sheet that is made again can be compared."""
    for quality in (100, 86):
        assert webp(noise(4, 40, 40), quality) == webp(noise(4, 40, 40), quality)


def test_a_whole_multiple_is_made_by_repeating_pixels() -> None:
    """To twice the longer side every pixel becomes 2 x 2, hard edged."""
    assert read_off(resized(drawn("ab", "cd"), 4)) == ["aabb", "aabb", "ccdd", "ccdd"]
    assert read_off(resized(drawn("abc", "def"), 6)) == ["aabbcc", "aabbcc", "ddeeff", "ddeeff"]
    assert read_off(resized(drawn("ab", "cd", "ef"), 3)) == ["ab", "cd", "ef"]


@pytest.mark.parametrize(
    ("height", "width", "side", "size"),
    [
        (48, 48, 64, (64, 64)),
        (128, 128, 96, (96, 96)),
        (24, 36, 48, (48, 32)),
        (36, 24, 48, (32, 48)),
        (10, 12, 8, (8, 7)),
    ],
)
def test_any_other_size_is_pillows_lanczos(
    height: int, width: int, side: int, size: tuple[int, int]
) -> None:
    """``size`` as Pillow has it, (width, height): the longer one is ``side``."""
    pixels = noise(5, height, width)
    expected = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))
    assert np.array_equal(resized(pixels, side), expected)
