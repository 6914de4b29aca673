"""Long lists page by page: what stands on which page, and the links between the pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from generator.pages.parts import Link

__all__ = ["CARDS", "ROWS", "Pager", "Span", "pager", "spans"]

CARDS = 60
"""Images on a page of the list."""
ROWS = 40
"""Images on a page across images."""


@dataclass(frozen=True, slots=True)
class Span:
    """What of a list stands on one of its pages."""

    number: int
    """Of the page, from 1,"""
    pages: int
    """and how many there are."""
    first: int
    """Index of its first item,"""
    end: int
    """and that behind its last."""
    items: int
    """Of the whole list."""

    @property
    def words(self) -> str:
        """ "Images 61 to 120 of 1,000"."""
        some = f"Images {self.first + 1:,} to {self.end:,}"
        if self.end == self.first + 1:
            some = f"Image {self.end:,}"
        return f"{some} of {self.items:,}"

    @property
    def ending(self) -> str:
        """What a title says of it: ", page 2 of 17"; of the first page nothing."""
        return f", page {self.number} of {self.pages}" if self.number > 1 else ""


def spans(items: int, most: int) -> tuple[Span, ...]:
    """The pages of a list of so many items; at least one."""
    pages = max(1, -(-items // most))
    return tuple(
        Span(i + 1, pages, i * most, min(items, (i + 1) * most), items) for i in range(pages)
    )


@dataclass(frozen=True, slots=True)
class Pager:
    """The way to the other pages of a list."""

    words: str
    """Which part of the list this is."""
    before: str
    """URL; "" on the first page."""
    after: str
    """ "" on the last page."""
    numbers: tuple[Link, ...]
    """The first page, those about this one, the last; without a URL what is left out between."""


def pager(span: Span, href: Callable[[int], str]) -> Pager | None:
    """The links of one page, ``href`` from page to URL; None where there is no other page."""
    if span.pages == 1:
        return None
    here, last = span.number, span.pages
    shown = sorted({1, here - 1, here, here + 1, last} & {*range(1, last + 1)})
    numbers: list[Link] = []
    for number, previous in zip(shown, [0, *shown], strict=False):
        if number == previous + 2:  # a number is no longer than the dots
            numbers.append(_link(previous + 1, here, href))
        elif number > previous + 2:
            numbers.append(Link("…", ""))
        numbers.append(_link(number, here, href))
    return Pager(
        words=span.words,
        before=href(here - 1) if here > 1 else "",
        after=href(here + 1) if here < last else "",
        numbers=tuple(numbers),
    )


def _link(number: int, here: int, href: Callable[[int], str]) -> Link:
    return Link(f"{number:,}", href(number), current=number == here)
