"""What every page of a handout is made with: the setting, the pictures, marks and rulers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator.handout.facts import ImageFacts, LayerFacts
from generator.handout.language import Language
from generator.handout.pictures import Ink, enlarged, photo_picture, png
from generator.handout.press import plain

__all__ = [
    "ACCENTS",
    "CONTEXT",
    "LARGE",
    "LONGEST_NAME",
    "LONGEST_TITLE",
    "MARKS",
    "MIDDLE",
    "Album",
    "Copy",
    "Json",
    "Setting",
    "Tiles",
    "around",
    "box",
    "credit_line",
    "extent",
    "linear",
    "network_line",
    "photo_alt",
    "ruler",
    "shape",
    "ticks",
]

Json = dict[str, Any]
Tiles = Callable[[LayerFacts, Sequence[int]], Mapping[int, NDArray[np.uint8]]]
"""Maps of a layer's channels, one pixel a value, on each channel's own range."""

ACCENTS: Mapping[Ink, str] = {"mixed": "#c2006b", "grey": "#000000", "colour": "#c2006b"}
"""Of answers."""
MARKS: Mapping[Ink, str] = {"mixed": "#000000", "grey": "#000000", "colour": "#c2006b"}
"""Of what says where: the gallery's magenta, or black, which every copier keeps."""
LONGEST_TITLE, LONGEST_NAME, LONGEST_ALT, LONGEST_CREDIT = 90, 48, 400, 110
"""Characters of an image's own texts that are printed."""
LARGE, MIDDLE = 560, 336
"""Least pixels of a picture's longer side: shown large, or in a row."""
CONTEXT = 7
"""A window smaller than this part of the image is shown with some surroundings."""
TICKS = 28
"""At most about so many ticks on a ruler."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How sheets are made, whatever they are about."""

    language: Language
    paper: str
    """typst's name."""
    ink: Ink
    channels: int
    """How many maps stand in a row."""
    address: str
    """Of the image's page on the web; "" for none."""
    qr: bytes
    """The address as an SVG."""


class Album:
    """Pictures by file name; the same picture is made once for all copies of a sheet."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def add(self, name: str, make: Callable[[], NDArray[np.uint8]]) -> str:
        """The file's name, once it is there."""
        if name not in self.files:
            self.files[name] = png(make())
        return name


@dataclass(frozen=True, slots=True)
class Copy:
    """One reader's copy of the sheets of one image, while it is made."""

    facts: ImageFacts
    setting: Setting
    album: Album
    tiles: Tiles
    answers: bool
    """For a teacher. Without, no answer is in the data at all."""

    @property
    def say(self) -> Language:
        """The words."""
        return self.setting.language

    @property
    def network(self) -> str:
        """Its name."""
        return plain(self.facts.model_title, 40)

    @property
    def photo(self) -> NDArray[np.uint8]:
        """The photograph in the setting's ink."""
        return photo_picture(self.facts.pixels, self.setting.ink)

    def blank(self, answer: str) -> Json:
        """A place to write in; the teacher's has the answer."""
        return {"blank": answer if self.answers else ""}

    def key(self, name: str) -> str:
        """The words for maps on white, or those for a palette."""
        palette = f"{name}_palette"
        colour = self.setting.ink == "colour"
        return palette if colour and palette in self.say.words else name

    @property
    def title(self) -> str:
        """The image's, short enough to stand in a sentence."""
        return plain(self.facts.entry.title, LONGEST_NAME) or self.facts.entry.id

    def block_name(self, block: str) -> str:
        """Such as "Block 3"."""
        number = block.removeprefix("block")
        return self.say("block.name", n=number) if number.isdecimal() else block

    def ruled_photo(self, alt: str, windows: Sequence[tuple[int, int, int, int]] = ()) -> Json:
        """The photograph with rulers; of the windows a student gets to see the first."""
        height, width = self.facts.pixels.shape[:2]
        shown = windows if self.answers else windows[:1]
        return {
            "file": self.album.add("photo.png", lambda: enlarged(self.photo, LARGE)),
            "alt": alt,
            **shape(height, width),
            "x": ruler(width),
            "y": ruler(height),
            "boxes": [
                {
                    **box(window, height, width),
                    "label": str(number),
                    "answer": number > 1,
                }
                for number, window in enumerate(shown, 1)
            ],
            "rings": [],
        }


def network_line(facts: ImageFacts, language: Language) -> str:
    """Whose weights they are, or that they are nobody's; unknown ones by their identity."""
    model = plain(facts.model_title, 40)
    if facts.training == "unknown":
        return language("head.weights_unknown", model=model, identity=plain(facts.identity[:8], 8))
    return language(
        "head.weights" if facts.training == "imagenet" else "head.untrained", model=model
    )


def credit_line(facts: ImageFacts, language: Language) -> str:
    """Whose image it is; "" if nobody said."""
    parts = [part for part in (facts.entry.credit.strip(), facts.entry.license.strip()) if part]
    return language("head.photo", credit=plain(", ".join(parts), LONGEST_CREDIT)) if parts else ""


def photo_alt(facts: ImageFacts, language: Language) -> str:
    """The image for those who cannot see it."""
    title, alt = plain(facts.entry.title, LONGEST_TITLE), plain(facts.entry.alt, LONGEST_ALT)
    if not alt:
        return language("cover.photo_no_alt", title=title or facts.entry.id)
    return language("cover.photo_alt", title=title, alt=alt) if title and title != alt else alt


def extent(pair: tuple[int, int], say: Language) -> str:
    """One number where both are the same."""
    return say.count(pair[0]) if pair[0] == pair[1] else say.size(*pair)


def linear(factor: int, letter: str, constant: int) -> str:
    """ "4r − 18"."""
    product = letter if factor == 1 else f"{factor}{letter}"
    if constant == 0:
        return product
    sign = "+" if constant > 0 else "\u2212"
    return f"{product} {sign} {abs(constant)}"


def shape(height: int, width: int) -> Json:
    """Height and width as parts of the longer side."""
    longest = max(height, width)
    return {"h": height / longest, "w": width / longest}


def box(window: tuple[int, int, int, int], height: int, width: int) -> Json:
    """A window as parts of the picture, cut at its border."""
    top, bottom, left, right = window
    rows = (max(0, top), min(height, bottom + 1))
    columns = (max(0, left), min(width, right + 1))
    return {
        "x": columns[0] / width,
        "y": rows[0] / height,
        "w": (columns[1] - columns[0]) / width,
        "h": (rows[1] - rows[0]) / height,
    }


def around(window: tuple[int, int, int, int], tall: int, wide: int) -> tuple[int, int, int, int]:
    """The window, widened on all sides to at least so many pixels."""
    top, bottom, left, right = window
    above = max(0, tall - (bottom - top + 1))
    beside = max(0, wide - (right - left + 1))
    return (
        top - above // 2,
        bottom + above - above // 2,
        left - beside // 2,
        right + beside - beside // 2,
    )


def ticks(side: int) -> tuple[int, int]:
    """Distance of numbered ticks, and of all ticks."""
    major = next((side // n for n in (4, 2) if side % n == 0), side)
    divisors = [d for d in range(1, major + 1) if major % d == 0]
    return major, next(d for d in divisors if d * TICKS >= side)


def ruler(side: int) -> Json:
    """Ticks along a side of so many pixels or values, as parts of it."""
    major, minor = ticks(side)
    return {
        "major": [{"at": n / side, "label": str(n)} for n in range(0, side + 1, major)],
        "minor": [n / side for n in range(0, side + 1, minor)],
    }
