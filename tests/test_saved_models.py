"""Networks from files: a user's own, Keras's, their weights, and the pixels they are fed."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generator import models
from generator.activations import Extractor
from generator.errors import ConfigError, ModelError, UsageError, WeightsMismatch, WeightsNotFound
from generator.models import backend, preprocessing

SIZE = 48


def _fine_tuned() -> Any:
    """A frozen backbone of keras.applications inside a functional model inside a Sequential."""
    keras = backend.keras()
    backbone = keras.applications.MobileNet(
        weights=None, include_top=False, input_shape=(SIZE, SIZE, 3), alpha=0.25
    )
    backbone.trainable = False
    image = keras.Input((SIZE, SIZE, 3))
    x = backbone(keras.layers.Rescaling(1 / 127.5, offset=-1)(image), training=False)
    inner = keras.Model(image, keras.layers.Conv2D(8, 1, name="squeezed")(x), name="inner")
    model = keras.Sequential(
        [keras.Input((SIZE, SIZE, 3)), inner, keras.layers.Flatten(), keras.layers.Dense(3)]
    )
    random = np.random.default_rng(1)
    for variable in model.weights:
        if variable.name in ("beta", "moving_mean", "bias"):
            variable.assign(random.normal(0, 0.2, variable.shape))
    return model


@pytest.fixture(scope="module")
def live() -> Any:
    """The fine-tuned model as it is in memory."""
    return _fine_tuned()


def _small(name: str = "small") -> Any:
    keras = backend.keras()
    image = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(2, 3, name="conv")(image)
    return keras.Model(image, x, name=name)


# Keras itself warns of the older format.
@pytest.mark.filterwarnings("ignore:.*HDF5 file.*")
@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_a_saved_model_gives_the_maps_of_the_live_one(
    live: Any, tmp_path: Path, ending: str
) -> None:
    """Nested and fine-tuned: layers, facts, digest and maps."""
    file = tmp_path / f"My Birds.{ending}"
    live.save(file)
    loaded, wrapped = models.load(str(file)), models.wrap(live)
    assert loaded.spec.layers == wrapped.spec.layers
    assert loaded.spec.weights.sha256 == wrapped.spec.weights.sha256
    assert (loaded.spec.id, loaded.spec.title) == ("my-birds", "My Birds")
    assert loaded.spec.weights.source == f"file My Birds.{ending}" and loaded.spec.weights.trained
    # it scales for itself
    assert loaded.spec.input.preprocessing == "RGB from 0 to 255, as it is"
    assert "conv_dw_13" in [layer.name for layer in loaded.spec.layers]
    images = np.random.default_rng(2).uniform(0, 255, (1, SIZE, SIZE, 3)).astype(np.float32)
    for one, other in zip(loaded.graph(images), wrapped.graph(images), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_a_file_takes_weights_of_another_file(tmp_path: Path) -> None:
    """A checkpoint of the same network; the digest is that of its numbers."""
    model, other = _small(), _small()
    other.set_weights([weight + 1 for weight in model.get_weights()])
    model.save(tmp_path / "mine.keras")
    other.save_weights(tmp_path / "later.weights.h5")
    network = models.load(str(tmp_path / "mine.keras"), weights=tmp_path / "later.weights.h5")
    kernel, _ = network.kernel("conv") or pytest.fail("no kernel")
    np.testing.assert_array_equal(kernel, other.get_weights()[0])
    assert network.spec.weights.sha256 == models.wrap(other).spec.weights.sha256
    assert network.spec.weights.source == "file later.weights.h5"


def test_a_checkpoint_reaches_a_network_with_channels_first(tmp_path: Path) -> None:
    """Its layers are copied when they are turned, with the numbers of the checkpoint."""
    keras = backend.keras()
    image = keras.Input((3, 8, 8))
    conv = keras.layers.Conv2D(2, 3, data_format="channels_first", name="conv")
    model = keras.Model(image, conv(image))
    model.save(tmp_path / "mine.keras")
    conv.set_weights([weight + 1 for weight in conv.get_weights()])
    model.save_weights(tmp_path / "later.weights.h5")
    network = models.load(str(tmp_path / "mine.keras"), weights=tmp_path / "later.weights.h5")
    kernel, _ = network.kernel("conv") or pytest.fail("no kernel")
    np.testing.assert_array_equal(kernel, conv.get_weights()[0])


def test_a_file_brings_its_own_numbers(tmp_path: Path) -> None:
    """Random ones are refused for it."""
    _small().save(tmp_path / "mine.keras")
    with pytest.raises(UsageError, match=r"mine\.keras brings its own numbers; leave --weights ra"):
        models.load(str(tmp_path / "mine.keras"), weights="random")


@pytest.mark.parametrize("name", ["ConvNeXtTiny", "InceptionResNetV2"])
@pytest.mark.slow
def test_keras_own_parts_are_no_custom_layers(name: str, tmp_path: Path) -> None:
    """Two networks of keras.applications have classes that keras.layers has not."""
    model = getattr(backend.keras().applications, name)(weights=None)
    model.save(tmp_path / "mine.keras")
    assert len(models.inspect(str(tmp_path / "mine.keras")).layers) > 30


# -- Code in files


def _with_lambda(folder: Path, ending: str) -> tuple[Path, Path]:
    """A model whose Lambda writes a file as soon as it is called, and that file."""
    keras, mark = backend.keras(), str(folder / "it-ran")
    image = keras.Input((8, 8, 3))
    write: Any = lambda x: __import__("pathlib").Path(mark).write_text("") or x  # noqa: E731  # a file holds no other functions
    x = keras.layers.Lambda(write, name="trick")(image)
    model = keras.Model(image, keras.layers.Conv2D(2, 3, name="conv")(x))
    model.save(folder / f"mine.{ending}")
    Path(mark).unlink()  # it was called to build the model
    return folder / f"mine.{ending}", Path(mark)


# Keras itself warns of the older format.
@pytest.mark.filterwarnings("ignore:.*HDF5 file.*")
@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_code_in_a_file_does_not_run(tmp_path: Path, ending: str) -> None:
    """A Lambda is refused by its name, and was not called."""
    file, mark = _with_lambda(tmp_path, ending)
    with pytest.raises(ModelError, match="the layer trick is a Lambda, Python code.*--trust-model"):
        models.load(str(file))
    with pytest.raises(ModelError, match="Lambda"):
        models.inspect(str(file))
    assert not mark.exists()


def test_code_in_a_trusted_file_runs(tmp_path: Path) -> None:
    """That is what was asked for."""
    file, mark = _with_lambda(tmp_path, "keras")
    assert [la.name for la in models.load(str(file), trust=True).spec.layers] == ["conv"]
    assert mark.exists()


def test_a_custom_layer_is_refused(tmp_path: Path) -> None:
    """Even one that is registered with Keras in this process; with trust it is loaded."""
    keras = backend.keras()

    register = keras.saving.register_keras_serializable("mine")
    doubled = register(type("Doubled", (keras.layers.Layer,), {"call": lambda _, x: 2 * x}))
    image = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(2, 3, name="conv")(doubled(name="doubled")(image))
    keras.Model(image, x).save(tmp_path / "mine.keras")
    with pytest.raises(ModelError, match=r"doubled is a custom Doubled \(.*--trust-model"):
        models.load(str(tmp_path / "mine.keras"))
    assert models.load(str(tmp_path / "mine.keras"), trust=True).spec.layers[0].name == "conv"


@pytest.mark.parametrize("kind", ["TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"])
def test_layers_of_keras_that_run_foreign_code_are_refused(tmp_path: Path, kind: str) -> None:
    """They are Keras's own, and bring or name the code of another library."""

    def foreign(config: dict[str, Any]) -> dict[str, Any]:
        config["config"]["layers"][1]["class_name"] = kind
        return config

    file = _changed(tmp_path, foreign)
    with pytest.raises(ModelError, match=f"the layer conv is a {kind}, code of another library"):
        models.load(str(file))


