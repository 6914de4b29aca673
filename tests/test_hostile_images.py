"""Folders of strangers' pictures: none crashes or holds up a build, and the good ones are there."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin
from typer.testing import CliRunner

from generator import decode_apart
from generator.apart import Apart
from generator.cli import app
from generator.decode_apart import MAX_MEGABYTES, decoded
from generator.domain import InputSpec
from generator.errors import ImageError
from generator.folders import read_whole
from tests.hostile_images import CORRUPTIONS, FORMATS, corrupted, scans, valid_files
from tests.image_files import bomb, file_of, png
from tests.input_folders import photo
from tests.small_networks import plain, saved

# Pillow's writers of HEIF and PNG use what Pillow gives up.
pytestmark = pytest.mark.filterwarnings("ignore:.*getdata is deprecated:DeprecationWarning")

SPEC = InputSpec(height=32, width=32, fit="pad", preprocessing="")
GOOD = file_of(Image.new("RGB", (20, 20), (255, 0, 0)))


def test_every_kind_of_file_is_read() -> None:
    """Every mode and depth that Pillow writes in the formats on the list, eight orientations of
    each that has them, animations and pages."""
    names = []
    for name, data in valid_files():
        width, height, pixels = decoded(data, SPEC)
        lying = name.rpartition("-")[2] in "5678" and "turned" in name
        assert (width, height) == ((18, 22) if lying else (22, 18)), name
        assert pixels.shape == (32, 32, 3) and pixels.dtype == np.uint8
        names.append(name)
    assert len(names) == len(set(names)) > 200
    assert {name.partition("-")[0] for name in names} == {*FORMATS}


def _survives(kinds: tuple[str, ...], count: int) -> dict[str, int]:
    """How many damaged files were read, and refused."""
    found = {"read": 0, "refused": 0}
    for name, data in valid_files(kinds):
        for i, damaged in enumerate(corrupted(name, data, count)):
            try:
                _, _, pixels = decoded(damaged, SPEC)
            except ImageError as error:
                message = str(error)
                assert message.startswith("Expected ") and ". " in message, (name, i)
                # the process that decodes neither hung nor died
                assert "within" not in message and "program" not in message, (name, i, message)
                found["refused"] += 1
            else:
                assert pixels.shape == (32, 32, 3)
                found["read"] += 1
    assert np.array_equal(decoded(GOOD, SPEC)[2][5, 5], (255, 0, 0))
    return found


def test_damaged_files_are_read_or_refused() -> None:
    """Four of each kind of file: broken off, with flipped bits, parts exchanged, wrong lengths."""
    found = _survives(FORMATS, 4)
    assert sum(found.values()) > 800 and min(found.values()) > 200


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", FORMATS)
def test_thousands_of_damaged_files_are_read_or_refused(kind: str) -> None:
    """Two hundred of each kind of file."""
    found = _survives((kind,), CORRUPTIONS)
    assert sum(found.values()) >= 5 * CORRUPTIONS


# -- Files that take for ever, or all memory


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An image is given up after a second."""
    apart = Apart("generator.decode_apart:answer", seconds=1, megabytes=MAX_MEGABYTES)
    monkeypatch.setattr("generator.decode_apart._decoder", apart)
    yield
    apart.close()


@pytest.mark.usefixtures("impatient")
def test_a_decoder_that_takes_for_ever_is_ended() -> None:
    """A JPEG that is gone over 90 times, four seconds' work; the next image is decoded."""
    data = scans(8_000, 90)
    assert len(data) < 500_000
    with pytest.raises(ImageError, match="decoded within 1 seconds; this one was not"):
        decoded(data, SPEC)
    assert decoded(GOOD, SPEC)[:2] == (20, 20)


def test_more_scans_than_any_program_writes_are_refused() -> None:
    """By counting, before any is decoded."""
    with pytest.raises(ImageError, match="at most 100 scans; this one has 10,0"):
        decoded(scans(64, 10_000), SPEC)


