"""Fills folders with images, and asks the code under test what it makes of them."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from generator.domain import InputSpec
from generator.errors import ImageError
from generator.inputs import discover, load
from tests.image_files import file_of

SPEC = InputSpec(height=32, width=32, fit="crop", preprocessing="")
RED, BLUE = (255, 0, 0), (0, 0, 255)


def photo(path: Path, colour: tuple[int, int, int] = RED) -> Path:
    """Write an image of one colour, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kinds = {".jpg": "JPEG", ".webp": "WEBP", ".gif": "GIF"}
    path.write_bytes(file_of(Image.new("RGB", (40, 40), colour), kinds.get(path.suffix, "PNG")))
    return path


def sources(folder: Path) -> list[str]:
    """What is found, in the gallery's order."""
    return [candidate.source for candidate in discover(folder)[0]]


def problems_by_source(folder: Path) -> dict[str, str]:
    """What is wrong, by source; each must say what was expected, and name no path."""
    problems = discover(folder)[1]
    for problem in problems:
        assert "xpected" in problem.message
        assert str(folder) not in problem.message
        problem.source.encode("utf-8")
    assert len({problem.source for problem in problems}) == len(problems)
    return {problem.source: problem.message for problem in problems}


def load_all(folder: Path) -> tuple[list[str], dict[str, str]]:
    """The images that could be read, and what was said of the others."""
    good, bad = [], {}
    for candidate in discover(folder)[0]:
        try:
            image, pixels = load(candidate, SPEC)
        except ImageError as error:
            bad[candidate.source] = str(error)
            assert str(folder) not in str(error)
        else:
            assert pixels.shape == (32, 32, 3)
            good.append(image.source)
    return good, bad
