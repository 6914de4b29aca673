"""What a network that ends in classes says, and where it comes from (Grad-CAM)."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from generator import contract, models
from generator.building import build
from generator.config import Config
from generator.domain import Answer, ClassMap, Peak, Verdict
from generator.encode import read_png
from generator.errors import ConfigError
from generator.models.backend import fixed_settings, fresh_names, keras
from generator.models.classifier import Classifier, Judge, Judgement
from generator.models.labels import class_labels, numbers
from generator.verdict_files import judge_of, verdict_files
from tests.classifier_networks import averaged, flattened

HOSTILE = "</bdi></label><script>window.owned = 1</script>"


def pictures(count: int, side: tuple[int, int] = (12, 12), seed: int = 0) -> NDArray[np.uint8]:
    """Images of noise, (count, *side, 3)."""
    return np.random.default_rng(seed).integers(0, 256, (count, *side, 3), dtype=np.uint8)


def network(model: Any, **options: Any) -> models.Network:
    """Fed pixels from 0 to 1."""
    return models.wrap(model, preprocess="0-1", **options)


def classifier_of(model: Any) -> Classifier:
    """Its end, which must be one."""
    return network(model).classifier or pytest.fail("no classifier was found")


# -- Grad-CAM against implementations of its own


def test_behind_a_mean_the_map_is_the_classes_own_weights() -> None:
    """There alpha = weight / (h * w), so Grad-CAM is the class activation map, worked out here."""
    model = averaged()
    wrapped = network(model)
    images = pictures(3)
    found = Judge(wrapped, 4, wanted=(0, 1, 2, 3)).judge(list(images))
    maps = np.asarray(wrapped.graph(wrapped.preprocess(images), training=False)[1], np.float64)
    weights, bias = (np.asarray(v, np.float64) for v in model.get_layer("sums").get_weights())
    count, height, width, _ = maps.shape
    assert (height, width) == (5, 5)
    for i in range(count):
        scores = maps[i].mean(axis=(0, 1)) @ weights + bias
        np.testing.assert_allclose(found[i].scores, scores, rtol=1e-5, atol=1e-6)
        shares = np.exp(scores) / np.exp(scores).sum()
        np.testing.assert_allclose(found[i].output, shares, rtol=1e-5)
        assert set(found[i].heat) == {0, 1, 2, 3}
        for c, heat in found[i].heat.items():
            alpha = weights[:, c] / (height * width)
            expected = np.maximum((maps[i] * alpha).sum(axis=2), 0)
            np.testing.assert_allclose(heat, expected, rtol=1e-5, atol=1e-7)
            assert heat.dtype == np.float32


def test_slopes_are_those_that_small_steps_find() -> None:
    """Each value of the last maps is moved up and down a little in float64, and all behind it is
    computed anew with numpy."""
    model = flattened()
    wrapped = network(model)
    images = pictures(2, (10, 8))
    found = Judge(wrapped, 2, wanted=(0, 1, 2)).judge(list(images))
    maps = np.asarray(
        wrapped.graph(wrapped.preprocess(images), training=False)[1], dtype=np.float64
    )
    assert maps.shape[1:] == (8, 6, 3)
    (w1, b1), (w2, b2) = (
        [np.asarray(v, np.float64) for v in model.get_layer(name).get_weights()]
        for name in ("hidden", "sums")
    )

    def scores(values: NDArray[np.float64]) -> NDArray[np.float64]:
        # (8, 6, 3) -> (4, 2, 3, 2, 3) -> (4, 3, 3) -> (36,)
        pooled = values.reshape(4, 2, 3, 2, 3).max(axis=(1, 3)).reshape(-1)
        result: NDArray[np.float64] = np.tanh(pooled @ w1 + b1) @ w2 + b2
        return result

    step = 1e-6
    for i in range(len(images)):
        np.testing.assert_allclose(found[i].scores, scores(maps[i]), rtol=1e-4, atol=1e-5)
        slopes = np.zeros((*maps[i].shape, 3))
        for place in np.ndindex(*maps[i].shape):
            up, down = maps[i].copy(), maps[i].copy()
            up[place] += step
            down[place] -= step
            slopes[place] = (scores(up) - scores(down)) / (2 * step)
        for c in range(3):
            alpha = slopes[..., c].mean(axis=(0, 1))
            heat = np.maximum((maps[i] * alpha).sum(axis=2), 0)
            np.testing.assert_allclose(found[i].heat[c], heat, rtol=1e-3, atol=1e-6)
            assert heat.max() > 0  # or there was nothing to compare


def test_an_images_result_does_not_depend_on_its_company() -> None:
    """Alone and filled up with black, or among others: the same bits."""
    judge = Judge(network(averaged()), 4)
    images = list(pictures(4))
    together = judge.judge(images)
    for i, image in enumerate(images[:2]):
        (alone,) = judge.judge([image])
        np.testing.assert_array_equal(alone.scores, together[i].scores)
        assert alone.heat.keys() == together[i].heat.keys()
        for c, heat in alone.heat.items():
            np.testing.assert_array_equal(heat, together[i].heat[c])
    with pytest.raises(ValueError, match="1 to 4 images"):
        judge.judge([])


def test_the_three_best_and_the_chosen_get_a_map() -> None:
    """Of few classes all; one that is chosen and among the best has one map."""
    images = list(pictures(1))
    (found,) = Judge(network(averaged(classes=7)), 2).judge(images)
    best = np.argsort(-found.scores)[:3].tolist()
    assert list(found.heat) == best
    last = int(np.argmin(found.scores))
    (found,) = Judge(network(averaged(classes=7)), 2, wanted=(best[1], last)).judge(images)
    assert set(found.heat) == {*best, last}
    (found,) = Judge(network(averaged(classes=2)), 2).judge(images)
    assert set(found.heat) == {0, 1}


# -- Finding the end


@pytest.mark.parametrize("ending", ["behind", "operation", "sigmoid", "none"])
def test_scores_are_before_softmax_wherever_it_stands(ending: str) -> None:
    """Inside the layer of sums, in a layer or operation behind it, as a sigmoid, or not there."""
    images = list(pictures(2))
    inside = Judge(network(averaged("inside")), 2).judge(images)
    other_network = network(averaged(ending))
    other = Judge(other_network, 2).judge(images)
    assert other_network.classifier is not None
    assert other_network.classifier.ending == {"sigmoid": "sigmoid", "none": "none"}.get(
        ending, "softmax"
    )
    for one, two in zip(inside, other, strict=True):
        np.testing.assert_allclose(two.scores, one.scores, rtol=1e-5, atol=1e-6)
        put_out: dict[str, NDArray[Any]] = {
            "sigmoid": 1 / (1 + np.exp(-one.scores.astype(np.float64))),
            "none": one.scores,
        }
        expected = put_out.get(ending, one.output)
        np.testing.assert_allclose(two.output, expected, rtol=1e-5, atol=1e-6)
        for c, heat in one.heat.items():
            np.testing.assert_allclose(two.heat[c], heat, rtol=1e-5, atol=1e-7)


def test_one_number_from_a_sigmoid_decides_between_two() -> None:
    """It is the share of class 1. What speaks for class 0 is what speaks against class 1: with a
    mean in between its weights are the other's with the sign turned, worked out here.
    """
    model = averaged("sigmoid", classes=1)
    wrapped = network(model)
    found = wrapped.classifier
    assert found is not None and (found.count, found.ending) == (2, "binary")
    images = pictures(3)
    judged = Judge(wrapped, 4).judge(list(images))
    maps = np.asarray(wrapped.graph(wrapped.preprocess(images), training=False)[1], np.float64)
    weights, bias = (np.asarray(v, np.float64) for v in model.get_layer("sums").get_weights())
    for i, one in enumerate(judged):
        score = (maps[i].mean(axis=(0, 1)) @ weights + bias).item()
        share = 1 / (1 + np.exp(-score))
        np.testing.assert_allclose(one.scores, [-score, score], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(one.output, [1 - share, share], rtol=1e-5)
        assert set(one.heat) == {0, 1}
        for c, sign in ((0, -1), (1, 1)):
            expected = np.maximum((maps[i] * sign * weights[:, 0] / 25).sum(axis=2), 0)
            np.testing.assert_allclose(one.heat[c], expected, rtol=1e-5, atol=1e-7)


def test_the_layer_is_the_last_with_an_extent_whatever_is_shown() -> None:
    """The choice of layers does not change what the network says."""
    images = list(pictures(1))
    few = network(averaged(), layers=("first",))
    assert [layer.name for layer in few.spec.layers] == ["first"]
    assert few.classifier is not None
    assert (few.classifier.layer, few.classifier.maps, few.classifier.count) == ("last", (5, 5), 4)
    (shown,), (all_,) = Judge(few, 1).judge(images), Judge(network(averaged()), 1).judge(images)
    assert shown.heat.keys() == all_.heat.keys()
    for c, heat in all_.heat.items():
        np.testing.assert_array_equal(shown.heat[c], heat)


def test_a_convolution_of_one_position_ends_in_classes_too() -> None:
    """MobileNet, as keras.applications has it: its last map is before the mean."""
    with fixed_settings(), fresh_names():
        model = keras().applications.MobileNet(weights=None, alpha=0.25, input_shape=(64, 64, 3))
    found = classifier_of(model)
    assert (found.count, found.ending, found.layer) == (1000, "softmax", "conv_pw_13")
    assert found.maps == (2, 2)
    (judged,) = Judge(network(model), 1).judge(list(pictures(1, (64, 64))))
    assert judged.output.sum() == pytest.approx(1, abs=1e-5)
    shares = np.exp(judged.scores) / np.exp(judged.scores).sum()
    np.testing.assert_allclose(judged.output, shares, rtol=1e-4)


def test_softmax_inside_a_convolution() -> None:
    """A kernel as large as the last map, with softmax inside, then laid flat."""
    layers = keras().layers
    image = layers.Input((8, 8, 1))
    x = layers.Conv2D(3, 3, activation="relu", name="maps")(image)
    x = layers.Conv2D(4, 6, activation="softmax", name="sums")(x)
    model = keras().Model(image, layers.Flatten()(x))
    found = classifier_of(model)
    assert (found.layer, found.maps, found.count, found.ending) == ("maps", (6, 6), 4, "softmax")
    (judged,) = Judge(network(model), 1).judge(list(pictures(1, (8, 8))))
    shares = np.exp(judged.scores) / np.exp(judged.scores).sum()
    np.testing.assert_allclose(judged.output, shares, rtol=1e-5)


def test_of_several_outputs_the_first_that_ends_in_classes_counts() -> None:
    """A map first, then five classes, then three."""
    layers = keras().layers
    image = layers.Input((8, 8, 3))
    maps = layers.Conv2D(3, 3, name="maps")(image)
    flat = layers.Flatten()(maps)
    five = layers.Dense(5, activation="softmax")(flat)
    three = layers.Dense(3, activation="softmax")(flat)
    assert classifier_of(keras().Model(image, [maps, five, three])).count == 5


def _ends_in(kind: str) -> Any:
    layers = keras().layers
    image = layers.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, name="maps")(image)
    if kind == "maps":
        return keras().Model(image, x)
    if kind == "flat maps":
        return keras().Model(image, layers.Flatten()(x))
    x = layers.GlobalAveragePooling2D()(x)
    if kind == "means":
        return keras().Model(image, x)
    if kind == "one number":
        return keras().Model(image, layers.Dense(1)(x))
    if kind == "cut sums":
        return keras().Model(image, layers.Dense(4, activation="relu")(x))
    groups = layers.Softmax()(layers.Reshape((2, 3))(layers.Dense(6)(x)))
    return keras().Model(image, layers.Flatten()(groups))


@pytest.mark.parametrize(
    "kind", ["maps", "flat maps", "means", "one number", "cut sums", "softmax of groups"]
)
def test_what_does_not_end_in_classes(kind: str) -> None:
    """Maps, flat or averaged, are no scores; nor is one number as it is, or what a ReLU cut."""
    assert network(_ends_in(kind)).classifier is None


def test_without_any_extent_there_are_classes_and_no_maps() -> None:
    """A network whose only convolution has one position."""
    layers = keras().layers
    image = layers.Input((8, 8, 3))
    x = layers.Flatten()(layers.Conv2D(4, 8, name="whole")(image))
    model = keras().Model(image, layers.Dense(3, activation="softmax")(x))
    found = classifier_of(model)
    assert (found.layer, found.maps) == ("", (0, 0))
    (judged,) = Judge(network(model), 2).judge(list(pictures(1, (8, 8))))
    assert judged.heat == {} and judged.output.sum() == pytest.approx(1, abs=1e-5)


# -- What is written


def _verdict(
    scores: list[float], chosen: tuple[int, ...] = (), heat: dict[int, Any] | None = None
) -> tuple[Verdict, dict[str, bytes | str]]:
    """What is written of scores without softmax, maps of 2 x 2."""
    end = Classifier(len(scores), "none", "maps", (2, 2), None, lambda scores: scores)
    values = np.array(scores, dtype=np.float32)
    maps = {n: np.array(m, dtype=np.float32) for n, m in (heat or {}).items()}
    labels = [f"label {n}" for n in range(len(scores))]
    files = dict(verdict_files("m", "i", end, Judgement(values, values, maps), labels, chosen))
    return contract.read_verdict(files["sheets/m/i/classes/verdict.json"]), files


def test_the_best_five_in_order_and_of_equals_the_lower_number_first() -> None:
    """By hand: 3, 3, 2, 1, 1, 1 are of the classes 2, 5, 0, 1, 3, 6."""
    found, _ = _verdict([2, 1, 3, 1, -7, 3, 1])
    assert [(a.number, a.rank) for a in found.answers] == [(2, 1), (5, 2), (0, 3), (1, 4), (3, 5)]
    assert [a.score for a in found.answers] == [3, 3, 2, 1, 1]
    assert [a.probability for a in found.answers] == [None] * 5


def test_fewer_than_five_are_all_there_and_a_chosen_one_has_its_rank() -> None:
    """Three classes; and class 4 of seven, the last of them."""
    found, _ = _verdict([1, 2, 3])
    assert [a.number for a in found.answers] == [2, 1, 0]
    found, _ = _verdict([2, 1, 3, 1, -7, 3, 1], chosen=(4, 0))
    assert [(a.number, a.rank) for a in found.answers][-1] == (4, 7)
    assert len(found.answers) == 6


def test_a_map_is_grey_from_zero_to_its_own_highest() -> None:
    """By hand; nothing at all is black, and has no place."""
    found, files = _verdict([3, 2, 1], heat={0: [[0, 0.5], [2, 1]], 1: [[0, 0], [0, 0]]})
    first, second, third = found.answers
    assert first.map == ClassMap("gradcam-0.png", 2.0, Peak(1, 0, 2.0))
    assert second.map == ClassMap("gradcam-1.png", 0.0, None)
    assert third.map is None
    assert _grey(files["sheets/m/i/classes/gradcam-0.png"]) == [[0, 64], [255, 128]]
    assert _grey(files["sheets/m/i/classes/gradcam-1.png"]) == [[0, 0], [0, 0]]


def _grey(png: bytes | str) -> list[list[int]]:
    assert isinstance(png, bytes)
    values: list[list[int]] = read_png(png).tolist()
    return values


def test_what_is_no_number_is_not_ranked() -> None:
    """A NaN among the scores leaves no order; one in a map leaves no map."""
    found, files = _verdict([1, float("nan"), 2])
    assert found.answers == ()
    assert json.loads(files["sheets/m/i/classes/verdict.json"])["answers"] == []
    found, files = _verdict([3, 2, 1], heat={0: [[0, float("inf")], [0, 0]]})
    assert found.answers[0].map is None and len(files) == 1


def test_the_contract_reads_back_what_it_wrote() -> None:
    """Every kind of answer, and labels with any character."""
    verdict = Verdict(
        model="m", image="i", ending="softmax", count=9, layer="last", height=5, width=4,
        answers=(
            Answer(3, HOSTILE, 1, 1.25, 0.5, ClassMap("gradcam-3.png", 0.125, Peak(1, 2, 0.125))),
            Answer(0, "Zürich \u2028 \N{CAT FACE}", 2, -3.0, 0.25, ClassMap("g.png", 0.0, None)),
            Answer(8, "class 8", 9, -4.5, 1e-9, None),
        ),
    )  # fmt: skip
    assert contract.read_verdict(contract.verdict_json(verdict)) == verdict


# -- Labels


def test_a_label_a_line(tmp_path: Path) -> None:
    """UTF-8, with or without a byte order mark and Windows' line ends."""
    file = tmp_path / "labels.txt"
    for text in ("cat\nZürich, by  night\n<b>\n", "\ufeffcat\r\nZürich, by  night\r\n<b>"):
        file.write_bytes(text.encode())
        assert class_labels(file, 3) == ("cat", "Zürich, by night", "<b>")


