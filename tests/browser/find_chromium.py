"""Finds the Chromium that the tests drive, or installs one.

As a command it prints the path; with ``--install`` it gets one if there is none, and what
Playwright needs to drive it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

__all__ = ["BrowserNotFound", "find", "install", "playwright_caches"]

COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
APPLICATIONS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
IN_PLAYWRIGHT_CACHE = (
    "chromium_headless_shell-*/chrome-*/*headless*shell*",
    "chromium-*/chrome-*/chrome",
    "chromium-*/chrome-*/*.app/Contents/MacOS/*",
)
DEBIAN = Path("/etc/debian_version")
ADVICE = (
    "install one (Debian: apt-get install chromium; elsewhere: "
    "python -m playwright install --with-deps chromium), or set CHROMIUM to the path of one"
)


class BrowserNotFound(Exception):
    """No Chromium; the message says where it was looked for and what to do."""


def find() -> Path:
    """A Chromium that starts: the one that ``CHROMIUM`` names, else the first found.

    Raises ``BrowserNotFound``; also when ``CHROMIUM`` is set to something that is not one.
    """
    if wanted := os.environ.get("CHROMIUM"):
        path = shutil.which(wanted)
        if path and _starts(Path(path)):
            return Path(path)
        raise BrowserNotFound(
            f"CHROMIUM is {wanted!r}, which is no Chromium that starts: correct it, or unset it"
        )
    for candidate in _candidates():
        if _starts(candidate):
            return candidate
    raise BrowserNotFound(
        f"expected a Chromium as one of {', '.join(COMMANDS)}, or in Playwright's cache; "
        f"found none that starts: {ADVICE}"
    )


def install() -> Path:
    """The Chromium found, else Playwright's download, else Debian's package (as root).

    Raises ``BrowserNotFound``; also if Playwright cannot start, which drives the browser.
    """
    _see_that_playwright_starts()
    if os.environ.get("CHROMIUM"):
        return find()
    for step in (_nothing_to_do, _download, _debian_chromium):
        if step():
            try:
                return find()
            except BrowserNotFound:
                _say("no Chromium found that starts")
    raise BrowserNotFound(f"no Chromium, and none could be installed: {ADVICE}")


def _see_that_playwright_starts() -> None:
    """Its driver brings everything but one library, which a bare Debian lacks."""
    version = [sys.executable, "-m", "playwright", "--version"]

    def starts() -> bool:
        return subprocess.run(version, stdout=subprocess.DEVNULL, check=False).returncode == 0

    if starts() or (_apt_get("libatomic1") and starts()):
        return
    raise BrowserNotFound(
        "Playwright, which drives the browser, does not start; its complaint is above. "
        "If it misses libatomic.so.1: apt-get install libatomic1 (Fedora: dnf install libatomic)"
    )


def playwright_caches() -> tuple[Path, ...]:
    """Where Playwright may have put browsers of its own."""
    if chosen := os.environ.get("PLAYWRIGHT_BROWSERS_PATH"):
        return (Path(chosen),)
    return tuple(Path.home() / cache / "ms-playwright" for cache in (".cache", "Library/Caches"))


def _candidates() -> Iterator[Path]:
    for command in COMMANDS:
        if path := shutil.which(command):
            yield Path(path)
    yield from (Path(path) for path in APPLICATIONS)
    for cache in playwright_caches():
        for pattern in IN_PLAYWRIGHT_CACHE:
            # Newest revision first; the folder's name ends in its number.
            yield from sorted(cache.glob(pattern), reverse=True)


def _starts(path: Path) -> bool:
    """Whether it runs: a stub that only tells how to install one, or missing libraries, do not."""
    if not path.is_file() or not os.access(path, os.X_OK):
        return False
    try:
        result = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return result.returncode == 0 and any(
        name in result.stdout for name in ("Chromium", "Chrome", "HeadlessShell")
    )


def _nothing_to_do() -> bool:
    return True


def _download() -> bool:
    """Playwright's own Chromium; gives up soon where its address is out of reach."""
    _say("trying Playwright's download")
    return _run(
        [sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"],
        PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT="10000",
    )


def _debian_chromium() -> bool:
    """Debian's package, and a font: without one there is no text, nor does it ask for one."""
    return _apt_get("chromium", "fonts-liberation")


def _apt_get(*packages: str) -> bool:
    """Install Debian's packages, where we may."""
    if not (DEBIAN.exists() and shutil.which("apt-get") and os.geteuid() == 0):
        return False
    _say(f"installing with apt-get: {' '.join(packages)}")
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    return _run(["apt-get", "update", "-q"]) and _run(install, DEBIAN_FRONTEND="noninteractive")


def _run(command: list[str], **environment: str) -> bool:
    """Whether it succeeded; what it prints goes to stderr, since stdout is for the path."""
    try:
        done = subprocess.run(
            command,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            timeout=900,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        _say(str(error))
        return False
    return done.returncode == 0


def _say(message: str) -> None:
    print(f"find_chromium: {message}", file=sys.stderr, flush=True)


def main() -> int:
    """The command: the path on stdout, everything else on stderr."""
    parser = argparse.ArgumentParser(description="Print the path of a Chromium.")
    parser.add_argument("--install", action="store_true", help="get one if there is none")
    try:
        print(install() if parser.parse_args().install else find())
    except BrowserNotFound as error:
        _say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
