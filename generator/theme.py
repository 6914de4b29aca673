"""An owner's templates and stylesheets, which go before ours of the same name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from generator import layout
from generator.errors import ConfigError
from generator.texts import templates_folder

__all__ = ["DEFAULT", "refuse_unfit", "static_files", "stylesheet"]

DEFAULT = "!default"
"""Before the name of a template or a stylesheet: ours, whatever the owner has of that name."""
_STATIC, _PARTIALS, _SUFFIX = "static", "partials", ".html.jinja"
_IMPORT = re.compile(rf"""@import\s+(?:url\()?["']{DEFAULT}/([^"']+)["']\)?\s*;""")


def static_files(own: Path | None) -> dict[str, bytes]:
    """What pages load, by its path below ``static/``, in order; the owner's instead of ours.

    Raises:
        ConfigError: a stylesheet imports one of ours that there is not, or is no text.
    """
    found = _files(templates_folder() / _STATIC)
    if own is None or not (own / _STATIC).is_dir():
        return found
    for name, data in _files(own / _STATIC).items():
        found[name] = _with_ours(name, data) if name.endswith(".css") else data
    return dict(sorted(found.items()))


def stylesheet(files: Mapping[str, bytes]) -> bytes:
    """What of these files is the one stylesheet of all pages, in the order of its parts."""
    return b"".join(files[f"css/{name}.css"].rstrip() + b"\n" for name in layout.CSS)


def refuse_unfit(own: Path | None) -> None:
    """See to it that an owner's folder holds what can go before ours, and nothing else.

    Raises:
        ConfigError: it is no folder, or holds a file that nothing would use, or a link.
    """
    if own is None:
        return
    if not own.is_dir():
        what = "a file" if own.exists() else "nothing there"
        raise ConfigError(
            f"templates: expected a folder of templates, got {own}, {what}; correct templates in "
            "gallery.toml, or --templates"
        )
    ours = [name for name in _names(templates_folder()) if name.endswith(_SUFFIX)]
    wrong = [_complaint(own, name, ours) for name in _names(own)]
    if found := [complaint for complaint in wrong if complaint]:
        raise ConfigError("\n".join(f"templates: {complaint}" for complaint in found))


def _complaint(own: Path, name: str, ours: list[str]) -> str:
    """What is wrong with a file of the owner's; "" if nothing is."""
    if (own / name).is_symlink() or not (own / name).resolve().is_relative_to(own.resolve()):
        return f"expected files of their own in {own}, got a link, {name}; put a copy in its place"
    top = name.split("/")[0]
    if name == layout.STYLESHEET:
        return f"expected the parts of the stylesheet, such as {_STATIC}/css/page.css, got {name}"
    if name in ours or top == _STATIC or (top == _PARTIALS and name.endswith(_SUFFIX)):
        return ""
    nearest = get_close_matches(name, ours, n=1)
    hint = f"the nearest is {nearest[0]}" if nearest else "see docs/themes.md for their names"
    return (
        f"expected the name of one of our templates, {_PARTIALS}/ or {_STATIC}/, got {name}; {hint}"
    )


def _names(folder: Path) -> list[str]:
    """Of the files that take part: pages' templates and what they load; no hidden ones."""
    paths = sorted(path for path in folder.rglob("*") if path.is_symlink() or path.is_file())
    names = [path.relative_to(folder).as_posix() for path in paths]
    return [name for name in names if not any(part.startswith(".") for part in name.split("/"))]


def _files(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in _names(folder)}


def _with_ours(name: str, data: bytes) -> bytes:
    """An owner's stylesheet with those of ours that it imports in their places."""

    def ours(found: re.Match[str]) -> str:
        static = (templates_folder() / _STATIC).resolve()
        path = (static / found[1]).resolve()
        if not path.is_relative_to(static) or not path.is_file():
            raise ConfigError(
                f"templates: {_STATIC}/{name} imports {DEFAULT}/{found[1]}, and there is no such "
                f"stylesheet of ours; those in {_STATIC}/css have names such as css/tokens.css"
            )
        return path.read_text(encoding="utf-8")

    try:
        return _IMPORT.sub(ours, data.decode("utf-8")).encode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"templates: expected {_STATIC}/{name} in UTF-8, got other bytes at {error.start}; "
            "save it as UTF-8"
        ) from error