@pytest.mark.skipif(os.name != "posix" or not Path("/proc").is_dir(), reason="Linux bounds memory")
def test_a_decoder_that_takes_all_memory_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the limit on pixels, but not within that on memory."""
    apart = Apart("generator.decode_apart:answer", seconds=60, megabytes=400)
    monkeypatch.setattr(decode_apart, "_decoder", apart)
    with pytest.raises(ImageError, match="asked for more than 400 MB of memory"):
        decoded(file_of(Image.new("RGB", (8_000, 8_000)), "JPEG"), SPEC)
    assert decoded(GOOD, SPEC)[:2] == (20, 20)
    apart.close()


@pytest.mark.parametrize(("width", "height"), [(24_000_000, 2), (2, 24_000_000), (65_536, 2)])
def test_a_line_of_millions_of_pixels_is_refused(width: int, height: int) -> None:
    """Within the limit on pixels; to scale it took 2 GB."""
    import zlib

    rows = zlib.compress(bytes((1 + (width + 7) // 8) * height), 9)
    with pytest.raises(ImageError, match="at most 65,535 pixels in width and height"):
        decoded(png(width, height, 1, 0, rows), SPEC)


def test_text_in_a_png_that_unpacks_to_much_is_refused() -> None:
    """70 MB of words in 70 kB."""
    words = PngImagePlugin.PngInfo()
    for i in range(70):
        words.add_text(f"note {i}", "a" * 1_000_000, zip=True)
    data = file_of(Image.new("RGB", (20, 20)), pnginfo=words)
    assert len(data) < 100_000
    with pytest.raises(ImageError, match="text chunks"):
        decoded(data, SPEC)


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_of_a_hundred_thousand_frames_the_first_is_read(kind: str) -> None:
    """The others are not decoded."""
    frames = [Image.new("RGB", (20, 20), (i, 0, 0)) for i in (250, 100, 50)]
    data = file_of(frames[0], kind, save_all=True, append_images=frames[1:], lossless=True)
    if kind == "GIF":
        start, end = data.rindex(b"\x21\xf9"), len(data) - 1
        many = data[:end] + data[start:end] * 100_000 + data[end:]
    else:
        start = data.rindex(b"ANMF")
        many = data + data[start:] * 100_000
        many = many[:4] + (len(many) - 8).to_bytes(4, "little") + many[8:]
    started = time.process_time()
    width, height, pixels = decoded(many, SPEC)
    assert (width, height) == (20, 20) and abs(int(pixels[16, 16, 0]) - 250) < 5
    assert time.process_time() - started < 5


# -- What is no file


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/tty"])
def test_a_device_is_not_read(device: str) -> None:
    """One that never ends, one that is always at its end, one that waits for a person."""
    if not Path(device).exists():
        pytest.fail(f"expected a system with {device}")
    with pytest.raises(ImageError, match="this is a device|cannot be opened|the system says"):
        read_whole(Path(device), 1000)


# -- A whole build


def test_a_build_over_a_folder_of_all_that(tmp_path: Path) -> None:
    """Exit code 3; every good image is there, and every other is named with stage and reason."""
    inputs = tmp_path / "inputs"
    good = [photo(inputs / f"good-{i}.png", (50 * i, 90, 20)).name for i in range(4)]
    for number, (name, data) in enumerate(valid_files()):
        if number % 9 == 0:
            for i, damaged in enumerate(corrupted(name, data, 2)):
                (inputs / f"bad-{number}-{i}.{name.partition('-')[0].lower()}").write_bytes(damaged)
    (inputs / "scans.jpg").write_bytes(scans(64, 10_000))
    (inputs / "bomb.png").write_bytes(bomb(30_000))
    (inputs / "script.eps.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n(harm) run\n")
    os.mkfifo(inputs / "pipe.png")
    (inputs / "zero.png").symlink_to("/dev/zero")
    (inputs / "self.png").symlink_to("self.png")
    (inputs / "up").symlink_to("..")
    (inputs / "good-0.md").write_text("---\ntitle: !!bool maybe\n---\nA red one.")
    (inputs / "good-1.md").write_text("1. " * 5_000)
    (inputs / "good-2.md").write_text("---\nalt: " + "[" * 9_000 + "\n---\nA third one.")
    model = saved(plain(), tmp_path / "plain.keras")
    out = tmp_path / "site"
    done = CliRunner().invoke(
        app,
        ["build", str(inputs), "-o", str(out), "--model", str(model), "--no-values"],
        prog_name="layerlight",
    )
    assert done.exit_code == 3, done.output
    gallery = json.loads((out / "gallery.json").read_text("utf-8"))
    shown = {image["source"] for image in gallery["images"]}
    assert {*good} <= shown
    stages: dict[str, set[str]] = {}
    for problem in gallery["problems"]:
        assert "xpected" in problem["message"]
        stages.setdefault(problem["source"], set()).add(problem["stage"])
    assert {"scans.jpg", "bomb.png", "script.eps.png"} <= {
        source for source, found in stages.items() if found == {"decode"}
    }
    assert {"pipe.png", "zero.png", "self.png", "up"} <= {
        source for source, found in stages.items() if found == {"discover"}
    }
    assert stages["good-0.md"] == stages["good-1.png"] == stages["good-2.md"] == {"describe"}
    names = {path.name for path in inputs.iterdir() if path.suffix != ".md"}
    assert shown | stages.keys() >= names
    assert "A red one." in (out / "images/good-0/index.html").read_text("utf-8")
    # and again: nothing of that is believed to be done
    again = CliRunner().invoke(
        app, ["build", str(inputs), "-o", str(out), "--model", str(model), "--no-values"]
    )
    assert again.exit_code == 3
    assert json.loads((out / "gallery.json").read_text("utf-8")) == gallery
