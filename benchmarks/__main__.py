"""Seconds of a build, against the least that it could take and against what else there is.

    python -m benchmarks [--parts floor,peers,...] [--images N] [--many N] [--write]

All in one process tree, on the same images and maps, so that ratios hold on any machine; seconds
hold on none but this. Images are copies of the samples under other names.

- **floor**: the forward pass with every layer put out, four images at a time; and one image's maps
  scaled to 8 bits, tiled and packed as PNG by Pillow, its quickest setting, on one core; of each
  the shortest of five. The floor of an image is the first plus the second divided by the cores. It
  measures nothing and makes no page. Beside it whole builds, from whose times that of short ones is
  taken, so that starts drop out: of TensorFlow, and of the processes that encode; of each, too, the
  shortest, of three.
- **peers**: keract's ``display_activations`` and a matplotlib grid (a figure a layer, a subplot a
  channel, as course scripts draw it), which get the maps of one image for nothing.
- **formats**: one image's sheets as the site has them, against other lossless ones: megabytes, and
  seconds on one core.
- **cold**: one image by the command, TensorFlow's start included; and the same with keract.
- **rebuilds**: of 100 images with nothing changed, a text changed, one image changed; by the
  command.
- **growth**: builds of 20 and of ``--many`` images: seconds an image and the most memory, of all
  processes together.

What was built stays until the end: where many files were deleted just now, ext4 takes twenty times
as long to create one, for it gives out no number of theirs.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

# as the command does, and before numpy is loaded
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

PROJECT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results.md"
FEW = 4
"""Images of a batch."""
SHORT = 16
"""Images of the short build: as the long one's, they are encoded by processes."""
HUNDRED = 100
PARTS = ("floor", "peers", "formats", "cold", "rebuilds", "growth")


class Row(NamedTuple):
    """A line of the results."""

    what: str
    figure: str


