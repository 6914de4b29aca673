"""The local server: what a browser gets, and what it is told when something is wrong."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import shutil
import socket
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from generator.errors import UsageError
from generator.reload import Reload
from generator.serve import Server, serve


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small site."""
    site = tmp_path / "site"
    (site / "learn").mkdir(parents=True)
    (site / "static").mkdir()
    (site / "index.html").write_text("front", encoding="utf-8")
    (site / "learn" / "index.html").write_text("learn", encoding="utf-8")
    (site / "404.html").write_text("nothing here", encoding="utf-8")
    for kind in ("css", "js", "json", "svg", "webp", "png", "unheard-of"):
        (site / "static" / f"a.{kind}").write_text(kind, encoding="utf-8")
    return site


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    """It, served on a free port."""
    with serve(folder, port=0) as running:
        yield running


def _ask(
    server: Server, path: str, method: str = "GET", headers: dict[str, str] | None = None
) -> Answer:
    address = urlsplit(server.url)
    assert address.hostname and address.port
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
    try:
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def test_a_folder_shows_its_front_page(server: Server) -> None:
    """As any web host does."""
    assert server.url.startswith("http://127.0.0.1:")
    assert server.url.endswith("/")
    assert _ask(server, "/").body == b"front"
    assert _ask(server, "/learn/").body == b"learn"
    assert _ask(server, "/learn/index.html?scale=channel").body == b"learn"


def test_a_folder_without_its_slash_is_sent_on(server: Server) -> None:
    """Relative links on its page would go wrong otherwise."""
    answer = _ask(server, "/learn")
    assert (answer.status, answer.headers["Location"]) == (301, "/learn/")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("css", "text/css; charset=utf-8"),
        ("js", "text/javascript; charset=utf-8"),
        ("json", "application/json; charset=utf-8"),
        ("svg", "image/svg+xml; charset=utf-8"),
        ("webp", "image/webp"),
        ("png", "image/png"),
        ("unheard-of", "application/octet-stream"),
    ],
)
def test_each_file_has_its_type(server: Server, kind: str, expected: str) -> None:
    """Whatever the system's own list says; the browser is told not to guess."""
    answer = _ask(server, f"/static/a.{kind}")
    assert (answer.status, answer.body) == (200, kind.encode())
    assert answer.headers["Content-Type"] == expected
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/missing", "/static/", "/learn/missing.html", "/static/a.css/"])
def test_what_is_missing_is_the_sites_own_page(server: Server, path: str) -> None:
    """With the status that says so; a folder without a page is missing too, never listed."""
    answer = _ask(server, path)
    assert (answer.status, answer.body) == (404, b"nothing here")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    head = _ask(server, path, "HEAD")
    assert (head.status, head.body) == (404, b"")
    assert head.headers["Content-Length"] == str(len(b"nothing here"))


def test_a_site_without_that_page_still_answers(server: Server, folder: Path) -> None:
    """A half-copied site is no reason to fail."""
    (folder / "404.html").unlink()
    assert _ask(server, "/missing").status == 404


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/%2e%2e/secret.txt", "/static/../../secret.txt", "//../secret.txt"]
)
def test_nothing_outside_of_the_site_is_served(server: Server, folder: Path, path: str) -> None:
    """However the way out is written."""
    (folder.parent / "secret.txt").write_text("secret")
    assert _ask(server, path).status == 404


def test_a_link_that_leads_out_of_the_site_is_not_followed(server: Server, folder: Path) -> None:
    """One within it is."""
    (folder.parent / "secret.txt").write_text("secret")
    (folder / "out.txt").symlink_to("../secret.txt")
    (folder / "in.html").symlink_to("learn/index.html")
    assert _ask(server, "/out.txt").status == 404
    assert _ask(server, "/in.html").body == b"learn"


def test_a_rebuilt_page_is_seen_at_once(server: Server, folder: Path) -> None:
    """Nothing is kept by the browser, even if the new file bears the time of the old."""
    before = _ask(server, "/index.html")
    assert before.headers["Cache-Control"] == "no-cache"
    times = (folder / "index.html").stat()
    (folder / "index.html").write_text("newer")
    os.utime(folder / "index.html", ns=(times.st_atime_ns, times.st_mtime_ns))
    since = {"If-Modified-Since": formatdate(times.st_mtime, usegmt=True)}
    assert _ask(server, "/index.html", headers=since).body == b"newer"


