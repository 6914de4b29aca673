"""Which pictures stand for a layer where only a few are shown. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from generator.domain import Pictured

__all__ = ["specimens"]

COUNT = 12
_RINGS, _SECTORS = 3, 6
_LARGEST_RANK, _LEAST_GAIN = 3, 1.25


def specimens(
    pictures: NDArray[np.uint8], facts: tuple[Pictured | None, ...], count: int = COUNT
) -> tuple[int, ...]:
    """``count`` channels whose pictures do well and are unlike each other, in ascending order.

    The first is the one whose picture excels most over photographs; each next one is that which
    is least like all taken (farthest-point sampling, Gonzalez 1985), by mean colour and by the
    directions and scales in the picture's spectrum.

    ``pictures``: ``(channels, height, width, 3)``, sRGB.
    """
    good = [i for i, f in enumerate(facts) if f and f.rank <= _LARGEST_RANK and _excels(f)]
    usable = good if len(good) >= count else [i for i, f in enumerate(facts) if f]
    if not usable:
        return ()
    looks = np.stack([_look(pictures[i]) for i in usable])
    looks = (looks - looks.mean(axis=0)) / np.maximum(looks.std(axis=0), 1e-6)
    taken = [max(range(len(usable)), key=lambda i: (_gain(facts[usable[i]]), -i))]
    distance = np.full(len(usable), np.inf)
    while len(taken) < min(count, len(usable)):
        distance = np.minimum(distance, np.square(looks - looks[taken[-1]]).sum(axis=1))
        distance[taken[-1]] = -1
        taken.append(int(distance.argmax()))
    return tuple(sorted(usable[i] for i in taken))


def _excels(facts: Pictured) -> bool:
    """Whether the picture does clearly better than any photograph."""
    return facts.mean > _LEAST_GAIN * facts.photograph_mean


def _gain(facts: Pictured | None) -> float:
    """The picture's mean as a multiple of the best photograph's; 0 if there is none."""
    return facts.mean / facts.photograph_mean if facts and facts.photograph_mean > 0 else 0.0


def _look(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Mean colour, and how much lies at each scale in each direction."""
    colours = picture.astype(np.float64) / 255
    grey = colours.mean(axis=2)
    power = np.abs(np.fft.rfft2(grey - grey.mean()))
    down = np.fft.fftfreq(grey.shape[0])[:, None]
    across = np.fft.rfftfreq(grey.shape[1])[None]
    ring = np.digitize(np.hypot(down, across), [0.08, 0.2])  # 0 coarse to 2 fine
    sector = ((np.arctan2(down, across) / np.pi + 0.5) * _SECTORS).astype(int) % _SECTORS
    bins = np.bincount(
        (ring * _SECTORS + sector).ravel(), weights=power.ravel(), minlength=_RINGS * _SECTORS
    )
    shares = bins / max(bins.sum(), 1e-9)
    return np.concatenate([colours.mean(axis=(0, 1)), colours.std(axis=(0, 1)), shares * 2])
