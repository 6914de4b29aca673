"""The command that begins a gallery."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from generator.cli.commands import app
from generator.cli.options import DebugOption
from generator.cli.terminal import reporting, say

__all__ = ["init"]


@app.command()
def init(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="Folder of the gallery to be.  [default: the working directory]",
            show_default=False,
        ),
    ] = Path(),
    debug: DebugOption = False,
) -> None:
    """Begin a gallery: settings, a folder for images, a workflow for GitHub Pages.

    Nothing that is there already is overwritten.
    """
    with reporting(debug=debug):
        from generator.start import WORKFLOW, install_line, start

        begun = start(folder)
        for path in begun.made:
            say(f"made  {folder / path}")
        for path in begun.kept:
            say(f"kept  {folder / path}, as it was")
        there = "" if folder == Path() else f"  cd {folder}\n"
        edit = (
            f"first edit line {install_line()} of {WORKFLOW},\n"
            f"which says where layerlight is installed from, then "
            if WORKFLOW in begun.made
            else ""
        )
        say(
            f"\nNext: put images into {folder / 'inputs'}, then\n\n{there}"
            f"  layerlight build\n  layerlight check\n\n"
            f"and open site/index.html. To publish it from a git repository of its own, either\n\n"
            f"  layerlight publish\n\n"
            f"or let GitHub build it on each push: {edit}choose GitHub Actions in the\n"
            f"repository's Settings, Pages, Source, and push the folder."
        )
