"""Handouts that a build makes: what is in the site, and which pages lead to it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pypdf import PdfReader

from generator.building import build
from generator.cli import texts
from generator.config import Config, load_config
from generator.errors import ConfigError, LayerlightError, UsageError
from generator.handout.press import press
from tests.conftest import IMAGES
from tests.small_networks import branched, saved
from tests.test_build import gallery, photo, tree

KINDS = ("student", "teacher", "poster")


class Counter:
    """Keeps the last counts of each kind."""

    def __init__(self) -> None:
        self.last: dict[str, tuple[int, int]] = {}

    def images(self, done: int, total: int) -> None:
        """Decoded."""

    def sheets(self, done: int, total: int) -> None:
        """Written."""

    def handouts(self, done: int, total: int) -> None:
        """Made."""
        self.last["handouts"] = (done, total)

    def pages(self, done: int, total: int) -> None:
        """Rendered."""
        self.last["pages"] = (done, total)


def _read(site: Path, page: str) -> str:
    return (site / page).read_text("utf-8")


def test_the_page_lists_every_handout_with_what_it_is(site: Path) -> None:
    """Each PDF and its picture, how many pages, on what paper, how many kilobytes."""
    html = _read(site, "handouts/index.html")
    links = re.findall(r'<h3><a href="([^"]+)">[^<]+</a></h3>\s*<p>([^<]+)</p>', html)
    assert {href for href, _ in links} == {p.name for p in (site / "handouts").glob("*.pdf")}
    assert len(links) == len(IMAGES) * len(KINDS)
    for href, facts in links:
        pdf = site / "handouts" / href
        pages = len(PdfReader(pdf).pages)
        paper = "A3" if "poster" in href else "A4"
        size = f"{round(pdf.stat().st_size / 1000):,} kB"
        assert facts == f"{pages} page{'s' if pages > 1 else ''}, {paper}, {size}"
    assert html.count("Holds the answers.") == len(IMAGES)
    assert "A teacher’s copy holds the answers" in html
    previews = [*(site / "handouts/previews").iterdir()]
    assert len(previews) == len(links)
    assert max(p.stat().st_size for p in previews) < 40_000


def test_pages_lead_to_the_handouts(site: Path) -> None:
    """The front page, an image's page (to its own place), the course, and the top of every page."""
    assert '<div><a href="handouts/index.html">Print</a>' in _read(site, "index.html")
    assert '<div><a href="../handouts/index.html">Print</a>' in _read(site, "learn/index.html")
    for image in IMAGES:
        html = _read(site, f"images/{image}/index.html")
        assert f'<a href="../../handouts/index.html#of-{image}">Worksheets' in html
        assert f'id="of-{image}"' in _read(site, "handouts/index.html")
    assert '<a href="../../handouts/index.html">Print</a>' in _read(site, "models/vgg16/index.html")


def test_a_network_with_branches_has_no_worksheets(tmp_path: Path) -> None:
    """Said before anything is made, with the layer and what to do; without handouts it is built."""
    photo(tmp_path / "in/a.png")
    model = saved(branched(), tmp_path / "branched.keras")
    config = Config(inputs=tmp_path / "in", output=tmp_path / "out", model=str(model))
    with pytest.raises(UsageError, match=r"handouts: .* in which branches meet \(.*--no-handouts"):
        build(config.model_copy(update={"handouts": True}))
    assert not (tmp_path / "out").exists()
    assert build(config).handouts == 0


def test_handouts_come_and_go_with_the_build(tmp_path: Path) -> None:
    """None by default, and no page speaks of them; with them; and a rebuild without says so."""
    photo(tmp_path / "in/a.png")
    site = tmp_path / "out"
    counter = Counter()

    def built(*, handouts: bool = False) -> str:
        config = Config(
            inputs=tmp_path / "in",
            output=site,
            size=(64, 64),
            layers=("block1_*",),
            handouts=handouts,
        )
        return texts.summary(build(config, progress=counter))

    assert "PDFs" not in built()
    assert not (site / "handouts").exists()
    assert not [p for p in site.rglob("*.html") if "handouts/" in p.read_text("utf-8")]
    assert "handouts  3 PDFs\n" in built(handouts=True)
    first = tree(site)
    pages = len([*site.rglob("*.html")])
    assert counter.last == {"handouts": (1, 1), "pages": (pages, pages)}
    assert "handouts  3 PDFs\n" in built(handouts=True)
    assert tree(site) == first
    gone = built()
    assert "0 PDFs; 3 of the previous site are gone (--handouts makes them with the site)" in gone
    assert not (site / "handouts").exists()


