"""A gallery of many images in a browser: its lists page by page, and the box that searches them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.kinds import LARGE, pages
from tests.browser.test_accessibility import LOOKS, find_nothing
from tests.browser.test_html import faults_of
from tests.browser.visits import PHONE, Size, Visit, Visitor
from tests.test_large import brief_handouts

PAGED = ("index.html", "images/page-2.html", "layers/plain/first.html", "layers/plain/pool/2.html")

Open = Callable[..., Visit]


@pytest.fixture
def look(large_root: str, large_visitor: Visitor) -> Open:
    """``look(path, size=WIDE, ...)``: a page of the gallery, from a file and on a server."""
    return lambda path, **how: large_visitor.open(large_root + path, **how)


def _found(page: Page) -> list[str]:
    """Titles of what was found."""
    return page.locator(".found b").all_inner_texts()


def _says(page: Page) -> str:
    return page.get_by_role("status").inner_text()


# -- Page by page


def test_every_page_is_valid(large: Path, tmp_path: Path) -> None:
    """By the Nu HTML Checker; the list of many handouts too."""
    handouts = tmp_path / "handouts.html"
    handouts.write_text(brief_handouts(), "utf-8")
    further = [page for kind in LARGE for page in pages(large, kind)]
    assert len(further) == 2 + 3 * 3
    assert faults_of([handouts, *(large / page for page in (*PAGED[::2], *further))]) == []


@pytest.mark.parametrize("path", PAGED)
def test_a_page_loads_in_silence_and_fits(path: str, look: Open) -> None:
    """With all its images; wide and narrow."""
    visit = look(path)
    visit.load_images()
    assert not visit.overflow()
    visit.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert not visit.overflow()
    assert not visit.faults, "\n".join(visit.faults)


@pytest.mark.parametrize("path", [PAGED[0], PAGED[3], "images/page-2.html?find=finch"])
@LOOKS
def test_axe_finds_nothing(
    path: str, dark: bool, size: Size, large_http: str, large_visitor: Visitor
) -> None:
    """Of the pages, their links, and what was found; which is not too wide, either."""
    visit = large_visitor.open(large_http + path, size=size, dark=dark)
    if "find" in path:
        expect(visit.page.locator(".found li")).to_have_count(60)
    assert not visit.overflow()
    find_nothing(visit)


@pytest.mark.parametrize(("start", "steps"), [("index.html", 3), ("layers/plain/first.html", 4)])
def test_one_turns_the_pages_with_keys_and_without_scripts(
    start: str, steps: int, look: Open
) -> None:
    """From the first to the last by the link to the next, and back by number."""
    page = look(start, scripts=False).page
    seen = []
    for number in range(1, steps + 1):
        seen.append(page.locator(".pager p").inner_text())
        current = page.locator(".pager [aria-current=page]").all_inner_texts()
        assert [re.sub(r"\D", "", text) for text in current] == [str(number)] * 2
        if number < steps:
            page.get_by_role("link", name="Next").first.focus()
            with page.expect_navigation():
                page.keyboard.press("Enter")
    assert page.get_by_role("link", name="Next").count() == 0
    assert seen[0].startswith("Images 1 to ") and seen[-1].endswith(" to 130 of 130")
    with page.expect_navigation():
        page.get_by_role("link", name="Page 1", exact=True).last.click()
    assert page.url.partition("#")[0].endswith(start)


def test_a_channel_opens_on_every_page_across_images(look: Open) -> None:
    """Its fragment holds wherever one is in the gallery; the windows are the gallery's."""
    shown = []
    for path in ("layers/plain/first.html#5", "layers/plain/first/3.html#5"):
        visit = look(path)
        visit.page.locator("#open").scroll_into_view_if_needed()
        expect(visit.page.locator("[data-company][data-shown='5']")).to_be_visible()
        shown.append(visit.page.locator("[data-windows] b").all_inner_texts())
        assert not visit.faults
    assert shown[0] == shown[1] and shown[0]


def test_on_paper_the_words_stay_and_the_links_go(look: Open) -> None:
    """Which images these are; once."""
    page = look("images/page-2.html").page
    page.emulate_media(media="print")
    assert page.locator(".pager p").all_inner_texts() == ["Images 61 to 120 of 130"]
    expect(page.locator(".pager p")).to_be_visible()
    assert not any(one.is_visible() for one in page.locator(".pager ol, .finder").all())


