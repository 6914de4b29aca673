"""What is published tells nothing of the machine and the person that made it."""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from generator.beside import manifest
from tests.image_files import png_chunk
from tests.inside_files import layers_of
from tests.small_networks import plain, saved

PROJECT = Path(__file__).parent.parent
USER, HOST, FOLDER = "zelda-qxowner", "qxhostname", "qxprivatefolder"
ARTIST, SERIAL, NOTE = "Qxartist Person", "QXSERIAL123", "qxnote in a text chunk"
LATITUDE = ((48, 1), (51, 1), (29517, 1000))
"""Degrees, minutes, seconds, as an EXIF holds them; XMP writes 48,51.49195N."""
XMP = f"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 exif:GPSLatitude="48,51.49195N" exif:GPSLongitude="2,17.66848E" dc:creator="{ARTIST}"/></rdf:RDF>
</x:xmpmeta>"""


def _needles(folder: Path) -> dict[str, bytes]:
    """What must be found nowhere, by what it is."""
    texts = {
        "user": USER,
        "host": HOST,
        "folder": FOLDER,
        "path": str(folder),
        "project": str(PROJECT),
        "home": "/home/",
        "environment": sys.prefix,
        "artist": ARTIST,
        "camera": SERIAL,
        "note": NOTE,
        "XMP position": "48,51.49",
        "XMP": "GPSLatitude",
    }
    host = socket.gethostname()
    if len(host) > 4 and host != "localhost":
        texts["real host"] = host
    home = str(Path.home())
    if home.count("/") > 1:
        texts["real home"] = home
    needles = {name: text.encode() for name, text in texts.items()}
    needles |= {f"{name}, UTF-16": text.encode("utf-16-be") for name, text in texts.items()}
    for order in "<>":
        seconds = struct.pack(f"{order}II", *LATITUDE[2])
        needles[f"EXIF position {order}"] = seconds
    return needles


def _found(needles: dict[str, bytes], data: bytes) -> set[str]:
    return {
        name for inner in layers_of(data) for name, needle in needles.items() if needle in inner
    }


def _photograph(folder: Path) -> None:
    """A JPEG, a PNG, a WebP and a TIFF that know where and by whom they were taken."""
    image = Image.radial_gradient("L").convert("RGB").resize((64, 48))
    exif = Image.Exif()
    exif[0x013B], exif[0x013C] = ARTIST, HOST  # artist, host computer
    exif.get_ifd(0x8769)[0xA431] = SERIAL
    exif.get_ifd(0x8825).update({1: "N", 2: tuple(a / b for a, b in LATITUDE)})
    data = exif.tobytes()
    image.save(folder / "a.jpg", exif=data, xmp=XMP.encode(), comment=NOTE.encode())
    image.save(folder / "b.webp", exif=data, xmp=XMP.encode())
    image.save(folder / "d.tiff", exif=exif)
    texts = PngInfo()
    texts.add_text("Author", ARTIST)
    texts.add_text("Comment", NOTE, zip=True)
    texts.add_itxt("XML:com.adobe.xmp", XMP, zip=True)
    image.save(folder / "c.png", pnginfo=texts, exif=data)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of somebody whose name, host and folder are told apart from all other texts."""
    folder = tmp_path_factory.mktemp(USER) / FOLDER
    inputs = folder / "in"
    inputs.mkdir(parents=True)
    _photograph(inputs)
    (inputs / "broken.jpg").write_bytes(b"no picture")
    (inputs / "away.jpg").symlink_to(folder.parent / "elsewhere.jpg")
    (inputs / "a.md").write_bytes(b"---\ntitle: [\n---\n")
    (inputs / "b.md").write_bytes(b"\xff\xfe")
    saved(plain(), folder / "mine.keras")
    (folder / "labels.txt").write_text("ape\nbee\ncat\n", encoding="utf-8")
    (folder / "text" / "generic").mkdir(parents=True)
    (folder / "text/generic/conv.md").write_text("Seen by all.\n", encoding="utf-8")
    (folder / "gallery.toml").write_text('title = "Open"\nauthor = "Us"\n', encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def published(home: Path) -> Path:
    """All that the commands write: a site with handouts, more handouts, a figure, values."""
    out = home / "out"
    out.mkdir()
    folder = str(home)
    made = _run(
        home,
        *("build", f"{folder}/in", "-o", f"{folder}/out/site", "--model", f"{folder}/mine.keras"),
        *("--labels", f"{folder}/labels.txt", "--text-folder", f"{folder}/text", "--handouts"),
        *("--pair", "b+c"),
    )
    assert made == 3  # some inputs are broken
    site = ("--site", f"{folder}/out/site")
    assert _run(home, "handout", *site, "--poster", "-o", f"{folder}/out/more") == 0
    assert _run(home, "handout", "a", *site, "--paper", "letter") == 0
    assert _run(home, "figure", "a", "first", "3", *site, "-o", f"{folder}/out/figure.png") == 0
    network = ("--inputs", f"{folder}/in", "--model", f"{folder}/mine.keras", "--layers", "second")
    for name in ("values.npz", "values.csv"):
        assert _run(home, "export", "a", *network, "-o", f"{folder}/out/{name}") == 0
    return out


def _run(home: Path, *arguments: str) -> int:
    """As that user, on that host where the system lets a process have one of its own."""
    alone = [
        "unshare",
        "--map-root-user",
        "--uts",
        "sh",
        "-c",
        f'hostname {HOST} && exec "$@"',
        "-",
    ]
    command: Sequence[str] = [sys.executable, "-m", "generator", *arguments]
    if (
        shutil.which("unshare")
        and not subprocess.run([*alone, "true"], check=False, capture_output=True).returncode
    ):
        command = [*alone, *command]
    environment = {
        **os.environ,
        **dict.fromkeys(("USER", "LOGNAME", "USERNAME"), USER),
        **{"HOME": str(home), "PYTHONPATH": str(PROJECT)},
    }
    done = subprocess.run(
        command, cwd=home, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode in (0, 3), done.stderr
    return done.returncode


def test_what_is_searched_for_would_be_found(home: Path) -> None:
    """In the photographs, in the clear and packed in every way that a file may be packed."""
    needles = _needles(home)
    exif = {"artist", "camera", "EXIF position <", "host"}
    assert exif | {"note", "XMP", "XMP position"} <= {
        name.replace(">", "<") for name in _found(needles, (home / "in/a.jpg").read_bytes())
    }
    assert {"note", "artist", "XMP position"} <= _found(needles, (home / "in/c.png").read_bytes())
    assert {"artist", "XMP"} <= _found(needles, (home / "in/b.webp").read_bytes())
    secret = USER.encode()
    packed = zlib.compress(secret)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a", secret)
    png = b"\x89PNG\r\n\x1a\n" + png_chunk(b"iCCP", b"name\0\0" + packed)
    pdf = b"%PDF-1.7\nstream\n" + packed + b"\nendstream"
    for data in (png, pdf, archive.getvalue(), gzip.compress(secret)):
        assert secret not in data
        assert "user" in _found(needles, data)
        assert "user" in _found(needles, b'x="' + base64.b64encode(data) + b'";')


def test_no_path_of_this_machine_is_published(beside: Path) -> None:
    """In a gallery of three networks that were read from files."""
    needles = _needles(beside.parent)
    leaks = {
        path.name: found
        for path in beside.rglob("*")
        if path.is_file() and (found := _found(needles, path.read_bytes()))
    }
    assert leaks == {}


@pytest.mark.slow
def test_nothing_of_the_machine_or_its_owner_is_published(home: Path, published: Path) -> None:
    """No name, path, position or camera in any file, in the clear or packed, nor in file names."""
    needles = _needles(home)
    # what remembers how the site was asked for lies beside it, and knows where; it is not published
    manifests = {manifest(folder) for folder in published.iterdir()}
    every = [path for path in sorted(published.rglob("*")) if path.is_file()]
    files = [path for path in every if path not in manifests]
    suffixes = {path.suffix for path in files}
    assert {".html", ".json", ".js", ".png", ".pdf", ".webp", ".npz", ".csv"} <= suffixes
    leaks = {
        path.relative_to(published).as_posix(): found
        for path in files
        if (found := _found(needles, path.read_bytes()) | _found(needles, path.name.encode()))
    }
    assert leaks == {}


@pytest.mark.slow
def test_no_file_says_when_it_was_made(published: Path) -> None:
    """No time in a picture, no date in a PDF but the one that all have, none in an archive."""
    times = re.compile(rb"D:(?!19700101000000)\d{14}|tIME |date:create|<xmp:\w+Date>(?!1970)")
    for path in published.rglob("*"):
        if path.suffix in (".png", ".pdf", ".webp"):
            found = [times.findall(inner) for inner in layers_of(path.read_bytes())]
            assert not any(found), path.name
    with zipfile.ZipFile(published / "values.npz") as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.slow
def test_problems_name_files_as_their_owner_sees_them(published: Path) -> None:
    """By the way from the inputs folder."""
    data = json.loads((published / "site/gallery.json").read_bytes())
    sources = {problem["source"] for problem in data["problems"]}
    assert sources == {"a.md", "away.jpg", "b.md", "broken.jpg"}
