"""The check, step by step."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from generator import layout
from generator.check.addresses import PageFacts, Places, base_of, read_page, read_stylesheet
from generator.check.faults import KINDS, Fault
from generator.check.files import Listing, listed
from generator.check.named import Named, named_by
from generator.check.pictures import incomplete
from generator.check.reach import anchor_faults, gallery_script_faults, leads_to, pattern_faults
from generator.check.shapes import GalleryShape, data_faults, read_gallery
from generator.costs import PAGES_LIMIT
from generator.errors import UsageError
from generator.kin import cores
from generator.site import is_gallery

__all__ = ["FILE_LIMIT", "SITE_LIMIT", "Report", "check"]

SITE_LIMIT = PAGES_LIMIT
"""Bytes of a site that GitHub Pages takes,"""
FILE_LIMIT = 100 * 2**20
"""and of a file that GitHub takes."""
_MANY = 150
"""Pages that take longer than to start processes."""
_PART = 25
"""Pages that a process reads at a time."""
_READERS = 4
"""Threads that read small files."""


@dataclass(frozen=True, slots=True)
class Report:
    """How a site was found."""

    site: Path
    files: int
    pages: int
    bytes: int
    values_bytes: int
    """Of them, in values files, which a published site can do without."""
    images: int
    problems: int
    """Inputs that the build could not use."""
    faults: tuple[Fault, ...]


def check(site: Path, *, limits: bool = True, without_values: bool = False) -> Report:
    """Look a built site over.

    Args:
        site: the folder.
        limits: whether what is larger than GitHub Pages takes is a fault.
        without_values: judge the site as it is without its values files.

    Raises:
        UsageError: no gallery there.
        SiteError: it cannot be looked into.
    """
    refuse_no_gallery(site)
    listing = listed(site)
    values_bytes = sum(size for path, size in listing.sizes.items() if layout.is_values(path))
    if without_values:
        kept = {p: size for p, size in listing.sizes.items() if not layout.is_values(p)}
        listing = Listing(kept, listing.odd)
    gallery, faults = read_gallery(site)
    faults += _files_faults(listing, limits=limits)
    faults += _at_once(partial(_incomplete, site, listing.sizes), listing.sizes)
    pages = _read_pages(site, listing)
    faults += [fault for page in pages.values() for fault in page.faults]
    if gallery is not None:
        faults += _gallery_faults(site, listing, gallery, pages)
    order = {kind: i for i, kind in enumerate(KINDS)}
    return Report(
        site=site,
        files=len(listing.sizes),
        pages=sum(path.endswith(".html") for path in listing.sizes),
        bytes=sum(listing.sizes.values()),
        values_bytes=0 if without_values else values_bytes,
        images=len(gallery["images"]) if gallery else 0,
        problems=len(gallery["problems"]) if gallery else 0,
        faults=tuple(sorted(set(faults), key=lambda fault: (order[fault.kind], fault))),
    )


def refuse_no_gallery(site: Path) -> None:
    """Look whether Layerlight made it.

    Raises:
        UsageError: it did not.
    """
    if is_gallery(site):
        return
    got = f"a folder without a {layout.GALLERY_JSON} that says so" if site.is_dir() else "no folder"
    raise UsageError(
        f"{site}: expected a gallery that Layerlight made, got {got}; run layerlight build first, "
        f"or name the folder that it wrote"
    )


def _files_faults(listing: Listing, *, limits: bool) -> Iterator[Fault]:
    """What is wrong with names, kinds and sizes of files."""
    for path, kind in listing.odd.items():
        yield Fault("symlink", path, "", f"expected files and folders, got {kind}")
    seen: dict[str, str] = {}
    for path in listing.sizes:
        other = seen.setdefault(path.lower(), path)
        if other != path:
            message = f"expected paths that differ in more than upper and lower case, got {other}"
            yield Fault("clash", path, other, message)
    if not limits:
        return
    for path, size in listing.sizes.items():
        if size > FILE_LIMIT:
            message = f"expected at most {FILE_LIMIT:,} bytes, got {size:,}"
            yield Fault("file-size", path, "", message)
    total = sum(listing.sizes.values())
    if total > SITE_LIMIT:
        values = sum(size for path, size in listing.sizes.items() if layout.is_values(path))
        beside = f", {total - values:,} without values files" if values else ""
        message = f"expected at most {SITE_LIMIT:,} bytes, got {total:,}{beside}"
        yield Fault("site-size", "", "", message)


def _incomplete(site: Path, sizes: Mapping[str, int], path: str) -> list[Fault]:
    said = incomplete(site, path, sizes[path])
    return [Fault("damaged", path, "", said)] if said else []


def _gallery_faults(
    site: Path, listing: Listing, gallery: GalleryShape, pages: Mapping[str, PageFacts]
) -> Iterator[Fault]:
    """What is wrong when everything is held against ``gallery.json``."""
    named = named_by(gallery)
    for path in sorted(named.promised - listing.sizes.keys()):
        yield Fault("missing", path, "", "expected this file, which the output contract promises")
    unnamed = {path for path in listing.sizes if not named.holds(path)}
    for path in sorted(unnamed):
        message = "expected only files of the output contract, got one that it does not name"
        yield Fault("unnamed", path, "", message)
    models = {model["id"]: model for model in gallery["models"]}
    data = [p for p in listing.sizes if p.endswith(".json") and p != layout.GALLERY_JSON]
    yield from _at_once(partial(data_faults, site, models=models), data)
    yield from anchor_faults(pages, models)
    images = [image["id"] for image in gallery["images"]]
    yield from pattern_faults(pages, images, listing.sizes)
    yield from gallery_script_faults(site, gallery)
    yield from _unreached(listing, named, pages, images, unnamed)


def _unreached(
    listing: Listing,
    named: Named,
    pages: Mapping[str, PageFacts],
    images: Sequence[str],
    unnamed: set[str],
) -> Iterator[Fault]:
    reached = leads_to(pages, images)
    for path in listing.sizes:
        # a worksheet is handed out by its address; what has no name has been told of already
        handed_out = path.startswith(f"{layout.HANDOUTS}/") and path.endswith(".pdf")
        if path in reached or path in unnamed or handed_out:
            continue
        if not named.needs_no_page(path):
            message = "expected a page that leads to it or asks for it, but there is none"
            yield Fault("unreached", path, "", message)


def _read_pages(site: Path, listing: Listing) -> dict[str, PageFacts]:
    """What each page and stylesheet says, by path."""
    places = Places(
        frozenset(listing.sizes),
        base_of(site),
        any(layout.is_values(path) for path in listing.sizes),
    )
    paths = [path for path in listing.sizes if path.endswith(".html")]
    processes = cores()
    if len(paths) < _MANY or processes == 1:
        found = [read_page(site, path, places) for path in paths]
    else:
        # not forked: the threads above may hold a lock
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(
            processes, context, initializer=_remember, initargs=(site, places)
        ) as pool:
            found = [*pool.map(_read_remembered, paths, chunksize=_PART)]
    found += [
        read_stylesheet(site, path, places) for path in listing.sizes if path.endswith(".css")
    ]
    return {page.path: page for page in found}


_remembered: list[tuple[Path, Places]] = []
"""Of a process that reads pages: what all of them have in common."""


def _remember(site: Path, places: Places) -> None:
    _remembered[:] = [(site, places)]


def _read_remembered(path: str) -> PageFacts:
    site, places = _remembered[0]
    return read_page(site, path, places)


def _at_once(look: Callable[[str], Iterable[Fault]], paths: Iterable[str]) -> list[Fault]:
    """What a function finds in each of these files."""
    with ThreadPoolExecutor(_READERS) as threads:
        return [fault for found in threads.map(look, paths) for fault in found]
