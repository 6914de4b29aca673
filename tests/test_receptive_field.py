"""Receptive fields: against the reference, against pixels changed one by one, on odd graphs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from generator.domain import Layer, Window
from generator.errors import LayerlightError
from generator.models import backend, vgg16
from generator.models.receptive_field import windows
from generator.models.trace import trace
from tests.conftest import PROJECT
from tests.vgg16_network import imagenet_tensors, network

PROBED = (
    "block1_conv2",
    "block1_pool",
    "block2_conv1",
    "block2_pool",
    "block3_conv3",
    "block3_pool",
    "block4_conv2",
    "block4_pool",
    "block5_conv1",
    "block5_conv3",
    "block5_pool",
)
"""Every block, convolutions and pools, to the largest field."""


@pytest.fixture(scope="session")
def layers() -> dict[str, Layer]:
    """The layers of the real network by name."""
    return {layer.name: layer for layer in network().spec.layers}


@pytest.fixture(scope="session")
def positive() -> Any:
    """VGG16 with the magnitudes of its kernels and no biases: no signal can be blocked."""
    model = vgg16.build((224, 224))
    vgg16.set_weights(
        model,
        {name: (abs(kernel), 0 * bias) for name, (kernel, bias) in imagenet_tensors().items()},
    )
    return model


# -- VGG16


def test_sizes_are_those_of_the_reference(layers: dict[str, Layer]) -> None:
    """From 3 pixels to 212, square, as the reference file lists them."""
    file = Path(__file__).parent / "data" / "receptive_fields.json"
    expected = json.loads(file.read_text(encoding="utf-8"))["vgg16"]
    assert {name: layer.window.height for name, layer in layers.items()} == expected
    assert {name: layer.window.width for name, layer in layers.items()} == expected


def test_the_table_that_is_done_by_hand_is_right(layers: dict[str, Layer]) -> None:
    """docs/receptive-fields.md: its sums add up, and are what each layer's window is; so is its
    example of one value.
    """
    page = (PROJECT / "docs/receptive-fields.md").read_text("utf-8").replace("\N{MINUS SIGN}", "-")
    rows = re.findall(r"^\| (block\w+) \| (.+?) \| (\d+) \| (.+?) \|$", page, re.MULTILINE)
    assert [name for name, *_ in rows] == [*layers]
    for name, sees, step, first in rows:
        window = layers[name].window
        assert _worked_out(sees) == window.height, name
        assert (int(step), _worked_out(first)) == (window.stride_y, window.start_y), name
    example = re.search(r"row (\d+) of (\w+) see\? .*: rows (\d+) to (\d+)\.", page)
    assert example
    name, (row, top, bottom) = example[2], map(int, example.group(1, 3, 4))
    window = layers[name].window
    assert top == window.start_y + row * window.stride_y
    assert bottom == top + window.height - 1


def _worked_out(text: str) -> int:
    """What "3 + 2 · 1 = 5" comes to, as its left side does; a number alone is itself."""
    left, _, right = text.rpartition(" = ")
    if left:
        terms = left.replace(" - ", " + -").split(" + ")
        assert sum(prod(map(int, term.split(" · "))) for term in terms) == int(right), text
    return int(right)


def test_positions_in_the_third_block(layers: dict[str, Layer]) -> None:
    """By hand: two pools make steps of 4; seven convolutions reach 1 + 1 + 2 + 2 + 3 x 4 = 18 back.

    The pools look 1 and 2 pixels further ahead, so (r, c) sees rows 4 r - 18 to 4 r + 21.
    """
    window = layers["block3_conv3"].window
    assert window == Window(40, 40, stride_y=4, stride_x=4, start_y=-18, start_x=-18)
    assert window.start_y + window.height - 1 == 21


def test_strides_double_at_each_pool(layers: dict[str, Layer]) -> None:
    """1 px in block1, 32 behind block5."""
    for layer in layers.values():
        block = int(layer.block.removeprefix("block"))
        step = 2 ** (block - (layer.kind == "conv"))
        assert (layer.window.stride_y, layer.window.stride_x) == (step, step)


@pytest.mark.parametrize("name", PROBED)
def test_pixels_outside_change_nothing(layers: dict[str, Layer], name: str) -> None:
    """On the real network every pixel outside the window is replaced by noise.

    No channel at that position moves by more than 1e-6 of the layer's maximum, which leaves room
    for float rounding (measured: nothing moves). Also at the border, where the window is cut.
    """
    random = np.random.default_rng(PROBED.index(name))
    layer = layers[name]
    row, column = int(random.integers(layer.height)), int(random.integers(layer.width))
    image = random.uniform(-100, 100, (224, 224, 3)).astype(np.float32)
    other = random.uniform(-100, 100, (224, 224, 3)).astype(np.float32)
    rows, columns = _seen(layer.window, row, column)
    assert not (rows.all() and columns.all()), "nothing lies outside: the test would be empty"
    inside = np.outer(rows, columns)[..., np.newaxis]
    maps = _run(network().graph, name, np.stack([image, np.where(inside, image, other)]))
    moved = np.abs(maps[0, row, column] - maps[1, row, column]).max()
    assert moved <= 1e-6 * maps.max()
    assert np.abs(maps[0] - maps[1]).max() > 1e-2 * maps.max(), "the noise reached nothing at all"


@pytest.mark.parametrize("name", PROBED)
def test_each_edge_of_the_window_is_seen(
    layers: dict[str, Layer], positive: Any, name: str
) -> None:
    """On the positive copy one bright pixel on each edge is felt, and all outside together is not.

    Black otherwise, so that what is felt is above zero, not above rounding.
    """
    random = np.random.default_rng(100 + PROBED.index(name))
    layer = layers[name]
    row, column = (_whole_inside(layer.window, axis, random) for axis in (0, 1))
    rows, columns = (np.flatnonzero(axis) for axis in _seen(layer.window, row, column))
    assert (len(rows), len(columns)) == (layer.window.height, layer.window.width)
    edges = [
        (rows[0], random.choice(columns)),
        (rows[-1], random.choice(columns)),
        (random.choice(rows), columns[0]),
        (random.choice(rows), columns[-1]),
    ]
    images = np.zeros((5, 224, 224, 3), np.float32)
    for image, edge in zip(images[:4], edges, strict=True):
        image[edge] = 1e6
    images[4] = 1e6
    images[4, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = 0
    maps = _run(positive, name, images)
    assert np.isfinite(maps).all()
    assert (maps[:4, row, column].max(axis=-1) > 0).all()
    assert maps[4, row, column].max() <= 1e-6 * maps[4].max()


SAMPLES = 200
"""Random values of VGG16, spread over all its layers."""


def _sample(layers: dict[str, Layer]) -> dict[str, list[tuple[int, int, int]]]:
    """For each layer some (channel, row, column), ``SAMPLES`` in all, the same every time."""
    random = np.random.default_rng(2024)
    names = sorted(layers)
    found: dict[str, list[tuple[int, int, int]]] = {name: [] for name in names}
    for i in range(SAMPLES):
        layer = layers[names[i % len(names)]]
        sides = (layer.channels, layer.height, layer.width)
        channel, row, column = (int(random.integers(side)) for side in sides)
        found[layer.name].append((channel, row, column))
    return found


def test_two_hundred_values_do_not_feel_what_lies_outside_their_window(
    layers: dict[str, Layer],
) -> None:
    """Random layer, channel and position: noise in place of every pixel outside changes nothing.

    Eleven or twelve of each of the 18 layers, many cut by the border; within 1e-6 of the layer's
    maximum, which leaves room for float rounding (measured: nothing moves).
    """
    random = np.random.default_rng(7)
    moved, checked = {}, 0
    for name, values in _sample(layers).items():
        image, other = random.uniform(-100, 100, (2, 224, 224, 3)).astype(np.float32)
        boxes = [np.outer(*_seen(layers[name].window, row, col)) for _, row, col in values]
        images = [image, *(np.where(box[..., None], image, other) for box in boxes)]
        maps = _run(network().graph, name, np.stack(images))
        top = float(maps.max())
        for changed, (channel, row, column) in zip(maps[1:], values, strict=True):
            difference = abs(float(changed[row, column, channel] - maps[0, row, column, channel]))
            moved[name, channel, row, column] = difference / top
            checked += 1
        assert np.abs(maps[1:] - maps[0]).max() > 1e-2 * top, "the noise reached nothing at all"
    assert checked == SAMPLES
    assert max(moved.values()) <= 1e-6, max(moved, key=lambda value: moved[value])


@pytest.mark.slow  # twelve of the layers are tried on each edge above
def test_two_hundred_values_feel_each_edge_of_their_window(
    layers: dict[str, Layer], positive: Any
) -> None:
    """On the positive copy a bright pixel in either of two corners lights that very channel.

    Two opposite corners lie on all four edges. Random layer and channel; the position is one
    whose window the image holds whole. All else is black, so what is not felt is zero.
    """
    random = np.random.default_rng(9)
    checked = 0
    for name, values in _sample(layers).items():
        window = layers[name].window
        images, where = [], []
        for channel, *_ in values:
            row, column = (_whole_inside(window, axis, random) for axis in (0, 1))
            rows, columns = (np.flatnonzero(axis) for axis in _seen(window, row, column))
            assert (len(rows), len(columns)) == (window.height, window.width)
            left, right = random.permutation([columns[0], columns[-1]])
            for corner in ((rows[0], left), (rows[-1], right)):
                image = np.zeros((224, 224, 3), np.float32)
                image[corner] = 1e6
                images.append(image)
                where.append((row, column, channel))
        maps = _run(positive, name, np.stack(images))
        assert np.isfinite(maps).all()
        for lit, value in zip(maps, where, strict=True):
            assert lit[value] > 0, (name, value)
            checked += 1
    assert checked == 2 * SAMPLES


def _seen(window: Window, row: int, column: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which of the 224 rows, and which columns, the window at a position holds."""
    pixels = np.arange(224)
    top, left = row * window.stride_y + window.start_y, column * window.stride_x + window.start_x
    return (
        (top <= pixels) & (pixels < top + window.height),
        (left <= pixels) & (pixels < left + window.width),
    )


