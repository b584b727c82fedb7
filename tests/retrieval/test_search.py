"""Search: both indexes score every hit, words are exact, and the order is always the same."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from looking_inside import facts, stored_passages

from bot.answers import Turn
from bot.bootstrap import Footnote
from retrieval.chunking.chunker import embedded_texts
from retrieval.library.revisions import Revision, passages_of, stored
from retrieval.models.calibration import ENGLISH, MULTILINGUAL, calibration
from retrieval.models.comparison import Comparison
from retrieval.models.embedder import Embedder
from retrieval.models.language import is_english
from retrieval.models.reader import OnnxReader
from retrieval.models.similarity_calibration import DEFAULT_SIMILARITY
from retrieval.query import KEPT_BY_NEXT, READ, READ_AT_ONCE, READ_FOLLOW_UP, UNLIKELY, FollowUp, SearchQuery
from retrieval.ranked_passage import RankedPassage
from retrieval.search import CONTEXT, Models, Search
from retrieval.store.database import reading
from retrieval.types import SHARED, Document, Span

STORY = (
    "The lighthouse was built in 1874 by Ada Krogh. 😀\n\n"
    "Its keeper, an old sailor, fed the gulls every morning.\n\n"
    "Köche und Gäste aßen Fisch. 灯台は海の近くにあります。\n\n"
) * 3


@pytest.fixture(scope="module")
def library(module_footnote: Footnote) -> Footnote:
    """A library with the article, a story in several scripts, and 100 facts, for tests that only read."""
    module_footnote.seed()
    module_footnote.library.add(Document("story", "The lighthouse", STORY))
    module_footnote.library.add(facts("marmots", 100))
    return module_footnote


@pytest.fixture(scope="module")
def unread(library: Footnote) -> Iterator[Footnote]:
    """The same library, the reader switched off."""
    plain = Footnote(library.settings.model_copy(update={"reader": "off"}))
    yield plain
    plain.close()


QUESTIONS = [
    "Who built the lighthouse?",
    "fact 42 marmots",
    "What did China's spokesperson say?",
    "灯台",
    "sea birds",
    "xyzzy",
]


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_hit_is_scored_by_both(question: str, library: Footnote) -> None:
    """Whichever index found it, a passage has its true cosine; scores are fused as stated, and sorted."""
    found = library.search.search(question, "local", limit=100)
    english, others = library.comparison, library.others
    assert others is not None
    for one in found:
        models = others if one.multilingual else english
        vector = models.embedder().encode_query(question)
        with reading(library.engine) as connection:
            revision = Revision(one.origin.id, one.origin.revision, one.origin.owner)
            document, passages = stored(connection, revision), passages_of(connection, revision)
        assert document is not None
        words = embedded_texts(document, passages)[one.passage.number]
        (cosine,) = models.embedder().encode([words]) @ vector
        assert one.multilingual == (not is_english(question))
        assert one.similarity == pytest.approx(models.similarity().with_question(float(cosine)), abs=1e-3)
        fused = one.keyword + models.similarity().search_weight * one.similarity
        if one.reading is not None:
            weight = calibration(one.reading.network).passage
            assert one.score == pytest.approx(fused * one.reading.probability**weight)
        else:
            assert one.score <= fused + 1e-9
        assert 0 <= one.keyword <= 1
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert max(one.keyword for one in found) in (0, 1)
    assert library.search.search(question, "local", limit=100) == found


def test_a_question_costs_little(unread: Footnote, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is embedded once, though what is found is ranked by its vector, too, and takes few statements."""
    unread.assistant.answer(Turn("Who is Mao Ning?", "local"))
    encode, embedded = unread.embedder().encode_query, list[str]()
    monkeypatch.setattr(unread.embedder(), "encode_query", lambda text: embedded.append(text) or encode(text))
    statements: list[str] = []
    sa.event.listen(unread.engine, "before_cursor_execute", lambda *said: statements.append(said[2]))
    answer = unread.assistant.answer(Turn("Where did Blinken speak about China?", "local"))
    assert answer.citations
    assert len(embedded) == 1
    assert len(statements) <= 28


