"""What a channel looks for: its picture in the panel, and the pictures in place of the maps."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, Request

from tests.browser.loopback import serving
from tests.browser.sheets import data_of, facts_of
from tests.browser.test_accessibility import RULES
from tests.browser.test_damage import Damage, faults, gone, halved, nonsense
from tests.browser.visits import PHONE, WIDE, Size, Visit, Visitor, load_images

NAME = "block3_conv3"
LAYER = f"images/chelsea/vgg16/{NAME}.html"
FIRST = "images/chelsea/vgg16/block1_conv1.html"
POOL = "images/chelsea/vgg16/block3_pool.html"
CHANNEL = 187
LOW: Size = (1440, 420)
"""A window in which a page opens with the panel's picture out of sight."""
SHEET, SCRIPT = f"atlas/vgg16/{NAME}.webp", f"atlas/vgg16/{NAME}.js"
SENTENCE = "Made, not photographed: the picture that excites each channel most."
UNREAD = "What it looks for could not be read"
Open = Callable[..., Visit]

SHOWN = "() => [...document.querySelectorAll('.grid .cells li:not([hidden]) a')].map(a => a.id)"
PAINTED = """a => { const { opacity, backgroundImage } = getComputedStyle(a, '::before');
  return [Number(opacity), backgroundImage]; }"""
LOOKED = """() => new Promise(done => new IntersectionObserver(() => done())
  .observe(document.querySelector('[data-made]')))"""
"""Every observer of the panel's place has had its say."""


def made_of(site: Path, layer: str = NAME) -> list[dict[str, float] | None]:
    """The atlas's own numbers of each channel."""
    text = (site / f"atlas/vgg16/{layer}.json").read_text(encoding="utf-8")
    channels: list[dict[str, float] | None] = json.loads(text)["channels"]
    return channels