def _changed(folder: Path, change: Callable[[dict[str, Any]], Any]) -> Path:
    """A saved model whose settings were changed by hand."""
    _small().save(folder / "good.keras")
    file = folder / "changed.keras"
    with zipfile.ZipFile(folder / "good.keras") as good, zipfile.ZipFile(file, "w") as bad:
        for name in good.namelist():
            data = good.read(name)
            if name == "config.json":
                data = json.dumps(change(json.loads(data))).encode()
            bad.writestr(name, data)
    return file


@pytest.mark.parametrize(
    ("module", "kind"),
    [("keras", "layers.Lambda"), ("keras", "layers.TFSMLayer"), ("keras.src", "x.y.Lambda")],
)
def test_a_dotted_name_hides_nothing(tmp_path: Path, module: str, kind: str) -> None:
    """Keras joins module and class name: what either holds of the other is seen."""

    def dotted(config: dict[str, Any]) -> dict[str, Any]:
        config["config"]["layers"][1] |= {"class_name": kind, "module": module}
        return config

    with pytest.raises(ModelError, match=f"the layer conv is a {kind.rpartition('.')[2]}"):
        models.load(str(_changed(tmp_path, dotted)))


def test_a_loss_of_ones_own_does_not_matter(tmp_path: Path) -> None:
    """A model is opened without what it was compiled with, so its loss is no code to fear."""

    def compiled(config: dict[str, Any]) -> dict[str, Any]:
        loss = {"class_name": "function", "config": "focal", "module": "__main__"}
        config["compile_config"] = {"optimizer": "adam", "loss": loss}
        return config

    assert models.load(str(_changed(tmp_path, compiled))).spec.layers[0].name == "conv"


