"""Calls for a summary of a whole text."""

from __future__ import annotations

import time

import pytest

from bot.understanding.summary_requests import asks_for_summary, place_meant, summarised, titles_meant

TITLES = (
    "Parish council minutes, March 2024",
    "Minutes of the football club",
    "Storm hits the north coast",
    "Lemon drizzle cake recipe",
    "Travel policy",
    "Travel guide to Oslo",
    "The clockmaker of Lindau",
    "Lease",
    "Lease amendments of 2023",
    "What is love?",
)


@pytest.mark.parametrize(
    "asked",
    [
        "Summarise the article",
        "summarize this, please",
        "Could you please sum it up for me?",
        "Give me a short summary of the text in three sentences",
        "I’d like an overview of the whole document",
        "What is the article about?",
        "what's it all about?",
        "In short, what is this about?",
        "What are the main points?",
        "What is the document’s main idea?",
        "tl;dr",
        "What does the article say?",
        "Tell me what this is about",
        "key takeaways from this report",
        "summarise in 3 bullet points",
        "Fasse den Artikel zusammen",
        "¿De qué trata el artículo?",
        "Résume l’article",
        "总结一下",
    ],
)
def test_the_whole_text_is_asked_for(asked: str) -> None:
    """A call for a summary of the whole is told, in several languages."""
    assert asks_for_summary(asked)


@pytest.mark.parametrize(
    "asked",
    [
        "What is the main idea of Blinken's speech?",
        "Summarise what Yellen said",
        "Can you summarise the document about whales?",
        "What does the article say about China?",
        "main points of the policy",
        "Tell me about China",
        "What is the summary of the book about whales?",
        "Who wrote the summary?",
        "What is China about to do?",
        "an",
        "",
    ],
)
def test_something_in_the_text_is_asked_for(asked: str) -> None:
    """A question about something in the text is no call for a summary."""
    assert not asks_for_summary(asked)


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("Summarise the minutes", "the minutes"),
        ("Could you please summarize the storm article for me?", "the storm article"),
        ("give me a summary of the recipe", "the recipe"),
        ("I’d like a short overview of the lease, please", "the lease"),
        ("Summarise the travel policy in 3 sentences", "the travel policy"),
        ("sum the lease up", "the lease"),
        ("What are the main points of the lease?", "the lease"),
        ("tl;dr of the clockmaker story", "the clockmaker story"),
        ("Who wrote the summary of the lease?", ""),
        ("What is the main idea of Blinken's speech?", ""),
        ("What is the lease about?", ""),
        ("Tell me about the lease", ""),
        ("Summarise", ""),
        ("Summarise in 3 sentences", ""),
        ("", ""),
    ],
)
def test_what_a_call_names(asked: str, named: str) -> None:
    """What is to be summarised stands after the call, without what is said of its length; questions name nothing."""
    assert summarised(asked) == named


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("the storm article", ["Storm hits the north coast"]),
        ("the recipe", ["Lemon drizzle cake recipe"]),
        ("the whole travel policy", ["Travel policy"]),
        ("the minutes of the parish council meeting", ["Parish council minutes, March 2024"]),
        ("the minutes", ["Parish council minutes, March 2024", "Minutes of the football club"]),
        ("The football minutes, please.", ["Minutes of the football club"]),
        ("the story about the clockmaker", ["The clockmaker of Lindau"]),
        ("I mean the clockmaker one", ["The clockmaker of Lindau"]),
        ("the travel guide", ["Travel guide to Oslo"]),
        ("the guide", ["Travel guide to Oslo"]),
        ("the news about the storm", ["Storm hits the north coast"]),
        ("the lease", ["Lease"]),
        ("the lease amendments", ["Lease amendments of 2023"]),
        ("what is love", ["What is love?"]),
    ],
)
def test_a_name_means_titles_by_their_telling_words(name: str, meant: list[str]) -> None:
    """All telling words stand in a title; the title itself comes before longer ones."""
    assert [TITLES[n] for n in titles_meant(name, TITLES)] == meant


@pytest.mark.parametrize(
    "name",
    [
        "the travel policy on hotels",
        "the risks of the travel policy",
        "the travel policy's rules",
        "section 3 of the lease",
        "everything except the lease",
        "what the storm did",
        "the lease and the travel policy",
        "the first clockmaker of Lindau",
        "travel costs",
        "the report",
        "the annual whale report",
        "When does the lease end?",
        "Tell me about the lease",
        "both",
        "yes",
        "",
    ],
)
def test_something_in_a_document_means_no_title(name: str) -> None:
    """A part or a matter of a document, several of them, and questions are not taken for its name."""
    assert titles_meant(name, TITLES) == []


@pytest.mark.parametrize(
    ("choice", "place"),
    [
        ("the second one", 1),
        ("I mean the first one, please", 0),
        ("2", 1),
        ("#3", 2),
        ("no. 3", 2),
        ("the last one", 2),
        ("Third!", 2),
        ("one", 0),
        ("4", None),
        ("the second world war", None),
        ("2024", None),
        ("both", None),
        ("", None),
    ],
)
def test_one_of_three_is_chosen_by_its_place(choice: str, place: int | None) -> None:
    """Ordinals and numbers up to as many as were named, and nothing that says more."""
    assert place_meant(choice, 3) == place


@pytest.mark.parametrize(
    "piece",
    ["please ", "i would like you to ", "the ", "all this that ", "in one of a short ", "tldr "],
)
def test_the_longest_question_takes_no_time(piece: str) -> None:
    """Four thousand characters, and as many words as are read, are told in no time."""
    started = time.process_time()
    for message in ((piece * 4000)[:4000], piece * 6):
        asks_for_summary(message)
        titles_meant(summarised(message) or message, TITLES)
    assert time.process_time() - started < 20  # a hang, not a slow machine
