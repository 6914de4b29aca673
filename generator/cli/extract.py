"""The commands that take something out of a gallery: a figure for a slide, exact numbers.

Whatever takes long to load is imported inside the command that needs it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from generator.cli import texts
from generator.cli.commands import PROBLEMS, WEIGHTS_CREDIT, app
from generator.cli.options import (
    PALETTES,
    ConfigOption,
    DebugOption,
    FitOption,
    ModelOption,
    PreprocessOption,
    SizeOption,
    TrustOption,
    WeightsOption,
)
from generator.cli.terminal import complain, reporting, say

__all__ = ["export", "figure"]


@app.command()
def figure(
    image: Annotated[
        str, typer.Argument(metavar="IMAGE", help="An image of the gallery: its id or file name.")
    ],
    layer: Annotated[str, typer.Argument(metavar="LAYER", help="Such as block3_conv3.")],
    channel: Annotated[int, typer.Argument(metavar="CHANNEL", help="Number, from 0.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The PNG to write.  [default: IMAGE-LAYER-CHANNEL.png]",
        ),
    ] = None,
    site: Annotated[
        Path | None,
        typer.Option(
            "--site",
            metavar="FOLDER",
            help="A built gallery.  [default: the output of gallery.toml, else site]",
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="ROW,COLUMN",
            help="The value to mark, counted from 0.  [default: the strongest]",
        ),
    ] = None,
    palette: Annotated[
        str | None,
        typer.Option(
            "--palette",
            metavar=PALETTES,
            help="Colours of the map.  [default: viridis]",
        ),
    ] = None,
    scale: Annotated[
        str | None,
        typer.Option(
            "--scale",
            metavar="layer|channel",
            help="One scale for the whole layer, or the channel's own.  [default: layer]",
        ),
    ] = None,
    dpi: Annotated[
        int | None,
        typer.Option(
            "--dpi",
            metavar="N",
            help="Pixels an inch, about; a figure is some ten inches wide.  [default: 200]",
        ),
    ] = None,
    debug: DebugOption = False,
) -> None:
    """Make a labelled figure of one channel of a built gallery."""
    from generator.config import load_config

    with reporting(debug=debug, interrupted=lambda: "no figure was written"):
        settings = load_config(None, {"palette": palette, "scale": scale})
        folder = site if site is not None else settings.output
        from generator import figure as figures
        from generator.site import put_back

        put_back(folder)
        position = figures.parse_position(at) if at is not None else None
        subject = figures.read_subject(folder, image, layer, channel, position)
        file = output or Path(figures.figure_name(subject.image, layer, channel))
        figures.refuse_output(file, folder)
        png = figures.figure_png(
            subject,
            palette=settings.palette,
            scale=settings.scale,
            dpi=figures.DPI if dpi is None else dpi,
            # whose any other network's are, a site does not say
            weights_credit=WEIGHTS_CREDIT if subject.model_title == "VGG16" else "",
        )
        figures.write_figure(file, png)
        say(f"wrote {file}")


@app.command()
def export(
    images: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="IMAGE...",
            help="Images of the inputs folder: ids or file names.",
            show_default=False,
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every image of the inputs folder.")
    ] = False,
    layers: Annotated[
        list[str] | None,
        typer.Option(
            "--layers",
            metavar="PATTERN",
            help="Layers to write, such as 'block3_*' (layerlight layers lists them); give it "
            "again, or separate with commas, for several.  [default: all that a gallery shows]",
        ),
    ] = None,
    channels: Annotated[
        str | None,
        typer.Option(
            "--channels",
            metavar="N,N",
            help="Channels of each of these layers, such as 187,93.  [default: all]",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The .npz or .csv to write.  [default: activations.npz]",
        ),
    ] = None,
    inputs: Annotated[
        Path | None,
        typer.Option("--inputs", metavar="FOLDER", help="Folder of images.  [default: inputs]"),
    ] = None,
    config: ConfigOption = None,
    model: ModelOption = None,
    weights: WeightsOption = None,
    size: SizeOption = None,
    fit: FitOption = None,
    preprocess: PreprocessOption = None,
    trust_model: TrustOption = None,
    debug: DebugOption = False,
) -> None:
    """Write exact activations of images as an .npz or a .csv; needs no gallery."""
    overrides = {
        "inputs": inputs,
        "model": model,
        "weights": weights,
        "layers": layers or None,
        "size": size,
        "fit": fit,
        "preprocess": preprocess,
        "trust_model": trust_model,
    }
    from generator.config import load_config

    with reporting(debug=debug, interrupted=lambda: "nothing was written"):
        settings = load_config(config, overrides)
        from generator import export as exports

        done = exports.export(
            settings,
            images or (),
            everything=everything,
            channels=exports.parse_channels(channels) if channels is not None else None,
            output=output or exports.DEFAULT_OUTPUT,
        )
        say(
            f"wrote {done.output}: images {done.images:,}, layers {done.layers:,}, "
            f"values {done.values:,}, {done.bytes / 1e6:,.1f} MB"
        )
        for problem in done.problems:
            complain("problem", texts.problem_line(problem))
        if done.problems:
            raise typer.Exit(PROBLEMS)
