"""Exact activations as numbers: against ONNX Runtime, as .npz and as .csv, and what is refused."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from typer.testing import CliRunner

from generator import decode_apart
from generator import export as exports
from generator.cli import app
from generator.config import Config
from generator.domain import InputSpec
from generator.errors import InputsError, OutputError, UsageError
from generator.export import Export, export, parse_channels
from tests.input_folders import BLUE, photo
from tests.onnx_reference import LAYERS, OnnxVGG16
from tests.small_networks import maps_of, plain, saved

Arrays = dict[str, NDArray[Any]]


def _arrays(path: Path) -> Arrays:
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


@pytest.fixture(scope="module")
def whole(
    small_inputs: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Export, Arrays, Path]:
    """Two photographs, every layer."""
    path = tmp_path_factory.mktemp("export") / "whole.npz"
    done = export(Config(inputs=small_inputs), ["coffee", "chelsea.jpg"], output=path)
    return done, _arrays(path), path


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """Three small images, two of one name."""
    folder = tmp_path / "inputs"
    photo(folder / "red.png")
    photo(folder / "blue.png", BLUE)
    photo(folder / "more" / "blue.png", BLUE)
    return folder


def _small(inputs: Path, *layers: str) -> Config:
    return Config(inputs=inputs, layers=layers or ("block1_*",), size=(32, 64))


# -- Numbers


@pytest.mark.parametrize("image", ["chelsea", "coffee"])
def test_the_values_are_onnx_runtimes(
    whole: tuple[Export, Arrays, Path], small_inputs: Path, image: str
) -> None:
    """Every one of every layer, within 1e-4 of the layer's maximum; the pixels beside them."""
    _, arrays, _ = whole
    expected = OnnxVGG16().run(small_inputs / f"{image}.jpg")
    for layer in LAYERS:
        own = arrays[f"{image}/{layer}"]
        assert own.dtype == np.float32
        assert own.shape == expected[layer].shape
        assert np.abs(own - expected[layer]).max() <= 1e-4 * expected[layer].max(), layer
    assert arrays[f"{image}/input"].shape == (224, 224, 3)
    assert arrays[f"{image}/input"].dtype == np.uint8


def test_an_archive_holds_what_it_says_and_no_more(whole: tuple[Export, Arrays, Path]) -> None:
    """Its facts are those of the arrays, which stand in the gallery's order."""
    done, arrays, path = whole
    assert list(arrays) == [f"{i}/{n}" for i in ("chelsea", "coffee") for n in ("input", *LAYERS)]
    assert (done.images, done.layers, done.problems) == (2, 18, ())
    assert done.values == sum(a.size for name, a in arrays.items() if not name.endswith("input"))
    assert done.bytes == path.stat().st_size


def test_the_values_are_those_of_the_gallery(
    site: Path, whole: tuple[Export, Arrays, Path]
) -> None:
    """A sheet's peaks are found at their places, but for how another processor rounds."""
    _, arrays, _ = whole
    for layer in ("block1_conv1", "block3_conv3", "block5_pool"):
        text = (site / "sheets" / "vgg16" / "chelsea" / f"{layer}.json").read_bytes()
        for c, channel in enumerate(json.loads(text)["channels"]):
            for row, column, value in channel["peaks"]:
                assert arrays[f"chelsea/{layer}"][row, column, c] == pytest.approx(value, rel=1e-5)


def test_channels_are_chosen_in_the_order_asked_for(inputs: Path, tmp_path: Path) -> None:
    """The same values as without a choice, and the choice beside them."""
    everything, some = tmp_path / "all.npz", tmp_path / "some.npz"
    export(_small(inputs), ["red"], output=everything)
    export(_small(inputs), ["red"], channels=(40, 3), output=some)
    arrays, chosen = _arrays(everything), _arrays(some)
    assert "channels" not in arrays
    assert chosen["channels"].tolist() == [40, 3]
    assert arrays["red/block1_conv1"].shape == (32, 64, 64)
    for layer in ("block1_conv1", "block1_conv2", "block1_pool"):
        assert np.array_equal(chosen[f"red/{layer}"], arrays[f"red/{layer}"][..., [40, 3]])


