"""A site that is no larger than it may be: what is left out for it.

With ``generator.stages`` this puts stages together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generator.config import Config
from generator.costs import HANDOUT_MEGABYTES, reckoned
from generator.errors import ConfigError
from generator.known_networks import GalleryNetwork, networks_of
from generator.manifest import KnownNetwork

__all__ = ["within_budget"]

_EVERY = ("layer", "block", "stage")
_MEGABYTE = 1_000_000


def within_budget(
    config: Config, known: Mapping[str, KnownNetwork], model: Any, images: int
) -> tuple[Config, list[GalleryNetwork], str]:
    """Settings whose site is reckoned to be no larger than ``config.budget``.

    First the values for pages that are opened from a file are left out, then layers inside of
    blocks, then all but the last of each stage. Returns these settings, the networks under them,
    and what was left out in words.

    Args:
        config: what is asked for.
        known: what earlier builds found of networks, by key.
        model: a live one in place of the first; None: that of ``config``.
        images: how many there are.

    Raises:
        ConfigError: even the least would be larger.
    """
    networks = networks_of(config, known, model)
    if config.budget is None:
        return config, networks, ""
    size = 0.0
    for step in _steps(config, live=model is not None):
        if step.every != config.every:
            networks = networks_of(step, known, model)
        size = _size(step, networks, images)
        if size <= config.budget:
            return step, networks, _said(config, step, size)
    raise ConfigError(
        f"budget: expected {size / _MEGABYTE:,.0f} MB or more for {images:,} images with the least "
        f"that can be shown of every network, got {config.budget / _MEGABYTE:,.0f} MB; raise it, "
        f"choose a few --layers, or take fewer images"
    )


def _steps(config: Config, *, live: bool) -> list[Config]:
    """From all that was asked for to ever less."""
    bare = config.model_copy(update={"values": False})
    further = () if live else _EVERY[_EVERY.index(config.every) + 1 :]
    less = [bare.model_copy(update={"every": every}) for every in further]
    return [config, *([bare] if config.values else []), *less]


def _size(config: Config, networks: list[GalleryNetwork], images: int) -> float:
    """Bytes."""
    each = sum(reckoned(one.facts.spec, values=config.values)[0] for one in networks)
    return images * (each + HANDOUT_MEGABYTES * config.handouts) * _MEGABYTE


def _said(wanted: Config, chosen: Config, size: float) -> str:
    left = []
    if wanted.values and not chosen.values:
        left.append("values for pages that are opened from a file (--no-values)")
    if wanted.every != chosen.every:
        inside = {"block": "layers inside of blocks", "stage": "all but the last layer of a stage"}
        left.append(f"{inside[chosen.every]} (--every {chosen.every})")
    if not left:
        return ""
    about = f"about {size / _MEGABYTE:,.0f} MB"
    return f"to stay within the budget {' and '.join(left)} are left out: {about}"
