"""What is asked of a document itself: quoted from where the text states it, else told as what the file says."""

from __future__ import annotations

import pytest

from bot.answering.bylines import byline
from bot.answering.joining import joined
from bot.answers import Answer, Answered, Citation, CitedDocument, Text, Turn
from bot.bootstrap import Footnote
from retrieval.types import About, Document

LAMP = """# The lamp on the coast

By Anna Berg, 4 May 1931

## The keeper

The keeper Carl Dorn wrote a book about birds in 1902. He lit the lamp every evening at eight, and put it out at dawn.

## The ships

Ships of all nations passed the lamp, and none of them was lost while he kept it.

## The end

The lamp went out in 1950, when the harbour was given up.
"""
TITLE = "The lamp on the coast"


def _add(footnote: Footnote, text: str = LAMP, authors: str = "", day: str = "", title: str = TITLE) -> str:
    return footnote.library.add(Document(f"{title}.md", title, text, about=About(authors, day))).id


def _ask(footnote: Footnote, question: str, conversation: str | None = None) -> Answer:
    return footnote.assistant.answer(Turn(question, "local", conversation))


def test_the_author_is_quoted_from_where_the_text_names_them(footnote: Footnote) -> None:
    """The one that the file names, not whoever wrote something in the text; the quote is exact."""
    _add(footnote, authors="Anna Berg")
    for question in ("Who wrote this?", f"Who wrote {TITLE}?", "Wer hat das geschrieben?"):
        answer = _ask(footnote, question)
        assert answer.text == "By Anna Berg, 4 May 1931 [1]"
        (citation,) = answer.citations
        assert LAMP[citation.start : citation.end] == citation.quote == "By Anna Berg, 4 May 1931"
        assert citation.highlight is not None
        assert LAMP[slice(*citation.highlight)] == "Anna Berg"


def test_a_byline_is_quoted_where_the_file_names_nobody(footnote: Footnote) -> None:
    """As it stands under the title."""
    _add(footnote)
    assert _ask(footnote, "Who is the author?").text == "By Anna Berg, 4 May 1931 [1]"


def test_what_the_text_does_not_state_is_told_as_the_files_word(footnote: Footnote) -> None:
    """Beside the refusal, which stays one: nothing is cited that does not stand there."""
    _add(footnote, f"# {TITLE}\n\n{'It burns every night, and ships pass it. ' * 9}", "Anna Berg", "1931-05-04")
    answer = _ask(footnote, "Who wrote this?")
    assert (answer.status, answer.citations) == ("not_in_documents", ())
    assert answer.note == "The file itself names as its author: Anna Berg."
    assert _ask(footnote, "Who wrote this, and why?").note == ""


def test_a_date_is_that_of_the_text_before_that_of_the_file(footnote: Footnote) -> None:
    """A copy of a file may be younger; a sentence without a year or a day answers nothing."""
    _add(footnote, day="1931-05-04")
    assert _ask(footnote, "When was this published?").text.endswith("By Anna Berg, 4 May 1931 [1]")


def test_title_language_length_and_contents_are_told(footnote: Footnote) -> None:
    """The title and the headings are quoted, each on its line; the others stand in no words of the text."""
    _add(footnote)
    assert _ask(footnote, "What is the title?").text == f"{TITLE} [1]"
    assert _ask(footnote, "What language is this in?").text == "It is written in English."
    assert _ask(footnote, "In welcher Sprache ist das geschrieben?").text == "Sprache des Textes: Englisch."
    assert _ask(footnote, "How many pages are there?").text == f"{len(LAMP)} characters."
    contents = _ask(footnote, "What chapters are there?")
    assert contents.text == "The keeper [1]\nThe ships [2]\nThe end [3]"
    assert [one.quote for one in contents.citations] == ["## The keeper", "## The ships", "## The end"]


def test_of_several_documents_it_is_asked_which(footnote: Footnote) -> None:
    """Unless one was cited last, is named or is said to be about something; the choice is answered for."""
    _add(footnote, authors="Anna Berg")
    other = "The oak\n\nby Eva Falk\n\nOaks grow slowly in the north. Bark beetles leave their hard wood alone."
    _add(footnote, other, "Eva Falk", title="The oak")
    asked = _ask(footnote, "Who wrote this?", "a")
    assert asked.status == "clarify"
    assert [choice.title for choice in asked.choices] == [TITLE, "The oak"]
    assert "Eva Falk" in _ask(footnote, "the second one", "a").text
    assert "Eva Falk" in _ask(footnote, "Who wrote the text on bark beetles?").text
    assert _ask(footnote, "When did the lamp go out?", "b").status == "answered"
    assert "Anna Berg" in _ask(footnote, "Who wrote this?", "b").text


