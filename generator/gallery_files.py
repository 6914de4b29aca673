"""The files that range over the gallery: strips and data across images, kernels, static files.

With ``generator.pipeline`` and ``generator.stages`` this puts stages together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator import __version__, contract, layout, pages, sheets
from generator.domain import Layer, Model
from generator.encode import grey_png, read_png, rgb_png
from generator.encoders import WORKERS
from generator.example import colour_order, kernel_colours
from generator.fingerprints import fingerprint, program
from generator.ledger import Ledger
from generator.network_keys import NO_KEY
from generator.site import Staging
from generator.sizes import columns_for, grid_factor, strip_factor
from generator.theme import static_files, stylesheet

__all__ = [
    "colour_names",
    "kernels_picture",
    "largest_weights",
    "lean",
    "write_gallery_files",
    "write_network_files",
]

COLOURS = ("red", "green", "blue")
_COMMENT = re.compile(r"^[ \t]*/\*(?:(?!\*/).)*\*/[ \t]*$", re.MULTILINE | re.DOTALL)
"""From the beginning of a line to the end of one."""


def colour_names(network: Any) -> tuple[str, ...]:
    """Names of the input's channels in the network's order: ("blue", "green", "red")."""
    order = _order(network)
    return tuple(COLOURS[colour] for colour in order) if len(order) == 3 else ("grey",)


def largest_weights(network: Any) -> tuple[float, ...]:
    """The largest magnitude in each kernel of the network's first layer; none of a pool."""
    weights = network.kernel(network.spec.layers[0].name)
    return () if weights is None else tuple(np.abs(weights[0]).max(axis=(0, 1, 2)).tolist())


def lean(script: str) -> str:
    """A page script without indentation, blank lines and comments that have lines to themselves.

    It knows no JavaScript: a string of several lines would lose its indentation too.
    ``tests/test_scripts.py`` sees to it that no script of ours has one.
    """
    return re.sub(r"^\s+", "", _COMMENT.sub("", script), flags=re.MULTILINE)


def write_network_files(
    gallery: pages.Gallery,
    seen: pages.Survey,
    kernels: bytes | None,
    keys: Mapping[str, str],
    stage: Staging,
    ledger: Ledger,
) -> None:
    """What belongs to one network: its channels over all images, its first kernels.

    Args:
        gallery: about that network.
        seen: what only all images together tell.
        kernels: as ``kernels_picture`` drew them.
        keys: of each image's sheets, by its id.
        stage: where the sheets are, and the files go.
        ledger: says which strips can be kept.
    """
    _write_across(gallery, seen, keys, stage, ledger)
    if kernels:
        stage.write(layout.kernels_png(gallery.model.id), kernels)


def _order(network: Any) -> tuple[int, ...]:
    """Which colour each channel of the network's input is, told by an image of noise."""
    noise = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    fed = network.preprocess(noise[None])[0]
    return colour_order(noise, fed) if fed.shape[2] == 3 else (0,)


def kernels_picture(network: Any) -> bytes | None:
    """The kernels of a convolution of the input, if one is captured, as one PNG in colour."""
    for layer in network.spec.layers:
        weights = network.kernel(layer.name)
        colour = weights is not None and weights[0].shape[2] == 3
        if weights is not None and colour and layer.operation and not layer.operation.source:
            tiles = kernel_colours(weights[0], _order(network))  # (out, h, w, 3)
            columns = columns_for(len(tiles))
            planes = [sheets.tile(tiles[..., i], columns, signed=True) for i in range(3)]
            return rgb_png(np.stack(planes, axis=2))
    return None


