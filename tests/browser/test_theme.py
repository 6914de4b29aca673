"""The example theme in a browser: it looks different and is as good."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.kinds import SPECIMENS, specimen
from tests.browser.loopback import serving
from tests.browser.test_accessibility import LOOKS, find_nothing
from tests.browser.test_html import faults_of
from tests.browser.visits import Size, Visitor


@pytest.fixture
def visits(browser: Browser, themed: Path) -> Iterator[tuple[Visitor, str]]:
    """Opens pages, and where they are."""
    with serving(themed) as url:
        visitor = Visitor(browser, themed.as_uri() + "/", url)
        yield visitor, url
        visitor.close()


QUICK = ("front", "layer of few channels")
"""Looked at each time; the other kinds by the slow tests."""


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in SPECIMENS],
)
@LOOKS
def test_axe_finds_nothing(
    name: str, dark: bool, size: Size, themed: Path, visits: tuple[Visitor, str]
) -> None:
    """One page of each kind, in both schemes, at both widths; all in silence."""
    visitor, root = visits
    visit = visitor.open(root + specimen(themed, name), size=size, dark=dark)
    find_nothing(visit)
    assert not visit.overflow()
    assert not visit.faults, "\n".join(visit.faults)


def test_every_kind_of_page_is_valid(themed: Path) -> None:
    """By the Nu HTML Checker."""
    assert faults_of([themed / specimen(themed, name) for name in SPECIMENS]) == []


def test_its_tokens_are_in_force(themed: Path, visits: tuple[Visitor, str]) -> None:
    """Also where a page is opened from a file; what it leaves alone is as shipped."""
    visitor, _ = visits
    page = visitor.open(themed.as_uri() + "/index.html").page
    style = "getComputedStyle(document.documentElement).getPropertyValue"
    assert page.evaluate(f"{style}('--page')") == "#fbf7ee"
    assert page.evaluate(f"{style}('--mark')") == "#ff2d97"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(251, 247, 238)"
