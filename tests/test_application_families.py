"""One network of every family of keras.applications: what is captured, its signs, what it sees.

Weights are random. What is expected comes from the papers, from Keras's own list of layers, and
from pixels that are changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from math import prod
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from generator import models
from generator.domain import Layer, Window
from generator.errors import LayerlightError
from generator.models import backend, zoo
from generator.models.receptive_field import windows
from generator.models.trace import trace

FAST = ("mobilenetv2", "mobilenetv3small", "resnet50")
BIG = (
    *("convnexttiny", "densenet121", "efficientnetb0", "efficientnetv2b0", "inceptionresnetv2"),
    *("inceptionv3", "mobilenet", "nasnetmobile", "resnet50v2", "vgg19", "xception"),
)


def _marked(names: Iterable[str]) -> list[Any]:
    """The big ones marked as slow."""
    return [pytest.param(n, marks=pytest.mark.slow if n in BIG else ()) for n in names]


FAMILIES = _marked((*FAST, *BIG))
SIZES = {"inceptionv3": 139, "inceptionresnetv2": 139}
"""Pixels; the others are run on 96."""
CONVOLUTIONS = ("Conv2D", "DepthwiseConv2D", "SeparableConv2D")

PUBLISHED = {
    "densenet121": 120,  # Huang et al. 2017: 121 layers with the classifier
    "inceptionv3": 94,
    "mobilenet": 27,  # Howard et al. 2017: 28 layers with the classifier
    "mobilenetv2": 52,
    "resnet50": 53,  # He et al. 2016: 49, and 4 in shortcuts
    "resnet50v2": 53,
    "vgg19": 16,
    "xception": 40,  # Chollet 2017: 36, and 4 in shortcuts
}
"""How many convolutions the papers count."""
SEEN_LAST = {
    # Araujo, Norris & Sim 2019
    "inceptionresnetv2": 3039,
    "inceptionv3": 1311,
    "mobilenet": 315,
    "resnet50": 483,
    "resnet50v2": 483,
    # by hand: 4, 8, 4 x 16, 4 x 32, 4 x 64, 4 x 128 / 2 and five pools, from one pixel
    "vgg19": 1 + 2 * 2 + 1 + 2 * 4 + 2 + 4 * 8 + 4 + 4 * 16 + 8 + 4 * 32 + 16,
}
"""Pixels that a value of the last layer sees along each axis."""
SQUEEZED = ("mobilenetv3small", "efficientnetb0", "efficientnetv2b0")
"""Networks that end in blocks of squeeze and excitation."""

BLOCKS: dict[str, dict[str, tuple[str, tuple[str, ...], str, bool]]] = {
    # kind, what belongs to it, activation, whether it can be below zero
    "resnet50": {
        "conv1_conv": ("conv", ("conv1_bn", "conv1_relu"), "relu", False),
        "pool1_pool": ("pool", (), "", False),
        "conv2_block1_1_conv": (
            *("conv", ("conv2_block1_1_bn", "conv2_block1_1_relu")),
            *("relu", False),
        ),
        "conv2_block1_3_conv": ("conv", ("conv2_block1_3_bn",), "linear", True),
        "conv2_block1_add": ("merge", ("conv2_block1_out",), "relu", False),
    },
    "resnet50v2": {  # the activation comes before the convolution
        "conv1_conv": ("conv", (), "linear", True),
        "conv2_block1_2_conv": (
            *("conv", ("conv2_block1_2_bn", "conv2_block1_2_relu")),
            *("relu", False),
        ),
        "conv2_block1_3_conv": ("conv", (), "linear", True),
        "conv2_block1_out": ("merge", (), "", True),
    },
    "densenet121": {  # the same, and what is joined goes on as it is
        "conv2_block1_1_conv": (
            *("conv", ("conv2_block1_1_bn", "conv2_block1_1_relu")),
            *("relu", False),
        ),
        "conv2_block1_2_conv": ("conv", (), "linear", True),
        "conv2_block1_concat": ("merge", (), "", True),
        "conv2_block6_concat": ("merge", (), "", True),
        "pool2_pool": ("pool", (), "", True),
    },
    "mobilenet": {
        "conv1": ("conv", ("conv1_bn", "conv1_relu"), "relu6", False),
        "conv_dw_1": ("conv", ("conv_dw_1_bn", "conv_dw_1_relu"), "relu6", False),
    },
    "mobilenetv2": {  # its bottlenecks are linear
        "block_1_expand": ("conv", ("block_1_expand_BN", "block_1_expand_relu"), "relu6", False),
        "block_1_project": ("conv", ("block_1_project_BN",), "linear", True),
        "block_2_add": ("merge", (), "", True),
    },
    "mobilenetv3small": {
        "conv": ("conv", ("conv_bn", "activation"), "hard_silu", True),
        "expanded_conv_depthwise": (
            *("conv", ("expanded_conv_depthwise_bn", "re_lu")),
            *("relu", False),
        ),
        "expanded_conv_project": ("conv", ("expanded_conv_project_bn",), "linear", True),
    },
    "efficientnetb0": {
        "stem_conv": ("conv", ("stem_bn", "stem_activation"), "silu", True),
        "block1a_project_conv": ("conv", ("block1a_project_bn",), "linear", True),
    },
    "efficientnetv2b0": {
        "block1a_project_conv": (
            *("conv", ("block1a_project_bn", "block1a_project_activation")),
            *("silu", True),
        ),
        "block2a_project_conv": ("conv", ("block2a_project_bn",), "linear", True),
    },
    "inceptionv3": {
        "conv2d": ("conv", ("batch_normalization", "activation"), "relu", False),
        "conv2d_93": ("conv", ("batch_normalization_93", "activation_93"), "relu", False),
        "mixed0": ("merge", (), "", False),
    },
    "inceptionresnetv2": {  # scaled sums are a class of keras.applications
        "block35_1_conv": ("conv", (), "linear", True),
        "custom_scale_layer": ("merge", ("block35_1_ac",), "relu", False),
    },
    "vgg19": {
        "block5_conv4": ("conv", (), "relu", False),
        "block5_pool": ("pool", (), "", False),
    },
    "xception": {
        "block2_sepconv1": ("conv", ("block2_sepconv1_bn", "block2_sepconv2_act"), "relu", False),
        "block2_sepconv2": ("conv", ("block2_sepconv2_bn",), "linear", True),
        "block2_pool": ("pool", (), "", True),
    },
    "convnexttiny": {
        "convnext_tiny_stage_0_block_0_depthwise_conv": ("conv", (), "linear", True),
    },
    "nasnetmobile": {
        "stem_conv1": ("conv", ("stem_bn1",), "linear", True),
        "separable_conv_1_reduction_left1_stem_1": (
            *("conv", ("separable_conv_1_bn_reduction_left1_stem_1", "activation_2")),
            *("relu", False),
        ),
    },
}


def _size(name: str) -> int:
    return SIZES.get(name, 96)


@cache
def _network(name: str) -> models.Network:
    size = _size(name)
    return models.load(name, weights="random", size=(size, size))


@cache
def _as_keras_builds_it(name: str, size: int) -> Any:
    """The network without its classifier, straight from Keras."""
    with backend.fresh_names():
        function: Callable[..., Any] = zoo.application(name)
        return function(weights=None, include_top=False, input_shape=(size, size, 3))


def _convolutions(model: Any) -> dict[str, tuple[int, ...]]:
    """Those that put out maps, as Keras lists them: name -> (height, width, channels)."""
    found: dict[str, tuple[int, ...]] = {}
    for layer in model.layers:
        if isinstance(layer, backend.keras().Model):  # ConvNeXt's stem is a Sequential
            found |= _convolutions(layer)
        elif type(layer).__name__ in CONVOLUTIONS and layer.output.shape[1] > 1:
            found[layer.name] = tuple(layer.output.shape[1:])
    return found


def _layers(name: str) -> dict[str, Layer]:
    return {layer.name: layer for layer in _network(name).spec.layers}


@pytest.mark.parametrize("name", FAMILIES)
def test_every_convolution_of_a_map_is_captured(name: str) -> None:
    """Those that Keras lists, in its shapes, but for the gates'; as many as the paper says."""
    of_maps = _convolutions(_as_keras_builds_it(name, _size(name)))
    found = {
        layer.name: (layer.height, layer.width, layer.channels)
        for layer in _network(name).spec.layers
        if layer.kind == "conv"
    }
    assert found == of_maps
    assert len(found) == PUBLISHED.get(name, len(found))


