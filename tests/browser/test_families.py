"""Galleries of large networks by name, untrained: their pages are sound like any other's.

Dozens of layers, blocks called stages, sums and concatenations, values of both signs, windows that
hold the whole image, 2,048 channels.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from generator.building import build
from generator.config import Config
from tests.browser import test_links
from tests.browser.kinds import KINDS, kind_of, pages
from tests.browser.loopback import serving
from tests.browser.test_accessibility import RULES
from tests.browser.test_html import faults_of
from tests.browser.visits import PHONE, WIDE, Size, Visit, Visitor
from tests.conftest import GALLERY_URL, PROJECT

pytestmark = pytest.mark.slow

NETWORKS = ("resnet50", "inceptionv3", "mobilenetv3small")
BLOCKS = ("resnet50",)
"""Of which only one layer a block is shown."""
LOOKED_AT = ("front", "image", "layer", "across", "model", "exercises", "tour", "chapter")
"""Kinds of page whose looks depend on the network."""


@pytest.fixture(scope="module", params=NETWORKS)
def family(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gallery of one of them, of one image of 96 x 96."""
    name: str = request.param
    folder = tmp_path_factory.mktemp(name)
    (folder / "in").mkdir()
    for file in (PROJECT / "inputs").glob("chelsea.*"):
        shutil.copy(file, folder / "in")
    report = build(
        Config(
            inputs=folder / "in",
            output=folder / "out",
            base_url=GALLERY_URL,
            model=name,
            weights=Path("random"),
            size=(96, 96),
            every="block" if name in BLOCKS else "layer",
        )
    )
    assert not report.problems, report.problems
    return folder / "out"


@pytest.fixture
def open_page(family: Path, browser: Browser) -> Iterator[Callable[..., Visit]]:
    """``open_page(page, ...)`` on loopback, below a path."""
    with serving(family) as root:
        visitor = Visitor(browser, root)
        yield lambda page, **options: visitor.open(root + page, **options)
        visitor.close()


def _some(family: Path, kind: str) -> list[str]:
    """The first and the last page of a kind, and one between."""
    found = pages(family, kind)
    return sorted({found[0], found[len(found) // 2], found[-1]})


def test_addresses_resolve_and_html_is_valid(family: Path) -> None:
    """Every page is of a known kind, every address leads somewhere, the checker finds nothing."""
    assert [page for page in pages(family) if kind_of(page) is None] == []
    test_links.test_every_address_in_the_pages_resolves(family)
    test_links.test_ids_are_unique_and_those_referred_to_exist(family)
    test_links.test_every_page_can_be_reached_from_the_front(family)
    assert not faults_of([family / page for page in pages(family)])


def test_pages_load_in_silence_and_fit(
    family: Path, browser: Browser, open_page: Callable[..., Visit]
) -> None:
    """On loopback and as files, wide and narrow: no message, no sideways scrolling."""
    files = Visitor(browser, family.as_uri() + "/")
    faults = []
    for kind in KINDS:
        for page in _some(family, kind) if pages(family, kind) else ():
            for visit in (open_page(page), files.open(f"{family.as_uri()}/{page}")):
                visit.load_images()
                for width, height in (WIDE, PHONE):
                    visit.page.set_viewport_size({"width": width, "height": height})
                    faults += [f"{page} at {width}: {visit.overflow()}"] if visit.overflow() else []
                faults += [f"{page}: {fault}" for fault in visit.faults]
                visit.page.close()
    files.close()
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(("size", "dark"), [(WIDE, False), (WIDE, True), (PHONE, False)])
def test_axe_finds_nothing(
    family: Path, open_page: Callable[..., Visit], size: Size, dark: bool
) -> None:
    """One page of each kind."""
    faults = []
    for kind in LOOKED_AT:
        page = _some(family, kind)[-1]
        visit = open_page(page, size=size, dark=dark)
        options = {"runOnly": list(RULES), "resultTypes": ["violations"]}
        faults += [
            f"{page}: {violation['id']}: {node['target']} {node['failureSummary']}"
            for violation in Axe().run(visit.page, options=options).response["violations"]
            for node in violation["nodes"][:3]
        ]
        visit.page.close()
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_rail_shows_where_one_is(
    family: Path, open_page: Callable[..., Visit], size: Size
) -> None:
    """The current layer is named and in view; each layer can be tapped, and reached by Tab."""
    last = pages(family, "layer")[-1]
    page = open_page(last, size=size).page
    current = page.locator(".rail [aria-current=page]")
    box = current.bounding_box()
    assert box and box["x"] >= 0 and box["x"] + box["width"] <= size[0] + 1
    layer = Path(last).stem
    name = current.inner_text().strip()
    assert name and layer.endswith(name)
    cells = page.locator(".rail .cell")
    sides = cells.evaluate_all("cells => cells.map(c => [c.offsetWidth, c.offsetHeight])")
    assert all(width >= 24 and height >= 24 for width, height in sides)
    cells.first.focus()
    seen = cells.first.evaluate(
        "cell => { const b = (cell.querySelector('b') ?? cell).getBoundingClientRect();"
        " return [b.left, b.width]; }"
    )
    assert seen[0] >= 0 and seen[1] > 8, "with focus it is in view and named"


def test_names_in_the_drawing_do_not_touch(family: Path, open_page: Callable[..., Visit]) -> None:
    """Blocks under the network, however narrow some are."""
    (model,) = pages(family, "model")
    boxes = (
        open_page(model)
        .page.locator(".drawing text.strong")
        .evaluate_all(
            "texts => texts.map(t => t.getBoundingClientRect()).map(b => [b.left, b.right])"
        )
    )
    assert len(boxes) > 3
    assert all(right + 4 < left for (_, right), (left, _) in pairwise(boxes))


def test_no_channel_of_another_network_is_promised(family: Path) -> None:
    """A chapter whose examples are VGG16's says so; nothing here was learned, every page says."""
    for page in pages(family):
        text = (family / page).read_text("utf-8")
        assert "<strong>Untrained network.</strong>" in text or kind_of(page) == "error", page
        if kind_of(page) == "chapter" and not page.endswith("sources.html"):
            assert "The examples name layers and channels of VGG16" in text, page
