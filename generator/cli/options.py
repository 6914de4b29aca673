"""Options that several commands have, each said once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, get_args

import typer

from generator.domain import PaletteName

__all__ = [
    "PALETTES",
    "ConfigOption",
    "DebugOption",
    "EveryOption",
    "FitOption",
    "LabelsOption",
    "LayersOption",
    "ModelOption",
    "PreprocessOption",
    "SizeOption",
    "TrustOption",
    "WeightsOption",
]

PALETTES = "|".join(get_args(PaletteName))

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Settings of the gallery.  [default: gallery.toml, if there is one]",
    ),
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME|FILE",
        help="The network: a name of keras.applications such as resnet50, or a file that Keras "
        "saved (.keras, .h5).  [default: vgg16]",
    ),
]
EveryOption = Annotated[
    str | None,
    typer.Option(
        "--every",
        metavar="layer|block|stage",
        help="How much of a deep network to show: every layer, only the result of each block, or "
        "only the last layer before the maps become smaller.  [default: layer]",
    ),
]
PreprocessOption = Annotated[
    str | None,
    typer.Option(
        "--preprocess",
        metavar="NAME",
        help="How pixels become numbers, as the network was trained: 0-1 (from 0 to 1), tf (from "
        "-1 to 1), torch or caffe (as networks of these programs want it), none (0 to 255), or "
        "your own function as package.module:name.  [default: the network's own; for a file 0-1]",
    ),
]
TrustOption = Annotated[
    bool | None,
    typer.Option(
        "--trust-model",
        help="Let code that a network's file holds run (Lambda, custom layers): it can do on this "
        "machine whatever you can, so only for files of people you trust.",
        show_default=False,
    ),
]
WeightsOption = Annotated[
    Path | None,
    typer.Option(
        "--weights",
        metavar="FILE",
        help="Weights to read (.h5, .weights.h5 or .npz) instead of looking for them; 'random' for "
        "an untrained network.",
    ),
]
LayersOption = Annotated[
    list[str] | None,
    typer.Option(
        "--layers",
        metavar="PATTERN",
        help="Layers to show, such as 'block3_*' (layerlight layers lists them); give it again, or "
        "separate with commas, for several.  [default: every layer that filters, shrinks or joins "
        "maps]",
    ),
]
SizeOption = Annotated[
    str | None,
    typer.Option(
        "--size",
        metavar="SIZE",
        help="The network's input in pixels: 224, or height x width as 224x320.  [default: its "
        "own]",
    ),
]
LabelsOption = Annotated[
    Path | None,
    typer.Option(
        "--labels",
        metavar="FILE",
        help="What the classes are called: one label a line, or JSON.  [default: ImageNet's, if "
        "Keras has kept them]",
    ),
]
FitOption = Annotated[
    str | None,
    typer.Option(
        "--fit",
        metavar="crop|pad|stretch",
        help="How an image is brought to that size.  [default: crop]",
    ),
]
DebugOption = Annotated[
    bool, typer.Option("--debug", help="Show the traceback of an unexpected error.")
]
