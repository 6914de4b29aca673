"""Atlases are made on the real network's first layer, and on small ones that make trouble."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from generator import models
from generator.atlas_making import (
    ATTEMPTS,
    Photographed,
    Report,
    Wish,
    make,
    photographed,
)
from generator.errors import AtlasError, OutputError, UsageError
from generator.models import backend
from tests.onnx_reference import OnnxVGG16

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

LAYER = "block1_conv1"
SIDE = 32
NONE = Photographed((), {})


# -- What the tests share


@pytest.fixture(scope="module")
def network() -> models.Network:
    """VGG16's first block, on the real weights."""
    return models.load(layers=("block1_*",))


@pytest.fixture(scope="module")
def onnx() -> OnnxVGG16:
    return OnnxVGG16()


@pytest.fixture(scope="module")
def photographs(network: models.Network, small_inputs: Path) -> Photographed:
    """Three images of the project that went through the network."""
    return photographed(network, small_inputs)


class Counted:
    """Remembers what it is told, and stops the work where it is asked to, as Ctrl-C does."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.told: list[tuple[int, int, str]] = []
        self.shares: list[float] = []
        self._stop_at = stop_at

    def pictures(self, done: int, total: int, layer: str, share: float) -> None:
        self.told.append((done, total, layer))
        self.shares.append(share)
        if done == self._stop_at:
            raise KeyboardInterrupt


def wish(folder: Path, channels: Sequence[int] | None = None, **others: Any) -> Wish:
    """Few steps in float32: enough to be seen, and the same on any machine."""
    facts: dict[str, Any] = {"layers": (LAYER,), "steps": 4, "precision": "float32"}
    chosen = None if channels is None else tuple(channels)
    return Wish(folder=folder, channels=chosen, **(facts | others))


def written(folder: Path, layer: str = LAYER, model: str = "vgg16") -> dict[str, Any]:
    data: dict[str, Any] = json.loads((folder / model / f"{layer}.json").read_bytes())
    return data


def read_summary(folder: Path) -> dict[str, Any]:
    """What ``atlas.json`` says."""
    found: dict[str, Any] = json.loads((folder / "atlas.json").read_text("utf-8"))
    return found


def sheet_bytes(folder: Path, layer: str = LAYER) -> tuple[bytes, bytes]:
    """Sheet and numbers."""
    own = folder / "vgg16"
    return (own / f"{layer}.webp").read_bytes(), (own / f"{layer}.json").read_bytes()


def decoded(folder: Path, layer: str = LAYER, model: str = "vgg16") -> dict[int, Pixels]:
    """The pictures by channel, cut out of the sheet with Pillow; those that there are."""
    facts = written(folder, layer, model)
    high, wide = facts["tile_height"], facts["tile_width"]
    with Image.open(folder / model / facts["file"]) as opened:
        assert opened.size == (facts["columns"] * wide, facts["rows"] * high)
        whole = opened.convert("RGB")
    found = {}
    for channel, entry in enumerate(facts["channels"]):
        down, across = divmod(channel, facts["columns"])
        box = (across * wide, down * high, (across + 1) * wide, (down + 1) * high)
        tile = np.asarray(whole.crop(box))
        if entry is None:
            # A lossy WebP lets a tile's neighbours bleed into it.
            off = float(np.abs(tile.astype(int) - 128).mean())
            assert off < 4, f"channel {channel}: expected plain grey"
        else:
            found[channel] = tile
    return found


def part_files(folder: Path) -> dict[str, int]:
    """The batches kept so far, and when each was written."""
    return {
        file.relative_to(folder).as_posix(): file.stat().st_mtime_ns
        for file in folder.rglob("*.png")
    }


def is_wholly_finished(folder: Path, model: str = "vgg16") -> bool:
    """Nothing but sheets, numbers and the summary: no part, no half of a file."""
    files = [p.name for p in (folder / model).rglob("*")]
    return all(name.endswith((".webp", ".json")) for name in files)


# -- What is made does what it is for


@pytest.fixture(scope="module")
def made(
    network: models.Network, photographs: Photographed, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Twelve pictures that are not far from finished, in a lossy WebP. Look, never change."""
    folder = tmp_path_factory.mktemp("atlas")
    report = make(
        network,
        wish(folder, range(0, 60, 5), steps=24, quality=60),
        photographs,
    )
    assert not report.failed
    return folder


