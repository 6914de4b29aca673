"""gallery.toml and flags: what they decide, and how a mistake in them is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.config import Against, Config, load_config
from generator.errors import ConfigError


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _written(folder: Path, text: str) -> Path:
    file = folder / "gallery.toml"
    file.write_text(text, encoding="utf-8")
    return file


def _complaint(file: Path | None, overrides: dict[str, object] | None = None) -> str:
    with pytest.raises(ConfigError) as raised:
        load_config(file, overrides)
    return str(raised.value)


def test_without_a_file_the_defaults_hold(here: Path) -> None:
    """A newcomer needs no configuration: inputs/ becomes site/ with VGG16, all layers, alone."""
    config = load_config()
    assert (config.inputs, config.output) == (Path("inputs"), Path("site"))
    assert (config.model, config.weights, config.layers) == ("vgg16", None, ("*",))
    assert (config.size, config.fit) == (None, "crop")  # the network's own size
    assert (config.every, config.preprocess, config.trust_model) == ("layer", None, False)
    assert (config.against, config.pairs, config.labels, config.classes) == ((), (), None, ())
    assert (config.palette, config.scale) == ("viridis", "layer")
    assert (config.title, config.author, config.base_url) == (None, "", None)


def test_the_file_in_the_working_directory_is_read(here: Path) -> None:
    """gallery.toml needs no flag."""
    _written(here, 'title = "Birds"\npalette = "magma"')
    config = load_config()
    assert (config.title, config.palette) == ("Birds", "magma")


def test_a_flag_goes_before_the_file(here: Path) -> None:
    """What is typed now is meant now; a flag that was not given changes nothing."""
    _written(here, 'title = "Birds"\nfit = "pad"')
    config = load_config(None, {"title": "Cats", "fit": None})
    assert (config.title, config.fit) == ("Cats", "pad")


def test_a_flag_also_covers_a_wrong_value_of_the_file(here: Path) -> None:
    """Only the value that counts has to be right."""
    _written(here, 'fit = "zoom"')
    assert load_config(None, {"fit": "pad"}).fit == "pad"


def test_paths_are_seen_from_where_they_are_written(here: Path) -> None:
    """Those of the file, defaults too, from its folder; those of flags from where one works."""
    (here / "birds").mkdir()
    _written(here / "birds", 'inputs = "photos"\nweights = "/data/w.h5"')
    config = load_config(Path("birds/gallery.toml"))
    assert config.inputs == Path("birds/photos")
    assert config.output == Path("birds/site")
    assert config.weights == Path("/data/w.h5")
    assert load_config(Path("birds/gallery.toml"), {"output": "out"}).output == Path("out")


def test_networks_of_the_file_are_files_beside_it_or_names(here: Path) -> None:
    """A name stays a name wherever the file lies; "random" is no path; flags are seen from here."""
    (here / "birds").mkdir()
    file = _written(
        here / "birds",
        """
        model = "nets/mine.keras"
        labels = "birds.txt"
        weights = "random"
        against = [
          "edges.h5, preprocess=caffe", "resnet50, weights=mine.h5", "vgg19, weights=random",
          "/data/other.keras, size=96x128", "pets.keras, labels=pets.txt",
        ]
        """,
    )
    config = load_config(Path("birds/gallery.toml"))
    assert config.model == "birds/nets/mine.keras"
    assert config.labels == Path("birds/birds.txt")
    assert config.weights == Path("random")
    assert config.against == (
        Against("birds/edges.h5", preprocess="caffe"),
        Against("resnet50", weights=Path("birds/mine.h5")),
        Against("vgg19", weights=Path("random")),
        Against("/data/other.keras", size=(96, 128)),
        Against("birds/pets.keras", labels=Path("birds/pets.txt")),
    )
    flags = {"model": "mine.keras", "against": ["edges.h5,weights=w.h5"], "labels": "l.txt"}
    config = load_config(Path("birds/gallery.toml"), flags)
    assert (config.model, config.labels) == ("mine.keras", Path("l.txt"))
    assert config.against == (Against("edges.h5", weights=Path("w.h5")),)
    _written(file.parent, 'model = "ResNet50"')
    assert load_config(file).model == "ResNet50"


def test_a_network_in_the_home_folder(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tilde of the file is that folder."""
    monkeypatch.setenv("HOME", str(here / "ann"))
    _written(here, 'model = "~/mine.keras"\nagainst = "~/other.h5"')
    config = load_config()
    assert config.model == str(here / "ann" / "mine.keras")
    assert config.against == (Against(str(here / "ann" / "other.h5")),)