def pictures_of(site: Path, layer: str = NAME) -> np.ndarray:
    """All pictures of a layer, (channels, height, width, 3)."""
    facts = json.loads((site / f"atlas/vgg16/{layer}.json").read_text(encoding="utf-8"))
    with Image.open(site / f"atlas/vgg16/{layer}.webp") as opened:
        sheet = np.asarray(opened.convert("RGB"), dtype=np.float64)
    height, width, columns = facts["tile_height"], facts["tile_width"], facts["columns"]
    return np.stack(
        [
            sheet[top : top + height, left : left + width]
            for c in range(len(facts["channels"]))
            for top, left in [(c // columns * height, c % columns * width)]
        ]
    )


def images_of(site: Path) -> list[tuple[str, str]]:
    """Id and title of each image, in the gallery's order."""
    images = json.loads((site / "gallery.json").read_text(encoding="utf-8"))["images"]
    return [(image["id"], image["title"]) for image in images]


def best_of(site: Path, channel: int) -> tuple[float, str]:
    """The channel's largest mean on an image of the gallery, and that image's title."""
    means = [
        (facts_of(site, name, NAME)["channels"][channel]["mean"], title)
        for name, title in images_of(site)
    ]
    return max(means)


def nearest(shown: Locator, pictures: np.ndarray) -> int:
    """The channel whose picture is most like what is drawn there."""
    load_images(shown.page)
    with Image.open(io.BytesIO(shown.screenshot())) as opened:
        seen = np.asarray(opened.convert("RGB").resize(pictures.shape[2:0:-1]), dtype=np.float64)
    return int(np.abs(pictures - seen).mean(axis=(1, 2, 3)).argmin())


def bring(page: Page, channel: int = CHANNEL) -> str:
    """Scroll to the panel's picture; the words beside it, once it is there."""
    page.locator("[data-made]").scroll_into_view_if_needed()
    page.locator(f".with-made[data-shown='{channel}']").wait_for()
    return page.locator(".made-words").inner_text()


def numbers_in(words: str) -> list[float]:
    """Every number of a sentence."""
    return [float(n.replace(",", "")) for n in re.findall(r"\d[\d,]*(?:\.\d+)?", words)]


def pictured(page: Page) -> None:
    """Wait until pictures stand in place of the maps."""
    page.locator(":root.pictured").wait_for()


@pytest.fixture
def copy(site: Path, tmp_path: Path) -> Path:
    """A gallery of links to the site's files: what is written anew leaves the site alone."""
    folder = tmp_path / "copy"
    shutil.copytree(site, folder, copy_function=os.link)
    return folder


@pytest.fixture(params=["file", pytest.param("http", marks=pytest.mark.slow)])
def look(
    request: pytest.FixtureRequest, browser: Browser, copy: Path
) -> Iterator[Callable[..., Visit]]:
    """Opens a page of the copy, as files and on loopback, the latter among the slow tests."""
    with serving(copy) as served:
        address = copy.as_uri() + "/" if request.param == "file" else served
        visitor = Visitor(browser, address)
        yield lambda page, **how: visitor.open(address + page, **how)
        visitor.close()


def edit(copy: Path, channel: int, change: Callable[[list[float]], list[float] | None]) -> None:
    """Change what the data script says of one channel's picture."""
    path = copy / SCRIPT
    text, data = path.read_text(encoding="utf-8"), data_of(path)
    data["pictures"][channel] = change(data["pictures"][channel])
    path.unlink()
    path.write_text(f"{text[: text.index(']=') + 2]}{json.dumps(data)};\n", encoding="utf-8")


# -- Nothing before it is asked for


def asked_by(visit: Visit, root: str, path: str) -> list[str]:
    """Go on to another page; the list of the atlas's files that are asked for, growing."""
    asked: list[str] = []

    def listen(request: Request) -> None:
        file = request.url.removeprefix(root)
        if file.startswith("atlas/") or file == "static/js/atlas.js":
            asked.append(file)

    visit.page.on("request", listen)
    visit.page.goto(root + path, wait_until="load")
    return asked


def test_a_picture_is_loaded_once_its_place_is_in_view(root: str, open_page: Open) -> None:
    """Neither the sheet nor its numbers before half of the place is seen."""
    visit = open_page(root + POOL, size=LOW)
    asked = asked_by(visit, root, LAYER)
    visit.page.evaluate(LOOKED)
    visit.page.wait_for_load_state("networkidle")
    assert asked == ["static/js/atlas.js"]
    visit.page.locator("[data-made]").scroll_into_view_if_needed()
    visit.page.locator(".with-made[data-shown]").wait_for()
    assert {SHEET, SCRIPT} <= set(asked)
    assert not faults(visit)


def test_the_sheet_is_loaded_once_pictures_are_chosen(root: str, open_page: Open) -> None:
    """Also where the panel is out of sight."""
    visit = open_page(root + POOL, size=LOW)
    asked = asked_by(visit, root, LAYER)
    visit.page.evaluate(LOOKED)
    visit.page.wait_for_load_state("networkidle")
    assert asked == ["static/js/atlas.js"]
    visit.page.keyboard.press("t")
    pictured(visit.page)
    assert {SHEET, SCRIPT} <= set(asked)
    assert not faults(visit)


def test_a_layer_without_pictures_asks_for_nothing_and_offers_nothing(
    root: str, open_page: Open
) -> None:
    """A pool: no script, no switch, no order, no key; a choice made elsewhere is carried past."""
    visit = open_page(root + FIRST)
    asked = asked_by(visit, root, f"{POOL}?sort=picture&tiles=pictures")
    page = visit.page
    page.wait_for_load_state("networkidle")
    assert not asked
    assert page.locator("[name=tiles], [data-made], .made-words").count() == 0
    assert page.locator("#sort").input_value() == "number"
    assert page.locator("#sort option[value=picture]").count() == 0
    assert page.get_by_text("tiles: maps, or pictures").count() == 0
    assert page.locator(".scale-legend").first.is_visible()
    assert page.locator(".grid .maps").is_visible()
    page.keyboard.press("t")
    page.locator("a[id='3']").click()
    after = page.locator("a[rel=next]").get_attribute("href") or ""
    assert "sort=picture" in after
    assert "tiles=pictures" in after
    assert not faults(visit)


def test_without_scripts_a_link_leads_to_the_pictures(
    site: Path, root: str, open_page: Open
) -> None:
    """What would need scripts is not there."""
    page = open_page(root + LAYER, scripts=False).page
    assert not page.get_by_text("Pictures", exact=True).is_visible()
    assert not page.locator("[data-made], .made-words").first.is_visible()
    link = page.get_by_role("link", name=re.compile(r"What channel \d+ looks for"))
    href = link.get_attribute("href") or ""
    assert (site / LAYER).parent.joinpath(href.split("#")[0]).resolve() == (
        site / f"atlas/vgg16/{NAME}.html"
    ).resolve()


# -- In the panel


def test_picture_and_numbers_follow_the_channel(site: Path, root: str, open_page: Open) -> None:
    """As the atlas's own numbers have it, and the means of the gallery's images."""
    visit = open_page(f"{root}{LAYER}#{CHANNEL}")
    page, made, pictures = visit.page, made_of(site), pictures_of(site)
    ranked = max(range(256), key=lambda c: (made[c] or {"rank": 0})["rank"])
    for channel in (CHANNEL, 5, ranked):
        page.locator("#find").fill(str(channel))
        page.locator("#find").press("Enter")
        words, own, (best, title) = bring(page, channel), made[channel], best_of(site, channel)
        assert own
        mean, ratio, most, *rest = numbers_in(words.replace(title, ""))
        assert mean == pytest.approx(own["mean"], abs=1)
        assert most == pytest.approx(best, rel=6e-3)
        assert ratio == pytest.approx(own["mean"] / best, abs=0.51 if ratio >= 10 else 0.06)
        assert f" on {title})" in words
        place = int(own["rank"])
        assert rest[0] == 256
        assert rest[1:] == ([] if place == 1 else [place])
        assert page.get_by_text(f"what channel {channel} looks for").is_visible()
        assert nearest(page.locator(".made"), pictures) == channel
        href = page.get_by_role("link", name="What such a picture is").get_attribute("href")
        assert href
        assert href.endswith(f"atlas/vgg16/{NAME}.html#{channel}")
    assert not visit.faults


@pytest.mark.parametrize("width", [1440, 1200, 360])
def test_a_picture_is_as_large_as_the_crop(http_root: str, open_page: Open, width: int) -> None:
    """Beside it, or on a phone below; nothing lies over anything else."""
    visit = open_page(f"{http_root}{LAYER}#{CHANNEL}", size=(width, 900))
    bring(visit.page)
    boxes = [
        visit.page.locator(part).bounding_box()
        for part in ("[data-crop]", ".made", ".made-words", ".numbers")
    ]
    assert all(boxes)
    crop, made, *_ = (box for box in boxes if box)
    assert (crop["width"], crop["height"]) == (made["width"], made["height"])
    assert width == 360 or (made["y"] == crop["y"] and made["x"] > crop["x"] + crop["width"])
    for i, one in enumerate(boxes):
        for other in boxes[:i]:
            assert one
            assert other
            assert (
                one["x"] >= other["x"] + other["width"]
                or other["x"] >= one["x"] + one["width"]
                or one["y"] >= other["y"] + other["height"]
                or other["y"] >= one["y"] + one["height"]
            )
    assert not visit.faults


def test_a_picture_that_fails_is_said_to_fail(copy: Path, look: Callable[..., Visit]) -> None:
    """An image that excites the channel just as much is enough; the picture stays, dimmed."""
    edit(copy, CHANNEL, lambda own: [own[0], own[1], own[2], 1, own[0], own[5]])
    visit = look(f"{LAYER}?tiles=pictures#{CHANNEL}")
    words = bring(visit.page)
    assert words.startswith("It fails")
    assert images_of(copy)[1][1] in words
    assert "stands out" not in words
    assert visit.page.locator(".made").evaluate(PAINTED)[0] == 0.4
    pictured(visit.page)
    assert visit.page.get_by_text("1 is dimmed: an image of this gallery").is_visible()
    failing, other = (visit.page.locator(f"a[id='{c}']") for c in (CHANNEL, 5))
    assert failing.evaluate(PAINTED)[0] == 0.4
    assert failing.locator(".no").evaluate("n => getComputedStyle(n, '::after').content") == (
        '" fails"'
    )
    assert other.evaluate(PAINTED)[0] == 1
    assert not visit.faults


def test_a_channel_that_no_image_excites_has_nothing_to_be_compared_with(
    copy: Path, look: Callable[..., Visit]
) -> None:
    """Its picture is then the only thing known that does. An unknown rank is left out."""
    edit(copy, CHANNEL, lambda own: [own[0], own[1], 0, -1, 0, 0])
    words = bring(look(f"{LAYER}#{CHANNEL}").page)
    assert "no image here excites it. What such" in words
    assert "stands out" not in words
    assert "Infinity" not in words


def test_a_channel_without_a_picture_is_hatched_and_comes_last(
    copy: Path, look: Callable[..., Visit]
) -> None:
    """In the panel, in the tiles and in the order by pictures."""
    edit(copy, 5, lambda own: None)
    visit = look(f"{LAYER}?tiles=pictures&sort=picture#5")
    page = visit.page
    assert "No picture was made of it." in bring(page, 5)
    assert "repeating-linear-gradient" in page.locator(".made").evaluate(
        "made => getComputedStyle(made).backgroundImage"
    )
    pictured(page)
    assert "repeating-linear-gradient" in page.locator("a[id='5']").evaluate(PAINTED)[1]
    page.wait_for_function("() => document.querySelector('.cells li:last-child a').id === '5'")
    assert not visit.faults


# -- In the tiles


def test_tiles_switch_between_maps_and_pictures(site: Path, root: str, open_page: Open) -> None:
    """By mouse and by key; what is said above the tiles, and what is not, goes with them."""
    visit = open_page(root + LAYER)
    page = visit.page
    page.get_by_text("Pictures", exact=True).click()
    pictured(page)
    assert page.get_by_text(SENTENCE).is_visible()
    assert not page.locator(".grid .maps").is_visible()
    assert not page.locator(".scale-legend").first.is_visible()
    assert not page.get_by_text("One scale for all 256 channels").is_visible()
    pictures = pictures_of(site)
    for channel in (0, 17, 250):
        frame = page.locator(f"a[id='{channel}'] .frame")
        assert nearest(frame, pictures) == channel
        bar = page.locator(f"a[id='{channel}'] .bar").bounding_box()
        box = frame.bounding_box()
        assert bar
        assert box
        assert bar["y"] == pytest.approx(box["y"] + box["height"] + 3, abs=0.5)
    page.keyboard.press("t")
    page.locator(":root:not(.pictured)").wait_for()
    assert page.locator(".grid .maps").is_visible()
    assert page.locator(".scale-legend").first.is_visible()
    assert not page.get_by_text(SENTENCE).is_visible()
    page.wait_for_url("**tiles=maps*")
    page.keyboard.press("t")
    pictured(page)
    assert not visit.faults


def test_pictures_stay_chosen_on_the_next_page(root: str, open_page: Open) -> None:
    """In the address, in the links, and past a layer that has none."""
    visit = open_page(f"{root}{LAYER}#{CHANNEL}")
    page = visit.page
    page.keyboard.press("t")
    page.wait_for_url(f"**?tiles=pictures#{CHANNEL}")
    page.get_by_role("link", name="block3_conv2").first.click()
    page.wait_for_url("**/block3_conv2.html?tiles=pictures*")
    pictured(page)
    assert page.locator("#tiles-pictures").is_checked()
    assert not visit.faults


@pytest.mark.parametrize(("name", "size"), [(LAYER, 112), (LAYER, 224), (FIRST, 224), (FIRST, 56)])
def test_pictures_come_in_every_size_of_tile(
    site: Path, http_root: str, open_page: Open, name: str, size: int
) -> None:
    """Cut out at their borders, whatever they are enlarged or reduced by."""
    page = open_page(f"{http_root}{name}?tiles=pictures").page
    page.locator("#size").select_option(str(size))
    pictured(page)
    frame = page.locator("a[id='21'] .frame")
    box = frame.bounding_box()
    assert box
    assert box["width"] == size
    assert nearest(frame, pictures_of(site, Path(name).stem)) == 21


def test_the_other_tools_go_on_among_pictures(site: Path, root: str, open_page: Open) -> None:
    """Find, arrow keys, Enter, show and sort; the open tile keeps its frame."""
    visit = open_page(f"{root}{LAYER}?tiles=pictures&sort=strength")
    page = visit.page
    pictured(page)
    channels = facts_of(site, "chelsea", NAME)["channels"]
    order = sorted(range(256), key=lambda c: (-channels[c]["high"], c))
    page.locator(f"a[id='{order[0]}']").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**#{order[1]}")
    assert page.locator(f"a[id='{order[1]}']").get_attribute("aria-current") == "true"
    assert nearest(page.locator(f"a[id='{order[2]}'] .frame"), pictures_of(site)) == order[2]
    page.locator("#find").fill("42")
    page.locator("#find").press("Enter")
    bring(page, 42)
    page.locator("#show").select_option("always")
    always = {c for c, facts in enumerate(channels) if facts["zero_fraction"] <= 0.05}
    assert {int(i) for i in page.evaluate(SHOWN)} == always
    assert not visit.faults


def silent_and_pictured(site: Path) -> tuple[str, str, int]:
    """An image, a layer and a channel that is silent there and has a picture."""
    return next(
        (image, layer.stem, c)
        for layer in sorted((site / "atlas/vgg16").glob("block*.json"))
        for image, _ in images_of(site)
        for c, facts in enumerate(facts_of(site, image, layer.stem)["channels"])
        if not facts["peaks"] and made_of(site, layer.stem)[c]
    )


def test_a_silent_channel_keeps_its_word_and_shows_its_picture(
    site: Path, root: str, open_page: Open
) -> None:
    """The hatching, which says that nothing is there, stays with the map."""
    image, layer, channel = silent_and_pictured(site)
    visit = open_page(f"{root}images/{image}/vgg16/{layer}.html#{channel}")
    page = visit.page
    words = bring(page, channel)
    assert "On this picture its mean is" in words
    assert nearest(page.locator(".made"), pictures_of(site, layer)) == channel
    tile = page.locator(f"a[id='{channel}']")
    hatching = "frame => getComputedStyle(frame).backgroundImage"
    assert "gradient" in tile.locator(".frame").evaluate(hatching)
    page.keyboard.press("t")
    pictured(page)
    assert tile.locator(".frame").evaluate(hatching) == "none"
    assert f"{layer}.webp" in tile.evaluate(PAINTED)[1]
    assert tile.locator(".no").inner_text() == f"{channel} silent"
    assert not visit.faults


def test_tiles_can_be_sorted_by_how_near_they_come_to_their_picture(
    site: Path, root: str, open_page: Open
) -> None:
    """The mean on this image as a share of the mean on the picture."""
    visit = open_page(root + LAYER, size=LOW)
    page = visit.page
    page.locator("#sort").select_option("picture")
    here = [c["mean"] for c in facts_of(site, "chelsea", NAME)["channels"]]
    share = np.array(
        [mean / (own or {})["mean"] for mean, own in zip(here, made_of(site), strict=True)]
    )
    first = int(share.argmax())
    page.wait_for_function(f"() => document.querySelector('.grid .cells a').id === '{first}'")
    shown = [int(i) for i in page.evaluate(SHOWN)]
    assert sorted(shown) == list(range(256))
    in_order = share[shown]
    assert (np.diff(in_order) <= 1e-4 * in_order[:-1]).all()
    assert page.get_by_text("By the channel’s mean here as a share of its mean on the").is_visible()
    page.wait_for_url("**sort=picture*")
    assert not visit.faults


# -- On paper


def test_on_paper_stands_what_was_looked_at(http_root: str, open_page: Open) -> None:
    """The pictures of the tiles in their colours; the panel's once it has been loaded."""
    page = open_page(f"{http_root}{LAYER}#{CHANNEL}", size=LOW).page
    page.evaluate("() => scrollTo(0, 0)")
    page.emulate_media(media="print")
    assert not page.locator(".made").is_visible()
    assert not page.locator(".made-words").is_visible()
    page.emulate_media(media="screen")
    bring(page)
    page.keyboard.press("t")
    pictured(page)
    page.emulate_media(media="print")
    assert page.locator(".made").is_visible()
    assert SHEET in page.locator("a[id='5']").evaluate(PAINTED)[1]
    assert page.locator("a[id='5']").evaluate("a => getComputedStyle(a).printColorAdjust") == (
        "exact"
    )
    assert page.get_by_text(SENTENCE).is_visible()
    assert not page.locator("#tiles-pictures + label").is_visible()


# -- Files that are missing or damaged


@pytest.mark.parametrize(
    ("damage", "file"),
    [(gone, SHEET), (halved, SHEET), (gone, SCRIPT), (halved, SCRIPT), (nonsense, SCRIPT)],
)
def test_pictures_that_cannot_be_read_are_missed_quietly(
    copy: Path, look: Callable[..., Visit], damage: Damage, file: str
) -> None:
    """The panel says so, the tiles show maps again, and the rest of the page goes on.

    From a file a browser draws the first half of a sheet and lets no script see that the rest is
    missing: there only a sheet that is gone is noticed.
    """
    damage(copy / file)
    visit = look(f"{LAYER}#{CHANNEL}")
    page = visit.page
    if damage is halved and file == SHEET and page.url.startswith("file:"):
        assert "On this picture its mean is" in bring(page)
        assert not faults(visit)
        return
    page.locator(".numbers").scroll_into_view_if_needed()
    page.get_by_text(UNREAD).wait_for()
    assert not page.locator(".made").is_visible()
    page.keyboard.press("t")
    page.get_by_text("The pictures could not be read").wait_for()
    assert page.locator("#tiles-maps").is_checked()
    assert page.locator(".grid .maps").is_visible()
    page.locator("a[id='7']").click()
    page.get_by_role("heading", name="Channel 7", exact=True).wait_for()
    page.locator("#sort").select_option("picture")
    if file == SCRIPT:
        page.get_by_text("The gallery’s numbers could not be read").wait_for()
        assert [int(i) for i in page.evaluate(SHOWN)] == list(range(256))
    page.locator("#sort").select_option("strength")
    assert page.get_by_text("By the strongest value.").is_visible()
    assert not faults(visit)


def test_a_picture_needs_no_list_of_images(copy: Path, look: Callable[..., Visit]) -> None:
    """Only the title of the image is then missing."""
    gone(copy / "static/gallery.js")
    visit = look(f"{LAYER}#{CHANNEL}")
    words = bring(visit.page)
    assert re.search(r"times its best on any image here \([\d,]+\)\.", words)
    assert not faults(visit)


# -- On a phone, and for everyone


def test_pictures_on_a_phone(site: Path, root: str, open_page: Open) -> None:
    """Chosen behind the button for tools; a tap opens the channel over them."""
    visit = open_page(root + LAYER, size=PHONE, touch=True)
    page = visit.page
    page.get_by_role("button", name="Tools").tap()
    page.get_by_text("Pictures", exact=True).tap()
    pictured(page)
    tile = page.locator("a[id='12']")
    tile.scroll_into_view_if_needed()
    assert nearest(tile.locator(".frame"), pictures_of(site)) == 12
    tile.tap()
    assert "On this picture its mean is" in bring(page, 12)
    assert nearest(page.locator(".made"), pictures_of(site)) == 12
    for part in (".made-words", ".numbers"):
        box = page.locator(part).bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE[0]
    page.get_by_role("button", name="Close").tap()
    assert page.evaluate("() => document.activeElement.id") == "12"
    assert not visit.overflow()
    assert not visit.faults


def violations(page: Page) -> list[str]:
    """What axe finds."""
    found: dict[str, Any] = (
        Axe().run(page, options={"runOnly": list(RULES), "resultTypes": ["violations"]}).response
    )
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"][:3]
    ]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "narrow"])
