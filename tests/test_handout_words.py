"""The words of handouts, what the command refuses, and the parts that need no PDF."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from generator.cli import app
from generator.domain import Channel
from generator.errors import ConfigError, LayerlightError, LayerNotFound, SiteError, UsageError
from generator.handout import Wish, make
from generator.handout.language import languages, read_language
from generator.handout.pictures import enlarged, map_picture, window_picture
from generator.handout.press import plain, press
from generator.texts import templates_folder

WORDS = templates_folder() / "handout"


def _channel(high: float) -> Channel:
    return Channel(low=0, high=high, mean=0, std=0, zero_fraction=0, peaks=())


@pytest.mark.parametrize("code", languages(WORDS))
def test_a_language_is_complete(code: str) -> None:
    """Each file of words has the keys and placeholders of the English one."""
    assert read_language(WORDS, code).words.keys() == read_language(WORDS, "en").words.keys()


def test_a_language_that_is_not_there_is_named() -> None:
    """The message lists those that are."""
    with pytest.raises(ConfigError, match="--language: expected one of de, en, got 'fr'"):
        read_language(WORDS, "fr")


def test_wrong_keys_and_placeholders_are_named(tmp_path: Path) -> None:
    """Whoever translates learns of everything that is amiss at once."""
    (tmp_path / "en.toml").write_text('a = "{n} maps"\nb = "x"\n', encoding="utf-8")
    (tmp_path / "xx.toml").write_text('a = "{m} Karten"\nc = "y"\n', encoding="utf-8")
    with pytest.raises(LayerlightError) as caught:
        read_language(tmp_path, "xx")
    message = str(caught.value)
    assert "b: missing" in message
    assert "c: no such key" in message
    assert "a: expected the placeholders {n}, got {m}" in message


def test_numbers_are_written_as_the_language_does() -> None:
    """German has a comma where English has a point."""
    english, german = (read_language(WORDS, code) for code in ("en", "de"))
    assert (english.number(4067.4), german.number(4067.4)) == ("4,067", "4.067")
    assert (english.fixed(-12.34, 1), german.fixed(-12.34, 1)) == ("\u221212.3", "\u221212,3")


def test_white_is_zero_and_nothing_else() -> None:
    """In black ink the least value that is not zero can be told from zero; the end is black."""
    tile = np.array([[0, 1, 128, 255]], dtype=np.uint8)
    picture = map_picture(tile, _channel(100.0), 100.0, "mixed")
    assert picture[0, 0] == 255
    assert picture[0, 1] < 245
    assert (np.diff(picture[0].astype(int)) < 0).all()
    assert picture[0, 3] == 0
    assert map_picture(tile, _channel(100.0), 50.0, "mixed")[0, 2] == 0


def test_a_large_map_keeps_its_peaks() -> None:
    """Reduced, a picture shows the largest of the values that it stands for."""
    tile = np.zeros((5, 4), dtype=np.uint8)
    tile[0, 1], tile[4, 3] = 255, 128
    picture = map_picture(tile, _channel(100.0), 100.0, "mixed", at_most=3)
    assert picture.tolist() == [[0, 255], [255, 255], [255, 120]]


def test_a_silent_map_is_white() -> None:
    """Nothing divides by a scale of zero."""
    tile = np.zeros((2, 2), dtype=np.uint8)
    assert (map_picture(tile, _channel(0.0), 0.0, "grey") == 255).all()


def test_pictures_are_enlarged_by_whole_numbers() -> None:
    """Every value stays a square of the same size."""
    assert enlarged(np.array([[1, 2], [3, 4]], dtype=np.uint8), 5).tolist() == [
        *([[1, 1, 1, 2, 2, 2]] * 3),
        *([[3, 3, 3, 4, 4, 4]] * 3),
    ]


def test_a_window_beyond_the_border_is_hatched() -> None:
    """What lies outside is never a repeated pixel."""
    photo = np.full((4, 4), 7, dtype=np.uint8)
    picture = window_picture(photo, (-2, 1, 0, 3), 40)
    assert picture.shape == (40, 40)
    assert (picture[20:] == 7).all()
    assert set(np.unique(picture[:20])) == {128, 255}


def test_a_title_is_one_printable_line() -> None:
    """Control characters go, unknown letters become a box, and what is too long is cut."""
    assert plain("a\u202eb\n\tc\x00", 90) == "ab c"
    assert plain("猫 cat", 90) == "□ cat"
    assert plain("x" * 300, 10) == "x" * 9 + "…"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"paper": "a5"}, "--paper: expected a4 or letter, got 'a5'"),
        ({"ink": "red"}, "--ink: expected mixed, grey or colour, got 'red'"),
        ({"audience": "all"}, "--for: expected student, teacher or both, got 'all'"),
        ({"channels": 9}, "--channels: expected 2 to 6 maps in a row, got 9"),
        ({"language": "tlh"}, "--language: expected one of de, en, got 'tlh'"),
        ({"images": ("chelsae",)}, "IMAGE: .*Did you mean chelsea"),
        ({"layers": ("block9_*",)}, "--layers: .*'block9_\\*', which matches none"),
    ],
)
def test_what_makes_no_sense_is_refused(
    site: Path, tmp_path: Path, options: dict[str, object], message: str
) -> None:
    """The message names the option, what was expected and what came; nothing is written."""
    wish = Wish(**({"site": site, "output": tmp_path / "out"} | options))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=message):
        make(wish)
    assert not (tmp_path / "out").exists()


def test_an_unknown_layer_is_a_layer_not_found(site: Path, tmp_path: Path) -> None:
    """As in every other command."""
    with pytest.raises(LayerNotFound):
        make(Wish(site, layers=("nothing",), output=tmp_path))


def test_a_damaged_site_is_named(site: Path, tmp_path: Path) -> None:
    """A file that is missing or broken is named, with what to do."""
    broken = tmp_path / "site"
    shutil.copytree(site / "sheets" / "vgg16" / "chelsea", broken / "sheets" / "vgg16" / "chelsea")
    shutil.copy(site / "gallery.json", broken)
    numbers = broken / "sheets" / "vgg16" / "chelsea" / "block3_conv3.json"
    wish = Wish(broken, ("chelsea",), layers=("block3_conv3",), output=tmp_path / "out")
    numbers.write_text("{}", encoding="utf-8")
    with pytest.raises(SiteError, match=r"block3_conv3\.json: .*run layerlight build again"):
        make(wish)
    numbers.unlink()
    with pytest.raises(SiteError, match=r"block3_conv3\.json: .*cannot be read"):
        make(wish)
    (broken / "gallery.json").write_text(json.dumps({"generator": 1}), encoding="utf-8")
    with pytest.raises(SiteError, match=r"gallery\.json: expected"):
        make(wish)


def test_a_template_that_cannot_be_set_is_named(tmp_path: Path) -> None:
    """An error of typst becomes one of ours."""
    (tmp_path / "odd.typ").write_text("#let x = ", encoding="utf-8")
    with pytest.raises(LayerlightError, match=r"odd\.typ: expected a template"):
        press(tmp_path, "odd", {}, {})


def test_a_template_reads_no_file_of_the_machine(tmp_path: Path) -> None:
    """The compilation sees its own folder only."""
    (tmp_path / "odd.typ").write_text('#read("/etc/passwd")', encoding="utf-8")
    with pytest.raises(LayerlightError, match="not found"):
        press(tmp_path, "odd", {}, {})


def test_the_command_has_the_usual_exit_codes(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0 done, 2 usage; without a gallery it says how to get one."""
    monkeypatch.chdir(tmp_path)
    run = CliRunner()
    lost = run.invoke(app, ["handout"])
    assert lost.exit_code == 2
    assert "run layerlight build first" in lost.output
    both = run.invoke(app, ["handout", "chelsea", "--all", "--site", str(site)])
    assert both.exit_code == 2
    assert "--all: expected either images or --all" in both.output
    arguments = ["--site", str(site), "-o", "out", "--for", "student", "--layers", "block5_pool"]
    done = run.invoke(app, ["handout", "chelsea", *arguments])
    assert done.exit_code == 0, done.output
    assert "out/chelsea-student.pdf" in done.output
    assert (tmp_path / "out" / "chelsea-student.pdf").read_bytes().startswith(b"%PDF-")


def test_a_file_of_another_kind_is_left_alone(site: Path, tmp_path: Path) -> None:
    """What lies at the place of a handout is replaced only if it is a PDF."""
    (tmp_path / "chelsea-student.pdf").write_text("my notes", encoding="utf-8")
    with pytest.raises(LayerlightError, match="a file of another kind"):
        make(Wish(site, ("chelsea",), output=tmp_path))
    assert (tmp_path / "chelsea-student.pdf").read_text(encoding="utf-8") == "my notes"
