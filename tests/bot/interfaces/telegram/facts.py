"""A text of distinct facts, with a question for each whose answer can be told from all others."""

from __future__ import annotations

import json
from pathlib import Path

from retrieval.types import Document

FACTS: dict[str, list[str]] = json.loads(Path(__file__).with_name("facts.json").read_text("utf-8"))
"""By question: a word that stands in its answer alone, and the sentence that answers it."""

DOCUMENT = Document("facts", "Facts", "\n\n".join(sentence for _, sentence in FACTS.values()))


def told(text: str) -> str:
    """The question that a message answers."""
    said = text.split("\n", 1)[0]
    (question,) = [question for question, (word, _) in FACTS.items() if word.lower() in said.lower()]
    return question