@pytest.mark.parametrize("name", FAMILIES)
def test_what_belongs_to_a_layer_is_what_the_paper_draws(name: str) -> None:
    """Its batch-norm and its activation where they follow it, and neither where they do not."""
    layers = _layers(name)
    found = {
        key: (
            layers[key].kind,
            layers[key].through,
            layers[key].activation,
            layers[key].signed,
        )
        for key in BLOCKS[name]
    }
    assert found == BLOCKS[name]


@pytest.mark.parametrize("name", FAMILIES)
def test_maps_have_their_shapes_and_signs(name: str) -> None:
    """On noise a layer is below zero somewhere if and only if it is said that it can be."""
    network, size = _network(name), _size(name)
    noise = np.random.default_rng(0).normal(0, 1, (1, size, size, 3)).astype(np.float32)
    maps = [np.asarray(one) for one in network.graph(noise, training=False)]
    assert len(maps) == len(network.spec.layers)
    for layer, values in zip(network.spec.layers, maps, strict=True):
        assert values.shape == (1, layer.height, layer.width, layer.channels), layer.name
        assert layer.signed == bool((values < 0).any()), layer.name


@pytest.mark.parametrize("name", FAMILIES)
def test_the_preprocessing_is_the_familys_own(name: str) -> None:
    """By hand: (x / 127.5 - 1), the means of Caffe or PyTorch, or nothing."""
    pixels = np.random.default_rng(3).integers(0, 256, (1, 4, 5, 3), dtype=np.uint8)
    x = pixels.astype(np.float64)
    expected = {
        "caffe": x[..., ::-1] - (103.939, 116.779, 123.68),
        "tf": x / 127.5 - 1,
        "torch": (x / 255 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225),
        "none": x,  # these have a layer that rescales
    }[
        {"resnet50": "caffe", "vgg19": "caffe", "densenet121": "torch"}.get(name)
        or ("none" if name.startswith(("effi", "conv", "mobilenetv3")) else "tf")
    ]
    np.testing.assert_allclose(_network(name).preprocess(pixels), expected, atol=1e-4)


