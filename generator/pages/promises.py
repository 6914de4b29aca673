"""What the owner's texts ask for, held against what there is, before the network runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from generator import placeholders
from generator.domain import Layer
from generator.errors import LayerlightError
from generator.own_texts import complaint, line_of, nearest
from generator.pages.chapter_figures import DRAWN, EVERYWHERE, STRONGEST
from generator.pages.values import OF_GALLERY, OF_LAYER, OF_MAPS
from generator.placeholders import PROMISES, Placeholder
from generator.texts import OwnText, Texts

__all__ = ["broken_promises"]

MOST_MAPS = 24
"""In one figure: four rows of six."""
_LATE = frozenset({"images"})
"""Values that are known only when every image was read: not while an image's pages are made."""
_CHAPTERS = frozenset({"chapter", "sources"})
_WITHOUT_NAME = frozenset({"image", "model", "tour", "atlas"})
_PLACE = re.compile(r"(?P<channel>\d{1,9}|strongest)(@(?P<row>\d{1,9}),(?P<column>\d{1,9}))?")


@dataclass(frozen=True, slots=True)
class _Known:
    """What a text can ask for."""

    layers: Sequence[Layer]
    chapters: tuple[str, ...]
    terms: tuple[str, ...]


def broken_promises(
    texts: Texts, layers: Sequence[Layer], links: Callable[[str], Sequence[str]]
) -> tuple[str, ...]:
    """A complaint for each placeholder, link and formula of the owner's that cannot be kept.

    Args:
        texts: ours with the owner's over them.
        layers: all of the network's, whether the gallery shows them or not.
        links: Markdown with its placeholders masked -> targets of its links; raises a
            LayerlightError for a formula that cannot be set.
    """
    known = _Known(layers, (*texts.chapters, "sources"), tuple(term.id for term in texts.glossary))
    found = []
    for name in sorted(texts.own):
        text = texts.own[name]
        for position, message in sorted({*_asked(text, known), *_linked(text, known, links)}):
            found.append(complaint(f"{name}.md", line_of(text, position), message))
    return tuple(found)


def _asked(text: OwnText, known: _Known) -> Iterator[tuple[int, str]]:
    """Positions in the file, and what is wrong with the placeholders there."""
    for field, words in (*text.fields.items(), ("body", text.body)):
        for one in placeholders.find(words):
            if one.kind == "value":
                message = _value(one, text, known)
                if field == "title":
                    message = "expected a title of plain words, without values; take it out"
            elif field == "body":
                message = _figure(one, text, known)
            else:
                message = "expected a figure below the front matter; move it"
            if message:
                yield _position(text, field, words, one.start, one.end), _named(one, message)
        for start, written in placeholders.misshapen(words):
            yield (
                _position(text, field, words, start, start + len(written)),
                f"{' '.join(written.split())[:60]}: expected a value such as "
                "{value: shape block3_conv1} or a figure such as {figure: maps block3_conv1 7}",
            )


def _named(one: Placeholder, message: str) -> str:
    return f"{{{one.kind}: {' '.join(one.words)[:60]}}}: {message}"


def _position(text: OwnText, field: str, words: str, start: int, end: int) -> int:
    """Where in the file a part of a field or of the body stands; a field may be folded."""
    if field == "body":
        return text.body_at + start
    found = text.source.find(words[start:end])
    if found < 0:
        line = re.search(rf"^{field}\s*:", text.source, re.MULTILINE)
        found = line.start() if line else 0
    return found


def _value(one: Placeholder, text: OwnText, known: _Known) -> str:
    """What is wrong with ``{value: ...}``; "" if nothing is."""
    names = [*OF_LAYER, *OF_MAPS, *OF_GALLERY]
    if not one.words:
        return f"expected the name of a value{nearest('', names)}"
    name, *rest = one.words
    if name not in names:
        return f"there is no value {name}{nearest(name, names)}"
    if name in OF_GALLERY:
        if rest:
            return f"expected {name} alone, got more words; take them out"
        if name in _LATE and text.kind not in _CHAPTERS | {"atlas", "network"}:
            return (
                f"{name} is known only when all images were read, and this text stands on the "
                "pages of single images too; use it in a chapter, in atlas.md or in network.md"
            )
        return ""
    if len(rest) != 1:
        return f"expected {name} and one layer, got {_counted(rest)}"
    return _layer(rest[0], text, known)


