"""What a file is called in the gallery: its source, its title, its place in the order, its id.

Pure text: nothing here looks at a disk.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from generator.errors import UsageError

__all__ = ["ID_LENGTH", "identified", "ids", "natural_key", "readable_title", "shown", "slug"]

ID_LENGTH = 60
"""Longest id, in characters."""

_HASH_LENGTH = 6
_LISTED = 20
"""Ids that a message names at most."""
_RESERVED = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]")
"""Slugs that Windows takes for devices, and so cannot make a folder of."""


def shown(text: str) -> str:
    r"""``text`` as it may stand in a page, a JSON file or a terminal.

    Bytes of a file name that were not UTF-8 (Python keeps them as lone surrogates) become ``\xff``;
    control characters, line separators and code points that are not characters become ``\x1b`` or
    ``\u2028``. Everything else stays, so what is returned can always be encoded to UTF-8.
    """
    return "".join(map(_shown_character, text))


def _shown_character(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    never_a_character = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    if unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} or never_a_character:
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    return character


def readable_title(stem: str) -> str:
    """A title made from a file name without its suffix: "red-car_02" -> "Red car 02"."""
    words = " ".join(re.split(r"[-_\s]+", unicodedata.normalize("NFC", stem))).strip()
    return shown(words[:1].upper() + words[1:] if words else stem)


def natural_key(path: str) -> tuple[tuple[str | int, ...], ...]:
    """Sort key of a relative POSIX path: number by value, letters whatever their case.

    A folder's images stay together, because folders compare before what is in them.
    """
    return tuple(
        tuple(
            # Every second piece is a number, so two keys never compare text with a number.
            int(piece) if position % 2 else unicodedata.normalize("NFC", piece).casefold()
            for position, piece in enumerate(re.split(r"([0-9]+)", part))
        )
        for part in path.split("/")
    )


def slug(text: str) -> str:
    """``text`` as lower-case ASCII letters, digits and single hyphens; "" if no Latin is left.

    Accents are dropped ("cät" -> "cat"); any other run of characters becomes one hyphen. At most
    ``ID_LENGTH`` characters.
    """
    letters = (c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    words = re.sub(r"[^a-z0-9]+", "-", "".join(letters).casefold())
    return words.strip("-")[:ID_LENGTH].rstrip("-")


def ids(paths: Iterable[str]) -> dict[str, str]:
    """An id for each relative POSIX path; all different, also where case does not count.

    The id is the slug of the path without its suffix. Where several paths have the same slug, the
    first in plain order keeps it, and the others get a short hash of their own path: so an id does
    not depend on how many there are. A slug that is empty, or that names a device of Windows, gets
    the hash in any case.
    """
    plain: dict[str, str] = {}
    waiting: list[tuple[str, str]] = []
    for path in sorted(set(paths)):
        base = slug(_without_suffix(path))
        if base and base not in plain and not _RESERVED.fullmatch(base):
            plain[base] = path
        else:
            waiting.append((path, base))
    given = {path: base for base, path in plain.items()}
    taken = set(plain)
    for path, base in waiting:
        given[path] = next(name for name in _hashed(base, path) if name not in taken)
        taken.add(given[path])
    return given


def identified(
    given: str, images: Mapping[str, str], where: str, error: type[UsageError] = UsageError
) -> str:
    """The id of the image that somebody means: by its id, else by the name of its file.

    Args:
        given: an id, or a source or its last part, with or without the suffix.
        images: id -> source, of all that can be meant.
        where: the argument or key, for the message.
        error: what to raise.

    Raises:
        UsageError: nothing is called so, or several are.
    """
    if given in images:
        return given
    exact = [one for one, source in images.items() if given == source]
    called = exact or [one for one, source in images.items() if given in _names(source)]
    if len(called) == 1:
        return called[0]
    if called:
        several = " or ".join(called)
        raise error(f"{where}: expected the name of one image, got {given!r}: {several}?")
    close = get_close_matches(given.lower(), images, n=3) or get_close_matches(
        slug(_without_suffix(given)), images, n=3
    )
    more = len(images) - _LISTED
    listed = ", ".join([*images][:_LISTED]) + (f" and {more:,} more" if more > 0 else "")
    hint = f"Did you mean {' or '.join(close)}?" if close else f"There are: {listed}."
    raise error(
        f"{where}: expected the id or file name of an image, got {given!r}. {hint} An id is the "
        f"name of the file in small letters, with hyphens, as in the addresses of pages"
    )


def _names(source: str) -> set[str]:
    """What an image may be called beside its id: its path or its name, with or without suffix."""
    name = source.rpartition("/")[2]
    return {source, _without_suffix(source), name, _without_suffix(name)}


def _hashed(base: str, path: str) -> Iterator[str]:
    """``base`` with a hash of ``path``, in the order in which to try them."""
    # Lone surrogates stand for bytes that were not UTF-8; they must hash, not fail.
    composed = unicodedata.normalize("NFC", path).encode("utf-8", "surrogatepass")
    exact = path.encode("utf-8", "surrogatepass")
    short = hashlib.sha256(composed).hexdigest()[:_HASH_LENGTH]
    # Two spellings of the same accents agree in the first hash, but not in the second.
    longer = hashlib.sha256(exact).hexdigest()
    for ending in (short, *(longer[:length] for length in range(_HASH_LENGTH, ID_LENGTH // 2))):
        yield f"{base[: ID_LENGTH - len(ending) - 1].rstrip('-') or 'image'}-{ending}"


def _without_suffix(path: str) -> str:
    folder, slash, name = path.rpartition("/")
    return folder + slash + (name.rpartition(".")[0] or name)
