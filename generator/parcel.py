"""What was measured on an image, made small and quick to send from one process to another.

An image has thousands of channels and accounts. They are kept in columns of plain numbers, and for
those ``marshal`` takes a tenth of the time that pickling takes.
"""

from __future__ import annotations

import marshal
from dataclasses import fields, replace
from typing import Any, NamedTuple, TypeVar

from generator.domain import Accounts, Channels, Evidence, Knots, Sheet
from generator.sheet_files import Measures

__all__ = ["Parcel", "packed", "unpacked"]

_FORMAT = 2
"""Of ``marshal``, which is for processes of one and the same Python: without back references, which
would be looked for at every number."""

Numbers = TypeVar("Numbers", Accounts, Knots)


class Parcel(NamedTuple):
    """Measures, to be pickled."""

    few: Measures
    """All but what the other part holds."""
    many: bytes
    """The numbers of all channels, and the evidence."""


def packed(measures: Measures) -> Parcel:
    """Ready to be sent."""
    evidence = measures.evidence
    many = (
        [sheet.channels.columns for sheet in measures.sheets.values()],
        {name: _fields(accounts) for name, accounts in evidence.accounts.items()},
        {name: _fields(knots) for name, knots in evidence.knots.items()},
    )
    none = Channels.of(())
    bare = {name: replace(sheet, channels=none) for name, sheet in measures.sheets.items()}
    few = replace(measures, sheets=bare, evidence=Evidence({}, {}))
    return Parcel(few, marshal.dumps(many, _FORMAT))


def unpacked(parcel: Parcel) -> Measures:
    """The inverse of ``packed``."""
    few, (columns, accounts, knots) = parcel.few, marshal.loads(parcel.many)
    sheets: dict[str, Sheet] = {
        name: replace(sheet, channels=Channels(*own))
        for (name, sheet), own in zip(few.sheets.items(), columns, strict=True)
    }
    evidence = Evidence(
        {name: Accounts(*own) for name, own in accounts.items()},
        {name: Knots(*own) for name, own in knots.items()},
    )
    return replace(few, sheets=sheets, evidence=evidence)


def _fields(numbers: Numbers) -> tuple[Any, ...]:
    return tuple(getattr(numbers, field.name) for field in fields(numbers))
