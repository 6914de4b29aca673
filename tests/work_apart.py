"""What is done in another process by the tests of ``generator.apart``."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from generator.apart import Result

__all__ = ["work"]


def work(facts: dict[str, Any], data: bytes) -> Result:
    """As ``facts["do"]`` says."""
    match facts["do"]:
        case "hang":
            while True:
                pass
        case "die":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "leave":
            os._exit(7)
        case "grow":
            return Result({"size": len(bytearray(facts["size"]))}, b"")
        case "print":
            print("into the answer?")
            os.write(1, b"into the answer?")
            print("onto the terminal?", file=sys.stderr)
        case "raise":
            raise RuntimeError("a mistake of ours")
    return Result({"pid": os.getpid(), "path": sys.path, **facts}, data[::-1])
