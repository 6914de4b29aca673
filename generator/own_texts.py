"""The owner's folder of texts: which file stands for which text, and what is wrong with a file."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any

from generator import front_matter, layout
from generator.domain import Layer
from generator.errors import ConfigError, TextError
from generator.names import shown, slug
from generator.texts import OwnText, TextKind, chapter_order, glossary_entries, term_id

__all__ = ["complaint", "line_of", "nearest", "read_own_texts", "refuse"]

MAX_BYTES = 1_000_000
"""Longest file of text."""
_LISTED = 40
"""So many complaints are shown; more would be one mistake seen from many sides."""

FIELDS: dict[TextKind, tuple[str, ...]] = {
    "chapter": ("title", "lead", "question", "answer"),
    "sources": ("title", "lead"),
    "glossary": ("title", "lead"),
    "atlas": ("title", "lead"),
    "network": ("title", "lead"),
    "block": ("title", "lead"),
    "layer": ("look",),
}
"""What the front matter of a text may hold; that of a new chapter also ``after``."""
_GENERIC: dict[str, TextKind] = {
    "generic/block": "block",
    "generic/conv": "layer",
    "generic/merge": "layer",
    "generic/network": "network",
    "generic/pool": "layer",
}
_TAKEN = ("glossary", "index", "tour")
"""Pages of the course that are no chapters."""


def read_own_texts(
    folder: Path | None,
    model: str,
    layers: Sequence[Layer],
    others: Mapping[str, Sequence[Layer]] = MappingProxyType({}),
) -> tuple[dict[str, OwnText], tuple[str, ...]]:
    """The texts of ``folder`` by name, and a complaint for each thing that is wrong with them.

    Args:
        folder: the owner's, or None.
        model: id of the network.
        layers: all of the network's, whether the gallery shows them or not.
        others: id -> layers of the gallery's other networks, whose texts may lie there too. They
            are looked through, and left out.

    Raises:
        ConfigError: there is no such folder.
    """
    if folder is None:
        return {}, ()
    if not folder.is_dir():
        what = "which is a file" if folder.exists() else "which is not there"
        raise ConfigError(
            f"text_folder: expected a folder of texts, got {folder}, {what}; "
            "correct text_folder in gallery.toml, or --text-folder"
        )
    known = _names(model, layers)
    for other, own in others.items():
        known |= _names(other, own)
    found: dict[str, OwnText] = {}
    complaints: list[str] = []
    for file in _files(folder):
        try:
            text = _read(folder, file, known)
            found[text.name] = text
        except _WrongTextError as wrong:
            complaints += wrong.complaints
    complaints += _misplaced(found)
    own_texts = {n: text for n, text in found.items() if n.partition("/")[0] not in others}
    return own_texts, tuple(complaints)


def refuse(folder: Path | None, complaints: Sequence[str]) -> None:
    """Raise a TextError that names every complaint, if there are any."""
    if not complaints:
        return
    if len(complaints) == 1:
        raise TextError(f"{folder}: {complaints[0]}")
    more = len(complaints) - _LISTED
    raise TextError(
        "\n".join(
            [
                f"{folder}: {len(complaints)} things to mend in these texts:",
                *(f"  {one}" for one in complaints[:_LISTED]),
                *([f"  and {more} more"] if more > 0 else []),
            ]
        )
    )


def complaint(file: str, line: int | None, message: str) -> str:
    """One line: the file below the folder of texts, the place in it, what is wrong."""
    return f"{file}, line {line}: {message}" if line else f"{file}: {message}"


def nearest(word: str, known: Iterable[str]) -> str:
    """ "; the nearest is relu", or all of them if none is near and they are few."""
    names = list(known)
    close = get_close_matches(word.lower(), names, n=2, cutoff=0.55)
    if close:
        return f"; the nearest {'is' if len(close) == 1 else 'are'} {' and '.join(close)}"
    return f"; there are {', '.join(names)}" if 0 < len(names) <= 24 else ""


def line_of(text: OwnText, position: int) -> int:
    """The line, from 1, of a position in the text's file."""
    return text.source.count("\n", 0, position) + 1


@dataclass
class _WrongTextError(Exception):
    """A file that is no text of this gallery. Never leaves this module."""

    complaints: list[str]


def _names(model: str, layers: Sequence[Layer]) -> dict[str, TextKind]:
    """Every text that can be replaced or added, but for new chapters."""
    blocks = dict.fromkeys(layer.block for layer in layers)
    return {
        "atlas": "atlas",
        "glossary": "glossary",
        **_GENERIC,
        **{f"learn/{chapter}": "chapter" for chapter in layout.CHAPTERS},
        "learn/sources": "sources",
        f"{model}/network": "network",
        **{f"{model}/{block}": "block" for block in blocks},
        **{f"{model}/{layer.name}": "layer" for layer in layers},
    }


