"""Ask for known weaknesses of every package that a lock names: `make audit`.

Exit codes: 0, none is known; 1, there are some, and each is named; 75, not all could be asked for
(the database is not reached from here), which says nothing about the packages. make ends with 2
whatever the code is, and names it; a script that needs it runs
`build/audit/bin/python requirements/audit.py`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

__all__: list[str] = []

LOCKS = sorted(Path(__file__).parent.glob("*.txt"))
FOUND, NOT_ASKED = 1, 75
"""The second is what systems call a temporary failure."""


def main() -> int:
    """Audit each lock; the exit code."""
    codes = {_audit(lock) for lock in LOCKS}
    if NOT_ASKED in codes:
        print(
            "\nNot all was audited: the database of weaknesses cannot be reached from here. That "
            "says nothing about the packages. Run make audit where the network allows it."
        )
    return FOUND if FOUND in codes else max(codes)


def _audit(lock: Path) -> int:
    asked = subprocess.run(
        [
            *(sys.executable, "-m", "pip_audit", "--requirement", str(lock), "--format", "json"),
            # a lock is whole: nothing has to be resolved, and nothing is downloaded
            *("--disable-pip", "--no-deps", "--progress-spinner", "off", *sys.argv[1:]),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        dependencies: list[dict[str, Any]] = json.loads(asked.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        lines = asked.stderr.strip().splitlines() or [f"exit code {asked.returncode}"]
        print(f"{lock.name}: not audited: {lines[-1][:300]}")
        return NOT_ASKED
    skipped = [one for one in dependencies if "skip_reason" in one]
    weak = [(one, known) for one in dependencies for known in one.get("vulns", ())]
    print(f"{lock.name}: {len(dependencies)} packages, {len(weak)} known weaknesses")
    for one, known in weak:
        mended = ", ".join(known["fix_versions"]) or "no version yet"
        print(f"  {one['name']} {one['version']}: {known['id']}, mended in {mended}")
    if skipped:
        first = f"{skipped[0]['name']}: {skipped[0]['skip_reason']}"
        print(f"  {len(skipped)} of them not audited, such as {first}")
    if weak:
        return FOUND
    return NOT_ASKED if skipped else 0


if __name__ == "__main__":
    raise SystemExit(main())
