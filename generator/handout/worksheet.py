"""One image's facts and exercises, in words and pictures, as ``worksheet.typ`` prints them."""

from __future__ import annotations

from generator.handout.block import block_page
from generator.handout.copies import (
    ACCENTS,
    LONGEST_TITLE,
    MARKS,
    Copy,
    Json,
    credit_line,
    network_line,
)
from generator.handout.cover import cover_page
from generator.handout.glossary import last_page
from generator.handout.press import plain

__all__ = ["worksheet"]


def worksheet(copy: Copy) -> Json:
    """Everything that is printed in one copy; its pictures go into the copy's album."""
    say, facts, ink = copy.say, copy.facts, copy.setting.ink
    title = say(
        "cover.title",
        model=copy.network,
        title=plain(facts.entry.title, LONGEST_TITLE) or facts.entry.id,
    )
    pages = [
        cover_page(copy, title),
        *(block_page(copy, block) for block in facts.blocks),
        last_page(copy),
    ]
    for number, page in enumerate(pages, 1):
        page["sheet"] = say("head.sheet", n=str(number), of=str(len(pages)))
    return {
        "lang": say.code,
        "title": title,
        "kicker": say("head.teacher" if copy.answers else "head.student"),
        "paper": copy.setting.paper,
        "accent": ACCENTS[ink],
        "mark": MARKS[ink],
        "name": say("head.name"),
        "date": say("head.date"),
        "foot": f"{network_line(facts, say)} {credit_line(facts, say)}".strip(),
        "pages": pages,
    }