def _whole_inside(window: Window, axis: int, random: np.random.Generator) -> int:
    """A position whose window the image holds completely."""
    extent, step, first = (
        (window.height, window.stride_y, window.start_y),
        (window.width, window.stride_x, window.start_x),
    )[axis]
    least = -(first // step)
    most = (224 - extent - first) // step
    return int(random.integers(least, most + 1))


def _run(model: Any, layer: str, images: NDArray[np.float32]) -> NDArray[np.float32]:
    """The maps of one layer: (n, 224, 224, 3) -> (n, height, width, channels)."""
    keras = backend.keras()
    names = [la.name for la in network().spec.layers]
    cut = len(model.outputs) == len(names)  # the network that puts out every layer
    output = model.outputs[names.index(layer)] if cut else model.get_layer(layer).output
    part = keras.Model(model.input, output)
    return np.asarray(part(images, training=False))


# -- Other graphs, every pixel tried


def asymmetric(layers: Any, x: Any) -> Any:
    """1 x 7, then 7 x 1, as in Inception, behind uneven padding."""
    x = layers.ZeroPadding2D(((2, 0), (1, 3)))(x)
    x = layers.Conv2D(2, (1, 7), padding="same", **ONES)(x)
    return layers.Conv2D(2, (7, 1), strides=(1, 2), padding="valid", **ONES)(x)


def dilated(layers: Any, x: Any) -> Any:
    """Holes in the kernel: 3 taps over 5 rows and 7 columns."""
    x = layers.Conv2D(2, 3, dilation_rate=(2, 3), padding="same", **ONES)(x)
    return layers.MaxPooling2D((2, 3), strides=(2, 2), padding="same")(x)


def branches(layers: Any, x: Any) -> Any:
    """Branches of stride 2, one valid on a padded map, one same, joined; then a pool."""
    padded = layers.ZeroPadding2D(((0, 1), (1, 0)))(x)
    one = layers.Conv2D(2, 2, strides=2, padding="valid", **ONES)(padded)
    two = layers.Conv2D(3, 5, strides=2, padding="same", activation="relu", **ONES)(x)
    return layers.AveragePooling2D(2, strides=1)(layers.Concatenate()([one, two]))


def residual(layers: Any, x: Any) -> Any:
    """A shortcut beside two convolutions, batch-norm and activation of their own."""
    short = layers.Conv2D(2, 1, strides=2, **ONES)(x)
    x = layers.Conv2D(2, 3, strides=2, padding="same", **ONES)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Conv2D(2, 3, padding="same", **ONES)(x)
    return layers.Activation("relu")(layers.Add()([short, x]))


def separable(layers: Any, x: Any) -> Any:
    """Depthwise and separable convolutions, stride 2 on an odd and an even side; cropping."""
    x = layers.DepthwiseConv2D(3, strides=2, padding="same", depthwise_initializer="ones")(x)
    x = layers.Cropping2D(((1, 0), (2, 1)))(x)
    # Valid: padding behind a crop would hide pixels that the window counts.
    return layers.SeparableConv2D(
        2, 4, padding="valid", depthwise_initializer="ones", pointwise_initializer="ones"
    )(x)


def excitation(layers: Any, x: Any) -> Any:
    """Squeeze and excitation: every value depends on the whole image."""
    x = layers.Conv2D(2, 3, padding="same", **ONES)(x)
    weight = layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = layers.Multiply()([x, layers.Dense(2, kernel_initializer="ones")(weight)])
    return layers.Conv2D(2, 3, strides=2, **ONES)(x)


ONES = {"kernel_initializer": "ones"}


def hourglass(layers: Any, x: Any) -> Any:
    """Down by two pools, up by a transposed convolution and by repetition, a shortcut."""
    same = {"padding": "same", **ONES}
    x = layers.Cropping2D(((0, 3), (0, 0)))(x) if x.shape[1] == 23 else x
    x = layers.Cropping2D(((0, 0), (0, 3)))(x) if x.shape[2] == 23 else x
    short = layers.Conv2D(2, 3, **same)(x)
    x = layers.MaxPooling2D(2)(layers.MaxPooling2D(2)(short))
    x = layers.Conv2DTranspose(2, 3, strides=2, **same)(x)
    x = layers.UpSampling2D(2)(x)
    return layers.Concatenate()([short, x])


GRAPHS = (asymmetric, dilated, branches, residual, separable)


@pytest.mark.parametrize("size", [(23, 20), (20, 23)], ids=str)
@pytest.mark.parametrize("build", GRAPHS)
def test_odd_graphs_see_exactly_their_window(
    build: Callable[[Any, Any], Any], size: tuple[int, int]
) -> None:
    """Each pixel is lit alone, on positive weights: what a value feels is what its window holds.

    Where the image cuts a window nothing outside it is felt; where it does not, all four
    edges are.
    """
    model = _functional(build, size)
    window = windows(trace(model))[model.layers[-1].name]
    felt = _felt(model, size)  # (rows, columns, map rows, map columns)
    whole = 0
    for row, column in np.ndindex(*felt.shape[2:]):
        rows, columns = (np.flatnonzero(felt[:, :, row, column].any(axis=axis)) for axis in (1, 0))
        top, left = (
            row * window.stride_y + window.start_y,
            column * window.stride_x + window.start_x,
        )
        bottom, right = top + window.height - 1, left + window.width - 1
        assert top <= rows[0] and rows[-1] <= bottom
        assert left <= columns[0] and columns[-1] <= right
        if top >= 0 and left >= 0 and bottom < size[0] and right < size[1]:
            whole += 1
            assert (rows[0], rows[-1], columns[0], columns[-1]) == (top, bottom, left, right)
    assert whole, "no window lies whole in the image: the test would be empty"


def mixed(layers: Any, x: Any) -> Any:
    """Stem, two inception-like and two residual blocks, strides of 2 of every make: 30 layers."""
    same = {"padding": "same"}
    x = layers.Conv2D(4, (5, 3), strides=2, activation="relu", **same)(x)
    x = layers.MaxPooling2D(3, strides=1, padding="same")(x)
    for _ in range(2):
        line = layers.Conv2D(3, (7, 1), **same)(layers.Conv2D(3, (1, 7), **same)(x))
        wide = layers.Conv2D(3, 3, dilation_rate=(2, 1), activation="relu", **same)(x)
        mean = layers.Conv2D(2, 1)(layers.AveragePooling2D(3, 1, padding="same")(x))
        x = layers.Concatenate()([layers.Conv2D(2, 1)(x), line, wide, mean])
    for _ in range(2):
        short = layers.Conv2D(6, 1, strides=(2, 1))(x)
        x = layers.Conv2D(6, 3, strides=(2, 1), **same)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
        x = layers.Add()([short, layers.Conv2D(6, (2, 4), **same)(x)])
    x = layers.ZeroPadding2D(((0, 1), (2, 0)))(layers.Activation("relu")(x))
    return layers.MaxPooling2D((2, 3), strides=(1, 2))(x)


@pytest.fixture(scope="module")
def mixture() -> Any:
    """``mixed`` on 90 x 77 pixels with all its layers as outputs; no weight below 0.02."""
    model = _functional(mixed, (90, 77))
    random = np.random.default_rng(11)
    for layer in model.layers:
        if hasattr(layer, "kernel"):
            kernel, bias = layer.get_weights()
            layer.set_weights([random.uniform(0.02, 0.2, kernel.shape), 0 * bias])
    return backend.keras().Model(model.input, [layer.output for layer in model.layers[1:]])


def test_a_large_graph_with_branches_sees_its_windows(mixture: Any) -> None:
    """200 random values of any layer feel nothing outside; each edge in the image is felt there.

    All outside is lit at once, then each edge alone, on black: with weights above zero what is
    felt is above zero. A whole edge is lit, as one branch may see its middle only; and any
    channel may feel it, as behind a concatenation each channel is of one branch.
    """
    random = np.random.default_rng(12)
    fields, names = windows(trace(mixture)), mixture.output_names
    edges_seen = 0
    for _ in range(SAMPLES // 20):
        images, cases = [], []
        for _ in range(20):
            which = int(random.integers(len(names)))
            shape = mixture.outputs[which].shape[1:]
            row, column, channel = (int(random.integers(side)) for side in shape)
            inside, edges = _box_and_edges(fields[names[which]], row, column, (90, 77))
            images += [~inside, *edges]
            cases.append((which, (row, column, channel), len(edges)))
        outputs = mixture(np.stack(images)[..., None].astype(np.float32), training=False)
        maps, i = [np.asarray(output) for output in outputs], 0
        for which, value, edges_inside in cases:
            # (images of this value, channels)
            answers = maps[which][i : i + 1 + edges_inside, value[0], value[1]]
            assert answers[0, value[2]] == 0, (names[which], value)
            assert (answers[1:].max(axis=1) > 0).all(), (names[which], value)
            edges_seen += edges_inside
            i += 1 + edges_inside
    assert edges_seen > 2 * SAMPLES, "most windows are cut: the test would say little"


def _box_and_edges(
    window: Window, row: int, column: int, size: tuple[int, int]
) -> tuple[NDArray[np.bool_], list[NDArray[np.bool_]]]:
    """Which pixels a window holds, and each of its edges that the image holds, as masks."""
    y, x = np.mgrid[: size[0], : size[1]]
    top, left = (
        row * window.stride_y + window.start_y,
        column * window.stride_x + window.start_x,
    )
    bottom, right = top + window.height - 1, left + window.width - 1
    inside = (top <= y) & (y <= bottom) & (left <= x) & (x <= right)
    edges = [inside & line for line in (y == top, y == bottom, x == left, x == right)]
    return inside, [edge for edge in edges if edge.any()]


def test_a_global_pool_sees_the_whole_image() -> None:
    """Also what is multiplied by it: the window is the image at every position, its step 0."""
    model = _functional(excitation, (12, 9))
    assert windows(trace(model))[model.layers[-1].name] == Window(12, 9, 0, 0, 0, 0)
    assert _felt(model, (12, 9), background=1).all()


def test_a_classifier_sees_the_whole_image() -> None:
    """Flatten and Dense lose positions; a Dense on a map keeps them."""

    def classifier(layers: Any, x: Any) -> Any:
        x = layers.Dense(4, name="pointwise")(layers.Conv2D(2, 3)(x))
        return layers.Dense(3, name="classes")(layers.Flatten(name="flat")(x))

    found = windows(trace(_functional(classifier, (12, 9))))
    assert found["pointwise"] == Window(3, 3, 1, 1, 0, 0)
    assert found["flat"] == found["classes"] == Window(12, 9, 0, 0, 0, 0)


def _functional(build: Callable[[Any, Any], Any], size: tuple[int | None, int | None]) -> Any:
    keras = backend.keras()
    image = keras.layers.Input((*size, 1))
    return keras.Model(image, build(keras.layers, image), name=build.__name__)


def _felt(model: Any, size: tuple[int, int], background: int = 0) -> NDArray[np.bool_]:
    """For each pixel lit alone, the positions that answer: (rows, columns, map rows, map columns).

    On a black background sums of ones are exact, so what is not felt stays exactly zero.
    """
    pixels = size[0] * size[1]
    images = background + np.eye(pixels + 1, pixels, dtype=np.float32)  # the last one unlit
    maps = np.asarray(model(images.reshape(-1, *size, 1), training=False))
    answers: NDArray[np.bool_] = (maps[:-1] > maps[-1]).any(axis=-1)
    return answers.reshape(*size, *maps.shape[1:3])


# -- Graphs that have no answer


def too_fine(layers: Any, x: Any) -> Any:
    return layers.Conv2DTranspose(2, 3, strides=2, name="upwards")(x)


def uneven(layers: Any, x: Any) -> Any:
    one = layers.Conv2D(1, 5, strides=1, padding="valid")(x)  # 8 x 8, steps of 1
    two = layers.Cropping2D(((0, 0), (0, 0)))(layers.MaxPooling2D(1, strides=2)(x))  # 6 x 6
    return layers.Add(name="mixed")([layers.Cropping2D(1)(one), two])


def stacked(layers: Any, x: Any) -> Any:
    return layers.Concatenate(axis=1, name="tall")([x, layers.ReLU()(x)])


def channels_first(layers: Any, x: Any) -> Any:
    return layers.ZeroPadding2D(1, data_format="channels_first", name="turned")(x)


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (too_fine, "upwards: makes maps finer than the pixels of the image"),
        (uneven, r"mixed: joins branches whose values lie \[1, 2\] pixels apart"),
        (stacked, "tall: expected maps joined along their channels"),
        (channels_first, "turned: expected channels last, got channels_first"),
    ],
)
def test_a_graph_without_an_answer_names_the_layer(
    build: Callable[[Any, Any], Any], says: str
) -> None:
    """Rather than a number that is wrong."""
    with pytest.raises(LayerlightError, match=says):
        windows(trace(_functional(build, (12, 12))))


