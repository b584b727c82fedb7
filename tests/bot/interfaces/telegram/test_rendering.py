"""Answers, sources and notices as messages: the right words marked, in the right places, with buttons that work."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st
from riches import check_sendable
from riches import words as hostile

from bot.answers import Answer, Citation, CitedDocument, Turn, plain
from bot.bootstrap import Footnote
from bot.interfaces.telegram.messages.callbacks import (
    AskPrepared,
    Forget,
    RateAnswer,
    RemoveDocument,
    ShowQuote,
    decode,
)
from bot.interfaces.telegram.messages.markup import FormattedText, Kind, is_blank, units
from bot.interfaces.telegram.messages.rendering import (
    RenderedMessage,
    answer_messages,
    documents_messages,
    forget_messages,
    help_messages,
    notice_messages,
    read_messages,
    source_messages,
    sources_messages,
    start_messages,
)
from prompts import reply, words
from retrieval.library.catalogue import Entry
from retrieval.types import SHARED, Span

QUESTIONS = {
    "answered": "Who is Mao Ning?",
    "in part": "Who is Mao Ning and when was the Eiffel Tower built?",
    "refused": "When was the Eiffel Tower built?",
    "smalltalk": "Hello!",
    "summary": "Summarise the article.",
}


@pytest.fixture(scope="module")
def answers(module_footnote: Footnote) -> dict[str, Answer]:
    module_footnote.seed()
    answer = module_footnote.assistant.answer
    return {name: answer(Turn(question, "chat:1", conversation="0")) for name, question in QUESTIONS.items()}


def cited(number: int, quote: str, at: int = 0, highlight: tuple[int, int] | None = None) -> Citation:
    """A footnote whose sentence stands at `at` of the answer; the quote stands at 100 of its document."""
    return Citation(
        id=number,
        document=CitedDocument("ab12", "A title", "title.txt"),
        start=100,
        end=100 + len(quote),
        quote=quote,
        prefix="",
        suffix="",
        highlight=None if highlight is None else (100 + highlight[0], 100 + highlight[1]),
        paragraph=7,
        page=None,
        url=None,
        answer_start=at,
        answer_end=at + len(plain(quote)),
        support=1.0,
    )


def answered(*quotes: str, highlight: tuple[int, int] | None = None) -> Answer:
    """An answer made of these quotes, as the assistant makes them; the words that answer are in the first."""
    text, citations = "", []
    for number, quote in enumerate(quotes, 1):
        start = len(text) + (1 if text else 0)
        text += f"{' ' if text else ''}{plain(quote)} [{number}]"
        citations.append(cited(number, quote, start, highlight if number == 1 else None))
    return Answer("answered", text, tuple(citations), "?", "?", conversation="0", turn=3)


def marked(whole: FormattedText, kind: Kind) -> list[str]:
    """The words that look so."""
    return [whole.text[mark.start : mark.end] for mark in whole.marks if mark.kind == kind]


def one(messages: list[RenderedMessage]) -> RenderedMessage:
    """The only message, which can be sent."""
    check_sendable([message.body for message in messages])
    (message,) = messages
    check_buttons(message)
    return message


def check_buttons(message: RenderedMessage) -> None:
    """Telegram takes the buttons, and each says something."""
    buttons = [button for row in message.buttons for button in row]
    assert len(buttons) <= 100
    assert all(0 < len(row) <= 8 for row in message.buttons)
    for button in buttons:
        assert not is_blank(button.label)
        assert units(button.label) <= 64
        assert len(button.data.encode()) <= 64
        assert decode(button.data) is not None


def taps(message: RenderedMessage) -> list[list[object]]:
    """What the buttons say."""
    return [[decode(button.data) for button in row] for row in message.buttons]


HIDDEN = "\u061c\u200e\u200f\u202e\u2066\u2069\u2028\U000e0041\U000e007f\x9b"
MARKS = set(HIDDEN) | {"\x1b"}


def test_what_cannot_be_seen_of_a_document_is_not_sent() -> None:
    """Marks of direction, tags and controls in quotes, titles and questions are in no message and on no button."""
    quote = f"The gate{HIDDEN} of the cellar \x1b[2Jis{HIDDEN} opened by Ole."
    answer = answered(quote, highlight=(len(quote) - 4, len(quote) - 1))
    about = replace(answer.citations[0].document, title=f"Cel{HIDDEN}lar")
    answer = replace(
        answer,
        citations=(replace(answer.citations[0], document=about),),
        related=(replace(answer.citations[0], document=about),),
        unanswered=(f"And{HIDDEN} who closes it?",),
    )
    entry = Entry("ab12", "chat:1", 1, "cellar.txt", f"Cel{HIDDEN}lar", None, 1, 1, 0.0)
    highlight = Span(len(quote) - 4, len(quote) - 1)
    said = [
        *(*answer_messages(answer, "en"), *sources_messages(answer, "en"), *documents_messages([entry], "en")),
        *source_messages(
            answer.citations[0], HIDDEN + quote + HIDDEN, Span(len(HIDDEN), len(HIDDEN + quote)), None, "en"
        ),
        *source_messages(answer.citations[0], quote, Span(0, len(quote)), highlight, "en"),
        *(*read_messages(entry, "en"), *start_messages([entry], [(f"Who{HIDDEN}?", AskPrepared(1, "ab12"))], "en")),
    ]
    for message in said:
        shown = message.body.text + "".join(button.label for row in message.buttons for button in row)
        assert not MARKS & set(shown), message
    assert marked(said[0].body, "bold")[0] == "Ole"


def test_marks_of_our_own_words_stay() -> None:
    """The marks of direction that a text in Arabic needs are sent; those of the address that it names are not."""
    (message,) = notice_messages("link_failed", "ar", address="http://example.org/\u200fa\u200f")
    assert message.body.text == words("link_failed", "ar", address="http://example.org/a")
    assert "\u200e" in message.body.text


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("name", ["answered", "summary"])
def test_an_answer_reads_as_the_assistant_said_it(answers: dict[str, Answer], name: str, language: str) -> None:
    """The text with its markers, then where each footnote stands: no word of a quote is said twice."""
    answer = answers[name]
    message = one(answer_messages(answer, language))
    said, _, notes = message.body.text.partition("\n\n")
    assert said == answer.text
    assert not marked(message.body, "expandable_blockquote")
    lines = notes.split("\n")
    assert len(lines) == len(list(groupby(answer.citations, key=lambda one: one.paragraph)))
    for citation in answer.citations:
        (line,) = (line for line in lines if f"[{citation.id}]" in line)
        assert line.endswith(words("paragraph", language, number=str(citation.paragraph)))
        assert message.body.text.count(plain(citation.quote)) == 1
    numbers = [ShowQuote("0", answer.turn or 0, citation.id) for citation in answer.citations]
    thumbs = [RateAnswer("0", answer.turn or 0, True), RateAnswer("0", answer.turn or 0, False)]
    assert taps(message) == ([[*numbers, *thumbs]] if len(numbers) <= 6 else [numbers, thumbs])
    assert [button.label for row in message.buttons for button in row] == [
        *(str(citation.id) for citation in answer.citations),
        "👍",
        "👎",
    ]


def test_what_is_not_answered_is_said(answers: dict[str, Answer]) -> None:
    """A part, in the fixed words of the language; all, with what came nearest, folded, and a tap for each of it."""
    assert answers["in part"].unanswered
    message = one(answer_messages(answers["in part"], "de"))
    assert reply("unanswered", "de", questions=" ".join(answers["in part"].unanswered)) in message.body.text
    answer = answers["refused"]
    message = one(answer_messages(answer, "en"))
    first = plain(answer.related[0].quote)
    assert message.body.text.startswith(f"{reply('not_in_documents')}\n\n{reply('nearest')}\n[1] {first}\n")
    (folded,) = marked(message.body, "expandable_blockquote")
    assert all(f"[{cited.id}] " in folded for cited in answer.related)
    assert [len(row) for row in message.buttons] == [5]
    assert taps(message)[0][0] == ShowQuote("0", answer.turn or 0, 1, related=True)
    message = one(answer_messages(replace(answer, related=()), "en"))
    assert message.body.text == reply("not_in_documents")
    assert [len(row) for row in message.buttons] == [2]


def test_what_is_not_remembered_has_no_buttons(answers: dict[str, Answer]) -> None:
    """A button would open nothing. Small talk, and a question that is asked back, have no marks either."""
    assert one(answer_messages(replace(answers["answered"], conversation=None, turn=None), "en")).buttons == ()
    for answer in (answers["smalltalk"], replace(answers["smalltalk"], status="clarify")):
        assert one(answer_messages(answer, "en")) == RenderedMessage(FormattedText(answer.text))


def test_the_words_that_answer_are_bold() -> None:
    """In the text and in the footnote, also where white space of the quote was made one."""
    quote = "It was  first\nlit in\n 1844 by hand."
    message = one(answer_messages(answered(quote, highlight=(quote.index("lit"), quote.index(" by"))), "en"))
    assert marked(message.body, "bold") == ["lit in 1844"]
    first = message.body.text.index("lit in 1844")
    assert message.body.marks[0].start == first


def test_a_sentence_that_is_not_the_quote_has_nothing_bold() -> None:
    """Words of a quote have no place in another sentence; the footnote shows them."""
    answer = answered("It was first lit in 1844.", highlight=(20, 24))
    reworded = replace(answer, text="It was lit long ago, in 1844. [1]")
    citation = replace(answer.citations[0], answer_end=len("It was lit long ago, in 1844."))
    message = one(answer_messages(replace(reworded, citations=(citation,)), "en"))
    assert message.body.text.startswith("It was lit long ago, in 1844. [1]\n\n")
    assert [mark.kind for mark in message.body.marks] == ["expandable_blockquote", "bold", "italic"]


def test_markers_are_placed_where_sentences_end() -> None:
    """Words of a document that look like markers stay what they are; markers that the text lacks are added.

    It does not matter which citation comes first; a sentence with two has both markers.
    """
    answer = answered("He said [1] and [2].", "She cited [1].", highlight=(16, 19))
    message = one(answer_messages(answer, "en"))
    assert message.body.text.startswith("He said [1] and [2]. [1] She cited [1]. [2]\n\n")
    bold = [mark.start for mark in message.body.marks if mark.kind == "bold"]
    assert bold[0] == message.body.text.index("[2]")
    answer = answered("One. ", "Two.")
    first, second = replace(answer.citations[0], answer_end=4), cited(2, "Two.", at=5)
    message = one(answer_messages(replace(answer, text="One. Two.", citations=(second, first)), "en"))
    assert message.body.text.startswith("One. [1] Two. [2]\n\n")
    answer = replace(answered("One."), text="One. [1] [2]")
    message = one(answer_messages(replace(answer, citations=(*answer.citations, cited(2, "One."))), "en"))
    assert message.body.text.startswith("One. [1] [2]\n\n")


@given(st.lists(hostile.filter(lambda text: plain(text)), min_size=1, max_size=4), st.data())
def test_hostile_words_are_words(quotes: list[str], data: st.DataObject) -> None:
    """Whatever stands in documents, titles and questions: messages that can be sent, and buttons that work."""
    answer = answered(*quotes, highlight=data.draw(st.tuples(st.integers(0, 3), st.integers(4, 9)) | st.none()))
    title = data.draw(hostile)
    citations = tuple(
        replace(c, document=replace(c.document, title=title), url=f"https://example.org/{title}")
        for c in answer.citations
    )
    answer = replace(answer, citations=citations, unanswered=(data.draw(hostile),))
    entry = Entry("ab12", "chat:1", 1, title, title, None, 1, 1, 0.0)
    asked = [(data.draw(hostile), AskPrepared(1, "ab12"))]
    for messages in (
        answer_messages(answer, "en"),
        answer_messages(replace(answer, status="not_in_documents", citations=(), related=citations), "de"),
        sources_messages(answer, "en"),
        source_messages(citations[0], f"a {quotes[0]} b", Span(2, 2 + len(quotes[0])), Span(2, 3), "de"),
        documents_messages([entry], "en"),
        read_messages(entry, "de"),
        start_messages([entry], asked, "en"),
        notice_messages("unreadable", "de", title=title),
    ):
        assert messages
        check_sendable([message.body for message in messages])
        for message in messages:
            check_buttons(message)


def test_a_long_answer_has_its_buttons_at_the_end() -> None:
    """Three hundred footnotes: several messages, buttons under the last, as many as Telegram takes."""
    quotes = [f"This is sentence number {number} of a long answer." for number in range(1, 301)]
    messages = answer_messages(answered(*quotes), "en")
    check_sendable([message.body for message in messages])
    assert len(messages) > 3
    assert all(message.buttons == () for message in messages[:-1])
    check_buttons(messages[-1])
    assert taps(messages[-1])[0] == [ShowQuote("0", 3, number) for number in range(1, 9)]


def test_sources_are_shown_unfolded(answers: dict[str, Answer]) -> None:
    """Every footnote of the last answer as a quote of its own, with a button each; the fixed words when it has none."""
    answer = answers["summary"]
    message = one(sources_messages(answer, "en"))
    assert message.body.text.startswith(words("sources", "en"))
    assert len(marked(message.body, "blockquote")) == len(answer.citations)
    assert [len(row) for row in message.buttons] == [len(answer.citations)]
    nearest = one(sources_messages(answers["refused"], "de"))
    assert len(marked(nearest.body, "blockquote")) == len(answers["refused"].related)
    assert one(sources_messages(answers["smalltalk"], "de")).body.text == words("no_sources", "de")


def test_a_footnote_links_to_the_page_and_names_it() -> None:
    """A citation of a web page opens it at the words; one of a PDF tells the page."""
    address = "https://example.org/a#:~:text=It%20was"
    citation = replace(cited(1, "It was."), url=address, page=12)
    message = one(answer_messages(replace(answered("It was."), citations=(citation,)), "de"))
    assert marked(message.body, "text_link") == ["A title, Seite 12"]
    assert [mark.url for mark in message.body.marks if mark.kind == "text_link"] == [address]


def test_a_quote_in_its_paragraph() -> None:
    """The quote is bold, the words that answer also italic, and below stands where it is."""
    paragraph = "Before. It was lit in 1844 by hand. After."
    quote = Span(8, 35)
    message = one(source_messages(cited(2, quote.of(paragraph)), paragraph, quote, Span(22, 26), "en"))
    assert message.body.text == f"{paragraph}\n[2] A title, paragraph 7"
    assert marked(message.body, "blockquote") == [paragraph]
    assert marked(message.body, "bold") == ["It was lit in 1844 by hand."]
    assert marked(message.body, "italic") == ["1844"]
    assert message.buttons == ()


def test_a_long_paragraph_is_cut_around_the_quote() -> None:
    """What is far from the quote is left out at a word, and told by a mark; of a long quote nothing is left out."""
    before, after = "before it " * 500, " and after it" * 500
    paragraph = f"{before}THE WORDS{after}"
    quote = Span(len(before), len(before) + 9)
    message = one(source_messages(cited(1, "THE WORDS"), paragraph, quote, None, "en"))
    shown = marked(message.body, "blockquote")[0]
    assert shown.startswith("… ") and shown.endswith(" …")
    assert shown[2:-2] in paragraph
    assert shown[2:].split()[0] in ("before", "it") and shown.split()[-2] in ("and", "after", "it")
    assert marked(message.body, "bold") == ["THE WORDS"]
    assert len(shown) < 1300
    long = "word " * 3000
    messages = source_messages(cited(1, long), long, Span(0, len(long)), None, "en")
    check_sendable([message.body for message in messages])
    assert " ".join(message.body.text for message in messages).count("word") == 3000


def entry(number: int, owner: str, pages: int = 0) -> Entry:
    return Entry(f"{number:012x}", owner, 1, f"{number}.txt", f"Title {number}", None, 5, 100, 0.0, tuple(range(pages)))


def test_documents_are_listed_and_can_be_removed() -> None:
    """What is shared and what is the chat's own are told apart; only the latter has buttons."""
    message = one(documents_messages([entry(1, SHARED), entry(2, "chat:1", pages=12)], "en"))
    assert message.body.text.splitlines() == [
        words("documents", "en"),
        "",
        words("documents_shared", "en"),
        "Title 1",
        "",
        words("documents_own", "en"),
        "Title 2 (2.txt, 12 pages)",
        "",
        words("documents_remove", "en"),
    ]
    assert taps(message) == [[RemoveDocument(f"{2:012x}")]]
    assert message.buttons[0][0].label == "✕ Title 2"
    assert one(documents_messages([], "de")).body.text == words("no_documents", "de")


