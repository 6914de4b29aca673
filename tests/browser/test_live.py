"""What is edited while ``layerlight serve`` watches reaches the open page, and nothing is left."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from generator import layout
from tests.browser.test_accessibility import RULES
from tests.conftest import PROJECT
from tests.input_folders import BLUE, photo
from tests.small_networks import plain, saved

MILLISECONDS = 120_000
"""Longest wait for a build, on a machine with other work."""
CHAPTER = layout.CHAPTERS[0]
REMEMBER = "window.layerlightSeen = true"
LOADED_ANEW = "() => window.layerlightSeen === undefined && document.readyState === 'complete'"


def _environment() -> dict[str, str]:
    paths = [str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


class Serving:
    """A process of ``layerlight serve``, and what it says."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.url = self.wait_for(r"Serving \S+ at (\S+) ")[1]

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Its next line of this pattern."""
        assert self.process.stdout
        for line in self.process.stdout:
            if match := re.match(pattern, line):
                return match
        raise AssertionError(f"no line {pattern}; {self.process.communicate()}")

    def end(self, how: signal.Signals) -> tuple[str, str]:
        """What else it says when it is ended, once nobody is left who could say something: a
        build shares its standard error.
        """
        self.process.send_signal(how)
        return self.process.communicate(timeout=60)


class Studio:
    """A gallery of two small images that is worked on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        photo(folder / "inputs" / "red.png")
        photo(folder / "inputs" / "blue.png", BLUE)
        saved(plain(), folder / "mine.keras")
        (folder / "look").mkdir()
        (folder / "gallery.toml").write_text('model = "mine.keras"\ntemplates = "look"\n')
        self.write_chapter("First words")

    def write(self, name: str, text: str) -> None:
        """A file of the owner's."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def write_chapter(self, title: str, field: str = "title") -> None:
        """A chapter that is longer than a window."""
        body = "Some words.\n\n" * 60
        self.write(f"text/learn/{CHAPTER}.md", f"---\n{field}: {title}\n---\n{body}")

    @contextmanager
    def serve(self, *arguments: str, folder: Path | None = None) -> Iterator[Serving]:
        """Serve it, from its folder or another, and see to it that nothing goes on."""
        with subprocess.Popen(
            [sys.executable, "-m", "generator", "serve", "--port", "0", *arguments],
            cwd=folder or self.folder,
            env=_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield Serving(process)
            finally:
                process.kill()


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    """As described."""
    return Studio(tmp_path)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page, where everything may take as long as a build."""
    context = browser.new_context(viewport={"width": 900, "height": 500})
    context.set_default_timeout(MILLISECONDS)
    expect.set_options(timeout=MILLISECONDS)
    yield context.new_page()
    expect.set_options(timeout=5_000)  # as it is without
    context.close()


