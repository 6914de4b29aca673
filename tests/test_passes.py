"""The compiled passes where nothing can be kept of them."""

from __future__ import annotations

import os
import subprocess
import sys

_PROGRAM = """
import numpy as np
from generator import passes
maps = np.array([[[1, 5], [4, 2]], [[3, 0], [7, -8]]], np.float32)
unsigned, signed = np.empty((2, 2, 2), np.float32)
passes.strongest_above(maps, False, unsigned)
passes.strongest_above(maps, True, signed)
print(type(passes.strongest_above._cache).__name__, unsigned.tolist(), signed.tolist())
"""


def test_they_are_compiled_each_time_where_no_folder_can_be_written() -> None:
    """As on a read-only system: here because only a notebook's place may be used."""
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", _PROGRAM],
        env={**os.environ, "NUMBA_CACHE_LOCATOR_CLASSES": "IPythonCacheLocator"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert ran.stdout == "NullCache [[5.0, 4.0], [3.0, 7.0]] [[5.0, 4.0], [3.0, 8.0]]\n"
