"""Take the README's pictures of the gallery in ``site/``: ``make pictures``.

Wide as on a desk and narrow as on a phone, in the light theme, with the headless Chromium that the
tests use. The gallery is that of ``make gallery``: VGG16 on the sample images.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.browser.find_chromium import find

__all__ = ["LIMIT", "SHOTS", "Shot", "main", "take"]

FOLDER = Path(__file__).parent.parent / "pictures"
LIMIT = 300_000
"""Bytes that a picture may have."""
QUALITIES = range(90, 30, -5)
"""Of WebP, tried from the best on."""


class Shot(NamedTuple):
    """One picture."""

    name: str
    """Of its file, without the ending."""
    address: str
    """In the site, with what is open."""
    width: int
    """Of the window, CSS pixels,"""
    height: int
    """likewise."""
    density: float
    """Pixels of the picture for each of them."""


WIDE = (1280, 800, 1.5)
NARROW = (390, 700, 2)
SHOTS = (
    Shot("front", "index.html", *WIDE),
    Shot("layer", "images/chelsea/vgg16/block3_conv3.html#187", *WIDE),
    Shot("atlas", "atlas/vgg16/index.html", *WIDE),
    Shot("layer-phone", "images/chelsea/vgg16/block3_conv3.html#187", *NARROW),
)


def take(site: Path, shots: tuple[Shot, ...] = SHOTS) -> Iterator[tuple[str, bytes]]:
    """Name and WebP of each picture, at most ``LIMIT`` bytes."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find())
        for shot in shots:
            page = browser.new_page(
                viewport={"width": shot.width, "height": shot.height},
                device_scale_factor=shot.density,
                color_scheme="light",
                reduced_motion="reduce",
            )
            yield f"{shot.name}.webp", _small(_looked_at(page, site, shot))
            page.close()
        browser.close()


def _looked_at(page: Page, site: Path, shot: Shot) -> bytes:
    """The window as a PNG, once all that is in it has come."""
    path, _, fragment = shot.address.partition("#")
    page.goto(f"{(site / path).resolve().as_uri()}{'#' if fragment else ''}{fragment}")
    page.wait_for_load_state("networkidle")
    return page.screenshot()


def _small(png: bytes) -> bytes:
    """The best WebP that is small enough."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    for quality in QUALITIES:
        file = io.BytesIO()
        image.save(file, "WEBP", quality=quality, method=6)
        if file.tell() <= LIMIT:
            return file.getvalue()
    raise SystemExit(f"expected a picture of at most {LIMIT:,} bytes, got {file.tell():,}")


def main() -> None:
    """Write them all to ``docs/pictures``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site", type=Path, nargs="?", default=Path("site"), help="default: site")
    site = parser.parse_args().site
    if not (site / "index.html").is_file():
        raise SystemExit(f"{site}: expected a built gallery, got none; build it: make gallery")
    for name, webp in take(site):
        (FOLDER / name).write_bytes(webp)
        print(f"wrote {name}: {len(webp) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
