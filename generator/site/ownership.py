"""Which output folders may be replaced: those that Layerlight made, and empty ones."""

from __future__ import annotations

import json
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

from generator import layout
from generator.errors import OutputError

__all__ = ["LITTER", "PLACEHOLDERS", "TOP_LEVEL", "is_gallery", "refuse_unless_ours", "resolved"]

TOP_LEVEL = frozenset(
    {
        *(layout.FRONT_PAGE, layout.ERROR_PAGE, layout.EMBED_PAGE, layout.NO_JEKYLL),
        *(layout.GALLERY_JSON, layout.SITEMAP),
        *(layout.STATIC, "images", "layers", "models", "compare", "learn", "handouts"),
        *("sheets", "atlas"),
    }
)
"""What a site holds (the output contract). Anything else in an output folder is somebody's."""
PLACEHOLDERS = frozenset({".gitkeep", ".gitignore", "CNAME"})
"""Files of the owner that stay through a build."""

LITTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
"""Left by file managers in any folder that is looked at; nobody misses them."""


def resolved(output: Path) -> Path:
    """The output without links on the way; its own name is kept, to see whether it is one.

    Raises:
        OutputError: the way leads round in circles.
    """
    try:
        if output.name in ("", ".."):
            return output.resolve()
        return output.parent.resolve() / output.name
    except (OSError, RuntimeError) as error:
        raise OutputError(
            f"output {output}: expected a path that leads to a folder, got one that does not "
            f"({error}). Name another with --output"
        ) from error


def refuse_unless_ours(place: Path, output: Path, inputs: Path | None) -> None:
    """Look whether a new site may take the place of what is at ``place``; touch nothing.

    ``place`` is ``resolved(output)``; ``output`` is only for messages.

    Raises:
        OutputError: it holds what is not Layerlight's, is or holds a folder that must not be
            replaced, shares files with ``inputs``, or cannot be written.
    """
    try:
        _refuse_precious(place, output)
        if inputs is not None:
            _refuse_inputs(place, output, inputs)
        _refuse_foreign(place, output)
        _refuse_unwritable(place, output)
    except OSError as error:
        raise OutputError(
            f"output {output}: expected a folder that this user may look into, got "
            f"'{error.strerror}'. Name another with --output"
        ) from error


def is_gallery(folder: Path) -> bool:
    """Whether its ``gallery.json`` says that Layerlight made it."""
    try:
        data: Any = json.loads((folder / layout.GALLERY_JSON).read_bytes())
        return bool(data["generator"]["name"] == "layerlight")
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return False


def _refusal(output: Path, expected: str, got: str) -> OutputError:
    return OutputError(
        f"output {output}: expected {expected}, got {got}. "
        f"Name another folder with --output; nothing was touched"
    )


def _refuse_precious(place: Path, output: Path) -> None:
    """Refuse what is no folder of its own, or would take other folders along."""
    if place.is_symlink():
        target = f"a symbolic link to {place.readlink()}; name what it leads to instead"
        raise _refusal(output, "a folder", target)
    if place.exists() and not place.is_dir():
        raise _refusal(output, "a folder", "a file")
    alone = "a folder for the site alone"
    if place.parent == place:
        raise _refusal(output, alone, "the root of the file system")
    if place.is_mount():
        raise _refusal(output, "a folder that can be swapped", "a mount point; one in it would do")
    for folder, name in ((Path.home, "home folder"), (Path.cwd, "working directory")):
        with suppress(OSError, RuntimeError):  # there may be none
            if place == folder().resolve():
                raise _refusal(output, alone, f"the {name}")
            if place in folder().resolve().parents:
                raise _refusal(output, alone, f"one that holds the {name}")


def _refuse_inputs(place: Path, output: Path, inputs: Path) -> None:
    try:
        images = inputs.resolve()
    except RuntimeError:  # links in a circle: no images either, and said when they are read
        return
    relations = (
        (place == images, "the inputs folder"),
        (place in images.parents, "one that holds the inputs folder"),
        (images in place.parents, "one in the inputs folder"),
    )
    for holds, relation in relations:
        if holds:
            raise _refusal(output, "a folder apart from the images", f"{relation} {inputs}")


def _refuse_foreign(place: Path, output: Path) -> None:
    foreign = _foreign(place)
    if foreign:
        more = f" and {len(foreign) - 3} more" if len(foreign) > 3 else ""
        raise OutputError(
            f"output {output}: expected an empty folder or a site that Layerlight made, got one "
            f"with other files: {', '.join(foreign[:3])}{more}. Move them away, or name another "
            f"folder with --output; nothing was touched"
        )


def _foreign(folder: Path) -> list[str]:
    """Names in ``folder`` that a new site must not replace."""
    if not folder.exists():
        return []
    ours = LITTER | (TOP_LEVEL if is_gallery(folder) else frozenset())
    return sorted(
        # A name may hold anything; the terminal gets to see none of it raw.
        entry.name if entry.name.isprintable() else repr(entry.name)
        for entry in folder.iterdir()
        if entry.name not in ours
        and not (entry.name in PLACEHOLDERS and entry.is_file() and not entry.is_symlink())
    )


def _refuse_unwritable(place: Path, output: Path) -> None:
    """Find out before minutes of work; what is missed here is met at the swap."""
    parent = next(folder for folder in place.parents if folder.exists())
    if not parent.is_dir():
        raise _refusal(output, "a path through folders", f"a file on the way: {parent}")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise _refusal(
            output,
            "one in a folder that can be written, since the new site is built beside the old",
            f"one in {parent}, where this user may not write",
        )
    if place.exists() and not (os.access(place, os.W_OK | os.X_OK) and _may_move(place)):
        raise _refusal(
            output, "a folder that this user may replace", "one of another user, or read-only"
        )


def _may_move(folder: Path) -> bool:
    """In a folder such as /tmp only the owner may rename an entry."""
    if not hasattr(os, "geteuid"):
        return True  # no such folders (Windows)
    holder = folder.parent.stat()
    movers = (0, holder.st_uid, folder.stat().st_uid)
    return not holder.st_mode & stat.S_ISVTX or os.geteuid() in movers
