"""Image files of every kind become the sRGB pixels that a person would expect."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pillow_heif
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from generator.decode import decode
from tests.image_files import (
    LINEAR,
    file_of,
    grey_tiff,
    icc_profile,
    image_of,
    png_chunk,
    png_of_16_bits,
    rgb_profile,
    xyz,
)

WHITE, BLACK = (255, 255, 255), (0, 0, 0)
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)

Grid = list[list[tuple[int, int, int]]]


def _grid(data: bytes) -> Grid:
    """The decoded pixels, small enough to be read."""
    image = decode(data)
    assert image.mode == "RGB"
    return [[(int(r), int(g), int(b)) for r, g, b in row] for row in np.asarray(image)]


def _greys(*rows: list[int]) -> Grid:
    return [[(grey, grey, grey) for grey in row] for row in rows]


# --- Bits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "GIF"])
def test_eight_bit_grey_stays_as_it_is(kind: str) -> None:
    """Each grey level becomes red, green and blue of the same value."""
    image = image_of([[0, 1, 77], [128, 254, 255]], np.uint8)
    assert _grid(file_of(image, kind)) == _greys([0, 1, 77], [128, 254, 255])


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "WEBP", "AVIF"])
def test_lossless_colour_stays_as_it_is(kind: str) -> None:
    """Pixels stored without loss come back the same."""
    colours: Grid = [[RED, GREEN, BLUE], [(1, 2, 3), (250, 128, 7), WHITE]]
    best: dict[str, dict[str, Any]] = {
        "WEBP": {"lossless": True},
        "AVIF": {"quality": 100, "subsampling": "4:4:4"},
    }
    found = np.array(_grid(file_of(image_of(colours, np.uint8), kind, **best.get(kind, {}))), int)
    # AVIF stores luma and chroma even at its best quality: one level is lost on the way.
    assert np.abs(found - np.array(colours)).max() <= (2 if kind == "AVIF" else 0)


def test_one_bit_is_black_and_white() -> None:
    """The two values of a 1-bit image are 0 and 255, not 0 and 1."""
    image = image_of([[0, 255], [255, 0]], np.uint8).convert("1")
    assert _grid(file_of(image)) == _greys([0, 255], [255, 0])


def test_sixteen_bit_grey_is_scaled_not_clipped() -> None:
    """65,535 is white and 32,896 (128 x 257) is 128; what 8 bits cannot hold is rounded."""
    image = image_of([[0, 257, 128], [65535, 32896, 129]], np.uint16)
    # 128 / 257 = 0.498 and 129 / 257 = 0.502.
    expected = _greys([0, 1, 0], [255, 128, 1])
    assert _grid(file_of(image, "PNG")) == expected
    assert _grid(file_of(image, "TIFF")) == expected


@pytest.mark.parametrize("order", ["<", ">"])
def test_sixteen_bit_tiff_of_either_byte_order(order: str) -> None:
    """The same numbers are read from an Intel and from a Motorola file."""
    data = grey_tiff(order, 2, 16, 1, struct.pack(f"{order}4H", 0, 257, 32896, 65535))
    assert _grid(data) == _greys([0, 1], [128, 255])


def test_twelve_bit_tiff_fills_the_range() -> None:
    """4,095 is white, and 2,048 is 2048 x 255 / 4095 = 127.53, which rounds to 128."""
    packed = bytes([0x00, 0x0F, 0xFF, 0x80, 0x00, 0x10])  # 000 FFF | 800 010, a row each
    assert _grid(grey_tiff("<", 2, 12, 1, packed)) == _greys([0, 255], [128, 1])


@pytest.mark.parametrize(
    ("bits", "samples"), [(8, b"\0\1\x80\xff"), (16, b"\0\0\1\1\x80\x80\xff\xff")]
)
def test_tiff_where_white_is_zero(bits: int, samples: bytes) -> None:
    """A negative is turned round: 0 is white."""
    assert _grid(grey_tiff("<", 2, bits, 0, samples)) == _greys([255, 254], [127, 0])


def test_whole_numbers_of_32_bits() -> None:
    """They count as 16-bit ones when they fit, else the least is black and the greatest white."""
    fits = image_of([[0, 257], [65535, 32896]], np.int32)
    assert _grid(file_of(fits, "TIFF")) == _greys([0, 1], [255, 128])
    wide = image_of([[-1000, 101000], [50000, 19400]], np.int32)
    # 51,000 / 102,000 = 1/2 -> 127.5, an even round; 20,400 / 102,000 = 1/5 -> 51.
    assert _grid(file_of(wide, "TIFF")) == _greys([0, 255], [128, 51])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([[0, 0.2], [1, 0.6]], _greys([0, 51], [255, 153])),
        ([[0, 1], [255, 2.2]], _greys([0, 1], [255, 2])),
        ([[0, 257], [65535, 2570]], _greys([0, 1], [255, 10])),
        ([[-1, 0], [1.55, 0.7]], _greys([0, 100], [255, 170])),
        ([[float("nan"), float("inf")], [1, 0]], _greys([0, 0], [255, 0])),
        ([[70000, 70000], [70000, 70000]], _greys([0, 0], [0, 0])),
        ([[float("nan")] * 2] * 2, _greys([0, 0], [0, 0])),
    ],
)
def test_floating_point_samples(values: list[list[float]], expected: Grid) -> None:
    """The range is guessed from the values; flat and missing ones divide by nothing."""
    assert _grid(file_of(image_of(values, np.float32), "TIFF")) == expected


def test_sixteen_bit_colour_keeps_the_upper_byte() -> None:
    """0x1234 becomes 0x12."""
    data = png_of_16_bits(2, [[(0x1234, 0xFFFF, 0x00FF), (0, 0x0100, 0x8000)]] * 2)
    assert _grid(data) == [[(0x12, 0xFF, 0), (0, 1, 0x80)]] * 2


# --- Transparency and palettes ------------------------------------------------------------------


def test_transparent_pixels_show_white() -> None:
    """Clear pixels are white whatever colour hides there, half clear ones half way to white."""
    image = image_of([[[*RED, 255], [*BLUE, 0]], [[0, 0, 255, 51], [0, 100, 200, 204]]], np.uint8)
    # 51 / 255 = 1/5: 255 x 4/5 = 204. 204 / 255 = 4/5: 51, 51 + 80, 51 + 160.
    assert _grid(file_of(image)) == [[RED, WHITE], [(204, 204, 255), (51, 131, 211)]]


def test_grey_with_transparency() -> None:
    """Grey and alpha: over white likewise."""
    image = image_of([[[0, 255], [9, 0]], [[0, 51], [100, 204]]], np.uint8, "LA")
    assert _grid(file_of(image)) == _greys([0, 255], [204, 131])


def _palette_image() -> Image.Image:
    image = Image.frombytes("P", (2, 2), bytes([0, 1, 2, 1]))
    image.putpalette([*RED, *GREEN, *BLUE])
    return image


@pytest.mark.parametrize("kind", ["PNG", "GIF", "TIFF", "BMP"])
def test_a_palette_gives_its_colours(kind: str) -> None:
    """Numbers are looked up, not taken for greys."""
    assert _grid(file_of(_palette_image(), kind)) == [[RED, GREEN], [BLUE, GREEN]]


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_clear_colour_of_a_palette_shows_white(kind: str) -> None:
    """The transparent entry is white."""
    data = file_of(_palette_image(), kind, transparency=1)
    assert _grid(data) == [[RED, WHITE], [BLUE, WHITE]]


def test_a_palette_with_an_alpha_for_each_colour() -> None:
    """Red whole, green a fifth, blue not at all."""
    data = file_of(_palette_image(), transparency=bytes([255, 51, 0]))
    assert _grid(data) == [[RED, (204, 255, 204)], [WHITE, (204, 255, 204)]]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (file_of(image_of([[7, 8], [9, 8]], np.uint8), transparency=8), _greys([7, 255], [9, 255])),
        (
            png_of_16_bits(0, [[(257,), (514,)]] * 2, png_chunk(b"tRNS", b"\2\2")),
            _greys([1, 255], [1, 255]),
        ),
        (
            png_of_16_bits(
                2, [[(65535, 0, 0), (0, 0, 65535)]] * 2, png_chunk(b"tRNS", b"\xff\xff\0\0\0\0")
            ),
            [[WHITE, BLUE]] * 2,
        ),
    ],
    ids=["grey", "16-bit grey", "16-bit colour"],
)
def test_a_single_clear_colour_of_a_png(data: bytes, expected: Grid) -> None:
    """Every pixel of just that colour is white."""
    assert _grid(data) == expected


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_the_first_frame_counts(kind: str) -> None:
    """Of an animation, and of a document of several pages, the first is read."""
    frames = [Image.new("RGB", (2, 2), colour) for colour in (RED, GREEN, BLUE)]
    options: dict[str, Any] = {"lossless": True} if kind == "WEBP" else {}
    data = file_of(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    assert _grid(data) == [[RED, RED]] * 2


def test_the_main_picture_of_a_camera_that_stores_several() -> None:
    """A JPEG with previews behind it (MPO) gives its first picture."""
    frames = [Image.new("RGB", (16, 16), colour) for colour in (RED, BLUE)]
    data = file_of(frames[0], "MPO", save_all=True, append_images=frames[1:], quality=95)
    assert np.abs(np.array(_grid(data), int) - RED).max() <= 2


# --- Colour -------------------------------------------------------------------------------------


def test_cmyk_without_a_profile() -> None:
    """Ink takes its own colour away: cyan takes red."""
    inks = [[[0, 0, 0, 0], [255, 0, 0, 0]], [[0, 255, 255, 0], [0, 0, 0, 255]]]
    expected: Grid = [[WHITE, (0, 255, 255)], [RED, BLACK]]
    assert _grid(file_of(image_of(inks, np.uint8, "CMYK"), "TIFF")) == expected


def test_cmyk_jpeg_is_not_a_negative() -> None:
    """JPEG stores ink the other way round; a sheet of yellow ink is still yellow."""
    image = Image.new("CMYK", (16, 16), (0, 0, 255, 0))
    found = np.asarray(decode(file_of(image, "JPEG", quality=100)), int)
    assert np.abs(found - (255, 255, 0)).max() <= 2


def test_lab_tiff() -> None:
    """L = 100 is white and L = 0 black; L = 53.6 with no colour is sRGB 128."""
    # L x 255 / 100; a and b are signed bytes around neutral 0.
    image = image_of([[[255, 0, 0], [0, 0, 0]], [[137, 0, 0], [137, 0, 0]]], np.uint8, "LAB")
    found = np.array(_grid(file_of(image, "TIFF")), int)
    assert np.abs(found - np.array([[WHITE, BLACK], [(128,) * 3] * 2])).max() <= 1


PLAIN = {b"r": b"r", b"g": b"g", b"b": b"b"}
SWAPPED = {b"r": b"b", b"g": b"g", b"b": b"r"}


def _srgb_curve(light: float) -> float:
    """The transfer function of IEC 61966-2-1, 0 to 255, for light above 0.0031308."""
    return float(255 * (1.055 * light ** (1 / 2.4) - 0.055))


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_a_profile_that_swaps_red_and_blue(kind: str) -> None:
    """The profile says what the numbers mean: "red" of this file is blue."""
    image = image_of([[RED, GREEN], [BLUE, WHITE]], np.uint8)
    options: dict[str, Any] = {"lossless": True} if kind == "WEBP" else {}
    data = file_of(image, kind, icc_profile=rgb_profile(SWAPPED), **options)
    found = np.array(_grid(data), int)
    assert np.abs(found - np.array([[BLUE, GREEN], [RED, WHITE]])).max() <= 2


def test_a_profile_of_linear_light() -> None:
    """Samples proportional to light become brighter, by sRGB's published curve."""
    image = image_of([[(64, 64, 64), (128, 128, 128)], [(10, 10, 10), WHITE]], np.uint8)
    found = np.array(_grid(file_of(image, icc_profile=rgb_profile(PLAIN))), float)
    expected = [[_srgb_curve(v / 255) for v in row] for row in ((64, 128), (10, 255))]
    assert np.abs(found - np.array(expected)[..., None]).max() <= 1.5


