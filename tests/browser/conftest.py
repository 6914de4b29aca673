"""Chromium, and the two ways to reach the gallery under test: as files and on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.find_chromium import BrowserNotFound, find
from tests.browser.loopback import serving
from tests.browser.visits import Visit, Visitor

_WITHOUT = (
    # Each window would open two pages of Chromium's own, as costly as ours: under its address bar.
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    # And what Playwright switches off, whose list ours takes the place of.
    "AimEnabled",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)
FLAGS = (
    f"--disable-features={','.join(_WITHOUT)}",
    "--no-sandbox",  # there is none to be had as root, as in a container
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium, headless, with an empty profile. There is no run without one."""
    try:
        chromium = find()
    except BrowserNotFound as error:
        pytest.fail(str(error))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, headless=True, args=list(FLAGS)
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def file_root(site: Path) -> str:
    """The gallery as a reader's own files; a URL with a slash at the end."""
    return site.as_uri() + "/"


@pytest.fixture(scope="session")
def http_root(site: Path) -> Iterator[str]:
    """The gallery on loopback, below ``/some/sub/path/``; a URL with a slash at the end."""
    with serving(site) as url:
        yield url


@pytest.fixture(scope="session")
def beside_file(beside: Path) -> str:
    """The gallery of several networks as files; a URL with a slash at the end."""
    return beside.as_uri() + "/"


@pytest.fixture(scope="session")
def beside_http(beside: Path) -> Iterator[str]:
    """The same on loopback."""
    with serving(beside) as url:
        yield url


@pytest.fixture(params=["file", "http"])
def beside_root(request: pytest.FixtureRequest) -> str:
    """Each of its two roots in turn."""
    url: str = request.getfixturevalue(f"beside_{request.param}")
    return url


@pytest.fixture
def beside_visitor(browser: Browser, beside_file: str, beside_http: str) -> Iterator[Visitor]:
    """Opens pages at either of its roots; they are closed after the test."""
    visitor = Visitor(browser, beside_file, beside_http)
    yield visitor
    visitor.close()


@pytest.fixture(scope="session")
def large_file(large: Path) -> str:
    """The gallery of many images as files; a URL with a slash at the end."""
    return large.as_uri() + "/"


@pytest.fixture(scope="session")
def large_http(large: Path) -> Iterator[str]:
    """The same on loopback."""
    with serving(large) as url:
        yield url


@pytest.fixture(params=["file", "http"])
def large_root(request: pytest.FixtureRequest) -> str:
    """Each of its two roots in turn."""
    url: str = request.getfixturevalue(f"large_{request.param}")
    return url


@pytest.fixture
def large_visitor(browser: Browser, large_file: str, large_http: str) -> Iterator[Visitor]:
    """Opens pages at either of its roots; they are closed after the test."""
    visitor = Visitor(browser, large_file, large_http)
    yield visitor
    visitor.close()


@pytest.fixture(params=["site", "beside", "large"])
def gallery(request: pytest.FixtureRequest) -> Path:
    """The gallery of one network, that of several, and that of many images."""
    folder: Path = request.getfixturevalue(request.param)
    return folder


@pytest.fixture
def file_url(file_root: str) -> Callable[[str], str]:
    """From a page's path to its address as a file."""
    return lambda page: file_root + page


@pytest.fixture
def http_url(http_root: str) -> Callable[[str], str]:
    """From a page's path to its address on loopback."""
    return lambda page: http_root + page


@pytest.fixture(params=["file", "http"])
def root(request: pytest.FixtureRequest) -> str:
    """Each of the two roots in turn."""
    url: str = request.getfixturevalue(f"{request.param}_root")
    return url


@pytest.fixture
def visitor(browser: Browser, file_root: str, http_root: str) -> Iterator[Visitor]:
    """Opens pages at either root; they are closed after the test."""
    visitor = Visitor(browser, file_root, http_root)
    yield visitor
    visitor.close()


@pytest.fixture
def open_page(visitor: Visitor) -> Callable[..., Visit]:
    """``open_page(url, size=WIDE, dark=False, scripts=True)``: see ``Visitor.open``."""
    return visitor.open
