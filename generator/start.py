"""The beginning of a gallery of one's own: settings, places for images and texts, a workflow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from generator import __version__
from generator.errors import OutputError
from generator.texts import templates_folder

__all__ = ["WORKFLOW", "Started", "install_line", "start", "workflow"]

WORKFLOW = ".github/workflows/pages.yml"
_INSTALL = f"""\
        # what pip installs: a version, or git+https:// and the address of a repository
        run: python -m pip install "layerlight[weights]=={__version__}\""""


@dataclass(frozen=True, slots=True)
class Started:
    """What was made, and what was there before and was left alone; paths below the folder."""

    folder: Path
    made: tuple[str, ...]
    kept: tuple[str, ...]


def workflow(
    install: str = _INSTALL,
    build: str = "layerlight build --no-values",
    check: str = "layerlight check",
) -> str:
    """The workflow that builds a gallery on GitHub and shows it there.

    Args:
        install: lines of its step that installs Layerlight, indented.
        build: the command that makes ``site``.
        check: the one that looks it over.
    """
    text = _template("pages.yml")
    for mark, words in (("%INSTALL%", install), ("%BUILD%", build), ("%CHECK%", check)):
        text = text.replace(mark, words)
    return text


def install_line() -> int:
    """Of the workflow, from 1: the one that says where Layerlight comes from, which nobody can
    know but the gallery's owner.
    """
    lines = map(str.lstrip, workflow().splitlines())
    return next(i for i, line in enumerate(lines, 1) if line.startswith("run: python -m pip "))


def start(folder: Path) -> Started:
    """Make what is not there yet of a gallery in ``folder``; overwrite nothing.

    Raises:
        OutputError: something cannot be written.
    """
    made, kept = [], []
    try:
        for path, text in _files().items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                with place.open("x", encoding="utf-8", newline="\n") as file:
                    file.write(text)
                made.append(path)
            except FileExistsError:
                kept.append(path)
    except OSError as error:
        raise OutputError(
            f"{folder}: expected a folder that can be written to, got '{error.strerror}' for "
            f"{error.filename}; name another"
        ) from None
    return Started(folder, tuple(made), tuple(kept))


def _files() -> Mapping[str, str]:
    """What a gallery begins with, by path."""
    return {
        "gallery.toml": _template("gallery.toml"),
        "gallery.schema.json": _template("gallery.schema.json"),
        "inputs/README.md": _template("inputs.md"),
        # the owner's texts; a file in it that stands for no text would be an error
        "text/.gitkeep": "",
        ".gitignore": _template("gitignore"),
        WORKFLOW: workflow(),
    }


def _template(name: str) -> str:
    return (templates_folder() / "start" / name).read_text(encoding="utf-8")
