"""The help of a command with many options, in groups: what everybody needs stands first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["BuildCommand"]

_GROUPS: Mapping[str, tuple[str, ...]] = {
    "Everyday options": (
        *("output", "title", "author", "palette", "scale", "handouts", "pairs", "text_folder"),
        *("base_url", "config", "allow_failures", "quiet", "help"),
    ),
    "The network": (
        *("model", "layers", "every", "size", "fit", "against", "labels", "weights"),
        *("preprocess", "trust_model"),
    ),
    "Size, speed and the rest": (
        *("values", "atlas", "budget", "templates", "workers", "scheduler", "debug"),
    ),
}
"""Heading -> options of ``layerlight build``, in the order in which they are shown."""


class BuildCommand(TyperCommand):
    """``layerlight build``. Typer has groups for its coloured help alone, which is slow to load."""

    def grouped(self, context: Any) -> Iterator[tuple[str, list[Any]]]:
        """Heading and options of each group."""
        options = {p.name: p for p in self.get_params(context) if p.param_type_name == "option"}
        for heading, names in _GROUPS.items():
            yield heading, [options.pop(name) for name in names]
        if options:  # a new one that nobody has put into a group
            yield "Further options", [*options.values()]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments, then each group."""
        arguments = [p for p in self.get_params(ctx) if p.param_type_name == "argument"]
        for heading, parameters in [("Arguments", arguments), *self.grouped(ctx)]:
            with formatter.section(heading):
                formatter.write_dl([parameter.get_help_record(ctx) for parameter in parameters])
