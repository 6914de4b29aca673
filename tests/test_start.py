"""A gallery of one's own, from ``layerlight init`` to a site."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from generator.check import check
from generator.cli import app
from generator.config import Config, load_config
from generator.errors import OutputError
from generator.start import WORKFLOW, start
from generator.texts import templates_folder
from tests.small_networks import plain, saved

MADE = (
    "gallery.toml",
    "gallery.schema.json",
    "inputs/README.md",
    "text/.gitkeep",
    ".gitignore",
    WORKFLOW,
)
NOT_OF_A_GALLERY = {"atlas_folder", "trust_model", "workers", "scheduler"}
"""Keys of one machine, or that nobody should set by copying."""


def test_it_makes_what_a_gallery_begins_with(tmp_path: Path) -> None:
    """Settings, a folder each for images and texts, what git ignores, a workflow."""
    begun = start(tmp_path / "new" / "gallery")
    assert begun.made == MADE
    assert begun.kept == ()
    files = {p.relative_to(begun.folder).as_posix() for p in begun.folder.rglob("*") if p.is_file()}
    assert files == set(MADE)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """What is there stays; what is not is made."""
    (tmp_path / "gallery.toml").write_text('title = "Mine"\n')
    begun = start(tmp_path)
    assert begun.kept == ("gallery.toml",)
    assert (tmp_path / "gallery.toml").read_text() == 'title = "Mine"\n'
    assert start(tmp_path).made == ()


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    """With what to do."""
    (tmp_path / "gallery").write_text("x")
    with pytest.raises(OutputError, match="expected a folder that can be written to"):
        start(tmp_path / "gallery")


def test_every_key_is_explained_and_every_example_is_right(tmp_path: Path) -> None:
    """With its comments opened, the file is valid, and holds each key that a gallery may set."""
    text = (templates_folder() / "start" / "gallery.toml").read_text(encoding="utf-8")
    opened = re.sub(r"^# (?=\w+ = )", "", text, flags=re.MULTILINE)
    assert set(tomllib.loads(opened)) == set(Config.model_fields) - NOT_OF_A_GALLERY
    file = tmp_path / "gallery.toml"
    file.write_text(opened, encoding="utf-8")
    load_config(file)
    file.write_text(text, encoding="utf-8")
    assert load_config(file) == Config(
        inputs=tmp_path / "inputs", output=tmp_path / "site", atlas_folder=tmp_path / "atlas"
    )


def test_what_it_makes_builds_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a photo, and here a small network, by the commands that it names; before a push a line
    of the workflow is to be edited, unless it was there already.
    """
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(app, arguments, prog_name="layerlight")
        assert done.exit_code == 0, done.output
        return done.stdout

    said = run("init", "garden")
    assert all(f"made  garden/{path}" in said for path in MADE)
    assert "cd garden" in said
    number = re.search(rf"first edit line (\d+) of {re.escape(WORKFLOW)}", said)
    assert number
    line = Path("garden", WORKFLOW).read_text("utf-8").splitlines()[int(number[1]) - 1]
    assert line.strip().startswith('run: python -m pip install "layerlight')
    assert "first edit" not in run("init", "garden")
    monkeypatch.chdir(tmp_path / "garden")
    Image.new("RGB", (40, 40), (200, 90, 40)).save("inputs/robin.png")
    assert "problems  none" in run("build", "--model", str(saved(plain(), tmp_path / "p.keras")))
    assert "faults    none" in run("check")
    found = check(Path("site"))
    assert (found.images, found.faults) == (1, ())
