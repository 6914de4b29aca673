"""Handouts on paper: worksheets for students and teachers, and a poster, of a built site."""

from __future__ import annotations

from generator.handout.facts import parse_gallery, refuse_branches
from generator.handout.making import (
    Made,
    Printed,
    Wish,
    language_of,
    make,
    printed,
    split_patterns,
)

__all__ = [
    "Made",
    "Printed",
    "Wish",
    "language_of",
    "make",
    "parse_gallery",
    "printed",
    "refuse_branches",
    "split_patterns",
]
