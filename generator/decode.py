"""From the bytes of an image file to the pixels a network is shown.

``decode`` makes correct sRGB of whatever the file holds; ``fit`` brings it to the network's size.

How values become sRGB:

- Bits: 16-bit grey is divided by 257 and rounded; 16-bit colour is what Pillow makes of it (the
  upper byte). Samples of which a TIFF does not say how large they may be count as 0 to 1 (floating
  point only), 0 to 255 (likewise) or 0 to 65,535, whichever is the first to hold them all, else
  from the least to the greatest; what is not a number is 0. "White is zero" is turned round.
- Colour: the embedded ICC profile is applied with its perceptual intent if it fits the kind of
  image; a broken or foreign one is left out. CMYK without a profile is Pillow's plain arithmetic.
- Transparency: over white, after the colours are right, before any scaling.
- Orientation: as EXIF says; a broken EXIF block counts as none.
- Of several frames or pages, the first.
"""

from __future__ import annotations

import codecs
import importlib
import io
import re
import threading
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError

from generator.domain import InputSpec
from generator.errors import ImageError
from generator.folders import FORMATS

__all__ = [
    "MAX_PIXELS",
    "MAX_SCANS",
    "MAX_SIDE",
    "MIN_SIDE",
    "PAD_COLOUR",
    "convert",
    "decode",
    "fit",
]

MAX_PIXELS = 64_000_000
"""Largest image, width times height; more is taken for a decompression bomb."""

MAX_SIDE = 65_535
"""Largest height and width, those of a JPEG. A line of 24 million takes gigabytes to scale."""

MAX_SCANS = 100
"""Passes that a JPEG may make over its pixels; those of cameras and programs make up to a dozen.

A few hundred bytes ask for another pass over all 64 megapixels, at 0.04 seconds.
"""

MIN_SIDE = 2
"""Smallest height and width: a line of single pixels is a ruler of some web page, not a picture."""

PAD_COLOUR = (124, 117, 104)
"""Red, green, blue of the margins of ``pad``.

ImageNet's mean (123.68, 116.779, 103.939), rounded: preprocessing subtracts that mean, so the
margins reach the network as nearly 0, which is also what its own zero padding is made of.
"""

_PILLOW_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF")
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"})

_IMAGE_START = re.compile(
    rb"\xff\xd8\xff|\x89PNG|GIF8|BM|II[*+]\0|MM\0[*+]|RIFF....WEBP|....ftyp", re.DOTALL
)
"""How the files of the formats above begin."""

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What undoes each value of EXIF's Orientation."""

_ONE_AT_A_TIME = threading.Lock()
"""Keeps memory to one decoded image, and the muting of warnings, which is global, in order."""


def decode(data: bytes) -> Image.Image:
    """The image in ``data``, the bytes of a file, upright, in mode "RGB", in sRGB.

    The content decides on the format, not a name. Raises ImageError if it is not an image, is
    incomplete, or is too large to be one that was meant.
    """
    # Pillow warns on stderr of odd EXIF and the like; only the command line prints.
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = _open(data)
        _check_scans(image, data)
        return _finished(image)


def convert(image: Image.Image | NDArray[np.uint8]) -> Image.Image:
    """An image of Pillow's, or pixels (height, width, 3) in sRGB, as ``decode`` gives it.

    Raises ImageError as ``decode``.
    """
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _finished(image if isinstance(image, Image.Image) else Image.fromarray(image))