def test_the_best_are_read(library: Footnote, unread: Footnote) -> None:
    """What is read comes first, in another language too, by another network; nothing is read when switched off."""
    found = library.search.search("Who built the lighthouse?", "local", limit=20)
    read = [one for one in found if one.reading is not None]
    assert found[: len(read)] == read
    assert READ_AT_ONCE <= len(read) <= READ
    assert found[0].text.startswith("The lighthouse was built in 1874 by Ada Krogh.")
    networks = {one.reading.network for one in read if one.reading}
    other = library.search.search("Wer hat den Leuchtturm gebaut?", "local")
    assert other[0].text.startswith("The lighthouse was built in 1874 by Ada Krogh.")
    assert networks == {ENGLISH} and {one.reading.network for one in other if one.reading} == {MULTILINGUAL}
    assert all(one.reading is None for one in unread.search.search("Who built the lighthouse?", "local"))
    # With a model that somebody has set for all languages, other languages have no reader.
    models = Models(library.comparison, library.vectors, library.reader)
    search = Search(library.engine, library.state, library.library.repair, models)
    assert any(one.reading for one in search.search("Who built the lighthouse?", "local"))
    assert all(one.reading is None for one in search.search("Wer hat den Leuchtturm gebaut?", "local"))


@pytest.mark.parametrize("question", [*QUESTIONS[:3], "Which marmots?", "How old is Ada Krogh?", "gulls"])
def test_a_further_passage_is_read_where_it_may_come_first(question: str, library: Footnote, unread: Footnote) -> None:
    """The best of those that were read comes first; one that would have to keep nearly its whole score is not read."""
    before = unread.search.search(question, "local", limit=READ)
    readings = OnnxReader().read(question, [one.text for one in before])
    scores = [
        one.score * reading.probability ** calibration(ENGLISH).passage
        for one, reading in zip(before, readings, strict=True)
    ]
    pairs = range(READ_AT_ONCE, READ, READ_AT_ONCE)
    expected = next(
        (
            n
            for n in pairs
            if max(scores[:n]) >= KEPT_BY_NEXT * before[n].score
            or all(reading.odds < UNLIKELY for reading in readings[:n])
        ),
        READ,
    )
    after = library.search.search(question, "local", limit=20)
    assert sum(one.reading is not None for one in after) == expected
    best = max(scores[:expected])
    assert after[0].score == pytest.approx(best)
    assert after[0].passage == before[scores.index(best)].passage


def test_a_query_is_read_with_its_question(library: Footnote, unread: Footnote) -> None:
    """Words find, the question reads; without one nothing is read, and where words were taken back, the vector counts
    less.
    """
    words = "lighthouse keeper gulls"
    found = library.search.search(SearchQuery(words, "Who built the lighthouse?"), "local")
    assert found[0].text.startswith("The lighthouse was built in 1874")
    assert library.search.search(SearchQuery(words, ""), "local") == unread.search.search(words, "local")
    for one in unread.search.search(SearchQuery(words, words, corrected=True), "local"):
        assert one.score == pytest.approx(one.keyword + DEFAULT_SIMILARITY.corrected_search_weight * one.similarity)


def test_a_follow_up_is_read_with_what_was_said(library: Footnote) -> None:
    """More passages are read where a question leans; a reader of other languages takes what was said before."""
    before = ("Wie viele Murmeltiere?", "42 marmots.", "")
    leaning = FollowUp("Und wie alt war die Kaiserin?", before)
    words = f"Wie viele Murmeltiere? {leaning.question}"
    found = library.search.search(SearchQuery(words, words, follow_up=leaning), "local", limit=20)
    read = [one for one in found if one.reading is not None]
    assert READ < len(read) <= READ_FOLLOW_UP
    reader = OnnxReader(network=MULTILINGUAL)
    (reading,) = reader.read(leaning.question, [found[0].text], before)
    assert found[0].reading is not None and found[0].reading.odds == pytest.approx(reading.odds)
    assert reading.odds != pytest.approx(reader.read(leaning.question, [found[0].text])[0].odds, abs=0.1)
    english = SearchQuery("built lighthouse", "Who built the lighthouse?", follow_up=FollowUp("Who?", before))
    (plainly,) = OnnxReader().read(
        "Who built the lighthouse?", [(first := library.search.search(english, "local")[0]).text]
    )
    assert first.reading is not None and first.reading.odds == pytest.approx(plainly.odds)


def test_found_by_keywords_alone(library: Footnote, embedder: Embedder) -> None:
    """A passage that only keyword search finds, beyond the nearest 40, comes with its cosine."""
    vector = embedder.encode_query("fact 7")
    nearest = library.vectors.query(vector, [SHARED], 40)
    alone = [
        one
        for one in library.search.search("fact 7", "local", limit=100)
        if (one.origin.id, one.origin.revision, one.passage.number) not in nearest
    ]
    assert alone
    assert all(one.similarity != 0 and one.keyword > 0 for one in alone)


