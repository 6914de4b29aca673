"""A network of one's own, fine-tuned and nested, from the file to the page, by the command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from typer.testing import CliRunner

from generator.cli import app
from generator.encode import read_png
from generator.models.backend import fixed_settings, fresh_names, keras
from tests.conftest import PROJECT

# Keras itself warns of the older format.
pytestmark = pytest.mark.filterwarnings("ignore:.*HDF5 file.*")

SIDE = 48
LABELS = ("cat", "cup", "woman", "rocket", "card", "something else")
PHOTOGRAPHS = ("chelsea", "coffee", "astronaut")

Maps = NDArray[np.float32]


class Own(NamedTuple):
    """The model, the galleries of its two files, and what it was asked."""

    model: Any
    sites: dict[str, Path]
    """By ending."""
    images: dict[str, NDArray[np.uint8]]
    """What the network saw, by id."""


def _backbone() -> Any:
    """Two convolutions with batch-norms, the second of steps of 2, and a sum."""
    module = keras()
    layers = module.layers
    image = module.Input((SIDE, SIDE, 3))
    x = layers.Conv2D(8, 5, strides=2, padding="same", use_bias=False, name="conv")(image)
    x = layers.ReLU(name="act")(layers.BatchNormalization(name="norm")(x))
    y = layers.Conv2D(8, 3, padding="same", use_bias=False, name="branch")(x)
    y = layers.BatchNormalization(name="branch_norm")(y)
    x = layers.ReLU(name="sum_act")(layers.Add(name="sum")([x, y]))
    return module.Model(image, x, name="backbone")


def _fine_tuned(photographs: dict[str, NDArray[np.uint8]]) -> Any:
    """The backbone in a functional model in a Sequential, trained on parts of the photographs."""
    module = keras()
    layers = module.layers
    module.utils.set_random_seed(11)
    with fixed_settings(), fresh_names():
        image = module.Input((SIDE, SIDE, 3))
        x = _backbone()(image)
        x = layers.MaxPooling2D(2, name="half")(x)
        x = layers.Conv2D(12, 3, padding="same", activation="relu", name="head")(x)
        middle = module.Model(image, x, name="middle")
        model = module.Sequential(
            [
                module.Input((SIDE, SIDE, 3)),
                middle,
                layers.GlobalAveragePooling2D(name="mean"),
                layers.Dense(len(LABELS), activation="softmax", name="classes"),
            ],
            name="own",
        )
        random = np.random.default_rng(12)
        patches, classes = [], []
        for number, pixels in enumerate(photographs.values()):
            for _ in range(16):
                top, left = random.integers(0, 150 - SIDE, 2)
                patches.append(pixels[top : top + SIDE, left : left + SIDE] / np.float32(255))
                classes.append(number)
        order = random.permutation(len(patches))
        model.compile(module.optimizers.Adam(3e-3), "sparse_categorical_crossentropy")
        model.fit(
            np.stack(patches)[order].astype(np.float32), np.array(classes)[order],
            batch_size=8, epochs=4, verbose=0, shuffle=False,
        )  # fmt: skip
    return model


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Own:
    """Built from ``.keras`` and from ``.h5``, with labels."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "in").mkdir()
    photographs = {}
    for stem in PHOTOGRAPHS:
        (file,) = (PROJECT / "inputs").rglob(f"{stem}.jpg")
        with Image.open(file) as image:
            small = image.convert("RGB").resize((150, 150))
        small.save(folder / "in" / f"{stem}.png")
        photographs[stem] = np.asarray(small)
    model = _fine_tuned(photographs)
    (folder / "labels.txt").write_text("\n".join(LABELS), encoding="utf-8")
    sites = {}
    for ending in ("keras", "h5"):
        file = folder / ending / f"Fine tuned.{ending}"
        file.parent.mkdir()
        model.save(file)
        sites[ending] = folder / f"site-{ending}"
        done = CliRunner().invoke(
            app,
            [
                *("build", str(folder / "in"), "-o", str(sites[ending]), "--model", str(file)),
                *("--labels", str(folder / "labels.txt"), "--quiet"),
            ],
        )
        assert (done.exit_code, done.output) == (0, "")
    seen = {
        stem: read_png((sites["keras"] / f"sheets/fine-tuned/{stem}/input.png").read_bytes())
        for stem in PHOTOGRAPHS
    }
    return Own(model, sites, seen)


def _gallery(site: Path) -> Any:
    return json.loads((site / "gallery.json").read_text(encoding="utf-8"))


def _fed(own: Own) -> Maps:
    return np.stack([*own.images.values()]).astype(np.float32) / np.float32(255)


def test_layers_of_all_depths_are_there_with_windows_by_hand(own: Own) -> None:
    """5; 5 + 2 * 2 = 9; the sum of both; a pool adds 2; and 11 + 2 * 4 = 19, in steps of 4.

    "Same" padding of 5 by steps of 2 on 48 pixels begins a pixel above: (23 * 2 + 5 - 48) // 2 = 1.
    """
    (model,) = _gallery(own.sites["keras"])["models"]
    assert (model["id"], model["title"]) == ("fine-tuned", "Fine tuned")
    facts = {
        layer["name"]: (
            layer["kind"], layer["receptive_field"], layer["stride"], layer["start"],
            (layer["height"], layer["width"], layer["channels"]),
        )
        for layer in model["layers"]
    }  # fmt: skip
    assert facts == {
        "conv": ("conv", [5, 5], [2, 2], [-1, -1], (24, 24, 8)),
        "branch": ("conv", [9, 9], [2, 2], [-3, -3], (24, 24, 8)),
        "sum": ("merge", [9, 9], [2, 2], [-3, -3], (24, 24, 8)),
        "half": ("pool", [11, 11], [4, 4], [-3, -3], (12, 12, 8)),
        "head": ("conv", [19, 19], [4, 4], [-7, -7], (12, 12, 12)),
    }
    assert [layer["activation"] for layer in model["layers"]] == [
        "relu",
        "linear",
        "relu",
        "",
        "relu",
    ]
    assert model["weights"]["trained"] is True
    assert model["weights"]["source"] == "file Fine tuned.keras"