def test_what_it_may_mean_is_not_taken_for_the_document(footnote: Footnote) -> None:
    """After a question, "it" is what was spoken of there."""
    _add(footnote, authors="Anna Berg")
    assert _ask(footnote, "Who wrote a book about birds?", "c").status == "answered"
    assert "Anna Berg" not in _ask(footnote, "When was it published?", "c").text


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Jaime Raymond, MPH William Wheeler, MPH", True),
        ("Katharine M. Mullen Vrije Universiteit Amsterdam", True),
        ("Anna Berg1, Carl Dorn2 and Eva Falk", True),
        ("By Anna Berg", True),
        ("## By Anna Berg", True),
        ("Booking ID | Payment Mode", False),
        ("* Joe Sepi (@joesepi)", False),
        ("Law Enforcement, Courts, and Prisons", False),
        ("by Gerrit Smith the land was given to the poor", False),
        ("Anna Berg was the keeper's daughter, and Carl Dorn was his son.", False),
        ("Revision 1, May 2011", False),
    ],
)
def test_a_byline_is_told_by_its_form(line: str, found: bool) -> None:
    """What stands under a title and is no list, no heading and no prose."""
    text = f"The lamp\n\n{line}\n\n{'It burns every night. ' * 20}"
    span = byline(text, "The lamp")
    assert (span is not None and span.of(text) == line) is found


def test_several_questions_about_a_document_are_answered_one_by_one(footnote: Footnote) -> None:
    """On lines of their own, their footnotes numbered through; "it" is the document, and the same as typed events."""
    _add(footnote, authors="Anna Berg")
    asked = Turn("Who wrote this, what is the title and when did the lamp go out?", "local", "a conversation")
    *events, last = footnote.assistant.ask(asked)
    assert isinstance(last, Answered)
    answer = last.answer
    assert answer.text == (
        f"By Anna Berg, 4 May 1931 [1]\n{TITLE} [2]\nThe lamp went out in 1950, when the harbour was given up. [3]"
    )
    assert "".join(event.text for event in events if isinstance(event, Text)) == answer.text
    for citation in answer.citations:
        assert answer.text[citation.answer_start : citation.answer_end] == citation.quote.removeprefix("# ")
        assert answer.text[citation.answer_end :].startswith(f" [{citation.id}]")
    assert footnote.assistant.answer(Turn("Who wrote this? How long is it?", "local")).unanswered == (
        "How long is it?",
    )


def test_a_part_that_is_not_answered_is_named(footnote: Footnote) -> None:
    """With what the file says of itself; where no part is answered that is all there is."""
    text = f"# {TITLE}\n\n{'It burns every night, and ships pass it. ' * 9}"
    _add(footnote, text, day="1931-05-04")
    answer = _ask(footnote, "What language is this in and when was it published?")
    assert (answer.status, answer.text) == ("smalltalk", "It is written in English.")
    assert answer.unanswered == ("when was it published?",) and "May 4, 1931" in answer.note
    refused = _ask(footnote, "Who wrote this and when was it published?")
    assert (refused.status, refused.unanswered, refused.citations) == ("not_in_documents", (), ())
    assert "May 4, 1931" in refused.note


def test_it_is_asked_once_which_of_several_is_meant(footnote: Footnote) -> None:
    """Instead of an answer to any part."""
    _add(footnote)
    _add(footnote, title="Another text", text="# Another text\n\nNothing is said here.")
    answer = _ask(footnote, "Who wrote this and what is the title?")
    assert (answer.status, len(answer.choices)) == ("clarify", 2)


def test_footnotes_of_parts_are_numbered_through() -> None:
    """Beyond nine, too; numbers in brackets that a quote has itself stay as they are."""
    document = CitedDocument("a", "A", "a.txt")

    def made(*quotes: str) -> Answer:
        text, cited = "", []
        for number, quote in enumerate(quotes, 1):
            start = len(f"{text} ") if text else 0
            text = f"{text} {quote} [{number}]".strip()
            place = (None, 1, None, None, start, start + len(quote), 1.0)
            cited.append(Citation(number, document, 0, len(quote), quote, "", "", *place))
        return Answer("answered", text, tuple(cited), "?", "?")

    first, second = [f"Line {number}" for number in range(9)], ["See [1] and [2].", "So.", "And so."]
    whole = joined("??", [made(*first), made(*second)])
    assert whole.text.endswith("Line 8 [9]\nSee [1] and [2]. [10] So. [11] And so. [12]")
    for citation, quote in zip(whole.citations, [*first, *second], strict=True):
        assert whole.text[citation.answer_start : citation.answer_end] == quote == citation.quote
        assert whole.text[citation.answer_end :].startswith(f" [{citation.id}]")
