"""The reader of other languages: it finds the answer across languages, and takes what was said before."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from retrieval.models.calibration import ENGLISH, MULTILINGUAL, calibration
from retrieval.models.onnx import WEIGHTS
from retrieval.models.reader import OnnxReader, ReaderError
from retrieval.types import Span

TEXTS = {
    "en": "The lighthouse of Skalen was built of granite in 1844. Its keeper, Anna Lund, counted nine ships in March.",
    "de": "Der Leuchtturm von Skalen wurde 1844 aus Granit gebaut. Die Wärterin Anna Lund zählte im März neun Schiffe.",
    "es": "El faro de Skalen se construyó con granito en 1844. Su guardiana, Anna Lund, contó nueve barcos en marzo.",
}
ASKED = {
    "de": "Wann wurde der Leuchtturm gebaut?",
    "es": "¿En qué año se construyó el faro?",
    "fr": "En quelle année le phare a-t-il été construit ?",
    "ru": "В каком году построили маяк?",
    "zh": "灯塔建于哪一年？",
    "tr": "Deniz feneri hangi yılda inşa edildi?",
}


@pytest.fixture(scope="module")
def reader() -> OnnxReader:
    """The reader that ships."""
    return OnnxReader(network=MULTILINGUAL)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("asked", ASKED)
def test_an_answer_is_found_across_languages(reader: OnnxReader, asked: str, text: str) -> None:
    """The year is the likeliest answer, and the text answers likelier than one about something else does."""
    found, beside = reader.read(ASKED[asked], [TEXTS[text], "Copper is softer than iron."])
    place = found.within(Span(0, len(TEXTS[text])))
    assert place is not None and "1844" in place.answer.of(TEXTS[text])
    assert found.odds > beside.odds
    assert found.network == MULTILINGUAL


def test_what_was_said_before_is_read(reader: OnnxReader) -> None:
    """The last question and its answer change what is read, what is empty does not; the passage's places stay right."""
    question = "Und wie viele?"
    alone, empty, after = (
        reader.read(question, [TEXTS["de"]], before)[0]
        for before in ((), ("", "", ""), ("Was zählte Anna Lund im März?", "Schiffe", ""))
    )
    assert alone.odds == empty.odds != after.odds
    assert np.array_equal(alone.windows[0].starts, after.windows[0].starts)
    assert alone.windows[0].ends[-1] == after.windows[0].ends[-1] == len(TEXTS["de"])


@pytest.mark.parametrize("text", ["", " ", "\ud800", "\x00", "漢" * 3000, "ا" * 5000, "\u200b" * 50, "a\u0301" * 900])
def test_strange_texts_are_read(reader: OnnxReader, text: str) -> None:
    """Whatever a question, a passage or an earlier turn holds, its figures are numbers."""
    for question, passage, before in ((text, TEXTS["en"], ()), ("Wer?", text, ()), ("Wer?", TEXTS["en"], (text, text))):
        (found,) = reader.read(question, [passage], before)
        assert np.isfinite(found.odds)


def test_the_numbers_belong_to_the_weights() -> None:
    """Its calibration is its own, with a weight for each feature and thresholds that are probabilities."""
    numbers = calibration(MULTILINGUAL)
    assert numbers != calibration(ENGLISH)
    assert [len(one) for one in (numbers.sentence, numbers.confidence, numbers.support)] == [6, 6, 3]
    assert 0 < numbers.threshold < 1


@pytest.mark.parametrize(
    "missing", ["multilingual-reader.onnx", "multilingual-words.bin", "multilingual-tokenizer.json"]
)
def test_missing_files_are_told_in_one_line(tmp_path: Path, missing: str) -> None:
    """Each file that is missing is told in one line that says what to do."""
    for file in WEIGHTS.glob("multilingual-*"):
        if file.name != missing:
            shutil.copyfile(file, tmp_path / file.name)
    with pytest.raises(ReaderError, match=r"\A[^\n]*install footnote-bot again, or set FOOTNOTE_READER=off[^\n]*\Z"):
        OnnxReader(tmp_path, MULTILINGUAL)


def test_the_files_stay_small() -> None:
    """Under 24 MB beside the words, with its card."""
    assert sum((WEIGHTS / f"{MULTILINGUAL}.{kind}").stat().st_size for kind in ("onnx", "bin")) < 24e6
    assert "31,494 questions" in (WEIGHTS / "MULTILINGUAL-READER.md").read_text("utf-8")
    assert json.loads((WEIGHTS / f"{MULTILINGUAL}.json").read_text("utf-8"))
