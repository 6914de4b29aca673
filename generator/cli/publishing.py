"""The commands that bring a built gallery to its readers: check, pack, publish.

Whatever takes long to load is imported inside the command that needs it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from generator.cli import reports
from generator.cli.commands import app
from generator.cli.options import ConfigOption, DebugOption
from generator.cli.terminal import FAILED, reporting, say

__all__ = ["check", "pack", "publish"]

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


@app.command()
def pack(
    site: SiteArgument = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The zip to write.  [default: the gallery's title, as a file name]",
        ),
    ] = None,
    config: ConfigOption = None,
    values: Annotated[
        bool,
        typer.Option(
            "--values/--no-values",
            help="Whether numbers under the pointer work in the unpacked pages; they cost as much "
            "room as the maps.",
        ),
    ] = True,
    debug: DebugOption = False,
) -> None:
    """Pack a built gallery into one zip, for a stick or a course platform."""
    with reporting(debug=debug, interrupted=lambda: "interrupted; no zip was written"):
        from generator.pack import pack as write

        done = write(_built(site, config), output, values=values)
        say(reports.pack_summary(done))


@app.command()
def publish(
    site: SiteArgument = None,
    config: ConfigOption = None,
    remote: Annotated[
        str,
        typer.Option("--remote", metavar="NAME", help="A remote of this git repository."),
    ] = "origin",
    branch: Annotated[
        str,
        typer.Option("--branch", metavar="NAME", help="The branch there that a host serves."),
    ] = "gh-pages",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be pushed, and push nothing.")
    ] = False,
    cname: Annotated[
        str,
        typer.Option(
            "--cname",
            metavar="DOMAIN",
            help="Your own domain, such as gallery.example.org.  [default: that of the branch, "
            "if it has one]",
            show_default=False,
        ),
    ] = "",
    values: Annotated[
        bool,
        typer.Option(
            "--values",
            help="Push the values files, too: two fifths of a site, of use only to pages opened "
            "from a file.",
        ),
    ] = False,
    allow_problems: Annotated[
        bool,
        typer.Option("--allow-problems", help="Publish although some inputs could not be used."),
    ] = False,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Replace what is on the branch, though it is no gallery."),
    ] = False,
    debug: DebugOption = False,
) -> None:
    """Push a built gallery to a branch of a git remote, such as GitHub Pages serves.

    It is checked first. The branch keeps its history; nothing is ever forced, and if nothing has
    changed there is no commit.
    """
    with reporting(debug=debug, interrupted=lambda: "interrupted; see whether it was pushed"):
        from generator import publish as publishing

        plan = publishing.prepare(
            publishing.Wish(
                site=_built(site, config),
                repository=Path.cwd(),
                remote=remote,
                branch=branch,
                values=values,
                cname=cname,
                allow_problems=allow_problems,
                replace=replace,
            )
        )
        say(f"{reports.publish_plan(plan)}\n")
        if plan.unchanged:
            say(f"Nothing has changed since the last time: no commit, {branch} is as it was.")
        elif dry_run:
            say("Nothing was pushed: --dry-run.")
        else:
            say(reports.publish_end(plan, publishing.publish(plan)))
