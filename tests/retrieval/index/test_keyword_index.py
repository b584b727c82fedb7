"""Keyword search: any language is found, the statistics are exact, and no text is a command."""

from __future__ import annotations

import random

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from looking_inside import check_in_step, facts
from phrases import cases

from bot.bootstrap import Footnote
from retrieval.index import keyword_index
from retrieval.store.database import reading
from retrieval.store.tables import passages
from retrieval.types import SHARED, Document

TEXTS = {
    "de": "Die Gemüsebrühe köchelt über dem Feuer.",
    "fr": "Le café était fermé à Orléans.",
    "ru": "Железная дорога соединяет оба города.",
    "zh": "中国外交部发言人毛宁星期二说。",
    "ja": "東京タワーは高さ333メートルです。",
    "th": "ประเทศไทยมีอาหารอร่อย",
    "ar": "وصل القطار إلى المحطة متأخرا.",
    "he": "הספרייה נפתחת בשעה תשע.",
    "ko": "도서관은 아홉 시에 문을 연다.",
    "hi": "पुस्तकालय नौ बजे खुलता है।",
    "en": "The U.S. companies' libraries didn't sell 1,200 books.",
}
QUESTIONS = {
    "de": "GEMÜSEBRÜHE | gemusebruhe | u\u0308ber",
    "fr": "cafe orleans",
    "ru": "ДОРОГА",
    "zh": "毛宁是谁？ | 发言人",
    "ja": "東京 | メートル",
    "th": "อาหาร",
    "ar": "المحطة",
    "he": "הספרייה",
    "ko": "도서관은",
    "hi": "पुस्तकालय",
    "en": "library | US company | 1200 book | didn’t",
}


@pytest.fixture(scope="module")
def library(module_footnote: Footnote) -> Footnote:
    """A library of one document a language, for tests that only read."""
    for language, text in TEXTS.items():
        module_footnote.library.add(Document(language, language, text))
    return module_footnote


def found(footnote: Footnote, question: str, owners: tuple[str, ...] = (SHARED,)) -> list[str]:
    """The sources of what keyword search finds, best first."""
    sources = {entry.id: entry.source for entry in footnote.library.entries(owners)}
    with reading(footnote.engine) as connection:
        hits = keyword_index.search(connection, question, owners)
        rows = dict(connection.execute(sa.select(passages.c.id, passages.c.document_id)).all())
    assert list(hits.values()) == sorted(hits.values(), reverse=True)
    return [sources[rows[passage_id]] for passage_id in hits]


@pytest.mark.parametrize(("question", "language"), cases(QUESTIONS))
def test_every_language_is_found(question: str, language: str, library: Footnote) -> None:
    """Words of any script are found whatever their case, accents, form of encoding and English number."""
    assert found(library, question)[:1] == [language]


def test_order_of_bm25(footnote: Footnote) -> None:
    """A rare word outweighs a common one, more of it outweighs less, and a short passage outweighs a long one."""
    texts = {
        "rare": "The zeppelin stood near the river.",
        "rare, long": "The zeppelin stood near the river. " + "There was much to be seen on that day as well. " * 6,
        "twice": "The zeppelin, a zeppelin, stood near it.",
        "common": "The river was near the river.",
        "common too": "A river and a boat.",
        "common again": "No river, no water.",
        "neither": "Nothing at all of that kind.",
    }
    for source, text in texts.items():
        footnote.library.add(Document(source, "", text))
    order = found(footnote, "zeppelin river")
    assert "neither" not in order
    assert order.index("rare") < order.index("rare, long")
    assert order.index("rare") < min(order.index(source) for source in order if source.startswith("common"))
    assert found(footnote, "zeppelin")[0] == "twice"


@pytest.mark.parametrize(
    "question",
    [
        '"', '""', "zeppelin\" OR \"x", "NEAR(", "NEAR", "AND", "OR", "NOT", "a NOT b", "*", "zep*", "^the", "-the",
        "tokens:the", "{tokens}:the", "the + boat", "(", "))", "'", "';--", "\0", "the\0boat", ":match", "?", "%", "\\",
        "\ud800", "🙂", "", " ", "\u200d",
    ],
)  # fmt: skip  # a list to read, not a column
def test_no_text_is_a_command(question: str, library: Footnote) -> None:
    """What means something to the database's own language is text like any other: it raises nothing, matches words."""
    words = set(question.lower().replace('"', " ").split())
    hits = found(library, question)
    if not words & {"the", "a", "not", "us"} and not any(ord(c) > 127 for c in question):
        assert set(hits) <= {"en", "de", "fr"}
    assert found(library, "zep*") == []
    assert library.search.search(question, "local") is not None


@settings(max_examples=150)
@given(st.text(st.characters(), max_size=60))
def test_any_question_at_all(library: Footnote, question: str) -> None:
    """Any string of any characters, lone surrogates among them, is searched for without an error."""
    with reading(library.engine) as connection:
        assert all(score > 0 for score in keyword_index.search(connection, question, [SHARED]).values())


def test_very_long_question(library: Footnote) -> None:
    """A question of a hundred thousand different words is searched for, too."""
    question = " ".join(f"w{n}" for n in range(100_000)) + " zeppelin library"
    assert found(library, question)[:1] == ["en"]
    assert library.search.statistics(question, "local")


@pytest.mark.parametrize(
    ("seed", "steps"), [(0, 25), *(pytest.param(seed, 60, marks=pytest.mark.long) for seed in range(1, 9))]
)
def test_statistics_equal_a_recount(seed: int, steps: int, footnote: Footnote) -> None:
    """After any sequence of adds, replacements and removals both indexes and the statistics equal a recount."""
    chosen = random.Random(seed)
    for _ in range(steps):
        owner = chosen.choice([SHARED, "chat:1"])
        entries = footnote.library.entries([owner])
        if entries and chosen.random() < 0.3:
            footnote.library.remove(chosen.choice(entries).id, [owner])
        else:
            word = chosen.choice(["marmots", "walruses", "marmots and walruses", "中国外交", "Grüße"])
            footnote.library.add(facts(word, chosen.randint(1, 3), chosen.choice("abc")), owner)
        check_in_step(footnote)
