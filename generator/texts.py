"""The explanatory Markdown of ``templates/text/``: front matter and body, unrendered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml

from generator.domain import Layer, Model
from generator.errors import LayerlightError

__all__ = ["Term", "Text", "Texts", "templates_folder"]


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


@dataclass(frozen=True, slots=True)
class Term:
    """One entry of the glossary."""

    id: str
    """Anchor: "receptive-field"."""
    name: str
    definition: str
    """Markdown, one paragraph."""


class Texts:
    """Finds the text of a model's block or layer, falling back to the generic one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, Text] = {}

    def network(self, model: Model) -> Text:
        """What the network is."""
        return self._first(f"{model.id}/network", "generic/network")

    def block(self, model: Model, block: str) -> Text:
        """What a block's depth is about."""
        return self._first(f"{model.id}/{block}", "generic/block")

    def layer(self, model: Model, layer: Layer) -> Text:
        """What a layer computes and what to look for."""
        return self._first(f"{model.id}/{layer.name}", f"generic/{layer.kind}")

    def page(self, name: str) -> Text:
        """A text that is a page of its own."""
        return self._first(name)

    @cached_property
    def glossary(self) -> tuple[Term, ...]:
        """The terms, in the order of the file."""
        entries = re.findall(r"^(\S.*)\n: +(.+)$", self._first("glossary").body, re.MULTILINE)
        return tuple(
            Term(re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-"), name, definition)
            for name, definition in entries
        )

    def _first(self, *names: str) -> Text:
        for name in names:
            if name in self._read:
                return self._read[name]
            path = self._folder / f"{name}.md"
            if path.is_file():
                self._read[name] = _parse(name, path.read_text(encoding="utf-8"))
                return self._read[name]
        raise LayerlightError(
            f"expected a text named {' or '.join(f'{n}.md' for n in names)} among the templates' "
            "texts; there is none; reinstall layerlight, or add the file"
        )


def _parse(name: str, source: str) -> Text:
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
