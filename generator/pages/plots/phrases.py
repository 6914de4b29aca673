"""Parts of sentences that more than one plot's caption has."""

from __future__ import annotations

from generator.domain import Sheet
from generator.wording import count, percent

__all__ = ["not_finite", "zero_words"]


def not_finite(sheet: Sheet) -> str:
    """A further half-sentence where a channel had values that no plot can show."""
    bad = sheet.channels.finite.count(False)
    if not bad:
        return ""
    return f"; {count(bad, 'channel')} had values that are not finite, counted as zero"


def zero_words(share: float, whose: str) -> str:
    """ "53 % of the 648 values are exactly zero"."""
    if not share:
        return f"None of {whose} values is exactly zero"
    said = "All" if share == 1 else percent(share)
    return f"{said[:1].upper()}{said[1:]} of {whose} values are exactly zero"
