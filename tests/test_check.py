"""What ``check`` finds in a built site: nothing in a good one, and each thing that was planted."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from generator.check import FILE_LIMIT, KINDS, SITE_LIMIT, check
from generator.cli import app
from generator.errors import UsageError

LAYER = "images/chelsea/plain/second.html"
SHEET = "sheets/plain/chelsea/second"


@pytest.fixture
def copy(beside: Path, tmp_path: Path) -> Path:
    """A copy of the gallery of three small networks, to do harm to."""
    return Path(shutil.copytree(beside, tmp_path / "copy"))


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} holds no {old}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def _add(path: str, markup: str) -> Callable[[Path], None]:
    """Something more at the end of a page."""
    return lambda site: _replace(site / path, "</main>", f"{markup}</main>")


def _change(path: str, key: str, value: object) -> Callable[[Path], None]:
    """Another value of a key of some JSON; "a.b" is in "a", a number in a list."""

    def plant(site: Path) -> None:
        data = json.loads((site / path).read_text(encoding="utf-8"))
        *way, last = [int(k) if k.isdigit() else k for k in key.split(".")]
        holder = data
        for step in way:
            holder = holder[step]
        holder[last] = value
        (site / path).write_text(json.dumps(data), encoding="utf-8")

    return plant


def _remove(path: str) -> Callable[[Path], None]:
    return lambda site: (site / path).unlink()


def _write(path: str, data: bytes = b"x") -> Callable[[Path], None]:
    def plant(site: Path) -> None:
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_bytes(data)

    return plant


def _cut(path: str) -> Callable[[Path], None]:
    """The first half of a file only."""
    return lambda site: _write(path, (site / path).read_bytes()[:-60])(site)


def _sparse(path: str, size: int) -> Callable[[Path], None]:
    """A file that says it is so large, and takes no room."""
    return lambda site: os.truncate(site / path, size)


def _link(path: str, target: str) -> Callable[[Path], None]:
    return lambda site: (site / path).symlink_to(target)


PLANTS: dict[str, tuple[str, str, Callable[[Path], None]]] = {
    "a link to nothing": ("link", "index.html", _add("index.html", '<a href="gone.html">x</a>')),
    "a picture of nothing": ("link", LAYER, _add(LAYER, '<img src="gone.png" alt="">')),
    "a picture without an address": ("link", LAYER, _add(LAYER, '<img src="" alt="">')),
    "a style of nothing": (
        "link",
        LAYER,
        _add(LAYER, "<b style=\"background:url('x.png')\">x</b>"),
    ),
    "an anchor that is not there": ("anchor", LAYER, _add(LAYER, '<a href="#here">x</a>')),
    "a channel that is not there": (
        "anchor",
        "index.html",
        _add("index.html", f'<a href="{LAYER}#14">x</a>'),
    ),
    "a place outside of the map": (
        "anchor",
        "index.html",
        _add("index.html", f'<a href="{LAYER}#3@16,2">x</a>'),
    ),
    "a place that is none": (
        "anchor",
        "index.html",
        _add("index.html", f'<a href="{LAYER}#3@high">x</a>'),
    ),
    "a link to a folder": ("folder", "index.html", _add("index.html", '<a href="learn/">x</a>')),
    "a slip in upper case": (
        "case",
        "index.html",
        _add("index.html", '<a href="Learn/index.html">x</a>'),
    ),
    "a link from the root": (
        "root",
        "index.html",
        _add("index.html", '<a href="/learn/index.html">x</a>'),
    ),
    "a link out of the site": (
        "outside",
        "index.html",
        _add("index.html", '<a href="../index.html">x</a>'),
    ),
    "a script of another host": (
        "foreign-host",
        "index.html",
        _add("index.html", '<script src="https://elsewhere.example/x.js"></script>'),
    ),
    "a picture without a text": ("alt", LAYER, _add(LAYER, '<img src="../../../static/icon.svg">')),
    "a drawing without a text": ("alt", LAYER, _add(LAYER, '<svg role="img"></svg>')),
    "an image without a text": (
        "gallery",
        "gallery.json",
        _change("gallery.json", "images.0.alt", ""),
    ),
    "an id that is there twice": ("id", LAYER, _add(LAYER, '<b id="3">x</b>')),
    "a label of nothing": ("id", LAYER, _add(LAYER, '<label for="gone">x</label>')),
    "a page that nothing leads to": (
        "unreached",
        "learn/own.html",
        _write("learn/own.html", b"<!doctype html><title>x</title>"),
    ),
    "a file of somebody's": ("unnamed", "notes.txt", _write("notes.txt")),
    "a sheet of an image that is gone": (
        "unnamed",
        "sheets/plain/gone/second.png",
        _write("sheets/plain/gone/second.png"),
    ),
    "a sheet that is missing": ("missing", f"{SHEET}.png", _remove(f"{SHEET}.png")),
    "a data script that is missing": ("link", LAYER, _remove("sheets/plain/chelsea/threads.js")),
    "a data script of another": (
        "damaged",
        "sheets/plain/chelsea/threads.js",
        lambda site: _replace(site / "sheets/plain/chelsea/threads.js", "chelsea", "coffee"),
    ),
    "half a picture": ("damaged", f"{SHEET}.png", _cut(f"{SHEET}.png")),
    "half a data script": (
        "damaged",
        "sheets/plain/chelsea/threads.js",
        _cut("sheets/plain/chelsea/threads.js"),
    ),
    "half a sheet's JSON": ("schema", f"{SHEET}.json", _cut(f"{SHEET}.json")),
    "a sheet of a larger map": (
        "schema",
        f"{SHEET}.json",
        _change(f"{SHEET}.json", "tile_height", 17),
    ),
    "a sheet's JSON unlike its PNG": (
        "schema",
        f"{SHEET}.json",
        _change(f"{SHEET}.json", "rows", 9),
    ),
    "a peak outside of its map": (
        "schema",
        f"{SHEET}.json",
        _change(f"{SHEET}.json", "channels.0.peaks", [[16, 0, 1]]),
    ),
    "a share above one": (
        "schema",
        f"{SHEET}.json",
        _change(f"{SHEET}.json", "channels.0.zero_fraction", 1.5),
    ),
    "another schema": ("gallery", "gallery.json", _change("gallery.json", "schema", 2)),
    "two images of one id": (
        "gallery",
        "gallery.json",
        _change("gallery.json", "images.1.id", "chelsea"),
    ),
    "a list of images that lacks one": (
        "script",
        "static/gallery.js",
        _write("static/gallery.js", b"window.layerlightImages=[];\n"),
    ),
    "a symbolic link": ("symlink", "images/out", _link("images/out", "/etc")),
    "a page that is no text": ("damaged", LAYER, _write(LAYER, b"<p>\xff</p>")),
    "paths that differ in case": ("clash", "index.html", _write("Index.html")),
    "a file that is too large": (
        "file-size",
        f"{SHEET}.png",
        _sparse(f"{SHEET}.png", FILE_LIMIT + 1),
    ),
    "a site that is too large": ("site-size", "", _sparse(f"{SHEET}.png", SITE_LIMIT)),
}
"""What is wrong -> kind and file of the fault that must be found, and how it is planted."""


@pytest.mark.parametrize("gallery", ["site", "beside", "large"])
def test_a_good_site_has_no_fault(gallery: str, request: pytest.FixtureRequest) -> None:
    """Not one, whichever of three kinds of gallery it is."""
    folder: Path = request.getfixturevalue(gallery)
    found = check(folder)
    assert found.faults == ()
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert found.files == len(files)
    assert found.bytes == sum(path.stat().st_size for path in files)
    assert found.pages == sum(path.suffix == ".html" for path in files)


@pytest.mark.parametrize("name", PLANTS)
def test_what_was_planted_is_found(name: str, copy: Path) -> None:
    """In the file where it is, under its kind, with what was expected and what came."""
    kind, path, plant = PLANTS[name]
    plant(copy)
    faults = [fault for fault in check(copy).faults if (fault.kind, fault.path) == (kind, path)]
    assert faults
    assert all("xpected" in fault.message for fault in faults)


def test_every_kind_was_planted() -> None:
    """No kind of fault is there that no test has seen."""
    assert {kind for kind, _, _ in PLANTS.values()} == set(KINDS)


def test_what_is_right_is_left_alone(copy: Path) -> None:
    """Outward links, places of a map, queries, data, the owner's CNAME, a file manager's litter."""
    _add(
        "index.html",
        f'<a href="https://elsewhere.example/">x</a><a href="mailto:a@b.example">x</a>'
        f'<a href="{LAYER}?palette=magma#13@15,15">x</a><a href="#top">x</a>'
        '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt>',
    )(copy)
    (copy / "CNAME").write_text("gallery.example\n")
    (copy / "images" / ".DS_Store").write_bytes(b"x")
    assert check(copy).faults == ()


def test_sizes_are_no_fault_where_they_do_not_count(copy: Path) -> None:
    """A site for a stick may be as large as it likes."""
    _sparse(f"{SHEET}.png", SITE_LIMIT)(copy)
    assert "site-size" in {fault.kind for fault in check(copy).faults}
    assert not {f.kind for f in check(copy, limits=False).faults} & {"site-size", "file-size"}


def test_a_site_without_its_values_files_is_good(copy: Path) -> None:
    """All of them are left out: a published site needs none. One of them missing is a fault."""
    values = [p for p in copy.rglob("*.js") if p.parent.name == "values" or p.name == "input.js"]
    assert values
    values[0].unlink()
    assert {fault.kind for fault in check(copy).faults} == {"link"}
    assert check(copy, without_values=True).faults == ()
    for path in values[1:]:
        path.unlink()
    assert check(copy).faults == ()


def test_no_link_is_followed_out_of_the_site(copy: Path, tmp_path: Path) -> None:
    """A page behind a symbolic link is not read, so its faults are nobody's."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "page.html").write_text('<a href="gone.html">x</a>')
    (copy / "learn" / "out").symlink_to(elsewhere)
    assert [(f.kind, f.path) for f in check(copy).faults] == [("symlink", "learn/out")]


