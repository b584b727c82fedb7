"""Writes a trained network as a graph and its weights: both tasks in one graph, 8-bit, words 4-bit.

From token ids and the number of the text that each token belongs to, (1, tokens) both, it gives `spans` (1, 2, tokens),
the log-probabilities that the answer begins and ends there; `answer` (1,), the log-odds that there is one; and
`support` (1,), the log-odds that the second text bears out the first. The word table takes 4 bits a number, two numbers
a byte, with one scale for each 32: it is a third of the file otherwise.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import ModelProto, TensorProto

from scripts.graph import BLOCK, NIBBLE_ZERO, POSITIONS, GraphWriter, save

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

NAME = "reader"
NIBBLE_LIMIT = 7


class ReaderGraph(GraphWriter):
    """From a pair of texts of `positions` tokens at most to spans, answer and support."""

    def __init__(self, weights: dict[str, Floats], table: tuple[NDArray[np.uint8], Floats], positions: int) -> None:
        """`weights` are the encoder's by name, `table` its words in 4 bits with their scales."""
        super().__init__(weights)
        self._table = table
        self._positions = positions

    def model(self, heads: dict[str, Floats]) -> ModelProto:
        """The whole graph; `heads` are the weights of the heads by name."""
        self.start()
        states = self.layers(self._embedded())
        row = self.constant("one_row", np.array([1, -1]))
        token = self.node("Gather", [states, self.constant("first_token", np.array([0]))], "first_token_state", axis=1)
        first = self.node("Reshape", [token, row], "first_state")
        both = self._spans(states, heads)
        inner = self._dense([first, both], "answer_dense", heads)
        self._odds(inner, "answer", heads)
        self._odds(self._dense([first], "support_dense", heads), "support", heads)
        return self.finish(NAME, ["ids", "types"], {"spans": [1, 2, "tokens"], "answer": [1], "support": [1]})

    def _embedded(self) -> str:
        words = self.words(*self._table)
        places = self.halved("positions", self.weights["embeddings.position_embeddings.weight"][: self._positions])
        place = self.node("Slice", [places, "start", "tokens", "start"], "places")
        kinds = self.constant("texts", self.weights["embeddings.token_type_embeddings.weight"])
        kind = self.node("Gather", [kinds, "types"], "text_vectors")
        return self.node("Add", [self.node("Add", [words, place], "words_placed"), kind], "words_known")

    def _spans(self, states: str, heads: dict[str, Floats]) -> str:
        """Write `spans`; the states at beginning and end, weighted by their probabilities, (1, 768)."""
        inputs = [states, self.constant("span_weight", heads["span.weight"].T)]
        product = self.node("MatMul", inputs, "span_product")
        biased = self.node("Add", [product, self.constant("span_bias", heads["span.bias"])], "span_biased")
        odds = self.node("Transpose", [biased], "span_odds", perm=[0, 2, 1])
        second = self.node("Cast", ["types"], "in_second", to=TensorProto.BOOL)
        second = self.node("Unsqueeze", [second, self.constant("texts_axis", np.array([1]))], "in_second_both")
        masked = self.node("Where", [second, odds, self.constant("outside", np.float32(-1e4))], "span_masked")
        self.node("LogSoftmax", [masked], "spans", axis=-1)
        chances = self.node("Exp", ["spans"], "span_chances")
        ends = self.node("MatMul", [chances, states], "span_states")
        return self.node("Reshape", [ends, "one_row"], "span_row")

    def _dense(self, parts: list[str], name: str, heads: dict[str, Floats]) -> str:
        joined = self.node("Concat", parts, f"{name}_in", axis=1) if len(parts) > 1 else parts[0]
        weight = self.halved(f"{name}_weight", heads[f"{name}.weight"].T)
        biased = self.node(
            "Gemm", [joined, weight, self.constant(f"{name}_bias", heads[f"{name}.bias"])], f"{name}_out"
        )
        return self.node("Tanh", [biased], f"{name}_active")

    def _odds(self, inner: str, name: str, heads: dict[str, Floats]) -> None:
        weight = self.constant(f"{name}_weight", heads[f"{name}.weight"].T)
        odds = self.node("Gemm", [inner, weight, self.constant(f"{name}_bias", heads[f"{name}.bias"])], f"{name}_odds")
        self.node("Reshape", [odds, "last_axis"], name)


def packed_table(table: Floats) -> tuple[NDArray[np.uint8], Floats]:
    """The table (words, 384) as nibbles (words, 192), low ones first, and the scales (words, 12, 1)."""
    blocks = table.reshape(len(table), -1, BLOCK)
    scale = (np.abs(blocks).max(axis=2, keepdims=True) / NIBBLE_LIMIT).astype(np.float32)
    scale[scale == 0] = 1
    whole = np.clip(np.rint(blocks / scale), -NIBBLE_LIMIT, NIBBLE_LIMIT).reshape(table.shape) + NIBBLE_ZERO
    nibbles = whole.astype(np.uint8)
    half = table.shape[1] // 2
    return nibbles[:, :half] | (nibbles[:, half:] << 4), scale


def unpacked_table(packed: NDArray[np.uint8], scale: NDArray[np.floating[Any]]) -> Floats:
    """The table as it is read back from its nibbles and scales."""
    nibbles = np.concatenate([packed & 15, packed >> 4], axis=1).astype(np.float32) - NIBBLE_ZERO
    scales = scale.astype(np.float16).astype(np.float32)
    table: Floats = (nibbles.reshape(len(packed), -1, BLOCK) * scales).reshape(nibbles.shape)
    return table


def rounded_table(table: Floats) -> Floats:
    """The table as it ships."""
    return unpacked_table(*packed_table(table))


def export(state: dict[str, Floats], target: Path) -> None:
    """Write both files to the folder `target` from the network's weights by name."""
    bert, heads = parted(state)
    target.mkdir(parents=True, exist_ok=True)
    table = packed_table(bert["embeddings.word_embeddings.weight"])
    save(ReaderGraph(bert, table, POSITIONS).model(heads), NAME, target)


def parted(state: dict[str, Floats]) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """The weights of the encoder and those of the heads, by name."""
    bert = {name.removeprefix("bert."): array for name, array in state.items() if name.startswith("bert.")}
    heads = {name.removeprefix("heads."): array for name, array in state.items() if name.startswith("heads.")}
    return bert, heads
