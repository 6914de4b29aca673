"""The open channel: what a reader finds out about any value, by mouse, keyboard and finger."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.sheets import data_of, facts_of, grey_of, strongest
from tests.browser.test_accessibility import RULES
from tests.browser.visits import PHONE, WIDE, Size, Visit

LAYER = "images/chelsea/vgg16/block3_conv3.html"
FIRST = "images/chelsea/vgg16/block1_conv1.html"
DEEP = "images/chelsea/vgg16/block5_conv3.html"
POOL = "images/chelsea/vgg16/block3_pool.html"
Open = Callable[..., Visit]
CHANNEL = 187
SIDE, STRIDE, START, WINDOW = 56, 4, -18, 40
"""Of block3_conv3: (r, c) sees rows 4 r - 18 to 4 r + 21 (tests/test_receptive_field.py)."""


def seen(position: int) -> tuple[int, int]:
    """First and last pixel along one axis, cut at the border."""
    first = position * STRIDE + START
    return max(0, first), min(223, first + WINDOW - 1)


def over(page: Page, row: int, column: int, selector: str = "[data-place]") -> tuple[float, float]:
    """The middle of a value of the open map, in the window."""
    box = page.locator(selector).bounding_box()
    assert box
    return (
        box["x"] + (column + 0.5) * box["width"] / SIDE,
        box["y"] + (row + 0.5) * box["height"] / SIDE,
    )


def value(page: Page) -> float:
    """The value that the panel gives, in full."""
    return float(page.locator("data[data-field=value]").get_attribute("value") or "nan")


def wait_for_value(page: Page) -> float:
    """The same, once it has been read from the sheet."""
    page.wait_for_function(
        "() => /±|too little/.test(document.querySelector('.numbers').innerText)"
    )
    return value(page)


def panel(page: Page) -> str:
    """The words of the numbers."""
    return page.locator(".numbers").inner_text()


def expected(site: Path, channel: int, row: int, column: int) -> tuple[float, float]:
    """Value and half a grey step, from the sheet on disk."""
    facts = facts_of(site, "chelsea", "block3_conv3")["channels"][channel]
    grey = grey_of(site, "chelsea", "block3_conv3", channel)[row, column]
    step = (facts["high"] - facts["low"]) / 255
    return facts["low"] + step * grey, step / 2


# -- A place on the map


def test_moving_over_the_map_shows_the_value_and_what_it_sees(
    site: Path, root: str, open_page: Open
) -> None:
    """Value, position, window and crop follow the pointer; leaving brings the strongest back."""
    visit = open_page(f"{root}{LAYER}#{CHANNEL}")
    page = visit.page
    page.mouse.move(*over(page, 30, 41))
    assert wait_for_value(page) == pytest.approx(expected(site, CHANNEL, 30, 41)[0], abs=1e-3)
    words = panel(page)
    assert "row 30, column 41" in words
    assert f"x {seen(41)[0]} to {seen(41)[1]}, y {seen(30)[0]} to {seen(30)[1]}" in words
    box = page.locator("[data-photo] [data-window]").bounding_box()
    photo = page.locator("[data-photo]").bounding_box()
    assert box and photo
    pixel = photo["width"] / 224
    assert box["x"] - photo["x"] == pytest.approx(seen(41)[0] * pixel, abs=1)
    assert box["width"] == pytest.approx(40 * pixel, abs=1)
    page.mouse.move(5, 5)
    peak = facts_of(site, "chelsea", "block3_conv3")["channels"][CHANNEL]["peaks"][0]
    assert f"row {peak[0]}, column {peak[1]}" in panel(page)
    assert value(page) == peak[2]
    assert page.url.endswith(f"#{CHANNEL}"), "hovering leaves the address alone"
    assert not visit.faults


def test_a_window_at_the_border_is_cut_and_says_so(root: str, open_page: Open) -> None:
    """The value in the corner sees 22 of its 40 pixels a side."""
    page = open_page(f"{root}{LAYER}#{CHANNEL}@0,0").page
    assert "x 0 to 21, y 0 to 21, cut at the border" in panel(page)


def test_a_click_keeps_the_place_and_the_address_opens_it_again(
    site: Path, root: str, open_page: Open
) -> None:
    """``#187@30,41``; a link leads back to the strongest."""
    visit = open_page(f"{root}{LAYER}#{CHANNEL}")
    page = visit.page
    page.mouse.click(*over(page, 30, 41))
    page.wait_for_url(f"**#{CHANNEL}@30,41")
    again = open_page(page.url)
    assert wait_for_value(again.page) == pytest.approx(expected(site, CHANNEL, 30, 41)[0], abs=1e-3)
    again.page.get_by_role("link", name="to the strongest").click()
    again.page.wait_for_url(f"**#{CHANNEL}")
    assert "Strongest value" in panel(again.page)
    assert not visit.faults + again.faults


