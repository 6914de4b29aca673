"""The pages can be used by everyone: what axe can tell of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.kinds import BESIDE, SPECIMENS, specimen
from tests.browser.visits import PHONE, WIDE, Size, Visit, Visitor

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
"""axe's names of the rules of WCAG 2.2, level AA, and of what it advises beyond."""


LOOKS = pytest.mark.parametrize(
    ("size", "dark"),
    [
        pytest.param(WIDE, False, id="wide-light"),
        pytest.param(PHONE, True, id="narrow-dark"),
        # each width and each scheme is in one of those above
        pytest.param(WIDE, True, id="wide-dark", marks=pytest.mark.slow),
        pytest.param(PHONE, False, id="narrow-light", marks=pytest.mark.slow),
    ],
)


@pytest.mark.parametrize("name", SPECIMENS)
@LOOKS
def test_axe_finds_nothing(
    name: str, dark: bool, size: Size, site: Path, http_root: str, visitor: Visitor
) -> None:
    """One page of each kind, light and dark, wide and narrow, has no violation."""
    find_nothing(visitor.open(http_root + specimen(site, name), size=size, dark=dark))


@pytest.mark.parametrize("name", BESIDE)
@LOOKS
def test_nor_where_networks_stand_side_by_side(
    name: str, dark: bool, size: Size, beside: Path, beside_http: str, beside_visitor: Visitor
) -> None:
    """The same, of pages that other galleries have not."""
    url = beside_http + specimen(beside, name)
    find_nothing(beside_visitor.open(url, size=size, dark=dark))


def find_nothing(visit: Visit) -> None:
    """Fail with what axe finds on an open page."""
    found = Axe().run(visit.page, options={"runOnly": list(RULES), "resultTypes": ["violations"]})
    faults = [
        f"{violation['id']}: {violation['help']}: {node['target']} {node['failureSummary']}"
        for violation in found.response["violations"]
        for node in violation["nodes"][:3]
    ]
    assert not faults, "\n".join(faults)
