"""Every page, as a file and on a server: it loads whole, says nothing, fits, needs no script."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from generator import layout
from tests.browser.kinds import BESIDE, KINDS, SPECIMENS, kind_of, pages, specimen
from tests.browser.loopback import SUBPATH
from tests.browser.visits import PHONE, WIDE, Size, Visitor

VISIBLE_TEXT = "() => document.body.innerText"

STATIC_TEXT = """() => {
  const copy = document.body.cloneNode(true);
  copy.querySelectorAll("script, style, template, svg, math, dialog, [hidden]")
    .forEach(element => element.remove());
  copy.querySelectorAll("details:not([open]) > :not(summary)").forEach(element => element.remove());
  return copy.textContent;
}"""

MANY = 10
"""Pages of one kind, of which a third as files and another on a server stand for all."""

CONTRAST = "compare/plain_other/layers/second.html"
"""Of fourteen channels."""

COLLISIONS = """() => [...document.querySelectorAll(".contrast tbody tr")].flatMap(row => {
  const numbers = [...row.querySelectorAll(".no")].map(number => {
    const range = document.createRange();
    range.selectNodeContents(number);
    return [...range.getClientRects()].filter(box => box.width > 1);
  });
  return numbers.slice(1).flatMap((after, i) =>
    Math.min(...after.map(box => box.left)) < Math.max(...numbers[i].map(box => box.right))
      ? [row.innerText] : []);
})"""

BROKEN_IMAGES = """() => [...document.images]
  .filter(image => image.checkVisibility() && image.naturalWidth === 0)
  .map(image => image.src.slice(0, 200))"""


def test_no_page_is_of_an_unknown_kind(gallery: Path) -> None:
    """Every HTML file of the gallery is a page of a kind that these tests know."""
    assert [page for page in pages(gallery) if kind_of(page) is None] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_page_loads_in_silence_and_fits(
    kind: str, root: str, site: Path, visitor: Visitor
) -> None:
    """No console message, failed request, foreign request or sideways scrolling, wide or narrow."""
    opened = pages(site, kind)
    if len(opened) > MANY:  # the others below, among the slow ones
        opened = opened[_first(root) :: 3]
    _look_at_every_page(opened, root, visitor)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["layer", "across", "chapter", "atlas layer"])
def test_so_do_the_others_of_many(kind: str, root: str, site: Path, visitor: Visitor) -> None:
    """Those of which a third was looked at above."""
    opened = pages(site, kind)
    assert len(opened) > MANY
    del opened[_first(root) :: 3]
    _look_at_every_page(opened, root, visitor)


def _first(root: str) -> int:
    """Of the third that is looked at each time: another one as files than on a server."""
    return 1 if root.startswith("http") else 0


@pytest.mark.parametrize("kind", [*BESIDE, "layer", "across", "front"])
def test_so_does_every_page_of_networks_side_by_side(
    kind: str, beside_root: str, beside: Path, beside_visitor: Visitor
) -> None:
    """The same, of pages that other galleries have not, or that show layers of both signs."""
    opened = pages(beside, kind)
    if kind in ("layer", "across"):
        opened = [page for page in opened if page.endswith("/plain/second.html")]
    _look_at_every_page(opened, beside_root, beside_visitor)


@pytest.mark.parametrize("page", [CONTRAST, "compare/images/chelsea_coffee.html"])
@pytest.mark.parametrize("width", [1100, 1280, 1440])
def test_twelve_columns_fit_beside_the_names_of_their_rows(
    page: str, width: int, beside_file: str, beside_visitor: Visitor
) -> None:
    """No row has to be scrolled; numbers below maps do not run into each other."""
    visit = beside_visitor.open(beside_file + page, size=(width, 900))
    tables = visit.page.evaluate(
        """() => [...document.querySelectorAll(".trio .scroller")].map(box => [
          box.querySelectorAll("thead th").length - 1, box.scrollWidth - box.clientWidth])"""
    )
    assert max(columns for columns, _ in tables) == 12
    assert all(beyond <= 0 for _, beyond in tables), tables
    assert visit.page.evaluate(COLLISIONS) == []


@pytest.mark.parametrize("page", [CONTRAST, "compare/images/chelsea_coffee.html"])
def test_numbers_below_maps_do_not_collide_on_a_phone(
    page: str, beside_file: str, beside_visitor: Visitor
) -> None:
    """Where a row has to be scrolled."""
    visit = beside_visitor.open(beside_file + page, size=PHONE)
    assert visit.page.evaluate(COLLISIONS) == []


def test_each_block_of_maps_names_its_network(beside_file: str, beside_visitor: Visitor) -> None:
    """On a phone they stand below each other: left and right say nothing."""
    visit = beside_visitor.open(beside_file + "compare/plain_other/images/chelsea.html", size=PHONE)
    named = visit.page.locator(".side-strip > .soft bdi").all_inner_texts()
    assert len(named) == visit.page.locator(".side-strip").count() and len(set(named)) == 2
    assert "on the left" not in visit.page.inner_text("main")


def _look_at_every_page(opened: list[str], root: str, visitor: Visitor) -> None:
    faults = []
    visit = visitor.open(root + layout.ERROR_PAGE, size=WIDE)
    for page in opened:
        visit.page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
        visit.go_on(root + page)
        visit.load_images()
        found = {"1440 px": visit.overflow()}
        for width in (PHONE[0], 320):
            visit.page.set_viewport_size({"width": width, "height": PHONE[1]})
            found[f"{width} px"] = visit.overflow()
        faults += [f"{page}: {fault}" for fault in visit.faults]
        faults += [f"{page} at {size}: {fault}" for size, fault in found.items() if fault]
    assert opened, "the gallery has no page of this kind"
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("name", SPECIMENS)
def test_a_page_needs_no_script(name: str, root: str, site: Path, visitor: Visitor) -> None:
    """With scripts off the heading, the pictures and (nearly) all words are there to be read."""
    _read_without_scripts(root + specimen(site, name), visitor)


@pytest.mark.parametrize("name", BESIDE)
def test_nor_does_a_page_of_networks_side_by_side(
    name: str, beside_file: str, beside: Path, beside_visitor: Visitor
) -> None:
    """The same, of pages that other galleries have not."""
    _read_without_scripts(beside_file + specimen(beside, name), beside_visitor)


def _read_without_scripts(url: str, visitor: Visitor) -> None:
    visit = visitor.open(url, scripts=False)
    visit.load_images()
    shown = visit.page.evaluate(VISIBLE_TEXT).split()
    written = visit.page.evaluate(STATIC_TEXT).split()
    assert visit.page.get_by_role("heading", level=1).is_visible()
    assert visit.page.evaluate(BROKEN_IMAGES) == []
    # Words only a screen reader is told are in the page, and not to be seen.
    assert len(shown) >= 0.8 * len(written) > 10
    assert not visit.faults, "\n".join(visit.faults)


def test_the_error_page_is_whole_at_any_depth(site: Path, http_root: str, visitor: Visitor) -> None:
    """Served for an address that does not exist, it asks for nothing but itself."""
    missing = f"{http_root}images/not/there/at all.html"
    visit = visitor.open(missing)
    visit.load_images()
    answered, complaint, *others = visit.faults
    assert answered.startswith("answered 404") and "404" in complaint
    assert others == []
    assert not visit.overflow()
    home = visit.page.locator("main a[href]").first.get_attribute("href") or ""
    assert home.endswith((SUBPATH, f"{SUBPATH}index.html")), "the way home holds at any depth"


SIDEWAYS = """() => [...document.querySelectorAll(".scroller, .thread")]
  .filter(part => part.scrollWidth > part.clientWidth).map(part => part.className)"""


@pytest.mark.parametrize("width", [1280, 1366])
@pytest.mark.parametrize(
    "name",
    [
        "models/vgg16/index.html",
        "layers/vgg16/block3_conv3.html",
        "images/chelsea/vgg16/block3_conv3.html",
    ],
)
def test_a_laptop_shows_all_without_scrolling_sideways(
    http_root: str, visitor: Visitor, name: str, width: int
) -> None:
    """The drawing of the network, a layer's eight channels on every image, a thread of seven."""
    page = visitor.open(http_root + name, size=(width, 800)).page
    assert page.locator(".scroller, .thread").count() > 0
    assert page.evaluate(SIDEWAYS) == []