def test_over_the_photograph_the_value_whose_window_lies_there(root: str, open_page: Open) -> None:
    """The middle of (r, c)'s window is pixel 4 r + 1.5: pixel 121.5 belongs to row 30."""
    page = open_page(f"{root}{LAYER}#{CHANNEL}").page
    page.mouse.move(*over(page, 30, 41, "[data-photo]"))
    assert "row 30, column 41" in panel(page)


def test_arrow_keys_walk_the_map(site: Path, root: str, open_page: Open) -> None:
    """By one, by eight with Shift; Home and End to the ends of a row; Escape to the strongest."""
    visit = open_page(f"{root}{LAYER}#{CHANNEL}")
    page = visit.page
    row, column, _ = facts_of(site, "chelsea", "block3_conv3")["channels"][CHANNEL]["peaks"][0]
    page.locator("[data-place]").focus()
    for key, r, c in [
        ("ArrowRight", row, column + 1),
        ("ArrowDown", row + 1, column + 1),
        ("Shift+ArrowDown", row + 9, column + 1),
        ("ArrowLeft", row + 9, column),
        ("ArrowUp", row + 8, column),
        ("End", row + 8, 55),
        ("ArrowRight", row + 8, 55),
        ("Home", row + 8, 0),
    ]:
        page.keyboard.press(key)
        assert f"row {r}, column {c}" in panel(page), key
        page.wait_for_url(f"**#{CHANNEL}@{r},{c}")
    assert wait_for_value(page) == pytest.approx(expected(site, CHANNEL, row + 8, 0)[0], abs=1e-3)
    page.locator("[data-field=spoken]").filter(has_text=f"Row {row + 8}, column 0").wait_for(
        state="attached"
    )
    page.keyboard.press("Escape")
    page.wait_for_url(f"**#{CHANNEL}")
    assert page.evaluate("() => document.activeElement.hasAttribute('data-place')")
    assert not visit.faults


@pytest.mark.parametrize(
    ("fragment", "says"),
    [
        ("9999", "There is no channel 9999 here. block3_conv3 has channels 0 to 255."),
        ("187@56,3", "rows 0 to 55 and columns 0 to 55: this is the strongest value instead."),
        ("187@-1,3", ""),
        ("%3Cscript%3E", ""),
    ],
)
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_an_edited_address_is_answered_quietly(
    root: str, open_page: Open, fragment: str, says: str, size: Size
) -> None:
    """A message in the page, or nothing; never a dead page."""
    visit = open_page(f"{root}{LAYER}#{fragment}", size=size)
    message = visit.page.locator("p.message[data-field=message]")
    assert says in message.inner_text() if says else not message.is_visible()
    assert visit.page.locator(".grid .cells a").count() == 256
    assert not visit.faults


# -- Every value


SWEEP = """async ([channel, positions, side]) => {
  const map = document.querySelector("[data-place]"), box = map.getBoundingClientRect();
  const field = document.querySelector("data[data-field=value]");
  const found = [];
  await window.layerlight.samples(channel);
  for (const [row, column] of positions) {
    map.dispatchEvent(new PointerEvent("pointermove", {
      pointerType: "mouse", bubbles: true,
      clientX: box.left + (column + .5) * box.width / side,
      clientY: box.top + (row + .5) * box.height / side,
    }));
    await new Promise(resolve => setTimeout(resolve));
    found.push([field.value, field.textContent]);
  }
  return found;
}"""


