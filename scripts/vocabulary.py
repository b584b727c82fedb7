"""Which pieces of multilingual-e5-small's vocabulary ship: those that some language uses, and all single characters.

The model has 250,000 pieces for a hundred languages, and their table is most of its size. A piece counts as much as its
share of the pieces of one language's text, in the language that uses it most: running text of the training rows, and
words with how often they are used (`wordfreq`, for languages that the rows have little or nothing of). A piece that is
left out is written with others.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scripts.e5 import E5, read_e5

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE = 100_000
"""How many pieces are kept beside single characters."""
WORDS_OF = "ar bg bn ca cs da de el en es fa fi fr he hi hu id it ja ko nb nl pl pt ro ru sv ta tr uk ur vi zh".split()
_WORDS = 60_000  # of each language, the most frequent
_CAPITAL = 0.15  # how often a word is written with a capital
_LEAST_TEXT = 1_000_000  # pieces: what a shorter text uses once may be chance
_AT_ONCE = 2000


def pruned_e5(work: Path, data: Path) -> E5:
    """The model with the pieces that ship, chosen now or before."""
    e5, chosen = read_e5(work), work / "pieces.npy"
    if not chosen.exists():
        np.save(chosen, kept_pieces(e5, data))
    return e5.pruned(np.load(chosen))


def kept_pieces(e5: E5, data: Path) -> NDArray[np.intp]:
    """The ids of the pieces to keep; `data` holds the folders of training rows."""
    tokenizer = e5.tokenizer()
    shares = np.zeros(len(e5.pieces))
    for uses in _running_text(data, tokenizer, len(e5.pieces)).values():
        shares = np.maximum(shares, uses / max(_LEAST_TEXT, uses.sum()))
    for language in WORDS_OF:
        uses = _frequent_words(language, tokenizer, len(e5.pieces))
        shares = np.maximum(shares, uses / uses.sum())
    kept = np.array([len(piece.removeprefix("▁")) <= 1 for piece in e5.pieces])
    kept[np.argsort(-shares, kind="stable")[:SIZE]] = True
    return np.flatnonzero(kept)


def _running_text(data: Path, tokenizer: Any, pieces: int) -> dict[str, NDArray[np.int64]]:
    """How often the rows of each language use each piece."""
    uses: dict[str, NDArray[np.int64]] = defaultdict(lambda: np.zeros(pieces, np.int64))
    for file in sorted(data.glob("*/*.jsonl.gz")):
        for language, texts in _batches(_texts(file)):
            for found in tokenizer.encode_batch_fast(texts, add_special_tokens=False):
                np.add.at(uses[language], found.ids, 1)
    return uses


def _texts(file: Path) -> Iterator[tuple[str, str]]:
    """Each question, claim and passage of a file once, with its language."""
    seen: set[str] = set()
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            for name in ("passage", "question", "claim", "source_text"):
                text = row.get(name)
                if text and text not in seen:
                    seen.add(text)
                    spoken = row.get("question_lang") if name == "question" else None
                    yield spoken or row.get("lang", "en"), text


def _batches(texts: Iterable[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    waiting: dict[str, list[str]] = defaultdict(list)
    for language, text in texts:
        waiting[language].append(text)
        if len(waiting[language]) == _AT_ONCE:
            yield language, waiting.pop(language)
    yield from waiting.items()


def _frequent_words(language: str, tokenizer: Any, pieces: int) -> NDArray[np.float64]:
    """How often a language's words use each piece, in lower case and with a capital."""
    from wordfreq import get_frequency_dict

    words = sorted(get_frequency_dict(language).items(), key=lambda one: (-one[1], one[0]))[:_WORDS]
    uses = np.zeros(pieces)
    for texts, times in (([word for word, _ in words], 1.0), ([word.capitalize() for word, _ in words], _CAPITAL)):
        for found, (_, often) in zip(tokenizer.encode_batch_fast(texts, add_special_tokens=False), words, strict=True):
            np.add.at(uses, found.ids, often * times)
    return uses
