"""The command that makes handouts of a built gallery, for paper.

Whatever takes long to load is imported inside the command.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from generator.cli.commands import app
from generator.cli.options import ConfigOption, DebugOption
from generator.cli.terminal import reporting, say
from generator.errors import UsageError

__all__ = ["handout"]


@app.command()
def handout(
    images: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="IMAGE...",
            help="Images of the gallery: ids or file names.  [default: all]",
            show_default=False,
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every image of the gallery; the same as naming none.")
    ] = False,
    site: Annotated[
        Path | None,
        typer.Option(
            "--site",
            metavar="FOLDER",
            help="A built gallery.  [default: the output of gallery.toml, else site]",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help="Folder for the PDFs.  [default: handouts in the gallery, until its next build]",
        ),
    ] = None,
    audience: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="student|teacher|both",
            help="Without answers, with them, or both.  [default: that of gallery.toml, else both]",
        ),
    ] = None,
    poster: Annotated[
        bool,
        typer.Option("--poster", help="A poster of each image through all layers, too (A3)."),
    ] = False,
    layers: Annotated[
        list[str] | None,
        typer.Option(
            "--layers",
            metavar="PATTERN",
            help="Layers to speak of, such as 'block3_*'; give it again, or separate with commas, "
            "for several.  [default: all of the gallery]",
        ),
    ] = None,
    channels: Annotated[
        int,
        typer.Option("--channels", metavar="N", help="Maps in the last row of a page, 2 to 6."),
    ] = 4,
    paper: Annotated[
        str | None,
        typer.Option(
            "--paper",
            metavar="a4|letter",
            help="Posters have the size of two: A3 or tabloid.  [default: that of gallery.toml, "
            "else a4]",
        ),
    ] = None,
    ink: Annotated[
        str | None,
        typer.Option(
            "--ink",
            metavar="mixed|grey|colour",
            help="mixed: maps black on white, the photograph in colour; grey: all of it, for a "
            "copier; colour: maps as the gallery's pages show them.  [default: that of "
            "gallery.toml, else mixed]",
        ),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option(
            "--language",
            metavar="en|de",
            help="Of the words on the sheets.  [default: that of gallery.toml, else en]",
        ),
    ] = None,
    base_url: Annotated[
        str | None,
        typer.Option(
            "--base-url",
            metavar="URL",
            help="Where the gallery is published: sheets get the address, and a QR code.  "
            "[default: that of gallery.toml]",
        ),
    ] = None,
    config: ConfigOption = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Say nothing but what went wrong.")
    ] = False,
    debug: DebugOption = False,
) -> None:
    """Make worksheets and posters of a built gallery, as PDF."""
    from generator.config import load_config

    with reporting(debug=debug, interrupted=lambda: "finished files are kept"):
        settings = load_config(config, {"base_url": base_url})
        if everything and images:
            raise UsageError(
                f"--all: expected either images or --all, got both ({', '.join(images)})"
            )
        from generator import handout as handouts
        from generator import layout
        from generator.single_file import refuse_inside
        from generator.site import put_back

        folder = site if site is not None else settings.output
        put_back(folder)
        published = output is None or os.path.realpath(output) == os.path.realpath(
            folder / layout.HANDOUTS
        )
        if output is not None and not published:
            refuse_inside(output, folder)
        made = handouts.make(
            handouts.Wish(
                site=folder,
                images=tuple(images or ()),
                layers=handouts.split_patterns(layers or ()),
                channels=channels,
                paper=settings.handout_paper if paper is None else paper,
                ink=settings.handout_ink if ink is None else ink,
                audience=settings.handout_for if audience is None else audience,
                language=settings.handout_language if language is None else language,
                poster=poster,
                base_url=settings.base_url or "",
                output=output,
            ),
            None if quiet else lambda file: say(f"wrote {file.path} ({file.bytes / 1e6:.1f} MB)"),
            (lambda: _into(folder)) if published else None,
        )
        if not quiet:
            say(f"{len(made):,} files, {sum(file.bytes for file in made) / 1e6:,.1f} MB")


@contextmanager
def _into(site: Path) -> Iterator[Callable[[Path, bytes], Path]]:
    """Writes handouts into a site that readers may be looking at."""
    from generator import layout
    from generator.site import adding

    with adding(site) as add:
        yield lambda path, pdf: add(f"{layout.HANDOUTS}/{path.name}", pdf)
