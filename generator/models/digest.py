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
        little = array.astype(array.dtype.newbyteorder("<"))
        whole.update(np.ascontiguousarray(little).data)
    return whole.hexdigest()
