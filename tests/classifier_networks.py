"""Small networks that end in classes, for tests."""

from __future__ import annotations

from typing import Any

from generator.models.backend import fixed_settings, fresh_names, keras

__all__ = ["averaged", "flattened"]


def averaged(ending: str = "inside", classes: int = 4, side: int = 12, seed: int = 1) -> Any:
    """Two convolutions, the mean of each map, and ``classes`` sums of these.

    ``ending``: softmax "inside" the sums, in a layer "behind" them, as an "operation"; "sigmoid";
    "none".
    """
    module = keras()
    layers = module.layers
    module.utils.set_random_seed(seed)
    inside = {"inside": "softmax", "sigmoid": "sigmoid"}.get(ending)
    with fixed_settings(), fresh_names():
        image = module.Input((side, side, 3))
        x = layers.Conv2D(6, 3, padding="same", activation="relu", name="first")(image)
        x = layers.Conv2D(5, 3, strides=2, use_bias=False, name="last")(x)
        x = layers.ReLU(name="last_relu")(x)
        x = layers.GlobalAveragePooling2D(name="mean")(x)
        x = layers.Dense(classes, activation=inside, bias_initializer="random_normal", name="sums")(
            x
        )
        if ending == "behind":
            x = layers.Activation("softmax", name="softmax")(x)
        if ending == "operation":
            x = module.ops.softmax(x)
        return module.Model(image, x, name="averaged")


def flattened(seed: int = 2) -> Any:
    """The last convolution has a pool, a layer of sums and its own hidden layer behind it."""
    module = keras()
    layers = module.layers
    module.utils.set_random_seed(seed)
    with fixed_settings(), fresh_names():
        image = module.Input((10, 8, 3))
        x = layers.Conv2D(4, 3, activation="relu", name="first")(image)
        x = layers.Conv2D(3, 3, padding="same", activation="tanh", name="last")(x)
        x = layers.MaxPooling2D(2, name="pool")(x)
        x = layers.Flatten(name="flat")(x)
        x = layers.Dropout(0.5, name="dropout")(x)
        x = layers.Dense(7, activation="tanh", name="hidden")(x)
        x = layers.Dense(3, activation="softmax", name="sums")(x)
        return module.Model(image, x, name="flattened")