def test_transparency_is_applied_after_the_profile() -> None:
    """A half clear blue that the file calls red lies half way between blue and white."""
    image = image_of([[[*RED, 51], [*RED, 255]]] * 2, np.uint8)
    found = np.array(_grid(file_of(image, icc_profile=rgb_profile(SWAPPED))), int)
    assert np.abs(found - np.array([[(204, 204, 255), BLUE]] * 2)).max() <= 2


def test_the_profile_of_a_grey_image() -> None:
    """A grey curve counts too."""
    profile = icc_profile(b"GRAY", {b"wtpt": xyz(0.9642, 1.0, 0.8249), b"kTRC": LINEAR})
    found = np.array(_grid(file_of(image_of([[0, 128], [64, 255]], np.uint8), icc_profile=profile)))
    expected = [[0, _srgb_curve(128 / 255)], [_srgb_curve(64 / 255), 255]]
    assert np.abs(found - np.array(expected)[..., None]).max() <= 1.5


def test_the_profile_of_a_palette() -> None:
    """The palette's colours go through the profile."""
    found = np.array(_grid(file_of(_palette_image(), icc_profile=rgb_profile(SWAPPED))), int)
    assert np.abs(found - np.array([[BLUE, GREEN], [RED, GREEN]])).max() <= 2


