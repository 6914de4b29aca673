"""One channel of a built site as a labelled figure, ready for a slide. Runs no network.

``generator.subject`` takes the facts and the pixels out of the site's files; here is said how
they are shown, in colours and words, and in ``generator.drawing`` where on the canvas.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from generator.drawing import Bar, Drawing, Rectangle, draw
from generator.encode import rgb_png
from generator.errors import UsageError
from generator.palettes import colours
from generator.single_file import refuse_inside, refuse_unless_replaceable, replacing
from generator.subject import Subject, read_subject
from generator.wording import number, size

__all__ = [
    "DPI",
    "MAX_DPI",
    "MIN_DPI",
    "Subject",
    "figure_name",
    "figure_pixels",
    "figure_png",
    "parse_position",
    "position_words",
    "read_subject",
    "refuse_output",
    "write_figure",
]

DPI, MIN_DPI, MAX_DPI = 200, 50, 600
"""Dots an inch: unless asked otherwise, at least, at most. A figure is some ten inches wide."""
SUFFIX = ".png"
LONGEST_TITLE = 80
"""Characters of an image's title that a credit repeats."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_POSITION = re.compile(r"\s*(\d{1,5})\s*,\s*(\d{1,5})\s*", re.ASCII)


def figure_name(image: str, layer: str, channel: int) -> str:
    """File name of a figure that was given none."""
    return f"{image}-{layer}-{channel}{SUFFIX}"


def parse_position(text: str) -> tuple[int, int]:
    """ "12,33" -> (12, 33): row and column, from 0.

    Raises:
        UsageError: it is not two whole numbers.
    """
    match = _POSITION.fullmatch(text)
    if match is None:
        raise UsageError(
            f"--at: expected a row and a column, counted from 0, such as 12,33; got {text!r}"
        )
    return int(match[1]), int(match[2])


def refuse_output(output: Path, site: Path) -> None:
    """Look whether a figure may be written there; touch nothing.

    Raises:
        UsageError: the name does not end in .png, or it lies in the site.
        OutputError: it cannot be written, or something other than a PNG is there.
    """
    if output.suffix.lower() != SUFFIX:
        raise UsageError(f"--output: expected a file name that ends in {SUFFIX}, got {output}")
    refuse_unless_replaceable(output, "a PNG", lambda head: head.startswith(_SIGNATURE))
    refuse_inside(output, site)


def figure_png(
    subject: Subject,
    *,
    palette: str = "viridis",
    scale: str = "layer",
    dpi: int = DPI,
    weights_credit: str = "",
) -> bytes:
    """The figure as a PNG. The same subject gives the same bytes.

    Args:
        subject: what it shows.
        palette: one of ``generator.palettes.NAMES``.
        scale: "layer": 0 to the layer's 99.9th percentile; "channel": 0 to the channel's own
            largest value. Signed layers: as far below zero as above.
        dpi: dots an inch, about, ``MIN_DPI`` to ``MAX_DPI``; such that every pixel of the
            photograph is drawn as a whole number of them.
        weights_credit: whose the weights are, "" leaves the line out.

    Raises:
        UsageError: ``dpi`` out of range.
    """
    return rgb_png(
        figure_pixels(subject, palette=palette, scale=scale, dpi=dpi, weights_credit=weights_credit)
    )


def figure_pixels(
    subject: Subject,
    *,
    palette: str = "viridis",
    scale: str = "layer",
    dpi: int = DPI,
    weights_credit: str = "",
) -> NDArray[np.uint8]:
    """The same before it is a PNG, (height, width, 3)."""
    if not MIN_DPI <= dpi <= MAX_DPI:
        raise UsageError(f"--dpi: expected {MIN_DPI} to {MAX_DPI} dots an inch, got {dpi}")
    return draw(_drawing(subject, palette, scale, weights_credit), dpi)


