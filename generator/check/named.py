"""Which files the output contract names, and which of them it promises."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from generator import layout
from generator.check.shapes import GalleryShape, ModelShape

__all__ = ["Named", "named_by"]

_WORD = r"[^/]+"


@dataclass(slots=True)
class Named:
    """What a gallery of these images and networks is made of."""

    promised: set[str] = field(default_factory=set)
    """In every gallery."""
    possible: set[str] = field(default_factory=set)
    """Where the network, the settings or the number of images ask for it."""
    patterns: list[re.Pattern[str]] = field(default_factory=list)
    """The same, where only the owner knows the name."""
    on_demand: set[str] = field(default_factory=set)
    """What programs and scripts ask for by a name that the contract gives; no page need do so."""

    spare: list[re.Pattern[str]] = field(default_factory=list)
    """What pages of this gallery may have no use for."""

    def holds(self, path: str) -> bool:
        """Whether the contract names this file."""
        return (
            path in self.promised
            or path in self.possible
            or any(pattern.fullmatch(path) for pattern in self.patterns)
        )

    def needs_no_page(self, path: str) -> bool:
        """Whether a file may be there without a page that leads to it."""
        return path in self.on_demand or any(pattern.fullmatch(path) for pattern in self.spare)


def named_by(gallery: GalleryShape) -> Named:
    """All that the contract says of a gallery with such a ``gallery.json``."""
    images = [image["id"] for image in gallery["images"]]
    models = gallery["models"]
    named = Named()
    named.promised |= {
        *(layout.FRONT_PAGE, layout.ERROR_PAGE, layout.NO_JEKYLL, layout.GALLERY_JSON),
        *(layout.LEARN_PAGE, layout.GLOSSARY_PAGE, layout.TOUR_PAGE, layout.EMBED_PAGE),
        *(layout.gallery_script(), layout.tour_script()),
        *(layout.exercises_page(image) for image in images),
    }
    named.possible |= {layout.SITEMAP, layout.CARD}
    named.possible |= {layout.titles_script(), layout.HANDOUTS_PAGE, layout.compare_front()}
    named.on_demand |= {
        *(layout.ERROR_PAGE, layout.NO_JEKYLL, layout.GALLERY_JSON, layout.SITEMAP),
        *(layout.gallery_script(), layout.tour_script(), layout.titles_script()),
        layout.EMBED_PAGE,  # for pages elsewhere
    }
    for model in models:
        _network(named, model, images, main=model is models[0])
    for other in models[1:]:
        _comparison(named, models[0]["id"], other["id"], images, models[0])
    networks = (model["id"] for model in models)
    image, network = _any_of(images), _any_of(networks)
    named.patterns += map(re.compile, _patterns(image, network))
    # marked maps of blocks are made of every image, for any may be the first some day; Grad-CAM's
    # are also for programs; scripts are there for kinds of pages that this gallery may lack
    spare = rf"sheets/{network}/{image}/(strips|classes)/{_WORD}\.png|{layout.STATIC}/.*\.(css|js)"
    named.spare.append(re.compile(spare))
    return named


def _any_of(ids: Iterable[str]) -> str:
    return f"({'|'.join(map(re.escape, ids))})"


def _patterns(image: str, network: str) -> Iterator[str]:
    """Of what has a number, or a name that gallery.json does not have."""
    yield rf"{layout.STATIC}/(css/{_WORD}\.css|js/{_WORD}\.js|icon\.svg)"
    yield r"learn/[a-z0-9-]+\.html"
    yield rf"learn/figures/{network}/{_WORD}/[\d-]+\.png"
    yield r"images/page-\d+\.html"
    yield rf"sheets/{network}/{image}/(strips/{_WORD}\.png|classes/gradcam-\d+\.png)"
    yield rf"handouts/(previews/)?{image}-(student|teacher|poster)(-[a-z0-9-]+)?\.(pdf|webp)"
    yield rf"compare/images/{image}_{image}(\.html|/{_WORD}\.png)"


def _network(named: Named, model: ModelShape, images: list[str], *, main: bool) -> None:
    own, layers = model["id"], [layer["name"] for layer in model["layers"]]
    named.promised.add(layout.model_page(own))
    named.possible |= {
        *(layout.kernels_png(own), layout.atlas_front(own), layout.atlas_marks(own)),
    }
    for layer in layers:
        page, script = layout.across_page(own, layer), layout.across_script(own, layer)
        named.promised |= {page, script, layout.across_strip(own, layer)}
        named.possible |= {
            *(layout.atlas_page(own, layer), layout.atlas_sheet(own, layer)),
            *(layout.atlas_json(own, layer), layout.atlas_script(own, layer)),
            layout.atlas_strip(own, layer),
        }
        named.on_demand |= {script, layout.atlas_json(own, layer), layout.atlas_script(own, layer)}
        further = re.escape(page.removesuffix(".html"))
        named.patterns.append(re.compile(rf"{further}/\d+\.(html|png)"))
    for image in images:
        _shown(named, own, image, layers, main=main)


def _shown(named: Named, own: str, image: str, layers: list[str], *, main: bool) -> None:
    """One image in one network."""
    given = (layout.input_png(own, image), layout.reading_json(own, image))
    small = layout.small_photo(own, image)
    asked = (
        *(layout.threads_script(own, image), layout.points_script(own, image)),
        *(layout.input_script(own, image), layout.verdict_json(own, image)),
    )
    named.promised |= {layout.image_page(image, "" if main else own), small, *given}
    named.possible |= {*asked, layout.blocks_png(own, image)}
    named.on_demand |= {small, *given, *asked}
    for layer in layers:
        sheet = (layout.sheet_png(own, image, layer), layout.sheet_json(own, image, layer))
        data = (
            *(layout.evidence_script(own, image, layer), layout.values_script(own, image, layer)),
            layout.small_sheet_png(own, image, layer),
        )
        named.promised |= {layout.layer_page(image, own, layer), *sheet}
        named.possible |= {*data, layout.strip_png(own, image, layer)}
        named.on_demand |= {*sheet, *data}


def _comparison(named: Named, first: str, second: str, images: list[str], main: ModelShape) -> None:
    table = (layout.comparison_json(first, second), layout.comparison_table(first, second))
    named.possible |= {
        *(layout.comparison_page(first, second), *table),
        *(layout.comparison_matrix(first, second, dark=dark) for dark in (False, True)),
        *(layout.comparison_image(first, second, image) for image in images),
    }
    named.on_demand |= {*table}
    for layer in main["layers"]:
        page = layout.comparison_layer(first, second, layer["name"])
        named.possible.add(page)
        for image in images:
            named.possible |= {
                layout.contrast_maps(page, image),
                layout.contrast_change(page, image),
            }
    folder = re.escape(layout.comparison_page(first, second).rpartition("/")[0])
    named.patterns.append(re.compile(rf"{folder}/images/{_WORD}/{_WORD}\.png"))