def test_labels_as_json(tmp_path: Path) -> None:
    """A list, or Keras's index of ImageNet's classes, with words instead of underscores."""
    file = tmp_path / "labels.json"
    file.write_text('["cat", "dog"]')
    assert class_labels(file, 2) == ("cat", "dog")
    file.write_text('{"1": ["n2", "great_white_shark"], "0": ["n1", "tench"]}')
    assert class_labels(file, 2) == ("tench", "great white shark")


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("l.txt", b"cat\ndog\n", "expected 3 labels, one for each class of the network, got 2"),
        ("l.txt", b"", "got 0"),
        ("l.txt", b"a\n\nc\n", "as the label of class 1, got ''"),
        ("l.txt", b"a\nb\x07\nc\n", "class 1"),
        ("l.txt", b"a\nb\n" + b"x" * 201, "1 to 200 characters as the label of class 2"),
        ("l.txt", b"a\nb\xff\nc\n", "expected text in UTF-8, got the byte 0xff at position 3"),
        ("l.json", b"[1, 2, 3]", "label of class 0, got 1"),
        ("l.json", b'{"0": "a"}', "expected a list of labels, or an index as Keras has it"),
        ("l.json", b'{"a": ["n", "b"]}', "expected a list of labels, or an index"),
        ("l.json", b"[", "expected JSON"),
        ("l.json", b"3", "got other JSON"),
    ],
)
def test_labels_that_do_not_fit(name: str, content: bytes, complaint: str, tmp_path: Path) -> None:
    """What was expected and what came."""
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=re.escape(complaint)):
        class_labels(file, 3)


