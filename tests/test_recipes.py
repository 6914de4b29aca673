"""docs/recipes.md, done to a copy of the project: what it says must be touched is enough."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.find_chromium import find
from tests.conftest import PROJECT
from tests.markdown_files import Block, blocks
from tests.small_networks import plain, saved

RECIPES = (PROJECT / "docs/recipes.md").read_text("utf-8")
COPIED = ("generator", "templates", "tests", "docs", "inputs", "benchmarks", "requirements")
FILES = ("pyproject.toml", "Makefile", "README.md", "CHANGELOG.md", "CONTRIBUTING.md")


def steps(recipe: str) -> list[Block]:
    """The blocks of the recipe with this heading."""
    (text,) = re.findall(rf"^## {recipe}\n(.*?)(?=^## |\Z)", RECIPES, re.MULTILINE | re.DOTALL)
    return list(blocks(text))


def changes(block: Block) -> tuple[str, list[tuple[str, str]]]:
    """Of a diff: the file, and what stands there before and after, hunk by hunk."""
    head, *hunks = re.split(r"^@@\n", block.text, flags=re.MULTILINE)
    found = []
    for hunk in hunks:
        lines = hunk.splitlines(keepends=True)
        before = "".join(line[1:] for line in lines if line[0] in " -")
        after = "".join(line[1:] for line in lines if line[0] in " +")
        found.append((before, after))
    return head.removeprefix("--- ").strip(), found


def follow(block: Block, tree: Path) -> None:
    """Do what a block says."""
    if block.language != "diff":
        file = tree / block.file
        assert not file.exists(), f"{block.file} is there already"
        file.write_text(block.text, "utf-8")
        return
    path, hunks = changes(block)
    text = (tree / path).read_text("utf-8")
    for before, after in hunks:
        assert f"\n{text}".count(f"\n{before}") == 1, (
            f"{path} is not as the recipe has it: {before}"
        )
        text = f"\n{text}".replace(f"\n{before}", f"\n{after}")[1:]
    (tree / path).write_text(text, "utf-8")


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Path]:
    """A copy of the project; the pictures of the atlas, which nothing here changes, are linked."""
    copy = tmp_path / "project"
    copy.mkdir()
    for folder in COPIED:
        skipped = shutil.ignore_patterns("__pycache__", "shipped")
        shutil.copytree(PROJECT / folder, copy / folder, ignore=skipped)
    (copy / "generator/atlas/shipped").symlink_to(PROJECT / "generator/atlas/shipped")
    for name in FILES:
        shutil.copy(PROJECT / name, copy)
    (copy / "site").mkdir()
    yield copy


def run(tree: Path, *arguments: str, code: int = 0) -> str:
    """What a module of the copy says, and with which exit code."""
    # to a worker of pytest-xdist the copy's tests would take themselves for one, too
    own = {key: value for key, value in os.environ.items() if "PYTEST" not in key}
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=tree,
        env={**own, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def pytest_of(tree: Path, *arguments: str) -> None:
    """The copy's own tests pass."""
    run(tree, "pytest", "-q", "-p", "no:cacheprovider", *arguments)


def build(tree: Path, *arguments: str) -> Path:
    """A gallery of one image and a small network, by the copy."""
    (tree / "photos").mkdir()
    for file in (tree / "inputs").glob("chelsea.*"):
        shutil.copy(file, tree / "photos")
    network = saved(plain(), tree / "plain.keras")
    run(tree, "generator", "build", "photos", "-o", "out", "--model", str(network), *arguments)
    return tree / "out"


@pytest.mark.parametrize("recipe", ["A kind of page", "A palette"])
def test_a_recipe_fits_the_project_as_it_is(recipe: str) -> None:
    """Each place that it names is there, once."""
    for block in steps(recipe):
        if block.language == "diff":
            path, hunks = changes(block)
            text = (PROJECT / path).read_text("utf-8")
            for before, _ in hunks:
                assert f"\n{text}".count(f"\n{before}") == 1, f"{path}: {before}"
        else:
            assert not (PROJECT / block.file).exists()


@pytest.mark.slow
def test_the_recipe_for_a_page_makes_one(tree: Path) -> None:
    """It is built, nothing is wrong with the gallery, and the habits of the project are kept."""
    for block in steps("A kind of page"):
        follow(block, tree)
    page = (build(tree) / "images/credits.html").read_text("utf-8")
    assert "scikit-image’s sample data, CC0" in page.replace("&#39;", "’")
    assert "faults    none" in run(tree, "generator", "check", "out")
    run(tree, "ruff", "check")
    run(tree, "ruff", "format", "--check", "generator", "tests")
    pytest_of(tree, "tests/test_snapshots.py", "--snapshot-update")
    pytest_of(
        tree,
        *("tests/test_snapshots.py", "tests/test_credits.py", "--site", "out"),
        *("tests/test_architecture.py", "tests/test_conventions.py"),
    )
    of_every_kind = "(unknown_kind and site) or (no_script and credits)"
    pytest_of(tree, "tests/browser/test_pages.py", "--site", "out", "-k", of_every_kind)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("left_out", "said"),
    [("templates/front.html.jinja", "unreached"), ("generator/check/named.py", "unnamed")],
)
def test_a_step_that_is_left_out_is_noticed(tree: Path, left_out: str, said: str) -> None:
    """By ``layerlight check``, as the recipe has it."""
    for block in steps("A kind of page"):
        if block.language != "diff" or changes(block)[0] != left_out:
            follow(block, tree)
    build(tree)
    assert said in run(tree, "generator", "check", "out", code=1)


@pytest.mark.slow
def test_the_recipe_for_a_palette_makes_one(tree: Path) -> None:
    """Colours, settings, menu and reference know it, and in a browser a page takes it up."""
    for block in steps("A palette"):
        follow(block, tree)
    run(tree, "docs.making.reference")
    pytest_of(tree, "tests/test_palettes.py", "tests/test_reference.py", "tests/test_start.py")
    site = build(tree, "--palette", "inferno")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find())
        page = browser.new_page()
        page.goto((site / "images/chelsea/plain/first.html").as_uri())
        taken = "getComputedStyle(document.documentElement).getPropertyValue('--palette')"
        assert page.get_by_label("Colours").input_value() == "inferno"
        assert page.evaluate(taken) == "url(#inferno)"
        page.get_by_label("Colours").select_option("grey")
        page.get_by_label("Colours").select_option("inferno")
        assert page.evaluate(taken) == "url(#inferno)"
        assert page.locator("filter#inferno").count() == 1
        browser.close()
