"""What the classes of a network are called."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from generator.errors import ConfigError
from generator.places import IMAGENET_INDEX, keras_folder

__all__ = ["IMAGENET_CLASSES", "class_labels", "numbers"]

IMAGENET_CLASSES = 1000
"""Keras's file, which it keeps beside its weights once it was asked for names."""
MAX_LABEL = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def class_labels(file: Path | None, count: int, *, imagenet: bool = False) -> tuple[str, ...]:
    """A label for each of ``count`` classes.

    Args:
        file: one label a line, in UTF-8; or JSON: a list of labels, or Keras's index of
            ImageNet's classes. None: "class 281".
        count: of classes.
        imagenet: the network is known to be trained on ImageNet's 1,000 classes, whose names
            are taken from Keras's cache if it has them.

    Raises:
        ConfigError: no such file, another format, or labels for another number of classes.
    """
    if file is not None:
        found = _read(file)
        if len(found) != count:
            raise ConfigError(
                f"labels: expected {count:,} labels, one for each class of the network, got "
                f"{len(found):,} in {file}; correct the file, or leave it out"
            )
        return found
    if imagenet and count == IMAGENET_CLASSES:
        try:
            found = _read(keras_folder() / IMAGENET_INDEX)
        except ConfigError:  # not there, or not what it should be: nobody asked for it
            found = ()
        if len(found) == count:
            return found
    return tuple(f"class {number}" for number in range(count))


def numbers(classes: Sequence[str | int], labels: Sequence[str]) -> tuple[int, ...]:
    """The numbers of classes that are named by their label or number, each once.

    Raises:
        ConfigError: no class of that name or number, or several of that name.
    """
    return tuple(dict.fromkeys(_number(name, labels) for name in classes))


def _number(name: str | int, labels: Sequence[str]) -> int:
    if isinstance(name, str):
        wanted = name.strip().casefold()
        called = [i for i, label in enumerate(labels) if label.casefold() == wanted]
        if len(called) > 1:
            raise ConfigError(
                f"classes: {name!r} is the label of {len(called)} classes "
                f"({', '.join(map(str, called))}); name the one you mean by its number"
            )
        if called:
            return called[0]
    digits = str(name).strip()
    if digits.isascii() and digits.isdigit() and int(digits) < len(labels):
        return int(digits)
    raise ConfigError(
        f"classes: expected the label of a class, or its number from 0 to {len(labels) - 1}, "
        f"got {name!r}"
    )


def _read(file: Path) -> tuple[str, ...]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            f"labels: {file}: expected a file of labels, but there is none; correct the path, or "
            f"leave it out"
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"labels: {file}: expected text in UTF-8, got the byte "
            f"0x{error.object[error.start]:02x} at position {error.start}; save it as UTF-8"
        ) from None
    except OSError as error:
        raise ConfigError(f"labels: {file}: cannot be read ({error.strerror})") from None
    found = _of_json(text, file) if file.suffix.lower() == ".json" else _of_lines(text)
    return tuple(_label(label, i, file) for i, label in enumerate(found))


def _of_lines(text: str) -> list[object]:
    return list(text.rstrip().split("\n")) if text.strip() else []


def _of_json(text: str, file: Path) -> list[object]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"labels: {file}: expected JSON, got something else ({error})") from None
    if isinstance(data, list):
        return data
    if isinstance(data, dict):  # {"0": ["n01440764", "great_white_shark"], ...}
        try:
            return [str(data[str(i)][1]).replace("_", " ") for i in range(len(data))]
        except (KeyError, IndexError, TypeError):
            pass
    raise ConfigError(
        f"labels: {file}: expected a list of labels, or an index as Keras has it "
        f'({{"0": ["n01440764", "tench"], ...}}), got other JSON'
    )


def _label(label: object, number: int, file: Path) -> str:
    line = re.sub(r"[ \t\r]+", " ", label).strip() if isinstance(label, str) else ""
    if not line or len(line) > MAX_LABEL or _CONTROL.search(line):
        shown = repr(label) if len(repr(label)) < 60 else f"{repr(label)[:57]}..."
        raise ConfigError(
            f"labels: {file}: expected a line of text of 1 to {MAX_LABEL} characters as the label "
            f"of class {number}, got {shown}"
        )
    return line
