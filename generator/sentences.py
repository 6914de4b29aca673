"""The numbers of one layer on one image -> English sentences that are true of this image.

Every sentence is a function of the sheet and the reading alone, so that a test
can recompute it. None says *what* is at a place: the numbers know only where.
"""

from __future__ import annotations

from generator.domain import Layer, LayerReading, Sheet, Slant
from generator.wording import count, listing, number, percent, place

__all__ = [
    "answering",
    "frame",
    "half",
    "half_count",
    "lit_share",
    "slants",
    "strongest",
]

_SLANTS: dict[Slant, str] = {
    "level": "level lines",
    "upright": "upright lines",
    "rising": "lines that rise to the right",
    "falling": "lines that fall to the right",
}


def lit_share(sheet: Sheet, channel: int) -> float:
    """Share of a channel's positions with an activation."""
    return 1 - sheet.channels.zero_fraction[channel]


def half_count(sheet: Sheet) -> int:
    """The fewest channels that together hold half of the layer's activation."""
    means = sorted(map(abs, sheet.channels.mean), reverse=True)
    half_sum = sum(means) / 2
    running = 0.0
    for n, mean in enumerate(means, 1):
        running += mean
        if running >= half_sum:
            return n
    return len(means)


def slants(reading: LayerReading) -> str:
    """ "#26 keeps level lines, #29 upright lines." The clearest channel of each direction."""
    first: dict[Slant, int] = {}
    for channel, slant in reading.slants:
        first.setdefault(slant, channel)
    if not first:
        return ""
    parts = [f"#{channel} {_SLANTS[slant]}" for slant, channel in first.items()]
    return f"{parts[0].replace(' ', ' keeps ', 1)}{''.join(', ' + p for p in parts[1:])}."


def answering(sheet: Sheet, reading: LayerReading) -> str:
    """The widest and the narrowest of the telling channels."""
    telling = [c for c in reading.telling if not sheet.channels[c].silent]
    if len(telling) < 2:
        return ""
    by_share = sorted(telling, key=lambda c: (-lit_share(sheet, c), c))
    wide, narrow = by_share[0], by_share[-1]
    if percent(lit_share(sheet, wide)) == percent(lit_share(sheet, narrow)):
        return ""
    return (
        f"Of the {count(len(telling), 'channel')} picked for strength and variety #{wide} is lit "
        f"on most positions, {percent(lit_share(sheet, wide))}, #{narrow} on fewest, "
        f"{percent(lit_share(sheet, narrow))}."
    )


def strongest(sheet: Sheet, layer: Layer) -> str:
    """The layer's strongest value, whose it is and where."""
    top = sheet.strongest
    if not sheet.channels[top].peaks:
        return f"No channel of {layer.name} answers on this image."
    peak = sheet.channels[top].peaks[0]
    where = place(peak, sheet.tile_height, sheet.tile_width)
    return f"The strongest value, {number(peak.value)}, is #{top}’s, {where}."


def half(sheet: Sheet) -> str:
    """How few channels carry half of the activation, and how many carry none."""
    total = len(sheet.channels)
    silent = sheet.silent
    if len(silent) == total:
        return ""
    text = f"Half of all activation comes from {half_count(sheet)} of {total} channels"
    if not silent:
        return f"{text}; none is silent."
    if len(silent) == 1:
        return f"{text}; one, #{silent[0]}, is silent on this image."
    return f"{text}; {count(len(silent), 'is', 'are')} silent on this image."


def frame(reading: LayerReading) -> str:
    """Channels that answer along the border, where the padding is."""
    if not reading.frame:
        return ""
    named = listing([f"#{c}" for c in reading.frame[:3]])
    verb, they = ("is", "it") if len(reading.frame) == 1 else ("are", "they")
    return (
        f"{named} {verb} most active along the border, so {they} may answer to the frame rather "
        "than to the picture."
    )
