"""The explanatory Markdown of ``templates/text/``, and what a gallery's owner puts over it.

Front matter and body, unrendered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import yaml

from generator import layout
from generator.domain import Layer, Model
from generator.errors import LayerlightError

__all__ = [
    "OwnText",
    "Term",
    "Text",
    "TextKind",
    "Texts",
    "chapter_order",
    "glossary_entries",
    "templates_folder",
    "term_id",
]

TextKind = Literal["chapter", "sources", "glossary", "atlas", "network", "block", "layer"]
"""What a text is about, and so which fields it has."""

_ENTRY = re.compile(r"^(\S.*)\n: +(.+)$", re.MULTILINE)


_TEXTS_ON = {"vgg16": "d9a27cc1fc7f975ef8cff49180e794ccd7c4bc868ebb49740803b3bbaa8dbefd"}
"""Whose channels the texts of a network speak of: identity of its weights."""


def templates_folder() -> Path:
    """Where the templates are: inside the package in a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "templates"
    return inside if inside.is_dir() else package.parent / "templates"


@dataclass(frozen=True, slots=True)
class Text:
    """One text. Which of the short fields are filled depends on what it is about."""

    title: str
    """Of a block or of the network: "Edges and colours"."""
    lead: str
    """One or two sentences under that title."""
    look: str
    """Of a layer: one sentence that says what to look for."""
    body: str
    """Markdown."""
    question: str = ""
    """Of a chapter: what a reader can check herself with,"""
    answer: str = ""
    """and what she should have found."""
    own: frozenset[str] = frozenset()
    """Which of these are the gallery owner's words, not ours."""


@dataclass(frozen=True, slots=True)
class OwnText:
    """A file of the owner's folder of texts. What it leaves out stays as it was."""

    name: str
    """As that of the text it stands for: "vgg16/block3"."""
    kind: TextKind
    fields: Mapping[str, str]
    """Those of ``Text`` that its front matter gives, each one line."""
    body: str
    """Markdown as written, HTML and all: whoever renders it must sanitise it. "" to keep ours."""
    after: str
    """Of a new chapter: the slug of the one before it; "" for the end of the course."""
    source: str
    """The whole file,"""
    body_at: int
    """and where in it the body begins."""

    def over(self, text: Text) -> Text:
        """``text`` with this one's words in place of its own."""
        words = {**self.fields, **({"body": self.body} if self.body else {})}
        return replace(text, **words, own=text.own | frozenset(words))


@dataclass(frozen=True, slots=True)
class Term:
    """One entry of the glossary."""

    id: str
    """What links call it: "receptive-field"."""
    name: str
    definition: str
    """Markdown, one paragraph."""
    anchor: str
    """Its id in the page."""
    own: bool = False
    """Whether the definition is the gallery owner's."""


_NOTHING = Text("", "", "", "")


