"""A gallery of many images: what stands on which page, and that a small one knows nothing of it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import layout, pages
from generator.domain import Handout, HandoutKind
from generator.encode import read_png
from generator.pages.handouts import handouts_page
from generator.pages.paging import CARDS, ROWS, pager, spans
from generator.render import Renderer
from generator.texts import templates_folder
from tests.test_snapshots import every_page

KINDS: tuple[HandoutKind, ...] = get_args(HandoutKind)

LAYERS = ("first", "pool", "second")
CARD = re.compile(r'<h3><a href="(?:images/)?([^"/]+)/index\.html">')
ROW = re.compile(r'<span class="who"><a href="(?:\.\./)*images/([^/]+)/')


def _images(site: Path) -> list[tuple[str, str]]:
    """Id and folder of each image, in the gallery's order."""
    catalogue = json.loads((site / layout.GALLERY_JSON).read_text("utf-8"))
    return [(one["id"], one["source"].rpartition("/")[0]) for one in catalogue["images"]]


def _across(site: Path, layer: str) -> list[str]:
    """The pages of a layer across images."""
    further = sorted(site.glob(f"layers/plain/{layer}/*.html"), key=lambda page: int(page.stem))
    return [path.read_text("utf-8") for path in (site / f"layers/plain/{layer}.html", *further)]


# -- Which page


@given(st.integers(0, 500), st.integers(1, 70))
def test_each_item_is_on_one_page(items: int, most: int) -> None:
    """In order; all pages are full but the last; there is always a first page."""
    found = spans(items, most)
    assert [i for span in found for i in range(span.first, span.end)] == [*range(items)]
    assert [span.number for span in found] == [*range(1, len(found) + 1)]
    assert all(span.end - span.first == most for span in found[:-1])
    assert {span.pages for span in found} == {len(found)}
    assert found[-1].end > found[-1].first or items == 0


@pytest.mark.parametrize(
    ("pages_in_all", "here", "numbers"),
    [
        (2, 1, "[1] 2"),
        (4, 4, "1 2 3 [4]"),
        (5, 1, "[1] 2 … 5"),
        (5, 3, "1 2 [3] 4 5"),
        (17, 1, "[1] 2 … 17"),
        (17, 4, "1 2 3 [4] 5 … 17"),
        (17, 9, "1 … 8 [9] 10 … 17"),
        (17, 17, "1 … 16 [17]"),
    ],
)
def test_the_numbers_are_the_first_the_neighbours_and_the_last(
    pages_in_all: int, here: int, numbers: str
) -> None:
    """Dots stand for two pages or more, never for one."""
    found = pager(spans(pages_in_all * 10, 10)[here - 1], lambda number: f"{number}.html")
    assert found
    shown = " ".join(f"[{step.text}]" if step.current else step.text for step in found.numbers)
    assert shown == numbers
    assert found.before == (f"{here - 1}.html" if here > 1 else "")
    assert found.after == (f"{here + 1}.html" if here < pages_in_all else "")


def test_one_page_leads_nowhere() -> None:
    """As long as all images fit there is nothing to turn to."""
    assert pager(spans(10, 10)[0], str) is None


def test_the_words_say_which_images() -> None:
    """A last page of one image has a singular."""
    first, last = spans(1001, 1000)
    assert first.words == "Images 1 to 1,000 of 1,001"
    assert last.words == "Image 1,001 of 1,001"
    assert last.ending == ", page 2 of 2" and not first.ending


def test_a_page_of_a_list_has_a_name_of_its_own() -> None:
    """Neither an image's folder nor a layer of a similar name is in the way."""
    assert layout.listing_page(1) == "index.html"
    assert layout.listing_page(2) == "images/page-2.html" != layout.image_page("page-2")
    assert layout.across_page("m", "conv", 1) == layout.across_page("m", "conv")
    assert layout.across_page("m", "conv", 2) == "layers/m/conv/2.html"
    assert layout.across_strip("m", "conv", 2) == "layers/m/conv/2.png"


# -- Handouts


def brief_handouts() -> str:
    """The page of what there is for paper, of 61 images; of the last nothing could be set."""
    shown = next(every_page()).gallery
    images = tuple(replace(shown.images[0], id=f"pear-{i}", title=f"Pear {i}") for i in range(61))
    handouts = [
        Handout(
            image=image.id, kind=kind, path=layout.handout_pdf(image.id, kind), bytes=1000, pages=7,
            paper="A4", ink="mixed", preview=layout.handout_preview(image.id, kind),
            preview_height=4, preview_width=3,
        )
        for image in images[:60]
        for kind in KINDS
    ]  # fmt: skip
    page = handouts_page(replace(shown, images=images, handouts=True), handouts)
    return Renderer(templates_folder()).render(page)


def test_of_many_images_the_handouts_are_a_plain_list() -> None:
    """A line an image, where its own page leads to, and no pictures."""
    html = brief_handouts()
    assert re.findall(r'<li id="of-([^"]+)">', html) == [f"pear-{i}" for i in range(61)]
    assert re.findall(r'href="(pear-[^"]+\.pdf)"', html) == [
        f"pear-{i}-{kind}.pdf" for i in range(60) for kind in KINDS
    ]
    assert "<img" not in html
    assert html.count("nothing could be set") == 1


