"""Each channel's strongest value, from the strongest channel to the weakest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from generator.domain import Sheet
from generator.pages.plots.axes import HEIGHT, Drawing, Level, Tick, level, round_numbers
from generator.pages.plots.phrases import not_finite
from generator.wording import count, listing, number, ordinal

__all__ = ["Strengths", "strengths_plot"]

HEADROOM = 14
"""Above the strongest channel, for its label."""
HATCHED = 16
"""Height of what is hatched for the silent channels, at the foot."""
ABOVE_LINE = 5
"""From the line of the scale up to its label's baseline."""


@dataclass(frozen=True, slots=True)
class Strengths:
    """The channels by their strongest values."""

    drawing: Drawing
    path: str
    """An area in steps of one channel; "" if all are zero."""
    box: str
    top: str
    """Beside the first step: the strongest value and its channel; "" if there is none."""
    scale: Level | None
    """The 99.9th percentile of the layer's non-zero values."""
    silent_from: float
    silent_width: float
    """Percent; 0 if none is silent."""
    silent_top: int
    silent_height: int
    """CSS pixels."""


@dataclass(frozen=True, slots=True)
class _Ranking:
    """The channels, compared."""

    highs: tuple[float, ...]
    """The channels' strongest values, falling."""
    top: int
    """Number of the strongest channel."""
    silent: int
    """How many channels are silent."""

    @property
    def total(self) -> int:
        return len(self.highs)

    @property
    def high(self) -> float:
        return self.highs[0]


def strengths_plot(sheet: Sheet, *, signed: bool) -> Strengths:
    """Every channel's strongest value, sorted, against the shared scale's upper end."""
    found = _ranking(sheet)
    high = found.high
    strength = "magnitude" if signed else "value"
    drawing = Drawing(
        heading="Channels by strength",
        caption=_caption(sheet, found, signed),
        spoken=_spoken(sheet, found, strength),
        height=HEIGHT,
        down=_levels(high),
        down_name=f"each channel’s largest {strength}",
        across=_ranks(found),
        across_name="channels, strongest first",
    )
    return Strengths(
        drawing=drawing,
        path=_steps(found.highs, high) if high > 0 else "",
        box=f"0 0 {found.total} {2 * HEIGHT}",
        top=f"{number(high)} in #{found.top}" if high > 0 else "",
        scale=_scale(sheet.p99_9, high) if high > 0 and sheet.p99_9 > 0 else None,
        silent_from=round(100 * (1 - found.silent / found.total), 1),
        silent_width=round(100 * found.silent / found.total, 1),
        silent_top=HEIGHT - HATCHED,
        silent_height=HATCHED,
    )


def _ranking(sheet: Sheet) -> _Ranking:
    highs = sheet.channels.high
    return _Ranking(
        highs=tuple(sorted(highs, reverse=True)),
        top=highs.index(max(highs)),
        silent=len(sheet.silent),
    )


def _levels(high: float) -> tuple[Level, ...]:
    zero = level(HEIGHT, "0")
    if high <= 0:
        return (zero,)
    return (zero, *(level(_down(v, high), number(v)) for v in round_numbers(high, 4)))


def _ranks(found: _Ranking) -> tuple[Tick, ...]:
    """From the first to the last; the last alone if there is nothing to tell apart."""
    last = Tick(100, f"{found.silent:,} silent" if found.silent else ordinal(found.total), "end")
    if found.total == 1 or found.silent == found.total:
        return (last,)
    return (Tick(0, "1st", "start"), last)


def _scale(value: float, high: float) -> Level:
    at = _down(value, high)
    return Level(at, at - ABOVE_LINE, f"99.9th percentile {number(value)}")


def _down(value: float, high: float) -> float:
    return round(HEADROOM + (HEIGHT - HEADROOM) * (1 - value / high), 1)


def _steps(values: Sequence[float], high: float) -> str:
    """An area with a step a value, in half pixels; alike neighbours share one: 512 stay short."""
    levels = [round(2 * (HEADROOM + (HEIGHT - HEADROOM) * (1 - v / high))) for v in values]
    parts, run = [f"M0 {2 * HEIGHT}V{levels[0]}"], 0
    for i, here in enumerate(levels):
        if i and here != levels[i - 1]:
            parts.append(f"h{run}v{here - levels[i - 1]}")
            run = 0
        run += 1
    return "".join([*parts, f"h{run}V{2 * HEIGHT}z"])


def _caption(sheet: Sheet, found: _Ranking, signed: bool) -> str:
    if not found.high:
        return _dark_caption(sheet, found)
    reach = "a magnitude of " if signed else ""
    if found.total == 1:
        return f"The only channel reaches {reach}{number(found.high)}{not_finite(sheet)}."
    half = found.highs[(found.total + 1) // 2 - 1]
    middle = (
        f", half of the channels {reach}{number(half)} or more" if 0 < half < found.high else ""
    )
    beyond = sum(high > sheet.p99_9 for high in found.highs)
    parts = [
        f"#{found.top} reaches {reach}{number(found.high)}{middle}",
        f"{count(beyond, 'goes', 'go')} beyond {number(sheet.p99_9)}, the end of the shared scale"
        if beyond
        else "",
    ]
    said = "; ".join(part for part in parts if part)
    return f"{said}; {_silence(found.silent)}{not_finite(sheet)}."


def _dark_caption(sheet: Sheet, found: _Ranking) -> str:
    """Of a layer that is zero everywhere."""
    if found.total == 1:
        said = "is silent" if found.silent else "has no value but zero"
        return f"The only channel {said} on this image{not_finite(sheet)}."
    if found.silent == found.total:
        return f"All {found.total:,} channels are silent on this image."
    return f"No channel has a value other than zero; {_silence(found.silent)}{not_finite(sheet)}."


def _silence(silent: int) -> str:
    return f"{count(silent, 'is', 'are')} silent" if silent else "none is silent"


def _spoken(sheet: Sheet, found: _Ranking, strength: str) -> str:
    total, high = found.total, number(found.high)
    percentile = number(sheet.p99_9)
    if not found.high:
        return f"Channels by strength: {count(total, 'channel')}, all without a {strength} above 0."
    if total == 1:
        values = f"Largest {strength} of the only channel: {high}"
        return f"{values}; the 99.9th percentile of the non-zero values is {percentile}."
    falls = f", {listing(_quarters(found.highs))}" if total >= 8 else ""
    return (
        f"Largest {strength} of {count(total, 'channel')}, sorted: from {high}{falls}, "
        f"to {number(found.highs[-1])}; {found.silent or 'none'} silent. "
        f"A line marks the 99.9th percentile of the layer’s non-zero values, {percentile}."
    )


def _quarters(highs: Sequence[float]) -> list[str]:
    """How strong the last channel of each quarter is, but for the weakest."""
    words = ("end of the first quarter", "middle", "end of the third quarter")
    return [
        f"{number(highs[-(-len(highs) * k // 4) - 1])} at the {word}"
        for k, word in enumerate(words, 1)
    ]