def test_five_hundred_values_are_tensorflows(site: Path, root: str, open_page: Open) -> None:
    """25 channels of two layers at 10 random places each: within half a grey step of the network's.

    And what is written is that number, rounded to at least two digits.
    """
    from generator.activations import Extractor
    from tests.vgg16_network import network

    pixels = np.asarray(_open_input(site))
    maps = Extractor(network()).maps([pixels])[0]
    random = np.random.default_rng(4 if root.startswith("http") else 3)
    compared = 0
    for layer, side in (("block3_conv3", 56), ("block5_conv1", 14)):
        facts = facts_of(site, "chelsea", layer)["channels"]
        lit = [c for c, f in enumerate(facts) if f["peaks"]]
        visit = open_page(f"{root}images/chelsea/vgg16/{layer}.html")
        for channel in random.choice(lit, 25, replace=False).tolist():
            positions = random.integers(0, side, (10, 2)).tolist()
            visit.page.evaluate("c => window.layerlight.go('#' + c)", channel)
            found = visit.page.evaluate(SWEEP, [channel, positions, side])
            half = (facts[channel]["high"] - facts[channel]["low"]) / 510
            for (row, column), (given, written) in zip(positions, found, strict=True):
                true = float(maps[layer][row, column, channel])
                assert abs(float(given) - true) <= half * 1.0001 + 1e-4
                shown = float(written.replace(",", "").replace("\u2212", "-"))
                assert shown == pytest.approx(float(given), rel=0.05, abs=1e-9)
                compared += 1
        assert not visit.faults
    assert compared == 500


def _open_input(site: Path) -> Any:
    from PIL import Image

    return Image.open(site / "sheets/vgg16/chelsea/input.png").convert("RGB")


def test_values_are_loaded_only_when_asked_for(root: str, open_page: Open) -> None:
    """None before the first move over the map; on a server the sheet itself serves."""
    visit = open_page(f"{root}{LAYER}#{CHANNEL}")
    asked: list[str] = []
    visit.page.on("request", lambda request: asked.append(request.url))
    scripts = "() => performance.getEntriesByType('resource').map(e => e.name)"
    assert not [url for url in visit.page.evaluate(scripts) if "/values/" in url]
    visit.page.mouse.move(*over(visit.page, 30, 41))
    wait_for_value(visit.page)
    loaded = [url for url in asked if "/values/" in url]
    assert len(loaded) == (1 if root.startswith("file:") else 0)


def test_a_browser_that_disturbs_the_canvas_is_noticed(
    site: Path, root: str, open_page: Open
) -> None:
    """As against fingerprinting: the strongest value is not 255, so the PNG is inflated."""
    page = open_page(f"{root}{LAYER}#{CHANNEL}").page
    page.evaluate("""() => {
      const read = CanvasRenderingContext2D.prototype.getImageData;
      CanvasRenderingContext2D.prototype.getImageData = function (...asked) {
        const image = read.apply(this, asked);
        for (let i = 0; i < image.data.length; i += 1) image.data[i] ^= 3;
        return image;
      };
    }""")
    page.mouse.move(*over(page, 30, 41))
    assert wait_for_value(page) == pytest.approx(expected(site, CHANNEL, 30, 41)[0], abs=1e-3)


# -- Why


def test_the_sum_is_the_one_on_disk_and_adds_up(site: Path, root: str, open_page: Open) -> None:
    """Named pushes, the others, what pushes down and the bias: together the strongest value."""
    visit = open_page(f"{root}{LAYER}#{CHANNEL}")
    page = visit.page
    accounts = data_of(site / "sheets/vgg16/chelsea/evidence/block3_conv3.js")
    i = accounts["channel"].index(CHANNEL)
    page.locator("#sum").scroll_into_view_if_needed()
    link = page.locator("[data-term] a").first
    link.filter(has_text=f"#{accounts['who'][i][0]}").wait_for()
    rows = page.locator(
        ".sum tbody tr:visible td:nth-of-type(2), .sum [data-rest] td:first-of-type"
    )
    numbers = [_number(text) for text in rows.all_inner_texts()]
    total = _number(page.locator("[data-total] td").first.inner_text())
    assert numbers[0] == pytest.approx(accounts["value"][i][0], abs=0.5)
    assert sum(numbers) == pytest.approx(total, abs=4), "seven rounded rows"
    assert total == pytest.approx(
        facts_of(site, "chelsea", "block3_conv3")["channels"][CHANNEL]["high"], abs=0.5
    )
    assert not visit.faults


def _number(text: str) -> float:
    return float(text.replace(",", "").replace("\u2212", "-").replace("+", "") or 0)


