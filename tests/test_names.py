"""Ids, titles and the order of names."""

from __future__ import annotations

import hashlib
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import ConfigError, UsageError
from generator.names import identified, ids, natural_key, readable_title, shown, slug

# Any text, and often such as collides: few letters, of either case, with accents and separators.
names = st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=80) | st.text(
    "aAäÄ1-_ .", min_size=1, max_size=5
)
paths = st.lists(st.lists(names, min_size=1, max_size=3).map("/".join), max_size=30)


def _hash(path: str) -> str:
    return hashlib.sha256(path.encode()).hexdigest()[:6]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("robin", "robin"),
        ("birds/Robin (2)", "birds-robin-2"),
        ("cät", "cat"),
        ("Crème brûlée", "creme-brulee"),
        ("ﬁne №5", "fine-no5"),
        ("straße", "strasse"),
        ("--a__b--", "a-b"),
        ("<script>alert('x')</script>", "script-alert-x-script"),
        ('100% #1 "q"', "100-1-q"),
        ("🐈 cat", "cat"),
        ("猫", ""),
        ("קטן", ""),
        ("a" * 250, "a" * 60),
        ("a" * 59 + " b", "a" * 59),
    ],
)
def test_a_slug_by_hand(text: str, expected: str) -> None:
    """Accents go, every other run of characters becomes one hyphen."""
    assert slug(text) == expected


@given(names)
def test_a_slug_is_plain_and_short(text: str) -> None:
    """Lower-case ASCII letters, digits and single hyphens between them; at most 60."""
    assert re.fullmatch(r"([a-z0-9]+(-[a-z0-9]+)*)?", slug(text))
    assert len(slug(text)) <= 60


@given(paths)
def test_ids_are_unique_where_case_does_not_count(some: list[str]) -> None:
    """Each path has an id, a slug that no other has, and that names no device of Windows."""
    found = ids(some)
    assert set(found) == set(some)
    assert len({name.casefold() for name in found.values()}) == len(set(some))
    for name in found.values():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
        assert len(name) <= 60
        assert not re.fullmatch(r"con|prn|aux|nul|(com|lpt)\d", name)


@given(paths, st.randoms(use_true_random=False))
def test_ids_do_not_depend_on_the_order(some: list[str], random: object) -> None:
    """The same set of paths has the same ids, however it is listed."""
    shuffled = list(some)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis's own kind of Random
    assert ids(shuffled) == ids(some)


def test_colliding_names() -> None:
    """The first in plain order keeps the slug; the others carry the hash of their own path."""
    assert ids(["cät.jpg", "cat.png", "Cat.jpg"]) == {
        "Cat.jpg": "cat",
        "cat.png": f"cat-{_hash('cat.png')}",
        "cät.jpg": f"cat-{_hash('cät.jpg')}",
    }


def test_a_collision_does_not_number() -> None:
    """When a file goes, what comes after it in the order keeps its id."""
    some = ["Cat.jpg", "cat.gif", "cat.png", "dog.png"]
    before = ids(some)
    after = ids([path for path in some if path != "cat.gif"])
    assert after == {path: name for path, name in before.items() if path != "cat.gif"}


def test_folders_are_part_of_an_id() -> None:
    """The same name in two folders is no collision; the joined names may be one."""
    assert ids(["birds/robin.jpg", "robin.jpg"]) == {
        "birds/robin.jpg": "birds-robin",
        "robin.jpg": "robin",
    }
    assert ids(["birds/robin.jpg", "birds-robin.png"]) == {
        "birds-robin.png": "birds-robin",
        "birds/robin.jpg": f"birds-robin-{_hash('birds/robin.jpg')}",
    }


def test_names_without_latin_letters() -> None:
    """Each gets a hash, also when it is alone."""
    assert ids(["猫.png"]) == {"猫.png": f"image-{_hash('猫.png')}"}


@pytest.mark.parametrize("name", ["con", "NUL", "aux", "Com1", "lpt9", "prn"])
def test_names_of_windows_devices(name: str) -> None:
    """Windows cannot make a folder called "con"."""
    assert ids([f"{name}.png"]) == {f"{name}.png": f"{name.lower()}-{_hash(f'{name}.png')}"}


