"""Long pages: maps are loaded as they come near, and all of them where nothing tells of that."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from generator import layout
from tests.browser.visits import PHONE, WIDE, Size

IMAGE = layout.image_page("chelsea")
ACROSS = layout.across_page("vgg16", "block3_conv2")
Opened = Callable[..., tuple[Page, list[str]]]


@pytest.fixture
def opened(site: Path, browser: Browser) -> Iterator[Opened]:
    """Opens a page of the gallery as a file, and lists what it asks for, by file name."""
    contexts: list[BrowserContext] = []

    def open_page(
        page: str, size: Size = WIDE, *, without: str = "nothing"
    ) -> tuple[Page, list[str]]:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        contexts.append(context)
        view, asked = context.new_page(), list[str]()
        view.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
        view.route(f"**/{without}", lambda route: route.abort())
        view.goto((site / page).as_uri(), wait_until="networkidle")
        return view, asked

    yield open_page
    for context in contexts:
        context.close()


def _strips(site: Path) -> set[str]:
    """The names of the maps that an image's page shows, as it was written."""
    text = (site / IMAGE).read_text("utf-8")
    return {f"{name}.png" for name in re.findall(r"url\([^)]*/strips/(\w+)\.png\)", text)}


def test_maps_far_below_are_not_asked_for(site: Path, opened: Opened) -> None:
    """Of VGG16's 18 layers those of the first block at most, on a phone; further down the next."""
    page, asked = opened(IMAGE, PHONE)
    strips = _strips(site)
    assert len(strips) == 18
    assert {name.partition("_")[0] for name in strips & {*asked}} <= {"block1"}
    with page.expect_request("**/strips/block5_pool.png"):
        page.locator("#block5_pool").scroll_into_view_if_needed()


def test_the_windows_at_a_tables_foot_neither(opened: Opened) -> None:
    """Rows have small photographs; the large ones are for the patches below all rows."""
    page, asked = opened(ACROSS, PHONE)
    assert "photo.webp" in asked and "input.png" not in asked
    with page.expect_request("**/input.png"):
        page.locator("tfoot").scroll_into_view_if_needed()


@pytest.mark.parametrize(
    ("page", "picture"),
    [
        (ACROSS, "block3_conv2.png"),
        (layout.layer_page("chelsea", "vgg16", "block4_conv2"), "block4_conv2.png"),
        (layout.atlas_page("vgg16", "block3_conv2"), "block3_conv2.webp"),
    ],
    ids=["across", "layer", "atlas"],
)
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_maps_in_the_window_come_by_themselves(
    page: str, picture: str, size: Size, opened: Opened
) -> None:
    """After the first frame, not with the first movement of the reader."""
    _, asked = opened(page, size)
    assert picture in asked


def test_paper_has_all_maps(site: Path, opened: Opened) -> None:
    """Also those that were never near: a browser loads them before it prints."""
    page, asked = opened(IMAGE)
    assert not _strips(site) <= {*asked}
    page.pdf()
    assert _strips(site) <= {*asked}


@pytest.mark.parametrize("lost", ["first.js", "base.js"])
def test_a_script_that_is_lost_takes_no_maps_with_it(lost: str, site: Path, opened: Opened) -> None:
    """On a stick of years from now, say: all are loaded at once."""
    _, asked = opened(IMAGE, without=lost)
    assert _strips(site) <= {*asked}


def test_nor_do_scripts_that_are_off(site: Path, browser: Browser) -> None:
    """The same."""
    context = browser.new_context(java_script_enabled=False)
    page, asked = context.new_page(), list[str]()
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    page.goto((site / IMAGE).as_uri(), wait_until="networkidle")
    assert _strips(site) <= {*asked}
    context.close()
