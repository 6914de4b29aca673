"""What pages say of one another: anchors, patterns, and what can be reached at all."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from generator import layout
from generator.check.addresses import PageFacts, Place
from generator.check.faults import Fault
from generator.check.shapes import GalleryShape, ModelShape

__all__ = ["anchor_faults", "gallery_script_faults", "leads_to", "pattern_faults"]

_POSITION = re.compile(r"(\d+),(\d+)")


def leads_to(pages: Mapping[str, PageFacts], images: Sequence[str]) -> set[str]:
    """Every file that is reached from the front page, by links, styles, scripts and patterns."""
    reached: set[str] = set()
    # a server shows the error page without being led there
    waiting = [layout.FRONT_PAGE, layout.ERROR_PAGE]
    patterns: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path in reached:
            continue
        reached.add(path)
        page = pages.get(path)
        if page is None:
            continue
        waiting += page.targets
        for pattern in page.patterns - patterns:
            waiting += [pattern.replace("{id}", image) for image in images]
        patterns |= page.patterns
    return reached


def anchor_faults(
    pages: Mapping[str, PageFacts], models: Mapping[str, ModelShape]
) -> Iterator[Fault]:
    """Fragments that name nothing: no such id, or a place outside of the layer's map."""
    sizes = {
        (model["id"], layer["name"]): (layer["height"], layer["width"])
        for model in models.values()
        for layer in model["layers"]
    }
    for page in pages.values():
        for place in page.places:
            if place.page not in pages:
                continue
            shown = f"{'' if place.page == page.path else place.page}#{place.anchor}"
            # "top" is of every page
            if place.anchor not in pages[place.page].ids and (place.anchor, place.position) != (
                "top",
                "",
            ):
                message = (
                    f"expected a place in {place.page}, got #{place.anchor}, which there is not"
                )
                yield Fault("anchor", page.path, shown, message)
            elif said := _misplaced(place, sizes):
                yield Fault("anchor", page.path, f"{shown}@{place.position}", said)


def _misplaced(place: Place, sizes: Mapping[tuple[str, str], tuple[int, int]]) -> str:
    """What is wrong with "@25,16", "" if nothing is."""
    if not place.position:
        return ""
    parts = place.page.removesuffix(".html").split("/")
    size = sizes.get((parts[-2], parts[-1])) if len(parts) > 2 else None
    match = _POSITION.fullmatch(place.position)
    if match is None:
        return f"expected row,column behind the @, got {place.position!r}"
    if size is None:
        return f"expected a layer's page for @{place.position}, got {place.page}"
    if int(match[1]) >= size[0] or int(match[2]) >= size[1]:
        return f"expected a place in a map of {size[0]} x {size[1]}, got {place.position}"
    return ""


def pattern_faults(
    pages: Mapping[str, PageFacts], images: Sequence[str], files: Collection[str]
) -> Iterator[Fault]:
    """Addresses that a script makes for each image, and that lead nowhere for some."""
    holder: dict[str, str] = {}
    for page in pages.values():
        for pattern in page.patterns:
            holder.setdefault(pattern, page.path)
    for pattern, path in holder.items():
        for image in images:
            target = pattern.replace("{id}", image)
            if target not in files:
                message = f"expected a file of the gallery, got {target}, which there is not"
                yield Fault("link", path, pattern, message)


def gallery_script_faults(site: Path, gallery: GalleryShape) -> Iterator[Fault]:
    """Whether scripts know the images that ``gallery.json`` has, in its order."""
    path = layout.gallery_script()
    listed = _handed_over(site / path, "window.layerlightImages=")
    ids = [image["id"] for image in gallery["images"]]
    if listed is _NOTHING:
        return  # missing, and said so already
    try:
        found = [one["id"] for one in listed]
    except (LookupError, TypeError):
        found = []
    if found != ids:
        message = f"expected the {len(ids)} images of {layout.GALLERY_JSON}, got others"
        yield Fault("script", path, "", message)


_NOTHING = object()


def _handed_over(file: Path, start: str) -> Any:
    try:
        text = file.read_text(encoding="utf-8")
    except OSError:
        return _NOTHING
    except UnicodeDecodeError:
        return None
    try:
        return json.loads(text.removeprefix(start).rstrip().removesuffix(";"))
    except ValueError:
        return None
