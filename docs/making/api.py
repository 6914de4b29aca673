"""``docs/api.md``: what ``generator`` offers to Python, from its signatures and docstrings."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import generator

__all__ = ["api_page"]

_HEAD = """\
# Python

<!-- Made by make reference. -->

What the package `generator` offers. It is typed (`py.typed`), and importing it loads neither
TensorFlow nor matplotlib. Whatever can go wrong is a `generator.errors.LayerlightError`. Other
modules may change without notice. [A notebook](notebook.ipynb) shows most of it at work.
"""
_ELSEWHERE = {
    "Config": "Each field is a key of [gallery.toml](configuration.md), with the same default."
}
"""What has a page of its own."""
_WIDTH = 92
"""Of a signature on one line."""

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def api_page() -> str:
    """The whole page, Markdown."""
    names = [name for name in generator.__all__ if not name.startswith("__")]
    parts = [_HEAD, *(_part(name) for name in names)]
    parts.append("## \\_\\_version\\_\\_\n\nThe version, as text.")
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def _part(name: str) -> str:
    node = _definition(name)
    if isinstance(node, ast.ClassDef):
        return "\n\n".join(_class(node))
    return "\n\n".join(_function(node, "##"))


def _definition(name: str) -> ast.ClassDef | _Function:
    module = sys.modules[getattr(generator, name).__module__]
    assert module.__file__
    for node in ast.parse(Path(module.__file__).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            return node
    raise AssertionError(f"{name}: expected a class or function of {module.__name__}")


def _class(node: ast.ClassDef) -> Iterator[str]:
    yield f"## {node.name}"
    yield _said(node)
    if node.name in _ELSEWHERE:
        yield _ELSEWHERE[node.name]
        return
    rows = [f"- {name}{f': {_line(said)}' if said else ''}" for name, said in _attributes(node)]
    if rows:
        yield "\n".join(rows)
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and not item.name.startswith("_"):
            yield from _function(item, "###", of=node.name)


def _attributes(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """Name, with its type where there is one, and docstring: of a dataclass, or as __init__ has."""
    bodies = [node.body]
    bodies += [f.body for f in node.body if isinstance(f, ast.FunctionDef) and f.name == "__init__"]
    for body in bodies:
        for item, after in zip(body, [*body[1:], None], strict=True):
            said = ""
            if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                said = str(after.value.value)
            match item:
                case ast.AnnAssign(target=ast.Name(id=name)) if not name.startswith("_"):
                    yield f"`{name}: {ast.unparse(item.annotation)}`", said
                case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)]) if (
                    not name.startswith("_")
                ):
                    yield f"`{name}`", said


def _function(node: _Function, level: str, of: str = "") -> Iterator[str]:
    yield f"{level} {of}{'.' if of else ''}{node.name}"
    yield f"```python\n{_signature(node)}\n```"
    yield _said(node)


def _signature(node: _Function) -> str:
    arguments = node.args
    plain = [a for a in arguments.args if a.arg not in ("self", "cls")]
    pad = len(plain) - len(arguments.defaults)
    parts = [
        _argument(a, arguments.defaults[i - pad] if i >= pad else None) for i, a in enumerate(plain)
    ]
    if arguments.kwonlyargs:
        parts.append("*")
        pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        parts += [_argument(a, default) for a, default in pairs]
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    line = f"{node.name}({', '.join(parts)}){returns}"
    if len(line) <= _WIDTH:
        return line
    return "\n".join([f"{node.name}(", *(f"    {part}," for part in parts), f"){returns}"])


def _argument(argument: ast.arg, default: ast.expr | None) -> str:
    kind = f": {ast.unparse(argument.annotation)}" if argument.annotation else ""
    if default is None:
        return f"{argument.arg}{kind}"
    value = ast.unparse(default).replace("'", '"')
    return f"{argument.arg}{kind}{' = ' if kind else '='}{value}"


def _said(node: ast.ClassDef | _Function) -> str:
    """Its docstring as Markdown: each entry of Args and Raises an item of a list."""
    text = ast.get_docstring(node)
    assert text, f"{node.name}: no docstring"
    paragraphs = []
    for part in text.replace("``", "`").split("\n\n"):
        heading = re.match(r"(Args|Returns|Raises):\n", part)
        if heading and ":" not in part.removeprefix(heading[0]):
            paragraphs.append(f"{heading[1]}: {_line(part.removeprefix(heading[0]))}")
        elif heading:
            items = re.findall(r"^    (\S.*?):\s+(.*(?:\n {5,}.*)*)", part, re.MULTILINE)
            rows = [f"- `{name}`: {_line(said)}" for name, said in items]
            paragraphs.append("\n".join([f"{heading[1]}:\n", *rows]))
        else:
            paragraphs.append(_line(part))
    return "\n\n".join(paragraphs)


def _line(text: str) -> str:
    return " ".join(text.replace("``", "`").split())