def test_pictures_excite_their_channels_more_than_noise(made: Path, onnx: OnnxVGG16) -> None:
    """ONNX Runtime's mean of the channel: on its picture, and on the best of sixteen noises."""
    rng = np.random.default_rng(6)
    noises = rng.integers(0, 256, (16, SIDE, SIDE, 3), dtype=np.uint8)
    by_noise = np.max([onnx.run(one)[LAYER].mean(axis=(0, 1)) for one in noises], axis=0)
    pictures = decoded(made)
    assert list(pictures) == list(range(0, 60, 5))
    better = [
        onnx.run(tile)[LAYER][..., channel].mean() > 1.2 * by_noise[channel]
        for channel, tile in pictures.items()
    ]
    assert all(better), better


def test_the_numbers_are_onnx_runtimes_on_the_decoded_pictures(made: Path, onnx: OnnxVGG16) -> None:
    """Mean and peak of each channel on its picture as it comes out of the lossy WebP."""
    facts = written(made)
    for channel, tile in decoded(made).items():
        own = onnx.run(tile)[LAYER][..., channel]
        # Both sum in single precision, each in an order of its own.
        assert facts["channels"][channel]["mean"] == pytest.approx(own.mean(), rel=1e-3)
        assert facts["channels"][channel]["peak"] == pytest.approx(own.max(), rel=1e-3)


def test_photographs_are_measured_as_onnx_runtime_measures_them(
    made: Path, onnx: OnnxVGG16, small_inputs: Path
) -> None:
    """The best mean and the largest value of each channel on three images, cropped on their own.

    And from mean and deviation over all their positions, in a plain loop, its place among the
    layer's channels on its picture.
    """
    files = sorted(f for f in small_inputs.iterdir() if f.suffix != ".md")
    maps = [onnx.run(file)[LAYER].astype(np.float64) for file in files]
    positions = np.concatenate([one.reshape(-1, 64) for one in maps])
    mean, spread = positions.mean(axis=0), positions.std(axis=0)
    facts = written(made)
    assert facts["photographs"] == [hashlib.sha256(f.read_bytes()).hexdigest() for f in files]
    for channel, tile in decoded(made).items():
        entry = facts["channels"][channel]
        means = max(one[..., channel].mean() for one in maps)
        peaks = max(one[..., channel].max() for one in maps)
        assert entry["photograph_mean"] == pytest.approx(means, rel=1e-3)
        assert entry["photograph_peak"] == pytest.approx(peaks, rel=1e-3)
        answers = onnx.run(tile)[LAYER].mean(axis=(0, 1))
        above = [(answers[c] - mean[c]) / max(spread[c], 1e-3 * spread.max()) for c in range(64)]
        assert entry["rank"] == 1 + sum(value > above[channel] for value in above)


def test_what_failed_is_tried_again_with_another_seed_and_more_steps(
    network: models.Network, photographs: Photographed, tmp_path: Path
) -> None:
    """Six steps are not enough for some; twelve or twenty-four are, and the record says which.

    Those that fail to the end keep their best picture, and are named.
    """
    report = make(network, wish(tmp_path, range(8), steps=6), photographs)
    facts = written(tmp_path)
    attempts = facts["made"]["attempts"]
    assert len(attempts) == ATTEMPTS == 3
    assert [a["seed"] for a in attempts] == [0, 1, 2]
    assert [sum(o["steps"] for o in a["octaves"]) for a in attempts] == [6, 12, 24]
    entries = facts["channels"][:8]
    failing = [c for c, e in enumerate(entries) if e["mean"] <= e["photograph_mean"]]
    retried = [c for c, e in enumerate(entries) if e["attempt"] > 0]
    assert set(retried) - set(failing), "expected a channel that a further attempt has saved"
    assert report.shares[LAYER].failures == tuple(failing)
    assert report.shares[LAYER].above == 8 - len(failing)


