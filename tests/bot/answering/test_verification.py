"""Nothing is said that the library does not bear out, whatever a draft claims."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from phrases import phrases

from bot.answering.draft import Draft, Quote, Related, Statement
from bot.answering.support import ENOUGH, Judge
from bot.answering.verification import Verification, Verified, Words
from bot.answers import plain
from retrieval.models.reader import OnnxReader
from retrieval.models.reading import Reader
from retrieval.ranked_passage import Origin, RankedPassage
from retrieval.search import CONTEXT
from retrieval.types import Passage, Sentence, Span

TEXT = "The lighthouse was built of granite.\nIt was lit in 1844. The keeper\n  counted nine ships."
SENTENCES = (Sentence(0, 36, 1), Sentence(37, 56, 1), Sentence(57, len(TEXT), 1))


def verify(draft: Draft, words: Words, judge: Judge) -> Verified:
    """What comes through of a draft, statement by statement."""
    verification = Verification(words, judge)
    said = [piece.text for statement in draft.statements for piece in verification.say(statement)]
    verified = verification.result(draft)
    assert "".join(said) == verified.text
    return verified


def no_network() -> Reader:
    raise AssertionError("a verbatim quote needs no network")


JUDGE = Judge(no_network)


def passage_of(text: str, sentences: tuple[Sentence, ...], url: str | None = None) -> RankedPassage:
    """A passage that is the whole of `text`."""
    origin = Origin("d1", "shared", 1, "Lighthouse", "lighthouse.txt", url)
    return RankedPassage(origin, Passage(0, 0, len(text), sentences), text, 0, 1.0, 0.5, 2.0)


def statement(sentence: Sentence, text: str | None = None, url: str | None = None) -> Statement:
    """A statement with a sentence of TEXT for its quote."""
    quote = Quote(passage_of(TEXT, SENTENCES, url), sentence.span, sentence.paragraph)
    return Statement(plain(quote.words) if text is None else text, quote)


def draft(*statements: Statement) -> Draft:
    """A draft that claims to be sure."""
    return Draft(statements, 0.9, "extractive")


def library(origin: Origin, span: Span) -> str:
    """What the library holds: TEXT, as revision 1 of d1."""
    return span.of(TEXT) if (origin.id, origin.revision) == ("d1", 1) else ""


def test_a_verbatim_quote_is_said_with_its_marker_and_place() -> None:
    """The answer's text, the marker behind it, and offsets that exclude the marker; line ends are not said."""
    found = verify(draft(*map(statement, SENTENCES)), library, JUDGE)
    assert found.status == "answered"
    assert found.text == (
        "The lighthouse was built of granite. [1] It was lit in 1844. [2] The keeper counted nine ships. [3]"
    )
    for citation in found.citations:
        assert TEXT[citation.start : citation.end] == citation.quote
        assert found.text[citation.answer_start : citation.answer_end] == plain(citation.quote)
        assert citation.support == 1.0
        assert TEXT[: citation.start].endswith(citation.prefix)
        assert TEXT[citation.end :].startswith(citation.suffix)
        assert max(len(citation.prefix), len(citation.suffix)) <= CONTEXT


@pytest.mark.parametrize(
    "said",
    phrases(
        "The lighthouse was built of marble. | The lighthouse was not built of granite. | "
        "The lighthouse was built in 1844 by a Scottish engineer. | Ships passed the lighthouse. | "
    ),
)
def test_a_statement_that_its_quote_does_not_bear_out_is_dropped(said: str) -> None:
    """A changed, negated, embroidered or foreign sentence fails, and the good one beside it is still said: that in
    other words with the judge's probability beside it.
    """
    good = statement(SENTENCES[0], "The lighthouse is made of granite.")
    found = verify(draft(statement(SENTENCES[0], said), good), library, Judge(OnnxReader))
    assert found.text == "The lighthouse is made of granite. [1]"
    assert ENOUGH <= found.citations[0].support < 1.0


def test_a_quote_that_the_library_no_longer_holds_is_dropped() -> None:
    """A text replaced or removed since the search is not cited; with nothing left, nothing is said."""
    for held in (lambda origin, span: "", lambda origin, span: span.of(TEXT.replace("granite", "basalt."))):
        found = verify(draft(statement(SENTENCES[0])), held, JUDGE)
        assert found.status == "not_in_documents"
        assert found.citations == ()
        assert found.text == ""


def test_related_passages_are_checked_too() -> None:
    """What came nearest is shown only as far as the library holds it."""
    quotes = tuple(Related(statement(sentence).quote) for sentence in SENTENCES)
    shown = verify(Draft((), 0.1, "extractive", related=quotes), library, JUDGE).related
    assert [citation.quote for citation in shown] == [sentence.span.of(TEXT) for sentence in SENTENCES]
    near = (quotes[0]._replace(chance=0.2), *quotes[1:])
    chances = [one.support for one in verify(Draft((), 0.2, "extractive", related=near), library, JUDGE).related]
    assert chances == [0.2, *(0.0 for _ in quotes[1:])]
    assert verify(Draft((), 0.1, "extractive", related=quotes), lambda origin, span: "", JUDGE).related == ()


def test_a_web_page_is_opened_at_the_words() -> None:
    """The url of a citation carries a text fragment of the quote's words, percent-encoded; a file has none."""
    found = verify(draft(statement(SENTENCES[0], url="https://example.org/a#top")), library, JUDGE)
    assert found.citations[0].url == ("https://example.org/a#:~:text=The%20lighthouse%20was%20built%20of%20granite.")
    assert verify(draft(statement(SENTENCES[0])), library, JUDGE).citations[0].url is None


@given(st.lists(st.text(min_size=1).filter(str.strip), min_size=1, max_size=5))
def test_markers_in_the_text_itself_do_not_confuse(words: list[str]) -> None:
    """Whatever a document holds ("[1]" too), each citation's slice of the answer is its sentence, marker after it."""
    texts = [f"{word.strip()} [1]" for word in words]
    text = "\n".join(texts)
    sentences, at = [], 0
    for one in texts:
        sentences.append(Sentence(at, at + len(one), 1))
        at += len(one) + 1
    passage = passage_of(text, tuple(sentences))
    quotes = [Quote(passage, sentence.span, 1) for sentence in sentences]
    found = verify(draft(*(Statement(plain(q.words), q) for q in quotes)), lambda origin, span: span.of(text), JUDGE)
    assert len(found.citations) == len(texts)
    for citation in found.citations:
        assert found.text[citation.answer_start : citation.answer_end] == plain(citation.quote)
        assert found.text[citation.answer_end :].startswith(f" [{citation.id}]")
