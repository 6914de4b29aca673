"""The commands: what can be asked for, and which stages answer.

Whatever takes long to load is imported inside the command that needs it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from generator import __version__
from generator.cli import texts
from generator.cli.options import (
    PALETTES,
    ConfigOption,
    DebugOption,
    EveryOption,
    FitOption,
    LabelsOption,
    LayersOption,
    ModelOption,
    PreprocessOption,
    SizeOption,
    TrustOption,
    WeightsOption,
)
from generator.cli.panels import BuildCommand
from generator.cli.terminal import bars, complain, reporting, say, write_anything
from generator.errors import UsageError, WeightsNotFound

if TYPE_CHECKING:
    from generator.manifest import Origin

__all__ = ["app", "main"]

PROBLEMS = 3
WEIGHTS_CREDIT = "Karen Simonyan and Andrew Zisserman (Visual Geometry Group, Oxford), CC BY 4.0"

app = typer.Typer(
    name="layerlight",
    help="A folder of images in, a static gallery of a network's real feature maps out.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the command that the arguments ask for, and exit with its code."""
    write_anything()
    app(prog_name="layerlight")


def _show_version(wanted: bool) -> None:
    if wanted:
        say(f"layerlight {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_show_version, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    pass


@app.command(cls=BuildCommand)
def build(
    inputs: Annotated[
        Path | None,
        typer.Argument(
            metavar="INPUTS", help="Folder of images.  [default: inputs]", show_default=False
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help="Folder that becomes the site; one that Layerlight made is replaced whole.  "
            "[default: site]",
        ),
    ] = None,
    config: ConfigOption = None,
    model: ModelOption = None,
    weights: WeightsOption = None,
    layers: LayersOption = None,
    every: EveryOption = None,
    size: SizeOption = None,
    fit: FitOption = None,
    preprocess: PreprocessOption = None,
    trust_model: TrustOption = None,
    labels: LabelsOption = None,
    against: Annotated[
        list[str] | None,
        typer.Option(
            "--against",
            metavar="NAME|FILE",
            help="A network to compare with, on the same images; again for several. Its own "
            "settings behind commas: 'edges.keras,preprocess=caffe', "
            "'resnet50,weights=mine.h5,size=96', 'pets.keras,labels=pets.txt'.",
        ),
    ] = None,
    pairs: Annotated[
        list[str] | None,
        typer.Option(
            "--pair",
            metavar="IMAGE+IMAGE",
            help="Two images to set side by side, by ids or file names, such as chelsea+coffee; "
            "give it again for several.",
        ),
    ] = None,
    palette: Annotated[
        str | None,
        typer.Option(
            "--palette",
            metavar=PALETTES,
            help="Colours that a page opens with.  [default: viridis]",
        ),
    ] = None,
    scale: Annotated[
        str | None,
        typer.Option(
            "--scale",
            metavar="layer|channel",
            help="Scale that a page opens with: one for the whole layer, or each channel on its "
            "own.  [default: layer]",
        ),
    ] = None,
    values: Annotated[
        bool | None,
        typer.Option(
            "--values/--no-values",
            help="Whether numbers under the pointer work in pages opened from a file; they cost "
            "as much room as the maps.  [default: --values]",
            show_default=False,
        ),
    ] = None,
    atlas: Annotated[
        bool | None,
        typer.Option(
            "--atlas/--no-atlas",
            help="Whether to show the pictures of what channels look for, where there are any.  "
            "[default: --atlas]",
            show_default=False,
        ),
    ] = None,
    text_folder: Annotated[
        Path | None,
        typer.Option(
            "--text-folder",
            metavar="FOLDER",
            help="Your own texts, which go before those shipped.  [default: text, if there is one]",
        ),
    ] = None,
    templates: Annotated[
        Path | None,
        typer.Option(
            "--templates",
            metavar="FOLDER",
            help="Your own templates and stylesheets, which go before ours of the same name.",
        ),
    ] = None,
    handouts: Annotated[
        bool | None,
        typer.Option(
            "--handouts/--no-handouts",
            help="Whether to make worksheets and a poster of every image, too, as PDF: two seconds "
            "and 4 MB an image.  [default: --no-handouts]",
            show_default=False,
        ),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(
            "--budget",
            metavar="SIZE",
            help="The site's largest size, such as 800MB: numbers under the pointer are left out "
            "first, then layers inside of blocks.",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            metavar="N",
            help="Run the images through the network in N processes at once, for galleries of "
            "thousands.  [default: in this one]",
            show_default=False,
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            "--scheduler",
            metavar="ADDRESS",
            help="Run them on other machines, by the address of a cluster's scheduler (Dask), such "
            "as tcp://host:8786.",
        ),
    ] = None,
    title: Annotated[
        str | None, typer.Option("--title", metavar="TEXT", help="Title of the gallery.")
    ] = None,
    author: Annotated[
        str | None, typer.Option("--author", metavar="TEXT", help="Who made the gallery.")
    ] = None,
    base_url: Annotated[
        str | None,
        typer.Option("--base-url", metavar="URL", help="Where the gallery will be published."),
    ] = None,
    allow_failures: Annotated[
        bool,
        typer.Option(
            "--allow-failures", help="Exit with 0, not 3, if some inputs could not be used."
        ),
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Say nothing but what went wrong.")
    ] = False,
    debug: DebugOption = False,
) -> None:
    """Build the gallery of a folder of images."""
    overrides = {
        "inputs": inputs,
        "output": output,
        "model": model,
        "weights": weights,
        "layers": layers or None,
        "every": every,
        "size": size,
        "fit": fit,
        "preprocess": preprocess,
        "trust_model": trust_model,
        "labels": labels,
        "against": against or None,
        "pairs": pairs or None,
        "palette": palette,
        "scale": scale,
        "values": values,
        "atlas": atlas,
        "handouts": handouts,
        "text_folder": text_folder,
        "templates": templates,
        "budget": budget,
        "workers": workers,
        "scheduler": scheduler,
        "title": title,
        "author": author,
        "base_url": base_url,
    }
    from generator.config import load_config

    with reporting(debug=debug):
        settings = load_config(config, overrides)
    before = _identity(settings.output)

    def interrupted() -> str:
        if _identity(settings.output) != before:
            return "the new site is complete and in place"
        return "the previous site is as it was" if before else "no site was made"

    with reporting(debug=debug, interrupted=interrupted):
        shown = bars(quiet=quiet)
        with shown or nullcontext():
            # Our threads keep every core busy; numpy's own, waiting in a loop, would only be in
            # their way. numpy reads this when it is loaded.
            os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
            from generator.building import build as run

            report = run(settings, progress=shown, origin=_origin(config, overrides))
        if not quiet:
            say(texts.summary(report))
        else:
            for problem in report.problems:
                complain("problem", texts.problem_line(problem))
        if report.problems and not allow_failures:
            raise typer.Exit(PROBLEMS)


@app.command()
def layers(
    config: ConfigOption = None,
    model: ModelOption = None,
    weights: WeightsOption = None,
    layers: LayersOption = None,
    every: EveryOption = None,
    size: SizeOption = None,
    trust_model: TrustOption = None,
    debug: DebugOption = False,
) -> None:
    """Show what would be captured; builds nothing."""
    from generator.config import load_config

    with reporting(debug=debug):
        overrides = {
            "model": model,
            "weights": weights,  # none are read: so that a build's own flags can stand here
            "layers": layers or None,
            "every": every,
            "size": size,
            "trust_model": trust_model,
        }
        settings = load_config(config, overrides)
        from generator.models import inspect

        say(
            texts.layers_table(
                inspect(
                    settings.model,
                    layers=settings.layers,
                    every=settings.every,
                    size=settings.size,
                    fit=settings.fit,
                    trust=settings.trust_model,
                ),
                values=settings.values,
            )
        )


@app.command()
def weights(
    config: ConfigOption = None,
    weights: WeightsOption = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="List every tensor that was checked.")
    ] = False,
    fetch: Annotated[
        bool,
        typer.Option("--fetch", help="Get the weights, by download if need be, and keep them."),
    ] = False,
    debug: DebugOption = False,
) -> None:
    """Show where VGG16's weights are and whether they are the right ones."""
    from generator.config import load_config

    with reporting(debug=debug):
        file = load_config(config, {"weights": weights}).weights
        if fetch and file:
            raise UsageError(
                f"expected either --fetch or a file of weights, got both ({file}); "
                f"fetched weights come from no file of yours"
            )
        from generator.models.identity import expected_identity, expected_tensors
        from generator.models.identity import verify as verify_tensors
        from generator.models.weights import fetch as fetch_weights
        from generator.models.weights import find_vgg16, sources

        if fetch:
            say(f"kept in {fetch_weights()[1]}\n")
        statuses = sources(file)
        # A file that is named is the only source; without one the first that has them is.
        usable = statuses[0].found if file else any(status.found for status in statuses)
        found = find_vgg16(file) if usable else None
        say(texts.weights_lines(found, expected_identity(), statuses, WEIGHTS_CREDIT))
        if not found:
            raise WeightsNotFound(
                f"{file} does not hold the weights of VGG16; correct --weights, or leave it out"
                if file
                else "no source on this machine has the weights; get them with: "
                "layerlight weights --fetch"
            )
        if verify:
            verify_tensors(found.tensors, found.place)
            say("\n" + texts.tensor_lines(expected_tensors()))


def _origin(config: Path | None, overrides: Mapping[str, Any]) -> Origin:
    """What ``layerlight serve`` needs to build the same again."""
    from generator.manifest import Origin

    given = {key: value for key, value in overrides.items() if value is not None}
    return Origin(
        str(Path.cwd()),
        str(config) if config else None,
        {key: str(value) if isinstance(value, Path) else value for key, value in given.items()},
    )


def _identity(folder: Path) -> tuple[int, int] | None:
    """What tells a folder from another that takes its name; None if there is none."""
    try:
        facts = folder.stat()
    except OSError:
        return None
    return facts.st_dev, facts.st_ino
