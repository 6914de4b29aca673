"""What larger networks cost: layers, channels, seconds and megabytes of the sample images' gallery.

    python -m benchmarks.models [--models NAME...] [--write]

Each gallery is built as the command builds it, in a process of its own, from the images in
inputs/: with everything, without values (``--no-values``), and of blocks alone (``--every block``).
Weights are random, so that nothing has to be downloaded: an untrained network has as many values
as a trained one, but not the same, and files of values are compressed. So megabytes are a guide;
layers and channels are exact. Seconds include start-up, and depend on what else the machine does;
what the processor worked for it, all cores together, hardly does.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

# as the command does, and before numpy is loaded
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

PROJECT = Path(__file__).parent.parent
PAGE = PROJECT / "docs" / "models.md"
"""The table stands there, between two marks."""
BEGIN, END = "<!-- make bench-models -->", "<!-- to here -->"
MODELS = ("resnet50", "inceptionv3")
WAYS: dict[str, dict[str, Any]] = {
    "all layers": {},
    "all layers, `--no-values`": {"values": False},
    "`--every block`": {"every": "block"},
}


class Cost(NamedTuple):
    """Of one gallery."""

    title: str
    images: int
    layers: int
    channels: int
    seconds: float
    worked: float
    """Seconds of all cores together."""
    megabytes: float


def main() -> None:
    """Run, print, and with ``--write`` put the table into docs/models.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.models", description=__doc__)
    parser.add_argument("--models", nargs="+", default=MODELS, help="of keras.applications")
    parser.add_argument("--write", action="store_true", help="write the table to docs/models.md")
    chosen = parser.parse_args()
    before = os.getloadavg()[0]
    lines = [
        "| network | gallery | layers | channels | seconds | of all cores | MB | MB an image |",
        "|---|---|---|---|---|---|---|---|",
    ]
    images = 0
    for model in chosen.models:
        for way, settings in WAYS.items():
            cost = _apart(model, settings)
            images = cost.images
            lines.append(
                f"| {cost.title} | {way} | {cost.layers} | {cost.channels:,} | {cost.seconds:.0f} "
                f"| {cost.worked:.0f} | {cost.megabytes:.0f} | {cost.megabytes / cost.images:.1f} |"
            )
            print(lines[-1], flush=True)
    text = "\n".join(
        [
            *lines,
            "",
            f"{images} images, random weights, start-up included. {os.cpu_count()} cores "
            f"({platform.machine()}), Python {platform.python_version()}, TensorFlow "
            f"{version('tensorflow')}, Keras {version('keras')}. Load {before:.0f} before and "
            f"{os.getloadavg()[0]:.0f} after: above the number of cores, others had their share of "
            f"the seconds.",
        ]
    )
    print(text)
    if chosen.write:
        page = PAGE.read_text(encoding="utf-8")
        marked = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
        PAGE.write_text(marked.sub(f"{BEGIN}\n{text}\n{END}", page), encoding="utf-8")


def _apart(model: str, settings: dict[str, Any]) -> Cost:
    """In a new process: nothing of the build before is in its memory."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_built, model, settings).result()


def _built(model: str, settings: dict[str, Any]) -> Cost:
    from generator import Config, build

    with tempfile.TemporaryDirectory(prefix="layerlight-bench-") as folder:
        report = build(
            Config(
                inputs=PROJECT / "inputs",
                output=Path(folder) / "site",
                model=model,
                weights=Path("random"),
                **settings,
            )
        )
    return Cost(
        title=report.model.title,
        images=report.images,
        layers=report.layers,
        channels=report.channels,
        seconds=report.seconds,
        worked=time.process_time(),
        megabytes=report.bytes / 1e6,
    )


if __name__ == "__main__":
    main()
