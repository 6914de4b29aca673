"""The blocks of docs/tutorial.md and README.md, run as they stand there.

The tutorial's are run one after another, in an empty home, on a small network in place of VGG16:
one line in gallery.toml is all that the test adds. README's Python runs on VGG16's own weights and
on a small network whose layers have VGG16's names.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from PIL import Image

from generator.inputs import discover
from tests.conftest import PROJECT
from tests.markdown_files import Block, blocks
from tests.small_networks import plain, saved

TUTORIAL = PROJECT / "docs/tutorial.md"
README = PROJECT / "README.md"


class Learner(NamedTuple):
    """Somebody who does what the tutorial says."""

    home: Path
    network: Path
    """What is run in place of VGG16."""

    @property
    def environment(self) -> Mapping[str, str]:
        """Where ``layerlight`` is this checkout's."""
        path = f"{self.home / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "HOME": str(self.home), "PATH": path, "PYTHONPATH": str(PROJECT)}

    def do(self, block: Block, folder: Path) -> Path:
        """Run a block of commands, or write a file that it shows; the folder where it ends."""
        if block.language == "sh":
            place = self.home / "where"
            script = f"set -eu\n{block.text}\npwd > '{place}'\n"
            done = subprocess.run(
                ["bash", "-c", script],
                cwd=folder,
                env=self.environment,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
            assert done.returncode == 0, f"line {block.line}: {done.stdout}{done.stderr}"
            return Path(place.read_text().strip())
        file = folder / block.file
        file.parent.mkdir(parents=True, exist_ok=True)
        added = f"model = '{self.network}'\n" if block.language == "toml" else ""
        file.write_text(block.text + added, encoding="utf-8")
        return folder


@pytest.fixture
def learner(tmp_path: Path) -> Learner:
    """With one photograph among her pictures."""
    for name in ("bin", "Pictures"):
        (tmp_path / name).mkdir()
    Image.new("RGB", (64, 48), (200, 90, 40)).save(tmp_path / "Pictures/robin.jpg")
    command = tmp_path / "bin/layerlight"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m generator "$@"\n')
    command.chmod(0o755)
    return Learner(tmp_path, saved(plain(), tmp_path / "plain.keras"))


@pytest.mark.slow
def test_the_tutorial_leads_to_a_gallery(learner: Learner) -> None:
    """Each of its blocks works where it stands, and at the end there is what it promises."""
    here = learner.home
    for block in blocks(TUTORIAL.read_text("utf-8")):
        if block.not_run:
            continue
        here = learner.do(block, here)
        if "layerlight init" in block.text:
            with (here / "gallery.toml").open("a") as file:
                file.write(f"\nmodel = '{learner.network}'\n")
    site = here / "site"
    chapter = (site / "learn/our-robin.html").read_text("utf-8")
    assert "Our gallery is about Robin on a spade. The network has 3 layers" in chapter
    assert "What VGG16 sees in our garden" in (site / "index.html").read_text("utf-8")
    assert "A robin on the handle of a spade" in (site / "index.html").read_text("utf-8")
    assert (site / "handouts/robin-teacher.pdf").is_file()
    chapters = (site / "learn/index.html").read_text("utf-8")
    assert "15" in chapters
    assert [p.name for p in (here / "for-monday").iterdir()] != []
    assert (here / "our-garden.zip").is_file()


def test_its_text_of_an_image_is_read(tmp_path: Path) -> None:
    """The Markdown beside a photograph, in the tutorial and in README: every field of it."""
    for page in (TUTORIAL, README):
        block = next(b for b in blocks(page.read_text("utf-8")) if b.file == "inputs/robin.md")
        (tmp_path / "robin.md").write_text(block.text, "utf-8")
        Image.new("RGB", (64, 48)).save(tmp_path / "robin.jpg")
        (found,), problems = discover(tmp_path)
        assert problems == ()
        assert found.sidecar.title == "Robin on a spade"
        assert found.sidecar.alt.startswith("A robin on the handle")


@pytest.mark.slow
def test_the_python_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On VGG16 itself, with one small image to build a gallery of and two to look at."""
    from generator.models.backend import keras

    monkeypatch.chdir(tmp_path)
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("chelsea", "coffee"):
        Image.open(PROJECT / f"inputs/{name}.jpg").resize((96, 96)).save(photos / f"{name}.png")
    names: dict[str, Any] = {
        "model": keras().applications.VGG16(
            weights=None, include_top=False, input_shape=(224, 224, 3)
        ),
        "images": sorted(photos.iterdir()),
    }
    (block,) = (b for b in blocks(README.read_text("utf-8")) if b.language == "python")
    exec(compile(block.text, str(README), "exec"), names)
    assert names["report"].images == 2
    assert not names["report"].problems
    assert names["maps"]["block3_conv3"].values.shape == (2, 56, 56, 256)
