"""Data and pictures -> a tagged PDF. The only place that knows typst.

What is printed reaches typst as JSON and PNG in a temporary folder that holds nothing else, so no
title can become markup, and a template reads no file of the machine.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from generator.errors import LayerlightError

__all__ = ["draw", "plain", "press"]

FONTS = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSans-Oblique.ttf")
"""Of matplotlib, beside those that typst brings: for labels, and for what Libertinus lacks."""
STANDARD: Final = "ua-1"
MOMENT = 0
"""Seconds since 1970, written where a PDF wants to know when it was made: the same each time."""
UNKNOWN = "\u25a1"
"""Shown for a letter that none of the fonts has."""


def press(
    templates: Path, template: str, data: Mapping[str, Any], pictures: Mapping[str, bytes]
) -> bytes:
    """Typeset ``template`` (a name without suffix) with its data, as PDF/UA-1.

    The same arguments give the same bytes.

    Raises:
        LayerlightError: the template is missing or cannot be set.
    """
    return _set(
        templates, template, data, pictures, {"pdf_standards": [STANDARD], "timestamp": MOMENT}
    )


def draw(
    templates: Path,
    template: str,
    data: Mapping[str, Any],
    pictures: Mapping[str, bytes],
    density: float,
) -> bytes:
    """The same as a PNG, ``density`` pixels an inch; of data that make one page.

    Raises:
        LayerlightError: as ``press``.
    """
    return _set(templates, template, data, pictures, {"format": "png", "ppi": density})


def _set(
    templates: Path,
    template: str,
    data: Mapping[str, Any],
    pictures: Mapping[str, bytes],
    how: Mapping[str, Any],
) -> bytes:
    import typst

    with tempfile.TemporaryDirectory(prefix="layerlight-handout-") as name:
        root = Path(name)
        _lay_out(root, templates, data, pictures)
        try:
            made = typst.compile(
                root / f"{template}.typ",
                root=root,
                font_paths=[root / "fonts"],
                ignore_system_fonts=True,
                # Empty, so that nothing is ever fetched.
                package_path=root / "packages",
                package_cache_path=root / "packages",
                **how,
            )
        except RuntimeError as error:
            raise LayerlightError(
                f"{templates / template}.typ: expected a template that typst can set as PDF/UA, "
                f"got: {str(error).strip() or type(error).__name__}; undo changes to the "
                "templates, or reinstall layerlight"
            ) from error
    return bytes(made)


def _lay_out(
    root: Path, templates: Path, data: Mapping[str, Any], pictures: Mapping[str, bytes]
) -> None:
    (root / "fonts").mkdir()
    (root / "packages").mkdir()
    try:
        for source in (*templates.glob("*.typ"), *templates.glob("*.svg")):
            shutil.copyfile(source, root / source.name)
        for font in FONTS:
            shutil.copyfile(_fonts_folder() / font, root / "fonts" / font)
    except OSError as error:
        raise LayerlightError(
            f"expected the templates and fonts of handouts, but one cannot be read ({error}); "
            "reinstall layerlight and matplotlib"
        ) from None
    for name, content in pictures.items():
        (root / name).write_bytes(content)
    text = json.dumps(data, ensure_ascii=False, allow_nan=False)
    (root / "data.json").write_text(text, encoding="utf-8")


def plain(text: str, limit: int) -> str:
    """A text of somebody's as one line that can be printed: no control characters, only letters
    that a font has, at most ``limit`` of them.
    """
    normal = unicodedata.normalize("NFC", text)
    line = "".join(
        " " if c.isspace() else c
        for c in normal
        if c.isspace() or unicodedata.category(c)[0] != "C"
    )
    line = " ".join(line.split())
    known = "".join(c if ord(c) in _letters() else UNKNOWN for c in line)
    return known if len(known) <= limit else f"{known[: limit - 1].rstrip()}…"


@cache
def _letters() -> frozenset[int]:
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(str(_fonts_folder() / FONTS[0])).get_charmap())


def _fonts_folder() -> Path:
    import matplotlib

    return Path(matplotlib.get_data_path(), "fonts", "ttf")
