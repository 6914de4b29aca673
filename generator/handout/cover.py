"""The first page: the image, the network at a glance, how much of it is zero."""

from __future__ import annotations

from collections.abc import Mapping

from generator.handout import exercises
from generator.handout.copies import MIDDLE, Copy, Json, extent, photo_alt, ticks
from generator.handout.facts import LayerFacts, Training

__all__ = ["cover_page"]

_LEADS: Mapping[Training, str] = {
    "imagenet": "cover.lead",
    "unknown": "cover.lead_unknown",
    "none": "cover.lead_untrained",
}


def cover_page(copy: Copy, title: str) -> Json:
    """Everything on it."""
    say, facts = copy.say, copy.facts
    height, width = facts.pixels.shape[:2]
    shown = [exercises.main_layer(block) for block in facts.blocks]
    larger = any(max(la.height, la.width) > MIDDLE for la in shown)
    lead = say(_LEADS[facts.training], model=copy.network, size=say.size(height, width))
    return {
        "kind": "cover",
        "title": title,
        "lead": lead,
        "photo": copy.ruled_photo(photo_alt(facts, say)),
        "caption": f"{say('cover.photo')}, " + say("cover.ticks", n=str(ticks(width)[1])),
        "reading": {
            "title": say("cover.reading"),
            "lines": [
                say(_reading_key(copy)),
                say("cover.reading_place"),
                say("cover.reading_scale"),
                *([say("cover.reading_reduced")] if larger else []),
            ],
        },
        "address": _address(copy),
        "glance": _glance(copy),
        "zeros": _zeros(copy),
    }


def _reading_key(copy: Copy) -> str:
    return "cover.reading_palette" if copy.setting.ink == "colour" else "cover.reading_white"


def _address(copy: Copy) -> Json | None:
    url = copy.setting.address
    if not url:
        return None
    copy.album.files["qr.svg"] = copy.setting.qr
    return {
        "label": copy.say("cover.address"),
        "url": url,
        "file": "qr.svg",
        "alt": copy.say("cover.address_alt", url=url),
    }


def _glance(copy: Copy) -> Json:
    say, layers = copy.say, copy.facts.layers
    height, width = copy.facts.pixels.shape[:2]
    first, last = _ends(copy)
    times = first.height * first.width / (last.height * last.width)
    told = [
        say(
            "glance.alt_layer",
            name=layer.name,
            size=say.size(layer.height, layer.width),
            channels=say.count(layer.channels),
        )
        for layer in layers
    ]
    questions = [
        {
            "text": say(
                "glance.question_numbers",
                size=say.size(height, width),
                n=say.count(height * width * 3),
                layer=first.name,
                map=say.size(first.height, first.width),
                channels=say.count(first.channels),
            ),
            "answer": copy.blank(say.count(first.height * first.width * first.channels)),
            "unit": "",
        }
    ]
    if times > 1 and last.channels > first.channels:
        questions.append(
            {
                "text": say(
                    "glance.question_shrink",
                    first=first.name,
                    last=last.name,
                    a=say.count(first.channels),
                    b=say.count(last.channels),
                ),
                "answer": copy.blank(say.number(times)),
                "unit": say("glance.times"),
            }
        )
    return {
        "title": say("glance.heading"),
        "lead": say("glance.lead"),
        "alt": say("glance.alt", list=" ".join(told)),
        "tallest": max(layer.height for layer in layers),
        "blocks": [_slabs(copy, block) for block in copy.facts.blocks],
        "questions": questions,
    }


def _slabs(copy: Copy, block: tuple[LayerFacts, ...]) -> Json:
    say, main = copy.say, exercises.main_layer(block)
    return {
        "slabs": [
            {"height": la.height, "channels": la.channels, "pool": la.kind == "pool"}
            for la in block
        ],
        "name": copy.block_name(main.block),
        "size": say.size(main.height, main.width),
        "channels": say("glance.channels", n=say.count(main.channels)),
        "sees": say("glance.sees", n=extent(main.field, say)),
    }


def _ends(copy: Copy) -> tuple[LayerFacts, LayerFacts]:
    """The layers that stand for the first block and for the last."""
    blocks = copy.facts.blocks
    return exercises.main_layer(blocks[0]), exercises.main_layer(blocks[-1])


def _zeros(copy: Copy) -> Json | None:
    say = copy.say
    layers = [la for la in copy.facts.layers if la.kind == "conv"] or [*copy.facts.layers]
    if len(layers) < 3:
        return None
    # neither an end nor the answer to the second question
    largest = max(layers, key=lambda la: la.zero_share)
    inner = [la for la in layers[1:-1] if la is not largest]
    asked = inner[len(inner) // 2] if inner else None
    bars = [
        {
            "name": la.name,
            "share": la.zero_share,
            "label": copy.blank(say.percent(la.zero_share))
            if la is asked
            else say.percent(la.zero_share),
        }
        for la in layers
    ]
    told = [
        say("zeros.alt_asked", name=la.name)
        if la is asked and not copy.answers
        else say("zeros.alt_layer", name=la.name, share=say.percent(la.zero_share))
        for la in layers
    ]
    return {
        "title": say("zeros.heading"),
        "lead": say("zeros.lead"),
        "alt": say("zeros.alt", list=" ".join(told)),
        "bars": bars,
        "marks": [{"at": m / 100, "label": say.percent(m / 100)} for m in range(0, 101, 25)],
        "largest": {"label": say("zeros.largest"), "answer": copy.blank(largest.name)},
    }
