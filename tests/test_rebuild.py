"""What a second build does: just what changed, and the site that a first build would have made."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image

from generator import models
from generator.beside import manifest as place
from generator.building import Report, build
from generator.cli.texts import summary
from generator.config import Against, Config
from generator.render import Renderer
from tests.small_networks import branched, plain, saved

NAMES = ("a", "b", "c", "d", "e")


def photo(path: Path, seed: int) -> None:
    """Areas of one colour, different for each seed."""
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    Image.fromarray(coarse.repeat(6, axis=0).repeat(6, axis=1)).save(path)


class Done(NamedTuple):
    """A build, and what it did."""

    report: Report
    rewritten: set[str]
    """Files that are not the very ones of the site before."""
    rendered: set[str]
    """Pages."""
    loaded: int
    """How often a network was."""


class Studio:
    """A folder of five images with a small network, and builds of it that are watched."""

    def __init__(self, folder: Path, *, fill: bool = False) -> None:
        self.folder, self.site = folder, folder / "site"
        self.settings: dict[str, Any] = {"model": str(folder / "mine.keras")}
        if fill:
            (folder / "in").mkdir(parents=True)
            for seed, name in enumerate(NAMES):
                photo(self.image(name), seed)
            saved(plain(), folder / "mine.keras")

    def image(self, name: str) -> Path:
        return self.folder / f"in/{name}.png"

    def build(self, output: str = "site", **settings: Any) -> Done:
        """Build with the studio's settings, and those given, which it then keeps."""
        self.settings |= settings
        site = self.folder / output
        before = _inodes(site)
        rendered: list[str] = []
        loaded: list[object] = []
        render, load = Renderer.render, models.opened

        def rendering(renderer: Renderer, page: Any) -> str:
            rendered.append(page.path)
            return render(renderer, page)

        def loading(*args: Any, **kwargs: Any) -> Any:
            loaded.append(args)
            return load(*args, **kwargs)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Renderer, "render", rendering)
            patch.setattr(models, "opened", loading)
            report = build(Config(inputs=self.folder / "in", output=site, **self.settings))
        assert len(rendered) == len(set(rendered))
        after = _inodes(site)
        changed = {path for path, inode in after.items() if before.get(path) != inode}
        return Done(report, changed, set(rendered), len(loaded))

    def unlike_first(self) -> set[str]:
        """Files that are not, byte for byte, what a build elsewhere makes of the same things."""
        self.build("fresh")
        here, there = _bytes(self.site), _bytes(self.folder / "fresh")
        return {path for path in here.keys() | there.keys() if here.get(path) != there.get(path)}


def _inodes(folder: Path) -> dict[str, int]:
    return {
        path.relative_to(folder).as_posix(): path.stat().st_ino
        for path in folder.rglob("*")
        if path.is_file()
    }


