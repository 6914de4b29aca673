"""What the worst files of strangers cost until they are refused, or read: seconds and megabytes.

    python -m benchmarks.refusals [--only WORD] [--write]

Each file is made here and read in a process of its own, as a build reads it. Megabytes are the most
that this process, or the one in which it decodes, held at any time. Seconds of work are of the
processor, both processes together, from the file's name to the end; seconds on the clock depend on
what else the machine does. The start of the second process is in both, that of the first in
neither. Models are read with TensorFlow loaded, whose own memory is in the first line of theirs.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, PngImagePlugin

from tests.hostile_images import scans
from tests.image_files import bomb, file_of, png

__all__: list[str] = []

PROJECT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "refusals.md"
SIDE = 8_000


class Case(NamedTuple):
    """One file, and who reads it."""

    what: str
    reader: str
    name: str
    make: Callable[[], bytes]

    @property
    def key(self) -> str:
        """What tells it from the others."""
        return f"{self.reader}: {self.what}"


class Cost(NamedTuple):
    """Of one file."""

    clock: float
    """Seconds."""
    work: float
    """Seconds of the processor, all processes together."""
    megabytes: float
    said: str


def main() -> None:
    """Run, print, and with ``--write`` keep the result in ``benchmarks/refusals.md``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.refusals", description=__doc__)
    parser.add_argument("--only", default="", help="cases whose description holds this")
    parser.add_argument("--write", action="store_true", help="write benchmarks/refusals.md")
    parser.add_argument("--read", nargs=2, metavar=("READER", "FILE"), help=argparse.SUPPRESS)
    parser.add_argument("--make", nargs=2, metavar=("CASE", "FILE"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.read:
        _read(*chosen.read)
        return
    if chosen.make:
        what, file = chosen.make
        case = next(case for cases in CASES.values() for case in cases if case.key == what)
        Path(file).write_bytes(case.make())
        return
    before = os.getloadavg()[0]
    lines = []
    with tempfile.TemporaryDirectory(prefix="layerlight-bench-") as folder:
        for title, cases in CASES.items():
            lines += [
                "",
                f"## {title}",
                "",
                "| file | MB | seconds of work | on the clock | peak MB | answer |",
                "|" + "---|" * 6,
            ]
            for case in cases:
                if chosen.only in case.what:
                    lines.append(_line(case, Path(folder) / case.name))
                    print(lines[-1], flush=True)
    lines += ["", "## Decoding in another process", "", _price(), ""]
    lines.append(
        f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}. Load "
        f"{before:.0f} before and {os.getloadavg()[0]:.0f} after: above the number of cores, "
        f"others had their share of the seconds."
    )
    if chosen.write:
        head = "# Results of `make bench-refusals`\n\n" + (__doc__ or "").split("\n\n", 2)[2]
        RESULTS.write_text(f"{head}{chr(10).join(lines)}\n", encoding="utf-8")
    print("\n".join(lines[-4:]))


def _line(case: Case, path: Path) -> str:
    # made elsewhere: what starts a process passes its own size on to it, as far as the system tells
    own = [sys.executable, "-m", "benchmarks.refusals"]
    subprocess.run([*own, "--make", case.key, str(path)], cwd=PROJECT, check=True)
    size = path.stat().st_size / 1e6
    cost = _apart(case.reader, path)
    path.unlink()
    said = cost.said.replace(str(path), path.name).replace("|", "/")
    said = said if len(said) < 150 else f"{said[:147]}..."
    seconds = f"{cost.work:.1f} | {cost.clock:.1f}"
    return f"| {case.what} | {size:.2f} | {seconds} | {cost.megabytes:.0f} | {said} |"


def _apart(reader: str, path: Path) -> Cost:
    """In a new process, whose use of memory the system tells when it has ended."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.refusals", "--read", reader, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=PROJECT,
    ) as process:
        assert process.stdout
        answer = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if not answer:
        return Cost(0, 0, used.ru_maxrss / 1e3, f"ended with exit code {process.returncode}")
    told = json.loads(answer)
    work = used.ru_utime + used.ru_stime - told["before"]
    return Cost(told["clock"], work, used.ru_maxrss / 1e3, told["said"])


def _read(reader: str, file: str) -> None:
    """One file, in the process that is measured."""
    from generator.errors import LayerlightError

    read = READERS[reader]()
    before, started = time.process_time(), time.perf_counter()
    try:
        said = read(Path(file))
    except LayerlightError as error:
        said = str(error)
    clock = time.perf_counter() - started
    print(json.dumps({"before": before, "clock": clock, "said": said}))


def _images() -> Callable[[Path], str]:
    from generator.decode_apart import decoded
    from generator.domain import InputSpec
    from generator.folders import read_whole
    from generator.inputs import MAX_BYTES

    def read(path: Path) -> str:
        spec = InputSpec(224, 224, "pad", "")
        width, height, _ = decoded(read_whole(path, MAX_BYTES), spec)
        return f"read, {width} x {height}"

    return read


def _texts() -> Callable[[Path], str]:
    from generator import markup
    from generator.sidecar import read as read_sidecar

    def read(path: Path) -> str:
        sidecar, problems = read_sidecar(path, path.name)
        return (
            problems[0].message
            if problems
            else f"{len(markup.others(sidecar.description))} characters"
        )

    return read


def _models() -> Callable[[Path], str]:
    from generator import models
    from generator.models.backend import keras

    keras()

    def read(path: Path) -> str:
        return f"read, {len(models.load(str(path)).spec.layers)} layers"

    return read


def _weights() -> Callable[[Path], str]:
    from generator.models.weight_files import read_weights

    def read(path: Path) -> str:
        return f"read, {len(read_weights(path))} layers"

    return read


READERS = {"image": _images, "text": _texts, "model": _models, "weights": _weights}


# -- Files


def _blank(kind: str, mode: str = "RGB", **options: Any) -> Callable[[], bytes]:
    return lambda: file_of(Image.new(mode, (SIDE, SIDE)), kind, **options)


def _line_of_pixels() -> bytes:
    width = 24_000_000
    return png(width, 2, 1, 0, zlib.compress(bytes(2 * (1 + width // 8)), 9))


def _words() -> bytes:
    words = PngImagePlugin.PngInfo()
    for i in range(70):
        words.add_text(f"note {i}", "a" * 1_000_000, zip=True)
    return file_of(Image.new("RGB", (20, 20)), pnginfo=words)


def _frames() -> bytes:
    frames = [Image.new("RGB", (20, 20), (i, 0, 0)) for i in (250, 100, 50)]
    data = file_of(frames[0], "GIF", save_all=True, append_images=frames[1:])
    start, end = data.rindex(b"\x21\xf9"), len(data) - 1
    return data[:end] + data[start:end] * 100_000 + data[end:]


def _tiles() -> bytes:
    """A TIFF whose every pixel is a tile, each of which Pillow keeps a record of."""
    import struct

    side = 2_000
    count = side * side
    entries = [(256, side), (257, side), (258, 8), (259, 1), (262, 1), (277, 1), (322, 1), (323, 1)]
    start = 8 + 2 + 12 * (len(entries) + 2) + 4
    directory = struct.pack("<H", len(entries) + 2)
    for tag, value in entries:
        directory += struct.pack("<HHII", tag, 4, 1, value)
    for tag, place in ((324, start), (325, start + 4 * count)):
        directory += struct.pack("<HHII", tag, 4, count, place)
    body = struct.pack("<I", 8) * count + struct.pack("<I", 1) * count
    return b"II*\0" + struct.pack("<I", 8) + directory + bytes(4) + body


def _small_model() -> bytes:
    from tests.small_networks import plain, saved

    with tempfile.TemporaryDirectory() as folder:
        return saved(plain(), Path(folder) / "good.keras").read_bytes()


def _model(
    change: Callable[[Any], None], parts: dict[str, bytes] | None = None
) -> Callable[[], bytes]:
    def make() -> bytes:
        made = io.BytesIO()
        with (
            zipfile.ZipFile(io.BytesIO(_small_model())) as old,
            zipfile.ZipFile(
                made, "w", zipfile.ZIP_DEFLATED if parts else zipfile.ZIP_STORED
            ) as new,
        ):
            for name in old.namelist():
                data = old.read(name)
                if name == "config.json":
                    config = json.loads(data)
                    change(config)
                    data = json.dumps(config).encode()
                new.writestr(name, (parts or {}).get(name, data))
        return made.getvalue()

    return make


def _as_it_is(_config: Any) -> None: ...


def _many_layers(config: Any) -> None:
    config["config"]["layers"] += [{"class_name": "ReLU", "config": {}}] * 100_000


def _many_units(config: Any) -> None:
    config["config"]["layers"][-1]["config"]["units"] = 10**9


def _hdf5(write: Callable[[Any], None]) -> bytes:
    import h5py

    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        write(file.create_group("block1_conv1"))
    return content.getvalue()


def _terabytes(group: Any) -> None:
    group.create_dataset("kernel", (10**12,), "f4", chunks=(1024,))


def _waiting() -> bytes:
    def write(group: Any) -> None:
        group.attrs["name"] = "block1_conv1"
        group["kernel"] = np.zeros((3, 3, 3, 2), np.float32)

    data = bytearray(_hdf5(write))
    start = data.index(b"GCOL") + 16
    data[start : start + 16] = bytes(16)
    return bytes(data)


def _long_header() -> bytes:
    made = io.BytesIO()
    with (
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("block1_conv1/kernel.npy", "w", force_zip64=True) as part,
    ):
        part.write(b"\x93NUMPY\x02\x00\xff\xff\xff\xff")
        for _ in range(1_000):
            part.write(bytes(2**20))
    return made.getvalue()


CASES: dict[str, tuple[Case, ...]] = {
    "Images": (
        Case("a good one, 20 x 20", "image", "a.png", lambda: file_of(Image.new("RGB", (20, 20)))),
        Case("a good JPEG of 64 megapixels", "image", "a.jpg", _blank("JPEG")),
        Case(
            "a good TIFF of 64 megapixels, RGBA",
            "image",
            "a.tif",
            _blank("TIFF", "RGBA", compression="tiff_lzw"),
        ),
        Case(
            "a good TIFF of 64 megapixels, floats",
            "image",
            "a.tif",
            _blank("TIFF", "F", compression="tiff_adobe_deflate"),
        ),
        Case("PNG of 900 megapixels", "image", "a.png", lambda: bomb(30_000)),
        Case("PNG of 24,000,000 x 2", "image", "a.png", _line_of_pixels),
        Case("JPEG of 64 megapixels, 1,000 scans", "image", "a.jpg", lambda: scans(SIDE, 1_000)),
        Case("JPEG of 64 megapixels, 90 scans", "image", "a.jpg", lambda: scans(SIDE, 90)),
        Case("PNG with 70 MB of words", "image", "a.png", _words),
        Case("GIF of 100,000 frames", "image", "a.gif", _frames),
        Case("TIFF of 4 million tiles", "image", "a.tif", _tiles),
    ),
    "Texts": (
        Case("a good one", "text", "a.md", lambda: b"---\ntitle: A\n---\nA *red* car."),
        Case("Markdown, 20,000 brackets", "text", "a.md", lambda: b"[" * 20_000),
        Case("Markdown, 1 MB of div", "text", "a.md", lambda: b"<div>" * 199_000),
        Case(
            "front matter, 19,000 brackets",
            "text",
            "a.md",
            lambda: b"---\na: " + b"[" * 19_000 + b"\n---\n",
        ),
        Case(
            "front matter, 1 MB", "text", "a.md", lambda: b"---\na: " + b"x" * 999_000 + b"\n---\n"
        ),
    ),
    "Models": (
        Case("a good one", "model", "a.keras", _small_model),
        Case("100,000 layers", "model", "a.keras", _model(_many_layers)),
        Case("a billion units", "model", "a.keras", _model(_many_units)),
        Case(
            "1 GB of zeros, packed",
            "model",
            "a.keras",
            _model(_as_it_is, {"model.weights.h5": bytes(10**9)}),
        ),
        Case(
            "weights that claim 4 TB",
            "model",
            "a.keras",
            _model(_as_it_is, {"model.weights.h5": _hdf5(_terabytes)}),
        ),
    ),
    "Weights": (
        Case("HDF5 that claims 4 TB", "weights", "a.weights.h5", lambda: _hdf5(_terabytes)),
        Case("HDF5 whose library never returns", "weights", "a.weights.h5", _waiting),
        Case(".npz with a header of 1 GB, packed", "weights", "a.npz", _long_header),
    ),
}


# -- The price


def _price() -> str:
    """Of the second process, on the sample images, in the processor's time."""
    from generator import decode_apart
    from generator.decode import decode, fit
    from generator.domain import InputSpec

    spec = InputSpec(224, 224, "crop", "")
    names = sorted((PROJECT / "inputs").iterdir())
    files = [path.read_bytes() for path in names if path.suffix != ".md"]

    def work(rounds: int, way: Callable[[bytes], object]) -> float:
        """Seconds, of this process and of the other, which is ended."""
        before = os.times()
        for _ in range(rounds):
            for data in files:
                way(data)
        decode_apart._decoder.close()
        return sum(os.times()[:4]) - sum(before[:4])

    def here(data: bytes) -> None:
        fit(decode(data), spec)

    def apart(data: bytes) -> None:
        decode_apart.decoded(data, spec)

    work(1, here)
    one, many = work(1, apart), work(41, apart)
    ms_here, ms_apart = (1e3 * cost / 40 / len(files) for cost in (work(40, here), many - one))
    start = one - ms_apart / 1e3 * len(files)
    return (
        f"An image of `inputs/` is {ms_here:.1f} ms of work in this process and {ms_apart:.1f} ms "
        f"when it goes to another and comes back; to start the other is {start:.2f} s, once a "
        f"build."
    )


if __name__ == "__main__":
    main()
