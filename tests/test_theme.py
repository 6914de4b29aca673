"""An owner's templates and stylesheets go before ours, and cannot do more than be pages."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generator.building import Report, build
from generator.config import Config, load_config
from generator.errors import ConfigError
from generator.texts import templates_folder
from tests.small_networks import SIDE, plain, saved

EXAMPLE = Path(__file__).parent.parent / "docs/examples/theme"


class Shop:
    """Two images, a small network, and a folder of templates."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.own, self.site = folder, folder / "own", folder / "site"
        self.own.mkdir()
        (folder / "in").mkdir()
        noise = np.random.default_rng(8).integers(0, 256, (2, SIDE, SIDE, 3), dtype=np.uint8)
        for name, pixels in zip("ab", noise, strict=True):
            Image.fromarray(pixels).save(folder / "in" / f"{name}.png")
        saved(plain(), folder / "mine.keras")

    def put(self, name: str, text: str) -> None:
        """Write one of the owner's files."""
        path = self.own / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def build(self, templates: Path | None) -> Report:
        """With these templates."""
        return build(
            Config(
                inputs=self.folder / "in",
                output=self.site,
                model=str(self.folder / "mine.keras"),
                templates=templates,
                title="Two of noise",
            )
        )

    def page(self, name: str = "index.html") -> str:
        """What was built."""
        return (self.site / name).read_text(encoding="utf-8")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """As described."""
    return Shop(tmp_path)


def test_a_block_is_replaced_and_the_rest_is_ours(shop: Shop) -> None:
    """``!default/`` is our template of that name, also where the owner has one of the same."""
    shop.put(
        "base.html.jinja",
        '{% extends "!default/base.html.jinja" %}'
        "{% block foot %}<p>Room 7</p>{{ super() }}{% endblock %}",
    )
    shop.build(shop.own)
    for name in ("index.html", "images/a/mine/first.html", "learn/glossary.html", "404.html"):
        page = shop.page(name)
        assert ("<p>Room 7</p>" in page) == (name != "404.html")  # which stands alone
    assert "How this was made" in shop.page()


def test_a_stylesheet_of_the_same_name_goes_before_ours(shop: Shop) -> None:
    """With ours in the place where it is imported; others stay; files of new names come on top."""
    shop.put(
        "static/css/tokens.css",
        '@import "!default/css/tokens.css";\n:root { --page: #fed; }\n',
    )
    shop.put("static/logo.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>\n")
    shop.build(None)
    ours = shop.page("static/css/site.css")
    shop.build(shop.own)
    theirs = shop.page("static/css/site.css")
    tokens = (templates_folder() / "static/css/tokens.css").read_text(encoding="utf-8")
    assert ours.startswith(tokens)
    assert theirs == ours.replace(tokens, f"{tokens}\n:root {{ --page: #fed; }}\n", 1)
    assert (shop.site / "static/logo.svg").is_file()


def test_a_changed_template_makes_pages_anew_and_runs_nothing(shop: Shop) -> None:
    """Sheets are kept; without a change there is nothing to do; without templates all is ours."""
    shop.put("partials/word.html.jinja", "one")
    shop.put(
        "base.html.jinja",
        '{% extends "!default/base.html.jinja" %}'
        '{% block foot %}{% include "partials/word.html.jinja" %}{% endblock %}',
    )
    shop.build(shop.own)
    assert shop.build(shop.own).unchanged
    shop.put("partials/word.html.jinja", "another")
    report = shop.build(shop.own)
    assert (report.kept, report.unchanged) == (2, False)
    assert "another" in shop.page("images/b/mine/pool.html")
    report = shop.build(None)
    assert (report.kept, report.unchanged) == (2, False)
    assert "another" not in shop.page("images/b/mine/pool.html")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("front.html", "", "front.html; the nearest is front.html.jinja"),
        ("layers.html.jinja", "", "layers.html.jinja; the nearest is layer.html.jinja"),
        ("text/generic/conv.md", "", "text/generic/conv.md; see docs/themes.md"),
        ("static/css/tokens.css", '@import "!default/css/token.css";', "no such stylesheet"),
        ("static/css/page.css", '@import "!default/../handout/en.toml";', "no such stylesheet"),
        ("static/css/site.css", "", "expected the parts of the stylesheet"),
        ("front.html.jinja", "{% if %}", "front.html.jinja, line 1: Expected an expression"),
        ("front.html.jinja", "\n{{ nowhere }}", "front.html.jinja, line 2: 'nowhere' is undefined"),
        ("front.html.jinja", '{% extends "bass" %}', "bass"),
        ("front.html.jinja", '{% include "../../mine.keras" %}', "mine.keras"),
    ],
)
def test_what_cannot_go_before_ours_is_named(shop: Shop, name: str, text: str, said: str) -> None:
    """Before or while pages are made; the site stays as it was."""
    shop.build(None)
    before = shop.page()
    shop.put(name, text)
    with pytest.raises(ConfigError, match=r"^templates: ") as caught:
        shop.build(shop.own)
    assert said in str(caught.value)
    assert shop.page() == before


@pytest.mark.parametrize(
    "reach",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ static.__globals__ }}",
        "{{ gallery.facts.__self__ }}",
        "{{ gallery.images.__class__.__base__ }}",
    ],
)
def test_a_strangers_template_reaches_nothing_of_the_program(shop: Shop, reach: str) -> None:
    """The well-known ways out of a template are closed; the build stops with a message."""
    shop.put("front.html.jinja", reach)
    with pytest.raises(ConfigError, match=r"front\.html\.jinja"):
        shop.build(shop.own)


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_are_not_followed(shop: Shop) -> None:
    """Else the site could show what lies elsewhere on the owner's machine."""
    secret = shop.folder / "secret.txt"
    secret.write_text("hush", encoding="utf-8")
    (shop.own / "static").mkdir()
    (shop.own / "static/notes.txt").symlink_to(secret)
    with pytest.raises(ConfigError, match=r"got a link, static/notes\.txt"):
        shop.build(shop.own)


def test_no_folder(shop: Shop) -> None:
    """What was expected, what is there, what to do."""
    with pytest.raises(ConfigError, match="nowhere, nothing there; correct templates"):
        shop.build(shop.folder / "nowhere")


def test_it_is_found_from_the_configurations_place(shop: Shop) -> None:
    """As every path in ``gallery.toml``."""
    (shop.folder / "gallery.toml").write_text('templates = "own"\n', encoding="utf-8")
    assert load_config(shop.folder / "gallery.toml").templates == shop.folder / "own"


def test_the_example_builds(shop: Shop) -> None:
    """It is what docs/themes.md shows."""
    shop.build(EXAMPLE)
    assert "Reading room" in shop.page()
    assert "Two of noise</a>" in shop.page()
