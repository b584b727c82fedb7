"""Examples for the OpenAPI document: the article of seeds/, an answer about it, and words of it."""

from __future__ import annotations

from typing import Any

_DOCUMENT = {
    "id": "22d577413b55",
    "title": "China and Russia have deepened …",
    "source": "seeds/china-russia-diplomatic-ties.txt",
}
_QUOTE = (
    "During a visit to Brussels, Blinken highlighted China’s role in providing materials to support Russia’s defense "
    "industry, which has raised concerns in the West."
)

ANSWER: dict[str, Any] = {
    "status": "answered",
    "text": f"{_QUOTE} [1]",
    "citations": [
        {
            "id": 1,
            "document": _DOCUMENT,
            "start": 548,
            "end": 708,
            "quote": _QUOTE,
            "prefix": "for Russia’s defense industry.\n\n",
            "suffix": " Yellen also warned Chinese offi",
            "highlight": [566, 574],
            "paragraph": 2,
            "page": None,
            "url": None,
            "answer_start": 0,
            "answer_end": 160,
            "support": 1.0,
        }
    ],
    "question": "Where did Blinken speak about China?",
    "standalone_question": "Where did Blinken speak about China?",
    "unanswered": [],
    "conversation": "friday",
    "turn": 1,
    "confidence": 0.7502,
    "answered_by": "extractive",
    "related": [],
    "timings_ms": {"search": 61.2, "answer": 36.4, "total": 97.6},
}
PASSAGE: dict[str, Any] = {
    "document": _DOCUMENT,
    "start": 548,
    "end": 708,
    "text": _QUOTE,
    "keyword": 0.6931,
    "similarity": 0.5907,
    "score": 1.9866,
    "answer": 0.6774,
    "highlight": [566, 574],
}
DOCUMENT: dict[str, Any] = {
    **_DOCUMENT,
    "url": None,
    "owner": "shared",
    "passages": 6,
    "characters": 3478,
    "pages": None,
    "added_at": "2026-11-25T10:45:20Z",
}
WORDS: dict[str, Any] = {"id": _DOCUMENT["id"], "start": 548, "end": 708, "text": _QUOTE}
