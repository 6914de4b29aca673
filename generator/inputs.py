"""A folder of images becomes the inputs of a gallery: in order, with ids, one by one.

``discover`` looks at names and sidecar Markdown only, so it is quick and touches no pixel.
``load`` reads one image. Between the two a file may change or vanish; then ``load`` says so.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from generator.domain import InputImage, InputSpec, Problem
from generator.errors import ImageError, InputsError
from generator.folders import FORMATS, FoundImage, Listing, lies_within, list_images, read_whole
from generator.names import ids, natural_key, readable_title, shown
from generator.sidecar import NO_SIDECAR, Sidecar
from generator.sidecar import read as read_sidecar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "MAX_BYTES",
    "Candidate",
    "described",
    "digest",
    "discover",
    "load",
    "prepare",
    "read_file",
]

MAX_BYTES = 256_000_000
"""Largest image file."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that is named like an image and lies where it may be read."""

    id: str
    """Slug, unique in the gallery whether or not the other images can be used."""
    source: str
    """Path relative to the inputs folder, POSIX separators, fit to be shown."""
    path: Path
    section: str
    """Folder of ``source``, "" at the top."""
    sidecar: Sidecar


def discover(folder: Path) -> tuple[tuple[Candidate, ...], tuple[Problem, ...]]:
    """The images of ``folder`` and all folders in it, in the gallery's order, and what was wrong.

    First those whose sidecar gives an ``order``, by it; then the others, and equals, by path:
    numbers by value, letters whatever their case, then exactly. Of two sidecars, ``cat.jpg.md``
    goes before ``cat.md``. The order of the file system does not matter.

    Raises InputsError if ``folder`` is missing, is not a folder, cannot be read, or holds no image.
    """
    listing = list_images(folder)
    if not listing.images:
        raise InputsError(_nothing_found(folder, listing))
    given = ids([*(image.relative for image in listing.images), *listing.refused])
    found: list[tuple[FoundImage, Candidate]] = []
    problems = list(listing.problems)
    for image in listing.images:
        sidecar, complaints = _sidecar_of(image, folder)
        # One sidecar may serve two images, and is wrong only once.
        problems.extend(complaint for complaint in complaints if complaint not in problems)
        source = shown(image.relative)
        section = source.rpartition("/")[0]
        candidate = Candidate(given[image.relative], source, image.path, section, sidecar)
        found.append((image, candidate))
    found.sort(key=lambda pair: _place(*pair))
    return tuple(candidate for _, candidate in found), tuple(problems)


def load(candidate: Candidate, spec: InputSpec) -> tuple[InputImage, NDArray[np.uint8]]:
    """Read one image: its facts, and its pixels in sRGB, uint8 (spec.height, spec.width, 3).

    The file is read once, so its hash is that of the pixels even if it changes meanwhile. One
    decoded image is held at a time. Raises ImageError, also for one that the memory does not hold.
    """
    return prepare(candidate, read_file(candidate), spec)


def read_file(candidate: Candidate) -> bytes:
    """The bytes of an image's file. Raises ImageError."""
    try:
        return read_whole(candidate.path, MAX_BYTES)
    except MemoryError:
        raise ImageError(_TOO_LARGE) from None


def prepare(
    candidate: Candidate, data: bytes, spec: InputSpec
) -> tuple[InputImage, NDArray[np.uint8]]:
    """As ``load``, of the bytes of an image's file."""
    from generator.decode_apart import decoded  # loaded for the first that is decoded

    try:
        width, height, pixels = decoded(data, spec)
    except MemoryError:
        raise ImageError(_TOO_LARGE) from None
    return described(candidate, hashlib.sha256(data).hexdigest(), width, height), pixels


_TOO_LARGE = "expected an image that fits this machine's memory; make it smaller"


def digest(candidate: Candidate) -> str:
    """SHA-256 of an image's file, hexadecimal; "" if it cannot be read, which ``load`` explains."""
    try:
        return hashlib.sha256(read_file(candidate)).hexdigest()
    except ImageError:
        return ""


def described(candidate: Candidate, sha256: str, width: int, height: int) -> InputImage:
    """The facts of an image whose file was read, then or earlier.

    Args:
        candidate: which.
        sha256: of the file's bytes, hexadecimal.
        width, height: of the decoded image, pixels.
    """
    title = candidate.sidecar.title or readable_title(candidate.path.stem)
    return InputImage(
        id=candidate.id,
        source=candidate.source,
        path=candidate.path,
        section=candidate.section,
        title=title,
        alt=candidate.sidecar.alt or f"Photograph: {title}",
        credit=candidate.sidecar.credit,
        license=candidate.sidecar.license,
        description=candidate.sidecar.description,
        sha256=sha256,
        width=width,
        height=height,
    )


def _sidecar_of(image: FoundImage, folder: Path) -> tuple[Sidecar, tuple[Problem, ...]]:
    if image.sidecar is None:
        return NO_SIDECAR, ()
    path, source = folder / image.sidecar, shown(image.sidecar)
    if not lies_within(path, folder):
        message = (
            "Expected a description in the inputs folder; this is a link that leads out of it, and "
            "such links are not followed. Put a copy in its place."
        )
        return NO_SIDECAR, (Problem(source, "describe", message),)
    return read_sidecar(path, source)


def _place(
    image: FoundImage, candidate: Candidate
) -> tuple[bool, float, tuple[tuple[str | int, ...], ...], str]:
    order = candidate.sidecar.order
    return order is None, order or 0.0, natural_key(image.relative), image.relative


def _nothing_found(folder: Path, listing: Listing) -> str:
    refused = listing.problems[:3]
    reasons = "".join(f"\n  {problem.source}: {problem.message}" for problem in refused)
    more = len(listing.problems) - len(refused)
    return (
        f"Expected at least one image ({FORMATS}) in {shown(str(folder))} or the folders in it; "
        f"there is none. Put images there, or name another folder.{reasons}"
        + (f"\n  and {more} more" if more else "")
    )