@pytest.mark.parametrize(
    ("against", "expected"),
    [
        ("resnet50", (Against("resnet50"),)),
        (" a.keras , preprocess = tf ", (Against("a.keras", preprocess="tf"),)),
        (["a.keras,size=64", "b"], (Against("a.keras", size=(64, 64)), Against("b"))),
        ("a,labels=l.json,size=64", (Against("a", size=(64, 64), labels=Path("l.json")),)),
        ("a,preprocess=my.code:f", (Against("a", preprocess="my.code:f"),)),
        (["a", "a"], (Against("a"), Against("a"))),
        ([], ()),
    ],
)
def test_a_network_to_compare_with_has_settings_behind_commas(
    against: object, expected: tuple[Against, ...]
) -> None:
    """Its weights, preprocessing and size; spaces do not count."""
    assert load_config(None, {"against": against}).against == expected


@pytest.mark.parametrize(
    "against",
    [
        *("", " ", ",preprocess=tf", "a,", "a,tf", "a,preprocess", "a,preprocess=", "a,=tf"),
        *("a,size=5", "a,size=big", "a,size=64,size=64", "a\0b", "a\x1b[31m"),
        *([""], [3], 3, {"a": 1}, [["a"]]),
    ],
)
def test_other_networks_to_compare_with_are_refused(against: object) -> None:
    """The form, with an example, and what came."""
    message = _complaint(None, {"against": against})
    assert message.startswith("--against: expected networks to compare with, each a name or file")
    assert "'edges.keras, preprocess=caffe'" in message


@pytest.mark.parametrize(
    ("against", "says"),
    [
        (
            "x.keras,label=y",
            "x.keras: a network to compare with has no setting label; the nearest is labels",
        ),
        ("x.keras,tf=1", "no setting tf; there are weights, preprocess, size, labels"),
        (
            ["a", "b,size=64,weight=w.h5"],
            "b: a network to compare with has no setting weight; the nea",
        ),
    ],
)
def test_a_setting_that_there_is_not_is_named_with_the_nearest(
    against: object, says: str, here: Path
) -> None:
    """As a flag and in the file."""
    message = _complaint(None, {"against": against})
    assert message.startswith("--against: ") and says in message
    _written(here, f"against = {against!r}")
    with pytest.raises(ConfigError, match=f"gallery.toml, line 1: against: .*{re.escape(says)}"):
        load_config()


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ("chelsea+coffee", (("chelsea", "coffee"),)),
        ([" a + b ", "c+d", "a+b"], (("a", "b"), ("c", "d"))),
        ([["a", "b"]], (("a", "b"),)),
        (["a+b", "b+a"], (("a", "b"), ("b", "a"))),
        ([], ()),
    ],
)
def test_a_pair_is_two_images_and_a_plus(
    pairs: object, expected: tuple[tuple[str, str], ...]
) -> None:
    """Each once; which of the two comes first, its difference tells."""
    assert load_config(None, {"pairs": pairs}).pairs == expected


@pytest.mark.parametrize(
    "pairs",
    ["", "a", "a+", "+a", "a+b+c", "a+a", "a, b", [3], 3, [["a"]], [["a", "a"]], ["a", "b"]],
)
def test_other_pairs_are_refused(pairs: object) -> None:
    """By the name of the flag, which is not that of the key."""
    message = _complaint(None, {"pairs": pairs})
    assert message.startswith("--pair: expected two ids or file names of images joined by a plus")
    assert message.endswith(f"got {pairs!r}")


def test_a_wrong_pair_of_the_file_is_named_by_its_key(here: Path) -> None:
    """With its line."""
    message = _complaint(_written(here, '\npairs = ["chelsea"]'))
    assert message.startswith(f"{here / 'gallery.toml'}, line 2: pairs: expected two ids")


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("model", "", "--model: expected the name of a network of keras.applications, such as"),
        ("model", 3, "--model: expected the name"),
        ("every", "third", "--every: expected 'layer', 'block' or 'stage', got 'third'"),
        ("every", True, "--every: expected 'layer', 'block' or 'stage', got True"),
        ("preprocess", 5, "--preprocess: expected 'caffe', 'torch', 'tf', '0-1', 'none' or a fu"),
        ("trust_model", "yes", "--trust-model: expected true or false, without quotes, got 'yes'"),
        ("trust_model", 1, "--trust-model: expected true or false"),
        ("labels", "", "--labels: expected the path of a file with a label for each class"),
        ("classes", [True], "--classes: expected a list of at most 8 labels or numbers of class"),
        ("classes", ["x"] * 9, "--classes: expected a list of at most 8"),
    ],
)
def test_what_is_no_setting_of_a_network_is_refused(key: str, value: object, says: str) -> None:
    """With what was expected."""
    assert _complaint(None, {key: value}).startswith(says)


