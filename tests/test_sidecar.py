"""What is written beside an image, and what is wrong with it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.sidecar import MAX_BYTES, NO_SIDECAR, Sidecar, parse, read


def test_all_that_can_be_written() -> None:
    """Each key of the front matter, and the text below it."""
    text = (
        "---\ntitle: Chelsea the cat\nalt: >-\n  A cat\n  looks past us.\ncredit: Stéfan\n"
        "license: CC0\norder: 1.5\n---\n\nA *tabby*.\n\n---\n\nSecond part.\n"
    )
    expected = Sidecar(
        title="Chelsea the cat",
        alt="A cat looks past us.",
        credit="Stéfan",
        license="CC0",
        order=1.5,
        description="A *tabby*.\n\n---\n\nSecond part.",
    )
    assert parse(text) == (expected, ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", NO_SIDECAR),
        ("Only a text.\n", Sidecar(description="Only a text.")),
        ("---\n---\nText", Sidecar(description="Text")),
        ("---\ntitle:\norder: ~\n---\n", NO_SIDECAR),
        (
            "---\r\ntitle: From Windows\r\n---\r\nOne\r\ntwo\r\n",
            Sidecar("From Windows", description="One\ntwo"),
        ),
        ("---  \ntitle: a\n...\nText", Sidecar("a", description="Text")),
        ("---\norder: -3\n---", Sidecar(order=-3.0)),
    ],
)
def test_every_part_may_be_left_out(text: str, expected: Sidecar) -> None:
    """No front matter, an empty one, empty values, other line ends: nothing to complain of."""
    assert parse(text) == (expected, ())


def test_html_in_the_text_stays_as_written() -> None:
    """Making it harmless is for whoever renders it; here nothing is lost."""
    body = 'Before <script>alert("x")</script> <b onclick="y()">after</b> & &amp;'
    assert parse(f"---\ntitle: a\n---\n{body}\n") == (Sidecar("a", description=body), ())


@pytest.mark.parametrize(
    ("front", "came"),
    [
        ("title: [1, 2", "line "),
        ("title: one: two", "line 2: "),
        ("credit: a\n\ttitle: tab", "line 3: "),
        ("title: a\ntitle: b", '"title" stands there twice'),
        ("title: &a x\nalt: *a", "alias"),
        ("alt: *bold* cat", "alias"),
        ("- a\n- b", "a list"),
        ("just words", "just words"),
        ("when: 2024-99-99", "month must be in 1..12"),
        ("[" * 5000, "too deeply"),
        ("title: " + "x" * 30_000, "longer than 20,000"),
        ("title: !!python/object/apply:os.system [echo]", "python/object"),
    ],
)
def test_broken_front_matter_costs_the_facts_not_the_text(front: str, came: str) -> None:
    """The reason is given with its line, and the description is still there."""
    sidecar, (complaint,) = parse(f"---\n{front}\n---\nThe text.")
    assert sidecar == Sidecar(description="The text.")
    assert came in complaint


def test_front_matter_without_an_end() -> None:
    """The whole is taken for the description, and the missing line named."""
    sidecar, (complaint,) = parse("---\ntitle: a\nText")
    assert sidecar == Sidecar(description="title: a\nText")
    assert 'ends with a line "---"' in complaint


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("titel: b", 'came "titel" (did you mean "title"?)'),
        ("licence: CC0", 'came "licence" (did you mean "license"?)'),
        ("7: b", "came the number 7."),
        ("title: 1984", 'Expected text for "title"; came the number 1984.'),
        ("title: yes", 'Expected text for "title"; came true (YAML takes yes'),
        ("title: 2024-01-01", 'Expected text for "title"; came a date.'),
        ("title: {a: b}", 'Expected text for "title"; came a group of keys'),
        ("order: first", 'Expected a number for "order", such as 3 or 1.5; came the text "first".'),
        ("order: true", 'Expected a number for "order"'),
        ("order: .nan", "came the number nan."),
        ("order: .inf", "beyond all measure"),
        (f"order: 0x{'f' * 9000}", "beyond all measure"),
        (f"0x{'f' * 800}: a", "beyond all measure"),
        ("order: [1]", "came a list."),
        (f"order: {'9' * 400}", 'Expected a number for "order"'),
    ],
)
def test_one_wrong_line_costs_that_line(line: str, told: str) -> None:
    """The other facts are kept, and the complaint says what was expected and what came."""
    sidecar, (complaint,) = parse(f"---\nalt: kept\n{line}\n---\nText")
    assert sidecar == Sidecar(alt="kept", description="Text")
    assert told in complaint


def test_a_value_on_several_lines_becomes_one() -> None:
    """A title is one line, however it was written."""
    sidecar, complaints = parse("---\ntitle: |\n  Two\n    lines\n---\n")
    assert sidecar.title == "Two lines"
    assert complaints == ()


def test_control_characters_do_not_reach_a_page() -> None:
    """HTML may not hold them, not even escaped."""
    sidecar, _ = parse('---\ntitle: "a\\x1b\\ud800"\n---\nb\x00c\td')
    assert sidecar.title == r"a\x1b\ud800"
    assert sidecar.description == "b\ufffdc\td"


def test_a_few_aliases_cannot_stand_for_a_billion_values() -> None:
    """The well-known bomb is refused at once."""
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 12)]
    start = time.monotonic()
    _, complaints = parse("---\nl0: &l0 lol\n" + "\n".join(levels) + "\n---\n")
    assert len(complaints) == 1
    assert time.monotonic() - start < 5


@given(st.text() | st.text("-.:\n \"'[]{}&*!|>#%@`~abc01"))
def test_no_text_is_too_strange(text: str) -> None:
    """Whatever stands there, there is a result, and one complaint says what was expected."""
    for written in (text, f"---\n{text}\n---\nbody"):
        sidecar, complaints = parse(written)
        assert isinstance(sidecar, Sidecar)
        assert all("xpected" in complaint for complaint in complaints)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"---\ntitle: Caf\xe9\n---\n", "Expected text in UTF-8; byte 15 is not."),
        ("title: a".encode("utf-16"), "Expected text in UTF-8; byte 1 is not."),
        (b"x" * (MAX_BYTES + 1), "at most 1 MB"),
    ],
)
def test_files_that_cannot_be_read_as_text(tmp_path: Path, data: bytes, told: str) -> None:
    """The image has no description then, and the problem names the file."""
    path = tmp_path / "cat.md"
    path.write_bytes(data)
    sidecar, (problem,) = read(path, "pets/cat.md")
    assert sidecar == NO_SIDECAR
    assert (problem.source, problem.stage) == ("pets/cat.md", "describe")
    assert told in problem.message
    assert str(tmp_path) not in problem.message


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    """Some editors of Windows begin a file with one."""
    path = tmp_path / "cat.md"
    path.write_bytes("---\ntitle: a\n---\n".encode("utf-8-sig"))
    assert read(path, "cat.md") == (Sidecar("a"), ())
