"""SECURITY.md names everyone who could do harm, and what it says of guards can be looked up."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from bot.bootstrap import Footnote
from bot.settings import Settings
from retrieval.library.catalogue import readable_by
from retrieval.types import SHARED, Document

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "SECURITY.md").read_text("utf-8")
WHO = {
    *(
        "The operator",
        "Key holders",
        "Browsers",
        "Webhook senders",
        "Telegram users",
        "Documents",
        "Web pages and reply addresses",
    ),
    *("Chat model servers", "The Chroma server", "PostgreSQL", "Other users of the machine"),
}


def test_everyone_is_judged() -> None:
    """Each who is trusted with something has a paragraph; whoever is guarded against, with a test that tries it."""
    paragraphs = dict(re.findall(r"^\*\*(.+?)\*\*(.+?)\n\n", PAGE, re.MULTILINE | re.DOTALL))
    assert paragraphs.keys() == WHO
    for who, says in paragraphs.items():
        assert ("Guarded:" not in says) or re.search(r"\]\(tests/\S*test_\w+\.py\)", says), who
    assert "## Reporting" in PAGE


def test_what_is_named_is_there() -> None:
    """Every file and every setting."""
    assert [path for path in re.findall(r"\]\(([^)]+)\)", PAGE) if not (ROOT / path).is_file()] == []
    settings = {f"FOOTNOTE_{name}".upper() for name in Settings.model_fields}
    assert set(re.findall(r"FOOTNOTE_[A-Z_]+", PAGE)) <= settings


@pytest.mark.both_topologies
def test_a_vector_that_lies_shows_nobody_what_is_anothers(footnote: Footnote) -> None:
    """Whoever can write to Chroma files Ann's passage under everyone and Bob: it is found there, and not shown."""
    question = "What was the lighthouse at Skerryvore built of?"
    text = Document("lighthouse.txt", "The lighthouse", "The lighthouse at Skerryvore was built of granite.")
    footnote.library.add(text, "key:ann")
    (entry,) = footnote.library.entries(["key:ann"])
    vector = footnote.embedder().encode_query(question)
    passage = (entry.id, entry.revision, 0)
    footnote.vectors.upsert([(SHARED, passage), ("key:bob", passage)], np.stack([vector, vector]))
    assert passage in footnote.vectors.query(vector, readable_by("key:bob"), 5)
    assert footnote.search.search(question, "key:bob") == []
    assert [found.origin.id for found in footnote.search.search(question, "key:ann")] == [entry.id]