def main() -> None:
    """Run, print, and with ``--write`` keep the result in ``benchmarks/results.md``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--parts", default=",".join(PARTS), help="which of them, behind commas")
    parser.add_argument("--images", type=int, default=24, help=f"images after the first {SHORT}")
    parser.add_argument("--many", type=int, default=200, help="images of the largest gallery")
    parser.add_argument("--write", action="store_true", help="write benchmarks/results.md")
    chosen = parser.parse_args()
    parts = chosen.parts.split(",")
    if not set(parts) <= set(PARTS):
        parser.error(f"expected parts among {', '.join(PARTS)}, got {chosen.parts}")
    rows: list[Row] = []
    known: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="layerlight-bench-") as folder:
        bench = Bench(Path(folder), chosen.images, chosen.many, known)
        for part in parts:
            for row in getattr(bench, part)():
                rows.append(row)
                print(f"{row.what}: {row.figure}", flush=True)
    table = [
        "| what | figure |",
        "|---|---|",
        *(f"| {row.what} | {row.figure} |" for row in rows),
    ]
    text = "\n".join([*table, "", _machine()])
    if chosen.write:
        head = (
            "# Results of `make bench`\n\nRatios within one run; seconds differ between machines. "
            "What is measured, and how: `benchmarks/__main__.py`.\n"
        )
        RESULTS.write_text(f"{head}\n{text}\n", encoding="utf-8")


def _machine() -> str:
    packages = ("tensorflow", "keras", "numpy", "pillow", "isal", "matplotlib", "keract")
    found = []
    for package in packages:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"{package} not installed")
    return (
        f"VGG16, 18 layers, 5,696 channels, 224 x 224 pixels. {os.cpu_count()} cores "
        f"({platform.machine()}), Python {platform.python_version()}, {', '.join(found)}. "
        f"Load {os.getloadavg()[0]:.1f} at the end, of which this run had its part."
    )


class Bench:
    """The parts, in an order in which later ones use what earlier ones found."""

    def __init__(self, folder: Path, images: int, many: int, known: dict[str, float]) -> None:
        self._folder, self._images, self._many, self._known = folder, images, many, known

    # -- The least that it could take

    def floor(self) -> Iterator[Row]:
        """The floor, and builds beside it."""
        forward, packing = _forward_seconds(), _packing_seconds()
        cores = os.cpu_count() or 1
        floor = forward + packing / cores
        self._known["floor"] = floor
        yield Row("forward pass, all 18 outputs, an image", _seconds(forward))
        yield Row("scaled, tiled and packed by Pillow on one core, an image", _seconds(packing))
        yield Row("**floor, an image**", _seconds(floor))
        self._timed_build(SHORT, "warm")
        short = min(self._timed_build(SHORT, f"short{i}")[0] for i in range(3))
        long, size = min(self._timed_build(SHORT + self._images, f"long{i}") for i in range(3))
        build = (long - short) / self._images
        self._known["build"] = build
        yield Row(
            f"whole build, statistics and pages included, an image of {self._images} after the "
            f"first {SHORT}",
            _seconds(build),
        )
        yield Row("**whole build against the floor** (at most 1.25)", f"{build / floor:.2f} x")
        yield Row("megabytes an image", f"{size / (SHORT + self._images) / 1e6:.1f}")

    def _timed_build(self, count: int, name: str) -> tuple[float, int]:
        from generator import Config, build

        inputs = self._inputs(name, count)
        started = time.perf_counter()
        report = build(Config(inputs=inputs, output=self._folder / name))
        seconds = time.perf_counter() - started
        return seconds, report.bytes

    def _inputs(self, name: str, count: int) -> Path:
        photographs = sorted((PROJECT / "inputs").glob("*.jpg"))
        inputs = self._folder / f"{name}-inputs"
        inputs.mkdir(exist_ok=True)
        for i in range(count):
            photograph = photographs[i % len(photographs)]
            shutil.copy(photograph, inputs / f"{i:04}-{photograph.name}")
        return inputs

    # -- What else there is

    def peers(self) -> Iterator[Row]:
        """Two, on the maps of one image."""
        build = self._known.get("build")
        for name, seconds, least in (
            ("keract, display_activations(save=True)", _keract_seconds, 150),
            ("matplotlib, a figure a layer, a subplot a channel", _grid_seconds, 100),
        ):
            took = seconds(self._folder)
            yield Row(f"{name}, an image", _seconds(took))
            if build:
                what = f"**whole build, how many times as fast** (at least {least})"
                yield Row(what, f"{took / build:.0f} x")
            self._known[name.split(",")[0]] = took

    def formats(self) -> Iterator[Row]:
        """What sheets would be in another format."""
        from generator.encode import grey_png

        sheets = _sheets()
        own = _packed("as the site has them", grey_png, sheets)
        yield Row(
            f"sheets of an image, {own.what}", f"{own.size / 1e6:.2f} MB, {_seconds(own.took)}"
        )
        for what, kind, options in (
            ("PNG by Pillow, smallest", "PNG", {"optimize": True}),
            ("lossless WebP, quickest", "WEBP", {"lossless": True, "method": 0, "quality": 0}),
            ("lossless WebP, as a rule", "WEBP", {"lossless": True, "method": 4, "quality": 75}),
        ):
            found = _packed(what, partial(_by_pillow, kind, options), sheets)
            yield Row(
                f"sheets of an image, {what}",
                f"{found.size / 1e6:.2f} MB ({found.size / own.size:.2f} x), "
                f"{_seconds(found.took)} ({found.took / own.took:.0f} x)",
            )

    def cold(self) -> Iterator[Row]:
        """One image, from nothing."""
        one = self._inputs("one", 1)
        own = self._command(one, "cold").seconds
        self._known["cold"] = own
        yield Row("one image by the command, from nothing", _seconds(own))
        if "keract" in self._known:
            started = time.perf_counter()
            code = "from benchmarks.__main__ import _maps; _maps()"
            subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=True)
            start = time.perf_counter() - started
            keract = start + self._known["keract"]
            yield Row(
                "keract from nothing: TensorFlow's start, the maps, their display", _seconds(keract)
            )
            yield Row(
                "**one image from nothing, how many times as fast** (at least 8)",
                f"{keract / own:.1f} x",
            )

    # -- Again

    def rebuilds(self) -> Iterator[Row]:
        """What a second build costs."""
        inputs = self._inputs("hundred", HUNDRED)
        texts = self._folder / "text" / "vgg16"
        texts.mkdir(parents=True)
        (texts / "block3_conv2.md").write_text("Before.\n", encoding="utf-8")
        options = ("--text-folder", str(texts.parent))
        first = self._command(inputs, "hundred", *options)
        yield Row(f"{HUNDRED} images, first build", _seconds(first.seconds))
        times = [self._command(inputs, "hundred", *options).seconds for _ in range(3)]
        yield Row(f"**{HUNDRED} images, nothing changed** (under 0.5 s)", _seconds(min(times)))
        (texts / "block3_conv2.md").write_text("After.\n", encoding="utf-8")
        again = self._command(inputs, "hundred", *options)
        yield Row(f"**{HUNDRED} images, a text changed** (under 10 s)", _seconds(again.seconds))
        alone = self._inputs("alone", 1)
        (changed,) = alone.glob("*.jpg")
        _mirror(changed)
        (among,) = inputs.glob("0050-*.jpg")
        shutil.copy(changed, among)
        one = self._command(inputs, "hundred", *options).seconds
        own = self._command(alone, "alone").seconds
        yield Row(f"one image changed among {HUNDRED}", _seconds(one))
        yield Row("that image alone", _seconds(own))
        yield Row("**one changed against one alone** (at most 1.5)", f"{one / own:.2f} x")

    # -- Many

    def growth(self) -> Iterator[Row]:
        """Time and memory by the number of images."""
        found = {}
        for count in (20, self._many):
            ran = self._command(self._inputs(f"many{count}", count), f"many{count}")
            found[count] = ran
            yield Row(f"{count:,} images: seconds an image", f"{ran.seconds / count:.2f}")
            yield Row(f"{count:,} images: most memory", f"{ran.memory / 1e9:.2f} GB")
        few, many = found[20], found[self._many]
        yield Row(
            "**memory of many against 20** (at most 1.1)", f"{many.memory / few.memory:.2f} x"
        )
        if "cold" in self._known:
            start = self._known["cold"]
            each = [(ran.seconds - start) / (n - 1) for n, ran in found.items()]
            what = "**seconds an image beyond the first, many against 20** (at most 1.1)"
            yield Row(what, f"{each[1] / each[0]:.2f} x")

    def _command(self, inputs: Path, output: str, *options: str) -> Ran:
        """Run ``layerlight build`` in a process of its own."""
        command = [sys.executable, "-c", _MEASURED, "build", str(inputs), "-q"]
        command += ["-o", str(self._folder / output), *options]
        started = time.perf_counter()
        own = 0
        with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as running:
            while running.poll() is None:
                own = max(own, sum(map(_own_memory, _descendants(running.pid))))
                with suppress(subprocess.TimeoutExpired):
                    running.wait(_LOOK_SECONDS)
            seconds = time.perf_counter() - started
            assert running.stdout is not None
            told = running.stdout.read()
        if running.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {running.returncode}")
        return Ran(seconds, int(told.split()[-1]) * 1024 + own)


class Ran(NamedTuple):
    """A command that has run."""

    seconds: float
    memory: int
    """The most that it held, with what it shared, and the most that the processes which it started
    held of their own, bytes."""


_LOOK_SECONDS = 0.2


def _descendants(pid: int) -> Iterator[int]:
    """Processes that one has started, and those that these have (Linux; elsewhere none)."""
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # it has ended meanwhile
            for child in map(int, listed.read_text().split()):
                yield child
                yield from _descendants(child)


def _own_memory(pid: int) -> int:
    """Bytes that a process shares with no other, nearly: those of no file."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
    return 0


