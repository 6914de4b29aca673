"""One layer's sheets over all images -> what ranges over the gallery. Pure.

The chosen channels are those that rank highest over the images: each image gives its
first telling channel twelve points, its second eleven and so on; ties go to the
lower number. They are shown in ascending order, so that a column is found again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from generator.domain import Across, AcrossRow, Glance, LayerReading, Occurrence, Sheet

__all__ = ["CHOSEN", "COMPANY", "WINDOWS", "Numbers", "Tally", "Votes", "numbers_in", "numbers_of"]

CHOSEN = 8
"""Columns of the page across images."""
WINDOWS = 9
"""Strongest windows kept of a channel."""
COMPANY = 60
"""Images on which a channel is kept: where it is strongest. Beyond, no one would compare by eye."""


class Votes:
    """The points of one layer's channels, gathered image by image."""

    def __init__(self) -> None:
        self._points: Counter[int] = Counter()

    def add(self, reading: LayerReading) -> None:
        """Take in the layer's reading of the next image."""
        for rank, channel in enumerate(reading.telling):
            self._points[channel] += len(reading.telling) - rank

    def best(self, count: int = CHOSEN) -> tuple[int, ...]:
        """The ``count`` channels with most points, ascending."""
        best = sorted(self._points, key=lambda c: (-self._points[c], c))[:count]
        return tuple(sorted(best))


