"""What people ask about the article that ships, and where the answer stands in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from phrases import phrases

import seeds
from bot.answers import Answer, Answered, Text, Turn
from bot.bootstrap import Footnote

ARTICLE = Path(seeds.__file__).with_name("china-russia-diplomatic-ties.txt").read_text("utf-8")


@pytest.fixture(scope="module")
def bot(module_footnote: Footnote) -> Footnote:
    module_footnote.seed()
    return module_footnote


def ask(bot: Footnote, *questions: str) -> Answer:
    """The answer to the last of some questions asked one after the other in a new conversation."""
    name = " / ".join(questions)
    answers = [bot.assistant.answer(Turn(question, "local", conversation=name)) for question in questions]
    for answer in answers:
        assert_exact(answer)
    return answers[-1]


def assert_exact(answer: Answer) -> None:
    """Every citation is exactly its slice, never boilerplate, and its sentence stands where it says in the answer."""
    for citation in (*answer.citations, *answer.related):
        assert ARTICLE[citation.start : citation.end] == citation.quote
        assert "Share." not in citation.quote
        assert "Exit mobile version" not in citation.quote
    for citation in answer.citations:
        assert answer.text[citation.answer_start : citation.answer_end] == " ".join(citation.quote.split())
        assert answer.text[citation.answer_end :].startswith(f" [{citation.id}]")


@pytest.mark.parametrize(
    ("question", "opening"),
    [
        ("Who is Mao Ning?", ""),
        ("What did the spokesperson deny?", "This may be it: "),
        ("Who is Mao Ning, and why is the West concerned?", "This may be it: "),
    ],
)
def test_what_is_less_sure_begins_with_a_word_on_that(bot: Footnote, question: str, opening: str) -> None:
    """Where it is streamed, too; a part that is not sure makes the whole less sure."""
    events = list(bot.assistant.ask(Turn(question, "local")))
    (answer,) = [event.answer for event in events if isinstance(event, Answered)]
    assert_exact(answer)
    assert answer.citations[0].answer_start == len(opening)
    assert answer.text.startswith(opening) and answer.tone == ("tentative" if opening else "plain")
    assert "".join(event.text for event in events if isinstance(event, Text)) == answer.text


@pytest.mark.parametrize("question", ["Has China supported Russia?", "Does China profit from the war?"])
def test_yes_or_no_takes_one_quote(bot: Footnote, question: str) -> None:
    """Of several nobody says which means yes."""
    assert len(ask(bot, question).citations) == 1


# Questions, and words of sentences that bear the answers out, between bars. The first footnote opens one of them:
FIRST = {
    "Who is China's foreign ministry spokesperson?": "foreign ministry spokesperson Mao Ning",
    "Who is Mao Ning?": "foreign ministry spokesperson Mao Ning",
    "Where did Blinken speak about China?": "During a visit to Brussels, Blinken",
    "What did Yellen warn Chinese officials of?": "Yellen also warned Chinese officials",
    "Which country is Russia's leading trade partner?": "leading trade partner | top trade partner",
    "Who is the U.S. Secretary of State?": "U.S. Secretary of State Antony Blinken",
    "Who is the Treasury Secretary?": "Treasury Secretary Janet Yellen",
    "What has China pledged to continue?": "pledged to continue promoting",
    "What does China control the export of?": "controlled the export of dual-use items | control over the export",
    "blinken brussels materials russia": "During a visit to Brussels, Blinken",
    "yellen warning chinese officials": "Yellen also warned Chinese officials",
    "foreign ministry spokesperson": "foreign ministry spokesperson Mao Ning",
    "export dual-use items control": "export of dual-use items",
}
# One of the footnotes does:
ANY = {
    "Which city did Blinken travel to?": "During a visit to Brussels, Blinken",
    "Does China take sides in the war?": "a neutral stance | neutral party | is not involved in the Ukraine crisis",
    "Is China making money from the war in Ukraine?": "does not seek to profit",
    "How has Beijing helped Moscow cope with the sanctions?": (
        "helped Moscow weather the impact | leading trade partner amid tighter Western sanctions"
    ),
    "What do Western countries want Beijing to do?": (
        "called on China to use its influence | prompting calls for Beijing to use its influence"
    ),
    "What worries the West about China?": "has raised concerns in the West | concerns about China’s support",
    "What goods with military uses does Beijing say it keeps under control?": (
        "dual-use items | potentially military-related items"
    ),
    "What did Mao Ning say?": "Mao Ning stated | Mao emphasized | She reiterated | Mao called for",
}
# And all of these are opened:
EVERY = {
    "Who is Mao Ning and where did Blinken speak about China?": (
        "foreign ministry spokesperson Mao Ning | During a visit to Brussels, Blinken"
    ),
    "Who is the Treasury Secretary, and what has Beijing pledged?": "Treasury Secretary Janet Yellen | pledged",
}

FOLLOW_UPS = [
    (
        "Who is China's foreign ministry spokesperson?",
        "What else did she say?",
        "Mao emphasized | She reiterated | Mao called",
    ),
    ("What did Blinken say about China?", "and the Treasury Secretary?", "Yellen also warned | Secretary Janet Yellen"),
    ("What did Blinken highlight?", "Where was he?", "During a visit to Brussels, Blinken"),
    (
        "Does China take sides in the Ukraine war?",
        "How so?",
        "neutral | not involved | seek to profit | promoting peace talks",
    ),
    ("Who is Mao Ning?", "What did she call for?", "Mao called for the maintenance"),
]

OFF_TOPIC = [
    "What is the capital of Brazil?",
    "Who won the football world cup in 1998?",
    "How do I bake sourdough bread?",
    "What is the boiling point of nitrogen?",
    "When was the Eiffel Tower built?",
]

SMALLTALK = ["Hello!", "Thanks a lot", "What can you do?", "bye"]


def quoted(answer: Answer) -> list[str]:
    """What a whole answer quotes."""
    assert (answer.status, answer.unanswered) == ("answered", ())
    return [citation.quote for citation in answer.citations]


@pytest.mark.parametrize(("question", "words"), [*FIRST.items(), *ANY.items(), *EVERY.items()])
def test_a_question_is_answered_with_the_words_that_bear_it_out(bot: Footnote, question: str, words: str) -> None:
    """A question that the article answers gets footnotes that open the answer."""
    cited = quoted(ask(bot, question))
    found = [any(one in quote for quote in (cited[:1] if question in FIRST else cited)) for one in phrases(words)]
    assert all(found) if question in EVERY else any(found), (words, cited)


@pytest.mark.parametrize(("before", "question", "words"), FOLLOW_UPS)
def test_a_follow_up_is_understood_from_what_was_said(bot: Footnote, before: str, question: str, words: str) -> None:
    """A follow-up finds what its stand-alone form would find."""
    assert any(one in quote for one in phrases(words) for quote in quoted(ask(bot, before, question)))


@pytest.mark.parametrize("question", OFF_TOPIC)
def test_what_the_article_does_not_say_is_refused(bot: Footnote, question: str) -> None:
    """A question that has nothing to do with the article is answered by nothing, with the nearest words beside it."""
    answer = ask(bot, question)
    assert answer.status == "not_in_documents"
    assert answer.citations == ()
    assert answer.related
    assert answer.text == "The text does not say."


@pytest.mark.parametrize(
    "question", ["china russia trade value dollars", "mao ning birth date", "yellen flight beijing"]
)
def test_keywords_that_the_article_does_not_answer(bot: Footnote, question: str) -> None:
    """They are read like a question, so that what is merely about the same thing is no answer."""
    assert ask(bot, question).status == "not_in_documents"


@pytest.mark.parametrize("question", SMALLTALK)
def test_small_talk_needs_no_search(bot: Footnote, question: str) -> None:
    """Greetings, thanks and "what can you do?" get a friendly word without citations."""
    answer = ask(bot, question)
    assert answer.status == "smalltalk"
    assert answer.citations == ()
    assert "search" not in answer.timings_ms


@pytest.mark.parametrize("question", ["Summarise the article.", "What is this article about?", "tl;dr"])
def test_a_summary_covers_the_article_in_its_order_without_repetition(bot: Footnote, question: str) -> None:
    """A summary has three to six sentences in the article's order, from its main points, none said twice."""
    answer = ask(bot, question)
    starts = [citation.start for citation in answer.citations]
    quotes = [citation.quote for citation in answer.citations]
    assert answer.status == "answered"
    assert 3 <= len(starts) <= 6
    assert starts == sorted(starts)
    assert len(set(quotes)) == len(quotes)
    assert sum(len(quote) for quote in quotes) < len(ARTICLE) / 2
    text = answer.text.lower()
    for point in (("ties",), ("neutral", "not involved"), ("peace",), ("defense industry", "military", "dual-use")):
        assert any(words in text for words in point), point


