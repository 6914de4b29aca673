"""What Lighthouse says of each kind of page: on a phone and on a desk, as Chrome's own report does.

    python -m benchmarks.lighthouse [SITE] [--kind NAME ...] [--form phone|desk] [--write]

The site is served by ``layerlight serve``'s own server on loopback; Lighthouse then works out how
long the page would take on a slow line and processor (its default, "simulate"). One run a page:
performance swings by a few points. A kind that the site has not is left out. Exit code 1: a score
is below 95.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from generator.serve import serve
from tests.browser.find_chromium import find
from tests.browser.kinds import BESIDE, LARGE, SPECIMENS, pages, specimen

PROJECT = Path(__file__).parent.parent
PROGRAM = PROJECT / "build/lighthouse/node_modules/.bin/lighthouse"
RESULTS = Path(__file__).parent / "lighthouse.md"
LEAST = 95
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
FORMS = {"phone": (), "desk": ("--preset=desktop",)}
"""Name of a form -> Lighthouse's arguments for it; a phone is its default."""
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


class Report(NamedTuple):
    """Of one page in one form."""

    scores: tuple[int, ...]
    """0 to 100, in the order of ``CATEGORIES``."""
    faults: tuple[str, ...]
    """Names of audits that count and are not passed, with what Lighthouse shows of each."""
    version: str
    """Lighthouse's and the browser's."""


def main() -> None:
    """Run, print, and with ``--write`` keep the result in ``benchmarks/lighthouse.md``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lighthouse", description=__doc__)
    parser.add_argument("site", type=Path, nargs="?", default=PROJECT / "site")
    parser.add_argument("--kind", action="append", help="of page; may be given more than once")
    parser.add_argument("--form", choices=FORMS, help="only this one")
    parser.add_argument("--write", action="store_true", help="write benchmarks/lighthouse.md")
    chosen = parser.parse_args()
    if not (chosen.site / "index.html").is_file():
        parser.error(f"expected a built gallery in {chosen.site}; run make gallery first")
    if not PROGRAM.is_file():
        parser.error("Lighthouse is not installed; run make bench-lighthouse instead")
    site = chosen.site.resolve()
    there = dict(_specimens(site))
    if unknown := [kind for kind in chosen.kind or () if kind not in there]:
        parser.error(f"no page of kind {unknown[0]!r} in {site}; there are {', '.join(there)}")
    asked = {kind: there[kind] for kind in chosen.kind or there}
    lines, least = [], 100
    for line, score in _table(site, asked, [chosen.form] if chosen.form else list(FORMS)):
        print(line, flush=True)
        lines.append(line)
        least = min(least, score)
    if chosen.write:
        head = "# Results of `make bench-lighthouse`\n\nOne run a page; machines differ.\n"
        RESULTS.write_text("\n".join([head, *lines, ""]), encoding="utf-8")
    sys.exit(least < LEAST)


def _specimens(site: Path) -> Iterator[tuple[str, str]]:
    """Kind -> a page of it, of the kinds that this site has."""
    for name in (*SPECIMENS, *BESIDE, *LARGE):
        kind = name if name in BESIDE else re.sub(r" of (few|many) channels$", "", name)
        if found := pages(site, kind):
            yield name, found[0] if name in LARGE else specimen(site, name)


def _table(site: Path, asked: dict[str, str], forms: list[str]) -> Iterator[tuple[str, int]]:
    """Lines, each with the lowest score that it tells of."""
    heads = [f"{category.replace('-', ' ')}, {form}" for form in forms for category in CATEGORIES]
    yield f"| page | {' | '.join(heads)} | not passed |", 100
    yield "|---" * (len(heads) + 2) + "|", 100
    version = ""
    with serve(site, port=0) as server:
        for kind, page in asked.items():
            reports = [_report(server.url + page, form) for form in forms]
            scores = [score for report in reports for score in report.scores]
            faults = dict.fromkeys(fault for report in reports for fault in report.faults)
            yield f"| {kind} | {' | '.join(map(str, scores))} | {'; '.join(faults)} |", min(scores)
            version = reports[0].version
    yield "", 100
    yield f"{version}, {os.cpu_count()} cores, loopback, network and processor simulated.", 100


def _report(url: str, form: str) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "report.json")
        subprocess.run(
            [
                *(PROGRAM, url, "--quiet", "--no-enable-error-reporting", "--output=json"),
                *(f"--output-path={path}", f"--chrome-flags={' '.join(FLAGS)}", *FORMS[form]),
            ],
            env={**os.environ, "CHROME_PATH": str(find())},
            check=True,
        )
        report = json.loads(path.read_text("utf-8"))
    audits, categories = report["audits"], report["categories"]
    counted = [
        audits[ref["id"]]
        for category in CATEGORIES
        for ref in categories[category]["auditRefs"]
        if ref["weight"]
    ]
    faults = [
        f"{audit['id']} {audit.get('displayValue', '')}".strip()
        for audit in counted
        if audit["score"] is not None and audit["score"] < 0.9
    ]
    browser = re.search(r"Chrome/([\d.]+)", report["environment"]["hostUserAgent"])
    return Report(
        tuple(round(100 * (categories[name]["score"] or 0)) for name in CATEGORIES),
        tuple(faults),
        f"Lighthouse {report['lighthouseVersion']}, Chromium {browser[1] if browser else '?'}",
    )


if __name__ == "__main__":
    main()
