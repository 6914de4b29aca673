"""The streamed part of a build: decode, run, measure, encode and write, overlapped.

TensorFlow works on one batch after the other in a thread of its own. Meanwhile the batch before is
encoded (``generator.encoders``), another thread decodes the one after, and the caller makes the
pages of what is encoded. None waits for the caller; but only so many maps are alive at a time, so
memory does not grow with the number of images.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Event, Semaphore
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from generator.activations import BATCH, Extractor
from generator.domain import InputImage, Model, Problem
from generator.errors import ImageError
from generator.inputs import Candidate, load
from generator.sheet_files import Found, Measures, Pixels, Plan, Run, Write

__all__ = ["Counter", "Encoders", "Tools", "record"]

_AHEAD = 16
"""Images that are encoded, or about to be, while the caller makes pages of others."""

Batch = list[tuple[InputImage, Pixels]]


class Counter(Protocol):
    """Told how far the work has come."""

    def images(self, done: int, total: int) -> None:
        """Images decoded and run, or given up."""

    def sheets(self, done: int, total: int) -> None:
        """Sheets written."""


class Encoders(Protocol):
    """Who measures, encodes and writes images, several at a time: ``generator.encoders``."""

    def wait(self) -> None:
        """Until a batch of maps more can be in memory."""

    def take(self, runs: list[Run], plan: Plan) -> Iterator[Future[Found]]:
        """Begin with a batch, image by image as there is room; the list is emptied."""

    def stop(self) -> None:
        """Let nobody wait for room any more; what is under way is finished."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What runs images through a network."""

    extractor: Extractor
    plan: Plan
    preprocess: Callable[[Pixels], NDArray[np.float32]]
    """RGB images (n, height, width, 3), 0 to 255 -> what the network is fed."""
    judge: Callable[[Sequence[tuple[InputImage, Pixels]], Write], None] | None = None
    """Writes what the network says about a batch of images; None: it does not end in classes."""

    def run(self, batch: Sequence[tuple[InputImage, Pixels]]) -> list[Run]:
        """Put at most ``BATCH`` images through the network."""
        every = self.extractor.maps([pixels for _, pixels in batch])
        return [
            Run(image.id, pixels, self.preprocess(pixels[None])[0], maps)
            for (image, pixels), maps in zip(batch, every, strict=True)
        ]


def record(
    candidates: Sequence[Candidate],
    model: Model,
    tools: Callable[[], Tools],
    encoders: Encoders,
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
        encoders: make the files of what has been run, and put them into the site.
        write: puts a file into the site.
        counter: told how far it has come.
        problems: what could not be decoded is added.
    """
    layers = len(model.layers)
    with ThreadPoolExecutor(1) as decoder, ThreadPoolExecutor(1) as runner:
        flow = _Flow(tools, encoders, write)
        batches = _batches(candidates, model, BATCH, decoder, problems)
        feeding = runner.submit(flow.feed, batches)
        try:
            ready = 0
            for image, job in flow:
                measures = job.result()()
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

    def __init__(self, tools: Callable[[], Tools], encoders: Encoders, write: Write) -> None:
        self._tools, self._encoders, self._write = tools, encoders, write
        self._made: SimpleQueue[tuple[InputImage, Future[Found]] | None] = SimpleQueue()
        self._room = Semaphore(_AHEAD)
        self._stopped = Event()

    def feed(self, batches: Iterator[Batch]) -> None:
        """Run every batch as soon as there is room for its maps, and have it encoded."""
        ready: Tools | None = None
        try:
            for batch in batches:
                self._encoders.wait()
                if self._stopped.is_set():
                    return
                ready = ready or self._tools()  # the network is loaded for the first batch
                runs = ready.run(batch)
                if ready.judge:
                    ready.judge(batch, self._write)
                jobs = self._encoders.take(runs, ready.plan)
                for image, _ in batch:
                    self._room.acquire()
                    job = next(jobs, None)
                    if self._stopped.is_set() or job is None:
                        return
                    self._made.put((image, job))
        finally:
            self._made.put(None)

    def stop(self) -> None:
        """Run no more batches; those under way are finished."""
        self._stopped.set()
        self._room.release()
        self._encoders.stop()

    def __iter__(self) -> Iterator[tuple[InputImage, Future[Found]]]:
        for made in iter(self._made.get, None):
            self._room.release()
            yield made


def _batches(
    candidates: Sequence[Candidate],
    model: Model,
    size: int,
    decoder: ThreadPoolExecutor,
    problems: list[Problem],
) -> Iterator[Batch]:
    """Decoded images, ``size`` at a time; the next ones are decoded while these are used."""
    ahead = [(c, decoder.submit(load, c, model.input)) for c in candidates[: 2 * size]]
    following = 2 * size
    batch: Batch = []
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
