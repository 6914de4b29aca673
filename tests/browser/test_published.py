"""A published branch, checked out again and served below a subpath, as its readers meet it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from generator.check import check
from generator.publish import Wish, prepare, publish
from tests.browser.loopback import serving
from tests.browser.visits import Visitor
from tests.git_remotes import published, repositories

PAGES = (
    "index.html",
    "images/chelsea/index.html",
    "images/chelsea/plain/first.html#3@4,5",
    "layers/plain/second.html",
    "compare/index.html",
    "learn/index.html",
    "models/plain/index.html",
)


@pytest.fixture(scope="module")
def branch(beside: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The gallery of several networks, published to a real remote and cloned from it."""
    folder = tmp_path_factory.mktemp("published")
    work = repositories(folder)
    publish(prepare(Wish(beside, work)))
    return published(work, folder / "clone")


@pytest.fixture
def readers(browser: Browser, branch: Path) -> Iterator[tuple[Visitor, str]]:
    """Opens its pages on loopback; and the address of its root."""
    with serving(branch) as root:
        visitor = Visitor(browser, root)
        yield visitor, root
        visitor.close()


def test_every_address_of_it_leads_somewhere(branch: Path) -> None:
    """The check of a site finds nothing, but that git's own folder is no part of a gallery."""
    faults = [fault for fault in check(branch).faults if not fault.path.startswith(".git/")]
    assert faults == []


def test_its_pages_open_without_a_fault(readers: tuple[Visitor, str]) -> None:
    """No console error, nothing missing, nothing asked elsewhere, on one page of each kind."""
    visitor, root = readers
    for page in PAGES:
        visit = visitor.open(root + page)
        visit.load_images()
        assert visit.faults == [], page


def test_values_are_read_from_the_sheets_themselves(readers: tuple[Visitor, str]) -> None:
    """On a server no values file is missed: the address's value is there, with its number."""
    visitor, root = readers
    visit = visitor.open(f"{root}images/chelsea/plain/first.html#3@4,5")
    visit.page.locator("[data-field=position]:not(:empty)").first.wait_for()
    assert not visit.page.locator("[data-field=trouble]").is_visible()
    assert visit.faults == []
