"""Handouts of a built site, from what is asked for to the files."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import segno
from numpy.typing import NDArray

from generator import layout
from generator.errors import ConfigError, OutputError, SiteError
from generator.handout.copies import Album, Copy, Setting
from generator.handout.facts import (
    Entry,
    Gallery,
    LayerFacts,
    choose_images,
    choose_layers,
    read_gallery,
    read_image,
    read_tiles,
)
from generator.handout.language import REFERENCE, Language, read_language
from generator.handout.pictures import INKS, Ink
from generator.handout.poster import poster
from generator.handout.press import press
from generator.handout.worksheet import worksheet
from generator.single_file import refuse_unless_replaceable, replacing
from generator.texts import templates_folder

__all__ = ["FEWEST_CHANNELS", "FOLDER", "MOST_CHANNELS", "Made", "Wish", "make", "split_patterns"]

FOLDER = "handouts"
"""Below the site, unless another is named."""
TEMPLATES = "handout"
FEWEST_CHANNELS, MOST_CHANNELS = 2, 6
PAPERS: Mapping[str, tuple[str, str]] = {"a4": ("a4", "a3"), "letter": ("us-letter", "us-tabloid")}
"""Name -> typst's names of the paper for sheets, and of the twofold one for posters."""
AUDIENCES: Mapping[str, tuple[str, ...]] = {
    "student": ("student",),
    "teacher": ("teacher",),
    "both": ("student", "teacher"),
}
LARGEST = 3_000_000
"""Bytes of a file that can still be sent to a class."""

_HEAD = b"%PDF-"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for."""

    site: Path
    images: tuple[str, ...] = ()
    """Ids; none: all."""
    layers: tuple[str, ...] = ()
    """Patterns; none: all."""
    channels: int = 4
    """Maps in a row."""
    paper: str = "a4"
    ink: str = "mixed"
    audience: str = "both"
    language: str = REFERENCE
    poster: bool = False
    """A poster, too."""
    base_url: str = ""
    """Where the gallery is published, with a slash at the end; "" prints no address."""
    output: Path | None = None
    """Folder; None: ``handouts`` in the site."""


@dataclass(frozen=True, slots=True)
class Made:
    """A file that was written."""

    path: Path
    bytes: int


def make(wish: Wish, watch: Callable[[Made], None] | None = None) -> tuple[Made, ...]:
    """Write the handouts, one after the other.

    Args:
        wish: which.
        watch: is told of each file that is written.

    Raises:
        ConfigError: an option that makes no sense.
        UsageError: no site, or an image or a layer that it does not have.
        SiteError: a file of the site is missing or damaged.
        OutputError: the output cannot be written.
    """
    ink = _refuse_nonsense(wish)
    templates = templates_folder() / TEMPLATES
    language = read_language(templates, wish.language)
    gallery = read_gallery(wish.site)
    entries = choose_images(gallery, wish.images)
    names = choose_layers(gallery, wish.layers)
    kinds = (*AUDIENCES[wish.audience], *(["poster"] if wish.poster else []))
    folder = wish.output if wish.output is not None else wish.site / FOLDER
    files = {
        (entry.id, kind): folder / _name(entry.id, kind, wish)
        for entry in entries
        for kind in kinds
    }
    _prepare(folder, [*files.values()])
    made: list[Made] = []
    for entry in entries:
        for kind, pdf in _pressed(gallery, entry, names, kinds, wish, ink, language, templates):
            made.append(_written(files[entry.id, kind], pdf))
            if watch:
                watch(made[-1])
    return tuple(made)


def split_patterns(given: Sequence[str]) -> tuple[str, ...]:
    """Patterns of layers: each may hold several, separated by commas."""
    return tuple(part.strip() for one in given for part in one.split(",") if part.strip())


def _refuse_nonsense(wish: Wish) -> Ink:
    """The ink, once everything is one of what there is."""
    for option, value, known in (
        ("--paper", wish.paper, PAPERS),
        ("--ink", wish.ink, INKS),
        ("--for", wish.audience, AUDIENCES),
    ):
        if value not in known:
            raise ConfigError(f"{option}: expected {_either([*known])}, got {value!r}")
    if not FEWEST_CHANNELS <= wish.channels <= MOST_CHANNELS:
        raise ConfigError(
            f"--channels: expected {FEWEST_CHANNELS} to {MOST_CHANNELS} maps in a row, got "
            f"{wish.channels}"
        )
    return next(ink for ink in INKS if ink == wish.ink)


def _either(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _name(image: str, kind: str, wish: Wish) -> str:
    """Such as "chelsea-student.pdf"; what is not as usual is said."""
    unusual = (
        *([wish.paper] if wish.paper != "a4" else []),
        *([wish.ink] if wish.ink != "mixed" else []),
        *([wish.language] if wish.language != REFERENCE else []),
    )
    return f"{'-'.join((image, kind, *unusual))}.pdf"


def _prepare(folder: Path, files: Sequence[Path]) -> None:
    """Make the folder, and look whether all the files can be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise OutputError(
            f"--output: expected a folder, or a place for one, got {folder} ({reason}); name "
            "another"
        ) from None
    for file in files:
        refuse_unless_replaceable(file, "a PDF", lambda head: head.startswith(_HEAD))


def _pressed(
    gallery: Gallery,
    entry: Entry,
    names: Sequence[str],
    kinds: Sequence[str],
    wish: Wish,
    ink: Ink,
    language: Language,
    templates: Path,
) -> Iterator[tuple[str, bytes]]:
    """Each kind of handout of one image, as PDF."""
    facts = read_image(gallery, entry, names)
    url = f"{wish.base_url}{quote(layout.image_page(entry.id))}" if wish.base_url else ""
    sheet, large = PAPERS[wish.paper]
    setting = Setting(language, sheet, ink, wish.channels, url, _qr(url) if url else b"")
    album = Album()

    def tiles(layer: LayerFacts, channels: Sequence[int]) -> Mapping[int, NDArray[np.uint8]]:
        return read_tiles(gallery, entry.id, layer, channels)

    for kind in kinds:
        data: dict[str, Any]
        if kind == "poster":
            own = Album()
            data = poster(facts, setting, own, tiles, paper=large)
            yield kind, press(templates, "poster", data, own.files)
        else:
            data = worksheet(Copy(facts, setting, album, tiles, answers=kind == "teacher"))
            yield kind, press(templates, "worksheet", data, album.files)


def _qr(url: str) -> bytes:
    """A QR code as an SVG, with the quiet zone around it."""
    buffer = io.BytesIO()
    segno.make_qr(url, error="m").save(buffer, kind="svg", border=4, xmldecl=False)
    return buffer.getvalue()


def _written(path: Path, pdf: bytes) -> Made:
    if len(pdf) > LARGEST:
        raise SiteError(
            f"{path}: expected at most {LARGEST / 1e6:.0f} MB, got {len(pdf) / 1e6:.1f}; name "
            "fewer --layers or --channels"
        )
    with replacing(path) as file:
        file.write(pdf)
    return Made(path, len(pdf))