def test_a_step_of_the_thread_opens_that_channel_at_that_value(
    site: Path, root: str, open_page: Open
) -> None:
    """The second step of #187's thread: block3_conv2, at the place that pushes hardest."""
    page = open_page(f"{root}{LAYER}#{CHANNEL}").page
    knots = data_of(site / "sheets/vgg16/chelsea/threads.js")
    own = knots["block3_conv3"]
    peak = facts_of(site, "chelsea", "block3_conv3")["channels"][CHANNEL]["peaks"][0]
    here = next(
        i
        for i, key in enumerate(zip(own["channel"], own["place"], strict=True))
        if key == (CHANNEL, peak[0] * 56 + peak[1])
    )
    following = own["following"][here]
    channel = knots["block3_conv2"]["channel"][following]
    row, column = divmod(knots["block3_conv2"]["place"][following], 56)
    page.locator("#sum").scroll_into_view_if_needed()
    step = page.locator("[data-thread=block3_conv2] a")
    step.filter(has_text=f"#{channel}").click()
    page.wait_for_url(f"**/block3_conv2.html#{channel}@{row},{column}")
    assert page.get_by_role("heading", name=f"Channel {channel}", exact=True).is_visible()
    assert f"row {row}, column {column}" in panel(page)


def test_a_first_kernel_is_shown_as_colours_with_the_sum_of_three(
    site: Path, root: str, open_page: Open
) -> None:
    """blue, green, red in the order of their pushes; the picture is the channel's own tile."""
    visit = open_page(f"{root}{FIRST}#10")
    page = visit.page
    accounts = data_of(site / "sheets/vgg16/chelsea/evidence/block1_conv1.js")
    i = accounts["channel"].index(10)
    colours = ("blue", "green", "red")
    up = [
        colours[c] for c, v in zip(accounts["who"][i], accounts["value"][i], strict=True) if v > 0
    ]
    page.locator("#sum").scroll_into_view_if_needed()
    page.locator("[data-term] th").first.filter(has_text=up[0]).wait_for()
    assert page.locator("[data-term]:visible th").all_inner_texts() == up
    style = page.locator("[data-kernel]").get_attribute("style") or ""
    assert "--x: 2" in style and "--y: 1" in style, "tile 10 of eight columns"
    assert not visit.faults


def test_a_pool_says_that_it_hands_on(root: str, open_page: Open) -> None:
    """No sum, but a thread that begins at the convolution before."""
    visit = open_page(root + POOL)
    reason = visit.page.locator("#sum")
    reason.scroll_into_view_if_needed()
    assert "hands on the largest of 2\u202f×\u202f2 values of the same channel of block3_conv3" in (
        reason.inner_text()
    )
    assert visit.page.locator(".thread li:visible").count() == 7
    assert not visit.faults


def test_without_scripts_the_strongest_channel_is_complete(
    site: Path, root: str, open_page: Open
) -> None:
    """Its map, its window, its sum and its thread stand in the page as it comes."""
    page = open_page(root + LAYER, scripts=False).page
    facts = facts_of(site, "chelsea", "block3_conv3")
    top = strongest(facts)
    accounts = data_of(site / "sheets/vgg16/chelsea/evidence/block3_conv3.js")
    first = accounts["who"][accounts["channel"].index(top)][0]
    assert page.get_by_role("heading", name=f"Channel {top}", exact=True).is_visible()
    assert page.locator("[data-term] a").first.inner_text() == f"#{first}"
    assert page.locator(".thread li:visible").count() == 7
    for absent in ("Sort", "Show", "Size", "Find", "Keys", "Save picture"):
        assert not page.get_by_text(absent, exact=True).first.is_visible(), absent


@pytest.mark.parametrize("size", [(1440, 500), PHONE], ids=["low", "phone"])
def test_no_sum_stands_under_another_channel_s_heading(
    site: Path, root: str, open_page: Open, size: Size
) -> None:
    """The page comes with the strongest channel's; another's is not there until it is loaded."""
    channels = facts_of(site, "chelsea", "block3_conv3")["channels"]
    written = channels[strongest(facts_of(site, "chelsea", "block3_conv3"))]["high"]
    page = open_page(f"{root}{LAYER}#{CHANNEL}", size=size).page
    words = page.locator("#sum").inner_text()
    assert words.startswith(f"Where {channels[CHANNEL]['high']:,.0f} comes from")
    assert f"{written:,.0f}" not in words and "strongest value" not in words
    page.locator("#sum h3").scroll_into_view_if_needed()
    page.locator(".thread:not([data-old]) li b").first.wait_for()
    words = page.locator("#sum").inner_text()
    assert f"{channels[CHANNEL]['high']:,.0f}" in words.split("The strongest value")[1]
    assert f"#{CHANNEL}" in words.split("thread")[-1]


