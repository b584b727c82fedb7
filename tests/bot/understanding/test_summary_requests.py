"""Calls for a summary of a whole text."""

from __future__ import annotations

import pytest
from phrases import cases, phrases

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
    phrases(
        "Summarise the article | summarize this, please | Could you please sum it up for me? | "
        "Give me a short summary of the text in three sentences | I’d like an overview of the whole document | "
        "What is the article about? | what's it all about? | In short, what is this about? | "
        "What are the main points? | What is the document’s main idea? | tl;dr | What does the article say? | "
        "Tell me in two sentences what this is about | In one sentence, what is this article about? | overview | "
        "key points please | the key points of this document | give me an overview | "
        "Tell me what this is about | key takeaways from this report | summarise in 3 bullet points | "
        "Fasse den Artikel zusammen | ¿De qué trata el artículo? | Résume l’article | 总结一下"
    ),
)
def test_the_whole_text_is_asked_for(asked: str) -> None:
    """A call for a summary of the whole is told, in several languages."""
    assert asks_for_summary(asked)


@pytest.mark.parametrize(
    "asked",
    phrases(
        "What is the main idea of Blinken's speech? | Summarise what Yellen said | "
        "Can you summarise the document about whales? | What does the article say about China? | "
        "main points of the policy | Tell me about China | What is the summary of the book about whales? | "
        "Who wrote the summary? | What is China about to do? | an | "
    ),
)
def test_something_in_the_text_is_asked_for(asked: str) -> None:
    """A question about something in the text is no call for a summary."""
    assert not asks_for_summary(asked)


@pytest.mark.parametrize(
    ("asked", "named"),
    cases(
        {
            "the minutes": "Summarise the minutes",
            "the storm article": "Could you please summarize the storm article for me?",
            "the recipe": "give me a summary of the recipe",
            "the lease": (
                "I’d like a short overview of the lease, please | sum the lease up | "
                "What are the main points of the lease?"
            ),
            "the travel policy": "Summarise the travel policy in 3 sentences",
            "the clockmaker story": "tl;dr of the clockmaker story",
            "": (
                "Who wrote the summary of the lease? | What is the main idea of Blinken's speech? | "
                "What is the lease about? | Tell me about the lease | Summarise | Summarise in 3 sentences | "
            ),
        }
    ),
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
    phrases(
        "the travel policy on hotels | the risks of the travel policy | the travel policy's rules | "
        "section 3 of the lease | everything except the lease | what the storm did | "
        "the lease and the travel policy | the first clockmaker of Lindau | travel costs | the report | "
        "the annual whale report | When does the lease end? | Tell me about the lease | both | yes | "
    ),
)
def test_something_in_a_document_means_no_title(name: str) -> None:
    """A part or a matter of a document, several of them, and questions are not taken for its name."""
    assert titles_meant(name, TITLES) == []


@pytest.mark.parametrize(
    ("choice", "place"),
    cases(
        {
            1: "the second one | 2",
            0: "I mean the first one, please | one",
            2: "#3 | no. 3 | the last one | Third!",
            None: "4 | the second world war | 2024 | both | ",
        }
    ),
)
def test_one_of_three_is_chosen_by_its_place(choice: str, place: int | None) -> None:
    """Ordinals and numbers up to as many as were named, and nothing that says more."""
    assert place_meant(choice, 3) == place
