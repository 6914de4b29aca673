"""What can be wrong with a built site, and how it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["KINDS", "Fault"]

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "gallery": "gallery.json is not as the output contract has it",
        "missing": "Files that the output contract promises are not there",
        "damaged": "Files are damaged",
        "schema": "Data is not as the output contract has it",
        "link": "Addresses lead to no file",
        "anchor": "Addresses lead to no place in a page",
        "folder": "Addresses lead to a folder, which a page opened from a file cannot show",
        "case": "Addresses differ from the file in upper and lower case",
        "root": "Addresses begin at the server's root, so they break below a subpath",
        "outside": "Addresses lead out of the site",
        "foreign-host": "Pages ask other hosts for something",
        "script": "Data scripts are not where a page looks for them",
        "alt": "Pictures have no text for those who cannot see them",
        "id": "Names within a page are there twice, or not at all",
        "unreached": "Nothing leads to these files",
        "unnamed": "Files that the output contract does not name",
        "clash": "Paths differ in upper and lower case alone",
        "symlink": "Symbolic links and other things that are no files",
        "file-size": "Files larger than GitHub Pages takes",
        "site-size": "The site is larger than GitHub Pages takes",
    }
)
"""Each kind, as ``--json`` has it and in the order of a report, and its heading."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is wrong."""

    kind: str
    """A key of ``KINDS``."""
    path: str
    """The file in which it was found, from the site's root."""
    about: str
    """The address, path or key in question; "" where the file itself is."""
    message: str
    """What was expected, and what came."""
