"""Networks of every make: what of a live Keras model is captured, seen, and computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from generator import models
from generator.domain import Layer, Operation, Window
from generator.errors import LayerlightError, ModelError, UsageError
from generator.models import backend
from generator.models.receptive_field import windows
from generator.models.trace import trace

Array = NDArray[np.float32]
Build = Callable[[Any, Any], Any]
"""(keras.layers, the image) -> what the network puts out."""


def _model(build: Build, *shape: int | None) -> Any:
    """A network of random weights, batch-norms too, the same each time."""
    keras = backend.keras()
    image = keras.Input(shape or (32, 32, 3))
    return _stirred(keras.Model(image, build(keras.layers, image), name=build.__name__.strip("_")))


def _stirred(model: Any) -> Any:
    random = np.random.default_rng(5)
    for variable in model.weights:
        low, high = (0.5, 2) if variable.name in ("moving_variance", "gamma") else (-0.5, 0.5)
        variable.assign(random.uniform(low, high, variable.shape))
    return model


def _noise(*shape: int) -> Array:
    return np.random.default_rng(6).normal(0, 1, shape).astype(np.float32)


def _maps(network: models.Network, images: Array) -> dict[str, Array]:
    layers = [layer.name for layer in network.spec.layers]
    outputs = network.graph(images, training=False)
    several = outputs if isinstance(outputs, list) else [outputs]
    return {name: np.asarray(one) for name, one in zip(layers, several, strict=True)}


def _layers(network: models.Network) -> dict[str, Layer]:
    return {layer.name: layer for layer in network.spec.layers}


# -- Models inside models


@pytest.fixture(scope="module")
def nested() -> tuple[Any, Any, Any]:
    """A backbone inside a functional model inside a Sequential; ``conv1`` in both of the former."""
    keras = backend.keras()
    layers = keras.layers
    image = keras.Input((32, 32, 3))
    x = layers.Conv2D(4, 3, strides=2, padding="same", use_bias=False, name="conv1")(image)
    x = layers.ReLU(name="act1")(layers.BatchNormalization(name="bn1")(x))
    x = layers.Conv2D(4, 3, padding="same", activation="relu", name="conv2")(x)
    backbone = keras.Model(image, x, name="backbone")
    image = keras.Input((32, 32, 3))
    x = layers.Conv2D(6, 3, padding="same", name="conv1")(backbone(image, training=False))
    middle = keras.Model(image, x, name="middle")
    whole = keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            middle,
            layers.MaxPooling2D(2, name="pool"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2),
        ],
        name="Whole Model",
    )
    return _stirred(whole), middle, backbone


def test_layers_of_nested_models_are_captured(nested: tuple[Any, Any, Any]) -> None:
    """In the order of the data, with what the sub-models compute by themselves."""
    whole, middle, backbone = nested
    network = models.wrap(whole)
    assert (network.spec.id, network.spec.title) == ("whole-model", "Whole Model")
    assert [layer.name for layer in network.spec.layers] == [
        "conv1",
        "conv2",
        "middle-conv1",
        "pool",
    ]
    layers = _layers(network)
    assert layers["conv1"].through == ("bn1", "act1") and layers["conv1"].summed == "bn1"
    # by hand: 3, then 2 steps of 2 more each, then a pool's one step more
    assert [layer.window.height for layer in network.spec.layers] == [3, 7, 11, 13]
    images = _noise(2, 32, 32, 3)
    maps = _maps(network, images)
    keras = backend.keras()
    first = keras.Model(backbone.input, backbone.get_layer("act1").output)
    np.testing.assert_allclose(maps["conv1"], first(images, training=False), atol=1e-5)
    np.testing.assert_allclose(maps["conv2"], backbone(images, training=False), atol=1e-5)
    np.testing.assert_allclose(maps["middle-conv1"], middle(images, training=False), atol=1e-5)


def test_looking_twice_gives_the_same_names(nested: tuple[Any, Any, Any]) -> None:
    """A model that was wrapped before is wrapped again; the digest is that of its numbers."""
    one, other = models.wrap(nested[0]), models.wrap(nested[0])
    assert one.spec == other.spec
    assert one.spec.weights.source == "a model in memory"


def test_a_shared_layer_is_shown_at_each_use() -> None:
    """With a name, a window and maps of its own each time, and one kernel."""

    def shared(layers: Any, x: Any) -> Any:
        twice = layers.Conv2D(3, 3, padding="same", name="twice")
        return twice(layers.ReLU()(twice(x)))

    model = _model(shared, 16, 16, 3)
    network = models.wrap(model)
    layers = _layers(network)
    assert [(name, layer.window.height) for name, layer in layers.items()] == [
        ("twice", 3),
        ("twice-2", 5),
    ]
    assert (layers["twice"].activation, layers["twice-2"].activation) == ("relu", "linear")
    images = _noise(1, 16, 16, 3)
    np.testing.assert_allclose(
        _maps(network, images)["twice-2"], model(images, training=False), atol=1e-5
    )
    for name in layers:
        kernel, _ = network.kernel(name) or pytest.fail("no kernel")
        np.testing.assert_array_equal(kernel, model.get_layer("twice").get_weights()[0])


def test_names_are_fit_for_an_address() -> None:
    """Slashes become hyphens; two that differ in case alone get a number."""

    def odd(layers: Any, x: Any) -> Any:
        x = layers.Conv2D(1, 1, name="stage.1-conv")(layers.Conv2D(1, 1, name="Conv a")(x))
        return layers.Conv2D(1, 1, name="conv-A")(x)

    network = models.wrap(_model(odd))
    assert list(_layers(network)) == ["Conv-a", "stage.1-conv", "conv-A-2"]


def test_several_outputs_are_all_followed() -> None:
    """And a sum that is put out itself is shown as it is put out, not behind its activation."""

    def pyramid(layers: Any, x: Any) -> Any:
        one = layers.Conv2D(2, 3, strides=2, name="one")(x)
        two = layers.Conv2D(2, 3, strides=2, name="two")(layers.ReLU(name="between")(one))
        return [one, two, layers.Dense(3)(layers.Flatten()(two))]

    layers = _layers(models.wrap(_model(pyramid)))
    assert list(layers) == ["one", "two"]
    assert layers["one"].through == () and layers["one"].signed


def test_a_layer_comes_after_those_it_is_made_of() -> None:
    """Whatever the order in which they were made."""
    keras = backend.keras()
    late = keras.layers.Conv2D(2, 1, name="late")
    early = keras.layers.Conv2D(2, 1, name="early")
    image = keras.Input((8, 8, 3))
    join = keras.layers.Concatenate(name="join")
    network = models.wrap(keras.Model(image, late(join([image, early(image)]))))
    assert list(_layers(network)) == ["early", "join", "late"]


def test_a_block_and_a_stage_are_fewer_than_all_layers() -> None:
    """Of a block what its merge puts out, of a stage the last layer."""

    def residual(layers: Any, x: Any) -> Any:
        x = layers.Conv2D(4, 3, strides=2, padding="same", name="stem")(x)
        for block in "ab":
            y = layers.Conv2D(4, 3, padding="same", name=f"conv_{block}")(x)
            x = layers.Add(name=f"add_{block}")([x, y])
        return layers.Conv2D(4, 3, strides=2, padding="same", name="top")(x)

    model = _model(residual)
    assert [la.name for la in models.wrap(model, every="block").spec.layers] == [
        "add_a",
        "add_b",
        "top",
    ]
    assert [la.name for la in models.wrap(model, every="stage").spec.layers] == ["add_b", "top"]


# -- What cannot be run


def _subclass() -> Any:
    kind: Any = type("Hidden", (backend.keras().Model,), {"call": lambda _, x: x})
    return kind(name="hidden")


def _of(*shapes: tuple[int | None, ...]) -> Any:
    keras = backend.keras()
    inputs = [keras.Input(shape) for shape in shapes]
    flat = [keras.layers.Flatten()(one) for one in inputs]
    joined = keras.layers.Concatenate()(flat) if len(flat) > 1 else flat[0]
    return keras.Model(inputs, keras.layers.Dense(1)(joined), name="mine")


def _without_input() -> Any:
    keras = backend.keras()
    return keras.Sequential([keras.layers.Conv2D(2, 3)], name="mine")


def _hiding_inside() -> Any:
    keras = backend.keras()
    image = keras.Input((8, 8, 3))
    return keras.Model(image, _subclass()(image), name="outside")


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (_without_input, r"mine: a Sequential without an input shape .* keras\.Input"),
        (_subclass, r"hidden: expected a functional .* \(Hidden\).*keras\.Model\(inputs, outputs"),
        (_hiding_inside, r"hidden: expected a functional or sequential model"),
        (lambda: _of((8, 8, 3), (4,)), r"mine: expected .* one input.* it has 2 .*cut out"),
        (lambda: _of((10,)), r"mine: expected an input of images .*got \(None, 10\); cut out"),
        (lambda: _of((8, 8, 5)), r"mine: expected an input of images .*got \(None, 8, 8, 5\)"),
        (lambda: _of((8, 8, 3)), r"mine: expected a network with convolutions .*found Flatten, D"),
    ],
)
def test_a_network_that_cannot_be_run_says_why(build: Callable[[], Any], says: str) -> None:
    """With its name, what was expected, and what to do."""
    with pytest.raises(ModelError, match=says):
        models.wrap(build())


def test_a_free_size_has_to_be_said() -> None:
    """Where the model has none of its own; maps need not be square."""

    def free(layers: Any, x: Any) -> Any:
        return layers.Conv2D(2, 3, strides=2, padding="same", name="conv")(x)

    model = _model(free, None, None, 3)
    with pytest.raises(UsageError, match="size: free takes images of any size; say which"):
        models.wrap(model)
    layer = models.wrap(model, size=(20, 33)).spec.layers[0]
    assert (layer.height, layer.width, layer.channels) == (10, 17, 2)


def test_a_size_that_the_graph_refuses_is_named() -> None:
    """A classifier that flattens maps has one size."""

    def classifier(layers: Any, x: Any) -> Any:
        return layers.Dense(2)(layers.Flatten()(layers.Conv2D(2, 3)(x)))

    model = _model(classifier)
    assert models.wrap(model).spec.input.height == 32
    with pytest.raises(UsageError, match="size: classifier does not take images of 20 x 24 .*32"):
        models.wrap(model, size=(20, 24))


def test_a_grey_network_gets_brightness() -> None:
    """0.299 of red, 0.587 of green, 0.114 of blue, in one channel; the same for a tensor."""

    def grey(layers: Any, x: Any) -> Any:
        return layers.Conv2D(2, 3)(x)

    network = models.wrap(_model(grey, 8, 9, 1), preprocess="0-1")
    pixels = np.random.default_rng(2).integers(0, 256, (2, 8, 9, 3), dtype=np.uint8)
    red, green, blue = (pixels[..., i].astype(np.float64) for i in range(3))
    expected = (0.299 * red + 0.587 * green + 0.114 * blue)[..., None] / 255
    np.testing.assert_allclose(network.preprocess(pixels), expected, atol=1e-6)
    tensor = network.preprocess_tensor(pixels.astype(np.float32))
    np.testing.assert_allclose(tensor, expected, atol=1e-6)
    assert network.spec.input.preprocessing == "grey from 0 to 1"
    assert network.graph(network.preprocess(pixels)).shape == (2, 6, 7, 2)


# -- Signs


def _cut_high(layers: Any, x: Any) -> Any:
    return layers.ReLU(max_value=3)(x)


def _negated(_layers: Any, x: Any) -> Any:
    return backend.keras().ops.relu(x) * -1


def _lowered(_layers: Any, x: Any) -> Any:
    return backend.keras().ops.relu(x) + -1


def _larger(layers: Any, x: Any) -> Any:
    return layers.Maximum()([x, layers.ReLU()(x)])


def _cubic(layers: Any, x: Any) -> Any:
    return layers.UpSampling2D(2, interpolation="bicubic")(
        layers.MaxPooling2D(1, strides=4)(_cut_high(layers, x))
    )


def _linear(layers: Any, x: Any) -> Any:
    return layers.UpSampling2D(2, interpolation="bilinear")(
        layers.MaxPooling2D(1, strides=4)(_cut_high(layers, x))
    )


def _leaking(layers: Any, x: Any) -> Any:
    return layers.ReLU(negative_slope=0.1)(x)


def _from_above(layers: Any, x: Any) -> Any:
    return layers.ReLU(threshold=0.5)(x)


@pytest.mark.parametrize(
    ("between", "signed"),
    [
        (_cut_high, False),
        (_negated, True),
        (_lowered, True),
        (_larger, False),
        (_cubic, True),
        (_linear, False),
        (_leaking, True),
        (_from_above, False),
    ],
)
def test_a_sign_is_that_of_the_values(between: Build, signed: bool) -> None:
    """A pool keeps the signs of what it is fed; noise shows which they are."""

    def pooled(layers: Any, x: Any) -> Any:
        x = between(layers, layers.Conv2D(8, 3, padding="same", name="conv")(x))
        return layers.MaxPooling2D(1, name="pool")(x)

    network = models.wrap(_model(pooled))
    assert _layers(network)["pool"].signed == signed
    assert (_maps(network, 9 * _noise(4, 32, 32, 3))["pool"].min() < 0) == signed


# -- Windows, every pixel tried


def grouped(layers: Any, x: Any) -> Any:
    x = layers.Conv2D(4, 3, padding="same", **ONES)(x)
    return layers.Conv2D(4, (3, 5), groups=2, strides=(2, 1), padding="same", **ONES)(x)


def depthwise(layers: Any, x: Any) -> Any:
    x = layers.DepthwiseConv2D(
        3, depth_multiplier=2, dilation_rate=2, depthwise_initializer="ones"
    )(x)
    return layers.SeparableConv2D(
        2, (2, 4), strides=2, depthwise_initializer="ones", pointwise_initializer="ones"
    )(x)


def augmented(layers: Any, x: Any) -> Any:
    """What changes pictures in training only is nothing here."""
    x = layers.RandomRotation(0.2)(layers.RandomFlip()(x))
    return layers.Identity()(layers.Conv2D(1, 3, padding="same", **ONES)(x))


def plain_sums(layers: Any, x: Any) -> Any:
    """Written as Python: x + y, and an activation that is a function."""
    y = layers.Conv2D(2, 3, padding="same", **ONES)(x)
    y = backend.keras().ops.relu(y + 2 * layers.Conv2D(2, 5, padding="same", **ONES)(x))
    return layers.Conv2D(2, 1, strides=2, **ONES)(y)


@pytest.mark.parametrize("build", [grouped, depthwise, augmented, plain_sums])
def test_a_value_sees_exactly_its_window(build: Build) -> None:
    """Each pixel lit alone: nothing outside is felt, and each edge is, where the image has it."""
    window, felt = _seen_and_felt(build)
    whole = 0
    for row, column in np.ndindex(*felt.shape[2:]):
        edges = _edges(window, row, column)
        found = _extent(felt[:, :, row, column])
        assert _holds(edges, found)
        if edges[0] >= 0 and edges[1] < 24 and edges[2] >= 0 and edges[3] < 24:
            whole += 1
            assert found == edges
    assert whole, "no window lies whole in the image: the test would be empty"


def _upwards(by: int, interpolation: str) -> Build:
    def upwards(layers: Any, x: Any) -> Any:
        x = layers.Conv2D(1, by + 1, strides=by, padding="same", **ONES)(x)
        return layers.UpSampling2D(by, interpolation=interpolation)(x)

    return upwards


def _transposed(**options: Any) -> Build:
    def transposed(layers: Any, x: Any) -> Any:
        x = layers.AveragePooling2D(2)(x)
        x = layers.Conv2D(1, 3, strides=2, padding="same", **ONES)(x)
        return layers.Conv2DTranspose(1, **options, **ONES)(x)

    return transposed


ONES = {"kernel_initializer": "ones", "bias_initializer": "zeros"}


@pytest.mark.parametrize(
    "build",
    [
        *(_upwards(by, "nearest") for by in (2, 3, 4)),
        *(_upwards(by, "bilinear") for by in (2, 3, 4, 6)),
        *(_transposed(kernel_size=3, strides=2, padding=pad) for pad in ("same", "valid")),
        *(_transposed(kernel_size=k, strides=2, padding="same") for k in (2, 4, 5)),
        _transposed(kernel_size=4, strides=4, padding="same"),
        _transposed(kernel_size=3, strides=2, padding="same", output_padding=0),
        _transposed(kernel_size=5, strides=2, padding="same", output_padding=1),
        _transposed(kernel_size=(3, 2), strides=1, padding="same", dilation_rate=2),
    ],
)
def test_a_window_upwards_is_the_smallest_of_one_size(build: Build) -> None:
    """Neighbours see different pixels: none more than its window, and some feel each edge."""
    window, felt = _seen_and_felt(build)
    touched = np.zeros(4, bool)
    for row, column in np.ndindex(*felt.shape[2:]):
        if not felt[:, :, row, column].any():
            continue
        edges, found = _edges(window, row, column), _extent(felt[:, :, row, column])
        assert _holds(edges, found)
        touched |= np.equal(edges, found)
    assert touched.all(), "the window is larger than need be"


def _seen_and_felt(build: Build) -> tuple[Window, NDArray[np.bool_]]:
    """The last window, and which pixels each position answers: (rows, columns, map rows, columns).

    On black, with weights of one, what is not felt stays exactly zero.
    """
    keras = backend.keras()
    image = keras.Input((24, 24, 1))
    model = keras.Model(image, build(keras.layers, image))
    traced = trace(model)
    window = windows(traced)[traced.calls[-1].name]
    images = np.eye(24 * 24, dtype=np.float32).reshape(-1, 24, 24, 1)
    maps = np.asarray(model(images, training=False))
    felt: NDArray[np.bool_] = (maps != 0).any(axis=-1)
    return window, felt.reshape(24, 24, *maps.shape[1:3])


def _edges(window: Window, row: int, column: int) -> tuple[int, int, int, int]:
    top = row * window.stride_y + window.start_y
    left = column * window.stride_x + window.start_x
    return top, top + window.height - 1, left, left + window.width - 1


def _extent(felt: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    rows, columns = (np.flatnonzero(felt.any(axis=axis)) for axis in (1, 0))
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])


def _holds(outer: tuple[int, int, int, int], inner: tuple[int, int, int, int]) -> bool:
    return (
        outer[0] <= inner[0]
        and inner[1] <= outer[1]
        and outer[2] <= inner[2] <= inner[3] <= outer[3]
    )


def test_one_value_that_is_used_everywhere_makes_all_see_all() -> None:
    """A pool as large as the map, multiplied with it: a gate written without a global pool."""

    def gate(layers: Any, x: Any) -> Any:
        x = layers.Conv2D(3, 3, padding="same", name="conv")(x)
        return layers.Multiply(name="gated")([x, layers.AveragePooling2D(32)(x)])

    found = windows(trace(_model(gate)))
    assert found["conv"].height == 3
    assert found["gated"] == Window(32, 32, 0, 0, 0, 0)


# -- Kernels, and how a value is made


def chain(layers: Any, x: Any) -> Any:
    """Pads, strides, holes, even kernels, batch-norms with and without scale, pools."""
    x = layers.ZeroPadding2D(((1, 2), (0, 3)), name="pad")(x)
    x = layers.Conv2D(4, (4, 3), strides=2, use_bias=False, name="padded")(x)
    x = layers.ReLU()(layers.BatchNormalization(scale=False)(x))
    x = layers.Conv2D(5, 3, strides=2, padding="same", name="strided")(x)
    x = layers.Activation("relu")(layers.BatchNormalization(center=False)(x))
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="pool")(x)
    x = layers.Dropout(0.5)(x)
    x = layers.Conv2D(3, (2, 3), dilation_rate=2, padding="same", activation="relu", name="holes")(
        x
    )
    return layers.BatchNormalization()(layers.Conv2D(2, 2, padding="same", name="linear")(x))


def test_a_value_is_made_as_its_operation_says() -> None:
    """Each value of each layer worked out tap by tap from the layer before, borders and all."""
    network = models.wrap(_model(chain, 37, 33, 3))
    layers = _layers(network)
    assert [layer.operation and layer.operation.source for layer in network.spec.layers] == [
        *("", "padded", "strided", "pool", "holes")
    ]
    # by hand: 1 and 0 of the layer that pads
    assert layers["padded"].operation == Operation("", (4, 3), (2, 2), (1, 0), (1, 1))
    images = _noise(1, 37, 33, 3)
    maps = _maps(network, images) | {"": images}
    for name, layer in layers.items():
        operation = layer.operation or pytest.fail(name)
        pair = network.kernel(name)
        assert (pair is None) == (layer.kind == "pool")
        by_hand = np.stack(
            [
                _value(operation, maps[operation.source][0], pair, row, column)
                for row, column in np.ndindex(layer.height, layer.width)
            ]
        ).reshape(layer.height, layer.width, layer.channels)
        expected = np.maximum(by_hand, 0) if layer.activation == "relu" else by_hand
        np.testing.assert_allclose(maps[name][0], expected, rtol=1e-3, atol=1e-4, err_msg=name)


def _value(
    operation: Operation, source: Array, pair: tuple[Array, Array] | None, row: int, column: int
) -> Array:
    """One position of a map, all channels: the sum over the taps, or the maximum of a pool."""
    taps = []
    for i, j in np.ndindex(*operation.kernel):
        y = row * operation.strides[0] - operation.before[0] + i * operation.dilation[0]
        x = column * operation.strides[1] - operation.before[1] + j * operation.dilation[1]
        if 0 <= y < source.shape[0] and 0 <= x < source.shape[1]:
            taps.append(source[y, x] if pair is None else source[y, x] @ pair[0][i, j])
    if pair is None:
        return np.max(taps, axis=0)  # type: ignore[no-any-return]  # NumPy says Any
    return np.sum(taps, axis=0) + pair[1]  # type: ignore[no-any-return]  # NumPy says Any


def test_a_kernel_gives_the_sum_before_the_activation() -> None:
    """TensorFlow's own convolution with it: behind another activation than a cut at zero too."""

    def swish(layers: Any, x: Any) -> Any:
        x = layers.Conv2D(4, 3, padding="same", use_bias=False, name="conv")(x)
        return layers.Activation("silu")(layers.BatchNormalization(name="norm")(x))

    network = models.wrap(_model(swish))
    kernel, bias = network.kernel("conv") or pytest.fail("no kernel")
    images = _noise(1, 32, 32, 3)
    total = np.asarray(backend.tensorflow().nn.conv2d(images, kernel, 1, "SAME")) + bias
    expected = total / (1 + np.exp(-total))
    np.testing.assert_allclose(_maps(network, images)["conv"], expected, rtol=1e-4, atol=1e-4)
    layer = network.spec.layers[0]
    assert (layer.activation, layer.summed, layer.operation) == ("silu", "norm", None)