# -- A small gallery


def test_a_small_gallery_has_no_trace_of_it(site: Path, beside: Path) -> None:
    """No further pages, no links to them, nothing to search."""
    for small in (site, beside):
        assert [*small.glob("images/*.html"), *small.glob("layers/*/*/*")] == []
        assert not (small / layout.titles_script()).exists()
        for page in (small / "index.html", *small.glob("layers/*/*.html")):
            text = page.read_text("utf-8")
            assert "pager" not in text and "search.js" not in text and "finder" not in text


# -- 130 images


def test_each_image_has_one_card(large: Path) -> None:
    """On three pages, folder by folder, in the gallery's order within each."""
    images = _images(large)
    folders = [*dict.fromkeys(folder for _, folder in images)]
    assert folders == ["", "birds"]  # the image that is first of all lies at the top
    ordered = [one for folder in folders for one, own in images if own == folder]
    found = [
        CARD.findall((large / layout.listing_page(number)).read_text("utf-8"))
        for number in (1, 2, 3)
    ]
    assert [len(cards) for cards in found] == [CARDS, CARDS, 10]
    assert [card for cards in found for card in cards] == ordered
    assert not (large / layout.listing_page(4)).exists()


def test_a_folder_that_goes_on_says_so(large: Path) -> None:
    """Its heading stands on each page with images of it."""
    headings = [
        re.findall(r'<h3 class="folder">(.*?)</h3>', (large / page).read_text("utf-8"))
        for page in map(layout.listing_page, (1, 2, 3))
    ]
    continued = '<bdi>birds</bdi> <span class="soft">(continued)</span>'
    assert headings == [["<bdi>birds</bdi>"], [continued], [continued]]


@pytest.mark.parametrize("layer", LAYERS)
def test_each_image_has_one_row_of_a_layer(large: Path, layer: str) -> None:
    """On four pages, in the gallery's order, each with a strip of its own rows."""
    found = [ROW.findall(page) for page in _across(large, layer)]
    assert [len(rows) for rows in found] == [ROWS, ROWS, ROWS, 10]
    assert [row for rows in found for row in rows] == [one for one, _ in _images(large)]
    side = {"first": 32, "pool": 16, "second": 16}[layer]
    for number, rows in enumerate(found, 1):
        strip = read_png((large / layout.across_strip("plain", layer, number)).read_bytes())
        assert strip.shape == (len(rows) * (side + 1) - 1, 8 * (side + 1) - 1)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_tile_is_cut_out_of_its_own_pages_strip(large: Path, layer: str) -> None:
    """The first row's maps on the second page are those in that image's sheet."""
    image, _ = _images(large)[ROWS]
    page = _across(large, layer)[1]
    chosen = [int(c) for c in re.findall(r'<th scope="col" id="(\d+)">', page)]
    strip = read_png((large / layout.across_strip("plain", layer, 2)).read_bytes())
    sheet = read_png((large / layout.sheet_png("plain", image, layer)).read_bytes())
    columns = json.loads((large / layout.sheet_json("plain", image, layer)).read_bytes())["columns"]
    side = {"first": 32, "pool": 16, "second": 16}[layer]
    for x, channel in enumerate(chosen):
        top, left = channel // columns * (side + 1), channel % columns * (side + 1)
        tile = strip[:side, x * (side + 1) : x * (side + 1) + side]
        assert (tile == sheet[top : top + side, left : left + side]).all()
    assert "url(2.png)" in page and "--rows:40" in page


@pytest.mark.parametrize("layer", LAYERS)
def test_what_ranges_over_the_gallery_is_the_same_on_every_page(large: Path, layer: str) -> None:
    """Its scale and the strongest windows; and the rail leads to the same images."""
    first, *further = _across(large, layer)

    def shared(page: str) -> tuple[list[str], list[str]]:
        values = re.findall(r'<a href="[^"]*" title="([^"]*)"><span class="crop"', page)
        return values, sorted(set(re.findall(r"--gain:[\d.]+", page)))

    assert shared(first)[0]
    for number, page in enumerate(further, 2):
        assert shared(page) == shared(first)
        for other in set(LAYERS) - {layer}:
            assert f'href="../{other}/{number}.html"' in page


def test_all_that_a_reader_may_search_for_is_in_one_script(large: Path) -> None:
    """Id, title and source of every image, in the gallery's order."""
    text = (large / layout.titles_script()).read_text("utf-8")
    start = '(window.layerlightData=window.layerlightData||{})["static/titles"]='
    entries = json.loads(text.removeprefix(start).rstrip(";\n"))
    assert [entry[0] for entry in entries] == [one for one, _ in _images(large)]
    assert ["birds-finch-007", "Émeu du désert", "birds/finch-007.png"] in entries


def test_the_count_of_pages_is_known_beforehand(large: Path) -> None:
    """For the bar: all there are."""
    built = len([*large.rglob("*.html")])
    assert pages.count(130, 3, 0, len(layout.CHAPTERS), handouts=False) == built
