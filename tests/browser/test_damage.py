"""A gallery that has lost a file, or half of one: the page says so quietly and goes on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.loopback import serving
from tests.browser.visits import Visit, Visitor

LAYER = "images/chelsea/vgg16/block4_conv1.html"
SHEETS = "sheets/vgg16/chelsea"
VALUES = "The values of this layer could not be read. The maps are complete, without numbers"

Damage = Callable[[Path], None]


@pytest.fixture
def copy(site: Path, tmp_path: Path) -> Path:
    """A gallery of links to the site's files: what is written anew leaves the site alone."""
    folder = tmp_path / "copy"
    shutil.copytree(site, folder, copy_function=os.link)
    return folder


@pytest.fixture(params=["file", "http"])
def address(request: pytest.FixtureRequest, copy: Path) -> Iterator[str]:
    """Its root, as files and on loopback."""
    if request.param == "file":
        yield copy.as_uri() + "/"
    else:
        with serving(copy) as url:
            yield url


@pytest.fixture
def look(browser: Browser, address: str) -> Iterator[Callable[[str], Visit]]:
    """Opens a page of the copy."""
    visitor = Visitor(browser, address)
    yield lambda page: visitor.open(address + page)
    visitor.close()


def gone(path: Path) -> None:
    """Delete a file."""
    path.unlink()


def halved(path: Path) -> None:
    """Keep the first half of a file."""
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data[: len(data) // 2])


def nonsense(path: Path) -> None:
    """A script that hands over something else."""
    text = path.read_text(encoding="utf-8")
    start = text[: text.index("]=") + 2]
    path.unlink()
    path.write_text(f'{start}"nonsense";\n', encoding="utf-8")


def hover(page: Page) -> None:
    """Move over the open map, away from its strongest value."""
    place = page.locator("[data-place]")
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    assert box
    page.mouse.move(box["x"] + 5, box["y"] + 5)


def faults(visit: Visit) -> list[str]:
    """What went wrong, but for the browser's own note that a file could not be loaded."""
    return [
        fault
        for fault in visit.faults
        if not fault.startswith(("request failed", "answered 404"))
        and "Failed to load resource" not in fault
    ]


@pytest.mark.parametrize("damage", [gone, halved, nonsense])
def test_values_that_cannot_be_read_are_missed_quietly(
    copy: Path, address: str, look: Callable[[str], Visit], damage: Damage
) -> None:
    """From a file they come from the values file; a server needs the sheet only."""
    damage(copy / SHEETS / "values/block4_conv1.js")
    visit = look(LAYER)
    hover(visit.page)
    if address.startswith("file:"):
        visit.page.get_by_text(VALUES).wait_for()
        assert "not readable" in visit.page.locator(".numbers").inner_text()
    else:
        visit.page.wait_for_function(
            "() => /±|too little/.test(document.querySelector('.numbers').innerText)"
        )
    visit.page.keyboard.press("s")
    visit.page.locator("a[id='7']").click()
    assert visit.page.get_by_role("heading", name="Channel 7", exact=True).is_visible()
    assert not faults(visit)


@pytest.mark.parametrize("damage", [gone, halved])
def test_a_sheet_that_cannot_be_read_is_said(
    copy: Path, address: str, look: Callable[[str], Visit], damage: Damage
) -> None:
    """The grid is black, so the page says why.

    From a file a browser draws the first half of a PNG and lets no script see that the rest is
    missing: there only a sheet that is gone is noticed.
    """
    if damage is halved and address.startswith("file:"):
        damage = gone
    damage(copy / SHEETS / "block4_conv1.png")
    visit = look(LAYER)
    visit.page.get_by_text("block4_conv1.png is missing or damaged").wait_for()
    assert not faults(visit)


@pytest.mark.parametrize("damage", [gone, halved, nonsense])
@pytest.mark.parametrize(
    ("file", "part", "says"),
    [
        (
            f"{SHEETS}/evidence/block4_conv1.js",
            "#sum",
            "Where the value comes from could not be read",
        ),
        (f"{SHEETS}/threads.js", ".thread", "Where the value comes from could not be read"),
        (
            "layers/vgg16/block4_conv1.js",
            "[data-company]",
            "What the other images show could not be read",
        ),
    ],
)
def test_data_that_cannot_be_read_is_said_where_it_would_stand(
    copy: Path, look: Callable[[str], Visit], file: str, part: str, says: str, damage: Damage
) -> None:
    """Each piece alone; the others stay."""
    damage(copy / file)
    visit = look(LAYER)
    visit.page.locator(part).scroll_into_view_if_needed()
    visit.page.get_by_text(says).wait_for()
    title = visit.page.locator("#channel-title")
    before = title.inner_text()
    visit.page.keyboard.press("]")
    expect(title).not_to_have_text(before)
    expect(visit.page.get_by_text(says)).to_be_visible()  # nor is anything known of the next one
    assert not faults(visit)


@pytest.mark.parametrize("damage", [gone, halved, nonsense])
def test_a_point_without_its_data_is_said(
    copy: Path, look: Callable[[str], Visit], damage: Damage
) -> None:
    """Under the photograph."""
    damage(copy / SHEETS / "points.js")
    visit = look("images/chelsea/index.html?at=9,9")
    visit.page.get_by_text("What is above a point could not be read").wait_for()
    assert not faults(visit)


@pytest.mark.parametrize("damage", [gone, halved, nonsense])
def test_a_tour_without_its_steps_is_no_tour(
    copy: Path, look: Callable[[str], Visit], damage: Damage
) -> None:
    """The page is as it would be without."""
    damage(copy / "static/tour-steps.js")
    visit = look(f"{LAYER}?tour=3")
    visit.page.wait_for_url(lambda url: "tour=" not in url)
    assert visit.page.locator(".tour-bar").count() == 0
    assert not faults(visit)


def test_the_list_of_images_may_be_missing(copy: Path, look: Callable[[str], Visit]) -> None:
    """The two neighbours are links of the page itself."""
    gone(copy / "static/gallery.js")
    visit = look(LAYER)
    assert (
        visit.page.get_by_role("navigation", name="Other images").get_by_role("link").count() >= 1
    )
    hover(visit.page)
    assert not faults(visit)
