"""Whole pages of a small gallery made by hand, held against what they last were.

After a change that is meant: ``make test ARGS="tests/test_snapshots.py --snapshot-update"``, and
read the difference before it is committed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension

from generator import evidence, pages, reading, sheets
from generator.domain import (
    AtlasSheet,
    Evidence,
    InputImage,
    InputSpec,
    Layer,
    Model,
    Operation,
    Pictured,
    Problem,
    Sheet,
    Weights,
    Window,
)
from generator.palettes import palettes
from generator.render import Renderer
from generator.texts import Texts, templates_folder
from tests.surveys import surveyed

MODEL = Model(
    id="toy",
    title="Toy",
    weights=Weights("file toy.npz", "0123456789abcdef" * 4, trained=False),
    input=InputSpec(8, 8, "crop", "nothing subtracted"),
    layers=(
        Layer("block1_conv1", "conv", "relu", False, "block1", 8, 8, 3,
              Window(3, 3, 1, 1, -1, -1), (3, 3), (1, 1), 84, 5184,
              Operation("", (3, 3), (1, 1), (1, 1))),
        Layer("block1_pool", "pool", "", False, "block1", 4, 4, 3,
              Window(4, 4, 2, 2, -1, -1), (2, 2), (2, 2), 0, 0,
              Operation("block1_conv1", (2, 2), (2, 2), (0, 0))),
    ),
)  # fmt: skip


PICTURES = AtlasSheet(
    model="toy", layer="block1_conv1", weights=MODEL.weights.sha256, file="block1_conv1.webp",
    sha256="a" * 64, columns=2, rows=2, tile_height=32, tile_width=32,
    # one that excels, one that some image excites as much, one without
    channels=(Pictured(60.0, 80.0, 1, 15.0, 30.0, 0), Pictured(0.0, 0.0, 3, 1.0, 2.0, 2), None),
    specimens=(0, 1), photographs=("f" * 64,),
    made={
        "attempts": [{"octaves": [{"height": 32, "width": 32, "steps": 64, "rate": 0.07}],
                      "seed": 0, "precision": "float32", "jitter": 16, "batch": 8}],
        "objective": "the mean", "quality": 100, "versions": {"layerlight": "0"},
    },
)  # fmt: skip
KERNEL = np.linspace(-1, 1, 81, dtype=np.float32).reshape(3, 3, 3, 3)
"""Nine places, three colours, three channels."""


class HtmlSnapshot(SingleFileSnapshotExtension):
    """One readable file a page."""

    file_extension = "html"


def image(name: str) -> InputImage:
    """An image of 8 x 8."""
    return InputImage(
        id=name, source=f"{name}.png", path=Path("unused"), section="", title=name.title(),
        alt=f"A {name}", credit="Nobody", license="CC0", description=f"About the {name}.",
        sha256="f" * 64, width=8, height=8,
    )  # fmt: skip


def facts(name: str) -> pages.ImageFacts:
    """Three channels: a ramp, one lit value, nothing; halved maps for the pool."""
    strength = {"pear": 10.0, "apple": 30.0}[name]
    maps = np.zeros((3, 8, 8), dtype=np.float32)
    maps[0] = np.arange(64).reshape(8, 8) / 63 * strength
    maps[1, 4, 5] = strength / 2
    small = maps.reshape(3, 4, 2, 4, 2).max(axis=(2, 4))
    found: dict[str, Sheet] = {}
    looks = {}

    def found_evidence() -> Evidence:
        return evidence.evidence_of(
            MODEL.layers,
            {"block1_conv1": maps.transpose(1, 2, 0), "block1_pool": small.transpose(1, 2, 0)},
            np.full((8, 8, 3), strength, dtype=np.float32),
            {"block1_conv1": evidence.weighted(KERNEL, np.ones(3, dtype=np.float32))},
            found,
        )

    for layer, values in zip(MODEL.layers, (maps, small), strict=True):
        # (c, h, w) -> (h, w, c)
        measured = sheets.sheet_of(
            values.transpose(1, 2, 0), model="toy", image=name, layer=layer.name, signed=False
        )
        found[layer.name] = measured.sheet
        looks[layer.name] = reading.look(measured.maps, measured.sheet)
    return pages.ImageFacts(found, reading.read_image(MODEL.layers, looks), found_evidence)


def every_page() -> Iterator[pages.Page]:
    """All pages of two images and two layers, but for the long article."""
    images = (image("pear"), image("apple"))
    gallery = pages.Gallery(
        title="", author="A. N. Author", base_url="https://example.org/gallery/",
        palette="viridis", scale="layer", model=MODEL, images=images,
        problems=(Problem("torn.jpg", "decode", "expected a picture, got half of one"),),
        texts=Texts(templates_folder() / "text"), palettes=palettes(("grey",)),
        versions="Layerlight 0, TensorFlow 0", licence="Toy by nobody", facts=facts,
        licence_url="",
        chosen={layer.name: (0, 1, 2) for layer in MODEL.layers}, example=None, values=True,
        colours=("red", "green", "blue"), largest_weights=(0.25, 0.5, 0.125),
        atlas={"block1_conv1": PICTURES},
    )  # fmt: skip
    yield from pages.image_pages(gallery, images[0], None, images[1])
    yield from (
        p for p in pages.gallery_pages(gallery, surveyed(gallery)) if p.path != "learn/index.html"
    )


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Keep each page as a file of its own."""
    return snapshot.use_extension(HtmlSnapshot)


@pytest.mark.parametrize(
    "path",
    [
        "images/pear/index.html",
        "images/pear/toy/block1_conv1.html",
        "images/pear/toy/block1_pool.html",
        "index.html",
        "layers/toy/block1_conv1.html",
        "models/toy/index.html",
        "learn/tour.html",
        "atlas/toy/index.html",
        "atlas/toy/block1_conv1.html",
        "embed.html",
        "404.html",
    ],
    ids=[
        *("image", "layer", "pool", "front", "across", "model", "tour", "atlas", "atlas_layer"),
        *("embed", "error"),
    ],
)
def test_a_page_is_what_it_was(path: str, snapshot: SnapshotAssertion) -> None:
    """Byte for byte."""
    page = next(p for p in every_page() if p.path == path)
    html = Renderer(templates_folder()).render(page)
    assert html.encode() == snapshot