def test_a_file_of_labels_that_is_not_there(tmp_path: Path) -> None:
    """Missing, or a folder."""
    with pytest.raises(ConfigError, match="there is none"):
        class_labels(tmp_path / "none.txt", 3)
    with pytest.raises(ConfigError, match="cannot be read"):
        class_labels(tmp_path, 3)


def test_imagenets_names_are_taken_from_keras_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only for a network of ImageNet; a damaged file is as good as none."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    plain = tuple(f"class {n}" for n in range(1000))
    assert class_labels(None, 1000, imagenet=True) == plain
    index = tmp_path / "models" / "imagenet_class_index.json"
    index.parent.mkdir()
    index.write_text(json.dumps({str(n): [f"n{n}", f"name_{n}"] for n in range(1000)}))
    assert class_labels(None, 1000, imagenet=True)[281] == "name 281"
    assert class_labels(None, 1000) == plain
    assert class_labels(None, 10, imagenet=True) == plain[:10]
    index.write_text("{")
    assert class_labels(None, 1000, imagenet=True) == plain


def test_classes_are_chosen_by_label_or_number() -> None:
    """Upper and lower case do not matter; a label goes before a number written as text."""
    labels = ("tench", "crane", "Tabby", "crane", "1")
    assert numbers([2, "tabby", "TENCH", "3"], labels) == (2, 0, 3)
    assert numbers(["1", 1], labels) == (4, 1)
    for wrong in ("lion", 5, -1, "5", ""):
        with pytest.raises(ConfigError, match="number from 0 to 4"):
            numbers([wrong], labels)
    with pytest.raises(ConfigError, match="2 classes .1, 3.; name the one you mean"):
        numbers(["crane"], labels)


