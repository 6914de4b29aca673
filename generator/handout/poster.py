"""One image through all layers on one large page, as ``poster.typ`` prints it."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator.handout.copies import (
    ACCENTS,
    MARKS,
    Album,
    Setting,
    Tiles,
    credit_line,
    network_line,
    photo_alt,
)
from generator.handout.facts import ImageFacts, LayerFacts
from generator.handout.pictures import enlarged, map_picture, photo_picture
from generator.handout.press import plain

__all__ = ["poster"]

MAPS = 10
"""In a row; as many telling channels as the reading keeps, or fewer."""
SIDE = 224
"""Least pixels of a map."""
LONGEST_TITLE = 60


def poster(
    facts: ImageFacts, setting: Setting, album: Album, tiles: Tiles, *, paper: str
) -> dict[str, Any]:
    """Everything that is printed; pictures go into ``album``."""
    say = setting.language
    layers = [la for la in facts.layers if la.kind == "conv"] or [*facts.layers]
    count = min(MAPS, max(len(la.telling) for la in layers))
    title = say("poster.title", title=plain(facts.entry.title, LONGEST_TITLE) or facts.entry.id)
    scale = "poster.scale_palette" if setting.ink == "colour" else "poster.scale"
    larger = any(max(la.height, la.width) > SIDE for la in layers)
    windows = _windows(facts)
    names = ", ".join(name for name, _ in windows)
    photo = photo_picture(facts.pixels, setting.ink)
    alt = photo_alt(facts, say)
    height, width = facts.pixels.shape[:2]
    longest = max(height, width)
    return {
        "lang": say.code,
        "title": title,
        "kicker": say("head.poster"),
        "paper": paper,
        "accent": ACCENTS[setting.ink],
        "mark": MARKS[setting.ink],
        "name": "",
        "date": "",
        "foot": f"{network_line(facts, say)} {credit_line(facts, say)}".strip(),
        "lead": say("poster.lead", model=plain(facts.model_title, 40), n=say.count(count)),
        "scale": f"{say(scale)} {say('cover.reading_reduced')}" if larger else say(scale),
        "nested": say("poster.nested") if windows else "",
        "address": setting.address,
        "qr": _qr(setting, album),
        "photo": {
            "file": album.add("photo.png", lambda: enlarged(photo, 2 * SIDE)),
            "alt": say("poster.photo_alt_windows", alt=alt, list=names) if windows else alt,
            "h": height / longest,
            "w": width / longest,
            "boxes": [box for _, box in windows],
        },
        "rows": [_row(layer, setting, album, tiles, count) for layer in layers],
    }


def _qr(setting: Setting, album: Album) -> dict[str, str] | None:
    if not setting.address:
        return None
    album.files["qr.svg"] = setting.qr
    return {
        "file": "qr.svg",
        "alt": setting.language("cover.address_alt", url=setting.address),
    }


def _windows(facts: ImageFacts) -> list[tuple[str, dict[str, float]]]:
    """What the values see that stand for the blocks, as parts of the image, cut at its border."""
    height, width = facts.pixels.shape[:2]
    known = {layer.name: layer for layer in facts.layers}
    found = []
    for mark in facts.marks:
        if mark.layer in known:
            top, bottom, left, right = known[mark.layer].window(mark.row, mark.column)
            x, y = max(0, left), max(0, top)
            box = {
                "x": x / width,
                "y": y / height,
                "w": (min(width, right + 1) - x) / width,
                "h": (min(height, bottom + 1) - y) / height,
            }
            found.append((mark.layer, box))
    return found


def _row(
    layer: LayerFacts, setting: Setting, album: Album, tiles: Tiles, count: int
) -> dict[str, Any]:
    say, high = setting.language, layer.sheet.p99_9
    channels = layer.telling[:count]
    pixels = tiles(layer, channels)

    def picture(channel: int) -> NDArray[np.uint8]:
        facts = layer.sheet.channels[channel]
        picture = map_picture(pixels[channel], facts, high, setting.ink, at_most=SIDE)
        return enlarged(picture, SIDE)

    longest = max(layer.height, layer.width)
    return {
        "block": layer.block,
        "name": layer.name,
        "size": f"{say.size(layer.height, layer.width)} × {say.count(layer.channels)}",
        "sees": say("poster.sees", n=say.count(layer.field[0])),
        "zero": say("poster.zero", share=say.percent(layer.zero_share)),
        "high": say("poster.high", n=say.number(high)),
        "maps": [
            {
                "file": album.add(f"{layer.name}-{c}.png", partial(picture, c)),
                "alt": say("poster.map_alt", layer=layer.name, channel=str(c)),
                "label": str(c),
                "h": layer.height / longest,
                "w": layer.width / longest,
            }
            for c in channels
        ],
    }
