"""Seconds an image of a build, against a plain matplotlib grid of the same maps in the same run.

    python -m benchmarks [--images N] [--write]

Timed in this process: the maps alone (decode, forward pass, sheets, numbers, strips, written to
disk), which is what the grid does, and a whole build as users run it, pages included. N images,
copies of the samples; one build warms up; then the time for 4 images is taken from that for N + 4,
so that start-up and the first batch drop out. The grid is what course scripts do: a
figure a layer, a subplot a channel, ``imshow``, saved as PNG; it gets the maps of one image for
nothing.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

# as the command does, and before numpy is loaded
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

PROJECT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results.md"
FEW = 4
"""Images of the short build: one batch."""


def main() -> None:
    """Run, print, and with ``--write`` keep the result in ``benchmarks/results.md``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--images", type=int, default=12, help="images after the first batch")
    parser.add_argument("--write", action="store_true", help="write benchmarks/results.md")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="layerlight-bench-") as folder:
        whole, megabytes = _build_seconds(Path(folder), chosen.images)
        maps = _record_seconds(Path(folder), chosen.images)
        grid = _grid_seconds(Path(folder))
    lines = [
        "| what | seconds an image |",
        "|---|---|",
        f"| matplotlib, one figure a layer, one subplot a channel | {grid:.1f} |",
        f"| Layerlight, the same maps, after the first batch | {maps:.2f} |",
        f"| Layerlight, the whole build with its pages, after the first batch | {whole:.2f} |",
        f"| **ratio, maps** | **{grid / maps:.0f}** |",
        f"| **ratio, whole build** | **{grid / whole:.0f}** |",
    ]
    notes = (
        f"{chosen.images} images of 224 x 224, {megabytes:.1f} MB each; VGG16, 18 layers, 5,696 "
        f"channels. {os.cpu_count()} cores ({platform.machine()}), Python "
        f"{platform.python_version()}, TensorFlow {version('tensorflow')}, numpy "
        f"{version('numpy')}, Pillow {version('pillow')}, matplotlib {version('matplotlib')}."
    )
    text = "\n".join([*lines, "", notes])
    print(text)
    if chosen.write:
        head = (
            "# Results of `make bench`\n\nRatios within one run; seconds differ between machines.\n"
        )
        RESULTS.write_text(f"{head}\n{text}\n", encoding="utf-8")


def _build_seconds(folder: Path, images: int) -> tuple[float, float]:
    """Seconds and megabytes an image beyond the first batch."""
    photographs = sorted((PROJECT / "inputs").glob("*.jpg"))
    _timed_build(folder, photographs, FEW, "warm")
    short, _ = _timed_build(folder, photographs, FEW, "short")
    long, size = _timed_build(folder, photographs, FEW + images, "long")
    return (long - short) / images, size / (FEW + images) / 1e6


def _timed_build(folder: Path, photographs: list[Path], count: int, name: str) -> tuple[float, int]:
    from generator import Config, build

    inputs = folder / f"{name}-inputs"
    inputs.mkdir()
    for i in range(count):
        photograph = photographs[i % len(photographs)]
        shutil.copy(photograph, inputs / f"{i:04}-{photograph.name}")
    started = time.perf_counter()
    report = build(Config(inputs=inputs, output=folder / name))
    return time.perf_counter() - started, report.bytes


def _record_seconds(folder: Path, images: int) -> float:
    """Seconds an image beyond the first batch for the maps alone, on disk."""
    from generator import models
    from generator.activations import Extractor
    from generator.evidence import weighted
    from generator.inputs import discover
    from generator.pipeline import Plan, Tools, record

    network = models.load()
    extractor = Extractor(network)
    kernels = {la.name: network.kernel(la.name) for la in network.spec.layers}
    plan = Plan(
        network.spec,
        {name: weighted(*numbers) for name, numbers in kernels.items() if numbers},
        network.preprocess,
        values=True,
    )

    def write(path: str, data: bytes | str) -> None:
        target = folder / "maps" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data.encode() if isinstance(data, str) else data)

    def seconds(name: str) -> float:
        candidates, _ = discover(folder / f"{name}-inputs")
        started = time.perf_counter()
        tools = Tools(extractor, plan)
        for _ in record(candidates, network.spec, lambda: tools, write, _Nobody(), []):
            pass
        return time.perf_counter() - started

    seconds("warm")
    short = seconds("short")
    return (seconds("long") - short) / images


class _Nobody:
    """Listens to no progress."""

    def images(self, done: int, total: int) -> None:
        """Do nothing."""

    def sheets(self, done: int, total: int) -> None:
        """Do nothing."""


def _grid_seconds(folder: Path) -> float:
    """Seconds to draw every channel of one image's 18 layers with matplotlib."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    maps = _maps()
    started = time.perf_counter()
    for name, layer in maps.items():
        channels = layer.shape[-1]
        columns = 16
        rows = -(-channels // columns)
        figure, axes = pyplot.subplots(rows, columns, figsize=(columns, rows))
        for c, axis in enumerate(np.ravel(axes)):
            axis.axis("off")
            if c < channels:
                axis.imshow(layer[..., c], cmap="viridis")
        figure.savefig(folder / f"{name}.png")
        pyplot.close(figure)
    return time.perf_counter() - started


def _maps() -> dict[str, np.ndarray]:
    """One photograph's feature maps by layer, (height, width, channels)."""
    from generator import models
    from generator.activations import Extractor
    from generator.inputs import discover, load

    network = models.load()
    candidates, _ = discover(PROJECT / "inputs")
    _, pixels = load(candidates[0], network.spec.input)
    return {k: np.array(v) for k, v in Extractor(network).maps([pixels])[0].items()}


if __name__ == "__main__":
    main()