def test_what_is_not_made_plainly_has_no_operation() -> None:
    """Groups, a signed source, a source that is not captured, a cut at six or not at zero."""

    def odd(layers: Any, x: Any) -> Any:
        x = layers.Conv2D(4, 3, name="linear")(x)
        x = layers.Conv2D(4, 3, activation="relu", name="fed_signed")(x)
        x = layers.Conv2D(4, 3, groups=2, activation="relu", name="in_groups")(x)
        x = layers.ReLU(max_value=6)(layers.Conv2D(4, 3, name="cut")(x))
        x = layers.ReLU(threshold=0.5)(layers.Conv2D(4, 3, name="cut_above")(x))
        x = layers.Conv2D(4, 3, activation="relu", name="plain")(x)
        return layers.Conv2D(4, 3, name="scaled")(layers.Rescaling(2.0)(x))

    network = models.wrap(_model(odd))
    assert [la.name for la in network.spec.layers if la.operation] == ["linear", "plain"]
    assert network.kernel("in_groups") is None
    assert _layers(models.wrap(_model(odd), layers=["plain"]))["plain"].operation is None


# -- Channels first


def _both_orders(flatten_first: bool) -> tuple[Any, Any]:
    """A network with channels first, and the same made by hand with channels last."""
    keras = backend.keras()
    pair = []
    for order, axis, shape in (
        ("channels_first", 1, (3, 16, 12)),
        ("channels_last", -1, (16, 12, 3)),
    ):
        layers, where = keras.layers, {"data_format": order}
        image = keras.Input(shape)
        x = layers.ZeroPadding2D(((0, 1), (1, 0)), **where)(image)
        x = layers.Conv2D(4, 3, strides=2, name="conv", **where)(x)
        x = layers.ReLU(name="act")(layers.BatchNormalization(axis=axis, name="norm")(x))
        y = layers.Conv2D(4, (1, 3), padding="same", name="side", **where)(x)
        x = layers.Add(name="sum")([x, layers.PReLU(name="slope")(y)])
        x = layers.Concatenate(axis=axis, name="join")([x, y])
        x = layers.MaxPooling2D(2, name="pool", **where)(x)
        turns = {"data_format": "channels_first"} if flatten_first and axis == 1 else {}
        x = layers.Dense(5, name="dense")(layers.Flatten(**turns)(x))
        x = layers.BatchNormalization()(x)
        pair.append(keras.Model(image, layers.Dense(2)(x), name=order))
    return _stirred(pair[0]), pair[1]