def _faults(page: Page) -> list[str]:
    """What goes wrong on it from now on."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda m: faults.append(m.text) if m.type in ("error", "warning") else None)
    return faults


def _wait_until_loaded_anew(page: Page) -> None:
    page.wait_for_function(LOADED_ANEW)


@pytest.mark.slow
def test_texts_reach_the_open_page_and_so_do_errors(studio: Studio, page: Page) -> None:
    """From the first build on, which an open page waits for. A text that is edited is there with
    the place in the page kept; an error in it is shown, and gone with the next good build. When
    the server is interrupted in the middle of a build, that ends too, and the site stays.
    """
    with studio.serve() as serving:
        serving.wait_for("There is no gallery in site yet: building it first")
        page.goto(serving.url + layout.learn_page(CHAPTER))
        expect(page.locator("h1")).to_have_text("First words")
        faults = _faults(page)
        chapter = studio.folder / "site" / layout.learn_page(CHAPTER)
        assert b"/-/" not in chapter.read_bytes()
        serving.wait_for("Built: 2 images")

        page.evaluate("window.scrollTo(0, 700)")
        studio.write_chapter("Second words")
        serving.wait_for(rf"text/learn/{CHAPTER}\.md changed: building")
        expect(page.locator("h1")).to_have_text("Second words")
        assert page.evaluate("Math.round(scrollY)") == 700

        page.evaluate(REMEMBER)
        studio.write_chapter("Third words", field="titel")
        notice = page.get_by_role("alert")
        expect(notice).to_contain_text(f"learn/{CHAPTER}.md, line 2")
        expect(notice).to_contain_text("the nearest is title")
        found = Axe().run(page, options={"runOnly": list(RULES), "resultTypes": ["violations"]})
        assert found.response["violations"] == []
        assert page.evaluate("window.layerlightSeen")
        studio.write_chapter("Second words")
        expect(notice).to_have_count(0)  # nothing to do: the page is the one before
        assert page.evaluate("window.layerlightSeen")
        studio.write_chapter("Third words")
        expect(page.locator("h1")).to_have_text("Third words")
        assert faults == []

        serving.wait_for("Built: 2 images")
        photo(studio.folder / "inputs" / "red.png", BLUE)
        serving.wait_for(r"inputs/red\.png changed: building")
        before = chapter.stat().st_ino
        _, err = serving.end(signal.SIGINT)
        assert serving.process.returncode == 0
        said = [line for line in err.splitlines() if line.startswith(("error: ", "Traceback"))]
        assert [line.split(":")[1] for line in said] == [" text"]
        assert chapter.stat().st_ino == before
        names = [path.name for path in studio.folder.iterdir()]
        assert not [name for name in names if name.startswith(".layerlight")]


@pytest.mark.slow
def test_templates_and_images_reach_the_open_page(studio: Studio, page: Page) -> None:
    """A template of the owner's, an image that is changed, one that is new, one that goes while
    its page is open, and settings. A server that is killed takes its build along.
    """
    with studio.serve() as serving:
        page.goto(serving.url)
        expect(page.locator(".brand")).to_have_text("Layerlight")
        faults = _faults(page)
        studio.write(
            "look/base.html.jinja",
            '{% extends "!default/base.html.jinja" %}{% block brand %}Ours{% endblock %}',
        )
        expect(page.locator(".brand")).to_have_text("Ours")

        photo(studio.folder / "inputs" / "green.png", (0, 128, 0))
        expect(page.get_by_role("link", name="green").first).to_be_visible()

        page.evaluate(REMEMBER)
        photo(studio.folder / "inputs" / "red.png", BLUE)
        _wait_until_loaded_anew(page)
        model = page.request.get(f"{serving.url}gallery.json").json()["models"][0]["id"]
        shown = page.request.get(serving.url + layout.input_png(model, "red")).body()
        assert Image.open(BytesIO(shown)).convert("RGB").getpixel((9, 9)) == BLUE

        page.evaluate(REMEMBER)
        studio.write("gallery.toml", 'title = "Ours"\nmodel = "mine.keras"\ntemplates = "look"\n')
        _wait_until_loaded_anew(page)
        expect(page.locator("h1")).to_have_text("Ours")
        assert faults == []

        page.goto(serving.url + layout.image_page("green"))
        (studio.folder / "inputs" / "green.png").unlink()
        expect(page.get_by_text("the image has left the gallery since")).to_be_visible()
        photo(studio.folder / "inputs" / "green.png", (0, 128, 0))
        expect(page.locator(".brand")).to_have_text("Ours")

        photo(studio.folder / "inputs" / "green.png", (0, 0, 0))
        serving.wait_for(r"inputs/green\.png changed: building")
        serving.end(signal.SIGKILL)


@pytest.mark.slow
def test_a_gallery_stays_as_it_was_asked_for(studio: Studio, page: Page) -> None:
    """Served from another folder by its name, it is built where it was, with the flags that it
    was built with.
    """
    elsewhere = studio.folder / "elsewhere"
    elsewhere.mkdir()
    subprocess.run(
        [sys.executable, "-m", "generator", "build", "--title", "By flag", "--palette", "magma"],
        cwd=studio.folder,
        env=_environment(),
        check=True,
        timeout=300,
    )
    with studio.serve("../site", folder=elsewhere) as serving:
        page.goto(serving.url)
        expect(page.locator("h1")).to_have_text("By flag")
        page.evaluate(REMEMBER)
        studio.write("inputs/red.md", "---\ntitle: A red square\n---\n")
        _wait_until_loaded_anew(page)
        expect(page.get_by_role("link", name="A red square").first).to_be_visible()
        expect(page.locator("h1")).to_have_text("By flag")
        assert page.locator("html").get_attribute("data-palette") == "magma"
        assert serving.end(signal.SIGINT)[1] == ""
