"""Fuzz the reader of the manifest beside a site.

    python -m tests.fuzz.manifest [FOLDER...] [-max_total_time=600]

Whatever lies there, the reader gives a manifest or says why there is none; one that it gives can be
written, and is read back as the same. pydantic's validator is compiled and shows no coverage, so
three quarters of the inputs only choose which values of a whole manifest are exchanged for which
others; the rest is taken as it comes. Arguments are those of libFuzzer.
"""

from __future__ import annotations

import json
import random
import struct
import sys
import tempfile
from copy import deepcopy
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["generator"]):
    from generator import beside, manifest
    from generator.manifest import Manifest
    from tests.manifests import whole_manifest

__all__: list[str] = []

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 2**31, 2**63, 2**64, 10**30, 0.5, -0.0, 1e308, 1e-320),
    *("", "a", "\x00", "\ud800", "a" * 9, [], {}, [[]], [{}], {"": ""}, [0], ["a", "a"]),
    *(float("nan"), float("inf")),
)
"""What may stand in place of a value."""


def main() -> None:
    """Run until libFuzzer has had enough, or something was found."""
    with tempfile.TemporaryDirectory() as name:
        output = Path(name) / "site"
        whole = manifest.as_bytes(whole_manifest()).decode("utf-8")

        def once(data: bytes) -> None:
            plain = not data or data[0] % 4 == 0
            beside.manifest(output).write_bytes(data[1:] if plain else _changed(whole, data))
            found, reason = manifest.read(output)
            assert (found is None) == bool(reason), "a manifest, or a reason why there is none"
            if found is not None:
                _comes_back(found, output)

        atheris.Setup(sys.argv, once)
        atheris.Fuzz()


def _comes_back(found: Manifest, output: Path) -> None:
    beside.manifest(output).write_bytes(manifest.as_bytes(found))
    again, reason = manifest.read(output)
    # by what they look like: one nan is not equal to another
    assert repr(again) == repr(found), f"read back as another one: {reason}"


def _changed(whole: str, data: bytes) -> bytes:
    """The manifest with a few values exchanged, others for any other ``data``."""
    choose = random.Random(data)
    root = json.loads(whole)
    for _ in range(choose.randint(1, 4)):
        here: Any = root
        while isinstance(here, dict | list) and here:
            key = choose.choice([*here] if isinstance(here, dict) else range(len(here)))
            if not isinstance(here[key], dict | list) or choose.random() < 0.2:
                here[key] = _value(choose, data)
                break
            here = here[key]
    return json.dumps(root).encode()


def _value(choose: random.Random, data: bytes) -> Any:
    match choose.randrange(4):
        case 0:
            return data.decode("utf-8", choose.choice(("replace", "surrogateescape")))
        case 1:
            return choose.getrandbits(choose.choice((3, 31, 63, 64, 200))) - choose.choice(
                (0, 2**63)
            )
        case 2:
            return struct.unpack("<d", choose.randbytes(8))[0]
        case _:
            return deepcopy(choose.choice(ODD))


if __name__ == "__main__":
    main()
