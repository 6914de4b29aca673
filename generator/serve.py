"""A built gallery on the loopback address, as a web host would serve it. Changes no file.

While the gallery is watched, pages get a script that loads them again after a rebuild.
"""

from __future__ import annotations

import errno
import gzip
import json
import re
import socket
import socketserver
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from generator import layout
from generator.errors import UsageError
from generator.reload import CHANGES, SCRIPT, Reload, live, script, waiting_page

__all__ = ["DEFAULT_PORT", "Server", "serve"]

DEFAULT_PORT = 8000
_NEIGHBOURS = 20
"""Ports after one that is taken which are tried, to suggest a free one."""
_IDLE_SECONDS = 60
_QUIET_SECONDS = 15
"""After which a page that listens is written to, to see whether it is still there."""

_TEXTS = frozenset({".css", ".csv", ".html", ".js", ".json", ".svg", ".txt", ".xml"})
"""What hosts send packed; pictures are packed already."""
_WORTH_PACKING = 1_000
"""Bytes; a packet of the network holds more."""
_LEVEL = 5
_NO_GZIP = re.compile(r"\bgzip\s*;\s*q=0(\.0*)?\s*(,|$)")

Log = Callable[[str], None]


def serve(
    folder: Path,
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    open_browser: bool = False,
    log: Log | None = None,
    reload: Reload | None = None,
) -> Server:
    """A server for the gallery in ``folder``, bound to its port but not yet answering.

    Use it in a ``with`` statement, or call ``start`` and ``stop``.

    Args:
        folder: looked up anew for each request, so a rebuilt gallery is served at once.
        host: address to listen on; the default is reached from this machine only.
        port: 0 lets the system choose; ``Server.url`` tells.
        open_browser: show the front page in the user's browser once it answers.
        log: told of each request, one line each, from the threads that answer them.
        reload: what open pages are told of rebuilds; there may be no gallery yet, then. None:
            what is served is the files' bytes, and nothing else.

    Raises:
        UsageError: no gallery there and none to come, or the port is taken or not allowed.
    """
    if reload is None and not (folder / layout.FRONT_PAGE).is_file():
        raise UsageError(
            f"expected a gallery in {folder}, got "
            f"{f'a folder without {layout.FRONT_PAGE}' if folder.is_dir() else 'no folder'}; "
            f"run layerlight build first, or name the folder that it wrote"
        )
    kind = _Handler if reload is None else partial(_LiveHandler, reload=reload)
    handler = partial(kind, directory=str(folder.absolute()))
    try:
        return Server(_Listener((host, port), handler, log), open_browser, reload)
    except (OSError, OverflowError) as error:
        raise UsageError(_cannot_listen(host, port, error)) from error


class Server:
    """A bound server. ``start`` answers in a thread of its own, until ``stop``."""

    def __init__(self, listener: _Listener, open_browser: bool, reload: Reload | None) -> None:
        self._listener, self._open_browser, self._reload = listener, open_browser, reload
        self._thread: Thread | None = None

    @property
    def url(self) -> str:
        """Of the front page's folder, with a slash at the end."""
        host, port = self._listener.server_address[:2]
        return f"http://{host!s}:{port}/"

    def start(self) -> None:
        """Begin to answer, and show the browser if asked for."""
        self._thread = Thread(target=self._listener.serve_forever, args=(0.1,), daemon=True)
        self._thread.start()
        if self._open_browser:
            webbrowser.open(self.url)

    def wait(self) -> None:
        """Return once ``stop`` has been called, or raise KeyboardInterrupt."""
        while self._thread and self._thread.is_alive():
            # In short turns: some systems deliver Ctrl-C only between them.
            self._thread.join(0.5)

    def stop(self) -> None:
        """Stop answering and free the port. Harmless if called twice."""
        if self._reload:
            self._reload.close()
        if self._thread:
            self._listener.shutdown()
            self._thread.join()
            self._thread = None
        self._listener.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a browser keeps its connections open

    def __init__(self, address: tuple[str, int], handler: Any, log: Log | None) -> None:
        self.log = log
        super().__init__(address, handler)

    def server_bind(self) -> None:
        # HTTPServer's own looks the host's name up, which may take seconds without a network.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that goes away in the middle of an answer is nothing to report."""


