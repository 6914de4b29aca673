"""Whole builds on the real network: what they leave behind, and what cannot stop them."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from pathlib import Path

import pytest
from PIL import Image

from generator.beside import manifest as place
from generator.building import Report, build
from generator.config import Config
from generator.errors import InputsError, LayerNotFound, WeightsError
from generator.render import Renderer
from tests.vgg16_network import network

SIZE = (64, 64)
LAYERS = ("block1_conv1", "block1_pool", "block3_conv2")


def photo(path: Path, seed: int = 0) -> Path:
    """A small colourful image, different for each seed."""
    values = random.Random(seed).randbytes(24 * 20 * 3)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.frombytes("RGB", (24, 20), values).resize((96, 80)).save(path)
    return path


def gallery(inputs: Path, output: Path, **options: object) -> Report:
    """Build three layers at 64 x 64 unless told otherwise."""
    network()  # the weights are read once for all tests
    settings = {"size": SIZE, "layers": LAYERS} | options
    return build(Config(inputs=inputs, output=output, **settings))  # type: ignore[arg-type]


def tree(folder: Path) -> dict[str, str]:
    """Every file's path and hash."""
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def test_report_counts_what_was_built(tmp_path: Path) -> None:
    """Two images, three layers of 64, 64 and 256 channels; files and bytes as on disk."""
    photo(tmp_path / "in/a.png")
    photo(tmp_path / "in/b.png", 1)
    report = gallery(tmp_path / "in", tmp_path / "out")
    files = [p for p in (tmp_path / "out").rglob("*") if p.is_file()]
    assert (report.images, report.layers, report.channels) == (2, 3, 64 + 64 + 256)
    assert report.files == len(files)
    assert report.bytes == sum(p.stat().st_size for p in files)
    assert report.problems == ()


def test_two_builds_give_the_same_bytes(tmp_path: Path) -> None:
    """Built twice, in different folders and from copies whose files came in another order."""
    names = ["b.png", "a.png", "sub/c.png", "d.jpg", "e.png"]
    for i, name in enumerate(names):
        photo(tmp_path / "in" / name, i)
    for name in reversed(names):
        target = tmp_path / "copy" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(tmp_path / "in" / name, target)
    gallery(tmp_path / "in", tmp_path / "one")
    gallery(tmp_path / "copy", tmp_path / "two")
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


def test_an_images_sheets_do_not_depend_on_its_company(tmp_path: Path) -> None:
    """Alone, among six in another batch, or beside a broken one: the same bytes."""
    photo(tmp_path / "alone/x.png", 7)
    shutil.copytree(tmp_path / "alone", tmp_path / "crowd")
    for i in range(6):
        photo(tmp_path / f"crowd/a{i}.png", i)
    (tmp_path / "crowd/a2-broken.png").write_bytes(b"not an image")
    gallery(tmp_path / "alone", tmp_path / "one")
    report = gallery(tmp_path / "crowd", tmp_path / "many")
    assert report.images == 7
    assert tree(tmp_path / "one/sheets/vgg16/x") == tree(tmp_path / "many/sheets/vgg16/x")


def test_adding_an_image_leaves_the_pages_of_distant_ones_as_they_were(tmp_path: Path) -> None:
    """Only its neighbour's links change; every other image's folder keeps its bytes."""
    for i, name in enumerate(("a.png", "b.png", "c.png")):
        photo(tmp_path / "in" / name, i)
    gallery(tmp_path / "in", tmp_path / "before")
    photo(tmp_path / "in/d.png", 9)
    gallery(tmp_path / "in", tmp_path / "after")
    for image in ("a", "b"):
        assert tree(tmp_path / f"before/images/{image}") == tree(tmp_path / f"after/images/{image}")


