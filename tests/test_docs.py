"""README, CONTRIBUTING and docs/: what they name is there, and where they lead is something."""

from __future__ import annotations

import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from docs.making.commands import options
from docs.making.pictures import LIMIT, SHOTS
from generator.cli import app
from generator.config import load_config
from tests.conftest import PROJECT
from tests.markdown_files import anchors, blocks, inline_code, links

ROOT = tuple(PROJECT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"))
PAGES = (*ROOT, *sorted(PROJECT.glob("docs/**/*.md")), *sorted(PROJECT.glob("benchmarks/*.md")))
NOT_RUN = {
    "asks a package index": 3,
    "pushes to a host": 1,
}
"""Why a block is run by no test -> how many such blocks there are."""
OF_OTHERS = {
    "--snapshot-update",  # pytest, with syrupy
    "--no-deps",  # pip
    # colours of a theme
    *re.findall(r"--[a-z]+", (PROJECT / "templates/static/css/tokens.css").read_text("utf-8")),
}
"""What else begins like an option of ours."""
OPTIONS = options()

page = pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)


def shell_lines(path: Path) -> Iterator[str]:
    """Of the blocks of shell commands."""
    for block in blocks(path.read_text("utf-8")):
        if block.language in ("sh", "shell", "bash", "console"):
            yield from block.text.splitlines()


def commands(path: Path) -> Iterator[list[str]]:
    """The words of each call of layerlight in a block."""
    for line in shell_lines(path):
        words = shlex.split(line, comments=True)
        if words and Path(words[0]).name == "layerlight":
            yield words[1:]


@page
def test_every_command_in_a_block_is_understood(page: Path) -> None:
    """Its name, arguments and options, by the command line's own parser; nothing is run."""
    group = typer.main.get_command(app)
    for words in commands(page):
        if words[0] in OPTIONS[""]:
            continue
        name, *rest = words
        command = group.commands[name]  # type: ignore[attr-defined]  # typer's own click
        command.make_context(name, rest)


@page
def test_every_command_and_option_in_a_sentence_exists(page: Path) -> None:
    """``layerlight NAME --option`` is one of that command's, and a bare option some command's."""
    every = frozenset().union(*OPTIONS.values())
    for code in inline_code(page.read_text("utf-8")):
        words = code.split()
        known = every
        if words[0] == "layerlight" and len(words) > 1 and words[1].islower():
            assert words[1] in OPTIONS or words[1] in OPTIONS[""], code
            known = OPTIONS.get(words[1], every)
        if words[0] != "layerlight" and not words[0].startswith("--"):
            continue
        asked = {word.split("=")[0] for word in words if re.match(r"--[a-z]", word)}
        assert asked <= known | OF_OTHERS, code


@page
def test_every_target_of_make_exists(page: Path) -> None:
    """In blocks and in sentences."""
    makefile = (PROJECT / "Makefile").read_text("utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    said = [*shell_lines(page), *inline_code(page.read_text("utf-8"))]
    named = {match[1] for line in said if (match := re.match(r"make ([a-z][\w-]*)", line))}
    assert named <= set(phony.split())


def test_every_command_argument_and_option_is_documented() -> None:
    """In docs/commands.md, under its command: each name that a command takes, and no other."""
    text = (PROJECT / "docs/commands.md").read_text("utf-8")
    sections = dict(re.findall(r"^## layerlight ?(\S*)\n(.*?)(?=^## |\Z)", text, re.M | re.S))
    assert sections.keys() == OPTIONS.keys()
    for command, section in sections.items():
        rows = " ".join(re.findall(r"^\| `(-.*?)` \|", section, re.MULTILINE))
        assert set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", rows)) == OPTIONS[command], command


@page
def test_every_link_leads_somewhere(page: Path) -> None:
    """To a file or folder of this project and, if it says so, to a heading in it."""
    lost = []
    for path, fragment in links(page.read_text("utf-8")):
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            lost.append(path)
        elif fragment and fragment not in anchors(target):
            lost.append(f"{path}#{fragment}")
    assert lost == []


def test_every_page_is_in_the_index() -> None:
    """docs/README.md leads to each page of docs/, so that nobody has to know of it."""
    index = PROJECT / "docs/README.md"
    led = {path for path, _ in links(index.read_text("utf-8"))}
    pages = {path.name for path in (PROJECT / "docs").glob("*.*") if path.suffix != ".py"}
    assert pages - led == {"README.md"}


@page
def test_settings_in_a_block_are_right(page: Path, tmp_path: Path) -> None:
    """Each block of TOML is a gallery.toml that a build would take."""
    for block in blocks(page.read_text("utf-8")):
        if block.language == "toml":
            file = tmp_path / "gallery.toml"
            file.write_text(block.text, "utf-8")
            assert tomllib.loads(block.text)
            load_config(file)


def test_blocks_that_nobody_runs_are_few() -> None:
    """They say why, and no more of them come in unnoticed."""
    reasons: dict[str, int] = {}
    for path in PAGES:
        for block in blocks(path.read_text("utf-8")):
            if block.not_run:
                reasons[block.not_run] = reasons.get(block.not_run, 0) + 1
    assert reasons == NOT_RUN


def test_the_pictures_are_those_of_the_script_and_small() -> None:
    """README shows what ``make pictures`` takes, each under 300 kB."""
    shown = {path for path, _ in links((PROJECT / "README.md").read_text("utf-8"))}
    for shot in SHOTS:
        assert f"docs/pictures/{shot.name}.webp" in shown
        assert (PROJECT / f"docs/pictures/{shot.name}.webp").stat().st_size <= LIMIT
    assert {path.stem for path in (PROJECT / "docs/pictures").iterdir()} == {s.name for s in SHOTS}


def test_whoever_has_made_the_environment_is_told_how_to_use_it() -> None:
    """By README below the two commands, by docs/install.md, and by ``make gallery`` itself."""
    activate = ". .venv/bin/activate"
    first, second = (b.text for b in [*blocks((PROJECT / "README.md").read_text("utf-8"))][:2])
    assert "make gallery" in first and activate in second
    assert activate in (PROJECT / "docs/install.md").read_text("utf-8")
    done = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", "--always-make", "gallery", "VENV=.venv"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert activate in done.stdout.splitlines()[-1]