@pytest.mark.parametrize("scaled", [True, False])
def test_a_network_that_scales_for_itself_gets_pixels_as_they_are(
    tmp_path: Path, scaled: bool
) -> None:
    """So a file's maps are those of the live model; one without is fed from 0 to 1."""
    keras = backend.keras()
    image = keras.Input((8, 8, 3))
    x = keras.layers.Rescaling(1 / 255)(image) if scaled else image
    live = keras.Model(image, keras.layers.Conv2D(2, 3, name="conv")(x))
    live.save(tmp_path / "own.keras")
    network = models.load(str(tmp_path / "own.keras"))
    pixels = np.random.default_rng(4).integers(0, 256, (1, 8, 8, 3), dtype=np.uint8)
    fed = pixels.astype(np.float32) if scaled else pixels / np.float32(255)
    maps = network.graph(network.preprocess(pixels), training=False)
    maps = maps[0] if isinstance(maps, list) else maps
    np.testing.assert_allclose(np.asarray(maps), np.asarray(live(fed)), atol=1e-5)


def test_a_folder_of_a_networks_name_is_no_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A site built into ``vgg16/`` does not stop the next build."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "vgg16").mkdir()
    assert models.inspect("vgg16").id == "vgg16"


def test_a_name_that_no_file_can_have_is_changed(tmp_path: Path) -> None:
    """A page of every network is called index, a device of Windows aux; others are too long."""
    keras = backend.keras()
    x = image = keras.Input((8, 8, 3))
    for name in ("index", "aux", "n" * 300):
        x = keras.layers.Conv2D(2, 1, name=name)(x)
    names = [la.name for la in models.wrap(keras.Model(image, x)).spec.layers]
    assert names == ["index-2", "aux-2", "n" * 80]


def test_numbers_of_half_the_length_have_an_identity_too(tmp_path: Path) -> None:
    """bfloat16 weights, float32 maps."""
    keras = backend.keras()
    image = keras.Input((8, 8, 3), dtype="bfloat16")
    conv = keras.layers.Conv2D(2, 3, name="conv", activation="relu", dtype="bfloat16")
    network = models.wrap(keras.Model(image, conv(image)))
    assert len(network.spec.weights.sha256) == 64
    assert network.spec.layers[0].operation is None, "no sum in float32 is claimed of it"
    found = Extractor(network).maps([np.full((8, 8, 3), 9, np.uint8)])[0]["conv"]
    assert found.dtype == np.float32


def test_a_file_that_is_two_things_is_read_as_its_ending_says(tmp_path: Path) -> None:
    """A harmless ZIP archive in front of an HDF5 file: Keras would open the latter."""
    _small().save(tmp_path / "good.keras")
    both = tmp_path / "both.h5"
    both.write_bytes((tmp_path / "good.keras").read_bytes())
    with pytest.raises(ModelError, match=r"both\.h5: expected a Keras model \(HDF5, by its ending"):
        models.load(str(both))


# -- Files that are none


def _no_file(folder: Path) -> Path:
    return folder / "none.keras"


def _saved_model(folder: Path) -> Path:
    (folder / "exported").mkdir()
    (folder / "exported" / "saved_model.pb").write_bytes(b"\x08\x01")
    return folder / "exported"


def _folder(folder: Path) -> Path:
    return folder


