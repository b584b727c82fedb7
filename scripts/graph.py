"""BERT as a graph for ONNX Runtime, written out as it is to run, so that nothing is left to optimise when it is opened.

- Weights are 8-bit integers with one scale a column, limited to ±63: a product with an unsigned byte then fits the
  16-bit steps of processors without wider instructions, so that all processors compute the same integers.
- Activations are quantised while it runs, with one scale a token: a token's numbers do not depend on its neighbours.
- LayerNormalization after a plain Add: ONNX Runtime's fused SkipLayerNormalization is several times slower on CPUs.
- It takes one text at a time, shape (1, tokens), hence neither padding nor mask.
- A word table may take 4 bits a number, two numbers a byte, with one scale for each 32.

Heads are written by those who use it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

HEADS, POSITIONS, WIDTH = 12, 256, 384
BLOCK, NIBBLE_ZERO = 32, 8
EPSILON = 1e-12
RUNTIME = "com.microsoft"

# GELU never falls below -0.17, so that its output needs few of the byte's steps for negative numbers.
SIGNED_ZERO, GELU_ZERO, GELU_LOWEST = 128, 24, 0.17
WEIGHT_LIMIT = 63
_LEAST_APART = 1024  # bytes of weights that go into a file of their own


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

    def words(self, packed: NDArray[np.uint8], scale: Floats) -> str:
        """The vectors of the ids' words (1, tokens, 384), from a table in 4 bits: bytes (words, 192), which hold the
        first half of a vector in their low bits, and scales (words, 12, 1).
        """
        bytes_ = self.node("Gather", [self.constant("words", packed), "ids"], "word_bytes")
        low = self.node("BitwiseAnd", [bytes_, self.constant("low_bits", np.uint8(15))], "word_low")
        high = self.node("BitShift", [bytes_, self.constant("four", np.uint8(4))], "word_high", direction="RIGHT")
        nibbles = self.node("Concat", [low, high], "word_nibbles", axis=2)
        floats = self.node("Cast", [nibbles], "word_floats", to=TensorProto.FLOAT)
        signed = self.node("Sub", [floats, self.constant("nibble_zero", np.float32(NIBBLE_ZERO))], "word_signed")
        blocks = self.constant("word_blocks", np.array([1, -1, WIDTH // BLOCK, BLOCK]))
        in_blocks = self.node("Reshape", [signed, blocks], "word_in_blocks")
        halves = self.node("Gather", [self.constant("word_scale", scale.astype(np.float16)), "ids"], "word_half_scales")
        scales = self.node("Cast", [halves], "word_scales", to=TensorProto.FLOAT)
        scaled = self.node("Mul", [in_blocks, scales], "word_scaled")
        return self.node("Reshape", [scaled, self.constant("word_shape", np.array([1, -1, WIDTH]))], "word_vectors")

    def halved(self, name: str, value: Floats) -> str:
        """A constant that is stored in 16 bits."""
        stored = self.constant(f"{name}_stored", value.astype(np.float16))
        return self.node("Cast", [stored], name, to=TensorProto.FLOAT)

    def layers(self, embedded: str) -> str:
        """All layers over the normalised words: the name of the last one's states (1, tokens, 384)."""
        hidden = self.normalised(embedded, "embeddings.LayerNorm", "embedded")
        for number in range(len({name.split(".")[2] for name in self.weights if name.startswith("encoder.layer.")})):
            hidden = self._layer(hidden, number)
        return hidden

    def finish(self, name: str, inputs: list[str], outputs: dict[str, list[Any]]) -> onnx.ModelProto:
        """The model, from token numbers (1, tokens) to `outputs`, names with their shapes."""
        graph = helper.make_graph(
            self.nodes,
            name,
            [helper.make_tensor_value_info(one, TensorProto.INT64, [1, "tokens"]) for one in inputs],
            [helper.make_tensor_value_info(one, TensorProto.FLOAT, shape) for one, shape in outputs.items()],
            list(self.constants.values()),
        )
        opsets = [helper.make_opsetid("", 18), helper.make_opsetid(RUNTIME, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=9, producer_name="footnote-bot")

    def start(self) -> None:
        """Write what all parts share. Called once, before anything else."""
        self.constant("last_axis", np.array([-1]))
        self.constant("start", np.array([0]))
        self.constant("one", np.float32(1))
        self.constant("signed_step", np.float32(1 / 127))
        self.constant("gelu_step", np.float32(1 / (255 - GELU_ZERO)))
        self.constant("gelu_least", np.float32(GELU_LOWEST / GELU_ZERO))
        self.node("Shape", ["ids"], "tokens", start=1, end=2)
        for name, zero in (("signed_zero", SIGNED_ZERO), ("gelu_zero", GELU_ZERO)):
            self.node("Expand", [self.constant(name, np.uint8(zero)), "tokens"], f"{name}s")

    def _layer(self, hidden: str, number: int) -> str:
        prefix, at = f"encoder.layer.{number}", f"layer{number}"
        parts = [f"{prefix}.attention.self.{part}" for part in ("query", "key", "value")]
        joined = np.concatenate([self.weights[f"{part}.weight"] for part in parts])
        bias = np.concatenate([self.weights[f"{part}.bias"] for part in parts])
        heads = [f"{at}_query", f"{at}_key", f"{at}_value"]
        projected = self.product(hidden, joined, f"{at}_heads")
        self.nodes.append(helper.make_node("Split", [projected], heads, name=f"{at}_split", axis=2, num_outputs=3))
        attended = self.node(
            "MultiHeadAttention",
            [*heads, self.constant(f"{at}_heads_bias", bias)],
            f"{at}_attended",
            RUNTIME,
            num_heads=HEADS,
        )
        mixed = self._residual(attended, hidden, f"{prefix}.attention.output", f"{at}_mixed")
        wide = self.product(mixed, self.weights[f"{prefix}.intermediate.dense.weight"], f"{at}_wide")
        wide_bias = self.constant(f"{at}_wide_bias", self.weights[f"{prefix}.intermediate.dense.bias"])
        active = self.node("BiasGelu", [wide, wide_bias], f"{at}_active", RUNTIME)
        return self._residual(active, mixed, f"{prefix}.output", f"{at}_out", gelu=True)

    def _residual(self, inner: str, outer: str, source: str, output: str, gelu: bool = False) -> str:
        product = self.product(inner, self.weights[f"{source}.dense.weight"], f"{output}_product", gelu)
        bias = self.constant(f"{output}_bias", self.weights[f"{source}.dense.bias"])
        biased = self.node("Add", [product, bias], f"{output}_biased")
        summed = self.node("Add", [biased, outer], f"{output}_sum")
        return self.normalised(summed, f"{source}.LayerNorm", output)

    def normalised(self, inner: str, source: str, output: str) -> str:
        """LayerNormalization with the weights called `source`."""
        scale = self.constant(f"{output}_norm_scale", self.weights[f"{source}.weight"])
        shift = self.constant(f"{output}_norm_shift", self.weights[f"{source}.bias"])
        return self.node("LayerNormalization", [inner, scale, shift], output, axis=-1, epsilon=EPSILON)

    def product(self, inner: str, weight: Floats, output: str, gelu: bool = False) -> str:
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


def save(model: onnx.ModelProto, name: str, target: Path, elsewhere: Mapping[str, str] | None = None) -> None:
    """Write graph and weights as `name`.onnx and `name`.bin: apart, since ONNX Runtime maps the latter into memory.

    Weights that `elsewhere` has a file's name for go to that file, which several graphs may share when they have the
    same weights in the same order there.
    """
    written: dict[str, bytearray] = {}
    for tensor in model.graph.initializer:
        if tensor.ByteSize() < _LEAST_APART:
            continue
        file = (elsewhere or {}).get(tensor.name, f"{name}.bin")
        data = written.setdefault(file, bytearray())
        numbers = numpy_helper.to_array(tensor).tobytes()
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (("location", file), ("offset", len(data)), ("length", len(numbers))):
            tensor.external_data.add(key=key, value=str(value))
        data += numbers
    for file, data in written.items():
        (target / file).write_bytes(data)
    (target / f"{name}.onnx").write_bytes(model.SerializeToString())
