"""The guided tour: six views, found from whatever the first image is."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from generator.building import build
from generator.config import Config
from tests.browser.sheets import data_of, facts_of, strongest
from tests.browser.visits import PHONE, WIDE, Size, Visit, Visitor

Open = Callable[..., Visit]


@pytest.fixture(scope="module")
def cup(small_inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gallery that begins with the coffee cup and has two blocks only, no values files."""
    folder = tmp_path_factory.mktemp("cup")
    inputs = folder / "inputs"
    inputs.mkdir()
    for file in (*small_inputs.glob("coffee.*"), *small_inputs.glob("test-card.*")):
        shutil.copy(file, inputs)
    report = build(
        Config(inputs=inputs, output=folder / "site", layers=("block1_*", "block2_*"), values=False)
    )
    assert not report.problems
    return folder / "site"


@pytest.fixture
def open_cup(browser: Browser, cup: Path) -> Iterator[Callable[[str], Visit]]:
    """Opens a page of that gallery."""
    visitor = Visitor(browser, cup.as_uri() + "/")
    yield lambda page: visitor.open(f"{cup.as_uri()}/{page}")
    visitor.close()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_tour_leads_through_six_views(
    site: Path, root: str, open_page: Open, size: Size
) -> None:
    """From the front page by its own links; each bar names its step; the last ends it."""
    visit = open_page(root + "index.html", size=size)
    page = visit.page
    page.get_by_role("link", name="Take the tour").click()
    page.get_by_role("link", name="Start the tour").click()
    stops = data_of(site / "static/tour-steps.js")
    assert len(stops) == 6
    for i, (title, text, path, fragment, _) in enumerate(stops, 1):
        page.wait_for_url(f"**/{path}?tour={i}{'#' + fragment if fragment else ''}")
        bar = page.get_by_role("complementary", name="Guided tour")
        bar.wait_for()
        assert f"{i} of 6: {title}" in bar.inner_text()
        assert text in bar.inner_text()
        assert bar.is_visible()
        page.wait_for_load_state("networkidle")
        if i < 6:
            bar.get_by_role("link", name="Next").click()
    page.get_by_role("button", name="End of the tour").click()
    assert page.locator(".tour-bar").count() == 0
    page.wait_for_url(lambda url: "tour=" not in url)
    # a reader who goes on before a picture has come breaks its loading off
    assert not [fault for fault in visit.faults if "ERR_ABORTED" not in fault]


def test_a_step_shows_what_it_says(site: Path, root: str, open_page: Open) -> None:
    """The third: the middle layer's strongest channel, its value and its zeros, from the sheet."""
    title, text, path, fragment, _ = data_of(site / "static/tour-steps.js")[2]
    layer = Path(path).stem
    facts = facts_of(site, "chelsea", layer)
    top = strongest(facts)
    assert fragment == str(top)
    channel = facts["channels"][top]
    assert f"Channel {top} is zero on {100 * channel['zero_fraction']:.0f}\u202f%" in text
    assert f"{channel['high']:,.0f}" in text
    page = open_page(f"{root}{path}?tour=3#{fragment}").page
    assert page.get_by_role("heading", name=f"Channel {top}", exact=True).is_visible()
    assert title == "From a bright spot to the pixels"


def test_the_fourth_step_brings_the_sum_into_view(site: Path, root: str, open_page: Open) -> None:
    """Its number is the account's hardest push."""
    _, text, path, fragment, part = data_of(site / "static/tour-steps.js")[3]
    layer = Path(path).stem
    accounts = data_of(site / f"sheets/vgg16/chelsea/evidence/{layer}.js")
    i = accounts["channel"].index(int(fragment))
    assert f"is that of channel {accounts['who'][i][0]}:" in text
    assert f"{accounts['value'][i][0]:,.0f}" in text
    assert part == "sum"
    page = open_page(f"{root}{path}?tour=4#{fragment}").page
    page.locator(".tour-bar").wait_for()
    page.wait_for_function("""() => {
      const top = document.getElementById("sum").getBoundingClientRect().top;
      return top > 0 && top < innerHeight - 200;
    }""")