# -- What they see


@pytest.mark.parametrize("name", _marked(sorted(SEEN_LAST)))
def test_the_last_layer_sees_what_was_published(name: str) -> None:
    """483 pixels for ResNet50, 1311 for InceptionV3: Araujo, Norris & Sim (2019)."""
    window = models.inspect(name, size=(_size(name),) * 2).layers[-1].window
    assert (window.height, window.width) == (SEEN_LAST[name],) * 2
    assert (window.stride_y, window.stride_x) == (32, 32)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_layer_feels_its_window_to_the_edge_and_nothing_beyond(name: str) -> None:
    """Four layers each: all pixels outside are lit at once, then each edge of the window alone.

    On positive weights and black, where every map is zero: so what is felt differs from zero, not
    from rounding, and no activation is saturated.
    """
    size = 160
    model = _positive(name, size)
    traced = trace(model)
    fields = windows(traced)
    probed = _spread(fields, [layer.name for layer in _network(name).spec.layers], size)
    assert len(probed) >= (2 if name in SQUEEZED else 4)
    made = {call.name: call.output for call in traced.calls}
    keras = backend.keras()
    cut = keras.Model(traced.input, [made[key] for key in probed])
    positions = [_central(fields[key], size) for key in probed]
    images = np.concatenate(
        [_lit(fields[key], place, size) for key, place in zip(probed, positions, strict=True)]
    )
    outputs = cut(images, training=False)
    for i, (key, place) in enumerate(zip(probed, positions, strict=True)):
        values = np.asarray(outputs[i] if len(probed) > 1 else outputs)[5 * i : 5 * i + 5]
        here = values[:, place[0], place[1]]  # (what is lit, channels)
        assert (here[0] == 0).all(), f"{key} feels something outside"
        assert (values[0] != 0).any(), f"{key}: the light reached nothing at all"
        assert (here[1:] != 0).any(axis=1).all(), f"{key} does not feel an edge"