_MEASURED = (
    "import resource, atexit; from generator.cli import main\n"
    "atexit.register(lambda: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))\n"
    "main()"
)


def _seconds(value: float) -> str:
    return f"{value:.3f} s" if value < 1 else f"{value:.1f} s"


def _mirror(path: Path) -> None:
    from PIL import Image, ImageOps

    with Image.open(path) as image:
        ImageOps.mirror(image).save(path)


# -- The floor


def _network_and_images() -> tuple[Any, list[np.ndarray]]:
    from generator import models
    from generator.inputs import discover, load

    network = models.load()
    candidates, _ = discover(PROJECT / "inputs")
    return network, [load(one, network.spec.input)[1] for one in candidates[:FEW]]


def _forward_seconds() -> float:
    """Of an image, in batches of four, everything put out."""
    import tensorflow as tf

    network, images = _network_and_images()
    fed = tf.constant(network.preprocess(np.stack(images)))
    run = tf.function(lambda x: network.graph(x, training=False))
    return _best(lambda: [output.numpy() for output in run(fed)]) / len(images)


def _packing_seconds() -> float:
    """Of an image's maps, scaled, tiled and packed on one core."""
    import io

    from PIL import Image

    maps = list(_maps().values())

    def once() -> None:
        for layer in maps:
            high = layer.max(axis=(0, 1))
            scaled = layer * (255 / np.where(high > 0, high, 1))
            grey = np.rint(scaled).astype(np.uint8)
            height, width, channels = grey.shape
            columns = 16
            rows = -(-channels // columns)
            sheet = np.zeros((rows, height, columns, width), np.uint8)
            tiles = grey.transpose(2, 0, 1)
            for c in range(channels):
                sheet[c // columns, :, c % columns] = tiles[c]
            image = Image.fromarray(sheet.reshape(rows * height, columns * width))
            image.save(io.BytesIO(), "PNG", compress_level=3, compress_type=3)

    return _best(once)


# -- Formats


class Packed(NamedTuple):
    """An image's sheets in one format."""

    what: str
    size: int
    took: float


def _sheets() -> list[np.ndarray]:
    """One photograph's sheets, 8-bit grey."""
    from generator import sheets

    found = []
    for layer, maps in _maps().items():
        measured = sheets.sheet_of(maps, model="", image="", layer=layer, signed=False)
        found.append(sheets.tile(measured.grey, measured.sheet.columns))
    return found


def _packed(what: str, pack: Callable[[np.ndarray], bytes], sheets: list[np.ndarray]) -> Packed:
    started = time.perf_counter()
    size = sum(len(pack(sheet)) for sheet in sheets)
    return Packed(what, size, time.perf_counter() - started)


def _by_pillow(kind: str, options: dict[str, Any], sheet: np.ndarray) -> bytes:
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(sheet).save(file, kind, **options)
    return file.getvalue()


def _best(run: Callable[[], object], times: int = 5) -> float:
    """The shortest of some runs after one that warms up."""
    run()
    found = []
    for _ in range(times):
        started = time.perf_counter()
        run()
        found.append(time.perf_counter() - started)
    return min(found)


# -- Peers


def _keract_seconds(folder: Path) -> float:
    """Seconds that keract takes to draw one image's maps, which it is given."""
    import matplotlib

    matplotlib.use("Agg")
    from keract import display_activations

    maps = {name: layer[None] for name, layer in _maps().items()}
    target = folder / "keract"
    target.mkdir()
    started = time.perf_counter()
    display_activations(maps, save=True, directory=str(target))
    return time.perf_counter() - started


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
    from generator.activations import Extractor

    network, images = _network_and_images()
    return {k: np.array(v) for k, v in Extractor(network).maps(images[:1])[0].items()}


if __name__ == "__main__":
    main()
