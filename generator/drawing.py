"""A finished figure as pixels: where on the canvas everything lies, and its lettering.

Pictures, bars and frames are painted pixel by pixel, so that a value is a square of one colour;
matplotlib sets the text on top. Lengths are inches until they become pixels in ``_Sheet``.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, fontManager
from matplotlib.ft2font import FT2Font
from matplotlib.transforms import IdentityTransform
from numpy.typing import NDArray

__all__ = ["Bar", "Drawing", "Rectangle", "draw", "hatching"]

Pixels = NDArray[np.uint8]
Colour = tuple[int, int, int]

SIDE = 4.48
"""Longer side of the photograph: at 200 dots an inch four for each of 224 pixels."""
MARGIN, GUTTER = 0.4, 0.56
PAGE = 2 * MARGIN + 2 * SIDE + GUTTER
TITLE_LINE, POSITION_LINE, HEADING_LINE, PANELS = 0.58, 0.95, 1.36, 1.46
"""Baselines of the lines above the panels, and the panels' top, from the page's top."""
BELOW, BAR, SHORTEST_BAR, LABEL_LINE, NOTE_LINE, CAPTION_LINE = 0.17, 0.15, 2.6, 0.38, 0.60, 0.17
"""From the panels' bottom to the bar; its height and least length; from its top to baselines."""
CREDITS, CREDIT_LINE, BOTTOM = 1.0, 0.175, 0.28
"""From the bar's top to the first credit's baseline; from line to line; below the last."""
FRAME, CASING = 0.028, 0.010
HATCH = 0.13

TITLE, POSITION, SMALLEST_POSITION, LABEL, NOTE, CREDIT = 20.0, 13.5, 10.5, 12.0, 10.5, 9.0
"""Sizes of letters, points."""
INK, FAINT = "#14171a", "#565d64"
MAGENTA: Colour = (0xFF, 0x2D, 0x97)
WHITE: Colour = (255, 255, 255)
HATCHED, HATCHING = 244.0, 205.0
CREDIT_LINES = 4

FAMILY = "DejaVu Sans"
"""Comes with matplotlib, so it is the same everywhere."""
WIDER = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "WenQuanYi Zen Hei",
    "PingFang SC",
    "Hiragino Sans",
    "Microsoft YaHei",
    "Apple SD Gothic Neo",
    "Malgun Gothic",
)
"""For letters that it lacks, if this machine has one of them."""
MISSING = "\u25a1"


class Rectangle(NamedTuple):
    """Rows and columns of a picture, the ends not included."""

    top: int
    bottom: int
    left: int
    right: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A scale."""

    colours: Pixels
    """(n, 3), from the low end to the high one."""
    low: str
    high: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything that a figure shows: finished pixels and finished text."""

    title: str
    position: str
    map: Pixels
    """(height, width, 3): a pixel a value."""
    map_heading: str
    words: str
    """Stands on the map, which is then hatched; "" leaves it as it is."""
    mark: Rectangle | None
    """On the map, in values."""
    photo: Pixels
    """(height, width, 3)."""
    photo_heading: str
    photo_caption: str
    window: Rectangle | None
    """On the photograph, in its pixels."""
    bar: Bar | None
    note: str
    """Under the bar: which scale it is."""
    credits: tuple[str, ...]


def draw(drawing: Drawing, dpi: int) -> Pixels:
    """The figure, (height, width, 3) sRGB.

    Args:
        drawing: what it shows.
        dpi: dots an inch, about: such that a pixel of the photograph becomes a whole number.
    """
    longest = max(drawing.photo.shape[:2])
    room = max(1, round(SIDE * dpi / longest)) * longest
    lettering = _Lettering(room / SIDE)
    lines = _credit_lines(lettering, drawing.credits)
    photo = _enlarged(drawing.photo, room)
    shown = _enlarged(drawing.map, room)
    bar_top = lettering.px(PANELS) + max(len(photo.pixels), len(shown.pixels)) + lettering.px(BELOW)
    sheet = _Sheet(
        lettering,
        height=bar_top + lettering.px(CREDITS + (len(lines) - 1) * CREDIT_LINE + BOTTOM),
        width=lettering.px(PAGE),
    )
    left = lettering.px(MARGIN)
    right = left + lettering.px(SIDE + GUTTER)
    column = lettering.px(SIDE)
    sheet.text(drawing.title, left, lettering.px(TITLE_LINE), TITLE, bold=True)
    sheet.text(drawing.position, left, lettering.px(POSITION_LINE), POSITION, SMALLEST_POSITION)
    for x, heading in ((left, drawing.map_heading), (right, drawing.photo_heading)):
        sheet.text(heading, x, lettering.px(HEADING_LINE), NOTE, colour=FAINT, room=column)
    _map(sheet, drawing, shown, left)
    sheet.paint(photo.pixels, lettering.px(PANELS), right)
    if drawing.window:
        sheet.frame(drawing.window, photo.times, lettering.px(PANELS), right)
    _scale(sheet, drawing, bar_top, left, shown.pixels.shape[1])
    caption = bar_top + lettering.px(CAPTION_LINE)
    sheet.text(drawing.photo_caption, right, caption, LABEL, room=column)
    for i, line in enumerate(lines):
        at = bar_top + lettering.px(CREDITS + i * CREDIT_LINE)
        sheet.text(line, left, at, CREDIT, colour=FAINT)
    return sheet.finished()


