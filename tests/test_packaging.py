"""The wheel and the sdist: everything is inside, and far from a checkout the command works."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import PROJECT
from tests.input_folders import photo
from tests.small_networks import plain, saved

pytestmark = pytest.mark.slow
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")


def done(*command: str | Path, cwd: Path | None = None) -> str:
    """What a command says; none of this run's paths leads it to the checkout."""
    hidden = ("PYTHONPATH", "PYTHONHOME")
    environment = {key: value for key, value in os.environ.items() if key not in hidden}
    said = subprocess.run(
        [*map(str, command)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    return said.stdout


def sources() -> set[str]:
    """What the wheel has to hold of this project, as it lies there."""
    places = (("generator", "generator"), ("templates", "generator/templates"))
    return {
        f"{inside}/{path.relative_to(PROJECT / folder).as_posix()}"
        for folder, inside in places
        for path in (PROJECT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def ours(wheel: Path) -> set[str]:
    """Its files but for its own metadata."""
    with zipfile.ZipFile(wheel) as file:
        return {name for name in file.namelist() if ".dist-info/" not in name}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built without an index."""
    folder = tmp_path_factory.mktemp("wheel")
    done(*PIP, "wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", folder, PROJECT)
    (found,) = folder.glob("*.whl")
    return found


class Installed(NamedTuple):
    """An environment with the wheel in it, and what it stands on from this one."""

    python: Path

    @property
    def command(self) -> Path:
        """``layerlight``."""
        return self.python.parent / "layerlight"


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """This environment's packages are seen through a path, so its editable install is not."""
    folder = tmp_path_factory.mktemp("installed") / "env"
    done(sys.executable, "-m", "venv", "--without-pip", folder)
    python = folder / "bin/python"
    done(*PIP, "--python", python, "install", "--no-deps", "--no-index", wheel)
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    said = done(python, "-c", asked, cwd=folder)
    place = Path(said.strip())
    (place / "libraries.pth").write_text(f"{sysconfig.get_path('purelib')}\n", "utf-8")
    found = done(python, "-c", "import generator; print(generator.__file__)", cwd=folder)
    assert Path(found.strip()).is_relative_to(place)
    return Installed(python)


def test_the_wheel_holds_the_whole_package(wheel: Path) -> None:
    """Code, templates, texts, scripts, the atlas, what init writes, py.typed; nothing else."""
    assert ours(wheel) == sources()
    assert "generator/py.typed" in sources()


def test_the_wheel_says_what_it_needs(wheel: Path) -> None:
    """Python 3.11 to 3.13, the extras, the command."""
    with zipfile.ZipFile(wheel) as file:
        (name,) = (n for n in file.namelist() if n.endswith(".dist-info/METADATA"))
        metadata = message_from_bytes(file.read(name))
    assert sorted(str(metadata["Requires-Python"]).split(",")) == ["<3.14", ">=3.11"]
    extras = {str(extra) for extra in metadata.get_all("Provides-Extra", [])}
    assert extras == {"weights", "heic", "cluster", "test", "lint", "dev"}
    assert f"layerlight-{metadata['Version']}-py3-none-any.whl" == wheel.name


def test_a_wheel_can_be_made_of_the_sdist(wheel: Path, tmp_path: Path) -> None:
    """With the same files; and the sdist holds what is needed to work on it, but no site."""
    done(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", tmp_path, cwd=PROJECT)
    (sdist,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(sdist) as file:
        names = {name.partition("/")[2] for name in file.getnames()}
    assert {"tests/conftest.py", "docs/README.md", "Makefile", "requirements/run.txt"} <= names
    # the placeholder keeps the folder, as in git
    made = {name for name in names if name.startswith(("site/", ".venv", ".ci/"))}
    assert made == {"site/.gitkeep"}
    again = tmp_path / "again"
    done(*PIP, "wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", again, sdist)
    assert ours(next(again.glob("*.whl"))) == ours(wheel)


def test_the_command_works_far_from_a_checkout(installed: Installed, tmp_path: Path) -> None:
    """From an empty folder: a gallery of a saved network, worksheets, a look over, a zip."""

    def run(*arguments: str) -> str:
        return done(installed.command, *arguments, cwd=tmp_path)

    photo(tmp_path / "photos/robin.png")
    saved(plain(), tmp_path / "plain.keras")
    assert "handout" in run("--help")
    assert "problems  none" in run("build", "photos", "-o", "out", "--model", "plain.keras")
    assert "2 files" in run("handout", "--site", "out", "--language", "de", "-o", "paper")
    assert len([*(tmp_path / "paper").glob("robin-*.pdf")]) == 2
    assert "faults    none" in run("check", "out")
    run("pack", "out", "-o", "robin.zip")
    assert zipfile.ZipFile(tmp_path / "robin.zip").testzip() is None
    run("init", "garden")
    assert (tmp_path / "garden/gallery.schema.json").is_file()


def test_type_checkers_see_its_types(installed: Installed, tmp_path: Path) -> None:
    """By py.typed: mypy knows what a build reports, and that a setting is wrong."""
    code = tmp_path / "asks.py"
    code.write_text(
        "import generator\n"
        "reveal_type(generator.build(generator.Config()).images)\n"
        "generator.load_config(3)\n",
        "utf-8",
    )
    command = (sys.executable, "-m", "mypy", "--python-executable", installed.python, "--strict")
    said = subprocess.run(
        [*map(str, command), "--cache-dir", str(tmp_path / "cache"), "asks.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    ).stdout
    assert 'Revealed type is "int"' in said.replace("builtins.", "")
    assert "[arg-type]" in said
    assert "import-untyped" not in said