@pytest.mark.parametrize("made", ["nothing", "a folder", "a foreign gallery.json"])
def test_only_a_gallery_is_checked(made: str, tmp_path: Path) -> None:
    """What Layerlight did not make is refused."""
    folder = tmp_path / "folder"
    if made != "nothing":
        folder.mkdir()
    if made == "a foreign gallery.json":
        (folder / "gallery.json").write_text('{"generator": {"name": "another"}}')
    with pytest.raises(UsageError, match="expected a gallery that Layerlight made"):
        check(folder)


# -- The command


def _run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, arguments, prog_name="layerlight")
    return done.exit_code, done.stdout


def test_the_command_tells_good_from_bad(copy: Path, tmp_path: Path) -> None:
    """Exit code 0, 1 or 2; a fault that many files share is told once, with its number."""
    code, out = _run("check", str(copy))
    assert code == 0
    assert "faults    none" in out
    (copy / "static" / "css" / "site.css").unlink()
    code, out = _run("check", str(copy))
    assert code == 1
    (line,) = [line for line in out.splitlines() if "site.css" in line]
    assert "more files" in line
    assert _run("check", str(tmp_path))[0] == 2


def test_a_summary_is_limited(copy: Path) -> None:
    """Of many different faults of a kind the first are listed, and how many there are."""
    for i in range(20):
        (copy / f"note-{i:02}.txt").write_text("x")
    code, out = _run("check", str(copy))
    assert code == 1
    assert "(unnamed, 20)" in out
    assert sum("note-" in line for line in out.splitlines()) == 6
    assert "and 14 more" in out


def test_a_report_for_programs_has_every_fault(copy: Path) -> None:
    """As docs/publish.md says: numbers, and kind, path, about and message of each."""
    for i in range(20):
        (copy / f"note-{i:02}.txt").write_text("x")
    code, out = _run("check", "--json", str(copy))
    report = json.loads(out)
    assert code == 1
    assert report["schema"] == 1
    assert report["images"] == 2
    assert [fault["path"] for fault in report["faults"]] == [f"note-{i:02}.txt" for i in range(20)]
    assert all(set(f) == {"kind", "path", "about", "message"} for f in report["faults"])


def test_checking_loads_no_network(beside: Path) -> None:
    """Neither TensorFlow nor anything else that takes long."""
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from generator.check import check\n"
        "check(Path(sys.argv[1]))\n"
        "print(sorted({'tensorflow', 'keras', 'numpy', 'matplotlib', 'PIL'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(beside)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "[]\n"