class Texts:
    """Finds the text of a model's block or layer, falling back to the generic one."""

    def __init__(self, folder: Path, own: Mapping[str, OwnText] = MappingProxyType({})) -> None:
        """``folder``: the texts that are shipped; ``own``: the owner's, by name."""
        self._folder = folder
        self.own = own
        self._read: dict[str, Text] = {}

    def network(self, model: Model) -> Text:
        """What the network is."""
        return self._first(*self._about(model, "network"), "generic/network")

    def block(self, model: Model, block: str) -> Text:
        """What a block's depth is about."""
        return self._first(*self._about(model, block), "generic/block")

    def layer(self, model: Model, layer: Layer) -> Text:
        """What a layer computes and what to look for."""
        return self._first(*self._about(model, layer.name), f"generic/{layer.kind}")

    def page(self, name: str) -> Text:
        """A text that is a page of its own."""
        return self._first(name)

    @cached_property
    def chapters(self) -> tuple[str, ...]:
        """Slugs of the course's chapters, in the order in which they are read."""
        new = {
            text.name.removeprefix("learn/"): text.after
            for text in self.own.values()
            if text.kind == "chapter"
        }
        return chapter_order({slug: new[slug] for slug in new if slug not in layout.CHAPTERS})

    @cached_property
    def glossary(self) -> tuple[Term, ...]:
        """The terms by the alphabet; one of the owner's replaces ours of the same id."""
        shipped = self._shipped("glossary")
        terms = {
            term_id(name): Term(term_id(name), name, definition, term_id(name))
            for name, definition in glossary_entries(shipped.body if shipped else "")
        }
        own = self.own.get("glossary")
        for name, definition in glossary_entries(own.body if own else ""):
            id_ = term_id(name)
            # A new term's anchor cannot be the id of anything else in the page, or in a script.
            anchor = terms[id_].anchor if id_ in terms else f"term-{id_}"
            terms[id_] = Term(id_, name, definition, anchor, own=True)
        if not own:
            return tuple(terms.values())
        return tuple(sorted(terms.values(), key=lambda term: (term.name.lower(), term.id)))

    def written_for(self, model: Model) -> bool:
        """Whether the course speaks of this network's channels: of these very weights."""
        return model.weights.sha256 == _TEXTS_ON.get(model.id)

    def _about(self, model: Model, name: str) -> tuple[str, ...]:
        """Where a text about the network of these very weights would be.

        Other weights of the same architecture have other channels: what is said of VGG16's does
        not hold for them. What the owner wrote always counts.
        """
        path = f"{model.id}/{name}"
        same = model.weights.sha256.startswith(_TEXTS_ON.get(model.id, ""))
        return (path,) if same or path in self.own else ()

    def _first(self, *names: str) -> Text:
        for i, name in enumerate(names):
            own, text = self.own.get(name), self._shipped(name)
            if own:
                rest = names[i + 1 :]
                return own.over(text or (self._first(*rest) if rest else _NOTHING))
            if text:
                return text
        raise LayerlightError(
            f"expected a text named {' or '.join(f'{n}.md' for n in names)} among the templates' "
            "texts; there is none; reinstall layerlight, or add the file"
        )

    def _shipped(self, name: str) -> Text | None:
        if name not in self._read:
            path = self._folder / f"{name}.md"
            if not path.is_file():
                return None
            self._read[name] = _parse(path.read_text(encoding="utf-8"))
        return self._read[name]


def chapter_order(new: Mapping[str, str]) -> tuple[str, ...]:
    """The shipped chapters with new ones among them.

    Args:
        new: slug -> slug of the chapter before it, or "" for the end. Of several with the same
            one before them, the first by the alphabet comes first. Those whose chain of chapters
            before leads nowhere are left out.
    """
    following: dict[str, list[str]] = {}
    for slug in sorted(new):
        following.setdefault(new[slug], []).append(slug)
    order: list[str] = []
    waiting = [*reversed(following.get("", ())), *reversed(layout.CHAPTERS)]
    while waiting:
        order.append(waiting.pop())
        waiting += reversed(following.get(order[-1], ()))
    return tuple(order)


def glossary_entries(body: str) -> list[tuple[str, str]]:
    """(term, definition) of each entry: the term on a line, ": " and what it means on the next."""
    return _ENTRY.findall(body)


def term_id(name: str) -> str:
    """What links call a term: "Receptive field" -> "receptive-field"; "" if no letter is left."""
    return re.sub(r"[\W_]+", "-", name.lower()).strip("-")


def _parse(source: str) -> Text:
    fields: dict[str, str] = {}
    body = source
    if source.startswith("---\n"):
        head, _, body = source[4:].partition("\n---\n")
        fields = yaml.safe_load(head) or {}
    return Text(
        title=str(fields.get("title", "")),
        lead=str(fields.get("lead", "")),
        look=str(fields.get("look", "")),
        body=body.strip() + "\n",
        question=str(fields.get("question", "")),
        answer=str(fields.get("answer", "")),
    )