def test_a_part_that_the_article_does_not_answer_is_named(bot: Footnote) -> None:
    """Of two questions in one, the one that is answered is, and the other is listed as not answered."""
    answer = ask(bot, "Who is Mao Ning and when was the Eiffel Tower built?")
    assert answer.status == "answered"
    assert answer.unanswered == ("when was the Eiffel Tower built?",)
    assert "Mao Ning" in answer.citations[0].quote


def test_a_question_that_is_corrected_is_one_question(bot: Footnote) -> None:
    """What was taken back is no part of its own that is not answered; two questions are two, corrected or not."""
    answer = ask(bot, "When did, oh sorry, where did Blinken speak about Chinese materials?")
    assert (answer.status, answer.unanswered) == ("answered", ())
    assert "Brussels" in answer.citations[0].quote
    answer = ask(bot, "Who is Yellen, I mean, who is Mao Ning and when was the Eiffel Tower built?")
    assert answer.unanswered == ("when was the Eiffel Tower built?",)
    assert "Mao Ning" in answer.citations[0].quote


def test_boilerplate_is_never_cited(bot: Footnote) -> None:
    """The page's "Share." and "Exit mobile version" are not found, even when they are asked for."""
    for question in (
        "Share.",
        "Exit mobile version",
        "How do I exit the mobile version?",
        "Where is the share button?",
    ):
        assert_exact(ask(bot, question))
        for passage in bot.search.search(question, "local", limit=20):
            assert "Exit mobile" not in passage.text
            assert "Share." not in passage.text


def test_what_was_quoted_speaks_for_nothing_beside_it(bot: Footnote) -> None:
    """Asked what else was said, it leaves the passage whose answer was quoted, though that answers best of all."""
    bot.assistant.answer(Turn("Who is China's foreign ministry spokesperson?", "local", "else"))
    more = bot.assistant.answer(Turn("What else did she say?", "local", "else"))
    assert more.citations
    assert all(citation.quote.startswith(("Mao", "She")) for citation in more.citations)
