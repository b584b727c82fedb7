"""Text into vectors: the only home of sentence-transformers.

This module knows nothing of documents, passages or indexes: it gets strings and gives vectors of unit length, so that
a dot product is a cosine. Two models run on ONNX Runtime from the weights in `weights/`: the default one, for English,
which `scripts/export_embedder.py` derives, and one for other languages (`scripts/export_multilingual.py`). Any other
model that a user names runs on sentence-transformers, an extra.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from retrieval.errors import UnavailableError, first_line
from retrieval.models.onnx import CLS, SEP, WEIGHTS, Threads, encodable, open_session, open_tokenizer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DEFAULT = "all-MiniLM-L6-v2"
MULTILINGUAL = "multilingual-e5-small"
_TOKENISED_AT_ONCE = 256
# What a model without a stated limit is taken to read: BERT's own length.
_USUAL_TOKENS = 512
_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")
_HUB_TIMEOUT = 10.0  # seconds
_EXTRA = "sentence-transformers"


class EmbeddingError(UnavailableError):
    """A model cannot be opened or gives no vectors: one line that says what happened and what to do."""


class Embedder(Protocol):
    """A model that turns text into vectors. Several threads may use it at once."""

    name: str
    dimensions: int
    max_tokens: int
    """How many tokens of a text are read, special tokens not counted; the rest of a longer text is ignored."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of passages in their order, shape (n, dimensions), each of unit length."""

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """The vector of a question, shape (dimensions,), of unit length."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has, special tokens not counted, nothing cut off."""


def open_embedder(name: str = DEFAULT, folder: Path = WEIGHTS) -> Embedder:
    """Open the model called `name`: one that ships, in `folder`, or any sentence-transformers model by name or folder.

    Raises EmbeddingError if it is not there or does not load.
    """
    return OnnxEmbedder(folder, _SHIPPED[name]) if name in _SHIPPED else SentenceTransformerEmbedder(name)


@dataclass(frozen=True, slots=True)
class _Model:
    """A model that ships, by the name of its files, and how it was trained to take a text: the ids of the tokens round
    it, how many it reads between them, the words before a question, and those before a passage, of `prefix` tokens.
    """

    name: str
    tokenizer: str
    begin: int
    end: int
    longest: int
    query: str = ""
    passage: str = ""
    prefix: int = 0


_DEFAULT = _Model(DEFAULT, "tokenizer.json", CLS, SEP, 254)
_SHIPPED = {
    DEFAULT: _DEFAULT,
    MULTILINGUAL: _Model(MULTILINGUAL, "multilingual-tokenizer.json", 0, 2, 510, "query: ", "passage: ", 2),
}


class OnnxEmbedder:
    """A model with 8-bit weights, on ONNX Runtime: all-MiniLM-L6-v2 or multilingual-e5-small.

    Each text is run by itself, without padding: its vector is the same to the bit whatever else is in the batch. Many
    texts are spread over the processor's cores, one thread each.
    """

    def __init__(self, folder: Path = WEIGHTS, model: _Model = _DEFAULT) -> None:
        """Open the weights in `folder`. Raises EmbeddingError if they are missing or damaged."""
        self.name = model.name
        self.dimensions = 384
        self.max_tokens = model.longest - model.prefix
        self._model = model
        try:
            self._tokenizer = open_tokenizer(folder, model.tokenizer)
            self._session = open_session(folder / f"{model.name}.onnx")
        except Exception as error:  # ONNX Runtime and tokenizers raise bare Exception subclasses of many kinds
            raise EmbeddingError(
                f"The embedding model's files in {folder} are missing or damaged ({first_line(error)}): "
                "install footnote-bot again."
            ) from error

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of passages in their order, shape (n, 384), each of unit length."""
        import numpy as np

        vectors = np.empty((len(texts), self.dimensions), np.float32)
        with Threads(len(texts), least_each=2) as map_over:
            at = 0
            for tokens in self._tokens([self._model.passage + text for text in texts]):
                vectors[at : at + len(tokens)] = list(map_over(self._run, tokens))
                at += len(tokens)
        return vectors

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """The vector of a question, shape (384,), of unit length."""
        return self._run(next(self._tokens([self._model.query + text]))[0])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many word pieces each text has, special tokens not counted, nothing cut off."""
        return [len(tokens) for batch in self._tokens(texts) for tokens in batch]

    def _tokens(self, texts: Sequence[str]) -> Iterator[list[list[int]]]:
        """The tokens of texts, in batches that fit into memory whatever their number."""
        for start in range(0, len(texts), _TOKENISED_AT_ONCE):
            batch = [encodable(text) for text in texts[start : start + _TOKENISED_AT_ONCE]]
            # The tokenizer's own truncation is shared state between threads; cutting the list of tokens is not.
            yield [found.ids for found in self._tokenizer.encode_batch_fast(batch, add_special_tokens=False)]

    def _run(self, tokens: list[int]) -> NDArray[np.float32]:
        import numpy as np

        ids = np.array([[self._model.begin, *tokens[: self._model.longest], self._model.end]], np.int64)
        vector: NDArray[np.float32] = self._session.run(None, {"ids": ids})[0][0]
        return vector


