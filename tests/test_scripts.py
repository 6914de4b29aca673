"""The scripts of the pages: small, each used, and written so that they can be shipped lean."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import PROJECT

TEMPLATES = PROJECT / "templates"
SCRIPTS = sorted((TEMPLATES / "static/js").glob("*.js"))
LIMIT = 40_000


def test_the_scripts_together_are_small(site: Path) -> None:
    """Under 40 kB before compression, all pages' scripts together."""
    shipped = {p.name: p.stat().st_size for p in (site / "static/js").glob("*.js")}
    assert set(shipped) == {script.name for script in SCRIPTS}
    assert sum(shipped.values()) < LIMIT, shipped


def test_every_script_is_used_and_every_script_that_is_used_exists(site: Path) -> None:
    """By the pages of a gallery, of whatever kind."""
    named = {
        name
        for page in site.rglob("*.html")
        for name in re.findall(r'<script src="[./]*static/js/(\w+)\.js"', page.read_text("utf-8"))
    }
    assert named == {script.stem for script in SCRIPTS}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_can_be_shipped_without_its_indentation(script: Path) -> None:
    """No string of several lines: the generator strips the beginning of every line."""
    for number, line in enumerate(script.read_text("utf-8").splitlines(), 1):
        assert line.count("`") % 2 == 0, f"{script.name}:{number}: a template literal goes on"
        assert not line.endswith("\\"), f"{script.name}:{number}: a string goes on"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_is_classic_strict_and_keeps_its_names(script: Path) -> None:
    """A function around it, called at once, and a comment before it that says what it is for."""
    text = script.read_text("utf-8")
    assert re.match(r"/\*[^*]+\*/\n\(\(\) => \{\n\"use strict\";\n", text)
    assert text.endswith("\n})();\n")
    assert not re.search(r"^\s*(import|export)\b", text, re.MULTILINE)
