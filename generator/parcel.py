"""What was measured on an image, made small and quick to send from one process to another.

An image has thousands of channels and peaks. Pickled one by one, as the named tuples that they are,
they take longer than most of what was measured; in columns of plain numbers a tenth of that.
"""

from __future__ import annotations

import marshal
from collections.abc import Sequence
from dataclasses import fields, replace
from itertools import chain, islice, repeat
from typing import Any, NamedTuple, TypeVar

from generator.domain import Accounts, Channel, Evidence, Knots, Peak, Sheet
from generator.sheet_files import Measures

__all__ = ["Parcel", "packed", "unpacked"]

_FORMAT = 2
"""Of ``marshal``, which is for processes of one and the same Python: without back references, which
would be looked for at every number."""

Numbers = TypeVar("Numbers", Accounts, Knots)
_PEAKS = Channel._fields.index("peaks")


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
        [_columns(sheet.channels) for sheet in measures.sheets.values()],
        {name: _fields(accounts) for name, accounts in evidence.accounts.items()},
        {name: _fields(knots) for name, knots in evidence.knots.items()},
    )
    bare = {name: replace(sheet, channels=()) for name, sheet in measures.sheets.items()}
    few = replace(measures, sheets=bare, evidence=Evidence({}, {}))
    return Parcel(few, marshal.dumps(many, _FORMAT))


def unpacked(parcel: Parcel) -> Measures:
    """The inverse of ``packed``."""
    few, (columns, accounts, knots) = parcel.few, marshal.loads(parcel.many)
    sheets: dict[str, Sheet] = {
        name: replace(sheet, channels=_channels(own))
        for (name, sheet), own in zip(few.sheets.items(), columns, strict=True)
    }
    evidence = Evidence(
        {name: Accounts(*own) for name, own in accounts.items()},
        {name: Knots(*own) for name, own in knots.items()},
    )
    return replace(few, sheets=sheets, evidence=evidence)


def _columns(channels: Sequence[Channel]) -> tuple[Any, ...]:
    """Each field of all of them; of the peaks how many each has, and their numbers in one row."""
    columns = [*zip(*channels, strict=True)]
    peaks = columns.pop(_PEAKS)
    flat = [*chain.from_iterable(chain.from_iterable(peaks))]
    return tuple(columns), [*map(len, peaks)], flat


def _channels(packed_columns: tuple[Any, ...]) -> tuple[Channel, ...]:
    columns, counts, flat = packed_columns
    numbers = iter(flat)
    # as the classes themselves do it, without a function of Python's for each; three at a time
    every = map(tuple.__new__, repeat(Peak), zip(numbers, numbers, numbers, strict=True))
    peaks = [tuple(islice(every, count)) for count in counts]
    whole = zip(*columns[:_PEAKS], peaks, *columns[_PEAKS:], strict=True)
    return tuple(map(tuple.__new__, repeat(Channel), whole))


def _fields(numbers: Numbers) -> tuple[Any, ...]:
    return tuple(getattr(numbers, field.name) for field in fields(numbers))
