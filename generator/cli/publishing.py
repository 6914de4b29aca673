"""The commands that bring a built gallery to its readers: check, pack, publish.

Whatever takes long to load is imported inside the command that needs it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from generator.cli import reports
from generator.cli.commands import ConfigOption, DebugOption, app
from generator.cli.terminal import FAILED, reporting, say

__all__ = ["check"]

SiteArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="SITE",
        help="A built gallery.  [default: the output of gallery.toml, else site]",
        show_default=False,
    ),
]


def _built(site: Path | None, config: Path | None) -> Path:
    """The gallery that is meant."""
    from generator.config import load_config

    return site if site is not None else load_config(config).output


@app.command()
def check(
    site: SiteArgument = None,
    config: ConfigOption = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Write every fault as JSON instead (docs/publish.md)."),
    ] = False,
    limits: Annotated[
        bool,
        typer.Option(
            "--limits/--no-limits",
            help="Whether to count as a fault what is larger than GitHub Pages takes: a site of "
            "1 GB, a file of 100 MB.",
        ),
    ] = True,
    debug: DebugOption = False,
) -> None:
    """Look a built gallery over: links, pictures, sizes, files and data. Changes nothing.

    Exit codes: 0 nothing is wrong; 1 something is; 2 there is no gallery.
    """
    with reporting(debug=debug):
        from generator.check import check as look

        found = look(_built(site, config), limits=limits)
        if as_json:
            say(json.dumps(reports.check_json(found), indent=1))
        else:
            say(reports.check_summary(found))
        if found.faults:
            raise typer.Exit(FAILED)
