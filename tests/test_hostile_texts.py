"""Texts of strangers: whatever stands in them, it costs a fact, never the image or the build."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from generator import front_matter, markup
from generator.apart import Apart
from generator.config import Config, load_config
from generator.errors import ConfigError, LayerlightError
from generator.names import ids, readable_title, shown, slug
from generator.sidecar import KEYS, parse

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=200)
"""Lone surrogates too, which names of files can hold."""


# -- Front matter


@pytest.mark.parametrize(
    "tagged",
    ['!!int ""', "!!bool maybe", "!!timestamp soon", "!!float x", "!!binary x", "!!int 09"],
)
def test_a_value_that_does_not_fit_its_tag(tagged: str) -> None:
    """YAML's own constructors raise unrelated errors; it is a complaint like others."""
    sidecar, (complaint,) = parse(f"---\ntitle: {tagged}\n---\nA robin.")
    assert complaint.startswith("Expected YAML")
    assert sidecar.description == "A robin."


@pytest.mark.parametrize(
    "front",
    [
        # A billion values of nine short lines.
        f"a: &a [{','.join('x' * 9)}]\n"
        + "".join(f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in pairwise("abcdefghi")),
        "[" * 19_000,
        "{a: " * 4_000,
        "- " * 9_000,
        "order: 0x" + "f" * 19_000,
        "order: 1" + ":59" * 6_000,
        '"' + "\\" * 19_000,
        "x" * 2_000_000,
    ],
    ids=["aliases", "lists", "groups", "items", "hexadecimal", "sixties", "escapes", "length"],
)
def test_front_matter_that_would_take_for_ever(front: str) -> None:
    """Aliases, nesting, numbers without end: refused within five seconds of work."""
    started = time.process_time()
    sidecar, complaints = parse(f"---\n{front}\n---\nA robin.")
    assert time.process_time() - started < 5
    assert complaints
    assert sidecar.description == "A robin."
    assert sidecar.order is None


YAML_PARTS = st.one_of(
    st.sampled_from(
        [
            *(
                "title",
                "order",
                "alt",
                ": ",
                ":",
                "\n",
                "\n  ",
                "- ",
                "? ",
                "{",
                "}",
                "[",
                "]",
                ",",
            ),
            *("&a ", "*a", "!!int ", "!!bool ", "!!timestamp ", "!!set ", "!!binary ", "!x ", "|"),
            *(">", "'", '"', "\\", "#", "%", "---", "...", "<<", "0x", "1e9", ".nan", ".inf", "~"),
            *("2024-99-99", "1:59", "yes", "\t", "\ufeff", "\x85", "@", "`"),
        ]
    ),
    st.text(max_size=4),
)


@given(st.lists(YAML_PARTS, max_size=30).map("".join))
def test_any_front_matter_is_read_or_complained_of(front: str) -> None:
    """Nothing is raised; texts are texts of one line, a place is a number."""
    sidecar, complaints = parse(f"---\n{front}\n---\nA robin.")
    assert all("xpected" in complaint for complaint in complaints)
    for key in KEYS[:-1]:
        text = getattr(sidecar, key)
        assert isinstance(text, str) and "\n" not in text
        text.encode("utf-8")
    assert sidecar.order is None or abs(sidecar.order) < 1e12


@given(ANY_TEXT)
def test_any_value_has_a_name(text: str) -> None:
    """What came can be said of whatever YAML may hold."""
    loaded, reason = front_matter.load(text)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", front_matter.kind(loaded))
    reason.encode("utf-8")


# -- Names


@given(st.lists(ANY_TEXT.filter(bool), min_size=1, max_size=8, unique=True))
def test_any_names_become_ids_and_can_be_shown(names: list[str]) -> None:
    """Ids differ on every file system and fit an address; what is shown can be written."""
    found = ids(names)
    assert len({one.casefold() for one in found.values()}) == len(names)
    for name in names:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", found[name]) and len(found[name]) <= 60
        assert re.fullmatch(r"([a-z0-9]+(-[a-z0-9]+)*)?", slug(name))
        shown(name).encode("utf-8")
        readable_title(name).encode("utf-8")


# -- gallery.toml


TOML_VALUES = st.recursive(
    st.one_of(
        st.text(max_size=12).map(lambda text: "'" + re.sub(r"[\x00-\x1f\x7f']", "", text) + "'"),
        st.integers().map(str),
        st.floats().map(str),
        st.sampled_from(["true", "false", "2024-01-01", "07:30:00", "1" * 5_000]),
        st.just("0x" + "f" * 9_999),
    ),
    lambda inner: st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
    max_leaves=5,
)
TOML = st.one_of(
    st.dictionaries(st.sampled_from([*Config.model_fields]), TOML_VALUES, max_size=4).map(
        lambda chosen: "\n".join(f"{key} = {value}" for key, value in chosen.items())
    ),
    st.text(max_size=60),
)