def test_texts_beside_the_file_are_found(here: Path) -> None:
    """A folder text/ beside gallery.toml, or where one works; another one if it is named."""
    assert load_config().text_folder is None
    (here / "text").mkdir()
    assert load_config().text_folder == Path("text")
    (here / "birds").mkdir()
    file = _written(here / "birds", "")
    assert load_config(file).text_folder is None
    (here / "birds" / "text").mkdir()
    assert load_config(file).text_folder == here / "birds" / "text"
    assert load_config(file, {"text_folder": "other"}).text_folder == Path("other")
    _written(here / "birds", 'text_folder = "words"')
    assert load_config(Path("birds/gallery.toml")).text_folder == Path("birds/words")


def test_a_tilde_in_the_file_is_the_home_folder(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No shell expands it there."""
    monkeypatch.setenv("HOME", str(here / "ann"))
    _written(here, 'inputs = "~/photos"')
    assert load_config().inputs == here / "ann" / "photos"


@pytest.mark.parametrize(
    ("given_size", "expected"),
    [
        (224, (224, 224)),
        ("224", (224, 224)),
        ("224x320", (224, 320)),
        (" 224 X 320 ", (224, 320)),
        ("224×320", (224, 320)),
        ([224, 320], (224, 320)),
        ((32, 1024), (32, 1024)),
    ],
)
def test_a_size_is_a_side_or_height_by_width(given_size: object, expected: tuple[int, int]) -> None:
    """Height comes first, as everywhere."""
    assert load_config(None, {"size": given_size}).size == expected


@pytest.mark.parametrize(
    "size", [31, 1025, 224.0, True, "", "224x", "x224", "-224", "224x320x3", [], [224] * 3, "big"]
)
def test_other_sizes_are_refused(size: object) -> None:
    """The message gives the limits, the forms and what came."""
    message = _complaint(None, {"size": size})
    assert message.startswith("--size: expected 32 to 1024 pixels")
    assert message.endswith(f"got {size!r}")


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ("block1_*", ("block1_*",)),
        ("block1_*, *_pool,", ("block1_*", "*_pool")),
        (["a,b", "c", "a"], ("a", "b", "c")),
    ],
)
def test_layers_are_patterns_in_a_list_or_between_commas(
    layers: object, expected: tuple[str, ...]
) -> None:
    """Each pattern once, in the order given."""
    assert load_config(None, {"layers": layers}).layers == expected


@pytest.mark.parametrize("layers", ["", ",", [], [3], 3])
def test_no_layer_at_all_is_refused(layers: object) -> None:
    """A gallery of nothing is a mistake."""
    assert "one or more patterns" in _complaint(None, {"layers": layers})


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://name.example/gallery", "https://name.example/gallery/"),
        ("https://name.example/gallery///", "https://name.example/gallery/"),
        ("HTTP://Name.Example", "http://name.example/"),
        (" https://name.example:8443/a ", "https://name.example:8443/a/"),
        ("https://müller.example/vögel", "https://xn--mller-kva.example/v%C3%B6gel/"),
        ('https://name.example/"<b>', "https://name.example/%22%3Cb%3E/"),
    ],
)
def test_the_base_url_is_brought_to_one_form(address: str, expected: str) -> None:
    """It ends in a slash and holds nothing that would need escaping in a page."""
    assert load_config(None, {"base_url": address}).base_url == expected


@pytest.mark.parametrize(
    "address",
    [
        *("", "name.example", "ftp://name.example", "javascript:alert(1)", "https://", 3),
        *("https:/name.example", "https://a b.example", "https://name.example/?a", "http://x/#y"),
        *("https://ann:secret@name.example", "https://name.example:99999/", "http://x/a\nb"),
    ],
)
def test_other_addresses_are_refused(address: object) -> None:
    """Only the http or https address of a folder can be published to."""
    message = _complaint(None, {"base_url": address})
    assert message.startswith("--base-url: expected an http or https address")


def test_text_is_one_line() -> None:
    """Line breaks and runs of spaces become a space; a blank title leaves the pages' own."""
    config = load_config(None, {"title": " Birds \n of  Berlin ", "author": "\tAnn\r\n"})
    assert (config.title, config.author) == ("Birds of Berlin", "Ann")
    assert load_config(None, {"title": "  "}).title is None


@pytest.mark.parametrize("title", [5, ["a"], "a\x1b[31m", "a\0", "\udcff", "x" * 201])
def test_what_is_no_line_of_text_is_refused(title: object) -> None:
    """Neither control characters nor broken ones ever reach a page."""
    assert "a line of text of at most 200 characters" in _complaint(None, {"title": title})


@pytest.mark.parametrize("key", ["inputs", "output", "weights"])
@pytest.mark.parametrize("path", ["", " ", "a\0b", 3, ["a"]])
def test_what_is_no_path_is_refused(key: str, path: object) -> None:
    """An empty output would be the working directory."""
    assert "expected the path of" in _complaint(None, {key: path})


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("fit", "zoom", ("crop", "pad", "stretch")),
        ("palette", "jet", ("viridis", "magma", "cividis", "grey")),
        ("scale", "image", ("layer", "channel")),
    ],
)
def test_a_wrong_choice_is_told_the_right_ones(
    key: str, value: str, named: tuple[str, ...]
) -> None:
    """Every choice is named, and what came."""
    message = _complaint(None, {key: value})
    assert all(f"'{name}'" in message for name in named)
    assert message.endswith(f"got {value!r}")


