"""Maps that a text of the whole gallery shows: a small file of their own, not the sheet."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from generator import layout, pages
from tests.surveys import surveyed
from tests.test_snapshots import PICTURES
from tests.test_texts import CHAPTER, RENDERER, gallery_of, texts_of, written

FIGURES = re.compile(r"learn/figures/[\w./-]+\.png")


def _asked(site: Path) -> dict[str, set[str]]:
    """Page -> the excerpts that it shows, from the site's root."""
    found = {}
    for page in site.rglob("*.html"):
        urls = re.findall(r"url\(([^)]*figures/[^)]*)\)", page.read_text("utf-8"))
        if urls:
            paths = {(page.parent / url).resolve().relative_to(site.resolve()) for url in urls}
            found[page.relative_to(site).as_posix()] = {path.as_posix() for path in paths}
    return found


def test_an_excerpt_holds_the_sheets_own_pixels(site: Path) -> None:
    """Of each channel, in the order of the text, with the gap of a pixel between two."""
    shown = {path for paths in _asked(site).values() for path in paths}
    assert "learn/figures/vgg16/block1_conv2/17-2.png" in shown
    assert {p.relative_to(site).as_posix() for p in (site / "learn/figures").rglob("*.*")} == shown
    for path in shown:
        layer, numbers = Path(path).parent.name, Path(path).stem.split("-")
        sheet = Path(site, "sheets/vgg16/chelsea", f"{layer}.png")
        facts = json.loads(sheet.with_suffix(".json").read_text("utf-8"))
        tall, wide = facts["tile_height"], facts["tile_width"]
        whole, cut = (np.asarray(Image.open(p)) for p in (sheet, site / path))
        assert cut.shape == (tall, len(numbers) * (wide + 1) - 1)
        for i, number in enumerate(map(int, numbers)):
            top = number // facts["columns"] * (tall + 1)
            left = number % facts["columns"] * (wide + 1)
            own = whole[top : top + tall, left : left + wide]
            assert np.array_equal(cut[:, i * (wide + 1) : i * (wide + 1) + wide], own), path
            assert not cut[:, i * (wide + 1) + wide : (i + 1) * (wide + 1)].any()


def test_layers_of_like_names_do_not_share_a_file() -> None:
    """A layer that a network uses twice gets "-2"; twenty-four channels fit into a file's name."""
    paths = [("conv1", (2, 5)), ("conv1-2", (5,)), ("conv1", (25,)), ("conv1", (5, 2))]
    assert len({layout.excerpt_png("own", *one) for one in paths}) == 4
    longest = layout.excerpt_png("own", "x" * 160, range(1000, 1024))
    assert max(len(part) for part in longest.split("/")) <= 255


def test_no_chapter_loads_a_sheet(site: Path) -> None:
    """The one on pools loaded 2.8 MB of sheets for the sake of four maps; 150 kB do."""
    for page in (site / "learn").glob("*.html"):
        text = page.read_text("utf-8")
        urls = re.findall(r'url\(([^)]+)\)|<img[^>]* src="([^"]+)"', text)
        files = {(page.parent / (one or other)).resolve() for one, other in urls}
        if page.name != "tour.html":
            assert sum(file.stat().st_size for file in files) < 150_000, page.name


def test_every_text_of_the_gallery_has_its_excerpts(tmp_path: Path) -> None:
    """Of a chapter, the network, a block, the atlas; a page of one image has the sheet."""
    figure = "{{figure: maps block1_{} {}}}"
    texts = texts_of(
        written(
            tmp_path,
            {
                "learn/pear.md": CHAPTER + "\n" + figure.format("conv1", 1) + "\n",
                "toy/network.md": figure.format("pool", "2 0") + "\n",
                "toy/block1.md": figure.format("pool", 1) + "\n",
                "atlas.md": figure.format("pool", "strongest") + "\n",
                "toy/block1_conv1.md": figure.format("conv1", 0) + "\n",
            },
        )
    )
    gallery = replace(gallery_of(texts), atlas={"block1_conv1": PICTURES})
    made = [
        *pages.image_pages(gallery, gallery.images[0], None, None),
        *pages.gallery_pages(gallery, surveyed(gallery)),
    ]
    own = {page.path: {one.path for one in page.excerpts} for page in made if page.excerpts}
    ours = [path for path in own if re.match(r"learn/(?!pear)", path)]
    assert {path: names for path, names in own.items() if path not in ours} == {
        "learn/pear.html": {"learn/figures/toy/block1_conv1/1.png"},
        "models/toy/index.html": {
            "learn/figures/toy/block1_pool/2-0.png",
            "learn/figures/toy/block1_pool/1.png",
        },
        "atlas/toy/index.html": {"learn/figures/toy/block1_pool/0.png"},
    }
    for page in made:
        assert {*FIGURES.findall(_rooted(page))} == own.get(page.path, set()), page.path


def _rooted(page: pages.Page) -> str:
    """The page's HTML, with the addresses of excerpts from the site's root."""
    to = layout.href(page.path, "learn/figures/x.png").removesuffix("x.png")
    return RENDERER.render(page).replace(f"url({to}", "url(learn/figures/")