class Tally:
    """One layer over a gallery, gathered sheet by sheet.

    Of an image it keeps a row and nine bytes a channel, of a channel what does not grow with the
    number of images. All channels of a sheet are taken in at once: there are thousands.
    """

    def __init__(self, layer: str) -> None:
        self._layer = layer
        self._glances: list[_Glances] = []
        self._highs: list[float] = []
        self._top = 0.0
        self._company: NDArray[np.float64] = np.empty((0, 0, 4))
        self._recent: list[NDArray[np.float64]] = []

    def add(self, found: Numbers) -> None:
        """Take in the layer's sheet of the next image."""
        image = len(self._glances)
        if image == 0:
            self._begin(len(found.means))
        self._totals += found.means
        better = (found.means > self._best_mean) | (image == 0)
        self._best_mean[better] = found.means[better]
        self._best_image[better] = image
        strength = np.abs(found.peaks[..., 2])
        answers = found.peaks[:, 0, 0] >= 0
        if image == 0:
            self._first = strength[:, 0].copy()
        self._lit += answers
        self._ahead += answers & (strength[:, 0] > self._first)
        for i in (0, 1):
            self._add_windows(strength[:, i], found.occurrences(image, i))
        self._recent.append(found.occurrences(image, 0))
        if self._company.shape[1] + len(self._recent) > 2 * COMPANY:
            self._company, self._recent = self._strongest_company(), []
        self._highs.append(found.p99_9)
        self._top = max(self._top, found.layer_high)
        self._glances.append(_glances(found))

    def _begin(self, count: int) -> None:
        self._totals = np.zeros(count)
        self._best_mean = np.zeros(count)
        self._best_image = np.zeros(count, dtype=np.int64)
        self._lit = np.zeros(count, dtype=np.int64)
        self._ahead = np.zeros(count, dtype=np.int64)
        # image, row, column, value of each channel's strongest, strongest first
        self._windows = np.zeros((count, WINDOWS, 4))
        self._windows[..., 0] = -1
        self._company = np.empty((count, 0, 4))

    def _add_windows(self, strength: NDArray[np.float64], occurrences: NDArray[np.float64]) -> None:
        """Of two equally strong the earlier goes first, and an equal never displaces the last."""
        (stronger,) = np.nonzero(strength > np.abs(self._windows[:, -1, 3]))
        if len(stronger):
            every = np.concatenate([self._windows[stronger], occurrences[stronger, None]], axis=1)
            order = np.argsort(-np.abs(every[..., 3]), axis=1, kind="stable")[:, :WINDOWS]
            self._windows[stronger] = np.take_along_axis(every, order[..., None], axis=1)

    def _strongest_company(self) -> NDArray[np.float64]:
        """(channels, at most COMPANY, 4), strongest first, of equals the earlier image."""
        every = np.concatenate([self._company, *(one[:, None] for one in self._recent)], axis=1)
        order = np.lexsort((every[..., 0], -np.abs(every[..., 3])), axis=1)[:, :COMPANY]
        return np.take_along_axis(every, order[..., None], axis=1)

    def result(self, chosen: tuple[int, ...]) -> Across:
        """What was gathered so far; ``chosen``: the channels to show of every image."""
        images = len(self._glances)
        if not images:
            return Across(self._layer, chosen, 0.0, 0.0, (), (), (), (), (), (), (), ())
        company = self._strongest_company()
        by_image = np.argsort(company[..., 0], axis=1, kind="stable")
        company = np.take_along_axis(company, by_image[..., None], axis=1)
        return Across(
            self._layer,
            chosen,
            sorted(self._highs)[images // 2],
            self._top,
            tuple(one.row(chosen) for one in self._glances),
            tuple(np.nonzero(np.all([one.silent for one in self._glances], axis=0))[0].tolist()),
            tuple((self._totals / images).tolist()),
            tuple(self._lit.tolist()),
            tuple(self._ahead.tolist()),
            tuple(map(_occurrences, self._windows)),
            tuple(map(_occurrences, company)),
            tuple(zip(self._best_image.tolist(), self._best_mean.tolist(), strict=True)),
        )


class Numbers(NamedTuple):
    """What is taken of a sheet: numbers of all its channels at once."""

    image: str
    p99_9: float
    layer_high: float
    means: NDArray[np.float64]
    highs: NDArray[np.float64]
    zero_fractions: NDArray[np.float64]
    even: NDArray[np.bool_]
    """Whether all values of a channel are one and the same."""
    finite: NDArray[np.bool_]
    peaks: NDArray[np.float64]
    """(channels, 2, 3): row, column and value of the two strongest; row -1 where there is none."""

    def occurrences(self, image: int, i: int) -> NDArray[np.float64]:
        """(channels, 4): image, row, column and value of the strongest value, or the second."""
        images = np.full((len(self.means), 1), float(image))
        return np.concatenate([images, self.peaks[:, i]], axis=1)


_NOWHERE = (-1, -1, 0.0)
_NONE = (*_NOWHERE, *_NOWHERE)


def numbers_of(sheet: Sheet) -> Numbers:
    """Those of a sheet."""
    own = sheet.channels
    flat = [std == 0 for std in own.std]
    return _numbers(
        sheet.image,
        sheet.p99_9,
        sheet.layer_high,
        [*zip(own.mean, own.high, own.zero_fraction, flat, own.finite, strict=True)],
        own.peaks,
    )


def numbers_in(data: Mapping[str, Any]) -> Numbers:
    """Those of a sheet's JSON (the output contract), which need no ``Channel`` for each channel."""
    channels = data["channels"]
    return _numbers(
        data["image"],
        data["p99_9"],
        data["layer_high"],
        [
            (c["mean"], c["high"], c["zero_fraction"], c["std"] == 0, c.get("finite", True))
            for c in channels
        ],
        [c["peaks"] for c in channels],
    )


def _numbers(
    image: str,
    p99_9: float,
    layer_high: float,
    numbers: Sequence[tuple[float, float, float, bool, bool]],
    peaks: Sequence[Sequence[Sequence[float]]],
) -> Numbers:
    means, highs, zeros, even, finite = np.array(numbers, dtype=np.float64).reshape(-1, 5).T
    places = [
        (*own[0], *own[1]) if len(own) > 1 else (*own[0], *_NOWHERE) if own else _NONE
        for own in peaks
    ]
    return Numbers(
        image,
        p99_9,
        layer_high,
        means,
        highs,
        zeros,
        even != 0,
        finite != 0,
        np.array(places, dtype=np.float64).reshape(-1, 2, 3),
    )


class _Glances(NamedTuple):
    """What a page across images may want of an image, before it is known of which channels."""

    image: str
    zero_share: float
    strongest: int
    highs: NDArray[np.float32]
    values: NDArray[np.float32]
    silent: NDArray[np.bool_]
    flat: NDArray[np.bool_]
    finite: NDArray[np.bool_]

    def row(self, chosen: tuple[int, ...]) -> AcrossRow:
        """With a look at each of the chosen channels."""
        return AcrossRow(
            image=self.image,
            channels=tuple(
                Glance(
                    _exact(self.highs[c]),
                    _exact(self.values[c]),
                    bool(self.silent[c]),
                    bool(self.flat[c]),
                    bool(self.finite[c]),
                )
                for c in chosen
            ),
            zero_share=self.zero_share,
            silent=int(self.silent.sum()),
            strongest=self.strongest,
        )


def _glances(found: Numbers) -> _Glances:
    answers = found.peaks[:, 0, 0] >= 0
    return _Glances(
        found.image,
        # as ``Sheet`` has them
        sum(found.zero_fractions.tolist()) / len(found.means),
        int(np.argmax(found.highs)),
        found.highs.astype(np.float32),
        found.peaks[:, 0, 2].astype(np.float32),
        found.finite & ~answers,
        found.finite & answers & found.even,
        found.finite,
    )


def _exact(value: np.float32) -> float:
    """As sheets have it: the shortest decimal of a 32-bit float."""
    return float(f"{float(value):.9g}")


def _occurrences(found: NDArray[np.float64]) -> tuple[Occurrence, ...]:
    return tuple(
        (int(image), int(row), int(column), value)
        for image, row, column, value in found.tolist()
        if image >= 0
    )
