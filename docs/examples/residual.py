"""Train a small residual network on two processor cores, to have a second one to look at.

    python docs/examples/residual.py --out build/compare

**The task.** From which of ten pictures is this patch of 64 x 64 pixels: a brick wall, grass,
gravel, coins, distant galaxies, stained tissue, the moon, a printed page, a motorcycle in its
garage or the back of an eye? The pictures come with the package scikit-image; none of them is in
Layerlight's example gallery (astronaut, cat, coffee, rocket), whose photographs the network
has never seen. Colour is taken away and a random tint put in its place, so that only pattern
tells.

**The network.** A residual network as in He, Zhang, Ren & Sun, "Deep Residual Learning for Image
Recognition" (2015), section 4.2, at a tenth of the size: one convolution, then three stages of
16, 32 and 64 channels, each at half the resolution of the one before. It is fed RGB divided by
127.5, minus 1 (Keras's mode "tf"), and answers with ten shares that add up to 1.

**How it is tested.** Each picture is cut in two along its longer side. Training patches come from
the first part only, test patches from the last, with a strip between that neither sees. Test
patches do not overlap one another, so that each counts once. No setting was chosen by the result.

**What this does not show.** Training and test patches are of one picture: one camera, one light,
one scale. A high score says that the network knows this wall again, not that it knows walls; it
may go by sharpness or grain as well as by what a person sees. The test patches are few. The
network says one of the ten of whatever it is shown, a cat included.

Written are ``residual.keras``, ``residual.txt`` with the labels of its classes, ``residual.json``
with all figures, and ``residual.md`` in words.
The weights are the same again on the same machine and versions; the .keras file's bytes are not,
because Keras notes the time in it. Needs scikit-image to be installed, and does not import it.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__: list[str] = []

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]


class Picture(NamedTuple):
    """One class: a picture of scikit-image's sample data."""

    name: str
    file: str
    scale: float
    """It is enlarged or reduced by this first, so that its pattern fits into a patch."""
    licence: str
    """As scikit-image 0.26 states it."""


PICTURES = (
    Picture("brick", "brick.png", 1.0, "CC0"),
    Picture("coins", "coins.png", 1.5, "no known copyright restrictions"),
    Picture("eye", "retina.jpg", 0.4, "CC0"),
    Picture("galaxies", "hubble_deep_field.jpg", 0.6, "public domain (NASA)"),
    Picture("grass", "grass.png", 1.0, "CC0"),
    Picture("gravel", "gravel.png", 1.0, "CC0"),
    Picture("moon", "moon.png", 1.0, "not stated"),
    Picture(
        "motorcycle", "motorcycle_left.png", 1.0, "not stated; Middlebury 2014 stereo benchmark"
    ),
    Picture("print", "page.png", 1.5, "not stated"),
    Picture("tissue", "ihc.png", 1.0, "no known copyright restrictions"),
)
SEED = 7
SIDE = 64
"""Of a patch, pixels."""
TEST_SHARE = 0.4
"""Of each picture, along its longer side."""
GAP = 16
"""Pixels between the two parts."""
BLANK = 3.0
"""A patch whose grey levels (0 to 255) have a smaller standard deviation shows nothing."""
ZOOM = (48, 96)
"""Training patches are cut with a side between these, and resized."""
WIDTHS = (16, 32, 64)
"""Channels of the three stages."""
BLOCKS = 2
"""In each stage."""
EPOCHS = 16
PATCHES = 960
"""New ones each epoch."""
BATCH = 32


# -- The patches


class Parts(NamedTuple):
    """One picture's grey levels, cut in two."""

    train: Bytes
    test: Bytes


def find_pictures() -> tuple[list[Parts], str]:
    """All pictures of ``PICTURES``, cut, and the version of the package they came with."""
    try:
        package = metadata.distribution("scikit-image")
    except metadata.PackageNotFoundError as error:
        raise SystemExit("expected scikit-image; install it: pip install scikit-image") from error
    files = {file.name: file for file in package.files or () if file.parent.name == "data"}
    missing = [picture.file for picture in PICTURES if picture.file not in files]
    if missing:
        raise SystemExit(f"scikit-image {package.version} comes without {', '.join(missing)}")
    return [
        cut(grey(Path(str(files[p.file].locate())), p.scale)) for p in PICTURES
    ], package.version


