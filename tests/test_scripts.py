"""The scripts of the pages: small, each used, and written so that they can be shipped lean."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import PROJECT

TEMPLATES = PROJECT / "templates"
SCRIPTS = sorted((TEMPLATES / "static/js").glob("*.js"))
LIMIT = 41_500
"""Bytes before compression, of the scripts by which maps are read.

It was 40,000. The last 1,000 are for layers with values of both signs: their maps in the thread, on
other images and in the saved picture turn about the middle of a scale, and a strongest value has a
sign. And 500 keep in view what the tour speaks of, and hide what tells of another channel.
"""
ALONE = {
    **{"atlas.js": 6_000, "exercises.js": 1_500, "convolution.js": 3_500, "search.js": 2_500},
    # in the head, before the page is drawn
    "first.js": 1_600,
    # views in pages elsewhere: the line to copy, the address that finds them, the page in a frame
    **{"embed.js": 3_000, "embedded.js": 2_500, "framed.js": 1_800},
}
"""Scripts by which no map is read, of some pages or galleries only, each with its own limit."""


def test_the_scripts_together_are_small(site: Path) -> None:
    """Under 41.5 kB before compression, all pages' scripts together, but for the atlas's."""
    shipped = {p.name: p.stat().st_size for p in (site / "static/js").glob("*.js")}
    assert set(shipped) == {script.name for script in SCRIPTS}
    assert sum(size for name, size in shipped.items() if name not in ALONE) < LIMIT, shipped


@pytest.mark.parametrize("name", ALONE)
def test_a_script_of_some_galleries_is_small_by_itself(site: Path, name: str) -> None:
    """What it weighs is kept apart, so that it takes no room from the others."""
    assert (site / "static/js" / name).stat().st_size < ALONE[name]


def test_only_layers_with_pictures_load_the_script_for_them(site: Path) -> None:
    """The layer pages whose layer the atlas has; all other pages are spared it."""
    loading = {
        page.relative_to(site).as_posix()
        for page in site.rglob("*.html")
        if "static/js/atlas.js" in page.read_text("utf-8")
    }
    assert loading == {
        page.relative_to(site).as_posix()
        for page in site.glob("images/*/*/*.html")
        if (site / "atlas" / page.parent.name / f"{page.stem}.webp").is_file()
    }


def test_every_script_is_used_and_every_script_that_is_used_exists(site: Path, large: Path) -> None:
    """By the pages of a gallery, of whatever kind, or where images are many by its list of them."""
    named = {
        name
        for page in [*site.rglob("*.html"), *large.glob("images/*.html")]
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
