"""A gallery that knows its address, by canonical links, a map and a card; and one that does not."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from generator.building import build
from generator.card import card_png
from generator.check import check
from generator.config import Config
from tests.conftest import GALLERY_URL
from tests.small_networks import plain, saved

NAMESPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def _said(page: Path) -> dict[str, str]:
    """What a page's head says, by name."""
    text = page.read_text(encoding="utf-8")
    found = dict(re.findall(r'<meta (?:property|name)="([a-z:_]+)" content="([^"]*)"', text))
    found |= dict(re.findall(r'<link rel="(canonical)" href="([^"]*)"', text))
    return found


def _pages(site: Path) -> set[str]:
    every = {p.relative_to(site).as_posix() for p in site.rglob("*.html")}
    return every - {"404.html", "embed.html"}


def test_every_page_names_its_own_address(beside: Path) -> None:
    """Of the front page the folder; the card has the page's sentence, and a picture."""
    for path in _pages(beside):
        said = _said(beside / path)
        address = GALLERY_URL + ("" if path == "index.html" else path)
        assert said["canonical"] == said["og:url"] == address
        assert said["og:image"] == f"{GALLERY_URL}static/card.png"
        assert said["og:description"] == said["description"]


def test_the_map_of_the_site_lists_every_page(beside: Path) -> None:
    """Each once, but neither the error page nor the address by which views are framed."""
    listed = [
        entry.text or "" for entry in ET.parse(beside / "sitemap.xml").iter(f"{NAMESPACE}loc")
    ]
    assert len(listed) == len(set(listed))
    expected = {GALLERY_URL + ("" if path == "index.html" else path) for path in _pages(beside)}
    assert set(listed) == expected


def test_the_card_is_a_picture_of_the_usual_size(beside: Path) -> None:
    """A photograph on the left, maps in colour on the right, dark around them."""
    with Image.open(beside / "static" / "card.png") as card:
        pixels = np.asarray(card.convert("RGB"))
    assert pixels.shape == (630, 1200, 3)
    assert (pixels[:40] == 20).all()
    assert pixels[48:582, 54:588].std() > 10
    assert pixels[48:582, 612:1146].std() > 10


def test_maps_on_a_card_keep_their_squares() -> None:
    """One map of two by two values fills its place: four squares of the palette's own colours."""
    photo = np.full((8, 8, 3), 200, dtype=np.uint8)
    grey = np.array([[0, 255], [255, 0]], dtype=np.uint8)
    with Image.open(BytesIO(card_png(photo, [grey], "grey"))) as card:
        pixels = np.asarray(card)
    quarters = pixels[48 + 100 :: 267, 612 + 100 :: 267][:2, :2]
    assert quarters[..., 0].tolist() == [[0, 255], [255, 0]]
    assert (pixels[48:582, 54:588] == 200).all()


def test_an_address_that_comes_or_goes_rewrites_every_page(tmp_path: Path) -> None:
    """In a build on top of the last one, which keeps the sheets."""
    (tmp_path / "inputs").mkdir()
    Image.new("RGB", (32, 32), (200, 90, 40)).save(tmp_path / "inputs" / "red.png")
    model, site = str(saved(plain(), tmp_path / "plain.keras")), tmp_path / "site"

    def made(base_url: str | None) -> None:
        report = build(
            Config(inputs=tmp_path / "inputs", output=site, model=model, base_url=base_url)
        )
        assert not report.unchanged
        assert check(site).faults == ()

    made(None)
    assert not (site / "sitemap.xml").exists()
    assert not (site / "static" / "card.png").exists()
    assert not any("canonical" in _said(site / path) for path in _pages(site))
    made("https://one.example/")
    assert {_said(site / p)["canonical"].split("/")[2] for p in _pages(site)} == {"one.example"}
    made("https://two.example/maps/")
    assert {_said(site / p)["canonical"].split("/")[2] for p in _pages(site)} == {"two.example"}
    made(None)
    assert not (site / "sitemap.xml").exists()
    assert not any("canonical" in _said(site / path) for path in _pages(site))
