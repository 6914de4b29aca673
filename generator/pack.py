"""A built site as one zip, for a stick or a course platform.

Unpacked, it is a folder with the gallery's name; a double-click on its ``index.html`` opens it. The
same site gives the same bytes.
"""

from __future__ import annotations

import html
import re
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from generator import layout
from generator.errors import UsageError
from generator.names import slug
from generator.outgoing import answers_among, outgoing, refuse_faults
from generator.single_file import refuse_inside, refuse_unless_replaceable, replacing

__all__ = ["Packed", "name_of", "pack"]

SUFFIX = ".zip"
_PACKED_ALREADY = frozenset({".pdf", ".png", ".webp"})
"""Kinds of files that deflate would not make smaller, only slower to pack and to open."""
_LEVEL = 6
_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest that a zip can say."""
_READABLE = 0o100644 << 16
_UNIX = 3
_VALUES = re.compile(rb",&#34;values&#34;:\{[^{}]*\},&#34;photoValues&#34;:\{[^{}]*\}")
"""Where a page tells its scripts of values files: what a build without them does not write."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A finished zip."""

    output: Path
    folder: str
    """The one that it unpacks to."""
    files: int
    bytes: int
    answers: int
    """How many of the files are worksheets with answers."""


def name_of(site: Path) -> str:
    """A name for the gallery in ``site``: its front page's title, in small letters and hyphens."""
    try:
        page = (site / layout.FRONT_PAGE).read_text(encoding="utf-8", errors="replace")
    except OSError:
        page = ""
    match = re.search(r"<title>(.*?)</title>", page, re.DOTALL)
    return slug(html.unescape(match[1])) if match else ""


def pack(site: Path, output: Path | None = None, *, values: bool = True) -> Packed:
    """Write the zip.

    Args:
        site: a built gallery.
        output: the file; None: the gallery's name, in the working directory.
        values: whether the values files go along, without which pages opened from a file show no
            numbers under the pointer. Without them pages say so.

    Raises:
        UsageError: no gallery, or a name that is no zip's or lies in the site.
        SiteError: the site has faults.
        OutputError: it cannot be written, or is something else than a zip.
    """
    report = refuse_faults(site, values=True, limits=False)
    folder = name_of(site) or "gallery"
    output = Path(f"{folder}{SUFFIX}") if output is None else output
    if output.suffix.lower() != SUFFIX:
        raise UsageError(f"--output: expected a file name that ends in {SUFFIX}, got {output}")
    refuse_unless_replaceable(output, "a zip", lambda head: head.startswith(b"PK"))
    refuse_inside(output, site)
    sizes = outgoing(site, values=values)
    with replacing(output) as file, zipfile.ZipFile(file, "w") as archive:
        _fill(archive, folder, site, sizes, plain=not values and report.values_bytes > 0)
    return Packed(output, folder, len(sizes), output.stat().st_size, answers_among(sizes))


def _fill(
    archive: zipfile.ZipFile, folder: str, site: Path, sizes: Mapping[str, int], *, plain: bool
) -> None:
    """``plain``: pages know of no values files."""
    for path in sizes:
        entry = zipfile.ZipInfo(f"{folder}/{path}", _TIME)
        entry.external_attr, entry.create_system = _READABLE, _UNIX
        stored = Path(path).suffix in _PACKED_ALREADY
        entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
        if stored:
            entry.file_size = sizes[path]
            with (site / path).open("rb") as source, archive.open(entry, "w") as target:
                shutil.copyfileobj(source, target, 2**20)
            continue
        data = (site / path).read_bytes()
        if plain and path.endswith(".html"):
            data = _VALUES.sub(b"", data)
        archive.writestr(entry, data, compresslevel=_LEVEL)