def test_a_csv_reads_back_as_the_same_float32(inputs: Path, tmp_path: Path) -> None:
    """A line a value: image, layer, channel, row, column; rows of a map in order."""
    config = _small(inputs, "block1_pool", "block2_conv1")
    export(config, ["red", "more/blue.png"], channels=(7, 0), output=tmp_path / "a.npz")
    done = export(config, ["red", "more/blue.png"], channels=(7, 0), output=tmp_path / "a.csv")
    arrays = _arrays(tmp_path / "a.npz")
    data = (tmp_path / "a.csv").read_bytes()
    assert data.startswith(b"image,layer,channel,row,column,value\n")
    assert b"\r" not in data
    lines = list(csv.DictReader(data.decode("utf-8").splitlines()))
    assert len(lines) == done.values == 2 * 2 * 16 * 32 * 2
    for line in lines:
        map_ = arrays[f"{line['image']}/{line['layer']}"]
        index = (7, 0).index(int(line["channel"]))
        value = map_[int(line["row"]), int(line["column"]), index]
        assert np.float32(line["value"]) == value
    places = [(line["image"], line["layer"], line["channel"]) for line in lines]
    assert list(dict.fromkeys(places)) == [
        (image, layer, channel)
        for image in ("more-blue", "red")
        for layer in ("block1_pool", "block2_conv1")
        for channel in ("7", "0")
    ]


@pytest.mark.parametrize("suffix", [".npz", ".csv"])
def test_the_same_images_are_the_same_bytes(inputs: Path, tmp_path: Path, suffix: str) -> None:
    """At whatever time, and whatever was there before."""
    first, second = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    config = _small(inputs, "block1_pool")
    export(config, ["red"], output=first)
    export(config, everything=True, output=second)
    assert first.read_bytes() != second.read_bytes()
    export(config, ["red"], output=second)
    assert first.read_bytes() == second.read_bytes()


# -- Choosing images


@pytest.mark.parametrize(
    ("names", "ids"),
    [
        (["red"], ["red"]),
        (["red.png", "red"], ["red"]),
        (["blue"], ["blue"]),  # an id goes before a name
        (["more/blue"], ["more-blue"]),
        (["more/blue.png", "red"], ["more-blue", "red"]),
        (["blue.png"], ["blue"]),  # and not more/blue.png
    ],
)
def test_an_image_goes_by_its_id_or_its_name(
    inputs: Path, tmp_path: Path, names: list[str], ids: list[str]
) -> None:
    """With or without folder and suffix; each once, in the gallery's order."""
    export(_small(inputs, "block1_pool"), names, output=tmp_path / "a.npz")
    assert [n.split("/")[0] for n in _arrays(tmp_path / "a.npz") if n.endswith("input")] == ids


@pytest.mark.parametrize(
    ("names", "everything", "said"),
    [
        ([], False, "There are: blue, more-blue, red"),
        (["red"], True, "either images or --all"),
        (["rde"], False, "Did you mean red?"),
        (["zzzz"], False, "There are: blue"),
    ],
)
def test_what_is_no_image_is_refused_with_what_there_is(
    inputs: Path, tmp_path: Path, names: list[str], everything: bool, said: str
) -> None:
    """Before any network is loaded."""
    with pytest.raises(UsageError) as caught:
        export(_small(inputs), names, everything=everything, output=tmp_path / "a.npz")
    assert said in str(caught.value)
    assert not (tmp_path / "a.npz").exists()


# -- Refusals


@pytest.mark.parametrize("text", ["", ",", "a", "1;2", "-1", "1.5", "³"])
def test_channels_are_whole_numbers(text: str) -> None:
    """Separated by commas, each once."""
    assert parse_channels("187, 93,187") == (187, 93)
    with pytest.raises(UsageError, match="expected whole numbers"):
        parse_channels(text)


def test_a_channel_that_a_layer_lacks_is_named(inputs: Path, tmp_path: Path) -> None:
    """With the layer and how many it has: 64 in block 1, 128 in block 2."""
    config = _small(inputs, "block1_pool", "block2_conv1")
    with pytest.raises(UsageError, match="0 to 63 for block1_pool, which has 64 channels; got 100"):
        export(config, ["red"], channels=(100,), output=tmp_path / "a.npz")
    assert not (tmp_path / "a.npz").exists()