def test_labels_for_a_network_without_classes(tmp_path: Path) -> None:
    """Nobody is left to wonder why none are shown."""
    bare = network(_ends_in("maps"))
    assert judge_of(bare, None, ()) is None
    with pytest.raises(ConfigError, match="labels: expected a network that ends in classes"):
        judge_of(bare, tmp_path / "labels.txt", ())
    with pytest.raises(ConfigError, match="classes: expected a network that ends in classes"):
        judge_of(bare, None, (3,))


def test_chosen_classes_in_the_configuration() -> None:
    """Labels and numbers, at most eight; a label may hold a comma."""
    given = {"classes": ["tench, dead", 285, 285]}
    assert Config.model_validate(given).classes == ("tench, dead", 285)
    for wrong in ([True], [1.5], [""], list(range(9)), [["a"]]):
        with pytest.raises(ConfigError, match="classes: expected a list of at most 8 labels"):
            Config.model_validate({"classes": wrong})


# -- In a gallery


class _Marks(HTMLParser):
    """Radio buttons, and the text and pictures of the section."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = False
        self.radios: list[dict[str, str | None]] = []
        self.pictures: list[str] = []
        self.scripts = 0
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.inside |= tag == "section" and found.get("id") == "classes"
        if self.inside and tag == "input":
            self.radios.append(found)
        if self.inside and tag == "img":
            self.pictures.append(str(found["src"]))
        self.scripts += self.inside and tag == "script"

    def handle_endtag(self, tag: str) -> None:
        if tag == "section":
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.words += data


def _read(page: Path) -> _Marks:
    marks = _Marks()
    marks.feed(page.read_text(encoding="utf-8"))
    return marks


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two images, a saved network of seven classes and its labels, of which one is hostile."""
    folder = tmp_path_factory.mktemp("classes")
    (folder / "in").mkdir()
    for i, picture in enumerate(pictures(2, (40, 40))):
        Image.fromarray(picture).save(folder / "in" / f"noise-{i}.png")
    averaged(classes=7, side=32).save(folder / "seven.keras")
    labels = ["zero", "one", "two", "three", "four", "five", "six"]
    (folder / "labels.txt").write_text("\n".join(labels), encoding="utf-8")
    return folder