def test_the_owner_decides_paper_language_and_whose_copies(tmp_path: Path) -> None:
    """Keys of gallery.toml; without teachers' copies nothing warns of answers."""
    photo(tmp_path / "in/a.png")
    toml = tmp_path / "gallery.toml"
    toml.write_text(
        'handouts = true\nhandout_for = "student"\nhandout_paper = "letter"\n'
        'handout_language = "de"\nhandout_ink = "grey"\nsize = 64\nlayers = "block1_*"\n'
        'inputs = "in"\noutput = "out"\n',
        encoding="utf-8",
    )
    report = build(load_config(toml))
    assert report.handouts == 2
    names = sorted(p.name for p in (tmp_path / "out/handouts").glob("*.pdf"))
    assert names == ["a-poster-letter-grey-de.pdf", "a-student-letter-grey-de.pdf"]
    html = _read(tmp_path / "out", "handouts/index.html")
    assert "Letter" in html
    assert "Tabloid" in html
    assert "Everything is grey" in html
    assert "answers." not in html.replace("no answers.", "")


def test_a_language_that_there_is_not_stops_the_build_before_it_begins(tmp_path: Path) -> None:
    """The message names the key and what there is."""
    photo(tmp_path / "in/a.png")
    config = Config(
        inputs=tmp_path / "in", output=tmp_path / "out", handouts=True, handout_language="tlh"
    )
    with pytest.raises(ConfigError, match="handout_language: expected one of de, en, got 'tlh'"):
        build(config)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("handouts", "yes", "true or false"),
        ("handout_paper", "a5", "'a4' or 'letter'"),
        ("handout_ink", "red", "'mixed', 'grey' or 'colour'"),
        ("handout_for", "all", "'student', 'teacher' or 'both'"),
        ("handout_language", "../en", "the language of handouts"),
    ],
)
def test_a_wrong_key_is_named(key: str, value: str, expected: str) -> None:
    """With what was expected and what came."""
    with pytest.raises(ConfigError, match=rf"{key}: expected {expected}.*got '{value}'"):
        Config.model_validate({key: value})


def test_an_image_whose_handouts_cannot_be_set_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named, its place on the page says so, and the others have theirs."""
    photo(tmp_path / "in/a.png")
    photo(tmp_path / "in/b.png", 1)

    def broken(*arguments: object) -> bytes:
        if "“A”" in str(arguments[2]):
            raise LayerlightError("cannot be set")
        return press(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("generator.handout.making.press", broken)
    report = gallery(tmp_path / "in", tmp_path / "out", handouts=True, layers=("block1_conv1",))
    (problem,) = report.problems
    assert (problem.source, problem.stage) == ("a.png", "handout")
    assert "layerlight handout a says why" in problem.message
    assert report.handouts == 3
    html = _read(tmp_path / "out", "handouts/index.html")
    assert html.count("Nothing could be set") == 1
    assert "a.png" in _read(tmp_path / "out", "index.html")


def test_the_command_takes_its_defaults_from_the_gallery(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What gallery.toml says of handouts holds for the command too, and a flag is above it."""
    from typer.testing import CliRunner

    from generator.cli import app

    monkeypatch.chdir(tmp_path)
    (tmp_path / "gallery.toml").write_text(
        'handout_for = "student"\nhandout_paper = "letter"\n', encoding="utf-8"
    )
    arguments = ["handout", "chelsea", "--site", str(site), "-o", "out", "--layers", "block5_pool"]
    done = CliRunner().invoke(app, [*arguments, "--ink", "grey"])
    assert done.exit_code == 0, done.output
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["chelsea-student-letter-grey.pdf"]