def grey(path: Path, scale: float) -> Bytes:
    """A picture's grey levels (height, width), resized."""
    with Image.open(path) as image:
        levels = image.convert("L")
    size = (round(levels.width * scale), round(levels.height * scale))
    return np.asarray(levels.resize(size, Image.Resampling.LANCZOS))


def cut(levels: Bytes) -> Parts:
    """The first part for training and the last for the test, along the longer side."""
    along = 0 if levels.shape[0] > levels.shape[1] else 1
    length = levels.shape[along]
    border = round(length * (1 - TEST_SHARE))
    train, test = np.split(levels, [border], axis=along)
    return Parts(train.take(range(border - GAP), axis=along), test)


def test_patches(parts: Sequence[Parts]) -> tuple[Bytes, NDArray[np.intp]]:
    """All test patches (n, SIDE, SIDE) side by side, without the blank ones, and their classes."""
    patches, classes = [], []
    for number, (_, levels) in enumerate(parts):
        for top in range(0, levels.shape[0] - SIDE + 1, SIDE):
            for left in range(0, levels.shape[1] - SIDE + 1, SIDE):
                patch = levels[top : top + SIDE, left : left + SIDE]
                if patch.std() >= BLANK:
                    patches.append(patch)
                    classes.append(number)
    return np.stack(patches), np.array(classes)


def training_patches(
    parts: Sequence[Parts], count: int, random: np.random.Generator
) -> tuple[Bytes, NDArray[np.intp]]:
    """``count`` random patches (n, SIDE, SIDE), as many of each class, shuffled."""
    classes = random.permutation(np.arange(count) % len(parts))
    return np.stack([random_patch(parts[c].train, random) for c in classes]), classes


def random_patch(levels: Bytes, random: np.random.Generator) -> Bytes:
    """A square of any size of ``ZOOM``, turned or mirrored one of eight ways, resized."""
    while True:
        side = int(random.integers(ZOOM[0], min(ZOOM[1], *levels.shape) + 1))
        top, left = (int(random.integers(0, length - side + 1)) for length in levels.shape)
        patch = levels[top : top + side, left : left + side]
        if patch.std() >= BLANK:
            break
    turned = np.rot90(patch, int(random.integers(4)))
    mirrored = turned.T if random.integers(2) else turned
    resized = Image.fromarray(np.ascontiguousarray(mirrored)).resize((SIDE, SIDE))
    return np.asarray(resized)


def tinted(patches: Bytes, random: np.random.Generator) -> Floats:
    """Grey (n, SIDE, SIDE) -> what the network is fed, each patch in a colour of its own.

    Brightness and contrast differ from patch to patch too, or they would tell the class.
    """
    n = len(patches)
    gain = random.uniform(0.5, 1.5, (n, 1, 1, 1)) * random.uniform(0.8, 1.25, (n, 1, 1, 3))
    shift = random.uniform(-50, 50, (n, 1, 1, 1)) + random.uniform(-20, 20, (n, 1, 1, 3))
    mean = patches.mean(axis=(1, 2), keepdims=True)[..., None]
    colour = (patches[..., None] - mean) * gain + mean + shift  # (n, SIDE, SIDE, 3)
    return scaled(np.clip(colour, 0, 255))


def plain(patches: Bytes) -> Floats:
    """Grey (n, SIDE, SIDE) -> what the network is fed, as they are."""
    return scaled(np.repeat(patches[..., None], 3, axis=3))


def scaled(pixels: NDArray[Any]) -> Floats:
    """0 to 255 -> -1 to 1."""
    return (pixels / 127.5 - 1).astype(np.float32)


# -- The network


def residual_network() -> Any:
    """(SIDE, SIDE, 3) -> shares of the classes."""
    from keras import Input, Model, layers

    inputs = Input((SIDE, SIDE, 3), name="image")
    x = normalised(inputs, WIDTHS[0], 1, "stem")
    x = layers.ReLU(name="stem_relu")(x)
    for stage, width in enumerate(WIDTHS, 1):
        for block in range(1, BLOCKS + 1):
            halves = stage > 1 and block == 1
            x = residual_block(x, width, 2 if halves else 1, f"stage{stage}_block{block}")
    x = layers.GlobalAveragePooling2D(name="average")(x)
    outputs = layers.Dense(len(PICTURES), activation="softmax", name="classes")(x)
    return Model(inputs, outputs, name="residual")