def _other_ending(folder: Path) -> Path:
    (folder / "net.onnx").write_bytes(b"\x08\x01")
    return folder / "net.onnx"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (_no_file, "expected a file of a Keras model, but there is none"),
        (_saved_model, r"got a SavedModel, which hides .*model\.save\('model\.keras'\)"),
        (_folder, r"expected a file that ends in \.keras or \.h5, got a folder"),
        (_other_ending, r"ends in \.keras or \.h5, got '\.onnx'; convert it"),
    ],
)
def test_what_is_no_file_of_keras_is_refused(
    tmp_path: Path, make: Callable[[Path], Path], says: str
) -> None:
    """A configuration to correct, saying what to do."""
    with pytest.raises(UsageError, match=says):
        models.load(str(make(tmp_path)))


def _truncated(folder: Path) -> Path:
    _small().save(folder / "good.keras")
    data = (folder / "good.keras").read_bytes()
    (folder / "short.keras").write_bytes(data[: len(data) // 2])
    return folder / "short.keras"


def _text(folder: Path) -> Path:
    (folder / "text.keras").write_text("no model\n")
    return folder / "text.keras"


def _empty(folder: Path) -> Path:
    (folder / "empty.h5").touch()
    return folder / "empty.h5"


def _broken_h5(folder: Path) -> Path:
    (folder / "broken.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(200))
    return folder / "broken.h5"


def _photographs(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "photos.keras", "w") as archive:
        archive.writestr("beach.jpg", b"")
    return folder / "photos.keras"


def _bomb(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "bomb.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", bytes(65 * 2**20))
    return folder / "bomb.keras"


def _odd_packing(folder: Path) -> Path:
    """Compressed in a way that no program knows."""
    with zipfile.ZipFile(folder / "odd.keras", "w") as archive:
        archive.writestr("config.json", b"{}")
    data = (folder / "odd.keras").read_bytes()
    central = data.index(b"PK\x01\x02")
    (folder / "odd.keras").write_bytes(data[: central + 10] + b"\x63\x00" + data[central + 12 :])
    return folder / "odd.keras"


def _nothing_in_it(folder: Path) -> Path:
    return _changed(folder, lambda _config: None)


def _module_that_is_a_number(folder: Path) -> Path:
    def change(config: dict[str, Any]) -> dict[str, Any]:
        config["config"]["layers"][1] |= {"module": 5, "registered_name": 7}
        return config

    return _changed(folder, change)


def _weights_alone(folder: Path) -> Path:
    _small().save_weights(folder / "mine.weights.h5")
    return folder / "mine.weights.h5"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (_truncated, "damaged or none: File is not a zip file; save it again"),
        (_text, r"text\.keras: expected a Keras model \(a ZIP archive, by its ending\)"),
        (_empty, "the file begins otherwise; save it again"),
        (_broken_h5, "damaged or none: .*; save it again"),
        (_photographs, r"with a config\.json inside, there is none"),
        (_bomb, "at most 67,108,864 bytes, they claim 68,157,440"),
        (_odd_packing, "damaged or none: .*compression method"),
        (_nothing_in_it, "expected a model that this version of Keras can read"),
        (_module_that_is_a_number, "conv is a custom Conv2D"),
        (_weights_alone, r"holds weights alone; name the network with --model .*--weights"),
    ],
)
def test_a_file_that_holds_no_model_is_refused(
    tmp_path: Path, make: Callable[[Path], Path], says: str
) -> None:
    """Naming it, and what to do."""
    path = make(tmp_path)
    with pytest.raises(ModelError, match=says) as raised:
        models.load(str(path))
    assert str(raised.value).startswith(str(path))


# -- Weights of networks that Keras knows


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    """Of its own kind of file, but other layers."""
    _small().save_weights(tmp_path / "mine.weights.h5")
    with pytest.raises(WeightsMismatch, match=r"mine\.weights\.h5: expected the weights of Mobile"):
        models.load("mobilenet", weights=tmp_path / "mine.weights.h5")


@pytest.mark.parametrize(
    ("name", "error", "says"),
    [
        ("none.h5", WeightsNotFound, "expected a file of weights, but there is none"),
        ("text.h5", WeightsMismatch, r"of MobileNet .*got a file that is damaged or no HDF5"),
        ("text.bin", WeightsMismatch, r"expected weights that Keras reads.*got '\.bin'"),
    ],
)
def test_a_file_without_weights_is_refused(
    tmp_path: Path, name: str, error: type[Exception], says: str
) -> None:
    """Missing, damaged, or of another make."""
    for other in ("text.h5", "text.bin"):
        (tmp_path / other).write_text("no weights\n")
    with pytest.raises(error, match=says):
        models.load("mobilenet", weights=tmp_path / name)


@contextmanager
def _no_downloads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What is asked for is noted, and nobody answers."""
    import urllib.request

    asked: list[str] = []

    def refuse(url: str, *_args: Any, **_options: Any) -> Any:
        asked.append(url)
        raise OSError("no route to host")

    backend.keras()
    with monkeypatch.context() as patch:
        for module in ("keras.src.utils.file_utils.urlretrieve", "urllib.request.urlretrieve"):
            patch.setattr(module, refuse)
        yield asked
    assert urllib.request.urlretrieve is not refuse


def test_without_a_network_the_error_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Keras looked, that it tried to download, and three ways out."""
    with _no_downloads(monkeypatch) as asked, pytest.raises(WeightsNotFound) as raised:
        models.load("mobilenet")
    assert asked, "nothing was asked for"
    said = str(raised.value)
    for part in ("MobileNet", "Keras's cache", ".keras", "--weights FILE", "--weights random"):
        assert part in said


# -- Preprocessing by name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("caffe", (30 - 103.939, 20 - 116.779, 10 - 123.68)),
        (
            "torch",
            ((10 / 255 - 0.485) / 0.229, (20 / 255 - 0.456) / 0.224, (30 / 255 - 0.406) / 0.225),
        ),
        ("tf", (10 / 127.5 - 1, 20 / 127.5 - 1, 30 / 127.5 - 1)),
        ("0-1", (10 / 255, 20 / 255, 30 / 255)),
        ("none", (10, 20, 30)),
    ],
)
def test_a_named_preprocessing_by_hand(name: str, expected: tuple[float, ...]) -> None:
    """Of one colour, (10, 20, 30); for an array and a tensor, and the array stays as it was."""
    pixels = np.array([[[[10, 20, 30]]]], np.uint8)
    found = preprocessing.named(name)
    np.testing.assert_allclose(found.array(pixels)[0, 0, 0], expected, rtol=1e-5)
    tensor = backend.tensorflow().constant(pixels, "float32")
    np.testing.assert_allclose(found.tensor(tensor)[0, 0, 0], expected, rtol=1e-5)
    assert pixels.tolist() == [[[[10, 20, 30]]]]


