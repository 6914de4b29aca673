"""Views of the gallery in pages elsewhere: what is seen there, the line to copy, hostile names."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Frame, Page, expect

from tests.browser.loopback import serving
from tests.browser.sheets import facts_of, grey_of, strongest
from tests.browser.test_accessibility import find_nothing
from tests.browser.visits import PHONE, Size, Visit, Visitor
from tests.conftest import GALLERY_URL

IMAGE, LAYER, CHANNEL = "chelsea", "block3_conv3", 187
VIEW = f"vgg16/{IMAGE}/{LAYER}/{CHANNEL}"
WHOLE = f"vgg16/{IMAGE}/{LAYER}"
PAGE = f"images/{IMAGE}/vgg16/{LAYER}.html"
FRAME: Size = (640, 476)
OF_LAYER: Size = (640, 480)
"""As the line to copy has it, of a channel and of a layer."""
SMALL: Size = (320, 480)


class Course(NamedTuple):
    """A page elsewhere, with what was pasted into it."""

    show: Callable[[str], Visit]
    """From HTML to the open page that holds it."""
    gallery: str
    """Root of the gallery, at another origin."""


@pytest.fixture(params=["file", "http"])
def course(
    request: pytest.FixtureRequest, tmp_path: Path, browser: Browser, site: Path, http_root: str
) -> Iterator[Course]:
    """On another port than the gallery; and as a file, which frames a gallery of files."""
    place = tmp_path / "course.html"
    gallery = site.as_uri() + "/" if request.param == "file" else http_root
    with serving(tmp_path) as elsewhere:
        root = tmp_path.as_uri() + "/" if request.param == "file" else elsewhere
        visitor = Visitor(browser, root)

        def show(pasted: str) -> Visit:
            place.write_text(
                '<!doctype html><html lang="en"><meta charset="utf-8"><title>Lesson 3</title>'
                f'<link rel="icon" href="data:,"><h1>Lesson 3</h1>{pasted}</html>',
                encoding="utf-8",
            )
            return visitor.open(root + place.name)

        yield Course(show, gallery)
        visitor.close()


def framed(visit: Visit, view: str) -> Frame:
    """The frame of a page, once it shows what it should."""
    visit.page.wait_for_function("() => frames.length === 1")
    frame = visit.page.frames[1]
    frame.wait_for_url(re.compile(rf"view={view}"))
    expect(frame.locator("h1")).to_be_visible()
    return frame


def faults(visit: Visit, gallery: str) -> list[str]:
    """What went wrong, but for what the page asks of the gallery that it frames.

    The address that finds a view is left before its own icon has come.
    """
    asked = f"asked outside of the site: {gallery}"
    return [f for f in visit.faults if not (f.startswith(asked) or "net::ERR_ABORTED" in f)]


def value_at(site: Path, row: int, column: int) -> float:
    """Of the channel, from the sheet's JSON and PNG."""
    facts = facts_of(site, IMAGE, LAYER)["channels"][CHANNEL]
    sample = grey_of(site, IMAGE, LAYER, CHANNEL)[row, column]
    return float(facts["low"] + (facts["high"] - facts["low"]) * sample / 255)


def seen_at(site: Path, row: int, column: int) -> tuple[int, int, int, int]:
    """First and last column, first and last row of the pixels behind a value, by gallery.json."""
    gallery: dict[str, Any] = json.loads((site / "gallery.json").read_text("utf-8"))
    layer = next(la for la in gallery["models"][0]["layers"] if la["name"] == LAYER)
    (top, bottom), (left, right) = (
        (max(0, first), min(224, first + size) - 1)
        for first, size in zip(
            (row * layer["stride"][0] + layer["start"][0],
             column * layer["stride"][1] + layer["start"][1]),
            layer["receptive_field"], strict=True,
        )
    )  # fmt: skip
    return left, right, top, bottom