def _positive(name: str, size: int) -> Any:
    """Kernels between 0.5 and 1.5 over their fan-in; nothing that is added, black is zero."""
    options = {} if name.startswith("efficientnetb") else {"include_preprocessing": False}
    plain = {"include_top": False, "weights": None, "input_shape": (size, size, 3)}
    rescales = name.startswith(("effi", "conv", "mobilenetv3"))
    with backend.fresh_names():
        model = zoo.application(name)(**plain, **(options if rescales else {}))
    random = np.random.default_rng(size)
    for layer in model.layers:
        for variable in layer.weights:
            if "kernel" in variable.name:
                shape = tuple(variable.shape)
                inputs = prod(shape[:2]) if variable.name == "depthwise_kernel" else shape[:-1]
                if type(layer).__name__ == "DepthwiseConv2D":
                    inputs = shape[:2]
                variable.assign(random.uniform(0.5, 1.5, shape) / np.prod(inputs))
            elif type(layer).__name__ == "LayerScale":
                variable.assign(np.ones(variable.shape))
    return model


def _spread(fields: dict[str, Window], names: list[str], size: int) -> list[str]:
    """Four of the layers that have a window which fits the image: the first, ..., the largest."""
    fits = [key for key in names if fields[key].stride_y and fields[key].height <= size - 32]
    fits.sort(key=lambda key: fields[key].height)
    chosen = np.linspace(0, len(fits) - 1, 4).round().astype(int)
    return list(dict.fromkeys(fits[i] for i in chosen))


def _central(window: Window, size: int) -> tuple[int, int]:
    """The position whose window lies in the middle of the image, at least one pixel inside."""
    rows, columns = (
        round(((size - extent) / 2 - first) / step)
        for extent, first, step in (
            (window.height, window.start_y, window.stride_y),
            (window.width, window.start_x, window.stride_x),
        )
    )
    return rows, columns


def _lit(window: Window, place: tuple[int, int], size: int) -> NDArray[np.float32]:
    """Black images: all outside of the window lit, then its top, bottom, left and right edge."""
    y, x = np.mgrid[:size, :size]
    top = place[0] * window.stride_y + window.start_y
    left = place[1] * window.stride_x + window.start_x
    bottom, right = top + window.height - 1, left + window.width - 1
    assert top > 0 and left > 0 and bottom < size - 1 and right < size - 1
    inside = (top <= y) & (y <= bottom) & (left <= x) & (x <= right)
    edges = [inside & line for line in (y == top, y == bottom, x == left, x == right)]
    masks = np.stack([~inside, *edges])[..., None]
    return np.repeat(masks, 3, axis=3).astype(np.float32) * np.float32(1e6)


