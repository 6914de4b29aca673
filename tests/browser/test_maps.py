"""What a reader sees of a feature map, measured on the screen, and what she can do with it."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib import colormaps
from PIL import Image
from playwright.sync_api import Page

from tests.browser.sheets import facts_of, grey_of
from tests.browser.visits import PHONE, Visit, load_images

LAYER = "images/chelsea/vgg16/block3_conv3.html"
DEEP = "images/chelsea/vgg16/block5_conv3.html"
Open = Callable[..., Visit]


def on_screen(page: Page, channel: int) -> np.ndarray:
    """The tile as it is drawn, (56, 56, 3), 0 to 255."""
    frame = page.locator(f"a[id='{channel}'] .frame")
    frame.scroll_into_view_if_needed()
    box = frame.bounding_box()
    assert box
    load_images(page)
    shot = page.screenshot(clip={**box, "width": 56, "height": 56})
    with Image.open(io.BytesIO(shot)) as image:
        return np.asarray(image.convert("RGB"), dtype=np.float64)


def coloured(shares: np.ndarray, palette: str = "viridis") -> np.ndarray:
    """Matplotlib's colours of values from 0 to 1, 0 to 255."""
    return np.asarray(colormaps[palette](np.minimum(shares, 1))[..., :3] * 255)


def strong_channels(site: Path, count: int = 3) -> list[int]:
    """The strongest channels of block3_conv3 and a weak one; none of them open."""
    highs = [c["high"] for c in facts_of(site, "chelsea", "block3_conv3")["channels"]]
    order = sorted(range(len(highs)), key=lambda c: -highs[c])
    return [*order[1 : count + 1], order[-20]]


def test_shared_scale_shows_every_value_in_matplotlibs_colour(
    site: Path, root: str, open_page: Open
) -> None:
    """All 56 x 56 positions of four tiles; 8-bit rounding costs 4 palette steps at most."""
    data = facts_of(site, "chelsea", "block3_conv3")
    page = open_page(root + LAYER).page
    table = coloured(np.arange(256) / 255)
    for channel in strong_channels(site):
        shares = grey_of(site, "chelsea", "block3_conv3", channel) / 255
        shares = np.minimum(shares * data["channels"][channel]["high"] / data["p99_9"], 1)
        drawn = on_screen(page, channel).reshape(-1, 3)
        step = np.abs(drawn[:, None] - table[None]).sum(axis=2).argmin(axis=1)
        assert np.abs(step - shares.ravel() * 255).max() <= 4, channel
        assert np.abs(drawn - table[step]).max() <= 2, "not a colour of the palette"


def test_each_its_own_shows_the_sheet_itself(site: Path, root: str, open_page: Open) -> None:
    """Every sample in its own palette colour, to one or two steps of 255."""
    page = open_page(root + LAYER).page
    page.get_by_text("Each its own", exact=True).first.click()
    for channel in strong_channels(site):
        expected = coloured(grey_of(site, "chelsea", "block3_conv3", channel) / 255)
        assert np.abs(on_screen(page, channel) - expected).max() <= 2.5


@pytest.mark.parametrize("palette", ["magma", "cividis", "grey"])
def test_palettes_are_matplotlibs(
    site: Path, file_root: str, open_page: Open, palette: str
) -> None:
    """Chosen from the menu, on each channel's own scale."""
    page = open_page(file_root + LAYER).page
    page.get_by_text("Each its own", exact=True).first.click()
    page.get_by_label("Colours").select_option(palette)
    channel = strong_channels(site)[0]
    expected = coloured(
        grey_of(site, "chelsea", "block3_conv3", channel) / 255, palette.replace("grey", "gray")
    )
    assert np.abs(on_screen(page, channel) - expected).max() <= 2.5


def test_scale_and_palette_work_without_scripts(
    site: Path, file_root: str, open_page: Open
) -> None:
    """The switch and the menu are plain controls that the stylesheet reads."""
    page = open_page(file_root + LAYER, scripts=False).page
    page.get_by_text("Each its own", exact=True).first.click()
    page.get_by_label("Colours").select_option("magma")
    channel = strong_channels(site)[0]
    expected = coloured(grey_of(site, "chelsea", "block3_conv3", channel) / 255, "magma")
    assert np.abs(on_screen(page, channel) - expected).max() <= 2.5


def test_legend_and_note_follow_the_scale(root: str, open_page: Open) -> None:
    """The scale in force is always written beside the grid."""
    page = open_page(root + LAYER).page
    assert page.get_by_text("One scale for all 256 channels").is_visible()
    page.get_by_text("Each its own", exact=True).first.click()
    assert page.get_by_text("own strongest", exact=True).is_visible()
    assert not page.get_by_text("One scale for all 256 channels").is_visible()


def test_the_strongest_channel_is_open_with_its_window(
    site: Path, root: str, open_page: Open
) -> None:
    """Value and position from the sheet; the window by arithmetic: 4 r - 18 to 4 r + 21."""
    data = facts_of(site, "chelsea", "block3_conv3")
    top = max(range(256), key=lambda c: data["channels"][c]["high"])
    row, column, value = data["channels"][top]["peaks"][0]
    page = open_page(root + LAYER).page
    panel = page.locator(".channel")
    assert panel.get_by_role("heading", name=f"Channel {top}", exact=True).is_visible()
    text = panel.inner_text()
    assert f"{value:,.0f}" in text
    assert f"row {row}, column {column}" in text
    x = (max(0, 4 * column - 18), min(223, 4 * column + 21))
    y = (max(0, 4 * row - 18), min(223, 4 * row + 21))
    assert f"x {x[0]} to {x[1]}, y {y[0]} to {y[1]}" in text


