"""What the commands say, as plain text: the summary of a build, the table of layers, the weights.

Pure: strings out, nothing printed. Imports nothing heavy, so that ``--help`` answers at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import indent
from typing import TYPE_CHECKING

from generator import layout
from generator.costs import PAGES_LIMIT, reckoned
from generator.places import WHEEL

if TYPE_CHECKING:
    from generator.atlas_making import Report as AtlasReport
    from generator.building import Report
    from generator.domain import Model, Problem
    from generator.models.identity import ExpectedTensor
    from generator.models.weights import LoadedWeights, SourceStatus

__all__ = [
    "aligned",
    "atlas_summary",
    "layers_table",
    "one_line",
    "problem_line",
    "summary",
    "tensor_lines",
    "weights_lines",
]

_MEGABYTE = 1_000_000
_TOO_LARGE = (
    "GitHub Pages takes sites of at most 1 GB; this one is larger. --budget 950MB leaves out what "
    "it must (values for pages opened from a file, then layers inside of blocks); --layers chooses."
)
_ABOUT_THE_WHEEL = (
    f"{WHEEL} is a package of others, about something else; one of its files holds VGG16's\n"
    f"convolutions as they were published. Only that file is read, none of its code runs, and\n"
    f"every number is checked."
)
_LONG = 24
"""Rows, the most that a terminal shows at once: of a longer table the heads stand below too."""
_NOT_TRIED = "not tried: "
"""How a source begins its detail that only a download would show."""


def summary(report: Report) -> str:
    """How a build went, and where to look."""
    facts = [
        ("images", f"{report.images:,}{_kept(report)}"),
        ("layers", f"{report.layers:,}"),
        ("channels", f"{report.channels:,} an image"),
        *([("handouts", _handouts(report))] if report.handouts or report.gone.handouts else []),
        *([("gone", _gone(report))] if report.gone.networks or report.gone.comparisons else []),
        ("files", f"{report.files:,}"),
        ("size", f"{report.bytes / _MEGABYTE:,.1f} MB"),
        ("seconds", f"{report.seconds:,.1f} ({report.seconds / report.images:.2f} an image)"),
        ("problems", f"{len(report.problems):,}" if report.problems else "none"),
    ]
    return "\n".join(
        [
            *(["Nothing has changed: the site is as it was.", ""] if report.unchanged else []),
            *aligned(facts, "<<"),
            *(indent(problem_line(problem), "  ") for problem in report.problems),
            *(["", f"Note: {report.note}."] if report.note else []),
            *(["", _TOO_LARGE] if report.bytes > PAGES_LIMIT else []),
            "",
            f"Open {report.output / layout.FRONT_PAGE}",
        ]
    )


def _kept(report: Report) -> str:
    if not report.kept or report.unchanged:
        return ""
    return f" ({report.kept:,} {'is' if report.kept == 1 else 'are'} as before)"


def _handouts(report: Report) -> str:
    gone = report.gone.handouts
    if not gone:
        return f"{report.handouts:,} PDFs"
    return (
        f"{report.handouts:,} PDFs; {gone:,} of the previous site {'is' if gone == 1 else 'are'} "
        f"gone{'' if report.handouts else ' (--handouts makes them with the site)'}"
    )


def _gone(report: Report) -> str:
    counted = ((report.gone.networks, "network"), (report.gone.comparisons, "comparison"))
    said = [f"{some:,} {what}{'s' if some > 1 else ''}" for some, what in counted if some]
    return f"{' and '.join(said)} of the previous site"


def one_line(report: Report) -> str:
    """What a build made."""
    made = f"{report.images:,} {'images' if report.images > 1 else 'image'}{_kept(report)}"
    return f"{made}, {report.files:,} files" + (f"; {report.note}" if report.note else "")


def problem_line(problem: Problem) -> str:
    """File, stage, reason."""
    return f"{problem.source} ({problem.stage}): {problem.message}"


def atlas_summary(report: AtlasReport) -> str:
    """What pictures were made, and how well they do, layer by layer."""
    heads = ("layer", "pictures", "above every photograph", "among the first ten", "failures")
    rows = [
        (
            f"{name} (as it was)" if name in report.kept else name,
            f"{share.pictures:,}",
            _counted(share.above),
            _counted(share.top),
            ", ".join(f"#{c}" for c in share.failures[:8])
            + (" ..." if len(share.failures) > 8 else ""),
        )
        for name, share in report.shares.items()
    ]
    every = report.shares.values()
    measured = all(share.above is not None for share in every)
    total = (
        "total",
        f"{sum(s.pictures for s in every):,}",
        _counted(sum(s.above or 0 for s in every) if measured else None),
        _counted(sum(s.top or 0 for s in every) if measured else None),
        "",
    )
    table = aligned([heads, *rows, total], "<>>><")
    rule = "-" * max(map(len, table))
    spent = f"{report.seconds:,.1f} seconds ({report.device}), {report.bytes / 1000:,.0f} kB"
    notes = [] if measured else ["Not measured: there was no image to measure against (--inputs)."]
    return "\n".join(
        [table[0], rule, *table[1:-1], rule, table[-1], "", *notes, f"{spent} in {report.folder}"]
    )


def _counted(count: int | None) -> str:
    return "-" if count is None else f"{count:,}"


def layers_table(model: Model, *, values: bool = True) -> str:
    """What would be captured, layer by layer, the sums, and what an image will cost."""
    heads = (
        *("layer", "kind", "shape", "receptive field", "stride", "parameters", "multiply-adds"),
        "shown after",
    )
    rows = [
        (
            layer.name,
            layer.kind,
            f"{layer.height} x {layer.width} x {layer.channels}",
            f"{layer.window.height} x {layer.window.width}",
            f"{layer.window.stride_y} x {layer.window.stride_x}"
            if layer.window.stride_y or layer.window.stride_x
            else "-",
            f"{layer.parameters:,}",
            f"{layer.multiply_adds:,}",
            ", ".join(layer.through) or layer.activation,
        )
        for layer in model.layers
    ]
    channels = sum(layer.channels for layer in model.layers)
    total = (
        "total",
        f"{len(model.layers)}",
        f"{channels:,} channels",
        *("", ""),
        f"{sum(layer.parameters for layer in model.layers):,}",
        f"{sum(layer.multiply_adds for layer in model.layers):,}",
        "",
    )
    table = aligned([heads, *rows, total], "<<>>>>><")
    rule = "-" * max(map(len, table))
    sizes = f"input {model.input.height} x {model.input.width}, {model.input.fit}"
    megabytes, seconds = reckoned(model, values=values)
    return "\n".join(
        [
            f"{model.title}, {sizes}",
            "",
            *(table[0], rule, *table[1:-1], rule, table[-1]),
            *([table[0]] if len(rows) > _LONG else []),
            "",
            f"An image: about {megabytes:,.0f} MB of files and {seconds:,.1f} s on two cores "
            f"(reckoned from galleries of three networks; --every block or --layers make it less).",
        ]
    )


def weights_lines(
    weights: LoadedWeights | None, expected: str, statuses: Sequence[SourceStatus], licence: str
) -> str:
    """Which weights are in use, and what each source has."""
    facts = [("identity", weights.sha256 if weights else f"{expected} (expected)")]
    if weights:
        facts += [("source", weights.source), ("read from", weights.place)]
    facts += [("licence", licence)]
    listed = [
        (status.name, _state(status), status.detail.removeprefix(_NOT_TRIED)) for status in statuses
    ]
    return "\n".join(
        [
            *aligned(facts, "<<"),
            "",
            "Sources, in the order in which they are tried:",
            *(f"  {line}" for line in aligned(listed, "<<<")),
            *(["", _ABOUT_THE_WHEEL] if any(WHEEL in status.name for status in statuses) else []),
        ]
    )


def tensor_lines(tensors: Sequence[ExpectedTensor]) -> str:
    """The tensors that were checked and found right."""
    rows = [
        (tensor.layer, tensor.part, " x ".join(map(str, tensor.shape)), tensor.sha256, "ok")
        for tensor in tensors
    ]
    return "\n".join([*aligned(rows, "<<<<<"), f"{len(rows)} of {len(rows)} tensors ok"])


def _state(status: SourceStatus) -> str:
    if status.found:
        return "found"
    return "not tried" if status.detail.startswith(_NOT_TRIED) else "not usable"


def aligned(rows: Sequence[Sequence[str]], sides: str) -> list[str]:
    """Lines with a column each two spaces apart; ``sides`` has "<" or ">" for each column."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True)
        ).rstrip()
        for row in rows
    ]
