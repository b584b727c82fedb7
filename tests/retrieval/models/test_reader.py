"""The reader that ships, on texts of its own: where it finds answers, that it finds none, and that it is steady."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from retrieval.models.calibration import ENGLISH, CalibrationError, calibration
from retrieval.models.onnx import WEIGHTS
from retrieval.models.reader import OnnxReader, ReaderError
from retrieval.types import Span

LIGHTHOUSE = (
    "The lighthouse of Skalen was built of granite in 1844. Its keeper, Anna Lund, counted nine ships before the fog "
    "came in. The lamp was fed with rapeseed oil until electricity reached the island in 1931."
)
COPPER = "Copper conducts electricity better than iron. It is mined in Chile, and most of it goes into cables."


@pytest.fixture(scope="module")
def reader() -> OnnxReader:
    return OnnxReader()


def found(reader: OnnxReader, question: str, text: str) -> str:
    """The likeliest answer in a text."""
    place = reader.read(question, [text])[0].within(Span(0, len(text)))
    assert place is not None
    return place.answer.of(text)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("When was the lighthouse built?", "1844"),
        ("Who kept the lighthouse?", "Anna Lund"),
        ("How many ships did the keeper count?", "nine"),
        ("What was the lamp fed with?", "rapeseed oil"),
        ("What is the lighthouse built of?", "granite"),
    ],
)
def test_it_finds_the_words_that_answer(reader: OnnxReader, question: str, answer: str) -> None:
    """The likeliest words hold the answer and little more."""
    words = found(reader, question, LIGHTHOUSE)
    assert answer in words
    assert len(words) <= len(answer) + 12


def test_a_text_that_answers_is_likelier_to_than_others(reader: OnnxReader) -> None:
    """The right text far before another, and before the same text for a question that it does not answer."""
    right, other = reader.read("When was the lighthouse built?", [LIGHTHOUSE, COPPER])
    missing = reader.read("Who designed the lighthouse?", [LIGHTHOUSE])[0]
    assert right.probability > 0.5
    assert right.odds > other.odds + 2
    assert right.odds > missing.odds + 1


def test_a_reading_does_not_depend_on_its_neighbours(reader: OnnxReader) -> None:
    """The same figures to the bit alone, in company, and from several threads at once."""
    question = "Where is copper mined?"
    alone = reader.read(question, [COPPER])[0].windows[0]
    company = reader.read(question, [LIGHTHOUSE, COPPER, LIGHTHOUSE])[1].windows[0]
    with ThreadPoolExecutor(4) as pool:
        many = list(pool.map(lambda _: reader.read(question, [COPPER])[0].windows[0], range(8)))
    for other in (company, *many):
        assert other.odds == alone.odds
        assert np.array_equal(other.begins, alone.begins)


def test_a_long_passage_is_read_to_its_end(reader: OnnxReader) -> None:
    """An answer after two thousand characters of other text is found where it stands."""
    text = f"{'The council met on Monday and spoke about the harbour. ' * 40}{LIGHTHOUSE}"
    reading = reader.read("Who was the keeper?", [text])[0]
    place = reading.within(Span(0, len(text)))
    assert len(reading.windows) > 1
    assert place is not None
    assert place.answer.of(text) == "Anna Lund"
    assert reading.probability > 0.5


@pytest.mark.parametrize("text", ["", " ", "\ud800 \udfff", "\u202e", "x" * 5000, "a " * 5000, "名前は何ですか"])
def test_whatever_is_read_gives_figures(reader: OnnxReader, text: str) -> None:
    """Nothing to read, no words, one endless word: numbers that are finite, and no place outside the text."""
    for question, passage in ((text, LIGHTHOUSE), ("Who?", text)):
        reading = reader.read(question, [passage])[0]
        place = reading.within(Span(0, len(passage)))
        assert np.isfinite(reading.odds)
        assert place is None or 0 <= place.answer.start < place.answer.end <= len(passage)


@pytest.mark.parametrize(
    ("sentence", "quote", "borne_out"),
    [
        ("The lighthouse is made of granite.", LIGHTHOUSE, True),
        ("Anna Lund was the keeper of the lighthouse.", LIGHTHOUSE, True),
        ("The lighthouse is made of wood.", LIGHTHOUSE, False),
        ("Copper is mined in Chile.", LIGHTHOUSE, False),
        ("Copper goes into cables for the most part.", COPPER, True),
    ],
)
def test_it_judges_sentences(reader: OnnxReader, sentence: str, quote: str, borne_out: bool) -> None:
    """What the quote says in other words is likely, what it does not say is not."""
    assert (reader.support([sentence], [quote])[0] > 0.5) == borne_out


def test_what_stands_at_the_end_of_a_long_quote_bears_a_sentence_out(reader: OnnxReader) -> None:
    """Beyond what fits beside a sentence at once: it counts where it is there, and is missed where it is not."""
    before = "Copper is softer than iron, and a cable of copper lasts for many years. " * 25
    sentence = "The lighthouse is made of granite."
    there, not_there = reader.support([sentence] * 2, [before + LIGHTHOUSE, before])
    assert there > 10 * not_there


def test_the_numbers_belong_to_the_weights() -> None:
    """The calibration has a weight for each feature, and thresholds that are probabilities."""
    numbers = calibration(ENGLISH)
    assert len(numbers.sentence) == 6
    assert len(numbers.confidence) == 6
    assert len(numbers.support) == 3
    assert 0 < numbers.threshold < 1


@pytest.mark.parametrize("damage", [None, b"", "cut"])
def test_damaged_files_are_told_in_one_line(tmp_path: Path, damage: bytes | str | None) -> None:
    """Weights that are missing, empty or cut short: one line that says what to do."""
    for name in ("tokenizer.json", "reader.onnx", "reader.bin"):
        shutil.copyfile(WEIGHTS / name, tmp_path / name)
    file = tmp_path / "reader.onnx"
    whole = file.read_bytes()
    file.unlink()
    if damage is not None:
        file.write_bytes(damage if isinstance(damage, bytes) else whole[: len(whole) // 2])
    with pytest.raises(ReaderError, match=r"\A[^\n]*install footnote-bot again, or set FOOTNOTE_READER=off[^\n]*\Z"):
        OnnxReader(tmp_path)


@pytest.mark.parametrize("held", [None, "", "[]", "{}", '{"passage": 1', '{"other": 1}'])
def test_damaged_numbers_are_told_in_one_line(tmp_path: Path, held: str | None) -> None:
    """No numbers, none that can be read, or not all of them: one line that says what to do."""
    if held is not None:
        (tmp_path / "reader.json").write_text(held, "utf-8")
    with pytest.raises(CalibrationError, match="install footnote-bot again, or set FOOTNOTE_READER=off"):
        calibration(ENGLISH, tmp_path)


def test_the_weights_stay_small() -> None:
    """Under 30 MB together, with their licence, their data and their card beside them."""
    size = sum((WEIGHTS / name).stat().st_size for name in ("reader.onnx", "reader.bin"))
    assert size < 30_000_000
    for name in ("READER.md", "READER-DATA.md", "READER-LICENSE"):
        assert (WEIGHTS / name).stat().st_size > 1000
    assert json.loads((WEIGHTS / "reader.json").read_text("utf-8"))
