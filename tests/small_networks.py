"""Small networks of one's own, saved as files, and what they compute, asked of Keras directly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator.models.backend import fixed_settings, fresh_names, keras

__all__ = ["branched", "gated", "maps_of", "plain", "saved"]

SIDE = 32


def plain(seed: int = 1, name: str = "plain") -> Any:
    """A ReLU, a pool, a signed convolution, and three classes."""
    module = keras()
    layers = module.layers
    module.utils.set_random_seed(seed)
    with fixed_settings(), fresh_names():
        image = module.Input((SIDE, SIDE, 3))
        x = layers.Conv2D(8, 3, padding="same", activation="relu", name="first")(image)
        x = layers.MaxPooling2D(2, name="pool")(x)
        x = layers.Conv2D(14, 3, padding="same", name="second")(x)
        x = layers.GlobalAveragePooling2D(name="mean")(x)
        x = layers.Dense(3, activation="softmax", name="classes")(x)
        return module.Model(image, x, name=name)


def branched(seed: int = 2) -> Any:
    """Another architecture: two branches that are added, at half the resolution; no classes."""
    module = keras()
    layers = module.layers
    module.utils.set_random_seed(seed)
    with fixed_settings(), fresh_names():
        image = module.Input((24, 24, 3))
        x = layers.Conv2D(6, 3, strides=2, padding="same", name="stem")(image)
        x = layers.ReLU(name="stem_relu")(layers.BatchNormalization(name="stem_norm")(x))
        y = layers.Conv2D(6, 3, padding="same", name="side")(x)
        x = layers.ReLU(name="sum_relu")(layers.Add(name="sum")([x, y]))
        return module.Model(image, x, name="branched")


def gated(seed: int = 3) -> Any:
    """Maps multiplied by what was made of all places, no pool and no merge; ends in plain sums."""
    module = keras()
    layers = module.layers
    module.utils.set_random_seed(seed)
    with fixed_settings(), fresh_names():
        image = module.Input((24, 24, 3))
        x = layers.Conv2D(4, 3, strides=2, padding="same", activation="relu", name="stem")(image)
        gate = layers.GlobalAveragePooling2D(keepdims=True, name="squeeze")(x)
        gate = layers.Dense(4, activation="sigmoid", name="excite")(gate)
        x = layers.Multiply(name="scale")([x, gate])
        x = layers.Conv2D(5, 1, activation="relu", name="project")(x)
        x = layers.GlobalAveragePooling2D(name="mean")(x)
        return module.Model(image, layers.Dense(3, name="sums")(x), name="gated")


def saved(model: Any, path: Path) -> Path:
    """Write ``model`` to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    model.save(path)
    return path


def maps_of(
    model: Any, outputs: list[str], images: NDArray[np.uint8] | NDArray[np.float32]
) -> list[NDArray[np.float32]]:
    """What layers of a model, named here, put out for images (n, height, width, 3), over 255.

    None of the code under test is asked.
    """
    module = keras()
    part = module.Model(model.input, [model.get_layer(name).output for name in outputs])
    return [np.asarray(maps) for maps in part(images.astype(np.float32) / 255, training=False)]