class SentenceTransformerEmbedder:
    """Any sentence-transformers model, by the name it has on the Hugging Face hub or by its folder.

    Models with prompts get the right one for questions and for passages. Code that comes with a model is never run.
    """

    def __init__(self, name: str) -> None:
        """Load the model, from the local cache if it is there. Raises EmbeddingError if it cannot be had."""
        self.name = name
        if importlib.util.find_spec("sentence_transformers") is None:
            raise EmbeddingError(
                f"The embedding model {name!r} needs sentence-transformers: pip install 'footnote-bot[{_EXTRA}]', or "
                f"leave FOOTNOTE_EMBEDDING at {DEFAULT}."
            )
        try:
            self._model = _load_sentence_transformer(name)
        except Exception as error:  # a named model may fail in any way: not there, no network, unknown kind, too big
            raise EmbeddingError(
                f"The embedding model {name!r} could not be loaded ({first_line(error)}): check its name or folder "
                f"and the network, or leave FOOTNOTE_EMBEDDING at {DEFAULT}."
            ) from error
        tokenizer = self._model.tokenizer
        self._counter = _counter(tokenizer)
        special = int(getattr(tokenizer, "num_special_tokens_to_add", lambda pair: 0)(False))
        self.max_tokens = max(1, min(self._model.max_seq_length or _USUAL_TOKENS, 10**6) - special)
        # One thread at a time: a Hugging Face tokenizer changes its own truncation while it works.
        self._lock = threading.Lock()
        self.dimensions = len(self.encode_query(""))

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of passages, shape (n, dimensions), each of unit length. Raises EmbeddingError if the model fails."""
        import numpy as np

        if not texts:
            return np.empty((0, self.dimensions), np.float32)
        return self._vectors(self._model.encode_document, [encodable(text) for text in texts])

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """The vector of a question, shape (dimensions,), of unit length. Raises EmbeddingError if the model fails."""
        vector: NDArray[np.float32] = self._vectors(self._model.encode_query, [encodable(text)])[0]
        return vector

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has, special tokens not counted, nothing cut off."""
        if not texts:
            return []
        with self._lock:
            return self._counter([encodable(text) for text in texts])

    def _vectors(self, encode: Callable[..., Any], texts: list[str]) -> NDArray[np.float32]:
        try:
            with self._lock:
                found = encode(texts, show_progress_bar=False, convert_to_numpy=True)
        except Exception as error:
            raise EmbeddingError(
                f"The embedding model {self.name!r} failed on {len(texts)} texts ({first_line(error)}): "
                f"try another model, or leave FOOTNOTE_EMBEDDING at {DEFAULT}."
            ) from error
        return _unit(found, self.name)


def _load_sentence_transformer(name: str) -> Any:
    if not name.strip():
        raise ValueError("its name is empty")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    from sentence_transformers import SentenceTransformer

    _silence()
    try:
        # The cache first: it needs no network, and a model that has not changed need not be asked for.
        return SentenceTransformer(name, local_files_only=True, trust_remote_code=False)
    except Exception:
        if Path(name).exists() or not _HUB_NAME.fullmatch(name):
            raise
    from huggingface_hub import HfApi

    # Raises at once if the hub is out of reach or has no such model: loading it would try each file for minutes.
    HfApi().model_info(name if "/" in name else f"sentence-transformers/{name}", timeout=_HUB_TIMEOUT)
    return SentenceTransformer(name, trust_remote_code=False)


def _silence() -> None:
    """Keep progress bars and notices of the libraries off the screen; what matters is raised."""
    transformers_logging: Any = importlib.import_module("transformers.utils.logging")
    for library in ("sentence_transformers", "huggingface_hub"):
        logging.getLogger(library).setLevel(logging.ERROR)
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()


def _counter(tokenizer: Any) -> Callable[[list[str]], list[int]]:
    """A function that counts untruncated tokens, for the two kinds of tokenizer that sentence-transformers has."""
    import tokenizers

    if isinstance(tokenizer, tokenizers.Tokenizer):
        untruncated = tokenizers.Tokenizer.from_str(tokenizer.to_str())
        untruncated.no_truncation()
        untruncated.no_padding()
        return lambda texts: [len(found.ids) for found in untruncated.encode_batch(texts, add_special_tokens=False)]
    return lambda texts: [
        len(ids) for ids in tokenizer(texts, add_special_tokens=False, truncation=False, verbose=False)["input_ids"]
    ]


def _unit(vectors: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    """The vectors at unit length; a text in which a model sees nothing gets the same neutral direction each time."""
    import numpy as np

    wide = np.asarray(vectors, np.float64)
    if not np.isfinite(wide).all():
        raise EmbeddingError(f"The embedding model {name!r} gave a vector that is not finite: use another model.")
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    neutral = np.full(wide.shape[1], wide.shape[1] ** -0.5)
    unit: NDArray[np.float32] = np.where(lengths > 0, wide / np.where(lengths > 0, lengths, 1), neutral).astype("f4")
    return unit