# -- The box


def test_without_scripts_there_is_no_box(look: Open) -> None:
    """Nor is anything of it seen."""
    page = look("index.html", scripts=False).page
    assert not any(one.is_visible() for one in page.locator("#titles, .found, [data-more]").all())


ASKED = {
    "emeu": ["Émeu du désert"],
    "DÉSERT é": ["Émeu du désert"],
    "finch-007": ["Émeu du désert"],  # the file's name
    "07 birds": ["Émeu du désert", *(f"Finch {i:03}" for i in range(70, 75))],  # the folder's
    "png 100": ["Cloud 100"],
}


def test_words_find_images_of_the_whole_gallery(look: Open) -> None:
    """In any order, without regard to case and accents; the number of them is told."""
    visit = look("index.html")
    page = visit.page
    for asked, titles in ASKED.items():
        page.get_by_role("searchbox").fill(asked)
        expect(page.get_by_role("status")).to_have_text(
            f"{len(titles)} of 130 images found for “{asked}”."
        )
        assert sorted(_found(page)) == sorted(titles)
        assert not page.locator(".cards").first.is_visible()
        visit.load_images()
    assert not visit.faults


@pytest.mark.parametrize("start", ["index.html", "images/page-2.html"])
def test_what_was_found_leads_to_the_image(start: str, look: Open) -> None:
    """By keys alone, from each page of the list."""
    page = look(start + "?palette=magma").page
    page.get_by_role("searchbox").focus()
    page.keyboard.type("desert")
    expect(page.locator(".found a")).to_have_count(1)
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith("images/birds-finch-007/index.html?palette=magma")
    with page.expect_navigation():
        page.go_back()
    expect(page.get_by_role("searchbox")).to_have_value("desert")
    expect(page.locator(".found a")).to_have_count(1)


def test_what_is_asked_for_stays_in_the_address_until_escape(look: Open) -> None:
    """And an address with it opens as it was."""
    page = look("index.html?find=finch+01&palette=magma").page
    expect(page.get_by_role("searchbox")).to_have_value("finch 01")
    expect(page.locator(".found li")).to_have_count(11)
    expect(page.get_by_role("searchbox")).to_be_in_viewport()
    page.get_by_role("searchbox").fill("größe 50 %")
    page.wait_for_url(lambda url: "find=gr%C3%B6%C3%9Fe+50+%25" in url)
    expect(page.get_by_role("status")).to_have_text("None of 130 images found for “größe 50 %”.")
    page.keyboard.press("Escape")
    expect(page.get_by_role("searchbox")).to_have_value("")
    assert page.url.endswith("index.html?palette=magma")
    assert not _says(page)
    assert page.locator(".cards").first.is_visible() and not page.locator(".found").is_visible()


def test_many_come_by_and_by(look: Open) -> None:
    """Sixty at first; the button brings the others and leads to the first of them."""
    page = look("index.html").page
    page.get_by_role("searchbox").fill("finch")
    expect(page.locator(".found li")).to_have_count(60)
    page.get_by_role("button", name="Show 15 more").click()
    expect(page.locator(".found li")).to_have_count(75)
    expect(page.locator(".found li:nth-child(61) a")).to_be_focused()
    assert not page.get_by_role("button", name="Show").is_visible()


def test_a_missing_list_is_said(large_http: str, large_visitor: Visitor) -> None:
    """And the cards stay."""
    page = large_visitor.open(large_http + "index.html").page
    page.route("**/titles.js", lambda route: route.abort())
    page.get_by_role("searchbox").fill("finch")
    expect(page.get_by_role("status")).to_have_text(
        "The list of images could not be read: its data is missing or damaged."
    )
    assert page.locator(".cards").first.is_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("status")).to_have_text("")


def test_the_list_is_loaded_when_it_is_needed_and_once(look: Open) -> None:
    """Not by a reader who only turns pages."""
    page = look("index.html").page
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    for word in ("cloud", "finch"):
        page.get_by_role("searchbox").fill(word)
        expect(page.get_by_role("status")).to_contain_text(word)
    assert len([url for url in loaded if url.endswith("static/titles.js")]) == 1