def test_a_gallery_of_a_saved_network_says_what_it_says(folder: Path) -> None:
    """Five classes and the chosen one on the page, with the network's own shares; maps beside."""
    model = keras().saving.load_model(folder / "seven.keras")
    pixels = read_png((folder / "in" / "noise-0.png").read_bytes())[4:36, 4:36]
    shares = np.asarray(model(pixels[None].astype(np.float32) / 255, training=False))[0]
    order = np.argsort(-shares).tolist()
    hostile, last = order[0], order[6]
    names = (folder / "labels.txt").read_text().split()
    names[hostile] = HOSTILE
    (folder / "hostile.json").write_text(json.dumps(names))
    out = folder / "out"
    build(
        Config(
            inputs=folder / "in", output=out, model=str(folder / "seven.keras"), fit="crop",
            labels=folder / "hostile.json", classes=(last,),
        )
    )  # fmt: skip
    where = out / "sheets/seven/noise-0/classes"
    found = contract.read_verdict((where / "verdict.json").read_bytes())
    assert [a.number for a in found.answers] == [*order[:5], last]
    assert [a.rank for a in found.answers] == [1, 2, 3, 4, 5, 7]
    maps = sorted(path.name for path in where.glob("*.png"))
    assert maps == sorted(f"gradcam-{n}.png" for n in [*order[:3], last])
    assert read_png((where / maps[0]).read_bytes()).shape == (15, 15)
    page = out / "images/noise-0/index.html"
    assert "<script>window.owned" not in page.read_text(encoding="utf-8")
    marks = _read(page)
    assert marks.scripts == 0 and HOSTILE in marks.words
    assert "A share of 1 for each of 7 classes" in marks.words and "Adebayo" in marks.words
    assert [radio["value"] for radio in marks.radios] == ["1", "2", "3", "4"]
    assert ["checked" in radio for radio in marks.radios] == [True, False, False, False]
    for source in marks.pictures:
        assert (page.parent / source).resolve().is_file()