class _Handler(SimpleHTTPRequestHandler):
    """Files, no listings; the site's own page for what is missing; nothing kept by the browser."""

    server: _Listener
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    # Of our own, because a system's list of types may say anything.
    extensions_map = {  # noqa: RUF012  as in the base class
        "": "application/octet-stream",
        ".css": "text/css; charset=utf-8",
        ".csv": "text/csv; charset=utf-8",
        ".html": "text/html; charset=utf-8",
        ".ico": "image/x-icon",
        ".jpg": "image/jpeg",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json; charset=utf-8",
        ".pdf": "application/pdf",
        ".png": "image/png",
        ".svg": "image/svg+xml; charset=utf-8",
        ".txt": "text/plain; charset=utf-8",
        ".webp": "image/webp",
        ".xml": "application/xml; charset=utf-8",
        ".zip": "application/zip",
    }

    def guess_type(self, path: Any) -> str:
        return self.extensions_map.get(Path(path).suffix.lower(), self.extensions_map[""])

    def send_head(self) -> Any:
        # A rebuilt file may bear the time of an older one: never answer "not modified".
        del self.headers["If-Modified-Since"]
        if not self._lies_in_site():
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        file = self._file()
        if file.suffix.lower() not in _TEXTS:
            return super().send_head()
        try:
            body = file.read_bytes()
        except OSError:
            return super().send_head()  # which says so
        self._send(HTTPStatus.OK, file.name, body)
        return None

    def _file(self) -> Path:
        """What is asked for; it may not be there."""
        name = self.translate_path(self.path)
        return Path(name, layout.FRONT_PAGE) if name.endswith("/") else Path(name)

    def list_directory(self, path: Any) -> None:
        self.send_error(HTTPStatus.NOT_FOUND)

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-cache")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        page = self._error_page()
        if code != HTTPStatus.NOT_FOUND or page is None:
            super().send_error(code, message, explain)
        else:
            self._send(code, layout.ERROR_PAGE, page)

    def _error_page(self) -> bytes | None:
        """The site's own page for what is missing; None: it has none."""
        page = Path(self.directory, layout.ERROR_PAGE)
        return page.read_bytes() if page.is_file() else None

    def _send(self, code: int, name: str, body: bytes) -> None:
        """A text of this name, packed for a browser that takes it, as hosts do."""
        self.send_response(code)
        self.send_header("Content-Type", self.guess_type(name))
        self.send_header("Vary", "Accept-Encoding")
        if len(body) >= _WORTH_PACKING and self._unpacks():
            body = gzip.compress(body, _LEVEL, mtime=0)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _unpacks(self) -> bool:
        """Whether the browser takes gzip (RFC 9110, 12.5.3)."""
        takes = self.headers.get("Accept-Encoding", "").lower()
        return "gzip" in takes and not _NO_GZIP.search(takes)

    def log_message(self, format: str, *args: Any) -> None:
        if self.server.log:
            # A request may hold anything; a terminal gets to see none of it raw.
            line = (format % args).encode("unicode_escape").decode("ascii")
            self.server.log(line)

    def _lies_in_site(self) -> bool:
        """Whether what is asked for is there, and not by a link that leads out of the site."""
        site = Path(self.directory).resolve()
        name = self.translate_path(self.path)
        try:
            page = Path(name, layout.FRONT_PAGE)  # what a folder shows may be a link, too
            return Path(name).resolve().is_relative_to(site) and (
                not page.is_symlink() or page.resolve().is_relative_to(site)
            )
        except (OSError, RuntimeError, ValueError):
            return False


class _LiveHandler(_Handler):
    """The same while the site is watched: pages listen for rebuilds."""

    def __init__(self, *args: Any, reload: Reload, **settings: Any) -> None:
        self._reload = reload
        super().__init__(*args, **settings)  # answers the request, too

    def send_head(self) -> Any:
        address = urlsplit(self.path).path
        if address == SCRIPT:
            self._send(HTTPStatus.OK, SCRIPT, script())
            return None
        if address == CHANGES and self.command == "GET":
            self._tell_of_changes()
            return None
        # Before the page is read: should a new site come between, the page is loaded once more.
        built = self._reload.state.built
        page = self._page()
        if page is None:
            return super().send_head()
        self._send(HTTPStatus.OK, layout.FRONT_PAGE, live(page, built))
        return None

    def _page(self) -> bytes | None:
        """What is asked for, if it is a page; None: it is not, or is not there."""
        if not self._lies_in_site():
            return None
        file = self._file()
        if file.suffix.lower() != ".html":
            return None
        try:
            return file.read_bytes()
        except OSError:
            return None

    def _error_page(self) -> bytes | None:
        built = self._reload.state.built
        return live(super()._error_page() or waiting_page(), built)

    def _tell_of_changes(self) -> None:
        """Answer with events, until the page or the server goes."""
        self.close_connection = True
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.end_headers()
        for state in self._reload.states(_QUIET_SECONDS):
            line = f"data: {json.dumps(asdict(state))}" if state else ":"
            self.wfile.write(f"{line}\n\n".encode())


def _cannot_listen(host: str, port: int, error: Exception) -> str:
    if isinstance(error, OverflowError):
        return f"expected a port from 0 to 65535, got {port}; 0 lets the system choose"
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        free = _free_neighbour(host, port)
        return (
            f"expected port {port} of {host} to be free, but another program listens there; "
            f"stop it, or take another port: --port {free}"
        )
    if isinstance(error, PermissionError):
        return (
            f"this user may not listen on port {port}; take one of 1024 or more: "
            f"--port {DEFAULT_PORT}"
        )
    return f"cannot listen on {host}, port {port}: {error}"


def _free_neighbour(host: str, port: int) -> int:
    """The next port that is free now; 0, which lets the system choose, if none is near."""
    for candidate in range(port + 1, min(port + 1 + _NEIGHBOURS, 65536)):
        with suppress(OSError), socket.create_server((host, candidate)):
            return candidate
    return 0
