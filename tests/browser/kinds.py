"""Which kinds of page a gallery has, told by their paths."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from generator import layout

__all__ = ["BESIDE", "KINDS", "LARGE", "SPECIMENS", "kind_of", "pages", "specimen"]


def _pattern(path: str) -> re.Pattern[str]:
    """The paths that a function of ``layout`` makes of any arguments, each given as "ANY"."""
    return re.compile(re.escape(path).replace("ANY", "[^/]+"))


KINDS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "front": _pattern(layout.FRONT_PAGE),
        "image": _pattern(layout.image_page("ANY")),
        "exercises": _pattern(layout.exercises_page("ANY")),
        "layer": _pattern(layout.layer_page("ANY", "ANY", "ANY")),
        "across": _pattern(layout.across_page("ANY", "ANY")),
        "model": _pattern(layout.model_page("ANY")),
        "learn": _pattern(layout.LEARN_PAGE),
        "glossary": _pattern(layout.GLOSSARY_PAGE),
        "tour": _pattern(layout.TOUR_PAGE),
        "chapter": _pattern(layout.learn_page("ANY")),
        "atlas": _pattern(layout.atlas_front("ANY")),
        "atlas layer": _pattern(layout.atlas_page("ANY", "ANY")),
        "handouts": _pattern(layout.HANDOUTS_PAGE),
        "embed": _pattern(layout.EMBED_PAGE),
        "error": _pattern(layout.ERROR_PAGE),
    }
)
"""Name of a kind -> the paths of its pages, from the site's root."""

BESIDE: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "image in another network": re.compile(r"images/[^/]+/[^/]+/index\.html"),
        "compare": _pattern(layout.compare_front()),
        "pair of images": _pattern(layout.images_page("ANY", "ANY")),
        "pair of networks": re.compile(r"compare/(?!images/)[^/]+/index\.html"),
        "pair of networks on an image": _pattern(layout.comparison_image("ANY", "ANY", "ANY")),
        "pair of networks in a layer": _pattern(layout.comparison_layer("ANY", "ANY", "ANY")),
    }
)
"""The same of what only a gallery has that sets networks or images side by side."""

LARGE: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "more images": re.compile(r"images/page-\d+\.html"),
        "more across": re.compile(r"layers/[^/]+/[^/]+/\d+\.html"),
    }
)
"""The same of what only a gallery of many images has."""

SPECIMENS = (
    "front",
    "image",
    "layer of few channels",
    "layer of many channels",
    "exercises",
    "across",
    "model",
    "learn",
    "chapter",
    "glossary",
    "tour",
    "atlas",
    "atlas layer of few channels",
    "atlas layer of many channels",
    "handouts",
    "embed",
    "error",
)
"""One page of each kind, and two of the kind whose length varies most."""


def kind_of(page: str) -> str | None:
    """The kind of the page at this path; None if no kind has such a path."""
    # an image's page in another network lies where a layer called index would
    every = {**BESIDE, **LARGE, **KINDS}
    return next((kind for kind, pattern in every.items() if pattern.fullmatch(page)), None)


def pages(site: Path, kind: str | None = None) -> list[str]:
    """Paths of the pages of one kind, or of every page there is, from the site's root."""
    found = sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    return found if kind is None else [page for page in found if kind_of(page) == kind]


def specimen(site: Path, name: str) -> str:
    """The page that stands for its kind; ``name`` is one of ``SPECIMENS``."""
    kind, _, which = (name, "", "") if name in BESIDE else name.partition(" of ")
    candidates = pages(site, kind)
    assert candidates, f"the gallery has no page of kind {kind!r}"
    if not which:
        return candidates[0]
    channels = _channels(site)
    choose = min if which == "few channels" else max
    return choose(candidates, key=lambda page: channels[Path(page).stem])


def _channels(site: Path) -> dict[str, int]:
    """Layer name -> number of channels, as the gallery's own catalogue has it."""
    gallery = json.loads((site / layout.GALLERY_JSON).read_text(encoding="utf-8"))
    return {
        layer["name"]: layer["channels"] for model in gallery["models"] for layer in model["layers"]
    }
