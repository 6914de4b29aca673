"""What the network says about an image, on that image's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from generator import layout
from generator.domain import Answer, InputImage, Verdict
from generator.pages.article import Article, article
from generator.pages.parts import Gallery
from generator.pages.scene import Scene
from generator.wording import MINUS, NARROW, listing, number, ordinal, place, size

__all__ = ["ClassSection", "class_section"]


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class in the list."""

    slot: int
    """Which of the maps is its own, from 1; 0: it has none."""
    label: str
    number: str
    """ "class 281"; "" where that is the label."""
    rank: str
    """ "17th" of a class that is not among the best; else ""."""
    figure: str
    """Its probability or score."""
    bar: str
    """Width: of the whole for a probability, of the best for a score."""
    title: str
    """What else is known of it."""


@dataclass(frozen=True, slots=True)
class ClassPicture:
    """The photograph with one class's Grad-CAM over it."""

    slot: int
    label: str
    map: str
    """URL of the PNG; "" where nothing speaks for the class."""
    alt: str
    high: str
    where: str


@dataclass(frozen=True, slots=True)
class ClassSection:
    """The whole section."""

    lead: str
    untrained: str
    photo: str
    alt: str
    rows: tuple[ClassRow, ...]
    pictures: tuple[ClassPicture, ...]
    layer: str
    layer_href: str
    """"" where the gallery does not show the layer."""
    map_size: str
    about: Article | None
    """How the maps are made, and what they do not show; None where there are none."""
    summary: str
    """For the link at the top: "tabby, 34.1 %"; "" where nothing was learned."""


def class_section(scene: Scene, image: InputImage, verdict: Verdict | None) -> ClassSection | None:
    """What the network says; None of one that does not end in classes."""
    if verdict is None:
        return None
    at, gallery = scene.at, scene.gallery
    mapped = [answer for answer in verdict.answers if answer.map]
    slots = {answer.number: slot for slot, answer in enumerate(mapped, 1)}
    text = gallery.texts.page("gradcam")
    trained = gallery.model.weights.trained
    return ClassSection(
        lead=_lead(verdict),
        untrained="" if trained else _UNTRAINED,
        photo=layout.href(at, layout.input_png(gallery.model.id, image.id)),
        alt=image.alt,
        rows=tuple(
            _row(verdict, answer, slots.get(answer.number, 0)) for answer in verdict.answers
        ),
        pictures=tuple(
            _picture(at, gallery, image, verdict, answer, slots[answer.number]) for answer in mapped
        ),
        layer=verdict.layer,
        layer_href=_layer_href(at, gallery, image, verdict.layer),
        map_size=size(verdict.height, verdict.width),
        about=article(scene, text.body, own="body" in text.own) if mapped else None,
        summary=_summary(verdict) if trained else "",
    )


_UNTRAINED = (
    "Nothing was learned: the weights are random, and so is this order. The maps show only that "
    "the method draws something for any network; nothing follows from them."
)


def _lead(verdict: Verdict) -> str:
    if not verdict.answers:
        return (
            "For this image the network puts out values that are no finite numbers: there is no "
            "order of classes."
        )
    if verdict.ending == "softmax":
        return (
            f"A share of 1 for each of {verdict.count:,} classes, by softmax. The shares always "
            f"add up to 100{NARROW}%, whatever the image shows: an answer is a comparison among "
            f"these classes, not a probability that it is right."
        )
    if verdict.ending == "sigmoid":
        return (
            f"A yes or no for each of {verdict.count:,} classes on its own, by a sigmoid: several "
            f"may be true at once, and the percentages need not add up to 100{NARROW}%."
        )
    if verdict.ending == "binary":
        return (
            "One number decides between two classes: a sigmoid puts out the share of the second, "
            f"and the first has the rest. The two always add up to 100{NARROW}%, whatever the "
            "image shows: an answer is a comparison, not a probability that it is right."
        )
    return (
        f"A score for each of {verdict.count:,} classes. They are no probabilities, for the "
        f"network ends without softmax: only their order and their distances tell something. A "
        f"bar is the score as a part of the highest; a negative score has none."
    )


def _row(verdict: Verdict, answer: Answer, slot: int) -> ClassRow:
    plain = f"class {answer.number}"
    best = verdict.answers[0].score
    if answer.probability is not None:
        figure, share = fine_percent(answer.probability), answer.probability
    else:
        figure = number(answer.score)
        share = max(0.0, answer.score / best) if best > 0 else 0.0
    before = "before the sigmoid"
    kind = {"softmax": "before softmax", "sigmoid": before, "binary": before}.get(
        verdict.ending, ""
    )
    return ClassRow(
        slot=slot,
        label=answer.label,
        number="" if answer.label == plain else plain,
        rank="" if answer.rank == _place_in_list(verdict, answer) else ordinal(answer.rank),
        figure=figure,
        bar=f"{100 * share:.1f}%",
        title=f"{plain}, score {kind}: {number(answer.score)}" if kind else plain,
    )


def _place_in_list(verdict: Verdict, answer: Answer) -> int:
    return verdict.answers.index(answer) + 1


def _picture(
    at: str, gallery: Gallery, image: InputImage, verdict: Verdict, answer: Answer, slot: int
) -> ClassPicture:
    found = answer.map
    assert found is not None
    if found.peak is None:
        where = "Nowhere: the weighted sum of the maps is zero or below at every place."
        return ClassPicture(slot, answer.label, "", where, "", where)
    where = f"Largest {place(found.peak, verdict.height, verdict.width)}"
    return ClassPicture(
        slot=slot,
        label=answer.label,
        map=layout.href(at, layout.gradcam_png(gallery.model.id, image.id, answer.number)),
        alt=f"Grad-CAM of {answer.label}. {where}.",
        high=number(found.high),
        where=f"{where}.",
    )


def _layer_href(at: str, gallery: Gallery, image: InputImage, layer: str) -> str:
    if not any(shown.name == layer for shown in gallery.model.layers):
        return ""
    return layout.href(at, layout.layer_page(image.id, gallery.model.id, layer))


def _summary(verdict: Verdict) -> str:
    """The highest, all of them if they tie."""
    best = verdict.answers[:1]
    if not best:
        return ""
    first = best[0]
    equal = [a.label for a in verdict.answers if a.score == first.score]
    figure = number(first.score) if first.probability is None else fine_percent(first.probability)
    return f"{_short(equal)}, {figure}"


def _short(labels: Sequence[str]) -> str:
    return listing([label if len(label) <= 40 else f"{label[:39]}…" for label in labels])


def fine_percent(share: float) -> str:
    """A share of 0 to 1 with a decimal, but never a 0 or a 100 that is not meant."""
    if 0 < share < 0.0005:
        return f"under 0.1{NARROW}%"
    if 0.9995 <= share < 1:
        return f"over 99.9{NARROW}%"
    return f"{share * 100:.1f}{NARROW}%".replace("-", MINUS)
