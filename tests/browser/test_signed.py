"""Values of both signs on the screen: zero is the middle of the scale, a difference has a sign."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib import colormaps
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator, Page

from tests.browser.test_save import saved
from tests.browser.visits import Visit, load_images

SIDE = 16
"""Of a map of the layer."""
LAYER = "images/chelsea/plain/second.html"
Values = NDArray[np.float64]
Open = Callable[..., Visit]


@pytest.fixture
def open_page(beside_visitor: Any) -> Open:
    """Opens pages of the gallery of several networks."""
    opened: Open = beside_visitor.open
    return opened


def facts_of(beside: Path, image: str = "chelsea") -> dict[str, Any]:
    """The numbers of the layer's sheet."""
    path = beside / "sheets/plain" / image / "second.json"
    facts: dict[str, Any] = json.loads(path.read_text("utf-8"))
    assert facts["tile_height"] == facts["tile_width"] == SIDE
    return facts


def shares_of(beside: Path, channel: int, image: str = "chelsea") -> Values:
    """The channel's values against its largest magnitude, (16, 16), -1 to 1."""
    columns = facts_of(beside, image)["columns"]
    with Image.open(beside / "sheets/plain" / image / "second.png") as opened:
        sheet = np.asarray(opened, dtype=np.float64)
    top, left = channel // columns * (SIDE + 1), channel % columns * (SIDE + 1)
    return (sheet[top : top + SIDE, left : left + SIDE] - 128) / 127


def values_of(beside: Path, channel: int, image: str = "chelsea") -> Values:
    """The same in activation units."""
    high: float = facts_of(beside, image)["channels"][channel]["high"]
    return shares_of(beside, channel, image) * high


def drawn(page: Page, frame: Locator) -> Values:
    """The middle of each value of a map as it is on the screen, (16, 16, 3), 0 to 255."""
    frame.scroll_into_view_if_needed()
    load_images(page)
    box = frame.bounding_box()
    assert box
    with Image.open(io.BytesIO(page.screenshot(clip=box))) as shot:
        pixels = np.asarray(shot.convert("RGB"), dtype=np.float64)
    middles = [((np.arange(SIDE) + 0.5) * side / SIDE).astype(int) for side in pixels.shape[:2]]
    return pixels[np.ix_(*middles)]


def coloured(shares: Values, palette: str = "berlin") -> Values:
    """Matplotlib's colours of shares from -1 to 1, 0 to 255."""
    return np.asarray(colormaps[palette]((np.clip(shares, -1, 1) + 1) / 2)[..., :3] * 255)


def closed(facts: dict[str, Any]) -> list[int]:
    """Channels that are not open, so that no mark lies on their tile; a few."""
    highs = [channel["high"] for channel in facts["channels"]]
    return sorted(range(len(highs)), key=lambda c: -highs[c])[1:6]


@pytest.mark.parametrize("scale", ["layer", "channel"])
def test_tiles_have_matplotlibs_colours(
    beside: Path, beside_root: str, open_page: Open, scale: str
) -> None:
    """Every value of five tiles in berlin, on either scale, to a few steps of the palette."""
    facts = facts_of(beside)
    page = open_page(f"{beside_root}{LAYER}?scale={scale}").page
    table = coloured(np.linspace(-1, 1, 256))
    for channel in closed(facts):
        shares = shares_of(beside, channel)
        if scale == "layer":
            shares = shares * facts["channels"][channel]["high"] / facts["p99_9"]
        seen = drawn(page, page.locator(f"a[id='{channel}'] .frame")).reshape(-1, 3)
        step = np.abs(seen[:, None] - table[None]).sum(axis=2).argmin(axis=1)
        wanted = (np.clip(shares, -1, 1).ravel() + 1) / 2 * 255
        assert np.abs(step - wanted).max() <= 4, channel
        assert np.abs(seen - table[step]).max() <= 3, "not a colour of the palette"


def test_grey_is_grey_here_too(beside: Path, beside_file: str, open_page: Open) -> None:
    """Of the four palettes one is kept: without colour, zero is the middle grey."""
    page = open_page(f"{beside_file}{LAYER}?scale=channel&palette=grey").page
    channel = closed(facts_of(beside))[0]
    expected = coloured(shares_of(beside, channel), "gray")
    assert np.abs(drawn(page, page.locator(f"a[id='{channel}'] .frame")) - expected).max() <= 3


def test_zero_stays_neutral_however_much_a_map_is_brightened(
    beside_file: str, open_page: Open
) -> None:
    """A tile of nothing but zeros has the middle colour on a scale that ends at a fortieth, too.

    In each palette, of which all but grey have the same colours here.
    """
    page = open_page(beside_file + LAYER).page
    page.evaluate(
        "document.querySelectorAll('.grid .maps > i').forEach(i => i.style.setProperty('--k', 0))"
    )
    set_gain = "(grid, gain) => grid.style.setProperty('--gain', gain)"
    for palette in ("viridis", "magma", "cividis", "grey"):
        page.get_by_label("Colours").select_option(palette)
        middle = coloured(np.zeros((SIDE, SIDE)), "gray" if palette == "grey" else "berlin")
        for gain in (1, 5, 40):
            page.locator(".tiles.grid").evaluate(set_gain, gain)
            seen = drawn(page, page.locator("a[id='0'] .frame"))
            assert np.abs(seen - middle).max() <= 4, (palette, gain)