@pytest.mark.parametrize("question", QUESTIONS)
def test_words_are_exact(question: str, library: Footnote) -> None:
    """A passage's text is its slice of the document, its window 32 characters more on each side where there are any."""
    found = library.search.search(question, "local", limit=20)
    assert found
    for one in found:
        text = library.library.words(one.origin.id, [SHARED], revision=one.origin.revision)
        start, end = one.passage.start, one.passage.end
        assert one.text == text[start:end]
        assert one.window_start == max(0, start - CONTEXT)
        assert one.window == text[one.window_start : end + CONTEXT]
        for sentence in one.passage.sentences:
            assert one.words(sentence.span) == text[sentence.start : sentence.end]


def test_limit(library: Footnote) -> None:
    """The first `limit` of the ranking, and the ranking does not depend on it."""
    every = library.search.search("marmots", "local", limit=60)
    for limit in (0, 1, 5, 39):
        assert library.search.search("marmots", "local", limit=limit) == every[:limit]
    assert len(every) == len({(one.origin.id, one.passage.number) for one in every})


def test_narrowed_to_documents(library: Footnote) -> None:
    """Only the chosen documents are searched, all of them; unknown ids and none at all find nothing."""
    ids = {entry.source: entry.id for entry in library.library.entries([SHARED])}
    search = library.search.search
    assert {one.origin.id for one in search("marmots", "local", [ids["story"]], 50)} == {ids["story"]}
    narrowed = search("fact 42 marmots", "local", [ids["facts"], "no such"], 50)
    assert narrowed[0].text == "Fact 42 of this text is about marmots."
    assert {one.origin.id for one in narrowed} == {ids["facts"]}
    assert search("marmots", "local", ["no such"]) == []
    assert search("marmots", "local", []) == []


def test_outline(library: Footnote) -> None:
    """It is the whole of a short document, and of a long one its first passages and others, 40 in their order."""
    ids = {entry.source: entry.id for entry in library.library.entries([SHARED])}
    story = library.search.outline(ids["story"], "local")
    assert [one.passage for one in story] == stored_passages(library, ids["story"])
    numbers = [one.passage.number for one in library.search.outline(ids["facts"], "local")]
    assert len(numbers) == 40
    assert numbers == sorted(set(numbers))
    assert numbers[:3] == [0, 1, 2]
    assert max(b - a for a, b in pairwise(numbers)) <= 4
    assert library.search.outline("no such", "local") == []


@pytest.mark.both_topologies
@pytest.mark.parametrize("question", ["", " ", "?!…", "\0", "\ud800", "😀", "x" * 20_000])
def test_question_without_words(question: str, library: Footnote, footnote: Footnote) -> None:
    """A question without a letter, or of one endless word, raises nothing, nor does an empty library."""
    assert all(isinstance(one, RankedPassage) for one in library.search.search(question, "local"))
    assert footnote.search.search(question, "local") == []


@settings(max_examples=30)
@given(st.text(st.characters(), max_size=40))
def test_any_question(library: Footnote, question: str) -> None:
    """Any string at all can be asked, and is answered twice alike."""
    assert library.search.search(question, "local") == library.search.search(question, "local")


@pytest.mark.both_topologies
@settings(max_examples=25)
@given(text=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=300))
def test_any_text(footnote: Footnote, text: str) -> None:
    """Any text a document may have is found as exact slices."""
    text = "Anchor. " + text
    footnote.library.add(Document("any", "any", text))
    for one in footnote.search.search("anchor", "local", limit=50):
        assert one.text == Span(one.passage.start, one.passage.end).of(text)
        assert one.window == text[max(0, one.passage.start - CONTEXT) : one.passage.end + CONTEXT]


@pytest.mark.both_topologies
def test_replaced_between_two_looks(tmp_path: Path, footnote: Footnote) -> None:
    """Replaced in the midst of a search, a document is found as it was or as it is now, never left out."""
    footnote.library.add(facts("marmots", 5))
    embedder = footnote.embedder()
    replaced = []

    class Interfering(type(footnote.vectors)):  # type: ignore[misc]  # a class that is only known here
        """The real index; the first look after the candidates are known finds the document replaced."""

        def vectors(self, owner: str, keys: object) -> object:
            if not replaced:
                replaced.append(footnote.library.add(facts("walruses", 5)))
            return super().vectors(owner, keys)

    home = footnote.vectors._backend
    index = Interfering(home, lambda: (embedder.name, 384), footnote.state)
    models = Models(Comparison(footnote.embedder), index, footnote.reader)
    search = Search(footnote.engine, footnote.state, footnote.library.repair, models)
    found = search.search("fact 3", "local")
    assert len(found) == 5
    assert len({one.text.split()[-1] for one in found}) == 1
    assert found == footnote.search.search("fact 3", "local")
    index.close()
