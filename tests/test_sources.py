"""What a site remembers of how it was built, and what is watched because of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from generator import beside
from generator.building import build
from generator.cli import app
from generator.config import load_config
from generator.errors import UsageError
from generator.manifest import Origin, origin_of
from generator.sources import settings_of, sources_of
from tests.input_folders import photo
from tests.small_networks import plain, saved


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _build(*flags: str) -> None:
    done = CliRunner().invoke(app, ["build", *flags], prog_name="layerlight")
    assert done.exit_code == 0, done.output


def test_a_site_remembers_how_it_was_asked_for(here: Path) -> None:
    """Folder, file and flags of the last build, also of one that had nothing to do; a build by a
    program has none, and a copy of the site is not taken for it.
    """
    photo(here / "inputs" / "red.png")
    saved(plain(), here / "mine.keras")
    _build("-o", "out", "--model", "mine.keras", "--layers", "first,pool", "--no-values")
    first = Origin(
        str(here),
        None,
        {"output": "out", "model": "mine.keras", "layers": ["first,pool"], "values": False},
    )
    assert origin_of(Path("out")) == first

    # The same settings, from a file: nothing to do.
    (here / "own.toml").write_text('model = "mine.keras"\nlayers = "first,pool"\nvalues = false\n')
    before = (here / "out" / "index.html").stat().st_ino
    _build("-o", "out", "--config", "own.toml")
    assert (here / "out" / "index.html").stat().st_ino == before
    second = Origin(str(here), "own.toml", {"output": "out"})
    assert origin_of(Path("out")) == second

    shutil.copytree(here / "out", here / "copy")
    shutil.copy(beside.manifest(here / "out"), beside.manifest(here / "copy"))
    assert origin_of(Path("copy")) is None

    build(load_config(Path("own.toml"), {"output": "out"}))
    assert origin_of(Path("out")) is None
    assert origin_of(Path("nowhere")) is None


def test_settings_are_what_the_same_build_would_have_now(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Flags above the file as it is by now, wherever this is asked."""
    (here / "gallery.toml").write_text('title = "Old"\npalette = "grey"\n')
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    origin = Origin(str(here), None, {"handouts": True, "palette": "magma", "size": "64"})
    (here / "gallery.toml").write_text('title = "New"\npalette = "grey"\n')
    config = settings_of(origin)
    assert (config.title, config.palette, config.handouts) == ("New", "magma", True)
    assert config.size == (64, 64)
    assert Path.cwd() == here / "elsewhere"


def test_a_gallery_that_has_moved_says_so(here: Path) -> None:
    """The folder in which it was built is named."""
    with pytest.raises(UsageError, match="gone, which is not there any more"):
        settings_of(Origin(str(here / "gone")))


def test_everything_that_decides_is_watched(here: Path) -> None:
    """Each source, wherever the settings say that it lies; never the site or what is hidden."""
    (here / "g").mkdir()
    (here / "g" / "gallery.toml").write_text(
        'inputs = "photos"\ntemplates = "look"\nmodel = "nets/a.keras"\nweights = "w.h5"\n'
        'labels = "l.txt"\nagainst = ["b.keras, labels=bl.txt", "resnet50, weights=random"]\n'
    )
    origin = Origin(str(here), "g/gallery.toml", {"output": "g/site"})
    watched = sources_of(settings_of(origin), origin, here / "g" / "site")
    for path in (
        *("photos/a.png", "photos/birds/a.md", "photos", "look/static/css/x.css", "gallery.toml"),
        *("text", "nets/a.keras", "nets", "w.h5", "l.txt", "b.keras", "bl.txt"),
    ):
        assert watched.matters(here / "g" / path), path
    for path in (
        *("site/index.html", "site", ".site.layerlight.json", ".layerlight-1/new/index.html"),
        *("notes.txt", "photos/.cache/a.png", "photos/.a.png.swp", "nets/b.keras", "random"),
        *("text/learn/x.md", "gallery.toml.bak"),
    ):
        assert not watched.matters(here / "g" / path), path
    (here / "g" / "text").mkdir()
    watched = sources_of(settings_of(origin), origin, here / "g" / "site")
    assert watched.matters(here / "g" / "text" / "learn" / "x.md")
