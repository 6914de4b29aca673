"""Long pages: the maps near the window come first, and all of them come."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from generator import layout
from tests.browser.visits import PHONE, WIDE, Size

IMAGE = layout.image_page("chelsea")
ACROSS = layout.across_page("vgg16", "block3_conv2")
LOADED = "(all that a browser waits for)"
ALL_HERE = "() => !document.querySelector('.late:not(.here)')"
Opened = Callable[..., tuple[Page, list[str]]]
Until = Literal["commit", "load"]
Routes = Mapping[str, Callable[[Route], None]]


@pytest.fixture
def opened(site: Path, browser: Browser) -> Iterator[Opened]:
    """Opens a page as a file; lists what it asks for, by file name, and when it has loaded."""
    contexts: list[BrowserContext] = []

    def open_page(
        page: str, size: Size = WIDE, *, routes: Routes | None = None, until: Until = "load"
    ) -> tuple[Page, list[str]]:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        contexts.append(context)
        view, asked = context.new_page(), list[str]()
        view.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
        view.on("load", lambda _: asked.append(LOADED))
        for name, act in (routes or {}).items():
            view.route(f"**/{name}", act)
        view.goto((site / page).as_uri(), wait_until=until)
        return view, asked

    yield open_page
    for context in contexts:
        context.close()


def _strips(site: Path) -> set[str]:
    """The names of the maps that an image's page shows, as it was written."""
    text = (site / IMAGE).read_text("utf-8")
    return {f"{name}.png" for name in re.findall(r"url\([^)]*/strips/(\w+)\.png\)", text)}


def test_maps_far_below_come_last(site: Path, opened: Opened) -> None:
    """Of VGG16's 18 layers those of the first block at most before a phone has the page."""
    page, asked = opened(IMAGE, PHONE)
    strips = _strips(site)
    assert len(strips) == 18
    first = strips & {*asked[: asked.index(LOADED)]}
    assert first <= {"block1_conv1.png", "block1_conv2.png", "block1_pool.png"}
    page.wait_for_function(ALL_HERE)
    assert strips <= {*asked}


def test_rows_have_small_photographs(opened: Opened) -> None:
    """The large ones are for the patches below all rows."""
    page, asked = opened(ACROSS, PHONE)
    page.wait_for_function(ALL_HERE)
    assert asked.index("photo.webp") < asked.index("input.png")


@pytest.mark.parametrize(
    ("page", "late"),
    [
        (IMAGE, ".evidence"),
        (ACROSS, ".compare tbody"),
        (layout.atlas_page("vgg16", "block3_conv2"), ".late"),
    ],
    ids=["image", "across", "atlas"],
)
@pytest.mark.parametrize("lost", ["base.js", "tour.js"])
def test_maps_in_the_window_wait_for_no_other_script(
    page: str, late: str, lost: str, opened: Opened
) -> None:
    """One that hangs keeps the page from having loaded, and keeps no map that is scrolled to."""
    held: list[Route] = []
    view, asked = opened(page, routes={lost: lambda route: held.append(route)}, until="commit")
    view.wait_for_function("() => document.readyState === 'interactive'")
    part = view.locator(f"{late}.late").last
    part.scroll_into_view_if_needed()
    expect(part).to_have_class(re.compile(r"\bnear\b"))
    assert LOADED not in asked and held
    held.pop().abort()


def test_what_is_not_there_yet_is_no_map_of_zeros(opened: Opened) -> None:
    """Which would be dark: nothing is seen there."""
    view, _ = opened(IMAGE, PHONE, routes={"tour.js": lambda route: None}, until="commit")
    view.wait_for_function("() => document.readyState === 'interactive'")
    last = view.locator(".late .maps").last
    expect(last).to_have_css("visibility", "hidden")
    last.scroll_into_view_if_needed()
    expect(last).to_have_css("visibility", "visible")


def test_paper_has_all_maps(site: Path, opened: Opened) -> None:
    """Also those that were never near; of those that are on their way nothing is to be seen."""
    held: list[Route] = []
    page, asked = opened(IMAGE, routes={"block5_pool.png": lambda route: held.append(route)})
    page.wait_for_function("() => document.querySelectorAll('.here').length === 17")
    page.emulate_media(media="print")
    *others, last = page.locator(".late .maps").all()
    expect(last).to_have_css("visibility", "hidden")
    expect(others[-1]).to_have_css("visibility", "visible")
    held.pop().continue_()
    expect(last).to_have_css("visibility", "visible")
    assert _strips(site) <= {*asked}


@pytest.mark.parametrize("lost", ["first.js", "base.js"])
def test_a_script_that_is_lost_takes_no_maps_with_it(lost: str, site: Path, opened: Opened) -> None:
    """On a stick of years from now, say; nor are there tools that do nothing."""
    page, asked = opened(IMAGE, routes={lost: lambda route: route.abort()})
    page.wait_for_load_state("networkidle")
    assert _strips(site) <= {*asked}
    last = page.locator(".late .maps").last
    last.scroll_into_view_if_needed()
    expect(last).to_have_css("visibility", "visible")
    if lost == "base.js":
        expect(page.locator("html")).not_to_have_class(re.compile("scripted"))


def test_nor_do_scripts_that_are_off(site: Path, browser: Browser) -> None:
    """The same."""
    context = browser.new_context(java_script_enabled=False)
    page, asked = context.new_page(), list[str]()
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    page.goto((site / IMAGE).as_uri(), wait_until="networkidle")
    assert _strips(site) <= {*asked}
    context.close()