@pytest.mark.parametrize("channel", [0, 187, 255])
def test_a_click_opens_a_channel_and_the_address_says_so(
    site: Path, root: str, open_page: Open, channel: int
) -> None:
    """Its numbers are the sheet's; the address opens the same channel again."""
    facts = facts_of(site, "chelsea", "block3_conv3")["channels"][channel]
    visit = open_page(root + LAYER)
    page = visit.page
    page.locator(f"a[id='{channel}']").click()
    assert page.url.endswith(f"#{channel}")
    row, column, _ = facts["peaks"][0]
    again = open_page(page.url)
    for text in (
        visit.page.locator(".channel").inner_text(),
        again.page.locator(".channel").inner_text(),
    ):
        assert f"Channel {channel}" in text
        assert f"row {row}, column {column}" in text
        assert f"{100 * facts['zero_fraction']:.0f}\u202f%" in text
    assert not visit.faults
    assert not again.faults


def test_a_silent_channel_opens_and_says_so(site: Path, root: str, open_page: Open) -> None:
    """No window, no value, no error."""
    data = facts_of(site, "chelsea", "block5_conv3")
    silent = next(c for c, facts in enumerate(data["channels"]) if not facts["peaks"])
    visit = open_page(f"{root}{DEEP}#{silent}")
    assert "silent on this image" in visit.page.locator(".channel").inner_text()
    assert not visit.page.locator("[data-mark]").is_visible()
    assert not visit.faults


def test_an_unknown_channel_is_a_quiet_message(root: str, open_page: Open) -> None:
    """The page stays as it is."""
    visit = open_page(f"{root}{LAYER}#9999")
    assert visit.page.get_by_text("There is no channel 9999 here.").is_visible()
    assert not visit.faults


def test_keys_walk_the_grid(root: str, open_page: Open) -> None:
    """Arrows move by one and by a row, Home and End to the ends, Enter opens."""
    page = open_page(root + LAYER).page
    page.locator("a[id='0']").focus()
    focused = "() => document.activeElement.id"
    for key, expected in [
        ("ArrowRight", "1"), ("ArrowDown", "13"), ("ArrowLeft", "12"), ("ArrowUp", "0"),
        ("End", "255"), ("Home", "0"), ("ArrowRight", "1"),
    ]:  # fmt: skip
        page.keyboard.press(key)
        assert page.evaluate(focused) == expected
    page.keyboard.press("Enter")
    assert page.get_by_role("heading", name="Channel 1", exact=True).is_visible()


def test_keys_change_scale_and_palette_and_the_choice_travels(root: str, open_page: Open) -> None:
    """``s`` and ``p``; the next page opens as this one was left."""
    page = open_page(root + LAYER).page
    page.keyboard.press("s")
    page.keyboard.press("p")
    assert page.locator("#scale-channel").is_checked()
    assert page.get_by_label("Colours").input_value() == "magma"
    page.get_by_role("link", name="block3_pool").first.click()
    page.wait_for_url("**/block3_pool.html?palette=magma&scale=channel")
    assert page.locator("#scale-channel").is_checked()
    assert page.get_by_label("Colours").input_value() == "magma"


def test_an_edited_address_is_ignored_where_it_makes_no_sense(root: str, open_page: Open) -> None:
    """Unknown values leave the page at its defaults."""
    visit = open_page(f"{root}{LAYER}?palette=%22%3E%3Cscript%3E&scale=jet&x=1#-1")
    assert visit.page.get_by_label("Colours").input_value() == "viridis"
    assert visit.page.locator("#scale-layer").is_checked()
    assert not visit.faults


def test_on_a_phone_a_channel_covers_the_page_and_gives_the_focus_back(
    root: str, open_page: Open
) -> None:
    """A real modal dialog; Escape and the cross close it; focus returns to the tile."""
    page = open_page(root + LAYER, size=PHONE).page
    tile = page.locator("a[id='187']")
    assert not page.locator(".channel dialog").is_visible()
    tile.click()
    assert page.locator(".channel dialog:modal").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator(".channel dialog").is_visible()
    assert page.evaluate("() => document.activeElement.id") == "187"
    tile.click()
    page.get_by_role("button", name="Close").click()
    assert not page.locator(".channel dialog").is_visible()


def test_the_strip_of_images_leads_to_the_same_channel(root: str, open_page: Open) -> None:
    """From channel 187 of one image to channel 187 of the next."""
    page = open_page(root + LAYER).page
    page.locator("a[id='187']").click()
    page.get_by_role("navigation", name="Other images").get_by_role("link").nth(1).click()
    page.wait_for_url("**/images/coffee/vgg16/block3_conv3.html#187")
    assert page.get_by_role("heading", name="Channel 187", exact=True).is_visible()


def test_the_key_follows_the_layer_in_view(site: Path, root: str, open_page: Open) -> None:
    """Scrolled to block4_conv1 the key names it and its scale, and the rail marks it."""
    page = open_page(f"{root}images/chelsea/index.html#block4_conv1").page
    key = page.locator(".key [data-key=layer]")
    key.filter(has_text="block4_conv1").wait_for()
    high = facts_of(site, "chelsea", "block4_conv1")["p99_9"]
    assert f"{high:,.0f}" in page.locator(".key").inner_text()
    assert page.locator(".rail [aria-current]").get_attribute("data-layer") == "block4_conv1"