def _map(sheet: _Sheet, drawing: Drawing, shown: _Enlarged, left: int) -> None:
    top = sheet.lettering.px(PANELS)
    if not drawing.words:
        sheet.paint(shown.pixels, top, left)
    else:
        height, width = shown.pixels.shape[:2]
        sheet.paint(hatching(height, width, sheet.lettering.px(HATCH)), top, left)
        sheet.plate(drawing.words, top + height // 2, left + width // 2)
    if drawing.mark:
        sheet.frame(drawing.mark, shown.times, top, left)


def _scale(sheet: _Sheet, drawing: Drawing, top: int, left: int, map_width: int) -> None:
    px = sheet.lettering.px
    width = max(map_width, px(SHORTEST_BAR))
    if drawing.bar is None:
        sheet.text(drawing.note, left, top + px(CAPTION_LINE), NOTE, colour=FAINT, room=px(SIDE))
        return
    colours = drawing.bar.colours
    steps = np.arange(width) * len(colours) // width
    sheet.paint(np.repeat(colours[None, steps], px(BAR), axis=0), top, left)
    line = top + px(LABEL_LINE)
    sheet.text(drawing.bar.low, left, line, LABEL)
    sheet.text(drawing.bar.high, left + width, line, LABEL, align="right")
    sheet.text(drawing.note, left, top + px(NOTE_LINE), NOTE, colour=FAINT, room=px(SIDE))


class _Enlarged(NamedTuple):
    pixels: Pixels
    times: int


def _enlarged(pixels: Pixels, room: int) -> _Enlarged:
    """By the largest whole number that fits: (h, w, 3) -> (h * times, w * times, 3)."""
    times = max(1, room // max(pixels.shape[:2]))
    return _Enlarged(pixels.repeat(times, axis=0).repeat(times, axis=1), times)


def hatching(height: int, width: int, period: int) -> Pixels:
    """Diagonal lines, softened by a pixel, (height, width, 3)."""
    period = max(4, period)
    across = (np.arange(height)[:, None] + np.arange(width)) % period
    far = np.abs(across - period / 2)  # from the middle of a line
    ink = np.clip(period / 12 + 0.5 - far, 0, 1)
    grey = np.rint(HATCHED + (HATCHING - HATCHED) * ink).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


class _Lettering:
    """Measures and shortens text; knows how many pixels an inch has."""

    def __init__(self, dpi: float) -> None:
        self.dpi = dpi
        canvas: Any = FigureCanvasAgg(Figure(dpi=dpi))  # its methods have no types
        self._renderer = canvas.get_renderer()

    def px(self, inches: float) -> int:
        """Whole pixels."""
        return round(inches * self.dpi)

    def font(self, size: float, *, bold: bool = False) -> FontProperties:
        """Letters of ``size`` points."""
        return FontProperties(
            family=list(_families()), size=size, weight="bold" if bold else "normal"
        )

    def width(self, text: str, font: FontProperties) -> float:
        """Of one line, pixels."""
        return float(self._renderer.get_text_width_height_descent(text, font, False)[0])

    def shortened(self, text: str, font: FontProperties, room: int) -> str:
        """``text`` if it fits into ``room`` pixels, else its beginning and an ellipsis."""
        if self.width(text, font) <= room:
            return text
        lengths = range(len(text))
        fits = bisect_right(
            lengths, room, key=lambda n: math.ceil(self.width(f"{text[:n].rstrip()}…", font))
        )
        return f"{text[: max(0, fits - 1)].rstrip()}…"

    def wrapped(self, text: str, font: FontProperties, room: int) -> list[str]:
        """Lines of whole words that fit into ``room`` pixels; a longer word is shortened."""
        lines: list[str] = []
        for word in text.split(" "):
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and self.width(longer, font) <= room:
                lines[-1] = longer
            else:
                lines.append(self.shortened(word, font, room))
        return lines


def _credit_lines(lettering: _Lettering, credits: tuple[str, ...]) -> list[str]:
    """Each credit on lines of its own, shortened only if it takes very many."""
    font, room = lettering.font(CREDIT), lettering.px(PAGE - 2 * MARGIN)
    lines: list[str] = []
    for credit in credits:
        own = lettering.wrapped(_drawable(credit), font, room)
        if len(own) > CREDIT_LINES:
            rest = " ".join(own[CREDIT_LINES - 1 :])
            own = [*own[: CREDIT_LINES - 1], lettering.shortened(rest, font, room)]
        lines.extend(own)
    return lines


class _Sheet:
    """The canvas. Positions are whole pixels from the top left."""

    def __init__(self, lettering: _Lettering, height: int, width: int) -> None:
        self.lettering = lettering
        self._pixels = np.full((height, width, 3), 255, dtype=np.uint8)
        # A little more, because what is not quite a whole pixel would be cut off.
        size = ((width + 0.01) / lettering.dpi, (height + 0.01) / lettering.dpi)
        self._figure = Figure(figsize=size, dpi=lettering.dpi, frameon=False)

    def paint(self, pixels: Pixels, top: int, left: int) -> None:
        """Put a picture down, (h, w, 3)."""
        self._pixels[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels

    def frame(self, area: Rectangle, times: int, top: int, left: int) -> None:
        """Draw a line around an area of a picture ``times`` as large; hides nothing inside it."""
        line = max(2, self.lettering.px(FRAME))
        casing = max(1, self.lettering.px(CASING))
        inside = Rectangle(
            top + area.top * times,
            top + area.bottom * times,
            left + area.left * times,
            left + area.right * times,
        )
        self._ring(inside, 0, line + 2 * casing, WHITE)
        self._ring(inside, casing, casing + line, MAGENTA)

    def _ring(self, inside: Rectangle, near: int, far: int, colour: Colour) -> None:
        """Colour what lies ``near`` to ``far`` pixels outside of a rectangle."""
        height, width = self._pixels.shape[:2]
        top, left = max(0, inside.top - far), max(0, inside.left - far)
        bottom, right = min(height, inside.bottom + far), min(width, inside.right + far)
        self._pixels[top : inside.top - near, left:right] = colour
        self._pixels[inside.bottom + near : bottom, left:right] = colour
        self._pixels[top:bottom, left : inside.left - near] = colour
        self._pixels[top:bottom, inside.right + near : right] = colour

    def plate(self, words: str, y: int, x: int) -> None:
        """Words on a white ground, in the middle of a picture."""
        font = self.lettering.font(POSITION)
        half = round(self.lettering.width(words, font) / 2) + self.lettering.px(0.12)
        tall = self.lettering.px(0.2)
        self._pixels[max(0, y - tall) : y + tall, max(0, x - half) : x + half] = WHITE
        self._set(words, x, y + self.lettering.px(0.06), font, INK, "center")

    def text(
        self,
        text: str,
        x: int,
        y: int,
        size: float,
        smallest: float = 0,
        *,
        bold: bool = False,
        colour: str = INK,
        align: str = "left",
        room: int | None = None,
    ) -> None:
        """One line, its baseline at ``y``: smaller, then shorter, if it is wider than its room."""
        room = self._pixels.shape[1] - x - self.lettering.px(MARGIN) if room is None else room
        room = x if align == "right" else room
        words, font = _drawable(text), self.lettering.font(size, bold=bold)
        while size - 0.5 >= smallest > 0 and self.lettering.width(words, font) > room:
            size -= 0.5
            font = self.lettering.font(size, bold=bold)
        self._set(self.lettering.shortened(words, font, room), x, y, font, colour, align)

    def _set(
        self, text: str, x: int, y: int, font: FontProperties, colour: str, align: str
    ) -> None:
        self._figure.text(
            x,
            self._pixels.shape[0] - y,
            text,
            transform=IdentityTransform(),
            fontproperties=font,
            color=colour,
            horizontalalignment=align,
            verticalalignment="baseline",
            parse_math=False,
            usetex=False,
            antialiased=True,
        )

    def finished(self) -> Pixels:
        """What was painted, and over it what was written."""
        canvas: Any = FigureCanvasAgg(self._figure)
        canvas.draw()
        written = np.asarray(canvas.buffer_rgba())
        opacity = written[..., 3:] / 255
        blended = written[..., :3] * opacity + self._pixels * (1 - opacity)
        return np.rint(blended).astype(np.uint8)


@cache
def _families() -> tuple[str, ...]:
    installed = set(fontManager.get_font_names())
    return (FAMILY, *(name for name in WIDER if name in installed))


@cache
def _letters() -> frozenset[int]:
    """Code points that can be drawn on this machine."""
    paths = [findfont(FontProperties(family=name)) for name in _families()]
    return frozenset(code for path in paths for code in FT2Font(path).get_charmap())


def _drawable(text: str) -> str:
    """On one line, with a square for each letter that no font here has."""
    line = "".join(" " if c in "\t\r\n\v\f\u2028\u2029" else c for c in text)
    return "".join(c if ord(c) in _letters() else MISSING for c in line)
