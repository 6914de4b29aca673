"""A network cut at one layer, at another input size: what pictures are optimised on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from generator.domain import Window
from generator.errors import AtlasError
from generator.models.backend import keras, tensorflow

__all__ = ["BELOW_ZERO", "before_activation", "border_of", "fits", "output"]

BELOW_ZERO = 0.1
"""What a value below zero counts, against one above."""

SMALL_WINDOW = 16
"""Pixels: pictures of 32 and 48 px hold several such windows."""

Tensor = Any


def output(
    graph: Any, layer: str, size: tuple[int, int], preprocess: Callable[[Tensor], Tensor]
) -> Callable[[Tensor], Tensor]:
    """RGB images (n, height, width, 3), 0 to 255 -> the layer's output, in float32."""
    model = _resized(graph, size, "float32")
    cut = keras().Model(model.input, _layer(model, layer).output)
    return lambda images: cut(preprocess(images), training=False)


def before_activation(
    graph: Any,
    layer: str,
    size: tuple[int, int],
    precision: Literal["float32", "bfloat16"],
    preprocess: Callable[[Tensor], Tensor],
    border: int = 0,
) -> Callable[[Tensor, Tensor], Tensor]:
    """(RGB images, a channel of each) -> how much its map answers, (n,) float32.

    The mean over the map *before* the activation, where what lies below zero counts a tenth:
    after a ReLU a silent channel has no slope to climb; and if all counted in full, a first
    convolution's mean would depend on the mean colour alone, for a sum of shifted copies of a
    picture has lost its edges.

    Where windows are small, the picture is continued by ``border`` pixels of its opposite side, and
    the values beyond its own are dropped: padding would draw a frame, and a seam where the
    picture was rolled.

    Of a convolution only the one kernel of each image is used. Any other layer, and one with an
    activation of its own class, is taken as it is put out.
    """
    tf = tensorflow()
    larger = (size[0] + 2 * border, size[1] + 2 * border)
    model = _resized(graph, larger, "float32" if precision == "float32" else "mixed_bfloat16")
    found = _layer(model, layer)
    if isinstance(found, keras().layers.Conv2D) and found.groups == 1:
        cut = keras().Model(model.input, found.input)

        def values(images: Tensor, channels: Tensor) -> Tensor:
            fed = cut(preprocess(_continued(images, border)), training=False)
            kernels = tf.cast(tf.gather(found.kernel, channels, axis=3), fed.dtype)
            maps = tf.cast(found.convolution_op(fed, kernels), tf.float32)  # (n, h, w, n)
            if found.use_bias:
                maps += tf.gather(found.bias, channels)
            # A map for each pair of an image and a channel; the pairs wanted lie on the diagonal.
            rewards = tf.nn.leaky_relu(_inside(maps, size, border), alpha=BELOW_ZERO)
            return tf.linalg.diag_part(tf.reduce_mean(rewards, axis=[1, 2]))

        return values

    cut = keras().Model(model.input, found.output)

    def plain(images: Tensor, channels: Tensor) -> Tensor:
        maps = tf.cast(cut(preprocess(_continued(images, border)), training=False), tf.float32)
        rewards = tf.nn.leaky_relu(_inside(maps, size, border), alpha=BELOW_ZERO)
        return tf.gather(tf.reduce_mean(rewards, axis=[1, 2]), channels, axis=1, batch_dims=1)

    return plain


def _layer(model: Any, name: str) -> Any:
    """The layer of that name in a resized network.

    Raises:
        AtlasError: it has no layer of its own there: a layer's second use, or a plain operation.
    """
    try:
        return model.get_layer(name)
    except ValueError as error:
        raise AtlasError(
            f"{name}: expected a layer of its own, got a layer's second use or a plain operation; "
            f"of these no pictures are made"
        ) from error


def border_of(window: Window) -> int:
    """By how many pixels to continue a picture, so that no value of it sees padding.

    Whole strides; 0 where windows are large: they see padding nearly everywhere in a picture of
    their own size.
    """
    size, stride = max(window.height, window.width), max(window.stride_y, window.stride_x)
    if not stride or size > SMALL_WINDOW:
        return 0
    return -(-(size - 1) // (2 * stride)) * stride


def _continued(images: Tensor, border: int) -> Tensor:
    """(n, h, w, 3) -> (n, h + 2 border, w + 2 border, 3), as if the picture went on for ever."""
    if not border:
        return images
    tf = tensorflow()
    tall = tf.concat([images[:, -border:], images, images[:, :border]], axis=1)
    return tf.concat([tall[:, :, -border:], tall, tall[:, :, :border]], axis=2)


def _inside(maps: Tensor, size: tuple[int, int], border: int) -> Tensor:
    """The values of the picture itself, out of the maps of the continued one."""
    if not border:
        return maps
    height, width = maps.shape[1:3]
    top = height * border // (size[0] + 2 * border)
    left = width * border // (size[1] + 2 * border)
    return maps[:, top : height - top, left : width - left]


def fits(graph: Any, size: tuple[int, int]) -> bool:
    """Whether the network can be run on pictures of ``size`` (height, width) too."""
    try:
        _resized(graph, size, "float32")
    except AtlasError:
        return False
    return True


def _resized(graph: Any, size: tuple[int, int], policy: str) -> Any:
    """The same layers and weights for inputs of ``size``, computed as ``policy`` says.

    Raises:
        AtlasError: the network takes no other size than its own, or no colour images.
    """
    module = keras()
    channels = graph.input.shape[-1]
    if channels != 3:
        raise AtlasError(
            f"{graph.name}: expected a network of colour images (3 input channels), "
            f"this one takes {channels}; its channels cannot be pictured"
        )

    def copy(layer: Any) -> Any:
        config = layer.get_config()
        if isinstance(layer, module.layers.Layer):  # a plain operation has none of its own
            config["dtype"] = policy
        return type(layer).from_config(config)

    try:
        model = module.models.clone_model(
            graph, input_tensors=module.Input((*size, 3)), clone_function=copy
        )
        model.set_weights(graph.get_weights())
    except ValueError as error:
        raise AtlasError(
            f"{graph.name}: expected a network that takes pictures of {size[0]} x {size[1]} "
            f"pixels too; it does not: {str(error).splitlines()[0]}"
        ) from error
    return model
