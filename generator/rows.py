"""The pages of images, one image after the other, or on every core where nothing else goes on.

With ``generator.networks`` this puts stages together.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from typing import Self

from generator import pages
from generator.desk import Desk
from generator.domain import InputImage, Layer
from generator.errors import LayerlightError
from generator.fingerprints import fingerprint
from generator.kin import cores, end_with
from generator.network_keys import NO_KEY
from generator.site import Written

__all__ = ["Rows"]

_PARTS = 4
"""Of the work of each process, so that none waits long for the last."""
_WORTH_IT = 6
"""Images whose pages take longer than to start a process."""

_AHEAD = 100
"""Images that are looked at before they come: some 50 MB."""

Files = dict[str, Written]


class Rows:
    """Prints an image's pages as soon as its neighbours are known: while others are encoded.

    Those that are made of the same things as in the old site are taken over.
    """

    def __init__(
        self,
        shared: pages.Gallery,
        key: Callable[[str], str],
        keys: Mapping[str, str],
        desk: Desk,
        surveyor: pages.Surveyor,
        *,
        at_once: bool,
    ) -> None:
        """Nothing is printed yet.

        Args:
            shared: the gallery, before any image is known.
            key: of all that it makes a page of, by its layer's name; of the whole image: by "".
            keys: of each image's sheets, by its id; may still grow.
            desk: where the pages go.
            surveyor: is shown each image.
            at_once: print all in the end, since nothing else is to be done meanwhile.
        """
        self._gallery, self._key, self._keys = shared, key, keys
        self._desk, self._surveyor, self._at_once = desk, surveyor, at_once
        self.images: list[InputImage] = []
        self._lacking: dict[int, dict[str, str]] = {}
        """Of an image the pages that have to be made, with their keys."""
        self._ahead: _Ahead | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._ahead:
            self._ahead.close()

    def look_ahead(self, kept: Sequence[InputImage]) -> None:
        """Begin to look at images that are in the stage already, before TensorFlow is loaded.

        That takes seconds of one core; the other is free meanwhile.
        """
        several = len(kept) >= _WORTH_IT and cores() > 1
        if several and not self._at_once and _can_fork():
            self._ahead = _Ahead(self, [image.id for image in kept])

    def take(self, image: InputImage) -> None:
        """Take the next image; the one before can now be printed."""
        self.images.append(image)
        if len(self.images) == 1:
            self._gallery = replace(self._gallery, images=(image,))
        elif not self._at_once:
            self._do(len(self.images) - 2)

    def close(self) -> tuple[InputImage, ...]:
        """Print what is left. All images are known now."""
        if self._at_once:
            self._do_all()
        else:
            self._do(len(self.images) - 1)
        return tuple(self.images)

    def _do(self, i: int) -> None:
        if not self._keep(i):
            self._made(i, self._print(i))
        image = self.images[i].id
        look = self._ahead.look(image) if self._ahead else None
        self._surveyor.add(look or self.look(image))

    def look(self, image: str) -> pages.Look:
        """At one image."""
        return self._surveyor.look(self._gallery.facts(image))

    def _do_all(self) -> None:
        """In processes that start as copies of this one, while this one surveys the images."""
        every = range(len(self.images))
        todo = [i for i in every if not self._keep(i)]
        processes = cores()
        if len(todo) < _WORTH_IT or processes < 2 or not _can_fork():
            for i in todo:
                self._made(i, self._print(i))
            for i in every:
                self._surveyor.add(self.look(self.images[i].id))
            return
        size = -(-len(todo) // (processes * _PARTS))
        parts = [todo[start : start + size] for start in range(0, len(todo), size)]
        stage = self._desk.stage
        others = multiprocessing.active_children()
        begin = partial(_begin, self, os.getpid())
        with ProcessPoolExecutor(processes, multiprocessing.get_context("fork"), begin) as pool:
            try:
                printing = [pool.submit(_print_part, part) for part in parts]
                for i in every:
                    self._surveyor.add(self.look(self.images[i].id))
                for done in printing:
                    for i, files in done.result():
                        stage.adopt(files)
                        self._desk.press.skip(len(files))
                        self._made(i, files)
            except BrokenProcessPool as error:
                raise LayerlightError(
                    "expected copies of this process to make pages, but the system ended one; "
                    "most often there is too little memory: close other programs"
                ) from error
            except BaseException:
                # nobody waits for what they are at
                for copy in multiprocessing.active_children():
                    if copy not in others:
                        copy.kill()
                pool.shutdown(cancel_futures=True)
                raise

    def _neighbours(self, i: int) -> tuple[InputImage | None, InputImage | None]:
        before = self.images[i - 1] if i else None
        return before, self.images[i + 1] if i + 1 < len(self.images) else None

    def _keep(self, i: int) -> bool:
        """Whether all of an image's pages could be taken over; else notes which could not."""
        lacking = self._lacking[i] = {}
        base = self._base(i)
        for path, layer in pages.image_paths(self._gallery, self.images[i]):
            key = self._page_key(base, layer)
            if self._desk.ledger.keep(path, key):
                self._desk.press.skip(1)
            else:
                lacking[path] = key
        return not lacking

    def _base(self, i: int) -> str:
        """A key of what all pages of an image are made of."""
        image = self.images[i]
        sheets = self._keys[image.id]
        shown = [_public(image), *map(_named, (self.images[0], *self._neighbours(i)))]
        return fingerprint(sheets, shown) if sheets else NO_KEY

    def _page_key(self, base: str, layer: Layer | None) -> str:
        key = self._key(layer.name if layer else "")
        return fingerprint(base, key) if base and key else NO_KEY

    def _print(self, i: int) -> list[str]:
        image, beside = self.images[i], self._neighbours(i)
        made = pages.image_pages(self._gallery, image, *beside, only=self._lacking[i])
        return self._desk.press.print(made)

    def _made(self, i: int, paths: Iterable[str]) -> None:
        for path in paths:
            self._desk.ledger.made(path, self._lacking[i][path], [path])

    def print_apart(self, part: Sequence[int]) -> list[tuple[int, Files]]:
        """Print these images' pages in a process of its own; each one's files."""
        written = self._desk.stage.written
        return [(i, {path: written[path] for path in self._print(i)}) for i in part]


