"""What cannot be used of a folder is told in words, and never stops or stalls the rest."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generator.errors import ImageError, InputsError
from generator.inputs import discover, load
from tests.image_files import bomb, file_of
from tests.input_folders import BLUE, SPEC, load_all, photo, problems_by_source, sources

PROJECT = Path(__file__).parent.parent

pytestmark = pytest.mark.timeout(60)  # None of this may wait for anything.


def _broken_files() -> dict[str, tuple[bytes, str]]:
    noise = np.random.default_rng(3).integers(0, 256, (64, 64, 3), np.uint8)
    whole = file_of(Image.fromarray(noise), "JPEG")
    return {
        "text.jpg": (b"Dear diary", "plain text"),
        "cut.jpg": (whole[: len(whole) // 2], "Expected a complete JPEG image"),
        "empty.png": (b"", "empty (0 bytes)"),
        "bomb.png": (bomb(30_000), "900 megapixels"),
        "line.png": (file_of(Image.new("RGB", (200, 1))), "200 x 1"),
    }


def test_one_bad_image_never_stops_the_others(tmp_path: Path) -> None:
    """Each bad file is refused with its reason; those between them are read."""
    expected = _broken_files()
    for name, (data, _) in expected.items():
        (tmp_path / name).write_bytes(data)
    for name in ("a.png", "d.png", "z.png"):
        photo(tmp_path / name)
    good, bad = load_all(tmp_path)
    assert good == ["a.png", "d.png", "z.png"]
    assert bad.keys() == expected.keys()
    for name, (_, reason) in expected.items():
        assert reason in bad[name]


def test_a_folder_named_like_an_image(tmp_path: Path) -> None:
    """Without images in it, it is told; with images, it is a folder like any other."""
    photo(tmp_path / "a.png")
    (tmp_path / "x.png" / "inner").mkdir(parents=True)
    photo(tmp_path / "y.png" / "inner" / "b.png")
    assert sources(tmp_path) == ["a.png", "y.png/inner/b.png"]
    assert list(problems_by_source(tmp_path)) == ["x.png"]
    assert "this is a folder, not an image" in problems_by_source(tmp_path)["x.png"]


def test_links(tmp_path: Path) -> None:
    """Within the folder a link to a file is that file; whatever else links lead to is refused."""
    outside = photo(tmp_path / "outside" / "private.png")
    inputs = tmp_path / "inputs"
    photo(inputs / "a.png")
    photo(inputs / "birds" / "b.png", BLUE)
    (inputs / "same.png").symlink_to("birds/b.png")
    (inputs / "out.png").symlink_to(outside)
    (inputs / "out").symlink_to(outside.parent)
    (inputs / "up").symlink_to("..")
    (inputs / "birds" / "circle").symlink_to(inputs)
    (inputs / "self.png").symlink_to("self.png")
    (inputs / "gone.png").symlink_to("nowhere.png")
    assert sources(inputs) == ["a.png", "birds/b.png", "same.png"]
    problems = problems_by_source(inputs)
    assert {source: message.split(";")[1] for source, message in problems.items()}.keys() == {
        "out.png",
        "out",
        "up",
        "birds/circle",
        "self.png",
        "gone.png",
    }
    for source in ("out.png", "out", "up"):
        assert "leads out of the inputs folder" in problems[source]
    assert "a link to a folder of the inputs folder" in problems["birds/circle"]
    assert "in a circle" in problems["self.png"]
    assert "missing" in problems["gone.png"]


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    """What is named on purpose is followed."""
    photo(tmp_path / "real" / "a.png")
    (tmp_path / "inputs").symlink_to("real")
    assert sources(tmp_path / "inputs") == ["a.png"]


def test_pipes_sockets_and_devices(tmp_path: Path) -> None:
    """Opening a pipe would wait for ever; each is refused by its kind."""
    photo(tmp_path / "a.png")
    os.mkfifo(tmp_path / "pipe.png")
    here = Path.cwd()
    os.chdir(tmp_path)  # The path of a socket may have some 100 characters only.
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("socket.png")
    finally:
        os.chdir(here)
    assert sources(tmp_path) == ["a.png"]
    problems = problems_by_source(tmp_path)
    assert problems.keys() == {"pipe.png", "socket.png"}
    assert "a pipe" in problems["pipe.png"]
    assert "a socket" in problems["socket.png"]


def test_a_file_that_changes_between_finding_and_reading(tmp_path: Path) -> None:
    """It may vanish, or become a pipe or a folder: an error, never a wait."""
    paths = [photo(tmp_path / name) for name in ("a.png", "b.png", "c.png", "d.png")]
    candidates, _ = discover(tmp_path)
    for path in paths[:3]:
        path.unlink()
    os.mkfifo(paths[1])
    paths[2].mkdir()
    for candidate, reason in zip(candidates, ("vanished", "a pipe", "folder"), strict=False):
        with pytest.raises(ImageError, match=reason) as caught:
            load(candidate, SPEC)
        assert str(tmp_path) not in str(caught.value)
    assert load(candidates[3], SPEC)[0].source == "d.png"


def test_a_file_that_is_far_too_large(tmp_path: Path) -> None:
    """Its size is looked at before it is read."""
    photo(tmp_path / "a.png")
    with (tmp_path / "b.png").open("wb") as file:
        file.truncate(300_000_000)  # Sparse: takes no room on the disk.
    _, bad = load_all(tmp_path)
    assert "at most 256 MB; this one has 300.0 MB" in bad["b.png"]


WITHOUT_RIGHTS = """
    import os, sys
    from pathlib import Path
    from generator.inputs import discover, load
    from generator.domain import InputSpec
    from generator.errors import ImageError, InputsError
    folder, spec = Path(sys.argv[1]), InputSpec(32, 32, "crop", "")
    load(next(c for c in discover(folder / "open")[0]), spec)  # whatever is imported late
    if os.geteuid() == 0:  # Root may read everything, so become someone who may not.
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    candidates, problems = discover(folder / "inputs")
    for problem in problems:
        print("problem", problem.source, problem.stage, problem.message, sep="|")
    for candidate in candidates:
        try:
            print("read", load(candidate, spec)[0].source, sep="|")
        except ImageError as error:
            print("refused", candidate.source, error, sep="|")
    try:
        discover(folder / "inputs" / "locked")
    except InputsError as error:
        print("folder", error, sep="|")