def test_a_name_that_looks_like_another_ones_id() -> None:
    """A hash that is taken already is made longer or another."""
    taken = f"cat-{_hash('cat.png')}"
    found = ids(["Cat.jpg", "cat.png", f"{taken}.jpg"])
    assert found[f"{taken}.jpg"] == taken
    assert found["Cat.jpg"] == "cat"
    assert found["cat.png"].startswith("cat-")
    assert len(set(found.values())) == 3


def test_two_spellings_of_one_accent() -> None:
    """Linux can hold both "ä" as one character and as two; they look alike and stay apart."""
    one, two = (unicodedata.normalize(form, "ä.png") for form in ("NFC", "NFD"))
    assert len(set(ids([one, two, "a.png"]).values())) == 3


def test_long_names_that_differ_late() -> None:
    """Names that agree in their first 60 characters still get two ids, none over 60."""
    found = ids(["x" * 240 + "1.jpg", "x" * 240 + "2.jpg"])
    assert sorted(map(len, found.values())) == [60, 60]
    assert len(set(found.values())) == 2


@pytest.mark.parametrize(
    ("stem", "title"),
    [
        ("red-car_02", "Red car 02"),
        ("IMG_1234", "IMG 1234"),
        ("chelsea", "Chelsea"),
        ("  spaced   out ", "Spaced out"),
        ("o'hara <b>", "O'hara <b>"),
        ("élan", "Élan"),
        ("___", "___"),
        ("קטן-1", "קטן 1"),
    ],
)
def test_a_title_from_a_file_name(stem: str, title: str) -> None:
    """Separators become spaces, and the first letter a capital; the rest stays."""
    assert readable_title(stem) == title


@given(st.text())
def test_shown_text_can_be_written_anywhere(text: str) -> None:
    """It can be encoded, holds no control characters, and is what it was if all was well."""
    found = shown(text)
    found.encode("utf-8")
    assert not any(unicodedata.category(character) in {"Cc", "Cs"} for character in found)
    if text.isprintable() and text.isascii():
        assert found == text


def test_bytes_that_are_not_text_stay_visible() -> None:
    """A name in Latin-1 on a system of UTF-8, and a name that would move the cursor."""
    assert shown(b"caf\xe9.jpg".decode("utf-8", "surrogateescape")) == r"caf\xe9.jpg"
    assert shown("a\x1b[2Jb\u2028\ufffe") == r"a\x1b[2Jb\u2028\ufffe"
    assert shown("שלום 🐈 ä") == "שלום 🐈 ä"


def test_natural_order() -> None:
    """Numbers by value, case ignored, a folder's images together."""
    expected = ["A1.jpg", "a2.jpg", "a10.jpg", "B/1.jpg", "b/x2/1.jpg", "b/x10/1.jpg", "b-c.jpg"]
    assert sorted(reversed(expected), key=natural_key) == expected


@given(names, names)
def test_any_two_names_can_be_compared(one: str, two: str) -> None:
    """Digits at the same place as letters do not stop the sorting."""
    assert sorted([one, two], key=natural_key) in ([one, two], [two, one])


IMAGES = {
    "img-2041": "IMG 2041.JPG",
    "birds-wren": "birds/wren.png",
    "old-wren": "old/wren.png",
    "wren-png": "wren png.gif",
    "owl": "owl.jpg",
    "birds-owl": "birds/owl.jpg",
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *((one, one) for one in IMAGES),
        *((source, one) for one, source in IMAGES.items()),
        ("IMG 2041", "img-2041"),
        ("birds/wren", "birds-wren"),
        ("wren png", "wren-png"),
    ],
)
def test_an_image_is_known_by_its_id_or_its_file(name: str, expected: str) -> None:
    """Its path or its name, with or without the ending."""
    assert identified(name, IMAGES, "image") == expected


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("wren", "pairs: expected the name of one image, got 'wren': birds-wren or old-wren?"),
        ("IMG 2041.JPEG", "got 'IMG 2041.JPEG'. Did you mean img-2041? An id is the name of the"),
        (
            "otter",
            "got 'otter'. There are: img-2041, birds-wren, old-wren, wren-png, owl, birds-owl. An",
        ),
    ],
)
def test_a_name_that_is_no_image_or_several_is_refused(name: str, said: str) -> None:
    """With those that can be meant, and where ids come from."""
    with pytest.raises(ConfigError, match=re.escape(said)):
        identified(name, IMAGES, "pairs", ConfigError)
    with pytest.raises(UsageError):
        identified(name, IMAGES, "image")
