"""What lies in a folder, without following any link."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from generator.errors import SiteError
from generator.site import LITTER, PLACEHOLDERS

__all__ = ["Listing", "listed"]


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a site, by path from its root."""

    sizes: Mapping[str, int]
    """Bytes of each file, sorted by path. What file managers leave, and the owner's placeholders,
    are no part of the site."""
    odd: Mapping[str, str]
    """What is neither file nor folder -> what it is."""


def listed(site: Path) -> Listing:
    """Everything in ``site`` and its folders. A link is named, and never followed.

    Raises:
        SiteError: some folder cannot be looked into.
    """
    sizes: dict[str, int] = {}
    odd: dict[str, str] = {}
    waiting = [("", site)]
    try:
        while waiting:
            before, folder = waiting.pop()
            with os.scandir(folder) as entries:
                for entry in entries:
                    path = before + entry.name
                    if entry.is_symlink():
                        odd[path] = "a symbolic link"
                    elif entry.is_dir():
                        waiting.append((f"{path}/", folder / entry.name))
                    elif not entry.is_file():
                        odd[path] = "no file"
                    elif entry.name not in LITTER and path not in PLACEHOLDERS:
                        sizes[path] = entry.stat().st_size
    except OSError as error:
        raise SiteError(
            f"{error.filename}: expected a folder of the gallery that this user may look into, "
            f"got '{error.strerror}'; give it back to its owner, or build again"
        ) from None
    return Listing(dict(sorted(sizes.items())), dict(sorted(odd.items())))
