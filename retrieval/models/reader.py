"""The reader and judge that ships: one small network that reads pairs of texts, on ONNX Runtime.

`python -m scripts.training` trains the one that reads English and writes its files; docs/reader.md says how well it
does. Knows no documents, no ranking and no thresholds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import UnavailableError, first_line
from retrieval.models.calibration import ENGLISH, MULTILINGUAL
from retrieval.models.onnx import CLS, SEP, WEIGHTS, Threads, encodable, open_session, open_tokenizer
from retrieval.models.reading import Reading, Window

_LONGEST_FIRST = 64  # tokens of a question; of a sentence that is judged, twice as many
_LONGEST_BEFORE = (32, 48, 32)  # tokens of the last question, of its answer, of the question before
_OVERLAP = 64  # tokens that two windows share
_MOST_WINDOWS = 12
_WINDOW = 96  # tokens of a quote that are judged at a time, where it is longer; half of them with the one before


class ReaderError(UnavailableError):
    """The reader's files are missing or damaged: one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Network:
    """A set of weights by the name of its files, and how it was trained to take a pair of texts.

    `begin` and `end` are the ids of the tokens round the texts; a pair has `longest` tokens at most.
    """

    name: str
    tokenizer: str
    begin: int
    end: int
    longest: int


NETWORKS = {
    ENGLISH: Network(ENGLISH, "tokenizer.json", CLS, SEP, longest=256),
    MULTILINGUAL: Network(MULTILINGUAL, "multilingual-tokenizer.json", 0, 2, longest=320),
}


class OnnxReader:
    """A reader. Pairs are run one by one, spread over the processor's cores: a pair's figures depend on it alone."""

    def __init__(self, folder: Path = WEIGHTS, network: str = ENGLISH) -> None:
        """Open the files of the network of that name in `folder`. Raises ReaderError."""
        self._network = NETWORKS[network]
        try:
            self._tokenizer = open_tokenizer(folder, self._network.tokenizer)
            self._session = open_session(folder / f"{network}.onnx")
        except Exception as error:  # ONNX Runtime and tokenizers raise bare Exception subclasses of many kinds
            raise ReaderError(
                f"The reader's files in {folder} are missing or damaged ({first_line(error)}): install footnote-bot "
                "again, or set FOOTNOTE_READER=off."
            ) from error

    def read(self, question: str, passages: Sequence[str], before: Sequence[str] = ()) -> list[Reading]:
        """A reading of each passage, in their order.

        `before` is what was said before, as far as it is there: the last question, its answer, the question before.
        Only the multilingual network was trained to take it.
        """
        asked, *said = self._encoded([question, *before])
        asked = asked.ids[:_LONGEST_FIRST]
        for one, longest in zip(said, _LONGEST_BEFORE, strict=False):
            asked += [self._network.end, *one.ids[:longest]] if one.ids else []
        room = self._room(asked)
        windows = [
            (number, encoding, start, start + room)
            for number, encoding in enumerate(self._encoded(passages))
            for start in _window_starts(len(encoding.ids), room, _OVERLAP)
        ]

        def read(window: tuple[int, Any, int, int]) -> Window:
            _, encoding, start, end = window
            spans, odds, _ = self.run(asked, encoding.ids[start:end])
            places = np.array(encoding.offsets[start:end], np.int64).reshape(-1, 2)
            begins, finishes = spans[:, len(asked) + 2 : -1]
            return Window(float(odds[0]), places[:, 0], places[:, 1], begins, finishes)

        with Threads(len(windows)) as map_over:
            found = list(map_over(read, windows))
        return [
            Reading(
                tuple(one for (owner, *_), one in zip(windows, found, strict=True) if owner == number),
                self._network.name,
            )
            for number in range(len(passages))
        ]

    def support(self, sentences: Sequence[str], quotes: Sequence[str]) -> list[float]:
        """The probability that each quote bears out the sentence beside it.

        A long quote is judged as far as it fits, and window by window: among many sentences the one that bears it out
        is missed. The log-odds of both, of the best window, count alike (after SummaC, Laban et al. 2022).
        """
        firsts = [encoding.ids[: 2 * _LONGEST_FIRST] for encoding in self._encoded(sentences)]
        encoded = self._encoded(quotes)
        judged = [
            (number, start, end) for number, quote in enumerate(encoded) for start, end in _judged(len(quote.ids))
        ]

        def judge(one: tuple[int, int, int]) -> float:
            number, start, end = one
            return float(self.run(firsts[number], encoded[number].ids[start:end][: self._room(firsts[number])])[2][0])

        with Threads(len(judged)) as map_over:
            odds: dict[int, list[float]] = {}
            for (number, *_), one in zip(judged, map_over(judge, judged), strict=True):
                odds.setdefault(number, []).append(one)
        return [
            1 / (1 + math.exp(-(whole + max(windows, default=whole)) / 2))
            for whole, *windows in (odds[number] for number in range(len(quotes)))
        ]

    def _encoded(self, texts: Sequence[str]) -> list[Any]:
        found: list[Any] = self._tokenizer.encode_batch([encodable(text) for text in texts], add_special_tokens=False)
        return found

    def run(self, first: Sequence[int], second: Sequence[int]) -> tuple[NDArray[np.float32], ...]:
        """Of two texts as tokens: spans (2, tokens), log-odds of an answer (1,), log-odds of support (1,)."""
        ids = np.array([self._pair(first, second)], np.int64)
        texts = np.zeros_like(ids)
        texts[0, len(first) + 2 : -1] = 1
        spans, answer, support = self._session.run(None, {"ids": ids, "types": texts})
        return spans[0], answer, support

    def _pair(self, first: Sequence[int], second: Sequence[int]) -> list[int]:
        return [self._network.begin, *first, self._network.end, *second, self._network.end]

    def _room(self, first: Sequence[int]) -> int:
        """How many tokens may stand beside the first text."""
        return self._network.longest - len(self._pair(first, ()))


def _judged(tokens: int) -> list[tuple[int, int]]:
    """The stretches of a quote that are judged: the whole, then its windows where it is longer than one."""
    windows = [(start, start + _WINDOW) for start in _window_starts(tokens, _WINDOW, _WINDOW // 2)]
    return [(0, tokens), *(windows if tokens > _WINDOW else [])]


def _window_starts(tokens: int, room: int, overlap: int) -> list[int]:
    """Where windows of `room` tokens begin that together cover `tokens`, as far as they are read."""
    starts = [0]
    while starts[-1] + room < tokens and len(starts) < _MOST_WINDOWS:
        starts.append(min(starts[-1] + room - overlap, tokens - room))
    return starts