def fit(image: Image.Image, spec: InputSpec) -> NDArray[np.uint8]:
    """``image``, mode "RGB", at the size of ``spec``: uint8 (spec.height, spec.width, 3).

    Every way is one call of Pillow's ``resize`` with LANCZOS on 8-bit pixels (releases of Pillow
    differ in which direction they scale first, which shows only where ringing is clipped). With an
    image of H x W and a target of h x w, rows before columns:

    - ``crop``: the largest box of the target's proportions, in the middle. If W h > H w it is
      H high and H w / h wide, from column (W - H w / h) / 2 on; else W wide and W h / w high, from
      row (H - W h / w) / 2 on. The box is given as ``box=``, in fractions of pixels.
    - ``pad``: the whole image as large as it fits (the other side rounded, halves up, at least 1),
      from row (h - its height) // 2 and column (w - its width) // 2 on; around it PAD_COLOUR.
    - ``stretch``: the whole image, its proportions given up.
    """
    width, height = spec.width, spec.height
    if spec.fit == "crop":
        resized = image.resize((width, height), Image.Resampling.LANCZOS, _middle(image, spec))
    elif spec.fit == "stretch":
        resized = image.resize((width, height), Image.Resampling.LANCZOS)
    else:
        # Whole-number arithmetic, so that no rounding of fractions can differ.
        if image.width * height >= image.height * width:
            inner = width, max(1, (2 * image.height * width + image.width) // (2 * image.width))
        else:
            inner = max(1, (2 * image.width * height + image.height) // (2 * image.height)), height
        resized = Image.new("RGB", (width, height), PAD_COLOUR)
        corner = (width - inner[0]) // 2, (height - inner[1]) // 2
        resized.paste(image.resize(inner, Image.Resampling.LANCZOS), corner)
    return np.array(resized, dtype=np.uint8)


def _middle(image: Image.Image, spec: InputSpec) -> tuple[float, float, float, float]:
    """The box of ``crop``: left, top, right, bottom in pixels of ``image``."""
    if image.width * spec.height > image.height * spec.width:
        box_width = image.height * spec.width / spec.height
        left = (image.width - box_width) / 2
        return left, 0, left + box_width, image.height
    box_height = image.width * spec.height / spec.width
    # When the proportions agree, the fraction may miss the height by its last bit.
    box_height = min(box_height, image.height)
    top = (image.height - box_height) / 2
    return 0, top, image.width, top + box_height


def _finished(image: Image.Image) -> Image.Image:
    """Load it, and make it upright, "RGB" and sRGB."""
    _check_size(image.width, image.height)
    try:
        image.load()
        # TIFF is already turned by now, and then no longer says that it was.
        orientation = _orientation(image)
        upright = _UPRIGHT.get(orientation)
        rgb = _srgb(image)
        return rgb if upright is None else rgb.transpose(upright)
    except MemoryError:  # says nothing against the file
        raise
    except Exception as error:  # Decoders of damaged files raise whatever they like.
        raise ImageError(
            f"Expected a complete {image.format} image; decoding stopped: {_reason(error)}. "
            "Copy or export it again."
        ) from error


def _open(data: bytes) -> Image.Image:
    """Identify the file and read its header; no pixel is decoded."""
    if not data:
        raise ImageError(
            "Expected an image; this file is empty (0 bytes). Copy or export it again."
        )
    formats = list(_PILLOW_FORMATS)
    if _is_heif(data):
        _register_heif()
        formats.append("HEIF")
    try:
        return Image.open(io.BytesIO(data), formats=formats)
    except UnidentifiedImageError as error:
        raise ImageError(
            f"Expected a {FORMATS} image; the file holds {_content(data)}, whatever its name says. "
            "Export it in one of these formats, or remove it."
        ) from error
    except Image.DecompressionBombError as error:
        found = re.search(r"\((\d+) pixels\)", str(error))
        raise ImageError(_too_large(int(found[1]) if found else None)) from error
    except MemoryError:
        raise
    except Exception as error:  # As above: a damaged header can raise anything.
        raise ImageError(
            f"Expected a {FORMATS} image; its header is damaged: {_reason(error)}. "
            "Copy or export it again."
        ) from error


def _check_scans(image: Image.Image, data: bytes) -> None:
    if image.format not in {"JPEG", "MPO"}:
        return
    # within a scan's own data a byte 0xFF is never followed by this one
    scans = data.count(b"\xff\xda")
    if scans > MAX_SCANS:
        raise ImageError(
            f"Expected a JPEG image that is complete after at most {MAX_SCANS} scans; this one has "
            f"{scans:,}. Export it again."
        )


def _check_size(width: int, height: int) -> None:
    if max(width, height) > MAX_SIDE:
        raise ImageError(
            f"Expected an image of at most {MAX_SIDE:,} pixels in width and height; this one has "
            f"{width:,} x {height:,}. Cut or make it smaller first."
        )
    if width * height > MAX_PIXELS:
        raise ImageError(_too_large(width * height, f" ({width} x {height})"))
    if min(width, height) < MIN_SIDE:
        raise ImageError(
            f"Expected an image of at least {MIN_SIDE} x {MIN_SIDE} pixels; "
            f"this one has {width} x {height}. Use a larger one."
        )


def _too_large(pixels: int | None, shape: str = "") -> str:
    came = f"{pixels / 1e6:,.0f} megapixels" if pixels else "far more"
    return (
        f"Expected an image of at most {MAX_PIXELS / 1e6:,.0f} megapixels; "
        f"this one has {came}{shape}. Make it smaller first."
    )


def _is_heif(data: bytes) -> bool:
    """Whether the file says so: by its main brand, or by a general one with HEIC among others."""
    if data[4:8] != b"ftyp":
        return False
    end = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[start : start + 4] for start in range(16, end, 4)}
    main = data[8:12]
    return main in _HEIF_BRANDS or (main in {b"mif1", b"msf1"} and bool(brands & _HEIF_BRANDS))


def _register_heif() -> None:
    try:
        importlib.import_module("pillow_heif").register_heif_opener()
    except ImportError as error:
        raise ImageError(
            # its own name, not that of our extra: that works in a clone and without an index that
            # has us; and no interpreter by its path, for this is published
            "Expected an image that can be read as installed; this one is HEIC, which needs the "
            "package pillow-heif. In the environment that layerlight runs in: "
            "python -m pip install pillow-heif - or export it as JPEG."
        ) from error


def _content(data: bytes) -> str:
    """What a file that is no image holds, as far as its beginning tells."""
    start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    if _IMAGE_START.match(data):
        return "an image that is damaged or breaks off"
    for sign, name in (
        (b"<svg", "an SVG drawing"),
        (b"<?xml", "XML, perhaps an SVG drawing"),
        (b"<!doctype html", "a web page"),
        (b"<html", "a web page"),
        (b"%pdf", "a PDF document"),
        (b"pk\x03\x04", "a ZIP archive"),
        (b"version https://git-lfs", "a Git LFS pointer, not the file itself (run: git lfs pull)"),
    ):
        if start.lower().startswith(sign):
            return name
    if not any(data[:512]):
        return "nothing but zeros"
    try:
        # Incremental: a character cut in two at the end is no objection.
        text = codecs.getincrementaldecoder("utf-8")().decode(data[:512])
    except UnicodeDecodeError:
        return "bytes of no kind that is known"
    return "bytes of no kind that is known" if "\0" in text else "plain text"


def _reason(error: Exception) -> str:
    """A decoder's own words on one line, without addresses in memory, which change every time."""
    words = re.sub(r"<[^<>]* at 0x[0-9a-fA-F]+>", "the file", " ".join(str(error).split()))
    return words[:200].rstrip(".") or type(error).__name__


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # Damaged EXIF says nothing about the pixels, which are whole.
        return 1


def _srgb(image: Image.Image) -> Image.Image:
    """A loaded image of any mode as "RGB" in sRGB, transparency over white."""
    plain = _eight_bits(image) if image.mode[0] in "IF" else _common_mode(image)
    alpha = plain.getchannel("A") if plain.mode in {"LA", "RGBA"} else None
    if alpha is not None:
        plain = plain.getchannel("L") if plain.mode == "LA" else plain.convert("RGB")
    colour = _through_profile(plain, image.info.get("icc_profile"))
    if alpha is None:
        return colour
    white = Image.new("RGB", colour.size, (255, 255, 255))
    white.paste(colour, mask=alpha)
    return white


def _common_mode(image: Image.Image) -> Image.Image:
    """The image as one of L, LA, RGB, RGBA, CMYK, LAB; no colour is changed."""
    if image.mode in {"CMYK", "LAB", "L", "RGB"} and not image.has_transparency_data:
        return image
    is_grey = image.mode in {"1", "L", "LA", "La"}
    key = image.info.get("transparency")
    if image.mode == "RGB" and isinstance(key, tuple) and max(key) > 255:
        # PNG gives the transparent colour of a 16-bit image in 16 bits; its pixels have 8 by now.
        image.info["transparency"] = tuple(sample >> 8 for sample in key)
    if image.has_transparency_data:
        return image.convert("LA" if is_grey else "RGBA")
    return image.convert("L" if is_grey else "RGB")


def _through_profile(image: Image.Image, profile: bytes | None) -> Image.Image:
    """An image of mode L, RGB, CMYK or LAB as "RGB" in sRGB, by its ICC profile if that serves."""
    srgb = ImageCms.createProfile("sRGB")
    spaces = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK", "LAB": "Lab"}
    if profile:
        try:
            opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if opened.profile.xcolor_space.strip() == spaces[image.mode]:
                return _transformed(image, opened, srgb)
        except MemoryError:
            raise
        except Exception:  # A broken profile; without it the colours are still near.
            pass
    if image.mode == "LAB":
        return _transformed(image, ImageCms.createProfile("LAB"), srgb)
    return image.convert("RGB")


def _transformed(image: Image.Image, source: Any, target: Any) -> Image.Image:
    transform = ImageCms.buildTransform(
        source, target, image.mode, "RGB", ImageCms.Intent.PERCEPTUAL
    )
    result = transform.apply(image)
    assert isinstance(result, Image.Image)
    return result


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of more than 8 bits (I;16, I;16B, I, F) as "L"; "LA" if a PNG has a clear grey."""
    values = np.asarray(image)  # (height, width)
    tags = getattr(image, "tag_v2", {})
    bits = tags.get(ExifTags.Base.BitsPerSample, (16,))[0]
    if image.mode == "F":
        grey = _grey_of_any_range(values, (1, 255, 65535))
    elif image.mode == "I":
        is_unsigned = bits == 32 and tags.get(ExifTags.Base.SampleFormat, (1,))[0] == 1
        # Pillow holds 32 unsigned bits in signed ones.
        grey = _grey_of_any_range(values.view(np.uint32) if is_unsigned else values, (65535,))
    else:
        full = 4095 if bits == 12 else 65535
        # No value lies halfway between two levels, so rounding is one and the same everywhere.
        levels = np.rint(np.arange(65536) * 255 / full).clip(0, 255).astype(np.uint8)
        grey = levels[values]
    if tags.get(ExifTags.Base.PhotometricInterpretation) == 0:
        grey = 255 - grey
    result = Image.fromarray(grey)
    clear = image.info.get("transparency")
    if isinstance(clear, int):
        result.putalpha(Image.fromarray(np.where(values == clear, 0, 255).astype(np.uint8)))
    return result


def _grey_of_any_range(
    values: NDArray[np.float32] | NDArray[np.int32] | NDArray[np.uint32], ranges: tuple[int, ...]
) -> NDArray[np.uint8]:
    """Samples as 0 to 255: from 0 to the first of ``ranges`` that holds them, else as they come."""
    # a few rows at a time: their 64-bit copies are many times the image
    rows = max(1, 2**20 // values.shape[1])
    bands = [values[start : start + rows] for start in range(0, len(values), rows)]
    extremes = [
        (float(numbers.min()), float(numbers.max()))
        for numbers in (band[np.isfinite(band)] for band in bands)
        if numbers.size
    ]
    if not extremes:
        return np.zeros(values.shape, np.uint8)
    low, high = min(least for least, _ in extremes), max(most for _, most in extremes)
    full: float | None = next((full for full in ranges if low >= 0 and high <= full), None)
    if full is None:
        full = high - low or 1.0
    else:
        low = 0.0
    grey = np.empty(values.shape, np.uint8)
    for i, band in enumerate(bands):
        levels = np.where(np.isfinite(band), band.astype(np.float64) - low, 0.0) * (255 / full)
        grey[i * rows : i * rows + len(band)] = np.rint(levels)
    return grey
