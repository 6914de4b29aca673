"""What of a built site goes out to readers, and whether it may."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from generator import layout
from generator.check import Fault, Report, check, listed
from generator.errors import SiteError

__all__ = ["answers_among", "linked_into", "outgoing", "refuse_faults", "refuse_problems"]

_SHOWN = 3


def outgoing(site: Path, *, values: bool) -> dict[str, int]:
    """Bytes of each file of the site that goes out, sorted by path.

    What file managers and the owner left is not among them.

    Args:
        site: a built gallery.
        values: whether the values files are, by which pages opened from a file read numbers.
    """
    sizes = listed(site).sizes
    return {p: size for p, size in sizes.items() if values or not layout.is_values(p)}


def answers_among(paths: Iterable[str]) -> int:
    """How many of them are teachers' copies of worksheets. Pages lead to them, so only the build
    can leave them out (``handout_for``).
    """
    return sum(map(layout.is_answers, paths))


def refuse_faults(site: Path, *, values: bool, limits: bool) -> Report:
    """Check what would go out.

    Raises:
        UsageError: it is no gallery.
        SiteError: something is wrong with it.
    """
    report = check(site, limits=limits, without_values=not values)
    if report.faults:
        shown = "".join(f"\n  {_line(fault)}" for fault in report.faults[:_SHOWN])
        more = len(report.faults) - _SHOWN
        raise SiteError(
            f"{site}: expected a gallery without faults, got {len(report.faults):,}; "
            f"see layerlight check, then build again:{shown}"
            + (f"\n  ... and {more:,} more" if more > 0 else "")
        )
    return report


def refuse_problems(report: Report) -> None:
    """Look whether the build could use all of its inputs.

    Raises:
        SiteError: it could not, so something that was meant to be there is missing.
    """
    if report.problems:
        raise SiteError(
            f"{report.site}: expected a build without problems, got {report.problems:,} "
            f"({layout.GALLERY_JSON} and the front page name them); mend them and build again, or "
            f"publish all the same with --allow-problems"
        )


def linked_into(folder: Path, site: Path, paths: Iterable[str]) -> None:
    """Put files of the site into another folder, as links where the system can."""
    for path in paths:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(site / path, target)
        except OSError:  # another file system, or one without links
            shutil.copyfile(site / path, target)


def _line(fault: Fault) -> str:
    about = f", {fault.about}" if fault.about and fault.about != fault.path else ""
    return f"{fault.path or 'the site'}{about}: {fault.message}"