def test_without_photographs_pictures_are_measured_against_nothing(
    network: models.Network, tmp_path: Path
) -> None:
    """One attempt, no rank, and zeros in the place of photographs; the means are there."""
    make(network, wish(tmp_path, range(4)), NONE)
    facts = written(tmp_path)
    assert facts["photographs"] == []
    for entry in facts["channels"][:4]:
        assert entry["mean"] > 0 and entry["peak"] > 0
        against = [entry[k] for k in ("rank", "photograph_mean", "photograph_peak", "attempt")]
        assert against == [0, 0, 0, 0]


def test_the_photographs_are_the_first_that_can_be_used(
    network: models.Network, small_inputs: Path, tmp_path: Path
) -> None:
    """A damaged file is passed over; no folder, or an empty one, has none."""
    for name in ("b.png", "c.png"):
        Image.effect_noise((60, 50), 90).convert("RGB").save(tmp_path / name)
    (tmp_path / "a.png").write_bytes(b"no picture")
    hashes = [hashlib.sha256((tmp_path / f"{n}.png").read_bytes()).hexdigest() for n in "bc"]
    assert photographed(network, tmp_path).sha256 == tuple(hashes)
    only = photographed(network, tmp_path, 1)
    assert only.sha256 == (hashes[0],)
    assert list(only.layers) == [layer.name for layer in network.spec.layers]
    empty = tmp_path / "empty"
    assert photographed(network, empty) == NONE
    empty.mkdir()
    assert photographed(network, empty) == NONE


# -- A run may end at any moment


def test_a_run_that_was_killed_goes_on_where_it_was(
    network: models.Network, photographs: Photographed, tmp_path: Path
) -> None:
    """Sheet and numbers are, byte for byte, those of a run that nobody disturbed.

    Twenty channels are three batches; after two of them comes Ctrl-C. Those are not made again.
    """
    unbroken, broken = tmp_path / "unbroken", tmp_path / "broken"
    make(network, wish(unbroken, range(20), steps=2), photographs)
    with pytest.raises(KeyboardInterrupt):
        make(network, wish(broken, range(20), steps=2), photographs, Counted(stop_at=16))
    assert not (broken / "vgg16" / f"{LAYER}.webp").exists()
    assert not (broken / "vgg16" / f"{LAYER}.json").exists()
    before = part_files(broken)
    assert len(before) == 2

    counted = Counted()
    make(network, wish(broken, range(20), keep=True, steps=2), photographs, counted)
    after = part_files(broken)
    assert {name: after[name] for name in before} == before, "a batch was made again"
    assert counted.told == [(8, 20, LAYER), (16, 20, LAYER), (20, 20, LAYER)]
    assert counted.shares == pytest.approx([0.4, 0.8, 1])
    assert sheet_bytes(broken) == sheet_bytes(unbroken)


def test_a_batch_that_is_there_is_taken_as_it_is(network: models.Network, tmp_path: Path) -> None:
    """What lies in its file comes into the sheet; a damaged one is made again."""
    plain, changed = tmp_path / "plain", tmp_path / "changed"
    make(network, wish(plain, range(16)), NONE)
    with pytest.raises(KeyboardInterrupt):
        make(network, wish(changed, range(16)), NONE, Counted(stop_at=16))
    first, second = sorted(changed.rglob("*.png"))
    assert first.name.startswith("0-1-")
    with Image.open(first) as opened:
        size = opened.size
    buffer = io.BytesIO()
    Image.new("RGB", size, (200, 10, 60)).save(buffer, "PNG")
    first.write_bytes(buffer.getvalue())
    second.write_bytes(second.read_bytes()[:-200])
    make(network, wish(changed, range(16)), NONE)
    pictures, untouched = decoded(changed), decoded(plain)
    for channel in range(16):
        if channel < 8:
            assert (pictures[channel] == (200, 10, 60)).all()
        else:
            assert np.array_equal(pictures[channel], untouched[channel])


