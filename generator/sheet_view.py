"""Values of some channels -> their maps side by side in colours, with a caption.

Colours are those of the pages: the nearest of a palette's 256, zero the darkest or, of signed
values, the middle one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from generator.domain import Channel
from generator.errors import UsageError
from generator.mosaic import mosaic
from generator.palettes import DIVERGING, NAMES, colours
from generator.sheets import reduce_by_maximum
from generator.sizes import FEW, LARGE, SMALL
from generator.views import Legend, SheetView
from generator.wording import listing, number, size

__all__ = ["Subjects", "colour_table", "refuse_unknown", "shades", "sheet_view"]

Maps = NDArray[np.float32]
Pixels = NDArray[np.uint8]

SPELLED = 24
"""So many channels are named one by one."""
ROOM_FOR_WORDS = 72
"""Pixels above a tile that hold "511 silent", or "511 the same"."""
SMALLEST, LARGEST = 4, 1024
"""Side of a tile."""
COLUMNS = 8
"""As wide as a notebook."""


@dataclass(frozen=True, eq=False)
class Subjects:
    """What a sheet shows."""

    title: str
    """Of the sheet: "block3_conv3 of VGG16 on Chelsea"."""
    channels: Sequence[int]
    """Numbers of the channels,"""
    maps: Maps
    """their maps, (n, height, width), finite,"""
    facts: Sequence[Channel]
    """and their numbers."""
    of: int
    """So many channels the layer has."""
    p99_9: float
    """Upper end of the layer's scale."""
    signed: bool
    empty: str = "silent"
    """What a channel is called all of whose values are zero."""


def sheet_view(
    subjects: Subjects,
    *,
    scale: str | float,
    palette: str,
    columns: int | None,
    side: int | None,
    labels: bool,
) -> SheetView:
    """Draw it; arguments as for ``generator.notebook.LayerMaps.sheet``.

    Raises:
        UsageError: a scale, palette, or number of pixels or columns that there is not.
    """
    refuse_unknown("palette", palette, (*NAMES, DIVERGING))
    high = _upper_end(subjects, scale)
    own = np.array([c.high for c in subjects.facts]) if high is None else None
    table = colour_table(DIVERGING if subjects.signed else palette)
    shown, factor = _sized(subjects.maps, side, subjects.signed)
    tops = np.full(len(shown), high) if own is None else own
    drawn = mosaic(
        table[shades(shown, tops, signed=subjects.signed)],
        _columns(columns, len(shown)),
        labels=_labels(subjects, shown.shape[2]) if labels else (),
        hatched=[c.silent for c in subjects.facts],
    )
    return SheetView(
        title=subjects.title,
        pixels=drawn.pixels,
        caption=_caption(subjects, scale, high, factor),
        alt=f"Feature maps, {subjects.title}: {_numbers(subjects.channels)}",
        legend=_legend(subjects, table, scale, high),
        high=high or 0.0,
        places=dict(zip(subjects.channels, drawn.places, strict=True)),
    )


def refuse_unknown(what: str, value: object, known: Sequence[str]) -> None:
    """Raise UsageError if ``value`` is none of ``known``."""
    if value not in known:
        raise UsageError(f"{what}: expected {', '.join(known)}, got {value!r}")


def colour_table(palette: str) -> Pixels:
    """Its 256 colours, (256, 3)."""
    return np.rint(colours(palette) * 255).astype(np.uint8)


def shades(maps: Maps, tops: NDArray[np.floating], *, signed: bool) -> Pixels:
    """Which of 256 colours each value has, (n, height, width).

    Unsigned from 0 to each map's top; signed from as far below zero. What lies outside has the
    last colour, and all of a map whose top is 0 has zero's.
    """
    wide = np.asarray(tops, dtype=np.float64)[:, None, None]
    share = np.divide(
        maps.astype(np.float64), wide, out=np.zeros(maps.shape), where=wide > 0
    )  # (n, height, width)
    share = np.clip((share + 1) / 2 if signed else share, 0, 1)
    return np.minimum(255, np.floor(share * 255 + 0.5)).astype(np.uint8)


