"""What Lighthouse says of each kind of page: on a phone and on a desk, as Chrome's own report does.

    python -m benchmarks.lighthouse [SITE ...] [--kind NAME ...] [--form phone|desk] [--write]

Sites are served by ``layerlight serve``'s own server on loopback; Lighthouse then works out how
long a page would take on a slow line and processor (its default, "simulate"). Of each kind the
first site that has it shows one page, once: performance swings by a few points from run to run.
Exit code 1: a score is below 95.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
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
    parser.add_argument("sites", metavar="SITE", type=Path, nargs="*", default=[PROJECT / "site"])
    parser.add_argument("--kind", action="append", help="of page; may be given more than once")
    parser.add_argument("--form", choices=FORMS, help="only this one")
    parser.add_argument("--write", action="store_true", help="write benchmarks/lighthouse.md")
    chosen = parser.parse_args()
    if missing := [site for site in chosen.sites if not (site / "index.html").is_file()]:
        parser.error(f"expected a built gallery in {missing[0]}; run make gallery first")
    if not PROGRAM.is_file():
        parser.error("Lighthouse is not installed; run make bench-lighthouse instead")
    if chosen.write and (chosen.kind or chosen.form):
        parser.error("--write keeps the whole table: expected neither --kind nor --form with it")
    there = _specimens([site.resolve() for site in chosen.sites])
    if unknown := [kind for kind in chosen.kind or () if kind not in there]:
        parser.error(f"no page of kind {unknown[0]!r} here; there are {', '.join(there)}")
    asked = {kind: there[kind] for kind in chosen.kind or there}
    forms = [chosen.form] if chosen.form else [*FORMS]
    heads = [f"{category.replace('-', ' ')}, {form}" for form in forms for category in CATEGORIES]
    lines = [f"| page | {' | '.join(heads)} | not passed |", "|---" * (len(heads) + 2) + "|"]
    print("\n".join(lines), flush=True)
    least, version = 100, ""
    for kind, (site, page) in asked.items():
        reports = _reports(site, page, forms)
        scores = [score for report in reports for score in report.scores]
        faults = dict.fromkeys(fault for report in reports for fault in report.faults)
        lines.append(f"| {kind} | {' | '.join(map(str, scores))} | {'; '.join(faults)} |")
        print(lines[-1], flush=True)
        least, version = min(least, *scores), reports[0].version
    last = f"{version}, {os.cpu_count()} cores, loopback, network and processor simulated."
    print(f"\n{last}")
    if chosen.write:
        head = "# Results of `make bench-lighthouse`\n\nOne run a page; machines differ.\n"
        RESULTS.write_text("\n".join([head, *lines, "", last, ""]), encoding="utf-8")
    sys.exit(least < LEAST)


def _specimens(sites: list[Path]) -> dict[str, tuple[Path, str]]:
    """Kind -> the first site that has pages of it, and one of them."""
    found: dict[str, tuple[Path, str]] = {}
    for name in (*SPECIMENS, *BESIDE, *LARGE):
        kind = name if name in BESIDE else re.sub(r" of (few|many) channels$", "", name)
        for site in sites:
            if name not in found and (there := pages(site, kind)):
                found[name] = site, there[0] if name in LARGE else specimen(site, name)
    return found


def _reports(site: Path, page: str, forms: list[str]) -> list[Report]:
    with serve(site, port=0) as server:
        return [_report(server.url + page, form) for form in forms]


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