def test_a_site_that_was_swapped_is_served(server: Server, folder: Path) -> None:
    """The folder is looked up anew for each request."""
    shutil.move(folder, folder.with_name("old"))
    assert _ask(server, "/").status == 404
    shutil.copytree(folder.with_name("old"), folder)
    (folder / "index.html").write_text("newer")
    assert _ask(server, "/").body == b"newer"


@pytest.mark.parametrize("takes", ["gzip", "gzip, deflate, br", "br;q=1, GZIP;q=0.5"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_long_text_is_packed_for_a_browser_that_takes_it(
    server: Server, folder: Path, takes: str, method: str
) -> None:
    """As hosts do; a HEAD has the same headers as what would come."""
    text = "".join(f"<p>Line {i} of a page.</p>\n" for i in range(500))
    (folder / "long.html").write_text(text, encoding="utf-8")
    answer = _ask(server, "/long.html", method, {"Accept-Encoding": takes})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert int(answer.headers["Content-Length"]) < len(text) / 5
    if method == "GET":
        assert gzip.decompress(answer.body).decode() == text


@pytest.mark.parametrize("takes", ["", "identity", "br", "gzip;q=0", "gzip; q=0.0, br"])
def test_nobody_gets_packed_what_they_cannot_unpack(
    server: Server, folder: Path, takes: str
) -> None:
    """Nor is packed what is short, or packed in itself."""
    text = "<p>A page.</p>\n" * 500
    (folder / "long.html").write_text(text, encoding="utf-8")
    plain = _ask(server, "/long.html", headers={"Accept-Encoding": takes})
    assert "Content-Encoding" not in plain.headers
    assert plain.body.decode() == text
    (folder / "static" / "b.png").write_bytes(bytes(5_000))
    for path in ("/static/a.css", "/static/b.png"):
        assert (
            "Content-Encoding"
            not in _ask(server, path, headers={"Accept-Encoding": "gzip"}).headers
        )


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_changed(server: Server, method: str) -> None:
    """It only reads."""
    assert _ask(server, "/index.html", method).status == 501


def test_requests_are_told_to_whom_it_concerns(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The server itself says nothing, and passes on no control character."""
    told: list[str] = []
    with serve(folder, port=0, log=told.append) as server:
        _ask(server, "/index.html")
        _ask(server, "/missing%1b")
        address = urlsplit(server.url)
        assert address.port
        with socket.create_connection(("127.0.0.1", address.port), timeout=20) as raw:
            raw.sendall(b"GET /a\x1b[2J HTTP/1.0\r\n\r\n")
            while raw.recv(4096):
                pass
    assert '"GET /index.html HTTP/1.1" 200' in told[0]
    assert len(told) == 3
    assert all(line.isprintable() for line in told)
    assert capfd.readouterr() == ("", "")


def test_a_browser_that_goes_away_is_no_trouble(
    server: Server, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nothing is printed, and the next request is answered."""
    (folder / "static" / "large.png").write_bytes(bytes(30_000_000))
    address = urlsplit(server.url)
    assert address.port
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", address.port), timeout=20) as raw:
            raw.sendall(b"GET /static/large.png HTTP/1.1\r\nHost: x\r\n\r\n")
            raw.recv(10)
    assert _ask(server, "/").body == b"front"
    server.stop()
    assert capfd.readouterr() == ("", "")


def test_after_stop_the_port_is_free(folder: Path) -> None:
    """The same one can be taken again at once; to stop twice does no harm."""
    server = serve(folder, port=0)
    port = urlsplit(server.url).port
    assert port
    server.start()
    _ask(server, "/")
    server.stop()
    server.stop()
    server.wait()
    with serve(folder, port=port) as again:
        assert _ask(again, "/").body == b"front"


def test_a_port_that_is_taken_is_told_with_another(folder: Path) -> None:
    """The suggestion works."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with pytest.raises(UsageError, match=f"expected port {taken} .* to be free") as raised:
            serve(folder, port=taken)
    suggested = int(str(raised.value).rpartition("--port ")[2])
    assert suggested == 0 or taken < suggested <= taken + 20
    serve(folder, port=suggested).stop()


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_does_not_exist_is_refused(folder: Path, port: int) -> None:
    """The range is named."""
    with pytest.raises(UsageError, match=f"expected a port from 0 to 65535, got {port}"):
        serve(folder, port=port)


def test_an_address_of_another_machine_is_refused(folder: Path) -> None:
    """One can listen on one's own addresses only (TEST-NET-1, RFC 5737, is nobody's)."""
    with pytest.raises(UsageError, match=r"cannot listen on 192\.0\.2\.1"):
        serve(folder, host="192.0.2.1", port=0)


def test_without_a_site_it_says_to_build_one(tmp_path: Path) -> None:
    """No folder, or one that is not a site."""
    with pytest.raises(UsageError, match="got no folder; run layerlight build first"):
        serve(tmp_path / "site", port=0)
    (tmp_path / "site").mkdir()
    with pytest.raises(UsageError, match=r"a folder without index\.html; run layerlight build"):
        serve(tmp_path / "site", port=0)


def test_the_browser_is_opened_only_if_asked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the front page, once the server answers."""
    opened: list[bytes] = []

    def visit(url: str) -> None:
        opened.append(_ask(running, urlsplit(url).path).body)

    monkeypatch.setattr("webbrowser.open", visit)
    for wanted in (False, True):
        running = serve(folder, port=0, open_browser=wanted)
        with running:
            pass
    assert opened == [b"front"]


# -- While the site is watched


def test_pages_get_a_script_and_other_files_stay_as_they_are(folder: Path) -> None:
    """In memory: what lies on the disk is not touched, and without a watch nothing is added."""
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    reload = Reload()
    tag = f'<script src="/-/reload.js" data-built="{reload.state.built}" defer></script>\n'
    with serve(folder, port=0, reload=reload) as server:
        for path in ("/", "/index.html", "/index.html?scale=channel#187"):
            answer = _ask(server, path)
            assert answer.body.decode() == f"front{tag}"
            assert answer.headers["Content-Length"] == str(len(answer.body))
            assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert _ask(server, "/learn/", "HEAD").headers["Content-Length"] == str(5 + len(tag))
        missing = _ask(server, "/missing")
        assert (missing.status, missing.body.decode()) == (404, f"nothing here{tag}")
        assert _ask(server, "/learn").headers["Location"] == "/learn/"
        assert _ask(server, "/static/").status == 404
        assert _ask(server, "/static/a.js").body == b"js"
        script = _ask(server, "/-/reload.js")
        assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert b"EventSource" in script.body
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with serve(folder, port=0) as server:
        assert _ask(server, "/").body == b"front"
        assert _ask(server, "/-/reload.js").status == 404
        assert _ask(server, "/-/changes").status == 404


def test_a_page_that_listens_hears_of_each_build(folder: Path) -> None:
    """And is let go when the server stops."""
    reload = Reload()
    with serve(folder, port=0, reload=reload) as server:
        address = urlsplit(server.url)
        assert address.hostname
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
        connection.request("GET", "/-/changes")
        answer = connection.getresponse()
        assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        first = json.loads(answer.readline().removeprefix(b"data: "))
        assert first == {"built": reload.state.built, "error": ""}
        assert answer.readline() == b"\n"
        reload.failed("one\ntwo")
        assert json.loads(answer.readline().removeprefix(b"data: "))["error"] == "one\ntwo"
    assert answer.read().strip(b":\n") == b""
    connection.close()


def test_a_site_that_is_to_come_is_waited_for(tmp_path: Path) -> None:
    """Any page says so, and listens."""
    with serve(tmp_path / "site", port=0, reload=Reload()) as server:
        for path in ("/", "/index.html", "/learn/"):
            answer = _ask(server, path)
            assert answer.status == 404
            assert b"is being built" in answer.body
            assert b'<script src="/-/reload.js"' in answer.body


@pytest.mark.parametrize("path", ["/out.html", "/way/", "/../secret.html"])
def test_no_page_outside_of_the_site_is_served(folder: Path, path: str) -> None:
    """Neither by a link nor by a folder's own page that is one, watched or not."""
    (folder.parent / "secret.html").write_text("secret")
    (folder / "out.html").symlink_to("../secret.html")
    (folder / "way").mkdir()
    (folder / "way" / "index.html").symlink_to("../../secret.html")
    for reload in (None, Reload()):
        with serve(folder, port=0, reload=reload) as server:
            answer = _ask(server, path)
            assert answer.status == 404
            assert b"secret" not in answer.body
