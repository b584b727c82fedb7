"""The summary of a question set, from answers written down."""

from __future__ import annotations

from typing import Any

from bot.answers import Answer, Citation, CitedDocument, Status
from bot.evaluation import Row, summary
from bot.evaluation.metrics import Scored
from bot.evaluation.runner import line_of, off_topic
from retrieval.types import Document

TEXT = "The lighthouse at Skerryvore was built of grey granite."


def row(at: int, answers: tuple[str, ...] = (), title: str = "", text: str = "") -> Row:
    """A question about a text of its own; without answers it is unanswerable."""
    own = Document(f"d/{at}", title, text or f"Text {at}. {TEXT}")
    return Row(str(at), (own,), (), f"Question {at}?", answers, bool(answers), ())


def scored(of: Row, confidence: float, highlights: tuple[str | None, ...] = (), status: Status | None = None) -> Scored:
    """An answer that cites the sentence once for each highlight; a refusal without any."""
    document, end = CitedDocument("", "", of.documents[0].source), 100 + len(TEXT)
    places = [None if words is None else (at := 100 + TEXT.index(words), at + len(words)) for words in highlights]
    citations = tuple(
        Citation(number, document, 100, end, TEXT, "", "", place, 1, None, None, 0, len(TEXT), 0.75)
        for number, place in enumerate(places, 1)
    )
    said = status or ("answered" if citations else "not_in_documents")
    times = {"total": 1.0}
    answer = Answer(said, TEXT, citations, of.question, of.question, confidence=confidence, timings_ms=times)
    return Scored(of, answer, (), True)


def value(told: dict[str, Any], key: str) -> tuple[float, int]:
    """The figure of a key and its n."""
    return float(told[key].split()[0]), int(told[key].split("n=")[1])


def test_the_highlight_is_the_first_and_a_missing_one_counts_nothing() -> None:
    """Exact, half right, the second right, none, refused: EM 1/5, F1 (1 + 2/3) / 5, over the answerable questions."""
    told = summary(
        [
            scored(row(1, ("grey granite", "stone")), 0.9, ("grey granite",)),
            scored(row(2, ("granite",)), 0.9, ("grey granite", "granite")),
            scored(row(3, ("Skerryvore",)), 0.9, ("lighthouse", "Skerryvore")),
            scored(row(4, ("granite",)), 0.9, (None,)),
            scored(row(5, ("granite",)), 0.1),
            scored(row(6), 0.9, ("granite",)),
        ]
    )
    assert value(told, "highlight EM") == (0.2, 5)
    assert value(told, "highlight F1") == (0.333, 5)


def test_balanced_accuracy_as_shipped_counts_whatever_is_no_answer_as_none() -> None:
    """Of four answerable, one refused and one asked back about; of two others, one answered: (1/2 + 1/2) / 2."""
    told = summary(
        [
            scored(row(1, ("granite",)), 0.9, ("granite",)),
            scored(row(2, ("granite",)), 0.9, ("granite",)),
            scored(row(3, ("granite",)), 0.3),
            scored(row(4, ("granite",)), 0.5, status="clarify"),
            scored(row(5), 0.2),
            scored(row(6), 0.8, ("granite",)),
        ]
    )
    assert value(told, "balanced accuracy") == (0.5, 6)
    assert value(told, "false refusals") == (0.25, 4)
    assert value(told, "AUC of confidence") == (0.75, 6)  # six of eight pairs: .3 and .5 are below .8


def test_cross_fitted_refusing_needs_the_confidences_only() -> None:
    """All are answered, so .5 as shipped; their confidences part them at a threshold that both halves find: 1."""
    rows = [scored(row(at, ("granite",) * (at % 2)), 0.8 if at % 2 else 0.6, ("granite",)) for at in range(40)]
    told = summary(rows)
    assert value(told, "balanced accuracy") == (0.5, 40)
    assert value(told, "balanced accuracy, cross-fitted") == (1.0, 40)
    assert value(told, "false refusals, cross-fitted") == (0.0, 20)
    assert told["thresholds, cross-fitted"] == "0.700 and 0.700"
    assert told["reliability"][0] == [0.6, 0.0, 4]
    assert told["reliability"][-1] == [0.8, 1.0, 4]


def test_off_topic_questions_have_a_block_of_their_own() -> None:
    """Nothing of them enters the other figures; the answerable ones of the set are what they are told from."""
    own = [scored(row(at, ("granite",)), 0.8, ("granite",)) for at in range(20)]
    apart = [scored(row(100 + at), 0.1) for at in range(10)]
    alone, both = summary(own), summary(own, apart)
    assert {key: both[key] for key in alone} == alone
    assert both["off-topic: questions"] == 10
    for key in ("balanced accuracy", "balanced accuracy, cross-fitted", "AUC of confidence"):
        assert value(both, f"off-topic: {key}") == (1.0, 30)
    assert value(both, "off-topic: refused") == (1.0, 10)
    assert not any(key.startswith("off-topic") for key in alone)


def test_off_topic_questions_are_the_answerable_ones_about_other_documents() -> None:
    """Those about a text or under a title of this set are left out; given, each is asked of one row's documents."""
    rows = [row(1, ("granite",), "Skerryvore"), row(2, ("granite",), text="Of Tiree.")]
    others = [
        row(11, ("rye",), "Mill Lane"),
        row(12, (), "Mill Lane"),
        row(13, ("granite",), "Skerryvore", "Another paragraph of it."),
        row(14, ("granite",), "Tiree", "Of Tiree."),
        row(15, ("rye",)),
        row(16, ("rye",), "Bread"),
    ]
    pooled, given = off_topic(others, rows, "pooled"), off_topic(others, rows, "given")
    assert [one.id for one in pooled] == [one.id for one in given] == ["11", "15", "16"]
    assert not any(one.answerable or one.answers or one.evidence for one in pooled)
    assert [one.documents[0].source for one in given] == ["d/1", "d/2", "d/1"]
    assert [one.documents[0].source for one in pooled] == ["d/11", "d/15", "d/16"]


def test_a_line_holds_highlight_and_support_of_each_citation() -> None:
    """With the place and the quote, so that anyone can score it anew."""
    line = line_of(scored(row(1, ("granite",)), 0.9, ("granite",)))
    start = 100 + TEXT.index("granite")
    place = {"document": "d/1", "start": 100, "end": 100 + len(TEXT), "quote": TEXT}
    assert line["citations"] == [{**place, "highlight": (start, start + 7), "support": 0.75}]
