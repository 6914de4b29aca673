"""The command line: arguments in; progress, messages and exit codes out. The only printer.

Exit codes: 0 done; 1 failed; 2 usage or configuration; 3 finished, but some inputs have problems;
130 interrupted, 143 ended by SIGTERM.
"""

from __future__ import annotations

from generator.cli import atlas, begin, extract, handout, publishing, serving
from generator.cli.commands import app, main

__all__ = ["app", "atlas", "begin", "extract", "handout", "main", "publishing", "serving"]