def test_a_wrong_key_is_named_with_its_line_and_the_nearest(here: Path) -> None:
    """A slip of the finger is mended at once."""
    message = _complaint(_written(here, '# mine\n\npalete = "magma"\n'))
    assert (
        message == f"{here / 'gallery.toml'}, line 3: palete: no such key; the nearest is palette"
    )


def test_a_key_like_none_is_told_all(here: Path) -> None:
    """Where nothing is near, the whole list helps."""
    message = _complaint(_written(here, "zzz = 1"))
    assert "expected one of" in message
    assert all(key in message for key in Config.model_fields)


def test_a_table_is_told_to_lose_its_heading(here: Path) -> None:
    """Other programs want their keys under a heading; this one does not."""
    message = _complaint(_written(here, '[gallery]\ntitle = "x"'))
    assert "line 1: gallery: expected the keys at the top level, got a table" in message


def test_every_mistake_is_named_at_once_in_the_order_of_the_file(here: Path) -> None:
    """One run shows them all, a flag's too."""
    file = _written(here, 'size = 12\ntitel = "x"\nfit = "zoom"\n')
    lines = _complaint(file, {"palette": "jet"}).splitlines()
    assert lines[0] == "4 wrong entries:"
    assert lines[1].startswith("  --palette: expected")
    assert [line.removeprefix(f"  {file}, ").split(":")[:2] for line in lines[2:]] == [
        ["line 1", " size"],
        ["line 2", " titel"],
        ["line 3", " fit"],
    ]


def test_the_line_is_that_of_the_key_and_not_of_a_text_like_it(here: Path) -> None:
    """A string of several lines may hold anything."""
    text = 'title = """\nsize = 3\n"""\n\n"size" = 3'
    assert "line 5: size" in _complaint(_written(here, text))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("title = My birds", "line 1, column 9"),
        ('fit = "pad"\ntitle "x"\n', "line 2, column 7"),
        ('fit = "pad"\ntitle = "x', "line 2, column 11"),
        ('fit = "pad"\nfit = "crop"', "line 2, column 13"),
    ],
)
def test_broken_toml_is_told_where_it_breaks(here: Path, text: str, place: str) -> None:
    """Line and column, both from 1."""
    assert f"gallery.toml, {place}: expected TOML" in _complaint(_written(here, text))


def test_a_file_that_cannot_be_one_is_refused(here: Path) -> None:
    """Missing, a folder, not text, endless brackets: each said in its own words."""
    assert "there is none" in _complaint(here / "other.toml")
    assert "got a folder" in _complaint(here)
    (here / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    assert "got the byte 0xff at position 0" in _complaint(here / "photo.jpg")
    assert "brackets" in _complaint(_written(here, f"size = {'[' * 5000}"))


def test_a_byte_order_mark_does_no_harm(here: Path) -> None:
    """Windows editors write one."""
    (here / "gallery.toml").write_bytes(b'\xef\xbb\xbftitle = "Birds"\r\n')
    assert load_config().title == "Birds"


def test_a_config_made_in_python_is_checked_alike() -> None:
    """The library raises the same errors, without flags or files to name."""
    with pytest.raises(ConfigError, match=r"^fit: expected 'crop', 'pad' or 'stretch', got 'zoom'"):
        Config.model_validate({"fit": "zoom"})
    with pytest.raises(ConfigError, match="expected keys and values, got 3"):
        Config.model_validate(3)


def test_a_config_does_not_change() -> None:
    """Every stage may rely on it."""
    with pytest.raises(ValueError, match="frozen"):
        Config().title = "other"


def test_a_long_value_is_shortened_in_the_message() -> None:
    """A message stays readable whatever was pasted."""
    assert len(_complaint(None, {"fit": "x" * 10_000})) < 200


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(Config.model_fields)) | st.text(), _VALUES))
def test_any_value_is_either_good_or_named(values: dict[str, object]) -> None:
    """Whatever is given, there is a Config or a ConfigError, and no other exception."""
    try:
        Config.model_validate(values)
    except ConfigError as error:
        assert "expected" in str(error) or "no such key" in str(error)


@given(st.text())
def test_any_file_is_either_good_or_named(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    """Whatever stands in gallery.toml, there is a Config or a ConfigError that names the file."""
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        load_config(file)
    except ConfigError as error:
        assert str(file) in str(error)
