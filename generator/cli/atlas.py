"""The command that makes pictures of what channels look for.

Whatever takes long to load is imported inside the command.
"""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Literal

import typer

from generator.cli import texts
from generator.cli.commands import PROBLEMS, app
from generator.cli.options import ConfigOption, DebugOption, ModelOption, WeightsOption
from generator.cli.terminal import complain, picture_bar, reporting, say
from generator.errors import ConfigError

__all__ = ["atlas"]

SMALLEST_SIDE, LARGEST_SIDE = 32, 512
MOST_STEPS = 4096


@app.command()
def atlas(
    layers: Annotated[
        list[str] | None,
        typer.Option(
            "--layers",
            metavar="PATTERN",
            help="Layers to picture, such as 'block5_*'; give it again, or separate with commas, "
            "for several.  [default: every convolution]",
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
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder",
            "-o",
            metavar="FOLDER",
            help="Folder of atlases; a build finds them there before those shipped.  "
            "[default: atlas]",
        ),
    ] = None,
    inputs: Annotated[
        Path | None,
        typer.Option(
            "--inputs",
            metavar="FOLDER",
            help="Images against which the pictures are measured.  [default: inputs]",
        ),
    ] = None,
    side: Annotated[
        int | None,
        typer.Option(
            "--side",
            metavar="N",
            help="Of a picture, pixels.  [default: 32 to 128, by what one value sees]",
        ),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(
            "--steps", metavar="N", help="Steps in all.  [default: 56 to 64, by the side]"
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", help="Another gives other pictures.")
    ] = 0,
    precision: Annotated[
        str | None,
        typer.Option(
            "--precision",
            metavar="float32|bfloat16",
            help="Arithmetic while climbing.  [default: bfloat16 where the processor is quick at "
            "it]",
        ),
    ] = None,
    quality: Annotated[
        int | None,
        typer.Option(
            "--quality",
            metavar="N",
            help="Of the WebP, 0 to 100; 100 is lossless.  [default: by the side]",
        ),
    ] = None,
    keep: Annotated[
        bool,
        typer.Option(
            "--keep",
            help="Keep the lossless pictures too: a later run can encode them anew.",
        ),
    ] = False,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Replace a sheet by one with fewer pictures, or made with other settings.",
        ),
    ] = False,
    config: ConfigOption = None,
    model: ModelOption = None,
    weights: WeightsOption = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Say nothing but what went wrong.")
    ] = False,
    debug: DebugOption = False,
) -> None:
    """Make a picture of what each channel looks for; stop and go on at any time."""
    overrides = {
        "inputs": inputs,
        "model": model,
        "weights": weights,
        "layers": layers or None,
        "atlas_folder": folder,
    }
    from generator.config import load_config

    with reporting(
        debug=debug,
        interrupted=lambda: "what is finished is kept, the same command goes on",
    ):
        settings = load_config(config, overrides)
        _within("side", side, SMALLEST_SIDE, LARGEST_SIDE)
        _within("steps", steps, 1, MOST_STEPS)
        _within("seed", seed, 0, 2**31)
        _within("quality", quality, 0, 100)
        arithmetic = _precision(precision)
        from generator.export import parse_channels

        chosen = parse_channels(channels) if channels is not None else None
        shown = picture_bar(quiet=quiet)
        with shown or nullcontext():
            from generator import atlas_making, models

            network = models.load(
                settings.model,
                weights=settings.weights,
                layers=settings.layers,
                size=settings.size,
                fit=settings.fit,
                preprocess=settings.preprocess,
                trust=settings.trust_model,
            )
            wish = atlas_making.Wish(
                folder=settings.atlas_folder,
                layers=tuple(la.name for la in network.spec.layers if la.kind == "conv"),
                channels=chosen,
                side=side,
                steps=steps,
                seed=seed,
                precision=arithmetic,
                quality=quality,
                keep=keep,
                force=force,
            )
            report = atlas_making.make(
                network, wish, atlas_making.photographed(network, settings.inputs), shown
            )
        if not quiet:
            say(texts.atlas_summary(report))
        for layer, reason in report.failed.items():
            complain("problem", f"{layer}: {reason}")
        if report.failed:
            raise typer.Exit(PROBLEMS)


def _precision(value: str | None) -> Literal["float32", "bfloat16"] | None:
    match value:
        case None | "float32" | "bfloat16":
            return value
        case _:
            raise ConfigError(f"--precision: expected float32 or bfloat16, got {value!r}")


def _within(name: str, value: int | None, low: int, high: int) -> None:
    if value is not None and not low <= value <= high:
        raise ConfigError(f"--{name}: expected {low} to {high}, got {value}")
