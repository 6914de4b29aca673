"""``docs/commands.md``: every command, argument and option, as ``--help`` has them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer

from generator.cli import app

__all__ = ["commands_page", "options"]

_NAME = "layerlight"
_HEAD = f"""\
# Commands

<!-- Made by make reference. -->

Every command, argument and option, as `{_NAME} COMMAND --help` has them. What most galleries
decide once can stand in [gallery.toml](configuration.md) instead; a flag goes before it.

Exit codes: 0 done; 1 failed; 2 usage or configuration; 3 finished, but some inputs were skipped;
130 interrupted. `python -m generator` is the same command.
"""
_DEFAULT = re.compile(r"\s*\[default: (.+)\]$")
_REQUIRED = re.compile(r"\s*\[required\]$")


def commands_page() -> str:
    """The whole page, Markdown."""
    group = _group()
    parts = [_HEAD, _contents(group), f"## {_NAME}\n\n{_table(_own_options(group), 'option')}"]
    parts += [_section(name, command) for name, command in group.commands.items()]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def options() -> dict[str, frozenset[str]]:
    """Command -> all its options, such as ``--output`` and ``-o``; "" -> those before a command."""
    group = _group()
    found = {"": frozenset(_names(group))}
    return found | {name: frozenset(_names(command)) for name, command in group.commands.items()}


def _group() -> Any:
    return typer.main.get_command(app)


def _context(command: Any) -> Any:
    return command.make_context(command.name, [], resilient_parsing=True)


def _names(command: Any) -> Iterator[str]:
    for parameter in command.get_params(_context(command)):
        for name in (*parameter.opts, *parameter.secondary_opts):
            if name.startswith("-"):
                yield name


def _own_options(group: Any) -> list[tuple[str, str]]:
    return [_record(parameter, _context(group)) for parameter in group.get_params(_context(group))]


def _contents(group: Any) -> str:
    rows = [
        f"| [`{name}`](#{_NAME}-{name}) | {_first_line(command.help)} |"
        for name, command in group.commands.items()
    ]
    return "\n".join(["| command | what it does |", "|---|---|", *rows])


def _first_line(text: str) -> str:
    return text.split("\n\n")[0].replace("\n", " ")


def _section(name: str, command: Any) -> str:
    context = _context(command)
    parameters = command.get_params(context)
    arguments = [p for p in parameters if not p.opts[0].startswith("-")]
    asked = [p for p in parameters if p.opts[0].startswith("-")]
    usage = " ".join(part for part in command.collect_usage_pieces(context))
    said = "\n\n".join(part.replace("\n", " ") for part in command.help.split("\n\n"))
    parts = [f"## {_NAME} {name}", said, f"```text\n{_NAME} {name} {usage}\n```"]
    if arguments:
        parts.append(_table([_record(p, context) for p in arguments], "argument"))
    if hasattr(command, "grouped"):
        for group, some in command.grouped(context):
            parts.append(f"### {group}")
            parts.append(_table([_record(p, context) for p in some], "option"))
    elif asked:
        parts.append(_table([_record(p, context) for p in asked], "option"))
    return "\n\n".join(parts)


def _record(parameter: Any, context: Any) -> tuple[str, str]:
    """How it is written, and what it is for."""
    written, said = parameter.get_help_record(context)
    # its type, which the words have
    return re.sub(r" (<\w+>|\w+:<[\w|]+>)$", "", written), said or ""


def _table(records: list[tuple[str, str]], heading: str) -> str:
    rows = []
    for written, said in records:
        default = _DEFAULT.search(said)
        words = _REQUIRED.sub(" Has to be given.", _DEFAULT.sub("", said)).strip()
        rows.append(
            f"| `{_cell(written)}` | {_cell(words)} | {_cell(default[1]) if default else ''} |"
        )
    return "\n".join([f"| {heading} | what it is for | default |", "|---|---|---|", *rows])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
