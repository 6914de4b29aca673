"""Every text that lies in a file, however it is packed there: what a search through it must see."""

from __future__ import annotations

import base64
import binascii
import gzip
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator

__all__ = ["layers_of"]

_BASE64 = re.compile(rb"[A-Za-z0-9+/]{24,}={0,2}")
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\n?endstream", re.DOTALL)
_PNG, _ZIP, _GZIP, _PDF = b"\x89PNG\r\n\x1a\n", b"PK\x03\x04", b"\x1f\x8b", b"%PDF-"
_DEEPEST = 4


def layers_of(data: bytes, depth: int = 0) -> Iterator[bytes]:
    """The bytes themselves, and all that is packed in them.

    Chunks of a PNG, streams of a PDF, members of a ZIP, what gzip made, and payloads in base64; in
    each of them the same again. EXIF and XMP in a JPEG, a WebP or a TIFF are not packed.
    """
    yield data
    if depth == _DEEPEST:
        return
    for inner in _packed(data):
        yield from layers_of(inner, depth + 1)


def _packed(data: bytes) -> Iterator[bytes]:
    if data.startswith(_PNG):
        yield from _png_texts(data)
    elif data.startswith(_ZIP):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                yield f"{member.filename} {member.comment!r} {member.date_time}".encode()
                yield archive.read(member)
    elif data.startswith(_GZIP):
        yield gzip.decompress(data)
    elif data.startswith(_PDF):
        yield from filter(None, map(_inflated, _STREAM.findall(data)))
    elif b"\0" not in data[:4096]:
        for found in _BASE64.findall(data):
            payload = found.rstrip(b"=")
            if len(payload) % 4 != 1:
                try:
                    yield base64.b64decode(payload + b"=" * (-len(payload) % 4))
                except binascii.Error:
                    continue


def _png_texts(data: bytes) -> Iterator[bytes]:
    """Each chunk that is no pixels, and what is deflated in it."""
    place = len(_PNG)
    while place + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        content = data[place + 8 : place + 8 + length]
        place += 12 + length
        if kind != b"IDAT":
            yield kind + b" " + content
            for start in range(len(content)):
                if content[start : start + 1] == b"\x78" and (inner := _inflated(content[start:])):
                    yield inner


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data)
    except zlib.error:
        return b""
