"""The page of a block: one value followed back, sizes and windows, a sum, maps and windows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator.handout import exercises
from generator.handout.copies import (
    CONTEXT,
    LARGE,
    MIDDLE,
    Copy,
    Json,
    around,
    extent,
    linear,
    ruler,
    shape,
    ticks,
)
from generator.handout.exercises import Match, Matching, Subject, Sum
from generator.handout.facts import LayerFacts
from generator.handout.pictures import (
    enlarged,
    legend_picture,
    map_picture,
    window_picture,
    zero_colour,
)

__all__ = ["block_page", "pairs"]


def block_page(copy: Copy, block: tuple[LayerFacts, ...]) -> Json:
    """Everything on it; a silent block has its table only."""
    say, layer = copy.say, exercises.main_layer(block)
    found = exercises.subject(copy.facts, layer)
    many = say("block.layers_many", n=say.count(len(block)))
    lead = say(
        "block.lead",
        layers=many if len(block) > 1 else say("block.layers_one"),
        model=copy.network,
        title=copy.title,
    )
    page: Json = {
        "kind": "block",
        "title": _block_title(copy, layer.block),
        "lead": lead,
        "legend": _legend(copy, layer),
        "table": _table(copy, block, layer),
        "window": None,
        "sum": None,
        "match": None,
        "silent": "",
    }
    if found is None:
        page["silent"] = say("block.silent", layer=layer.name)
        return page
    match = exercises.matching(copy.facts, found, copy.setting.channels)
    page["window"] = _window(copy, found)
    page["sum"] = _sum(copy, found)
    page["match"] = _match(copy, found, match) if match.maps else None
    return page


def _block_title(copy: Copy, block: str) -> str:
    say = copy.say
    key = f"block.{block}" if copy.facts.model == "vgg16" else ""
    what = say(key if key in say.words else "block.other")
    return say("block.title", block=copy.block_name(block), what=what)


def _legend(copy: Copy, layer: LayerFacts) -> Json:
    say, ink = copy.say, copy.setting.ink
    return {
        "file": copy.album.add("legend.png", lambda: legend_picture(ink)),
        "zero": zero_colour(ink),
        "low": say("legend.zero"),
        "high": say("legend.high", n=say.number(layer.sheet.p99_9)),
        "note": say(copy.key("legend.note"), layer=layer.name),
    }


def _map(copy: Copy, layer: LayerFacts, channel: int, at_least: int) -> str:
    def make() -> NDArray[np.uint8]:
        tile = copy.tiles(layer, [channel])[channel]
        facts, high = layer.sheet.channels[channel], layer.sheet.p99_9
        picture = map_picture(tile, facts, high, copy.setting.ink, at_most=at_least)
        return enlarged(picture, at_least)

    return copy.album.add(f"{layer.name}-{channel}-{at_least}.png", make)


def _window(copy: Copy, found: Subject) -> Json:
    say, layer = copy.say, found.layer
    first = layer.window(found.shown.row, found.shown.column)
    second = layer.window(found.asked.row, found.asked.column) if found.asked else None
    return {
        "title": say("window.heading"),
        "lead": _sees(copy, layer),
        "photo": copy.ruled_photo(
            _windows_alt(copy, first, second), [first, *([second] if second else [])]
        ),
        "photo_note": say("window.photo_note", n=str(ticks(copy.facts.pixels.shape[1])[1])),
        "map": _ruled_map(copy, found),
        "map_note": say(
            "window.map_note", channel=str(found.channel), n=str(ticks(layer.width)[1])
        ),
        "given": _given(copy, found, first),
        "asked": _asked(copy, found, second),
        "common": say("window.common" if second else "window.one"),
        "common_answer": say("window.common_answer") if copy.answers else "",
    }


def _sees(copy: Copy, layer: LayerFacts) -> str:
    say = copy.say

    def span(axis: int, letter: str) -> str:
        low = layer.start[axis]
        return say(
            "window.span",
            **{
                "from": linear(layer.stride[axis], letter, low),
                "to": linear(layer.stride[axis], letter, low + layer.field[axis] - 1),
            },
        )

    return say(
        "window.lead",
        layer=layer.name,
        size=say.size(*layer.field),
        rows=span(0, say("window.row_letter")),
        columns=span(1, say("window.column_letter")),
    )


def _given(copy: Copy, found: Subject, window: tuple[int, int, int, int]) -> str:
    top, bottom, left, right = window
    height, width = copy.facts.pixels.shape[:2]
    cut = top < 0 or left < 0 or bottom >= height or right >= width
    return copy.say(
        "window.given_cut" if cut else "window.given",
        value=copy.say.number(found.shown.value),
        row=str(found.shown.row),
        column=str(found.shown.column),
        rows=_span(copy, top, bottom),
        columns=_span(copy, left, right),
    )


def _span(copy: Copy, first: int, last: int) -> str:
    say = copy.say
    return say("window.span", **{"from": say.count(first), "to": say.count(last)})


def _asked(copy: Copy, found: Subject, window: tuple[int, int, int, int] | None) -> Json | None:
    say, peak = copy.say, found.asked
    if peak is None or window is None:
        return None
    top, bottom, left, right = window
    return {
        "text": say(
            "window.asked",
            value=say.number(peak.value),
            row=str(peak.row),
            column=str(peak.column),
        ),
        "to": say("window.to"),
        "rows": {
            "label": say("window.rows"),
            "from": copy.blank(say.count(top)),
            "to": copy.blank(say.count(bottom)),
        },
        "columns": {
            "label": say("window.columns"),
            "from": copy.blank(say.count(left)),
            "to": copy.blank(say.count(right)),
        },
        "draw": say("window.draw"),
    }


def _windows_alt(
    copy: Copy, first: tuple[int, int, int, int], second: tuple[int, int, int, int] | None
) -> str:
    say = copy.say
    rows, columns = _span(copy, *first[:2]), _span(copy, *first[2:])
    if second and copy.answers:
        return say(
            "window.photo_alt_both",
            rows=rows,
            columns=columns,
            rows2=_span(copy, *second[:2]),
            columns2=_span(copy, *second[2:]),
        )
    return say("window.photo_alt", rows=rows, columns=columns)


def _ruled_map(copy: Copy, found: Subject) -> Json:
    say, layer = copy.say, found.layer
    peaks = [found.shown, *([found.asked] if found.asked else [])]
    return {
        "file": _map(copy, layer, found.channel, LARGE),
        "alt": say(
            "window.map_alt",
            channel=str(found.channel),
            layer=layer.name,
            size=say.size(layer.height, layer.width),
            value=say.number(found.shown.value),
            row=str(found.shown.row),
            column=str(found.shown.column),
            zeros=say.percent(layer.sheet.channels[found.channel].zero_fraction),
        ),
        **shape(layer.height, layer.width),
        "x": ruler(layer.width),
        "y": ruler(layer.height),
        "boxes": [],
        "rings": [
            {
                "x": (peak.column + 0.5) / layer.width,
                "y": (peak.row + 0.5) / layer.height,
                "label": str(number),
            }
            for number, peak in enumerate(peaks, 1)
        ],
    }


def _table(copy: Copy, block: tuple[LayerFacts, ...], main: LayerFacts) -> Json:
    say = copy.say
    names = [la.name for la in block]
    grows = exercises.widening(main)
    known = grows is not None and len(block) > 1 and main.before.name in names
    if grows is not None and known:
        lead = say(
            "table.lead", layer=main.name, kernel=str(grows.kernel), stride=str(grows.stride)
        )
        working = say(
            "table.working",
            before=str(grows.before),
            kernel=str(grows.kernel),
            stride=str(grows.stride),
            field=str(grows.field),
        )
    else:
        lead = say("table.lead_plain" if _halves(block, main) else "table.lead_simple")
        working = ""
    pool = block[-1] if _halves(block, main) else None
    middle = block[1] if len(block) > 3 else None
    rows = []
    for la in block:
        size, channels = say.size(la.height, la.width), say.count(la.channels)
        sees = say("table.px", n=extent(la.field, say))
        rows.append(
            [
                la.name,
                copy.blank(size) if la is pool else size,
                copy.blank(channels) if la is middle else channels,
                copy.blank(sees) if la is main and known else sees,
                say.percent(la.zero_share),
            ]
        )
    if not any(isinstance(cell, dict) for row in rows for cell in row):
        lead = ""
    falls = pool is not None and pool.zero_share < main.zero_share
    return {
        "title": say("table.heading"),
        "heads": [say(f"table.{key}") for key in ("layer", "map", "channels", "sees", "zero")],
        "rows": rows,
        "lead": lead,
        "working": copy.blank(working) if working else None,
        "question": say("table.pool") if falls else "",
        "answer": say("table.pool_answer") if falls and copy.answers else "",
    }


def _sum(copy: Copy, found: Subject) -> Json | None:
    asked = exercises.missing_push(found)
    if asked is None:
        return None
    say, places, source = copy.say, asked.decimals(), found.layer.before
    name = "sum.channel" if source.name else "sum.input"
    rows: list[list[Any]] = [
        [
            say(name, n=str(term.channel)),
            copy.blank(_sum_answer(copy, asked))
            if i == asked.asked
            else say.fixed(term.value, places),
        ]
        for i, term in enumerate(asked.terms)
    ]
    if asked.more:
        rows.append([say("sum.more", n=say.count(asked.more)), say.fixed(asked.more_sum, places)])
    if asked.down:
        rows.append([say("sum.down", n=say.count(asked.down)), say.fixed(asked.down_sum, places)])
    rows.append([say("sum.bias"), say.number(asked.bias)])
    missing = asked.terms[asked.asked]
    lead = say(
        "sum.lead" if source.name else "sum.lead_input",
        **({"n": say.count(source.channels), "before": source.name} if source.name else {}),
        channel=str(missing.channel),
    )
    return {
        "title": say("sum.heading"),
        "lead": lead,
        "heads": [say("sum.from"), say("sum.adds")],
        "rows": rows,
        "total": [say("sum.total"), say.fixed(asked.total, places)],
        "share": say("sum.share", n=say.fixed(asked.upward, places)),
        "percent": copy.blank(say.whole_percent(missing.value / asked.upward)),
    }


def _sum_answer(copy: Copy, asked: Sum) -> str:
    say, places = copy.say, asked.decimals()
    worked = asked.answer()
    true = round(asked.terms[asked.asked].value, places)
    if worked == true:
        return say.fixed(worked, places)
    return say("sum.exact", shown=say.fixed(worked, places), exact=say.fixed(true, places))


def _letters(match: Matching) -> dict[int, str]:
    """Of each map, by channel."""
    return {one.channel: chr(ord("A") + i) for i, one in enumerate(match.maps)}


def pairs(copy: Copy, block: tuple[LayerFacts, ...]) -> str:
    """Which map belongs to which window: "B–1, A–2"; "" where nothing is matched."""
    found = exercises.subject(copy.facts, exercises.main_layer(block))
    if found is None:
        return ""
    match = exercises.matching(copy.facts, found, copy.setting.channels)
    letters = _letters(match)
    return ", ".join(
        f"{letters[match.maps[which].channel]}–{n}" for n, which in enumerate(match.order, 1)
    )


def _match(copy: Copy, found: Subject, match: Matching) -> Json:
    say, layer = copy.say, found.layer
    windows = [match.maps[i] for i in match.order]
    letters = _letters(match)
    pictures = [
        _match_window(copy, layer, one, number, letters[one.channel])
        for number, one in enumerate(windows, 1)
    ]
    if match.clear:
        lead = say(copy.key("match.lead"), size=say.size(*layer.field))
    else:
        lead = say("match.unclear")
    framed = any(picture["frame"] for picture in pictures)
    cut = any(picture["cut"] for picture in pictures)
    question = say("match.cut") if cut else say("match.words")
    answer = say("match.cut_answer") if cut else say(copy.key("match.words_answer"))
    return {
        "title": say("match.heading"),
        "lead": f"{lead} {say('match.around')}" if framed else lead,
        "maps": [
            {
                "label": letters[one.channel],
                "channel": say("sum.channel", n=str(one.channel)),
                "file": _map(copy, layer, one.channel, MIDDLE),
                "alt": say(
                    "match.map_alt",
                    letter=letters[one.channel],
                    channel=str(one.channel),
                    layer=layer.name,
                ),
                **shape(layer.height, layer.width),
                "zero": copy.blank(say.whole_percent(one.zero_share)),
            }
            for one in match.maps
        ],
        "windows": pictures,
        "question": question,
        "answer": f"{answer} {say('match.tolerance')}" if copy.answers else "",
    }


def _match_window(copy: Copy, layer: LayerFacts, one: Match, number: int, letter: str) -> Json:
    say = copy.say
    window = layer.window(one.peak.row, one.peak.column)
    top, bottom, left, right = window
    height, width = copy.facts.pixels.shape[:2]
    wider = around(window, height // CONTEXT, width // CONTEXT)
    cut = top < 0 or left < 0 or bottom >= height or right >= width
    tall, wide = wider[1] - wider[0] + 1, wider[3] - wider[2] + 1
    frame = {
        "x": (left - wider[2]) / wide,
        "y": (top - wider[0]) / tall,
        "w": layer.field[1] / wide,
        "h": layer.field[0] / tall,
    }
    if copy.answers:
        alt = say(
            "match.window_alt_answer",
            number=str(number),
            rows=_span(copy, top, bottom),
            columns=_span(copy, left, right),
            letter=letter,
        )
    else:
        alt = say("match.window_alt_cut" if cut else "match.window_alt", number=str(number))
    return {
        "label": str(number),
        "answer": letter if copy.answers else "",
        "file": copy.album.add(
            f"{layer.name}-window-{one.channel}.png",
            lambda: window_picture(copy.photo, wider, MIDDLE),
        ),
        "alt": alt,
        **shape(tall, wide),
        "frame": frame if wider != window else None,
        "cut": cut,
    }


def _halves(block: tuple[LayerFacts, ...], main: LayerFacts) -> bool:
    last = block[-1]
    return (
        last.kind == "pool"
        and last is not main
        and (main.height // 2, main.width // 2) == (last.height, last.width)
    )
