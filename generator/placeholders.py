"""``{value: shape block3_conv1}`` and ``{figure: zeros}``: where a text asks for something.

A figure stands on a line of its own, between empty lines; a value anywhere. Before Markdown sees a
text, each placeholder becomes a token that no rule of Markdown touches.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

__all__ = ["PROMISES", "TOKEN", "Placeholder", "find", "mask", "misshapen", "replace", "token"]

PROMISES = ("layer", "across", "image", "model", "tour", "atlas", "chapter", "term")
"""Schemes of the links that a text may hold besides those of the web."""

Kind = Literal["value", "figure"]

_FORM = re.compile(r"\{(?P<kind>value|figure):\s*(?P<words>[^{}]*)\}")
_LIKE_ONE = re.compile(r"(?<![\\\w^}])\{\s*(?P<word>[A-Za-z]+)\s*(?P<colon>:?)[^{}\n]*\}?")
_BEFORE, _AFTER = "\ue000", "\ue001"
TOKEN = re.compile(f"{_BEFORE}\\d+{_AFTER}")
"""What stands for a placeholder in a masked text. Its ends are characters that no one writes:
private to whoever uses them (Unicode, section 23.5), and taken out of what others wrote."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One of them, rightly written; whether there is what it asks for is not known here."""

    kind: Kind
    words: tuple[str, ...]
    """ "shape", "block3_conv1"."""
    start: int
    end: int
    alone: bool
    """Whether it is a paragraph of its own."""


def find(source: str) -> Iterator[Placeholder]:
    """Every placeholder of a text, in order."""
    for found in _FORM.finditer(source):
        kind: Kind = "figure" if found["kind"] == "figure" else "value"
        yield Placeholder(
            kind,
            tuple(found["words"].split()),
            found.start(),
            found.end(),
            bool(re.search(r"(^|\n[ \t]*\n)\Z", source[: found.start()]))
            and bool(re.match(r"[ \t]*(\n[ \t]*(\n|\Z)|\Z)", source[found.end() :])),
        )


def misshapen(source: str) -> Iterator[tuple[int, str]]:
    """Where something was probably meant as a placeholder and is none: position and text."""
    right = {one.start for one in find(source)}
    for found in _LIKE_ONE.finditer(source):
        word = found["word"].lower()
        meant = word in {"value", "figure"} or (
            found["colon"] and get_close_matches(word, ("value", "figure"), n=1, cutoff=0.7)
        )
        if meant and found.start() not in right:
            yield found.start(), found[0]


def token(position: int) -> str:
    """What stands for the placeholder of that position, from 0, in a masked text."""
    return f"{_BEFORE}{position}{_AFTER}"


def mask(source: str) -> tuple[str, tuple[Placeholder, ...]]:
    """The text with tokens in place of its placeholders, and these; an inline figure stays."""
    found = tuple(one for one in find(source) if one.kind == "value" or one.alone)
    parts, at = [], 0
    for i, one in enumerate(found):
        parts += [source[at : one.start], token(i)]
        at = one.end
    return "".join([*parts, source[at:]]), found


def replace(line: str, say: Callable[[tuple[str, ...]], str]) -> str:
    """A line with what ``say`` makes of each value's words in the value's place."""
    parts, at = [], 0
    for one in find(line):
        if one.kind == "value":
            parts += [line[at : one.start], say(one.words)]
            at = one.end
    return "".join([*parts, line[at:]])