def _files(folder: Path) -> Iterator[str]:
    """Paths of all files below, POSIX separators, in order; hidden ones are passed over."""
    found = []
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not _passed_over(name)]
        found += [Path(root, name) for name in files if not _passed_over(name)]
    yield from sorted(path.relative_to(folder).as_posix() for path in found)


def _passed_over(name: str) -> bool:
    return name.startswith(".") or name in {"__MACOSX", "Thumbs.db", "desktop.ini"}


def _read(folder: Path, file: str, known: dict[str, TextKind]) -> OwnText:
    name, kind = _name(file, known)
    source = _source(folder, file)
    front, body = front_matter.split(source)
    if front is None and body != source:
        raise _wrong(file, 1, 'expected a line "---" that ends the front matter, got none; add it')
    fields, complaints = _fields(file, source, front or "", kind, new=name not in known)
    after = fields.pop("after", "")
    start = len(source) - len(body)
    start += len(body) - len(body.lstrip())
    text = OwnText(name, kind, fields, body.strip(), after, source, start)
    if name not in known:
        complaints += _incomplete(file, text)
    if kind == "glossary":
        complaints += _entries(file, text)
    if complaints:
        raise _WrongTextError(complaints)
    return text


def _name(file: str, known: dict[str, TextKind]) -> tuple[str, TextKind]:
    """The name of the text that a file stands for, and its kind."""
    place, _, _ = file.rpartition("/")
    if not file.endswith(".md"):
        raise _wrong(
            file, None, "expected a Markdown file, named .md; rename it, or move it elsewhere"
        )
    name = file.removesuffix(".md")
    if name in known:
        return name, known[name]
    if place == "learn":
        return name, _new_chapter(file, name.removeprefix("learn/"))
    places = sorted({one.rpartition("/")[0] for one in known} - {""})
    if place and place not in places:
        raise _wrong(
            file,
            None,
            f"expected one of the folders {', '.join(places)}, got {shown(place)}"
            f"{_near(file, known)}; move it there",
        )
    siblings = [one for one in known if one.rpartition("/")[0] == place]
    what = {"": "the text of a page", "generic": "a text for what has none of its own"}.get(
        place, f"the name of a layer or block of {place}, or network"
    )
    raise _wrong(
        file,
        None,
        f"expected {what}, got {shown(name.rpartition('/')[2])}"
        f"{_near(file, siblings)}; rename it, or move it elsewhere",
    )


def _near(file: str, names: Collection[str]) -> str:
    return nearest(file, [f"{name}.md" for name in names])


def _new_chapter(file: str, word: str) -> TextKind:
    if word in _TAKEN:
        raise _wrong(
            file,
            None,
            f"expected a chapter, but learn/{word} is another page of the course"
            + ("; its text is glossary.md, in no folder" if word == "glossary" else "")
            + "; choose another name",
        )
    if word != slug(word) or not word:
        better = slug(word)
        raise _wrong(
            file,
            None,
            "expected the name of a chapter in lower-case letters a to z, digits and single hyphens"
            f", got {shown(word)}; rename it{f', such as {better}.md' if better else ''}",
        )
    return "chapter"


def _source(folder: Path, file: str) -> str:
    path = folder / file
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        raise _wrong(file, None, "expected a file of this folder, got a link out of it; copy it")
    try:
        if not path.is_file():
            raise _wrong(file, None, "expected a file, got something else; remove it")
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise _wrong(
                file, None, f"expected at most {MAX_BYTES:,} bytes of text, got {size:,}; split it"
            )
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _wrong(
            file, None, f"expected text in UTF-8, byte {error.start + 1} is not; save it as UTF-8"
        ) from None
    except OSError as error:
        raise _wrong(file, None, f"it cannot be read ({error.strerror})") from None
    # A page cannot hold other control characters, however they are written; marks that turn the
    # direction of writing would turn what follows; two more stand for placeholders.
    text = re.sub(r"\r\n?", "\n", text)
    return re.sub(
        r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ue000\ue001\ufffe\uffff]",
        "\ufffd",
        text,
    )


