"""The search for a browser: what it takes, what it passes over, what it installs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.browser import find_chromium
from tests.browser.find_chromium import BrowserNotFound, find, install

WORKS = "#!/bin/sh\necho Chromium 150.0\n"
PLAYWRIGHT = "#!/bin/sh\n[ $3 = --version ]\n"
STUB = "#!/bin/sh\necho 'This is a stub; install the snap instead' >&2\nexit 1\n"


def _command(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(script, encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with no browser, whose commands are what a test puts into the folder given."""
    commands = tmp_path / "bin"
    commands.mkdir()
    monkeypatch.setenv("PATH", str(commands))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.delenv("PLAYWRIGHT_BROWSERS_PATH", raising=False)
    monkeypatch.setattr(find_chromium, "APPLICATIONS", ())
    # Playwright starts, but its download fails, as where only package indexes are reached.
    monkeypatch.setattr(sys, "executable", str(_command(tmp_path / "python", PLAYWRIGHT)))
    return commands


def test_the_one_named_comes_first(
    bare_machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CHROMIUM wins over a browser on the path."""
    _command(bare_machine / "chromium", WORKS)
    wanted = _command(tmp_path / "my own" / "browser", WORKS)
    monkeypatch.setenv("CHROMIUM", str(wanted))
    assert find() == install() == wanted


def test_a_wrong_name_is_an_error(bare_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A CHROMIUM that does not start is not passed over in silence, even if there are others."""
    _command(bare_machine / "chromium", WORKS)
    monkeypatch.setenv("CHROMIUM", "/not/there")
    for search in (find, install):
        with pytest.raises(BrowserNotFound, match="CHROMIUM is '/not/there'"):
            search()


def test_a_stub_is_passed_over(bare_machine: Path) -> None:
    """A command that is there but does not start a browser gives way to the next."""
    _command(bare_machine / "chromium", STUB)
    chrome = _command(bare_machine / "google-chrome", WORKS)
    assert find() == chrome


def test_playwrights_own_is_found(tmp_path: Path) -> None:
    """A browser that Playwright downloaded is taken, the newest of them."""
    cache = tmp_path / "home" / ".cache" / "ms-playwright"
    for revision in (1200, 1255):
        folder = cache / f"chromium_headless_shell-{revision}" / "chrome-headless-shell-linux64"
        newest = _command(folder / "chrome-headless-shell", WORKS)
    assert find() == newest


def test_debian_is_asked_as_root_only(
    bare_machine: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Where the download fails, apt-get is run, and said so, by root on Debian and nobody else."""
    browser = bare_machine / "chromium"
    _command(bare_machine / "apt-get", _installer(browser))
    monkeypatch.setattr(find_chromium, "DEBIAN", tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(BrowserNotFound, match="apt-get install chromium"):
        install()
    assert not browser.exists()

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert install() == browser
    assert "installing with apt-get: chromium fonts-liberation" in capfd.readouterr().err


def _installer(browser: Path) -> str:
    """An apt-get whose ``install`` puts a browser there."""
    return f"""#!/bin/sh
if [ "$1" = install ]; then
  printf '#!/bin/sh\\necho Chromium 150.0\\n' > {browser}
  /bin/chmod 755 {browser}
fi
"""


def test_a_browser_alone_is_not_enough(
    bare_machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where Playwright does not start, the library that it misses is installed, or named."""
    browser = _command(bare_machine / "chromium", WORKS)
    library = tmp_path / "libatomic1"
    _command(Path(sys.executable), f"#!/bin/sh\n[ -e {library} ]\n")
    _command(bare_machine / "apt-get", f'#!/bin/sh\n[ "$1" = update ] || : > {library}\n')
    monkeypatch.setattr(find_chromium, "DEBIAN", tmp_path / "not Debian")
    with pytest.raises(BrowserNotFound, match="apt-get install libatomic1"):
        install()

    monkeypatch.setattr(find_chromium, "DEBIAN", tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert install() == browser


def test_no_browser_is_an_error_that_says_what_to_do() -> None:
    """The message names what was looked for and the commands that would help."""
    with pytest.raises(BrowserNotFound, match=r"(?s)chromium-browser.*apt-get install.*CHROMIUM"):
        find()