def test_the_open_channel_and_what_is_said_of_it_have_signs(
    beside: Path, beside_root: str, open_page: Open
) -> None:
    """The panel's map, its strongest value below zero, and a value under the keyboard's mark."""
    facts = facts_of(beside)
    below = [c for c, channel in enumerate(facts["channels"]) if channel["peaks"][0][2] < 0]
    channel = below[0]
    row, column, value = facts["channels"][channel]["peaks"][0]
    visit = open_page(f"{beside_root}{LAYER}?scale=channel#{channel}")
    page = visit.page
    shown = page.locator("[data-field=value]")
    assert float(shown.get_attribute("value") or 0) == pytest.approx(value)
    assert shown.inner_text().startswith("−")
    assert page.locator("[data-field=range]").inner_text() == shown.inner_text()
    away = np.ones((SIDE, SIDE), dtype=bool)
    away[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2] = False
    seen = drawn(page, page.locator(".channel [data-place]"))
    assert np.abs(seen - coloured(shares_of(beside, channel)))[away].max() <= 4
    page.locator("[data-place]").focus()
    page.keyboard.press("Home" if column else "End")
    page.locator("[data-field=precision]").filter(has_text="±").wait_for()
    there = values_of(beside, channel)[row, 0 if column else SIDE - 1]
    assert float(shown.get_attribute("value") or 0) == pytest.approx(there, abs=1e-6)
    assert not visit.faults


def test_the_saved_picture_has_the_same_colours(
    beside: Path, beside_root: str, open_page: Open
) -> None:
    """640 px from (48, 148); the scale below it begins below zero."""
    facts = facts_of(beside)
    channel = closed(facts)[0]
    visit = open_page(f"{beside_root}{LAYER}#{channel}")
    _, picture = saved(visit.page)
    middles = (np.arange(SIDE) + 0.5) * 640 / SIDE
    pixels = np.asarray(picture, dtype=np.float64)
    seen = pixels[np.ix_((148 + middles).astype(int), (48 + middles).astype(int))]
    shares = shares_of(beside, channel) * facts["channels"][channel]["high"] / facts["p99_9"]
    row, column, _ = facts["channels"][channel]["peaks"][0]
    away = np.ones((SIDE, SIDE), dtype=bool)
    away[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2] = False
    assert np.abs(seen - coloured(shares))[away].max() <= 8
    scale = pixels[148 + 640 + 76]
    ends = [np.abs(scale - end).max(axis=1).min() for end in coloured(np.array([-1.0, 1.0]))]
    assert max(ends) <= 2
    assert not visit.faults


def test_light_over_the_image_is_strength_whatever_its_sign(
    beside: Path, beside_file: str, open_page: Open
) -> None:
    """Where the map is zero the image is dimmed, at both ends of the scale it is not."""
    channel = closed(facts_of(beside))[0]
    page = open_page(f"{beside_file}{LAYER}?opacity=100#{channel}").page
    page.evaluate("document.querySelectorAll('.over .box').forEach(box => box.remove())")
    over = page.locator(".channel [data-photo]")
    lit = drawn(page, over).mean(axis=2)
    page.get_by_text("None", exact=True).click()
    plain = drawn(page, over).mean(axis=2)
    strength = np.abs(shares_of(beside, channel))
    assert np.abs(lit / plain - strength).max() < 0.1


def test_a_difference_has_the_sign_it_should(
    beside: Path, beside_root: str, open_page: Open
) -> None:
    """Two images in one network: red where the second has more, blue where it has less."""
    visit = open_page(f"{beside_root}compare/images/chelsea_coffee.html")
    page = visit.page
    rows = page.locator("section[aria-labelledby=second] tbody tr")
    assert rows.nth(2).locator("th").inner_text().startswith("Difference")
    for place in (0, 3):
        tile = rows.nth(2).locator("td").nth(place).locator("a")
        channel = int((tile.get_attribute("href") or "").rpartition("#")[2])
        change = values_of(beside, channel, "coffee") - values_of(beside, channel)
        top = max(facts_of(beside, image)["p99_9"] for image in ("chelsea", "coffee"))
        seen = drawn(page, tile.locator(".frame"))
        warm = seen[..., 0] - seen[..., 2]
        assert (warm[change > 0.15 * top] > 8).all()
        assert (warm[change < -0.15 * top] < -8).all()
        assert np.abs(seen - coloured(change / top)).max() <= 8
    assert not visit.faults


def test_so_has_one_between_networks(beside: Path, beside_file: str, open_page: Open) -> None:
    """One layer in two networks, the second's maps multiplied by the factor that the page names."""
    page = open_page(f"{beside_file}compare/plain_other/layers/second.html").page
    found = json.loads((beside / "compare/plain_other/comparison.json").read_text("utf-8"))
    factor = found["changes"]["second"]["factor"]
    tile = page.locator("section.trio tbody tr").nth(2).locator("td").first.locator("a")
    channel = int((tile.get_attribute("href") or "").rpartition("#")[2])
    first = values_of(beside, channel)
    path = beside / "sheets/other/chelsea/second"
    facts = json.loads(path.with_suffix(".json").read_text("utf-8"))
    with Image.open(path.with_suffix(".png")) as opened:
        sheet = np.asarray(opened, dtype=np.float64)
    top = channel // facts["columns"] * (SIDE + 1)
    left = channel % facts["columns"] * (SIDE + 1)
    grey = sheet[top : top + SIDE, left : left + SIDE]
    second = (grey - 128) / 127 * facts["channels"][channel]["high"] / factor
    scale = max(np.abs(first).max(), np.abs(second).max())
    seen = drawn(page, tile.locator(".frame"))
    assert np.abs(seen - coloured((second - first) / scale)).max() <= 8
