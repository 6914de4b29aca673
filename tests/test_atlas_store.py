"""Which atlas a gallery shows: its owner's, else the shipped one, and never of other weights."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generator import contract
from generator.atlas import sheet, store
from generator.domain import (
    AtlasSheet,
    InputSpec,
    Layer,
    LayerKind,
    Model,
    Problem,
    Weights,
    Window,
)
from generator.encode import webp
from tests.atlas_examples import facts_of, pictured

IMAGENET = "d9a27cc1fc7f975ef8cff49180e794ccd7c4bc868ebb49740803b3bbaa8dbefd"
"""Identity of the weights that the shipped atlas was made on."""
OURS, OTHERS = "0123abcd" * 8, "fedc9876" * 8


def layer(name: str, channels: int, kind: LayerKind = "conv") -> Layer:
    return Layer(
        name=name,
        kind=kind,
        activation="relu",
        signed=False,
        block="block1",
        height=8,
        width=8,
        channels=channels,
        window=Window(3, 3, 1, 1, -1, -1),
        kernel=(3, 3),
        strides=(1, 1),
        parameters=0,
        multiply_adds=0,
    )


def model(name: str = "toy", weights: str = OURS) -> Model:
    """Two convolutions, of three and four channels, and a pool; of vgg16 its first two."""
    layers = (
        [layer("block1_conv1", 64), layer("block1_conv2", 64)]
        if name == "vgg16"
        else [layer("first", 3), layer("pool", 3, "pool"), layer("second", 4)]
    )
    return Model(
        id=name,
        title="Toy",
        weights=Weights("by hand", weights, trained=True),
        input=InputSpec(8, 8, fit="crop", preprocessing="none"),
        layers=tuple(layers),
    )


def write(folder: Path, name: str, channels: int, **others: Any) -> AtlasSheet:
    """A sheet as ``layerlight atlas`` leaves it, of pictures of noise."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(channels)
    data = webp(sheet.join(rng.integers(0, 256, (channels, 2, 3, 3), dtype=np.uint8), 2), 100)
    facts = facts_of(
        [pictured()] * channels,
        **{
            "layer": name,
            "weights": OURS,
            "file": f"{name}.webp",
            "sha256": hashlib.sha256(data).hexdigest(),
            **others,
        },
    )
    (folder / f"{name}.webp").write_bytes(data)
    (folder / f"{name}.json").write_text(contract.atlas_json(facts), encoding="utf-8")
    return facts


def both(folder: Path) -> tuple[AtlasSheet, AtlasSheet]:
    """The whole atlas of the toy."""
    return write(folder / "toy", "first", 3), write(folder / "toy", "second", 4)


def only_problem(problems: tuple[Problem, ...], source: str) -> str:
    """What is wrong with the one file that is left out, for its owner to read."""
    (problem,) = problems
    assert (problem.source, problem.stage) == (source, "atlas")
    assert "make it again with: layerlight atlas" in problem.message
    return problem.message


def test_an_owners_atlas_is_found(tmp_path: Path) -> None:
    """Layer by layer in network order, with the bytes of its sheets and numbers."""
    first, second = both(tmp_path)
    atlas, problems = store.find(tmp_path, model())
    assert problems == ()
    assert list(atlas.sheets) == ["first", "second"]
    assert atlas.sheets == {"first": first, "second": second}
    assert atlas.sheet("second") == (tmp_path / "toy/second.webp").read_bytes()
    assert atlas.facts("second") == (tmp_path / "toy/second.json").read_bytes()
    assert sheet.read(first, atlas.sheet("first")).shape == (3, 2, 3, 3)


def test_a_model_without_any_atlas_has_none(tmp_path: Path) -> None:
    """No folder, an empty one, and one with files of other things."""
    assert store.find(tmp_path / "missing", model()) == (store.NONE, ())
    (tmp_path / "toy").mkdir()
    assert store.find(tmp_path, model()) == (store.NONE, ())
    (tmp_path / "toy/atlas.json").write_text("{}")
    (tmp_path / "toy/notes.txt").write_text("mine")
    assert store.find(tmp_path, model()) == (store.NONE, ())
    assert store.NONE.sheets == {}