def test_a_choice_of_no_channels_is_refused(inputs: Path, tmp_path: Path) -> None:
    """Rather than taken for all of them, or for none; in either format."""
    for name in ("a.npz", "a.csv"):
        with pytest.raises(UsageError, match="expected at least one channel, got none"):
            export(_small(inputs), ["red"], channels=(), output=tmp_path / name)
    assert {path.name for path in tmp_path.iterdir()} == {"inputs"}


def test_a_csv_that_nobody_could_read_is_refused(
    inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty million values; what to do instead is said, and an .npz has no limit."""
    assert exports.MAX_CSV_VALUES == 20_000_000
    config = _small(inputs, "block1_pool")  # 16 x 32 x 64 = 32,768 values an image
    monkeypatch.setattr(exports, "MAX_CSV_VALUES", 32_768)
    export(config, ["red"], output=tmp_path / "a.csv")
    with pytest.raises(UsageError, match="got 65,536 of 2 images; choose some with --layers"):
        export(config, ["red", "blue"], output=tmp_path / "b.csv")
    assert not (tmp_path / "b.csv").exists()
    export(config, ["red", "blue"], output=tmp_path / "b.npz")


def test_only_a_file_of_its_kind_is_replaced(inputs: Path, tmp_path: Path) -> None:
    """Somebody's table or archive of another kind stays, and so does a folder."""
    (tmp_path / "mine.csv").write_text("name,age\n")
    (tmp_path / "mine.npz").write_text("mine")
    (tmp_path / "folder.npz").mkdir()
    for name in ("mine.csv", "mine.npz", "folder.npz", "none/a.npz"):
        with pytest.raises(OutputError, match="nothing was touched"):
            export(_small(inputs), ["red"], output=tmp_path / name)
    for name in ("a.npy", "a", "a.csv.gz"):
        with pytest.raises(UsageError, match=r"ends in \.npz or \.csv"):
            export(_small(inputs), ["red"], output=tmp_path / name)
    assert (tmp_path / "mine.csv").read_text() == "name,age\n"


def test_nothing_is_written_into_the_site(inputs: Path, tmp_path: Path) -> None:
    """The next build would remove it; a link does not hide where it lies."""
    site = tmp_path / "gallery"
    site.mkdir()
    (tmp_path / "link").symlink_to(site)
    config = Config(inputs=inputs, output=site)
    for path in (site / "a.npz", site / "a.csv", tmp_path / "link" / "a.npz"):
        with pytest.raises(UsageError, match="outside of the site"):
            export(config, ["red"], output=path)
    assert list(site.iterdir()) == []


@pytest.mark.parametrize("suffix", [".npz", ".csv"])
def test_an_export_that_fails_leaves_what_was_there(
    inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    """A disk that is full at the second image, for one; nothing half done stays beside it."""
    output = tmp_path / f"a{suffix}"
    config = _small(inputs, "block1_pool")
    export(config, ["red"], output=output)
    before = output.read_bytes()
    batches = exports._batches

    def failing(*arguments: object) -> Iterator[object]:
        yield from batches(*arguments)  # type: ignore[arg-type]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exports, "_batches", failing)
    with pytest.raises(OutputError, match="No space left on device"):
        export(config, everything=True, output=output)
    assert output.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"inputs", output.name}


def test_an_image_that_cannot_be_used_is_noted(inputs: Path, tmp_path: Path) -> None:
    """The others are written; if there are none, nothing is."""
    (inputs / "notes.jpg").write_text("not a photograph")
    config = _small(inputs, "block1_pool")
    done = export(config, ["red", "notes"], output=tmp_path / "a.npz")
    assert done.images == 1
    assert [problem.source for problem in done.problems] == ["notes.jpg"]
    with pytest.raises(InputsError, match="notes.jpg: Expected a JPEG"):
        export(config, ["notes"], output=tmp_path / "b.npz")
    assert not (tmp_path / "b.npz").exists()


@pytest.fixture
def huge(inputs: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name of an image among the others that no memory holds."""
    photo(inputs / "huge.png", (1, 2, 3))
    data, read = (inputs / "huge.png").read_bytes(), decode_apart.decoded

    def decoded(given: bytes, spec: InputSpec) -> object:
        if given == data:
            raise MemoryError
        return read(given, spec)

    monkeypatch.setattr(decode_apart, "decoded", decoded)
    return "huge.png"


def test_an_image_that_does_not_fit_the_memory_is_noted(
    inputs: Path, tmp_path: Path, huge: str
) -> None:
    """As in a build; the others are written."""
    done = export(_small(inputs, "block1_pool"), everything=True, output=tmp_path / "a.npz")
    assert done.images == 3
    (problem,) = done.problems
    assert (problem.source, problem.stage) == (huge, "decode")
    assert "fits this machine's memory" in problem.message


# -- The command


def _run(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["export", *arguments], prog_name="layerlight")
    return done.exit_code, done.stdout, done.stderr


def test_the_command_says_what_it_wrote(
    inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its options are those of a build; the file has them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gallery.toml").write_text('size = "32"\nlayers = "block1_pool"\n')
    code, out, err = _run("red", "--layers", "block1_conv1,block1_pool", "--channels", "5")
    assert (code, err) == (0, "")
    # 32 x 32 and 16 x 16
    assert out == "wrote activations.npz: images 1, layers 2, values 1,280, 0.0 MB\n"
    assert list(_arrays(tmp_path / "activations.npz")) == [
        *("channels", "red/input", "red/block1_conv1", "red/block1_pool")
    ]
    elsewhere = photo(tmp_path / "elsewhere" / "green.png", (0, 255, 0)).parent
    code, out, _ = _run("--all", "--inputs", str(elsewhere), "--size", "32x64", "-o", "a.csv")
    assert (code, out.split(",")[0]) == (0, "wrote a.csv: images 1")
    assert (tmp_path / "a.csv").read_text().count("\n") == 16 * 32 * 64 + 1


def test_pixels_become_numbers_as_asked_for(
    inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network from a file does not say how it was trained: from 0 to 1, or here from 0 to 255."""
    monkeypatch.chdir(tmp_path)
    model = plain()
    name = str(saved(model, tmp_path / "own.keras"))
    for more, factor in ((), 1), (("--preprocess", "none"), 255):
        code, _, err = _run("red", "--model", name, "--layers", "first", *more)
        assert (code, err) == (0, "")
        found = _arrays(tmp_path / "activations.npz")
        pixels = found["red/input"][None].astype(np.float32) * factor
        expected, _ = maps_of(model, ["first", "pool"], pixels)
        np.testing.assert_allclose(found["red/first"], expected[0], rtol=1e-5, atol=1e-5 * factor)


def test_an_image_that_was_skipped_makes_the_exit_code_3(
    inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named on standard error."""
    monkeypatch.chdir(tmp_path)
    (inputs / "notes.jpg").write_text("not a photograph")
    with Image.open(inputs / "red.png") as image:
        image.save(inputs / "second.png")
    code, out, err = _run("--all", "--layers", "block1_pool", "--size", "32")
    assert code == 3
    assert out.startswith("wrote activations.npz: images 4,")
    assert err.startswith("problem: notes.jpg (decode): Expected a JPEG")


def test_an_image_that_does_not_fit_the_memory_makes_it_3_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, huge: str
) -> None:
    """And no traceback."""
    monkeypatch.chdir(tmp_path)
    code, out, err = _run("--all", "--layers", "block1_pool", "--size", "32")
    assert (code, out[:35]) == (3, "wrote activations.npz: images 3, la")
    assert err.startswith(f"problem: {huge} (decode): expected an image that fits")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "There are: blue, more-blue, red"),
        (["rad"], 2, "Did you mean red?"),
        (["red", "--all"], 2, "either images or --all"),
        (["red", "--channels", "x"], 2, "--channels: expected"),
        (["red", "--channels", "64", "--layers", "block1_pool", "--size", "32"], 2, "block1_pool"),
        (["red", "--layers", "block1_conv9"], 2, "block1_conv1"),
        (["red", "-o", "a.txt"], 2, "ends in .npz or .csv"),
        (["red", "-o", "none/a.npz"], 1, "a folder that exists"),
        (["red", "--inputs", "nowhere"], 2, "nowhere"),
        (["red", "--weights", "inputs/red.png"], 1, "red.png"),
    ],
)
def test_a_wrong_request_writes_nothing(
    inputs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    """One message; 2 for what makes no sense, 1 for what fails."""
    monkeypatch.chdir(tmp_path)
    ended, out, err = _run(*arguments)
    assert (ended, out) == (code, "")
    assert err.startswith("error: ")
    assert said in err
    assert "Traceback" not in err
    assert {path.name for path in tmp_path.iterdir()} == {"inputs"}