def _write_across(
    gallery: pages.Gallery,
    seen: pages.Survey,
    keys: Mapping[str, str],
    stage: Staging,
    ledger: Ledger,
) -> None:
    """For each layer its channels over the gallery, and sheets of those chosen, page by page."""
    model = gallery.model

    def write(layer: Layer) -> None:
        for span in pages.row_spans(len(gallery.images)):
            images = gallery.images[span.first : span.end]
            path = layout.across_strip(model.id, layer.name, span.number)
            strip = _Strip(path, layer, gallery.chosen[layer.name], [keys[i.id] for i in images])
            if ledger.keep(path, strip.key):
                continue
            known = strip.rows_of(*ledger.before(path))
            rows = [
                known[row] if row in known else strip.row(model, image.id, stage)
                for row, image in zip(strip.names, images, strict=True)
            ]
            sheet = sheets.tile(np.concatenate(rows), len(strip.chosen), signed=layer.signed)
            stage.write(path, grey_png(sheet))
            ledger.made(path, strip.key, [path])
        script = layout.across_script(model.id, layer.name)
        stage.write(script, contract.across_script(script, seen.across[layer.name]))

    with ThreadPoolExecutor(WORKERS) as workers:
        # decoding and coding leave the interpreter, so threads are enough
        for _ in workers.map(write, model.layers):
            pass


class _Strip:
    """One layer's chosen channels on some images: a row each, as far as they are known already."""

    def __init__(
        self, path: str, layer: Layer, chosen: tuple[int, ...], keys: Sequence[str]
    ) -> None:
        self._path, self._layer, self.chosen = path, layer, chosen
        self._head = fingerprint(chosen, program())
        self.names = [fingerprint(key)[:16] if key else NO_KEY for key in keys]
        """Of the rows, by what they are cut from."""
        self.key = ".".join([self._head, *self.names]) if all(self.names) else NO_KEY

    def row(self, model: Model, image: str, stage: Staging) -> NDArray[np.uint8]:
        """``(chosen, height, width)``, cut out of an image's sheet and reduced.

        Out of the grid's copy, where that is not reduced further than the strip: what is reduced
        by the largest in two steps is the same as in one.
        """
        layer, factor = self._layer, strip_factor(self._layer)
        drawn = grid_factor(layer)
        if drawn == 1 or factor % drawn:
            drawn = 1
        of = layout.small_sheet_png if drawn > 1 else layout.sheet_png
        path = of(model.id, image, layer.name)
        sheet = read_png(stage.path(path).read_bytes())
        height, width = -(-layer.height // drawn), -(-layer.width // drawn)
        cut = sheets.cut(sheet, height, width, columns_for(layer.channels), self.chosen)
        return sheets.reduce(cut, factor // drawn, signed=layer.signed)

    def rows_of(self, key: str, files: Mapping[str, bytes]) -> dict[str, NDArray[np.uint8]]:
        """Rows of the strip as it was, if it showed the same channels, by name."""
        head, *names = key.split(".")
        if head != self._head or self._path not in files:
            return {}
        factor = strip_factor(self._layer)
        height, width = -(-self._layer.height // factor), -(-self._layer.width // factor)
        sheet = read_png(files[self._path])
        count = len(self.chosen)
        return {
            name: sheets.cut(sheet, height, width, count, tuple(range(i * count, (i + 1) * count)))
            for i, name in enumerate(names)
            if name
        }


def write_gallery_files(
    gallery: pages.Gallery,
    seen: pages.Survey,
    models: Sequence[Model],
    templates: Path | None,
    stage: Staging,
) -> None:
    """What there is once, whatever the number of networks; ``templates``: the owner's."""
    ours, files = static_files(None), static_files(templates)
    stage.write(layout.STYLESHEET, stylesheet(files))
    parts = {f"css/{name}.css" for name in layout.CSS}
    for name, data in files.items():
        if name in parts:
            continue
        if name.endswith(".js") and ours.get(name) == data:
            data = lean(data.decode("utf-8")).encode("utf-8")
        stage.write(f"{layout.STATIC}/{name}", data)
    stage.write(layout.gallery_script(), contract.gallery_script(gallery.model, gallery.images))
    if pages.listed(len(gallery.images)):
        script = layout.titles_script()
        stage.write(script, contract.titles_script(script, gallery.images))
    stage.write(
        layout.tour_script(),
        contract.tour_script(
            layout.tour_script(),
            [(s.title, s.text, s.path, s.fragment, s.part) for s in seen.tour],
        ),
    )
    stage.write(layout.NO_JEKYLL, b"")
    stage.write(
        layout.GALLERY_JSON,
        contract.gallery_json(__version__, models, gallery.images, gallery.problems),
    )
