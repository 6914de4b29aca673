"""What a site was made from: kept beside it, so that the next build does only what changed.

``<folder>/.site.layerlight.json`` for ``<folder>/site``. It is of this machine (names and times of
files), so it is no part of the site. A build trusts it no further than it sees: a file counts as
made only while its size and time are those that were noted, so a manifest that is lost, damaged or
older than the site costs time and nothing else. ``generator.site`` puts it in its place, together
with the site.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from generator import beside
from generator.domain import (
    Comparison,
    Handout,
    Layer,
    Model,
    Problem,
    WorkedExample,
)

__all__ = [
    "Group",
    "KnownImage",
    "KnownNetwork",
    "Manifest",
    "Numbers",
    "Origin",
    "Stamp",
    "all_files",
    "as_bytes",
    "identity",
    "keep",
    "origin_of",
    "read",
]

SCHEMA = 1

Stamp = tuple[int, int]
"""Size and modification time (ns) of a file."""


@dataclass(frozen=True, slots=True)
class Group:
    """Files that are made of the same things, and so are kept or made anew together."""

    key: str
    """Of what they were made of."""
    files: dict[str, Stamp]
    """By path below the site's root."""


@dataclass(frozen=True, slots=True)
class KnownImage:
    """An image file as it was."""

    size: int
    mtime_ns: int
    inode: int
    sha256: str
    width: int
    """Of the decoded image, pixels."""
    height: int


@dataclass(frozen=True, slots=True)
class KnownNetwork:
    """All that pages say about a network: enough to make them without TensorFlow."""

    spec: Model
    every_layer: tuple[Layer, ...]
    framework: str
    licence: str
    licence_url: str
    judged: bool
    """Whether it says something about images: it ends in classes."""
    identity: str
    """Of all that its maps depend on, its weights among it."""
    colours: tuple[str, ...]
    """Of the input's channels, in the network's order."""
    largest_weights: tuple[float, ...]
    kernels: str
    """Picture of its first kernels, a PNG as base64; "" where there is none."""
    example: WorkedExample | None = None
    example_of: str = ""
    """Key of the sheets that it was worked out on."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Of the report of the build."""

    images: int
    handouts: int
    files: int
    bytes: int
    model: Model


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the settings of a build came from, so that the same can be asked for again."""

    folder: str
    """The working directory: an absolute path, which all others may be relative to."""
    config: str | None = None
    """The settings file that was named; None: the one that is there, if any."""
    flags: dict[str, str | bool | int | list[str]] = field(default_factory=dict)
    """What was given above it, by the names of settings."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything that is remembered."""

    # nan and infinity are written as such: a network may have such weights, and null is no number
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(ser_json_inf_nan="constants")

    request: str
    """Of all that is no image: settings, texts, templates, program, networks' files."""
    candidates: tuple[tuple[str, str], ...]
    """Of each image file, in order, its path and what its name and description said."""
    found: tuple[Problem, ...]
    """What was wrong before any image was read,"""
    problems: tuple[Problem, ...]
    """and in the end."""
    numbers: Numbers
    images: dict[str, KnownImage]
    """By path below the inputs folder."""
    networks: dict[str, KnownNetwork]
    """By the key under which each was found."""
    groups: dict[str, Group]
    others: dict[str, Stamp]
    """Files that belong to no group: they are looked at anew in each build."""
    comparisons: dict[str, Comparison] = field(default_factory=dict)
    """Of two networks, by the key of all that it depends on."""
    handouts: dict[str, tuple[Handout, ...]] = field(default_factory=dict)
    """By image."""
    origin: Origin | None = None
    """None: it was built by a program, not by the command."""
    site: int = 0
    """``identity`` of the site's folder."""
    schema: int = SCHEMA


def read(output: Path) -> tuple[Manifest | None, str]:
    """The manifest of a site; None if there is none that can be used, and why if one is there."""
    path = beside.manifest(output)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None, ""
    except OSError as error:
        return None, f"{path.name} cannot be read ({error.strerror}); all is made anew"
    try:
        found = _ADAPTER.validate_json(data)
        version: object = found.schema
    except ValidationError:
        found, version = None, _version(data)
    if version != SCHEMA and version is not None:
        return None, f"{path.name} is of another version of Layerlight; all is made anew"
    return found, "" if found else f"{path.name} is damaged; all is made anew"


def _version(data: bytes) -> object:
    """Of a manifest that this program does not read; None: it is no manifest at all."""
    try:
        return _VERSION.validate_json(data).get("schema")
    except ValidationError:
        return None


def as_bytes(manifest: Manifest) -> bytes:
    """What ``read`` reads."""
    return _ADAPTER.dump_json(manifest)


def keep(output: Path, manifest: Manifest) -> str:
    """Put the manifest beside a site that stays as it is; says what barred it, or "".

    For who has claimed the output.
    """
    path = beside.manifest(output)
    new = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        new.write_bytes(as_bytes(manifest))
        new.replace(path)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        return f"{path.name} cannot be written ({error.strerror}); the next build starts anew"
    return ""


def identity(output: Path) -> int:
    """What tells the folder of a site from a copy of it: its inode; 0 if there is none."""
    try:
        return output.stat().st_ino
    except OSError:
        return 0


def origin_of(output: Path) -> Origin | None:
    """Where the settings of a site came from that was built where it lies.

    A manifest that came with a copied site is not asked: settings can make a build run code
    (``trust_model``), and who looks at the gallery of somebody else has not asked for that.
    """
    found, _ = read(output)
    here = identity(output)
    return found.origin if found and here and found.site == here else None


def all_files(manifest: Manifest) -> Iterable[Mapping[str, Stamp]]:
    """Everything that the site consists of."""
    yield manifest.others
    for group in manifest.groups.values():
        yield group.files


_ADAPTER = TypeAdapter(Manifest)
_VERSION = TypeAdapter(dict[str, object])
