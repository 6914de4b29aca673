"""What a notebook shows of a network: pictures with their captions, and tables, as HTML.

Everything is in the HTML itself, pictures as data addresses; no script, no style sheet, and no
colour of text or ground, so that it is read in a light notebook and in a dark one.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from generator.domain import Comparison, LayerFigures
from generator.drawing import Rectangle
from generator.encode import rgb_png
from generator.errors import OutputError, UsageError
from generator.similarity_plot import matrix_png
from generator.wording import count, hundredths, number, percent

__all__ = ["ComparisonView", "Legend", "Picture", "SheetView", "table"]

Pixels = NDArray[np.uint8]
BAR_HEIGHT = 10


@dataclass(frozen=True, eq=False)
class Legend:
    """A bar of colours and what its ends stand for."""

    colours: Pixels = field(repr=False)
    """(n, 3), from the low end to the high one."""
    low: str
    high: str


@dataclass(frozen=True, eq=False)
class Picture:
    """A finished picture. Jupyter shows it when it is a cell's last line."""

    title: str
    pixels: Pixels
    """(height, width, 3) sRGB."""
    caption: str
    alt: str
    """For those who cannot see it."""
    legend: Legend | None = None

    @cached_property
    def png(self) -> bytes:
        """The picture alone as a PNG. The same pixels give the same bytes."""
        return rgb_png(self.pixels)

    def save(self, path: Path | str) -> Path:
        """Write the PNG, over another of that name; returns where.

        Raises:
            UsageError: the name does not end in .png.
            OutputError: it cannot be written.
        """
        output = Path(path)
        if output.suffix.lower() != ".png":
            raise UsageError(f"save: expected a file name that ends in .png, got {output.name}")
        try:
            output.write_bytes(self.png)
        except OSError as error:
            raise OutputError(
                f"save: expected to write {output}, but it cannot be written "
                f"({error.strerror or error}); make the folder, or name another file"
            ) from error
        return output

    def _repr_png_(self) -> bytes:
        return self.png

    def _repr_html_(self) -> str:
        height, width, _ = self.pixels.shape
        shown = _image(self.png, self.alt, f' width="{width}" height="{height}"', "max-width:100%;")
        legend = _legend(self.legend) if self.legend else ""
        caption = f"<div>{escape(self.caption)}</div>\n" if self.caption else ""
        return (
            f'<figure style="margin:0 0 1em">\n'
            f"<figcaption><strong>{escape(self.title)}</strong></figcaption>\n"
            f"<div>{shown}</div>\n{legend}{caption}</figure>"
        )

    def __repr__(self) -> str:
        height, width, _ = self.pixels.shape
        return f"<{type(self).__name__} {self.title!r}, {height} x {width} pixels>"


@dataclass(frozen=True, eq=False, repr=False)
class SheetView(Picture):
    """Feature maps of one layer on one image, side by side."""

    high: float = 0.0
    """Upper end of the scale that all share, activation units; 0 if each channel has its own."""
    places: Mapping[int, Rectangle] = field(default_factory=dict)
    """Channel -> where in ``pixels`` its map lies."""

    def tile(self, channel: int) -> Pixels:
        """One channel's map in colours, (height, width, 3).

        Raises:
            UsageError: it is not on this sheet.
        """
        if channel not in self.places:
            known = ", ".join(map(str, [*self.places][:40]))
            raise UsageError(f"channel: expected one of this sheet ({known}), got {channel}")
        place = self.places[channel]
        return self.pixels[place.top : place.bottom, place.left : place.right]


@dataclass(frozen=True, eq=False)
class ComparisonView:
    """Two networks on the same images. Jupyter shows it when it is a cell's last line."""

    found: Comparison
    """All numbers."""

    @property
    def similarity(self) -> NDArray[np.float64]:
        """Linear CKA, a row a layer of the first, a column a layer of the second; NaN: unknown."""
        rows = [[np.nan if v is None else v for v in row] for row in self.found.similarity]
        return np.array(rows, dtype=np.float64)

    @cached_property
    def png(self) -> bytes | None:
        """The matrix of similarities as a PNG; None if there is none."""
        return None if np.isnan(self.similarity).all() else matrix_png(self.found)

    def _repr_html_(self) -> str:
        found = self.found
        titles = (found.first.title, found.second.title)
        parts = [
            f"<p><strong>{escape(titles[0])}</strong> and <strong>{escape(titles[1])}</strong> on "
            f"{count(found.images, 'image')}</p>"
        ]
        if self.png is None:
            parts.append(
                "<p>Similarity is not known: it takes at least two images, and layers that vary "
                "from one to the other.</p>"
            )
        else:
            alt = f"Linear CKA of the layers of {titles[0]} (rows) and of {titles[1]} (columns)"
            parts.append(f"<div>{_image(self.png, alt, '', 'max-width:100%;')}</div>")
        untrained = [m.title for m in (found.first, found.second) if not m.weights.trained]
        if untrained:
            names = escape(" and ".join(untrained))
            parts.append(f"<p>Untrained, so that nothing can be concluded: {names}.</p>")
        return "\n".join([*parts, table(_HEADINGS, _rows(found))])

    def __repr__(self) -> str:
        found = self.found
        return (
            f"<ComparisonView {found.first.title!r} and {found.second.title!r}, "
            f"{found.images} images>"
        )


_HEADINGS = (
    "layer",
    "beside",
    "CKA",
    "zeros",
    "zeros beside",
    "effective rank",
    "effective rank beside",
)


def _rows(found: Comparison) -> Iterable[Sequence[str]]:
    for i, layer in enumerate(found.first.layers):
        j = found.beside[i]
        other = found.second.layers[j]
        one, two = found.figures[0][layer.name], found.figures[1][other.name]
        alike = found.similarity[i][j]
        yield (
            layer.name,
            other.name,
            "–" if alike is None else hundredths(alike),
            percent(one.zero_share),
            percent(two.zero_share),
            _rank(one),
            _rank(two),
        )


def _rank(figures: LayerFigures) -> str:
    if figures.effective_rank is None:
        return "–"
    return f"{number(figures.effective_rank)} of {figures.rank_limit}"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Plain text as an HTML table; the first column names the row."""
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in headings)
    body = "\n".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        f"{''.join(f'<td>{escape(text)}</td>' for text in rest)}</tr>"
        for first, *rest in rows
    )
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def _legend(legend: Legend) -> str:
    colours = np.repeat(legend.colours[None], BAR_HEIGHT, axis=0)  # (10, n, 3)
    bar = _image(rgb_png(colours), "", "", "vertical-align:middle;")
    return f"<div>{escape(legend.low)} {bar} {escape(legend.high)}</div>\n"


def _image(png: bytes, alt: str, size: str, style: str) -> str:
    address = f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"
    return f'<img src="{address}" alt="{escape(alt)}"{size} style="{style}height:auto">'