def test_the_profile_of_cmyk() -> None:
    """Where the profile says that cyan ink prints black, it is black."""
    # A table over two steps of each ink: the lightness is 0 with cyan, else 100; no colour.
    identity = struct.pack(">9i", *(65536 if at in (0, 4, 8) else 0 for at in range(9)))
    grid = b"".join(bytes([0 if node >= 8 else 255, 128, 128]) for node in range(16))
    ramp = bytes(range(256))
    table = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + identity + ramp * 4 + grid + ramp * 3
    tags = {b"wtpt": xyz(0.9642, 1.0, 0.8249), b"A2B0": table}
    profile = icc_profile(b"CMYK", tags, b"prtr", b"Lab ")
    inks = [[[255, 0, 0, 0], [0, 255, 0, 0]]] * 2
    data = file_of(image_of(inks, np.uint8, "CMYK"), "TIFF", icc_profile=profile)
    found = np.array(_grid(data), int)
    assert np.abs(found - np.array([[BLACK, WHITE]] * 2)).max() <= 2


def test_an_srgb_profile_changes_nothing() -> None:
    """Most photographs carry one; not one level may be lost to it."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    levels = np.arange(0, 256, 5, dtype=np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels), -1).reshape(len(levels), -1, 3)
    found = np.asarray(decode(file_of(Image.fromarray(cube), icc_profile=profile)))
    np.testing.assert_array_equal(found, cube)


@pytest.mark.parametrize(
    "profile",
    [
        b"not a profile",
        rgb_profile(SWAPPED)[:200],
        icc_profile(b"GRAY", {b"wtpt": xyz(0.9642, 1.0, 0.8249), b"kTRC": LINEAR}),
    ],
    ids=["garbage", "cut off", "of another kind of image"],
)
def test_a_broken_profile_is_left_out(profile: bytes) -> None:
    """The image is still read, with its numbers taken for sRGB."""
    colours: Grid = [[RED, GREEN], [BLUE, (1, 2, 3)]]
    assert _grid(file_of(image_of(colours, np.uint8), icc_profile=profile)) == colours


# --- Orientation --------------------------------------------------------------------------------

SIDES = {
    1: ("top", "left"),
    2: ("top", "right"),
    3: ("bottom", "right"),
    4: ("bottom", "left"),
    5: ("left", "top"),
    6: ("right", "top"),
    7: ("right", "bottom"),
    8: ("left", "bottom"),
}
"""EXIF 2.32, tag 274: the visual side at which row 0 lies, and that of column 0."""


def _upright(stored: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Put each stored pixel where the standard says that it is seen."""
    row_side, column_side = SIDES[orientation]
    rows, columns = stored.shape[:2]
    lies_down = row_side in {"left", "right"}
    seen = np.zeros((columns, rows, 3) if lies_down else stored.shape, np.uint8)
    for row in range(rows):
        for column in range(columns):
            from_row_side = rows - 1 - row if row_side in {"bottom", "right"} else row
            far = column_side in {"bottom", "right"}
            from_column_side = columns - 1 - column if far else column
            at = (
                (from_column_side, from_row_side)
                if lies_down
                else (from_row_side, from_column_side)
            )
            seen[at] = stored[row, column]
    return seen


