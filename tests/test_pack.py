"""The zip of a site: what it unpacks to, and that the same site gives the same bytes."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from generator import layout
from generator.building import build
from generator.config import Config
from generator.errors import OutputError, SiteError, UsageError
from generator.pack import name_of, pack
from tests.git_remotes import files_of
from tests.small_networks import plain, saved


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """Where zips are unpacked to."""
    return tmp_path / "unpacked"


def test_it_unpacks_to_one_folder_which_is_the_site(
    beside: Path, tmp_path: Path, unpacked: Path
) -> None:
    """With the gallery's name, so that a double-click on its index.html opens it."""
    done = pack(beside, tmp_path / "gallery.zip")
    shutil.unpack_archive(done.output, unpacked)
    assert [path.name for path in unpacked.iterdir()] == [done.folder]
    assert files_of(unpacked / done.folder) == files_of(beside)
    assert done.bytes == done.output.stat().st_size
    assert done.files == len(files_of(beside))


def test_the_same_site_gives_the_same_bytes(beside: Path, tmp_path: Path) -> None:
    """Whatever the time, the times of its files, and where it lies."""
    copy = Path(shutil.copytree(beside, tmp_path / "elsewhere"))
    for path in copy.rglob("*"):
        os.utime(path, (10**9, 10**9))
    one = pack(beside, tmp_path / "one.zip").output.read_bytes()
    assert pack(copy, tmp_path / "two.zip").output.read_bytes() == one


def test_what_is_packed_already_is_stored(beside: Path, tmp_path: Path) -> None:
    """Pictures as they are, pages deflated; sorted, readable by everybody."""
    with zipfile.ZipFile(pack(beside, tmp_path / "gallery.zip").output) as archive:
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    for entry in entries:
        stored = Path(entry.filename).suffix in {".png", ".webp", ".pdf"}
        assert (entry.compress_type == zipfile.ZIP_STORED) == stored
        assert entry.external_attr >> 16 == 0o100644


def test_without_values_it_is_what_a_build_without_them_makes(
    tmp_path: Path, unpacked: Path
) -> None:
    """File by file and byte by byte, so that its pages say that they have none."""
    Image.new("RGB", (32, 32), (200, 90, 40)).save(_folder(tmp_path / "inputs") / "red.png")
    model = str(saved(plain(), tmp_path / "plain.keras"))
    sites = []
    for values in (True, False):
        site = tmp_path / f"values-{values}"
        build(Config(inputs=tmp_path / "inputs", output=site, model=model, values=values))
        sites.append(site)
    done = pack(sites[0], tmp_path / "gallery.zip", values=False)
    shutil.unpack_archive(done.output, unpacked)
    assert files_of(unpacked / done.folder) == files_of(sites[1])
    assert any(layout.is_values(path) for path in files_of(sites[0]))


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Our garden, seen by VGG16", "our-garden-seen-by-vgg16"),
        ("Caf&eacute; &amp; more", "cafe-more"),
        ("庭", ""),
    ],
)
def test_a_gallery_is_named_after_its_title(title: str, name: str, tmp_path: Path) -> None:
    """As a name that any system takes."""
    (tmp_path / "index.html").write_text(f"<title>{title}</title>", encoding="utf-8")
    assert name_of(tmp_path) == name


def test_what_is_no_good_gallery_is_refused(beside: Path, tmp_path: Path) -> None:
    """A folder of something else, and a gallery with a fault."""
    with pytest.raises(UsageError, match="expected a gallery that Layerlight made"):
        pack(tmp_path, tmp_path.parent / "gallery.zip")
    copy = Path(shutil.copytree(beside, tmp_path / "copy"))
    (copy / "static/css/site.css").unlink()
    with pytest.raises(SiteError, match="without faults"):
        pack(copy, tmp_path / "gallery.zip")
    assert not (tmp_path / "gallery.zip").exists()


def test_a_zip_goes_where_it_harms_nothing(beside: Path, tmp_path: Path) -> None:
    """Not over a file of another kind, not into the site, not under another ending."""
    (tmp_path / "notes.zip").write_text("not a zip")
    with pytest.raises(OutputError, match="a file of another kind"):
        pack(beside, tmp_path / "notes.zip")
    with pytest.raises(UsageError, match="outside of the site"):
        pack(beside, beside / "gallery.zip")
    with pytest.raises(UsageError, match=r"ends in \.zip"):
        pack(beside, tmp_path / "gallery.tar")


def _folder(path: Path) -> Path:
    path.mkdir()
    return path
