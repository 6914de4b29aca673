"""A folder of images, as people fill it, becomes the inputs of a gallery."""

from __future__ import annotations

import hashlib
import os
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from generator.inputs import Candidate, discover, load
from tests.image_files import file_of
from tests.input_folders import RED, SPEC, load_all, photo, problems_by_source, sources

PROJECT = Path(__file__).parent.parent

pytestmark = pytest.mark.timeout(60)  # None of this may wait for anything.


# --- Finding and ordering -----------------------------------------------------------------------


def test_every_format_and_every_folder(tmp_path: Path) -> None:
    """Suffixes count whatever their case; a folder is a section."""
    suffixes = [
        "jpg",
        "JPEG",
        "jpe",
        "jfif",
        "Png",
        "webp",
        "avif",
        "tif",
        "TIFF",
        "bmp",
        "gif",
        "heic",
        "HEIF",
    ]
    for suffix in suffixes:
        (tmp_path / f"a.{suffix}").touch()
    photo(tmp_path / "birds" / "small" / "wren.png")
    candidates, problems = discover(tmp_path)
    found = {candidate.source: candidate.section for candidate in candidates}
    expected = {f"a.{suffix}": "" for suffix in suffixes}
    assert found == expected | {"birds/small/wren.png": "birds/small"}
    assert problems == ()


def test_what_is_passed_over(tmp_path: Path) -> None:
    """Hidden things, what archives and systems leave behind, and other files are no problem."""
    photo(tmp_path / "a.png")
    for name in (".b.png", ".git/c.png", "__MACOSX/d.png", "x/.thumbs/e.png"):
        photo(tmp_path / name)
    for name in ("Thumbs.db", "README.md", "notes.txt", "LICENSE", "gallery.toml", "clip.mp4"):
        (tmp_path / name).write_text("not an image")
    assert sources(tmp_path) == ["a.png"]
    assert problems_by_source(tmp_path) == {}


@pytest.mark.parametrize("name", ["IMG_1.CR2", "a.nef", "b.dng", "logo.svg", "layers.psd", "c.jxl"])
def test_pictures_of_other_formats_are_told(tmp_path: Path, name: str) -> None:
    """Someone who puts a raw photograph there expects to see it: say which formats are read."""
    photo(tmp_path / "a.png")
    (tmp_path / name).touch()
    assert sources(tmp_path) == ["a.png"]
    assert "JPEG, PNG, WebP, AVIF, TIFF, BMP, GIF or HEIC" in problems_by_source(tmp_path)[name]


def test_the_order(tmp_path: Path) -> None:
    """First by the front matter's order, then by name: numbers by value, case ignored."""
    for name in ("IMG_10.png", "img_9.png", "IMG_9.png", "b/x.png", "B/y.png", "c.png", "z.png"):
        photo(tmp_path / name)
    (tmp_path / "z.md").write_text("---\norder: 1\n---\n")
    (tmp_path / "c.md").write_text("---\norder: -0.5\n---\n")
    assert sources(tmp_path) == [
        "c.png",
        "z.png",
        "b/x.png",
        "B/y.png",
        "IMG_9.png",
        "img_9.png",
        "IMG_10.png",
    ]


