"""What the pages that set networks or images side by side share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from generator import layout
from generator.domain import (
    Comparison,
    Contrast,
)
from generator.pages.parts import (
    Gallery,
    Link,
)

__all__ = ["Rivals", "alike", "crumbs", "ids", "untrained"]


@dataclass(frozen=True)
class Rivals:
    """Two networks of one gallery, and what was found."""

    first: Gallery
    second: Gallery
    found: Comparison
    contrasts: Mapping[str, Mapping[str, Contrast]]
    """By layer, by image; of two networks of one architecture."""


def ids(found: Comparison) -> tuple[str, str]:
    """Of the two networks, for paths."""
    return found.first.id, found.second.id


def crumbs(at: str, *more: Link) -> tuple[Link, ...]:
    """Down to the list of what is set side by side, and ``more``."""
    return (
        Link("Layerlight", layout.href(at, layout.FRONT_PAGE)),
        Link("Compare", layout.href(at, layout.compare_front())),
        *more,
    )


def untrained(found: Comparison) -> tuple[str, ...]:
    """Titles of the networks that learned nothing; each once."""
    models = (found.first, found.second)
    return tuple(dict.fromkeys(m.title for m in models if not m.weights.trained))


def alike(value: float | None) -> str:
    """One digit: with few images no more is worth showing."""
    if value is None:
        return "–"
    return f"{max(0.0, value):.1f}"
