"""Handouts on paper: worksheets for students and teachers, and a poster, of a built site."""

from __future__ import annotations

from generator.handout.making import Made, Wish, make, split_patterns

__all__ = ["Made", "Wish", "make", "split_patterns"]
