"""The streamed part of a build: decode, run, measure, encode and write, overlapped.

TensorFlow works on one batch after the other in a thread of its own. Meanwhile other threads
encode the batch before and decode the one after, and the caller makes the pages of what is encoded.
None waits for the caller; but at most two batches of maps are alive, so memory does not grow with
the number of images.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Semaphore
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from generator import contract, layout, reading, sheets
from generator.activations import BATCH, Extractor
from generator.domain import (
    Evidence,
    InputImage,
    Layer,
    LayerReading,
    Model,
    Problem,
    Reading,
    Sheet,
)
from generator.encode import grey_png, resized, rgb_png, webp
from generator.errors import ImageError
from generator.evidence import Kernels, evidence_of, weighted
from generator.inputs import Candidate, load
from generator.points import points_of
from generator.sizes import BLOCKS_SIDE, SMALL_PHOTO, grid_factor, strip_factor

__all__ = [
    "WORKERS",
    "Counter",
    "Measures",
    "Plan",
    "Tools",
    "Write",
    "image_files",
    "kernels_of",
    "record",
]

ALIVE = 2
"""Batches whose maps are in memory: one in the network, one that is encoded."""
WORKERS = 2
"""Threads that measure and encode; what they do for long leaves the interpreter's lock."""

_SMALL_QUALITY = 80
"""Of small photographs, 0 to 100: 3 kB of 90."""