def _fields(
    file: str, source: str, front: str, kind: TextKind, *, new: bool
) -> tuple[dict[str, str], list[str]]:
    """The front matter as far as it can be used, and what cannot."""
    loaded, reason = front_matter.load(front)
    if not reason and not isinstance(loaded, dict | None):
        reason = f"came {front_matter.kind(loaded)}"
    if reason:
        message = f'expected YAML between the lines "---", such as "title: A red car"; {reason}'
        return {}, [complaint(file, None, message)]
    allowed = (*FIELDS[kind], "after") if new else FIELDS[kind]
    fields: dict[str, str] = {}
    complaints = []
    for key, value in (loaded or {}).items():
        wrong = _wrong_field(key, value, allowed, kind)
        if wrong:
            complaints.append(complaint(file, _line_of_key(source, key), wrong))
        elif value is not None:
            fields[str(key)] = shown(" ".join(value.split()))
    return {key: value for key, value in fields.items() if value}, complaints


def _wrong_field(key: Any, value: Any, allowed: Sequence[str], kind: TextKind) -> str:
    if key in allowed:
        if value is None or isinstance(value, str):
            return ""
        return f"expected text for {key}, got {front_matter.kind(value)}; put it in quotation marks"
    word = shown(key[:60]) if isinstance(key, str) else front_matter.kind(key)
    if key == "after":
        return "expected after in a new chapter only, and this one has its place; take it out"
    close = get_close_matches(word.lower(), allowed, n=1)
    meant = f"; the nearest is {close[0]}" if close else ""
    subject = f"a {kind}" if kind in {"chapter", "block", "layer"} else f"the {kind}"
    return (
        f"expected {', '.join(allowed)} in the front matter of {subject}, got {word}{meant}; "
        "rename it, or take it out"
    )


def _line_of_key(source: str, key: Any) -> int | None:
    found = re.search(rf"""^["']?{re.escape(str(key))}["']?\s*:""", source, re.MULTILINE)
    return source.count("\n", 0, found.start()) + 1 if found else None


def _incomplete(file: str, text: OwnText) -> list[str]:
    """What a new chapter lacks."""
    missing = [field for field in FIELDS["chapter"] if field not in text.fields]
    if not text.body:
        missing.append("a text below the front matter")
    if not missing:
        return []
    message = f"a new chapter needs {', '.join(missing)}; add what is missing"
    close = get_close_matches(text.name.removeprefix("learn/"), layout.CHAPTERS, n=1)
    if close:
        message += f", or, to replace one of ours, rename it: the nearest is {close[0]}.md"
    return [complaint(file, None, message)]


def _entries(file: str, text: OwnText) -> list[str]:
    """What in a glossary is no entry, or is one twice."""
    complaints = []
    seen: set[str] = set()
    for name, _ in glossary_entries(text.body):
        id_ = term_id(name)
        line = line_of(text, text.source.index(f"{name}\n: ", text.body_at))
        if not id_:
            complaints.append(complaint(file, line, f"expected a term with a letter, got {name}"))
        if id_ in seen:
            complaints.append(
                complaint(file, line, f"expected each term once, got {name} again; take one out")
            )
        seen.add(id_)
    entries = "\n".join(f"{name}\n: {words}" for name, words in glossary_entries(text.body))
    left = set(_squeezed(text.body)) - set(_squeezed(entries))
    for number, line_text in enumerate(text.body.split("\n")):
        if _squeeze(line_text) in left:
            place = line_of(text, text.body_at) + number
            message = (
                'expected a term on a line of its own and below it a line ": " with what it means, '
                f"got {shown(line_text[:60])}"
            )
            complaints.append(complaint(file, place, message))
    return complaints


def _squeezed(text: str) -> list[str]:
    return [line for line in map(_squeeze, text.split("\n")) if line]


def _squeeze(line: str) -> str:
    return " ".join(line.split())


def _misplaced(found: dict[str, OwnText]) -> list[str]:
    """New chapters that come after one that there is not, or after themselves."""
    new = {
        text.name.removeprefix("learn/"): text
        for text in found.values()
        if text.kind == "chapter" and text.name.removeprefix("learn/") not in layout.CHAPTERS
    }
    placed = chapter_order({word: text.after for word, text in new.items()})
    complaints = []
    for word, text in sorted(new.items()):
        chapters = [*layout.CHAPTERS, *(other for other in new if other != word)]
        if text.after and text.after not in chapters:
            wrong = f"expected the name of a chapter, got {text.after}"
            hint = nearest(text.after, chapters)
        elif word not in placed:
            wrong = f"expected after to lead to a chapter of ours, got {text.after}"
            hint = ", which comes after this one, or after none that there is"
        else:
            continue
        complaints.append(
            complaint(f"{text.name}.md", _line_of_key(text.source, "after"), wrong + hint)
        )
    return complaints


def _wrong(file: str, line: int | None, message: str) -> _WrongTextError:
    return _WrongTextError([complaint(shown(file), line, message)])
