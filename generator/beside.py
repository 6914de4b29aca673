"""What is called how beside an output: what is remembered of it, its lock, what a build works in.

Everything that Layerlight puts next to the folder of a site has a name of this module.
"""

from __future__ import annotations

import re
import secrets
from pathlib import Path

__all__ = ["lock", "manifest", "output_of_workspace", "workspace"]

_WORKSPACE = re.compile(r"\.(?P<output>.+)\.layerlight-[0-9a-f]{16}")


def manifest(output: Path) -> Path:
    """The file that remembers what the site in ``output`` was made from."""
    return output.parent / f".{output.name}.layerlight.json"


def lock(output: Path) -> Path:
    """The file by which a process says that it changes ``output``."""
    return output.parent / f".{output.name}.layerlight.lock"


def workspace(output: Path) -> Path:
    """A folder to work in, of a name that no other has."""
    return output.parent / f".{output.name}.layerlight-{secrets.token_hex(8)}"


def output_of_workspace(folder: Path) -> Path | None:
    """Whose workspace a folder is, by its name; None if it is none."""
    found = _WORKSPACE.fullmatch(folder.name)
    return folder.parent / found["output"] if found else None