"""


def test_what_may_not_be_read() -> None:
    """A file, a folder and a description without permission: told, and the rest is used."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        for path in ("open/a.png", "inputs/a.png", "inputs/b.png", "inputs/locked/c.png"):
            photo(folder / path)
        (folder / "inputs" / "b.md").write_text("secret")
        (folder / "inputs" / "a.png").chmod(0)
        (folder / "inputs" / "b.md").chmod(0)
        (folder / "inputs" / "locked").chmod(0)
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(WITHOUT_RIGHTS), name],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        (folder / "inputs" / "locked").chmod(0o700)
    assert done.stderr == ""
    lines = [line.split("|") for line in done.stdout.splitlines()]
    reason = "its permissions do not allow it"
    assert [line[:2] for line in lines[:-1]] == [
        ["problem", "locked"],
        ["problem", "b.md"],
        ["refused", "a.png"],
        ["read", "b.png"],
    ]
    assert all(reason in line[-1] for line in lines[:3])
    assert not any(name in line[-1] for line in lines[:-1])
    assert lines[-1][0] == "folder"
    assert "permissions do not allow reading it" in lines[-1][1]


# --- The folder as a whole ----------------------------------------------------------------------


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """The message names the folder and what to do."""
    with pytest.raises(InputsError, match="there is nothing there. Create it") as caught:
        discover(tmp_path / "photos")
    assert str(tmp_path / "photos") in str(caught.value)


def test_a_file_instead_of_a_folder(tmp_path: Path) -> None:
    """Naming one image is a likely slip."""
    with pytest.raises(InputsError, match="not a folder. Name the folder"):
        discover(photo(tmp_path / "a.png"))


@pytest.mark.parametrize("name", ["two\0parts", "x" * 300])
def test_a_folder_that_cannot_exist(tmp_path: Path, name: str) -> None:
    """A name that no system takes is an error of use like the others."""
    with pytest.raises(InputsError, match="Expected a folder of images"):
        discover(tmp_path / name)


def test_a_folder_without_images(tmp_path: Path) -> None:
    """It says which formats are read."""
    (tmp_path / "notes.txt").touch()
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputsError, match="there is none") as caught:
        discover(tmp_path)
    assert "JPEG, PNG, WebP, AVIF, TIFF, BMP, GIF or HEIC" in str(caught.value)


def test_a_folder_of_nothing_but_problems(tmp_path: Path) -> None:
    """What was refused is told, as far as it helps."""
    for number in range(5):
        (tmp_path / f"IMG_{number}.CR2").touch()
    with pytest.raises(InputsError) as caught:
        discover(tmp_path)
    assert "IMG_0.CR2: Expected" in str(caught.value)
    assert "and 2 more" in str(caught.value)


def test_a_very_deep_folder(tmp_path: Path) -> None:
    """Folders in folders beyond what a path may be long: the end is told, the rest is read."""
    photo(tmp_path / "a.png")
    here = Path.cwd()
    try:
        os.chdir(tmp_path)
        for _ in range(30):
            Path("d" * 200).mkdir()
            os.chdir("d" * 200)
    finally:
        os.chdir(here)
    assert sources(tmp_path) == ["a.png"]
    (message,) = problems_by_source(tmp_path).values()
    assert "Expected a folder that can be read" in message