Write = Callable[[str, bytes | str], None]
Pixels = NDArray[np.uint8]
Maps = dict[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is written for every image."""

    model: Model
    kernels: Kernels
    preprocess: Callable[[Pixels], NDArray[np.float32]]
    """RGB images (n, height, width, 3), 0 to 255 -> what the network is fed."""
    values: bool
    """Whether pages from a file get their sheets as data as well, for numbers on hover."""
    judge: Callable[[Sequence[tuple[InputImage, Pixels]], Write], None] | None = None
    """Writes what the network says about a batch of images; None: it does not end in classes."""


class Counter(Protocol):
    """Told how far the work has come."""

    def images(self, done: int, total: int) -> None:
        """Images decoded and run, or given up."""

    def sheets(self, done: int, total: int) -> None:
        """Sheets written."""


def kernels_of(network: Any) -> Kernels:
    """The numbers of a network's convolutions, as the evidence wants them."""
    found = {layer.name: network.kernel(layer.name) for layer in network.spec.layers}
    return {name: weighted(*numbers) for name, numbers in found.items() if numbers}


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured on one image, as its files have it."""

    sheets: dict[str, Sheet]
    reading: Reading
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Tools:
    """What runs images through a network."""

    extractor: Extractor
    plan: Plan


def record(
    candidates: Sequence[Candidate],
    model: Model,
    tools: Callable[[], Tools],
    write: Write,
    counter: Counter,
    problems: list[Problem],
) -> Generator[tuple[InputImage, Measures | None], None, None]:
    """Write the sheets folder of every candidate that can be decoded; yield each when it is whole.

    With what was measured on it, for who wants it at once.

    In the order of the candidates. While the caller uses one, the next are run and encoded.

    Args:
        candidates: which images.
        model: the network.
        tools: asked for once an image could be decoded: they may have to be loaded first.
        write: puts a file into the site.
        counter: told how far it has come.
        problems: what could not be decoded is added.
    """
    layers = len(model.layers)
    with (
        ThreadPoolExecutor(WORKERS) as encoders,
        ThreadPoolExecutor(1) as decoder,
        ThreadPoolExecutor(1) as runner,
    ):
        flow = _Flow(_Runs(tools, write), encoders)
        batches = _batches(candidates, model, BATCH, decoder, problems)
        feeding = runner.submit(flow.feed, batches)
        try:
            ready = 0
            for image, job in flow:
                measures = job.result()
                ready += 1
                counter.images(ready + len(problems), len(candidates))
                counter.sheets(ready * layers, len(candidates) * layers)
                yield image, measures
            feeding.result()
            counter.images(ready + len(problems), len(candidates))
            counter.sheets(ready * layers, ready * layers)
        finally:
            flow.stop()


class _Flow:
    """Batches on their way through the network to the encoders, in order."""

    def __init__(self, runs: _Runs, encoders: ThreadPoolExecutor) -> None:
        self._runs, self._encoders = runs, encoders
        self._room = Semaphore(ALIVE)
        self._made: SimpleQueue[tuple[InputImage, Future[Measures]] | None] = SimpleQueue()
        self._stopped = False

    def feed(self, batches: Iterator[list[tuple[InputImage, Pixels]]]) -> None:
        """Run every batch as soon as there is room for its maps, and have it encoded."""
        try:
            for batch in batches:
                self._room.acquire()
                if self._stopped:
                    return
                self._encode(batch, self._runs.run(batch))
        finally:
            self._made.put(None)

    def _encode(self, batch: Sequence[tuple[InputImage, Pixels]], maps: list[Maps]) -> None:
        plan, write = self._runs.plan, self._runs.write
        left = [*range(len(batch))]

        def done(_: Future[Measures]) -> None:
            if left.pop() == 0:  # by whichever thread is the last
                self._room.release()

        for image, pixels in batch:
            # the job alone holds the maps: they go as soon as it is done
            job = self._encoders.submit(_save, image.id, pixels, maps.pop(0), plan, write)
            self._made.put((image, job))
            job.add_done_callback(done)

    def stop(self) -> None:
        """Run no more batches; those under way are finished."""
        self._stopped = True
        self._room.release()

    def __iter__(self) -> Iterator[tuple[InputImage, Future[Measures]]]:
        return iter(self._made.get, None)


class _Runs:
    """Runs batches through the network, which is loaded for the first."""

    def __init__(self, tools: Callable[[], Tools], write: Write) -> None:
        self._tools, self.write = tools, write
        self._ready: Tools | None = None

    @property
    def plan(self) -> Plan:
        """What is written for every image of a batch that has been run."""
        assert self._ready is not None
        return self._ready.plan

    def run(self, batch: Sequence[tuple[InputImage, Pixels]]) -> list[Maps]:
        """Maps of each image; what the network says about them is written."""
        self._ready = self._ready or self._tools()
        maps = self._ready.extractor.maps([pixels for _, pixels in batch])
        if self._ready.plan.judge:
            self._ready.plan.judge(batch, self.write)
        return maps


def _batches(
    candidates: Sequence[Candidate],
    model: Model,
    size: int,
    decoder: ThreadPoolExecutor,
    problems: list[Problem],
) -> Iterator[list[tuple[InputImage, Pixels]]]:
    """Decoded images, ``size`` at a time; the next ones are decoded while these are used."""
    ahead = [(c, decoder.submit(load, c, model.input)) for c in candidates[: 2 * size]]
    following = 2 * size
    batch: list[tuple[InputImage, Pixels]] = []
    while ahead:
        candidate, decoded = ahead.pop(0)
        if following < len(candidates):
            upcoming = candidates[following]
            ahead.append((upcoming, decoder.submit(load, upcoming, model.input)))
            following += 1
        try:
            batch.append(decoded.result())
        except ImageError as error:
            problems.append(Problem(candidate.source, "decode", str(error)))
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _save(image: str, pixels: Pixels, maps: Maps, plan: Plan, write: Write) -> Measures:
    files = image_files(image, pixels, maps, plan)
    while True:
        try:
            write(*next(files))
        except StopIteration as end:
            measures: Measures = end.value
            return measures


def image_files(
    image: str, pixels: Pixels, maps: Maps, plan: Plan
) -> Generator[tuple[str, bytes | str], None, Measures]:
    """Everything in one image's sheets folder, as (path, bytes), layer by layer.

    ``pixels`` is the network's input, ``(height, width, 3)``; ``maps`` its layers' outputs,
    each ``(height, width, channels)``. In the end it returns what was measured, which is also in
    the files.
    """
    model = plan.model
    photo = rgb_png(pixels)
    yield layout.input_png(model.id, image), photo
    small = resized(pixels, min(SMALL_PHOTO, max(pixels.shape[:2])))
    yield layout.small_photo(model.id, image), webp(small, _SMALL_QUALITY)
    if plan.values:
        script = layout.input_script(model.id, image)
        yield script, contract.pixels_script(script, photo)
    found_sheets: dict[str, Sheet] = {}
    looks: dict[str, reading.LayerLook] = {}
    last: dict[str, tuple[Layer, sheets.Measured]] = {}
    standing = reading.representatives(model.layers)
    before: tuple[Layer, LayerReading] | None = None
    for layer in model.layers:
        measured = sheets.sheet_of(
            maps[layer.name], model=model.id, image=image, layer=layer.name, signed=layer.signed
        )
        same = _same_channels(layer, before)
        looks[layer.name] = reading.look(measured.maps, measured.sheet, same)
        before = (layer, looks[layer.name].reading)
        found_sheets[layer.name] = measured.sheet
        if standing.get(layer.block) is layer:
            last[layer.block] = (layer, measured)
        yield from _layer_files(image, layer, measured, looks[layer.name].reading, plan.values)
    found = reading.read_image(model.layers, looks)
    yield layout.reading_json(model.id, image), contract.reading_json(found)
    yield from _block_files(image, model, found, last)
    evidence = yield from _evidence_files(image, pixels, maps, plan, found_sheets)
    return Measures(found_sheets, found, evidence)


def _evidence_files(
    image: str, pixels: Pixels, maps: Maps, plan: Plan, measured: dict[str, Sheet]
) -> Generator[tuple[str, str], None, Evidence]:
    """Where the strongest values come from, and what is strongest above each point."""
    model = plan.model
    fed = plan.preprocess(pixels[None])[0]
    found = evidence_of(model.layers, maps, fed, plan.kernels, measured)
    for layer, accounts in found.accounts.items():
        script = layout.evidence_script(model.id, image, layer)
        yield script, contract.accounts_script(script, accounts)
    script = layout.threads_script(model.id, image)
    yield script, contract.threads_script(script, found.knots)
    script = layout.points_script(model.id, image)
    yield script, contract.points_script(script, points_of(model.layers, maps, model.input))
    return found


def _block_files(
    image: str, model: Model, found: Reading, last: dict[str, tuple[Layer, sheets.Measured]]
) -> Iterator[tuple[str, bytes]]:
    """The marked map of each block, whole, and all of them small side by side."""
    marked = {layer.name: (layer, measured) for layer, measured in last.values()}
    small = []
    for mark in found.blocks:
        layer, measured = marked[mark.layer]
        grey = measured.grey[mark.channel]
        if layer.signed:
            grey = sheets.magnitude(grey)
        yield layout.block_png(model.id, image, layer.block), grey_png(grey)
        factor = max(1, -(-max(grey.shape) // BLOCKS_SIDE))
        reduced = sheets.reduce_by_maximum(grey[None], factor)
        small.append(sheets.enlarge(reduced, BLOCKS_SIDE, model.input.height, model.input.width)[0])
    if small:
        tiles = sheets.tile(np.stack(small).astype(np.uint8), len(small))
        yield layout.blocks_png(model.id, image), grey_png(tiles)


def _same_channels(layer: Layer, before: tuple[Layer, LayerReading] | None) -> LayerReading | None:
    """A pool's channels are those of the layer that feeds it, if that comes just before."""
    pooled = layer.kind == "pool" and layer.operation is not None
    if before and pooled and layer.operation and layer.operation.source == before[0].name:
        return before[1]
    return None


def _layer_files(
    image: str, layer: Layer, measured: sheets.Measured, found: LayerReading, values: bool
) -> Iterator[tuple[str, bytes | str]]:
    sheet, grey, _ = measured
    model = sheet.model

    def tiled(tiles: NDArray[np.generic], columns: int) -> bytes:
        return grey_png(sheets.tile(tiles.astype(np.uint8), columns, signed=layer.signed))

    png = tiled(grey, sheet.columns)
    yield layout.sheet_png(model, image, layer.name), png
    if values:
        script = layout.values_script(model, image, layer.name)
        yield script, contract.pixels_script(script, png)
    yield layout.sheet_json(model, image, layer.name), contract.sheet_json(sheet)
    factor = grid_factor(layer)
    if factor > 1:
        small = sheets.reduce(grey, factor, signed=layer.signed)
        yield layout.small_sheet_png(model, image, layer.name), tiled(small, sheet.columns)
    chosen = grey[list(found.telling)]
    strip = sheets.reduce(chosen, strip_factor(layer), signed=layer.signed)
    yield layout.strip_png(model, image, layer.name), tiled(strip, len(found.telling))