def test_a_layer_used_twice_has_a_window_for_each_use() -> None:
    """3 pixels, then 5; the second use has a name of its own."""

    def shared(layers: Any, x: Any) -> Any:
        twice = layers.Conv2D(1, 3, padding="same", name="twice")
        return twice(twice(x))

    found = windows(trace(_functional(shared, (12, 12))))
    assert found["twice"] == Window(3, 3, 1, 1, -1, -1)
    assert found["twice-2"] == Window(5, 5, 1, 1, -2, -2)


def test_what_is_not_known_sees_everything() -> None:
    """A layer that may mix positions, such as attention: the window is the whole image."""

    def mixing(layers: Any, x: Any) -> Any:
        rows = layers.Reshape((144, 1))(layers.Conv2D(1, 3, padding="same")(x))
        return layers.Reshape((12, 12, 1), name="back")(layers.Attention()([rows, rows]))

    assert windows(trace(_functional(mixing, (12, 12))))["back"] == Window(12, 12, 0, 0, 0, 0)


def test_a_free_input_size_is_refused() -> None:
    """Where padding falls depends on the size; with a size it is taken."""
    free = _functional(residual, (None, 9))
    with pytest.raises(LayerlightError, match=r"size: residual takes images of any size"):
        trace(free)
    assert trace(free, (12, 9)).size == (12, 9)
