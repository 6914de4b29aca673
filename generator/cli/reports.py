"""What the commands that publish a gallery say, as plain text and as JSON.

Pure: nothing printed. Imports nothing heavy, so that ``--help`` answers at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from generator.cli.texts import aligned

if TYPE_CHECKING:
    from generator.check import Fault, Report
    from generator.pack import Packed
    from generator.publish import Plan

__all__ = [
    "answers_line",
    "check_json",
    "check_summary",
    "fault_lines",
    "pack_summary",
    "publish_end",
    "publish_plan",
]

SCHEMA = 1
"""Of what ``check --json`` writes."""
_MEGABYTE = 1_000_000
_SHOWN = 6
"""Different faults of one kind that a summary lists."""


def check_summary(report: Report) -> str:
    """How a site was found: its numbers, then what is wrong, kind by kind."""
    values = f", {report.values_bytes / _MEGABYTE:,.1f} MB of them values files"
    facts = [
        ("site", str(report.site)),
        ("images", f"{report.images:,}"),
        ("pages", f"{report.pages:,}"),
        ("files", f"{report.files:,}"),
        ("size", f"{report.bytes / _MEGABYTE:,.1f} MB{values if report.values_bytes else ''}"),
        ("problems", f"{report.problems:,} of the build" if report.problems else "none"),
        ("faults", f"{len(report.faults):,}" if report.faults else "none"),
    ]
    return "\n".join([*aligned(facts, "<<"), *fault_lines(report.faults)])


def fault_lines(faults: tuple[Fault, ...]) -> Iterator[str]:
    """Faults by kind; what is wrong in the same way in many files is told once."""
    from generator.check import KINDS

    for kind, group in groupby(faults, key=lambda fault: fault.kind):
        found = [*group]
        same: dict[tuple[str, str], list[str]] = {}
        for fault in found:
            # what a message is about tells it from others; without it, its file does
            same.setdefault((fault.about or fault.path, fault.message), []).append(fault.path)
        yield ""
        yield f"{KINDS[kind]} ({kind}, {len(found):,}):"
        for (about, message), paths in [*same.items()][:_SHOWN]:
            yield f"  {_where(about, paths)}{message}"
        if len(same) > _SHOWN:
            yield f"  ... and {len(same) - _SHOWN:,} more like these; --json lists every one"


def _where(about: str, paths: list[str]) -> str:
    place = paths[0]
    if len(paths) > 1:
        place += f" and {len(paths) - 1:,} more {'file' if len(paths) == 2 else 'files'}"
    if about and about != paths[0]:
        return f"{place}, {about}: "
    return f"{place}: " if place else ""


def check_json(report: Report) -> dict[str, Any]:
    """The same for programs; docs/publish.md says what each key holds."""
    return {
        "schema": SCHEMA,
        "site": str(report.site),
        "images": report.images,
        "pages": report.pages,
        "files": report.files,
        "bytes": report.bytes,
        "values_bytes": report.values_bytes,
        "problems": report.problems,
        "faults": [
            {"kind": f.kind, "path": f.path, "about": f.about, "message": f.message}
            for f in report.faults
        ],
    }


def publish_plan(plan: Plan) -> str:
    """What a push will do to the branch."""
    counted = (
        *((plan.added, "new"), (plan.changed, "changed")),
        (plan.removed, "removed"),
    )
    said = [f"{len(paths):,} {what}" for paths, what in counted if paths]
    facts = [
        ("to", f"{plan.wish.branch} of {plan.wish.remote}, {plan.url}"),
        ("site", str(plan.wish.site)),
        ("branch", f"continues {plan.tip[:12]}" if plan.tip else "new"),
        ("files", f"{len(plan.blobs):,}: {', '.join(said) or 'none of them new or changed'}"),
        ("size", f"{plan.bytes / _MEGABYTE:,.1f} MB"),
        ("values", "with values files" if plan.wish.values else "values files left out"),
        *([("answers", answers_line(plan.answers))] if plan.answers else []),
        *([("domain", plan.cname)] if plan.cname else []),
    ]
    return "\n".join([*aligned(facts, "<<"), *(["", f"Note: {plan.note}."] if plan.note else [])])


def publish_end(plan: Plan, commit: str) -> str:
    """What was pushed, and what comes next."""
    pushed = f"Pushed {commit[:12]} to {plan.wish.branch} of {plan.wish.remote}."
    found = f"In a minute or so: {plan.address}" if plan.address else ""
    if plan.tip:
        return "\n".join(filter(None, [pushed, found]))
    # its host does not know of a new branch yet
    once = (
        f"Once, let the host show this branch; on GitHub: Settings, Pages, Deploy from a branch, "
        f"{plan.wish.branch}, / (root)."
    )
    return "\n".join(filter(None, [pushed, once, found]))


def pack_summary(done: Packed) -> str:
    """What was packed, and how it is used."""
    lines = [
        f"wrote {done.output}: {done.files:,} files, {done.bytes / _MEGABYTE:,.1f} MB",
        *([f"answers: {answers_line(done.answers)}"] if done.answers else []),
        f"Unpack it, and open {done.folder}/index.html",
    ]
    return "\n".join(lines)


def answers_line(copies: int) -> str:
    """That readers will find so many worksheets with answers, and how not."""
    whose = "teachers' copies are" if copies > 1 else "teacher's copy is"
    return (
        f'{copies:,} {whose} in it; build with handout_for = "student" in gallery.toml to leave '
        f"them out"
    )