@settings(max_examples=100)
@given(TOML)
def test_any_gallery_toml_is_a_configuration_or_refused(text: str) -> None:
    """Nothing but a ConfigError, which says what was expected."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "gallery.toml"
        file.write_bytes(text.encode("utf-8", "replace"))
        try:
            assert isinstance(load_config(file), Config)
        except ConfigError as error:
            assert re.search("expected|no such key|wrong entries", str(error)), error


@given(st.binary(max_size=60))
def test_any_bytes_in_place_of_gallery_toml(data: bytes) -> None:
    """Likewise."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "gallery.toml"
        file.write_bytes(data)
        with suppress(ConfigError):
            load_config(file)


# -- Addresses

ADDRESSES = st.one_of(
    ANY_TEXT,
    st.builds(
        "{}{}{}".format,
        st.sampled_from(
            [
                *("http://", "https://", "HTTPS://", "//", "javascript:", "java\tscript:", "data:"),
                *("mailto:", "vbscript:", "file:///", "http:", "&#106;avascript:", "\x01http://"),
            ]
        ),
        st.text("abc.:@/?#[]%\\ \t\n\"'<>()&;é\u202e0", max_size=20),
        st.text(max_size=5),
    ),
)


@given(ADDRESSES)
def test_any_base_url_is_an_address_or_refused(address: str) -> None:
    """One that is taken is of the web, ends in a slash, and nothing in it ends an attribute."""
    try:
        taken = Config(base_url=address).base_url
    except ConfigError:
        return
    assert taken is not None
    assert re.fullmatch(r"https?://[^\s\"'<>?#@\\/]+/([^\s\"<>?#\\]*/)?", taken), taken


@given(ADDRESSES, st.booleans())
@example(address="\ud800", html=False)
def test_a_link_in_markdown_of_others_leads_to_the_web_or_nowhere(address: str, html: bool) -> None:
    """In Markdown's way and in HTML's; no script, no file, no address of this site."""
    source = f'<a href="{address}">x</a>' if html else f"[x](<{address}>) and [x]({address})"
    for target in re.findall(r'<a[^<>]* href="([^"]*)"', markup.others(source)):
        assert re.match(r"(https?|mailto):", target, re.IGNORECASE), target


@given(ANY_TEXT)
def test_any_markdown_of_others_becomes_harmless_html(source: str) -> None:
    """No element but those of plain text, no attribute but of a link."""
    html = markup.others(source)
    assert not re.search(r"<(script|style|img|iframe|svg|math|form|input|object)\b", html, re.I)
    assert not re.search(r"<[a-z]+ (?!href=|title=|rel=|/?>)[a-z]", html)


# -- Markdown that takes for ever


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Texts are given up after a second."""
    apart = Apart("generator.markup:answer", seconds=1, megabytes=markup.MAX_MEGABYTES)
    monkeypatch.setattr("generator.markup._apart", apart)
    yield
    apart.close()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("part", ["[", "<div>"])
def test_markdown_that_takes_for_ever_is_given_up(part: str) -> None:
    """Says what may be the matter, and the next text is converted as always."""
    with pytest.raises(LayerlightError, match="converted within 1 seconds.* brackets, tags"):
        markup.others(part * 60_000)
    assert markup.others("*yes* " * 400).count("<em>yes</em>") == 400


def test_a_long_text_is_converted_as_a_short_one() -> None:
    """It goes to another process and comes back the same."""
    words = "The *quick* brown [fox](https://example.org/?a=1&b=2) \U0001f98a jumps.\n\n"
    short = markup.others(words)
    count = markup.SHORT // len(words) + 1
    assert markup.others(words * count) == "\n".join([short.rstrip("\n")] * count)


def test_too_much_nested_is_said_so() -> None:
    """A process of its own runs out of levels as this one would."""
    with pytest.raises(LayerlightError, match="nested too deeply; take some levels out"):
        markup.others("1. " * 5_000)


@pytest.mark.slow
@pytest.mark.parametrize(
    "part",
    [
        *(
            "[",
            "![",
            "](",
            "[[]",
            "[^",
            "![](",
            "[a](",
            "<",
            "<a ",
            "<b ",
            "</",
            "<!--",
            "<![CDATA[",
        ),
        *(
            "<div>",
            "<ul><li>",
            "*",
            "_",
            "**a ",
            "*a",
            "`",
            "`a ",
            "> ",
            "  - ",
            "1. ",
            "|",
            "a|",
            "'",
        ),
        *(
            '"',
            "&",
            "&#",
            "\\",
            "~",
            "# ",
            "a\n===\n",
            "a\n: b\n",
            "$a",
            "\\(",
            "|-|\n",
            "a|b\n-|-\n",
        ),
    ],
)
def test_no_text_takes_longer_than_it_may(part: str) -> None:
    """A hundred thousand characters of whatever Markdown may trip over, in both ways."""
    for convert in (markup.others, markup.owners):
        started = time.monotonic()
        try:
            convert(part * (100_000 // len(part)))
        except LayerlightError as error:
            assert re.search("converted within|nested too deeply", str(error))
        # its own limit, and the start of a new process on a busy machine
        assert time.monotonic() - started < markup.MAX_SECONDS + 60
