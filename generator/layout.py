"""Every path of the site, and the way from one page to another.

Paths are POSIX strings relative to the site's root. Pages link to each other
relatively (``href``), so the site works under any subpath and from a file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

__all__ = [
    "CARD",
    "CHAPTERS",
    "CSS",
    "EMBED_PAGE",
    "ERROR_PAGE",
    "FRONT_PAGE",
    "GALLERY_JSON",
    "GLOSSARY_PAGE",
    "HANDOUTS",
    "HANDOUTS_PAGE",
    "LEARN_PAGE",
    "NO_JEKYLL",
    "SITEMAP",
    "STATIC",
    "TOUR_PAGE",
    "across_page",
    "across_script",
    "across_strip",
    "address",
    "atlas_front",
    "atlas_json",
    "atlas_marks",
    "atlas_page",
    "atlas_script",
    "atlas_sheet",
    "atlas_strip",
    "block_png",
    "blocks_png",
    "compare_front",
    "comparison_image",
    "comparison_json",
    "comparison_layer",
    "comparison_matrix",
    "comparison_page",
    "comparison_table",
    "contrast_change",
    "contrast_maps",
    "data_key",
    "evidence_script",
    "excerpt_png",
    "exercises_page",
    "gallery_script",
    "gradcam_png",
    "handout_pdf",
    "handout_preview",
    "href",
    "image_page",
    "images_page",
    "input_png",
    "input_script",
    "is_answers",
    "is_values",
    "kernels_png",
    "layer_page",
    "learn_page",
    "listing_page",
    "model_page",
    "points_script",
    "reading_json",
    "sheet_json",
    "sheet_png",
    "small_photo",
    "small_sheet_png",
    "strip_png",
    "threads_script",
    "titles_script",
    "tour_script",
    "values_script",
    "verdict_json",
]

FRONT_PAGE = "index.html"
ERROR_PAGE = "404.html"
EMBED_PAGE = "embed.html"
"""The address of every view that a page elsewhere frames: its fragment says which."""
LEARN_PAGE = "learn/index.html"
GLOSSARY_PAGE = "learn/glossary.html"
CHAPTERS = (
    *("pixels", "convolution", "padding", "relu", "channels", "pooling", "window"),
    *("hierarchy", "zeros", "scales", "sums", "classes", "proof", "networks"),
)
"""Of the course, in the order in which they are read."""
TOUR_PAGE = "learn/tour.html"
HANDOUTS = "handouts"
"""Folder of what is for paper."""
HANDOUTS_PAGE = f"{HANDOUTS}/index.html"
NO_JEKYLL = ".nojekyll"
GALLERY_JSON = "gallery.json"
SITEMAP = "sitemap.xml"
STATIC = "static"
CARD = f"{STATIC}/card.png"
"""The picture by which the gallery is shown elsewhere."""
STYLESHEET = f"{STATIC}/css/site.css"
"""All of a page's style in one file: on a slow line each further one is a wait."""
CSS = ("tokens", "page", "maps", "layouts", "channel", "plots", "framed", "print")
"""Stylesheets, in cascade order."""

_PLAIN = re.compile(r"[\w.~/-]*", re.ASCII)
"""What a URL holds as it is."""


_ANSWERS = re.compile(rf"{HANDOUTS}/.+-teacher(-(?!student\b|poster\b)[a-z0-9]+)*\.pdf")
_VALUES = re.compile(r"sheets/[^/]+/[^/]+/(values/[^/]+|input)\.js")


def href(page: str, target: str, fragment: str = "") -> str:
    """Relative URL from ``page`` to ``target``, both paths from the root."""
    # a page has hundreds of links, and posixpath.relpath asks for the working directory at each
    folder = page[: page.rfind("/") + 1]
    if target.startswith(folder):
        url = target[len(folder) :]
    else:
        here, there = folder.split("/")[:-1], target.split("/")
        shared, most = 0, min(len(here), len(there) - 1)
        while shared < most and here[shared] == there[shared]:
            shared += 1
        url = "../" * (len(here) - shared) + "/".join(there[shared:])
    if not _PLAIN.fullmatch(url):
        url = quote(url)
    return f"{url}#{quote(fragment)}" if fragment else url


def address(base_url: str, path: str) -> str:
    """Where a file is found once the site is published; of the front page the folder."""
    return base_url + ("" if path == FRONT_PAGE else quote(path))