class _Ahead:
    """Looks at images in a process that begins as a copy of this one, a few before they come."""

    def __init__(self, rows: Rows, images: Iterable[str]) -> None:
        context = multiprocessing.get_context("fork")
        self._pool = ProcessPoolExecutor(1, context, partial(_begin, rows, os.getpid()))
        self._images = iter(images)
        self._waiting: deque[tuple[str, Future[pages.Look]]] = deque()
        for _ in range(_AHEAD):
            self._next()

    def _next(self) -> None:
        if image := next(self._images, None):
            self._waiting.append((image, self._pool.submit(_look, image)))

    def look(self, image: str) -> pages.Look | None:
        """At the next of the images, if this is it."""
        if not self._waiting or self._waiting[0][0] != image:
            return None
        _, looking = self._waiting.popleft()
        with suppress(BrokenProcessPool):  # ended by the system: who asks looks for himself
            self._next()
            return looking.result()
        self._waiting.clear()
        return None

    def close(self) -> None:
        """Wait for no more."""
        self._pool.shutdown(cancel_futures=True)


def _public(image: InputImage) -> dict[str, object]:
    """All of an image but where it lies on this machine."""
    return {name: value for name, value in asdict(image).items() if name != "path"}


def _named(image: InputImage | None) -> object:
    """What pages of other images show of an image: nothing of its pixels."""
    return image and {
        name: value
        for name, value in _public(image).items()
        if name not in ("sha256", "width", "height")
    }


def _can_fork() -> bool:
    """Whether a copy of this process can go on: not one with TensorFlow's threads in it."""
    return sys.platform == "linux" and hasattr(os, "fork") and "tensorflow" not in sys.modules


_rows: list[Rows] = []
"""What a process that is a copy of this one prints."""


def _begin(rows: Rows, first: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process ends the others
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    end_with(first)
    _rows.append(rows)


def _look(image: str) -> pages.Look:
    return _rows[0].look(image)


def _print_part(part: Sequence[int]) -> list[tuple[int, Files]]:
    return _rows[0].print_apart(part)
