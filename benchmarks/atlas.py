"""Seconds a picture of the atlas, layer by layer, and how the whole scales up from there.

    python -m benchmarks.atlas [--write]

For each convolution of VGG16 one batch traces the graphs, the next is timed, with the settings
that `layerlight atlas` chooses by itself. Beside it, in the same run, the same pictures of one
late layer made plainly: all steps at the full size in float32. The ratio is what growing from
small sizes and bfloat16 save.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from generator.atlas import settings
from generator.atlas.settings import Octave, Settings
from generator.domain import Layer

RESULTS = Path(__file__).parent / "atlas.md"
PLAIN = "block5_conv3"


def main() -> None:
    """Run, print, and with ``--write`` keep the result in ``benchmarks/atlas.md``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.atlas", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write benchmarks/atlas.md")
    chosen = parser.parse_args()
    from generator import models
    from generator.maximise import device, quick_precision

    network = models.load()
    lines = [
        "| layer | side, px | steps at each size | seconds a picture | pictures | minutes |",
        "|---|---|---|---|---|---|",
    ]
    total = 0.0
    for layer in network.spec.layers:
        if layer.kind != "conv":
            continue
        usual = _usual(layer)
        seconds = _seconds(network, layer, usual)
        minutes = seconds * layer.channels / 60
        total += minutes
        steps = ", ".join(f"{o.width} px: {o.steps}" for o in usual.octaves)
        lines.append(
            f"| {layer.name} | {usual.octaves[-1].width} | {steps} | {seconds:.3f} | "
            f"{layer.channels} | {minutes:.1f} |"
        )
        print(lines[-1], flush=True)
        if layer.name == PLAIN:
            last = usual.octaves[-1]
            steps_in_all = sum(o.steps for o in usual.octaves)
            octave = Octave(last.height, last.width, steps_in_all, last.rate)
            plain = _seconds(network, layer, replace(usual, octaves=(octave,), precision="float32"))
            ratio = plain / seconds
    pictures = sum(la.channels for la in network.spec.layers if la.kind == "conv")
    lines += [
        f"| **in all** | | | {60 * total / pictures:.3f} | {pictures:,} | **{total:.0f}** |",
        "",
        f"{PLAIN} made plainly, {steps_in_all} steps at {last.width} px in float32: {plain:.2f} "
        f"seconds a picture, **{ratio:.1f} times** as long.",
        "",
        f"{device()}, {os.cpu_count()} cores ({platform.machine()}), {quick_precision()}, batches "
        f"of {settings.BATCH}; TensorFlow {version('tensorflow')}.",
    ]
    text = "\n".join(lines)
    print(text)
    if chosen.write:
        head = (
            "# Results of `make bench-atlas`\n\n"
            "Seconds differ between machines; the ratio is of one run.\n"
        )
        RESULTS.write_text(f"{head}\n{text}\n", encoding="utf-8")


def _usual(layer: Layer) -> Settings:
    from generator.maximise import quick_precision

    side = settings.side_for(max(layer.window.height, layer.window.width))
    return Settings(
        settings.octaves(side, settings.steps_for(side), lambda _: True),
        seed=0,
        precision=quick_precision(),
        jitter=settings.jitter_for(side),
    )


def _seconds(network: Any, layer: Layer, chosen: Settings) -> float:
    """Of one picture, once the graphs are there."""
    from generator.maximise import Maximiser

    maximiser = Maximiser(network, layer.name, chosen)
    maximiser.pictures(list(range(chosen.batch)))
    started = time.perf_counter()
    maximiser.pictures(list(range(chosen.batch, 2 * chosen.batch)))
    return (time.perf_counter() - started) / chosen.batch


if __name__ == "__main__":
    main()