@pytest.mark.parametrize(
    ("name", "before", "behind"),
    [
        ("mobilenetv3small", "expanded_conv_depthwise", "expanded_conv_project"),
        ("efficientnetb0", "block1a_dwconv", "block1a_project_conv"),
    ],
)
def test_behind_squeeze_and_excitation_a_value_sees_the_whole_image(
    name: str, before: str, behind: str
) -> None:
    """A far corner is felt behind the gate, and not before it."""
    network, size = _network(name), _size(name)
    layers = _layers(name)
    assert layers[before].window.height == 7
    assert layers[behind].window == Window(size, size, 0, 0, 0, 0)
    images = np.random.default_rng(1).uniform(0, 255, (2, size, size, 3)).astype(np.float32)
    images[1] = images[0]
    images[1, -12:, -12:] = 255 - images[1, -12:, -12:]
    names = list(layers)
    maps = network.graph(images, training=False)
    near, far = (np.asarray(maps[names.index(key)])[:, 0, 0] for key in (before, behind))
    np.testing.assert_array_equal(near[0], near[1])
    assert (far[0] != far[1]).any()


# -- Other sizes


@pytest.mark.parametrize("name", _marked(["mobilenetv2", "efficientnetb0", "nasnetmobile"]))
def test_another_size_is_padded_as_keras_pads_it(name: str) -> None:
    """Some networks choose their padding by the size: 150 pixels end in maps that 224 would not."""
    keras_own = _convolutions(_as_keras_builds_it(name, 150))
    found = models.inspect(name, size=(150, 150)).layers
    assert {
        layer.name: (layer.height, layer.width, layer.channels)
        for layer in found
        if layer.kind == "conv"
    } == keras_own


def test_weights_of_a_file_work_at_another_size(tmp_path: Any) -> None:
    """The maps are those of Keras's own network of that size, given its numbers layer by layer."""
    whole = zoo.build("mobilenetv2")
    for variable in whole.weights:
        if variable.name in ("moving_mean", "beta"):
            values = np.random.default_rng(variable.shape[0]).normal(0, 0.1, variable.shape)
            variable.assign(values)
    file = tmp_path / "mine.weights.h5"
    whole.save_weights(file)
    network = models.load("mobilenetv2", weights=file, size=(75, 96))
    twin = zoo.application("mobilenetv2")(weights=None, include_top=False, input_shape=(75, 96, 3))
    for layer in twin.layers:
        layer.set_weights(whole.get_layer(layer.name).get_weights() if layer.weights else [])
    pixels = np.random.default_rng(4).uniform(-1, 1, (1, 75, 96, 3)).astype(np.float32)
    keras = backend.keras()
    for layer, values in zip(network.spec.layers, network.graph(pixels), strict=True):
        if layer.name in ("block_3_project", "block_16_project"):
            last = twin.get_layer(layer.through[-1]).output
            expected = keras.Model(twin.input, last)(pixels, training=False)
            np.testing.assert_allclose(values, expected, rtol=1e-4, atol=1e-5)
    assert network.spec.weights.source == "file mine.weights.h5" and network.spec.weights.trained


@pytest.mark.parametrize(("name", "size"), [("mobilenetv3small", 16), ("mobilenetv2", 20)])
def test_a_size_that_a_network_does_not_take_is_refused(name: str, size: int) -> None:
    """With the network's name, the size, and what it wants."""
    with pytest.raises(LayerlightError, match=rf"size: \w+ does not take .*{size} x {size}.*least"):
        models.inspect(name, size=(size, size))


# -- Untrained weights


def test_random_weights_are_the_same_each_time() -> None:
    """Whatever was built before in the process, and so are the numbered names; called untrained."""
    first = _network("inceptionv3")
    backend.keras().layers.Conv2D(1, 1)  # takes a number
    np.random.default_rng().normal(size=3)
    again = models.load("InceptionV3", weights="random", size=(139, 139))
    assert again.spec == first.spec
    assert not first.spec.weights.trained and first.spec.weights.source == "random, seed 0"
    assert len(first.spec.weights.sha256) == 64
    assert "untrained" in first.licence
    assert first.spec.weights.sha256 != _network("mobilenet").spec.weights.sha256