def test_a_channel_is_read_where_it_is_framed(course: Course, site: Path) -> None:
    """Pointing at the map lights the patch of the photograph, with the value of the sheet.

    The link below leads to that value in the gallery, in a window that knows nothing of the page.
    """
    facts = facts_of(site, IMAGE, LAYER)["channels"][CHANNEL]
    row, column, exact = facts["peaks"][1]
    visit = course.show(
        f'<iframe src="{course.gallery}embed.html#{VIEW}" title="Eyes" width="640" height="476">'
        "</iframe>"
    )
    frame = framed(visit, "channel")
    value = frame.locator("[data-field=value]")
    expect(value).to_have_attribute("value", str(facts["high"]))
    area = frame.locator("[data-place]")
    box = area.bounding_box()
    assert box and box["width"] == box["height"] == 280, "five pixels a value"
    area.hover(position={"x": 5 * column + 2, "y": 5 * row + 2})
    expect(frame.locator("[data-field=position]")).to_have_text(f"row {row}, column {column}")
    expect(frame.locator("[data-field=what]")).to_have_text("Value at the mark")
    expect(frame.locator("[data-field=precision]")).to_contain_text("±")
    shown = float(value.get_attribute("value") or "nan")
    assert shown == pytest.approx(value_at(site, row, column), rel=1e-6)
    assert shown == pytest.approx(exact, abs=(facts["high"] - facts["low"]) / 509)
    left, right, first, last = seen_at(site, row, column)
    expect(frame.locator("[data-field=window]")).to_contain_text(
        f"x {left} to {right}, y {first} to {last}"
    )
    photo = frame.locator("[data-photo]").bounding_box()
    patch = frame.locator("[data-window]").bounding_box()
    assert photo and patch
    pixel = photo["width"] / 224
    assert patch["x"] - photo["x"] == pytest.approx(left * pixel, abs=1.5)
    assert patch["y"] - photo["y"] == pytest.approx(first * pixel, abs=1.5)
    assert patch["width"] == pytest.approx((right - left + 1) * pixel, abs=1.5)
    area.click(position={"x": 5 * column + 2, "y": 5 * row + 2})
    link = frame.locator(".open-whole")
    expect(link).to_have_attribute("rel", "noopener")
    with visit.page.expect_popup() as opened:
        link.click()
    whole = opened.value
    assert whole.url == f"{course.gallery}{PAGE}#{CHANNEL}@{row},{column}"
    expect(whole.locator("#channel-title")).to_have_text(f"Channel {CHANNEL}")
    expect(whole.locator(".top nav")).to_be_visible()
    assert whole.evaluate("window.opener") is None
    assert faults(visit, course.gallery) == []


def copied(page: Page, what: str) -> str:
    """The line that a layer's page gives."""
    page.locator(f"[data-embeds={what}]").click()
    line: str = page.locator("#embed-line").input_value()
    return line


def attribute(line: str, name: str) -> str:
    """Of the iframe in a line."""
    return html.unescape(re.findall(rf' {name}="([^"]*)"', line)[0])


