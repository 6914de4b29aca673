"""Handouts of a built site, from what is asked for to the files."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

import numpy as np
import segno
from numpy.typing import NDArray

from generator import layout
from generator.domain import HandoutKind
from generator.encode import read_png, resized
from generator.errors import ConfigError, OutputError, SiteError
from generator.handout.copies import Album, Copy, Json, Setting
from generator.handout.facts import (
    Entry,
    Gallery,
    LayerFacts,
    choose_images,
    choose_layers,
    read_gallery,
    read_image,
    read_sheet,
)
from generator.handout.language import REFERENCE, Language, read_language
from generator.handout.pictures import INKS, Ink
from generator.handout.poster import poster
from generator.handout.press import draw, press
from generator.handout.worksheet import worksheet
from generator.single_file import refuse_unless_replaceable, replacing
from generator.texts import templates_folder

__all__ = [
    "FEWEST_CHANNELS",
    "MOST_CHANNELS",
    "Made",
    "Printed",
    "Wish",
    "language_of",
    "make",
    "printed",
    "split_patterns",
]

TEMPLATES = "handout"
FEWEST_CHANNELS, MOST_CHANNELS = 2, 6


@dataclass(frozen=True, slots=True)
class Paper:
    """A size of paper."""

    name: str
    """For a reader."""
    typst: str
    height: float
    """Inches."""


PAPERS: Mapping[str, tuple[Paper, Paper]] = {
    "a4": (Paper("A4", "a4", 11.69), Paper("A3", "a3", 16.54)),
    "letter": (Paper("Letter", "us-letter", 11), Paper("Tabloid", "us-tabloid", 17)),
}
"""For sheets, and the twofold one for posters."""
AUDIENCES: Mapping[str, tuple[HandoutKind, ...]] = {
    "student": ("student",),
    "teacher": ("teacher",),
    "both": ("student", "teacher"),
}
LARGEST = 3_000_000
"""Bytes of a file that can still be sent to a class."""
PREVIEW = 440
"""Height of a small picture of a first page, pixels; it is drawn at three times that."""

_HEAD = b"%PDF-"

Put = Callable[[Path, bytes], object]
"""Writes a file."""


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


@dataclass(frozen=True, slots=True)
class Printed:
    """One handout, not written yet."""

    kind: HandoutKind
    path: str
    """In a site, from its root."""
    pdf: bytes
    pages: int
    paper: str
    """For a reader: "A4"."""
    preview: NDArray[np.uint8] | None
    """The first page, small, (height, width, 3) sRGB; None if nobody asked for it."""


def make(
    wish: Wish,
    watch: Callable[[Made], None] | None = None,
    desk: Callable[[], AbstractContextManager[Put]] | None = None,
) -> tuple[Made, ...]:
    """Write the handouts, one after the other.

    Args:
        wish: which.
        watch: is told of each file that is written.
        desk: gives, once all is known, what writes a file; None: each goes where it belongs.

    Raises:
        ConfigError: an option that makes no sense.
        UsageError: no site, or an image or a layer that it does not have.
        SiteError: a file of the site is missing or damaged.
        OutputError: the output cannot be written.
    """
    _refuse_nonsense(wish)
    language_of(wish.language)
    gallery = read_gallery(wish.site)
    entries = choose_images(gallery, wish.images)
    choose_layers(gallery, wish.layers)
    folder = wish.output if wish.output is not None else wish.site / layout.HANDOUTS
    _prepare(
        folder,
        [folder / _name(_path(entry.id, kind, wish)) for entry in entries for kind in _kinds(wish)],
    )
    made: list[Made] = []
    with desk() if desk else nullcontext(_put) as put:
        for entry in entries:
            for one in printed(wish, gallery, entry):
                path = folder / _name(one.path)
                put(path, one.pdf)
                made.append(Made(path, len(one.pdf)))
                if watch:
                    watch(made[-1])
    return tuple(made)


def language_of(code: str, place: str = "--language") -> Language:
    """The words of a language; ``place`` is where it was asked for.

    Raises:
        ConfigError: there is no such language.
    """
    return read_language(templates_folder() / TEMPLATES, code, place)


def split_patterns(given: Sequence[str]) -> tuple[str, ...]:
    """Patterns of layers: each may hold several, separated by commas."""
    return tuple(part.strip() for one in given for part in one.split(",") if part.strip())


def _refuse_nonsense(wish: Wish) -> None:
    """Everything is one of what there is."""
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


def _either(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _kinds(wish: Wish) -> tuple[HandoutKind, ...]:
    return (*AUDIENCES[wish.audience], "poster") if wish.poster else AUDIENCES[wish.audience]


def _path(image: str, kind: HandoutKind, wish: Wish) -> str:
    """Such as "handouts/chelsea-student.pdf"; what is not as usual is said."""
    unusual = (
        *([wish.paper] if wish.paper != "a4" else []),
        *([wish.ink] if wish.ink != "mixed" else []),
        *([wish.language] if wish.language != REFERENCE else []),
    )
    return layout.handout_pdf(image, kind, *unusual)


def _name(path: str) -> str:
    return path.removeprefix(f"{layout.HANDOUTS}/")


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


def printed(
    wish: Wish, gallery: Gallery, entry: Entry, *, previews: bool = False
) -> Iterator[Printed]:
    """Each kind of handout of one image, as it is made; ``wish.output`` does not count.

    Raises:
        LayerNotFound: a layer that the gallery does not have.
        SiteError: a file of the site is missing or damaged, or a PDF is too large.
        LayerlightError: a template cannot be set.
    """
    facts = read_image(gallery, entry, choose_layers(gallery, wish.layers))
    url = f"{wish.base_url}{quote(layout.image_page(entry.id))}" if wish.base_url else ""
    sheet, large = PAPERS[wish.paper]
    ink: Ink = next(ink for ink in INKS if ink == wish.ink)
    setting = Setting(
        language_of(wish.language), sheet.typst, ink, wish.channels, url, _qr(url) if url else b""
    )
    album, own = Album(), Album()

    # the copies and the poster ask for the same sheets
    @cache
    def whole(layer: str) -> NDArray[np.uint8]:
        return read_sheet(gallery, entry.id, facts.layer(layer))

    def tiles(layer: LayerFacts, channels: Sequence[int]) -> Mapping[int, NDArray[np.uint8]]:
        return {c: layer.tile(whole(layer.name), c) for c in channels}

    for kind in _kinds(wish):
        if kind == "poster":
            template, paper, pictures = "poster", large, own
            data = poster(facts, setting, own, tiles, paper=large.typst)
        else:
            template, paper, pictures = "worksheet", sheet, album
            data = worksheet(Copy(facts, setting, album, tiles, answers=kind == "teacher"))
        path = _path(entry.id, kind, wish)
        yield Printed(
            kind=kind,
            path=path,
            pdf=_pdf(path, template, data, pictures),
            pages=len(data["pages"]) if "pages" in data else 1,
            paper=paper.name,
            preview=_preview(template, data, pictures, paper) if previews else None,
        )


def _pdf(path: str, template: str, data: Json, pictures: Album) -> bytes:
    pdf = press(templates_folder() / TEMPLATES, template, data, pictures.files)
    if len(pdf) > LARGEST:
        raise SiteError(
            f"{path}: expected at most {LARGEST / 1e6:.0f} MB, got {len(pdf) / 1e6:.1f}; name "
            "fewer --layers or --channels"
        )
    return pdf


def _preview(template: str, data: Json, pictures: Album, paper: Paper) -> NDArray[np.uint8]:
    first = data | {"pages": data["pages"][:1]} if "pages" in data else data
    density = 3 * PREVIEW / paper.height
    drawn = draw(templates_folder() / TEMPLATES, template, first, pictures.files, density)
    return resized(read_png(drawn)[..., :3], PREVIEW)


def _qr(url: str) -> bytes:
    """A QR code as an SVG, with the quiet zone around it."""
    buffer = io.BytesIO()
    segno.make_qr(url, error="m").save(buffer, kind="svg", border=4, xmldecl=False)
    return buffer.getvalue()


def _put(path: Path, pdf: bytes) -> None:
    with replacing(path) as file:
        file.write(pdf)