def test_parts_are_gone_when_the_sheet_is_made(
    network: models.Network, photographs: Photographed, tmp_path: Path
) -> None:
    """Those of all attempts; they stay where that is asked for, and are then used."""
    make(network, wish(tmp_path / "a", range(9), steps=2), photographs)
    assert is_wholly_finished(tmp_path / "a")
    make(network, wish(tmp_path / "b", range(9), steps=2, keep=True), photographs)
    parts = part_files(tmp_path / "b")
    assert len(parts) >= 2
    assert sheet_bytes(tmp_path / "a") == sheet_bytes(tmp_path / "b")
    (tmp_path / "b/vgg16" / f"{LAYER}.json").unlink()
    make(network, wish(tmp_path / "b", range(9), steps=2, keep=True), photographs)
    assert part_files(tmp_path / "b") == parts
    assert sheet_bytes(tmp_path / "a") == sheet_bytes(tmp_path / "b")


def test_a_picture_does_not_depend_on_its_company(network: models.Network, tmp_path: Path) -> None:
    """Channel 5 alone, and among seven others: the same picture, but for rounding."""
    make(network, wish(tmp_path / "alone", [5]), NONE)
    make(network, wish(tmp_path / "among", range(2, 10)), NONE)
    alone, among = decoded(tmp_path / "alone")[5], decoded(tmp_path / "among")[5]
    assert np.abs(alone.astype(int) - among).max() <= 1


# -- A second run


def test_a_second_run_makes_nothing(
    network: models.Network, photographs: Photographed, tmp_path: Path
) -> None:
    """It finds the pictures, says so, and leaves their files alone."""
    first = make(network, wish(tmp_path, range(3)), photographs)
    assert first.kept == ()
    files = [tmp_path / "vgg16" / f"{LAYER}{ending}" for ending in (".webp", ".json")]
    before = [(f.read_bytes(), f.stat().st_mtime_ns) for f in files]
    counted = Counted()
    second = make(network, wish(tmp_path, range(3)), photographs, counted)
    assert second.kept == (LAYER,)
    assert second.shares == first.shares
    assert second.bytes == first.bytes == len(before[0][0])
    assert counted.told == [(3, 3, LAYER)]
    assert [(f.read_bytes(), f.stat().st_mtime_ns) for f in files] == before
    assert is_wholly_finished(tmp_path)


@pytest.mark.parametrize("what", ["steps", "seed", "quality"])
def test_a_run_with_other_wishes_replaces_pictures_only_if_told_to(
    network: models.Network, tmp_path: Path, what: str
) -> None:
    """Pictures made with other settings may be better: refused, unless forced."""
    make(network, wish(tmp_path, range(2)), NONE)
    before = sheet_bytes(tmp_path)
    with pytest.raises(AtlasError, match=f"{LAYER}: .* other settings; .*--force"):
        make(network, wish(tmp_path, range(2), **{what: 5}), NONE)
    assert sheet_bytes(tmp_path) == before
    report = make(network, wish(tmp_path, range(2), force=True, **{what: 5}), NONE)
    assert report.kept == ()
    assert sheet_bytes(tmp_path) != before


def test_a_sheet_that_was_damaged_is_made_again(network: models.Network, tmp_path: Path) -> None:
    """To the same bytes."""
    make(network, wish(tmp_path, range(2)), NONE)
    before = sheet_bytes(tmp_path)
    (tmp_path / "vgg16" / f"{LAYER}.webp").write_bytes(before[0][:-9])
    assert make(network, wish(tmp_path, range(2)), NONE).kept == ()
    assert sheet_bytes(tmp_path) == before


def test_other_photographs_measure_the_same_pictures_anew(
    network: models.Network, photographs: Photographed, tmp_path: Path
) -> None:
    """No picture is made again: another image in the inputs folder costs seconds, not an hour."""
    make(network, wish(tmp_path / "one", range(2)), NONE)
    picture = sheet_bytes(tmp_path / "one")[0]
    report = make(network, wish(tmp_path / "one", range(2)), photographs)
    assert report.kept == (LAYER,)
    assert sheet_bytes(tmp_path / "one")[0] == picture
    make(network, wish(tmp_path / "two", range(2)), photographs)
    again, straight = written(tmp_path / "one"), written(tmp_path / "two")
    assert again["photographs"] == straight["photographs"] == list(photographs.sha256)
    for own, other in zip(again["channels"][:2], straight["channels"][:2], strict=True):
        assert own["photograph_mean"] == other["photograph_mean"]


