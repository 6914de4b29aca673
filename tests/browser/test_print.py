"""On paper: nothing that cannot be used there, no answer that was not opened, nothing untrue."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from generator import layout
from tests.browser.visits import WIDE, Size, Visitor
from tests.conftest import GALLERY_URL

LOW: Size = (1280, 400)
"""A window that ends above an open channel's sum."""
LAYER = "images/chelsea/vgg16/block3_conv3.html"


@pytest.fixture
def root(site: Path) -> str:
    """Where the gallery is: as a file only, since paper does not know where a page came from."""
    return f"{site.as_uri()}/"


def _open(visitor: Visitor, address: str, size: Size = WIDE) -> Page:
    page: Page = visitor.open(address, size=size).page
    return page


def _after(page: Page, selector: str) -> str:
    content = page.locator(selector).first.evaluate("e => getComputedStyle(e, '::after').content")
    return str(content)


def test_a_sum_of_another_channel_is_not_printed(root: str, visitor: Visitor) -> None:
    """A channel's sum is loaded where it is looked at; until then paper has a word instead."""
    page = _open(visitor, f"{root}{LAYER}#3", LOW)
    expect(page.locator("[data-field=number]").first).to_have_text("3")
    page.emulate_media(media="print")
    total = page.locator("#sum [data-total]")
    expect(total).to_be_hidden()
    assert "Not printed" in _after(page, "#sum")
    page.emulate_media(media="screen")
    page.locator("#sum").scroll_into_view_if_needed()
    expect(page.locator("#sum")).not_to_have_attribute("data-old", "")
    page.emulate_media(media="print")
    expect(total).to_be_visible()
    assert _after(page, "#sum") == "none"
    peak = page.locator("#sum [data-field=peak]").inner_text()
    assert total.locator("td").first.inner_text() == peak


def test_the_strongest_channel_is_printed_without_having_been_seen(
    root: str, visitor: Visitor
) -> None:
    """The page was written with its sum."""
    page = _open(visitor, root + LAYER)
    page.emulate_media(media="print")
    expect(page.locator("#sum [data-total]")).to_be_visible()


@pytest.mark.parametrize(
    ("address", "box"),
    [("learn/convolution.html", ".check"), ("images/chelsea/exercises.html", ".question")],
)
def test_answers_are_printed_only_where_they_were_opened(
    root: str, visitor: Visitor, address: str, box: str
) -> None:
    """A sheet for a class has the question; who opened the answer gets it too."""
    page = _open(visitor, root + address)
    answer = page.locator(f"{box} details").first
    page.emulate_media(media="print")
    expect(answer).to_be_hidden()
    page.emulate_media(media="screen")
    answer.locator("summary").click()
    page.emulate_media(media="print")
    expect(answer.locator("p").first).to_be_visible()


def test_what_needs_a_screen_is_left_out(root: str, visitor: Visitor) -> None:
    """Buttons, the bar at the top, definitions that lie over the text."""
    page = _open(visitor, f"{root}learn/convolution.html")
    expect(page.locator(".by-hand")).to_be_visible()
    page.emulate_media(media="print")
    for button in page.locator("button").all():
        expect(button).to_be_hidden()
    expect(page.locator(".top nav")).to_be_hidden()
    page.locator(".term a").first.focus()
    expect(page.locator(".pop").first).to_be_hidden()


def test_a_view_is_printed_with_its_address(root: str, site: Path, visitor: Visitor) -> None:
    """What a chapter asks to open, where the gallery is published; a term needs no address."""
    page = _open(visitor, f"{root}learn/convolution.html")
    page.emulate_media(media="print")
    link = page.locator(".prose a[data-address]").first
    address = link.get_attribute("data-address") or ""
    assert address.startswith(GALLERY_URL)
    assert (site / address.removeprefix(GALLERY_URL).split("#")[0]).is_file()
    assert _after(page, ".prose a[data-address]") != "none"
    assert _after(page, ".term a") == "none"


@pytest.mark.parametrize("width", [688, 710], ids=["A4", "Letter"])
def test_no_page_is_wider_than_the_paper(root: str, visitor: Visitor, width: int) -> None:
    """The front page, a chapter, an image, a layer, the handouts: nothing is cut at the right."""
    visit = visitor.open(root + layout.ERROR_PAGE, size=(width, 900))
    visit.page.emulate_media(media="print")
    for address in (
        "index.html", "learn/convolution.html", "learn/scales.html", "images/chelsea/index.html",
        LAYER, "handouts/index.html", "images/chelsea/exercises.html", "models/vgg16/index.html",
    ):  # fmt: skip
        visit.go_on(root + address)
        assert not visit.overflow(), address