def residual_block(x: Any, width: int, stride: int, name: str) -> Any:
    """Two convolutions, and what came in added to what comes out."""
    from keras import layers

    shortcut = x
    if stride > 1 or x.shape[-1] != width:
        shortcut = normalised(x, width, stride, f"{name}_shortcut", kernel=1)
    x = normalised(x, width, stride, f"{name}_1")
    x = layers.ReLU(name=f"{name}_1_relu")(x)
    x = normalised(x, width, 1, f"{name}_2")
    x = layers.Add(name=f"{name}_add")([shortcut, x])
    return layers.ReLU(name=f"{name}_relu")(x)


def normalised(x: Any, width: int, stride: int, name: str, kernel: int = 3) -> Any:
    """A convolution without a bias, and batch normalisation, which has one."""
    from keras import layers, regularizers

    x = layers.Conv2D(
        width,
        kernel,
        strides=stride,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        kernel_regularizer=regularizers.L2(1e-4),
        name=f"{name}_conv",
    )(x)
    # Few steps: with Keras's 0.99 the running means would still be those of the beginning.
    return layers.BatchNormalization(momentum=0.9, name=f"{name}_bn")(x)


def train(model: Any, parts: Sequence[Parts]) -> None:
    """Fit it to new patches each epoch; the step size falls along half a cosine."""
    from keras import optimizers

    steps = EPOCHS * (PATCHES // BATCH)
    rate = optimizers.schedules.CosineDecay(3e-3, steps)
    model.compile(optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    random = np.random.default_rng(SEED)
    for epoch in range(1, EPOCHS + 1):
        patches, classes = training_patches(parts, PATCHES, random)
        inputs = tinted(patches, random)
        history = model.fit(inputs, classes, batch_size=BATCH, shuffle=False, verbose=0).history
        print(
            f"epoch {epoch:2} of {EPOCHS}: {history['accuracy'][0]:.1%} of its training patches",
            flush=True,
        )


# -- What it learned


def answers(model: Any, inputs: Floats) -> Floats:
    """What ``model`` puts out for all inputs."""
    batches = range(0, len(inputs), BATCH)
    return np.concatenate(
        [np.asarray(model(inputs[i : i + BATCH], training=False)) for i in batches]
    )


def readout(model: Any, parts: Sequence[Parts], patches: Bytes, classes: NDArray[np.intp]) -> float:
    """Share of test patches that are nearest to their own class's mean, among pooled features.

    Asks the features alone, not the classifier behind them: it can be asked of a network that
    was never trained.
    """
    from keras import Model

    features = Model(model.input, model.get_layer("average").output)
    seen, seen_classes = training_patches(parts, PATCHES, np.random.default_rng(SEED + 1))
    known = answers(features, plain(seen))
    asked = answers(features, plain(patches))
    spread = known.std(axis=0) + 1e-6
    centres = np.stack([known[seen_classes == c].mean(axis=0) for c in range(len(parts))])
    far = (((asked[:, None] - centres) / spread) ** 2).sum(axis=2)  # (n, classes)
    return float((far.argmin(axis=1) == classes).mean())


def by_brightness(parts: Sequence[Parts], patches: Bytes, classes: NDArray[np.intp]) -> float:
    """The same by the nearest training patch's mean and deviation of grey: the simplest rival."""
    seen, seen_classes = training_patches(parts, PATCHES, np.random.default_rng(SEED + 1))

    def figures(of: Bytes) -> NDArray[np.float64]:
        return np.stack([of.mean(axis=(1, 2)), of.std(axis=(1, 2))], axis=1)  # (n, 2)

    far = ((figures(patches)[:, None] - figures(seen)) ** 2).sum(axis=2)  # (n, seen)
    return float((seen_classes[far.argmin(axis=1)] == classes).mean())


def confusion(model: Any, inputs: Floats, classes: NDArray[np.intp]) -> NDArray[np.intp]:
    """Row: which picture it was, column: which one the network said."""
    said = answers(model, inputs).argmax(axis=1)
    table = np.zeros((len(PICTURES), len(PICTURES)), dtype=np.intp)
    np.add.at(table, (classes, said), 1)
    return table


def in_words(facts: dict[str, Any]) -> str:
    """The figures for a reader, in Markdown."""
    names, table = facts["classes"], facts["test"]["confusion"]
    lines = [
        "# A small residual network",
        "",
        f"Asked from which of {len(names)} pictures a patch of {SIDE} x {SIDE} pixels is, it is "
        f"right for {facts['test']['right']} of {facts['test']['patches']} patches "
        f"({facts['test']['accuracy']:.1%}) from parts of the pictures that it was not trained "
        f"on; by guessing it would be {facts['chance']:.0%}. On average over the pictures it is "
        f"right for {facts['test']['mean_accuracy_of_a_class']:.1%}.",
        "",
        f"Mean and spread of the grey levels alone give {facts['rivals']['brightness']:.1%}. "
        f"Asked without the classifier (nearest mean of a class), the features of the network "
        f"give {facts['features']['trained']:.1%}, before training "
        f"{facts['features']['untrained']:.1%}.",
        "",
        "| picture | right | of | taken for |",
        "|---|---|---|---|",
    ]
    for c, name in enumerate(names):
        others = [f"{names[o]} {n}" for o, n in enumerate(table[c]) if n and o != c]
        lines.append(f"| {name} | {table[c][c]} | {sum(table[c])} | {', '.join(others)} |")
    return "\n".join([*lines, "", *(f"- {limit}" for limit in facts["limits"]), ""])


LIMITS = (
    "Training and test patches are of the same pictures: the network knows these ten again, "
    "not walls or meadows in general.",
    "Sharpness and grain may tell as much as what a person sees.",
    "Colour told it nothing in training: it saw grey in random tints.",
    "It names one of the ten whatever it is shown.",
)


def main() -> None:
    """Train, test, write."""
    parser = argparse.ArgumentParser(description="Train a small residual network.")
    parser.add_argument("--out", type=Path, default=Path("build/compare"), help="folder")
    out: Path = parser.parse_args().out

    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    parts, version = find_pictures()
    patches, classes = test_patches(parts)
    model = residual_network()
    untrained = readout(model, parts, patches, classes)
    began = time.monotonic()
    train(model, parts)
    seconds = time.monotonic() - began

    table = confusion(model, plain(patches), classes)
    right = int(np.trace(table))
    facts = {
        "network": "residual.keras",
        "input": [SIDE, SIDE, 3],
        "preprocessing": "tf",
        "classes": [picture.name for picture in PICTURES],
        "parameters": int(model.count_params()),
        "data": {
            "package": f"scikit-image {version}",
            "pictures": {p.name: {"file": p.file, "licence": p.licence} for p in PICTURES},
        },
        "training": {"seed": SEED, "patches": EPOCHS * PATCHES, "epochs": EPOCHS},
        "chance": 1 / len(PICTURES),
        "test": {
            "patches": len(patches),
            "right": right,
            "accuracy": round(right / len(patches), 4),
            "mean_accuracy_of_a_class": round(float((table.diagonal() / table.sum(1)).mean()), 4),
            "confusion": table.tolist(),
        },
        "rivals": {"brightness": round(by_brightness(parts, patches, classes), 4)},
        "features": {
            "untrained": round(untrained, 4),
            "trained": round(readout(model, parts, patches, classes), 4),
        },
        "limits": LIMITS,
    }
    out.mkdir(parents=True, exist_ok=True)
    bare = residual_network()  # without the optimiser, which is twice as large
    bare.set_weights(model.get_weights())
    bare.save(out / "residual.keras")
    (out / "residual.txt").write_text("".join(f"{p.name}\n" for p in PICTURES), encoding="utf-8")
    text = json.dumps(facts, indent=1, ensure_ascii=False) + "\n"
    (out / "residual.json").write_text(text, encoding="utf-8")
    (out / "residual.md").write_text(in_words(facts), encoding="utf-8")
    print(in_words(facts))
    print(f"Trained in {seconds:.0f} seconds; written to {out}")


if __name__ == "__main__":
    main()
