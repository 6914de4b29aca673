"""What lies in the inputs folder, and what of it is safe to open.

A folder that someone filled by hand holds more than pictures: links that lead in circles or out of
the folder, pipes that never end, folders named like pictures. None of it may stop the build or make
it wait, and none of it may go unmentioned.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Literal

from generator.domain import Problem
from generator.errors import ImageError, InputsError
from generator.names import shown

__all__ = [
    "FORMATS",
    "FoundImage",
    "Listing",
    "is_image_name",
    "lies_within",
    "list_images",
    "read_whole",
]

FORMATS = "JPEG, PNG, WebP, AVIF, TIFF, BMP, GIF or HEIC"
"""What is read, for messages."""

_IMAGE_SUFFIX = re.compile(r"\.(jpe?g|jpe|jfif|png|webp|avif|tiff?|bmp|gif|hei[cf])", re.IGNORECASE)
_OTHER_PICTURE = re.compile(
    # Raw photographs; drawings and layered documents; formats that few programs read.
    r"\.(3fr|arw|cr2|cr3|dng|erf|iiq|kdc|mef|mos|mrw|nef|nrw|orf|pef|raf|raw|rw2|rwl|sr2|srf|srw|x3f"
    r"|svgz?|ai|eps|emf|wmf|psd|psb|xcf|kra"
    r"|exr|hdr|ico|icns|j2k|jp2|jxl|jxr|p[bgnp]m|qoi|tga)",
    re.IGNORECASE,
)
_SIDECAR_SUFFIX = ".md"
_ABOUT_NO_PICTURE = re.compile(
    r"(authors|changelog|changes|contributing|copying|credits|index|licen[cs]e|notes|notice|readme"
    r"|sources|todo)([._-].*)?\.md",
    re.IGNORECASE,
)
"""Texts that people keep in any folder, with ``README.de.md`` and the like."""
_COMPARED = 20
"""So many texts of a folder are compared with the names of all its pictures."""
_READINGS = 3
"""Of a file that changes while it is read, before it is given up for this time."""


@dataclass(frozen=True, slots=True)
class FoundImage:
    """A file named like an image. Whether it is one shows only when it is decoded."""

    relative: str
    """Path relative to the inputs folder, POSIX separators, exactly as the system spells it."""
    path: Path
    sidecar: str | None
    """``relative`` of the Markdown file that belongs to it."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Everything found in an inputs folder, in the order of the exact paths."""

    images: tuple[FoundImage, ...]
    refused: tuple[str, ...]
    """``relative`` of what is named like an image but cannot be one; each has a problem."""
    problems: tuple[Problem, ...]


def is_image_name(name: str) -> bool:
    """Whether the suffix of a file name is that of a format that is read, whatever its case."""
    return bool(_IMAGE_SUFFIX.fullmatch(_suffix(name)))


