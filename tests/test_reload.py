"""What pages get while their site is watched: a script, a policy that lets it listen, news."""

from __future__ import annotations

from threading import Event, Thread

import pytest

from generator.reload import Reload, State, live, relaxed, waiting_page


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (
            "default-src 'none'; img-src 'self' data:; script-src 'self'",
            "default-src 'none'; img-src 'self' data:; script-src 'self'; connect-src 'self'",
        ),
        (
            "default-src 'none'; style-src 'unsafe-inline'",
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'",
        ),
        ("img-src data:", "img-src data:"),
        ("", ""),
        ("default-src 'self'", "default-src 'self'"),
        (
            "DEFAULT-SRC https://a.example; connect-src 'none';; connect-src *",
            "default-src https://a.example; connect-src 'self'; "
            "script-src https://a.example 'self'",
        ),
        (
            "script-src 'self'; script-src-elem 'nonce-1'",
            "script-src 'self'; script-src-elem 'nonce-1' 'self'",
        ),
    ],
)
def test_a_policy_is_opened_no_further_than_needed(policy: str, expected: str) -> None:
    """Scripts of this server, and asking it: CSP level 3, "default-src" and its fallbacks."""
    assert relaxed(policy) == expected


def test_a_page_gets_a_script_and_nothing_else_changes() -> None:
    """At the end of its head, however its policy is written; also in what is not UTF-8."""
    page = (
        b"<head><META content='default-src &#39;none&#39;' http-equiv=Content-Security-Policy>"
        b'<meta name="d" content="default-src"></head><body>\xff'
    )
    assert live(page, "a-1") == (
        b"<head><META content=\"default-src 'none'; script-src 'self'; connect-src 'self'\""
        b' http-equiv=Content-Security-Policy><meta name="d" content="default-src">'
        b'<script src="/-/reload.js" data-built="a-1" defer></script>\n</head><body>\xff'
    )
    assert live(b"bare", "a-1").startswith(b"bare<script ")
    assert b"connect-src 'self'" in live(waiting_page(), "a-1")


def test_states_come_one_after_the_other() -> None:
    """The present one at once; then each change, and None when there is none for a while."""
    reload = Reload()
    states = reload.states(0.01)
    first = next(states)
    assert first and first.error == ""
    assert next(states) is None
    reload.failed("broken")
    assert next(states) == State(first.built, "broken")
    reload.built(unchanged=True)
    assert next(states) == first
    reload.built()
    new = next(states)
    assert new and new.built != first.built
    assert Reload().state.built != Reload().state.built


def test_whoever_waits_is_let_go() -> None:
    """At once, when the server stops."""
    reload, waits, gone = Reload(), Event(), Event()

    def wait() -> None:
        for _ in reload.states(600):
            waits.set()
        gone.set()

    Thread(target=wait, daemon=True).start()
    assert waits.wait(20)
    reload.close()
    assert gone.wait(20)