def _upper_end(subjects: Subjects, scale: str | float) -> float | None:
    """Of the scale that all share; None if each has its own."""
    if scale == "layer":
        return subjects.p99_9
    if scale == "channel":
        return None
    if isinstance(scale, str) or not (np.isfinite(scale) and scale > 0):
        raise UsageError(
            f"scale: expected 'layer', 'channel' or a number above 0, in activation units; "
            f"got {scale!r}"
        )
    return float(scale)


def _columns(asked: int | None, shown: int) -> int:
    if asked is not None and asked < 1:
        raise UsageError(f"columns: expected 1 or more, got {asked}")
    if asked is not None:
        return asked
    return 6 if shown == 12 else COLUMNS if shown <= FEW else 2 * COLUMNS


def _sized(maps: Maps, side: int | None, signed: bool) -> tuple[Maps, int]:
    """Maps such that a value is whole pixels, and by which number they were reduced."""
    if side is not None and not SMALLEST <= side <= LARGEST:
        raise UsageError(f"side: expected {SMALLEST} to {LARGEST} pixels, got {side}")
    room = side or (LARGE if len(maps) <= FEW else SMALL)
    longest = max(maps.shape[1:])
    if longest > room:
        factor = -(-longest // room)
        upward = reduce_by_maximum(maps, factor)
        if not signed:
            return upward, factor
        downward = -reduce_by_maximum(-maps, factor)
        return np.where(upward >= -downward, upward, downward), factor
    times = room // longest
    return maps.repeat(times, axis=1).repeat(times, axis=2), 1


def _labels(subjects: Subjects, width: int) -> list[str]:
    empty = f" {subjects.empty}" if width >= ROOM_FOR_WORDS else ""
    return [
        f"{channel}{empty if facts.silent else ''}"
        for channel, facts in zip(subjects.channels, subjects.facts, strict=True)
    ]


def _legend(
    subjects: Subjects, table: Pixels, scale: str | float, high: float | None
) -> Legend | None:
    if high is None:
        if subjects.signed:
            return Legend(table, "as far below zero", "each channel’s own largest magnitude")
        return Legend(table, "0", "each channel’s own largest value")
    if high <= 0:
        return None
    beyond = max((c.high for c in subjects.facts), default=0.0) > high
    low = number(-high) if subjects.signed else "0"
    return Legend(
        table,
        f"{low} or less" if beyond and subjects.signed else low,
        f"{number(high)} or more" if beyond else number(high),
    )


def _caption(subjects: Subjects, scale: str | float, high: float | None, factor: int) -> str:
    count, of = len(subjects.channels), subjects.of
    channels = f"all {of} channels" if count == of else f"{count} of {of} channels"
    height, width = subjects.maps.shape[1:]
    said = [f"{channels[0].upper()}{channels[1:]}, {size(height, width)} values each."]
    if high is None:
        said.append("Each channel is on its own scale, so that strengths cannot be compared.")
    elif high <= 0:
        said.append("No channel of this layer answers, so there is no scale.")
    else:
        why = ", to the 99.9th percentile of its values that are not zero"
        said.append(
            f"One scale for the whole layer{why}." if scale == "layer" else "One scale for all."
        )
    if factor > 1:
        said.append(f"Reduced: of each {size(factor, factor)} values the largest is shown.")
    silent = [c for c, f in zip(subjects.channels, subjects.facts, strict=True) if f.silent]
    if silent:
        said.append(f"{subjects.empty.capitalize()}, hatched: {_numbers(silent)}.")
    broken = [c for c, f in zip(subjects.channels, subjects.facts, strict=True) if not f.finite]
    if broken:
        said.append(f"With values that are not finite, drawn as zero: {_numbers(broken)}.")
    return " ".join(said)


def _numbers(channels: Sequence[int]) -> str:
    """ "channel 3", "channels 3, 7 and 9"; of many the first."""
    if len(channels) == 1:
        return f"channel {channels[0]}"
    spelled = [str(c) for c in channels[:SPELLED]]
    more = len(channels) - SPELLED
    return f"channels {listing([*spelled, f'{more} more'] if more > 0 else spelled)}"
