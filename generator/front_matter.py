"""The front matter of a Markdown file: "key: value" lines between two lines "---"."""

from __future__ import annotations

import re
from typing import Any

import yaml

from generator.names import shown

__all__ = ["kind", "load", "split"]

_LONGEST = 20_000
"""In characters: YAML is slow to parse, and front matter is a few short facts."""
_ENORMOUS = 1e12
"""Larger whole numbers may not even be printable."""


def split(text: str) -> tuple[str | None, str]:
    """Front matter (None without one, or without its end) and body."""
    first, _, rest = text.partition("\n")
    if first.rstrip() != "---":
        return None, text
    end = re.search(r"^(---|\.\.\.)[ \t]*$\n?", rest, re.MULTILINE)
    if end is None:
        return None, rest
    return rest[: end.start()], rest[end.end() :]


def load(front: str) -> tuple[Any, str]:
    """What the YAML holds, whatever it is; or None and a reason why it is none."""
    try:
        if len(front) > _LONGEST:
            raise ValueError(f"it is longer than {_LONGEST:,} characters")
        # Line 1 of the file is "---", so that line numbers agree with an editor's.
        return yaml.load("\n" + front, Loader=_PlainLoader), ""
    # Deep nesting ends in RecursionError, a date such as 2024-99-99 in ValueError; and what makes
    # values of tags such as !!bool fails in whatever way it likes.
    except Exception as error:
        return None, _reason(error)


def kind(value: Any) -> str:
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
    if isinstance(error, AttributeError | LookupError):
        return "came a value that does not fit its tag (!!...): leave the tag out"
    problem = getattr(error, "problem", None) or next(iter(str(error).splitlines()), "")
    return shown(f"{where}{while_doing}{problem}"[:200])


class _PlainLoader(yaml.SafeLoader):
    """YAML without aliases, and with each key once.

    Short facts need no alias, and a few aliases of aliases stand for a billion values.
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
