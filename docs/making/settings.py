"""Every key of ``gallery.toml``: ``docs/configuration.md``, and a JSON Schema for editors."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from generator import config
from generator.cli import app
from generator.config import Config

__all__ = ["meanings", "schema", "schema_file", "settings_page"]

_HEAD = """\
# gallery.toml

<!-- Made by make reference. -->

What a gallery's owner decides once. `layerlight` reads the file `gallery.toml` of the working
directory, or the one that `--config` names; every key may be left out. A flag goes before the
file. Paths in the file are seen from its folder, those of flags from the working directory. A
wrong key or value is named, with its line and what was expected, before anything runs (exit code
2).

`layerlight init` writes one with every key in a comment, and beside it `gallery.schema.json`,
[this schema](gallery.schema.json), by which editors complete keys and mark mistakes: those that
know Taplo (Even Better TOML in Visual Studio Code, and others) take it from the file's first
line.

```toml
#:schema ./gallery.schema.json

title = "What VGG16 sees in our garden"
palette = "magma"
```
"""


def settings_page() -> str:
    """The whole page, Markdown."""
    flags = _flags()
    rows = [f"| [`{key}`](#{key}) | {_default(key)} |" for key in Config.model_fields]
    parts = [_HEAD, "\n".join(["| key | default |", "|---|---|", *rows])]
    for key, meaning in meanings().items():
        expected = _text(Config.model_fields[key].description or "")
        flag = f"\n- `layerlight build`: {flags[key]}" if key in flags else ""
        facts = f"- Value: {expected}\n- Default: {_default(key)}{flag}"
        parts.append(f"### {key}\n\n{_text(meaning)}\n\n{facts}")
    return "\n\n".join(parts) + "\n"


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of what the file may hold.

    What a schema cannot say stays with the command: whether files exist, whether sides in a text
    lie within the limits.
    """
    made = Config.model_json_schema(mode="validation")
    properties = {}
    for key, meaning in meanings().items():
        said: dict[str, Any] = _without_null(made["properties"][key])
        said.pop("title", None)
        if said.get("default", 0) is None:
            del said["default"]
        expected = Config.model_fields[key].description
        said["description"] = f"{_plain(meaning)} Expected: {expected}."
        properties[key] = said
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "gallery.toml of Layerlight",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
    }


def schema_file() -> str:
    """The same as text."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def meanings() -> Mapping[str, str]:
    """Key -> the docstring that stands below it, on one line, a full stop at its end."""
    source = Path(inspect.getfile(config)).read_text(encoding="utf-8")
    tree = next(
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef) and node.name == Config.__name__
    )
    found = {}
    for node, after in zip(tree.body, tree.body[1:], strict=False):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            value = after.value if isinstance(after, ast.Expr) else None
            said = value.value if isinstance(value, ast.Constant) else None
            assert isinstance(said, str), f"Config.{node.target.id}: no docstring below it"
            found[node.target.id] = " ".join(said.split())
    assert found.keys() == Config.model_fields.keys()
    return found


def _without_null(said: dict[str, Any]) -> dict[str, Any]:
    """TOML has no null: who wants the default leaves the key out."""
    either = [one for one in said.get("anyOf", ()) if one != {"type": "null"}]
    if not either:
        return said
    rest = {key: value for key, value in said.items() if key != "anyOf"}
    return {**rest, **either[0]} if len(either) == 1 else {**rest, "anyOf": either}


def _flags() -> dict[str, str]:
    """Key -> how ``layerlight build`` takes it."""
    command: Any = typer.main.get_command(app)
    return {
        parameter.name: ", ".join(
            f"`{name}`"
            for name in (*parameter.opts, *parameter.secondary_opts)
            if name.startswith("-")
        )
        or f"`{parameter.metavar}`"
        for parameter in command.commands["build"].params
        if parameter.name in Config.model_fields
    }


def _default(key: str) -> str:
    default = Config.model_fields[key].default
    if default is None:
        return "none"
    value = default.as_posix() if isinstance(default, Path) else default
    return f"`{json.dumps(value)}`"


def _plain(text: str) -> str:
    """Of a docstring: what is None to Python is left out in a file."""
    return re.sub(r"\bNone\b", "left out", text).replace("``", "")


def _text(text: str) -> str:
    """The same as Markdown, a full stop at its end, words in quotes as code."""
    said = re.sub(r"\bNone\b", "left out", text).replace("``", "`")
    said = re.sub(r"(?<!\w)('[^']+'|\"[^\"]+\")(?!\w)", lambda word: f'`"{word[1][1:-1]}"`', said)
    said = re.sub(r"\[`.*?`\]", lambda many: f"`{many[0].replace('`', '')}`", said)
    return _stop(said)


def _stop(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
