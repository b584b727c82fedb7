"""Follow-ups made to stand alone."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answers import Citation, CitedDocument, Exchange
from bot.understanding.followups import StandAlone, stand_alone
from retrieval.models.embedder import open_embedder
from retrieval.types import Span

ENCODE = open_embedder().encode

MARSH = "However, ministry spokesperson Rosa Marsh stated that Norway is not part of the dispute."
HALE = "During a visit to Lisbon, Hale warned of the cost of the new dam."


def exchange(question: str, quote: str = "", answer: str = "", highlight: str = "") -> Exchange:
    """An earlier question, answered by a quote, by plain words, or not at all."""
    if not quote:
        return Exchange(question, answer)
    document = CitedDocument("d", "Title", "file.txt")
    start = 10 + quote.index(highlight)
    shown = (start, start + len(highlight)) if highlight else None
    citation = Citation(1, document, 10, 10 + len(quote), quote, "", "", shown, 1, None, None, 0, len(quote), 0.9)
    return Exchange(question, f"{quote} [1]", (citation,))


WHO = (exchange("Who is Norway's ministry spokesperson?", MARSH),)
SAID = (exchange("What did Hale say?", HALE),)
SAID_OF = (exchange("What did Hale say about Norway?", HALE),)
WHERE = (exchange("Where did Hale speak?", HALE),)
PRESENT = "Present: Ana Roy (chair), Mr Tom Beck, and Luis Ferrer, who said little."
CHAIR = (exchange("What is the name of the chair?", PRESENT, highlight="Ana Roy"),)
STORM = (exchange("Tell me about storm Ada."),)
FEE = (exchange("What is the deposit of the flat?"),)
NEUTRAL = (exchange("Is Norway neutral?", "Oslo takes no side."),)


@pytest.mark.parametrize(
    ("history", "question", "expected"),
    [
        # a fragment takes the place of what is like it
        (SAID, "and the Trade Minister?", "What did the Trade Minister say?"),
        (SAID_OF, "and the Trade Minister?", "What did the Trade Minister say about Norway?"),
        (SAID, "And Marsh?", "What did Marsh say?"),
        (SAID, "what about Marsh?", "What did Marsh say?"),
        (SAID, "The same for Rosa Marsh?", "What did Rosa Marsh say?"),
        (SAID, "and Marsh's?", "What did Marsh say?"),
        (SAID, "and marsh?", "What did marsh say?"),
        (SAID, "and in 2020?", "What did Hale say in 2020?"),
        (NEUTRAL, "and Sweden?", "Is Sweden neutral?"),
        (NEUTRAL, "is it the same for Sweden?", "Is Sweden neutral?"),
        ((exchange("Do tariffs hurt Chile?"),), "and Peru?", "Do tariffs hurt Peru?"),
        ((exchange("What did Hale do in May?"),), "and in June?", "What did Hale do in June?"),
        ((exchange("What did Hale say about Peru?"),), "what about his visit?", "What about Hale’s visit?"),
        # another question word
        (WHERE, "and when?", "When did Hale speak?"),
        (SAID, "where?", "What did Hale say, and where?"),
        (SAID, "to whom?", "What did Hale say, and to whom?"),
        ((exchange("Did Hale resign?"),), "why?", "Why did Hale resign?"),
        ((exchange("Did Hale resign?"),), "How come?", "Why did Hale resign?"),
        (NEUTRAL, "Why is that?", "Why is Norway neutral?"),
        (SAID, "how so?", f"How: “{HALE[:-1]}”?"),
        (WHO, "why?", "Why: “Ministry spokesperson Rosa Marsh stated that Norway is not part of the dispute”?"),
        # more of the same
        (SAID, "what else?", "What else did Hale say?"),
        (SAID, "Tell me more", "What else did Hale say?"),
        (SAID, "what else did he say?", "What else did Hale say?"),
        (NEUTRAL, "go on", "Is Norway neutral?"),
        # whether it is so
        (SAID, "did he?", "Is it true that during a visit to Lisbon, Hale warned of the cost of the new dam?"),
        (NEUTRAL, "Is it?", "Is it true that Oslo takes no side?"),
        ((exchange("Is Norway neutral?"),), "is it?", "Is Norway neutral?"),
        # persons
        (WHO, "what did she say?", "What did Rosa Marsh say?"),
        (WHO, "and who is she?", "Who is Rosa Marsh?"),
        (WHO, "her view on Peru?", "What about Rosa Marsh’s view on Peru?"),
        (WHO, "What is her view on Peru?", "What is Rosa Marsh’s view on Peru?"),
        (WHO, "Does Norway think she is right?", "Does Norway think Rosa Marsh is right?"),
        (WHO, "Did she defend her minister?", "Did Rosa Marsh defend her minister?"),
        (SAID, "Did Norway help him?", "Did Norway help Hale?"),
        (SAID, "Does he think he can win?", "Does Hale think he can win?"),
        ((exchange("Who is the mayor of Bergen?"),), "How old is she?", "How old is the mayor?"),
        (
            (exchange("Who spoke?", answer="Mr Hale and Ms Marsh spoke."),),
            "What did she say about him?",
            "What did Marsh say about Hale?",
        ),
        ((exchange("What did the Minister of Trade say?"),), "did he resign?", "Did the Minister of Trade resign?"),
        ((exchange("What did the Minister of Trade say?"),), "and he?", "What about the Minister of Trade?"),
        # who was the answer, before others who stand beside it
        (CHAIR, "Where does she live?", "Where does Ana Roy live?"),
        ((exchange("Who led it?", PRESENT, highlight="Ana Roy"),), "How old is she?", "How old is Ana Roy?"),
        ((exchange("What was it?", PRESENT, highlight="Ana Roy"),), "How old is he?", "How old is Tom Beck?"),
        (
            (exchange("Who led it?", PRESENT, highlight="Ana Roy (chair), Mr Tom Beck"),),
            "How old is he?",
            "How old is Tom Beck?",
        ),
        ((exchange("Who is Mr Lund?", PRESENT, highlight="Ana Roy"),), "How old is he?", "How old is Lund?"),
        (
            (exchange("Who is Ana Roy?", PRESENT, highlight="Mr Tom Beck"),),
            "Where does she live?",
            "Where does Ana Roy live?",
        ),
        # "it" is no person
        ((exchange("Who is Luis Ferrer?"),), "how many voted for it?", "how many voted for it?"),
        (
            (exchange("What does the lift cost?"), exchange("Where does Luis Ferrer live?")),
            "Who voted for it?",
            "Who voted for the lift?",
        ),
        ((exchange("What is Skerry Light?"), exchange("Who built it?")), "Is it high?", "Is Skerry Light high?"),
        ((exchange("Who is Nokkia?"),), "When was it founded?", "When was Nokkia founded?"),
        # one thing of another, and a side of a thing
        (FEE, "when do I get it back?", "When do I get the deposit back?"),
        ((exchange("What is the history of the lift?"),), "Who built it?", "Who built the lift?"),
        ((exchange("What is the flag of Peru?"),), "Is it big?", "Is Peru big?"),
        ((exchange("How do I install shelfsync on Debian?"),), "Who wrote it?", "Who wrote shelfsync?"),
        # a count with its verb is a whole question
        (STORM, "how many people died?", "how many people died?"),
        ((*STORM, exchange("how many people died?")), "and in Bergen?", "how many people died in Bergen?"),
        (SAID, "how many teams?", "What did Hale say, and how many teams?"),
        # things, groups and places
        (NEUTRAL, "What are its interests?", "What are Norway’s interests?"),
        (NEUTRAL, "what do they want?", "What does Norway want?"),
        ((exchange("What is a lava lamp?"),), "How does it work?", "How does a lava lamp work?"),
        ((exchange("Tell me about the origins of the guild."),), "Is it rich?", "Is the guild rich?"),
        ((exchange("Do tariffs hurt Chile?"),), "Who wants them?", "Who wants tariffs?"),
        ((exchange("Do tariffs hurt Chile?"),), "How many of them are there?", "How many of the tariffs are there?"),
        ((exchange("What did Hale and Marsh say?"),), "Whom do they blame?", "Whom do Hale and Marsh blame?"),
        (SAID, "what happened there?", "What happened in Lisbon?"),
        (WHERE, "who lives there?", "Who lives in Lisbon?"),
        (SAID, "what does it say about Peru?", "what does it say about Peru?"),
        # "Why: …" goes on about the question before it
        ((*SAID, exchange(f"Why: “{HALE[:-1]}”?", MARSH)), "and Marsh?", "What did Marsh say?"),
        ((*SAID, exchange("What was the price?")), "did he?", f"Is it true that d{HALE[1:-1]}?"),
        # questions that lean themselves are resolved first
        (
            (exchange("What is a lava lamp?"), exchange("How does it work?"), exchange("Is it safe?")),
            "Who invented it?",
            "Who invented a lava lamp?",
        ),
    ],
)
def test_follow_ups_become_whole_questions(history: tuple[Exchange, ...], question: str, expected: str) -> None:
    """A follow-up is said in full, as a person would ask it."""
    assert stand_alone(question, history, ENCODE).question == expected


@pytest.mark.parametrize(
    "question",
    [
        "Who is Rosa Marsh and what did she say?",
        "Is it true that Norway is neutral?",
        "It is raining, is that bad for Norway?",
        "How long does it take to reach Bergen?",
        "What does the article say about that treaty?",
        "Are there talks between Norway and Sweden?",
        "When did Queen Astrid say she would resign?",
        "Does Sweden protect its forests?",
        "What is the capital of Peru?",
        "what did marsh say",
        "trade partner",
        "Was hat er gesagt?",
        "Et Marsh ?",
        "¿Qué dijo él?",
        "她说了什么？",
        "hi",
        "???",
    ],
)
def test_what_stands_alone_is_left_alone(question: str) -> None:
    """Questions whose pronouns point inside, or nowhere, and other languages keep their words."""
    assert stand_alone(question, SAID, ENCODE).question == question


def test_without_history_a_question_is_itself() -> None:
    """Nothing but white space changes."""
    assert stand_alone(" and  why\ndid she? ", (), ENCODE) == StandAlone("and why did she?")


def test_more_is_wanted_of_what_was_not_quoted() -> None:
    """Asking for more names the places already quoted, as does asking why; a new question does not."""
    place = (("d", Span(10, 10 + len(HALE))),)
    assert stand_alone("what else?", SAID, ENCODE).seen == place
    assert stand_alone("What else did Marsh say?", SAID, ENCODE).seen == place
    assert stand_alone("why?", SAID, ENCODE).seen == place
    assert stand_alone("What did Marsh say?", SAID, ENCODE).seen == ()


@pytest.mark.parametrize(
    ("quote", "again"),
    [
        ("Luis voted against, since he feared the cost.", True),
        ("Because of the cost, Luis voted against.", True),
        ("Luis voted against, as he feared the cost.", True),
        ("Luis voted against, since 2020 in writing.", False),
        ("Luis has voted against, since the spring of 2020.", False),
        ("Luis voted against as the oldest member.", False),
    ],
)
def test_a_quote_that_holds_its_reason_may_be_given_again(quote: str, again: bool) -> None:
    """Asked why, the sentence just quoted is not barred when it says why; asked how, it is."""
    history = (exchange("Who voted against?", quote),)
    assert (stand_alone("why?", history, ENCODE).seen == ()) is again
    assert stand_alone("how?", history, ENCODE).seen


@pytest.mark.parametrize(
    "question",
    ["What does that mean?", "How many teams were there?", "Was anyone hurt?", "Who opposed that costly treaty?"],
)
def test_short_questions_bring_the_earlier_ones(question: str) -> None:
    """A question that tells too little by itself is helped by the one before."""
    assert stand_alone(question, SAID, ENCODE).context == SAID[0].question


@pytest.mark.parametrize("question", ["Which harbour towns of Portugal export cork today?", "mortgage scams"])
def test_telling_questions_and_keywords_come_alone(question: str) -> None:
    """A question with words enough, and a mere keyword, changes the subject."""
    assert stand_alone(question, SAID, ENCODE).context == ""


def test_a_long_question_is_no_help_to_a_short_one() -> None:
    """Of the earlier questions the last comes along, those before it only while they are short together."""
    history = (
        exchange("Which harbour towns of Portugal export cork and wine to northern Norway today?"),
        exchange("What did Hale say?"),
    )
    assert stand_alone("Was anyone hurt?", history, ENCODE).context == "What did Hale say?"


WORDS = st.sampled_from(
    "and what about why he she it they that there did is was in of the Hale Lisbon Hale’s its "
    "more else 2020 , ? ’ é 什么".split()
)


@given(st.lists(st.text(max_size=60) | st.lists(WORDS, max_size=9).map(" ".join), max_size=4), st.data())
@settings(deadline=None, max_examples=60)
def test_nothing_typed_breaks_it(earlier: list[str], data: st.DataObject) -> None:
    """Whatever was said and is asked, a question comes back that is empty only if nothing was asked."""
    question = data.draw(st.text(max_size=60) | st.lists(WORDS, max_size=9).map(" ".join))
    history = [exchange(text, answer=text) for text in earlier]
    assert bool(stand_alone(question, history, ENCODE).question.strip()) == bool(question.strip())


@pytest.mark.parametrize(
    "piece", ["what ", "a ", "A ", "?", "he ", "it is he and ", "and ", ". ", "’", "the ", "什么", "U.S."]
)
def test_the_longest_question_takes_no_time(piece: str) -> None:
    """Four thousand characters of anything, asked and asked before, are read in half a second."""
    message = (piece * 4000)[:4000]
    started = time.process_time()
    stand_alone(message, [exchange(message, answer=message)], lambda texts: ENCODE([text[:50] for text in texts]))
    assert time.process_time() - started < 20  # a hang, not a slow machine
