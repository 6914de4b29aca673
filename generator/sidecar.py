"""The Markdown file beside an image: front matter with its facts, and a description.

    ---
    title: Chelsea the cat
    alt: A tabby cat looks past the camera.
    credit: Stéfan van der Walt
    license: CC0
    order: 1
    ---
    What one sees, in *Markdown*.

Every key may be left out, and so may the front matter. Whatever is wrong here costs a fact at most,
never the image: the wrong part is left out and told as a problem.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from generator.domain import Problem
from generator.errors import ImageError
from generator.folders import read_whole
from generator.names import shown

__all__ = ["KEYS", "MAX_BYTES", "NO_SIDECAR", "Sidecar", "parse", "read"]

KEYS = ("title", "alt", "credit", "license", "order")
"""What the front matter may hold."""

MAX_BYTES = 1_000_000
"""Longest sidecar file."""

_MAX_FRONT_MATTER = 20_000
"""Longest front matter in characters: YAML is slow to parse, and these are five short facts."""


_ENORMOUS = 1e12
"""No place in a gallery; larger whole numbers may not even be printable."""


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What an image's owner wrote about it. Every text is one line, but the description."""

    title: str = ""
    """"" if not given; likewise below."""
    alt: str = ""
    credit: str = ""
    license: str = ""
    order: float | None = None
    """Place in the gallery, smallest first; finite."""
    description: str = ""
    """Markdown as written, HTML and all: whoever renders it must sanitise it."""


NO_SIDECAR = Sidecar()
"""Nothing was written about the image."""


@dataclass
class _Facts:
    """The front matter as far as it could be used, and what could not be."""

    texts: dict[str, str] = field(default_factory=dict)
    order: float | None = None
    complaints: list[str] = field(default_factory=list)


def read(path: Path, source: str) -> tuple[Sidecar, tuple[Problem, ...]]:
    """Read the sidecar at ``path``, which problems call ``source``. Raises nothing."""
    try:
        data = read_whole(path, MAX_BYTES)
        text = data.decode("utf-8-sig")
    except ImageError as error:
        return NO_SIDECAR, (Problem(source, "describe", str(error)),)
    except UnicodeDecodeError as error:
        message = (
            f"Expected text in UTF-8; byte {error.start + 1} is not. "
            "Save the file as UTF-8; until then the image has no description."
        )
        return NO_SIDECAR, (Problem(source, "describe", message),)
    sidecar, complaints = parse(text)
    return sidecar, tuple(Problem(source, "describe", complaint) for complaint in complaints)


def parse(text: str) -> tuple[Sidecar, tuple[str, ...]]:
    """What ``text`` says, and a message for each part of it that was left out."""
    # A page cannot hold other control characters, however they are written.
    text = re.sub(r"\r\n?", "\n", text)
    text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "\ufffd", text)
    front, body = _split(text)
    if front is None and body != text:
        complaint = (
            'Expected front matter that ends with a line "---", as it begins with one; there is no '
            "such line. Add it; until then the whole text is taken for the description."
        )
        return Sidecar(description=body.strip()), (complaint,)
    facts = _facts(front or "")
    return (
        Sidecar(**facts.texts, order=facts.order, description=body.strip()),
        tuple(facts.complaints),
    )


def _split(text: str) -> tuple[str | None, str]:
    """Front matter (None without one, or without its end) and body."""
    first, _, rest = text.partition("\n")
    if first.rstrip() != "---":
        return None, text
    end = re.search(r"^(---|\.\.\.)[ \t]*$\n?", rest, re.MULTILINE)
    if end is None:
        return None, rest
    return rest[: end.start()], rest[end.end() :]


def _facts(front: str) -> _Facts:
    facts = _Facts()
    try:
        if len(front) > _MAX_FRONT_MATTER:
            raise ValueError(f"it is longer than {_MAX_FRONT_MATTER:,} characters")
        # Line 1 of the file is "---", so that line numbers agree with an editor's.
        loaded = yaml.load("\n" + front, Loader=_PlainLoader)
    # Deep nesting ends in RecursionError, and a date such as 2024-99-99 in ValueError.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        facts.complaints.append(
            f'Expected YAML between the lines "---", such as "title: A red car"; {_reason(error)}. '
            "Mend it; until then its keys are left out."
        )
        return facts
    if loaded is None:
        return facts
    if not isinstance(loaded, dict):
        facts.complaints.append(
            'Expected "key: value" lines between the lines "---"; '
            f"came {_kind(loaded)}. Write it so; until then it is left out."
        )
        return facts
    for key, value in loaded.items():
        _take(facts, key, value)
    return facts


def _take(facts: _Facts, key: Hashable, value: Any) -> None:
    """Put one entry of the front matter where it belongs."""
    if key not in KEYS:
        name = f'"{shown(key[:60])}"' if isinstance(key, str) else _kind(key)
        near = difflib.get_close_matches(name.strip('"').lower(), KEYS, n=1)
        meant = f' (did you mean "{near[0]}"?)' if near else ""
        facts.complaints.append(
            f"Expected one of {', '.join(KEYS)}; came {name}{meant}. "
            "Rename or remove it; the rest is used."
        )
    elif value is None:
        return
    elif key == "order":
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        # Not a number is not less than anything; and YAML has numbers that no float can hold.
        if is_number and abs(value) < _ENORMOUS:
            facts.order = float(value)
        else:
            facts.complaints.append(
                f'Expected a number for "order", such as 3 or 1.5; came {_kind(value)}. '
                "Write a number; until then the image is sorted by its name."
            )
    elif isinstance(value, str):
        facts.texts[str(key)] = shown(" ".join(value.split()))
    else:
        facts.complaints.append(
            f'Expected text for "{key}"; came {_kind(value)}. '
            "Put it in quotation marks; until then it is left out."
        )


def _kind(value: Any) -> str:
    """What a value is, in a YAML writer's words. Never prints a list: it may be endless."""
    match value:
        case bool():
            return f"{str(value).lower()} (YAML takes yes, no, on and off for true and false)"
        case int() | float():
            small = not abs(value) >= _ENORMOUS  # "not": so that nan is shown as such
            return f"the number {value:.12g}" if small else "a number beyond all measure"
        case str():
            return f'the text "{shown(value[:60])}"'
        case list() | tuple() | set():
            return "a list"
        case dict():
            return "a group of keys (is there a colon in the text?)"
        case _:
            return f"a {type(value).__name__}"


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "came brackets nested too deeply"
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}: " if mark else ""
    context = getattr(error, "context", None)
    while_doing = f"{context}, " if context else ""
    problem = getattr(error, "problem", None) or next(iter(str(error).splitlines()), "")
    return shown(f"{where}{while_doing}{problem}"[:200])


class _PlainLoader(yaml.SafeLoader):
    """YAML without aliases, and with each key once.

    Five short facts need no alias, and a few aliases of aliases stand for a billion values.
    Of a repeated key YAML keeps the last without a word.
    """

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            message = 'came an alias ("*name"): put text that begins with "*" in quotation marks'
            event = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs leave it out
            raise yaml.composer.ComposerError(None, None, message, event.start_mark)
        return super().compose_node(parent, index)

    def compose_mapping_node(self, anchor: dict[Any, yaml.Node]) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen: set[str] = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                message = f'"{key.value}" stands there twice'
                raise yaml.composer.ComposerError(None, None, message, key.start_mark)
            seen.add(key.value)
        return node
