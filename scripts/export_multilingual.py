"""Writes the files of other languages than English: words, tokenizer, embedder and, once it is trained, reader.

    python -m scripts.export_multilingual --data FOLDER [--reader WEIGHTS] [--target FOLDER]

The embedder is multilingual-e5-small with fewer words, 8-bit as the default model is. Reader and embedder share one
table of words, which training leaves as it is: `multilingual-words.bin`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from onnx import ModelProto

from retrieval.models.embedder import MULTILINGUAL as EMBEDDER
from retrieval.models.embedder import open_embedder
from retrieval.models.onnx import WEIGHTS
from retrieval.models.similarity_calibration import fit, read_pairs, scales_of
from scripts.e5 import E5, POSITIONS
from scripts.graph import GraphWriter, save
from scripts.training.data import MULTILINGUAL
from scripts.training.export import ReaderGraph, parted
from scripts.vocabulary import pruned_e5

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

READER, TOKENIZER = "multilingual-reader", "multilingual-tokenizer.json"
SEARCH_WEIGHT = 8.0
"""Of the similarity beside BM25 / (best BM25): docs/languages.md has the figures by which it was chosen."""
SHARED = dict.fromkeys(("words", "word_scale"), "multilingual-words.bin")


class EmbedderGraph(GraphWriter):
    """From token ids to a unit vector."""

    def model(self, table: tuple[NDArray[np.uint8], Floats]) -> ModelProto:
        """The whole graph, from token ids (1, tokens) to a unit vector (1, 384); `table` is that of the words."""
        self.start()
        words = self.words(*table)
        types = self.weights["embeddings.token_type_embeddings.weight"][0]
        places = self.halved("positions", self.weights["embeddings.position_embeddings.weight"][:POSITIONS] + types)
        place = self.node("Slice", [places, "start", "tokens", "start"], "places")
        hidden = self.layers(self.node("Add", [words, place], "words_placed"))
        mean = self.node("ReduceMean", [hidden, self.constant("tokens_axis", np.array([1]))], "mean", keepdims=0)
        self.node("LpNormalization", [mean], "vector", axis=1, p=2)
        return self.finish(EMBEDDER, ["ids"], {"vector": [1, 384]})


def export_embedder(e5: E5, target: Path) -> None:
    """Write the embedder, the words and their tokenizer."""
    save(EmbedderGraph(e5.weights).model(e5.packed_words()), EMBEDDER, target, SHARED)
    (target / TOKENIZER).write_text(e5.tokenizer().to_str() + "\n", "utf-8")
    scales = scales_of(fit(open_embedder(EMBEDDER, target), read_pairs()).calibration)
    numbers = {"scales": scales, "search_weight": SEARCH_WEIGHT, "corrected_search_weight": SEARCH_WEIGHT / 2}
    (target / f"{EMBEDDER}.json").write_text(json.dumps(numbers) + "\n", "utf-8")


def export_reader(state: dict[str, Floats], e5: E5, target: Path) -> None:
    """Write the reader from its weights by name, and the words, which are those of `e5`."""
    bert, heads = parted(state)
    save(ReaderGraph(bert, e5.packed_words(), MULTILINGUAL.longest).model(heads), READER, target, SHARED)


def main() -> None:
    """Write all files, then print their sizes."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of training rows, by which words are chosen")
    parser.add_argument("--work", type=Path, default=Path("build/training"), help="where the model's package is kept")
    parser.add_argument("--reader", type=Path, help="weights of the reader, as training writes them")
    parser.add_argument("--target", type=Path, default=WEIGHTS, help="folder to write to")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    options.target.mkdir(parents=True, exist_ok=True)
    e5 = pruned_e5(options.work, options.data)
    export_embedder(e5, options.target)
    if options.reader:
        import torch

        state = torch.load(options.reader, map_location="cpu", weights_only=True)
        export_reader({name: array.numpy() for name, array in state.items()}, e5, options.target)
    for file in sorted(options.target.glob("multilingual-*")):
        print(f"{file.name:32} {file.stat().st_size / 1e6:8.3f} MB")


if __name__ == "__main__":
    main()