def lies_within(path: Path, folder: Path) -> bool:
    """Whether what ``path`` leads to, through whatever links, lies in ``folder``."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def list_images(folder: Path) -> Listing:
    """Walk ``folder`` and all folders in it.

    Hidden files and folders and ``__MACOSX`` are passed over. Raises InputsError if the folder
    itself cannot be listed; whatever is wrong further down becomes a problem.
    """
    try:
        walk = _Walk(folder, os.path.realpath(folder))
    except ValueError as error:  # A name with a zero byte in it.
        raise InputsError(_unlistable(folder, OSError(0, str(error)))) from error
    waiting: list[str] = [""]
    while waiting:
        waiting.extend(walk.enter(waiting.pop()))
    walk.report_folders_named_like_images()
    return Listing(
        images=tuple(sorted(walk.images, key=lambda image: image.relative)),
        refused=tuple(sorted(walk.refused)),
        problems=tuple(sorted(walk.problems, key=lambda p: (p.source, p.message))),
    )


def read_whole(path: Path, limit: int) -> bytes:
    """The bytes of a regular file of at most ``limit`` bytes.

    A file that somebody writes meanwhile is read again: never half of one image and half of the
    next. Never waits for a pipe or a device. Raises ImageError, whose message names no path.
    """
    for _ in range(_READINGS):
        data, still = _read_once(path, limit)
        if still:
            return data
    raise ImageError(
        "Expected a file that stays as it is while it is read; this one is being written. Build "
        "again when it is complete."
    )


def _read_once(path: Path, limit: int) -> tuple[bytes, bool]:
    """The bytes, and whether they are all of one moment."""
    try:
        # Without O_NONBLOCK, opening a pipe waits for someone to write into it.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        descriptor = os.open(path, flags)
        try:
            facts = os.fstat(descriptor)
            if not stat.S_ISREG(facts.st_mode):
                raise ImageError(_not_a_file(facts.st_mode))
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                data = file.read(limit + 1) if facts.st_size <= limit else None
            after = os.fstat(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise ImageError(_unreadable(error)) from error
    if data is None or len(data) > limit:
        size = max(facts.st_size, limit + 1)
        raise ImageError(
            f"Expected a file of at most {limit / 1e6:,.0f} MB; this one has {size / 1e6:,.1f} MB. "
            "Make it smaller first."
        )
    return data, len(data) == facts.st_size == after.st_size and _times(facts) == _times(after)


def _times(facts: os.stat_result) -> tuple[int, int]:
    return facts.st_mtime_ns, facts.st_ctime_ns


class _Walk:
    """One pass over the folders: what was found so far."""

    def __init__(self, folder: Path, real_root: str) -> None:
        self._folder = folder
        self._real_root = real_root
        self._folders: list[str] = []
        self.images: list[FoundImage] = []
        self.refused: list[str] = []
        self.problems: list[Problem] = []

    def enter(self, folder: str) -> Iterator[str]:
        """Take in one folder; gives the folders in it."""
        try:
            with os.scandir(self._folder / folder) as listing:
                entries = [entry for entry in listing if not _is_passed_over(entry.name)]
        except OSError as error:
            if not folder:
                raise InputsError(_unlistable(self._folder, error)) from error
            self._problem(folder, _unreadable(error, "folder"))
            return
        sidecars = _sidecars(entry.name for entry in entries)
        files = []
        for entry in entries:
            relative = str(PurePosixPath(folder, entry.name))
            try:
                if entry.is_dir(follow_symlinks=False) and not _is_link(entry):
                    self._folders.append(relative)
                    yield relative
                    continue
                files.append(entry.name)
                message = self._objection(entry)
            except OSError as error:
                message = _unreadable(error)
            if message:
                self._refuse(relative, message)
            elif is_image_name(entry.name):
                called = _composed(entry.name)
                name = sidecars.get(called) or sidecars.get(_stem(called))
                sidecar = str(PurePosixPath(folder, name)) if name else None
                self.images.append(FoundImage(relative, self._folder / relative, sidecar))
        self._report_misspelt(folder, files)

    def _objection(self, entry: os.DirEntry[str]) -> str:
        """Why an entry that is no folder cannot be used; "" if it can, or need not be."""
        suffix = _suffix(entry.name)
        if suffix == _SIDECAR_SUFFIX:
            return ""  # Judged with the image that it describes.
        if _is_link(entry) and (objection := self._objection_to_link(entry)):
            return objection
        mode = entry.stat().st_mode
        if not stat.S_ISREG(mode):
            return _not_a_file(mode)
        if _OTHER_PICTURE.fullmatch(suffix):
            return (
                f"Expected a {FORMATS} file; this is a {suffix} file, which is not read. "
                "Export it in one of these formats."
            )
        return ""

    def _objection_to_link(self, entry: os.DirEntry[str]) -> str:
        try:
            target = os.path.realpath(entry.path, strict=True)
        except OSError as error:
            where = "in a circle" if error.errno == errno.ELOOP else "to something that is missing"
            return (
                f"Expected an image or a folder; this is a link that leads {where}. "
                "Remove it, or put a copy of the image in its place."
            )
        if not Path(target).is_relative_to(self._real_root):
            return (
                "Expected an image or a folder; this is a link that leads out of the inputs "
                "folder, and such links are not followed. Put a copy in its place."
            )
        if Path(target).is_dir():
            return (
                "Expected an image or a folder; this is a link to a folder of the inputs folder, "
                "which is read where it lies. Remove the link, or put a copy in its place."
            )
        return ""

    def _refuse(self, relative: str, message: str) -> None:
        if is_image_name(relative):
            self.refused.append(relative)
        self._problem(relative, message)

    def _problem(
        self, relative: str, message: str, stage: Literal["discover", "describe"] = "discover"
    ) -> None:
        self.problems.append(Problem(shown(relative), stage, message))

    def _report_misspelt(self, folder: str, names: Sequence[str]) -> None:
        """Texts that no picture bears the name of, where one without a text is called almost so.

        Other texts may be about something else, such as ``birds.md`` beside ``birds/``.
        """
        texts = _sidecars(iter(names))
        if not texts:
            return
        # also of pictures that are not read: what is wrong with those is said of them
        others = [_composed(name) for name in names if _suffix(name) != _SIDECAR_SUFFIX]
        borne = {*others, *map(_stem, others)}
        alone = {
            _stem(name).lower(): name
            for name in others
            if is_image_name(name) and not (name in texts or _stem(name) in texts)
        }
        lonely = [
            (stem, name)
            for stem, name in texts.items()
            if stem not in borne and not _ABOUT_NO_PICTURE.fullmatch(name)
        ]
        for stem, name in lonely[:_COMPARED] if alone else ():
            bare, expected = (
                (_stem(stem), stem) if is_image_name(stem) else (stem, f"{stem}.jpg or the like")
            )
            if close := get_close_matches(bare.lower(), alone, n=1, cutoff=0.7):
                self._problem(
                    str(PurePosixPath(folder, name)),
                    f"Expected a picture of that name, {shown(expected)}, but there is none; did "
                    f"you mean {shown(alone[close[0]])}? Rename one of the two, or remove this "
                    "text.",
                    "describe",
                )

    def report_folders_named_like_images(self) -> None:
        """Someone who names a folder ``x.png`` took it for an image, unless it holds images."""
        named = [*(image.relative for image in self.images), *self.refused]
        reported = {problem.source for problem in self.problems}
        for folder in filter(is_image_name, self._folders):
            empty = not any(name.startswith(f"{folder}/") for name in named)
            if empty and shown(folder) not in reported:
                self._problem(
                    folder,
                    "Expected an image, as the name ends like one; this is a folder, not an image, "
                    "and holds none. Rename or remove it.",
                )


def _is_passed_over(name: str) -> bool:
    return name.startswith(".") or name.casefold() == "__macosx"


def _is_link(entry: os.DirEntry[str]) -> bool:
    # Windows has a second kind of link between folders, which Python knows from 3.12 on.
    is_junction = getattr(entry, "is_junction", None)
    return entry.is_symlink() or bool(is_junction and is_junction())


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()  # noqa: PTH122 - pathlib fails on odd names


def _stem(name: str) -> str:
    return os.path.splitext(name)[0]  # noqa: PTH122 - see above


def _sidecars(names: Iterator[str]) -> dict[str, str]:
    """Markdown files by their name without ``.md``; of ``a.MD`` and ``a.md`` the latter."""
    return {
        _composed(_stem(name)): name for name in sorted(names) if _suffix(name) == _SIDECAR_SUFFIX
    }


def _composed(name: str) -> str:
    """With its accents in one form: macOS writes them as characters of their own."""
    return unicodedata.normalize("NFC", name)


def _not_a_file(mode: int) -> str:
    kinds = (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    kind = next((name for test, name in kinds if test(mode)), "something else")
    return f"Expected a file; this is {kind}. Remove it, or put the image in its place."


def _unreadable(error: OSError, what: str = "file") -> str:
    """What to say of a file or folder that the system does not open; never its path."""
    match error:
        case FileNotFoundError():
            came = f"this one vanished while the {what}s were being read"
            do = "Put it back, or build again without it"
        case PermissionError():
            came = "its permissions do not allow it"
            do = "Change the permissions, or remove it"
        case _:
            came = f"the system says: {error.strerror or type(error).__name__}"
            do = "Copy it again, or remove it"
    return f"Expected a {what} that can be read; {came}. {do}."


def _neighbour(folder: Path) -> Path | None:
    """The folder beside it that is called almost the same, if there is one."""
    try:
        beside = [entry.name for entry in os.scandir(folder.parent) if entry.is_dir()]
    except (OSError, ValueError):
        return None
    close = get_close_matches(folder.name, beside, n=1, cutoff=0.7)
    return folder.with_name(close[0]) if close else None


def _unlistable(folder: Path, error: OSError) -> str:
    where = shown(str(folder))
    match error:
        case FileNotFoundError():
            came = "there is nothing there"
            do = f"Create it and put images in it ({FORMATS})"
            if near := _neighbour(folder):
                do = f"Did you mean {shown(str(near))}? Else create it and put images in it"
        case NotADirectoryError():
            came, do = "that is not a folder", "Name the folder that the image lies in"
        case PermissionError():
            came, do = "its permissions do not allow reading it", "Change the permissions"
        case _:
            came = f"the system says: {error.strerror or type(error).__name__}"
            do = "Name another folder"
    return f"Expected a folder of images at {where}; {came}. {do}."