def test_both_kinds_of_file_give_the_same_gallery(own: Own) -> None:
    """Every sheet, its numbers, the verdict and its maps, byte by byte."""
    first, second = (
        {
            path.relative_to(site / "sheets").as_posix(): path.read_bytes()
            for path in sorted((site / "sheets").rglob("*"))
            if path.is_file()
        }
        for site in own.sites.values()
    )
    assert first == second and len(first) > 40
    one, two = (_gallery(site)["models"][0] for site in own.sites.values())
    assert one["weights"]["sha256"] == two["weights"]["sha256"]
    assert one["layers"] == two["layers"]


def test_maps_are_those_of_the_trained_model(own: Own) -> None:
    """Asked of Keras, sub-model by sub-model; to half a grey step."""
    module = keras()
    middle = own.model.get_layer("middle")
    backbone = middle.get_layer("backbone")
    inner = module.Model(
        backbone.input,
        [backbone.get_layer(name).output for name in ("act", "branch_norm", "sum_act")],
    )
    fed = _fed(own)
    expected = dict(
        zip(("conv", "branch", "sum"), map(np.asarray, inner(fed, training=False)), strict=True)
    )
    expected["head"] = np.asarray(middle(fed, training=False))
    pooled = expected["sum"].reshape(3, 12, 2, 12, 2, 8).max(axis=(2, 4))
    expected["half"] = pooled
    assert expected["head"].max() > 0
    for layer, maps in expected.items():
        for stem, own_maps in zip(PHOTOGRAPHS, maps, strict=True):
            path = own.sites["keras"] / f"sheets/fine-tuned/{stem}/{layer}"
            facts = json.loads(path.with_name(f"{layer}.json").read_text())
            grey = read_png(path.with_name(f"{layer}.png").read_bytes()).astype(float)
            height, width = facts["tile_height"] + 1, facts["tile_width"] + 1
            for c, channel in enumerate(facts["channels"]):
                top, left = c // facts["columns"] * height, c % facts["columns"] * width
                tile = grey[top : top + height - 1, left : left + width - 1]
                step = (channel["high"] - channel["low"]) / 255
                apart = np.abs(channel["low"] + step * tile - own_maps[..., c]).max()
                assert apart <= 0.51 * step + 1e-6, (layer, stem, c)
                assert channel["high"] == pytest.approx(np.abs(own_maps[..., c]).max(), rel=1e-4)


def test_it_says_what_it_learned(own: Own) -> None:
    """The five best of six classes by their labels, with the model's own shares, on the page too.

    Four epochs of parts of these three photographs are enough to know them again.
    """
    shares = np.asarray(own.model(_fed(own), training=False))
    for number, (stem, share) in enumerate(zip(PHOTOGRAPHS, shares, strict=True)):
        folder = own.sites["keras"] / f"sheets/fine-tuned/{stem}/classes"
        verdict = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
        order = np.argsort(-share, kind="stable")[:5]
        answers = verdict["answers"]
        assert [answer["label"] for answer in answers] == [LABELS[c] for c in order]
        for answer, c in zip(answers, order, strict=True):
            assert answer["probability"] == pytest.approx(float(share[c]), rel=1e-3, abs=1e-6)
        assert share.argmax() < 3, f"{stem} ({number}) is taken for what was never shown"
        page = (own.sites["keras"] / f"images/{stem}/index.html").read_text(encoding="utf-8")
        assert all(LABELS[c] in page for c in order)


def test_its_evidence_is_gradcam_of_the_last_convolution(own: Own) -> None:
    """Behind a mean of each map the slope of a class's score is that class's own weights.

    So the map is the ReLU of the maps' sum, weighed by them, over the number of places.
    """
    module = keras()
    middle = own.model.get_layer("middle")
    maps = np.asarray(middle(_fed(own), training=False), dtype=np.float64)
    weights = own.model.get_layer("classes").get_weights()[0].astype(np.float64)
    assert module.backend.backend() == "tensorflow"
    for stem, own_maps in zip(PHOTOGRAPHS, maps, strict=True):
        folder = own.sites["keras"] / f"sheets/fine-tuned/{stem}/classes"
        verdict = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
        assert (verdict["layer"], verdict["height"], verdict["width"]) == ("head", 12, 12)
        drawn = [answer for answer in verdict["answers"] if answer["map"]]
        assert len(drawn) == 3
        for answer in drawn:
            heat = np.maximum(own_maps @ weights[:, answer["number"]], 0) / 144
            grey = read_png((folder / answer["map"]["file"]).read_bytes()).astype(np.float64)
            high = answer["map"]["high"]
            assert high == pytest.approx(heat.max(), rel=1e-3, abs=1e-6)
            assert np.abs(grey * high / 255 - heat).max() <= high / 255 * 0.55 + 1e-6