def test_a_layer_without_pictures_is_missing(tmp_path: Path) -> None:
    """That only one was made is no problem."""
    second = write(tmp_path / "toy", "second", 4)
    atlas, problems = store.find(tmp_path, model())
    assert problems == ()
    assert atlas.sheets == {"second": second}


def test_pools_have_no_pictures(tmp_path: Path) -> None:
    """A sheet of one is not looked at, nor is that of a layer which is not captured."""
    both(tmp_path)
    write(tmp_path / "toy", "pool", 3)
    (tmp_path / "toy/third.json").write_text("damaged")
    atlas, problems = store.find(tmp_path, model())
    assert problems == ()
    assert list(atlas.sheets) == ["first", "second"]


# -- Owner's or shipped


def test_what_is_shipped_is_found_where_the_owner_has_none(tmp_path: Path) -> None:
    """It fits VGG16's ImageNet weights, and comes with the package."""
    atlas, problems = store.find(tmp_path, model("vgg16", IMAGENET))
    assert problems == ()
    assert list(atlas.sheets) == ["block1_conv1", "block1_conv2"]
    assert set(atlas.folders.values()) == {store.shipped("vgg16")}
    data = atlas.sheet("block1_conv1")
    assert hashlib.sha256(data).hexdigest() == atlas.sheets["block1_conv1"].sha256


def test_the_owners_goes_before_the_shipped_one(tmp_path: Path) -> None:
    """Layer by layer: what the owner did not make is taken from the shipped one."""
    mine = write(tmp_path / "vgg16", "block1_conv2", 64, weights=IMAGENET)
    atlas, problems = store.find(tmp_path, model("vgg16", IMAGENET))
    assert problems == ()
    assert list(atlas.sheets) == ["block1_conv1", "block1_conv2"]
    assert atlas.sheets["block1_conv2"] == mine
    assert atlas.folders["block1_conv2"] == tmp_path / "vgg16"
    assert atlas.folders["block1_conv1"] == store.shipped("vgg16")


def test_an_owners_atlas_that_cannot_be_shown_is_not_replaced_by_the_shipped_one(
    tmp_path: Path,
) -> None:
    """It is said what is wrong with it, rather than shown what its owner did not make."""
    write(tmp_path / "vgg16", "block1_conv2", 64, weights=IMAGENET)
    (tmp_path / "vgg16/block1_conv2.webp").unlink()
    atlas, problems = store.find(tmp_path, model("vgg16", IMAGENET))
    assert list(atlas.sheets) == ["block1_conv1"]
    only_problem(problems, "vgg16/block1_conv2.json")


def test_the_shipped_atlas_of_other_weights_is_silently_left_out(tmp_path: Path) -> None:
    """Nobody chose it: somebody's own weights have no atlas, and that is no problem."""
    atlas, problems = store.find(tmp_path, model("vgg16", OTHERS))
    assert atlas.sheets == {}
    assert problems == ()


def test_an_owners_atlas_of_other_weights_is_refused_and_said_so(tmp_path: Path) -> None:
    """Both weights are named, by the digits that a reader sees elsewhere."""
    both(tmp_path)
    atlas, problems = store.find(tmp_path, model(weights=OTHERS))
    assert atlas.sheets == {}
    assert [p.source for p in problems] == ["toy/first.json", "toy/second.json"]
    for problem in problems:
        assert OTHERS[:8] in problem.message and OURS[:8] in problem.message
        assert "weights" in problem.message


# -- What is left out does not stop the other layers


def test_one_layer_of_other_weights_is_left_out_alone(tmp_path: Path) -> None:
    """The other was made again since."""
    write(tmp_path / "toy", "first", 3, weights=OTHERS)
    second = write(tmp_path / "toy", "second", 4)
    atlas, problems = store.find(tmp_path, model())
    assert atlas.sheets == {"second": second}
    assert "weights" in only_problem(problems, "toy/first.json")


def test_a_damaged_sheet_is_left_out(tmp_path: Path) -> None:
    """One bit of it is enough."""
    _, second = both(tmp_path)
    file = tmp_path / "toy/first.webp"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    atlas, problems = store.find(tmp_path, model())
    assert atlas.sheets == {"second": second}
    message = only_problem(problems, "toy/first.json")
    assert "first.webp" in message and "changed or damaged" in message


