"""The network read back from the files that ship, as 32-bit floats by the names of `model`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import numpy_helper

from scripts.training.base import POSITIONS, WIDTH
from scripts.training.export import NAME, unpacked_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

_HEADS = ("span", "answer_dense", "answer", "support_dense", "support")


def shipped_weights(folder: Path) -> dict[str, Floats]:
    """The weights in `folder`, rounded as they are; those of places that are never read are 0."""
    graph = onnx.load(str(folder / f"{NAME}.onnx")).graph
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    words, places = "bert.embeddings", stored["positions_stored"]
    weights = {
        f"{words}.word_embeddings.weight": unpacked_table(stored["words"], stored["word_scale"]),
        f"{words}.position_embeddings.weight": np.pad(places, ((0, POSITIONS - len(places)), (0, 0))),
        f"{words}.token_type_embeddings.weight": stored["texts"],
        **_norm(stored, "embedded", f"{words}.LayerNorm"),
    }
    for number in range(sum(one.endswith("_heads_weight") for one in stored)):
        prefix, at = f"bert.encoder.layer.{number}", f"layer{number}"
        joined, bias = _whole(stored, f"{at}_heads"), stored[f"{at}_heads_bias"]
        for part, name in enumerate(("query", "key", "value")):
            mine = slice(part * WIDTH, (part + 1) * WIDTH)
            weights |= _linear(f"{prefix}.attention.self.{name}", joined[mine], bias[mine])
        for source, product, name in (
            (f"{prefix}.attention.output.dense", f"{at}_mixed_product", f"{at}_mixed"),
            (f"{prefix}.intermediate.dense", f"{at}_wide", f"{at}_wide"),
            (f"{prefix}.output.dense", f"{at}_out_product", f"{at}_out"),
        ):
            weights |= _linear(source, _whole(stored, product), stored[f"{name}_bias"])
        weights |= _norm(stored, f"{at}_mixed", f"{prefix}.attention.output.LayerNorm")
        weights |= _norm(stored, f"{at}_out", f"{prefix}.output.LayerNorm")
    for name in _HEADS:
        weight = stored[f"{name}_weight_stored" if name.endswith("dense") else f"{name}_weight"]
        weights |= _linear(f"heads.{name}", weight.T, stored[f"{name}_bias"])
    return {name: np.ascontiguousarray(array, np.float32) for name, array in weights.items()}


def _whole(stored: dict[str, NDArray[np.generic]], product: str) -> Floats:
    numbers: Floats = (stored[f"{product}_weight"].astype(np.float32) * stored[f"{product}_scale"]).T
    return numbers


def _linear(name: str, weight: NDArray[np.generic], bias: NDArray[np.generic]) -> dict[str, NDArray[np.generic]]:
    return {f"{name}.weight": weight, f"{name}.bias": bias}


def _norm(stored: dict[str, NDArray[np.generic]], output: str, name: str) -> dict[str, NDArray[np.generic]]:
    return {f"{name}.weight": stored[f"{output}_norm_scale"], f"{name}.bias": stored[f"{output}_norm_shift"]}