@pytest.fixture
def own_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module of the user's own, as on PYTHONPATH."""
    (tmp_path / "my_pixels.py").write_text(
        "HALF = 0.5\ndef halved(x):\n    return x * HALF\ndef smaller(x):\n    return x[:, ::2]\n"
    )
    (tmp_path / "my_broken.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("own_module")
def test_a_function_of_ones_own_prepares_pixels() -> None:
    """Named by module and function; the page says which."""
    network = models.wrap(_small(), preprocess="my_pixels:halved")
    pixels = np.full((1, 8, 8, 3), 30, np.uint8)
    np.testing.assert_array_equal(network.preprocess(pixels), np.full((1, 8, 8, 3), 15))
    assert network.spec.input.preprocessing == "by my_pixels:halved"


@pytest.mark.usefixtures("own_module")
def test_a_function_that_changes_the_shape_is_refused() -> None:
    """With both shapes."""
    network = models.wrap(_small(), preprocess="my_pixels:smaller")
    with pytest.raises(ConfigError, match=r"keep the shape .*\(1, 8, 8, 3\), got \(1, 4, 8, 3\)"):
        network.preprocess(np.zeros((1, 8, 8, 3), np.uint8))


@pytest.mark.usefixtures("own_module")
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("imagenet", "expected caffe, torch, tf, 0-1, none, or a function .*got 'imagenet'"),
        ("", "got ''"),
        (":halved", "got ':halved'"),
        ("my_pixels:", "got 'my_pixels:'"),
        ("my_pixels:doubled", "can import, got 'my_pixels:doubled' .*PYTHONPATH"),
        ("no_such_module:f", "can import, got 'no_such_module:f' .*PYTHONPATH"),
        (".relative:f", "can import, got '.relative:f'"),
        ("my_broken:f", "can import, got 'my_broken:f' .division by zero"),
        ("my_pixels:HALF", "expected a function, 'my_pixels:HALF' is a float"),
    ],
)
def test_a_preprocessing_that_is_none_is_refused(name: str, says: str) -> None:
    """Before anything runs, with the names there are or what Python said."""
    with pytest.raises(ConfigError, match=says):
        preprocessing.named(name)