def image_page(image: str, model: str = "") -> str:
    """One image through the whole network; ``model`` where it is not the gallery's first."""
    return f"images/{image}/{model}/index.html" if model else f"images/{image}/index.html"


def listing_page(number: int) -> str:
    """A page of the list of images, of a large gallery; the first stands on the front page."""
    # ids hold no dot: no image has a folder of this name
    return f"images/page-{number}.html" if number > 1 else FRONT_PAGE


def exercises_page(image: str) -> str:
    """Questions about one image's maps."""
    return f"images/{image}/exercises.html"


def layer_page(image: str, model: str, layer: str) -> str:
    """Every channel of one layer for one image."""
    return f"images/{image}/{model}/{layer}.html"


def across_page(model: str, layer: str, number: int = 1) -> str:
    """One layer across all images; ``number`` of the page, of a large gallery."""
    return f"{_across(model, layer, number)}.html"


def across_strip(model: str, layer: str, number: int = 1) -> str:
    """Tiles of that page: a row an image, a column a channel."""
    return f"{_across(model, layer, number)}.png"


def _across(model: str, layer: str, number: int) -> str:
    # in a folder, for "conv-2" may be another layer's name
    return f"layers/{model}/{layer}" + (f"/{number}" if number > 1 else "")


def across_script(model: str, layer: str) -> str:
    """What ranges over the gallery for each of the layer's channels."""
    return f"layers/{model}/{layer}.js"


def model_page(model: str) -> str:
    """The architecture."""
    return f"models/{model}/index.html"


def compare_front() -> str:
    """What is set side by side in this gallery."""
    return "compare/index.html"


def _pair(first: str, second: str) -> str:
    # ids have hyphens, never underscores
    return f"compare/{first}_{second}"


def comparison_page(first: str, second: str) -> str:
    """Two networks on the same images."""
    return f"{_pair(first, second)}/index.html"


def comparison_json(first: str, second: str) -> str:
    """Its numbers."""
    return f"{_pair(first, second)}/comparison.json"


def comparison_matrix(first: str, second: str, *, dark: bool = False) -> str:
    """How alike each layer of one is to each of the other, drawn,"""
    return f"{_pair(first, second)}/similarity{'-dark' if dark else ''}.png"


def comparison_table(first: str, second: str) -> str:
    """and as numbers."""
    return f"{_pair(first, second)}/similarity.csv"


def comparison_image(first: str, second: str, image: str) -> str:
    """Both networks on one image, layer beside layer."""
    return f"{_pair(first, second)}/images/{image}.html"


def comparison_layer(first: str, second: str, layer: str) -> str:
    """Of two networks of one architecture: a layer's channels, the most changed first."""
    return f"{_pair(first, second)}/layers/{layer}.html"


def images_page(first: str, second: str) -> str:
    """Two images in one network."""
    return f"compare/images/{first}_{second}.html"


def contrast_maps(page: str, name: str) -> str:
    """Maps of a page that sets two versions side by side, two rows,"""
    return f"{page.removesuffix('.html')}/{name}.png"


def contrast_change(page: str, name: str) -> str:
    """and the second less the first."""
    return f"{page.removesuffix('.html')}/{name}-change.png"


def kernels_png(model: str) -> str:
    """The kernels of the first convolution as colours."""
    return f"models/{model}/kernels.png"


def learn_page(chapter: str) -> str:
    """A chapter of the course, or its sources."""
    return f"learn/{chapter}.html"


def tour_script() -> str:
    """The steps of the guided tour."""
    return f"{STATIC}/tour-steps.js"


def gallery_script() -> str:
    """The list of images, for the strip of photographs on every page."""
    return f"{STATIC}/gallery.js"


def titles_script() -> str:
    """What images are found by, where the list of them has several pages."""
    return f"{STATIC}/titles.js"


def handout_pdf(image: str, kind: str, *unusual: str) -> str:
    """What is for paper of one image; ``unusual`` says how it differs: "letter", "grey"."""
    return f"{HANDOUTS}/{'-'.join((image, kind, *unusual))}.pdf"


def handout_preview(image: str, kind: str) -> str:
    """Its first page, small."""
    return f"{HANDOUTS}/previews/{image}-{kind}.webp"


def atlas_sheet(model: str, layer: str) -> str:
    """What each channel of the layer looks for: one picture a channel."""
    return f"atlas/{model}/{layer}.webp"