def test_a_sheet_that_is_missing_is_left_out(tmp_path: Path) -> None:
    """Its numbers alone show nothing; a folder in its place does not either."""
    _, second = both(tmp_path)
    (tmp_path / "toy/first.webp").unlink()
    for _ in range(2):
        atlas, problems = store.find(tmp_path, model())
        assert atlas.sheets == {"second": second}
        assert "first.webp" in only_problem(problems, "toy/first.json")
        (tmp_path / "toy/first.webp").mkdir(exist_ok=True)


@pytest.mark.parametrize(
    "text",
    ["", "{", "{}", "[]", "null", "7", '"text"', '{"schema": 1}', '{"schema": 2}', "\0\0"],
)
def test_json_of_something_else_is_left_out(tmp_path: Path, text: str) -> None:
    """Damaged, empty, of a later schema, or nothing of ours."""
    _, second = both(tmp_path)
    (tmp_path / "toy/first.json").write_text(text, encoding="utf-8")
    atlas, problems = store.find(tmp_path, model())
    assert atlas.sheets == {"second": second}
    assert "damaged or something else" in only_problem(problems, "toy/first.json")


def test_json_that_is_not_text_is_left_out(tmp_path: Path) -> None:
    """Bytes that are no UTF-8."""
    _, second = both(tmp_path)
    (tmp_path / "toy/first.json").write_bytes(b'{"schema": 1, "model": "\xff\xfe"}')
    atlas, problems = store.find(tmp_path, model())
    assert atlas.sheets == {"second": second}
    only_problem(problems, "toy/first.json")


@pytest.mark.parametrize(
    "name", ["../secret.webp", "second.webp", "/etc/passwd", "", ".", "x/../first.webp"]
)
def test_a_name_that_is_not_the_layers_own_is_refused(tmp_path: Path, name: str) -> None:
    """No file but the one beside the numbers is ever read, though its checksum be right."""
    first, second = both(tmp_path)
    data = (tmp_path / "toy/first.webp").read_bytes()
    (tmp_path / "secret.webp").write_bytes(data)
    facts = replace(first, file=name)
    (tmp_path / "toy/first.json").write_text(contract.atlas_json(facts), encoding="utf-8")
    atlas, problems = store.find(tmp_path, model())
    assert atlas.sheets == {"second": second}
    message = only_problem(problems, "toy/first.json")
    assert "first.webp" in message and repr(name) in message


@pytest.mark.parametrize("channels", [0, 2, 4])
def test_another_number_of_channels_is_refused(tmp_path: Path, channels: int) -> None:
    """The message tells both."""
    second = write(tmp_path / "toy", "second", 4)
    first = write(tmp_path / "toy", "first", 3)
    facts = replace(first, channels=(pictured(),) * channels)
    (tmp_path / "toy/first.json").write_text(contract.atlas_json(facts), encoding="utf-8")
    atlas, problems = store.find(tmp_path, model())
    assert atlas.sheets == {"second": second}
    message = only_problem(problems, "toy/first.json")
    assert "3 channels" in message and str(channels) in message


def test_the_numbers_of_another_layer_are_refused(tmp_path: Path) -> None:
    """Copied under a wrong name, they would speak of other channels."""
    _, second = both(tmp_path)
    text = contract.atlas_json(replace(second, channels=second.channels[:3]))
    (tmp_path / "toy/first.json").write_text(text, encoding="utf-8")
    atlas, problems = store.find(tmp_path, model())
    assert list(atlas.sheets) == ["second"]
    assert "second" in only_problem(problems, "toy/first.json")


def test_no_message_names_a_place_on_this_machine(tmp_path: Path) -> None:
    """They are written into the gallery."""
    first, _ = both(tmp_path)
    (tmp_path / "toy/second.webp").unlink()
    (tmp_path / "toy/first.json").write_text(json.dumps({"schema": 1}), encoding="utf-8")
    _, problems = store.find(tmp_path, model())
    assert len(problems) == 2
    assert first.weights == OURS
    assert not any(str(tmp_path) in p.message + p.source for p in problems)


def test_a_sheet_that_goes_after_it_was_found_is_an_error(tmp_path: Path) -> None:
    """Of the operating system, not a picture of nothing."""
    both(tmp_path)
    atlas, _ = store.find(tmp_path, model())
    (tmp_path / "toy/first.webp").unlink()
    with pytest.raises(OSError):
        atlas.sheet("first")