def test_a_sheet_loses_no_picture_unless_told_to(network: models.Network, tmp_path: Path) -> None:
    """Three of four channels, or three others, would drop some: refused, and nothing changes.

    More of them are welcome.
    """
    make(network, wish(tmp_path, range(4)), NONE)
    before = sheet_bytes(tmp_path)
    for channels, lost in (((0, 1, 3), 1), ((3, 4, 5), 3)):
        with pytest.raises(AtlasError, match=f"{LAYER}: .* but {lost} of .*--force"):
            make(network, wish(tmp_path, channels), NONE)
        assert sheet_bytes(tmp_path) == before
    make(network, wish(tmp_path, range(6)), NONE)
    assert list(decoded(tmp_path)) == [0, 1, 2, 3, 4, 5]
    make(network, wish(tmp_path, (0, 2), force=True), NONE)
    assert list(decoded(tmp_path)) == [0, 2]
    assert read_summary(tmp_path / "vgg16")["layers"][LAYER]["pictures"] == 2


def test_the_summary_counts_what_the_folder_holds(
    network: models.Network, photographs: Photographed, tmp_path: Path
) -> None:
    """Also what an earlier run made, in network order; not what belongs to other weights."""
    make(network, wish(tmp_path, range(2), layers=("block1_conv2",)), photographs)
    make(network, wish(tmp_path, range(3)), photographs)
    foreign = written(tmp_path) | {"layer": "block1_conv2", "weights": "0" * 64}
    (tmp_path / "vgg16/other.json").write_text(json.dumps(foreign), encoding="utf-8")
    (tmp_path / "vgg16/notes.json").write_text("[]", encoding="utf-8")
    make(network, wish(tmp_path, range(3)), photographs)
    summary = read_summary(tmp_path / "vgg16")
    assert summary["weights"]["sha256"] == network.spec.weights.sha256
    assert list(summary["layers"]) == [LAYER, "block1_conv2"]
    for layer, count in ((LAYER, 3), ("block1_conv2", 2)):
        own = [c for c in written(tmp_path, layer)["channels"] if c]
        share = summary["layers"][layer]
        assert (share["channels"], share["pictures"]) == (64, len(own)) == (64, count)
        assert share["above"] == sum(c["mean"] > c["photograph_mean"] for c in own)
        assert share["above_peak"] == sum(c["peak"] > c["photograph_peak"] for c in own)
        assert share["top"] == sum(c["rank"] <= 10 for c in own)


# -- What cannot be made


@pytest.mark.parametrize("channels", [(64,), (0, 1, 99), (-1,)])
def test_a_channel_that_the_layer_does_not_have_is_refused(
    network: models.Network, tmp_path: Path, channels: tuple[int, ...]
) -> None:
    """Before anything is made; the message tells which there are."""
    with pytest.raises(UsageError, match=rf"{LAYER}: .* 0 to 63, got {channels[-1]};"):
        make(network, wish(tmp_path / "new", channels), NONE)
    assert not (tmp_path / "new").exists()


def test_a_folder_that_cannot_be_written_is_refused(
    network: models.Network, tmp_path: Path
) -> None:
    """A file is in its place; the message says what to do."""
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(OutputError, match="--folder"):
        make(network, wish(tmp_path / "taken", [0]), NONE)
    assert (tmp_path / "taken").read_text() == "mine"


def wrapped(model: Any, names: Sequence[str]) -> models.Network:
    """A Keras model as a network whose convolutions ``names`` are captured."""
    return models.wrap(model, layers=names, trained=False)


def chained(
    between: Callable[[Any], Any], name: str, size: tuple[int, int] = (16, 16), colours: int = 3
) -> Any:
    """A convolution "first", something between, and a convolution "second"."""
    keras = backend.keras()
    keras.utils.set_random_seed(4)
    make_layer = keras.layers.Conv2D
    image = keras.layers.Input((*size, colours))
    same = {"padding": "same", "activation": "relu"}
    first = make_layer(4, 3, name="first", **same)(image)
    second = make_layer(5, 3, name="second", **same)(between(first))
    return keras.Model(image, [first, second], name=name)


def made_of(network: models.Network, folder: Path, *layers: str) -> Report:
    return make(network, wish(folder, layers=layers), NONE)