def test_a_bad_image_is_listed_and_the_others_are_there(tmp_path: Path) -> None:
    """Text named .jpg, a truncated JPEG, an empty file: in gallery.json and on the front page."""
    photo(tmp_path / "in/good.png")
    photo(tmp_path / "in/also.png", 1)
    (tmp_path / "in/text.jpg").write_text("not a picture", encoding="utf-8")
    whole = photo(tmp_path / "whole.jpg").read_bytes()
    (tmp_path / "in/cut.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "in/empty.png").write_bytes(b"")
    report = gallery(tmp_path / "in", tmp_path / "out")
    assert {p.source for p in report.problems} == {"text.jpg", "cut.jpg", "empty.png"}
    data = json.loads((tmp_path / "out/gallery.json").read_text(encoding="utf-8"))
    assert [image["id"] for image in data["images"]] == ["also", "good"]
    assert [p["source"] for p in data["problems"]] == ["cut.jpg", "empty.png", "text.jpg"]
    front = (tmp_path / "out/index.html").read_text(encoding="utf-8")
    assert all(name in front for name in ("text.jpg", "cut.jpg", "empty.png"))
    assert str(tmp_path) not in front


@pytest.mark.parametrize("fault", ["no image left", "unknown layer", "wrong weights"])
def test_a_build_that_fails_leaves_the_previous_site_as_it_was(tmp_path: Path, fault: str) -> None:
    """Every byte of it, and nothing beside it."""
    good = photo(tmp_path / "in/a.png")
    gallery(tmp_path / "in", tmp_path / "out")
    before = tree(tmp_path / "out")
    if fault == "no image left":
        good.write_bytes(b"")
        with pytest.raises(InputsError, match=r"a\.png"):
            gallery(tmp_path / "in", tmp_path / "out")
    elif fault == "unknown layer":
        with pytest.raises(LayerNotFound, match="block3_conv2"):
            gallery(tmp_path / "in", tmp_path / "out", layers=("block3_convv2",))
    else:
        (tmp_path / "wrong.h5").write_bytes(b"\x89HDF\r\n\x1a\n cut off")
        with pytest.raises(WeightsError, match=r"wrong\.h5"):
            gallery(tmp_path / "in", tmp_path / "out", weights=tmp_path / "wrong.h5")
    assert tree(tmp_path / "out") == before
    assert {p.name for p in tmp_path.iterdir()} <= {
        "in",
        "out",
        place(tmp_path / "out").name,
        "wrong.h5",
    }


def test_an_image_that_leaves_takes_its_files_along(tmp_path: Path) -> None:
    """No orphan stays in the site."""
    photo(tmp_path / "in/a.png")
    photo(tmp_path / "in/b.png", 1)
    gallery(tmp_path / "in", tmp_path / "out")
    (tmp_path / "in/b.png").unlink()
    gallery(tmp_path / "in", tmp_path / "out")
    assert not any("/b/" in f"/{path}/" for path in tree(tmp_path / "out"))


def test_nothing_of_the_machine_is_in_the_site(tmp_path: Path) -> None:
    """No path of the inputs folder, in no file."""
    photo(tmp_path / "in/a.png")
    gallery(tmp_path / "in", tmp_path / "out")
    needle = str(tmp_path).encode()
    assert not [
        p for p in (tmp_path / "out").rglob("*") if p.is_file() and needle in p.read_bytes()
    ]


def test_inputs_that_are_not_square_keep_their_proportions(tmp_path: Path) -> None:
    """64 x 96 gives maps of 64 x 96, then 32 x 48 after a pool; windows do not change."""
    photo(tmp_path / "in/a.png")
    gallery(tmp_path / "in", tmp_path / "out", size=(64, 96))
    data = json.loads((tmp_path / "out/gallery.json").read_text(encoding="utf-8"))
    shapes = {la["name"]: (la["height"], la["width"]) for la in data["models"][0]["layers"]}
    assert shapes == {
        "block1_conv1": (64, 96),
        "block1_pool": (32, 48),
        "block3_conv2": (16, 24),
    }
    with Image.open(tmp_path / "out/sheets/vgg16/a/input.png") as image:
        assert image.size == (96, 64)


def test_the_package_offers_the_build_as_a_function() -> None:
    """Also after its module has been loaded: no submodule hides the name."""
    import generator

    assert generator.build is build
    assert generator.Config is Config


def test_a_fault_while_pages_are_written_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The encoders are still at work on other images; their files do not outlive the stage."""
    for i in range(9):
        photo(tmp_path / f"in/{i}.png", i)
    gallery(tmp_path / "in", tmp_path / "out")
    before = tree(tmp_path / "out")

    def fail(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Renderer, "render", fail)
    with pytest.raises(OSError, match="No space left"):
        gallery(tmp_path / "in", tmp_path / "out", values=False)
    assert tree(tmp_path / "out") == before
    assert {p.name for p in tmp_path.iterdir()} == {"in", "out", place(tmp_path / "out").name}


def test_links_of_a_description_lead_out_or_nowhere(tmp_path: Path) -> None:
    """A web address stays a link; a relative or a script's address becomes plain text."""
    photo(tmp_path / "in/a.png")
    (tmp_path / "in/a.md").write_text(
        "[one](https://example.org/x) [two](../secret) [three](javascript:alert(1))\n",
        encoding="utf-8",
    )
    gallery(tmp_path / "in", tmp_path / "out")
    page = (tmp_path / "out/images/a/index.html").read_text(encoding="utf-8")
    about = page.split('class="about-image">')[1].split("</div>")[0]
    assert about.count("<a ") == about.count("</a>") == 1
    assert 'href="https://example.org/x"' in about
    assert "two three" in about
