"""The last page: the words used, and what a teacher should know."""

from __future__ import annotations

from generator.handout import exercises
from generator.handout.block import pairs
from generator.handout.copies import Copy, Json

__all__ = ["last_page"]


def last_page(copy: Copy) -> Json:
    """A glossary for all, a question for students, notes for teachers."""
    say = copy.say
    terms = [(say(f"glossary.{key}"), say(f"glossary.{key}_is")) for key in _terms(copy)]
    notes = None
    if copy.answers:
        lines = [say("notes.made"), say("notes.sums"), say("notes.estimates")]
        told = [(block[0].block, pairs(copy, block)) for block in copy.facts.blocks]
        if any(found for _, found in told):
            every = "; ".join(f"{copy.block_name(name)}: {found}" for name, found in told if found)
            lines.append(say("notes.matching", pairs=every))
        lines.append(say("notes.copy"))
        notes = {"title": say("notes.heading"), "lines": lines}
    return {
        "kind": "last",
        "title": say("glossary.heading"),
        "terms": [list(term) for term in sorted(terms, key=lambda t: t[0].casefold())],
        "question": say("glossary.question"),
        "notes": notes,
    }


def _terms(copy: Copy) -> list[str]:
    layers = copy.facts.layers
    main = [exercises.main_layer(block) for block in copy.facts.blocks]
    asked = {
        "activation": True,
        "bias": any(la.accounts for la in layers),
        "block": len(main) > 1,
        "channel": True,
        "convolution": any(la.kind == "conv" for la in layers),
        "map": True,
        "kernel": any(la.kind == "conv" for la in layers),
        "layer": True,
        "padding": True,
        "pool": any(la.kind == "pool" for la in layers),
        "field": True,
        "relu": any(la.activation == "relu" for la in layers),
        "scale": True,
        "silent": any(la.sheet.layer_high == 0 for la in main),
        "sparse": True,
        "stride": True,
    }
    return [key for key, wanted in asked.items() if wanted]
