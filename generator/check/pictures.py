"""Whether a picture, a PDF or a data script is whole, told by its beginning and its end."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from generator import layout

__all__ = ["Header", "incomplete"]

_HEAD, _TAIL = 320, 1024
_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"
_HANDS_OVER = "(window.layerlightData=window.layerlightData||{})"


class Header(NamedTuple):
    """Of a PNG."""

    width: int
    height: int
    grey: bool
    """One sample of 8 bits a pixel."""


def header(path: Path) -> Header | None:
    """What a PNG says of itself; None if it is none."""
    with path.open("rb") as file:
        head = file.read(33)
    if len(head) < 33 or head[:8] != b"\x89PNG\r\n\x1a\n" or head[12:16] != b"IHDR":
        return None
    width, height, depth, colour = struct.unpack(">IIBB", head[16:26])
    return Header(width, height, (depth, colour) == (8, 0))


def incomplete(site: Path, path: str, size: int) -> str:
    """What is wrong with a file's beginning or end, "" if nothing is."""
    judge = _JUDGES.get(path.rpartition(".")[2])
    if path.endswith(".js"):
        judge = _data_script(path) if _is_data(path) else None
    if judge is None:
        return ""
    try:
        with (site / path).open("rb") as file:
            head = file.read(_HEAD)
            file.seek(max(0, size - _TAIL))
            tail = file.read(_TAIL)
    except OSError as error:
        return f"expected a file that this user may read, got '{error.strerror}'"
    return judge(head, tail, size)


def _png(head: bytes, tail: bytes, size: int) -> str:
    whole = head.startswith(b"\x89PNG\r\n\x1a\n") and tail.endswith(_PNG_END)
    return "" if whole else "expected a complete PNG, got something else, or a part of one"


def _webp(head: bytes, tail: bytes, size: int) -> str:
    whole = (
        head[:4] == b"RIFF"
        and head[8:12] == b"WEBP"
        and int.from_bytes(head[4:8], "little") + 8 == size
    )
    return "" if whole else "expected a complete WebP, got something else, or a part of one"


def _pdf(head: bytes, tail: bytes, size: int) -> str:
    whole = head.startswith(b"%PDF-") and tail.rstrip().endswith(b"%%EOF")
    return "" if whole else "expected a complete PDF, got something else, or a part of one"


def _is_data(path: str) -> bool:
    own = (layout.tour_script(), layout.titles_script())
    return path in own or not path.startswith(f"{layout.STATIC}/")


def _data_script(path: str) -> Callable[[bytes, bytes, int], str]:
    expected = f"{_HANDS_OVER}[{json.dumps(layout.data_key(path))}]=".encode()

    def judge(head: bytes, tail: bytes, size: int) -> str:
        if not head.startswith(expected[:_HEAD]):
            return f"expected a script that hands over {layout.data_key(path)}, got something else"
        return "" if tail.endswith(b";\n") else "expected a complete data script, got a part of one"

    return judge


_JUDGES: dict[str, Callable[[bytes, bytes, int], str]] = {
    "png": _png,
    "webp": _webp,
    "pdf": _pdf,
}
