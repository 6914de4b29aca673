"""Which numbers a network has: one SHA-256 over all of them."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

__all__ = ["digest"]


def digest(model: Any) -> str:
    """SHA-256 over every weight in the model's order, hexadecimal: little-endian, C order."""
    whole = hashlib.sha256()
    for weight in model.get_weights():
        array = np.asarray(weight)
        # numbers that numpy has no byte order for, such as bfloat16, are taken as they are
        ordered = array.dtype.kind in "biuf"
        little = array.astype(array.dtype.newbyteorder("<")) if ordered else array
        whole.update(little.tobytes())
    return whole.hexdigest()