def test_what_scrolls_sideways_fades_where_it_goes_on(http_root: str, visitor: Visitor) -> None:
    """At the end, and where all is seen, nothing is faded."""
    page = visitor.open(http_root + "models/vgg16/index.html", size=PHONE).page
    drawing = page.locator(".drawing .scroller")
    faded = "part => getComputedStyle(part).getPropertyValue('--ahead')"
    assert drawing.evaluate(faded) == "48px"
    drawing.evaluate("part => part.scrollTo(part.scrollWidth, 0)")
    page.wait_for_function(f"() => ({faded})(document.querySelector('.scroller')) === '0px'")
    whole = visitor.open(http_root + "models/vgg16/index.html").page
    mask = "part => getComputedStyle(part).maskImage"
    assert whole.locator(".drawing .scroller").evaluate(mask) == "none"


@pytest.mark.parametrize("name", ["learn/convolution.html", "learn/pixels.html"])
def test_the_three_colours_stand_side_by_side(http_root: str, visitor: Visitor, name: str) -> None:
    """Beside the photograph, each as wide as the others, none over another."""
    page = visitor.open(http_root + name, size=(1280, 800)).page
    boxes = [part.bounding_box() for part in page.locator(".worked-row > *").all()]
    photo, *tables = [box for box in boxes if box]
    assert len(tables) == 3
    assert {round(box["y"]) for box in (photo, *tables)} == {round(photo["y"])}
    assert {round(box["width"]) for box in tables} == {round(tables[0]["width"])}
    drawn = [table.bounding_box() for table in page.locator(".plane table").all()]
    for before, after in itertools.pairwise(box for box in (photo, *drawn) if box):
        assert before["x"] + before["width"] < after["x"]


@pytest.mark.parametrize("size", [PHONE, (1280, 800), WIDE], ids=["phone", "laptop", "wide"])
def test_a_layer_is_named_before_it_is_explained(
    http_root: str, visitor: Visitor, size: Size
) -> None:
    """Convolutions and pools: the name is above the words, or beside their first line."""
    page = visitor.open(http_root + "images/chelsea/index.html", size=size).page
    late = page.evaluate("""() => [...document.querySelectorAll(".chapter")].filter(chapter => {
      const name = chapter.querySelector("h3").getBoundingClientRect();
      return [...chapter.querySelectorAll(".words > p")]
        .some(words => words.getBoundingClientRect().top < name.top - 2);
    }).map(chapter => chapter.id)""")
    assert page.locator(".chapter.pool").count() == 5
    assert late == []