def _figure(one: Placeholder, text: OwnText, known: _Known) -> str:
    if not one.words:
        return f"expected the name of a figure{nearest('', DRAWN)}"
    name, *rest = one.words
    if name not in DRAWN:
        return f"there is no figure {name}{nearest(name, DRAWN)}"
    if not one.alone:
        return "expected a figure on a line of its own, between empty lines"
    if text.kind == "glossary":
        return "expected no figure in the glossary; take it out"
    if name not in EVERYWHERE:
        if text.kind not in _CHAPTERS:
            return (
                f"{name} is a figure for chapters of the course; "
                f"other texts have {' and '.join(sorted(EVERYWHERE))}"
            )
        return f"expected {name} alone, got more words; take them out" if rest else ""
    if not rest:
        return f"expected {name}, a layer and one or more channels, got none"
    wrong = _layer(rest[0], text, known)
    if wrong:
        return wrong
    channels = rest[1:]
    if not 0 < len(channels) <= MOST_MAPS:
        return f"expected 1 to {MOST_MAPS} channels after the layer, got {len(channels)}"
    layers = _layers(rest[0], text, known)
    return next((wrong for c in channels if (wrong := _channel(c, rest[0], layers))), "")


def _counted(words: Sequence[str]) -> str:
    return f"{len(words)} words" if words else "none"


def _layer(name: str, text: OwnText, known: _Known) -> str:
    names = [layer.name for layer in known.layers]
    if name == "here":
        if text.kind == "layer":
            return ""
        return "here is for the text of a layer; name the layer"
    return "" if name in names else f"the network has no layer {name}{nearest(name, names)}"


def _layers(name: str, text: OwnText, known: _Known) -> list[Layer]:
    """Those that a right name can mean; ``here`` in a generic text means any of its kind."""
    meant = text.name.rpartition("/")[2] if name == "here" else name
    return [layer for layer in known.layers if meant in {layer.name, layer.kind}]


def _channel(word: str, name: str, layers: Sequence[Layer]) -> str:
    """What is wrong with a channel of a layer that there is."""
    fewest = min((layer.channels for layer in layers), default=0)
    number = word.isascii() and word.isdigit() and len(word) < 10
    if word == STRONGEST or (number and int(word) < fewest):
        return ""
    return f"expected a channel from 0 to {fewest - 1} of {name}, or {STRONGEST}, got {word}"


def _linked(
    text: OwnText, known: _Known, links: Callable[[str], Sequence[str]]
) -> Iterator[tuple[int, str]]:
    """Positions in the file, and what is wrong with the links and formulas there."""
    masked, _ = placeholders.mask(text.body)
    try:
        targets = links(masked)
    except LayerlightError as error:
        yield text.body_at + _first_broken(text.body, links), str(error)
        return
    for target in targets:
        message = _target(target, text, known)
        if message:
            found = text.source.find(target, text.body_at)
            yield max(found, text.body_at), f"{target[:80]}: {message}"


def _first_broken(body: str, links: Callable[[str], Sequence[str]]) -> int:
    """Where the first paragraph begins that cannot be set by itself."""
    for paragraph in re.finditer(r"(?:[^\n]+\n?)+", body):
        try:
            links(placeholders.mask(paragraph[0])[0])
        except LayerlightError:
            return paragraph.start()
    return 0


def _target(target: str, text: OwnText, known: _Known) -> str:
    """What is wrong with where a link leads; "" also for what sanitising will take out."""
    if placeholders.TOKEN.search(target):
        return "a value cannot stand in a link's target"
    scheme, colon, rest = target.partition(":")
    if scheme not in PROMISES:
        near = get_close_matches(scheme.lower(), PROMISES, n=1, cutoff=0.75) if colon else []
        return f"expected {near[0]}: with a name, or an address of the web" if near else ""
    name, hash_, fragment = rest.partition("#")
    if scheme in {"layer", "across"}:
        wrong = _layer(name, text, known)
        return wrong or (_place(fragment, name, _layers(name, text, known)) if hash_ else "")
    if hash_:
        return "expected no # in such a link; take it out"
    if scheme in _WITHOUT_NAME:
        return f"expected {scheme}: alone; take {name} out" if name else ""
    there = known.chapters if scheme == "chapter" else known.terms
    what = "chapter" if scheme == "chapter" else "term of the glossary"
    return "" if name in there else f"there is no {what} {name}{nearest(name, there)}"


def _place(fragment: str, name: str, layers: Sequence[Layer]) -> str:
    found = _PLACE.fullmatch(fragment)
    if not found:
        return (
            "expected a channel after #, such as #7, #strongest or #7@12,30 for a row and a column"
        )
    wrong = _channel(found["channel"], name, layers)
    if wrong or not found["row"]:
        return wrong
    height, width = (
        min(sides) for sides in zip(*((la.height, la.width) for la in layers), strict=True)
    )
    if int(found["row"]) < height and int(found["column"]) < width:
        return ""
    return (
        f"expected a row from 0 to {height - 1} and a column from 0 to {width - 1}, "
        f"got {found['row']},{found['column']}"
    )
