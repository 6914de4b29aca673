"""A point of the photograph, followed up through the network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.sheets import facts_of, grey_of
from tests.browser.visits import PHONE, WIDE, Size, Visit

PAGE = "images/chelsea/index.html"
Open = Callable[..., Visit]


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_every_layer_shows_what_is_strongest_above_a_point(
    site: Path, root: str, open_page: Open, size: Size
) -> None:
    """Pixel (84, 76) is in square 10, 9: in 28 x 28 maps the value at row 10, column 9."""
    visit = open_page(root + PAGE, size=size, touch=size == PHONE)
    page = visit.page
    photo = page.locator(".sight .photo").first
    photo.scroll_into_view_if_needed()
    box = photo.bounding_box()
    assert box
    photo.click(position={"x": 76 / 224 * box["width"], "y": 84 / 224 * box["height"]})
    page.wait_for_url("**at=10,9*")
    slot = page.locator("#block4_conv2 [data-above]")
    slot.scroll_into_view_if_needed()
    link = slot.locator("a")
    facts = facts_of(site, "chelsea", "block4_conv2")["channels"]
    values = [
        f["high"] * grey_of(site, "chelsea", "block4_conv2", c)[10, 9] / 255
        for c, f in enumerate(facts)
    ]
    best = max(range(512), key=lambda c: values[c])
    assert (link.get_attribute("href") or "").endswith(
        f"block4_conv2.html?at=10,9#{best}@10,9"
    ) or (link.get_attribute("href") or "").endswith(f"block4_conv2.html#{best}@10,9")
    assert f"#{best}" in slot.inner_text()
    slot.locator(".one").wait_for()
    assert page.locator("[data-above]:visible").count() == 18
    assert not visit.overflow()
    link.click()
    page.wait_for_url(f"**/block4_conv2.html#{best}@10,9")
    if size == WIDE:
        assert "row 10, column 9" in page.locator(".numbers").inner_text()
    assert not visit.faults


def test_a_point_moves_by_keys_and_stands_in_the_address(root: str, open_page: Open) -> None:
    """Enter in the middle, arrows by a square, never past the edge."""
    visit = open_page(root + PAGE)
    page = visit.page
    page.locator(".sight .photo").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**at=14,14*")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowDown")
    page.wait_for_url("**at=15,13*")
    for _ in range(30):
        page.keyboard.press("ArrowDown")
    page.wait_for_url("**at=27,13*")
    again = open_page(page.url)
    again.page.locator("#block5_conv3 [data-above]").wait_for()
    assert not visit.faults + again.faults


@pytest.mark.parametrize(
    ("at", "put"),
    [("28,3", "27,3"), ("999,999", "27,27"), ("x,y", ""), ("1", ""), ("-1,3", "")],
)
def test_an_edited_point_is_put_inside_or_ignored(
    root: str, open_page: Open, at: str, put: str
) -> None:
    """To the nearest square of 28 x 28; what is no point picks none."""
    visit = open_page(f"{root}{PAGE}?at={at}")
    if put:
        visit.page.wait_for_url(f"**at={put}*")
        visit.page.locator("#block5_conv3 [data-above]").wait_for()
    assert visit.page.locator("[data-above]:visible").count() == (18 if put else 0)
    assert not visit.faults


def test_a_point_stays_where_it_was_picked(root: str, open_page: Open) -> None:
    """None is drawn before; scrolling moves the layer's window, not the point."""
    fresh = open_page(root + PAGE).page
    assert not fresh.locator(".sight [data-point]").is_visible()
    page = open_page(f"{root}{PAGE}?at=24,4").page
    place = "() => document.querySelector('.sight [data-point]').getAttribute('style')"
    page.locator("#block3_conv3 [data-above]").wait_for()
    before = page.evaluate(place)
    page.locator("#block3_conv3").scroll_into_view_if_needed()
    page.locator(".key [data-key=layer]").filter(has_text="block3").wait_for()
    assert page.evaluate(place) == before