def test_the_order_of_the_file_system_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the system lists the folders, the result is the same."""
    for name in (
        "Cat.jpg",
        "cat.png",
        "cät.jpg",
        "1.png",
        "10.png",
        "2.png",
        "d/Cat.jpg",
        "e.png/f",
    ):
        photo(tmp_path / name)
    for name in ("1.md", "1.MD", "1.png.md"):
        (tmp_path / name).write_text(f"---\ntitle: {name}\norder: x\n---\n")
    expected = discover(tmp_path)
    real = os.scandir

    @contextmanager
    def shuffled(path: Any) -> Iterator[list[os.DirEntry[str]]]:
        with real(path) as listing:
            entries = list(listing)
        order.shuffle(entries)
        yield entries

    monkeypatch.setattr(os, "scandir", shuffled)
    for seed in range(10):
        order = random.Random(seed)
        assert discover(tmp_path) == expected


def test_ids_of_colliding_names(tmp_path: Path) -> None:
    """Names that differ in case, accent or suffix only: three images, three ids."""
    for name in ("Cat.jpg", "cat.png", "cät.jpg"):
        photo(tmp_path / name)
    hashes = {
        name: hashlib.sha256(name.encode()).hexdigest()[:6] for name in ("cat.png", "cät.jpg")
    }
    assert {candidate.source: candidate.id for candidate in discover(tmp_path)[0]} == {
        "Cat.jpg": "cat",
        "cat.png": f"cat-{hashes['cat.png']}",
        "cät.jpg": f"cat-{hashes['cät.jpg']}",
    }
    assert len(load_all(tmp_path)[0]) == 3


def test_repairing_an_image_shifts_no_id(tmp_path: Path) -> None:
    """A file that cannot be read has its id all the same, and so has a link that is refused."""
    (tmp_path / "Cat.jpg").symlink_to(tmp_path / "missing")
    (tmp_path / "Cat.png").write_bytes(b"broken")
    photo(tmp_path / "cat.webp")
    before = {candidate.source: candidate.id for candidate in discover(tmp_path)[0]}
    (tmp_path / "Cat.jpg").unlink()
    photo(tmp_path / "Cat.jpg")
    photo(tmp_path / "Cat.png")
    after = {candidate.source: candidate.id for candidate in discover(tmp_path)[0]}
    assert after == before | {"Cat.jpg": "cat"}


STRANGE = [
    "with space.png",
    'it\'s "quoted".png',
    "<script>alert(1)<.png",
    "a#b%20c?d&e.png",
    "🐈‍⬛ 🎉.png",
    "תמונה של חתול.png",
    "new\nline.png",
    "-rf.png",
    "$(id);`id`.png",
    "\u202egnp.exe.png",
    "x" * 246 + ".png",
    "ä" * 123 + ".png",
]


def test_strange_names(tmp_path: Path) -> None:
    """Spaces, quotes, tags, signs, emoji, right-to-left text, 250 bytes: all are read."""
    for name in STRANGE:
        photo(tmp_path / name)
    candidates, problems = discover(tmp_path)
    assert problems == ()
    # A line break cannot stand in a message or a page, so it is shown as what it is.
    shown = {name.replace("\n", r"\x0a") for name in STRANGE}
    assert {candidate.source for candidate in candidates} == shown
    for candidate in candidates:
        assert load(candidate, SPEC)[0].title
        assert candidate.id.isascii()


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS refuses names that are not UTF-8")
def test_a_name_that_is_not_text(tmp_path: Path) -> None:
    """Linux allows any bytes; what is shown of them can still be written as UTF-8."""
    path = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png")
    photo(Path(path))
    (candidate,), problems = discover(tmp_path)
    image, _ = load(candidate, SPEC)
    assert problems == ()
    assert (image.source, image.title) == (r"caf\xe9.png", r"Caf\xe9")
    assert candidate.id.startswith("caf")


# --- Sidecars -----------------------------------------------------------------------------------


def test_what_is_written_beside_an_image(tmp_path: Path) -> None:
    """Title, alternative text, credit, licence and description reach the image."""
    photo(tmp_path / "cat.png")
    (tmp_path / "cat.md").write_text(
        "---\ntitle: Chelsea\nalt: A cat.\ncredit: Me\nlicense: CC0\n---\nA <b onclick=x>cat</b>.\n"
    )
    image, _ = load(discover(tmp_path)[0][0], SPEC)
    assert (image.title, image.alt, image.credit, image.license) == (
        "Chelsea",
        "A cat.",
        "Me",
        "CC0",
    )
    assert image.description == "A <b onclick=x>cat</b>."


def test_without_a_word_the_name_speaks(tmp_path: Path) -> None:
    """No sidecar: a readable title, and never an empty alternative text."""
    photo(tmp_path / "red-car_02.png")
    image, _ = load(discover(tmp_path)[0][0], SPEC)
    assert (image.title, image.alt) == ("Red car 02", "Photograph: Red car 02")
    assert (image.credit, image.license, image.description) == ("", "", "")


def test_the_more_exact_sidecar_wins(tmp_path: Path) -> None:
    """Cat.jpg.md is for Cat.jpg alone; Cat.md serves whatever is called Cat."""
    for name in ("Cat.jpg", "Cat.png", "cat.gif"):
        photo(tmp_path / name)
    (tmp_path / "Cat.md").write_text("both")
    (tmp_path / "Cat.jpg.md").write_text("one")
    found = {c.source: c.sidecar.description for c in discover(tmp_path)[0]}
    assert found == {"Cat.jpg": "one", "Cat.png": "both", "cat.gif": ""}


def test_broken_front_matter_loses_no_image(tmp_path: Path) -> None:
    """The image is used with what its name says, and the file to mend is named, once."""
    for name in ("cat.jpg", "cat.png"):
        photo(tmp_path / name)
    (tmp_path / "cat.md").write_text("---\ntitle: [\n---\nStill here.\n")
    assert list(problems_by_source(tmp_path)) == ["cat.md"]
    assert [problem.stage for problem in discover(tmp_path)[1]] == ["describe"]
    for candidate in discover(tmp_path)[0]:
        image, _ = load(candidate, SPEC)
        assert (image.title, image.description) == ("Cat", "Still here.")


def test_a_misspelt_text_is_told(tmp_path: Path) -> None:
    """With the picture that was meant: one without a text, called almost so, in its own folder."""
    for name in ("robin.jpg", "birds/wren.png", "Otter.gif", "swan.png", "reader.jpg"):
        photo(tmp_path / name)
    (tmp_path / "raven.cr2").touch()
    for name in ("robim", "otter", "swan.jpg", "raven", "README", "readme_de", "Licence-photos"):
        (tmp_path / f"{name}.md").write_text("Taken in March.")
    found, problems = discover(tmp_path)
    assert len(found) == 5
    told = {p.source: p.message for p in problems if p.stage == "describe"}
    assert told == {
        f"{text}.md": f"Expected a picture of that name, {expected}, but there is none; did you "
        f"mean {meant}? Rename one of the two, or remove this text."
        for text, expected, meant in (
            ("robim", "robim.jpg or the like", "robin.jpg"),
            ("otter", "otter.jpg or the like", "Otter.gif"),
            ("swan.jpg", "swan.jpg", "swan.png"),
        )
    }
    assert {p.source for p in problems} - told.keys() == {"raven.cr2"}


def test_a_text_about_no_picture_is_left_alone(tmp_path: Path) -> None:
    """One of the folder, one of the gallery, one that is like a picture that has its own."""
    for name in ("birds/wren.png", "robin.jpg"):
        photo(tmp_path / name)
    for name in ("birds", "about", "history", "robin", "robins"):
        (tmp_path / f"{name}.md").write_text("Taken in March.")
    found, problems = discover(tmp_path)
    assert {c.source: c.sidecar.description for c in found} == {
        "birds/wren.png": "",
        "robin.jpg": "Taken in March.",
    }
    assert not problems


def test_accents_in_either_form_are_the_same_name(tmp_path: Path) -> None:
    """One character, or a letter and its accent, as macOS copies names."""
    photo(tmp_path / "cafe\u0301.png")
    (tmp_path / "caf\u00e9.md").write_text("Taken in March.")
    (candidate,), problems = discover(tmp_path)
    assert candidate.sidecar.description == "Taken in March." and not problems


def test_a_sidecar_that_is_no_file_of_the_folder(tmp_path: Path) -> None:
    """A link out of the folder would publish what it leads to; a pipe would never end."""
    secret = tmp_path / "secret.txt"
    secret.write_text("private")
    inputs = tmp_path / "inputs"
    for name in ("a.png", "b.png", "c.png"):
        photo(inputs / name)
    (inputs / "a.md").symlink_to(secret)
    os.mkfifo(inputs / "b.md")
    (inputs / "c.md").mkdir()
    problems = problems_by_source(inputs)
    assert "leads out" in problems["a.md"]
    assert "a pipe" in problems["b.md"]
    assert "a folder" in problems["c.md"]
    assert all(candidate.sidecar.description == "" for candidate in discover(inputs)[0])


# --- Reading ------------------------------------------------------------------------------------


def test_the_facts_of_an_image(tmp_path: Path) -> None:
    """Its size is that of the upright image, its hash that of the file."""
    exif = Image.Exif()
    exif[274] = 6
    data = file_of(Image.new("RGB", (60, 40), RED), "PNG", exif=exif)
    (tmp_path / "birds").mkdir()
    (tmp_path / "birds" / "Robin.png").write_bytes(data)
    candidate = discover(tmp_path)[0][0]
    image, pixels = load(candidate, SPEC)
    assert isinstance(candidate, Candidate)
    assert (image.id, image.source, image.section) == ("birds-robin", "birds/Robin.png", "birds")
    assert (image.height, image.width) == (60, 40)
    assert image.sha256 == hashlib.sha256(data).hexdigest()
    assert image.path.read_bytes() == data
    assert pixels.dtype == np.uint8
    assert (pixels == RED).all()


def test_the_images_of_the_project() -> None:
    """Four photographs and the test card, in order, each described, credited and small."""
    folder = PROJECT / "inputs"
    candidates, problems = discover(folder)
    assert problems == ()
    assert [(c.sidecar.order, c.sidecar.title) for c in candidates] == [
        (1, "Chelsea the cat"),
        (2, "Coffee cup"),
        (3, "Astronaut"),
        (4, "Rocket on the pad"),
        (5, "Test card"),
    ]
    for candidate in candidates:
        image, _ = load(candidate, SPEC)
        assert image.credit
        assert image.license in {"CC0", "Public domain", "MIT"}
        assert len(image.alt) > 40
        assert image.description
        assert max(image.height, image.width) <= 600
        assert candidate.path.stat().st_size < 150_000
        with Image.open(candidate.path) as file:
            assert not {"exif", "icc_profile", "xmp", "comment"} & set(file.info)