@pytest.mark.parametrize("flatten_first", [False, True])
def test_channels_first_gives_the_maps_of_channels_last(flatten_first: bool) -> None:
    """And the classifier's answers, whether it flattens maps as they lie or turns them before."""
    first, last = _both_orders(flatten_first)
    for one, other in zip(first.weights, last.weights, strict=True):
        values = np.asarray(one)
        if one.path.startswith("dense/kernel") and not flatten_first:
            # by hand: rows in the order (channel, row, column) -> (row, column, channel)
            values = values.reshape(8, 4, 3, 5).transpose(1, 2, 0, 3).reshape(96, 5)
        if one.path.startswith("slope"):
            values = values.transpose(1, 2, 0)
        other.assign(values)
    images = _noise(2, 16, 12, 3)
    turned, plain = models.wrap(first), models.wrap(last)
    assert turned.spec.layers == plain.spec.layers
    expected = _maps(plain, images)
    for name, values in _maps(turned, images).items():
        np.testing.assert_allclose(values, expected[name], atol=1e-5, err_msg=name)
    opened = trace(first)
    answers = backend.keras().Model(opened.input, opened.outputs)(images, training=False)
    np.testing.assert_allclose(
        np.asarray(answers).squeeze(), last(images, training=False), atol=1e-4
    )


