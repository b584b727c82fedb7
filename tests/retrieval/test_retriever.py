"""The retriever that LangChain chains take: the same passages as search, for one asker."""

from __future__ import annotations

import pytest
from langchain_core.runnables import RunnableLambda
from looking_inside import facts

from bot.bootstrap import Footnote
from retrieval.query import SearchQuery
from retrieval.retriever import LibraryRetriever

pytestmark = pytest.mark.both_topologies


def test_gives_what_search_finds(footnote: Footnote) -> None:
    """Its documents are the passages of search, exact text and scores, and those of no other asker."""
    own = footnote.library.add(facts("marmots", 8), "chat:1")
    footnote.library.add(facts("marmots", 8), "chat:2")
    retriever = LibraryRetriever(search=footnote.search, asker="chat:1", limit=3)
    found = retriever.invoke("fact 5")
    ranked = footnote.search.search("fact 5", "chat:1", limit=3)
    assert [one.metadata["passage"] for one in found] == ranked
    for one, passage in zip(found, ranked, strict=True):
        assert one.page_content == passage.text
        assert one.metadata["document"] == own.id
        assert one.metadata["score"] == passage.score
        span = (one.metadata["start"], one.metadata["end"])
        assert facts("marmots", 8).text[slice(*span)] == one.page_content


def test_prepares_the_query(footnote: Footnote) -> None:
    """What is asked is searched for as `prepare` makes of it."""
    footnote.library.add(facts("marmots", 8))
    query = SearchQuery("fact 5 marmots", "", corrected=True)
    retriever = LibraryRetriever(search=footnote.search, asker="local", limit=3, prepare=lambda asked: query)
    ranked = footnote.search.search(query, "local", limit=3)
    assert [one.metadata["passage"] for one in retriever.invoke("anything")] == ranked


def test_part_of_a_chain(footnote: Footnote) -> None:
    """It can be piped and batched like any retriever."""
    footnote.library.add(facts("marmots", 3))
    chain = LibraryRetriever(search=footnote.search, asker="local", limit=1) | RunnableLambda(len)
    assert chain.batch(["fact 1", "fact 2"]) == [1, 1]


def test_narrowed_and_whole(footnote: Footnote) -> None:
    """It looks in chosen documents, or gives one as a whole in the order of its text, never a foreign one."""
    one = footnote.library.add(facts("marmots", 4, "one"))
    two = footnote.library.add(facts("marmots", 4, "two"), "chat:2")
    narrowed = LibraryRetriever(search=footnote.search, asker="chat:1", documents=(two.id,))
    assert narrowed.invoke("marmots") == []
    whole = LibraryRetriever(search=footnote.search, asker="chat:1", whole=one.id).invoke("anything")
    assert [document.page_content[:6] for document in whole] == [f"Fact {n}" for n in range(4)]
    assert LibraryRetriever(search=footnote.search, asker="chat:1", whole=two.id).invoke("anything") == []