def test_the_copied_line_works(course: Course, http_root: str, visitor: Visitor) -> None:
    """It has the configured address, the open channel and the reader's choices, and is pasted."""
    page = visitor.open(f"{http_root}{PAGE}?palette=magma&tour=2#{CHANNEL}").page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    line = copied(page, "channel")
    page.get_by_role("button", name="Copy").click()
    expect(page.locator("[data-field=copied]")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == line
    assert attribute(line, "src") == f"{GALLERY_URL}embed.html?palette=magma#{VIEW}"
    assert attribute(line, "title") == f"Channel {CHANNEL} of {LAYER} (VGG16) on Chelsea the cat"
    assert (attribute(line, "width"), attribute(line, "loading")) == ("640", "lazy")
    page.get_by_text("All 256 channels", exact=True).click()
    whole = page.locator("#embed-line").input_value()
    assert attribute(whole, "src") == f"{GALLERY_URL}embed.html?palette=magma#{WHOLE}"
    page.keyboard.press("Escape")
    page.locator("[data-step='1']").click()
    assert attribute(copied(page, "channel"), "src").endswith(f"/{CHANNEL + 1}")

    visit = course.show(line.replace(GALLERY_URL, course.gallery))
    frame = framed(visit, "channel")
    expect(frame.locator("#channel-title")).to_have_text(f"Channel {CHANNEL}")
    assert frame.evaluate("document.documentElement.dataset.palette") == "magma"
    assert frame.evaluate("document.documentElement.scrollHeight") == int(attribute(line, "height"))
    assert faults(visit, course.gallery) == []


def test_without_a_configured_address_it_is_that_of_the_page(
    themed: Path, browser: Browser
) -> None:
    """On a server; a gallery of files cannot be framed elsewhere, and says so instead."""
    with serving(themed) as root:
        visitor = Visitor(browser, root, themed.as_uri())
        page = visitor.open(f"{root}{PAGE}").page
        line = copied(page, "layer")
        assert attribute(line, "src") == f"{root}embed.html#{WHOLE}"
        page = visitor.open(attribute(line, "src"), size=FRAME).page
        page.wait_for_url(re.compile("view=layer"))
        expect(page.locator(".grid .cells a").first).to_be_visible()
        page = visitor.open(f"{themed.as_uri()}/{PAGE}").page
        page.locator("[data-embeds=layer]").click()
        expect(page.locator(".unpublished")).to_contain_text("Publish it first")
        expect(page.locator("#embed-line")).to_be_hidden()
        visitor.close()


def test_where_nothing_may_be_copied_the_line_is_selected(http_root: str, visitor: Visitor) -> None:
    """A browser may refuse its clipboard: then the reader's own key copies."""
    page = visitor.open(f"{http_root}{PAGE}").page
    page.evaluate("() => { navigator.clipboard.writeText = async () => { throw Error(); }; }")
    line = copied(page, "layer")
    page.get_by_role("button", name="Copy").click()
    expect(page.locator("[data-field=copied]")).to_contain_text("Selected")
    assert page.evaluate("getSelection().toString()") == line


def test_a_framed_layer_opens_its_channels_and_closes_them(root: str, open_page: Any) -> None:
    """By keys: from a tile to its map, to the channel after it, and back to the grid."""
    visit = open_page(f"{root}embed.html#{WHOLE}", size=OF_LAYER)
    page = visit.page
    page.wait_for_url(re.compile("view=layer"))
    map_ = page.locator("[data-place]")
    expect(map_).to_be_hidden()
    tile = page.locator(f"[id='{CHANNEL}']")
    tile.focus()
    page.keyboard.press("Enter")
    expect(map_).to_be_visible()
    expect(page.locator(".grid-side")).to_be_hidden()
    assert page.evaluate("document.activeElement.className") == "to-layer"
    find_nothing(visit)
    assert page.evaluate("document.documentElement.scrollHeight") == OF_LAYER[1], "it fits"
    expect(page.locator(".open-whole")).to_have_attribute("href", f"{LAYER}.html#{CHANNEL}")
    page.keyboard.press("m")
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-field=what]")).to_have_text("Value at the mark")
    expect(page.locator("[data-field=back]")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollHeight") == OF_LAYER[1], "it still fits"
    page.keyboard.press("]")
    expect(page.locator("#channel-title")).to_have_text(f"Channel {CHANNEL + 1}")
    page.locator(".to-layer").click()
    expect(map_).to_be_hidden()
    assert page.evaluate("document.activeElement.id") == str(CHANNEL + 1)
    expect(page.locator(".open-whole")).to_have_attribute("href", f"{LAYER}.html")


def test_a_framed_channel_stays_that_channel(http_root: str, open_page: Any) -> None:
    """No key leads to another, or to a list of keys of which half do nothing here."""
    page = open_page(f"{http_root}embed.html#{VIEW}", size=FRAME).page
    page.wait_for_url(re.compile("view=channel"))
    expect(page.locator("#channel-title")).to_have_text(f"Channel {CHANNEL}")
    for key in ("]", "[", "i", "?"):
        page.keyboard.press(key)
    expect(page.locator("#channel-title")).to_have_text(f"Channel {CHANNEL}")
    expect(page.locator("dialog.keys")).to_be_hidden()
    assert f"{PAGE}?" in page.url
    page.locator("[data-place]").focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_url(re.compile(rf"#{CHANNEL}@\d+,\d+$"))


@pytest.mark.parametrize(
    ("size", "dark"), [(FRAME, False), (SMALL, True)], ids=["wide-light", "small-dark"]
)
@pytest.mark.parametrize("view", [VIEW, WHOLE], ids=["channel", "layer"])
def test_a_view_fits_and_is_for_everyone(
    view: str, size: Size, dark: bool, http_root: str, open_page: Any
) -> None:
    """axe finds nothing, nothing is wider than the frame, the console is silent."""
    visit = open_page(f"{http_root}embed.html#{view}", size=size, dark=dark)
    visit.page.wait_for_url(re.compile("view="))
    visit.load_images()
    expect(visit.page.locator(".open-whole")).to_be_visible()
    find_nothing(visit)
    assert not visit.overflow()
    assert faults(visit, http_root) == []
    visit.page.emulate_media(media="print")
    assert not visit.overflow()
    for button in visit.page.locator("button, label, .skip").all():
        expect(button).to_be_hidden()
    expect(visit.page.locator(".channel .map" if view == VIEW else ".grid").first).to_be_visible()


def test_views_of_every_network_are_found(beside_root: str, beside_visitor: Visitor) -> None:
    """Also of one that the gallery's is compared with, whose values have both signs."""
    page = beside_visitor.open(f"{beside_root}embed.html#other/coffee/second/3", size=FRAME).page
    page.wait_for_url(re.compile(r"images/coffee/other/second\.html\?view=channel#3$"))
    expect(page.locator("#channel-title")).to_have_text("Channel 3")


FRAGMENTS = (
    ("vgg16/gone/block3_conv3/1", "no image “gone”"),
    ("vgg16/chelsea/block9_conv9", "no layer “block9_conv9”"),
    ("vgg99/chelsea/block3_conv3", "no network “vgg99”"),
    ("vgg16/chelsea/block3_conv3/256", "channels 0 to 255"),
    ("vgg16/chelsea", "names no view"),
    ("constructor/chelsea/name", "no network"),
    ("vgg16/chelsea/__proto__/0", "no layer"),
    ("vgg16/chelsea/block3_conv3/-1", "no channel"),
    ("<img src=x onerror=window.owned=1>", "names no view"),
    ("vgg16/<img src=x onerror=window.owned=1>/block3_conv3", "no image"),
    ("../../x", "no network “..”"),
    ("vgg16/../block3_conv3/../../x", "names no view"),
    ("javascript:window.owned=1//", "no network"),
    ("vgg16/chelsea/block3_conv3/1?x#//elsewhere.example", "names no view"),
    ("%E0%A4%A", "names no view"),
    ("vgg16/" + "x" * 100_000 + "/block3_conv3", "…”"),
)
"""What stands behind embed.html#, and a part of what is said of it."""


def test_what_a_fragment_may_say(http_root: str, open_page: Any) -> None:
    """What is not there, and what is no name at all, becomes a sentence, and nothing else.

    When the page is opened with it, and when it is put in the place of the one before.
    """
    visit = open_page(f"{http_root}embed.html", size=SMALL)
    page, message = visit.page, visit.page.locator("[data-field=message]")
    for fragment, said in FRAGMENTS:
        address = f"{http_root}embed.html#{fragment}"
        for before in ("about:blank", f"{http_root}embed.html#else"):
            page.goto(before)
            page.goto(address)
            expect(message).to_contain_text(said)
            assert page.url.startswith(f"{http_root}embed.html#"), fragment
            assert page.evaluate("window.owned") is None, fragment
            assert page.locator("img").count() == 0, fragment
            assert not visit.overflow(), fragment
    expect(page.get_by_role("link", name="Open the gallery")).to_be_visible()
    assert faults(visit, http_root) == []


def test_nor_does_a_page_in_a_frame_believe_its_address(
    site: Path, http_root: str, open_page: Any
) -> None:
    """A channel that is not one leaves the strongest; an unknown view is the whole page."""
    top = strongest(facts_of(site, IMAGE, LAYER))
    for query in ("view=channel&palette=<img>", "view=channel&scale=x&opacity=url(x)"):
        visit = open_page(
            f"{http_root}{PAGE}?{query}#<img src=x onerror=window.owned=1>", size=FRAME
        )
        expect(visit.page.locator(".open-whole")).to_have_attribute("href", f"{LAYER}.html#{top}")
        assert visit.page.evaluate("window.owned") is None
        assert visit.faults == []
    page = open_page(f"{http_root}{PAGE}?view=<b>", size=PHONE).page
    expect(page.locator(".top nav")).to_be_visible()
