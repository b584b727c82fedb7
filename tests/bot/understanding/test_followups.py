"""Whether a question leans on what was said, and what it is asked with then."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phrases import phrases

from bot.answers import Citation, CitedDocument, Exchange
from bot.understanding.followups import StandAlone, asked_with, leans, stand_alone
from retrieval.types import Span

HALE = "During a visit to Lisbon, Hale warned of the cost of the new dam."


def exchange(question: str, quote: str = "") -> Exchange:
    """An earlier question, answered by a quote or not at all."""
    document = CitedDocument("d", "Title", "file.txt")
    end = 10 + len(quote)
    citation = Citation(1, document, 10, end, quote, "", "", None, 1, None, None, 0, len(quote), 0.9)
    return Exchange(question, f"{quote} [1]", (citation,)) if quote else Exchange(question)


SAID = (exchange("What did Hale say?", HALE),)


@pytest.mark.parametrize(
    "question",
    phrases(
        "and the Trade Minister? | what about Marsh? | why? | How high is it? | What did she call for? | "
        "Who opposed that costly treaty? | Was anyone hurt? | tell me more | go on | Und wie hoch ist sie? | "
        "¿Se puede prorrogar? | 偏远地区最长多少天？"
    ),
)
def test_a_question_that_leans_brings_the_one_before(question: str) -> None:
    """It says so, points back or tells too little; in other languages, it is short."""
    assert leans(question)
    assert stand_alone(question, SAID).context == SAID[0].question
    assert stand_alone(question, SAID).whole == f"{SAID[0].question} {question}"


@pytest.mark.parametrize(
    "question",
    phrases(
        "What is the capital of Peru? | Which harbour towns of Portugal export cork today? | "
        "Did the council of Bergen say in 1990 that its harbour would be closed to whalers? | mortgage scams | "
        "trade partner | Wie hoch ist der Leuchtturm von Skerryvore in Schottland? | "
        "申领居住证需要在其他城市居住多久？ | ???"
    ),
)
def test_what_stands_alone_is_left_alone(question: str) -> None:
    """A question with words enough, or a name, and a mere keyword change the subject."""
    assert stand_alone(question, SAID) == StandAlone(question)


def test_without_history_a_question_is_itself() -> None:
    """Nothing but white space changes."""
    assert stand_alone(" and  why\ndid she? ", ()) == StandAlone("and why did she?")


def test_the_question_before_may_lean_itself() -> None:
    """Then the one before that comes along, and no more than two."""
    history = [exchange(text) for text in ("Who built the lamp?", "How high is it?", "Is it safe?")]
    assert stand_alone("why?", history[:1]).context == "Who built the lamp?"
    assert stand_alone("why?", history[:2]).context == "Who built the lamp? How high is it?"
    assert stand_alone("why?", history).context == "How high is it? Is it safe?"


def test_what_was_said_comes_with_a_question_that_leans() -> None:
    """The last question, its answer as the text has it or as it was said, and the question before."""
    assert stand_alone("why?", SAID).before == ("What did Hale say?", HALE)
    said = [*SAID, Exchange("And Marsh?", "He agreed.")]
    assert stand_alone("why?", said).before == ("And Marsh?", "He agreed.", "What did Hale say?")
    assert stand_alone("What is the capital of Peru?", said).before == ()


@pytest.mark.parametrize(
    ("question", "read"),
    [
        ("why?", "What did Hale say? why?"),
        ("Where was he?", "What did Hale say? Where was he?"),
        ("What did he call for?", "What did Hale say? What did he call for?"),
        ("What else did he say?", "What did Hale say? What else did he say?"),
        ("Und wie hoch ist sie?", "What did Hale say? Und wie hoch ist sie?"),
        ("Who opposed that costly treaty?", "Who opposed that costly treaty?"),
        ("and the Trade Minister?", "and the Trade Minister?"),
    ],
)
def test_what_tells_too_little_is_read_with_the_question_before(question: str, read: str) -> None:
    """Any other question is read by itself: the one before would be answered again."""
    assert asked_with("What did Hale say?", question) == read
    assert asked_with("", question) == question


def test_more_is_wanted_of_what_was_not_quoted() -> None:
    """Asking for more names the places already quoted; another question does not."""
    place = (("d", Span(10, 10 + len(HALE))),)
    for question in ("what else?", "What else did Marsh say?", "tell me more", "any others?"):
        assert stand_alone(question, SAID).seen == place
    for question in ("When?", "What did Marsh say?", "How many more people lived in Bergen than in Oslo?"):
        assert stand_alone(question, SAID).seen == ()


WORDS = st.sampled_from(
    "and what about why she it that did is of the Hale Lisbon’s more else 2020 , ? ’ é 什么".split()
)


@given(st.lists(st.text(max_size=60) | st.lists(WORDS, max_size=9).map(" ".join), max_size=4), st.data())
@settings(max_examples=60)
def test_nothing_typed_breaks_it(earlier: list[str], data: st.DataObject) -> None:
    """Whatever was said and is asked, the question comes back with its words."""
    question = data.draw(st.text(max_size=60) | st.lists(WORDS, max_size=9).map(" ".join))
    alone = stand_alone(question, [exchange(text) for text in earlier])
    assert alone.question == " ".join(question.split())
    assert asked_with(alone.context, alone.question).endswith(alone.question)


def test_another_sentence_is_asked_for_than_the_one_that_was_quoted() -> None:
    """For its reason, unless that sentence gives one, and for what somebody says; a detail may stand in it."""
    place = (("d", Span(10, 10 + len(HALE))),)
    for question in ("why?", "And why?", "how come", "what did he say?"):
        assert stand_alone(question, SAID).seen == place
    reasoned = (exchange("What did Hale say?", "Hale resigned because the dam had failed."),)
    assert stand_alone("why?", reasoned).seen == ()
    assert stand_alone("when was that?", SAID).seen == ()


def test_who_said_that_asks_for_the_speaker_of_the_quote() -> None:
    """Of the last one that was given."""
    assert stand_alone("who said that?", SAID).question == f"Who said “{HALE}”?"
    assert stand_alone("Says who?", SAID).question == f"Who said “{HALE}”?"
    assert stand_alone("who said that?", ()).question == "who said that?"