@pytest.mark.parametrize("height", [720, 900])
def test_no_step_leaves_a_heading_half_under_the_rail(
    site: Path, root: str, open_page: Open, height: int
) -> None:
    """The second shows the first rows of its layer; its tile and the panel's heading are seen."""
    _, _, path, fragment, _ = data_of(site / "static/tour-steps.js")[1]
    page = open_page(f"{root}{path}?tour=2#{fragment}", size=(1280, height)).page
    page.locator(".tour-bar").wait_for()
    page.wait_for_function("""() => {
      const edge = document.querySelector(".sticky").getBoundingClientRect().bottom;
      const { top, bottom } = document.querySelector("h1").getBoundingClientRect();
      return bottom < edge || top > edge;
    }""")
    tile, title = page.locator(".cells .open"), page.locator("#channel-title")
    bar, tools = (page.locator(part).bounding_box() for part in (".tour-bar", ".toolbar"))
    assert bar and tools
    for part in (tile, title):
        box = part.bounding_box()
        assert box and tools["y"] + tools["height"] <= box["y"] < bar["y"] - box["height"]


@pytest.mark.parametrize("size", [(360, 640), PHONE], ids=["small", "phone"])
def test_on_a_phone_the_bar_leaves_the_map_and_the_image_in_view(
    site: Path, root: str, open_page: Open, size: Size
) -> None:
    """The third step tells one to look from one to the other."""
    _, _, path, fragment, _ = data_of(site / "static/tour-steps.js")[2]
    page = open_page(f"{root}{path}?tour=3#{fragment}", size=size, touch=True).page
    page.locator(".tour-bar").wait_for()
    bar = page.locator(".tour-bar").bounding_box()
    for part in ("[data-place]", "[data-photo]"):
        box = page.locator(part).bounding_box()
        assert bar and box
        assert box["x"] >= 0 and box["x"] + box["width"] <= size[0]
        assert box["y"] + box["height"] <= bar["y"]


def test_another_first_image_makes_another_tour(
    cup: Path, open_cup: Callable[[str], Visit]
) -> None:
    """Its strongest channels, its numbers, its title, on the layers that there are."""
    stops = data_of(cup / "static/tour-steps.js")
    assert "Coffee" in stops[0][1]
    assert all("images/coffee/" in path for _, _, path, _, _ in stops[:-1])
    for i, (title, text, path, fragment, _) in enumerate(stops, 1):
        if fragment:
            top = strongest(facts_of(cup, "coffee", Path(path).stem))
            assert fragment == str(top)
            named = f"hannel {top} " in text
            assert named or title == "A value is a sum", text
        visit = open_cup(f"{path}?tour={i}" + (f"#{fragment}" if fragment else ""))
        bar = visit.page.locator(".tour-bar")
        bar.wait_for()
        assert f"{i} of {len(stops)}: {title}" in bar.inner_text()
        assert not visit.faults


def test_a_gallery_without_values_says_so_and_names_the_command(
    open_cup: Callable[[str], Visit],
) -> None:
    """From a file: no numbers under the pointer, no picture, and what to do instead."""
    visit = open_cup("images/coffee/vgg16/block2_conv1.html")
    page = visit.page
    box = page.locator("[data-place]").bounding_box()
    assert box
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.get_by_text("This gallery was built without the values").wait_for()
    page.get_by_role("button", name="Save picture").click()
    page.get_by_text("layerlight figure coffee block2_conv1").wait_for()
    assert not visit.faults


def test_a_layer_whose_source_is_not_captured_says_so(
    small_inputs: Path, tmp_path: Path, browser: Browser
) -> None:
    """Without block3_conv2 and below there is no sum, no thread, and no error."""
    build(
        Config(
            inputs=small_inputs, output=tmp_path / "site", layers=("block3_conv3",), values=False
        )
    )
    visitor = Visitor(browser, tmp_path.as_uri())
    try:
        visit = visitor.open(
            f"{(tmp_path / 'site').as_uri()}/images/chelsea/vgg16/block3_conv3.html#3"
        )
        assert "is not part of this gallery" in visit.page.locator("#sum").inner_text()
        assert visit.page.locator(".thread").count() == 0
        assert not visit.faults
    finally:
        visitor.close()
