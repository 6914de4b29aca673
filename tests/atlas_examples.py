"""The facts of small atlases, for tests that need some and care for few of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from generator.domain import AtlasSheet, Pictured

__all__ = ["facts_of", "pictured"]


def pictured(mean: float = 2.0, photograph_mean: float = 1.0, **others: Any) -> Pictured:
    """A picture that does twice as well as any photograph, unless told otherwise."""
    facts: dict[str, Any] = {"peak": 9.0, "rank": 1, "photograph_peak": 8.0, "attempt": 0}
    return Pictured(mean=mean, photograph_mean=photograph_mean, **(facts | others))


def facts_of(channels: Sequence[Pictured | None], **others: Any) -> AtlasSheet:
    """A sheet of 2 x 3 pixel tiles in two columns, unless told otherwise."""
    facts: dict[str, Any] = {
        "model": "toy",
        "layer": "conv",
        "weights": "5" * 64,
        "file": "conv.webp",
        "sha256": "a" * 64,
        "columns": 2,
        "rows": -(-len(channels) // 2),
        "tile_height": 2,
        "tile_width": 3,
        "specimens": (),
        "photographs": ("f" * 64,),
        "made": {},
    }
    return AtlasSheet(channels=tuple(channels), **(facts | others))