def write_figure(output: Path, png: bytes) -> None:
    """Write it, whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    with replacing(output) as file:
        file.write(png)


def _drawing(subject: Subject, palette: str, scale: str, weights_credit: str) -> Drawing:
    table = np.rint(colours(palette) * 255).astype(np.uint8)
    high = subject.sheet.p99_9 if scale == "layer" else subject.facts.high
    height, width = subject.grey.shape
    seen = subject.field and _cut(subject.field, subject.pixels)
    row, column = subject.marked or (0, 0)
    return Drawing(
        title=f"{subject.model_title} · {subject.layer} · channel {subject.channel}",
        position=position_words(subject),
        map=table[_shades(subject, high)],
        map_heading=f"feature map, {size(height, width)} values",
        words="silent on this image" if subject.facts.silent else "",
        mark=Rectangle(row, row + 1, column, column + 1) if subject.marked else None,
        photo=subject.pixels,
        photo_heading=f"input, {size(*subject.pixels.shape[:2])} px, as the network saw it",
        photo_caption=subject.title,
        window=seen,
        bar=_bar(subject, scale, high, table) if high > 0 else None,
        note=_note(subject, scale, high),
        credits=_credits(subject, weights_credit),
    )


def _shades(subject: Subject, high: float) -> NDArray[np.uint8]:
    """Which of 256 colours each value has, (height, width); what lies outside has the last."""
    values = subject.facts.low + subject.step * subject.grey.astype(np.float64)
    if high <= 0:
        return np.zeros(values.shape, dtype=np.uint8)
    low = -high if subject.signed else 0.0
    share = np.clip((values - low) / (high - low), 0, 1)
    # A whole number may come out a hair below itself, and would get its neighbour's colour.
    return np.minimum(255, np.floor(share * 255 + 0.5)).astype(np.uint8)


def _bar(subject: Subject, scale: str, high: float, table: NDArray[np.uint8]) -> Bar:
    beyond = scale == "layer" and subject.sheet.layer_high > high
    low = number(-high) if subject.signed else "0"
    return Bar(
        colours=table,
        low=f"{low} or less" if beyond and subject.signed else low,
        high=f"{number(high)} or more" if beyond else number(high),
    )


def _note(subject: Subject, scale: str, high: float) -> str:
    if scale == "channel":
        return "activation, on this channel’s own scale" if high > 0 else "no value, so no scale"
    if high <= 0:
        return "no channel of this layer answers, so no scale"
    count = len(subject.sheet.channels)
    return f"activation, on one scale for all {count} channels" if count > 1 else "activation"


def position_words(subject: Subject) -> str:
    """Where the marked value is, how large, and what it sees."""
    if subject.facts.silent:
        return "Silent on this image: every value of this map is 0"
    if subject.marked is None or subject.field is None:
        return "Some values are not finite, and drawn as 0; no other value stands out"
    row, column = subject.marked
    field, seen = subject.field, _cut(subject.field, subject.pixels)
    cut = "" if seen == field else " (cut at the border)"
    return (
        f"Row {row}, column {column}: {_value(subject, row, column)}; sees "
        f"{size(field.bottom - field.top, field.right - field.left)} px, "
        f"x {seen.left} to {seen.right - 1}, y {seen.top} to {seen.bottom - 1}{cut}"
    )


def _value(subject: Subject, row: int, column: int) -> str:
    """Exactly if the site has it so, else from its grey, with what the rounding may have taken."""
    for peak in subject.facts.peaks:
        if (peak.row, peak.column) == (row, column):
            return number(peak.value)
    half = subject.step / 2
    if half == 0:  # no range, and yet not silent
        return "0, or not finite"
    level = int(subject.grey[row, column])
    decimals = max(0, 1 - math.floor(math.log10(half)))
    value = subject.facts.low + subject.step * level
    shown = 0.0 if abs(value) < half else round(value, decimals)
    # What is claimed must hold: shortening the value takes it further from the true one, and
    # shortening the distance must not make it less.
    within = math.ceil((half + abs(value - shown)) * 10**decimals) / 10**decimals
    if level == 0 and not subject.signed:
        return f"0 or less than {within:,.{decimals}f}"
    told = f"about {shown:,.{decimals}f} (± {within:,.{decimals}f})"
    return told.replace("-", "\u2212")


def _credits(subject: Subject, weights_credit: str) -> tuple[str, ...]:
    title = subject.title
    if len(title) > LONGEST_TITLE:
        title = f"{title[: LONGEST_TITLE - 1].rstrip()}…"
    parts = [part for part in (title, subject.credit, subject.license) if part.strip()]
    weights = f"Weights: {weights_credit}" if weights_credit else ""
    if not subject.trained:
        weights = "Untrained network: its weights are random, nothing here was learned"
    return tuple(line for line in (f"Image: {' · '.join(parts)}", weights) if line)


def _cut(field: Rectangle, pixels: NDArray[np.uint8]) -> Rectangle:
    height, width = pixels.shape[:2]
    return Rectangle(
        max(0, field.top), min(height, field.bottom), max(0, field.left), min(width, field.right)
    )