def test_a_thousand_documents_are_told_in_part() -> None:
    """The first ones and how many more there are, in what Telegram takes."""
    messages = documents_messages([entry(number, "chat:1") for number in range(1000)], "de")
    check_sendable([message.body for message in messages])
    check_buttons(messages[-1])
    assert "Und 950 weitere." in messages[-1].body.text


def test_a_document_that_was_read() -> None:
    """Its name, its pages if it has any, and a button that removes it."""
    with_pages, without = (one(read_messages(entry(1, "chat:1", pages), "en")) for pages in (12, 0))
    assert with_pages.body.text == "I have read “Title 1” (12 pages). Ask me about it."
    assert without.body.text == "I have read “Title 1”. Ask me about it."
    assert taps(with_pages) == taps(without) == [[RemoveDocument(f"{1:012x}")]]
    assert with_pages.buttons[0][0].label == "✕ Remove"


def test_the_greeting_offers_questions() -> None:
    """What can be asked about, and three questions to tap; without documents it asks for one."""
    asked = [(question, AskPrepared(number, "ab12")) for number, question in enumerate(["Who?", "When?", "Why?"], 1)]
    message = one(start_messages([entry(1, SHARED)], asked, "de"))
    assert "„Title 1“" in message.body.text
    assert [[button.label for button in row] for row in message.buttons] == [["Who?"], ["When?"], ["Why?"]]
    assert taps(message) == [[said] for _, said in asked]
    many = one(start_messages([entry(number, SHARED) for number in range(1200)], (), "en"))
    assert "1,200 documents" in many.body.text and many.buttons == ()
    assert one(start_messages([], (), "en")).body.text == words("start_empty", "en")


@pytest.mark.parametrize("language", ["en", "de"])
def test_help_tells_what_is_kept(language: str) -> None:
    """In a group it also tells when the bot listens."""
    private, group = (one(help_messages(language, in_group=in_group)).body.text for in_group in (False, True))
    assert words("privacy", language) in private and words("privacy", language) in group
    assert words("group_hint", language) in group and words("group_hint", language) not in private


def test_forgetting_is_asked_about() -> None:
    """Two buttons: one deletes, one does not."""
    message = one(forget_messages("en"))
    assert taps(message) == [[Forget(True), Forget(False)]]
    assert [button.label for button in message.buttons[0]] == [words("forget_yes", "en"), words("forget_no", "en")]
