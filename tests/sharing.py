"""Which worker of pytest-xdist runs which test: what is built for a whole module is built once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

__all__ = ["Sharing"]

_TESTS = Path(__file__).parent


class Sharing(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
    """Tests of a module that makes something for all of them stay together; others go anywhere.

    The modules come first, so that in the end all workers are done at about the same time.
    """

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return module if _makes_something(module) else nodeid


@cache
def _makes_something(module: str) -> bool:
    """Whether the tests of a module share a fixture that is the module's own."""
    return 'scope="module"' in (_TESTS.parent / module).read_text(encoding="utf-8")