def test_a_gallery_does_not_depend_on_which_images_share_it(folder: Path) -> None:
    """Verdict and maps of an image are the same bytes with it alone."""
    (folder / "alone").mkdir()
    (folder / "in" / "noise-1.png").rename(folder / "alone" / "noise-1.png")
    try:
        files = []
        for inputs in ("alone", "in"):
            if inputs == "in":
                (folder / "alone" / "noise-1.png").rename(folder / "in" / "noise-1.png")
            out = folder / f"out-{inputs}"
            build(Config(inputs=folder / inputs, output=out, model=str(folder / "seven.keras")))
            own = out / "sheets/seven/noise-1/classes"
            files.append({path.name: path.read_bytes() for path in own.iterdir()})
        assert files[0] == files[1] and len(files[0]) == 4
    finally:
        if (folder / "alone" / "noise-1.png").exists():
            (folder / "alone" / "noise-1.png").rename(folder / "in" / "noise-1.png")


def test_wrong_labels_stop_a_build_and_leave_the_old_site(folder: Path) -> None:
    """Before anything is written."""
    (folder / "few.txt").write_text("one\ntwo\n")
    with pytest.raises(ConfigError, match="expected 7 labels"):
        build(
            Config(
                inputs=folder / "in", output=folder / "nothing",
                model=str(folder / "seven.keras"), labels=folder / "few.txt",
            )
        )  # fmt: skip
    assert not (folder / "nothing").exists()


def test_a_gallery_without_classes_has_no_word_of_them(site: Path) -> None:
    """VGG16 without its classifier, as ever."""
    assert not list(site.glob("sheets/*/*/classes"))
    for page in site.glob("images/*/index.html"):
        assert 'id="classes"' not in page.read_text(encoding="utf-8")