STORED = np.array(
    [[RED, GREEN, BLUE], [WHITE, BLACK, (255, 255, 0)]], np.uint8
)  # (2, 3, 3): no symmetry


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "TIFF deflated", "WEBP"])
def test_exif_orientation(kind: str, orientation: int) -> None:
    """The image is turned as the camera was held, once."""
    exif = Image.Exif()
    exif[274] = orientation
    lossless: dict[str, dict[str, Any]] = {
        "WEBP": {"lossless": True},
        "TIFF deflated": {"compression": "tiff_adobe_deflate"},
    }
    data = file_of(Image.fromarray(STORED), kind.split()[0], exif=exif, **lossless.get(kind, {}))
    np.testing.assert_array_equal(np.asarray(decode(data)), _upright(STORED, orientation))


@pytest.mark.parametrize("orientation", [3, 6])
@pytest.mark.parametrize("kind", ["JPEG", "AVIF", "HEIF"])
def test_orientation_of_formats_with_loss(kind: str, orientation: int) -> None:
    """The same for what cameras and phones write, on blocks that survive compression."""
    pillow_heif.register_heif_opener()
    exif = Image.Exif()
    exif[274] = orientation
    large = STORED.repeat(32, 0).repeat(32, 1)
    data = file_of(Image.fromarray(large), kind, quality=95, exif=exif.tobytes())
    found = np.asarray(decode(data), int)[16::32, 16::32]
    assert np.abs(found - _upright(STORED, orientation).astype(int)).max() <= 12


@pytest.mark.parametrize("orientation", [0, 9, 4000])
def test_an_impossible_orientation_counts_as_none(orientation: int) -> None:
    """Numbers that the standard does not know turn nothing."""
    exif = Image.Exif()
    exif[274] = orientation
    data = file_of(Image.fromarray(STORED), exif=exif)
    np.testing.assert_array_equal(np.asarray(decode(data)), STORED)


def test_damaged_exif_counts_as_none() -> None:
    """Pixels that are whole are shown, whatever stands beside them."""
    data = file_of(Image.fromarray(STORED), exif=b"Exif\0\0II*\0\xff\xff\xff\x7f garbage")
    np.testing.assert_array_equal(np.asarray(decode(data)), STORED)