# -- Elsewhere


def test_the_same_channel_on_the_other_images(site: Path, root: str, open_page: Open) -> None:
    """Each other image once, with its strongest value, and a link to the same channel there."""
    visit = open_page(f"{root}{LAYER}#{CHANNEL}")
    page = visit.page
    page.locator("[data-company]").scroll_into_view_if_needed()
    page.locator(f"[data-company][data-shown='{CHANNEL}']").wait_for()
    texts = page.locator("[data-others] li").all_inner_texts()
    others = sorted(p.name for p in (site / "sheets/vgg16").iterdir() if p.name != "chelsea")
    assert len(texts) == len(others)
    shown = " ".join(texts)
    for image in others:
        high = facts_of(site, image, "block3_conv3")["channels"][CHANNEL]["high"]
        assert f"{high:,.0f}" in shown
    # what is still on its way would be a failed request once the page is left
    page.wait_for_load_state("networkidle")
    page.locator("[data-others] a").first.click()
    page.wait_for_url(f"**/vgg16/block3_conv3.html#{CHANNEL}")
    assert "images/chelsea" not in page.url
    assert not visit.faults


def test_the_strongest_windows_of_the_gallery_in_order(
    site: Path, root: str, open_page: Open
) -> None:
    """From all images' peaks, two an image at most, best first; each leads to its value."""
    page = open_page(f"{root}{LAYER}#{CHANNEL}").page
    peaks = sorted(
        (
            (value, folder.name, row, column)
            for folder in (site / "sheets/vgg16").iterdir()
            for row, column, value in facts_of(site, folder.name, "block3_conv3")["channels"][
                CHANNEL
            ]["peaks"]
        ),
        reverse=True,
    )[:9]
    page.locator("[data-windows]").scroll_into_view_if_needed()
    page.locator(f"[data-company][data-shown='{CHANNEL}']").wait_for()
    given = page.locator("[data-windows] b").all_inner_texts()
    assert given == [f"{value:,.0f}" for value, *_ in peaks]
    hrefs = [a.get_attribute("href") or "" for a in page.locator("[data-windows] a").all()]
    assert [h[h.index("images/") :] for h in hrefs] == [
        f"images/{image}/vgg16/block3_conv3.html#{CHANNEL}@{row},{column}"
        for _, image, row, column in peaks
    ]


def test_any_channel_opens_on_the_page_across_images(
    site: Path, root: str, open_page: Open
) -> None:
    """By number, in the address, with one map an image on the gallery's scale."""
    visit = open_page(f"{root}layers/vgg16/block3_conv3.html#117")
    page = visit.page
    page.locator("[data-company][data-shown='117']").wait_for()
    assert page.locator("[data-others] li").count() == len(list((site / "sheets/vgg16").iterdir()))
    page.locator("#find").fill("5")
    page.locator("#find").press("Enter")
    page.locator("[data-company][data-shown='5']").wait_for()
    page.wait_for_url("**#5")
    page.get_by_role("heading", name="Channel 5 on every image").wait_for()
    page.locator("#find").fill("256")
    page.locator("#find").press("Enter")
    page.get_by_text("There is no channel 256 here.").wait_for()
    assert not visit.faults


# -- Tools


ORDERS: dict[str, Callable[[dict[str, Any]], float]] = {
    "strength": lambda c: c["high"],
    "sparsity": lambda c: c["zero_fraction"],
    "spread": lambda c: c["mean"] ** 2 / (c["mean"] ** 2 + c["std"] ** 2) if c["peaks"] else -1,
}