def atlas_json(model: str, layer: str) -> str:
    """How well each picture does."""
    return f"atlas/{model}/{layer}.json"


def atlas_script(model: str, layer: str) -> str:
    """How strongly each channel answers its picture, and this gallery's images."""
    return f"atlas/{model}/{layer}.js"


def atlas_page(model: str, layer: str) -> str:
    """The pictures of one layer."""
    return f"atlas/{model}/{layer}.html"


def atlas_front(model: str) -> str:
    """The whole atlas: a row a layer, block after block."""
    return f"atlas/{model}/index.html"


def atlas_strip(model: str, layer: str) -> str:
    """Pictures of the layer's most telling channels, for pages that show a few."""
    return f"atlas/{model}/strips/{layer}.webp"


def atlas_marks(model: str) -> str:
    """Pictures of the channels that the front page marks, one a block."""
    return f"atlas/{model}/strips/front.webp"


def _sheets(model: str, image: str) -> str:
    return f"sheets/{model}/{image}"


def input_png(model: str, image: str) -> str:
    """The network's exact input."""
    return f"{_sheets(model, image)}/input.png"


def small_photo(model: str, image: str) -> str:
    """The same for lists of images: a tenth of the bytes, since lossy unless it is tiny."""
    return f"{_sheets(model, image)}/photo.webp"


def sheet_png(model: str, image: str, layer: str) -> str:
    """The layer's maps at their own resolution."""
    return f"{_sheets(model, image)}/{layer}.png"


def sheet_json(model: str, image: str, layer: str) -> str:
    """The numbers of the sheet."""
    return f"{_sheets(model, image)}/{layer}.json"


def small_sheet_png(model: str, image: str, layer: str) -> str:
    """The sheet reduced by its maximum, for layers too large for a grid."""
    return f"{_sheets(model, image)}/{layer}.small.png"


def strip_png(model: str, image: str, layer: str) -> str:
    """The layer's most telling channels."""
    return f"{_sheets(model, image)}/strips/{layer}.png"


def excerpt_png(model: str, layer: str, channels: Sequence[int]) -> str:
    """Maps that a text of the gallery shows, of its first image."""
    return f"learn/figures/{model}/{layer}/{'-'.join(map(str, channels))}.png"


def block_png(model: str, image: str, block: str) -> str:
    """The map that stands for a block on the front page, at its own resolution."""
    return f"{_sheets(model, image)}/strips/{block}.png"


def blocks_png(model: str, image: str) -> str:
    """Small copies of the blocks' maps, one tile each."""
    return f"{_sheets(model, image)}/strips/blocks.png"


def reading_json(model: str, image: str) -> str:
    """What was found in the image's maps: telling channels, slants, places."""
    return f"{_sheets(model, image)}/reading.json"


def verdict_json(model: str, image: str) -> str:
    """What a network that ends in classes says. In a folder: a layer may be called "classes"."""
    return f"{_sheets(model, image)}/classes/verdict.json"


def gradcam_png(model: str, image: str, number: int) -> str:
    """Where the evidence for a class lies, at the resolution of the layer's maps."""
    return f"{_sheets(model, image)}/classes/gradcam-{number}.png"


def values_script(model: str, image: str, layer: str) -> str:
    """The sheet once more, as data that a page opened from a file can read."""
    return f"{_sheets(model, image)}/values/{layer}.js"


def input_script(model: str, image: str) -> str:
    """The input likewise."""
    return f"{_sheets(model, image)}/input.js"


def is_answers(path: str) -> bool:
    """Whether a file is a teacher's copy of a worksheet, of whatever paper, ink and language."""
    return bool(_ANSWERS.fullmatch(path))


def is_values(path: str) -> bool:
    """Whether a file is one of these two kinds, which a site may do without: on a server pages
    read the PNG itself.
    """
    return bool(_VALUES.fullmatch(path))


def evidence_script(model: str, image: str, layer: str) -> str:
    """How the strongest value of each channel comes about."""
    return f"{_sheets(model, image)}/evidence/{layer}.js"


def threads_script(model: str, image: str) -> str:
    """The threads of all layers' channels down to the pixels."""
    return f"{_sheets(model, image)}/threads.js"


def points_script(model: str, image: str) -> str:
    """What is strongest above each cell of the image."""
    return f"{_sheets(model, image)}/points.js"


def data_key(script: str) -> str:
    """The name under which a data script hands over what it holds."""
    return script.removesuffix(".js")
