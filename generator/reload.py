"""What pages are told while a site is watched, and what is put into them for it, in memory only."""

from __future__ import annotations

import html
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Condition, Event

from generator.texts import templates_folder

__all__ = ["CHANGES", "SCRIPT", "Reload", "State", "live", "relaxed", "script", "waiting_page"]

SCRIPT = "/-/reload.js"
"""Address of the script that pages get; no site has a folder of that name."""
CHANGES = "/-/changes"
"""Address of the events that it listens to."""

_FOLDER = "live"
_META = re.compile(r"""<meta\b(?:[^>"']|"[^"]*"|'[^']*')*>""", re.IGNORECASE)
_IS_POLICY = re.compile(r"""http-equiv\s*=\s*["']?content-security-policy\b""", re.IGNORECASE)
_CONTENT = re.compile(r"""(\bcontent\s*=\s*)("[^"]*"|'[^']*')""", re.IGNORECASE)
_HEAD_END = re.compile(r"</head\s*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class State:
    """What an open page is told."""

    built: str
    """Name of the site that is served: another one after each build that changed something."""
    error: str
    """Why the last build failed; "" if it did not."""


class Reload:
    """The state, and who waits for it to change. Used from many threads."""

    def __init__(self) -> None:
        self._changed = Condition()
        # Pages that were opened before the server was started again are old, too.
        self._run, self._number, self._error = secrets.token_hex(4), 0, ""
        self._closed = Event()

    @property
    def state(self) -> State:
        """As it is now."""
        return State(f"{self._run}-{self._number}", self._error)

    def built(self, *, unchanged: bool = False) -> None:
        """There is a new site, or the one there is is as it should be."""
        with self._changed:
            self._number += not unchanged
            self._error = ""
            self._changed.notify_all()

    def failed(self, error: str) -> None:
        """A build failed; the site is the one before."""
        with self._changed:
            self._error = error
            self._changed.notify_all()

    def close(self) -> None:
        """Let nobody wait any more."""
        with self._changed:
            self._closed.set()
            self._changed.notify_all()

    def states(self, patience: float) -> Iterator[State | None]:
        """The state, and each other one that comes, until ``close``.

        None whenever nothing has changed for ``patience`` seconds.
        """
        told: State | None = None
        while not self._closed.is_set():
            with self._changed:
                if not self._closed.is_set() and self.state == told:
                    self._changed.wait(patience)
                state = self.state
            yield state if state != told else None
            told = state


def script() -> bytes:
    """The script behind ``SCRIPT``."""
    return (templates_folder() / _FOLDER / "reload.js").read_bytes()


def waiting_page() -> bytes:
    """What is shown until there is a site."""
    return (templates_folder() / _FOLDER / "waiting.html").read_bytes()


def live(page: bytes, built: str) -> bytes:
    """A page with the script in it, and a policy that lets it listen.

    Args:
        page: HTML.
        built: of the state at which it was read.
    """
    text = page.decode("utf-8", "surrogateescape")
    text = _META.sub(_with_relaxed_policy, text)
    tag = f'<script src="{SCRIPT}" data-built="{built}" defer></script>\n'
    end = _HEAD_END.search(text)
    at = end.start() if end else len(text)
    return f"{text[:at]}{tag}{text[at:]}".encode("utf-8", "surrogateescape")


def _with_relaxed_policy(meta: re.Match[str]) -> str:
    tag = meta[0]
    if not _IS_POLICY.search(tag):
        return tag

    def content(found: re.Match[str]) -> str:
        policy = relaxed(html.unescape(found[2][1:-1]))
        return found[1] + '"' + policy.replace("&", "&amp;").replace('"', "&quot;") + '"'

    return _CONTENT.sub(content, tag)


def relaxed(policy: str) -> str:
    """A Content-Security-Policy that also lets scripts of this server run and ask this server."""
    directives: dict[str, list[str]] = {}
    for directive in policy.split(";"):
        name, *sources = directive.split() or [""]
        if name:
            directives.setdefault(name.lower(), sources)  # of two, browsers heed the first
    for name in ("script-src", "script-src-elem", "connect-src"):
        # Without a directive of its own the default holds; script-src-elem then asks script-src.
        where = name if name in directives else "default-src"
        sources = directives.get(where, ["'self'"])
        if "'self'" not in sources and not (name == "script-src-elem" and name != where):
            directives[name] = [*(one for one in sources if one.lower() != "'none'"), "'self'"]
    return "; ".join(" ".join([name, *sources]) for name, sources in directives.items())