@pytest.mark.parametrize("order", ORDERS)
def test_tiles_are_sorted_by_what_is_asked_for(
    site: Path, root: str, open_page: Open, order: str
) -> None:
    """Maps and labels move together; the choice stands in the address and opens again."""
    page = open_page(root + LAYER).page
    page.locator("#sort").select_option(order)
    channels = facts_of(site, "chelsea", "block3_conv3")["channels"]
    keys = [ORDERS[order](c) for c in channels]
    shown = [int(i) for i in page.evaluate(SHOWN)]
    assert sorted(shown) == list(range(256))
    values = [keys[c] for c in shown]
    assert all(a >= b - 1e-3 * abs(b) for a, b in itertools.pairwise(values))
    assert page.evaluate(TILES) == [[c % 16, c // 16] for c in shown]
    page.wait_for_url(f"**sort={order}*")
    assert [int(i) for i in open_page(page.url).page.evaluate(SHOWN)] == shown


SHOWN = "() => [...document.querySelectorAll('.grid .cells li:not([hidden]) a')].map(a => a.id)"
TILES = """() => [...document.querySelectorAll('.grid .maps > i:not([hidden])')]
  .map(i => [Number(i.style.getPropertyValue('--x')), Number(i.style.getPropertyValue('--y'))])"""


def test_tiles_can_be_sorted_by_how_unlike_the_gallery_they_are(
    site: Path, root: str, open_page: Open
) -> None:
    """By the distance of the map's mean from the mean over all images of the gallery."""
    page = open_page(root + LAYER).page
    page.locator("#sort").select_option("difference")
    means = np.array(
        [
            [c["mean"] for c in facts_of(site, folder.name, "block3_conv3")["channels"]]
            for folder in sorted((site / "sheets/vgg16").iterdir())
        ]
    )
    here = [c["mean"] for c in facts_of(site, "chelsea", "block3_conv3")["channels"]]
    distance = np.abs(here - means.mean(axis=0))
    first = int(distance.argmax())
    page.wait_for_function(f"() => document.querySelector('.grid .cells a').id === '{first}'")
    values = distance[[int(i) for i in page.evaluate(SHOWN)]]
    assert (np.diff(values) <= 1e-2).all()


def test_only_some_channels_can_be_shown(site: Path, root: str, open_page: Open) -> None:
    """Silent ones, those that answer, and those that are always on; said in words."""
    page = open_page(root + DEEP).page
    channels = facts_of(site, "chelsea", "block5_conv3")["channels"]
    silent = [c for c, facts in enumerate(channels) if not facts["peaks"]]
    page.locator("#show").select_option("silent")
    assert [int(i) for i in page.evaluate(SHOWN)] == silent
    assert page.get_by_text(f"Shown: {len(silent)} of 512 channels.").is_visible()
    page.locator("#show").select_option("lit")
    assert len(page.evaluate(SHOWN)) == 512 - len(silent)
    page.locator("#show").select_option("always")
    always = [c for c, facts in enumerate(channels) if facts["zero_fraction"] <= 0.05]
    assert [int(i) for i in page.evaluate(SHOWN)] == always


@pytest.mark.parametrize("name", [LAYER, FIRST])
def test_tiles_grow_and_stay_sharp(root: str, open_page: Open, name: str) -> None:
    """224 px a tile, cut out of the whole sheet, still one file."""
    page = open_page(root + name).page
    page.locator("#size").select_option("224")
    box = page.locator("a[id='1'] .frame").bounding_box()
    assert box and box["width"] == 224
    sheet = page.evaluate("() => document.querySelector('.grid .maps').style.backgroundImage")
    assert ".small." not in sheet
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 1440


def test_a_number_finds_its_channel(root: str, open_page: Open) -> None:
    """Also with a #; anything else is answered in words."""
    page = open_page(root + LAYER).page
    page.locator("#find").fill("#42")
    page.locator("#find").press("Enter")
    page.get_by_role("heading", name="Channel 42", exact=True).wait_for()
    page.locator("#find").fill("cat")
    page.locator("#find").press("Enter")
    page.get_by_text("A channel is a number from 0 to 255.").wait_for()


def test_the_overlay_changes_by_key_and_by_control(root: str, open_page: Open) -> None:
    """``o``: light, colour, none; its strength; both travel in the address."""
    page = open_page(f"{root}{LAYER}#{CHANNEL}").page
    shown = """() => ['light', 'clear']
      .map(name => getComputedStyle(document.querySelector('.' + name)).display)"""
    assert page.evaluate(shown) == ["block", "none"]
    page.keyboard.press("o")
    assert page.evaluate(shown) == ["none", "block"]
    page.get_by_label("Strength of the overlay").fill("40")
    opacity = "() => getComputedStyle(document.querySelector('.clear')).opacity"
    assert page.evaluate(opacity) == "0.4"
    page.wait_for_url("**opacity=40&overlay=colour*")
    again = open_page(page.url).page
    assert again.evaluate(shown) == ["none", "block"]
    assert again.evaluate(opacity) == "0.4"
    page.keyboard.press("o")
    assert page.evaluate(shown) == ["none", "none"]


def test_keys_are_listed_and_the_list_gives_the_focus_back(root: str, open_page: Open) -> None:
    """``?`` opens a dialog, Escape closes it."""
    page = open_page(root + LAYER).page
    page.locator("a[id='3']").focus()
    page.keyboard.press("?")
    assert page.get_by_role("dialog", name="Keys").is_visible()
    page.keyboard.press("Escape")
    assert not page.get_by_role("dialog", name="Keys").is_visible()
    assert page.evaluate("() => document.activeElement.id") == "3"


def test_tab_stops_once_in_the_grid_and_m_leads_to_the_map(root: str, open_page: Open) -> None:
    """At the open tile; the next stop lies behind all 256; ``m`` is the short way."""
    page = open_page(f"{root}{LAYER}#{CHANNEL}").page
    page.locator(f"a[id='{CHANNEL}']").focus()
    page.keyboard.press("Tab")
    assert not page.evaluate("() => !!document.activeElement.closest('.grid')")
    page.locator(f"a[id='{CHANNEL}']").focus()
    page.keyboard.press("m")
    assert page.evaluate("() => document.activeElement.hasAttribute('data-place')")


def test_before_and_after_follow_the_order_of_the_tiles(
    site: Path, root: str, open_page: Open
) -> None:
    """Sorted by strength, the strongest channel has none before and the second strongest after."""
    page = open_page(root + LAYER).page
    page.locator("#sort").select_option("strength")
    highs = [c["high"] for c in facts_of(site, "chelsea", "block3_conv3")["channels"]]
    second = sorted(range(256), key=lambda c: -highs[c])[1]
    assert not page.locator("[data-step='-1']").is_visible()
    assert page.locator("[data-step='1']").get_attribute("href") == f"#{second}"


def test_a_wheel_over_a_panel_not_whole_in_view_turns_the_page(root: str, open_page: Open) -> None:
    """The panel scrolls in itself only once all of it can be seen."""
    page = open_page(root + LAYER).page
    box = page.locator(".channel-head").bounding_box()
    assert box
    page.mouse.move(box["x"] + 50, box["y"] + 10)
    page.mouse.wheel(0, 120)
    page.wait_for_function("() => scrollY > 60")
    assert page.evaluate("() => document.querySelector('.side').scrollTop") == 0


def test_a_key_shows_the_same_channel_on_the_next_image(root: str, open_page: Open) -> None:
    """``i``; the place stays too."""
    page = open_page(f"{root}{LAYER}#{CHANNEL}").page
    page.keyboard.press("i")
    page.wait_for_url(f"**/images/coffee/vgg16/block3_conv3.html#{CHANNEL}")


def test_brackets_step_through_the_channels_as_sorted(
    site: Path, root: str, open_page: Open
) -> None:
    """``]`` from the strongest leads to the second strongest when the tiles are sorted so."""
    page = open_page(f"{root}{LAYER}?sort=strength").page
    highs = [c["high"] for c in facts_of(site, "chelsea", "block3_conv3")["channels"]]
    second = sorted(range(256), key=lambda c: -highs[c])[1]
    page.keyboard.press("]")
    page.wait_for_url(f"**#{second}")


RINGED = """() => [...document.querySelectorAll(".grid .cells a")].filter(tile =>
  getComputedStyle(tile.querySelector(".frame")).outlineStyle !== "none").map(tile => tile.id)"""


def test_only_one_tile_looks_chosen(root: str, open_page: Open) -> None:
    """Not the one too that the page was opened at: by arrows and Enter, by a key, by a click."""
    page = open_page(f"{root}{LAYER}#{CHANNEL}").page
    assert page.evaluate(RINGED) == [str(CHANNEL)]
    for key in ("ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    page.wait_for_url(f"**#{CHANNEL + 2}")
    assert page.evaluate(RINGED) == [str(CHANNEL + 2)]
    page.keyboard.press("]")
    page.wait_for_url(f"**#{CHANNEL + 3}")
    assert page.evaluate(RINGED) == [str(CHANNEL + 3)]
    page.locator(f"a[id='{CHANNEL - 1}']").click()
    page.wait_for_url(f"**#{CHANNEL - 1}")
    page.mouse.move(2, 2)
    assert page.evaluate(RINGED) == [str(CHANNEL - 1)]


def test_without_scripts_the_address_marks_its_tile(root: str, open_page: Open) -> None:
    """By ``:target`` alone."""
    page = open_page(f"{root}{LAYER}#{CHANNEL}", scripts=False).page
    assert page.evaluate(RINGED) == [str(CHANNEL)]


# -- On a phone


def test_a_finger_taps_a_value_and_swipes_to_the_next_channel(
    site: Path, root: str, open_page: Open
) -> None:
    """At 360 px, in the dialog."""
    visit = open_page(f"{root}{LAYER}#{CHANNEL}", size=PHONE, touch=True)
    page = visit.page
    page.touchscreen.tap(*over(page, 20, 30))
    page.wait_for_url("**#187@20,30")
    assert wait_for_value(page) == pytest.approx(expected(site, CHANNEL, 20, 30)[0], abs=1e-3)
    session = page.context.new_cdp_session(page)
    for kind, x in (("touchStart", 300), ("touchMove", 200), ("touchMove", 100), ("touchEnd", 0)):
        points = [] if kind == "touchEnd" else [{"x": x, "y": 300}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    page.wait_for_url("**#188")
    assert page.get_by_role("heading", name="Channel 188", exact=True).is_visible()
    assert not visit.overflow()
    assert not visit.faults


@pytest.mark.parametrize("width", [360, 320])
def test_the_dialog_fits_a_phone(root: str, open_page: Open, width: int) -> None:
    """Its button with its ring, the ways to the next channels in one line, both pictures."""
    page = open_page(f"{root}{LAYER}#{CHANNEL}", size=(width, 640), touch=True).page
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    button = page.locator(".close").evaluate("""button => {
      button.focus();
      const { left } = button.getBoundingClientRect(), ring = getComputedStyle(button);
      return left - parseFloat(ring.outlineOffset) - parseFloat(ring.outlineWidth);
    }""")
    assert button >= 0
    before, after = (page.locator(f"[data-step='{by}']").bounding_box() for by in (-1, 1))
    assert before and after and before["y"] == after["y"] and before["x"] < after["x"]
    for part in ("[data-place]", "[data-photo]", "[data-crop]"):
        box = page.locator(part).bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= width


def test_the_tools_hide_behind_a_button_on_a_phone(root: str, open_page: Open) -> None:
    """And say whether they are shown."""
    page = open_page(root + LAYER, size=PHONE, touch=True).page
    button = page.get_by_role("button", name="Tools")
    assert not page.locator("#sort").is_visible()
    button.tap()
    assert button.get_attribute("aria-expanded") == "true"
    page.locator("#sort").select_option("strength")
    assert page.get_by_text("By the strongest value.").is_visible()


# -- Every state, for everyone


@pytest.mark.parametrize(
    "dark", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["light", "dark"]
)
@pytest.mark.parametrize(
    ("address", "size", "keys"),
    [
        (f"{LAYER}?overlay=colour&sort=strength#{CHANNEL}@30,41", WIDE, ""),
        (f"{LAYER}#{CHANNEL}@30,41", PHONE, ""),
        (f"{LAYER}#{CHANNEL}", WIDE, "?"),
        (f"{DEEP}?show=silent", WIDE, ""),
        (f"{LAYER}?show=silent#9999", PHONE, ""),
        ("layers/vgg16/block3_conv3.html#117", WIDE, ""),
        ("layers/vgg16/block3_conv3.html#117", PHONE, ""),
        ("images/chelsea/index.html?at=12,9", WIDE, ""),
        ("images/chelsea/index.html?at=12,9", PHONE, ""),
        (f"{LAYER}?tour=3#{CHANNEL}", WIDE, ""),
        (f"{LAYER}?tour=3#{CHANNEL}", PHONE, ""),
    ],
)
def test_axe_finds_nothing_in_any_state(
    http_root: str, open_page: Open, address: str, size: Size, keys: str, dark: bool
) -> None:
    """Dialog open, dark, sorted, filtered, nothing to show, a point picked, on the tour."""
    visit = open_page(http_root + address, size=size, dark=dark)
    visit.page.wait_for_load_state("networkidle")
    if keys:
        visit.page.keyboard.press(keys)
    found = Axe().run(visit.page, options={"runOnly": list(RULES), "resultTypes": ["violations"]})
    faults = [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in found.response["violations"]
        for node in violation["nodes"][:3]
    ]
    assert not faults, "\n".join(faults)
    assert not visit.overflow()
    assert not visit.faults