def _pooled_first(layers: Any, x: Any) -> Any:
    x = layers.GlobalAveragePooling2D(data_format="channels_first")(x)
    return layers.Dense(2, activation="softmax")(layers.BatchNormalization()(layers.Flatten()(x)))


def test_what_follows_a_global_pool_has_no_order() -> None:
    """Flatten, Dense and batch-norm of plain numbers are left as they are."""
    model = _first(_pooled_first)
    opened = trace(model)
    images = _noise(3, 8, 10, 3)
    keras = backend.keras()
    answers = keras.Model(opened.input, opened.outputs)(images, training=False)
    # by hand: the same maps from the kernel, their means, the last layers
    conv, bias = model.get_layer("conv").get_weights()
    maps = np.asarray(backend.tensorflow().nn.conv2d(images, conv, 1, "VALID")) + bias
    tail = keras.Sequential([keras.Input((2,)), *model.layers[-2:]])
    expected = tail(maps.mean(axis=(1, 2)), training=False)
    np.testing.assert_allclose(np.asarray(answers).squeeze(), expected, atol=1e-5)


def _first(build: Build) -> Any:
    def whole(layers: Any, x: Any) -> Any:
        return build(layers, layers.Conv2D(2, 3, data_format="channels_first", name="conv")(x))

    return _model(whole, 3, 8, 10)


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda la, x: la.Reshape((12, 8))(x), "reshape.*: a Reshape"),
        (lambda la, x: la.Softmax(name="soft")(x), "soft: a Softmax"),
        (lambda la, x: la.Activation("softmax", name="soft")(x), "soft: a Activation"),
        (lambda la, x: la.Dense(3, name="rows")(x), "rows: a Dense"),
        (lambda la, x: la.LayerNormalization(axis=[1, 2, 3], name="norm")(x), "norm: a LayerNorm"),
        (lambda _, x: backend.keras().ops.concatenate([x, x], axis=1), "concatenate.*: a Concat"),
    ],
)
def test_what_cannot_be_turned_is_named(build: Build, says: str) -> None:
    """Rather than maps that are wrong."""
    with pytest.raises(ModelError, match=rf"{says}.* channels first cannot be turned .*convert"):
        models.wrap(_first(build))


def test_a_network_of_both_orders_is_refused() -> None:
    """Channels last inside a network that gets channels first."""

    def mixed(layers: Any, x: Any) -> Any:
        return layers.Conv2D(2, 1, data_format="channels_last", name="other")(x)

    with pytest.raises(LayerlightError, match="other: expected channels first as in the network's"):
        models.wrap(_first(mixed))