def _bytes(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _of(image: str, paths: set[str]) -> set[str]:
    """Those of one image: its sheets and its pages."""
    return {
        path for path in paths if path.startswith((f"sheets/mine/{image}/", f"images/{image}/"))
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built once for all tests, each of which gets a copy."""
    folder = tmp_path_factory.mktemp("studio")
    first = Studio(folder, fill=True).build()
    assert (first.report.kept, first.report.unchanged, first.loaded) == (0, False, 1)
    return folder


@pytest.fixture
def studio(built: Path, tmp_path: Path) -> Studio:
    """As a first build left it."""
    copy = tmp_path / "studio"
    shutil.copytree(built, copy)  # with the times of files
    return Studio(copy)


def test_nothing_changed_is_nothing_done(studio: Studio) -> None:
    """The folder itself is the one that was there; times of inputs do not count, only bytes."""
    inode = studio.site.stat().st_ino
    for _ in range(2):
        again = studio.build()
        assert again.report.unchanged and again.report.kept == 5
        assert (again.rewritten, again.rendered, again.loaded) == (set(), set(), 0)
        assert studio.site.stat().st_ino == inode
        for name in NAMES:
            studio.image(name).touch()
    assert again.report.files == len(_inodes(studio.site))
    assert again.report.bytes == sum(map(len, _bytes(studio.site).values()))


def test_nothing_changed_loads_no_tensorflow(studio: Studio) -> None:
    """Nor what makes pages; asked of a new process."""
    code = (
        "import sys; from pathlib import Path; from generator.config import Config\n"
        "from generator.building import build\n"
        f"report = build(Config(inputs=Path({str(studio.folder / 'in')!r}), "
        f"output=Path({str(studio.site)!r}), model={studio.settings['model']!r}))\n"
        "assert report.unchanged\n"
        "print(sorted({'tensorflow', 'keras', 'matplotlib', 'jinja2'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "[]\n"


def test_one_image_changed(studio: Studio) -> None:
    """Its sheets and pages, and what ranges over the gallery; of the others not one file."""
    photo(studio.image("c"), 77)
    done = studio.build()
    assert (done.report.kept, done.report.unchanged) == (4, False)
    assert "sheets/mine/c/first.png" in done.rewritten
    assert "images/c/mine/first.html" in done.rewritten
    assert {"gallery.json", "index.html", "layers/mine/first.html"} <= done.rewritten
    for other in set(NAMES) - {"c"}:
        assert _of(other, done.rewritten | done.rendered) == set()
    assert studio.unlike_first() == set()


def test_one_image_more_and_one_less(studio: Studio) -> None:
    """Its neighbours' pages lead to it, so they are made anew, but no sheet; then all is gone."""
    photo(studio.folder / "in/cc.png", 8)
    more = studio.build()
    assert more.report.images == 6 and more.report.kept == 5
    for name in ("a", "b", "e"):
        assert _of(name, more.rewritten | more.rendered) == set()
    assert "images/c/index.html" in more.rendered and "images/d/index.html" in more.rendered
    assert not any(path.startswith("sheets/mine/c/") for path in more.rewritten)
    assert studio.unlike_first() == set()
    (studio.folder / "in/cc.png").unlink()
    less = studio.build()
    assert (less.report.images, less.report.kept, less.loaded) == (5, 5, 0)
    assert not [path for path in _inodes(studio.site) if "/cc" in path]
    assert b'"cc"' not in (studio.site / "gallery.json").read_bytes()
    assert studio.unlike_first() == set()


def test_a_text_changed(studio: Studio) -> None:
    """Pages that show it are other bytes; no sheet is touched and no network loaded."""
    texts = studio.folder / "text"
    (texts / "generic").mkdir(parents=True)
    text = texts / "generic/conv.md"
    text.write_text("Seen by {value: channels first}.\n", encoding="utf-8")
    studio.build(text_folder=texts)
    text.write_text("Looked at by {value: channels first}.\n", encoding="utf-8")
    done = studio.build()
    assert (done.report.kept, done.loaded) == (5, 0)
    assert done.rewritten
    assert all(path.endswith(".html") for path in done.rewritten)
    assert not any(path.startswith("sheets/") for path in done.rewritten)
    assert studio.unlike_first() == set()
    assert studio.build().report.unchanged


def test_a_layers_text_changed(studio: Studio) -> None:
    """Of an image's layer pages that layer's alone is made; none of another layer shows it."""
    texts = studio.folder / "text"
    (texts / "mine").mkdir(parents=True)
    text = texts / "mine/second.md"
    text.write_text("Before.\n", encoding="utf-8")
    studio.build(text_folder=texts)
    text.write_text("After.\n", encoding="utf-8")
    done = studio.build()
    assert {path for path in done.rendered if re.fullmatch(r"images/./mine/.*", path)} == {
        f"images/{name}/mine/second.html" for name in NAMES
    }
    assert {f"images/{name}/index.html" for name in NAMES} <= done.rendered
    assert studio.unlike_first() == set()


@pytest.mark.parametrize(
    ("setting", "loads"),
    [
        ({"title": "Another"}, 0),
        pytest.param({"palette": "magma"}, 0, marks=pytest.mark.slow),
        ({"values": False}, 1),
        pytest.param({"fit": "pad"}, 1, marks=pytest.mark.slow),
        pytest.param({"preprocess": "tf"}, 1, marks=pytest.mark.slow),
        ({"layers": ("first",)}, 1),
        pytest.param({"classes": (1,)}, 1, marks=pytest.mark.slow),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_a_setting_changed(studio: Studio, setting: dict[str, Any], loads: int) -> None:
    """What is on pages only asks for no network; what sheets are made of makes all of them anew."""
    done = studio.build(**setting)
    assert (done.report.kept, done.loaded) == (0 if loads else 5, loads)
    assert studio.unlike_first() == set()


def test_another_network_in_the_same_file(studio: Studio) -> None:
    """Its bytes count, not its name."""
    saved(plain(7), studio.folder / "mine.keras")
    done = studio.build()
    assert (done.report.kept, done.loaded) == (0, 1)
    assert studio.unlike_first() == set()


def test_weights_of_other_networks_came_to_this_machine(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A network from a file has its own: whoever built VGG16 meanwhile changed nothing here."""
    monkeypatch.setenv("LAYERLIGHT_CACHE", str(tmp_path))
    (tmp_path / "vgg16.npz").touch()
    assert studio.build().report.unchanged


def test_labels_changed(studio: Studio) -> None:
    """They stand in every image's verdict."""
    labels = studio.folder / "labels.txt"
    for words in ("ape\nbee\ncat\n", "ant\nbat\ncow\n"):
        labels.write_text(words, encoding="utf-8")
        assert studio.build(labels=labels).report.kept == 0
        assert words.split()[1].encode() in (studio.site / "images/a/index.html").read_bytes()


def test_a_failed_image_is_tried_again(studio: Studio) -> None:
    """Each time, until it can be used; the others stay, and no network is loaded for it."""
    bad = studio.folder / "in/bad.png"
    bad.write_bytes(b"no picture")
    for _ in range(2):
        done = studio.build()
        assert [problem.source for problem in done.report.problems] == ["bad.png"]
        assert (done.report.unchanged, done.report.kept, done.loaded) == (False, 5, 0)
    photo(bad, 9)
    done = studio.build()
    assert (done.report.images, done.report.kept, done.report.problems) == (6, 5, ())
    assert studio.unlike_first() == set()


def _delete(studio: Studio) -> None:
    (studio.site / "sheets/mine/b/first.png").unlink()


def _change(studio: Studio) -> None:
    path = studio.site / "images/b/index.html"
    path.write_bytes(path.read_bytes() + b" ")


def _same_size(studio: Studio) -> None:
    path = studio.site / "sheets/mine/b/first.json"
    path.write_bytes(path.read_bytes()[::-1])


def _shared(studio: Studio) -> None:
    (studio.site / "index.html").write_bytes(b"")


@pytest.mark.parametrize("harm", [_delete, _change, _same_size, _shared])
def test_what_was_changed_by_hand_is_mended(studio: Studio, harm: Callable[[Studio], None]) -> None:
    """Only the image that it belongs to is run again."""
    harm(studio)
    done = studio.build()
    assert done.report.kept == (4 if harm in (_delete, _same_size) else 5)
    assert studio.unlike_first() == set()


def _lost(path: Path) -> None:
    path.unlink()


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


def _newer(path: Path) -> None:
    data = json.loads(path.read_bytes())
    path.write_text(json.dumps({**data, "schema": 99}), encoding="utf-8")


def _other(path: Path) -> None:
    path.write_text('{"schema": 1, "groups": [1, 2]}', encoding="utf-8")


@pytest.mark.parametrize(
    ("harm", "said"),
    [(_lost, ""), (_cut, "damaged"), (_newer, "another version"), (_other, "damaged")],
)
def test_without_a_manifest_all_is_made_anew(
    studio: Studio, harm: Callable[[Path], None], said: str
) -> None:
    """It is said why, unless there was none; the site is the same, the next build is at once."""
    harm(place(studio.site))
    done = studio.build()
    assert (done.report.kept, done.report.unchanged) == (0, False)
    assert said in done.report.note and bool(said) == bool(done.report.note)
    assert done.rewritten == set()  # the same bytes
    assert studio.build().report.unchanged


def test_a_manifest_that_leads_out_of_the_site(studio: Studio) -> None:
    """What lies elsewhere is no file of the site, whatever its stamp; it is not taken over."""
    path = place(studio.site)
    data = json.loads(path.read_bytes())
    outside = studio.image("a").stat()
    stamps = {"../in/a.png": [outside.st_size, outside.st_mtime_ns]}
    data["groups"]["sheets/mine/a"]["files"] = stamps
    path.write_text(json.dumps(data), encoding="utf-8")
    assert studio.build(title="Anew").report.kept == 4
    assert studio.image("a").is_file()
    assert studio.unlike_first() == set()


def test_an_image_that_changes_while_it_is_built(studio: Studio) -> None:
    """The build shows what it read; the next one notices."""

    class Meanwhile:
        def images(self, done: int, total: int) -> None:
            if done == total:
                photo(studio.image("a"), 55)

        def sheets(self, done: int, total: int) -> None: ...
        def handouts(self, done: int, total: int) -> None: ...
        def pages(self, done: int, total: int) -> None: ...

    photo(studio.image("a"), 44)
    config = Config(inputs=studio.folder / "in", output=studio.site, **studio.settings)
    build(config, progress=Meanwhile())
    assert not studio.build().report.unchanged
    assert studio.unlike_first() == set()


def test_a_manifest_of_an_older_site_keeps_nothing_that_changed_since(studio: Studio) -> None:
    """As if the machine had stopped between the new site and its manifest."""
    older = place(studio.site).read_bytes()
    photo(studio.image("b"), 66)
    studio.build()
    place(studio.site).write_bytes(older)
    photo(studio.image("b"), 1)  # as it was when that manifest was written
    studio.build()
    assert studio.unlike_first() == set()


def test_times_of_whole_seconds_are_those_of_an_archive(studio: Studio) -> None:
    """Taken out of a tar file, a site's files have no fractions of seconds."""
    for path in studio.site.rglob("*"):
        if path.is_file():
            facts = path.stat()
            second = facts.st_mtime_ns // 10**9
            os.utime(path, ns=(second * 10**9, second * 10**9))
    done = studio.build()
    assert done.report.unchanged


def test_a_live_network_is_run_each_time(studio: Studio) -> None:
    """Nobody can tell whether it has changed."""
    config = Config(inputs=studio.folder / "in", output=studio.folder / "live")
    for _ in range(2):
        report = build(config, model=plain())
        assert (report.kept, report.unchanged) == (0, False)


def test_of_networks_side_by_side_all_is_kept(studio: Studio) -> None:
    """A title changes every page, and neither network runs; an image changes all that compares."""
    saved(branched(), studio.folder / "branched.keras")
    other = Against(str(studio.folder / "branched.keras"))
    studio.build(against=(other,), pairs=(("a", "b"),))
    assert studio.build().report.unchanged
    done = studio.build(title="Two")
    assert (done.report.kept, done.loaded) == (5, 0)
    assert "compare/mine_branched/index.html" in done.rendered
    photo(studio.image("b"), 31)
    done = studio.build()
    assert done.report.kept == 4
    assert studio.unlike_first() == set()
    done = studio.build(against=(), pairs=())
    assert done.report.gone == (0, 1, 2)
    gone = next(line for line in summary(done.report).splitlines() if line.startswith("gone"))
    assert gone.split(maxsplit=1)[1] == "1 network and 2 comparisons of the previous site"
    assert "\ngone" not in summary(studio.build(title="One").report)


def test_handouts_are_kept(studio: Studio) -> None:
    """Only those of an image that changed are set again."""
    studio.image("d").unlink()
    studio.image("e").unlink()
    studio.build(handouts=True)
    photo(studio.image("a"), 12)
    done = studio.build()
    pdfs = {path for path in done.rewritten if path.endswith(".pdf")}
    assert pdfs and all(path.startswith("handouts/a-") for path in pdfs)
    assert done.report.handouts == 9
    assert studio.build().report.unchanged
    assert studio.unlike_first() == set()
    done = studio.build(handouts=False)
    assert (done.report.handouts, done.report.gone.handouts, done.loaded) == (0, 9, 0)


def test_the_manifest_is_beside_the_site_and_not_in_it(studio: Studio) -> None:
    """It knows names and times of this machine; nothing of it is in the site."""
    assert place(studio.site) == studio.folder / ".site.layerlight.json"
    assert place(studio.site).is_file()
    assert not [path for path in studio.site.rglob("*") if "layerlight.json" in path.name]


_ON_EVERY_CORE = """
import os, sys
from pathlib import Path
from generator import rows
from generator.building import build
from generator.config import Config
folder = Path(sys.argv[1])
rows._WORTH_IT = 2
print_apart = rows.Rows.print_apart
def noted(self, part):
    (folder / f"by-{os.getpid()}").touch()
    return print_apart(self, part)
rows.Rows.print_apart = noted
report = build(Config(inputs=folder / "in", output=folder / "site", title="Anew",
                      model=str(folder / "mine.keras")))
assert report.kept == 5 and "tensorflow" not in sys.modules
print(os.getpid(), report.files, report.bytes)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere pages are made one after the other")
def test_pages_alone_are_made_on_every_core(studio: Studio) -> None:
    """In copies of the process; the site is that of one, and so is what is remembered of it."""
    done = subprocess.run(
        [sys.executable, "-c", _ON_EVERY_CORE, str(studio.folder)],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    process, files, size = map(int, done.stdout.split())
    by = {int(path.name.removeprefix("by-")) for path in studio.folder.glob("by-*")}
    assert by and process not in by
    assert files == len(_inodes(studio.site))
    assert size == sum(map(len, _bytes(studio.site).values()))
    again = studio.build(title="Anew")
    assert again.report.unchanged
    assert studio.unlike_first() == set()


_LOOKED_AHEAD = """
import os, sys
from pathlib import Path
from generator import rows
from generator.building import build
from generator.config import Config
folder = Path(sys.argv[1])
rows._WORTH_IT, rows._AHEAD = 2, 2
look = rows.Rows.look
def noted(self, image):
    (folder / f"looked-{os.getpid()}-{image}").touch()
    return look(self, image)
rows.Rows.look = noted
report = build(Config(inputs=folder / "in", output=folder / "site",
                      model=str(folder / "mine.keras")))
assert report.kept == 4 and "tensorflow" in sys.modules
print(os.getpid())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere all is looked at by one process")
def test_images_that_were_kept_are_looked_at_by_a_copy_of_the_process(studio: Studio) -> None:
    """Begun before TensorFlow is loaded, for the one that has to run; the site is the same."""
    photo(studio.image("c"), 33)
    done = subprocess.run(
        [sys.executable, "-c", _LOOKED_AHEAD, str(studio.folder)],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    process = int(done.stdout)
    looked = [path.name.split("-")[1:] for path in studio.folder.glob("looked-*")]
    assert {image for own, image in looked if int(own) == process} == {"c"}
    assert {image for own, image in looked if int(own) != process} == {"a", "b", "d", "e"}
    assert studio.unlike_first() == set()
