"""The handouts' files in a site: a PDF each, and a small picture of its first page.

With ``generator.stages`` this puts stages together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from generator import __version__, contract, handout, layout
from generator.config import Config
from generator.domain import Handout, InputImage, Model, Problem
from generator.encode import webp
from generator.errors import LayerlightError
from generator.fingerprints import fingerprint, program
from generator.ledger import Ledger
from generator.site import Staging

__all__ = [
    "HandoutDesk",
    "handouts_in",
    "refuse_branches",
    "refuse_unknown_language",
    "write_handouts",
]

PREVIEW_QUALITY = 80


def refuse_unknown_language(config: Config) -> None:
    """Before anything is built.

    Raises:
        ConfigError: there are to be handouts, in a language that there is not.
    """
    if config.handouts:
        handout.language_of(config.handout_language, "handout_language")


def refuse_branches(config: Config, model: Model) -> None:
    """Before any image is read.

    Raises:
        UsageError: there are to be handouts, of a network that has no worksheets.
    """
    if config.handouts:
        handout.refuse_branches(model.title, model.layers)


def handouts_in(site: Path) -> frozenset[str]:
    """Names of the handouts that a site has; none of a folder that is not there."""
    return frozenset(path.name for path in (site / layout.HANDOUTS).glob("*.pdf"))


@dataclass(frozen=True)
class HandoutDesk:
    """What handouts are made with."""

    stage: Staging
    ledger: Ledger
    keys: Mapping[str, str]
    """Of each image's sheets, by its id."""
    known: Mapping[str, tuple[Handout, ...]]
    """What the last build made, by image."""

    def key(self, image: str, wish: object) -> str:
        """Of all that an image's handouts are made of."""
        return self.keys[image] and fingerprint(self.keys[image], wish, program())


def write_handouts(
    config: Config,
    model: Model,
    images: Sequence[InputImage],
    desk: HandoutDesk,
    watch: Callable[[int, int], None],
) -> tuple[dict[str, tuple[Handout, ...]], tuple[Problem, ...]]:
    """Worksheets and a poster of every image, from its files in the stage.

    Returns what there is of each image, by its id, and the images of which nothing could be made.

    Args:
        config: of the gallery.
        model: the network.
        images: in the gallery's order.
        desk: where the images' files are and the handouts go, and which can be kept.
        watch: is told of how many images the handouts are made, and of how many they will be.
    """
    stage = desk.stage
    site = stage.path(layout.GALLERY_JSON).parent
    wish = handout.Wish(
        site,
        paper=config.handout_paper,
        ink=config.handout_ink,
        language=config.handout_language,
        audience=config.handout_for,
        poster=True,
        base_url=config.base_url or "",
    )
    gallery = handout.parse_gallery(site, contract.gallery_json(__version__, [model], images, ()))
    made: dict[str, tuple[Handout, ...]] = {}
    problems: list[Problem] = []
    for done, image in enumerate(images, 1):
        name = f"{layout.HANDOUTS}/{image.id}"
        # neither place is in what is printed
        key = desk.key(image.id, [replace(wish, site=Path()), model, replace(image, path=Path())])
        if image.id in desk.known and desk.ledger.keep(name, key):
            made[image.id] = desk.known[image.id]
            watch(done, len(images))
            continue
        try:
            found = [*handout.printed(wish, gallery, gallery.images[image.id], previews=True)]
        except LayerlightError:
            problems.append(Problem(image.source, "handout", _unset(image.id)))
        else:
            made[image.id] = tuple(_write(image.id, one, wish.ink, stage) for one in found)
            paths = [path for one in made[image.id] for path in (one.path, one.preview)]
            desk.ledger.made(name, key, paths)
        watch(done, len(images))
    return made, tuple(problems)


def _unset(image: str) -> str:
    return (
        f"expected worksheets and a poster, got none: they cannot be set; the command "
        f"layerlight handout {image} says why"
    )


def _write(image: str, one: handout.Printed, ink: str, stage: Staging) -> Handout:
    assert one.preview is not None  # asked for
    preview = layout.handout_preview(image, one.kind)
    stage.write(one.path, one.pdf)
    stage.write(preview, webp(one.preview, PREVIEW_QUALITY))
    return Handout(
        image=image,
        kind=one.kind,
        path=one.path,
        bytes=len(one.pdf),
        pages=one.pages,
        paper=one.paper,
        ink=ink,
        preview=preview,
        preview_height=one.preview.shape[0],
        preview_width=one.preview.shape[1],
    )