@pytest.mark.parametrize("address", [f"{LAYER}?tiles=pictures", f"{LAYER}?tiles=pictures#187"])
def test_axe_finds_nothing_among_pictures(
    http_root: str, open_page: Open, address: str, size: Size, dark: bool
) -> None:
    """Tiles and panel, wide and narrow, light and dark."""
    visit = open_page(http_root + address, size=size, dark=dark)
    pictured(visit.page)
    if "#" in address:
        bring(visit.page)
    faulty = violations(visit.page)
    assert not faulty, "\n".join(faulty)
    assert not visit.overflow()
    assert not visit.faults


@pytest.mark.parametrize("look", ["http"], indirect=True)
def test_axe_finds_nothing_where_pictures_fail_or_are_missing(
    copy: Path, look: Callable[..., Visit]
) -> None:
    """A failure, a channel without a picture, and a sheet that is gone."""
    edit(copy, CHANNEL, lambda own: [own[0], own[1], own[2], 1, 2 * own[0], own[5]])
    edit(copy, 5, lambda own: None)
    for channel in (CHANNEL, 5):
        page = look(f"{LAYER}?tiles=pictures#{channel}").page
        bring(page, channel)
        assert not violations(page)
    gone(copy / SHEET)
    page = look(f"{LAYER}#{CHANNEL}").page
    page.locator(".numbers").scroll_into_view_if_needed()
    page.get_by_text(UNREAD).wait_for()
    assert not violations(page)
