"""Calls for a summary of a whole text."""

from __future__ import annotations

import time

import pytest

from bot.answering.summary_calls import asks_for_summary


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
    "piece",
    ["please ", "i would like you to ", "the ", "all this that ", "in one of a short ", "tldr "],
)
def test_the_longest_question_takes_no_time(piece: str) -> None:
    """Four thousand characters, and as many words as are read, are told in no time."""
    started = time.process_time()
    for message in ((piece * 4000)[:4000], piece * 6):
        asks_for_summary(message)
    assert time.process_time() - started < 20  # a hang, not a slow machine