def test_a_layer_of_numbers_that_are_none_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    """Weights of NaN in the first of two branches: it has no sheet, what to do is said."""
    keras = backend.keras()
    image = keras.layers.Input((16, 16, 3))
    bad = keras.layers.Conv2D(4, 3, name="bad")(image)
    good = keras.layers.Conv2D(4, 3, activation="relu", name="good")(image)
    model = keras.Model(image, [bad, good], name="small")
    kernel, bias = model.get_layer("bad").get_weights()
    model.get_layer("bad").set_weights([np.full_like(kernel, np.nan), bias])
    report = made_of(wrapped(model, ["bad", "good"]), tmp_path, "bad", "good")
    assert list(report.failed) == ["bad"]
    assert "not finite" in report.failed["bad"]
    assert list(report.shares) == ["good"]
    assert len(decoded(tmp_path, "good", "small")) == 4
    assert not (tmp_path / "small/bad.json").exists()
    assert not (tmp_path / "small/bad.webp").exists()
    assert list(read_summary(tmp_path / "small")["layers"]) == ["good"]


def test_a_layer_without_a_slope_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    """What lies behind a rounding cannot be climbed. One sentence says so, without a trace."""
    network = wrapped(chained(backend.keras().ops.round, "small"), ["first", "second"])
    report = made_of(network, tmp_path, "first", "second")
    assert list(report.failed) == ["second"]
    assert report.failed["second"].startswith("second: expected a layer whose values have a slope")
    assert "\n" not in report.failed["second"]
    assert len(decoded(tmp_path, "first", "small")) == 4


def test_a_network_of_grey_images_is_refused(tmp_path: Path) -> None:
    """Pictures are in colour; nothing is left behind but a folder."""
    network = wrapped(chained(lambda x: x, "grey", colours=1), ["first"])
    with pytest.raises(AtlasError, match=r"3 input channels.* takes 1"):
        made_of(network, tmp_path, "first")
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_a_network_of_one_size_has_pictures_of_that_size(tmp_path: Path) -> None:
    """Its dense layer takes 12 x 10 pixels and no others; mean and peak are Keras's own."""
    keras = backend.keras()
    keras.utils.set_random_seed(5)

    def fixed(maps: Any) -> Any:
        dense = keras.layers.Dense(6 * 5 * 2)(keras.layers.Flatten()(maps))
        return keras.layers.Reshape((6, 5, 2))(dense)

    model = chained(fixed, "small", size=(12, 10))
    report = made_of(wrapped(model, ["first", "second"]), tmp_path, "second")
    assert not report.failed
    facts = written(tmp_path, "second", "small")
    assert (facts["tile_height"], facts["tile_width"]) == (12, 10)
    pictures = decoded(tmp_path, "second", "small")
    assert list(pictures) == [0, 1, 2, 3, 4]
    for channel, tile in pictures.items():
        maps = np.asarray(model(tile[None].astype(np.float32))[1])[0, ..., channel]
        entry = facts["channels"][channel]
        assert entry["mean"] == pytest.approx(maps.mean(), rel=1e-3, abs=1e-5)
        assert entry["peak"] == pytest.approx(maps.max(), rel=1e-3, abs=1e-5)
        assert np.ptp(tile) > 0


def test_a_network_that_takes_any_size_has_pictures_of_the_layers_size(tmp_path: Path) -> None:
    """Its own 16 x 16 pixels do not count: a window of 3 pixels has a picture of 32."""
    made_of(wrapped(chained(lambda x: x, "small"), ["first", "second"]), tmp_path, "second")
    facts = written(tmp_path, "second", "small")
    assert (facts["tile_height"], facts["tile_width"]) == (32, 32)


def test_a_picture_may_be_asked_for_in_another_size(
    network: models.Network, tmp_path: Path
) -> None:
    """48 pixels, over two octaves, in a lossy WebP."""
    make(network, wish(tmp_path, [1], side=48), NONE)
    facts = written(tmp_path)
    assert (facts["tile_height"], facts["tile_width"]) == (48, 48)
    octaves = facts["made"]["attempts"][0]["octaves"]
    assert [(o["height"], o["steps"]) for o in octaves] == [(32, 2), (48, 2)]
    assert facts["made"]["quality"] < 100
    assert decoded(tmp_path)[1].shape == (48, 48, 3)
