"""The Markdown file beside an image: front matter with its facts, and a description.

    ---
    title: Chelsea the cat
    alt: A tabby cat looks past the camera.
    credit: Stéfan van der Walt
    license: CC0
    order: 1
    ---
    What one sees, in *Markdown*.

Every key may be left out, and so may the front matter. Whatever is wrong here costs a fact at most,
never the image: the wrong part is left out and told as a problem.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generator import front_matter
from generator.domain import Problem
from generator.errors import ImageError
from generator.folders import read_whole
from generator.names import shown

__all__ = ["KEYS", "MAX_BYTES", "NO_SIDECAR", "Sidecar", "parse", "read"]

KEYS = ("title", "alt", "credit", "license", "order")
"""What the front matter may hold."""

MAX_BYTES = 1_000_000
"""Longest sidecar file."""

_ENORMOUS = 1e12
"""No place in a gallery; larger whole numbers may not even be printable."""


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What an image's owner wrote about it. Every text is one line, but the description."""

    title: str = ""
    """"" if not given; likewise below."""
    alt: str = ""
    credit: str = ""
    license: str = ""
    order: float | None = None
    """Place in the gallery, smallest first; finite."""
    description: str = ""
    """Markdown as written, HTML and all: whoever renders it must sanitise it."""


NO_SIDECAR = Sidecar()
"""Nothing was written about the image."""


@dataclass
class _Facts:
    """The front matter as far as it could be used, and what could not be."""

    texts: dict[str, str] = field(default_factory=dict)
    order: float | None = None
    complaints: list[str] = field(default_factory=list)


def read(path: Path, source: str) -> tuple[Sidecar, tuple[Problem, ...]]:
    """Read the sidecar at ``path``, which problems call ``source``. Raises nothing."""
    try:
        data = read_whole(path, MAX_BYTES)
        text = data.decode("utf-8-sig")
    except ImageError as error:
        return NO_SIDECAR, (Problem(source, "describe", str(error)),)
    except UnicodeDecodeError as error:
        message = (
            f"Expected text in UTF-8; byte {error.start + 1} is not. "
            "Save the file as UTF-8; until then the image has no description."
        )
        return NO_SIDECAR, (Problem(source, "describe", message),)
    sidecar, complaints = parse(text)
    return sidecar, tuple(Problem(source, "describe", complaint) for complaint in complaints)


def parse(text: str) -> tuple[Sidecar, tuple[str, ...]]:
    """What ``text`` says, and a message for each part of it that was left out."""
    # A page cannot hold other control characters, however they are written.
    text = re.sub(r"\r\n?", "\n", text)
    text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "\ufffd", text)
    front, body = front_matter.split(text)
    if front is None and body != text:
        complaint = (
            'Expected front matter that ends with a line "---", as it begins with one; there is no '
            "such line. Add it; until then the whole text is taken for the description."
        )
        return Sidecar(description=body.strip()), (complaint,)
    facts = _facts(front or "")
    return (
        Sidecar(**facts.texts, order=facts.order, description=body.strip()),
        tuple(facts.complaints),
    )


def _facts(front: str) -> _Facts:
    facts = _Facts()
    loaded, reason = front_matter.load(front)
    if reason:
        facts.complaints.append(
            f'Expected YAML between the lines "---", such as "title: A red car"; {reason}. '
            "Mend it; until then its keys are left out."
        )
        return facts
    if loaded is None:
        return facts
    if not isinstance(loaded, dict):
        facts.complaints.append(
            'Expected "key: value" lines between the lines "---"; '
            f"came {front_matter.kind(loaded)}. Write it so; until then it is left out."
        )
        return facts
    for key, value in loaded.items():
        _take(facts, key, value)
    return facts


def _take(facts: _Facts, key: Hashable, value: Any) -> None:
    """Put one entry of the front matter where it belongs."""
    if key not in KEYS:
        name = f'"{shown(key[:60])}"' if isinstance(key, str) else front_matter.kind(key)
        near = difflib.get_close_matches(name.strip('"').lower(), KEYS, n=1)
        meant = f' (did you mean "{near[0]}"?)' if near else ""
        facts.complaints.append(
            f"Expected one of {', '.join(KEYS)}; came {name}{meant}. "
            "Rename or remove it; the rest is used."
        )
    elif value is None:
        return
    elif key == "order":
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        # Not a number is not less than anything; and YAML has numbers that no float can hold.
        if is_number and abs(value) < _ENORMOUS:
            facts.order = float(value)
        else:
            facts.complaints.append(
                'Expected a number for "order", such as 3 or 1.5; came '
                f"{front_matter.kind(value)}. "
                "Write a number; until then the image is sorted by its name."
            )
    elif isinstance(value, str):
        facts.texts[str(key)] = shown(" ".join(value.split()))
    else:
        facts.complaints.append(
            f'Expected text for "{key}"; came {front_matter.kind(value)}. '
            "Put it in quotation marks; until then it is left out."
        )
